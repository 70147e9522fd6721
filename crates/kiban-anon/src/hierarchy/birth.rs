//! Years of birth: year, five, ten, twenty years, everything, with the oldest and the youngest put together.

use std::ops::RangeInclusive;

use super::{ANY, Hierarchy, LevelName};
use crate::error::{Error, Result};

/// Describes the bands in which years of birth are released.
///
/// The oldest and the youngest are rare whatever the band (ordinance item 4, トップ・ボトムコーディング), so years before
/// `oldest` and after `youngest` count as those years: they share one leaf, written `≤1934` or `≥2020`.
///
/// ```
/// use kiban_anon::BirthYears;
/// let born = BirthYears::new(1900..=2024).oldest_from_age(90, 2024).hierarchy("birth_year")?;
/// let leaf = born.leaf("1907").unwrap_or_default();
/// assert_eq!(born.label(0, leaf), Some("≤1934"));
/// # Ok::<(), kiban_anon::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BirthYears {
    years: RangeInclusive<i32>,
    oldest: i32,
    youngest: i32,
    widths: Vec<u16>,
}

impl BirthYears {
    /// Takes the years that may occur; bands of 5, 10 and 20 years.
    pub fn new(years: RangeInclusive<i32>) -> Self {
        let (oldest, youngest) = (*years.start(), *years.end());
        Self { years, oldest, youngest, widths: vec![5, 10, 20] }
    }

    /// Puts everyone who reaches `age` in `reference_year`, or reached it before, into one band.
    #[must_use]
    pub fn oldest_from_age(mut self, age: u16, reference_year: i32) -> Self {
        self.oldest = reference_year - i32::from(age);
        self
    }

    /// Puts everyone born in `year` or later into one band.
    #[must_use]
    pub fn youngest(mut self, year: i32) -> Self {
        self.youngest = year;
        self
    }

    /// Takes other band widths in years, narrow to wide; each must divide the next so that bands nest.
    #[must_use]
    pub fn widths(mut self, widths: &[u16]) -> Self {
        self.widths = widths.to_vec();
        self
    }

    /// Builds the hierarchy; level 0 is the year, the last level everything.
    ///
    /// # Errors
    /// No years, the youngest older than the oldest, or widths that do not divide each other.
    pub fn hierarchy(&self, name: &str) -> Result<Hierarchy> {
        let bad = |why| Err(Error::BadParameter { what: name.to_owned(), why });
        let nested = |pair: &[u16]| matches!(pair, [a, b] if *a > 0 && a < b && b % a == 0);
        if self.widths.contains(&0) || !self.widths.windows(2).all(nested) {
            return bad("each band width must divide the next");
        }
        let oldest = self.oldest.max(*self.years.start());
        let youngest = self.youngest.min(*self.years.end());
        if oldest > youngest {
            return bad("there is no year between the oldest and the youngest band");
        }
        let mut rows: Vec<Vec<String>> = (oldest..=youngest).map(|year| self.row(year, oldest, youngest)).collect();
        rows.push(super::unknown_row(self.widths.len() + 2));
        let bands = self.widths.iter().map(|w| LevelName::new(format!("{w} years"), format!("{w}年")));
        let names = [LevelName::new("year", "年")].into_iter().chain(bands).chain([LevelName::all()]).collect();
        let mut built = Hierarchy::from_named_rows(name, names, &rows)?;
        for year in self.years.clone() {
            if let Some(leaf) = built.label(0, to_leaf(year, oldest, youngest)).map(str::to_owned) {
                built.alias(&year.to_string(), &leaf);
            }
        }
        Ok(built)
    }

    fn row(&self, year: i32, oldest: i32, youngest: i32) -> Vec<String> {
        let band = |width: u16| {
            let first = year - year.rem_euclid(i32::from(width));
            self.label(first, first + i32::from(width) - 1, oldest, youngest)
        };
        let year = self.label(year, year, oldest, youngest);
        [year].into_iter().chain(self.widths.iter().map(|w| band(*w))).chain([ANY.to_owned()]).collect()
    }

    /// Writes a band; one that reaches into a year where others were put together is open at that end.
    fn label(&self, first: i32, last: i32, oldest: i32, youngest: i32) -> String {
        let open_before = first <= oldest && oldest > *self.years.start();
        let open_after = last >= youngest && youngest < *self.years.end();
        match (open_before, open_after) {
            (true, true) => ANY.to_owned(),
            (true, false) => format!("≤{last}"),
            (false, true) => format!("≥{first}"),
            (false, false) if first == last => first.to_string(),
            (false, false) => format!("{first}-{last}"),
        }
    }
}

fn to_leaf(year: i32, oldest: i32, youngest: i32) -> u32 {
    u32::try_from(year.clamp(oldest, youngest) - oldest).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{super::UNKNOWN, *};

    fn path(years: &BirthYears, year: &str) -> Vec<String> {
        let h = years.hierarchy("birth_year").unwrap();
        let leaf = h.leaf(year).unwrap();
        (0..h.levels().len()).map(|l| h.label(l, leaf).unwrap().to_owned()).collect()
    }

    #[test]
    fn bands_nest_and_the_ends_are_open() {
        let years = BirthYears::new(1900..=2025).oldest_from_age(90, 2025).youngest(2021);
        assert_eq!(path(&years, "1971"), ["1971", "1970-1974", "1970-1979", "1960-1979", "*"]);
        assert_eq!(path(&years, "1935"), ["≤1935", "≤1939", "≤1939", "≤1939", "*"]);
        assert_eq!(path(&years, "1901"), path(&years, "1935"));
        assert_eq!(path(&years, "1938"), ["1938", "≤1939", "≤1939", "≤1939", "*"]);
        assert_eq!(path(&years, "2025"), ["≥2021", "≥2020", "≥2020", "≥2020", "*"]);
        assert_eq!(path(&years, UNKNOWN), ["unknown", "unknown", "unknown", "unknown", "*"]);
    }

    #[test]
    fn without_coding_the_ends_are_plain_years() {
        let years = BirthYears::new(1950..=1959).widths(&[10]);
        assert_eq!(path(&years, "1950"), ["1950", "1950-1959", "*"]);
        assert!(BirthYears::new(1950..=1959).widths(&[4, 10]).hierarchy("y").is_err());
        assert!(BirthYears::new(1950..=1959).youngest(1940).hierarchy("y").is_err());
    }
}
