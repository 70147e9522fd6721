//! Raising the words of a class table and adding up those that became equal: nearly all that a search does.

use std::{
    borrow::Cow,
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use crate::{fold::Word, threads::on_threads};

/// Tables of fewer classes are done before threads have started.
const LARGE: usize = 1 << 15;

/// Up to so many classes a hash table stays in a core's own memory, whatever the order of the rows.
const NEAR: usize = 1 << 14;

/// Rows are added up as they come while they are at most so many classes, or an eighth of the rows, and spread only then.
const FEW: usize = 1 << 15;

/// Lists of dropped tables that are kept to be filled again.
const LISTS: usize = 2;

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

/// Rows or classes in several lists.
type Lists<W> = Vec<Vec<(W, u32)>>;

/// Memory that the grouping of one node leaves to the next: fresh pages cost as much as what is done in them.
pub(super) struct Room<W> {
    spreads: Mutex<Vec<Spread<W>>>,
    slots: Mutex<Vec<Vec<u32>>>,
    lists: Mutex<Lists<W>>,
}

impl<W> Default for Room<W> {
    fn default() -> Self {
        Self { spreads: Mutex::default(), slots: Mutex::default(), lists: Mutex::default() }
    }
}

impl<W> Room<W> {
    /// Takes back the classes of a table that nobody needs any more.
    pub(super) fn give(&self, mut list: Vec<(W, u32)>) {
        list.clear();
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.len() < LISTS {
            lists.push(list);
        }
    }

    fn list(&self) -> Vec<(W, u32)> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }
}

/// Slots of a hash table, lent to one thread.
struct Slots<'a> {
    slots: Vec<u32>,
    mask: usize,
    home: &'a Mutex<Vec<Vec<u32>>>,
}

impl<'a> Slots<'a> {
    const FREE: u32 = u32::MAX;

    fn lent(home: &'a Mutex<Vec<Vec<u32>>>) -> Self {
        let slots = home.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        Self { slots, mask: 0, home }
    }

    /// Frees enough slots for so many classes.
    fn clear(&mut self, most: usize) {
        let slots = (most * 2).next_power_of_two().max(16);
        self.slots.clear();
        self.slots.resize(slots, Self::FREE);
        self.mask = slots - 1;
    }

    /// Returns the place of a word among the classes; `fresh`, which is theirs from now on, if it is not there.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "slots are masked to the table, their values are places of classes")]
    fn place<W: Word>(&mut self, classes: &[(W, u32)], word: W, fresh: usize) -> usize {
        let mut slot = word.scatter() as usize & self.mask;
        loop {
            match self.slots[slot] {
                Self::FREE => {
                    self.slots[slot] = fresh as u32;
                    return fresh;
                }
                at if classes[at as usize].0 == word => return at as usize,
                _ => slot = (slot + 1) & self.mask,
            }
        }
    }
}

impl Drop for Slots<'_> {
    fn drop(&mut self) {
        self.home.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(&mut self.slots));
    }
}

/// Raises all words and adds up the counts of those that became equal; there are at most `most` of them.
pub(super) fn group<W: Word>(
    source: &[(W, u32)],
    way: &Way<'_, W>,
    most: usize,
    trace: Trace,
    threads: NonZeroUsize,
    room: &Room<W>,
) -> Grouped<W> {
    if source.len() < LARGE || (most <= NEAR && threads.get() == 1) {
        let mut slots = Slots::lent(&room.slots);
        return add_up(raised(source, way), most, trace, room.list(), &mut slots);
    }
    let chunks: Vec<&[(W, u32)]> = source.chunks(source.len().div_ceil(threads.get())).collect();
    if most <= NEAR && trace == Trace::Kept {
        by_rows(&chunks, way, most, threads, room)
    } else {
        by_words(&chunks, way, trace, threads, room)
    }
}

fn raised<W: Word>(source: &[(W, u32)], way: &Way<'_, W>) -> impl Iterator<Item = (W, u32)> {
    source.iter().map(|(word, n)| (way.raise(*word), *n))
}

/// Every thread adds up rows of its own; what they found is added up again.
fn by_rows<W: Word>(
    chunks: &[&[(W, u32)]],
    way: &Way<'_, W>,
    most: usize,
    threads: NonZeroUsize,
    room: &Room<W>,
) -> Grouped<W> {
    let one = |chunk: &&[(W, u32)], slots: &mut Slots<'_>| {
        add_up(raised(chunk, way), most.min(chunk.len()), Trace::Kept, Vec::new(), slots)
    };
    let parts = on_threads(threads, chunks, || Slots::lent(&room.slots), one);
    let found = parts.iter().flat_map(|part| part.classes.iter().copied());
    let all = add_up(found, most, Trace::Kept, room.list(), &mut Slots::lent(&room.slots));
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
    /// All of them added up, if their classes are few.
    few: Vec<(W, u32)>,
    parts: Lists<W>,
    /// The part of each row, if the trace was kept.
    part_of: Vec<u8>,
}

impl<W> Default for Spread<W> {
    fn default() -> Self {
        Self { few: Vec::new(), parts: Vec::new(), part_of: Vec::new() }
    }
}

impl<W: Word> Spread<W> {
    /// Takes rows; as they are if they come to more than a few classes.
    fn take(&mut self, chunk: &[(W, u32)], way: &Way<'_, W>, parts: usize, trace: Trace, slots: &mut Slots<'_>) {
        self.few.clear();
        self.part_of.clear();
        self.parts.iter_mut().for_each(Vec::clear);
        if self.parts.len() < parts {
            self.parts.resize_with(parts, Vec::new);
        }
        let done = if trace == Trace::Dropped { self.take_few(chunk, way, slots) } else { 0 };
        if done < chunk.len() {
            let room = (chunk.len() - done + self.few.len()) / parts * 9 / 8;
            self.parts.iter_mut().take(parts).for_each(|part| part.reserve(room));
            self.spread_few(parts);
            self.spread(raised(chunk.get(done..).unwrap_or(&[]), way), parts, trace);
        }
    }

    /// Adds up rows while their classes are few; returns how many.
    #[expect(clippy::indexing_slicing, reason = "`place` returns the place of a class or their number")]
    fn take_few(&mut self, chunk: &[(W, u32)], way: &Way<'_, W>, slots: &mut Slots<'_>) -> usize {
        let few = FEW.min(chunk.len() / 8);
        slots.clear(few);
        for (row, (word, count)) in raised(chunk, way).enumerate() {
            let fresh = self.few.len();
            let at = slots.place(&self.few, word, fresh);
            if at < fresh {
                self.few[at].1 += count;
            } else if fresh < few {
                self.few.push((word, count));
            } else {
                return row;
            }
        }
        chunk.len()
    }

    fn spread_few(&mut self, parts: usize) {
        let mut few = std::mem::take(&mut self.few);
        self.spread(few.drain(..), parts, Trace::Dropped);
        self.few = few;
    }

    #[expect(clippy::indexing_slicing, reason = "a part is masked to their number")]
    fn spread(&mut self, rows: impl Iterator<Item = (W, u32)>, parts: usize, trace: Trace) {
        for (word, n) in rows {
            let part = (word.scatter() >> 56) as usize & (parts - 1);
            self.parts[part].push((word, n));
            if trace == Trace::Kept {
                self.part_of.push(part as u8);
            }
        }
    }
}

/// Every thread spreads rows of its own by their words, then adds up parts of its own.
fn by_words<W: Word>(
    chunks: &[&[(W, u32)]],
    way: &Way<'_, W>,
    trace: Trace,
    threads: NonZeroUsize,
    room: &Room<W>,
) -> Grouped<W> {
    let rows: usize = chunks.iter().map(|chunk| chunk.len()).sum();
    let parts = (rows / NEAR).next_power_of_two().clamp(2, MOST_PARTS);
    let slots = || Slots::lent(&room.slots);
    let take = |chunk: &&[(W, u32)], slots: &mut Slots<'_>| {
        let mut spread = room.spreads.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        spread.take(chunk, way, parts, trace, slots);
        spread
    };
    let mut spreads = on_threads(threads, chunks, slots, take);
    let found = if spreads.iter().all(|spread| !spread.few.is_empty()) {
        let few = spreads.iter().flat_map(|spread| spread.few.iter().copied());
        add_up(few.clone(), few.count(), Trace::Dropped, room.list(), &mut slots())
    } else {
        spreads.iter_mut().for_each(|spread| spread.spread_few(parts));
        by_parts(&mut spreads, parts, trace, threads, room)
    };
    room.spreads.lock().unwrap_or_else(PoisonError::into_inner).extend(spreads);
    found
}

/// Every thread adds up parts of its own.
fn by_parts<W: Word>(
    spreads: &mut [Spread<W>],
    parts: usize,
    trace: Trace,
    threads: NonZeroUsize,
    room: &Room<W>,
) -> Grouped<W> {
    let of_part = |part: usize| {
        let lists = spreads.iter_mut().filter_map(|spread| spread.parts.get_mut(part)).map(std::mem::take);
        Mutex::new(lists.collect::<Lists<W>>())
    };
    let lists: Vec<Mutex<Lists<W>>> = (0..parts).map(of_part).collect();
    let one = |lists: &Mutex<Lists<W>>, slots: &mut Slots<'_>| {
        let mut lists = lists.lock().unwrap_or_else(PoisonError::into_inner);
        let rows: usize = lists.iter().map(Vec::len).sum();
        slots.clear(rows);
        let Some((classes, others)) = lists.split_first_mut() else { return Vec::new() };
        let mut target_of = Vec::with_capacity(if trace == Trace::Kept { rows } else { 0 });
        add_up_within(classes, trace, slots, &mut target_of);
        add_up_onto(classes, others.iter().flatten().copied(), trace, slots, &mut target_of);
        target_of
    };
    let found = on_threads(threads, &lists, || Slots::lent(&room.slots), one);
    let mut lists: Vec<_> = lists.into_iter().map(|l| l.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
    let sizes: Vec<usize> = lists.iter().map(|lists| lists.first().map_or(0, Vec::len)).collect();
    let target_of = if trace == Trace::Kept { traced(spreads, &found, &sizes) } else { Vec::new() };
    let mut classes = room.list();
    classes.reserve(sizes.iter().sum());
    lists.iter().filter_map(|lists| lists.first()).for_each(|part| classes.extend_from_slice(part));
    for (nth, spread) in spreads.iter_mut().enumerate() {
        for (home, lists) in spread.parts.iter_mut().zip(&mut lists) {
            *home = lists.get_mut(nth).map(std::mem::take).unwrap_or_default();
        }
    }
    Grouped { classes, target_of }
}

/// Follows every row through its part to its class.
fn traced<W>(spreads: &[Spread<W>], found: &[Vec<u32>], sizes: &[usize]) -> Vec<u32> {
    let mut first = 0;
    let mut ways: Vec<(u32, std::slice::Iter<'_, u32>)> = Vec::with_capacity(found.len());
    for (targets, size) in found.iter().zip(sizes) {
        ways.push((first, targets.iter()));
        first += u32::try_from(*size).unwrap_or(u32::MAX);
    }
    let rows = spreads.iter().flat_map(|one| &one.part_of);
    let place = |part: &u8| {
        let (first, way) = ways.get_mut(usize::from(*part))?;
        way.next().map(|place| *first + place)
    };
    rows.filter_map(place).collect()
}

/// Adds up the counts of equal words, in the order in which they are first seen, into an empty list.
fn add_up<W: Word>(
    rows: impl Iterator<Item = (W, u32)>,
    most: usize,
    trace: Trace,
    mut classes: Vec<(W, u32)>,
    slots: &mut Slots<'_>,
) -> Grouped<W> {
    slots.clear(most);
    let mut target_of = Vec::new();
    add_up_onto(&mut classes, rows, trace, slots, &mut target_of);
    Grouped { classes, target_of }
}

#[expect(clippy::indexing_slicing, reason = "`place` returns the place of a class or their number")]
fn add_up_onto<W: Word>(
    classes: &mut Vec<(W, u32)>,
    rows: impl Iterator<Item = (W, u32)>,
    trace: Trace,
    slots: &mut Slots<'_>,
    target_of: &mut Vec<u32>,
) {
    for (word, count) in rows {
        let fresh = classes.len();
        let at = slots.place(classes, word, fresh);
        if at == fresh {
            classes.push((word, count));
        } else {
            classes[at].1 += count;
        }
        if trace == Trace::Kept {
            target_of.push(at as u32);
        }
    }
}

/// Adds up the counts of equal words of one list where it lies: there are never more classes than rows read.
#[expect(clippy::indexing_slicing, reason = "`place` returns the place of a class or their number")]
fn add_up_within<W: Word>(rows: &mut Vec<(W, u32)>, trace: Trace, slots: &mut Slots<'_>, target_of: &mut Vec<u32>) {
    let mut fresh = 0;
    for row in 0..rows.len() {
        let (word, count) = rows[row];
        let at = slots.place(rows, word, fresh);
        if at == fresh {
            rows[fresh] = (word, count);
            fresh += 1;
        } else {
            rows[at].1 += count;
        }
        if trace == Trace::Kept {
            target_of.push(at as u32);
        }
    }
    rows.truncate(fresh);
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
        let room = Room::default();
        let found = group(&source, &way, most.min(source.len()), Trace::Kept, threads, &room);
        assert_eq!(found.target_of.len(), source.len());
        let class_of = |target: &u32| found.classes[*target as usize].0;
        assert!(source.iter().zip(&found.target_of).all(|((word, _), target)| plain(*word) == class_of(target)));
        assert_eq!(found.classes.len(), expect.len());
        assert_eq!(found.classes.iter().copied().collect::<BTreeMap<_, _>>(), expect);
        for _ in 0..2 {
            // The second time in the room that the first one leaves.
            let untraced = group(&source, &way, most.min(source.len()), Trace::Dropped, threads, &room);
            assert_eq!((untraced.classes.len(), untraced.target_of.len()), (expect.len(), 0));
            assert_eq!(untraced.classes.iter().copied().collect::<BTreeMap<_, _>>(), expect);
            room.give(untraced.classes);
        }
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
