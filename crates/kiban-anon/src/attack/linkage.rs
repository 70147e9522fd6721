//! Linkage: somebody who knows some facts of a person looks for the person's record.

use serde::Serialize;

use super::{
    draw::Draws,
    rate::{Rate, Tally},
    table::Wanted,
    view::View,
};
use crate::error::{Error, Result};

/// What the adversary knows of a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Knowledge {
    /// The columns whose true value is known.
    pub columns: Vec<usize>,
    /// The probability that a fact is wrong: then it is some other person's.
    pub error_rate: f64,
}

impl Knowledge {
    /// Knows these columns without a mistake.
    pub fn exact(columns: Vec<usize>) -> Self {
        Self { columns, error_rate: 0.0 }
    }
}

/// How well records are linked to persons.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Linkage {
    /// The share of targets named rightly. Control: the same facts, used to name somebody else.
    pub rate: Rate,
    /// The probability with which the target who is found most easily is named.
    pub worst: f64,
}

/// Plays an adversary who knows some columns of a target, takes all released records that fit, and names one of them.
///
/// The adversary believes every target to be in the release; a suppressed one is never found. With exact knowledge of all
/// quasi-identifiers the mean over released persons is the marketer's risk and the worst the prosecutor's. At most
/// `targets` persons are drawn by the key; all if there are no more.
///
/// # Errors
/// No such columns, or an error rate that is no probability.
pub fn linkage(view: &View, knowledge: &Knowledge, targets: usize, key: &[u8]) -> Result<Linkage> {
    view.check("background knowledge", &knowledge.columns)?;
    if !(0.0..=1.0).contains(&knowledge.error_rate) {
        return Err(Error::BadParameter { what: "error rate".to_owned(), why: "lies between 0 and 1" });
    }
    let mut draws = Draws::new(key, b"linkage");
    let (mut attack, mut control, mut worst) = (Tally::default(), Tally::default(), 0.0_f64);
    for target in chosen(view, targets, &mut draws) {
        let facts = facts(view, knowledge, target, &mut draws);
        let wanted: Vec<Wanted<'_>> = facts.iter().map(|(c, leaf)| (*c, view.texts_of(*c, *leaf))).collect();
        let stranger = draws.below(view.persons());
        let (mut records, mut target_fits, mut stranger_fits) = (0_u64, false, false);
        for place in view.released.matching(&wanted) {
            records += u64::from(view.released.count(place));
            target_fits |= view.record(target) == Some(place);
            stranger_fits |= view.record(stranger) == Some(place);
        }
        let named = |fits: bool| if fits { (records as f64).recip() } else { 0.0 };
        worst = worst.max(named(target_fits));
        attack.add(named(target_fits));
        control.add(named(stranger_fits));
    }
    Ok(Linkage { rate: attack.beside(control), worst })
}

/// Draws the persons to be attacked.
pub(super) fn chosen(view: &View, targets: usize, draws: &mut Draws) -> Vec<usize> {
    let mut persons: Vec<usize> = (0..view.persons()).collect();
    if targets < persons.len() {
        draws.choose(&mut persons, targets);
    }
    persons
}

fn facts(view: &View, knowledge: &Knowledge, target: usize, draws: &mut Draws) -> Vec<(usize, u32)> {
    let fact = |column: &usize| {
        let wrong = knowledge.error_rate > 0.0 && draws.happens(knowledge.error_rate);
        let of = if wrong { draws.below(view.persons()) } else { target };
        (*column, view.leaf(*column, of))
    };
    knowledge.columns.iter().map(fact).collect()
}
