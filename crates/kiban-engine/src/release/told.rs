//! What a released date stands for: what every reader of a package has to know of it, and nobody who attacks it need guess.

use kiban_anon::{DateRule, DateUnit, Grain};
use serde::{Deserialize, Serialize};

/// What the dates of a package stand for.
///
/// By how much days were moved is not said: that is part of how the release was processed (Article 30 of the Act).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ToldDates {
    /// For the unit of the calendar that the row's `date_unit` names.
    ByRow,
    /// For a unit of the calendar.
    Calendar {
        /// The unit.
        unit: DateUnit,
    },
    /// For a unit of the calendar, after all days of a person were moved alike.
    Shifted {
        /// The unit.
        unit: DateUnit,
    },
    /// For the time since the person's first day, which is put on the first day of the window.
    Relative {
        /// What that time is precise to.
        unit: DateUnit,
    },
    /// For a day after as many steps as the person's gaps have been bent to.
    Gaps,
}

impl ToldDates {
    /// Returns what dates stand for that follow a rule; without one every row says so itself.
    pub fn of(rule: Option<DateRule>) -> Self {
        match rule {
            None => Self::ByRow,
            Some(DateRule::Calendar { unit }) => Self::Calendar { unit },
            Some(DateRule::Shift { then: unit, .. }) => Self::Shifted { unit },
            Some(DateRule::Relative { unit }) => Self::Relative { unit },
            Some(DateRule::Gaps { .. }) => Self::Gaps,
        }
    }

    /// Returns the unit that a reader has to know, where it is coarser than the day.
    pub fn unit(self) -> Option<DateUnit> {
        match self {
            Self::Calendar { unit } | Self::Shifted { unit } | Self::Relative { unit } => Some(unit),
            Self::ByRow | Self::Gaps => None,
        }
        .filter(|unit| *unit != DateUnit::Day)
    }

    /// Returns how moved days were made coarse; none where rows say so themselves, or days were bent one by one.
    pub fn grain(self) -> Option<Grain> {
        match self {
            Self::Calendar { unit } | Self::Shifted { unit } => Some(Grain::Unit(unit)),
            Self::Relative { unit } => Some(Grain::Days(unit.length())),
            Self::ByRow | Self::Gaps => None,
        }
    }

    /// Returns by how many days somebody who knows no more than this has to reckon that dates were moved; none where it is
    /// not told and the usual has to be assumed.
    pub fn largest_move(self) -> Option<i32> {
        match self {
            Self::ByRow | Self::Calendar { .. } => Some(0),
            Self::Shifted { .. } => None,
            Self::Relative { .. } | Self::Gaps => Some(ANY_MOVE),
        }
    }
}

/// A move that reaches every day, for days that are counted from a day nobody knows.
pub(crate) const ANY_MOVE: i32 = 100_000;

#[cfg(test)]
mod tests {
    use super::*;
    use kiban_anon::Step;

    #[test]
    fn a_package_says_what_its_dates_stand_for_and_not_how_far_they_were_moved() -> serde_json::Result<()> {
        let shift = ToldDates::of(Some(DateRule::Shift { days: 182, step: Step::Day, then: DateUnit::Week }));
        assert_eq!(serde_json::to_string(&shift)?, r#"{"shifted":{"unit":"week"}}"#);
        assert_eq!((shift.grain(), shift.largest_move()), (Some(Grain::Unit(DateUnit::Week)), None));
        assert_eq!(serde_json::to_string(&ToldDates::of(None))?, r#""by_row""#);
        let months = ToldDates::of(Some(DateRule::Relative { unit: DateUnit::Month }));
        assert_eq!(months.grain(), Some(Grain::Days(30)));
        Ok(())
    }
}
