//! How a recipient's copy is marked.

use serde::{Deserialize, Serialize};

/// A few rows are withheld from each recipient, other ones from each, so that a leaked copy names whose it was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Marks {
    /// The share of a table's rows that may be withheld, at most 0.05; 0 marks nothing.
    pub share: f64,
}

impl Default for Marks {
    fn default() -> Self {
        Self { share: 0.005 }
    }
}

impl Marks {
    /// Tells what is wrong with it.
    pub(super) fn fault(self) -> Option<&'static str> {
        (!(0.0..=0.05).contains(&self.share)).then_some("marks.share lies between 0 and 0.05; 0 marks nothing")
    }
}
