//! Proof that a release's dates are in order; nothing of it is shared with the code that made them.

use arrow_array::{Date32Array, Int64Array};
use serde::Serialize;

use super::shift::Window;
use crate::error::{Error, Result};

/// A column of dates as it was and as it is released, with the person of each row.
#[derive(Debug, Clone, Copy)]
pub struct Dated<'a> {
    /// Whose date it is.
    pub persons: &'a Int64Array,
    /// As it was.
    pub original: &'a Date32Array,
    /// As it is released; missing where it is not.
    pub released: &'a Date32Array,
}

/// What is wrong with the order of released dates; all but `rows` and `unreleased` must be 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct OrderCheck {
    /// Dates looked at.
    pub rows: u64,
    /// Of them, not released.
    pub unreleased: u64,
    /// Days of a person released before a day of theirs that was earlier, in whatever table.
    pub overtaken: u64,
    /// Days of a person that became several days.
    pub parted: u64,
    /// Dates released outside the window.
    pub outside: u64,
}

impl OrderCheck {
    /// Says whether order, days and window are kept.
    pub fn holds(&self) -> bool {
        self.overtaken == 0 && self.parted == 0 && self.outside == 0
    }
}

impl<'a> Dated<'a> {
    fn checked(self) -> Result<Self> {
        let expected = self.persons.len();
        match [self.original.len(), self.released.len()].into_iter().find(|n| *n != expected) {
            Some(found) => Err(Error::Lengths { what: "released dates", found, expected }),
            None => Ok(self),
        }
    }

    /// Iterates over person, day and released day; rows without a person or an original date say nothing.
    pub(super) fn rows(self) -> Result<impl Iterator<Item = (i64, i32, Option<i32>)> + 'a> {
        let Self { persons, original, released } = self.checked()?;
        Ok(persons.iter().zip(original).zip(released).filter_map(|((p, was), is)| Some((p?, was?, is))))
    }

    /// Returns the released rows sorted by person, day and released day.
    pub(super) fn sorted(self) -> Result<Vec<(i64, i32, i32)>> {
        let mut rows: Vec<_> = self.rows()?.filter_map(|(person, was, is)| Some((person, was, is?))).collect();
        rows.sort_unstable();
        Ok(rows)
    }
}

/// Checks all dates of a release together: every table, start and end columns alike, in any order of rows.
///
/// # Errors
/// Columns of different length.
pub fn check_order(tables: &[Dated<'_>], window: Window) -> Result<OrderCheck> {
    let mut check = OrderCheck::default();
    let mut rows = Vec::new();
    let (first, last) = window.days();
    for table in tables {
        for (person, was, is) in table.rows()? {
            check.rows += 1;
            match is {
                Some(is) => rows.push((person, was, is)),
                None => check.unreleased += 1,
            }
        }
    }
    rows.sort_unstable();
    check.outside = rows.iter().filter(|row| row.2 < first || row.2 > last).count() as u64;
    for days in rows.chunk_by(|a, b| a.0 == b.0) {
        let mut latest = i32::MIN;
        for day in days.chunk_by(|a, b| a.1 == b.1) {
            // Sorted by released day within the day: the first is the earliest, the last the latest.
            let (Some(earliest), Some(end)) = (day.first(), day.last()) else { continue };
            check.overtaken += u64::from(earliest.2 < latest);
            check.parted += u64::from(earliest.2 != end.2);
            latest = latest.max(end.2);
        }
    }
    Ok(check)
}

/// Counts the rows whose later date comes before the earlier one: periods, births and first events, last events and deaths.
///
/// # Errors
/// Columns of different length.
pub fn count_reversed(earlier: &Date32Array, later: &Date32Array) -> Result<u64> {
    if earlier.len() != later.len() {
        return Err(Error::Lengths { what: "later dates", found: later.len(), expected: earlier.len() });
    }
    Ok(earlier.iter().zip(later).filter(|(a, b)| a.zip(*b).is_some_and(|(a, b)| b < a)).count() as u64)
}

/// What a date rule costs research: how far intervals are from what they were.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct DateLoss {
    /// Days of persons, each counted once.
    pub days: u64,
    /// Of them, not released.
    pub unreleased: u64,
    /// Mean error, in days, of the gap between a person's consecutive released days.
    pub gap_error: f64,
    /// Those errors as a share of the gaps' sum.
    pub gap_error_share: f64,
    /// Mean error, in days, of the time since the person's first released day.
    pub elapsed_error: f64,
    /// Those errors as a share of the times' sum.
    pub elapsed_error_share: f64,
}

/// Measures what a date rule costs, from the dates before and after.
///
/// # Errors
/// Columns of different length.
pub fn date_loss(dates: Dated<'_>) -> Result<DateLoss> {
    let mut all: Vec<(i64, i32, bool)> = dates.rows()?.map(|(person, was, is)| (person, was, is.is_some())).collect();
    all.sort_unstable();
    all.dedup();
    let mut rows = dates.sorted()?;
    rows.dedup();
    let unreleased = all.iter().filter(|day| !day.2).count() as u64;
    let (mut gaps, mut elapsed) = (Sum::default(), Sum::default());
    for person in rows.chunk_by(|a, b| a.0 == b.0) {
        for pair in person.windows(2) {
            let ([a, b], Some(first)) = (pair, person.first()) else { continue };
            gaps.add(b.1 - a.1, b.2 - a.2);
            elapsed.add(b.1 - first.1, b.2 - first.2);
        }
    }
    Ok(DateLoss {
        days: all.len() as u64,
        unreleased,
        gap_error: gaps.error(gaps.count),
        gap_error_share: gaps.error(gaps.days),
        elapsed_error: elapsed.error(elapsed.count),
        elapsed_error_share: elapsed.error(elapsed.days),
    })
}

#[derive(Default)]
struct Sum {
    count: u64,
    days: u64,
    errors: u64,
}

impl Sum {
    fn add(&mut self, was: i32, is: i32) {
        self.count += 1;
        self.days += u64::from(was.unsigned_abs());
        self.errors += u64::from(was.abs_diff(is));
    }

    fn error(&self, of: u64) -> f64 {
        if of == 0 { 0.0 } else { self.errors as f64 / of as f64 }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use jiff::civil;

    use super::*;

    fn check(rows: &[(i64, i32, Option<i32>)]) -> OrderCheck {
        let persons = Int64Array::from_iter_values(rows.iter().map(|r| r.0));
        let original = Date32Array::from_iter_values(rows.iter().map(|r| r.1));
        let released = Date32Array::from_iter(rows.iter().map(|r| r.2));
        let window = Window::new(civil::date(1970, 1, 1), civil::date(1970, 4, 1)).unwrap();
        // Two tables, as the rows of a release come.
        let half = rows.len() / 2;
        let tables = [(0, half), (half, rows.len() - half)]
            .map(|(at, n)| (persons.slice(at, n), original.slice(at, n), released.slice(at, n)));
        let dated: Vec<_> =
            tables.iter().map(|(persons, original, released)| Dated { persons, original, released }).collect();
        check_order(&dated, window).unwrap()
    }

    #[test]
    fn broken_dates_are_found() {
        let good = [(1, 10, Some(0)), (2, 10, Some(50)), (1, 12, Some(0)), (1, 10, Some(0)), (1, 40, None)];
        assert_eq!(check(&good), OrderCheck { rows: 5, unreleased: 1, ..OrderCheck::default() });
        assert!(check(&good).holds());
        let overtaken = check(&[(1, 10, Some(5)), (2, 1, Some(9)), (1, 12, Some(4))]);
        assert_eq!((overtaken.overtaken, overtaken.holds()), (1, false));
        let parted = check(&[(1, 10, Some(5)), (1, 10, Some(6))]);
        assert_eq!((parted.parted, parted.holds()), (1, false));
        let outside = check(&[(1, 10, Some(-1)), (1, 11, Some(91))]);
        assert_eq!((outside.outside, outside.holds()), (2, false));
    }

    #[test]
    fn a_period_that_ends_before_it_begins_is_counted() {
        let starts = Date32Array::from(vec![Some(1), Some(5), None, Some(9)]);
        let ends = Date32Array::from(vec![Some(1), Some(4), Some(0), None]);
        assert_eq!(count_reversed(&starts, &ends).unwrap(), 1);
        assert!(count_reversed(&starts, &ends.slice(0, 2)).is_err());
    }

    #[test]
    fn loss_is_the_error_of_intervals() {
        let persons = Int64Array::from(vec![1, 1, 1, 1, 2]);
        let original = Date32Array::from(vec![100, 110, 110, 130, 7]);
        let released = Date32Array::from(vec![Some(0), Some(14), Some(14), Some(30), None]);
        let loss = date_loss(Dated { persons: &persons, original: &original, released: &released }).unwrap();
        // Gaps 10 and 20 became 14 and 16; times 10 and 30 became 14 and 30.
        let expected = DateLoss {
            days: 4,
            unreleased: 1,
            gap_error: 4.0,
            gap_error_share: 8.0 / 30.0,
            elapsed_error: 2.0,
            elapsed_error_share: 4.0 / 40.0,
        };
        assert_eq!(loss, expected);
    }
}
