//! Dates: a secret shift per person that keeps every interval, cut at the window that all persons share.

use arrow_array::{BooleanArray, Date32Array, Int32Array, Int64Array};
use jiff::civil;
use kiban_core::keyed_u64;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::calendar::days_since_epoch;
use crate::error::{Error, Result};

/// The grid on which shifts lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Any number of days: weekdays are lost, which hides the calendar best.
    #[default]
    Day,
    /// Whole weeks: weekdays stay, which research on care by weekday needs and which helps an attacker.
    Week,
}

impl Step {
    const fn days(self) -> i32 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
        }
    }
}

/// A shift of all dates of a person by the same secret number of days.
///
/// The number follows from the release's key and the person alone, is uniform over −N…N (0 as likely as any other), and
/// differs from release to release. The key is destroyed with the release's record of it (design invariant 8).
#[derive(Clone)]
pub struct DateShift {
    key: [u8; 32],
    most: i32,
    step: Step,
}

impl DateShift {
    /// Takes the release's key and the largest shift in days.
    ///
    /// # Errors
    /// A largest shift of less than one step.
    pub fn new(key: [u8; 32], most_days: u16, step: Step) -> Result<Self> {
        let most = i32::from(most_days) / step.days();
        if most == 0 {
            return Err(Error::BadParameter {
                what: "date shift".to_owned(),
                why: "the largest shift is below one step",
            });
        }
        Ok(Self { key, most, step })
    }

    /// Returns the shift of one person in days.
    pub fn offset(&self, person: i64) -> i32 {
        let span = u128::from(self.most.unsigned_abs()) * 2 + 1;
        let draw = u128::from(keyed_u64(&self.key, &[b"date shift", &person.to_be_bytes()]));
        // The high half of the product is uniform over 0..span, up to one part in 2^50.
        let steps = i32::try_from((draw * span) >> 64).unwrap_or(0) - self.most;
        steps * self.step.days()
    }

    /// Returns the shift of the person of each row.
    pub fn offsets(&self, persons: &Int64Array) -> Int32Array {
        let mut known: FxHashMap<i64, i32> = FxHashMap::default();
        persons.iter().map(|p| p.map(|p| *known.entry(p).or_insert_with(|| self.offset(p)))).collect()
    }

    /// Returns the largest shift in days.
    pub fn most_days(&self) -> i32 {
        self.most * self.step.days()
    }
}

impl std::fmt::Debug for DateShift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DateShift(…)")
    }
}

/// Moves each date by its row's shift; a missing date or shift gives a missing date.
///
/// # Errors
/// Columns of different length.
pub fn shift(dates: &Date32Array, offsets: &Int32Array) -> Result<Date32Array> {
    if dates.len() != offsets.len() {
        return Err(Error::Lengths { what: "shifts", found: offsets.len(), expected: dates.len() });
    }
    Ok(dates.iter().zip(offsets).map(|(date, offset)| date?.checked_add(offset?)).collect())
}

/// The days of a study, first and last included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    first: i32,
    last: i32,
}

impl Window {
    /// Takes the first and last day.
    ///
    /// # Errors
    /// A last day before the first.
    pub fn new(first: civil::Date, last: civil::Date) -> Result<Self> {
        Self::of_days(days_since_epoch(first), days_since_epoch(last))
    }

    pub(super) fn of_days(first: i32, last: i32) -> Result<Self> {
        let why = "the last day lies before the first";
        if last < first {
            Err(Error::BadParameter { what: "window".to_owned(), why })
        } else {
            Ok(Self { first, last })
        }
    }

    /// Returns the part of the window that is observed for everyone whatever their shift: *shift and truncate*.
    ///
    /// Outside it the edge of a person's record would tell the shift (Hripcsak 2016, doi 10.1093/jamia/ocw001).
    ///
    /// # Errors
    /// A window not longer than twice the largest shift.
    pub fn shared(self, by: &DateShift) -> Result<Self> {
        let most = by.most_days();
        Self::of_days(self.first.saturating_add(most), self.last.saturating_sub(most))
    }

    /// Returns the days since 1970-01-01 of the first and last day.
    pub fn days(self) -> (i32, i32) {
        (self.first, self.last)
    }

    /// Tells per row whether the date lies inside; a missing date does not.
    pub fn holds(self, dates: &Date32Array) -> BooleanArray {
        dates.iter().map(|d| Some(d.is_some_and(|d| (self.first..=self.last).contains(&d)))).collect()
    }

    /// Removes the dates of events outside the window.
    pub fn truncate(self, dates: &Date32Array) -> Date32Array {
        dates.iter().map(|d| d.filter(|d| (self.first..=self.last).contains(d))).collect()
    }

    /// Cuts periods at the window's ends; one that lies outside loses both dates, an open end stays open.
    ///
    /// # Errors
    /// Columns of different length.
    pub fn clip(self, starts: &Date32Array, ends: &Date32Array) -> Result<(Date32Array, Date32Array)> {
        if starts.len() != ends.len() {
            return Err(Error::Lengths { what: "ends of periods", found: ends.len(), expected: starts.len() });
        }
        let clip = |(start, end): (Option<i32>, Option<i32>)| {
            let outside = start.is_none_or(|s| s > self.last) || end.is_some_and(|e| e < self.first);
            if outside { (None, None) } else { (start.map(|s| s.max(self.first)), end.map(|e| e.min(self.last))) }
        };
        let (starts, ends): (Vec<_>, Vec<_>) = starts.iter().zip(ends).map(clip).unzip();
        Ok((starts.into(), ends.into()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shifter(seed: u8, most: u16, step: Step) -> DateShift {
        DateShift::new([seed; 32], most, step).unwrap()
    }

    proptest! {
        #[test]
        fn every_interval_of_a_person_is_kept(person: i64, days in proptest::collection::vec(0_i32..20_000, 2..20), week: bool) {
            let by = shifter(7, 180, if week { Step::Week } else { Step::Day });
            let dates = Date32Array::from(days.clone());
            let moved = shift(&dates, &by.offsets(&Int64Array::from(vec![person; days.len()]))).unwrap();
            for (pair, was) in moved.values().windows(2).zip(days.windows(2)) {
                prop_assert_eq!(pair[1] - pair[0], was[1] - was[0]);
            }
            prop_assert!((moved.value(0) - days[0]).abs() <= 180);
            prop_assert!(!week || (moved.value(0) - days[0]) % 7 == 0);
        }

        #[test]
        fn nothing_is_released_outside_the_shared_window(
            rows in proptest::collection::vec((any::<i64>(), 9_000_i32..11_000, 0_i32..500), 1..50),
        ) {
            let by = shifter(3, 100, Step::Day);
            let window = Window::of_days(9_500, 10_500).unwrap().shared(&by).unwrap();
            let (first, last) = window.days();
            let persons = Int64Array::from_iter_values(rows.iter().map(|r| r.0));
            let offsets = by.offsets(&persons);
            let moved = shift(&Date32Array::from_iter_values(rows.iter().map(|r| r.1)), &offsets).unwrap();
            let ends = shift(&Date32Array::from_iter_values(rows.iter().map(|r| r.1 + r.2)), &offsets).unwrap();
            let (starts, stops) = window.clip(&moved, &ends).unwrap();
            for dates in [window.truncate(&moved), starts, stops] {
                prop_assert!(dates.iter().flatten().all(|d| (first..=last).contains(&d)));
            }
            let inside = window.holds(&moved);
            prop_assert_eq!(inside.true_count(), window.truncate(&moved).iter().flatten().count());
        }
    }

    #[test]
    fn shifts_are_uniform_and_another_key_gives_others() {
        let (a, b) = (shifter(1, 3, Step::Day), shifter(2, 3, Step::Day));
        let mut seen = [0_u32; 7];
        let mut same = 0;
        for person in 0..3_500 {
            seen[usize::try_from(a.offset(person) + 3).unwrap()] += 1;
            same += i32::from(a.offset(person) == b.offset(person));
        }
        assert!(seen.iter().all(|n| (400..600).contains(n)), "{seen:?}");
        assert!((400..600).contains(&same), "equal only by chance: {same}");
    }

    #[test]
    fn open_periods_stay_open_and_foreign_ones_vanish() {
        let window = Window::of_days(10, 20).unwrap();
        let starts = Date32Array::from(vec![Some(5), Some(15), Some(25), None]);
        let ends = Date32Array::from(vec![Some(12), None, Some(30), Some(15)]);
        let (s, e) = window.clip(&starts, &ends).unwrap();
        assert_eq!(s, Date32Array::from(vec![Some(10), Some(15), None, None]));
        assert_eq!(e, Date32Array::from(vec![Some(12), None, None, None]));
        assert!(window.shared(&shifter(1, 9, Step::Day)).is_err());
        assert!(DateShift::new([0; 32], 6, Step::Week).is_err());
        assert_eq!(format!("{:?}", shifter(1, 9, Step::Day)), "DateShift(…)");
    }
}
