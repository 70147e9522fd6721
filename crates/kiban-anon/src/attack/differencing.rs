//! Differencing: somebody who holds two releases of the same table intersects the classes a person is in.

use arrow_array::Array;
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::rate::{Rate, Tally};
use crate::{
    error::{Error, Result},
    release::Generalised,
};

/// What two releases show together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Differencing {
    /// Persons whose joint class is smaller than k. Control: persons whose class in one of the two already is.
    pub below_k: Rate,
    /// Persons who are alone in their joint class, with the same control.
    pub unique: Rate,
    /// The smallest joint class; 0 if nobody is in either release.
    pub smallest: u64,
}

/// Returns the class of each person in a release, none for those who are not in it; equal texts are one class.
pub fn class_ids(released: &Generalised) -> Vec<Option<u32>> {
    let mut ids: FxHashMap<Vec<Option<&str>>, u32> = FxHashMap::default();
    let mut id = |row: usize| {
        if !(released.kept.is_valid(row) && released.kept.value(row)) {
            return None;
        }
        let texts = released.columns.iter().map(|c| c.is_valid(row).then(|| c.value(row))).collect();
        let fresh = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        Some(*ids.entry(texts).or_insert(fresh))
    };
    (0..released.kept.len()).map(&mut id).collect()
}

/// Intersects the classes of two releases, given per person of the table.
///
/// Who is in one release and not in the other is among those of the same class who are not either: absence is seen, too.
/// Who is in neither is not counted.
///
/// # Errors
/// Releases of different numbers of persons.
pub fn differencing(first: &[Option<u32>], second: &[Option<u32>], k: u64) -> Result<Differencing> {
    if first.len() != second.len() {
        let (found, expected) = (second.len(), first.len());
        return Err(Error::Lengths { what: "persons of the second release", found, expected });
    }
    let persons = || first.iter().copied().zip(second.iter().copied()).filter(|p| *p != (None, None));
    let joint = sizes(persons());
    let (alone_first, alone_second) = (sizes(first.iter().flatten()), sizes(second.iter().flatten()));
    let (mut below, mut below_already) = (Tally::default(), Tally::default());
    let (mut unique, mut unique_already) = (Tally::default(), Tally::default());
    let yes = |holds: bool| if holds { 1.0 } else { 0.0 };
    for (a, b) in persons() {
        let together = joint.get(&(a, b)).copied().unwrap_or(0);
        let of_first = a.and_then(|a| alone_first.get(&a)).copied();
        let of_second = b.and_then(|b| alone_second.get(&b)).copied();
        let already = of_first.into_iter().chain(of_second).min().unwrap_or(0);
        below.add(yes(together < k));
        below_already.add(yes(already < k));
        unique.add(yes(together == 1));
        unique_already.add(yes(already == 1));
    }
    let smallest = joint.values().min().copied().unwrap_or(0);
    Ok(Differencing { below_k: below.beside(below_already), unique: unique.beside(unique_already), smallest })
}

fn sizes<T: std::hash::Hash + Eq>(classes: impl Iterator<Item = T>) -> FxHashMap<T, u64> {
    let mut sizes = FxHashMap::default();
    classes.for_each(|class| *sizes.entry(class).or_insert(0) += 1);
    sizes
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_harmless_releases_single_a_person_out_together() {
        let first = [0, 0, 0, 1, 1].map(Some);
        let second = [Some(0), Some(0), Some(1), Some(1), None];
        let found = differencing(&first, &second, 2).unwrap();
        // Together: two who are (0, 0), one (0, 1), one (1, 1), one (1, absent).
        assert_eq!((found.below_k.attempts, found.below_k.successes, found.below_k.control), (5, 3.0, 0.0));
        assert_eq!((found.unique.share, found.smallest), (0.6, 1));
        assert!(differencing(&first, &second[..4], 2).is_err());
        assert_eq!(differencing(&[None], &[None], 2).unwrap().smallest, 0);
    }

    proptest! {
        #[test]
        fn joint_classes_are_those_counted_pair_by_pair(
            rows in proptest::collection::vec((0_u32..4, 0_u32..4), 0..40), k in 1_u64..5,
        ) {
            let id = |n: u32| (n < 3).then_some(n);
            let (first, second): (Vec<_>, Vec<_>) = rows.iter().map(|r| (id(r.0), id(r.1))).unzip();
            let found = differencing(&first, &second, k).unwrap();
            let seen: Vec<_> = rows.iter().filter(|r| r.0 < 3 || r.1 < 3).collect();
            let below = seen.iter().filter(|r| (seen.iter().filter(|o| o == r).count() as u64) < k).count();
            prop_assert_eq!((found.below_k.attempts, found.below_k.successes), (seen.len() as u64, below as f64));
            prop_assert!(found.below_k.share >= found.below_k.control);
        }
    }
}
