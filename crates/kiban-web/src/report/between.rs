//! What a release would have told beside earlier ones: counts, and names of releases.

use serde::{Deserialize, Serialize};

use super::word::Difference;

/// What holding a release against those made before came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// The earlier releases, oldest first.
    pub earlier: Vec<String>,
    /// Releases that were made and are not compared, because nothing is known of them.
    #[serde(default)]
    pub unrecorded: Vec<String>,
    /// The release of which this is the next version.
    #[serde(default)]
    pub follows: Option<String>,
    /// Persons in any difference, at least.
    pub floor: u64,
    /// Coalitions of earlier releases that were looked at.
    pub coalitions: u64,
    /// What would not have held, and was repaired.
    pub breaches: Vec<Crossing>,
    /// Persons left out so that it holds.
    pub left_out: u64,
}

/// A floor that the release would have crossed beside certain earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crossing {
    /// Which floor.
    pub difference: Difference,
    /// The earlier releases.
    pub against: Vec<String>,
    /// Groups below it.
    pub groups: u64,
    /// Persons in them.
    pub persons: u64,
    /// Persons alone in theirs.
    pub alone: u64,
}
