//! Rare courses: codes that are common each by itself, and rare together or in this order.

use std::collections::BTreeSet;

use arrow_array::{Date32Array, Int64Array, UInt32Array};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Peculiarity, Reason};
use crate::{
    error::{Error, Result},
    fingerprint::{Events, mix_wide},
};

/// Combinations counted in one pass; more are counted in several, so memory stays bounded.
const COMBINATIONS_PER_PASS: u64 = 1 << 25;

/// Finds pairs of codes in one person that fewer than `fewest` persons have, although each code has as many or more.
///
/// The rows are sorted by person; the order within a person does not matter.
///
/// # Errors
/// Columns of different length, with missing values, or not sorted by person.
pub fn rare_pairs(persons: &Int64Array, codes: &UInt32Array, fewest: u32) -> Result<Vec<Peculiarity>> {
    let same_day = Date32Array::from_value(0, persons.len());
    let events = Events::new(persons, codes, &same_day)?;
    let common = common_codes(events, fewest);
    let of = |codes: &[u32], _: &[i32]| {
        let mut own: Vec<u32> = codes.iter().copied().filter(|c| common.contains(c)).collect();
        own.sort_unstable();
        own.dedup();
        own
    };
    let combine = |own: &[u32], each: &mut dyn FnMut(&[u32])| {
        for (place, first) in own.iter().enumerate() {
            own.iter().skip(place + 1).for_each(|second| each(&[*first, *second]));
        }
    };
    Ok(rare(events, fewest, Reason::RarePair, of, combine))
}

/// Finds runs of 2 or 3 codes that fewer than `fewest` persons met in this order, although each code has as many or more.
///
/// A person's course is their common codes in the order of first occurrence; codes that came on one day stand in their
/// numbers' order. A run is consecutive in it. The rows are sorted by person, then date.
///
/// # Errors
/// Columns that are not so, or a length other than 2 or 3.
pub fn rare_sequences(
    persons: &Int64Array,
    codes: &UInt32Array,
    dates: &Date32Array,
    length: u8,
    fewest: u32,
) -> Result<Vec<Peculiarity>> {
    if !(2..=3).contains(&length) {
        return Err(Error::BadParameter { what: "rare sequences".to_owned(), why: "a sequence has 2 or 3 codes" });
    }
    let events = Events::new(persons, codes, dates)?;
    let common = common_codes(events, fewest);
    let of = |codes: &[u32], dates: &[i32]| {
        let mut own: Vec<(i32, u32)> = dates.iter().copied().zip(codes.iter().copied()).collect();
        own.sort_unstable();
        let mut met = FxHashSet::default();
        own.into_iter().map(|event| event.1).filter(|code| common.contains(code) && met.insert(*code)).collect()
    };
    let combine = |own: &[u32], each: &mut dyn FnMut(&[u32])| own.windows(usize::from(length)).for_each(each);
    Ok(rare(events, fewest, Reason::RareSequence, of, combine))
}

/// Counts rare courses of any number of persons in two readings, in memory that grows with the codes and not with the
/// persons.
///
/// Each person's codes are given once, in the order in which they were first met, and each is common by itself. Pairs are
/// of any two codes of a person, sequences of two that follow each other. One study looks at one of several parts of all
/// combinations; those of all parts together are all.
#[derive(Debug)]
pub struct CourseStudy {
    fewest: u32,
    part: u64,
    parts: u64,
    pairs: FxHashMap<u64, u32>,
    sequences: FxHashMap<u64, u32>,
}

/// Persons who stand out by their course.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RareCourses {
    /// By two codes that few have both.
    pub pairs: BTreeSet<i64>,
    /// By two codes that came to few in this order.
    pub sequences: BTreeSet<i64>,
}

impl CourseStudy {
    /// Begins the study of one part of the combinations: what fewer than `fewest` persons have is rare.
    pub fn new(fewest: u32, part: u64, parts: u64) -> Self {
        Self { fewest, part, parts: parts.max(1), pairs: FxHashMap::default(), sequences: FxHashMap::default() }
    }

    /// Returns into how many parts the combinations of so many codes should be divided.
    pub fn parts(codes: u64) -> u64 {
        (codes * codes).div_ceil(COMBINATIONS_PER_PASS).max(1)
    }

    /// Reads persons for the first time; a person's rows are all in one call.
    ///
    /// # Errors
    /// Columns of different length.
    pub fn read(&mut self, persons: &Int64Array, codes: &UInt32Array) -> Result<()> {
        for (_, own) in courses(persons, codes)? {
            pairs(own).filter(|w| self.part == w % self.parts).for_each(|w| *self.pairs.entry(w).or_insert(0) += 1);
            let sequences = sequences(own).filter(|w| self.part == w % self.parts);
            sequences.for_each(|w| *self.sequences.entry(w).or_insert(0) += 1);
        }
        Ok(())
    }

    /// Reads the same persons again and adds those of them who have something rare.
    ///
    /// # Errors
    /// Columns of different length.
    pub fn find(&self, persons: &Int64Array, codes: &UInt32Array, found: &mut RareCourses) -> Result<()> {
        let rare = |seen: &FxHashMap<u64, u32>, word: u64| seen.get(&word).is_some_and(|n| *n < self.fewest);
        for (person, own) in courses(persons, codes)? {
            if pairs(own).any(|word| rare(&self.pairs, word)) {
                found.pairs.insert(person);
            }
            if sequences(own).any(|word| rare(&self.sequences, word)) {
                found.sequences.insert(person);
            }
        }
        Ok(())
    }
}

fn courses<'a>(persons: &'a Int64Array, codes: &'a UInt32Array) -> Result<impl Iterator<Item = (i64, &'a [u32])>> {
    if codes.len() != persons.len() {
        return Err(Error::Lengths { what: "courses", found: codes.len(), expected: persons.len() });
    }
    let mut rest = codes.values().as_ref();
    Ok(persons.values().chunk_by(|a, b| a == b).map(move |chunk| {
        let (own, later) = rest.split_at_checked(chunk.len()).unwrap_or_default();
        rest = later;
        (chunk.first().copied().unwrap_or_default(), own)
    }))
}

fn pairs(own: &[u32]) -> impl Iterator<Item = u64> {
    let word = |a: &u32, b: &u32| u64::from(*a.min(b)) << 32 | u64::from(*a.max(b));
    own.iter().enumerate().flat_map(move |(place, a)| own.iter().skip(place + 1).map(move |b| word(a, b)))
}

fn sequences(own: &[u32]) -> impl Iterator<Item = u64> {
    own.windows(2).filter_map(|two| if let [a, b] = two { Some(u64::from(*a) << 32 | u64::from(*b)) } else { None })
}

/// Returns the codes that enough persons have.
fn common_codes(events: Events<'_>, fewest: u32) -> FxHashSet<u32> {
    let mut holders: FxHashMap<u32, (u32, i64)> = FxHashMap::default();
    for (person, codes, _) in events.by_person() {
        for code in codes {
            let (count, last) = holders.entry(*code).or_insert((0, 0));
            *count += u32::from(*count == 0 || *last != person);
            *last = person;
        }
    }
    holders.into_iter().filter(|(_, (count, _))| *count >= fewest).map(|(code, _)| code).collect()
}

/// Counts the persons of each combination, each person once, and names those of the rare ones.
fn rare(
    events: Events<'_>,
    fewest: u32,
    reason: Reason,
    of: impl Fn(&[u32], &[i32]) -> Vec<u32>,
    combine: impl Fn(&[u32], &mut dyn FnMut(&[u32])),
) -> Vec<Peculiarity> {
    let mut total = 0_u64;
    events.by_person().for_each(|(_, codes, dates)| combine(&of(codes, dates), &mut |_| total += 1));
    let passes = total.div_ceil(COMBINATIONS_PER_PASS).max(1);
    let mut found = Vec::new();
    for pass in 0..passes {
        let mut support: FxHashMap<u128, u32> = FxHashMap::default();
        let mine = |word: u128| mix_wide(word) % passes == pass;
        for (_, codes, dates) in events.by_person() {
            combine(&of(codes, dates), &mut |codes| {
                let word = pack(codes);
                if mine(word) {
                    *support.entry(word).or_insert(0) += 1;
                }
            });
        }
        for (person, codes, dates) in events.by_person() {
            combine(&of(codes, dates), &mut |codes| {
                let shared_by = support.get(&pack(codes)).copied().unwrap_or(fewest);
                if shared_by < fewest {
                    found.push(Peculiarity { person, reason, about: codes.to_vec(), shared_by });
                }
            });
        }
    }
    found.sort_unstable();
    found
}

fn pack(codes: &[u32]) -> u128 {
    codes.iter().fold(0, |word, code| word << 32 | u128::from(*code))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn arrays(rows: &[(i64, i32, u32)]) -> (Int64Array, UInt32Array, Date32Array) {
        let persons = Int64Array::from_iter_values(rows.iter().map(|r| r.0));
        let codes = UInt32Array::from_iter_values(rows.iter().map(|r| r.2));
        (persons, codes, Date32Array::from_iter_values(rows.iter().map(|r| r.1)))
    }

    #[test]
    fn the_order_can_be_rare_where_the_codes_are_not() {
        // Four persons go 1, 2, 3; one goes 3, 2, 1 with 1 and 2 on one day; code 9 is rare itself and no matter here.
        let mut rows: Vec<(i64, i32, u32)> =
            (0..4).flat_map(|p| [(p, 1, 1), (p, 2, 2), (p, 3, 3), (p, 4, 1)]).collect();
        rows.extend([(4, 1, 3), (4, 2, 2), (4, 2, 1), (4, 3, 9)]);
        let (persons, codes, dates) = arrays(&rows);
        let found = rare_sequences(&persons, &codes, &dates, 2, 2).unwrap();
        let name = |about: &[u32]| Peculiarity {
            person: 4,
            reason: Reason::RareSequence,
            about: about.to_vec(),
            shared_by: 1,
        };
        assert_eq!(found, [name(&[3, 1])]);
        assert_eq!(rare_sequences(&persons, &codes, &dates, 3, 2).unwrap(), [name(&[3, 1, 2])]);
        assert_eq!(rare_pairs(&persons, &codes, 2).unwrap(), []);
        assert!(rare_sequences(&persons, &codes, &dates, 4, 2).is_err());
    }

    proptest! {
        #[test]
        fn a_study_in_parts_finds_those_whom_the_finders_name(
            rows in proptest::collection::btree_set((0_i64..12, 0_i32..4, 0_u32..6), 1..60), fewest in 1_u32..4, parts in 1_u64..4,
        ) {
            // Every code in the order of first occurrence, of codes that enough persons have.
            let holders = |code: u32| rows.iter().filter(|r| r.2 == code).map(|r| r.0).collect::<BTreeSet<_>>().len();
            let mut met = BTreeSet::new();
            let rows: Vec<_> = rows.iter().copied().filter(|r| holders(r.2) >= fewest as usize && met.insert((r.0, r.2))).collect();
            let (persons, codes, dates) = arrays(&rows);
            let mut found = RareCourses::default();
            for part in 0..parts {
                let mut study = CourseStudy::new(fewest, part, parts);
                study.read(&persons, &codes).unwrap();
                study.find(&persons, &codes, &mut found).unwrap();
            }
            let named = |found: Vec<Peculiarity>| found.into_iter().map(|p| p.person).collect::<BTreeSet<_>>();
            prop_assert_eq!(found.pairs, named(rare_pairs(&persons, &codes, fewest).unwrap()));
            prop_assert_eq!(found.sequences, named(rare_sequences(&persons, &codes, &dates, 2, fewest).unwrap()));
        }

        #[test]
        fn pairs_are_those_counted_by_hand(
            rows in proptest::collection::btree_set((0_i64..12, 0_i32..2, 0_u32..6), 1..60), fewest in 1_u32..5,
        ) {
            let rows: Vec<_> = rows.into_iter().collect();
            let (persons, codes, _) = arrays(&rows);
            let found: BTreeSet<(i64, Vec<u32>, u32)> =
                rare_pairs(&persons, &codes, fewest).unwrap().into_iter().map(|p| (p.person, p.about, p.shared_by)).collect();
            let having = |code: u32| -> BTreeSet<i64> { rows.iter().filter(|r| r.2 == code).map(|r| r.0).collect() };
            let mut expected = BTreeSet::new();
            for a in 0..6 {
                for b in a + 1..6 {
                    let (with_a, with_b) = (having(a), having(b));
                    let both: Vec<i64> = with_a.intersection(&with_b).copied().collect();
                    if with_a.len().min(with_b.len()) >= fewest as usize && both.len() < fewest as usize {
                        expected.extend(both.iter().map(|p| (*p, vec![a, b], both.len() as u32)));
                    }
                }
            }
            prop_assert_eq!(found, expected);
        }
    }
}
