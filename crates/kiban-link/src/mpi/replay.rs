//! The log becomes the state of a moment.
//!
//! The fold goes in the order of knowledge, step by step, where a step is everything recorded at one instant. First,
//! what is not seen, not yet true, expired or revoked at the moment is left out; so the state after a revocation *is*
//! the state without the decision. Each step changes statements about pairs; only the groups that hang together with
//! those pairs are parted anew and claim their keys by [`crate::assign_keys`]. Steps that speak of different groups therefore
//! commute.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use kiban_core::{Moment, PatientRef, PersonKey};

use super::{
    event::{Act, Decided, Event, EventId, KeyChange, ModelVersion, Pair, What},
    graph::Graph,
    index::{Index, Record, Statement},
    keys::Keys,
};

/// Says why a log cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// One number stands for two events.
    #[error("event {} is told twice with different content", .0.0)]
    Ambiguous(EventId),
    /// A merge of persons has no second author, or the same one twice.
    #[error("event {} merges persons without a second author", .0.0)]
    Unconfirmed(EventId),
    /// A key was announced for two registrations.
    #[error("key {0} was given to two registrations")]
    KeyReused(PersonKey),
    /// A probability is no number between zero and one.
    #[error("event {} has no probability between 0 and 1", .0.0)]
    Improbable(EventId),
}

/// Folds a log into the state of a moment; the order in which the events are given does not matter.
///
/// `mint` makes the nth key of a founding registration, by preference as a keyed hash of both. Keys announced in the
/// log ([`KeyChange::Minted`]) go before it, so that what was once told stays true when the mint's secret changes.
///
/// # Errors
/// The log contradicts itself: see [`Fault`].
pub fn replay(events: &[Event], moment: Moment, mint: &dyn Fn(PatientRef, u32) -> PersonKey) -> Result<Index, Fault> {
    let ordered = ordered(events, moment)?;
    let revoked: BTreeSet<EventId> = ordered
        .iter()
        .filter(|event| event.valid_from <= moment.valid_at)
        .filter_map(|event| if let What::Revoked { decision } = event.what { Some(decision) } else { None })
        .collect();
    let mut fold = Fold::new(Keys::new(mint, announced(&ordered)?));
    let effective: Vec<&Event> = ordered.into_iter().filter(|event| counts(event, moment.valid_at, &revoked)).collect();
    for step in effective.chunk_by(|a, b| a.recorded_at == b.recorded_at) {
        fold.step(step);
    }
    Ok(fold.done(moment))
}

/// What was known by then, each event once, in the order of knowledge.
fn ordered(events: &[Event], moment: Moment) -> Result<Vec<&Event>, Fault> {
    let mut known: Vec<&Event> = events.iter().filter(|event| event.recorded_at <= moment.known_at).collect();
    known.sort_by_key(|event| (event.recorded_at, event.id));
    let mut by_id: BTreeMap<EventId, &Event> = BTreeMap::new();
    let mut ordered = Vec::with_capacity(known.len());
    for event in known {
        match by_id.insert(event.id, event) {
            Some(earlier) if earlier != event => return Err(Fault::Ambiguous(event.id)),
            Some(_) => {}
            None => ordered.push(event),
        }
        sound(event)?;
    }
    Ok(ordered)
}

fn sound(event: &Event) -> Result<(), Fault> {
    match &event.what {
        What::Decided(Decided { act: Act::Merge, second, .. })
            if second.as_ref().is_none_or(|second| *second == event.author) =>
        {
            Err(Fault::Unconfirmed(event.id))
        }
        What::Linked { probability, .. } if !(0.0..=1.0).contains(probability) => Err(Fault::Improbable(event.id)),
        _ => Ok(()),
    }
}

fn counts(event: &Event, valid_at: Timestamp, revoked: &BTreeSet<EventId>) -> bool {
    let expired = matches!(&event.what, What::Decided(Decided { expires: Some(end), .. }) if *end <= valid_at);
    event.valid_from <= valid_at && !expired && !revoked.contains(&event.id)
}

/// The keys that were told, by founder, in the order of telling.
fn announced(events: &[&Event]) -> Result<BTreeMap<PatientRef, Vec<PersonKey>>, Fault> {
    let mut founders: BTreeMap<PersonKey, PatientRef> = BTreeMap::new();
    let mut keys: BTreeMap<PatientRef, Vec<PersonKey>> = BTreeMap::new();
    for event in events {
        let What::Key(KeyChange::Minted { key, founder }) = event.what else { continue };
        match founders.insert(key, founder) {
            Some(other) if other != founder => return Err(Fault::KeyReused(key)),
            Some(_) => {}
            None => keys.entry(founder).or_default().push(key),
        }
    }
    Ok(keys)
}

/// The state while it grows.
struct Fold<'m> {
    model: Option<ModelVersion>,
    records: BTreeMap<PatientRef, Record>,
    graph: Graph,
    contradictions: BTreeSet<Pair>,
    keys: Keys<'m>,
}

impl<'m> Fold<'m> {
    fn new(keys: Keys<'m>) -> Self {
        let (records, contradictions) = (BTreeMap::new(), BTreeSet::new());
        Self { model: None, records, graph: Graph::default(), contradictions, keys }
    }

    fn step(&mut self, events: &[&Event]) {
        let mut touched: BTreeSet<PatientRef> = BTreeSet::new();
        for event in events {
            self.state(event);
            touched.extend(event.patients());
        }
        // Who left a person leaves others behind, who may no longer hang together.
        let persons: BTreeSet<PersonKey> =
            touched.iter().filter_map(|one| self.keys.persons.get(one)).copied().collect();
        touched.extend(persons.iter().filter_map(|key| self.keys.members.get(key)).flatten());
        let groups = self.graph.groups(&touched, &|one| self.records.contains_key(&one));
        let everyone: BTreeSet<PatientRef> = groups.iter().flatten().chain(&touched).copied().collect();
        self.contradictions.retain(|pair| !everyone.contains(&pair.left()));
        let found = &mut self.contradictions;
        let clusters: Vec<_> = groups.iter().flat_map(|group| self.graph.persons(group, found)).collect();
        self.keys.assign(&clusters, &everyone);
    }

    fn state(&mut self, event: &Event) {
        match &event.what {
            What::Registered { patient, facility, version } => {
                let new = Record { facility: *facility, version: *version };
                let known = self.records.entry(*patient).or_insert(new);
                if known.version < *version {
                    *known = new;
                }
            }
            What::Erased { patient } => drop(self.records.remove(patient)),
            What::Linked { pair, probability } => {
                self.graph.entry(*pair).linked = Some((*probability, self.model));
            }
            What::Unlinked { pair } => self.graph.entry(*pair).linked = None,
            What::Decided(decided) => {
                decided.pairs.iter().for_each(|pair| self.graph.entry(*pair).people = Some(decided.must));
            }
            What::Model { version } => self.model = Some(*version),
            What::Revoked { .. } | What::Key(_) => {}
        }
    }

    fn done(mut self, moment: Moment) -> Index {
        let mut statements = self.graph.statements;
        statements.retain(|_, says| *says != Statement::default());
        Index {
            moment,
            model: self.model,
            records: self.records,
            statements,
            contradictions: self.contradictions,
            lives: self.keys.lives(),
            persons: self.keys.persons,
            members: self.keys.members,
        }
    }
}
