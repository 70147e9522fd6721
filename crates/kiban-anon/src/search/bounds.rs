//! Lower bounds of a node's loss, known from single columns and from nodes above, before any table is touched.

use super::lattice::Levels;
use crate::{
    fold::Word,
    hierarchy::Hierarchy,
    loss::{Metric, Tally},
};

/// One column on one level: what its released values stand for.
struct Marginal {
    /// Leaves behind the values of all persons, nobody suppressed.
    behind: u64,
    /// Running sums over values from the most general: persons, and the leaves behind their values.
    widest: Vec<(u64, u64)>,
}

impl Marginal {
    /// Returns the most leaves that can stand behind the values of so many persons.
    fn most_behind(&self, persons: u64) -> u64 {
        let at = self.widest.partition_point(|(sum, _)| *sum < persons);
        let before = at.checked_sub(1).and_then(|b| self.widest.get(b)).copied().unwrap_or((0, 0));
        let Some(after) = self.widest.get(at) else { return before.1 };
        let each = (after.1 - before.1).checked_div(after.0 - before.0).unwrap_or(0);
        before.1 + (persons - before.0) * each
    }
}

/// One column: how much it counts, its leaves, and its marginal on each level.
struct Column {
    weight: f64,
    leaves: u64,
    marginals: Vec<Marginal>,
}

/// The marginals of all columns and levels.
pub(super) struct Bounds {
    columns: Vec<Column>,
    persons: u64,
    metric: Metric,
}

impl Bounds {
    pub(super) fn new<W: Word>(
        hierarchies: &[&Hierarchy],
        weights: &[f64],
        base: &[(W, u32)],
        fields: &[(u32, u32)],
        metric: Metric,
    ) -> Self {
        let columns = hierarchies.iter().zip(weights).zip(fields).map(|((hierarchy, weight), (shift, width))| {
            let mut persons = vec![0_u64; hierarchy.leaves()];
            for (word, count) in base {
                if let Some(n) = persons.get_mut(word.get(*shift, *width)) {
                    *n += u64::from(*count);
                }
            }
            let leaves = hierarchy.leaves() as u64;
            let marginals = (0..hierarchy.levels().len()).map(|level| marginal(hierarchy, level, &persons)).collect();
            Column { weight: *weight, leaves, marginals }
        });
        let total = base.iter().map(|c| u64::from(c.1)).sum();
        Self { columns: columns.collect(), persons: total, metric }
    }

    /// Returns a score that no node with these levels and at least so many suppressed persons can be below.
    ///
    /// Suppressing costs least where the value says least already, so the widest groups are taken to go first.
    pub(super) fn score(&self, node: Levels, suppressed: u64) -> f64 {
        let suppressed = suppressed.min(self.persons);
        let least = |(at, column): (usize, &Column)| {
            let gone = column.marginals.get(node.get(at)).map_or(0, |m| m.most_behind(suppressed));
            (self.metric.loss(&self.tally(column, node.get(at), suppressed, gone)), column.weight)
        };
        self.metric.aggregate().weighted(self.columns.iter().enumerate().map(least))
    }

    /// Returns the account of each column of a node, given the leaves behind its suppressed persons.
    pub(super) fn tallies(&self, node: Levels, suppressed: u64, behind_suppressed: &[u64]) -> Vec<Tally> {
        let columns = self.columns.iter().zip(behind_suppressed).enumerate();
        columns.map(|(at, (column, gone))| self.tally(column, node.get(at), suppressed, *gone)).collect()
    }

    fn tally(&self, column: &Column, level: usize, suppressed: u64, behind_suppressed: u64) -> Tally {
        Tally {
            persons: self.persons,
            leaves: column.leaves,
            behind: column.marginals.get(level).map_or(0, |m| m.behind),
            suppressed,
            behind_suppressed,
            weight: column.weight,
        }
    }

    /// Returns the least number of suppressed persons that puts the node's bound above `limit`, at most `most`.
    pub(super) fn suppression_above(&self, node: Levels, limit: f64, most: u64) -> u64 {
        let (mut low, mut high) = (0, most);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.score(node, middle) > limit {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

fn marginal(hierarchy: &Hierarchy, level: usize, persons_of_leaf: &[u64]) -> Marginal {
    let Some(level) = hierarchy.levels().get(level) else { return Marginal { behind: 0, widest: Vec::new() } };
    let mut persons = vec![0_u64; level.labels().len()];
    for (code, n) in level.codes().iter().zip(persons_of_leaf) {
        if let Some(sum) = persons.get_mut(*code as usize) {
            *sum += n;
        }
    }
    let mut values: Vec<(u64, u64)> =
        level.leaves_under().iter().map(|u| u64::from(*u)).zip(persons).filter(|v| v.1 > 0).collect();
    values.sort_unstable_by(|a, b| b.cmp(a));
    let behind = values.iter().map(|(under, n)| under * n).sum();
    let running = values.iter().scan((0, 0), |sum, (under, n)| {
        *sum = (sum.0 + n, sum.1 + under * n);
        Some(*sum)
    });
    Marginal { behind, widest: running.collect() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_persons_to_suppress_are_those_of_the_widest_groups() {
        // Ten persons in a group of three leaves, four at a leaf of their own.
        let marginal = Marginal { behind: 34, widest: vec![(10, 30), (14, 34)] };
        let most: Vec<u64> = [0, 1, 10, 12, 14, 99].map(|s| marginal.most_behind(s)).to_vec();
        assert_eq!(most, [0, 3, 30, 32, 34, 34]);
    }
}
