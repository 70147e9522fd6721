//! The calendar: civil days, and the units to which dates are made coarse.

use arrow_array::{Date32Array, Int32Array};
use jiff::civil;
use serde::{Deserialize, Serialize};

/// What a released date is precise to; a date is released as the first day of its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateUnit {
    /// The day itself.
    Day,
    /// The week, from Monday.
    Week,
    /// The month, in which claims レセプト are made.
    Month,
    /// The quarter, which still tells the season.
    Quarter,
    /// The half year, from January and July.
    HalfYear,
    /// The calendar year.
    Year,
    /// The fiscal year 年度, from 1 April.
    FiscalYear,
    /// The whole window: nothing of the calendar is told.
    Window,
}

impl DateUnit {
    /// All units, the finest first.
    pub const ALL: [Self; 8] =
        [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::HalfYear, Self::Year, Self::FiscalYear, Self::Window];

    /// Returns the word by which specifications and released files name the unit.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::HalfYear => "half_year",
            Self::Year => "year",
            Self::FiscalYear => "fiscal_year",
            Self::Window => "window",
        }
    }

    /// Returns the first day of the unit in which a day lies; of [`DateUnit::Window`] that is the window's first day.
    pub fn first_day(self, day: i32, window: i32) -> i32 {
        let (year, month, _) = civil_from_days(day);
        match self {
            Self::Day => day,
            // 1970-01-01 was a Thursday, three days after a Monday.
            Self::Week => day - weekday(day),
            Self::Month => first_of_month(day),
            Self::Quarter => days_from_civil(year, (month - 1) / 3 * 3 + 1, 1),
            Self::HalfYear => days_from_civil(year, (month - 1) / 6 * 6 + 1, 1),
            Self::Year => days_from_civil(year, 1, 1),
            Self::FiscalYear => days_from_civil(year - i32::from(month < 4), 4, 1),
            Self::Window => window,
        }
    }

    /// Returns the unit's length in days where days are counted from an event, not in the calendar.
    pub const fn length(self) -> i32 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 91,
            Self::HalfYear => 182,
            Self::Year | Self::FiscalYear => 365,
            Self::Window => i32::MAX,
        }
    }
}

/// Returns the year of each date: how a date of birth is released at most (ordinance item 1).
pub fn years(dates: &Date32Array) -> Int32Array {
    dates.iter().map(|d| d.map(|d| year_and_month(d).0)).collect()
}

/// Returns the first day of each date's month: how a date of death may be released without a shift.
pub fn months(dates: &Date32Array) -> Date32Array {
    dates.iter().map(|d| d.map(first_of_month)).collect()
}

pub(crate) fn days_since_epoch(date: civil::Date) -> i32 {
    let epoch = civil::date(1970, 1, 1);
    date.duration_since(epoch).as_hours().checked_div(24).and_then(|d| i32::try_from(d).ok()).unwrap_or(0)
}

/// Returns the day of the week, 0 for Monday.
pub(crate) fn weekday(day: i32) -> i32 {
    (day + 3).rem_euclid(7)
}

fn first_of_month(day: i32) -> i32 {
    day - (civil_from_days(day).2 - 1)
}

pub(crate) fn year_and_month(day: i32) -> (i32, i32) {
    let (year, month, _) = civil_from_days(day);
    (year, month)
}

/// Turns days since 1970-01-01 into year, month and day of the proleptic Gregorian calendar, by whole 400-year eras.
pub(crate) fn civil_from_days(day: i32) -> (i32, i32, i32) {
    let shifted = i64::from(day) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let narrow = |n: i64| i32::try_from(n).unwrap_or(0);
    (narrow(year), narrow(month), narrow(day_of_month))
}

/// Turns a date of the proleptic Gregorian calendar into days since 1970-01-01: the inverse of [`civil_from_days`].
pub(crate) fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * i64::from((month + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    i32::try_from(era * 146_097 + of_era - 719_468).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use jiff::ToSpan;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_calendar_agrees_with_jiff(day in -300_000_i32..300_000) {
            let date = civil::date(1970, 1, 1).checked_add(day.days()).unwrap();
            prop_assert_eq!(civil_from_days(day), (date.year().into(), date.month().into(), date.day().into()));
            prop_assert_eq!(days_since_epoch(date), day);
            prop_assert_eq!(days_from_civil(date.year().into(), date.month().into(), date.day().into()), day);
            prop_assert_eq!(weekday(day), i32::from(date.weekday().to_monday_zero_offset()));
            prop_assert_eq!(first_of_month(day), days_since_epoch(date.first_of_month()));
        }
    }

    #[test]
    fn births_become_years_and_deaths_months() {
        let day = |y, m, d| days_since_epoch(civil::date(y, m, d));
        let dates = Date32Array::from(vec![Some(day(1964, 2, 29)), None, Some(day(2024, 12, 31))]);
        assert_eq!(years(&dates), Int32Array::from(vec![Some(1964), None, Some(2024)]));
        assert_eq!(months(&dates), Date32Array::from(vec![Some(day(1964, 2, 1)), None, Some(day(2024, 12, 1))]));
    }

    #[test]
    fn a_unit_begins_where_people_say_it_does() {
        let check = |unit: DateUnit, (y, m, d), expect: (i16, i8, i8)| {
            let day = |(y, m, d)| days_since_epoch(civil::date(y, m, d));
            assert_eq!(unit.first_day(day((y, m, d)), day((2015, 4, 1))), day(expect), "{unit:?}");
        };
        check(DateUnit::Day, (2024, 2, 29), (2024, 2, 29));
        check(DateUnit::Week, (2024, 2, 29), (2024, 2, 26));
        check(DateUnit::Week, (2024, 2, 26), (2024, 2, 26));
        check(DateUnit::Month, (2024, 2, 29), (2024, 2, 1));
        check(DateUnit::Quarter, (2024, 12, 31), (2024, 10, 1));
        check(DateUnit::HalfYear, (2024, 6, 30), (2024, 1, 1));
        check(DateUnit::Year, (2024, 6, 30), (2024, 1, 1));
        check(DateUnit::FiscalYear, (2024, 3, 31), (2023, 4, 1));
        check(DateUnit::FiscalYear, (2024, 4, 1), (2024, 4, 1));
        check(DateUnit::Window, (2024, 4, 1), (2015, 4, 1));
    }
}
