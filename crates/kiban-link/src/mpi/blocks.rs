//! An index of block keys in memory: which registrations share a key with a query, without touching any other.
//!
//! Entries lie sorted in one array of eight bytes each, a directory of 2^k places leads into it. Ten million
//! registrations of thirteen keys are 130 million entries, about one gibibyte.

/// Registrations by block key, as row numbers.
///
/// Keys are cut to 32 bits beside the directory, so a lookup may also return a row of another key. Every row that is
/// found is compared anyway, so this costs a comparison and changes no answer.
#[derive(Debug, Clone)]
pub struct BlockIndex {
    shift: u32,
    starts: Vec<u32>,
    entries: Vec<(u32, u32)>,
    cut: u64,
}

impl BlockIndex {
    /// Builds the index of (key, row) pairs in any order; keys held by more than `cap` rows are cut and counted.
    ///
    /// A pair given twice is one. None where there are more than 2^32 entries.
    pub fn build(mut pairs: Vec<(u64, u32)>, cap: usize) -> Option<Self> {
        pairs.iter_mut().for_each(|(key, _)| *key = mixed(*key));
        pairs.sort_unstable();
        pairs.dedup();
        u32::try_from(pairs.len()).ok()?;
        let bits = (pairs.len() / 4).max(2).ilog2().clamp(1, 28);
        let shift = u64::BITS - bits;
        let mut index = Self { shift, starts: Vec::new(), entries: Vec::with_capacity(pairs.len()), cut: 0 };
        for same in pairs.chunk_by(|a, b| a.0 == b.0) {
            if same.len() > cap {
                index.cut += 1;
                continue;
            }
            for (key, row) in same {
                index.begin(bucket(*key, shift));
                index.entries.push((tag(*key, shift), *row));
            }
        }
        index.begin(1 << bits);
        Some(index)
    }

    /// Notes that every bucket up to this one begins here.
    fn begin(&mut self, bucket: usize) {
        let here = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        if self.starts.len() <= bucket {
            self.starts.resize(bucket + 1, here);
        }
    }

    /// Returns the rows that hold a key, sorted.
    pub fn rows(&self, key: u64) -> impl Iterator<Item = u32> + '_ {
        let key = mixed(key);
        let at = bucket(key, self.shift);
        let place = |bucket: usize| self.starts.get(bucket).and_then(|start| usize::try_from(*start).ok());
        let entries = match (place(at), place(at + 1)) {
            (Some(from), Some(to)) => self.entries.get(from..to).unwrap_or_default(),
            _ => &[],
        };
        let tag = tag(key, self.shift);
        let from = entries.partition_point(|entry| entry.0 < tag);
        entries.iter().skip(from).take_while(move |entry| entry.0 == tag).map(|entry| entry.1)
    }

    /// Returns the rows that share any of some keys, sorted, each once.
    pub fn any(&self, keys: &[u64]) -> Vec<u32> {
        let mut rows: Vec<u32> = keys.iter().flat_map(|key| self.rows(*key)).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// Returns how many keys were too frequent to be of use.
    pub const fn cut_keys(&self) -> u64 {
        self.cut
    }
}

/// Spreads keys evenly and loses none (SplitMix64's finaliser, Steele, Lea and Flood, OOPSLA 2014).
const fn mixed(key: u64) -> u64 {
    let key = (key ^ (key >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let key = (key ^ (key >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    key ^ (key >> 31)
}

fn bucket(mixed: u64, shift: u32) -> usize {
    usize::try_from(mixed >> shift).unwrap_or_default()
}

/// The 32 bits just below the directory's, so that entries of one bucket stay in the order of their keys.
fn tag(mixed: u64, shift: u32) -> u32 {
    u32::try_from((mixed >> (shift - u32::BITS)) & u64::from(u32::MAX)).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_index_finds_nothing() {
        assert!(BlockIndex::build(Vec::new(), 9).unwrap().any(&[0, 1, u64::MAX]).is_empty());
    }

    proptest! {
        #[test]
        fn it_finds_what_a_map_finds(pairs in prop::collection::vec((0u64..40, 0u32..50), 0..300), cap in 1usize..12) {
            let index = BlockIndex::build(pairs.clone(), cap).unwrap();
            let mut map: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
            for (key, row) in pairs {
                map.entry(key).or_default().insert(row);
            }
            let cut = map.values().filter(|rows| rows.len() > cap).count();
            prop_assert_eq!(index.cut_keys(), u64::try_from(cut).unwrap());
            map.retain(|_, rows| rows.len() <= cap);
            for key in 0..45 {
                let found: BTreeSet<u32> = index.rows(key).collect();
                prop_assert_eq!(&found, &map.get(&key).cloned().unwrap_or_default());
            }
        }
    }
}
