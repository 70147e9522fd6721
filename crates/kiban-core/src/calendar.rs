//! Days and periods as Japanese law counts them (Civil Code Art. 138–143, Age Calculation Act).

use jiff::{Span, Timestamp, civil::Date, tz::Offset};

/// Japan's offset from UTC; there is no summer time.
const JAPAN: Offset = Offset::constant(9);

/// Returns the calendar day in Japan at an instant.
///
/// ```
/// let instant = "2024-03-31T15:00:00Z".parse()?;
/// assert_eq!(kiban_core::day_in_japan(instant).to_string(), "2024-04-01");
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn day_in_japan(instant: Timestamp) -> Date {
    JAPAN.to_datetime(instant).date()
}

/// Returns the instant at which a day begins in Japan, kept within what a [`Timestamp`] can hold.
///
/// ```
/// let day = jiff::civil::date(2024, 4, 1);
/// assert_eq!(kiban_core::start_of_day(day).to_string(), "2024-03-31T15:00:00Z");
/// ```
pub fn start_of_day(day: Date) -> Timestamp {
    let edge = if day.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    JAPAN.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).unwrap_or(edge)
}

/// Returns the first day after `days` whole days, the day of the event not counted (Civil Code Art. 140, 141).
///
/// `None` stands for a day after the end of the calendar.
pub(crate) fn after_days(event: Date, days: u16) -> Option<Date> {
    event.checked_add(Span::new().days(i32::from(days) + 1)).ok()
}

/// Returns the first day after `months` calendar months, the day of the event not counted (Civil Code Art. 140, 143).
///
/// The period starts on the day after the event and ends with the eve of the corresponding day, or, where the last
/// month has no such day, with that month. So 31 January + 1 month ends with 28 (29) February, and 28 February 2023
/// + 1 month ends with 31 March.
pub(crate) fn after_months(event: Date, months: u8) -> Option<Date> {
    corresponding_day(event.tomorrow().ok()?, i32::from(months))
}

/// Returns the day with whose beginning a person is `years` old (Age Calculation Act: the day of birth counts).
///
/// Somebody born on 29 February comes of an age on 1 March where the year has no 29 February.
pub(crate) fn birthday(born: Date, years: u8) -> Option<Date> {
    corresponding_day(born, i32::from(years) * 12)
}

/// Returns the day of the same number `months` later, or the first of the month after where there is none.
fn corresponding_day(start: Date, months: i32) -> Option<Date> {
    let target = i32::from(start.year()) * 12 + i32::from(start.month()) - 1 + months;
    in_month(target, start.day()).or_else(|| in_month(target + 1, 1))
}

/// Returns a day of a month counted from January of year 0.
fn in_month(month: i32, day: i8) -> Option<Date> {
    let year = i16::try_from(month.div_euclid(12)).ok()?;
    let month = i8::try_from(month.rem_euclid(12)).ok()? + 1;
    Date::new(year, month, day).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn thirty_days_run_from_the_day_after() {
        for (event, free) in [
            ("2024-01-01", "2024-02-01"),
            ("2023-01-31", "2023-03-03"),
            ("2024-01-31", "2024-03-02"),
            ("2023-12-15", "2024-01-15"),
        ] {
            assert_eq!(after_days(day(event), 30), Some(day(free)), "{event}");
        }
    }

    #[test]
    fn a_month_ends_with_the_eve_of_the_corresponding_day() {
        for (event, free) in [
            ("2024-01-01", "2024-02-02"),
            ("2023-01-27", "2023-02-28"),
            ("2023-01-28", "2023-03-01"),
            ("2024-01-28", "2024-02-29"),
            ("2023-01-29", "2023-03-01"),
            ("2023-01-30", "2023-03-01"),
            ("2023-01-31", "2023-03-01"),
            ("2024-01-31", "2024-03-01"),
            ("2023-02-28", "2023-04-01"),
            ("2024-02-28", "2024-03-29"),
            ("2023-03-31", "2023-05-01"),
            ("2023-04-30", "2023-06-01"),
            ("2023-12-31", "2024-02-01"),
        ] {
            assert_eq!(after_months(day(event), 1), Some(day(free)), "{event}");
        }
    }

    #[test]
    fn age_is_reached_with_the_beginning_of_the_birthday() {
        assert_eq!(birthday(day("2008-05-05"), 16), Some(day("2024-05-05")));
        assert_eq!(birthday(day("2008-02-29"), 16), Some(day("2024-02-29")));
        assert_eq!(birthday(day("2008-02-29"), 15), Some(day("2023-03-01")));
    }

    #[test]
    fn the_ends_of_the_calendar_do_no_harm() {
        assert_eq!(after_days(Date::MAX, 30), None);
        assert_eq!(after_months(Date::MAX, 1), None);
        assert_eq!(birthday(Date::MAX, 16), None);
        assert_eq!(start_of_day(Date::MIN), Timestamp::MIN);
        assert!(start_of_day(Date::MAX) <= Timestamp::MAX);
        assert_eq!(day_in_japan(Timestamp::MAX), Date::MAX);
        assert!(day_in_japan(Timestamp::MIN) >= Date::MIN);
    }

    #[test]
    fn months_grow_with_the_day() {
        let mut event = day("2023-01-01");
        while event < day("2025-01-01") {
            let next = event.tomorrow().unwrap();
            assert!(after_months(event, 1) <= after_months(next, 1), "{event}");
            event = next;
        }
    }
}
