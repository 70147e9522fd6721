//! The lattice of generalisations: nodes, their order, and a node's levels in one word.

use std::ops::Range;

use crate::{
    error::{Error, Result},
    policy::QuasiIdentifier,
};

/// Columns per word of [`Levels`], eight bits each.
const FIELDS: usize = 8;
const WORDS: usize = Levels::MOST_COLUMNS / FIELDS;
const GUARDS: u64 = 0x8080_8080_8080_8080;

/// The levels of one node, eight bits per column, of which the uppermost stays empty for comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Levels([u64; WORDS]);

impl Levels {
    pub(crate) const MOST_COLUMNS: usize = 40;
    pub(crate) const MOST_LEVELS: usize = 128;

    #[inline]
    pub(crate) fn get(self, column: usize) -> usize {
        let word = self.0.get(column / FIELDS).copied().unwrap_or(0);
        (word >> ((column % FIELDS) * 8) & 0x7f) as usize
    }

    /// Tells whether no column stands higher than in `other`; eight columns are compared in one subtraction.
    #[inline]
    pub(crate) fn below(self, other: Self) -> bool {
        self.0.iter().zip(&other.0).all(|(here, there)| ((there | GUARDS) - here) & GUARDS == GUARDS)
    }

    pub(crate) fn raised(mut self, column: usize) -> Self {
        if let Some(word) = self.0.get_mut(column / FIELDS) {
            *word += 1 << ((column % FIELDS) * 8);
        }
        self
    }

    pub(crate) fn lowered(mut self, column: usize) -> Self {
        if let Some(word) = self.0.get_mut(column / FIELDS) {
            *word -= 1 << ((column % FIELDS) * 8);
        }
        self
    }

    pub(crate) fn to_vec(self, columns: usize) -> Vec<usize> {
        (0..columns).map(|c| self.get(c)).collect()
    }
}

impl FromIterator<usize> for Levels {
    fn from_iter<I: IntoIterator<Item = usize>>(levels: I) -> Self {
        let mut packed = Self::default();
        for (column, level) in levels.into_iter().enumerate() {
            if let Some(word) = packed.0.get_mut(column / FIELDS) {
                *word |= (level as u64) << ((column % FIELDS) * 8);
            }
        }
        packed
    }
}

/// The allowed levels of every column.
#[derive(Debug, Clone)]
pub(crate) struct Lattice {
    ranges: Vec<(usize, usize)>,
}

impl Lattice {
    pub(crate) fn new(attributes: &[QuasiIdentifier]) -> Result<Self> {
        let ranges: Vec<_> = attributes.iter().map(QuasiIdentifier::range).collect();
        if ranges.len() > Levels::MOST_COLUMNS || ranges.iter().any(|r| r.1 >= Levels::MOST_LEVELS) {
            let why = "a search takes at most 40 columns of 128 levels";
            return Err(Error::BadParameter { what: "lattice".to_owned(), why });
        }
        Ok(Self { ranges })
    }

    pub(crate) fn columns(&self) -> usize {
        self.ranges.len()
    }

    /// Returns the number of nodes; what does not fit counts as the most that does.
    pub(crate) fn nodes(&self) -> u64 {
        self.ranges.iter().fold(1, |n: u64, (low, high)| n.saturating_mul((high - low + 1) as u64))
    }

    /// Returns the number of levels of a column.
    pub(crate) fn levels(&self, column: usize) -> u64 {
        self.ranges.get(column).map_or(1, |(low, high)| (high - low + 1) as u64)
    }

    /// Returns the nodes that have all columns but these at the top.
    pub(crate) fn projected(&self, on: &Range<usize>) -> Self {
        let range = |(column, range): (usize, &(usize, usize))| {
            if on.contains(&column) { *range } else { (range.1, range.1) }
        };
        Self { ranges: self.ranges.iter().enumerate().map(range).collect() }
    }

    pub(crate) fn bottom(&self) -> Levels {
        self.ranges.iter().map(|r| r.0).collect()
    }

    pub(crate) fn top(&self) -> Levels {
        self.ranges.iter().map(|r| r.1).collect()
    }

    pub(crate) fn can_rise(&self, node: Levels, column: usize) -> bool {
        self.ranges.get(column).is_some_and(|range| node.get(column) < range.1)
    }

    fn can_fall(&self, node: Levels, column: usize) -> bool {
        self.ranges.get(column).is_some_and(|range| node.get(column) > range.0)
    }

    /// Returns the nodes one step up.
    pub(crate) fn successors(&self, node: Levels) -> impl Iterator<Item = Levels> {
        (0..self.columns()).filter(move |c| self.can_rise(node, *c)).map(move |c| node.raised(c))
    }

    /// Returns the nodes one step up that this node alone is the parent of, with the column raised: from the bottom each
    /// node is reached once, by raising columns from the first to the last.
    pub(crate) fn children(&self, node: Levels, from: usize) -> impl Iterator<Item = (Levels, usize)> {
        (from..self.columns()).filter(move |c| self.can_rise(node, *c)).map(move |c| (node.raised(c), c))
    }

    /// Returns the nodes one step down, and those one step down and one up.
    pub(crate) fn neighbours(&self, node: Levels) -> Vec<Levels> {
        let mut found = Vec::new();
        for down in (0..self.columns()).filter(|c| self.can_fall(node, *c)) {
            let lower = node.lowered(down);
            found.push(lower);
            found.extend(
                (0..self.columns()).filter(|up| *up != down && self.can_rise(node, *up)).map(|up| lower.raised(up)),
            );
        }
        found
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn comparing_in_one_word_is_comparing_every_column(pairs in proptest::collection::vec((0_usize..128, 0_usize..128), 1..=40)) {
            let a: Levels = pairs.iter().map(|p| p.0).collect();
            let b: Levels = pairs.iter().map(|p| p.1).collect();
            prop_assert_eq!(a.below(b), pairs.iter().all(|p| p.0 <= p.1));
            prop_assert_eq!(a.to_vec(pairs.len()), pairs.iter().map(|p| p.0).collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_node_is_reached_once() {
        let lattice = Lattice { ranges: vec![(0, 1), (1, 3), (2, 2)] };
        let mut all = vec![(lattice.bottom(), 0)];
        let mut at = 0;
        while at < all.len() {
            let (node, from) = all[at];
            all.extend(lattice.children(node, from));
            at += 1;
        }
        let mut nodes: Vec<_> = all.into_iter().map(|n| n.0).collect();
        nodes.sort_unstable();
        nodes.dedup();
        assert_eq!((nodes.len() as u64, lattice.nodes(), at), (6, 6, 6));
        assert_eq!(lattice.successors(lattice.top()).count(), 0);
        assert_eq!(lattice.successors(lattice.bottom()).count(), 2);
        assert_eq!(lattice.neighbours(lattice.bottom()).len(), 0);
        assert_eq!(lattice.neighbours(lattice.bottom().raised(0)).len(), 2);
    }
}
