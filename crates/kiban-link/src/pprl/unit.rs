//! The linkage unit: it holds no key, and gives back pairs and bands, never a score.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    EncodedSet, Error, RecordId, Token,
    compare::{Block, Compared, blocks, compare, likeness},
    encode::Encoding,
};

/// The most records of one side that may share a token before it is taken for a filler and not used.
const SHARED: usize = 20;

/// Which pairs are given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matching {
    /// Every pair that reaches the lowest band.
    Every,
    /// Each record at most once: pairs by token first, then the most alike.
    OneToOne,
}

/// What the unit does, and what it refuses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// The likeness from which a pair falls into band 1, 2, …; descending. The defaults are for the default parameters.
    pub bands: Vec<f64>,
    /// The likeness below which two records with an equal token are a conflict and not a pair.
    pub conflict: f64,
    /// Which pairs are given back.
    pub matching: Matching,
    /// The fewest records that a set may have.
    pub least_records: usize,
    /// The fewest records of either side that a block may have; smaller blocks are joined.
    pub least_block: usize,
    /// How often sets of one batch may be compared.
    pub budget: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            bands: vec![0.68, 0.63, 0.60],
            conflict: 0.56,
            matching: Matching::Every,
            least_records: 1000,
            least_block: 50,
            budget: 1,
        }
    }
}

impl Policy {
    fn validate(&self) -> Result<(), Error> {
        let descending = self.bands.windows(2).all(|pair| matches!(pair, [high, low] if high > low));
        let inside = |likeness: &f64| (0.01..=1.0).contains(likeness);
        let wrong = [
            (!(1..=9).contains(&self.bands.len()), "bands must be one to nine likenesses"),
            (!descending || !self.bands.iter().all(inside), "bands must descend between 1 and 0.01"),
            (!(0.0..=1.0).contains(&self.conflict), "conflict must be a likeness between 0 and 1"),
            (self.budget == 0, "budget must be at least 1"),
        ];
        match wrong.iter().find(|(is, _)| *is) {
            Some((_, reason)) => Err(Error::Policy { reason }),
            None => Ok(()),
        }
    }

    fn band(&self, likeness: f64) -> Option<u8> {
        self.bands.iter().position(|least| likeness >= *least).and_then(|at| u8::try_from(at + 1).ok())
    }
}

/// Two records that are one person, and how surely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// The record of the left set.
    pub left: RecordId,
    /// The record of the right set.
    pub right: RecordId,
    /// The band: 1 is the surest.
    pub band: u8,
}

/// What the unit gives back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    /// The pairs, sorted.
    pub pairs: Vec<Pair>,
    /// Records whose strong ids are equal though nothing else is alike: for people to look at, never to join. Sorted.
    pub conflicts: Vec<(RecordId, RecordId)>,
    /// Comparisons made.
    pub comparisons: u64,
    /// Blocks that were joined with others because they were too small.
    pub joined_blocks: usize,
    /// Blocks that stayed too small even so and were not compared.
    pub dropped_blocks: usize,
    /// Tokens that too many records share to be anybody's.
    pub shared_tokens: usize,
    /// Pairs let go because one record was like too many others.
    pub cut: u64,
}

/// A linkage unit with what it has done so far.
#[derive(Debug, Clone)]
pub struct LinkageUnit {
    policy: Policy,
    spent: BTreeMap<u64, u32>,
}

impl LinkageUnit {
    /// Starts a unit that has done nothing.
    ///
    /// # Errors
    /// [`Error::Policy`] when the policy makes no sense.
    pub fn new(policy: Policy) -> Result<Self, Error> {
        Self::resume(policy, BTreeMap::new())
    }

    /// Takes up the work of a unit that has spent so much: comparisons by [`Header::check`](super::Header::check).
    ///
    /// # Errors
    /// [`Error::Policy`] when the policy makes no sense.
    pub fn resume(policy: Policy, spent: BTreeMap<u64, u32>) -> Result<Self, Error> {
        policy.validate()?;
        Ok(Self { policy, spent })
    }

    /// Returns what was spent, to be kept until the unit works again.
    pub const fn spent(&self) -> &BTreeMap<u64, u32> {
        &self.spent
    }

    /// Compares two sets on `threads` threads; the result does not depend on how many.
    ///
    /// # Errors
    /// The sets are of two agreements or malformed, one is too small, or the batch's budget is spent.
    pub fn link(&mut self, left: &EncodedSet, right: &EncodedSet, threads: usize) -> Result<Links, Error> {
        compatible(left, right)?;
        let least = self.policy.least_records;
        if let Some(small) = [left, right].into_iter().find(|set| set.encodings.len() < least) {
            return Err(Error::FewRecords { records: small.encodings.len(), least });
        }
        let spent = self.spent.entry(left.header.check).or_default();
        if *spent >= self.policy.budget {
            return Err(Error::Spent { budget: self.policy.budget });
        }
        *spent += 1;
        Ok(self.compare(left, right, threads))
    }

    fn compare(&self, left: &EncodedSet, right: &EncodedSet, threads: usize) -> Links {
        let (left_set, right_set) = (&left.encodings, &right.encodings);
        let filters = left.header.parameters.filters.len();
        let (mut joined_blocks, mut dropped_blocks) = (0, 0);
        let mut kept = Vec::new();
        for filter in 0..filters {
            let of_filter = blocks(left_set, right_set, filters).into_iter().filter(|block| block.filter == filter);
            let (large, joined, dropped) = join_small(of_filter.collect(), self.policy.least_block);
            kept.extend(large);
            joined_blocks += joined;
            dropped_blocks += dropped;
        }
        let floor = self.policy.bands.last().copied().unwrap_or(1.0);
        let Compared { hits, comparisons, cut } = compare(left_set, right_set, &kept, floor, threads);
        let (equal, shared_tokens) = equal_tokens(left_set, right_set);
        let at = |set: &[Encoding], place: u32| Some(set.get(usize::try_from(place).ok()?)?.record);
        let mut found: BTreeMap<(RecordId, RecordId), Candidate> = BTreeMap::new();
        for hit in hits {
            if let (Some(l), Some(r)) = (at(left_set, hit.left), at(right_set, hit.right)) {
                found.insert((l, r), Candidate { by_token: 1, likeness: hit.likeness });
            }
        }
        let mut conflicts = Vec::new();
        for (l, r) in equal {
            let likeness = likeness(l, r);
            if likeness < self.policy.conflict {
                conflicts.push((l.record, r.record));
                found.remove(&(l.record, r.record));
            } else {
                found.insert((l.record, r.record), Candidate { by_token: 0, likeness });
            }
        }
        let pairs = self.pairs(found);
        Links { pairs, conflicts, comparisons, joined_blocks, dropped_blocks, shared_tokens, cut }
    }

    fn pairs(&self, found: BTreeMap<(RecordId, RecordId), Candidate>) -> Vec<Pair> {
        let mut order: Vec<((RecordId, RecordId), Candidate)> = found.into_iter().collect();
        if self.policy.matching == Matching::OneToOne {
            order.sort_by(|(a, x), (b, y)| {
                x.by_token.cmp(&y.by_token).then(y.likeness.total_cmp(&x.likeness)).then(a.cmp(b))
            });
            let (mut lefts, mut rights) = (BTreeSet::new(), BTreeSet::new());
            order.retain(|((left, right), _)| {
                let free = !lefts.contains(left) && !rights.contains(right);
                free && lefts.insert(*left) && rights.insert(*right)
            });
        }
        let band = |candidate: &Candidate| match candidate.by_token {
            0 => Some(1),
            _ => self.policy.band(candidate.likeness),
        };
        let pair = |((left, right), candidate): &((RecordId, RecordId), Candidate)| {
            Some(Pair { left: *left, right: *right, band: band(candidate)? })
        };
        let mut pairs: Vec<Pair> = order.iter().filter_map(pair).collect();
        pairs.sort_unstable();
        pairs
    }
}

/// A pair on its way; `by_token` is 0 where a strong id is equal, else 1.
struct Candidate {
    by_token: u8,
    likeness: f64,
}

/// Checks that two sets may be compared.
pub(crate) fn compatible(left: &EncodedSet, right: &EncodedSet) -> Result<(), Error> {
    let (l, r) = (&left.header, &right.header);
    let differs = if l.parameters != r.parameters {
        Some("the way of encoding")
    } else if l.scope != r.scope {
        Some("the project, the batch or the year")
    } else if l.check != r.check {
        Some("the secret")
    } else {
        None
    };
    match differs {
        Some(differs) => Err(Error::Differs { differs }),
        None => [left, right].into_iter().try_for_each(well_formed),
    }
}

fn well_formed(set: &EncodedSet) -> Result<(), Error> {
    set.header.parameters.validate()?;
    let filters = set.header.parameters.filters.len();
    let shaped = set.encodings.iter().all(|one| one.filters.len() == filters && one.blocks.len() == filters);
    let sorted = set.encodings.windows(2).all(|pair| matches!(pair, [a, b] if a.record < b.record));
    if shaped && sorted { Ok(()) } else { Err(Error::Malformed) }
}

/// Joins the blocks of one filter that have too few records on a side, smallest first, until none has; returns how many
/// were joined, and how many had to be dropped because even all together are too few.
fn join_small(mut blocks: Vec<Block>, least: usize) -> (Vec<Block>, usize, usize) {
    let size = |block: &Block| block.left.len().min(block.right.len());
    blocks.sort_by_key(size);
    let (mut kept, mut joined): (Vec<Block>, usize) = (Vec::new(), 0);
    let mut open: Option<Block> = None;
    for block in blocks {
        if open.is_none() && size(&block) >= least {
            kept.push(block);
            continue;
        }
        joined += 1;
        let all = match open.take() {
            Some(rest) => rest.and(block),
            None => block,
        };
        if size(&all) >= least { kept.push(all) } else { open = Some(all) }
    }
    match (open, kept.pop()) {
        (None, last) => kept.extend(last),
        (Some(rest), Some(last)) => kept.push(last.and(rest)),
        (Some(_), None) => return (kept, 0, joined),
    }
    (kept, joined, 0)
}

/// Finds the pairs of records with an equal token, sorted, and how many tokens too many records share.
fn equal_tokens<'a>(left: &'a [Encoding], right: &'a [Encoding]) -> (Vec<(&'a Encoding, &'a Encoding)>, usize) {
    let mut by_token: BTreeMap<Token, (Vec<&Encoding>, Vec<&Encoding>)> = BTreeMap::new();
    for one in left {
        one.tokens.iter().for_each(|token| by_token.entry(*token).or_default().0.push(one));
    }
    for one in right {
        for token in &one.tokens {
            if let Some((_, rights)) = by_token.get_mut(token) {
                rights.push(one);
            }
        }
    }
    let is_shared = |(lefts, rights): &&(Vec<&Encoding>, Vec<&Encoding>)| lefts.len() > SHARED || rights.len() > SHARED;
    let shared = by_token.values().filter(is_shared).count();
    let own = by_token.values().filter(|sides| !is_shared(sides));
    let mut pairs: Vec<(&Encoding, &Encoding)> =
        own.flat_map(|(lefts, rights)| lefts.iter().flat_map(|l| rights.iter().map(|r| (*l, *r)))).collect();
    pairs.sort_unstable_by_key(|(l, r)| (l.record, r.record));
    pairs.dedup_by_key(|(l, r)| (l.record, r.record));
    (pairs, shared)
}
