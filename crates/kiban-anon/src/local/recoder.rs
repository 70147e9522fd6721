//! Splitting classes from the top down while every part keeps the models.

use std::num::NonZeroUsize;

use rustc_hash::FxHashMap;

use super::LocalClass;
use crate::{
    classes::ClassTable,
    error::{Error, Result},
    fold::{Folded, Word},
    model::Judge,
    policy::QuasiIdentifier,
    threads::on_threads,
};

/// Rounds of moving and splitting again; each costs about as much as the first splitting and wins a tenth of it.
const ROUNDS: usize = 1;

/// Parts of up to so many tuples try several splits to the end before one is taken.
const PILOTED: usize = 1_000;

/// How many splits are tried.
const PILOTS: usize = 3;

/// Tables of more tuples are split without trying: there the first choice is nearly as good, and time counts.
const WORTH_PILOTS: usize = 50_000;

/// One attribute, as the recoder needs it.
pub(super) struct Column {
    pub(super) shift: u32,
    lowest: u8,
    highest: u8,
    /// Per level, the code of each tuple.
    codes: Vec<Vec<u32>>,
    /// Per level, the share of the domain under each code, times the attribute's weight.
    shares: Vec<Vec<f64>>,
}

impl Column {
    pub(super) fn code(&self, level: u8, tuple: u32) -> u32 {
        self.codes.get(usize::from(level)).and_then(|c| c.get(tuple as usize)).copied().unwrap_or(0)
    }

    pub(super) fn share(&self, level: u8, code: u32) -> f64 {
        self.shares.get(usize::from(level)).and_then(|s| s.get(code as usize)).copied().unwrap_or(1.0)
    }
}

/// A class that may still be split.
#[derive(Clone)]
struct Part {
    members: Vec<u32>,
    persons: u32,
    levels: Vec<u8>,
}

/// One way to split a part: by a column, with the codes of the children that stay behind.
struct Split {
    column: usize,
    behind: Vec<u32>,
    worth: f64,
}

impl From<LocalClass> for Part {
    fn from(class: LocalClass) -> Self {
        Self { members: class.members, persons: class.persons, levels: class.levels }
    }
}

pub(super) struct Recoder<'a, W> {
    pub(super) columns: Vec<Column>,
    base: &'a ClassTable<W>,
    pub(super) judge: &'a Judge,
    weights: Vec<u32>,
    widest: usize,
    threads: NonZeroUsize,
}

/// Counters by code, all zero between uses.
struct Scratch {
    counts: Vec<u32>,
}

impl<'a, W: Word> Recoder<'a, W> {
    pub(super) fn new(
        attributes: &[QuasiIdentifier],
        worths: &[f64],
        table: &Folded,
        base: &'a ClassTable<W>,
        judge: &'a Judge,
        threads: NonZeroUsize,
    ) -> Self {
        let column = |(column, (attribute, worth)): (usize, (&QuasiIdentifier, &f64))| {
            let (shift, width) = table.layout().field(column);
            let hierarchy = attribute.hierarchy();
            let (lowest, highest) = attribute.range();
            let leaves = hierarchy.leaves().max(1) as f64;
            let shares = |l: &crate::Level| l.leaves_under().iter().map(|n| worth * f64::from(*n) / leaves).collect();
            let code = |l: &crate::Level, word: W| l.codes().get(word.get(shift, width)).copied().unwrap_or(0);
            let codes = |l: &crate::Level| base.classes.iter().map(|(word, _)| code(l, *word)).collect();
            Column {
                shift,
                lowest: lowest as u8,
                highest: highest as u8,
                codes: hierarchy.levels().iter().map(codes).collect(),
                shares: hierarchy.levels().iter().map(shares).collect(),
            }
        };
        let widest = attributes.iter().map(|a| a.hierarchy().leaves()).max().unwrap_or(0);
        let columns = attributes.iter().zip(worths).enumerate().map(column).collect();
        let weights = base.classes.iter().map(|c| c.1).collect();
        Self { columns, base, judge, weights, widest, threads }
    }

    pub(super) fn run(self) -> Result<Vec<LocalClass>> {
        let members: Vec<u32> = (0..).take(self.base.len()).collect();
        let persons = self.persons(&members);
        let levels = self.columns.iter().map(|c| c.highest).collect();
        if persons > 0 && !self.sound(&members, persons) {
            let suppressed = u64::from(persons);
            return Err(Error::NoSolution { k: self.judge.smallest(), suppressed, allowed: 0 });
        }
        let mut classes = self.refine(vec![Part { members, persons, levels }]);
        let mut best = self.total(&classes);
        for _ in 0..ROUNDS {
            let moved = self.moved(classes.clone());
            let again = self.refine(moved.into_iter().map(Part::from).collect());
            let total = self.total(&again);
            if total >= best {
                break;
            }
            (classes, best) = (again, total);
        }
        Ok(classes)
    }

    /// Splits parts until none can be split, the small ones on all threads; the order of the result is always the same.
    fn refine(&self, mut open: Vec<Part>) -> Vec<LocalClass> {
        let mut scratch = self.scratch();
        let (mut small, mut done) = (Vec::new(), Vec::new());
        while let Some(mut part) = open.pop() {
            if part.members.len() <= PILOTED {
                small.push(part);
                continue;
            }
            self.settle_shared(&mut part);
            match self.splits(&part, &mut scratch).first() {
                Some(split) => open.extend(self.split(&part, split)),
                None => done.push(self.close(part)),
            }
        }
        let found =
            on_threads(self.threads, &small, || self.scratch(), |part, scratch| self.refine_small(part, scratch));
        done.extend(found.into_iter().flatten());
        done
    }

    fn refine_small(&self, part: &Part, scratch: &mut Scratch) -> Vec<LocalClass> {
        let (mut open, mut done) = (vec![part.clone()], Vec::new());
        while let Some(mut part) = open.pop() {
            self.settle_shared(&mut part);
            let splits = self.splits(&part, scratch);
            match self.pilot(&part, splits, scratch) {
                Some(split) => open.extend(self.split(&part, &split)),
                None if part.persons > 0 => done.push(self.close(part)),
                None => {}
            }
        }
        done
    }

    /// Chooses among the most promising splits the one whose parts, split greedily to the end, lose least (the pilot method,
    /// Duin and Voß 1999).
    fn pilot(&self, part: &Part, splits: Vec<Split>, scratch: &mut Scratch) -> Option<Split> {
        let pilots = if self.base.len() > WORTH_PILOTS { 1 } else { PILOTS };
        if splits.len().min(pilots) <= 1 {
            return splits.into_iter().next();
        }
        let mut best: Option<(f64, Split)> = None;
        for split in splits.into_iter().take(pilots) {
            let total = self.split(part, &split).into_iter().map(|p| self.greedy(p, scratch)).sum();
            if best.as_ref().is_none_or(|b| total < b.0) {
                best = Some((total, split));
            }
        }
        best.map(|b| b.1)
    }

    /// The total of a part that is split greedily to the end.
    fn greedy(&self, part: Part, scratch: &mut Scratch) -> f64 {
        let (mut open, mut total) = (vec![part], 0.0);
        while let Some(mut part) = open.pop() {
            self.settle_shared(&mut part);
            match self.splits(&part, scratch).first() {
                Some(split) => open.extend(self.split(&part, split)),
                None => total += f64::from(part.persons) * self.cost_at(&part),
            }
        }
        total
    }

    fn cost_at(&self, part: &Part) -> f64 {
        let first = part.members.first().copied().unwrap_or(0);
        self.columns.iter().zip(&part.levels).map(|(c, level)| c.share(*level, c.code(*level, first))).sum()
    }

    fn scratch(&self) -> Scratch {
        Scratch { counts: vec![0; self.widest] }
    }

    /// The sum over persons and columns of the share of the domain that a released value stands for.
    fn total(&self, classes: &[LocalClass]) -> f64 {
        classes.iter().map(|class| f64::from(class.persons) * self.cost(class)).sum()
    }

    pub(super) fn weight(&self, tuple: u32) -> u32 {
        self.weights.get(tuple as usize).copied().unwrap_or(0)
    }

    pub(super) fn persons(&self, members: &[u32]) -> u32 {
        members.iter().map(|t| self.weight(*t)).sum()
    }

    /// Tells whether these tuples may be a class of their own.
    pub(super) fn sound(&self, members: &[u32], persons: u32) -> bool {
        if persons < self.judge.smallest() {
            return false;
        }
        self.judge.only_sizes() || {
            let target_of = vec![0; members.len()];
            let class = self.base.pick(members).carry(vec![(W::ZERO, persons)], &target_of, NonZeroUsize::MIN);
            self.judge.judge(&class, &|_| 0).suppressed == 0
        }
    }

    /// Lowers every column on which all members agree: that costs nobody anything.
    fn settle_shared(&self, part: &mut Part) {
        let Some(first) = part.members.first().copied() else { return };
        for (column, level) in self.columns.iter().zip(&mut part.levels) {
            while *level > column.lowest {
                let code = column.code(*level - 1, first);
                if part.members.iter().any(|t| column.code(*level - 1, *t) != code) {
                    break;
                }
                *level -= 1;
            }
        }
    }

    /// Returns the splits of a part, the most worthwhile first.
    fn splits(&self, part: &Part, scratch: &mut Scratch) -> Vec<Split> {
        if part.persons < 2 * self.judge.smallest() {
            return Vec::new();
        }
        let weighed = (0..self.columns.len()).filter_map(|column| self.weigh(part, column, scratch));
        let mut splits: Vec<Split> = weighed.collect();
        splits.sort_by(|a, b| b.worth.total_cmp(&a.worth));
        splits
    }

    /// Counts a part's persons under each code of a level, fewest first.
    fn children(&self, part: &Part, column: &Column, level: u8, scratch: &mut Scratch) -> Vec<(u32, u32)> {
        let codes = column.codes.get(usize::from(level)).map_or(&[][..], Vec::as_slice);
        let mut touched: Vec<u32> = Vec::new();
        for tuple in &part.members {
            let code = codes.get(*tuple as usize).copied().unwrap_or(0);
            if let Some(count) = scratch.counts.get_mut(code as usize) {
                if *count == 0 {
                    touched.push(code);
                }
                *count += self.weight(*tuple);
            }
        }
        let taken = |code: u32| (scratch.counts.get_mut(code as usize).map_or(0, std::mem::take), code);
        let mut children: Vec<(u32, u32)> = touched.into_iter().map(taken).collect();
        children.sort_unstable();
        children
    }

    /// Weighs the split of a part one level down a column; none if no child could leave.
    fn weigh(&self, part: &Part, at: usize, scratch: &mut Scratch) -> Option<Split> {
        let column = self.columns.get(at)?;
        let level = part.levels.get(at).copied().filter(|l| *l > column.lowest)?;
        let children = self.children(part, column, level - 1, scratch);
        let leaving = self.leaving(part, at, level - 1, &children)?;
        let (behind, leaving) = children.split_at(leaving);
        let whole = part.members.first().map_or(1.0, |t| column.share(level, column.code(level, *t)));
        let gain: f64 = leaving.iter().map(|(n, code)| f64::from(*n) * (whole - column.share(level - 1, *code))).sum();
        let left: u32 = behind.iter().map(|c| c.0).sum();
        let shrink = |n: u32| f64::from(n) * (f64::from(part.persons) / f64::from(n.max(1))).log2();
        let bits: f64 = leaving.iter().map(|c| shrink(c.0)).sum::<f64>() + shrink(left);
        let mut behind: Vec<u32> = behind.iter().map(|c| c.1).collect();
        behind.sort_unstable();
        (gain > 0.0).then(|| Split { column: at, behind, worth: gain / bits.max(1e-9).sqrt() })
    }

    /// Returns how many of the children, smallest first, must stay behind so that all classes are sound.
    fn leaving(&self, part: &Part, at: usize, level: u8, children: &[(u32, u32)]) -> Option<usize> {
        let smallest = self.judge.smallest();
        if self.judge.only_sizes() {
            let mut behind = children.partition_point(|c| c.0 < smallest);
            let left: u32 = children.iter().take(behind).map(|c| c.0).sum();
            if left > 0 && left < smallest {
                behind += 1;
            }
            return (behind < children.len()).then_some(behind);
        }
        let column = self.columns.get(at)?;
        let of = |code: u32| part.members.iter().copied().filter(move |t| column.code(level, *t) == code);
        // Unsound children come first by being moved there; a plain order by size keeps the rest simple: the largest
        // unsound child decides, all smaller ones stay behind with it.
        let unsound = children.iter().rposition(|(n, code)| !self.sound(&of(*code).collect::<Vec<_>>(), *n));
        let mut behind = unsound.map_or(0, |place| place + 1);
        while behind > 0 && behind < children.len() {
            let staying: Vec<u32> = children.iter().take(behind).flat_map(|(_, code)| of(*code)).collect();
            if self.sound(&staying, self.persons(&staying)) {
                break;
            }
            behind += 1;
        }
        (behind < children.len()).then_some(behind)
    }

    fn split(&self, part: &Part, split: &Split) -> Vec<Part> {
        let Some(column) = self.columns.get(split.column) else { return Vec::new() };
        let level = part.levels.get(split.column).copied().unwrap_or(0);
        let mut behind: Vec<u32> = Vec::new();
        let mut groups: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for tuple in part.members.iter().copied() {
            let code = column.code(level - 1, tuple);
            match split.behind.binary_search(&code) {
                Ok(_) => behind.push(tuple),
                Err(_) => groups.entry(code).or_default().push(tuple),
            }
        }
        let mut lower = part.levels.clone();
        lower.iter_mut().skip(split.column).take(1).for_each(|l| *l = level - 1);
        let part_of = |members: Vec<u32>, levels: Vec<u8>| Part { persons: self.persons(&members), members, levels };
        let mut groups: Vec<(u32, Vec<u32>)> = groups.into_iter().collect();
        groups.sort_unstable();
        let mut parts: Vec<Part> = groups.into_iter().map(|(_, g)| part_of(g, lower.clone())).collect();
        if !behind.is_empty() {
            parts.push(part_of(behind, part.levels.clone()));
        }
        parts
    }

    fn close(&self, part: Part) -> LocalClass {
        let first = part.members.first().copied().unwrap_or(0);
        let codes = self.columns.iter().zip(&part.levels).map(|(c, level)| c.code(*level, first)).collect();
        LocalClass { levels: part.levels, codes, members: part.members, persons: part.persons }
    }

    pub(super) fn cost(&self, class: &LocalClass) -> f64 {
        let cells = self.columns.iter().zip(&class.levels).zip(&class.codes);
        cells.map(|((column, level), code)| column.share(*level, *code)).sum()
    }
}
