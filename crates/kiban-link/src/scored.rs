//! What is known of all candidate pairs once the model has spoken; people's decisions do not change it.

use std::fmt;

use rustc_hash::FxHashMap;

use crate::{
    block::{self, BlockReport, Candidate},
    cluster::Edge,
    compare::{Pattern, compare_all},
    em,
    encode::{CardRow, Row, Table},
    linkage::Settings,
    model::{Model, Posterior},
    registration::Registration,
    rules::{Rule, rule},
};

/// Registrations, candidates, and what rules and model say of each pattern.
pub(crate) struct Scored {
    pub(crate) table: Table,
    pub(crate) settings: Settings,
    pub(crate) model: Model,
    pub(crate) blocking: Vec<BlockReport>,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) patterns: Vec<Pattern>,
    verdicts: FxHashMap<Pattern, Verdict>,
}

impl fmt::Debug for Scored {
    /// Tells sizes only: the dictionaries hold names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scored({} rows, {} pairs)", self.table.rows.len(), self.candidates.len())
    }
}

/// What a pattern amounts to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) posterior: Posterior,
    pub(crate) rule: Option<Rule>,
}

impl Verdict {
    /// One where a rule holds, else what the model says.
    pub(crate) fn probability(&self) -> f64 {
        if self.rule.is_some() { 1.0 } else { self.posterior.probability }
    }
}

impl Scored {
    /// Runs the stages from normalising to the model.
    pub(crate) fn build(registrations: &[Registration], settings: Settings) -> Self {
        let table = Table::build(registrations, settings.threads);
        let (candidates, blocking) = block::block(&table, settings.block_cap);
        let patterns = compare_all(&table, &candidates, settings.threads);
        let counts = em::count(&patterns);
        let model = em::learn(&counts, &em::Random::measure(&table));
        let judge = |pattern: Pattern| Verdict { posterior: model.posterior(pattern), rule: rule(pattern) };
        let verdicts = counts.iter().map(|(pattern, _)| (*pattern, judge(*pattern))).collect();
        Self { table, settings, model, blocking, candidates, patterns, verdicts }
    }

    /// Returns every candidate with its pattern and verdict, in the order of row numbers.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (Candidate, Pattern, Verdict)> + '_ {
        let both = self.candidates.iter().zip(&self.patterns);
        both.filter_map(|(pair, pattern)| Some((*pair, *pattern, *self.verdicts.get(pattern)?)))
    }

    /// The pairs to be joined: the surest first, ties in the order of the registrations' names.
    pub(crate) fn edges(&self) -> Vec<Edge> {
        let sure = |verdict: &Verdict| verdict.probability() >= self.settings.threshold;
        let mut edges: Vec<Edge> = self
            .pairs()
            .filter(|(pair, _, verdict)| sure(verdict) && (verdict.rule.is_some() || !self.is_newborn(pair)))
            .map(|(pair, _, verdict)| Edge { left: pair.left, right: pair.right, probability: verdict.probability() })
            .collect();
        let key = |edge: &Edge| (self.row(edge.left).map(|r| r.patient), self.row(edge.right).map(|r| r.patient));
        let named = |edge: &Edge| {
            let (a, b) = key(edge);
            (a.min(b), a.max(b))
        };
        edges.sort_by(|a, b| b.probability.total_cmp(&a.probability).then_with(|| named(a).cmp(&named(b))));
        edges
    }

    /// Whether one of the two carries a placeholder for a newborn's name: then a person must look.
    pub(crate) fn is_newborn(&self, pair: &Candidate) -> bool {
        self.row(pair.left).is_some_and(|r| r.newborn) != self.row(pair.right).is_some_and(|r| r.newborn)
    }

    /// Returns the probability of a pair, if it was compared.
    pub(crate) fn probability(&self, left: u32, right: u32) -> Option<f64> {
        let wanted = (left.min(right), left.max(right));
        let at = self.candidates.binary_search_by_key(&wanted, |c| (c.left, c.right)).ok()?;
        self.patterns.get(at).and_then(|pattern| self.verdicts.get(pattern)).map(Verdict::probability)
    }

    pub(crate) fn row(&self, at: u32) -> Option<&Row> {
        usize::try_from(at).ok().and_then(|at| self.table.rows.get(at))
    }
}

/// Whether two rows hold one household card under two 枝番 at one time and never under one.
pub(crate) fn conflict_of_cards(table: &Table, l: &Row, r: &Row) -> bool {
    let (left, right) = (table.cards(l), table.cards(r));
    let held = |wanted: fn(&CardRow, &CardRow) -> bool| left.iter().any(|a| right.iter().any(|b| wanted(a, b)));
    held(CardRow::other_branch) && !held(CardRow::same_branch)
}
