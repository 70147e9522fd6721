//! Rare codes 特異な記述等: rolled up along their tree until enough persons share what is released, or suppressed.

use std::collections::BTreeMap;

use arrow_array::{Array, Int64Array, StringArray, UInt32Array};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use crate::{
    error::{Error, Result},
    hierarchy::Hierarchy,
};

/// What became of one code that occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeOutcome {
    /// The leaf of the hierarchy.
    pub leaf: u32,
    /// Persons who have the code.
    pub persons: u64,
    /// What is released in its place; `None` says that no allowed group reached the floor.
    pub released: Option<ReleasedCode>,
}

/// The group under which a code is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleasedCode {
    /// The level in the hierarchy on which enough persons were found.
    pub level: usize,
    /// Whether the label is the code's own.
    pub as_sent: bool,
    /// The label in the release.
    pub label: String,
    /// Persons who have any code that is released under this label.
    pub persons: u64,
}

/// Tells for every code what is released: each released label is held by at least the floor's number of persons.
///
/// It is regulated data (it says what was removed) and never leaves with the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeMap {
    outcomes: Vec<CodeOutcome>,
    of_leaf: Vec<Option<usize>>,
}

impl CodeMap {
    /// Decides for every code from the pairs (person, code), in any order and as often repeated as they are.
    ///
    /// A code is rolled up to the level `highest` at most (SEED-58, ordinance item 4); [`Hierarchy::last_telling_level`]
    /// is the last that makes sense.
    ///
    /// # Errors
    /// Columns of different length, missing values, codes outside the hierarchy, or a floor of 0.
    pub fn new(
        hierarchy: &Hierarchy,
        persons: &Int64Array,
        codes: &UInt32Array,
        floor: u32,
        highest: usize,
    ) -> Result<Self> {
        if floor == 0 {
            return Err(Error::BadParameter { what: "floor".to_owned(), why: "at least one person has a code" });
        }
        let pairs = distinct(hierarchy, persons, codes)?;
        let floor = usize::try_from(floor).unwrap_or(usize::MAX);
        let placed = place(hierarchy, &pairs, floor, highest);
        Ok(Self::describe(hierarchy, &pairs, &placed))
    }

    /// Counts once more, from the pairs, who has each released label.
    fn describe(hierarchy: &Hierarchy, pairs: &[(u32, i64)], placed: &BTreeMap<u32, Option<usize>>) -> Self {
        let label = |leaf: u32| placed.get(&leaf).copied().flatten().and_then(|level| hierarchy.label(level, leaf));
        let mut holders: Vec<(&str, i64)> = pairs.iter().filter_map(|(c, p)| Some((label(*c)?, *p))).collect();
        holders.sort_unstable();
        holders.dedup();
        let mut persons_of: FxHashMap<&str, u64> = FxHashMap::default();
        holders.iter().for_each(|(label, _)| *persons_of.entry(label).or_insert(0) += 1);
        let mut of_leaf = vec![None; hierarchy.leaves()];
        let mut outcomes = Vec::with_capacity(placed.len());
        for chunk in pairs.chunk_by(|a, b| a.0 == b.0) {
            let Some((leaf, _)) = chunk.first().copied() else { continue };
            let level = placed.get(&leaf).copied().flatten();
            let released = level.zip(label(leaf)).map(|(level, label)| ReleasedCode {
                level,
                as_sent: hierarchy.label(0, leaf) == Some(label),
                label: label.to_owned(),
                persons: persons_of.get(label).copied().unwrap_or(0),
            });
            if let Some(slot) = of_leaf.get_mut(leaf as usize) {
                *slot = Some(outcomes.len());
            }
            outcomes.push(CodeOutcome { leaf, persons: chunk.len() as u64, released });
        }
        Self { outcomes, of_leaf }
    }

    /// Returns what became of each code that occurs, by leaf.
    pub fn outcomes(&self) -> &[CodeOutcome] {
        &self.outcomes
    }

    /// Counts the codes released as they are, rolled up, and suppressed.
    pub fn counts(&self) -> RareCounts {
        let mut counts = RareCounts::default();
        for outcome in &self.outcomes {
            match &outcome.released {
                Some(released) if released.as_sent => counts.kept += 1,
                Some(_) => counts.rolled_up += 1,
                None => counts.suppressed += 1,
            }
        }
        counts
    }

    /// Returns the released label per row, null where the code is suppressed or was never counted.
    pub fn apply(&self, codes: &UInt32Array) -> StringArray {
        let label = |code: Option<u32>| {
            let outcome = self.of_leaf.get(code? as usize).copied().flatten()?;
            self.outcomes.get(outcome)?.released.as_ref().map(|r| r.label.as_str())
        };
        codes.iter().map(label).collect()
    }
}

/// How many codes were kept, rolled up and suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct RareCounts {
    /// Released as they are.
    pub kept: u64,
    /// Released under a wider group.
    pub rolled_up: u64,
    /// Not released.
    pub suppressed: u64,
}

fn distinct(hierarchy: &Hierarchy, persons: &Int64Array, codes: &UInt32Array) -> Result<Vec<(u32, i64)>> {
    if persons.len() != codes.len() {
        return Err(Error::Lengths { what: "codes", found: codes.len(), expected: persons.len() });
    }
    let outside =
        |row: usize| persons.is_null(row) || codes.is_null(row) || codes.value(row) as usize >= hierarchy.leaves();
    if let Some(row) = (0..codes.len()).find(|row| outside(*row)) {
        return Err(Error::CodeOutOfRange { column: 0, row });
    }
    let mut pairs: Vec<_> = codes.values().iter().copied().zip(persons.values().iter().copied()).collect();
    pairs.sort_unstable();
    pairs.dedup();
    Ok(pairs)
}

/// Finds the level of every code that occurs: the lowest on which enough persons share the label, `None` if there is none.
///
/// Level by level, the codes still too rare are grouped by their label. A group that reaches the floor, or joins a label
/// that already did, is settled with all its codes; settled labels only gain persons, so one pass is stable.
fn place(hierarchy: &Hierarchy, pairs: &[(u32, i64)], floor: usize, highest: usize) -> BTreeMap<u32, Option<usize>> {
    let mut placed = BTreeMap::new();
    let mut settled: FxHashSet<&str> = FxHashSet::default();
    let mut rare: Vec<&[(u32, i64)]> = pairs.chunk_by(|a, b| a.0 == b.0).collect();
    for level in 0..=highest {
        let mut groups: BTreeMap<&str, Vec<&[(u32, i64)]>> = BTreeMap::new();
        for holders in std::mem::take(&mut rare) {
            if let Some(label) = holders.first().and_then(|(leaf, _)| hierarchy.label(level, *leaf)) {
                groups.entry(label).or_default().push(holders);
            }
        }
        for (label, codes) in groups {
            if settled.contains(label) || persons_of(&codes) >= floor {
                settled.insert(label);
                placed.extend(codes.iter().filter_map(|c| c.first()).map(|(leaf, _)| (*leaf, Some(level))));
            } else {
                rare.extend(codes);
            }
        }
    }
    placed.extend(rare.iter().filter_map(|c| c.first()).map(|(leaf, _)| (*leaf, None)));
    placed
}

fn persons_of(codes: &[&[(u32, i64)]]) -> usize {
    if let [only] = codes {
        return only.len();
    }
    codes.iter().flat_map(|c| c.iter().map(|p| p.1)).collect::<FxHashSet<_>>().len()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::CodeSystem;

    const CODES: [&str; 9] = ["E11", "E11.0", "E11.9", "E10.1", "I10", "I11", "I20.0", "Q87.1", "Z99.9"];

    fn map(pairs: &[(i64, &str)], floor: u32) -> (Hierarchy, UInt32Array, CodeMap) {
        let tree = CodeSystem::Icd10.hierarchy("condition", CODES).unwrap();
        let codes = tree.encode(&StringArray::from_iter_values(pairs.iter().map(|p| p.1))).unwrap();
        let persons = Int64Array::from_iter_values(pairs.iter().map(|p| p.0));
        let map = CodeMap::new(&tree, &persons, &codes, floor, tree.last_telling_level()).unwrap();
        (tree, codes, map)
    }

    fn shown(pairs: &[(i64, &str)], floor: u32) -> Vec<Option<String>> {
        let (_, codes, map) = map(pairs, floor);
        map.apply(&codes).iter().map(|l| l.map(str::to_owned)).collect()
    }

    #[test]
    fn rare_codes_climb_until_enough_persons_share_them() {
        let pairs =
            [(1, "E11.0"), (2, "E11.0"), (1, "E11.9"), (3, "E11.9"), (9, "Q87.1"), (4, "I10"), (5, "I10"), (6, "I10")];
        let e11 = || Some("E11".to_owned());
        let i10 = || Some("I10".to_owned());
        assert_eq!(shown(&pairs, 3), [e11(), e11(), e11(), e11(), None, i10(), i10(), i10()]);
    }

    #[test]
    fn one_persons_many_visits_count_once() {
        assert_eq!(shown(&[(1, "I10"), (1, "I10"), (1, "I11"), (1, "I20.0")], 2), [None, None, None, None]);
    }

    #[test]
    fn a_category_sent_as_such_waits_for_its_subcodes() {
        let (_, _, map) = map(&[(1, "E11"), (2, "E11.0"), (3, "E11.9")], 3);
        let labels: Vec<_> = map.outcomes().iter().map(|o| o.released.clone().unwrap()).collect();
        assert!(labels.iter().all(|r| r.label == "E11" && r.persons == 3), "{labels:?}");
        assert_eq!(map.counts(), RareCounts { kept: 1, rolled_up: 2, suppressed: 0 });
    }

    #[test]
    fn a_rare_code_joins_a_group_that_is_large_without_it() {
        let pairs = [(1, "I10"), (2, "I11"), (3, "I10"), (4, "I11"), (9, "I20.0")];
        let (_, _, map) = map(&pairs, 5);
        let chapter = map.outcomes().last().unwrap().released.clone().unwrap();
        assert_eq!((chapter.label.as_str(), chapter.persons), ("IX (I00-I99)", 5));
    }

    #[test]
    fn broken_input_is_refused() {
        let tree = CodeSystem::Icd10.hierarchy("condition", CODES).unwrap();
        let build = |codes: Vec<Option<u32>>, floor| {
            CodeMap::new(&tree, &Int64Array::from(vec![1]), &UInt32Array::from(codes), floor, 4)
        };
        assert!(build(vec![Some(99)], 3).is_err() && build(vec![None], 3).is_err());
        assert!(build(vec![Some(0), Some(1)], 3).is_err() && build(vec![Some(0)], 0).is_err());
    }

    proptest! {
        #[test]
        fn every_released_code_is_held_by_enough_persons(
            rows in proptest::collection::vec((0_i64..12, 0_usize..CODES.len()), 0..60), floor in 1_u32..6,
        ) {
            let pairs: Vec<_> = rows.iter().map(|(p, c)| (*p, CODES[*c])).collect();
            let labels = shown(&pairs, floor);
            let mut holders: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
            for ((person, _), label) in pairs.iter().zip(&labels) {
                if let Some(label) = label {
                    holders.entry(label).or_default().insert(*person);
                }
            }
            prop_assert!(holders.values().all(|h| h.len() >= floor as usize), "{holders:?}");
            let (_, _, map) = map(&pairs, floor);
            for released in map.outcomes().iter().filter_map(|o| o.released.as_ref()) {
                prop_assert_eq!(released.persons as usize, holders[released.label.as_str()].len());
            }
        }
    }
}
