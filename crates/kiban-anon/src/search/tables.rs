//! Class tables of nodes, each rolled up from the smallest table below it that is still kept.

use std::{num::NonZeroUsize, rc::Rc};

use super::lattice::Levels;
use crate::{
    fold::{Classes, Layout, Word},
    hierarchy::Hierarchy,
};

/// Below this many classes a second thread costs more than it gives.
const WORTH_A_THREAD: usize = 1 << 16;

/// One column's way from a lower level to a higher one, codes already at their place in the word.
struct Rise<'a, W> {
    shift: u32,
    width: u32,
    codes: &'a [W],
}

/// The class tables found so far.
pub(super) struct Tables<W> {
    layout: Layout,
    /// For each column, from level, to level: the code above, at its place in the word.
    rises: Vec<Vec<Vec<Vec<W>>>>,
    sizes: Vec<Vec<usize>>,
    kept: Vec<(Levels, Rc<Classes<W>>)>,
    entries: usize,
    budget: usize,
    threads: NonZeroUsize,
}

impl<W: Word> Tables<W> {
    pub(super) fn new(hierarchies: &[&Hierarchy], layout: Layout, base: Classes<W>, threads: NonZeroUsize) -> Self {
        let place = |column: usize, codes: Vec<u32>| {
            let (shift, _) = layout.field(column);
            codes.into_iter().map(|code| W::put(code, shift)).collect()
        };
        let rises = hierarchies.iter().enumerate().map(|(column, h)| {
            let to = |from: usize| (0..h.levels().len()).map(|to| place(column, h.rise(from, to))).collect();
            (0..h.levels().len()).map(to).collect()
        });
        let sizes = hierarchies.iter().map(|h| h.levels().iter().map(|l| l.labels().len()).collect());
        let entries = base.len();
        Self {
            rises: rises.collect(),
            sizes: sizes.collect(),
            kept: vec![(std::iter::repeat_n(0, hierarchies.len()).collect(), Rc::new(base))],
            entries,
            budget: entries.saturating_mul(3).max(1 << 22),
            threads,
            layout,
        }
    }

    /// Returns the class table of a node and keeps it for the nodes above while there is room.
    pub(super) fn classes(&mut self, node: Levels) -> Rc<Classes<W>> {
        // Kept tables are ordered by size, so the first one below the node is the smallest.
        let (from, source) = match self.kept.iter().find(|(levels, _)| levels.below(node)) {
            Some((levels, table)) => (*levels, Rc::clone(table)),
            None => return Rc::default(),
        };
        if from == node {
            return source;
        }
        let table = Rc::new(self.roll_up(&source, from, node));
        if table.len() * 10 <= source.len() * 9 {
            self.keep(node, Rc::clone(&table));
        }
        table
    }

    fn roll_up(&self, source: &Classes<W>, from: Levels, to: Levels) -> Classes<W> {
        let mut unchanged = W::ZERO;
        let mut rises = Vec::new();
        for (column, by_level) in self.rises.iter().enumerate() {
            let (shift, width) = self.layout.field(column);
            let (low, high) = (from.get(column), to.get(column));
            match by_level.get(low).and_then(|l| l.get(high)) {
                Some(codes) if low != high => rises.push(Rise { shift, width, codes }),
                _ => unchanged = unchanged.or(W::ones(shift, width)),
            }
        }
        let most = self.most_classes(to).min(source.len());
        let threads = if source.len() < WORTH_A_THREAD { 1 } else { self.threads.get() };
        if threads == 1 {
            return group(source, &rises, unchanged, most, (0, 1));
        }
        // Each thread takes the words of its share of the hash, so no class is in two results.
        let (rises, parts) = (&rises, threads as u64);
        std::thread::scope(|scope| {
            let work = |part| scope.spawn(move || group(source, rises, unchanged, most, (part, parts)));
            let workers: Vec<_> = (0..parts).map(work).collect();
            workers.into_iter().flat_map(|w| w.join().unwrap_or_default()).collect()
        })
    }

    fn most_classes(&self, node: Levels) -> usize {
        let size = |(column, sizes): (usize, &Vec<usize>)| sizes.get(node.get(column)).copied().unwrap_or(1);
        self.sizes.iter().enumerate().map(size).fold(1, usize::saturating_mul)
    }

    fn keep(&mut self, node: Levels, table: Rc<Classes<W>>) {
        self.entries += table.len();
        let place = self.kept.partition_point(|(_, kept)| kept.len() <= table.len());
        self.kept.insert(place, (node, table));
        // The base table is the last and stays; the largest of the others goes first.
        while self.entries > self.budget && self.kept.len() > 2 {
            let (_, largest) = self.kept.remove(self.kept.len() - 2);
            self.entries -= largest.len();
        }
    }
}

/// Generalises every word and adds up the counts of those that became equal.
#[expect(clippy::indexing_slicing, reason = "slots are masked to the table, their values are indices of `classes`")]
fn group<W: Word>(
    source: &Classes<W>,
    rises: &[Rise<'_, W>],
    unchanged: W,
    most: usize,
    (part, parts): (u64, u64),
) -> Classes<W> {
    const FREE: u32 = u32::MAX;
    let slots = (most * 2).next_power_of_two().max(16);
    let mask = slots - 1;
    let mut slot_of = vec![FREE; slots];
    let mut classes: Classes<W> = Vec::with_capacity(most.min(1 << 16));
    for (word, count) in source {
        let raised = |acc: W, rise: &Rise<'_, W>| acc.or(rise.codes[word.get(rise.shift, rise.width)]);
        let word = rises.iter().fold(word.and(unchanged), raised);
        let hash = word.scatter();
        if parts > 1 && (hash >> 40) % parts != part {
            continue;
        }
        let mut slot = hash as usize & mask;
        loop {
            match slot_of[slot] {
                FREE => {
                    slot_of[slot] = u32::try_from(classes.len()).unwrap_or(FREE);
                    classes.push((word, *count));
                    break;
                }
                at if classes[at as usize].0 == word => {
                    classes[at as usize].1 += count;
                    break;
                }
                _ => slot = (slot + 1) & mask,
            }
        }
    }
    classes
}
