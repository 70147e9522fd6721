//! Birth dates: western and Wareki spellings, sentinels, partial dates, and the ways in which two dates can disagree.

use jiff::civil::Date;

use super::text::{arabic, fold_width};

/// A birth date as known: a part that is not known is zero, and an unknown year means that nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Birth {
    pub(crate) year: i16,
    pub(crate) month: i8,
    pub(crate) day: i8,
    /// Written in an era that had already ended (平成31年5月).
    pub(crate) overrun: bool,
}

/// How two birth dates agree, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Agreement {
    Missing = 0,
    Equal,
    EqualNewYear,
    Partial,
    Swapped,
    Era,
    OneDigit,
    TwoParts,
    YearOnly,
    Different,
}

/// First year minus one and last day of each era: 明治, 大正, 昭和, 平成, 令和.
const ERAS: [(i16, (i16, i8, i8)); 5] = [
    (1867, (1912, 7, 30)),
    (1911, (1926, 12, 25)),
    (1925, (1989, 1, 7)),
    (1988, (2019, 4, 30)),
    (2018, (9999, 12, 31)),
];

/// Years by which a date moves when the wrong era, or a bare two-digit year, was read.
const ERA_SHIFTS: [u16; 12] = [11, 14, 25, 30, 33, 44, 58, 63, 77, 88, 93, 107];

impl Birth {
    /// Takes a date that a reader already understood; sentinels are missing.
    pub(crate) fn of(date: Date) -> Option<Self> {
        Self::checked(date.year(), date.month(), date.day(), false)
    }

    fn checked(year: i16, month: i8, day: i8, overrun: bool) -> Option<Self> {
        let sentinel = matches!((year, month, day), (1900, 1, 1) | (1901, 1, 1) | (1111, ..) | (9999, ..));
        let plausible = (1850..=2100).contains(&year) && (0..=12).contains(&month) && (0..=31).contains(&day);
        let real = day == 0 || Date::new(year, month, day).is_ok();
        (plausible && real && !sentinel).then_some(Self { year, month, day, overrun })
    }

    /// Reads any spelling met in hospital files; what cannot be a birth date is missing.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let plain = arabic(&fold_width(text)).replace('元', "1").to_uppercase();
        let plain = plain.trim();
        match era_of(plain) {
            Some((era, rest)) => {
                let (year, month, day) = parts(rest, 2)?;
                Self::in_era(era, year, month, day)
            }
            None => Self::without_era(plain),
        }
    }

    fn in_era(era: usize, year: i16, month: i8, day: i8) -> Option<Self> {
        let (before, (last_year, last_month, last_day)) = ERAS.get(era).copied()?;
        let western = before.checked_add(year).filter(|_| year > 0)?;
        let overrun =
            (western, month, day) > (last_year, last_month.min(if month == 0 { 0 } else { last_month }), last_day);
        Self::checked(western, month, day, overrun)
    }

    fn without_era(plain: &str) -> Option<Self> {
        let all_digits = plain.bytes().all(|b| b.is_ascii_digit());
        let cut = |from: usize, to: usize| plain.get(from..to).and_then(|p| p.parse::<i16>().ok());
        let small = |from, to| cut(from, to).and_then(|n| i8::try_from(n).ok());
        match (all_digits, plain.len()) {
            (true, 8 | 12 | 14) => Self::checked(cut(0, 4)?, small(4, 6)?, small(6, 8)?, false),
            (true, 7) => {
                let era = usize::try_from(cut(0, 1)?).ok()?.checked_sub(1)?;
                Self::in_era(era, cut(1, 3)?, small(3, 5)?, small(5, 7)?)
            }
            (true, 6) => Self::checked(cut(0, 4)?, small(4, 6)?, 0, false),
            (true, 4) => Self::checked(cut(0, 4)?, 0, 0, false),
            (true, _) => None,
            (false, _) => {
                let (year, month, day) = parts(plain, 4)?;
                let western = if year < 100 { 1900 + year } else { year };
                Self::checked(western, month, day, false)
            }
        }
    }

    /// Compares two dates.
    pub(crate) fn agreement(self, other: Self) -> Agreement {
        if self.year == 0 || other.year == 0 {
            return Agreement::Missing;
        }
        if (self.month, self.day) == (0, 0) || other.day == 0 || self.day == 0 || other.month == 0 {
            return self.partial(other);
        }
        let same = (self.year == other.year, self.month == other.month, self.day == other.day);
        match same {
            (true, true, true) if (self.month, self.day) == (1, 1) => Agreement::EqualNewYear,
            (true, true, true) => Agreement::Equal,
            (true, false, false) if (self.month, self.day) == (other.day, other.month) => Agreement::Swapped,
            (false, true, true) if ERA_SHIFTS.contains(&self.year.abs_diff(other.year)) => Agreement::Era,
            (false, true, true) if one_digit(self.year, other.year) => Agreement::OneDigit,
            (true, false, true) if one_digit(self.month.into(), other.month.into()) => Agreement::OneDigit,
            (true, true, false) if one_digit(self.day.into(), other.day.into()) => Agreement::OneDigit,
            (true, true, false) | (true, false, true) | (false, true, true) => Agreement::TwoParts,
            (true, false, false) => Agreement::YearOnly,
            _ => Agreement::Different,
        }
    }

    fn partial(self, other: Self) -> Agreement {
        let months = self.month == other.month || self.month == 0 || other.month == 0;
        match (self.year == other.year, months) {
            (true, true) => Agreement::Partial,
            (true, false) => Agreement::YearOnly,
            _ => Agreement::Different,
        }
    }
}

/// Tells whether two numbers differ in one decimal digit, or by one.
fn one_digit(left: i16, right: i16) -> bool {
    let digits = |n: i16| [n / 1000 % 10, n / 100 % 10, n / 10 % 10, n % 10];
    left.abs_diff(right) == 1 || digits(left).iter().zip(digits(right)).filter(|(l, r)| **l != *r).count() == 1
}

fn era_of(plain: &str) -> Option<(usize, &str)> {
    const NAMES: [[&str; 2]; 5] = [["明治", "M"], ["大正", "T"], ["昭和", "S"], ["平成", "H"], ["令和", "R"]];
    NAMES
        .iter()
        .enumerate()
        .find_map(|(era, names)| names.iter().find_map(|name| plain.strip_prefix(name)).map(|rest| (era, rest)))
}

/// Splits at separators, or by width when there are none; a missing month or day is zero.
fn parts(text: &str, year_width: usize) -> Option<(i16, i8, i8)> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|p| !p.is_empty());
    let first = numbers.next()?;
    if first.len() == year_width + 4 {
        let (year, rest) = first.split_at_checked(year_width)?;
        let (month, day) = rest.split_at_checked(2)?;
        return Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?));
    }
    let mut next = || numbers.next().map_or(Some(0), |n| n.parse::<i8>().ok());
    Some((first.parse().ok()?, next()?, next()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_one_day_is_that_day() {
        for text in [
            "昭和55年3月12日",
            "S55.3.12",
            "s55/03/12",
            "3550312",
            "1980-03-12",
            "19800312",
            "1980年3月12日",
            "昭和五十五年三月十二日",
            "Ｓ５５．３．１２",
            "S550312",
            "19800312000000",
            "1980/3/12",
        ] {
            let birth = Birth::read(text).unwrap();
            assert_eq!((birth.year, birth.month, birth.day, birth.overrun), (1980, 3, 12, false), "{text}");
        }
    }

    #[test]
    fn first_years_partial_dates_and_overruns_are_understood() {
        let check = |text: &str, expect: (i16, i8, i8, bool)| {
            let birth = Birth::read(text).unwrap();
            assert_eq!((birth.year, birth.month, birth.day, birth.overrun), expect, "{text}");
        };
        check("平成元年1月8日", (1989, 1, 8, false));
        check("令和元年5月1日", (2019, 5, 1, false));
        check("平成31年5月1日", (2019, 5, 1, true));
        check("昭和55年3月", (1980, 3, 0, false));
        check("1980", (1980, 0, 0, false));
        check("198003", (1980, 3, 0, false));
    }

    #[test]
    fn sentinels_and_impossible_dates_are_missing() {
        for text in ["", "1900-01-01", "99999999", "00000000", "1980-02-30", "不明", "9550312", "11111111"] {
            assert_eq!(Birth::read(text), None, "{text}");
        }
    }

    #[test]
    fn disagreements_are_told_apart_and_symmetric() {
        let check = |left: &str, right: &str, expect: Agreement| {
            let (l, r) = (Birth::read(left).unwrap_or_default(), Birth::read(right).unwrap_or_default());
            assert_eq!(l.agreement(r), expect, "{left} {right}");
            assert_eq!(r.agreement(l), expect);
        };
        check("1980-03-12", "1980-12-03", Agreement::Swapped);
        check("昭和3年1月5日", "平成3年1月5日", Agreement::Era);
        check("1955-04-02", "1980-04-02", Agreement::Era);
        check("1980-03-12", "1980-03-13", Agreement::OneDigit);
        check("1980-03-12", "1980-03-29", Agreement::TwoParts);
        check("1980-03", "1980-03-29", Agreement::Partial);
        check("1980-03-12", "1980-07-29", Agreement::YearOnly);
        check("1980-03-12", "1977-07-29", Agreement::Different);
        check("1900-01-01", "1977-07-29", Agreement::Missing);
        check("1977-01-01", "19770101", Agreement::EqualNewYear);
    }
}
