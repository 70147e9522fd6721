//! Dates: Gregorian and Wareki, whole and partial, and the sentinels that stand for "open".

/// A calendar day as days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(pub(crate) i32);

/// An instant as microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(pub(crate) i64);

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Month {
    pub(crate) year: i32,
    pub(crate) month: u8,
}

impl Month {
    /// Returns a day of the month, where it has that day.
    #[inline]
    pub(crate) fn day(self, day: u8) -> Option<Day> {
        civil(self.year, self.month, day)
    }

    /// Returns the last day.
    pub(crate) fn last(self) -> Option<Day> {
        self.day(days_in_month(self.year, self.month))
    }

    /// Returns the month as `YYYYMM`.
    pub(crate) const fn number(self) -> i64 {
        self.year as i64 * 100 + self.month as i64
    }
}

/// What had to be done to understand a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repair {
    /// Nothing.
    None,
    /// Converted from Wareki.
    Wareki,
    /// Converted from a year or day past the era's end, such as 平成31年5月.
    EraOverrun,
    /// `00000000` or `99999999`: open, not a date.
    Sentinel,
    /// Not a date.
    Bad,
}

impl Repair {
    /// Returns the rule or finding code.
    pub(crate) const fn code(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Wareki => Some("R14"),
            Self::EraOverrun => Some("R15"),
            Self::Sentinel => Some("R16"),
            Self::Bad => Some("text.bad-date"),
        }
    }
}

/// A value as far as it was understood, and what that took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parsed<T> {
    pub(crate) value: Option<T>,
    pub(crate) repair: Repair,
}

impl<T> Parsed<T> {
    const fn no(repair: Repair) -> Self {
        Self { value: None, repair }
    }

    fn checked(value: Option<T>, repair: Repair) -> Self {
        let repair = if value.is_some() { repair } else { Repair::Bad };
        Self { value, repair }
    }
}

/// An era 元号.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Era {
    /// 明治
    Meiji,
    /// 大正
    Taisho,
    /// 昭和
    Showa,
    /// 平成
    Heisei,
    /// 令和
    Reiwa,
}

impl Era {
    /// Reads an era from its digit.
    const fn of(mark: u8) -> Option<Self> {
        match mark {
            b'1' => Some(Self::Meiji),
            b'2' => Some(Self::Taisho),
            b'3' => Some(Self::Showa),
            b'4' => Some(Self::Heisei),
            b'5' => Some(Self::Reiwa),
            _ => None,
        }
    }

    /// Returns the Gregorian year before the era's first.
    const fn base(self) -> i32 {
        match self {
            Self::Meiji => 1867,
            Self::Taisho => 1911,
            Self::Showa => 1925,
            Self::Heisei => 1988,
            Self::Reiwa => 2018,
        }
    }

    /// Returns the last day of the era as year, month, day.
    const fn end(self) -> (i32, u8, u8) {
        match self {
            Self::Meiji => (1912, 7, 29),
            Self::Taisho => (1926, 12, 24),
            Self::Showa => (1989, 1, 7),
            Self::Heisei => (2019, 4, 30),
            Self::Reiwa => (9999, 12, 31),
        }
    }

    fn repair(self, year: i32, month: u8, day: u8) -> Repair {
        if (year, month, day) > self.end() { Repair::EraOverrun } else { Repair::Wareki }
    }
}

/// Returns the number of days of a month; 0 where there is no such month.
#[inline]
pub(crate) const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    }
}

/// Returns a day of the Gregorian calendar, years 1800 to 2199 only: anything else in a hospital file is an error.
#[inline]
pub(crate) fn civil(year: i32, month: u8, day: u8) -> Option<Day> {
    if !(1800..2200).contains(&year) || day == 0 || day > days_in_month(year, month) {
        return None;
    }
    let (y, m) = if month <= 2 { (year - 1, i32::from(month) + 9) } else { (year, i32::from(month) - 3) };
    let (era, of_era) = (y / 400, y % 400);
    let of_year = (153 * m + 2) / 5 + i32::from(day) - 1;
    Some(Day(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468))
}

/// Reads one to nine ASCII digits as a number.
#[inline]
pub(crate) fn digits(text: &[u8]) -> Option<u32> {
    let number = |sum: u32, b: &u8| b.is_ascii_digit().then(|| sum.wrapping_mul(10).wrapping_add(u32::from(b - b'0')));
    if text.is_empty() || text.len() > 9 { None } else { text.iter().try_fold(0, number) }
}

fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(0)
}

fn is_sentinel(text: &[u8]) -> bool {
    text.iter().all(|b| *b == b'0') || text.iter().all(|b| *b == b'9')
}

/// Reads a claim date: `GYYMMDD` or `YYYYMMDD`, told apart by length; both occur in one file.
///
/// Both eras of the format: until 2020 claims were written in Wareki, since then in Gregorian years.
pub(crate) fn claim_day(text: &[u8]) -> Parsed<Day> {
    if text.is_empty() {
        return Parsed::no(Repair::None);
    }
    if is_sentinel(text) {
        return Parsed::no(Repair::Sentinel);
    }
    let (Some(number), Some(first)) = (digits(text), text.first()) else { return Parsed::no(Repair::Bad) };
    let (month, day) = (small(number / 100 % 100), small(number % 100));
    match (text.len(), Era::of(*first)) {
        (8, _) => Parsed::checked(civil((number / 10_000).cast_signed(), month, day), Repair::None),
        (7, Some(era)) => {
            let year = era.base() + (number / 10_000 % 100).cast_signed();
            Parsed::checked(civil(year, month, day), era.repair(year, month, day))
        }
        _ => Parsed::no(Repair::Bad),
    }
}

/// Reads a claim month: `GYYMM` or `YYYYMM`.
pub(crate) fn claim_month(text: &[u8]) -> Parsed<Month> {
    let (Some(number), Some(first)) = (digits(text), text.first()) else { return Parsed::no(Repair::Bad) };
    let month = small(number % 100);
    let checked = |year: i32, repair| Parsed::checked(civil(year, month, 1).map(|_| Month { year, month }), repair);
    match (text.len(), Era::of(*first)) {
        (6, _) => checked((number / 100).cast_signed(), Repair::None),
        (5, Some(era)) => {
            let year = era.base() + (number / 100 % 100).cast_signed();
            checked(year, era.repair(year, month, 1))
        }
        _ => Parsed::no(Repair::Bad),
    }
}

/// Reads `YYYY-MM-DD` at the start of an ISO 8601 text; a partial date (`YYYY`, `YYYY-MM`) is no day.
pub(crate) fn iso_day(text: &str) -> Option<Day> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, rest @ ..] = text.as_bytes() else { return None };
    if rest.first().is_some_and(|b| *b != b'T' && *b != b' ') {
        return None;
    }
    civil(digits(&[*y1, *y2, *y3, *y4])?.cast_signed(), small(digits(&[*m1, *m2])?), small(digits(&[*d1, *d2])?))
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// Japan Standard Time, where files of Japanese hospitals state no offset.
pub(crate) const JST: i64 = 9 * 3600 * SECOND;

/// Puts a local time of day on a day, `offset` microseconds east of UTC.
pub(crate) fn instant(day: Day, (hour, minute, second, micro): (u32, u32, u32, u32), offset: i64) -> Option<Instant> {
    if hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let of_day = i64::from(hour * 3600 + minute * 60 + second) * SECOND + i64::from(micro);
    Some(Instant(i64::from(day.0) * DAY + of_day - offset))
}

/// Reads the fraction of a second as microseconds.
pub(crate) fn micros(fraction: &[u8]) -> u32 {
    let mut scale = 100_000;
    let mut sum = 0;
    for b in fraction.iter().take(6) {
        sum += u32::from(b.saturating_sub(b'0')) * scale;
        scale /= 10;
    }
    sum
}

/// Reads `YYYY-MM-DDThh:mm[:ss[.fff]][Z|±hh:mm]`; without an offset JST is meant.
pub(crate) fn iso_instant(text: &str) -> Option<Instant> {
    let day = iso_day(text)?;
    let [b'T' | b' ', h1, h2, b':', n1, n2, rest @ ..] = text.as_bytes().get(10..)? else { return None };
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (digits(&[*s1, *s2])?, rest),
        rest => (0, rest),
    };
    let (micro, rest) = match rest {
        [b'.', rest @ ..] => {
            let end = rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
            (micros(rest.get(..end)?), rest.get(end..)?)
        }
        rest => (0, rest),
    };
    let offset = match rest {
        [] => JST,
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let east = i64::from(digits(&[*h1, *h2])? * 3600 + digits(&[*m1, *m2])? * 60) * SECOND;
            if *sign == b'+' { east } else { -east }
        }
        _ => return None,
    };
    instant(day, (digits(&[*h1, *h2])?, digits(&[*n1, *n2])?, second, micro), offset)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn day(y: i32, m: u8, d: u8) -> Day {
        civil(y, m, d).unwrap()
    }

    #[test]
    fn civil_days_count_from_1970() {
        for (date, days) in [((1970, 1, 1), 0), ((2000, 3, 1), 11_017), ((1969, 12, 31), -1), ((1868, 1, 1), -37_255)] {
            assert_eq!(civil(date.0, date.1, date.2), Some(Day(days)), "{date:?}");
        }
        assert_eq!(civil(2023, 2, 29), None);
        assert_eq!(civil(1900, 2, 29), None);
        assert!(civil(2000, 2, 29).is_some());
    }

    #[test]
    fn claim_days_of_both_eras() {
        for (text, expect, repair) in [
            ("19911121", Some(day(1991, 11, 21)), Repair::None),
            ("4070208", Some(day(1995, 2, 8)), Repair::Wareki),
            ("5010501", Some(day(2019, 5, 1)), Repair::Wareki),
            ("4310430", Some(day(2019, 4, 30)), Repair::Wareki),
            ("4310630", Some(day(2019, 6, 30)), Repair::EraOverrun),
            ("3640201", Some(day(1989, 2, 1)), Repair::EraOverrun),
            ("1450730", Some(day(1912, 7, 30)), Repair::EraOverrun),
            ("1330401", Some(day(1900, 4, 1)), Repair::Wareki),
            ("2150101", Some(day(1926, 1, 1)), Repair::Wareki),
            ("00000000", None, Repair::Sentinel),
            ("99999999", None, Repair::Sentinel),
            ("", None, Repair::None),
            ("20230230", None, Repair::Bad),
            ("6010101", None, Repair::Bad),
            ("2021-1-1", None, Repair::Bad),
        ] {
            assert_eq!(claim_day(text.as_bytes()), Parsed { value: expect, repair }, "{text}");
        }
    }

    #[test]
    fn claim_months_of_both_eras() {
        let month = |year, month| Some(Month { year, month });
        for (text, expect, repair) in [
            ("202110", month(2021, 10), Repair::None),
            ("43101", month(2019, 1), Repair::Wareki),
            ("43105", month(2019, 5), Repair::EraOverrun),
            ("50105", month(2019, 5), Repair::Wareki),
            ("202113", None, Repair::Bad),
            ("", None, Repair::Bad),
        ] {
            assert_eq!(claim_month(text.as_bytes()), Parsed { value: expect, repair }, "{text}");
        }
    }

    #[test]
    fn iso_times() {
        for (text, micros) in [
            ("1970-01-01T09:00:00", Some(0)),
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01T00:00:00.5-04:00", Some(4 * 3600 * SECOND + 500_000)),
            ("1970-01-01T09:00+09:00", Some(0)),
            ("1970-01-01", None),
            ("1970-01-01T25:00:00Z", None),
        ] {
            assert_eq!(iso_instant(text), micros.map(Instant), "{text}");
        }
        assert_eq!(iso_day("2020-02"), None);
        assert_eq!(iso_day("2020-02-01T"), Some(day(2020, 2, 1)));
    }
}
