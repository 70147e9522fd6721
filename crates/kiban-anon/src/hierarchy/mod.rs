//! Generalisation hierarchies: leaves and, level by level, the groups they fall into.

mod birth;
mod calendar;
mod check;
mod codes;
mod column;
mod csv;
mod decimal;
mod geography;
mod icd10;
mod intervals;
mod order;
mod place;
mod redaction;
mod spec;

use arrow_array::{
    Array, StringArray, UInt32Array,
    cast::AsArray,
    types::{Int16Type, Int32Type, Int64Type},
};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

pub use birth::BirthYears;
pub use calendar::{DateLevel, Dates};
pub use check::{HierarchyFault, HierarchyFinding, HierarchyReport, check_hierarchy};
pub use codes::CodeSystem;
pub use column::{ColumnValues, Seen};
pub use decimal::Decimal;
pub use geography::{Geography, LocalGovernmentCode};
pub use icd10::{Icd10Chapter, icd10_chapter};
pub use intervals::{IntervalLabels, Intervals};
pub use order::{Joining, Order};
pub use place::{Prefecture, Region};
pub use redaction::{End, Redaction};
pub use spec::{BirthYearBands, GeographyFiles, HierarchySpec};

use crate::error::{Error, Result};

/// The label of the group that holds everything.
pub const ANY: &str = "*";

/// The leaf that stands for a missing value in the built-in hierarchies.
pub const UNKNOWN: &str = "unknown";

/// What a level is called, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelName {
    /// In English, as it stands in a release's description.
    pub en: String,
    /// In Japanese.
    pub ja: String,
}

impl LevelName {
    /// Takes both names.
    pub fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self { en: en.into(), ja: ja.into() }
    }

    /// Returns the name of the level that holds everything.
    fn all() -> Self {
        Self::new("all", "全体")
    }
}

/// What each level of a hierarchy is called, leaf first: the file beside ARX's, whose form has no room for names.
///
/// A hierarchy `age.csv` has its names in `age.levels.toml`, one `[[level]]` with `en` and `ja` for each column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelNames {
    /// The levels, the leaf's first.
    pub level: Vec<LevelName>,
}

/// Names one level and says which group each leaf belongs to there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    name: LevelName,
    labels: Vec<String>,
    code_of_leaf: Vec<u32>,
    leaves_under: Vec<u32>,
}

impl Level {
    /// Returns the level's name, as it stands in a release's description.
    pub fn name(&self) -> &str {
        &self.name.en
    }

    /// Returns the level's name in both languages.
    pub const fn names(&self) -> &LevelName {
        &self.name
    }

    /// Returns the labels by code, in the order in which the leaves first reach them.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Returns the level's code of each leaf.
    pub fn codes(&self) -> &[u32] {
        &self.code_of_leaf
    }

    /// Returns how many leaves lie under each code.
    pub fn leaves_under(&self) -> &[u32] {
        &self.leaves_under
    }

    fn from_labels(name: LevelName, per_leaf: impl Iterator<Item = String>) -> Self {
        let mut level = Self { name, labels: Vec::new(), code_of_leaf: Vec::new(), leaves_under: Vec::new() };
        let mut codes: FxHashMap<String, u32> = FxHashMap::default();
        for label in per_leaf {
            let fresh = u32::try_from(level.labels.len()).unwrap_or(u32::MAX);
            let code = *codes.entry(label.clone()).or_insert(fresh);
            if code == fresh {
                level.labels.push(label);
                level.leaves_under.push(0);
            }
            if let Some(under) = usize::try_from(code).ok().and_then(|c| level.leaves_under.get_mut(c)) {
                *under += 1;
            }
            level.code_of_leaf.push(code);
        }
        level
    }
}

/// A checked generalisation hierarchy of one attribute.
///
/// Level 0 holds the leaves themselves. On every further level the groups only merge (they are nested), so a code of
/// one level determines the code of each level above, and class tables can be rolled up without the data.
///
/// ```
/// use kiban_anon::Hierarchy;
/// let rows = [["34", "30-39", "*"], ["38", "30-39", "*"], ["41", "40-49", "*"]];
/// let age = Hierarchy::from_rows("age", &["year", "decade", "all"], &rows.map(|r| r.map(String::from).to_vec()))?;
/// assert_eq!(age.label(1, 2), Some("40-49"));
/// # Ok::<(), kiban_anon::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Hierarchy {
    name: String,
    levels: Vec<Level>,
    leaf_of_value: FxHashMap<String, u32>,
}

impl Hierarchy {
    /// Builds a hierarchy from rows of labels, leaf first: the form in which ARX keeps its hierarchies.
    ///
    /// # Errors
    /// No rows, rows of different length, a repeated leaf, or levels that are not nested.
    pub fn from_rows(name: &str, level_names: &[&str], rows: &[Vec<String>]) -> Result<Self> {
        let names = level_names.iter().map(|name| LevelName::new(*name, *name)).collect();
        Self::from_named_rows(name, names, rows)
    }

    fn from_named_rows(name: &str, level_names: Vec<LevelName>, rows: &[Vec<String>]) -> Result<Self> {
        let hierarchy = || name.to_owned();
        let Some(depth) = rows.first().map(Vec::len).filter(|d| *d > 0) else {
            return Err(Error::NoLeaves { hierarchy: hierarchy() });
        };
        if let Some((row, bad)) = rows.iter().enumerate().find(|(_, r)| r.len() != depth) {
            return Err(Error::Ragged { hierarchy: hierarchy(), row, found: bad.len(), expected: depth });
        }
        let unnamed = (level_names.len()..depth).map(|n| LevelName::new(format!("level {n}"), format!("レベル{n}")));
        let levels: Vec<Level> = level_names
            .into_iter()
            .chain(unnamed)
            .take(depth)
            .enumerate()
            .map(|(level, title)| {
                Level::from_labels(title, rows.iter().map(|r| r.get(level).cloned().unwrap_or_default()))
            })
            .collect();
        let mut leaf_of_value = FxHashMap::default();
        for (row, leaf) in rows.iter().filter_map(|r| r.first()).enumerate() {
            let code = u32::try_from(row).unwrap_or(u32::MAX);
            if leaf_of_value.insert(leaf.clone(), code).is_some() {
                return Err(Error::RepeatedLeaf { hierarchy: hierarchy(), row });
            }
        }
        let built = Self { name: hierarchy(), levels, leaf_of_value };
        built.check_nested()?;
        Ok(built)
    }

    /// Gives the levels other names.
    ///
    /// # Errors
    /// More or fewer names than levels.
    pub fn with_level_names(mut self, names: LevelNames) -> Result<Self> {
        if names.level.len() != self.levels.len() {
            let (found, expected) = (names.level.len(), self.levels.len());
            return Err(Error::Lengths { what: "level names", found, expected });
        }
        self.levels.iter_mut().zip(names.level).for_each(|(level, name)| level.name = name);
        Ok(self)
    }

    /// Returns what the levels are called.
    pub fn level_names(&self) -> LevelNames {
        LevelNames { level: self.levels.iter().map(|level| level.name.clone()).collect() }
    }

    /// Returns the hierarchy whose leaves are these values as they are spelled, and the unknown leaf: what a file needs
    /// that others read, since they know of no other spellings. A value without a leaf is left out.
    ///
    /// # Errors
    /// As [`Hierarchy::from_rows`].
    pub fn over<'a>(&self, values: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let spelled = values.into_iter().filter(|value| !value.trim().is_empty()).filter_map(|value| {
            let groups = self.path(self.leaf(value)?).skip(1);
            Some([value.to_owned()].into_iter().chain(groups).collect())
        });
        let mut rows: Vec<Vec<String>> = spelled.collect();
        let named = |row: &Vec<String>| row.first().is_some_and(|leaf| leaf == UNKNOWN);
        if let Some(unknown) = self.leaf(UNKNOWN).filter(|_| !rows.iter().any(named)) {
            rows.push(self.path(unknown).collect());
        }
        Self::from_named_rows(&self.name, self.level_names().level, &rows)
    }

    /// Returns the labels of a leaf, level by level.
    fn path(&self, leaf: u32) -> impl Iterator<Item = String> {
        (0..self.levels.len()).filter_map(move |level| self.label(level, leaf).map(str::to_owned))
    }

    /// Builds a hierarchy of two levels: the values, and everything.
    ///
    /// # Errors
    /// As [`Hierarchy::from_rows`].
    pub fn flat(name: &str, values: &[&str]) -> Result<Self> {
        let rows: Vec<_> = values.iter().map(|v| vec![(*v).to_owned(), ANY.to_owned()]).collect();
        Self::from_named_rows(name, vec![LevelName::new("value", "値"), LevelName::all()], &rows)
    }

    /// Builds the hierarchy of administrative sex; it reads FHIR's words, the codes of claims (1, 2), HL7 v2 letters
    /// and the OMOP concept ids.
    ///
    /// # Errors
    /// None in practice; the signature is that of its siblings.
    pub fn sex(name: &str) -> Result<Self> {
        let mut built = Self::flat(name, &["male", "female", "other", UNKNOWN])?;
        let aliases = [
            ("male", ["M", "1", "8507", "男"]),
            ("female", ["F", "2", "8532", "女"]),
            ("other", ["O", "3", "8521", "その他"]),
            (UNKNOWN, ["U", "0", "8551", "不明"]),
        ];
        for (leaf, others) in aliases {
            others.iter().for_each(|alias| built.alias(alias, leaf));
        }
        Ok(built)
    }

    /// Lets another spelling stand for a leaf; an unknown leaf or a spelling already taken changes nothing.
    pub(crate) fn alias(&mut self, spelling: &str, leaf: &str) {
        if let Some(&code) = self.leaf_of_value.get(leaf) {
            self.leaf_of_value.entry(spelling.to_owned()).or_insert(code);
        }
    }

    /// Returns the name of the attribute.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the levels, most detailed first.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Returns the number of leaves.
    pub fn leaves(&self) -> usize {
        self.levels.first().map_or(0, |l| l.labels.len())
    }

    /// Returns the last level that still tells something: the one below the group that holds everything.
    pub fn last_telling_level(&self) -> usize {
        self.levels.iter().rposition(|l| l.labels.len() > 1).unwrap_or(0)
    }

    /// Returns the label of a leaf on a level.
    pub fn label(&self, level: usize, leaf: u32) -> Option<&str> {
        let level = self.levels.get(level)?;
        let code = *level.code_of_leaf.get(usize::try_from(leaf).ok()?)?;
        level.labels.get(usize::try_from(code).ok()?).map(String::as_str)
    }

    /// Returns the leaf that a value, in any known spelling, stands for.
    pub fn leaf(&self, value: &str) -> Option<u32> {
        self.leaf_of_value.get(value).or_else(|| self.leaf_of_value.get(value.trim())).copied()
    }

    /// Turns a column (`Utf8`, `Utf8View`, `Int16`, `Int32` or `Int64`) into leaf codes; missing values become the unknown leaf.
    ///
    /// # Errors
    /// A column of another type, or values that are no leaf: the hierarchy must be complete.
    pub fn encode(&self, column: &dyn Array) -> Result<UInt32Array> {
        if let Some(texts) = column.as_string_opt::<i32>() {
            return self.encode_all(texts.iter().map(|v| self.leaf(v.unwrap_or(UNKNOWN))));
        }
        if let Some(texts) = column.as_string_view_opt() {
            return self.encode_all(texts.iter().map(|v| self.leaf(v.unwrap_or(UNKNOWN))));
        }
        let numbers: Vec<Option<i64>> = if let Some(c) = column.as_primitive_opt::<Int64Type>() {
            c.iter().collect()
        } else if let Some(c) = column.as_primitive_opt::<Int32Type>() {
            c.iter().map(|v| v.map(i64::from)).collect()
        } else if let Some(c) = column.as_primitive_opt::<Int16Type>() {
            c.iter().map(|v| v.map(i64::from)).collect()
        } else {
            return Err(Error::ColumnType { what: self.name.clone() });
        };
        let mut seen: FxHashMap<Option<i64>, Option<u32>> = FxHashMap::default();
        self.encode_all(numbers.into_iter().map(|number| {
            *seen.entry(number).or_insert_with(|| match number {
                Some(n) => self.leaf(&n.to_string()),
                None => self.leaf(UNKNOWN),
            })
        }))
    }

    fn encode_all(&self, codes: impl Iterator<Item = Option<u32>>) -> Result<UInt32Array> {
        let (mut bad, mut first) = (0, 0);
        let codes: Vec<u32> = codes
            .enumerate()
            .map(|(row, code)| {
                if code.is_none() {
                    first = if bad == 0 { row } else { first };
                    bad += 1;
                }
                code.unwrap_or(0)
            })
            .collect();
        if bad > 0 {
            return Err(Error::NotALeaf { hierarchy: self.name.clone(), rows: bad, first });
        }
        Ok(codes.into())
    }

    /// Returns for each code of one level the code it falls into on a higher one.
    pub(crate) fn rise(&self, from: usize, to: usize) -> Vec<u32> {
        let (Some(low), Some(high)) = (self.levels.get(from), self.levels.get(to)) else { return Vec::new() };
        let mut map = vec![0; low.labels.len()];
        for (&l, &h) in low.code_of_leaf.iter().zip(&high.code_of_leaf).rev() {
            if let Some(slot) = usize::try_from(l).ok().and_then(|l| map.get_mut(l)) {
                *slot = h;
            }
        }
        map
    }

    fn check_nested(&self) -> Result<()> {
        for (level, pair) in self.levels.windows(2).enumerate() {
            let [low, high] = pair else { continue };
            let up = self.rise(level, level + 1);
            let parts = |(_, (l, h)): &(usize, (&u32, &u32))| up.get(**l as usize) != Some(*h);
            if let Some((row, _)) = low.code_of_leaf.iter().zip(&high.code_of_leaf).enumerate().find(parts) {
                return Err(Error::NotNested { hierarchy: self.name.clone(), row, level });
            }
        }
        Ok(())
    }
}

/// Tells whether a text says something: it is neither blank nor the word for a missing value.
fn is_value(text: &str) -> bool {
    !text.trim().is_empty() && text != UNKNOWN
}

/// Returns the row of the unknown leaf: it joins the others in everything alone.
fn unknown_row(levels: usize) -> Vec<String> {
    let below_top = std::iter::repeat_n(UNKNOWN.to_owned(), levels.saturating_sub(1));
    below_top.chain([ANY.to_owned()]).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
fn path(h: &Hierarchy, value: &str) -> Vec<String> {
    h.path(h.leaf(value).unwrap()).collect()
}

/// Returns the labels of leaf codes on a level as a column; codes outside the dictionary become null.
pub fn labels(hierarchy: &Hierarchy, level: usize, codes: &UInt32Array) -> StringArray {
    codes.iter().map(|code| code.and_then(|c| hierarchy.label(level, c))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use arrow_array::{Int32Array, Int64Array};

    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        text.split('|').map(|r| r.split(';').filter(|c| !c.is_empty()).map(String::from).collect()).collect()
    }

    #[test]
    fn each_kind_of_broken_hierarchy_is_named() {
        let build = |text| Hierarchy::from_rows("h", &[], &rows(text)).unwrap_err();
        let hierarchy = || "h".to_owned();
        assert_eq!(build(""), Error::NoLeaves { hierarchy: hierarchy() });
        assert_eq!(build("a;x;*|b;*"), Error::Ragged { hierarchy: hierarchy(), row: 1, found: 2, expected: 3 });
        assert_eq!(build("a;x|b;x|a;y"), Error::RepeatedLeaf { hierarchy: hierarchy(), row: 2 });
        assert_eq!(build("a;x;p|b;x;q"), Error::NotNested { hierarchy: hierarchy(), row: 1, level: 1 });
    }

    #[test]
    fn encoding_tells_how_many_values_have_no_leaf_but_not_which() {
        let flat = Hierarchy::flat("colour", &["red", "blue"]).unwrap();
        let error = flat.encode(&StringArray::from(vec![Some("red"), Some("green"), None])).unwrap_err();
        assert_eq!(error, Error::NotALeaf { hierarchy: "colour".into(), rows: 2, first: 1 });
        assert!(!error.to_string().contains("green"));
    }

    #[test]
    fn sex_is_read_in_every_spelling_and_missing_is_unknown() {
        let sex = Hierarchy::sex("sex").unwrap();
        let codes = sex.encode(&StringArray::from(vec![Some("M"), Some("female"), Some("2"), None])).unwrap();
        let shown = labels(&sex, 0, &codes);
        assert_eq!(shown, StringArray::from(vec!["male", "female", "female", "unknown"]));
        let view = arrow_array::StringViewArray::from(vec![Some("女"), Some(" F "), None]);
        assert_eq!(sex.encode(&view).unwrap().values(), &[1, 1, 3]);
        assert!(sex.encode(&arrow_array::Float64Array::from(vec![1.0])).is_err());
        assert_eq!(sex.encode(&Int32Array::from(vec![8507, 8532])).unwrap().values(), &[0, 1]);
        assert_eq!(sex.encode(&Int64Array::from(vec![Some(1), None])).unwrap().values(), &[0, 3]);
    }

    #[test]
    fn leaves_under_adds_up_to_all_leaves_on_every_level() {
        let h = Hierarchy::from_rows("h", &[], &rows("a;x;*|b;x;*|c;y;*")).unwrap();
        for level in h.levels() {
            assert_eq!(level.leaves_under().iter().sum::<u32>(), 3);
        }
        assert_eq!(h.levels()[1].leaves_under(), &[2, 1]);
        assert_eq!(h.rise(0, 1), vec![0, 0, 1]);
        assert_eq!(h.last_telling_level(), 1);
    }
}
