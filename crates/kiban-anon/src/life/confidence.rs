//! The proof that nothing sensitive follows too surely from what is known of a life.

use serde::Serialize;

use super::{LifeAnonymity, Lives};
use crate::error::{Error, Result};

/// What counting who holds a sensitive fact, set by set of known ones, found.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct ConfidenceCheck {
    /// Pairs of a set of known facts and a sensitive group some of whose holders share it.
    pub sets: u64,
    /// Those from which the group follows with more confidence than is allowed.
    pub violations: u64,
    /// The greatest confidence with which a sensitive group follows from what is known; 0 if nobody has any.
    pub surest: f64,
}

impl ConfidenceCheck {
    /// Tells whether the bound holds.
    pub fn holds(&self) -> bool {
        self.violations == 0
    }

    /// Adds what was found in another class.
    pub fn merge(&mut self, other: &Self) {
        self.sets += other.sets;
        self.violations += other.violations;
        self.surest = self.surest.max(other.surest);
    }
}

/// Counts, for every set of at most `known` facts that somebody of the class holds, who of its holders has a sensitive fact.
///
/// `groups` are the sensitive groups, each with the facts that speak of it, as numbered in the rows of
/// [`Lives::from_rows`], ascending. A group may follow from everything but its own facts, those of other groups among them:
/// that is LKC-privacy (Mohammed, Fung, Hung, Lee 2009, doi 10.1145/1557019.1557157) with L = `known` and C =
/// [`LifeAnonymity::confidence`].
///
/// # Errors
/// A model that makes no sense, facts that are not ascending.
pub fn check_confidence(lives: &Lives, groups: &[Vec<u32>], model: &LifeAnonymity) -> Result<ConfidenceCheck> {
    model.validate()?;
    let mut check = ConfidenceCheck::default();
    for facts in groups {
        if !facts.is_sorted() {
            let why = "the facts of a sensitive group are not sorted";
            return Err(Error::BadParameter { what: "confidence".to_owned(), why });
        }
        let of_group = |item: &u32| lives.fact(*item).is_some_and(|fact| facts.binary_search(&fact).is_ok());
        let (own, others): (Vec<_>, Vec<_>) =
            lives.iter().map(|life| life.iter().copied().partition::<Vec<u32>, _>(of_group)).unzip();
        let mut count = Count { has: own.iter().map(|own| !own.is_empty()).collect(), others, model, check };
        let everybody: Vec<u32> = (0_u32..).zip(&own).map(|(person, _)| person).collect();
        count.walk(&everybody, 0, model.known);
        check = count.check;
    }
    Ok(check)
}

/// Counting for one group.
struct Count<'a> {
    /// Per person whether they have a fact of the group.
    has: Vec<bool>,
    /// Per person all other items.
    others: Vec<Vec<u32>>,
    model: &'a LifeAnonymity,
    check: ConfidenceCheck,
}

impl Count<'_> {
    /// Judges the set whose holders are `persons`, and all that have up to `more` items from `from` on besides.
    fn walk(&mut self, persons: &[u32], from: u32, more: u32) {
        let sure = persons.iter().filter(|person| self.has.get(**person as usize) == Some(&true)).count();
        if sure == 0 {
            return;
        }
        self.check.sets += 1;
        self.check.surest = self.check.surest.max(sure as f64 / persons.len() as f64);
        self.check.violations += u64::from(!self.model.allows(sure, persons.len()));
        if more == 0 {
            return;
        }
        let mut holders: Vec<(u32, u32)> = Vec::new();
        for person in persons {
            let items = self.others.get(*person as usize).map_or(&[][..], Vec::as_slice);
            let after = items.partition_point(|item| *item < from);
            holders.extend(items.iter().skip(after).map(|item| (*item, *person)));
        }
        holders.sort_unstable();
        for same in holders.chunk_by(|a, b| a.0 == b.0) {
            let Some((item, _)) = same.first() else { continue };
            let persons: Vec<u32> = same.iter().map(|(_, person)| *person).collect();
            self.walk(&persons, item + 1, more - 1);
        }
    }
}
