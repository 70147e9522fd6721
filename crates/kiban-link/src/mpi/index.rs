//! Who is who at one moment, and under which key; and what changed between two moments.

use std::collections::{BTreeMap, BTreeSet};

use kiban_core::{FacilityCode, Moment, PatientRef, PersonKey};

use super::event::{KeyChange, ModelVersion, Must, Pair};
use crate::{Constraints, PersonMap};

/// A registration as the index knows it: no value of the patient, only where it is and which version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// The facility.
    pub facility: FacilityCode,
    /// The newest version that came in.
    pub version: u32,
}

/// What is said of a pair at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Statement {
    /// How sure rules or model are that it is one person, and by which model; none where they are not.
    pub linked: Option<(f64, Option<ModelVersion>)>,
    /// What people decided; it outranks the rest.
    pub people: Option<Must>,
}

impl Statement {
    /// Tells whether it speaks for one person.
    pub fn links(&self) -> bool {
        self.sureness().is_some()
    }

    /// Returns how early the link is made: above one for people's, else the probability; none for no link.
    pub(super) fn sureness(&self) -> Option<f64> {
        match self.people {
            Some(Must::Link) => Some(2.0),
            Some(Must::NotLink) => None,
            None => self.linked.map(|(probability, _)| probability),
        }
    }
}

/// The least sure link without which a person falls apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weakest {
    /// The pair.
    pub pair: Pair,
    /// How sure rules or model are of it; one where people decided.
    pub probability: f64,
    /// What people decided of it, if they did.
    pub by_people: Option<Must>,
    /// How many registrations the two sides have, in the order of the pair.
    pub sides: [usize; 2],
}

/// The life of a key: it belongs to one founding registration for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) founder: PatientRef,
    /// Who bore it last, once nobody does.
    pub(super) last_bearers: BTreeSet<PatientRef>,
}

/// The state of identity at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    pub(super) moment: Moment,
    pub(super) model: Option<ModelVersion>,
    pub(super) records: BTreeMap<PatientRef, Record>,
    pub(super) statements: BTreeMap<Pair, Statement>,
    pub(super) contradictions: BTreeSet<Pair>,
    pub(super) persons: BTreeMap<PatientRef, PersonKey>,
    pub(super) members: BTreeMap<PersonKey, BTreeSet<PatientRef>>,
    pub(super) lives: BTreeMap<PersonKey, Life>,
}

impl Index {
    /// Returns the moment of which it speaks.
    pub const fn moment(&self) -> Moment {
        self.moment
    }

    /// Returns the model that was in use.
    pub const fn model(&self) -> Option<ModelVersion> {
        self.model
    }

    /// Returns every registration, sorted.
    pub fn records(&self) -> impl Iterator<Item = (PatientRef, Record)> + '_ {
        self.records.iter().map(|(patient, record)| (*patient, *record))
    }

    /// Returns what the index knows of a registration.
    pub fn record(&self, patient: PatientRef) -> Option<Record> {
        self.records.get(&patient).copied()
    }

    /// Returns every person with its registrations, by key.
    pub fn persons(&self) -> impl Iterator<Item = (PersonKey, &BTreeSet<PatientRef>)> + '_ {
        self.members.iter().map(|(key, members)| (*key, members))
    }

    /// Returns the registrations of every person, each sorted, sorted.
    pub fn clusters(&self) -> Vec<Vec<PatientRef>> {
        let mut all: Vec<Vec<PatientRef>> = self.members.values().map(|of| of.iter().copied().collect()).collect();
        all.sort_unstable();
        all
    }

    /// Returns the person of a registration.
    pub fn person_of(&self, patient: PatientRef) -> Option<PersonKey> {
        self.persons.get(&patient).copied()
    }

    /// Returns the registrations of a living key, sorted; nothing for any other.
    pub fn members(&self, key: PersonKey) -> Vec<PatientRef> {
        self.members.get(&key).into_iter().flatten().copied().collect()
    }

    /// Returns the living key behind any key that was ever given: itself, or where those who bore it last went.
    ///
    /// Where they went to several persons, the one that holds most of them is meant (ties: the smallest key). None
    /// where nobody of them is left, or the key was never given.
    pub fn resolve(&self, key: PersonKey) -> Option<PersonKey> {
        if self.members.contains_key(&key) {
            return Some(key);
        }
        let life = self.lives.get(&key)?;
        let bearers = &life.last_bearers;
        self.home(bearers).or_else(|| self.person_of(life.founder))
    }

    /// The person who holds most of some registrations.
    pub(super) fn home(&self, of: &BTreeSet<PatientRef>) -> Option<PersonKey> {
        let mut held: BTreeMap<PersonKey, usize> = BTreeMap::new();
        of.iter().filter_map(|one| self.person_of(*one)).for_each(|key| *held.entry(key).or_default() += 1);
        held.into_iter().max_by_key(|(key, count)| (*count, std::cmp::Reverse(*key))).map(|(key, _)| key)
    }

    /// Returns the registration for which a key was made.
    pub fn founder(&self, key: PersonKey) -> Option<PatientRef> {
        self.lives.get(&key).map(|life| life.founder)
    }

    /// Returns the link by which a person most easily falls apart; none for a single registration.
    ///
    /// It is the least link of the surest tree over the registrations; people's decisions count as the surest.
    pub fn weakest(&self, key: PersonKey) -> Option<Weakest> {
        let members = self.members(key);
        let mut links: Vec<(Pair, f64)> = Vec::new();
        for (nth, one) in members.iter().enumerate() {
            let pairs = members.iter().skip(nth + 1).filter_map(|other| Pair::new(*one, *other));
            links.extend(pairs.filter_map(|pair| Some((pair, self.statement(pair).sureness()?))));
        }
        links.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut sides: BTreeMap<PatientRef, BTreeSet<PatientRef>> =
            members.iter().map(|one| (*one, BTreeSet::from([*one]))).collect();
        let mut weakest = None;
        for (pair, sure) in links {
            let [left, right] = pair.both().map(|one| sides.iter().find(|(_, side)| side.contains(&one)));
            let (Some((a, left)), Some((b, right))) = (left, right) else { continue };
            if a == b {
                continue;
            }
            let by_people = self.statement(pair).people;
            let count = [left.len(), right.len()];
            weakest = Some(Weakest { pair, probability: sure.min(1.0), by_people, sides: count });
            let (a, b) = (*a, *b);
            let moved = sides.remove(&b).unwrap_or_default();
            sides.entry(a).or_default().extend(moved);
        }
        weakest
    }

    /// Returns every pair of which anything is said, sorted.
    pub fn statements(&self) -> impl Iterator<Item = (Pair, Statement)> + '_ {
        self.statements.iter().map(|(pair, says)| (*pair, *says))
    }

    /// Returns what is said of a pair.
    pub fn statement(&self, pair: Pair) -> Statement {
        self.statements.get(&pair).copied().unwrap_or_default()
    }

    /// Returns the must-links that other decisions forbid, sorted: they have no effect and need a person.
    pub fn contradictions(&self) -> impl Iterator<Item = Pair> + '_ {
        self.contradictions.iter().copied()
    }

    /// Returns people's decisions as the linkage takes them.
    pub fn constraints(&self) -> Constraints {
        let mut constraints = Constraints::default();
        for (pair, says) in self.statements() {
            match says.people {
                Some(Must::Link) => constraints.must_link(pair.left(), pair.right()),
                Some(Must::NotLink) => constraints.cannot_link(pair.left(), pair.right()),
                None => {}
            }
        }
        constraints
    }

    /// Returns persons and retired keys as the lake keeps them.
    pub fn map(&self) -> PersonMap {
        let retired = self.lives.keys().filter(|key| !self.members.contains_key(key)).copied().collect();
        PersonMap { persons: self.persons.clone(), retired }
    }
}

/// Says what became of keys from one moment to another, sorted: what those who hold keys have to be told.
pub fn told(before: &Index, after: &Index) -> Vec<KeyChange> {
    let mut changes: Vec<KeyChange> = Vec::new();
    for key in after.members.keys().filter(|key| !before.members.contains_key(key)) {
        match (before.lives.contains_key(key), before.resolve(*key), after.founder(*key)) {
            (true, Some(from), _) => changes.push(KeyChange::Unmerged { key: *key, from }),
            (_, _, Some(founder)) => changes.push(KeyChange::Minted { key: *key, founder }),
            _ => {}
        }
    }
    for (from, bearers) in &before.members {
        if after.members.contains_key(from) {
            let moved = bearers.iter().filter_map(|one| after.person_of(*one)).filter(|to| to != from);
            let to: BTreeSet<PersonKey> = moved.collect();
            changes.extend(to.into_iter().map(|into| KeyChange::Split { from: *from, into }));
        } else {
            let gone = KeyChange::Retired { key: *from };
            changes.push(after.home(bearers).map_or(gone, |into| KeyChange::Merged { from: *from, into }));
        }
    }
    changes.sort_unstable();
    changes
}
