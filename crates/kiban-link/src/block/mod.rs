//! Stage 2: which pairs are worth comparing. Each rule is one equality key; too frequent keys are cut and reported.
//!
//! A pair is found by the first rule whose key both rows share, and by no other: so no pair is held in memory to see
//! whether it was found before, and memory is bounded by the rows.

use rustc_hash::{FxHashMap, FxHashSet};

pub use self::rule::{BlockRule, KeyPart};
use self::rule::{mixed, pack, short};
use crate::encode::{Row, Table};

mod rule;

/// What one rule found, and what its frequency cap cut away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockReport {
    /// The rule.
    pub rule: BlockRule,
    /// Pairs that share a key of this rule, those that other rules find as well among them.
    pub pairs: u64,
    /// Pairs that no rule before it found.
    pub first: u64,
    /// Keys held by more registrations than the cap allows.
    pub cut_keys: u64,
    /// Pairs not compared because of that, unless another rule finds them.
    pub cut_pairs: u64,
}

/// The rules of a run with what their caps cut.
pub(crate) struct Blocks {
    rules: Vec<BlockRule>,
    cut: Vec<FxHashSet<u64>>,
    /// How many pairs the cut keys of each rule would have given.
    cut_pairs: Vec<u64>,
    /// By row and rule a short digest of the row's key: zero where it has none, where it was cut, and for cards, of
    /// which a row has several. Rows that share a key share its digest.
    digests: Vec<u32>,
    /// Rules that would cost too much, with the pairs that each would find.
    pub(crate) left_out: Vec<(BlockRule, u64)>,
    /// At most about how many pairs the rules find.
    pub(crate) pairs: u64,
    across: Across,
}

/// Pairs for each row that the rules may find together.
const PAIRS_PER_ROW: u64 = 12;
/// Pairs that are never too many.
const LEAST_BUDGET: u64 = 1_000_000;

/// Which rows may be one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Across {
    /// Any two.
    #[default]
    All,
    /// Two of different tables.
    Sources,
}

impl Blocks {
    /// Counts how many rows share each key, cuts keys that too many share, and leaves out the rules that cost most where
    /// all together would find more pairs than the budget allows.
    pub(crate) fn new(table: &Table, rules: &[BlockRule], cap: usize, across: Across, threads: usize) -> Self {
        let threads = threads.max(1);
        let mut costs: Vec<(BlockRule, Frequent)> = std::thread::scope(|scope| {
            let count = |first: usize| -> Vec<(BlockRule, Frequent)> {
                let own = rules.iter().skip(first).step_by(threads);
                own.map(|rule| (*rule, Frequent::count(table, *rule, cap))).collect()
            };
            let running: Vec<_> = (0..threads).map(|first| scope.spawn(move || count(first))).collect();
            running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        });
        // A rule that finds nothing need not be asked of every pair whether it did.
        costs.retain(|(_, found)| found.pairs > 0 || !found.cut.is_empty());
        costs.sort_by_key(|(rule, found)| (found.pairs, *rule));
        let rows = u64::try_from(table.rows.len()).unwrap_or(u64::MAX);
        let budget = PAIRS_PER_ROW.saturating_mul(rows).max(LEAST_BUDGET);
        let mut blocks = Self {
            rules: Vec::new(),
            cut: Vec::new(),
            cut_pairs: Vec::new(),
            digests: Vec::new(),
            left_out: Vec::new(),
            pairs: 0,
            across,
        };
        for (rule, Frequent { cut, pairs, cut_pairs }) in costs {
            if blocks.pairs + pairs <= budget || rule.is_of_registrations() {
                blocks.pairs += pairs;
                blocks.rules.push(rule);
                blocks.cut.push(cut);
                blocks.cut_pairs.push(cut_pairs);
            } else {
                blocks.left_out.push((rule, pairs));
            }
        }
        blocks.digests = blocks.digest(table, threads);
        blocks
    }

    fn digest(&self, table: &Table, threads: usize) -> Vec<u32> {
        let width = self.rules.len().max(1);
        let mut digests = vec![0; table.rows.len() * width];
        let share = table.rows.len().div_ceil(threads.max(1)).max(1);
        std::thread::scope(|scope| {
            for (nth, (part, rows)) in digests.chunks_mut(share * width).zip(table.rows.chunks(share)).enumerate() {
                scope.spawn(move || {
                    let first = u32::try_from(nth * share).unwrap_or(u32::MAX);
                    for ((at, row), own) in (first..).zip(rows).zip(part.chunks_mut(width)) {
                        for ((rule, cut), digest) in self.rules.iter().zip(&self.cut).zip(own) {
                            if rule.first != KeyPart::Card {
                                rule.keys(table, (at, row), |key| {
                                    *digest = if cut.contains(&key) { 0 } else { short(key) }
                                });
                            }
                        }
                    }
                });
            }
        });
        digests
    }

    /// The digests of a row, by rule.
    fn digests_of(&self, row: u32) -> &[u32] {
        let width = self.rules.len();
        let from = usize::try_from(row).unwrap_or(usize::MAX).saturating_mul(width);
        self.digests.get(from..from.saturating_add(width)).unwrap_or(&[])
    }

    /// Hands every pair, once, to the visitors, one for each share of the keys, on threads of their own.
    ///
    /// A visitor gets the smaller row number first. What each made of its pairs comes back with the reports.
    pub(crate) fn visit<V: Send>(
        &self,
        table: &Table,
        visitors: Vec<V>,
        each: impl Fn(&mut V, u32, u32) + Sync,
    ) -> (Vec<V>, Vec<BlockReport>) {
        let shares = u64::try_from(visitors.len()).unwrap_or(1).max(1);
        let mut reports: Vec<BlockReport> = self.rules.iter().map(|rule| BlockReport::of(*rule)).collect();
        for (report, (cut, pairs)) in reports.iter_mut().zip(self.cut.iter().zip(&self.cut_pairs)) {
            (report.cut_keys, report.cut_pairs) = (u64::try_from(cut.len()).unwrap_or(u64::MAX), *pairs);
        }
        let mut done = Vec::with_capacity(visitors.len());
        std::thread::scope(|scope| {
            let each = &each;
            let running: Vec<_> = (0u64..)
                .zip(visitors)
                .map(|(share, visitor)| {
                    let mut work = Share { blocks: self, table, share: (share, shares), visitor };
                    scope.spawn(move || (work.visit(each), work.visitor))
                })
                .collect();
            for (found, visitor) in running.into_iter().filter_map(|thread| thread.join().ok()) {
                reports.iter_mut().zip(found).for_each(|(all, one)| all.add(&one));
                done.push(visitor);
            }
        });
        (done, reports)
    }

    fn is_found_before(&self, nth: usize, table: &Table, left: (u32, &Row), right: (u32, &Row)) -> bool {
        let digests = self.digests_of(left.0).iter().zip(self.digests_of(right.0));
        let rules = self.rules.iter().zip(&self.cut).zip(digests);
        rules.take(nth).any(|((rule, cut), (l, r))| {
            let may = (*l > 0 && l == r) || rule.first == KeyPart::Card;
            may && rule.shared(table, left, right, cut)
        })
    }

    /// Returns how many rules find a pair.
    pub(crate) fn finders(&self, table: &Table, left: u32, right: u32) -> usize {
        let (Some(l), Some(r)) = (table.row(left), table.row(right)) else { return 0 };
        let digests = self.digests_of(left).iter().zip(self.digests_of(right));
        let rules = self.rules.iter().zip(&self.cut).zip(digests);
        let finds = |((rule, cut), (a, b)): &((&BlockRule, &FxHashSet<u64>), (&u32, &u32))| {
            ((**a > 0 && a == b) || rule.first == KeyPart::Card) && rule.shared(table, (left, l), (right, r), cut)
        };
        rules.filter(finds).count()
    }
}

/// The keys that one thread looks after, of every rule.
struct Share<'t, V> {
    blocks: &'t Blocks,
    table: &'t Table,
    /// Which share of how many.
    share: (u64, u64),
    visitor: V,
}

impl<V> Share<'_, V> {
    fn visit(&mut self, each: &impl Fn(&mut V, u32, u32)) -> Vec<BlockReport> {
        let mut keys: Vec<u64> = Vec::new();
        let mut reports = Vec::with_capacity(self.blocks.rules.len());
        for (nth, rule) in self.blocks.rules.iter().enumerate() {
            keys.clear();
            self.gather(nth, *rule, &mut keys);
            keys.sort_unstable();
            keys.dedup();
            let mut report = BlockReport::of(*rule);
            for same in keys.chunk_by(|a, b| a >> 32 == b >> 32) {
                self.visit_key(nth, same, &mut report, each);
            }
            reports.push(report);
        }
        reports
    }

    /// Collects the digests of this share, each with its row behind it.
    fn gather(&self, nth: usize, rule: BlockRule, keys: &mut Vec<u64>) {
        let (share, shares) = self.share;
        let mut take = |digest: u32, row: u32| {
            if digest > 0 && u64::from(digest >> 1) % shares == share {
                keys.push(pack(digest, row));
            }
        };
        if rule.first == KeyPart::Card {
            let cut = self.blocks.cut.get(nth);
            for (at, row) in (0u32..).zip(&self.table.rows) {
                rule.keys(self.table, (at, row), |key| {
                    if cut.is_none_or(|cut| !cut.contains(&key)) {
                        take(short(key), at);
                    }
                });
            }
            return;
        }
        let width = self.blocks.rules.len().max(1);
        for (at, own) in (0u32..).zip(self.blocks.digests.chunks(width)) {
            take(own.get(nth).copied().unwrap_or(0), at);
        }
    }

    fn visit_key(&mut self, nth: usize, same: &[u64], report: &mut BlockReport, each: &impl Fn(&mut V, u32, u32)) {
        let (blocks, table) = (self.blocks, self.table);
        let row = |key: &u64| u32::try_from(key & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        for (at, left) in same.iter().enumerate() {
            for right in same.iter().skip(at + 1) {
                let ((left, right), digest) = ((row(left), row(right)), *left >> 32);
                let (Some(l), Some(r)) = (table.row(left), table.row(right)) else { continue };
                let same_source = blocks.across == Across::Sources && l.source == r.source;
                if same_source || !report.rule.is_first_shared(table, digest, (left, l), r) {
                    continue;
                }
                report.pairs += 1;
                if !blocks.is_found_before(nth, table, (left, l), (right, r)) {
                    report.first += 1;
                    each(&mut self.visitor, left, right);
                }
            }
        }
    }
}

impl BlockReport {
    fn of(rule: BlockRule) -> Self {
        Self { rule, pairs: 0, first: 0, cut_keys: 0, cut_pairs: 0 }
    }

    fn add(&mut self, more: &Self) {
        self.pairs += more.pairs;
        self.first += more.first;
        self.cut_keys += more.cut_keys;
        self.cut_pairs += more.cut_pairs;
    }
}

/// How often the keys of a rule are shared.
struct Frequent {
    /// The keys that more rows than the cap share.
    cut: FxHashSet<u64>,
    /// How many pairs share one of them.
    cut_pairs: u64,
    /// About how many pairs share one of the other keys.
    pairs: u64,
}

impl Frequent {
    /// A table of counters by a mix of the key finds what may be frequent in little memory; only that is counted exactly.
    fn count(table: &Table, rule: BlockRule, cap: usize) -> Self {
        let rows = || (0u32..).zip(&table.rows);
        let places = (table.rows.len() * 4).next_power_of_two().max(1 << 10);
        let place = |key: u64| usize::try_from(mixed(key)).unwrap_or_default() & (places - 1);
        let mut seen = vec![0_u16; places];
        for row in rows() {
            rule.keys(table, row, |key| {
                seen.iter_mut().skip(place(key)).take(1).for_each(|n| *n = n.saturating_add(1))
            });
        }
        let cap_seen = u16::try_from(cap).unwrap_or(u16::MAX - 1);
        let pairs_of = |count: u64| count * count.saturating_sub(1) / 2;
        let mut pairs: u64 = seen.iter().filter(|n| **n <= cap_seen).map(|n| pairs_of(u64::from(*n))).sum();
        let mut exact: FxHashMap<u64, usize> = FxHashMap::default();
        for row in rows() {
            rule.keys(table, row, |key| {
                if seen.get(place(key)).is_some_and(|count| *count > cap_seen) {
                    *exact.entry(key).or_default() += 1;
                }
            });
        }
        let common = |count: &usize| *count > cap;
        pairs += exact.values().filter(|count| !common(count)).map(|count| pairs_of(*count as u64)).sum::<u64>();
        let cut_pairs = exact.values().filter(|count| common(count)).map(|count| pairs_of(*count as u64)).sum();
        Self {
            cut_pairs,
            cut: exact.into_iter().filter(|(_, count)| common(count)).map(|(key, _)| key).collect(),
            pairs,
        }
    }
}
