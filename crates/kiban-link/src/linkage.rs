//! The whole linkage: registrations in, persons out, with a reason for every pair.

use std::{fmt, sync::Arc};

use kiban_core::PatientRef;
use rustc_hash::FxHashSet;

use crate::{
    Across, BlockReport, BlockRule, Class, Constraints, Model, OtherKind, Pattern, Person, Refusal, Registration, Rule,
    Weight,
    block::Blocks,
    cluster::{Partition, cluster},
    compare::{Comparer, Field, MOST_OTHERS},
    encode::TableBuilder,
    quality::Estimate,
    scored::{Band, Candidate, Scored, Verdict},
};

/// Says why registrations could not be linked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A patient stands twice in the input.
    #[error("patient {patient} is registered twice")]
    Duplicate {
        /// The patient.
        patient: PatientRef,
    },
    /// People's decisions contradict each other.
    #[error("patients {left} and {right} are said to be two persons, and by other decisions to be one")]
    Contradiction {
        /// One end.
        left: PatientRef,
        /// The other end.
        right: PatientRef,
    },
    /// More registrations than one run can hold.
    #[error("more than {limit} registrations in one run")]
    TooMany {
        /// The limit.
        limit: u32,
    },
    /// More columns of their own than a pattern can hold.
    #[error("more than {limit} columns beside names, births, homes, phones and cards")]
    TooManyColumns {
        /// The limit.
        limit: usize,
    },
}

/// The settings of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The probability from which a pair is joined.
    pub threshold: f64,
    /// The probability from which a pair is shown to a person.
    pub possible: f64,
    /// The most registrations that may share one blocking key.
    pub block_cap: usize,
    /// Threads to work on; the result does not depend on it.
    pub threads: usize,
    /// Which registrations may be one person.
    pub across: Across,
}

impl Default for Settings {
    fn default() -> Self {
        Self { threshold: 0.9, possible: 0.5, block_cap: 200, threads: 2, across: Across::All }
    }
}

/// Who or what decided a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// A person.
    Human,
    /// A deterministic rule without a conflict.
    Rule(Rule),
    /// The model.
    Model,
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Human => f.write_str("people"),
            Self::Rule(rule) => rule.fmt(f),
            Self::Model => f.write_str("model"),
        }
    }
}

/// What became of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The two are one person.
    Joined,
    /// Sure enough alone, but kept apart.
    Refused(Refusal),
    /// For a person to look at.
    Possible,
}

/// One decided pair. It holds levels and numbers, never a value of a patient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// The smaller reference.
    pub left: PatientRef,
    /// The larger reference.
    pub right: PatientRef,
    /// What became of it.
    pub outcome: Outcome,
    /// Who or what decided.
    pub basis: Basis,
    /// How the fields agree.
    pub pattern: Pattern,
    /// The model's probability of one person, also where a rule or a person decided.
    pub probability: f64,
    /// The likeliest other explanation.
    pub rival: Class,
    /// How likely that is.
    pub rival_probability: f64,
}

/// Persons, decisions, model and quality of one run.
#[derive(Debug, Clone)]
pub struct Linkage {
    /// The persons, each a sorted list of registrations, sorted by the first.
    pub persons: Vec<Person>,
    /// Every pair that was joined, refused or left open, sorted.
    pub decisions: Vec<Decision>,
    /// The model that spoke.
    pub model: Model,
    /// What the probabilities say about the errors of this run.
    pub quality: Estimate,
    /// What each blocking rule found and cut.
    pub blocking: Vec<BlockReport>,
    /// Rules that were left out because of their cost, with about how many pairs each would find.
    pub left_out: Vec<(BlockRule, u64)>,
    scored: Arc<Scored>,
}

/// Links registrations; people's decisions are honoured whatever rules and model say.
///
/// # Errors
/// A patient that stands twice, decisions that contradict each other, more registrations than fit one run.
pub fn link(registrations: &[Registration], settings: Settings, constraints: &Constraints) -> Result<Linkage, Error> {
    let mut linker = Linker::new(&[], settings)?;
    linker.add(registrations)?;
    linker.link(constraints)
}

/// Takes registrations batch by batch, and then links them all. Of a batch only what is compared is kept.
pub struct Linker {
    table: TableBuilder,
    others: Vec<OtherKind>,
    seen: FxHashSet<PatientRef>,
    settings: Settings,
}

impl fmt::Debug for Linker {
    /// Tells sizes only: what was added holds names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Linker({} registrations)", self.seen.len())
    }
}

impl Linker {
    /// Starts without registrations; `others` says what their columns of their own hold.
    ///
    /// # Errors
    /// [`Error::TooManyColumns`].
    pub fn new(others: &[OtherKind], settings: Settings) -> Result<Self, Error> {
        if others.len() > MOST_OTHERS {
            return Err(Error::TooManyColumns { limit: MOST_OTHERS });
        }
        let table = TableBuilder::new(others, settings.threads);
        Ok(Self { table, others: others.to_vec(), seen: FxHashSet::default(), settings })
    }

    /// Adds a batch.
    ///
    /// # Errors
    /// A patient that stands twice, more registrations than fit one run.
    pub fn add(&mut self, registrations: &[Registration]) -> Result<(), Error> {
        if let Some(twice) = registrations.iter().find(|r| !self.seen.insert(r.patient)) {
            return Err(Error::Duplicate { patient: twice.patient });
        }
        if u32::try_from(self.seen.len()).is_err() {
            return Err(Error::TooMany { limit: u32::MAX });
        }
        self.table.add(registrations);
        Ok(())
    }

    /// Links all that was added.
    ///
    /// # Errors
    /// Decisions that contradict each other.
    pub fn link(self, constraints: &Constraints) -> Result<Linkage, Error> {
        let Self { table, others, settings, seen } = self;
        drop(seen);
        let table = table.finish();
        let blocks =
            Blocks::new(&table, &BlockRule::usual(&others), settings.block_cap, settings.across, settings.threads);
        Linkage::decide(Arc::new(Scored::build(table, blocks, settings)), constraints)
    }
}

impl Linkage {
    /// Decides anew under other constraints; nothing is compared or learned again.
    ///
    /// The result depends on the constraints alone, not on the order in which they came: taking a merge or a split
    /// back gives exactly the state without it.
    ///
    /// # Errors
    /// Decisions that contradict each other.
    pub fn apply(&self, constraints: &Constraints) -> Result<Self, Error> {
        Self::decide(Arc::clone(&self.scored), constraints)
    }

    fn decide(scored: Arc<Scored>, constraints: &Constraints) -> Result<Self, Error> {
        let partition = cluster(&scored, constraints)?;
        let persons = partition.groups.persons(&scored.table.rows);
        let decisions = decisions(&scored, &partition, constraints);
        let quality = Estimate::of(&scored, &partition);
        let (model, blocking) = (scored.model.clone(), scored.blocking.clone());
        let left_out = scored.blocks.left_out.clone();
        Ok(Self { persons, decisions, model, quality, blocking, left_out, scored })
    }

    /// Returns the decided pairs inside a person.
    pub fn decisions_of(&self, person: &Person) -> Vec<&Decision> {
        let mut inside = Vec::new();
        for (at, left) in person.members.iter().enumerate() {
            for right in person.members.iter().skip(at + 1) {
                let found = self.decisions.binary_search_by_key(&(*left, *right), |one| (one.left, one.right));
                inside.extend(found.ok().and_then(|at| self.decisions.get(at)));
            }
        }
        inside
    }

    /// Tells whether a field, by its word, says something of any decided pair.
    pub fn speaks(&self, field: &str) -> bool {
        self.model
            .fields()
            .iter()
            .filter(|known| known.to_string() == field)
            .any(|field| self.decisions.iter().any(|one| one.pattern.level(*field) > 0))
    }

    /// Returns the candidates by probability.
    pub fn bands(&self) -> &[Band] {
        &self.scored.bands
    }

    /// Returns the share of registrations that could not reach each probability even compared with themselves: they tell
    /// too little. Of many registrations some hundred thousand are asked.
    pub fn unlinkable(&self, probabilities: &[f64]) -> Vec<f64> {
        const ASKED: usize = 100_000;
        let table = &self.scored.table;
        let mut comparer = Comparer::new(table);
        let stride = table.rows.len().div_ceil(ASKED).max(1);
        let asked = (0u32..).take(table.rows.len()).step_by(stride);
        let own = |row| self.model.posterior(comparer.pair(row, row).without(Field::Chart)).probability;
        let own: Vec<f64> = asked.map(own).collect();
        let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        let below = |least: &f64| count(own.iter().filter(|own| *own < least).count());
        probabilities.iter().map(|least| below(least) / count(own.len().max(1))).collect()
    }

    /// Returns the registrations of every person.
    pub fn clusters(&self) -> Vec<Vec<PatientRef>> {
        self.persons.iter().map(|person| person.members.clone()).collect()
    }

    /// Returns the probability of every class for a decided pair.
    pub fn responsibilities(&self, decision: &Decision) -> [(Class, f64); Class::ALL.len()] {
        let of = self.model.responsibilities(decision.pattern);
        let mut all = Class::ALL.map(|class| (class, 0.0));
        all.iter_mut().zip(of).for_each(|(one, share)| one.1 = share);
        all
    }

    /// Explains a decision: the bits of every field for one person and against the rival.
    pub fn explain(&self, decision: &Decision) -> Vec<Weight> {
        self.model.explain(decision.pattern, decision.rival)
    }

    /// Returns how many candidate pairs were compared.
    pub fn compared(&self) -> u64 {
        self.scored.compared
    }
}

/// Every pair that shares a person, was refused or lies open, sorted.
fn decisions(scored: &Scored, partition: &Partition, constraints: &Constraints) -> Vec<Decision> {
    let human: FxHashSet<(PatientRef, PatientRef)> = constraints.must().chain(constraints.cannot()).collect();
    let mut comparer = Comparer::new(&scored.table);
    let inside = partition.groups.roots().flat_map(|root| {
        let members = partition.groups.members(root);
        members.iter().enumerate().flat_map(|(at, l)| members.iter().skip(at + 1).map(|r| (*l.min(r), *l.max(r))))
    });
    let inside = inside.map(|(left, right)| Candidate { left, right, pattern: comparer.pair(left, right) });
    let inside: Vec<Candidate> = inside.collect();
    let row = |patient: PatientRef| {
        let at = scored.table.rows.binary_search_by_key(&patient, |row| row.patient).ok()?;
        u32::try_from(at).ok()
    };
    let told_apart = constraints.cannot().filter_map(|(l, r)| Some((row(l)?, row(r)?)));
    let told_apart = told_apart.map(|(left, right)| Candidate { left, right, pattern: comparer.pair(left, right) });
    let mut apart: Vec<Candidate> = told_apart.chain(scored.likely.iter().copied()).collect();
    apart.retain(|pair| partition.groups.find(pair.left) != partition.groups.find(pair.right));
    apart.sort_unstable();
    apart.dedup();
    let mut all: Vec<Decision> = inside
        .into_iter()
        .map(|pair| (pair, true))
        .chain(apart.into_iter().map(|pair| (pair, false)))
        .filter_map(|(pair, joined)| {
            let (left, right) = (scored.table.row(pair.left)?.patient, scored.table.row(pair.right)?.patient);
            let verdict = scored.verdict(pair.pattern);
            let by_human = human.contains(&(left, right));
            let refused = partition.refused.get(&(pair.left, pair.right)).copied();
            let outcome = match (joined, refused) {
                (true, _) => Outcome::Joined,
                (false, Some(why)) => Outcome::Refused(why),
                (false, None) if by_human => Outcome::Refused(Refusal::Human),
                (false, None) if verdict.probability() >= scored.settings.possible => Outcome::Possible,
                (false, None) => return None,
            };
            Some(Decision { outcome, ..decision(left, right, pair.pattern, &verdict, by_human) })
        })
        .collect();
    all.sort_unstable_by_key(|d| (d.left, d.right));
    all
}

fn decision(left: PatientRef, right: PatientRef, pattern: Pattern, verdict: &Verdict, by_human: bool) -> Decision {
    let basis = match (by_human, verdict.rule) {
        (true, _) => Basis::Human,
        (false, Some(rule)) => Basis::Rule(rule),
        (false, None) => Basis::Model,
    };
    let posterior = verdict.posterior;
    Decision {
        left,
        right,
        outcome: Outcome::Possible,
        basis,
        pattern,
        probability: posterior.probability,
        rival: posterior.rival,
        rival_probability: posterior.rival_probability,
    }
}
