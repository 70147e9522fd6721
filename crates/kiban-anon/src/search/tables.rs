//! Class tables of nodes, each rolled up from the smallest table below it that is still kept.

use std::sync::{Arc, PoisonError, RwLock};

use super::lattice::Levels;
use crate::{
    classes::ClassTable,
    fold::{Layout, Word},
    hierarchy::Hierarchy,
};

/// One column's way from a lower level to a higher one, codes already at their place in the word.
struct Rise<'a, W> {
    shift: u32,
    width: u32,
    codes: &'a [W],
}

/// The class tables found so far, shared by all threads.
pub(super) struct Tables<W> {
    layout: Layout,
    /// For each column, from level, to level: the code above, at its place in the word.
    rises: Vec<Vec<Vec<Vec<W>>>>,
    sizes: Vec<Vec<usize>>,
    kept: RwLock<Kept<W>>,
    budget: usize,
}

/// Tables by rising weight; the base table is the last and stays.
struct Kept<W> {
    tables: Vec<(Levels, Arc<ClassTable<W>>)>,
    entries: usize,
}

impl<W: Word> Tables<W> {
    pub(super) fn new(hierarchies: &[&Hierarchy], layout: Layout, base: ClassTable<W>) -> Self {
        let place = |column: usize, codes: Vec<u32>| {
            let (shift, _) = layout.field(column);
            codes.into_iter().map(|code| W::put(code, shift)).collect()
        };
        let rises = hierarchies.iter().enumerate().map(|(column, h)| {
            let to = |from: usize| (0..h.levels().len()).map(|to| place(column, h.rise(from, to))).collect();
            (0..h.levels().len()).map(to).collect()
        });
        let sizes = hierarchies.iter().map(|h| h.levels().iter().map(|l| l.labels().len()).collect());
        let entries = base.weight();
        let bottom = std::iter::repeat_n(0, hierarchies.len()).collect();
        Self {
            rises: rises.collect(),
            sizes: sizes.collect(),
            kept: RwLock::new(Kept { tables: vec![(bottom, Arc::new(base))], entries }),
            budget: entries.saturating_mul(3).max(1 << 22),
            layout,
        }
    }

    /// Returns the class table of a node and keeps it for the nodes above while there is room.
    pub(super) fn classes(&self, node: Levels) -> Arc<ClassTable<W>> {
        // Kept tables are ordered by weight, so the first one below the node is the smallest.
        let found = {
            let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
            kept.tables
                .iter()
                .find(|(levels, _)| levels.below(node))
                .map(|(levels, table)| (*levels, Arc::clone(table)))
        };
        let Some((from, source)) = found else { return Arc::default() };
        if from == node {
            return source;
        }
        let table = Arc::new(self.roll_up(&source, from, node));
        if table.weight() * 10 <= source.weight() * 9 {
            self.kept.write().unwrap_or_else(PoisonError::into_inner).keep(node, Arc::clone(&table), self.budget);
        }
        table
    }

    fn roll_up(&self, source: &ClassTable<W>, from: Levels, to: Levels) -> ClassTable<W> {
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
        if source.carries_more() {
            let mut target_of = Vec::with_capacity(source.len());
            let classes = group(&source.classes, &rises, unchanged, most, |target| target_of.push(target));
            source.carry(classes, &target_of)
        } else {
            let classes = group(&source.classes, &rises, unchanged, most, |_| {});
            ClassTable { classes, ..ClassTable::default() }
        }
    }

    fn most_classes(&self, node: Levels) -> usize {
        let size = |(column, sizes): (usize, &Vec<usize>)| sizes.get(node.get(column)).copied().unwrap_or(1);
        self.sizes.iter().enumerate().map(size).fold(1, usize::saturating_mul)
    }
}

impl<W: Word> Kept<W> {
    fn keep(&mut self, node: Levels, table: Arc<ClassTable<W>>, budget: usize) {
        self.entries += table.weight();
        let place = self.tables.partition_point(|(_, kept)| kept.weight() <= table.weight());
        // Nothing goes behind the base table: it is where every roll-up can begin.
        let place = place.min(self.tables.len().saturating_sub(1));
        self.tables.insert(place, (node, table));
        while self.entries > budget && self.tables.len() > 2 {
            let (_, largest) = self.tables.remove(self.tables.len() - 2);
            self.entries -= largest.weight();
        }
    }
}

/// Generalises every word and adds up the counts of those that became equal; tells for each source where it went.
#[expect(clippy::indexing_slicing, reason = "slots are masked to the table, their values are indices of `classes`")]
fn group<W: Word>(
    source: &[(W, u32)],
    rises: &[Rise<'_, W>],
    unchanged: W,
    most: usize,
    mut went_to: impl FnMut(u32),
) -> Vec<(W, u32)> {
    const FREE: u32 = u32::MAX;
    let slots = (most * 2).next_power_of_two().max(16);
    let mask = slots - 1;
    let mut slot_of = vec![FREE; slots];
    let mut classes: Vec<(W, u32)> = Vec::with_capacity(most.min(1 << 16));
    for (word, count) in source {
        let raised = |acc: W, rise: &Rise<'_, W>| acc.or(rise.codes[word.get(rise.shift, rise.width)]);
        let word = rises.iter().fold(word.and(unchanged), raised);
        let mut slot = word.scatter() as usize & mask;
        loop {
            match slot_of[slot] {
                FREE => {
                    let fresh = u32::try_from(classes.len()).unwrap_or(FREE);
                    slot_of[slot] = fresh;
                    classes.push((word, *count));
                    went_to(fresh);
                    break;
                }
                at if classes[at as usize].0 == word => {
                    classes[at as usize].1 += count;
                    went_to(at);
                    break;
                }
                _ => slot = (slot + 1) & mask,
            }
        }
    }
    classes
}
