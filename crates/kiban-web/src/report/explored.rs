//! What other settings would make of a release: figures of releases that were made, measured and erased.

use serde::{Deserialize, Serialize};

/// One setting, and what the release made of it comes to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExploredPoint {
    /// Its number, where no other setting is better in one thing and as good in all.
    #[serde(default)]
    pub number: Option<u32>,
    /// Whether it is the specification's own.
    pub own: bool,
    /// Persons that share every combination of demographic values.
    pub k: u32,
    /// Share of persons that may be left out.
    pub suppression_limit: f64,
    /// Known events against which lives are protected.
    pub known_events: u8,
    /// Persons released.
    pub persons: u64,
    /// Persons left out.
    pub left_out: u64,
    /// Rows released.
    pub rows: u64,
    /// Highest risk of one person, by demographics.
    pub risk_max: f64,
    /// Share of persons whom somebody rightly names who matches the whole set.
    pub marketer: f64,
    /// Share of persons with a pattern of gaps between three visits that nobody else has.
    pub gaps: f64,
    /// Share of persons singled out by two known events, to the month.
    pub events: f64,
    /// Share of the demographics' detail that is left.
    pub kept: f64,
    /// Share of detail lost by column.
    pub loss: Vec<(String, f64)>,
}
