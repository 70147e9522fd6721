//! The events of released and of true persons as columns of numbers.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, ArrayRef, StringArray};
use kiban_anon::{
    ANY, Grain,
    life::{CodesAbove, DateUnit},
};
use rustc_hash::FxHashMap;

use super::tables::{DayCount, TableFiles, days, numbers, texts};
use crate::{
    Result,
    stages::{
        anonymise::{code_systems, code_tree, what_happened},
        cdm::{date_column, named},
    },
};

/// First and last day that a date stands for.
pub(super) type Span = (i32, i32);

/// Events of persons, sorted by person.
#[derive(Debug, Default)]
pub(super) struct Rows<D> {
    pub(super) person: Vec<u32>,
    pub(super) code: Vec<u32>,
    pub(super) days: Vec<D>,
}

impl<D: Ord> Rows<D> {
    fn sorted(mut rows: Vec<(u32, u32, D)>) -> Self {
        rows.sort_unstable();
        let mut columns = Self { person: Vec::new(), code: Vec::new(), days: Vec::new() };
        for (person, code, days) in rows {
            columns.person.push(person);
            columns.code.push(code);
            columns.days.push(days);
        }
        columns
    }
}

/// Codes and groups of codes by number, as both sides write them.
#[derive(Debug, Default)]
struct Book {
    /// By table, system, and code or group.
    numbers: FxHashMap<usize, FxHashMap<String, FxHashMap<String, u32>>>,
    above: CodesAbove,
}

impl Book {
    /// Returns the number of a code or group; above all of a table is "any".
    fn number(&mut self, table: usize, system: &str, label: &str) -> u32 {
        let known = self.numbers.get(&table).and_then(|systems| systems.get(system)?.get(label));
        if let Some(known) = known {
            return *known;
        }
        let above = (label != ANY).then(|| self.any(table));
        let fresh = u32::try_from(self.above.len()).unwrap_or(u32::MAX);
        self.above.push([Some(fresh), above].into_iter().flatten().collect());
        let systems = self.numbers.entry(table).or_default();
        systems.entry(system.to_owned()).or_default().insert(label.to_owned(), fresh);
        fresh
    }

    fn any(&mut self, table: usize) -> u32 {
        self.number(table, "", ANY)
    }

    /// Places a code under the groups in which it may have been released.
    fn place(&mut self, code: u32, groups: BTreeSet<u32>) {
        if let Some(above) = self.above.get_mut(code as usize) {
            above.extend(groups);
            above.sort_unstable_by_key(|group| (*group != code, *group));
            above.dedup();
        }
    }
}

/// How a table that both sides have is read.
#[derive(Debug)]
struct Pair {
    table: &'static str,
    number: usize,
    date: Option<&'static str>,
    /// The column that says what happened, where both sides have it.
    code: Option<String>,
    /// Whether both sides tell the system of a code.
    with_system: bool,
}

/// What both sides tell of events.
#[derive(Debug)]
pub(super) struct Events {
    pub(super) released: Rows<Option<Span>>,
    pub(super) truth: Rows<Option<i32>>,
    pub(super) codes: CodesAbove,
    /// Whether every date stands for a unit wider than a day, or tells how wide it is.
    pub(super) in_units: bool,
    pub(super) day_count: DayCount,
}

/// Reads the rows of the released persons and of the true persons that have a number.
///
/// Of true events those are left out that lie so far from every released date that none could stand for them.
pub(super) fn read(
    (released, of_released): (&TableFiles, &dyn Fn(i64) -> Option<u32>),
    (truth, of_truth): (&TableFiles, &dyn Fn(i64) -> Option<u32>),
    told: Option<Grain>,
    shift: impl Fn(bool, DayCount) -> i32,
) -> Result<Events> {
    let mut book = Book::default();
    let mut shown = Shown { told, rows: Vec::new(), in_units: true, day_count: DayCount::Calendar };
    let mut known = Vec::new();
    let pairs = pairs(released, truth)?;
    for pair in &pairs {
        let labels = shown.table(pair, released, of_released, &mut book)?;
        let of_table = true_events(pair, truth, of_truth)?;
        number_codes(pair, &labels, of_table, &mut book, &mut known)?;
    }
    let (first, last) = shown.span(shift(shown.in_units, shown.day_count));
    known.retain(|(_, _, day): &(u32, u32, Option<i32>)| day.is_none_or(|day| (first..=last).contains(&day)));
    Ok(Events {
        released: Rows::sorted(shown.rows),
        truth: Rows::sorted(known),
        codes: book.above,
        in_units: shown.in_units,
        day_count: shown.day_count,
    })
}

fn pairs(released: &TableFiles, truth: &TableFiles) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for name in released.names() {
        let table = named(name)?;
        let Some(date) = date_column(table).filter(|_| name != "observation_period") else { continue };
        let (a, b) = (released.columns(name)?, truth.columns(name)?);
        if b.is_empty() {
            continue;
        }
        let both = |column: &str| a.contains(column) && b.contains(column);
        let sent = what_happened(table).map(str::to_owned);
        let concept = sent.as_ref().map(|code| code.replace("_source_value", "_concept_id"));
        let code = sent.into_iter().chain(concept).find(|code| both(code));
        let date = Some(date).filter(|date| a.contains(*date));
        pairs.push(Pair { table: table.name, number: pairs.len(), date, code, with_system: both("source_system") });
    }
    Ok(pairs)
}

/// Released rows, while they are read.
struct Shown {
    /// What dates without a unit of their own stand for, where it is known.
    told: Option<Grain>,
    rows: Vec<(u32, u32, Option<Span>)>,
    in_units: bool,
    day_count: DayCount,
}

impl Shown {
    /// Reads a released table and returns the systems that its codes belong to.
    fn table(
        &mut self,
        pair: &Pair,
        files: &TableFiles,
        of: &dyn Fn(i64) -> Option<u32>,
        book: &mut Book,
    ) -> Result<BTreeSet<String>> {
        let mut systems = BTreeSet::new();
        let columns = [Some("person_id"), pair.code.as_deref(), Some("source_system"), pair.date, Some("date_unit")];
        let mut undivided: Vec<(usize, i32)> = Vec::new();
        let mut coarsest = DateUnit::Year;
        files.read(pair.table, &columns, |cells| {
            let [ids, codes, system, date, units] = cells else { return Ok(()) };
            let (codes, system, units) = (texts(codes)?, texts(system)?, texts(units)?);
            let (days, count) = days(date)?;
            if count == DayCount::Relative {
                self.day_count = count;
            }
            systems.extend(system.iter().flatten().map(str::to_owned));
            for (row, id) in numbers(ids)?.iter().enumerate() {
                let day = days.get(row).copied().flatten();
                let unit = cell(&units, row).and_then(unit);
                if let (Some(day), None) = (day, unit) {
                    coarsest = coarsest.min(unit_of(day, self.day_count));
                }
                let Some(person) = id.and_then(of) else { continue };
                let label = cell(&codes, row).filter(|label| *label != "0");
                let own = pair.system(cell(&system, row));
                let code = match label {
                    Some(label) => book.number(pair.number, own, label),
                    None => book.any(pair.number),
                };
                if let (Some(day), None) = (day, unit) {
                    undivided.push((self.rows.len(), day));
                }
                self.rows.push((person, code, day.zip(unit).and_then(|(day, unit)| unit.around(day))));
            }
            Ok(())
        })?;
        self.in_units &= undivided.is_empty() || coarsest > DateUnit::Day;
        let told = self.told.map_or(Grain::Unit(coarsest), |told| told_of(pair.table, told));
        for (row, day) in undivided {
            if let Some((_, _, days)) = self.rows.get_mut(row) {
                *days = stands_for(day, told);
            }
        }
        Ok(systems)
    }

    /// Returns the days between which an event must lie to be released.
    fn span(&self, shift: i32) -> Span {
        let days = || self.rows.iter().filter_map(|(_, _, days)| *days);
        match (days().map(|d| d.0).min(), days().map(|d| d.1).max()) {
            (Some(first), Some(last)) if self.day_count == DayCount::Calendar => {
                (first.saturating_sub(shift), last.saturating_add(shift))
            }
            _ => (i32::MIN, i32::MAX),
        }
    }
}

impl Pair {
    fn system<'t>(&self, told: Option<&'t str>) -> &'t str {
        told.filter(|_| self.with_system).unwrap_or_default()
    }
}

fn cell(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row)).filter(|text| !text.is_empty())
}

fn unit(word: &str) -> Option<DateUnit> {
    DateUnit::ALL.into_iter().find(|unit| unit.as_str() == word)
}

/// Returns what the dates of a table stand for; deaths are told by the month at most, whatever the others.
fn told_of(table: &str, told: Grain) -> Grain {
    match told {
        told if table != "death" => told,
        Grain::Unit(unit) => Grain::Unit(unit.max(DateUnit::Month)),
        Grain::Days(_) => Grain::Unit(DateUnit::Window),
    }
}

/// Returns the days for which a released one stands; none where it tells nothing.
fn stands_for(day: i32, told: Grain) -> Option<Span> {
    match told {
        Grain::Unit(unit) => unit.around(day),
        Grain::Days(step) => Some((day, day.saturating_add(step - 1))),
    }
}

/// Returns the widest unit that begins on a day: where every date of a table begins a month, they stand for months.
fn unit_of(day: i32, count: DayCount) -> DateUnit {
    let begins = |unit: &DateUnit| unit.first_day(day, day) == day;
    let units = [DateUnit::Year, DateUnit::HalfYear, DateUnit::Quarter, DateUnit::Month];
    if count == DayCount::Relative { DateUnit::Day } else { units.into_iter().find(begins).unwrap_or(DateUnit::Day) }
}

/// A true event: person, system, code, day.
type TrueEvent = (u32, String, String, Option<i32>);

fn true_events(pair: &Pair, files: &TableFiles, of: &dyn Fn(i64) -> Option<u32>) -> Result<Vec<TrueEvent>> {
    let date = date_column(named(pair.table)?);
    let columns = [Some("person_id"), pair.code.as_deref(), Some("source_system"), date];
    let mut events = Vec::new();
    files.read(pair.table, &columns, |cells: &[ArrayRef]| {
        let [ids, codes, system, date] = cells else { return Ok(()) };
        let (codes, system, (days, _)) = (texts(codes)?, texts(system)?, days(date)?);
        for (row, id) in numbers(ids)?.iter().enumerate() {
            let Some(person) = id.and_then(of) else { continue };
            let text = |column: &StringArray| cell(column, row).unwrap_or_default().to_owned();
            events.push((person, text(&system), text(&codes), days.get(row).copied().flatten()));
        }
        Ok(())
    })?;
    Ok(events)
}

/// Gives every true code its number, and finds the groups under which it may have been released.
fn number_codes(
    pair: &Pair,
    shown: &BTreeSet<String>,
    events: Vec<TrueEvent>,
    book: &mut Book,
    into: &mut Vec<(u32, u32, Option<i32>)>,
) -> Result<()> {
    let any = book.any(pair.number);
    let mut by_system: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, system, code, _) in events.iter().filter(|event| !event.2.is_empty()) {
        by_system.entry(system).or_default().insert(code);
    }
    let mut numbers: FxHashMap<(&str, &str), u32> = FxHashMap::default();
    for (system, codes) in &by_system {
        let codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
        let own = pair.system(Some(*system).filter(|system| !system.is_empty()));
        let mut groups: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); codes.len()];
        for tree_of in trees(pair, system, shown) {
            let (tree, highest) = code_tree(tree_of, &codes)?;
            for (code, groups) in codes.iter().zip(&mut groups) {
                let Some(leaf) = tree.leaf(code) else { continue };
                let labels = (0..=highest).filter_map(|level| tree.label(level, leaf));
                groups.extend(labels.map(|label| book.number(pair.number, own, label)));
            }
        }
        for (code, groups) in by_system.get(system).into_iter().flatten().zip(groups) {
            let number = book.number(pair.number, own, code);
            book.place(number, groups);
            numbers.insert((*system, *code), number);
        }
    }
    let number = |system: &str, code: &str| numbers.get(&(system, code)).copied().unwrap_or(any);
    into.extend(events.iter().map(|(person, system, code, day)| (*person, number(system, code), *day)));
    Ok(())
}

/// Returns the systems in whose trees a code may have been rolled up: its own, or all that may be its own.
fn trees<'s>(pair: &Pair, own: &'s str, shown: &'s BTreeSet<String>) -> Vec<&'s str> {
    if pair.with_system || !own.is_empty() {
        return vec![own];
    }
    if shown.is_empty() { code_systems().collect() } else { shown.iter().map(String::as_str).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(day: i32, told: Grain, expect: Option<Span>) {
        assert_eq!(stands_for(day, told), expect, "{day} {told:?}");
    }

    #[test]
    fn a_released_day_stands_for_its_whole_unit() {
        // 2021-04-01, a Thursday: where a window cuts a unit, that is what is released of it.
        let day = 18_718;
        check(day, Grain::Unit(DateUnit::Day), Some((day, day)));
        check(day, Grain::Unit(DateUnit::Week), Some((day - 3, day + 3)));
        check(day, Grain::Unit(DateUnit::Year), Some((day - 90, day + 274)));
        check(day, Grain::Unit(DateUnit::FiscalYear), Some((day, day + 364)));
        check(day, Grain::Unit(DateUnit::Window), None);
        check(day, Grain::Days(30), Some((day, day + 29)));
        check(day, told_of("death", Grain::Unit(DateUnit::Day)), Some((day, day + 29)));
        check(day, told_of("death", Grain::Days(7)), None);
    }
}
