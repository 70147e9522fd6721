//! Small random tables with random hierarchies, and a search that is too simple to be wrong.

use std::collections::BTreeMap;

use arrow_array::UInt32Array;
use kiban_anon::{Aggregate, Folded, Hierarchy, Metric, Policy, QuasiIdentifier};
use proptest::prelude::*;

/// A table of codes, its hierarchies as rows of labels, and what is asked of it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) trees: Vec<Vec<Vec<String>>>,
    pub(crate) rows: Vec<Vec<u32>>,
    pub(crate) k: u32,
    pub(crate) limit: f64,
    pub(crate) aggregate: Aggregate,
}

impl Case {
    pub(crate) fn attributes(&self) -> Vec<QuasiIdentifier> {
        let build = |rows: &Vec<Vec<String>>| QuasiIdentifier::new(Hierarchy::from_rows("qi", &[], rows).unwrap());
        self.trees.iter().map(build).collect()
    }

    pub(crate) fn columns(&self) -> Vec<UInt32Array> {
        (0..self.trees.len()).map(|c| self.rows.iter().map(|r| r[c]).collect::<Vec<_>>().into()).collect()
    }

    pub(crate) fn table(&self) -> Folded {
        let attributes = self.attributes();
        Folded::new(&attributes.iter().map(QuasiIdentifier::hierarchy).collect::<Vec<_>>(), &self.columns()).unwrap()
    }

    pub(crate) fn policy(&self) -> Policy {
        let metric = Metric::Loss { suppression_weight: 0.5, aggregate: self.aggregate };
        Policy { metric, ..Policy::new(self.k, self.limit) }
    }

    pub(crate) fn allowed(&self) -> usize {
        (self.rows.len() as f64 * self.limit).floor() as usize
    }

    /// Returns every node of the lattice.
    pub(crate) fn nodes(&self) -> Vec<Vec<usize>> {
        let mut nodes: Vec<Vec<usize>> = vec![vec![]];
        for tree in &self.trees {
            nodes = nodes.iter().flat_map(|n| (0..tree[0].len()).map(|l| [&n[..], &[l]].concat())).collect();
        }
        nodes
    }

    /// Tries every node row by row and returns the best score, if any node is allowed.
    pub(crate) fn best_score(&self) -> Option<f64> {
        let allowed = self.allowed();
        self.nodes().iter().filter_map(|node| self.score(node, allowed)).min_by(f64::total_cmp)
    }

    fn score(&self, node: &[usize], allowed: usize) -> Option<f64> {
        self.losses(node, allowed).map(|losses| self.aggregate.score(losses.into_iter()))
    }

    /// Returns the loss of each column at a node, if no more than allowed are suppressed there.
    pub(crate) fn losses(&self, node: &[usize], allowed: usize) -> Option<Vec<f64>> {
        let label = |row: &[u32], c: usize| self.trees[c][row[c] as usize][node[c]].as_str();
        let tuple = |row: &[u32]| (0..node.len()).map(|c| label(row, c)).collect::<Vec<_>>();
        let mut classes: BTreeMap<Vec<&str>, u32> = BTreeMap::new();
        self.rows.iter().for_each(|row| *classes.entry(tuple(row)).or_insert(0) += 1);
        let gone = |row: &[u32]| classes[&tuple(row)] < self.k;
        if self.rows.iter().filter(|row| gone(row)).count() > allowed {
            return None;
        }
        let losses = (0..node.len()).map(|c| {
            let leaves = self.trees[c].len() as f64;
            let share = |row: &Vec<u32>| {
                let same = self.trees[c].iter().filter(|leaf| leaf[node[c]] == label(row, c)).count() as f64;
                if gone(row) { 1.0 } else { same / leaves }
            };
            let mean = self.rows.iter().map(share).sum::<f64>() / self.rows.len().max(1) as f64;
            if self.trees[c].len() == 1 || self.rows.is_empty() {
                0.0
            } else {
                (mean - 1.0 / leaves) / (1.0 - 1.0 / leaves)
            }
        });
        Some(losses.collect())
    }
}

/// Makes nested hierarchies: on each level the groups of the one below are merged by a random map.
fn tree() -> impl Strategy<Value = Vec<Vec<String>>> {
    (1_usize..7, proptest::collection::vec(proptest::collection::vec(0_usize..3, 8), 0..3)).prop_map(
        |(leaves, maps)| {
            let mut rows: Vec<Vec<usize>> = (0..leaves).map(|leaf| vec![leaf]).collect();
            for map in &maps {
                rows.iter_mut().for_each(|row| row.push(map[row[row.len() - 1]]));
            }
            rows.iter_mut().for_each(|row| row.push(0));
            let text = |row: &Vec<usize>| row.iter().enumerate().map(|(l, g)| format!("{l}/{g}")).collect();
            rows.iter().map(text).collect()
        },
    )
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let limit = prop_oneof![Just(0.0), Just(0.05), Just(0.25), Just(1.0)];
    let aggregate = prop_oneof![Just(Aggregate::GeometricMean), Just(Aggregate::Mean), Just(Aggregate::Worst)];
    (proptest::collection::vec(tree(), 1..4), 0_usize..60, 1_u32..6, limit, aggregate).prop_flat_map(
        |(trees, rows, k, limit, aggregate)| {
            let row: Vec<_> = trees.iter().map(|t| 0..t.len() as u32).collect();
            proptest::collection::vec(row, rows).prop_map(move |rows| Case {
                trees: trees.clone(),
                rows,
                k,
                limit,
                aggregate,
            })
        },
    )
}
