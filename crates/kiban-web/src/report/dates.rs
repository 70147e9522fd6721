//! What a report says of dates, and of those who stand out.

use serde::{Deserialize, Serialize};

use super::word::{Advice, Judgement, LeakKind, Peculiarity, Telling};

/// What was done to the dates of a release, what was proved of it, and what it cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dates {
    /// The rule.
    pub telling: Telling,
    /// Its parameters, as the specification writes them.
    pub parameters: String,
    /// Dates whose order was checked over all tables.
    pub checked: u64,
    /// Of them, out of order, parted, or outside the window.
    pub wrong: u64,
    /// Of them, not told.
    pub untold: u64,
    /// Who shares runs of gaps, where the rule promises it.
    #[serde(default)]
    pub runs: Option<Runs>,
    /// Persons tried by the gaps between three days of care.
    pub tried: u64,
    /// Share of them whom these gaps single out in the data as they were, and as they are released.
    pub singled: [f64; 2],
    /// Mean error of the gap between two consecutive days, in days.
    pub gap_error: f64,
    /// Mean error of the time since the first day, in days.
    pub elapsed_error: f64,
    /// Attacks on the true days.
    pub leaks: Vec<Leak>,
}

/// Runs of consecutive gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    /// How many consecutive gaps nobody shall be told by.
    pub gaps: u8,
    /// Persons who must share each run.
    pub k: u32,
    /// Persons who share the rarest.
    pub fewest: u64,
    /// Distinct runs.
    pub runs: u64,
}

/// How far one attack on the true days gets, before and after.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leak {
    /// What is guessed.
    pub kind: LeakKind,
    /// Persons tried.
    pub persons: u64,
    /// Share of right guesses from the days as they were, and from those released.
    pub found: [f64; 2],
    /// Share that guessing blindly gets.
    pub chance: f64,
    /// What follows for the release.
    pub judgement: Judgement,
}

/// Persons who stand out for one reason in one table, and what was done about it (施行規則第18条 item 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peculiar {
    /// Why.
    pub reason: Peculiarity,
    /// What was done, or is for the officer to do.
    pub advice: Advice,
    /// The table; empty where it is the whole release.
    pub table: String,
    /// Who stands out.
    pub persons: u64,
    /// Rows left out for it.
    pub rows_held: u64,
}
