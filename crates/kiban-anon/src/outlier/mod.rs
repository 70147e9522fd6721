//! Peculiar descriptions 特異な記述等, found by the data: who stands out, why, and what to do about it.
//!
//! Finders return persons, reasons and counts, never a value. Free text is no matter of theirs: it stays out of a release
//! unless it was redacted and reviewed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use birth::{Newborns, is_multiple_birth_code, multiple_births};
pub use course::{CourseStudy, RareCourses, rare_pairs, rare_sequences};
pub use facility::{Facilities, lone_facilities, rare_facility_sets};
pub use value::{Extremes, aged};

mod birth;
mod course;
mod facility;
mod value;

/// Why somebody stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// A value far from others of its code and unit.
    ExtremeValue,
    /// More visits than almost anyone.
    ManyVisits,
    /// A longer stay than almost anyone's.
    LongStay,
    /// More drugs than almost anyone.
    ManyDrugs,
    /// An age at which few are alive.
    OldAge,
    /// Two codes, each common, that few have both.
    RarePair,
    /// Codes, each common, that came to few in this order.
    RareSequence,
    /// Twins and more 多胎.
    MultipleBirth,
    /// A facility that is the only one of its kind in its region.
    LoneFacility,
    /// A set of facilities that few have been to.
    RareFacilitySet,
}

/// What to do about a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Release extremes as the threshold they pass トップコーディング.
    TopCode,
    /// Release a wider group 一般化.
    RollUp,
    /// Do not release it 削除.
    Suppress,
    /// Let the officer decide 個別の確認.
    Review,
}

impl Reason {
    /// All reasons in order.
    pub const ALL: [Self; 10] = [
        Self::ExtremeValue,
        Self::ManyVisits,
        Self::LongStay,
        Self::ManyDrugs,
        Self::OldAge,
        Self::RarePair,
        Self::RareSequence,
        Self::MultipleBirth,
        Self::LoneFacility,
        Self::RareFacilitySet,
    ];

    /// Returns the name that reports, pages and files know the reason by; it never changes.
    pub const fn id(self) -> &'static str {
        match self {
            Self::ExtremeValue => "extreme_value",
            Self::ManyVisits => "many_visits",
            Self::LongStay => "long_stay",
            Self::ManyDrugs => "many_drugs",
            Self::OldAge => "old_age",
            Self::RarePair => "rare_pair",
            Self::RareSequence => "rare_sequence",
            Self::MultipleBirth => "multiple_birth",
            Self::LoneFacility => "lone_facility",
            Self::RareFacilitySet => "rare_facility_set",
        }
    }

    /// Returns what is usually right to do.
    pub const fn advice(self) -> Advice {
        match self {
            Self::ExtremeValue | Self::ManyVisits | Self::LongStay | Self::ManyDrugs | Self::OldAge => Advice::TopCode,
            Self::LoneFacility | Self::RareFacilitySet => Advice::RollUp,
            Self::MultipleBirth => Advice::Suppress,
            Self::RarePair | Self::RareSequence => Advice::Review,
        }
    }
}

/// One person standing out for one reason. It says what must be removed, so it is regulated data and stays in the house.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peculiarity {
    /// Who.
    pub person: i64,
    /// Why.
    pub reason: Reason,
    /// What it is about, in the caller's own numbering: codes, facilities; empty where the reason says all.
    pub about: Vec<u32>,
    /// How many persons share it or lie as far out, this one included.
    pub shared_by: u32,
}

/// How often a reason was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ReasonSummary {
    /// The reason.
    pub reason: Reason,
    /// What to do about it.
    pub advice: Advice,
    /// Peculiarities found.
    pub found: u64,
    /// Distinct persons among them.
    pub persons: u64,
}

/// Joins what all finders found: one line per reason that occurs, in the reasons' order.
pub fn summarise<'a>(found: impl IntoIterator<Item = &'a Peculiarity>) -> Vec<ReasonSummary> {
    let mut pairs: Vec<(Reason, i64)> = found.into_iter().map(|p| (p.reason, p.person)).collect();
    pairs.sort_unstable();
    let line = |same: &[(Reason, i64)]| {
        let (reason, _) = *same.first()?;
        let persons = same.chunk_by(|a, b| a.1 == b.1).count() as u64;
        Some(ReasonSummary { reason, advice: reason.advice(), found: same.len() as u64, persons })
    };
    pairs.chunk_by(|a, b| a.0 == b.0).filter_map(line).collect()
}

/// Returns the persons per reason under the reasons' ids: the counts of a [`Measure`](crate::ordinance::Measure) for items 4 and 5.
pub fn reason_counts(summary: &[ReasonSummary]) -> BTreeMap<String, u64> {
    summary.iter().map(|line| (line.reason.id().to_owned(), line.persons)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_by_persons_and_by_findings() {
        let name = |person, reason| Peculiarity { person, reason, about: Vec::new(), shared_by: 1 };
        let found =
            [name(4, Reason::OldAge), name(1, Reason::RarePair), name(1, Reason::RarePair), name(2, Reason::RarePair)];
        let summary = summarise(&found);
        let line = |reason: Reason, found, persons| ReasonSummary { reason, advice: reason.advice(), found, persons };
        assert_eq!(summary, [line(Reason::OldAge, 1, 1), line(Reason::RarePair, 3, 2)]);
        let counts = [("old_age".to_owned(), 1), ("rare_pair".to_owned(), 2)];
        assert_eq!(reason_counts(&summary), BTreeMap::from(counts));
    }

    #[test]
    fn a_reason_is_written_as_its_id() {
        for reason in Reason::ALL {
            let written = toml::Value::try_from(reason).unwrap();
            assert_eq!(written.as_str(), Some(reason.id()));
        }
        assert!(Reason::ALL.is_sorted_by(|a, b| a < b));
    }
}
