//! Comparing two sets of encodings block by block, on several threads, in bounded memory.

use std::collections::BTreeMap;

use super::{bits::Bits, encode::Encoding};

/// Rows of the right side that are compared with one chunk of the left before the next: 128 KiB of filters, which
/// stay in the nearest caches.
const TILE: usize = 1024;
/// Rows of the left side that are compared together.
const CHUNK: usize = 64;
/// The most partners that are kept of one record in one block.
pub(crate) const PARTNERS: usize = 64;

/// Records of both sides, by place, that one filter compares with each other.
pub(crate) struct Block {
    pub(crate) filter: usize,
    pub(crate) left: Vec<u32>,
    pub(crate) right: Vec<u32>,
}

impl Block {
    /// Adds the records of another block.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.left.extend(other.left);
        self.right.extend(other.right);
        self
    }
}

/// Two records, by place, and how alike they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hit {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) likeness: f64,
}

/// What comparing gave.
#[derive(Default)]
pub(crate) struct Compared {
    /// Hits, sorted by left and right and unique.
    pub(crate) hits: Vec<Hit>,
    /// How many comparisons there were.
    pub(crate) comparisons: u64,
    /// Hits that were let go because a record had too many.
    pub(crate) cut: u64,
}

/// A filter with what comparing needs of it.
struct Row {
    ones: u32,
    at: u32,
    bits: Bits,
}

/// How much it adds that a second filter is alike too: both salts agree, which hardly happens between strangers.
const SECOND: f64 = 0.25;

/// Returns how alike two records are, in 0..=1: the Dice coefficient of the best filter, and a quarter of that by which
/// the second best exceeds what is to be expected of strangers.
pub(crate) fn likeness(left: &Encoding, right: &Encoding) -> f64 {
    let both = left.filters.iter().zip(&right.filters);
    let mut all: Vec<(f64, f64)> = both.map(|(a, b)| (a.dice(b), by_chance(a.ones(), b.ones()))).collect();
    all.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let best = all.first().map_or(0.0, |(dice, _)| *dice);
    let second = all.get(1).map_or(0.0, |(dice, chance)| (dice - chance).max(0.0));
    (best + SECOND * second).min(1.0)
}

/// The Dice coefficient to be expected of two filters that have nothing to do with each other.
fn by_chance(left: u32, right: u32) -> f64 {
    let (left, right) = (f64::from(left), f64::from(right));
    if left + right > 0.0 { 2.0 * left * right / (1024.0 * (left + right)) } else { 0.0 }
}

/// Groups the records of both sides by the block of each filter.
pub(crate) fn blocks(left: &[Encoding], right: &[Encoding], filters: usize) -> Vec<Block> {
    let mut all = Vec::new();
    for filter in 0..filters {
        let mut found: BTreeMap<u16, Block> = BTreeMap::new();
        let empty = || Block { filter, left: Vec::new(), right: Vec::new() };
        for (at, one) in (0u32..).zip(left) {
            if let Some(block) = one.blocks.get(filter) {
                found.entry(*block).or_insert_with(empty).left.push(at);
            }
        }
        for (at, one) in (0u32..).zip(right) {
            if let Some(block) = one.blocks.get(filter) {
                found.entry(*block).or_insert_with(empty).right.push(at);
            }
        }
        all.extend(found.into_values());
    }
    all
}

/// Compares inside every block and returns the pairs whose likeness reaches `floor`, as far as any filter shows it.
pub(crate) fn compare(left: &[Encoding], right: &[Encoding], blocks: &[Block], floor: f64, threads: usize) -> Compared {
    let mut all = Compared::default();
    let bar = Bar::new(floor, left.first().map_or(0, |one| one.filters.len()));
    for block in blocks {
        let (rows, mut others) = (gather(left, &block.left, block.filter), gather(right, &block.right, block.filter));
        others.sort_unstable_by_key(|row| (row.ones, row.at));
        let share = rows.len().div_ceil(threads.max(1)).max(1);
        let parts: Vec<Compared> = std::thread::scope(|scope| {
            let others = &others;
            let work: Vec<_> =
                rows.chunks(share).map(|part| scope.spawn(move || compare_part(part, others, bar))).collect();
            work.into_iter().filter_map(|part| part.join().ok()).collect()
        });
        for part in parts {
            all.hits.extend(part.hits);
            all.comparisons += part.comparisons;
            all.cut += part.cut;
        }
    }
    all.hits.sort_unstable_by(|a, b| (a.left, a.right).cmp(&(b.left, b.right)).then(b.likeness.total_cmp(&a.likeness)));
    all.hits.dedup_by_key(|hit| (hit.left, hit.right));
    all.hits.retain_mut(|hit| match (at(left, hit.left), at(right, hit.right)) {
        (Some(l), Some(r)) => {
            hit.likeness = likeness(l, r);
            hit.likeness >= floor
        }
        _ => false,
    });
    all
}

fn at(side: &[Encoding], place: u32) -> Option<&Encoding> {
    usize::try_from(place).ok().and_then(|place| side.get(place))
}

fn gather(side: &[Encoding], places: &[u32], filter: usize) -> Vec<Row> {
    let row = |at: &u32| {
        let bits = *side.get(usize::try_from(*at).ok()?)?.filters.get(filter)?;
        Some(Row { ones: bits.ones(), at: *at, bits })
    };
    places.iter().filter_map(row).collect()
}

fn compare_part(rows: &[Row], others: &[Row], bar: Bar) -> Compared {
    let mut all = Compared::default();
    for chunk in rows.chunks(CHUNK) {
        let mut hits: Vec<Vec<Hit>> = vec![Vec::new(); chunk.len()];
        for tile in others.chunks(TILE) {
            for (row, found) in chunk.iter().zip(&mut hits) {
                all.comparisons += compare_row(row, tile, bar, found);
            }
        }
        for mut found in hits {
            found.sort_unstable_by(|a, b| b.likeness.total_cmp(&a.likeness).then(a.right.cmp(&b.right)));
            all.cut += u64::try_from(found.len().saturating_sub(PARTNERS)).unwrap_or(u64::MAX);
            found.truncate(PARTNERS);
            all.hits.extend(found);
        }
    }
    all
}

/// What a Dice coefficient must reach so that the likeness can reach a floor.
#[derive(Clone, Copy)]
struct Bar {
    floor: f64,
    /// What a second filter may add to what this one exceeds chance by.
    second: f64,
}

impl Bar {
    fn new(floor: f64, filters: usize) -> Self {
        Self { floor, second: if filters > 1 { SECOND } else { 0.0 } }
    }

    /// The least that any two filters must reach.
    fn least(self) -> f64 {
        self.floor / (1.0 + self.second)
    }

    /// What filters of so many ones must reach: d + s·(d − chance) ≥ floor, where the second filter is alike as well.
    fn of(self, left: u32, right: u32) -> f64 {
        let chance = if self.second > 0.0 { by_chance(left, right) } else { 0.0 };
        ((self.floor + self.second * chance) / (1.0 + self.second)).min(self.floor)
    }
}

/// Compares one row with those of a tile whose number of ones lets them reach the bar.
///
/// Dice ≥ t needs t/(2−t) ≤ ones/ones' ≤ (2−t)/t, because at most the smaller number of bits is common.
fn compare_row(row: &Row, tile: &[Row], bar: Bar, found: &mut Vec<Hit>) -> u64 {
    let (ones, low) = (f64::from(row.ones), bar.least());
    let (least, most) = (ones * low / (2.0 - low), ones * (2.0 - low) / low.max(1e-9));
    let from = tile.partition_point(|other| f64::from(other.ones) < least - 1e-6);
    let to = tile.partition_point(|other| f64::from(other.ones) <= most + 1e-6);
    let near = tile.get(from..to).unwrap_or(&[]);
    for other in near {
        let (common, all) = (f64::from(2 * row.bits.common(&other.bits)), f64::from(row.ones + other.ones));
        // The division by `all` is left to those that come near.
        if common >= low * all && common >= bar.of(row.ones, other.ones) * all && all > 0.0 {
            found.push(Hit { left: row.at, right: other.at, likeness: common / all });
        }
    }
    u64::try_from(near.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pprl::RecordId;

    fn encoding(record: u64, positions: &[u16], block: u16) -> Encoding {
        Encoding {
            record: RecordId(record),
            filters: vec![Bits::of(positions.iter().copied())],
            blocks: vec![block],
            tokens: Vec::new(),
        }
    }

    fn some() -> impl Strategy<Value = Vec<(Vec<u16>, u16)>> {
        prop::collection::vec((prop::collection::vec(0u16..24, 0..12), 0u16..3), 0..20)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn bounds_and_blocks_lose_nothing(left in some(), right in some(), floor in 0.05f64..1.0, threads in 1usize..4) {
            let side = |all: &[(Vec<u16>, u16)]| -> Vec<Encoding> {
                (0u64..).zip(all).map(|(record, (bits, block))| encoding(record, bits, *block)).collect()
            };
            let (left, right) = (side(&left), side(&right));
            let found = compare(&left, &right, &blocks(&left, &right, 1), floor, threads);
            let sets = |side: &[Encoding]| -> Vec<Vec<u16>> {
                side.iter().map(|one| one.filters[0].positions().collect()).collect()
            };
            let (lefts, rights) = (sets(&left), sets(&right));
            let mut expect = Vec::new();
            for (l, x) in (0u32..).zip(&lefts) {
                for (r, y) in (0u32..).zip(&rights) {
                    let common = x.iter().filter(|at| y.contains(at)).count() as f64;
                    let dice = if x.len() + y.len() == 0 { 0.0 } else { 2.0 * common / (x.len() + y.len()) as f64 };
                    if left[l as usize].blocks == right[r as usize].blocks && dice >= floor {
                        expect.push((l, r));
                    }
                }
            }
            prop_assert_eq!(found.hits.iter().map(|hit| (hit.left, hit.right)).collect::<Vec<_>>(), expect);
            prop_assert_eq!(found.cut, 0);
        }
    }

    proptest! {
        #[test]
        fn a_second_filter_counts_whichever_filter_finds_the_pair(
            left in prop::collection::vec(some_bits(), 2),
            right in prop::collection::vec(some_bits(), 2),
            floor in 0.3f64..1.0,
        ) {
            let side = |filters: &[Vec<u16>]| Encoding {
                record: RecordId(1),
                filters: filters.iter().map(|bits| Bits::of(bits.iter().copied())).collect(),
                blocks: vec![0, 0],
                tokens: Vec::new(),
            };
            let (l, r) = ([side(&left)], [side(&right)]);
            let expect = likeness(&l[0], &r[0]);
            let found = compare(&l, &r, &blocks(&l, &r, 2), floor, 1);
            prop_assert_eq!(found.hits.len(), usize::from(expect >= floor), "{}", expect);
            let dice = |filter: usize| l[0].filters[filter].dice(&r[0].filters[filter]);
            prop_assert!(expect >= dice(0).max(dice(1)) && expect <= 1.0);
        }
    }

    fn some_bits() -> impl Strategy<Value = Vec<u16>> {
        prop::collection::vec(0u16..40, 0..40)
    }

    #[test]
    fn a_record_that_is_like_everybody_keeps_some_partners_and_says_so() {
        let left = [encoding(0, &[1, 2], 0)];
        let right: Vec<Encoding> = (0..100).map(|record| encoding(record, &[1, 2], 0)).collect();
        let found = compare(&left, &right, &blocks(&left, &right, 1), 0.5, 2);
        assert_eq!((found.hits.len(), found.cut, found.comparisons), (PARTNERS, 36, 100));
    }
}
