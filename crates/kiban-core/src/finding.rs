//! Findings: what was wrong with an input, where, and what was done about it.

use serde::{Deserialize, Serialize};

use crate::{DeliverySeq, FacilityCode, FileNo};

/// Says how bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth counting; the row was taken as it is or repaired by a named rule.
    Note,
    /// A field was lost or doubtful; the row was taken without it.
    Warning,
    /// The row was not taken.
    Error,
    /// The file or the delivery was not taken.
    Fatal,
}

impl Severity {
    /// Returns the word used in files, tables and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

impl std::str::FromStr for Severity {
    type Err = crate::BadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Note, Self::Warning, Self::Error, Self::Fatal]
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or(crate::BadId { what: "severity", expected: "note, warning, error or fatal" })
    }
}

/// A place in a delivery. The file is a number, because paths of hospital files hold patient ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file's number within the delivery.
    pub file: FileNo,
    /// Byte offset of the record within the file.
    pub offset: u64,
    /// Line or segment number, from 1, where the format has one; 0 otherwise.
    pub line: u32,
}

/// One thing wrong with one place of one input.
///
/// It holds no patient value: `code` and `field` are words of the program, and the place leads an entitled reader back
/// to the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Who sent it.
    pub facility: FacilityCode,
    /// In which delivery.
    pub delivery: DeliverySeq,
    /// Where.
    pub place: Place,
    /// What was wrong: a stable word such as `uke.unknown-record` or the repair rule `R14`.
    pub code: String,
    /// The field, such as `PID-7` or `RE.7`; empty where the whole record is meant.
    pub field: String,
    /// How bad it is.
    pub severity: Severity,
    /// Rows this finding took out of the flow: 0 where the row went on.
    pub rows_lost: u32,
}
