//! Decisions of people: two registrations are one person, or are not. They outrank every rule and the model.

use std::collections::BTreeSet;

use kiban_core::PatientRef;

/// Must-links and cannot-links; taking one away gives back exactly the state without it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constraints {
    must: BTreeSet<(PatientRef, PatientRef)>,
    cannot: BTreeSet<(PatientRef, PatientRef)>,
}

impl Constraints {
    /// Says that two registrations are one person.
    pub fn must_link(&mut self, left: PatientRef, right: PatientRef) {
        self.cannot.remove(&ordered(left, right));
        self.must.insert(ordered(left, right));
    }

    /// Says that two registrations are two persons.
    pub fn cannot_link(&mut self, left: PatientRef, right: PatientRef) {
        self.must.remove(&ordered(left, right));
        self.cannot.insert(ordered(left, right));
    }

    /// Takes back what was said of two registrations.
    pub fn revoke(&mut self, left: PatientRef, right: PatientRef) {
        self.must.remove(&ordered(left, right));
        self.cannot.remove(&ordered(left, right));
    }

    /// Returns the pairs that are one person, sorted.
    pub fn must(&self) -> impl Iterator<Item = (PatientRef, PatientRef)> + '_ {
        self.must.iter().copied()
    }

    /// Returns the pairs that are two persons, sorted.
    pub fn cannot(&self) -> impl Iterator<Item = (PatientRef, PatientRef)> + '_ {
        self.cannot.iter().copied()
    }
}

fn ordered(left: PatientRef, right: PatientRef) -> (PatientRef, PatientRef) {
    (left.min(right), left.max(right))
}
