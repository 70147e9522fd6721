//! The lattice of generalisations: nodes, their order, and a node's levels in one word.

use crate::{
    error::{Error, Result},
    search::QuasiIdentifier,
};

const FIELD: usize = 5;
const GUARDS: u128 = {
    let mut guards = 0;
    let mut field = 0;
    while field < Levels::MOST_COLUMNS {
        guards |= 1 << (field * FIELD + FIELD - 1);
        field += 1;
    }
    guards
};

/// The levels of one node, five bits per column, of which the uppermost stays empty for comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Levels(u128);

impl Levels {
    pub(super) const MOST_COLUMNS: usize = 25;
    pub(super) const MOST_LEVELS: usize = 16;

    pub(super) const fn get(self, column: usize) -> usize {
        ((self.0 >> (column * FIELD)) & 0x1f) as usize
    }

    /// Tells whether no column stands higher than in `other`; all columns are compared in one subtraction.
    pub(super) const fn below(self, other: Self) -> bool {
        ((other.0 | GUARDS) - self.0) & GUARDS == GUARDS
    }

    pub(super) const fn raised(self, column: usize) -> Self {
        Self(self.0 + (1 << (column * FIELD)))
    }

    pub(super) fn to_vec(self, columns: usize) -> Vec<usize> {
        (0..columns).map(|c| self.get(c)).collect()
    }
}

impl FromIterator<usize> for Levels {
    fn from_iter<I: IntoIterator<Item = usize>>(levels: I) -> Self {
        Self(levels.into_iter().enumerate().fold(0, |word, (c, l)| word | (l as u128) << (c * FIELD)))
    }
}

/// The allowed levels of every column.
#[derive(Debug, Clone)]
pub(super) struct Lattice {
    ranges: Vec<(usize, usize)>,
}

impl Lattice {
    /// More nodes than this are not searched exactly.
    pub(super) const MOST_NODES: u64 = 1 << 24;

    pub(super) fn new(attributes: &[QuasiIdentifier]) -> Result<Self> {
        let ranges: Vec<_> = attributes.iter().map(QuasiIdentifier::range).collect();
        if ranges.len() > Levels::MOST_COLUMNS || ranges.iter().any(|r| r.1 >= Levels::MOST_LEVELS) {
            let why = "an exact search takes at most 25 columns of 16 levels";
            return Err(Error::BadParameter { what: "lattice".to_owned(), why });
        }
        let lattice = Self { ranges };
        let nodes = lattice.nodes();
        if nodes > Self::MOST_NODES { Err(Error::TooManyNodes { nodes, most: Self::MOST_NODES }) } else { Ok(lattice) }
    }

    pub(super) fn columns(&self) -> usize {
        self.ranges.len()
    }

    pub(super) fn nodes(&self) -> u64 {
        self.ranges.iter().fold(1, |n: u64, (low, high)| n.saturating_mul((high - low + 1) as u64))
    }

    pub(super) fn bottom(&self) -> Levels {
        self.ranges.iter().map(|r| r.0).collect()
    }

    pub(super) fn top(&self) -> Levels {
        self.ranges.iter().map(|r| r.1).collect()
    }

    /// Returns every node once.
    pub(super) fn all(&self) -> Vec<Levels> {
        let mut nodes = vec![self.bottom()];
        for (column, (low, high)) in self.ranges.iter().enumerate() {
            let mut layer = 0..nodes.len();
            for _ in *low..*high {
                let raised: Vec<_> = nodes.get(layer.clone()).unwrap_or(&[]).iter().map(|n| n.raised(column)).collect();
                layer = nodes.len()..nodes.len() + raised.len();
                nodes.extend(raised);
            }
        }
        nodes
    }

    /// Returns the nodes one step up.
    pub(super) fn successors(&self, node: Levels) -> impl Iterator<Item = Levels> {
        let can_rise = move |(c, r): &(usize, &(usize, usize))| node.get(*c) < r.1;
        self.ranges.iter().enumerate().filter(can_rise).map(move |(c, _)| node.raised(c))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn comparing_in_one_word_is_comparing_every_column(pairs in proptest::collection::vec((0_usize..16, 0_usize..16), 1..=25)) {
            let a: Levels = pairs.iter().map(|p| p.0).collect();
            let b: Levels = pairs.iter().map(|p| p.1).collect();
            prop_assert_eq!(a.below(b), pairs.iter().all(|p| p.0 <= p.1));
            prop_assert_eq!(a.to_vec(pairs.len()), pairs.iter().map(|p| p.0).collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_node_is_listed_once() {
        let lattice = Lattice { ranges: vec![(0, 1), (1, 3), (2, 2)] };
        let mut all = lattice.all();
        all.sort_unstable();
        all.dedup();
        assert_eq!((all.len() as u64, lattice.nodes()), (6, 6));
        assert_eq!(lattice.successors(lattice.top()).count(), 0);
        assert_eq!(lattice.successors(lattice.bottom()).count(), 2);
    }
}
