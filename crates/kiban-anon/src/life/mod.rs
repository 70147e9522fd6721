//! Person-level anonymity over event tables: what an acquaintance may know of a life does not tell whose it is.
//!
//! A release is the event tables of persons. Whoever knows somebody knows their demographics and some events: a diagnosis
//! in spring, a stay in a hospital, three prescriptions of the same drug. The model is k^m-anonymity (Terrovitis,
//! Mamoulis, Kalnis 2008, *Privacy-preserving anonymization of set-valued data*; with demographics, as in LKC-privacy:
//! Mohammed, Fung, Hung, Lee 2009) where the unit is the person and the items are dated facts of all tables.
//!
//! # The model
//! An *item* is everything in a released row that others may know: the table, the label of the code, the bucket of the
//! date, and whatever else is made part of the code; or that there is such a row at least twice, three times, … A *class* is
//! all persons released with the same demographics. [`LifeAnonymity`] demands: **for every released person and every set of
//! at most m of their items, at least k persons of their class have all of them**; with the empty set, k persons
//! are in the class.
//!
//! # Whom it covers
//! Somebody who knows that a person is in the release, their demographics, and up to m of their events. Let S be
//! the items under which those events are released. Whatever is known of the events agrees with S, since a release
//! says nothing untrue, so every person who has S agrees as well: the candidates are *at least* the k or more holders of S.
//! This holds however the events are known:
//! * a code exactly, or only its group; a date to the day, the month, or not at all: vaguer knowledge agrees with more;
//! * the order of events, or the days between them: functions of the dates, which all holders of S have in common;
//! * that it happened several times: at least j times is an item (up to [`LifeAnonymity::counted`]);
//! * dates shifted by a secret number of days per person: items are made of the released dates, as if the shift were known; the
//!   holders of S agree under the target's shift. Who does not know the shift has more candidates;
//! * labels on different rungs in one column: only persons with the same label count, though others agree too;
//! * events that were left out: dropping facts until somebody agrees leaves again the holders of a set of items.
//!
//! # Whom it does not cover
//! * More than m events, or a fact that is no part of an item: a laboratory value, a dose, a free text. Make it part of the
//!   code, or coarsen it until nobody can know it. Which rows belong to one visit, and the order of rows within a bucket, are
//!   such facts too: a release that tells them must cut the link or sort its rows by what they say.
//! * Absence: that a person did *not* have an event, or had exactly so many.
//! * What all holders of S have in common is learned of each of them, except facts of the groups that were named as
//!   sensitive ([`Ladder::with_sensitive`]): of those at most a share of [`LifeAnonymity::confidence`] has any (LKC-privacy).
//!   What goes with a sensitive fact and was not named, such as its drug, may still tell it.
//! * Odds: candidates count alike. Who knows how a release is made may hold some for likelier than others.
//! * Other releases of the same persons.
//!
//! # How it is reached
//! [`choose_rungs`] fixes once, for all classes, the rung of each code: level of its tree and unit of its date. Then
//! [`protect()`] takes one class at a time, so classes can be streamed and distributed. An event is released on the
//! lowest rung from there on that its person can share, or left out for that person; persons whose class is too small are
//! left out whole. [`check_lives`] proves the result by counting every set that somebody holds; [`attack()`] tries it.
//!
//! ```
//! use jiff::civil::date;
//! use kiban_anon::{Hierarchy, life::*};
//!
//! let rows = [["E11.0", "E11"], ["E11.9", "E11"], ["I10", "I10"]].map(|r| r.map(String::from).to_vec());
//! let codes = LifeCodes::new("condition_occurrence", &Hierarchy::from_rows("icd", &["code", "category"], &rows)?, 1, 1.0)?;
//! let dates = LifeDates::new(date(2024, 1, 1), date(2024, 12, 31), DateUnit::Month)?;
//! let ladder = Ladder::new(vec![codes], dates)?;
//!
//! // Four persons of one class with I10 on 1 January, and each a diabetes of some kind ten days later.
//! let event = |person: u32, code, day| Some((person, ladder.kind(0, code, Some(19_723 + day))?));
//! let events: Vec<_> = (0..4).flat_map(|p| [event(p, 2, 0), event(p, p % 2, 10)]).flatten().collect();
//! let class = LifeClass::new(4, &events)?;
//!
//! let released = protect(&class, &ladder, &LifeAnonymity::new(3, 2))?;
//! assert!(released.check.holds());
//! let labels: Vec<_> = released.labels.iter().flatten().filter_map(|label| ladder.read(*label)).collect();
//! assert_eq!((labels[0].code, labels[0].days), ("I10", Some((19_723, 19_753))));
//! assert_eq!((labels[1].code, labels[1].days), ("E11", Some((19_723, 19_753))), "two have E11.0 and two E11.9");
//! assert_eq!((released.account.whole, released.account.rolled_up, released.account.suppressed), (4, 4, 0));
//! # Ok::<(), kiban_anon::Error>(())
//! ```

use serde::{Deserialize, Serialize};

pub use crate::date::DateUnit;
pub use account::LifeAccount;
pub use attack::{CodesAbove, Doubt, LifeAdversary, ReleasedLives, Success, TrueLives, attack};
pub use check::{LifeCheck, Witness, check_lives};
pub use choose::{LadderTrial, choose_rungs};
pub use class::LifeClass;
pub use confidence::{ConfidenceCheck, check_confidence};
pub use dates::LifeDates;
pub use ladder::{Ladder, LifeCodes, LifeLabel, Rung};
pub use lives::Lives;
pub use protect::{Protected, check_class, check_class_confidence, protect};
pub use suspects::Suspects;

mod account;
mod attack;
mod check;
mod choose;
mod class;
mod confidence;
mod core;
mod dates;
mod ladder;
mod lives;
mod protect;
mod restrain;
mod suspects;

use crate::error::{Error, Result};

/// What must hold of every life: any `known` facts of a person are shared by `k` persons of their class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LifeAnonymity {
    /// How many persons must share what is known.
    pub k: u32,
    /// How many events may be known, m.
    pub known: u32,
    /// Up to how many events with the same facts are told apart.
    pub counted: u32,
    /// Among those who share what is known, the greatest share who may be told to have a fact of any one sensitive group
    /// ([`Ladder::with_sensitive`]); 1 bounds nothing.
    pub confidence: f64,
}

impl LifeAnonymity {
    /// Takes k and m; an adversary who knows m events knows of at most m with the same facts.
    pub fn new(k: u32, known: u32) -> Self {
        Self { k, known, counted: known, confidence: 1.0 }
    }

    /// Tells whether so many of those who share what is known may have a sensitive fact.
    fn allows(&self, sure: usize, persons: usize) -> bool {
        sure as f64 <= self.confidence * persons as f64 + 1e-9
    }

    pub(crate) fn validate(&self) -> Result<()> {
        let why = match self {
            Self { k: 0, .. } => "k must be at least 1",
            Self { known: 0, .. } => "at least one event may be known: demographics alone need no model of lives",
            Self { known: 5.., .. } => "at most 4 known events can be checked",
            Self { counted: 0, .. } => "at least one event with the same facts is counted",
            Self { confidence, .. } if !(*confidence > 0.0 && *confidence <= 1.0) => {
                "the confidence is a share above 0, at most 1"
            }
            _ => return Ok(()),
        };
        Err(Error::BadParameter { what: "life anonymity".to_owned(), why })
    }
}
