//! The rungs on which an event may be released: how far its code is rolled up and its date coarsened.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::dates::LifeDates;
use crate::{
    date::DateUnit,
    error::{Error, Result},
    hierarchy::Hierarchy,
};

/// The codes of one table of events, with the groups into which they can be rolled up.
///
/// A code is whatever of a row is known besides its date: a leaf may be "E11.9 at a hospital", its group "E11.9".
/// Groups of the same label are the same group, on whatever level they stand.
#[derive(Debug, Clone)]
pub struct LifeCodes {
    name: String,
    weight: f64,
    labels: Vec<String>,
    /// Level by level the group of each code, and its detail lost on a log scale: 0 for a leaf alone, 1 for all.
    levels: Vec<Vec<u32>>,
    lost: Vec<f64>,
    leaves: usize,
}

impl LifeCodes {
    /// Takes the code tree of the table `name`, up to the level `highest`; an event lost counts `weight`.
    ///
    /// # Errors
    /// A weight that is not positive.
    pub fn new(name: &str, tree: &Hierarchy, highest: usize, weight: f64) -> Result<Self> {
        if !(weight.is_finite() && weight > 0.0) {
            let why = "the weight of an event must be above zero";
            return Err(Error::BadParameter { what: name.to_owned(), why });
        }
        let mut codes = Self {
            name: name.to_owned(),
            weight,
            labels: Vec::new(),
            levels: Vec::new(),
            lost: Vec::new(),
            leaves: tree.leaves(),
        };
        let mut group_of: FxHashMap<&str, u32> = FxHashMap::default();
        for level in tree.levels().iter().take(highest + 1) {
            let mut groups = Vec::with_capacity(level.labels().len());
            for (label, under) in level.labels().iter().zip(level.leaves_under()) {
                let next = u32::try_from(codes.labels.len()).unwrap_or(u32::MAX);
                let group = *group_of.entry(label).or_insert(next);
                let lost = f64::from(*under).ln();
                match codes.lost.get_mut(group as usize) {
                    Some(known) => *known = known.max(lost),
                    None => {
                        codes.labels.push(label.clone());
                        codes.lost.push(lost);
                    }
                }
                groups.push(group);
            }
            let of_code = level.codes().iter().map(|code| groups.get(*code as usize).copied().unwrap_or(0));
            codes.levels.push(of_code.collect());
        }
        Ok(codes)
    }

    fn group(&self, level: u8, code: u32) -> Option<u32> {
        self.levels.get(usize::from(level))?.get(code as usize).copied()
    }

    /// Returns the mean over the codes of what a level loses, in nats.
    fn mean_lost(&self, level: u8) -> f64 {
        let lost = |group: &u32| self.lost.get(*group as usize).copied().unwrap_or(0.0);
        self.levels.get(usize::from(level)).map_or(0.0, |l| l.iter().map(lost).sum::<f64>() / l.len().max(1) as f64)
    }
}

/// How far an event's code is rolled up and its date coarsened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rung {
    /// The level of the code tree, 0 for the code itself.
    pub level: u8,
    /// The unit of the date.
    pub unit: DateUnit,
}

/// What a released label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeLabel<'a> {
    /// The table's place.
    pub table: usize,
    /// The group of codes.
    pub code: &'a str,
    /// The first and last day, as days since 1970-01-01; `None` says that the event has no date.
    pub days: Option<(i32, i32)>,
    /// The unit of the date.
    pub unit: DateUnit,
}

/// The tables' codes and dates, and the rung on which each code starts: the same for all classes of a release.
///
/// An event's *kind* is its code and its date in the finest unit. Its label on a rung is a number as well; labels are the
/// same in every class and [`Ladder::read`] tells what they say. Detail is measured in bits: a group of g codes over d
/// days loses (ln g + ln d) ÷ (ln codes + ln days of the window), which is 1 for "something, some time" and for an event
/// that is left out.
#[derive(Debug, Clone)]
pub struct Ladder {
    tables: Vec<LifeCodes>,
    dates: LifeDates,
    first_code: Vec<u32>,
    first_group: Vec<u32>,
    table_of_code: Vec<u16>,
    rungs: Vec<Vec<Rung>>,
    starts: Vec<u8>,
    wanted: u32,
    /// Per sensitive group, for each group of codes of all tables whether it speaks of that.
    sensitive: Vec<Vec<bool>>,
}

impl Ladder {
    /// Lays out the rungs of every table, the least loss first; every code starts on the lowest.
    ///
    /// # Errors
    /// No table, or so many codes and days that kinds or labels exceed 32 bits.
    pub fn new(tables: Vec<LifeCodes>, dates: LifeDates) -> Result<Self> {
        let what = || "ladder of lives".to_owned();
        if tables.is_empty() {
            return Err(Error::BadParameter { what: what(), why: "there is no table of events" });
        }
        let (mut codes, mut groups) = (0_u64, 0_u64);
        let mut ladder = Self {
            dates,
            first_code: Vec::new(),
            first_group: Vec::new(),
            table_of_code: Vec::new(),
            rungs: Vec::new(),
            starts: Vec::new(),
            wanted: 0,
            sensitive: Vec::new(),
            tables: Vec::new(),
        };
        for (number, table) in (0_u16..).zip(&tables) {
            ladder.first_code.push(u32::try_from(codes).unwrap_or(u32::MAX));
            ladder.first_group.push(u32::try_from(groups).unwrap_or(u32::MAX));
            codes += table.leaves as u64;
            groups += table.labels.len() as u64;
            ladder.rungs.push(rungs(table, &ladder.dates));
            ladder.table_of_code.extend(std::iter::repeat_n(number, table.leaves));
        }
        let most = codes.max(groups) * u64::from(ladder.dates.buckets());
        if most > u64::from(u32::MAX) || tables.len() > usize::from(u16::MAX) {
            return Err(Error::BadParameter {
                what: what(),
                why: "too many codes for so fine dates: begin with a coarser unit",
            });
        }
        ladder.starts = vec![0; ladder.table_of_code.len()];
        ladder.tables = tables;
        Ok(ladder)
    }

    /// Names what is sensitive: so many groups, and whether a table's code or group of codes, by name, speaks of one.
    #[must_use]
    pub fn with_sensitive(self, groups: usize, speaks: impl Fn(usize, &str, &str) -> bool) -> Self {
        let of = |group| {
            let labels =
                self.tables.iter().flat_map(|table| table.labels.iter().map(move |label| (&table.name, label)));
            labels.map(|(table, label)| speaks(group, table, label)).collect()
        };
        Self { sensitive: (0..groups).map(of).collect(), ..self }
    }

    /// Returns how many sensitive groups there are.
    pub(super) fn sensitive_groups(&self) -> usize {
        self.sensitive.len()
    }

    /// Tells whether a label speaks of a sensitive group.
    pub(super) fn speaks_of(&self, group: usize, label: u32) -> bool {
        let codes = (label / self.dates.buckets()) as usize;
        self.sensitive.get(group).and_then(|speaks| speaks.get(codes)).copied().unwrap_or(false)
    }

    /// Returns the kind of an event: its table's place, its code as leaf of that table's tree, and its day.
    ///
    /// `None` says that there is no such code or that the day lies outside the window.
    pub fn kind(&self, table: usize, code: u32, day: Option<i32>) -> Option<u32> {
        let leaves = self.tables.get(table)?.leaves;
        let bucket = day.map_or(Some(self.dates.undated()), |day| self.dates.bucket(day))?;
        let code = ((code as usize) < leaves).then(|| self.first_code.get(table).map(|first| first + code))??;
        Some(code * self.dates.finest() + bucket)
    }

    /// Returns the code of a kind, numbered through all tables.
    pub(super) fn code(&self, kind: u32) -> u32 {
        kind / self.dates.finest()
    }

    /// Returns the number of codes of all tables.
    pub(super) fn codes(&self) -> usize {
        self.table_of_code.len()
    }

    fn table(&self, code: u32) -> usize {
        self.table_of_code.get(code as usize).copied().map_or(0, usize::from)
    }

    /// Returns the rungs of a table, the least loss first.
    pub fn rungs(&self, table: usize) -> &[Rung] {
        self.rungs.get(table).map_or(&[], Vec::as_slice)
    }

    /// Returns the number of the rung on which each code starts, table by table.
    pub fn starts(&self) -> &[u8] {
        &self.starts
    }

    /// Returns how many persons of a class should at first share a label.
    pub fn wanted(&self) -> u32 {
        self.wanted
    }

    /// Replaces the rungs on which codes start, and how many should share a label.
    pub(super) fn starting(self, starts: Vec<u8>, wanted: u32) -> Self {
        Self { starts, wanted, ..self }
    }

    /// Returns the number of rungs of the table that has most.
    pub(super) fn most_rungs(&self) -> u8 {
        self.rungs.iter().map(|rungs| u8::try_from(rungs.len()).unwrap_or(u8::MAX)).max().unwrap_or(0)
    }

    /// Gives every code a start: its own, or the lowest rung on which its group and unit are in use, or the last.
    pub(super) fn fill_starts(&self, settled: &[Option<u8>]) -> Vec<u8> {
        let used = |code: u32, number: u8| {
            let rung = self.rungs(self.table(code)).get(usize::from(number))?;
            Some((self.table(code), self.group(code, rung.level)?, rung.unit))
        };
        let in_use: FxHashSet<_> = (0_u32..).zip(settled).filter_map(|(code, number)| used(code, (*number)?)).collect();
        let start = |(code, number): (u32, &Option<u8>)| {
            let last = u8::try_from(self.rungs(self.table(code)).len().saturating_sub(1)).unwrap_or(u8::MAX);
            let joined = || (0..last).find(|number| used(code, *number).is_some_and(|key| in_use.contains(&key)));
            number.or_else(joined).unwrap_or(last)
        };
        (0_u32..).zip(settled).map(start).collect()
    }

    fn group(&self, code: u32, level: u8) -> Option<u32> {
        let table = self.table(code);
        self.tables.get(table)?.group(level, code - self.first_code.get(table)?)
    }

    /// Returns the rung of a kind by number; `None` below where its code starts, and above the last.
    pub(super) fn rung(&self, kind: u32, number: u8) -> Option<Rung> {
        let start = *self.starts.get(self.code(kind) as usize)?;
        (number >= start).then(|| self.rung_at(kind, number))?
    }

    /// Returns the rung of a kind's table by number.
    pub(super) fn rung_at(&self, kind: u32, number: u8) -> Option<Rung> {
        self.rungs(self.table(self.code(kind))).get(usize::from(number)).copied()
    }

    /// Returns the label of a kind on a rung.
    pub(super) fn label(&self, kind: u32, rung: Rung) -> Option<u32> {
        let (code, bucket) = (kind / self.dates.finest(), kind % self.dates.finest());
        let table = self.table(code);
        let group = self.group(code, rung.level)?;
        let bucket = self.dates.coarser(bucket, rung.unit)?;
        Some((self.first_group.get(table)? + group) * self.dates.buckets() + bucket)
    }

    /// Returns the label that says all that a kind does: its code, and its date in the finest unit.
    pub fn finest(&self, kind: u32) -> Option<u32> {
        self.label(kind, Rung { level: 0, unit: self.dates.finest_unit() })
    }

    /// Returns what an event of this kind weighs, and the share of its detail that a label for it has lost.
    pub(super) fn loss(&self, kind: u32, label: Option<u32>) -> (f64, f64) {
        let Some(table) = self.tables.get(self.table(self.code(kind))) else { return (0.0, 0.0) };
        let Some((group, bucket)) = label.and_then(|label| self.parts(label)).map(|(_, g, b)| (g, b)) else {
            return (table.weight, 1.0);
        };
        let all = (table.leaves as f64).ln() + self.dates.window_nats();
        let lost = table.lost.get(group as usize).copied().unwrap_or(0.0) + self.dates.nats(bucket);
        (table.weight, if all > 0.0 { (lost / all).min(1.0) } else { 0.0 })
    }

    /// Splits a label into its table, its group within the table, and its date.
    fn parts(&self, label: u32) -> Option<(usize, u32, u32)> {
        let (group, bucket) = (label / self.dates.buckets(), label % self.dates.buckets());
        let table = self.first_group.partition_point(|first| *first <= group).checked_sub(1)?;
        Some((table, group - self.first_group.get(table)?, bucket))
    }

    /// Tells what a label says; `None` for a number that is no label.
    pub fn read(&self, label: u32) -> Option<LifeLabel<'_>> {
        let (table, group, bucket) = self.parts(label)?;
        let code = self.tables.get(table)?.labels.get(group as usize)?;
        let (unit, days) = self.dates.read(bucket)?;
        Some(LifeLabel { table, code, days, unit })
    }

    /// Returns the name of a table.
    pub fn name(&self, table: usize) -> Option<&str> {
        self.tables.get(table).map(|t| t.name.as_str())
    }

    /// Tells how the label of an event differs from its code and from its date in the finest unit.
    pub(super) fn change(&self, kind: u32, label: u32) -> Change {
        let parts = self.finest(kind).and_then(|own| self.parts(own)).zip(self.parts(label));
        parts.map_or(Change::default(), |(own, released)| Change {
            rolled_up: own.1 != released.1,
            coarsened: own.2 != released.2,
        })
    }
}

/// What was done to an event that is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Change {
    pub(super) rolled_up: bool,
    pub(super) coarsened: bool,
}

/// Pairs the levels that differ with the units, by mean loss; the last, which says nothing, is left out.
fn rungs(table: &LifeCodes, dates: &LifeDates) -> Vec<Rung> {
    let mut all = Vec::new();
    let levels = (0_u8..).zip(&table.levels);
    for (level, groups) in levels {
        let below = level.checked_sub(1).and_then(|below| table.levels.get(usize::from(below)));
        if below.is_some_and(|below| below == groups) {
            continue;
        }
        all.extend(dates.units().iter().map(|unit| (table.mean_lost(level) + dates.mean_nats(*unit), level, *unit)));
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let whole = (table.leaves as f64).ln() + dates.window_nats();
    all.retain(|(lost, level, _)| *level == 0 || *lost < whole - 1e-9);
    all.into_iter().map(|(_, level, unit)| Rung { level, unit }).collect()
}
