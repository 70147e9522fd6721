//! Class tables of nodes, each rolled up from the smallest table below it that is still kept.

use std::{num::NonZeroUsize, sync::Arc};

use super::{
    group::{Grouped, Room, Trace, Way, group},
    lattice::Levels,
};
use crate::{
    classes::ClassTable,
    fold::{Layout, Word},
    hierarchy::Hierarchy,
};

/// Entries of class tables that are kept however small the table is.
const LEAST_BUDGET: usize = 1 << 19;

/// The class tables found so far.
pub(super) struct Tables<'a, W> {
    layout: Layout,
    /// For each column, from level, to level: the code above, at its place in the word.
    rises: Vec<Vec<Vec<Vec<W>>>>,
    sizes: Vec<Vec<usize>>,
    base: &'a ClassTable<W>,
    /// Tables by rising weight; where none is below a node, its roll-up begins with the base.
    kept: Vec<(Levels, Arc<ClassTable<W>>)>,
    entries: usize,
    budget: usize,
    threads: NonZeroUsize,
    room: Room<W>,
}

impl<'a, W: Word> Tables<'a, W> {
    pub(super) fn new(
        hierarchies: &[&Hierarchy],
        layout: Layout,
        base: &'a ClassTable<W>,
        threads: NonZeroUsize,
    ) -> Self {
        let place = |column: usize, codes: Vec<u32>| {
            let (shift, _) = layout.field(column);
            codes.into_iter().map(|code| W::put(code, shift)).collect()
        };
        let rises = hierarchies.iter().enumerate().map(|(column, h)| {
            let to = |from: usize| (0..h.levels().len()).map(|to| place(column, h.rise(from, to))).collect();
            (0..h.levels().len()).map(to).collect()
        });
        let sizes = hierarchies.iter().map(|h| h.levels().iter().map(|l| l.labels().len()).collect());
        Self {
            rises: rises.collect(),
            sizes: sizes.collect(),
            base,
            kept: Vec::new(),
            entries: 0,
            budget: base.weight().saturating_mul(2).max(LEAST_BUDGET),
            layout,
            threads,
            room: Room::default(),
        }
    }

    /// Returns the class table of a node and keeps it for the nodes above while there is room.
    pub(super) fn classes(&mut self, node: Levels) -> Arc<ClassTable<W>> {
        // Kept tables are ordered by weight, so the first one below the node is the smallest.
        let found = self.kept.iter().find(|(levels, _)| levels.below(node));
        let (from, weight, table) = match found {
            Some((levels, table)) if *levels == node => return Arc::clone(table),
            Some((levels, table)) => (*levels, table.weight(), self.roll_up(table, *levels, node)),
            None => (Levels::default(), self.base.weight(), self.roll_up(self.base, Levels::default(), node)),
        };
        if from == node || table.weight() * 10 > weight * 9 {
            return Arc::new(table);
        }
        let table = Arc::new(self.fitted(table));
        self.keep(node, Arc::clone(&table));
        table
    }

    /// Takes back a table that is not kept.
    pub(super) fn release(&self, table: Arc<ClassTable<W>>) {
        if let Ok(table) = Arc::try_unwrap(table) {
            self.room.give(table.classes);
        }
    }

    /// Leaves no room in a table that is to be kept.
    fn fitted(&self, table: ClassTable<W>) -> ClassTable<W> {
        if table.classes.capacity() <= table.len() * 5 / 4 {
            return table;
        }
        let classes = table.classes.clone();
        self.room.give(table.classes);
        ClassTable { classes, ..table }
    }

    fn keep(&mut self, node: Levels, table: Arc<ClassTable<W>>) {
        self.entries += table.weight();
        let place = self.kept.partition_point(|(_, kept)| kept.weight() <= table.weight());
        self.kept.insert(place, (node, table));
        while self.entries > self.budget
            && let Some((_, largest)) = self.kept.pop()
        {
            self.entries -= largest.weight();
            self.release(largest);
        }
    }

    fn roll_up(&self, source: &ClassTable<W>, from: Levels, to: Levels) -> ClassTable<W> {
        let mut unchanged = W::ZERO;
        let mut rising = Vec::new();
        for (column, by_level) in self.rises.iter().enumerate() {
            let (shift, width) = self.layout.field(column);
            let (low, high) = (from.get(column), to.get(column));
            match by_level.get(low).and_then(|l| l.get(high)) {
                Some(codes) if low != high => rising.push((shift, width, codes.as_slice())),
                _ => unchanged = unchanged.or(W::ones(shift, width)),
            }
        }
        let way = Way::new(rising.into_iter(), unchanged, source.len());
        let most = self.most_classes(to).min(source.len());
        let trace = if source.carries_more() { Trace::Kept } else { Trace::Dropped };
        let Grouped { classes, target_of } = group(&source.classes, &way, most, trace, self.threads, &self.room);
        match trace {
            Trace::Kept => source.carry(classes, &target_of, self.threads),
            Trace::Dropped => ClassTable { classes, ..ClassTable::default() },
        }
    }

    fn most_classes(&self, node: Levels) -> usize {
        let size = |(column, sizes): (usize, &Vec<usize>)| sizes.get(node.get(column)).copied().unwrap_or(1);
        self.sizes.iter().enumerate().map(size).fold(1, usize::saturating_mul)
    }
}
