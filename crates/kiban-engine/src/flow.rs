//! The account of rows: what came in went out, was held, or became a finding (design invariant 6).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Rows of one table through one stage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// The facility, where the stage works on one facility's rows.
    pub facility: Option<kiban_core::FacilityCode>,
    /// The stage.
    pub stage: String,
    /// The table.
    pub table: String,
    /// Rows that came in.
    pub rows_in: u64,
    /// Rows that went out.
    pub rows_out: u64,
    /// Rows held back, by reason.
    pub held: BTreeMap<String, u64>,
    /// Rows lost to findings.
    pub lost: u64,
}

impl Flow {
    /// Returns rows held for any reason.
    pub fn held_total(&self) -> u64 {
        self.held.values().sum()
    }

    /// Asserts that nothing was lost silently.
    ///
    /// # Errors
    /// [`Error::Unbalanced`] where it does not add up; then nothing may be committed.
    pub fn balanced(self, stage: &'static str) -> Result<Self> {
        if self.rows_in == self.rows_out + self.held_total() + self.lost {
            return Ok(self);
        }
        let held = self.held_total();
        let Self { table, rows_in, rows_out, lost, .. } = self;
        Err(Error::Unbalanced { stage, table, rows_in, rows_out, held, lost })
    }
}
