//! Local suppression 局所的な削除: single cells are emptied until nobody stands out.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What an empty cell is worth when classes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Empty {
    /// It is a value of its own: k persons share the very same released cells. An adversary who knows all about a person
    /// then finds k who could be that person.
    #[default]
    OwnValue,
    /// It matches anything, as sdcMicro counts (α = 1): fewer cells go, but somebody who knows what was emptied may find fewer
    /// than k, because records that differ there were counted.
    Wildcard,
}

/// Chooses the cells to empty so that every record has k that match it; returns per row the columns to empty, as bits.
///
/// All sets of columns are tried from the least weight on. [`Empty::Wildcard`]: a record takes the first set on whose other columns k
/// records of the *input* agree with it. That is the least weight for which the record needs no help from cells emptied
/// elsewhere, and what others lose can only add matches. [`Empty::OwnValue`]: those who were not served yet and agree
/// on the other columns take the set if they are k. Who is left over at the end has everything emptied, joined by as
/// many of the most emptied records as k needs.
///
/// # Errors
/// Fewer than k rows, more than 16 columns, or weights that are not above 0.
pub(crate) fn local(codes: &[Vec<u32>], weights: &[f64], k: usize, empty: Empty) -> Result<Vec<u32>> {
    let rows = codes.first().map_or(0, Vec::len);
    let wrong = |why| Err(Error::BadParameter { what: "local suppression".to_owned(), why });
    if codes.len() > 16 {
        return wrong("at most 16 columns can be treated together");
    }
    if weights.len() != codes.len() || weights.iter().any(|w| !(*w > 0.0 && w.is_finite())) {
        return wrong("give each column a weight above 0");
    }
    if rows < k {
        return wrong("the table has fewer than k rows");
    }
    let table = Packed::new(codes)?;
    let sets = Sets::new(weights);
    let tuples = table.tuples();
    let mut chosen: Vec<Option<u32>> = vec![None; tuples.len()];
    let mut open: Vec<usize> = (0..tuples.len()).collect();
    for set in sets.by_weight() {
        let kept = table.kept(set);
        let counted = if empty == Empty::OwnValue { &open } else { &(0..tuples.len()).collect() };
        let counts = counts(counted.iter().filter_map(|at| tuples.get(*at)).map(|t| (t.0 & kept, t.1)));
        open.retain(|at| {
            let served = tuples.get(*at).is_some_and(|t| counts.get(&(t.0 & kept)).is_some_and(|n| *n >= k));
            if served {
                chosen.iter_mut().skip(*at).take(1).for_each(|c| *c = Some(set));
            }
            !served
        });
        if open.is_empty() {
            break;
        }
    }
    let place: FxHashMap<u128, usize> = tuples.iter().zip(0..).map(|(t, at)| (t.0, at)).collect();
    let set_of = |word: &u128| place.get(word).and_then(|at| chosen.get(*at)).copied().flatten();
    let mut emptied: Vec<u32> = table.words.iter().map(|word| set_of(word).unwrap_or(sets.all())).collect();
    if empty == Empty::OwnValue {
        fill_up(&table, &sets, &mut emptied, k);
    }
    Ok(emptied)
}

/// Empties further records until those without any cell left are none or k: first from classes that can spare one, the most
/// emptied first, then whole classes.
fn fill_up(table: &Packed, sets: &Sets<'_>, emptied: &mut [u32], k: usize) {
    let all = sets.all();
    let mut bare = emptied.iter().filter(|set| **set == all).count();
    if bare == 0 || bare >= k {
        return;
    }
    let class = |row: usize, set: u32| (set, table.words.get(row).copied().unwrap_or(0) & table.kept(set));
    let mut sizes: FxHashMap<(u32, u128), usize> = FxHashMap::default();
    emptied.iter().enumerate().for_each(|(row, set)| *sizes.entry(class(row, *set)).or_insert(0) += 1);
    let mut order: Vec<(usize, u32)> = emptied.iter().copied().enumerate().filter(|(_, set)| *set != all).collect();
    order.sort_by(|a, b| sets.weight(b.1).total_cmp(&sets.weight(a.1)).then(class(a.0, a.1).cmp(&class(b.0, b.1))));
    for whole in [1, 0] {
        for (row, set) in &order {
            let Some(size) = sizes.get_mut(&class(*row, *set)) else { continue };
            // A class that is broken up goes wholly, even if k is reached before.
            let spare = if whole == 1 { bare < k && *size > k } else { bare < k || *size < k };
            if spare && emptied.get(*row) != Some(&all) {
                *size -= 1;
                bare += 1;
                emptied.iter_mut().skip(*row).take(1).for_each(|e| *e = all);
            }
        }
    }
}

fn counts(words: impl Iterator<Item = (u128, usize)>) -> FxHashMap<u128, usize> {
    let mut counts = FxHashMap::default();
    words.for_each(|(word, n)| *counts.entry(word).or_insert(0) += n);
    counts
}

/// The sets of columns and what they weigh.
struct Sets<'a> {
    weights: &'a [f64],
}

impl<'a> Sets<'a> {
    fn new(weights: &'a [f64]) -> Self {
        Self { weights }
    }

    fn all(&self) -> u32 {
        (1 << self.weights.len()) - 1
    }

    fn weight(&self, set: u32) -> f64 {
        self.weights.iter().enumerate().filter(|(column, _)| set >> column & 1 == 1).map(|(_, w)| w).sum()
    }

    fn by_weight(&self) -> Vec<u32> {
        let mut sets: Vec<u32> = (0..=self.all()).collect();
        sets.sort_by(|a, b| self.weight(*a).total_cmp(&self.weight(*b)).then(a.cmp(b)));
        sets
    }
}

/// Records as words, a field per column.
struct Packed {
    words: Vec<u128>,
    fields: Vec<u128>,
}

impl Packed {
    fn new(codes: &[Vec<u32>]) -> Result<Self> {
        let mut words = vec![0; codes.first().map_or(0, Vec::len)];
        let (mut fields, mut bits) = (Vec::new(), 0);
        for column in codes {
            let width = u32::BITS - column.iter().max().map_or(0, |most| *most).leading_zeros();
            if bits + width > u128::BITS {
                return Err(Error::TooWide { bits: bits + width });
            }
            words
                .iter_mut()
                .zip(column)
                .for_each(|(word, code)| *word |= u128::from(*code).checked_shl(bits).unwrap_or(0));
            fields.push(((1_u128 << width) - 1).checked_shl(bits).unwrap_or(0));
            bits += width;
        }
        Ok(Self { words, fields })
    }

    /// Returns the fields that stay where a set of columns is emptied.
    fn kept(&self, set: u32) -> u128 {
        self.fields.iter().enumerate().filter(|(column, _)| set >> column & 1 == 0).fold(0, |all, (_, f)| all | f)
    }

    /// Returns the distinct records and how often each stands, in order.
    fn tuples(&self) -> Vec<(u128, usize)> {
        let mut sorted = self.words.clone();
        sorted.sort_unstable();
        sorted.chunk_by(|a, b| a == b).filter_map(|alike| Some((*alike.first()?, alike.len()))).collect()
    }
}

/// Counts for the released records the fewest that match one of them; an empty cell is `None`.
///
/// It knows nothing of how the cells were chosen. Rows of one pattern of empty cells are counted together.
pub(crate) fn fewest_matches(cells: &[Vec<Option<u32>>], empty: Empty) -> Result<Option<usize>> {
    let codes: Vec<Vec<u32>> = cells.iter().map(|c| c.iter().map(|v| v.map_or(0, |v| v + 1)).collect()).collect();
    let table = Packed::new(&codes)?;
    if empty == Empty::OwnValue {
        return Ok(table.tuples().iter().map(|t| t.1).min());
    }
    let fields = |word: u128| table.fields.iter().filter(|field| word & **field != 0).fold(0, |all, field| all | field);
    let mut patterns: std::collections::BTreeMap<u128, Vec<(u128, usize)>> = std::collections::BTreeMap::new();
    table.tuples().into_iter().for_each(|tuple| patterns.entry(fields(tuple.0)).or_default().push(tuple));
    let mut fewest = None;
    for (mine, tuples) in &patterns {
        let mut matches = vec![0; tuples.len()];
        for (theirs, others) in &patterns {
            let both = mine & theirs;
            let counts = counts(others.iter().map(|(word, n)| (word & both, *n)));
            for (sum, (word, _)) in matches.iter_mut().zip(tuples) {
                *sum += counts.get(&(word & both)).copied().unwrap_or(0);
            }
        }
        fewest = fewest.into_iter().chain(matches).min();
    }
    Ok(fewest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn released(codes: &[Vec<u32>], emptied: &[u32]) -> Vec<Vec<Option<u32>>> {
        let cell = |c: usize, r: usize| (emptied[r] >> c & 1 == 0).then_some(codes[c][r]);
        (0..codes.len()).map(|c| (0..emptied.len()).map(|r| cell(c, r)).collect()).collect()
    }

    fn compared(cells: &[Vec<Option<u32>>], empty: Empty) -> Option<usize> {
        let rows = cells[0].len();
        let alike = |a: Option<u32>, b: Option<u32>| a == b || empty == Empty::Wildcard && (a.is_none() || b.is_none());
        let matches = |a: usize| (0..rows).filter(|b| cells.iter().all(|c| alike(c[a], c[*b]))).count();
        (0..rows).map(matches).min()
    }

    proptest! {
        #[test]
        fn everybody_has_k_that_match_and_the_count_is_right(
            rows in proptest::collection::vec(proptest::collection::vec(0_u32..4, 3), 1..40), k in 1_usize..6, own: bool,
        ) {
            let codes: Vec<Vec<u32>> = (0..3).map(|c| rows.iter().map(|r| r[c]).collect()).collect();
            let empty = if own { Empty::OwnValue } else { Empty::Wildcard };
            let Ok(emptied) = local(&codes, &[1.0, 2.0, 1.5], k, empty) else {
                prop_assert!(rows.len() < k);
                return Ok(());
            };
            let cells = released(&codes, &emptied);
            prop_assert!(compared(&cells, empty).unwrap() >= k);
            for empty in [Empty::OwnValue, Empty::Wildcard] {
                prop_assert_eq!(fewest_matches(&cells, empty).unwrap(), compared(&cells, empty));
            }
        }
    }

    #[test]
    fn the_lighter_column_goes_and_only_where_it_must() {
        let codes = [vec![0, 0, 0, 0, 1], vec![0, 0, 1, 1, 1]];
        let check = |weights: [f64; 2], empty| local(&codes, &weights, 2, empty).unwrap();
        assert_eq!(check([1.0, 2.0], Empty::Wildcard), [0, 0, 0, 0, 1]);
        // Alone with an empty first cell, so everything of it goes, and of one pair, which has none to spare.
        let own = check([1.0, 2.0], Empty::OwnValue);
        assert_eq!((own[4], own.iter().filter(|set| **set == 3).count()), (3, 3));
    }

    #[test]
    fn a_record_that_stands_alone_is_seen() {
        let cells = [vec![Some(0), Some(0), None], vec![Some(1), Some(1), Some(2)]];
        assert_eq!(fewest_matches(&cells, Empty::OwnValue), Ok(Some(1)));
        assert_eq!(fewest_matches(&cells, Empty::Wildcard), Ok(Some(1)));
        assert!(local(&[vec![0]], &[1.0], 2, Empty::OwnValue).is_err());
        assert!(local(&[vec![0, 0]], &[0.0], 2, Empty::OwnValue).is_err());
        assert!(local(&vec![vec![0, 0]; 17], &[1.0; 17], 2, Empty::OwnValue).is_err());
    }
}
