//! Days as hospitals write them.

use jiff::{ToSpan, civil::Date};

/// Returns the day `days` later, or the last day there is.
pub(crate) fn plus(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

/// Returns the days from one day to another.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    (to - from).get_days().into()
}

/// Returns the whole years lived on a day.
pub(crate) fn age_on(birth: Date, day: Date) -> i32 {
    let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
    i32::from(day.year()) - i32::from(birth.year()) - i32::from(!had_birthday)
}

/// Returns the birthday on which a person reaches an age; 29 February becomes 1 March.
pub(crate) fn birthday(birth: Date, age: i16) -> Date {
    let year = birth.year().saturating_add(age);
    Date::new(year, birth.month(), birth.day()).or_else(|_| Date::new(year, 3, 1)).unwrap_or(birth)
}

/// Returns `YYYYMMDD`.
pub(crate) fn compact(day: Date) -> String {
    format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())
}

/// Returns a day in the old claim form `GYYMMDD` (formats.md §1: 3 昭和, 4 平成, 5 令和).
pub(crate) fn era(day: Date) -> String {
    let (code, base) = match (day.year(), day.month(), day.day()) {
        from if from >= (2019, 5, 1) => (5, 2018),
        from if from >= (1989, 1, 8) => (4, 1988),
        from if from >= (1926, 12, 25) => (3, 1925),
        from if from >= (1912, 7, 30) => (2, 1911),
        _ => (1, 1867),
    };
    format!("{code}{:02}{:02}{:02}", day.year() - base, day.month(), day.day())
}

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Month {
    pub(crate) year: i16,
    pub(crate) month: i8,
}

impl Month {
    /// Returns the month a day lies in.
    pub(crate) fn of(day: Date) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// Returns the month after this one.
    pub(crate) fn next(self) -> Self {
        if self.month == 12 { Self { year: self.year + 1, month: 1 } } else { Self { month: self.month + 1, ..self } }
    }

    /// Returns its first day.
    pub(crate) fn first_day(self) -> Date {
        Date::new(self.year, self.month, 1).unwrap_or(Date::MIN)
    }

    /// Returns `YYYYMM`.
    pub(crate) fn compact(self) -> String {
        format!("{:04}{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn eras_change_on_their_days() {
        assert_eq!(era(date(2019, 4, 30)), "4310430");
        assert_eq!(era(date(2019, 5, 1)), "5010501");
        assert_eq!(era(date(1989, 1, 7)), "3640107");
        assert_eq!(era(date(1926, 12, 24)), "2151224");
    }

    #[test]
    fn a_leap_day_birthday_falls_on_march_in_common_years() {
        assert_eq!(birthday(date(2008, 2, 29), 16), date(2024, 2, 29));
        assert_eq!(birthday(date(2008, 2, 29), 15), date(2023, 3, 1));
        assert_eq!(age_on(date(2008, 2, 29), date(2023, 2, 28)), 14);
        assert_eq!(days_between(date(2024, 2, 28), date(2024, 3, 1)), 2);
    }
}
