//! The whole linkage: registrations in, persons out, with a reason for every pair.

use std::sync::Arc;

use kiban_core::PatientRef;
use rustc_hash::FxHashSet;

use crate::{
    BlockReport, Class, Constraints, Model, Pattern, Person, Refusal, Registration, Rule, Weight,
    cluster::{Partition, cluster},
    quality::Estimate,
    scored::{Scored, Verdict},
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
}

impl Default for Settings {
    fn default() -> Self {
        Self { threshold: 0.9, possible: 0.5, block_cap: 200, threads: 2 }
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
    scored: Arc<Scored>,
}

/// Links registrations; people's decisions are honoured whatever rules and model say.
///
/// # Errors
/// A patient that stands twice, decisions that contradict each other, more registrations than fit one run.
pub fn link(registrations: &[Registration], settings: Settings, constraints: &Constraints) -> Result<Linkage, Error> {
    let mut seen = FxHashSet::default();
    if let Some(twice) = registrations.iter().find(|r| !seen.insert(r.patient)) {
        return Err(Error::Duplicate { patient: twice.patient });
    }
    if u32::try_from(registrations.len()).is_err() {
        return Err(Error::TooMany { limit: u32::MAX });
    }
    Linkage::decide(Arc::new(Scored::build(registrations, settings)), constraints)
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
        Ok(Self { persons, decisions, model, quality, blocking, scored })
    }

    /// Returns the registrations of every person.
    pub fn clusters(&self) -> Vec<Vec<PatientRef>> {
        self.persons.iter().map(|person| person.members.clone()).collect()
    }

    /// Explains a decision: the bits of every field for one person and against the rival.
    pub fn explain(&self, decision: &Decision) -> Vec<Weight> {
        self.model.explain(decision.pattern, decision.rival)
    }

    /// Returns how many candidate pairs were compared.
    pub fn compared(&self) -> usize {
        self.scored.candidates.len()
    }
}

fn decisions(scored: &Scored, partition: &Partition, constraints: &Constraints) -> Vec<Decision> {
    let human: FxHashSet<(PatientRef, PatientRef)> = constraints.must().chain(constraints.cannot()).collect();
    let mut all: Vec<Decision> = scored
        .pairs()
        .filter_map(|(pair, pattern, verdict)| {
            let (a, b) = (scored.row(pair.left)?.patient, scored.row(pair.right)?.patient);
            let (left, right) = (a.min(b), a.max(b));
            let one = partition.groups.find(pair.left) == partition.groups.find(pair.right);
            let by_human = human.contains(&(left, right));
            let refused = partition.refused.get(&(pair.left, pair.right)).copied();
            let outcome = match (one, refused) {
                (true, _) => Outcome::Joined,
                (false, Some(why)) => Outcome::Refused(why),
                (false, None) if by_human => Outcome::Refused(Refusal::Human),
                (false, None) if verdict.probability() >= scored.settings.possible => Outcome::Possible,
                (false, None) => return None,
            };
            Some(Decision { outcome, ..decision(left, right, pattern, &verdict, by_human) })
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
