//! Birth dates: western and Wareki spellings, sentinels, partial dates, and the ways in which two dates can disagree.

use jiff::civil::Date;

use super::text::{arabic, fold_width};

/// A birth date as known: a part that is not known is zero, and an unknown year means that nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Birth {
    pub(crate) year: i16,
    pub(crate) month: i8,
    pub(crate) day: i8,
    /// What is odd about how it was written.
    pub(crate) doubt: Doubt,
}

/// What is odd about how a date was written; the date is used all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Doubt {
    /// Nothing.
    #[default]
    None,
    /// In an era that had already ended (平成31年5月1日, a day that never was).
    AfterEra,
    /// In an era that had not begun (平成元年1月1日).
    BeforeEra,
    /// With two digits for the year and no era: 55 may be 1955 or 昭和55.
    TwoDigitYear,
    /// With a month or day that the calendar does not have (2月30日, a lunar date); year and month are kept.
    NoSuchDay,
    /// With the year last and both other parts below thirteen: month first was taken.
    DayOrMonthFirst,
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

/// First year minus one, first day and last day of each era: 明治, 大正, 昭和, 平成, 令和.
const ERAS: [(i16, Day, Day); 5] = [
    (1867, (1868, 1, 25), (1912, 7, 30)),
    (1911, (1912, 7, 30), (1926, 12, 25)),
    (1925, (1926, 12, 25), (1989, 1, 7)),
    (1988, (1989, 1, 8), (2019, 4, 30)),
    (2018, (2019, 5, 1), (9999, 12, 31)),
];

type Day = (i16, i8, i8);

/// Days that programs write when they know none.
const DEFAULTS: [Day; 8] = [
    (1850, 1, 1),
    (1868, 1, 1),
    (1899, 12, 30),
    (1899, 12, 31),
    (1900, 1, 1),
    (1901, 1, 1),
    (2099, 12, 31),
    (2100, 1, 1),
];

/// Years by which a date moves when the wrong era, or a bare two-digit year, was read.
const ERA_SHIFTS: [u16; 12] = [11, 14, 25, 30, 33, 44, 58, 63, 77, 88, 93, 107];

/// The slips that are common enough to look for: 昭和 for 1900, 令和 for 平成, 平成 for 昭和, 平成 for 1900.
const COMMON_SHIFTS: [i16; 4] = [25, 30, 63, 88];

impl Birth {
    /// Takes a date that a reader already understood; sentinels are missing.
    pub(crate) fn of(date: Date) -> Option<Self> {
        Self::checked((date.year(), date.month(), date.day()), Doubt::None)
    }

    /// Keeps what can be a birth date: an impossible day is dropped, an impossible month with its day.
    fn checked((year, month, day): Day, doubt: Doubt) -> Option<Self> {
        let plausible = (1850..=2100).contains(&year) && month >= 0 && day >= 0;
        if !plausible || DEFAULTS.contains(&(year, month, day)) {
            return None;
        }
        let real = (month == 0 && day == 0) || Date::new(year, month, day.max(1)).is_ok();
        let (month, day) = match (real, Date::new(year, month, 1).is_ok()) {
            (true, _) => (month, day),
            (false, true) => (month, 0),
            (false, false) => (0, 0),
        };
        Some(Self { year, month, day, doubt: if real { doubt } else { Doubt::NoSuchDay } })
    }

    /// Reads any spelling met in hospital files; what cannot be a birth date is missing.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let plain = arabic(&fold_width(text)).replace('元', "1").to_uppercase();
        let plain = without_brackets(plain.trim());
        let plain = plain.trim();
        match era_of(plain) {
            Some((era, rest)) => Self::in_era(era, parts(rest, 2)?),
            None => Self::without_era(plain),
        }
    }

    fn in_era(era: usize, (year, month, day): Day) -> Option<Self> {
        let (before, first, last) = ERAS.get(era).copied()?;
        let western = before.checked_add(year).filter(|_| year > 0)?;
        let known = |edge: Day| match (month, day) {
            (0, _) => (edge.0, 0, 0),
            (_, 0) => (edge.0, edge.1, 0),
            _ => edge,
        };
        let date = (western, month, day);
        let doubt = match (date < known(first), date > known(last)) {
            (true, _) => Doubt::BeforeEra,
            (_, true) => Doubt::AfterEra,
            _ => Doubt::None,
        };
        Self::checked(date, doubt)
    }

    fn without_era(plain: &str) -> Option<Self> {
        let timeless = without_time(plain);
        if timeless.bytes().all(|b| b.is_ascii_digit()) { Self::of_digits(timeless) } else { Self::of_parts(timeless) }
    }

    /// Reads digits alone: YYYYMMDD, an era digit and YYMMDD (3550312), YYYYMM, YYMMDD or a year.
    fn of_digits(plain: &str) -> Option<Self> {
        let cut = |from: usize, to: usize| plain.get(from..to).and_then(|p| p.parse::<i16>().ok());
        let small = |from, to| cut(from, to).and_then(|n| i8::try_from(n).ok());
        match plain.len() {
            8 => Self::checked((cut(0, 4)?, small(4, 6)?, small(6, 8)?), Doubt::None),
            7 => {
                let era = usize::try_from(cut(0, 1)?).ok()?.checked_sub(1)?;
                Self::in_era(era, (cut(1, 3)?, small(3, 5)?, small(5, 7)?))
            }
            6 => {
                let month_of_year = Self::checked((cut(0, 4)?, small(4, 6)?, 0), Doubt::None);
                let short = (1900 + cut(0, 2)?, small(2, 4)?, small(4, 6)?);
                month_of_year.or_else(|| Self::checked(short, Doubt::TwoDigitYear))
            }
            4 => Self::checked((cut(0, 4)?, 0, 0), Doubt::None),
            _ => None,
        }
    }

    fn of_parts(plain: &str) -> Option<Self> {
        let (first, second, third) = wide_parts(&with_month_number(plain), 4)?;
        let small = |n: i16| i8::try_from(n).ok();
        match (first, second, third) {
            (1..=31, 1..=31, 1000..) if first <= 12 && second <= 12 && first != second => {
                Self::checked((third, small(first)?, small(second)?), Doubt::DayOrMonthFirst)
            }
            (13..=31, 1..=12, 1000..) => Self::checked((third, small(second)?, small(first)?), Doubt::None),
            (1..=12, 1..=31, 1000..) => Self::checked((third, small(first)?, small(second)?), Doubt::None),
            (0..100, ..) => Self::checked((1900 + first, small(second)?, small(third)?), Doubt::TwoDigitYear),
            _ => Self::checked((first, small(second)?, small(third)?), Doubt::None),
        }
    }

    /// Returns the years in which the birth may have been when the era or the century was mistaken, sorted.
    pub(crate) fn mistaken_years(self) -> Vec<i16> {
        let moved = COMMON_SHIFTS.iter().flat_map(|shift| [self.year - shift, self.year + shift]);
        let mut years: Vec<i16> = moved.filter(|year| self.year > 0 && (1868..=2100).contains(year)).collect();
        years.sort_unstable();
        years
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

/// The era and what follows its name; a dot or colon after the letter is skipped.
fn era_of(plain: &str) -> Option<(usize, &str)> {
    const NAMES: [[&str; 3]; 5] =
        [["明治", "明", "M"], ["大正", "大", "T"], ["昭和", "昭", "S"], ["平成", "平", "H"], ["令和", "令", "R"]];
    let named = |names: &[&str; 3]| names.iter().find_map(|name| plain.strip_prefix(name));
    let (era, rest) = NAMES.iter().enumerate().find_map(|(era, names)| named(names).map(|rest| (era, rest)))?;
    let rest = rest.trim_start_matches([' ', '.', ':', '-', '/']);
    rest.starts_with(|c: char| c.is_ascii_digit()).then_some((era, rest))
}

/// Drops what stands in brackets: 昭和55年(1980年)3月12日.
fn without_brackets(plain: &str) -> String {
    let mut depth = 0u32;
    let kept = plain.chars().filter(|c| {
        match c {
            '(' | '[' | '〔' => depth += 1,
            ')' | ']' | '〕' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    });
    kept.collect()
}

/// Drops the time of a timestamp: 1980-03-12T00:00:00, 1980/03/12 0:00, 19800312000000.
fn without_time(plain: &str) -> &str {
    let clock = |rest: &str| rest.contains(':') || rest.chars().all(|c| c.is_ascii_digit());
    let cut = plain.split_once(['T', ' ']).filter(|(date, rest)| date.len() >= 8 && clock(rest)).map(|(date, _)| date);
    match cut.unwrap_or(plain) {
        digits if matches!(digits.len(), 12 | 14) && digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.get(..8).unwrap_or(digits)
        }
        other => other,
    }
}

/// Writes a date with an English month as numbers, year first: 12 MAR 1980 and MARCH 12, 1980 become 1980 3 12.
fn with_month_number(plain: &str) -> String {
    const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    let month = (1..).zip(MONTHS).find(|(_, name)| plain.contains(name)).map(|(month, _)| month);
    let number = |length: fn(usize) -> bool| {
        plain.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty() && length(part.len()))
    };
    match (number(|length| length == 4), month, number(|length| length <= 2)) {
        (Some(year), Some(month), day) => format!("{year} {month} {}", day.unwrap_or_default()),
        _ => plain.to_owned(),
    }
}

/// Splits at separators, or by width when there are none; a missing month or day is zero.
fn parts(text: &str, year_width: usize) -> Option<Day> {
    let (year, month, day) = wide_parts(text, year_width)?;
    Some((year, i8::try_from(month).ok()?, i8::try_from(day).ok()?))
}

fn wide_parts(text: &str, year_width: usize) -> Option<(i16, i16, i16)> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|p| !p.is_empty());
    let first = numbers.next()?;
    if first.len() == year_width + 4 {
        let (year, rest) = first.split_at_checked(year_width)?;
        let (month, day) = rest.split_at_checked(2)?;
        return Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?));
    }
    let mut next = || numbers.next().map_or(Some(0), |n| n.parse::<i16>().ok());
    Some((first.parse().ok()?, next()?, next()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            "昭55.3.12",
            "S.55.3.12",
            "昭和 55年 3月 12日 生",
            "昭和55年(1980年)3月12日",
            "1980年(昭和55年)3月12日",
            "㍼55年3月12日",
            "昭五五・三・一二",
            "1980-03-12T00:00:00+09:00",
            "1980/03/12 0:00",
            "198003120930",
            "1980.3.12",
            "12 Mar 1980",
            "March 12, 1980",
            "1980 Mar 12",
        ] {
            let birth = Birth::read(text).unwrap();
            assert_eq!(birth, Birth { year: 1980, month: 3, day: 12, doubt: birth.doubt }, "{text}");
        }
    }

    #[test]
    fn first_years_partial_dates_and_overruns_are_understood() {
        let check = |text: &str, (year, month, day): Day, doubt: Doubt| {
            assert_eq!(Birth::read(text), Some(Birth { year, month, day, doubt }), "{text}");
        };
        check("平成元年1月8日", (1989, 1, 8), Doubt::None);
        check("令和元年5月1日", (2019, 5, 1), Doubt::None);
        check("平成31年4月30日", (2019, 4, 30), Doubt::None);
        check("平成31年5月1日", (2019, 5, 1), Doubt::AfterEra);
        check("平成31年6月", (2019, 6, 0), Doubt::AfterEra);
        check("平成32年", (2020, 0, 0), Doubt::AfterEra);
        check("平成元年1月1日", (1989, 1, 1), Doubt::BeforeEra);
        check("平成元年1月", (1989, 1, 0), Doubt::None);
        check("昭和64年1月7日", (1989, 1, 7), Doubt::None);
        check("昭和64年1月8日", (1989, 1, 8), Doubt::AfterEra);
        check("昭和55年3月", (1980, 3, 0), Doubt::None);
        check("昭和55年月日不詳", (1980, 0, 0), Doubt::None);
        check("1980", (1980, 0, 0), Doubt::None);
        check("198003", (1980, 3, 0), Doubt::None);
        check("19800300", (1980, 3, 0), Doubt::None);
        check("55.3.12", (1955, 3, 12), Doubt::TwoDigitYear);
        check("550312", (1955, 3, 12), Doubt::TwoDigitYear);
        check("03/12/1980", (1980, 3, 12), Doubt::DayOrMonthFirst);
        check("13/12/1980", (1980, 12, 13), Doubt::None);
        check("12/31/1980", (1980, 12, 31), Doubt::None);
    }

    #[test]
    fn days_that_no_calendar_has_leave_the_month_or_the_year() {
        for (text, month) in [("1980-02-30", 2), ("昭和55年2月31日", 2), ("19809999", 0), ("1980-13-01", 0)] {
            let expect = Birth { year: 1980, month, day: 0, doubt: Doubt::NoSuchDay };
            assert_eq!(Birth::read(text), Some(expect), "{text}");
        }
    }

    #[test]
    fn sentinels_are_missing() {
        for text in [
            "",
            "1900-01-01",
            "99999999",
            "00000000",
            "不明",
            "9550312",
            "11111111",
            "1899-12-30",
            "明治33年1月1日",
            "0001-01-01",
            "昭和",
            "平和",
            "S",
            "大田",
        ] {
            assert_eq!(Birth::read(text), None, "{text}");
        }
    }

    #[test]
    fn the_years_of_the_common_slips_are_told() {
        let of = |year| Birth { year, month: 1, day: 5, doubt: Doubt::None }.mistaken_years();
        assert_eq!(of(1928), [1898, 1903, 1953, 1958, 1991, 2016]);
        assert!(of(1991).contains(&1928) && of(1955).contains(&1980));
        assert!(of(0).is_empty());
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

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_is_plausible(text in any::<String>(), likely in "[明大昭平令MTSHR]?[0-9元]{1,8}[年./-]?[0-9]{0,2}[月./-]?[0-9]{0,2}日?") {
            for one in [&text, &likely] {
                if let Some(birth) = Birth::read(one) {
                    prop_assert!((1850..=2100).contains(&birth.year));
                    let real = Date::new(birth.year, birth.month.max(1), birth.day.max(1));
                    prop_assert!(real.is_ok(), "{one}");
                }
            }
        }

        #[test]
        fn a_real_day_survives_every_spelling(days in 0i32..50_000) {
            let date = Date::new(1873, 1, 1).unwrap().checked_add(jiff::Span::new().days(days)).unwrap();
            let expect = Birth::of(date);
            let (y, m, d) = (date.year(), date.month(), date.day());
            for text in [format!("{y}-{m:02}-{d:02}"), format!("{y}{m:02}{d:02}"), format!("{y}年{m}月{d}日")] {
                prop_assert_eq!(Birth::read(&text), expect);
            }
            for (letter, (before, first, last)) in "MTSHR".chars().zip(ERAS) {
                if (first..=last).contains(&(y, m, d)) {
                    let year = y - before;
                    prop_assert_eq!(Birth::read(&format!("{letter}{year}.{m}.{d}")), expect);
                    prop_assert_eq!(Birth::read(&format!("{letter}{year:02}{m:02}{d:02}")), expect);
                }
            }
        }
    }
}
