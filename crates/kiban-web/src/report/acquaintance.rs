//! How far an acquaintance gets who looks for a person in the release.

use serde::{Deserialize, Serialize};

use super::word::Attack;

/// How often somebody who knows a person's demographics and some events names the right one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acquaintance {
    /// What the smallest class alone promises: 1 ÷ k.
    pub limit: f64,
    /// What came of it, by what is known.
    pub tries: Vec<AcquaintanceTry>,
}

/// What came of one knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcquaintanceTry {
    /// How many events are known besides demographics.
    pub events: u32,
    /// How their dates are known; nothing where no event is.
    #[serde(default)]
    pub attack: Option<Attack>,
    /// Persons looked for.
    pub targets: u32,
    /// Mean chance that the right one is named.
    pub named: f64,
    /// Its 95 % interval.
    pub interval: [f64; 2],
    /// The chance for the person found most easily.
    pub worst: f64,
}
