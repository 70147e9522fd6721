//! What is known of all candidate pairs once the model has spoken; people's decisions do not change it.
//!
//! Candidates are compared as they are found and only their patterns are counted. Of the pairs themselves those are held
//! that may be one person; should the model, once learned, think so of a pattern whose pairs were let go, they are found
//! again.

use std::fmt;

use rustc_hash::FxHashMap;

use crate::{
    block::{BlockReport, Blocks},
    cluster::Edge,
    compare::{Comparer, Pattern},
    em,
    encode::{CardRow, Row, Table},
    linkage::Settings,
    model::{Model, Posterior},
    rules::{Rule, rule},
};

/// Registrations, candidates, and what rules and model say of each pattern.
pub(crate) struct Scored {
    pub(crate) table: Table,
    pub(crate) settings: Settings,
    pub(crate) model: Model,
    pub(crate) blocks: Blocks,
    pub(crate) blocking: Vec<BlockReport>,
    /// How many candidates were compared.
    pub(crate) compared: u64,
    /// How many of them are expected to be one person.
    pub(crate) expected: f64,
    /// The candidates by probability.
    pub(crate) bands: Vec<Band>,
    /// What the likely patterns amount to.
    verdicts: FxHashMap<Pattern, Verdict>,
    /// The candidates that may be one person, sorted by row numbers.
    pub(crate) likely: Vec<Candidate>,
}

/// Two row numbers, the smaller first, and how they agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) pattern: Pattern,
}

impl fmt::Debug for Scored {
    /// Tells sizes only: the dictionaries hold names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scored({} rows, {} pairs)", self.table.rows.len(), self.compared)
    }
}

/// What a pattern amounts to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) posterior: Posterior,
    pub(crate) rule: Option<Rule>,
}

impl Verdict {
    fn of(model: &Model, pattern: Pattern) -> Self {
        Self { posterior: model.posterior(pattern), rule: rule(pattern) }
    }

    /// One where a rule holds, else what the model says.
    pub(crate) fn probability(&self) -> f64 {
        if self.rule.is_some() { 1.0 } else { self.posterior.probability }
    }
}

/// Candidates of about one probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// The least probability.
    pub low: f64,
    /// The probability from which the next band begins; one, which belongs to the last.
    pub high: f64,
    /// Candidates.
    pub pairs: u64,
    /// How many of them are expected to be one person.
    pub expected: f64,
}

impl Band {
    const BOUNDS: [f64; 13] = [0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0];

    fn all<'v>(judged: impl Iterator<Item = (u64, &'v Verdict)>) -> Vec<Self> {
        let bounds = Self::BOUNDS.iter().zip(Self::BOUNDS.iter().skip(1));
        let mut bands: Vec<Self> =
            bounds.map(|(low, high)| Self { low: *low, high: *high, pairs: 0, expected: 0.0 }).collect();
        for (count, verdict) in judged {
            let probability = verdict.posterior.probability;
            if let Some(band) = bands.iter_mut().rev().find(|band| band.low <= probability) {
                band.pairs += count;
                band.expected += as_weight(count) * probability;
            }
        }
        bands
    }
}

/// Pairs are held whose pattern, by belief alone, is one person's with at least this probability.
const HELD: f64 = 1e-6;

/// How often a pattern was seen.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    count: u64,
    /// How often among the pairs from which the model is learned.
    sampled: u64,
    /// Whether its pairs are held.
    is_held: bool,
}

/// Pairs from which a model is learned; of more than that a sample is taken.
const LEARNED_FROM: u64 = 300_000;

/// Every how many pairs one is learned from.
#[derive(Debug, Clone, Copy)]
struct Stride(u64);

impl Stride {
    fn of(pairs: u64) -> Self {
        Self(pairs.div_ceil(LEARNED_FROM).max(1))
    }

    /// Whether a pair is in the sample: by its row numbers, so that threads do not matter.
    fn takes(self, left: u32, right: u32) -> bool {
        let pair = u64::from(left) << 32 | u64::from(right);
        (pair.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % self.0 == 0
    }
}

/// Compares the pairs of one thread.
struct Visitor<'t> {
    comparer: Comparer<'t>,
    seen: FxHashMap<Pattern, Seen>,
    held: Vec<Candidate>,
}

impl<'t> Visitor<'t> {
    fn new(table: &'t Table) -> Self {
        Self { comparer: Comparer::new(table), seen: FxHashMap::default(), held: Vec::new() }
    }

    fn see(&mut self, (left, right): (u32, u32), stride: Stride, is_likely: impl Fn(Pattern) -> bool) {
        let pattern = self.comparer.pair(left, right);
        let fresh = || Seen { is_held: is_likely(pattern), ..Seen::default() };
        let seen = self.seen.entry(pattern).or_insert_with(fresh);
        seen.count += 1;
        seen.sampled += u64::from(stride.takes(left, right));
        if seen.is_held {
            self.held.push(Candidate { left, right, pattern });
        }
    }
}

/// What one walk over the candidates gave.
struct Walk {
    seen: Vec<(Pattern, Seen)>,
    held: Vec<Candidate>,
    blocking: Vec<BlockReport>,
}

impl Walk {
    fn take(table: &Table, blocks: &Blocks, threads: usize, is_likely: impl Fn(Pattern) -> bool + Sync) -> Self {
        let visitors: Vec<Visitor<'_>> = (0..threads.max(1)).map(|_| Visitor::new(table)).collect();
        let stride = Stride::of(blocks.pairs);
        let look = |one: &mut Visitor<'_>, left, right| one.see((left, right), stride, &is_likely);
        let (visitors, blocking) = blocks.visit(table, visitors, look);
        let (mut all, mut held) = (FxHashMap::<Pattern, Seen>::default(), Vec::new());
        for visitor in visitors {
            held.extend(visitor.held);
            for (pattern, more) in visitor.seen {
                let seen = all.entry(pattern).or_default();
                seen.count += more.count;
                seen.sampled += more.sampled;
            }
        }
        let mut seen: Vec<(Pattern, Seen)> = all.into_iter().collect();
        seen.sort_unstable_by_key(|(pattern, _)| *pattern);
        held.sort_unstable();
        Self { seen, held, blocking }
    }
}

impl Scored {
    /// Runs the stages from blocking to the model.
    pub(crate) fn build(table: Table, blocks: Blocks, settings: Settings) -> Self {
        let random = em::Random::measure(&table);
        let believed = random.believed();
        let is_held = |pattern: Pattern| Verdict::of(&believed, pattern).probability() >= HELD;
        let Walk { seen, mut held, blocking } = Walk::take(&table, &blocks, settings.threads, is_held);
        let sampled = seen.iter().filter(|(_, seen)| seen.sampled > 0);
        let weighed: Vec<(Pattern, f64)> = sampled.map(|(pattern, seen)| (*pattern, as_weight(seen.sampled))).collect();
        let counts: Vec<(Pattern, u64)> = seen.into_iter().map(|(pattern, seen)| (pattern, seen.count)).collect();
        let model = em::learn(&weighed, &random, settings.threads);
        let judged = judge(&model, &counts, settings.threads);
        let least = settings.threshold.min(settings.possible);
        let expected = counts.iter().zip(&judged).map(|((_, n), one)| as_weight(*n) * one.posterior.probability).sum();
        let compared = counts.iter().map(|(_, count)| count).sum();
        let bands = Band::all(counts.iter().map(|(_, n)| *n).zip(&judged));
        let patterns = counts.iter().map(|(pattern, _)| *pattern).zip(judged);
        let likely: FxHashMap<Pattern, Verdict> = patterns.filter(|(_, one)| one.probability() >= least).collect();
        let is_let_go = |pattern: Pattern| likely.contains_key(&pattern) && !is_held(pattern);
        if likely.keys().any(|pattern| is_let_go(*pattern)) {
            held.extend(Walk::take(&table, &blocks, settings.threads, is_let_go).held);
            held.sort_unstable();
        }
        held.retain(|pair| likely.contains_key(&pair.pattern));
        held.shrink_to_fit();
        Self { table, settings, model, blocks, blocking, compared, expected, bands, verdicts: likely, likely: held }
    }

    /// Returns what rules and model say of a pattern.
    pub(crate) fn verdict(&self, pattern: Pattern) -> Verdict {
        self.verdicts.get(&pattern).copied().unwrap_or_else(|| Verdict::of(&self.model, pattern))
    }

    /// The pairs to be joined: the surest first, ties in the order of the registrations' names.
    pub(crate) fn edges(&self) -> Vec<Edge> {
        let sure = |verdict: &Verdict| verdict.probability() >= self.settings.threshold;
        let verdicts = self.likely.iter().map(|pair| (pair, self.verdict(pair.pattern)));
        let mut edges: Vec<Edge> = verdicts
            .filter(|(pair, verdict)| sure(verdict) && (verdict.rule.is_some() || !self.is_newborn(pair)))
            .map(|(pair, verdict)| Edge { left: pair.left, right: pair.right, probability: verdict.probability() })
            .collect();
        // Rows are sorted by patient: their numbers are the order of their names.
        edges.sort_by(|a, b| {
            b.probability.total_cmp(&a.probability).then_with(|| (a.left, a.right).cmp(&(b.left, b.right)))
        });
        edges
    }

    /// Whether one of the two carries a placeholder for a newborn's name: then a person must look.
    fn is_newborn(&self, pair: &Candidate) -> bool {
        let newborn = |at: u32| self.table.row(at).is_some_and(|row| row.newborn);
        newborn(pair.left) != newborn(pair.right)
    }
}

/// Judges patterns on all threads, in their order.
fn judge(model: &Model, counts: &[(Pattern, u64)], threads: usize) -> Vec<Verdict> {
    let share = counts.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        let work = |part: &[(Pattern, u64)]| part.iter().map(|(pattern, _)| Verdict::of(model, *pattern)).collect();
        let running: Vec<_> =
            counts.chunks(share).map(|part| scope.spawn(move || -> Vec<Verdict> { work(part) })).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of pairs stay far below 2^53")]
fn as_weight(count: u64) -> f64 {
    count as f64
}

/// Whether two rows hold one household card under two 枝番 at one time and never under one.
pub(crate) fn conflict_of_cards(table: &Table, l: &Row, r: &Row) -> bool {
    let (left, right) = (table.cards(l), table.cards(r));
    let held = |wanted: fn(&CardRow, &CardRow) -> bool| left.iter().any(|a| right.iter().any(|b| wanted(a, b)));
    held(CardRow::other_branch) && !held(CardRow::same_branch)
}
