//! Lower bounds of a node's loss, known from single columns and from nodes above, before any table is touched.

use super::lattice::Levels;
use crate::{fold::Word, hierarchy::Hierarchy, loss};

/// One column on one level: what its released values stand for.
struct Marginal {
    /// Leaves behind the values of all persons, nobody suppressed.
    behind: u64,
    /// Running sums over values from the most general: persons, and leaves lost if exactly they are suppressed.
    cheapest: Vec<(u64, u64)>,
}

impl Marginal {
    /// Returns the least possible sum of leaves when at least `suppressed` persons are.
    fn least(&self, suppressed: u64) -> u64 {
        let at = self.cheapest.partition_point(|(persons, _)| *persons < suppressed);
        let before = at.checked_sub(1).and_then(|b| self.cheapest.get(b)).copied().unwrap_or((0, 0));
        let Some(after) = self.cheapest.get(at) else { return self.behind + before.1 };
        let each = (after.1 - before.1).checked_div(after.0 - before.0).unwrap_or(0);
        self.behind + before.1 + (suppressed - before.0) * each
    }
}

/// The marginals of all columns and levels.
pub(super) struct Bounds {
    columns: Vec<(u64, Vec<Marginal>)>,
    persons: u64,
    aggregate: loss::Aggregate,
}

impl Bounds {
    pub(super) fn new<W: Word>(
        hierarchies: &[&Hierarchy],
        base: &[(W, u32)],
        fields: &[(u32, u32)],
        aggregate: loss::Aggregate,
    ) -> Self {
        let columns = hierarchies.iter().zip(fields).map(|(hierarchy, (shift, width))| {
            let mut persons = vec![0_u64; hierarchy.leaves()];
            for (word, count) in base {
                if let Some(n) = persons.get_mut(word.get(*shift, *width)) {
                    *n += u64::from(*count);
                }
            }
            let leaves = hierarchy.leaves() as u64;
            (leaves, (0..hierarchy.levels().len()).map(|level| marginal(hierarchy, level, &persons)).collect())
        });
        let total = base.iter().map(|c| u64::from(c.1)).sum();
        Self { columns: columns.collect(), persons: total, aggregate }
    }

    /// Returns a score that no node with these levels and at least so many suppressed persons can be below.
    pub(super) fn score(&self, node: Levels, suppressed: u64) -> f64 {
        let least = |(column, (leaves, marginals)): (usize, &(u64, Vec<Marginal>))| {
            let behind = marginals.get(node.get(column)).map_or(0, |m| m.least(suppressed));
            loss::scaled(behind, self.persons, *leaves)
        };
        self.aggregate.score(self.columns.iter().enumerate().map(least))
    }

    /// Returns the true column losses of a node, given the leaves behind its suppressed persons.
    pub(super) fn losses(&self, node: Levels, suppressed: u64, behind_suppressed: &[u64]) -> Vec<f64> {
        let columns = self.columns.iter().zip(behind_suppressed).enumerate();
        let loss = |(column, ((leaves, marginals), gone)): (usize, (&(u64, Vec<Marginal>), &u64))| {
            let behind = marginals.get(node.get(column)).map_or(0, |m| m.behind);
            loss::scaled(behind - gone + suppressed * leaves, self.persons, *leaves)
        };
        columns.map(loss).collect()
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
    let Some(level) = hierarchy.levels().get(level) else { return Marginal { behind: 0, cheapest: Vec::new() } };
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
    let leaves = hierarchy.leaves() as u64;
    let running = values.iter().scan((0, 0), |sum, (under, n)| {
        *sum = (sum.0 + n, sum.1 + (leaves - under) * n);
        Some(*sum)
    });
    Marginal { behind, cheapest: running.collect() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_persons_to_suppress_are_those_of_the_widest_groups() {
        // Six leaves; ten persons in a group of three leaves, four at a leaf of their own.
        let marginal = Marginal { behind: 34, cheapest: vec![(10, 30), (14, 50)] };
        let least: Vec<u64> = [0, 1, 10, 12, 14, 99].map(|s| marginal.least(s)).to_vec();
        assert_eq!(least, [34, 37, 64, 74, 84, 84]);
    }
}
