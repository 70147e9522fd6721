//! `[anonymity.between]`: what must hold beside the releases that were made before.

use kiban_anon::ledger::Recipients;
use kiban_core::ReleaseId;
use serde::{Deserialize, Serialize};

use super::input;
use crate::Result;

/// What must hold beside the releases that were made before.
///
/// However some recipients put together what they have, a combination of released demographics, or a difference between
/// releases, holds at least so many persons ([`kiban_anon::ledger`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Between {
    /// What is done where it does not hold.
    pub on_breach: OnBreach,
    /// Persons in any difference to an earlier release; k where it is not said.
    pub floor: Option<u32>,
    /// Whose earlier releases count.
    pub recipients: Recipients,
    /// How many earlier releases somebody may hold beside this one, 1 to 3; the work grows with their number to this power.
    pub together: u8,
    /// The release of which this is the next version: demographics are told on its levels.
    pub follows: Option<ReleaseId>,
    /// Releases that the house made and has no ledger of; they are not compared.
    pub unrecorded: Vec<ReleaseId>,
}

/// What is done where a release would tell too much beside earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnBreach {
    /// Persons are left out until it holds; all who are left out, for whatever reason, count towards `suppression_limit`.
    #[default]
    Repair,
    /// The release is not made.
    Refuse,
}

impl Default for Between {
    fn default() -> Self {
        Self {
            on_breach: OnBreach::default(),
            floor: None,
            recipients: Recipients::default(),
            together: 2,
            follows: None,
            unrecorded: Vec::new(),
        }
    }
}

impl Between {
    pub(super) fn check(&self, release: &ReleaseId) -> Result<()> {
        if self.floor.is_some_and(|floor| floor < 2) {
            return input("anonymity.between.floor must be 2 or more: with 1 a person may be a whole difference");
        }
        if !(1..=3).contains(&self.together) {
            return input("anonymity.between.together must lie between 1 and 3");
        }
        if self.follows.as_ref() == Some(release) {
            return input("anonymity.between.follows names the release itself; name the version before it");
        }
        Ok(())
    }
}
