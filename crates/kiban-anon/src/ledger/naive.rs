//! The smallest cells once more, by a road that shares nothing with the ledger.

use std::collections::HashMap;

use super::Cohort;

/// The smallest cells of some releases together; none where there is no such cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SmallestCells {
    /// Among persons who are in all of the releases.
    pub joint: Option<u64>,
    /// Among persons who are in some of them only.
    pub difference: Option<u64>,
    /// Among whole fields of the Venn diagram: persons who are in the same releases.
    pub cohort: Option<u64>,
}

/// Counts the smallest cells of releases by writing down for every person the class in each, sharing no code with the check.
pub fn smallest_cells(releases: &[&Cohort]) -> SmallestCells {
    let mut persons: HashMap<u64, Vec<Option<u32>>> = HashMap::new();
    for (place, release) in releases.iter().enumerate() {
        for (token, class) in release.persons() {
            let classes = persons.entry(*token).or_insert_with(|| vec![None; releases.len()]);
            if let Some(here) = classes.get_mut(place) {
                *here = Some(*class);
            }
        }
    }
    let mut cells: HashMap<&[Option<u32>], u64> = HashMap::new();
    let mut fields: HashMap<Vec<bool>, u64> = HashMap::new();
    for classes in persons.values() {
        *cells.entry(classes).or_insert(0) += 1;
        *fields.entry(classes.iter().map(Option::is_some).collect()).or_insert(0) += 1;
    }
    let smallest =
        |everywhere: bool| cells.iter().filter(|c| c.0.iter().all(Option::is_some) == everywhere).map(|c| *c.1).min();
    SmallestCells { joint: smallest(true), difference: smallest(false), cohort: fields.into_values().min() }
}
