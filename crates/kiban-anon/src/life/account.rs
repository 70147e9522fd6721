//! What protecting lives cost.

use serde::Serialize;

use super::{Ladder, LifeClass};

/// What became of persons and events, and how much detail was lost.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct LifeAccount {
    /// Persons of the classes.
    pub persons: u64,
    /// Persons who are not released.
    pub persons_suppressed: u64,
    /// Events of the classes.
    pub events: u64,
    /// Events that are released as they were, in the finest unit of date.
    pub whole: u64,
    /// Events released under a wider code.
    pub rolled_up: u64,
    /// Events released with a wider date, some of them rolled up as well.
    pub coarsened: u64,
    /// Events that are not released.
    pub suppressed: u64,
    /// The sum of the events' weights.
    pub weight: f64,
    /// The sum over the events of weight times share of detail lost.
    pub lost: f64,
}

impl LifeAccount {
    /// Counts one class: for each of its events the label under which it is released, for each person whether released.
    pub(super) fn of(class: &LifeClass, ladder: &Ladder, labels: &[Option<u32>], kept: &[bool]) -> Self {
        let mut account = Self {
            persons: class.persons() as u64,
            persons_suppressed: kept.iter().filter(|kept| !**kept).count() as u64,
            events: class.kinds().len() as u64,
            ..Self::default()
        };
        for (kind, label) in class.kinds().iter().zip(labels) {
            let (weight, lost) = ladder.loss(*kind, *label);
            account.weight += weight;
            account.lost += weight * lost;
            let Some(label) = label else {
                account.suppressed += 1;
                continue;
            };
            let change = ladder.change(*kind, *label);
            account.rolled_up += u64::from(change.rolled_up);
            account.coarsened += u64::from(change.coarsened);
            account.whole += u64::from(!change.rolled_up && !change.coarsened);
        }
        account
    }

    /// Returns the share of detail lost, weighted: 0 if every event is released to the day, 1 if none is released.
    pub fn loss(&self) -> f64 {
        if self.weight > 0.0 { self.lost / self.weight } else { 0.0 }
    }

    /// Adds the account of other classes; in the same order the sums are the same to the last bit.
    pub fn merge(&mut self, other: &Self) {
        self.persons += other.persons;
        self.persons_suppressed += other.persons_suppressed;
        self.events += other.events;
        self.whole += other.whole;
        self.rolled_up += other.rolled_up;
        self.coarsened += other.coarsened;
        self.suppressed += other.suppressed;
        self.weight += other.weight;
        self.lost += other.lost;
    }
}
