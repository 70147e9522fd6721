//! Holds a release against those that were made before: who must stay away so that no difference tells anybody.

use std::collections::BTreeMap;

use arrow::array::{BooleanArray, Int64Array};
use kiban_anon::ledger::{Breach, Cohort, Limits, Repair};
use kiban_core::ReleaseId;
use serde::Serialize;

use super::people::Classes;
use crate::{
    Error, Result,
    release::{
        earlier::{Candidate, Earlier},
        spec::{OnBreach, ReleaseSpec},
    },
};

/// What a release would have told beside earlier ones, and what was done about it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Between {
    /// The earlier releases that it was held against, oldest first.
    pub earlier: Vec<String>,
    /// Releases that the house made and knows nothing of.
    pub unrecorded: Vec<ReleaseId>,
    /// The release of which this is the next version.
    pub follows: Option<ReleaseId>,
    /// Persons in any difference, at least.
    pub floor: u32,
    /// Coalitions of earlier releases that were looked at.
    pub coalitions: u64,
    /// What would not have held.
    pub breaches: Vec<Breach>,
    /// Persons left out so that it holds.
    pub left_out: u64,
}

/// Who stays, and what the ledger gets of it.
pub(super) struct Held {
    pub(super) kept: BooleanArray,
    pub(super) candidate: Candidate,
    pub(super) between: Between,
}

/// Leaves out whom the specification's floors ask for, or refuses.
///
/// # Errors
/// [`Error::Denied`] by the rule that is broken, where the specification refuses or where more persons than its
/// suppression limit would have to leave.
pub(super) fn hold(
    spec: &ReleaseSpec,
    earlier: &Earlier,
    persons: &Int64Array,
    classes: &Classes,
    levels: Vec<usize>,
) -> Result<Held> {
    let wishes = &spec.anonymity.between;
    let limits = limits(spec);
    let kept = || persons.values().iter().zip(&classes.of).filter_map(|(person, class)| Some((*person, (*class)?)));
    let members = kept().map(|(person, class)| (earlier.token(person), class)).collect();
    let wished = Cohort::new(spec.name.as_str(), spec.recipient.as_str(), members)?;
    let verdict = earlier.ledger().check(&wished, &limits)?;
    let cohort = match verdict.breaches.first() {
        None => wished,
        Some(first) if wishes.on_breach == OnBreach::Refuse => return Err(refused(first, verdict.breaches.len())),
        Some(first) => {
            let repaired = repaired(spec, earlier, wished, &limits)?;
            let left = persons.len() as u64 - repaired.persons().len() as u64;
            if repaired.persons().is_empty() || left > allowed(spec, persons.len() as u64) {
                return Err(beyond(first, left, persons.len()));
            }
            repaired
        }
    };
    let stays: std::collections::HashSet<u64> = cohort.persons().iter().map(|(token, _)| *token).collect();
    let left_out = kept().count() as u64 - stays.len() as u64;
    let kept = persons.values().iter().zip(&classes.of);
    let kept = kept.map(|(person, class)| class.is_some() && stays.contains(&earlier.token(*person))).collect();
    let counts =
        |recipient: &str| limits.recipients == kiban_anon::ledger::Recipients::Any || recipient == spec.recipient;
    let between = Between {
        earlier: (earlier.ledger().entries().iter())
            .filter(|entry| counts(entry.recipient()))
            .map(|entry| entry.release().to_owned())
            .collect(),
        unrecorded: wishes.unrecorded.clone(),
        follows: wishes.follows.clone(),
        floor: limits.cell,
        coalitions: verdict.coalitions - 1,
        breaches: verdict.breaches,
        left_out,
    };
    Ok(Held { kept, candidate: Candidate { cohort, levels }, between })
}

fn limits(spec: &ReleaseSpec) -> Limits {
    let (limits, wishes) = (&spec.anonymity, &spec.anonymity.between);
    let floor = wishes.floor.unwrap_or(limits.k);
    Limits {
        joint: limits.k,
        cell: floor,
        cohort: floor,
        recipients: wishes.recipients,
        earlier: usize::from(wishes.together),
        threads: std::thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN),
    }
}

/// Leaves persons out until the floors hold and every class that is left is large enough for what its lives need.
fn repaired(spec: &ReleaseSpec, earlier: &Earlier, wished: Cohort, limits: &Limits) -> Result<Cohort> {
    let mut cohort = wished;
    loop {
        let Repair { cohort: held, .. } = earlier.ledger().repair(&cohort, limits)?;
        let mut sizes: BTreeMap<u32, u32> = BTreeMap::new();
        held.persons().iter().for_each(|(_, class)| *sizes.entry(*class).or_default() += 1);
        let is_small = |class: &u32| sizes.get(class).is_some_and(|size| *size < spec.anonymity.smallest_class());
        let small: Vec<u64> = held.persons().iter().filter(|(_, class)| is_small(class)).map(|p| p.0).collect();
        if small.is_empty() {
            return Ok(held);
        }
        cohort = held.without(&small);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of persons"
)]
fn allowed(spec: &ReleaseSpec, persons: u64) -> u64 {
    (persons as f64 * spec.anonymity.suppression_limit).floor() as u64
}

fn refused(breach: &Breach, breaches: usize) -> Error {
    let others = if breaches > 1 { format!(" ({} breaches in all)", breaches) } else { String::new() };
    Error::Denied {
        rule: breach.rule.id(),
        what: breach.en() + &others,
        remedy: "widen the cohort, or let anonymity.between.on_breach = \"repair\" leave more persons out".to_owned(),
    }
}

fn beyond(breach: &Breach, left: u64, persons: usize) -> Error {
    Error::Denied {
        rule: breach.rule.id(),
        what: format!("{}; {left} of {persons} persons would have to be left out in all", breach.en()),
        remedy: "raise suppression_limit, or take cohort and levels of the earlier release (anonymity.between.follows)"
            .to_owned(),
    }
}
