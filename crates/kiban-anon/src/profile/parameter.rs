//! The parameters that a profile proposes, and which of two values is stricter.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::date::DateUnit;

/// A parameter of anonymity; the names are those of a release's specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// Persons that share every combination of demographic values.
    K,
    /// Share of persons that may be left out to reach it. Less is stricter: who is kept is generalised for it.
    SuppressionLimit,
    /// Events of a target that an acquaintance is taken to know.
    KnownEvents,
    /// The unit in which dates are released.
    DateUnit,
    /// The largest shift of a person's dates, in days.
    DateShiftDays,
    /// Persons that must carry a code for it to be shown as it is.
    CodeFloor,
    /// Persons that must lie at or beyond the extremes shown of a measurement.
    ValueFloor,
    /// Ages above this are shown as this or more.
    TopAge,
    /// Distinct sensitive values in every class; 1 asks for nothing.
    LDiversity,
    /// Persons in any difference to another release ([`crate::ledger::Limits`]).
    DifferenceFloor,
}

/// The value of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A whole number.
    Count(u32),
    /// A share, 0 to 1.
    Share(f64),
    /// A unit of dates.
    Unit(DateUnit),
}

impl Parameter {
    /// All parameters.
    pub const ALL: [Self; 10] = [
        Self::K,
        Self::SuppressionLimit,
        Self::KnownEvents,
        Self::DateUnit,
        Self::DateShiftDays,
        Self::CodeFloor,
        Self::ValueFloor,
        Self::TopAge,
        Self::LDiversity,
        Self::DifferenceFloor,
    ];

    /// Tells whether one value protects less than another.
    pub fn weaker(self, one: Value, other: Value) -> bool {
        self.strength(one) < self.strength(other)
    }

    /// Returns how strict a value is, more being stricter; none if the parameter does not take it.
    pub(super) fn strength(self, value: Value) -> Option<f64> {
        match (self, value) {
            (Self::SuppressionLimit, Value::Share(share)) => (0.0..=1.0).contains(&share).then_some(-share),
            (Self::DateUnit, Value::Unit(unit)) => Some(f64::from(unit as u8)),
            (Self::SuppressionLimit | Self::DateUnit, _) => None,
            (Self::TopAge, Value::Count(age)) => (1..=255).contains(&age).then_some(-f64::from(age)),
            (Self::KnownEvents, Value::Count(events)) => (events <= 255).then_some(f64::from(events)),
            (Self::DateShiftDays, Value::Count(days)) => (days <= 65_535).then_some(f64::from(days)),
            (_, Value::Count(count)) => (count > 0).then_some(f64::from(count)),
            (_, Value::Share(_) | Value::Unit(_)) => None,
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
