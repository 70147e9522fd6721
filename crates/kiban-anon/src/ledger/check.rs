//! Whether a candidate cuts a cell, or a difference of cohorts, below its floor.

use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
};

use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{
    Cohort, Entry, Ledger,
    partition::{Coalitions, NOWHERE, Partition, key},
};
use crate::error::Result;

/// Whose earlier releases a candidate is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipients {
    /// Those of the candidate's own recipient.
    Same,
    /// Everybody's: recipients may put together what they have.
    #[default]
    Any,
}

/// The floors that must hold across releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The fewest persons who may share their class in every release of a coalition.
    pub joint: u32,
    /// The fewest persons of a class who may be absent from another release, or new in it.
    pub cell: u32,
    /// The fewest persons in a whole difference or overlap of cohorts.
    pub cohort: u32,
    /// Whose releases are put together.
    pub recipients: Recipients,
    /// How many earlier ones at most: 1 makes pairs with the candidate, 2 triples. The work grows as n to this power.
    pub earlier: usize,
    /// Threads; the answer does not depend on them.
    pub threads: NonZeroUsize,
}

impl Limits {
    /// Asks for the same floor everywhere, in pairs with anybody's earlier releases, on one thread.
    pub fn new(k: u32) -> Self {
        let recipients = Recipients::default();
        Self { joint: k, cell: k, cohort: k, recipients, earlier: 1, threads: NonZeroUsize::MIN }
    }
}

/// A rule of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Persons in all of the releases share their classes with too few others.
    JointClass,
    /// Too few persons of a class are missing from a release, or new in it.
    CellDifference,
    /// Too few persons are in one cohort and not in another, or in both.
    CohortDifference,
}

impl Rule {
    /// Returns the rule's id.
    pub fn id(self) -> &'static str {
        match self {
            Self::JointClass => "ledger.joint-class",
            Self::CellDifference => "ledger.cell-difference",
            Self::CohortDifference => "ledger.cohort-difference",
        }
    }
}

/// A rule that a candidate breaks against certain earlier releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// The rule.
    pub rule: Rule,
    /// The earlier releases, oldest first; none means the candidate by itself.
    pub against: Vec<String>,
    /// The floor.
    pub floor: u32,
    /// Cells or differences below it.
    pub cells: u64,
    /// Persons in them.
    pub persons: u64,
    /// Persons who are alone in theirs.
    pub unique: u64,
}

impl Breach {
    /// Returns what is wrong and what can be done, in English.
    pub fn en(&self) -> String {
        let Self { persons, floor, .. } = self;
        let others = self.others(", ", "the release by itself");
        match self.rule {
            Rule::JointClass => format!(
                "{persons} persons share their class in {others} with fewer than {floor}: keep the classes of the earlier \
                 release, generalise further, or leave these persons out"
            ),
            Rule::CellDifference => format!(
                "{persons} persons stand out in groups below {floor} by joining or leaving a class of {others}: let \
                 newcomers wait, or leave out more of the same class"
            ),
            Rule::CohortDifference => format!(
                "{persons} persons, fewer than {floor}, make up a whole difference or overlap with {others}: widen the \
                 cohort, or take the earlier one again"
            ),
        }
    }

    /// Returns what is wrong and what can be done, in Japanese.
    pub fn ja(&self) -> String {
        let Self { persons, floor, .. } = self;
        let others = self.others("、", "この提供");
        match self.rule {
            Rule::JointClass => format!(
                "{persons}人は、{others}と重ねると同じ組の人数が{floor}人に満たない。以前の組分けを保つか、一般化を強めるか、対象から外すこと。"
            ),
            Rule::CellDifference => format!(
                "{persons}人は、{others}の組への出入りが{floor}人に満たないため差分で目立つ。新規の人を次回に回すか、同じ組からさらに外すこと。"
            ),
            Rule::CohortDifference => format!(
                "{others}との差分又は重なりが{persons}人で、{floor}人に満たない。対象集団を広げるか、以前と同じ集団にすること。"
            ),
        }
    }

    fn others(&self, comma: &str, nobody: &str) -> String {
        if self.against.is_empty() { nobody.to_owned() } else { self.against.join(comma) }
    }
}

/// What a candidate would reveal beside earlier releases.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Verdict {
    /// Coalitions looked at, the candidate by itself among them.
    pub coalitions: u64,
    /// What is broken, sorted by the earlier releases, then by rule; empty means that it may go.
    pub breaches: Vec<Breach>,
    /// Persons of the candidate who are in a cell below its floor in any coalition.
    pub below: u64,
    /// Those who are alone in one.
    pub unique: u64,
}

impl Verdict {
    /// Tells whether no rule is broken.
    pub fn passes(&self) -> bool {
        self.breaches.is_empty()
    }
}

impl Ledger {
    /// Checks a candidate by itself and against every coalition of earlier releases.
    ///
    /// Only what the candidate adds is held against it: a cell that was too small before and that it does not cut again
    /// is no breach.
    ///
    /// # Errors
    /// A candidate that is recorded already.
    pub fn check(&self, candidate: &Cohort, limits: &Limits) -> Result<Verdict> {
        let members = self.numbered(candidate)?;
        let persons = self.tokens.len() + members.len();
        let earlier = self.earlier(candidate, limits);
        let set: RoaringBitmap = members.iter().map(|m| m.0).collect();
        let coalitions = Coalitions { entries: &earlier, most: limits.earlier, candidate: &set };
        let whole = Partition::whole(persons);
        let mut found = Found::default();
        found.look(&[], &whole, &members, limits);
        let next = AtomicUsize::new(0);
        let work = || {
            let mut found = Found::default();
            loop {
                let first = next.fetch_add(1, Ordering::Relaxed);
                if first >= earlier.len() {
                    return found;
                }
                coalitions.beginning_with(first, &whole, &mut |who, cut| found.look(who, cut, &members, limits));
            }
        };
        std::thread::scope(|scope| {
            let hands: Vec<_> = (1..limits.threads.get()).map(|_| scope.spawn(work)).collect();
            found.add(work());
            for hand in hands {
                match hand.join() {
                    Ok(other) => found.add(other),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        Ok(found.verdict(&earlier))
    }

    /// Returns the earlier releases that count against a candidate.
    pub(super) fn earlier(&self, candidate: &Cohort, limits: &Limits) -> Vec<&Entry> {
        let counts = |e: &&Entry| limits.recipients == Recipients::Any || e.recipient == candidate.recipient;
        self.entries.iter().filter(counts).collect()
    }
}

/// Cells below a floor.
#[derive(Clone, Copy, Default)]
struct Small {
    cells: u64,
    persons: u64,
    unique: u64,
}

impl Small {
    fn count(&mut self, persons: u32, floor: u32) {
        if (1..floor).contains(&persons) {
            self.cells += 1;
            self.persons += u64::from(persons);
            self.unique += u64::from(persons == 1);
        }
    }
}

#[derive(Default)]
struct Found {
    coalitions: u64,
    breaches: Vec<(Vec<usize>, Rule, u32, Small)>,
    below: RoaringBitmap,
    unique: RoaringBitmap,
}

impl Found {
    /// Looks at the candidate's members within the blocks of one coalition.
    fn look(&mut self, who: &[usize], partition: &Partition, members: &[(u32, u32)], limits: &Limits) {
        self.coalitions += 1;
        let mut cells: FxHashMap<u64, u32> = FxHashMap::default();
        let mut present = vec![0_u32; partition.blocks().len()];
        for (number, class) in members {
            let block = partition.block_of(*number);
            *cells.entry(key(block, *class)).or_default() += 1;
            if let Some(present) = present.get_mut(block as usize) {
                *present += 1;
            }
        }
        let floor = |block: u32| floor_of(partition, block, limits);
        let (mut joint, mut cell) = (Small::default(), Small::default());
        for (cell_key, persons) in &cells {
            let block = (cell_key >> 32) as u32;
            let everywhere = partition.blocks().get(block as usize).is_some_and(|b| b.everywhere);
            let rule = if everywhere { &mut joint } else { &mut cell };
            rule.count(*persons, floor(block));
        }
        if joint.cells + cell.cells > 0 {
            for (number, class) in members {
                let block = partition.block_of(*number);
                let persons = cells.get(&key(block, *class)).copied().unwrap_or_default();
                if persons < floor(block) {
                    self.below.insert(*number);
                }
                if persons == 1 {
                    self.unique.insert(*number);
                }
            }
        }
        let mut regions = vec![(0_u32, 0_u32); partition.regions()];
        for ((block, here), number) in partition.blocks().iter().zip(&present).zip(0_u32..) {
            let absent = if number == NOWHERE { 0 } else { block.persons - here };
            if *here > 0 {
                cell.count(absent, limits.cell);
            }
            if let Some((inside, outside)) = regions.get_mut(block.region as usize) {
                *inside += here;
                *outside += absent;
            }
        }
        let mut cohort = Small::default();
        for (inside, outside) in regions.into_iter().filter(|r| r.0 > 0) {
            cohort.count(inside, limits.cohort);
            cohort.count(outside, limits.cohort);
        }
        let rules = [
            (Rule::JointClass, limits.joint, joint),
            (Rule::CellDifference, limits.cell, cell),
            (Rule::CohortDifference, limits.cohort, cohort),
        ];
        for (rule, floor, small) in rules.into_iter().filter(|r| r.2.cells > 0) {
            self.breaches.push((who.to_vec(), rule, floor, small));
        }
    }

    fn add(&mut self, other: Self) {
        self.coalitions += other.coalitions;
        self.breaches.extend(other.breaches);
        self.below |= other.below;
        self.unique |= other.unique;
    }

    fn verdict(mut self, earlier: &[&Entry]) -> Verdict {
        self.breaches.sort_unstable_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        let name = |place: &usize| earlier.get(*place).map(|e| e.release.clone());
        let breach = |(who, rule, floor, small): (Vec<usize>, Rule, u32, Small)| {
            let Small { cells, persons, unique } = small;
            Breach { rule, against: who.iter().filter_map(name).collect(), floor, cells, persons, unique }
        };
        Verdict {
            coalitions: self.coalitions,
            breaches: self.breaches.into_iter().map(breach).collect(),
            below: self.below.len(),
            unique: self.unique.len(),
        }
    }
}

/// Returns the floor of the candidate's cells within a block.
pub(super) fn floor_of(partition: &Partition, block: u32, limits: &Limits) -> u32 {
    let everywhere = partition.blocks().get(block as usize).is_some_and(|b| b.everywhere);
    if everywhere { limits.joint } else { limits.cell }
}
