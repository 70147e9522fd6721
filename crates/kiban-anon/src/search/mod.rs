//! The optimal full-domain generalisation for any combination of privacy models with a suppression limit.
//!
//! Raising a node only merges classes. Hence every node has a number of persons who must be suppressed at it *and at
//! every node below* (`Verdict::at_least`): for k-anonymity simply the persons below k, for
//! models that are not monotone with suppression the persons that no part of a failing class could spare. Two things
//! follow. A node above which somebody already counted *s* such persons suppresses at least *s* itself; and a node with
//! at least *s* suppressed persons has a loss no smaller than [`Bounds::score`]. The search visits the nodes by rising
//! bound, each drawn from the one below it, and needs for each only a *witness*: some node above with so many persons
//! that the bound exceeds the best loss known, or the limit. It looks for the highest witness on one path to the top by
//! bisection, because high tables are small and a high witness speaks for many nodes; nodes above one that was checked
//! and spared too many are passed over unchecked. When the next bound exceeds the
//! best loss, the best is proven; when the search is stopped before, that bound says how far off the best can be.
//!
//! Nodes are checked one after the other, because each tells which is worth checking next; threads share the work on one
//! class table (`group.rs`). So the same nodes are checked and the same answer is given however many threads there are.

mod bounds;
mod floor;
mod group;
mod heuristic;
pub(crate) mod lattice;
mod tables;

use std::{cmp::Ordering, collections::BinaryHeap};

use rustc_hash::FxHashMap;

use self::{
    bounds::Bounds,
    floor::Floor,
    lattice::{Lattice, Levels},
    tables::Tables,
};
use crate::{
    classes::ClassTable,
    error::{Error, Result},
    fold::{Folded, Word, Words},
    hierarchy::Hierarchy,
    loss::Loss,
    model::{Judge, Model},
    policy::{Budget, Policy, QuasiIdentifier, Solution, Strategy, weights},
};

/// Two scores nearer than this are treated as equal when a node is to be ruled out.
const NOISE: f64 = 1e-12;

/// More open nodes than this are not held; the search ends and says what is still possible.
const MOST_OPEN: usize = 1 << 24;

/// A budget of nodes to check also ends when so many times as many were ruled out unchecked: past enumeration there are
/// always more, each raises the bound by less than it takes to look at it.
const TAKEN_PER_CHECK: u64 = 32;

/// Finds the generalisation of smallest loss that keeps the models within the suppression limit.
///
/// Where several nodes lose equally much the one with the lower levels, read from the first column, is returned, so
/// the result depends on nothing but the arguments.
///
/// # Errors
/// Attributes other than those folded, weights that make no sense, models that do not fit the table, or no allowed node
/// that keeps them.
pub fn search(attributes: &[QuasiIdentifier], table: &Folded, policy: &Policy) -> Result<Solution> {
    search_within(attributes, table, policy, Strategy::Optimal, Budget::default())
}

/// Searches until the budget is spent; the solution tells whether it is proven, and if not how far off the best can be.
///
/// [`Strategy::BestEffort`] spends half of its budget on finding a good node wherever it lies and the other half on
/// the bound: first on what groups of columns must lose by themselves, then on the nodes of least loss. Without a budget it
/// takes one of 2,000 nodes. [`Strategy::Local`] is answered as best effort: it is
/// [`recode_locally`](crate::recode_locally) that recodes locally.
///
/// # Errors
/// As [`search`].
pub fn search_within(
    attributes: &[QuasiIdentifier],
    table: &Folded,
    policy: &Policy,
    strategy: Strategy,
    budget: Budget<'_>,
) -> Result<Solution> {
    let hierarchies: Vec<&Hierarchy> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
    table.check(&hierarchies)?;
    let lattice = Lattice::new(attributes)?;
    let sampled = policy.models.iter().any(|m| matches!(m, Model::DifferentialPrivacy { .. }));
    if sampled && lattice.bottom() != lattice.top() {
        let why = "every attribute must be fixed to one level, or the choice of levels tells of the data";
        return Err(Error::BadParameter { what: "differential privacy".to_owned(), why });
    }
    let judge = Judge::new(&policy.models, &hierarchies, table)?;
    let weights = weights(attributes)?;
    let parts = Parts { hierarchies: &hierarchies, weights: &weights, table, lattice, judge, policy, budget };
    match table.words() {
        Words::Narrow(words) => solve(parts, words, strategy),
        Words::Wide(words) => solve(parts, words, strategy),
    }
}

fn solve<W: Word>(parts: Parts<'_>, words: &ClassTable<W>, strategy: Strategy) -> Result<Solution> {
    let floor = match strategy {
        Strategy::Optimal => Floor::default(),
        _ => Floor::new(&parts, words, parts.budget.nodes.unwrap_or(heuristic::NODES) / 3),
    };
    Search::new(parts, words).run(strategy, floor)
}

struct Parts<'a> {
    hierarchies: &'a [&'a Hierarchy],
    weights: &'a [f64],
    table: &'a Folded,
    lattice: Lattice,
    judge: Judge,
    policy: &'a Policy,
    budget: Budget<'a>,
}

/// The best node so far.
struct Best {
    node: Levels,
    suppressed: u64,
    classes: u64,
    loss: Loss,
}

/// What is known of a node that was checked.
#[derive(Clone, Copy)]
struct Checked {
    at_least: u64,
    /// Its score if it is allowed, else infinity.
    score: f64,
}

/// A node that is still to be settled; the smallest bound comes first.
struct Open {
    bound: f64,
    node: Levels,
    from: usize,
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        other.bound.total_cmp(&self.bound).then_with(|| other.node.cmp(&self.node))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open {}

struct Search<'a, W> {
    hierarchies: &'a [&'a Hierarchy],
    fields: Vec<(u32, u32)>,
    lattice: Lattice,
    judge: Judge,
    bounds: Bounds,
    tables: Tables<'a, W>,
    persons: u64,
    allowed: u64,
    policy: &'a Policy,
    budget: Budget<'a>,
    checked: FxHashMap<Levels, Checked>,
    /// Persons whom every node below suppresses, most first, without those that a higher node makes idle.
    witnesses: Vec<(u64, Levels)>,
    /// All checked nodes with the same figure, fewest first: no node above one has a greater figure.
    spared: Vec<(u64, Levels)>,
    best: Option<Best>,
    frontier: BinaryHeap<Open>,
    /// Open nodes that were taken to be settled.
    taken: u64,
}

impl<'a, W: Word> Search<'a, W> {
    fn new(parts: Parts<'a>, words: &'a ClassTable<W>) -> Self {
        let Parts { hierarchies, weights, table, lattice, judge, policy, budget } = parts;
        let fields: Vec<_> = (0..hierarchies.len()).map(|c| table.layout().field(c)).collect();
        let persons = table.persons();
        Self {
            bounds: Bounds::new(hierarchies, weights, &words.classes, &fields, policy.metric),
            tables: Tables::new(hierarchies, table.layout().clone(), words, policy.threads),
            persons,
            allowed: policy.allowed(persons),
            hierarchies,
            fields,
            lattice,
            judge,
            policy,
            budget,
            checked: FxHashMap::default(),
            witnesses: Vec::new(),
            spared: Vec::new(),
            best: None,
            frontier: BinaryHeap::new(),
            taken: 0,
        }
    }

    fn run(mut self, strategy: Strategy, floor: Floor) -> Result<Solution> {
        self.check(self.lattice.top());
        let mut most = self.budget.nodes;
        if strategy != Strategy::Optimal {
            let nodes = most.unwrap_or(heuristic::NODES);
            self.look_around(nodes / 2);
            most = Some(nodes.saturating_sub(floor.checked));
        }
        let bottom = self.lattice.bottom();
        self.frontier.push(Open { bound: self.bounds.score(bottom, 0), node: bottom, from: 0 });
        self.work(most);
        self.solution(floor)
    }

    /// Settles open nodes by rising bound until none can be better than the best.
    fn work(&mut self, most: Option<u64>) {
        while !self.spent(most) {
            let Some(open) = self.next() else { return };
            if !self.settle(open.node, most) {
                // Its children are open already; it goes back alone so that the bound that is told stays true.
                self.frontier.push(Open { from: self.lattice.columns(), ..open });
                return;
            }
        }
    }

    /// Takes the open node of the smallest bound and opens those that follow it.
    fn next(&mut self) -> Option<Open> {
        let open = self.frontier.pop()?;
        self.taken += 1;
        let limit = self.best_score() + NOISE;
        if open.bound > limit {
            self.frontier.clear();
            return None;
        }
        for (node, from) in self.lattice.children(open.node, open.from) {
            let bound = self.bounds.score(node, 0).max(open.bound);
            if bound <= limit {
                self.frontier.push(Open { bound, node, from });
            }
        }
        Some(open)
    }

    fn spent(&self, most: Option<u64>) -> bool {
        let many = most.is_some_and(|most| self.checked.len() as u64 >= most || self.taken / TAKEN_PER_CHECK >= most);
        many || self.budget.stop.is_some_and(|stop| stop()) || self.frontier.len() > MOST_OPEN
    }

    /// Rules a node out by a witness above it, or checks it; false if the budget was spent before.
    fn settle(&mut self, node: Levels, most: Option<u64>) -> bool {
        let witnessed = self.witnessed(node);
        let ruled_out = witnessed > self.allowed || self.bounds.score(node, witnessed) > self.best_score() + NOISE;
        if ruled_out || self.checked.contains_key(&node) {
            return true;
        }
        let enough = self.enough(node);
        let path = self.path(node);
        let (mut low, mut high) = (0, path.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(at) = path.get(middle).copied() else { return true };
            if middle > 0 && self.spares(at, enough) {
                high = middle;
                continue;
            }
            if self.spent(most) {
                return false;
            }
            if self.check(at).at_least >= enough {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        true
    }

    /// Returns how many persons suppressed at a node above would rule this node out.
    fn enough(&self, node: Levels) -> u64 {
        self.bounds.suppression_above(node, self.best_score() + NOISE, self.allowed + 1)
    }

    /// Returns the most persons that some checked node above this one says must be suppressed.
    fn witnessed(&self, node: Levels) -> u64 {
        self.witnesses.iter().find(|(_, above)| node.below(*above)).map_or(0, |w| w.0)
    }

    /// Tells whether some checked node below this one says that it can be no witness of so many persons.
    fn spares(&self, node: Levels, enough: u64) -> bool {
        self.spared.iter().take_while(|(persons, _)| *persons < enough).any(|(_, below)| below.below(node))
    }

    /// Returns a way to the top, always through the successor of the smallest bound; the top itself is left out, for it is
    /// always checked.
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

    /// Judges a node, and scores it if so many may be suppressed.
    fn check(&mut self, node: Levels) -> Checked {
        if let Some(known) = self.checked.get(&node) {
            return *known;
        }
        let table = self.tables.classes(node);
        let verdict = self.judge.judge(&table, &|column| node.get(column));
        let mut checked = Checked { at_least: verdict.at_least, score: f64::INFINITY };
        if verdict.suppressed <= self.allowed {
            let gone = verdict.gone.iter().filter_map(|place| table.classes.get(*place as usize));
            let tallies = self.bounds.tallies(node, verdict.suppressed, &self.behind(node, gone));
            let loss = self.policy.metric.of(&tallies);
            let people = table.classes.iter().filter(|c| c.1 > 0).count();
            checked.score = loss.score;
            let classes = (people - verdict.gone.len()) as u64;
            self.propose(Best { node, suppressed: verdict.suppressed, classes, loss });
        }
        self.tables.release(table);
        self.checked.insert(node, checked);
        self.witness(verdict.at_least, node);
        let place = self.spared.partition_point(|spared| spared.0 <= verdict.at_least);
        self.spared.insert(place, (verdict.at_least, node));
        checked
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

    fn witness(&mut self, at_least: u64, node: Levels) {
        if at_least == 0 {
            return;
        }
        let witnesses = &mut self.witnesses;
        if witnesses.iter().take_while(|w| w.0 >= at_least).any(|(_, above)| node.below(*above)) {
            return;
        }
        witnesses.retain(|(n, at)| *n > at_least || !at.below(node));
        let place = witnesses.partition_point(|w| w.0 >= at_least);
        witnesses.insert(place, (at_least, node));
    }

    fn propose(&mut self, candidate: Best) {
        let columns = self.lattice.columns();
        let rank = |b: &Best| (b.loss.score, b.node.to_vec(columns));
        if self.best.as_ref().is_none_or(|best| rank(&candidate) < rank(best)) {
            self.best = Some(candidate);
        }
    }

    fn best_score(&self) -> f64 {
        self.best.as_ref().map_or(f64::INFINITY, |best| best.loss.score)
    }

    fn solution(self, floor: Floor) -> Result<Solution> {
        let checked = self.checked.len() as u64 + floor.checked;
        let open = self.frontier.peek().map(|open| open.bound.max(floor.score));
        let Some(best) = self.best else {
            let at_top = self.checked.get(&self.lattice.top()).map_or(self.persons, |top| top.at_least);
            let suppressed = at_top.min(self.persons);
            return Err(Error::NoSolution { k: self.judge.smallest(), suppressed, allowed: self.allowed });
        };
        let bound = open.map_or(best.loss.score, |open| open.min(best.loss.score));
        Ok(Solution {
            levels: best.node.to_vec(self.lattice.columns()),
            models: self.policy.models.clone(),
            k: self.judge.smallest(),
            persons: self.persons,
            suppressed: best.suppressed,
            classes: best.classes,
            optimal: open.is_none_or(|open| open > best.loss.score + NOISE) || floor.score >= best.loss.score - NOISE,
            loss: best.loss,
            checked,
            nodes: self.lattice.nodes(),
            bound,
        })
    }
}
