//! Days that join to weeks, months, years, eras: only levels that nest.

use std::collections::BTreeSet;

use jiff::{ToSpan, civil::Date};
use serde::Deserialize;

use super::{ANY, ColumnValues, Hierarchy, LevelName};
use crate::error::{Error, Result};

/// Years whose days are listed at most where no column gives the values.
const MOST_YEARS: i16 = 300;

/// Describes the levels to which days join, narrow to wide.
///
/// Days are read as `2024-04-01`, `2024/4/1`, `20240401`, or as the day of a time of one of these forms.
///
/// ```
/// use kiban_anon::{DateLevel, Dates, HierarchySpec};
/// let levels = vec![DateLevel::Month, DateLevel::FiscalYear];
/// let visits = HierarchySpec::Dates(Dates { levels, ..Dates::default() }).over("visit", ["2025-03-31"])?;
/// assert_eq!((visits.label(1, 0), visits.label(2, 0)), (Some("2025-03"), Some("2024年度")));
/// # Ok::<(), kiban_anon::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dates {
    /// The levels above the day; month, quarter, half-year, year and decade by default.
    pub levels: Vec<DateLevel>,
    /// The first of the days to list, beside those of the column.
    pub from: Option<Date>,
    /// The last of them.
    pub to: Option<Date>,
}

/// A stretch of time to which days join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateLevel {
    /// A week of ISO 8601, from Monday on, as `2024-W14`.
    Week,
    /// A month, as `2024-04`.
    Month,
    /// A quarter of the calendar year, as `2024-Q2`; of the fiscal year as well, for both begin with a month divisible by three.
    Quarter,
    /// A half of the calendar year, as `2024-H1`.
    HalfYear,
    /// A calendar year.
    Year,
    /// Ten calendar years, as `2020-2029`.
    Decade,
    /// 年度, from April on, as `2024年度`.
    FiscalYear,
    /// A year of an era 元号, as `令和6年`; the first and last years of an era are parts of a calendar year.
    EraYear,
    /// An era 元号, as `令和`; 明治 begins on 23 October 1868.
    Era,
}

impl DateLevel {
    /// Tells whether every stretch of this level lies in one of the other, whatever the days.
    const fn nests_in(self, wider: Self) -> bool {
        use DateLevel::{Decade, Era, EraYear, FiscalYear, HalfYear, Month, Quarter, Year};
        match self {
            Month => matches!(wider, Quarter | HalfYear | Year | Decade | FiscalYear),
            Quarter => matches!(wider, HalfYear | Year | Decade | FiscalYear),
            HalfYear => matches!(wider, Year | Decade),
            Year => matches!(wider, Decade),
            EraYear => matches!(wider, Year | Decade | Era),
            Self::Week | Decade | FiscalYear | Era => false,
        }
    }

    fn label(self, day: Date) -> String {
        let (year, month) = (day.year(), day.month());
        match self {
            Self::Week => {
                let week = day.iso_week_date();
                format!("{}-W{:02}", week.year(), week.week())
            }
            Self::Month => format!("{year}-{month:02}"),
            Self::Quarter => format!("{year}-Q{}", (month - 1) / 3 + 1),
            Self::HalfYear => format!("{year}-H{}", (month - 1) / 6 + 1),
            Self::Year => year.to_string(),
            Self::Decade => {
                let first = year - year.rem_euclid(10);
                format!("{first}-{}", first + 9)
            }
            Self::FiscalYear => format!("{}年度", if month < 4 { year - 1 } else { year }),
            Self::EraYear => match era(day) {
                Some((name, 1)) => format!("{name}元年"),
                Some((name, number)) => format!("{name}{number}年"),
                None => year.to_string(),
            },
            Self::Era => era(day).map_or("明治より前", |(name, _)| name).to_owned(),
        }
    }

    fn name(self) -> LevelName {
        let (en, ja) = match self {
            Self::Week => ("week", "週"),
            Self::Month => ("month", "月"),
            Self::Quarter => ("quarter", "四半期"),
            Self::HalfYear => ("half-year", "半期"),
            Self::Year => ("year", "年"),
            Self::Decade => ("decade", "10年"),
            Self::FiscalYear => ("fiscal year", "年度"),
            Self::EraYear => ("era year", "和暦年"),
            Self::Era => ("era", "元号"),
        };
        LevelName::new(en, ja)
    }
}

/// Returns the era of a day and its year there.
fn era(day: Date) -> Option<(&'static str, i16)> {
    // Name, first year, and first day as month and day.
    const ERAS: [(&str, i16, (i8, i8)); 5] = [
        ("令和", 2019, (5, 1)),
        ("平成", 1989, (1, 8)),
        ("昭和", 1926, (12, 25)),
        ("大正", 1912, (7, 30)),
        ("明治", 1868, (10, 23)),
    ];
    let at = (day.year(), (day.month(), day.day()));
    ERAS.iter().find(|(_, year, first)| at >= (*year, *first)).map(|(name, year, _)| (*name, day.year() - year + 1))
}

impl Default for Dates {
    fn default() -> Self {
        use DateLevel::{Decade, HalfYear, Month, Quarter, Year};
        Self { levels: vec![Month, Quarter, HalfYear, Year, Decade], from: None, to: None }
    }
}

impl Dates {
    /// Builds the hierarchy over the days of a column and those from `from` to `to`.
    pub(super) fn build(&self, name: &str, column: &ColumnValues) -> Result<Hierarchy> {
        let wrong = |why| Error::BadParameter { what: name.to_owned(), why };
        self.check_nesting().map_err(wrong)?;
        let mut days: BTreeSet<Date> = column.texts().filter_map(day).collect();
        match (self.from, self.to) {
            (None, None) => {}
            (Some(from), Some(to)) if from <= to => {
                if to.year() - from.year() > MOST_YEARS {
                    return Err(wrong("from and to must list no more than 300 years"));
                }
                days.extend(from.series(1.day()).take_while(|day| *day <= to));
            }
            _ => return Err(wrong("from and to go together, and from comes first")),
        }
        if days.is_empty() {
            return Err(wrong("there is no day: give a column, or from and to"));
        }
        let row = |day: &Date| {
            let groups = self.levels.iter().map(|level| level.label(*day));
            [day.to_string()].into_iter().chain(groups).chain([ANY.to_owned()]).collect()
        };
        let mut rows: Vec<Vec<String>> = days.iter().map(row).collect();
        rows.push(super::unknown_row(self.levels.len() + 2));
        let groups = self.levels.iter().map(|level| level.name());
        let names = [LevelName::new("day", "日")].into_iter().chain(groups).chain([LevelName::all()]).collect();
        let mut built = Hierarchy::from_named_rows(name, names, &rows)?;
        for (text, day) in column.texts().filter_map(|text| Some((text, day(text)?))) {
            built.alias(text, &day.to_string());
        }
        Ok(built)
    }

    fn check_nesting(&self) -> std::result::Result<(), &'static str> {
        use DateLevel::{EraYear, FiscalYear, HalfYear, Week};
        for pair in self.levels.windows(2) {
            let [narrow, wide] = pair else { continue };
            if narrow.nests_in(*wide) {
                continue;
            }
            return Err(match (narrow, wide) {
                (Week, _) => "a week may lie in two months or years: nothing but everything can follow week",
                (_, Week) => "a stretch longer than a week does not lie in one: week can only follow the day",
                (_, EraYear | DateLevel::Era) => {
                    "an era may begin within a month or year: only the day lies in one era year, and era can only follow era_year"
                }
                (HalfYear, FiscalYear) => {
                    "half-years begin in January and July, fiscal years in April: leave out half_year or fiscal_year"
                }
                (FiscalYear, _) => {
                    "a fiscal year lies in two calendar years: nothing but everything can follow fiscal_year"
                }
                _ => "levels must go from narrow to wide, each once: week, or month, quarter, half_year, year, decade",
            });
        }
        Ok(())
    }
}

/// Reads a day, or the day of a time.
fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    let text = text.split_once(['T', ' ']).map_or(text, |(day, _)| day);
    let parts = if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        [text.get(..4)?, text.get(4..6)?, text.get(6..)?]
    } else {
        let mut parts = text.split(if text.contains('/') { '/' } else { '-' });
        let three = [parts.next()?, parts.next()?, parts.next()?];
        if parts.next().is_some() {
            return None;
        }
        three
    };
    let [year, month, day] = parts;
    if year.len() != 4 || !(1..=2).contains(&month.len()) || !(1..=2).contains(&day.len()) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{super::path, *};

    fn build(toml: &str, column: &[&str]) -> Result<Hierarchy> {
        toml::from_str::<Dates>(toml).unwrap().build("h", &column.iter().copied().collect())
    }

    fn check(levels: &str, day: &str, expect: &[&str]) {
        let h = build(&format!("levels = {levels}"), &[day]).unwrap();
        let all = path(&h, day);
        assert_eq!(all[1..all.len() - 1], *expect, "{day}");
    }

    #[test]
    fn days_climb_the_calendar() {
        let calendar = "['month', 'quarter', 'half_year', 'year', 'decade']";
        check(calendar, "2024-04-01", &["2024-04", "2024-Q2", "2024-H1", "2024", "2020-2029"]);
        check(calendar, "2019/12/31", &["2019-12", "2019-Q4", "2019-H2", "2019", "2010-2019"]);
        check("['month', 'quarter', 'fiscal_year']", "20250331", &["2025-03", "2025-Q1", "2024年度"]);
        check("['week']", "2024-12-30", &["2025-W01"]);
        check("['week']", "2021-01-03T09:00:00", &["2020-W53"]);
        assert_eq!(path(&build("", &["2024-04-01"]).unwrap(), "2024-04-01").len(), 7);
    }

    /// First days as promulgated.
    #[test]
    fn eras_begin_on_their_day() {
        let levels = "['era_year', 'era']";
        check(levels, "2019-04-30", &["平成31年", "平成"]);
        check(levels, "2019-05-01", &["令和元年", "令和"]);
        check(levels, "1989-01-07", &["昭和64年", "昭和"]);
        check(levels, "1989-01-08", &["平成元年", "平成"]);
        check(levels, "1926-12-24", &["大正15年", "大正"]);
        check(levels, "1926-12-25", &["昭和元年", "昭和"]);
        check(levels, "1912-07-29", &["明治45年", "明治"]);
        check(levels, "1912-07-30", &["大正元年", "大正"]);
        check(levels, "1868-10-22", &["1868", "明治より前"]);
        check("['era_year', 'year']", "2019-04-30", &["平成31年", "2019"]);
    }

    /// Levels that may follow each other nest over every day of eleven years with a change of era within a month; others do not.
    #[test]
    fn exactly_the_levels_that_nest_may_follow_each_other() {
        let all = ["week", "month", "quarter", "half_year", "year", "decade", "fiscal_year", "era_year", "era"];
        let codes = |level: &str| {
            let toml = format!("levels = ['{level}']\nfrom = '1918-01-01'\nto = '1928-12-31'");
            build(&toml, &[]).unwrap().levels()[1].codes().to_vec()
        };
        let codes: Vec<Vec<u32>> = all.iter().map(|level| codes(level)).collect();
        for (narrow, low) in all.iter().zip(&codes) {
            for (wide, high) in all.iter().zip(&codes) {
                let dates: Dates = toml::from_str(&format!("levels = ['{narrow}', '{wide}']")).unwrap();
                let pairs: BTreeSet<(u32, u32)> = low.iter().copied().zip(high.iter().copied()).collect();
                let groups: BTreeSet<u32> = low.iter().copied().collect();
                let nests = pairs.len() == groups.len() && narrow != wide;
                assert_eq!(dates.check_nesting().is_ok(), nests, "{narrow} in {wide}");
            }
        }
    }

    #[test]
    fn what_is_no_day_has_no_leaf_and_no_day_is_refused() {
        let h = build("", &["2024-02-30", "2024-02-29", "24-02-29", "2024-2-29"]).unwrap();
        assert_eq!((h.leaves(), h.leaf("2024-02-30"), h.leaf("24-02-29")), (2, None, None));
        assert_eq!(h.leaf("2024-2-29"), h.leaf("2024-02-29"));
        for (toml, expect) in [
            ("", "no day"),
            ("from = '2024-01-01'", "together"),
            ("from = '2024-01-02'\nto = '2024-01-01'", "comes first"),
            ("from = '1000-01-01'\nto = '2024-01-01'", "300 years"),
            ("levels = ['week', 'month']", "a week may lie in two months"),
            ("levels = ['half_year', 'fiscal_year']", "April"),
            ("levels = ['month', 'era_year']", "an era may begin"),
        ] {
            let error = build(toml, &[]).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        }
    }
}
