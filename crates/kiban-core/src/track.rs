//! The two ways on which the Act lets medical information go, which never mix.

use serde::{Deserialize, Serialize};

/// Names the legal way of use: own notice, own filing, own store, own keys, own ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Track {
    /// 匿名加工医療情報 (Act Art. 52).
    Anonymised,
    /// 仮名加工医療情報 (Act Art. 57).
    Pseudonymised,
}

impl Track {
    /// Every track, in the order used by tables.
    pub const ALL: [Self; 2] = [Self::Anonymised, Self::Pseudonymised];

    /// Returns the word used in files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymised => "anonymised",
            Self::Pseudonymised => "pseudonymised",
        }
    }
}

impl std::str::FromStr for Track {
    type Err = crate::BadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|track| track.as_str() == text)
            .ok_or(crate::BadId { what: "track", expected: "anonymised or pseudonymised" })
    }
}
