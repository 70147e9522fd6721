//! Anonymity of lives.

use serde::{Deserialize, Serialize};

pub use account::LifeAccount;
pub use attack::{CodesAbove, Doubt, LifeAdversary, ReleasedLives, Success, TrueLives, attack};
pub use check::{LifeCheck, Witness, check_lives};
pub use choose::{LadderTrial, choose_rungs};
pub use class::LifeClass;
pub use dates::{DateUnit, LifeDates};
pub use ladder::{Ladder, LifeCodes, LifeLabel, Rung};
pub use lives::Lives;
pub use protect::{Protected, check_class, protect};

mod account;
mod attack;
mod check;
mod choose;
mod class;
mod core;
mod dates;
mod ladder;
mod lives;
mod protect;

use crate::error::{Error, Result};

/// What must hold of every life.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LifeAnonymity {
    /// How many persons must share what is known.
    pub k: u32,
    /// How many events may be known, m.
    pub known: u32,
    /// Up to how many events with the same facts are told apart.
    pub counted: u32,
}

impl LifeAnonymity {
    /// Takes k and m; an adversary who knows m events knows of at most m with the same facts.
    pub fn new(k: u32, known: u32) -> Self {
        Self { k, known, counted: known }
    }

    pub(crate) fn validate(&self) -> Result<()> {
        let why = match self {
            Self { k: 0, .. } => "k must be at least 1",
            Self { known: 0, .. } => "at least one event may be known: demographics alone need no model of lives",
            Self { known: 5.., .. } => "at most 4 known events can be checked",
            Self { counted: 0, .. } => "at least one event with the same facts is counted",
            _ => return Ok(()),
        };
        Err(Error::BadParameter { what: "life anonymity".to_owned(), why })
    }
}
