//! What hierarchy to build: the one description that files, jobs and commands share.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{BirthYears, CodeSystem, ColumnValues, Dates, Geography, Hierarchy, Intervals, Order, Redaction, UNKNOWN};
use crate::error::{Error, Result};

/// Describes a hierarchy: its kind and what that kind needs.
///
/// In TOML it is a table of one key, the kind: `intervals = { width = 5, levels = [2, 2] }` or `icd10 = {}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum HierarchySpec {
    /// Intervals of numbers.
    Intervals(Intervals),
    /// Values in an order, joined by number or by name.
    Order(Order),
    /// Days, joined to stretches of the calendar.
    Dates(Dates),
    /// Years of birth, the oldest and the youngest put together.
    BirthYears(BirthYearBands),
    /// Values covered character by character.
    Redaction(Redaction),
    /// Codes grouped by their first characters.
    Prefixes {
        /// How many characters, falling.
        lengths: Vec<usize>,
    },
    /// ICD-10: four characters, category, block, chapter.
    Icd10 {},
    /// Drugs by YJ or 薬価基準 code.
    Yj {},
    /// Laboratory tests by JLAC10.
    Jlac10 {},
    /// Claims by nine-digit code.
    Claim {},
    /// Drugs by ATC.
    Atc {},
    /// Postal codes 郵便番号.
    Postal {},
    /// Municipalities by local government code, with medical areas and towns where their tables are given.
    Geography(GeographyFiles),
    /// Prefectures and regions.
    Prefecture {},
    /// Administrative sex.
    Sex {},
    /// The values, and everything.
    Flat {},
}

/// The bands in which years of birth are released; see [`BirthYears`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BirthYearBands {
    /// The first year that may occur.
    pub from: i32,
    /// The last year that may occur.
    pub to: i32,
    /// Years before it count as it.
    pub oldest: Option<i32>,
    /// Years after it count as it.
    pub youngest: Option<i32>,
    /// Widths of the bands, narrow to wide; 5, 10 and 20 where not given.
    pub widths: Option<Vec<u16>>,
}

impl BirthYearBands {
    /// Years that a hierarchy lists at most.
    const MOST: i32 = 1_000;

    fn years(&self) -> RangeInclusive<i32> {
        self.from..=self.to.min(self.from.saturating_add(Self::MOST))
    }

    fn hierarchy(&self, name: &str) -> Result<Hierarchy> {
        if self.to >= self.from.saturating_add(Self::MOST) {
            let why = "from and to must list no more than 1,000 years";
            return Err(Error::BadParameter { what: name.to_owned(), why });
        }
        let mut years = BirthYears::new(self.years());
        if let Some(oldest) = self.oldest {
            years = years.oldest_from_age(0, oldest);
        }
        if let Some(youngest) = self.youngest {
            years = years.youngest(youngest);
        }
        if let Some(widths) = &self.widths {
            years = years.widths(widths);
        }
        years.hierarchy(name)
    }
}

/// Where the tables of an operator's geography lie; see [`Geography`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeographyFiles {
    /// Municipality, code and name of its medical area 二次医療圏.
    pub medical_areas: Option<PathBuf>,
    /// Town 町丁, municipality.
    pub towns: Option<PathBuf>,
}

impl HierarchySpec {
    /// Returns the files that it needs.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let files = if let Self::Geography(files) = self { Some(files) } else { None };
        files.into_iter().flat_map(|one| [&one.medical_areas, &one.towns]).flatten().map(PathBuf::as_path)
    }

    /// Makes relative paths relative to a folder.
    pub fn resolve(&mut self, base: &Path) {
        if let Self::Geography(files) = self {
            for file in [&mut files.medical_areas, &mut files.towns].into_iter().flatten() {
                *file = base.join(&*file);
            }
        }
    }

    /// Builds the hierarchy for a column.
    ///
    /// A missing or blank value has the leaf [`UNKNOWN`], which joins the others in everything alone. A value that the kind cannot
    /// read has no leaf.
    ///
    /// # Errors
    /// What is wrong with the description in a sentence, or a file that `files` lacks.
    pub fn build(&self, name: &str, column: &ColumnValues, files: &BTreeMap<PathBuf, String>) -> Result<Hierarchy> {
        let mut built = self.build_plain(name, column, files)?;
        column.texts().filter(|text| text.trim().is_empty()).for_each(|blank| built.alias(blank, UNKNOWN));
        Ok(built)
    }

    fn build_plain(&self, name: &str, column: &ColumnValues, files: &BTreeMap<PathBuf, String>) -> Result<Hierarchy> {
        let system = |system: CodeSystem| system.hierarchy(name, column.texts());
        match self {
            Self::Intervals(intervals) => intervals.build(name, column),
            Self::Order(order) => order.build(name, column),
            Self::Dates(dates) => dates.build(name, column),
            Self::BirthYears(bands) => bands.hierarchy(name),
            Self::Redaction(redaction) => redaction.hierarchy(name, column.texts()),
            Self::Prefixes { lengths } => Hierarchy::prefixes(name, column.texts(), lengths),
            Self::Icd10 {} => system(CodeSystem::Icd10),
            Self::Yj {} => system(CodeSystem::Yj),
            Self::Jlac10 {} => system(CodeSystem::Jlac10),
            Self::Claim {} => system(CodeSystem::Claim),
            Self::Atc {} => system(CodeSystem::Atc),
            Self::Postal {} => system(CodeSystem::Postal),
            Self::Geography(wanted) => {
                let text = |path: &Option<PathBuf>| path.as_ref().map(|path| read(name, files, path)).transpose();
                let geography = Geography::new(text(&wanted.medical_areas)?, text(&wanted.towns)?)?;
                geography.hierarchy(name, column.texts())
            }
            Self::Prefecture {} => Hierarchy::prefectures(name),
            Self::Sex {} => Hierarchy::sex(name),
            Self::Flat {} => {
                let values: Vec<&str> = column.texts().filter(|text| super::is_value(text)).chain([UNKNOWN]).collect();
                Hierarchy::flat(name, &values)
            }
        }
    }

    /// Builds the hierarchy that a file takes: over the values as they are spelled, or over what the kind lists by itself
    /// where there are none.
    ///
    /// # Errors
    /// As [`HierarchySpec::build`]; a description that needs files.
    pub fn over<'a>(&self, name: &str, values: impl IntoIterator<Item = &'a str>) -> Result<Hierarchy> {
        let given: ColumnValues = values.into_iter().collect();
        let column = if given.records() == 0 { self.own_values() } else { given };
        let built = self.build(name, &column, &BTreeMap::new())?;
        if column.records() == 0 { Ok(built) } else { built.over(column.texts()) }
    }

    /// Returns the values that the kind can spell without a column though some of them share a leaf: years of birth.
    pub fn own_values(&self) -> ColumnValues {
        let mut values = ColumnValues::default();
        if let Self::BirthYears(bands) = self {
            bands.years().for_each(|year| values.push(Some(&year.to_string())));
        }
        values
    }
}

fn read<'a>(name: &str, files: &'a BTreeMap<PathBuf, String>, path: &Path) -> Result<&'a str> {
    let missing = || Error::BadParameter { what: name.to_owned(), why: "a file of the geography was not read" };
    files.get(path).map(String::as_str).ok_or_else(missing)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{super::path, *};

    fn check(toml: &str, values: &[&str], value: &str, expect: &[&str]) {
        let spec: HierarchySpec = toml::from_str(toml).unwrap_or_else(|error| panic!("{toml}: {error}"));
        let h = spec.over("h", values.iter().copied()).unwrap();
        assert_eq!(path(&h, value), expect, "{toml}");
    }

    #[test]
    fn each_kind_is_read_from_a_table_of_one_key() {
        check("intervals = { width = 5, levels = [2] }", &["034"], "034", &["034", "30-34", "30-39", "*"]);
        check("[intervals]\nwidth = 0.5", &["1.25"], "1.25", &["1.25", "[1, 1.5)", "*"]);
        check("order = { values = ['a', 'b'], levels = [{ A = ['a', 'b'] }] }", &[], "b", &["b", "A", "*"]);
        check("dates = { levels = ['year'] }", &["20240401"], "20240401", &["20240401", "2024", "*"]);
        let born = "birth_years = { from = 1900, to = 2025, oldest = 1935, widths = [10] }";
        check(born, &["1920"], "1920", &["1920", "≤1939", "*"]);
        check(born, &[], "1920", &["1920", "≤1939", "*"]);
        check("redaction = { from = 'left', mask = '#' }", &["12"], "12", &["12", "#2", "*"]);
        check("prefixes = { lengths = [2] }", &["a-bc"], "a-bc", &["a-bc", "ab*", "*"]);
        check("icd10 = {}", &["E119"], "E119", &["E119", "E11.9", "E11", "E10-E14", "IV (E00-E90)", "*"]);
        check("yj = {}", &["1124"], "1124", &["1124", "1124", "1124", "1124", "112*", "11*", "*"]);
        check("jlac10 = {}", &["3B035"], "3B035", &["3B035", "3B035", "3B035", "*"]);
        check("claim = {}", &["620000001"], "620000001", &["620000001", "620000*", "620*", "6*", "*"]);
        check("atc = {}", &["A10BA02"], "A10BA02", &["A10BA02", "A10BA*", "A10B*", "A10*", "A*", "*"]);
        check("postal = {}", &["160-0022"], "160-0022", &["160-0022", "16000*", "160*", "16*", "1*", "*"]);
        check("geography = {}", &["131041"], "131041", &["131041", "東京都", "関東地方", "*"]);
        check("prefecture = {}", &[], "13", &["東京都", "関東地方", "*"]);
        check("sex = {}", &["M", ""], "M", &["M", "*"]);
        check("flat = {}", &["x"], "unknown", &["unknown", "*"]);
    }

    #[test]
    fn what_is_no_kind_is_refused() {
        for no in [
            "",
            "icd11 = {}",
            "icd10 = {}\nyj = {}",
            "icd10 = { depth = 3 }",
            "intervals = { width = 'x' }",
            "icd10 = 3",
        ] {
            assert!(toml::from_str::<HierarchySpec>(no).is_err(), "{no}");
        }
        let ages: HierarchySpec = toml::from_str("birth_years = { from = 1000, to = 2000 }").unwrap();
        assert!(ages.over("born", []).unwrap_err().to_string().contains("1,000 years"));
    }

    #[test]
    fn a_blank_value_is_unknown_and_spellings_of_a_code_share_a_leaf() {
        let spec: HierarchySpec = toml::from_str("icd10 = {}").unwrap();
        let column: ColumnValues = ["E119", "E11.9", "", " "].into_iter().collect();
        let h = spec.build("h", &column, &BTreeMap::new()).unwrap();
        assert_eq!((h.leaves(), h.leaf("E119"), h.leaf("")), (2, h.leaf("E11.9"), h.leaf(UNKNOWN)));
        let file = h.over(column.texts()).unwrap();
        assert_eq!(file.leaves(), 3, "each spelling and the unknown leaf");
        let read = Hierarchy::from_arx_csv("h", &file.to_csv(';')).unwrap();
        assert_eq!(read.with_level_names(file.level_names()).unwrap().levels(), file.levels());
    }

    #[test]
    fn the_tables_of_a_geography_are_named_relative_to_the_description() {
        let mut spec: HierarchySpec = toml::from_str("geography = { medical_areas = 'areas.csv' }").unwrap();
        spec.resolve(Path::new("tables"));
        assert_eq!(spec.files().collect::<Vec<_>>(), [Path::new("tables/areas.csv")]);
        let column = ["13104"].into_iter().collect();
        assert!(spec.build("h", &column, &BTreeMap::new()).is_err());
        let files = BTreeMap::from([("tables/areas.csv".into(), "13104,区西部".to_owned())]);
        assert_eq!(path(&spec.build("h", &column, &files).unwrap(), "13104")[1], "区西部");
    }
}
