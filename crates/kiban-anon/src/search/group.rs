//! Raising the words of a class table and adding up those that became equal: nearly all that a search does.

use std::{borrow::Cow, num::NonZeroUsize};

use crate::{fold::Word, threads::on_threads};

/// Tables of fewer classes are done before threads have started.
const LARGE: usize = 1 << 15;

/// Up to so many classes a hash table stays in a core's own memory, whatever the order of the rows.
const NEAR: usize = 1 << 14;

/// Words are spread over at most so many parts, each of about [`NEAR`] rows.
const MOST_PARTS: usize = 256;

/// Neighbouring columns of so many bits together are looked up at once.
const LOOKED_UP: u32 = 11;

/// A run of neighbouring columns on their way from lower levels to higher ones, codes already at their place in the word.
struct Rise<'c, W: Clone> {
    shift: u32,
    mask: usize,
    codes: Cow<'c, [W]>,
}

/// The way of all columns from one node to another.
pub(super) struct Way<'c, W: Clone> {
    rises: Vec<Rise<'c, W>>,
    unchanged: W,
}

impl<'c, W: Word> Way<'c, W> {
    /// Takes the columns that rise, in their order, as (shift, width, code above for each code); the others stay as they are.
    pub(super) fn new(columns: impl Iterator<Item = (u32, u32, &'c [W])>, unchanged: W, rows: usize) -> Self {
        let most = if rows < LARGE { 0 } else { LOOKED_UP };
        let mut rises: Vec<(u32, Rise<'c, W>)> = Vec::new();
        for (shift, width, codes) in columns.filter(|column| column.1 > 0) {
            match rises.last_mut() {
                Some((wide, last)) if last.shift + *wide == shift && *wide + width <= most => {
                    last.codes = product(&last.codes, *wide, codes).into();
                    *wide += width;
                    last.mask = ones(*wide);
                }
                _ => rises.push((width, Rise { shift, mask: ones(width), codes: codes.into() })),
            }
        }
        Self { rises: rises.into_iter().map(|(_, rise)| rise).collect(), unchanged }
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "codes of a word are below the size of their level")]
    fn raise(&self, word: W) -> W {
        let raised = |acc: W, rise: &Rise<'_, W>| acc.or(rise.codes[word.field(rise.shift, rise.mask)]);
        self.rises.iter().fold(word.and(self.unchanged), raised)
    }
}

fn ones(width: u32) -> usize {
    (1 << width) - 1
}

/// Looks up two neighbouring columns in one table: the lower one's code in the lower bits.
fn product<W: Word>(low: &[W], width: u32, high: &[W]) -> Vec<W> {
    let empty = (1_usize << width) - low.len();
    let with =
        |above: &W| low.iter().map(|l| l.or(*above)).chain(std::iter::repeat_n(W::ZERO, empty)).collect::<Vec<_>>();
    high.iter().flat_map(with).collect()
}

/// Whether to remember where every source went.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trace {
    Kept,
    Dropped,
}

/// Classes, and for each source the place of its class if the trace was kept.
pub(super) struct Grouped<W> {
    pub(super) classes: Vec<(W, u32)>,
    pub(super) target_of: Vec<u32>,
}

/// Raises all words and adds up the counts of those that became equal; there are at most `most` of them.
pub(super) fn group<W: Word>(
    source: &[(W, u32)],
    way: &Way<'_, W>,
    most: usize,
    trace: Trace,
    threads: NonZeroUsize,
) -> Grouped<W> {
    if source.len() < LARGE || (most <= NEAR && threads.get() == 1) {
        return add_up(source.iter().map(|(word, n)| (way.raise(*word), *n)), most, trace);
    }
    let chunks: Vec<&[(W, u32)]> = source.chunks(source.len().div_ceil(threads.get())).collect();
    if most <= NEAR { by_rows(&chunks, way, most, trace, threads) } else { by_words(&chunks, way, trace, threads) }
}

/// Every thread adds up rows of its own; what they found is added up again.
fn by_rows<W: Word>(
    chunks: &[&[(W, u32)]],
    way: &Way<'_, W>,
    most: usize,
    trace: Trace,
    threads: NonZeroUsize,
) -> Grouped<W> {
    let one = |chunk: &&[(W, u32)], (): &mut ()| {
        add_up(chunk.iter().map(|(word, n)| (way.raise(*word), *n)), most.min(chunk.len()), trace)
    };
    let parts = on_threads(threads, chunks, || (), one);
    let all = add_up(parts.iter().flat_map(|part| part.classes.iter().copied()), most, trace);
    let mut target_of = Vec::new();
    let mut rest = all.target_of.as_slice();
    for part in parts {
        let (here, others) = rest.split_at(part.classes.len().min(rest.len()));
        target_of.extend(part.target_of.iter().filter_map(|place| here.get(*place as usize)));
        rest = others;
    }
    Grouped { classes: all.classes, target_of }
}

/// Rows spread by their words, so that equal ones come together and each part is small.
struct Spread<W> {
    parts: Vec<Vec<(W, u32)>>,
    /// The part of each row, if the trace was kept.
    part_of: Vec<u8>,
}

/// Every thread spreads rows of its own by their words, then adds up parts of its own.
fn by_words<W: Word>(chunks: &[&[(W, u32)]], way: &Way<'_, W>, trace: Trace, threads: NonZeroUsize) -> Grouped<W> {
    let rows: usize = chunks.iter().map(|chunk| chunk.len()).sum();
    let parts = (rows / NEAR).next_power_of_two().clamp(2, MOST_PARTS);
    let spread = on_threads(threads, chunks, || (), |chunk, ()| spread(chunk, way, parts, trace));
    let places: Vec<usize> = (0..parts).collect();
    let found = on_threads(
        threads,
        &places,
        || (),
        |place, ()| {
            let rows = || spread.iter().filter_map(|one| one.parts.get(*place)).flatten();
            add_up(rows().copied(), rows().count(), trace)
        },
    );
    let target_of = if trace == Trace::Kept { traced(&spread, &found) } else { Vec::new() };
    drop(spread);
    let mut classes = Vec::with_capacity(found.iter().map(|part| part.classes.len()).sum());
    found.into_iter().for_each(|part| classes.extend(part.classes));
    Grouped { classes, target_of }
}

#[expect(clippy::indexing_slicing, reason = "a part is masked to their number")]
fn spread<W: Word>(chunk: &[(W, u32)], way: &Way<'_, W>, parts: usize, trace: Trace) -> Spread<W> {
    let room = chunk.len() / parts * 9 / 8;
    let mut spread = Spread { parts: (0..parts).map(|_| Vec::with_capacity(room)).collect(), part_of: Vec::new() };
    for (word, n) in chunk {
        let word = way.raise(*word);
        let part = (word.scatter() >> 56) as usize & (parts - 1);
        spread.parts[part].push((word, *n));
        if trace == Trace::Kept {
            spread.part_of.push(part as u8);
        }
    }
    spread
}

/// Follows every row through its part to its class.
fn traced<W>(spread: &[Spread<W>], found: &[Grouped<W>]) -> Vec<u32> {
    let mut first = 0;
    let mut ways: Vec<(u32, std::slice::Iter<'_, u32>)> = Vec::with_capacity(found.len());
    for part in found {
        ways.push((first, part.target_of.iter()));
        first += u32::try_from(part.classes.len()).unwrap_or(u32::MAX);
    }
    let rows = spread.iter().flat_map(|one| &one.part_of);
    let place = |part: &u8| {
        let (first, way) = ways.get_mut(usize::from(*part))?;
        way.next().map(|place| *first + place)
    };
    rows.filter_map(place).collect()
}

/// Adds up the counts of equal words, in the order in which they are first seen.
#[expect(clippy::indexing_slicing, reason = "slots are masked to the table, their values are indices of `classes`")]
fn add_up<W: Word>(rows: impl Iterator<Item = (W, u32)>, most: usize, trace: Trace) -> Grouped<W> {
    const FREE: u32 = u32::MAX;
    let slots = (most * 2).next_power_of_two().max(16);
    let mask = slots - 1;
    let mut slot_of = vec![FREE; slots];
    let mut classes: Vec<(W, u32)> = Vec::with_capacity(most.min(NEAR));
    let mut target_of = Vec::new();
    for (word, count) in rows {
        let mut slot = word.scatter() as usize & mask;
        let target = loop {
            match slot_of[slot] {
                FREE => {
                    let fresh = u32::try_from(classes.len()).unwrap_or(FREE);
                    slot_of[slot] = fresh;
                    classes.push((word, count));
                    break fresh;
                }
                at if classes[at as usize].0 == word => {
                    classes[at as usize].1 += count;
                    break at;
                }
                _ => slot = (slot + 1) & mask,
            }
        };
        if trace == Trace::Kept {
            target_of.push(target);
        }
    }
    Grouped { classes, target_of }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Three columns of 7, 6 and 5 bits; the first and the second rise, `wide` says how many values remain of each.
    fn check(rows: u64, remain: u64, threads: usize) {
        let source: Vec<(u64, u32)> =
            (0..rows).map(|row| (row.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 46, (row % 3) as u32 + 1)).collect();
        let codes = |shift: u32, width: u32| (0..1 << width).map(|c: u64| (c % remain) << shift).collect::<Vec<u64>>();
        let (first, second) = (codes(0, 7), codes(7, 6));
        let rising = [(0, 7, &first[..]), (7, 6, &second[..])];
        let way = Way::new(rising.into_iter(), u64::ones(13, 5), source.len());
        let plain =
            |word: u64| ((word & 0x7f) % remain) | ((((word >> 7) & 0x3f) % remain) << 7) | (word & (0x1f << 13));
        let mut expect: BTreeMap<u64, u32> = BTreeMap::new();
        source.iter().for_each(|(word, n)| *expect.entry(plain(*word)).or_insert(0) += n);

        let most = (remain * remain * 32) as usize;
        let threads = NonZeroUsize::new(threads).unwrap();
        let found = group(&source, &way, most.min(source.len()), Trace::Kept, threads);
        assert_eq!(found.target_of.len(), source.len());
        let class_of = |target: &u32| found.classes[*target as usize].0;
        assert!(source.iter().zip(&found.target_of).all(|((word, _), target)| plain(*word) == class_of(target)));
        assert_eq!(found.classes.len(), expect.len());
        assert_eq!(found.classes.iter().copied().collect::<BTreeMap<_, _>>(), expect);
        let untraced = group(&source, &way, most.min(source.len()), Trace::Dropped, threads);
        assert_eq!((untraced.classes, untraced.target_of.len()), (found.classes, 0));
    }

    #[test]
    fn equal_words_add_up_in_small_and_large_tables_on_any_threads() {
        for threads in [1, 2, 3] {
            check(0, 2, threads);
            check(1_000, 4, threads);
            check(40_000, 3, threads); // few classes: by rows
            check(80_000, 40, threads); // many classes: by words
        }
    }
}
