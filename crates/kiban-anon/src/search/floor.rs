//! A floor under the scores of a lattice past enumeration: what each of a few groups of columns must lose by itself.
//!
//! Raising all other columns to the top only merges classes. Where nothing but the size of a class is asked, a node
//! therefore suppresses at least whom its projection on a group of columns suppresses, and loses in these columns no less
//! than the best projection does (the subsets of Incognito, LeFevre, DeWitt, Ramakrishnan 2005, here with scores). What
//! the groups lose, put together, no node can be below.

use std::{num::NonZeroUsize, ops::Range};

use super::{Parts, Search, lattice::Lattice};
use crate::{
    classes::ClassTable,
    fold::Word,
    loss::Aggregate,
    policy::{Budget, Policy, Strategy},
    threads::on_threads,
};

/// Nodes of a group's lattice at most: few enough to be searched through.
const NODES: u64 = 7_000;

/// With fewer nodes to check per group than this, nothing is found that the search would not.
const WORTH: u64 = 16;

/// What was found without looking at the whole lattice.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Floor {
    /// No allowed node has a smaller score.
    pub(super) score: f64,
    /// Nodes that were checked for it.
    pub(super) checked: u64,
}

impl Floor {
    /// Searches groups of neighbouring columns, so many nodes in all.
    pub(super) fn new<W: Word>(parts: &Parts<'_>, words: &ClassTable<W>, most: u64) -> Self {
        let groups = groups(&parts.lattice, NODES);
        let each = most / groups.len().max(1) as u64;
        if groups.len() < 2 || each < WORTH || !parts.judge.only_sizes() {
            return Self::default();
        }
        Self::of(parts, words, &groups, each)
    }

    fn of<W: Word>(parts: &Parts<'_>, words: &ClassTable<W>, groups: &[Range<usize>], each: u64) -> Self {
        let policy = Policy { threads: NonZeroUsize::MIN, ..parts.policy.clone() };
        let search = |group: &Range<usize>, (): &mut ()| {
            let of_group = |(column, weight): (usize, &f64)| if group.contains(&column) { *weight } else { 0.0 };
            let weights: Vec<f64> = parts.weights.iter().enumerate().map(of_group).collect();
            let (lattice, judge) = (parts.lattice.projected(group), parts.judge.clone());
            let budget = Budget { nodes: Some(each), ..parts.budget };
            let (hierarchies, table) = (parts.hierarchies, parts.table);
            let alone = Parts { hierarchies, weights: &weights, table, lattice, judge, policy: &policy, budget };
            let found = Search::new(alone, words).run(Strategy::Optimal, Self::default()).ok();
            found.map_or((0.0, 0, 0.0), |found| (found.bound, found.checked, weights.iter().sum()))
        };
        let found = on_threads(parts.policy.threads, groups, || (), search);
        let scores = found.iter().map(|(score, _, weight)| (*score, *weight));
        let score = match parts.policy.metric.aggregate() {
            Aggregate::Worst => scores.map(|s| s.0).fold(0.0, f64::max),
            all => all.weighted(scores),
        };
        Self { score, checked: found.iter().map(|found| found.1).sum() }
    }
}

/// Cuts the columns into runs whose lattices have so many nodes at most.
fn groups(lattice: &Lattice, most: u64) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut nodes = u64::MAX;
    for column in 0..lattice.columns() {
        nodes = nodes.saturating_mul(lattice.levels(column));
        match groups.last_mut().filter(|_| nodes <= most) {
            Some(group) => group.end += 1,
            None => {
                groups.push(column..column + 1);
                nodes = lattice.levels(column);
            }
        }
    }
    groups
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use arrow_array::UInt32Array;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        fold::{Folded, Words},
        hierarchy::Hierarchy,
        loss::Metric,
        model::Judge,
        policy::QuasiIdentifier,
        search::search,
    };

    fn aggregate() -> impl proptest::strategy::Strategy<Value = Aggregate> {
        prop_oneof![Just(Aggregate::GeometricMean), Just(Aggregate::Mean), Just(Aggregate::Worst)]
    }

    proptest! {
        #[test]
        fn no_optimum_is_below_the_floor(
            rows in proptest::collection::vec(proptest::collection::vec(0_u32..4, 4), 1..60),
            (k, limit) in (1_u32..5, prop_oneof![Just(0.0), Just(0.1), Just(0.4)]),
            (aggregate, suppression_weight, each) in (aggregate(), 0.0_f64..=1.0, 1_u64..12),
            weights in proptest::collection::vec(0.1_f64..=1.0, 4),
        ) {
            let tree = Hierarchy::from_arx_csv("h", "a;x;*\nb;x;*\nc;y;*\nd;y;*\n").unwrap();
            let of = |w: &f64| QuasiIdentifier::new(tree.clone()).weighing(*w);
            let attributes: Vec<QuasiIdentifier> = weights.iter().map(of).collect();
            let columns: Vec<UInt32Array> =
                (0..4).map(|c| rows.iter().map(|row| row[c]).collect::<Vec<u32>>().into()).collect();
            let hierarchies = [&tree; 4];
            let table = Folded::new(&hierarchies, &columns).unwrap();
            let metric = Metric::Loss { suppression_weight, aggregate };
            let policy = Policy { metric, ..Policy::new(k, limit) };
            let Words::Narrow(words) = table.words() else { panic!("four columns are narrow") };
            let parts = Parts {
                hierarchies: &hierarchies,
                weights: &crate::policy::weights(&attributes).unwrap(),
                table: &table,
                lattice: Lattice::new(&attributes).unwrap(),
                judge: Judge::new(&policy.models, &hierarchies, &table).unwrap(),
                policy: &policy,
                budget: Budget::default(),
            };
            let floor = Floor::of(&parts, words, &[0..2, 2..3, 3..4], each);
            if let Ok(best) = search(&attributes, &table, &policy) {
                prop_assert!(floor.score <= best.loss.score + 1e-12, "{} {}", floor.score, best.loss.score);
            }
        }
    }

    #[test]
    fn groups_are_as_long_as_their_lattices_allow() {
        let of = |csv: &str| QuasiIdentifier::new(Hierarchy::from_arx_csv("h", csv).unwrap());
        let attributes: Vec<_> = ["a;*", "a;b;*", "a;b;c;*", "a;b;*", "a"].map(of).into();
        let lattice = Lattice::new(&attributes).unwrap();
        assert_eq!(groups(&lattice, 12), [0..2, 2..5]);
        assert_eq!(groups(&lattice, 1), [0..1, 1..2, 2..3, 3..4, 4..5]);
    }
}
