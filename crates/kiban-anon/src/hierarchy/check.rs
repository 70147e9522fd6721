//! Everything that is wrong with a hierarchy's file, not the first thing alone.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::{ColumnValues, LevelNames, Seen, UNKNOWN, csv};

/// What is wrong at one place of a hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HierarchyFault {
    /// The file has no row.
    Empty,
    /// A quotation mark does not end, so rows cannot be told apart.
    OpenQuote,
    /// The row has another number of levels than the first one.
    Ragged,
    /// A label is empty; ARX takes it for a group, silently.
    Hole,
    /// The leaf stands in an earlier row.
    RepeatedLeaf,
    /// The row shares a group with an earlier one and parts from it on the next level.
    NotNested,
    /// The label stands on a lower level for values outside this group.
    SameLabel,
    /// The label differs from an earlier one of its level in blanks, case or width alone.
    Lookalike,
    /// The file of names does not name each level once, in both languages.
    LevelNames,
    /// A value of the column has no leaf.
    NotALeaf,
}

impl HierarchyFault {
    /// Returns the word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::OpenQuote => "open-quote",
            Self::Ragged => "ragged",
            Self::Hole => "hole",
            Self::RepeatedLeaf => "repeated-leaf",
            Self::NotNested => "not-nested",
            Self::SameLabel => "same-label",
            Self::Lookalike => "lookalike",
            Self::LevelNames => "level-names",
            Self::NotALeaf => "not-a-leaf",
        }
    }
}

/// One thing that is wrong with a hierarchy, with its place and without its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct HierarchyFinding {
    /// The line of the hierarchy's file, from 1.
    pub line: Option<usize>,
    /// The level, 0 being the leaf's.
    pub level: Option<usize>,
    /// What is wrong.
    pub fault: HierarchyFault,
    /// The earlier line that it contradicts.
    pub earlier: Option<usize>,
    /// The first record of the column that holds the value, from 1 below the header.
    pub record: Option<u64>,
    /// How many records of the column hold it.
    pub records: Option<u64>,
}

impl HierarchyFinding {
    const fn new(fault: HierarchyFault) -> Self {
        Self { line: None, level: None, fault, earlier: None, record: None, records: None }
    }

    const fn at(fault: HierarchyFault, line: usize, level: usize) -> Self {
        Self { line: Some(line), level: Some(level), ..Self::new(fault) }
    }

    const fn against(self, earlier: usize) -> Self {
        Self { earlier: Some(earlier), ..self }
    }

    const fn in_column(seen: Seen) -> Self {
        let (record, records) = (Some(seen.first), Some(seen.records));
        Self { record, records, ..Self::new(HierarchyFault::NotALeaf) }
    }
}

/// What a check of a hierarchy's file found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HierarchyReport {
    /// Rows of the file.
    pub rows: usize,
    /// Levels of its first row.
    pub levels: usize,
    /// Everything that is wrong, by line and level; then what the column lacks, by record.
    pub findings: Vec<HierarchyFinding>,
}

/// Checks a hierarchy's text: complete against a column, nested, without holes, leaves once, labels apart, levels named.
///
/// ```
/// use kiban_anon::{HierarchyFault, check_hierarchy};
/// let report = check_hierarchy("1;low;*\n2;;*\n2;low;*\n", ';', None, None);
/// let found: Vec<_> = report.findings.iter().map(|one| (one.line, one.fault)).collect();
/// assert_eq!(found[..2], [(Some(2), HierarchyFault::Hole), (Some(3), HierarchyFault::RepeatedLeaf)]);
/// ```
pub fn check_hierarchy(
    text: &str,
    delimiter: char,
    names: Option<&LevelNames>,
    column: Option<&ColumnValues>,
) -> HierarchyReport {
    let Some(rows) = csv::rows(text, delimiter) else {
        return HierarchyReport {
            rows: 0,
            levels: 0,
            findings: vec![HierarchyFinding::new(HierarchyFault::OpenQuote)],
        };
    };
    let levels = rows.first().map_or(0, |row| row.cells.len());
    let mut findings = Vec::new();
    if rows.is_empty() {
        findings.push(HierarchyFinding::new(HierarchyFault::Empty));
    }
    names.into_iter().for_each(|names| level_names(names, levels, &mut findings));
    shape(&rows, levels, &mut findings);
    for level in 0..levels {
        nested(&rows, level, &mut findings);
        lookalikes(&rows, level, &mut findings);
        (level + 1..levels).for_each(|higher| same_label(&rows, level, higher, &mut findings));
    }
    findings.sort_unstable();
    findings.dedup_by_key(|one| (one.line, one.level, one.fault));
    let mut missing = column.map(|column| not_leaves(&rows, column)).unwrap_or_default();
    missing.sort_unstable();
    findings.append(&mut missing);
    HierarchyReport { rows: rows.len(), levels, findings }
}

fn level_names(names: &LevelNames, levels: usize, findings: &mut Vec<HierarchyFinding>) {
    let mut before: BTreeSet<&str> = BTreeSet::new();
    for (level, name) in names.level.iter().enumerate() {
        let is_new = before.insert(name.en.trim()) & (name.ja == name.en || before.insert(name.ja.trim()));
        if !is_new || name.en.trim().is_empty() || name.ja.trim().is_empty() {
            findings.push(HierarchyFinding { level: Some(level), ..HierarchyFinding::new(HierarchyFault::LevelNames) });
        }
    }
    if names.level.len() != levels {
        findings.push(HierarchyFinding::new(HierarchyFault::LevelNames));
    }
}

/// Finds rows of another length, holes and repeated leaves.
fn shape(rows: &[csv::Row], levels: usize, findings: &mut Vec<HierarchyFinding>) {
    let mut first_line: FxHashMap<&str, usize> = FxHashMap::default();
    for row in rows {
        if row.cells.len() != levels {
            findings.push(HierarchyFinding::at(HierarchyFault::Ragged, row.line, row.cells.len().saturating_sub(1)));
        }
        for (level, _) in row.cells.iter().enumerate().filter(|(_, cell)| cell.trim().is_empty()) {
            findings.push(HierarchyFinding::at(HierarchyFault::Hole, row.line, level));
        }
        let Some(leaf) = row.cells.first() else { continue };
        let earlier = *first_line.entry(leaf).or_insert(row.line);
        if earlier != row.line {
            findings.push(HierarchyFinding::at(HierarchyFault::RepeatedLeaf, row.line, 0).against(earlier));
        }
    }
}

/// Finds rows that part, on the next level, from the first row of their group. A leaf that stands twice is told as such.
fn nested(rows: &[csv::Row], level: usize, findings: &mut Vec<HierarchyFinding>) {
    if level == 0 {
        return;
    }
    let mut above: FxHashMap<&str, (&str, usize)> = FxHashMap::default();
    for row in rows {
        let (Some(label), Some(group)) = (row.cells.get(level), row.cells.get(level + 1)) else { continue };
        let (first, earlier) = *above.entry(label).or_insert((group, row.line));
        if first != group {
            findings.push(HierarchyFinding::at(HierarchyFault::NotNested, row.line, level).against(earlier));
        }
    }
}

/// Finds labels that differ from an earlier one in blanks, case or width alone; leaves may, where they share their group.
fn lookalikes(rows: &[csv::Row], level: usize, findings: &mut Vec<HierarchyFinding>) {
    let mut first: FxHashMap<String, (&csv::Row, &str)> = FxHashMap::default();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for row in rows {
        let Some(label) = row.cells.get(level).filter(|label| !label.trim().is_empty()) else { continue };
        let (earlier, spelled) = *first.entry(folded(label)).or_insert((row, label));
        let is_spelling = level == 0 && earlier.cells.get(1..) == row.cells.get(1..);
        if spelled != label && !is_spelling && told.insert(label) {
            findings.push(HierarchyFinding::at(HierarchyFault::Lookalike, row.line, level).against(earlier.line));
        }
    }
}

/// Returns a label without blanks, in small letters, with full-width signs of ASCII in half width.
fn folded(label: &str) -> String {
    let half = |c: char| match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    label.chars().filter(|c| !c.is_whitespace()).map(half).flat_map(char::to_lowercase).collect()
}

/// Finds labels of a higher level that stand on a lower one for values outside the group: one word for two things.
fn same_label(rows: &[csv::Row], level: usize, higher: usize, findings: &mut Vec<HierarchyFinding>) {
    let mut line_of: FxHashMap<&str, usize> = FxHashMap::default();
    for row in rows {
        if let Some(label) = row.cells.get(higher).filter(|label| !label.trim().is_empty()) {
            line_of.entry(label).or_insert(row.line);
        }
    }
    for row in rows {
        let (Some(low), Some(high)) = (row.cells.get(level), row.cells.get(higher)) else { continue };
        if let Some(line) = line_of.get(low.as_str()).filter(|_| low != high) {
            findings.push(HierarchyFinding::at(HierarchyFault::SameLabel, *line, higher).against(row.line));
        }
    }
}

fn not_leaves(rows: &[csv::Row], column: &ColumnValues) -> Vec<HierarchyFinding> {
    let leaves: BTreeSet<&str> = rows.iter().filter_map(|row| row.cells.first()).map(String::as_str).collect();
    let missing = column.missing().filter(|_| !leaves.contains(UNKNOWN)).into_iter();
    let unknown = column.iter().filter(|(text, _)| !leaves.contains(text) && !leaves.contains(text.trim()));
    missing.chain(unknown.map(|(_, seen)| seen)).map(HierarchyFinding::in_column).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{Hierarchy, LevelName},
        HierarchyFault as F, *,
    };

    fn check(text: &str, expect: &[(usize, usize, F)]) {
        let text = text.replace('|', "\n");
        let report = check_hierarchy(&text, ';', None, None);
        let found: Vec<_> =
            report.findings.iter().map(|one| (one.line.unwrap_or(0), one.level.unwrap_or(0), one.fault)).collect();
        assert_eq!(found, expect, "{text}");
        // What is sound can be built, and what cannot be built is not sound.
        if Hierarchy::from_arx_csv("h", &text).is_err() {
            assert!(!expect.is_empty(), "{text}");
        }
    }

    #[test]
    fn every_fault_is_found_at_its_line_and_level() {
        check("a;x;*|b;x;*|c;y;*", &[]);
        check("", &[(0, 0, F::Empty)]);
        check("\"a;*", &[(0, 0, F::OpenQuote)]);
        check("a;x;*|b;*||c;y;*;*", &[(2, 1, F::Ragged), (4, 3, F::Ragged)]);
        check("a;;*|;x;*|c;x; ", &[(1, 1, F::Hole), (2, 0, F::Hole), (3, 1, F::NotNested), (3, 2, F::Hole)]);
        check("a;x;*|b;x;*|a;x;*|a;y;*", &[(3, 0, F::RepeatedLeaf), (4, 0, F::RepeatedLeaf)]);
        check("a;x;p;*|b;x;q;*|c;x;q;*", &[(2, 1, F::NotNested), (3, 1, F::NotNested)]);
        check("a;x;*|x;y;*", &[(1, 1, F::SameLabel)]);
        check("a;x;*|b;X ;*|c;ｘ;*", &[(2, 1, F::Lookalike), (3, 1, F::Lookalike)]);
        check("a;x;*|A;x;*", &[]);
        check("a;x;*|A;y;*", &[(2, 0, F::Lookalike)]);
        check("\"a\nb\";x;*|c;;*", &[(3, 1, F::Hole)]);
    }

    #[test]
    fn a_code_may_be_its_own_category() {
        check("E11;E11;*|E11.9;E11;*|*;*;*", &[]);
    }

    #[test]
    fn the_column_tells_each_value_without_a_leaf_once() {
        let mut column = ColumnValues::default();
        [Some("a"), Some("q"), None, Some("b"), Some("q"), Some("z"), Some(" a")].iter().for_each(|v| column.push(*v));
        let told = |text: &str| {
            let report = check_hierarchy(text, ';', None, Some(&column));
            report.findings.iter().map(|one| (one.record.unwrap(), one.records.unwrap(), one.fault)).collect::<Vec<_>>()
        };
        assert_eq!(told("a;*\nb;*"), [(2, 2, F::NotALeaf), (3, 1, F::NotALeaf), (6, 1, F::NotALeaf)]);
        assert_eq!(told("a;*\nb;*\nq;*\nz;*\nunknown;*"), []);
    }

    #[test]
    fn names_must_be_one_for_each_level_and_apart() {
        let told = |names: &[(&str, &str)]| {
            let level = names.iter().map(|(en, ja)| LevelName::new(*en, *ja)).collect();
            let report = check_hierarchy("a;x;*", ';', Some(&LevelNames { level }), None);
            report.findings.iter().map(|one| (one.level, one.fault)).collect::<Vec<_>>()
        };
        assert_eq!(told(&[("value", "値"), ("group", "群"), ("all", "全体")]), []);
        assert_eq!(told(&[("value", "値"), ("all", "全体")]), [(None, F::LevelNames)]);
        assert_eq!(
            told(&[("value", "値"), ("value", "群"), ("all", " ")]),
            [(Some(1), F::LevelNames), (Some(2), F::LevelNames)]
        );
    }

    proptest! {
        /// The checker finds one of the builder's reasons exactly where the builder refuses.
        #[test]
        fn the_checker_and_the_builder_agree(rows in prop::collection::vec(prop::collection::vec("[a-c]", 1..4), 0..6)) {
            let text: String = rows.iter().map(|row| row.join(";") + "\n").collect();
            let report = check_hierarchy(&text, ';', None, None);
            let refused = report.findings.iter().any(|one| matches!(one.fault, F::Empty | F::Ragged | F::RepeatedLeaf | F::NotNested));
            prop_assert_eq!(Hierarchy::from_arx_csv("h", &text).is_err(), refused, "{}", text);
        }
    }
}
