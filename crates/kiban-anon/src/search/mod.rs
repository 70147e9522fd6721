//! The optimal full-domain generalisation for k-anonymity with a suppression limit.
//!
//! Raising a node only merges classes, so the number of persons below k never rises with it. Two things follow. A node
//! above which somebody already counted *s* persons below k has at least *s* itself; and a node with at least *s*
//! suppressed persons has a loss no smaller than [`Bounds::score`]. The search visits the nodes by rising bound and
//! needs for each only a *witness*: some node above with so many persons below k that the bound exceeds the best loss
//! known, or the limit. It looks for the highest witness on one path to the top by bisection, because high tables are
//! small and a high witness speaks for many nodes. When the next bound exceeds the best loss, the best is proven.

mod bounds;
mod lattice;
mod tables;

use std::num::NonZeroUsize;

use rustc_hash::FxHashMap;
use serde::Serialize;

use self::{
    bounds::Bounds,
    lattice::{Lattice, Levels},
    tables::Tables,
};
use crate::{
    error::{Error, Result},
    fold::{Classes, Folded, Word, Words},
    hierarchy::Hierarchy,
    loss::{Aggregate, Loss},
};

/// Two scores nearer than this are treated as equal when a node is to be ruled out.
const NOISE: f64 = 1e-12;

/// A quasi-identifier 準識別子: its hierarchy and the levels on which it may be released.
#[derive(Debug, Clone)]
pub struct QuasiIdentifier {
    hierarchy: Hierarchy,
    lowest: usize,
    highest: usize,
}

impl QuasiIdentifier {
    /// Takes a hierarchy, all levels allowed.
    pub fn new(hierarchy: Hierarchy) -> Self {
        let highest = hierarchy.levels().len().saturating_sub(1);
        Self { hierarchy, lowest: 0, highest }
    }

    /// Allows no more detail than `level`; a level that is not there means the last one.
    #[must_use]
    pub fn at_least(mut self, level: usize) -> Self {
        self.lowest = level.min(self.highest);
        self
    }

    /// Allows no less detail than `level`.
    #[must_use]
    pub fn at_most(mut self, level: usize) -> Self {
        self.highest = level.clamp(self.lowest, self.highest);
        self
    }

    /// Returns the hierarchy.
    pub fn hierarchy(&self) -> &Hierarchy {
        &self.hierarchy
    }

    pub(crate) fn range(&self) -> (usize, usize) {
        (self.lowest, self.highest)
    }
}

/// Says how anonymous a release must be, and what it may cost.
///
/// The Act fixes no k (`law.md` §2A); it comes from the project's profile (SEED-59).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// Every released person shares the quasi-identifiers with at least k − 1 others.
    pub k: u32,
    /// The share of persons that may be suppressed, 0 to 1.
    pub suppression_limit: f64,
    /// How column losses become one score.
    pub aggregate: Aggregate,
    /// Threads for large tables; the result does not depend on it.
    pub threads: NonZeroUsize,
}

impl Policy {
    /// Asks for k with a suppression limit, ARX's default score, one thread.
    pub fn new(k: u32, suppression_limit: f64) -> Self {
        Self { k, suppression_limit, aggregate: Aggregate::default(), threads: NonZeroUsize::MIN }
    }

    /// Returns how many of so many persons may be suppressed.
    pub fn allowed(&self, persons: u64) -> u64 {
        ((persons as f64 * self.suppression_limit.clamp(0.0, 1.0)).floor() as u64).min(persons)
    }
}

/// The best allowed generalisation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Solution {
    /// The level of each quasi-identifier.
    pub levels: Vec<usize>,
    /// The k that every released class keeps.
    pub k: u32,
    /// Persons of the table.
    pub persons: u64,
    /// Persons in classes below k, who leave the release.
    pub suppressed: u64,
    /// Classes that are released.
    pub classes: u64,
    /// The loss per column and as a whole.
    pub loss: Loss,
    /// Nodes whose class table was computed.
    pub checked: u64,
    /// Nodes of the lattice.
    pub nodes: u64,
    /// Whether no allowed node has a smaller score; this search always proves it.
    pub optimal: bool,
}

/// Finds the generalisation of smallest loss that is k-anonymous within the suppression limit.
///
/// Where several nodes lose equally much the one with the lower levels, read from the first column, is returned, so
/// the result depends on nothing but the arguments.
///
/// # Errors
/// Attributes other than those folded, a lattice that is too large, k of 0, or no allowed node that is anonymous.
pub fn search(attributes: &[QuasiIdentifier], table: &Folded, policy: &Policy) -> Result<Solution> {
    let hierarchies: Vec<&Hierarchy> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
    table.check(&hierarchies)?;
    if policy.k == 0 {
        return Err(Error::BadParameter { what: "k".to_owned(), why: "a class has at least one person" });
    }
    let lattice = Lattice::new(attributes)?;
    match table.words() {
        Words::Narrow(words) => Search::new(&hierarchies, table, words, lattice, policy).run(),
        Words::Wide(words) => Search::new(&hierarchies, table, words, lattice, policy).run(),
    }
}

/// The best node so far.
struct Best {
    node: Levels,
    suppressed: u64,
    classes: u64,
    loss: Loss,
}

struct Search<'a, W> {
    hierarchies: &'a [&'a Hierarchy],
    fields: Vec<(u32, u32)>,
    leaves: Vec<usize>,
    lattice: Lattice,
    bounds: Bounds,
    tables: Tables<W>,
    persons: u64,
    allowed: u64,
    policy: &'a Policy,
    /// Persons below k of every node checked.
    checked: FxHashMap<Levels, u64>,
    /// The same, most persons first, without those that a higher node makes idle.
    witnesses: Vec<(u64, Levels)>,
    best: Option<Best>,
}

impl<'a, W: Word> Search<'a, W> {
    fn new(
        hierarchies: &'a [&'a Hierarchy],
        table: &Folded,
        words: &Classes<W>,
        lattice: Lattice,
        policy: &'a Policy,
    ) -> Self {
        let fields: Vec<_> = (0..hierarchies.len()).map(|c| table.layout().field(c)).collect();
        Self {
            bounds: Bounds::new(hierarchies, words, &fields, policy.aggregate),
            tables: Tables::new(hierarchies, table.layout().clone(), words.clone(), policy.threads),
            persons: table.persons(),
            allowed: policy.allowed(table.persons()),
            checked: FxHashMap::default(),
            witnesses: Vec::new(),
            best: None,
            leaves: hierarchies.iter().map(|h| h.leaves()).collect(),
            hierarchies,
            fields,
            lattice,
            policy,
        }
    }

    fn run(mut self) -> Result<Solution> {
        let at_top = self.check(self.lattice.top());
        if at_top > self.allowed {
            return Err(Error::NoSolution { k: self.policy.k, suppressed: at_top, allowed: self.allowed });
        }
        let mut order: Vec<(f64, Levels)> =
            self.lattice.all().into_iter().map(|node| (self.bounds.score(node, 0), node)).collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (bound, node) in order {
            if bound > self.best_score() + NOISE {
                break;
            }
            self.settle(node);
        }
        self.solution()
    }

    /// Rules a node out by a witness above it, or checks it.
    fn settle(&mut self, node: Levels) {
        let witnessed = self.witnessed(node);
        let ruled_out = witnessed > self.allowed || self.bounds.score(node, witnessed) > self.best_score() + NOISE;
        if ruled_out || self.checked.contains_key(&node) {
            return;
        }
        let enough = self.enough(node);
        let path = self.path(node);
        let (mut low, mut high) = (0, path.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(at) = path.get(middle).copied() else { return };
            if self.check(at) >= enough {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
    }

    /// Returns how many persons below k at a node above would rule this node out.
    fn enough(&self, node: Levels) -> u64 {
        self.bounds.suppression_above(node, self.best_score() + NOISE, self.allowed + 1)
    }

    /// Returns the most persons below k counted at any checked node above this one.
    fn witnessed(&self, node: Levels) -> u64 {
        self.witnesses.iter().find(|(_, above)| node.below(*above)).map_or(0, |w| w.0)
    }

    /// Returns a way to the top, always through the successor of the smallest bound; the top itself is left out.
    fn path(&self, from: Levels) -> Vec<Levels> {
        let mut path = vec![from];
        let mut at = from;
        let by_bound = |a: &(f64, Levels), b: &(f64, Levels)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        while let Some((_, next)) = self.lattice.successors(at).map(|n| (self.bounds.score(n, 0), n)).min_by(by_bound) {
            path.push(next);
            at = next;
        }
        path.pop();
        path
    }

    /// Counts the persons below k at a node, and scores it if so many may be suppressed.
    fn check(&mut self, node: Levels) -> u64 {
        if let Some(below_k) = self.checked.get(&node) {
            return *below_k;
        }
        let table = self.tables.classes(node);
        let small = || table.iter().filter(|c| c.1 < self.policy.k);
        let below_k = small().map(|c| u64::from(c.1)).sum();
        if below_k <= self.allowed {
            let losses = self.bounds.losses(node, below_k, &self.behind(node, small()));
            let loss = Loss::of(losses, &self.leaves, self.policy.aggregate);
            let classes = (table.len() - small().count()) as u64;
            self.propose(Best { node, suppressed: below_k, classes, loss });
        }
        self.checked.insert(node, below_k);
        self.witness(below_k, node);
        below_k
    }

    /// Sums up the leaves that the values of these classes stand for, per column.
    fn behind<'c>(&self, node: Levels, classes: impl Iterator<Item = &'c (W, u32)> + Clone) -> Vec<u64> {
        let column = |(column, (hierarchy, (shift, width))): (usize, (&&Hierarchy, &(u32, u32)))| {
            let under = hierarchy.levels().get(node.get(column)).map_or(&[][..], |l| l.leaves_under());
            let behind = |(word, n): &(W, u32)| {
                u64::from(*n) * u64::from(under.get(word.get(*shift, *width)).copied().unwrap_or(0))
            };
            classes.clone().map(behind).sum()
        };
        self.hierarchies.iter().zip(&self.fields).enumerate().map(column).collect()
    }

    fn witness(&mut self, below_k: u64, node: Levels) {
        if below_k == 0 {
            return;
        }
        self.witnesses.retain(|(n, at)| *n > below_k || !at.below(node));
        let place = self.witnesses.partition_point(|w| w.0 >= below_k);
        self.witnesses.insert(place, (below_k, node));
    }

    fn propose(&mut self, candidate: Best) {
        let columns = self.lattice.columns();
        let rank = |b: &Best| (b.loss.score, b.node.to_vec(columns));
        let better = self.best.as_ref().is_none_or(|best| rank(&candidate) < rank(best));
        if better {
            self.best = Some(candidate);
        }
    }

    fn best_score(&self) -> f64 {
        self.best.as_ref().map_or(f64::INFINITY, |b| b.loss.score)
    }

    fn solution(self) -> Result<Solution> {
        let Some(best) = self.best else {
            return Err(Error::NoSolution { k: self.policy.k, suppressed: self.persons, allowed: self.allowed });
        };
        Ok(Solution {
            levels: best.node.to_vec(self.lattice.columns()),
            k: self.policy.k,
            persons: self.persons,
            suppressed: best.suppressed,
            classes: best.classes,
            loss: best.loss,
            checked: self.checked.len() as u64,
            nodes: self.lattice.nodes(),
            optimal: true,
        })
    }
}
