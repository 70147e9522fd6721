//! Proves from the finished files what was promised of dates, and measures what it cost and what still leaks.
//!
//! Each finished table is read beside the file that keeps how its rows were, and all tables together are walked a person at a
//! time. Nothing of this is shared with what told the dates, and memory is bounded: the runs of gaps are few, because at
//! least k persons share each.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs::File,
    path::PathBuf,
};

use arrow::{
    array::{Array, AsArray, Date32Array, Int64Array, RecordBatch},
    datatypes::{Date32Type, Int64Type},
};
use datafusion::prelude::{col, lit};
use kiban_anon::{
    BeforeAfter, DateLoss, DateMap, DateRule, Dated, Leak, OrderCheck, Window, check_order, count_reversed, date_leaks,
    date_loss,
};
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder},
};
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::{
    Workshop,
    dates::{Dates, is_of_care, was},
    events::Made,
    people::{People, gated_rows},
};
use crate::{
    Error, Result,
    dataset::{Anonymous, FileSet, Gated},
    stages::cdm::{date_column, named},
};

/// Persons on whom losses and leaks are measured; more would say the same. Ids are drawn at random.
const MEASURED_PERSONS: i64 = 20_000;
/// Days that are checked for their order at once; a person is never parted.
const DAYS_AT_ONCE: usize = 1 << 20;
/// By how much guessing from the release may beat guessing blindly.
const LEAK_ALLOWED: f64 = 0.05;

/// What was proved and measured of a release's dates.
#[derive(Debug, Clone, Serialize)]
pub struct DatesMeasured {
    /// What was done.
    pub rule: DateRule,
    /// The order of all dates over all tables.
    pub order: OrderCheck,
    /// Runs of gaps and who shares them, where the rule promises it.
    pub runs: Option<RunsShared>,
    /// What it cost.
    pub loss: DateLoss,
    /// What the dates as they were, and as they are released, tell of the days they were.
    pub leaks: Vec<BeforeAfter<Leak>>,
}

/// Runs of consecutive gaps in the finished files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunsShared {
    /// Days of the steps into which gaps were made coarse.
    pub steps: Vec<i32>,
    /// Distinct runs.
    pub runs: u64,
    /// Persons who share the rarest.
    pub fewest: u64,
}

/// One finished table, and beside it how its rows were.
pub(super) struct Told {
    table: String,
    dates: Vec<String>,
    released: Vec<PathBuf>,
    secret: Vec<PathBuf>,
}

/// A date of somebody: as it was, and as it is told.
#[derive(Debug, Clone, Copy)]
struct Day {
    person: i64,
    was: i32,
    told: Option<i32>,
    /// Whether it is a day of care.
    care: bool,
}

/// The dates of one table, read in the order of its persons.
struct Walk<'a> {
    told: &'a Told,
    batches: Box<dyn Iterator<Item = Result<(RecordBatch, RecordBatch)>>>,
    ahead: VecDeque<Day>,
    reversed: u64,
}

/// What walking through all tables found.
#[derive(Debug, Default)]
struct Walked {
    order: OrderCheck,
    /// Ends before their starts.
    reversed: u64,
    /// Deaths before an event, and deaths outside the window.
    deaths: u64,
    runs: FxHashMap<Vec<i32>, u64>,
    sample: Columns,
    died: Columns,
}

/// Dates as columns.
#[derive(Debug, Default)]
struct Columns {
    persons: Vec<i64>,
    was: Vec<i32>,
    told: Vec<Option<i32>>,
}

/// Proves a release's dates and measures them.
///
/// # Errors
/// [`Error::Bug`] where a promise is not kept.
pub(super) async fn dates(
    shop: Workshop<'_>,
    (dates, map): (&Dates, &DateMap),
    (people, gated): (&People, &FileSet<Gated>),
    files: &FileSet<Anonymous>,
    made: &[Made],
) -> Result<Option<DatesMeasured>> {
    let Some(rule) = dates.rule() else { return Ok(None) };
    let told: Vec<Told> = made.iter().map(|table| Told::of(table, files)).collect();
    let walked = walk(&told, rule, map.window())?;
    let runs = walked.judge(rule)?;
    let runs = runs.map(|(runs, fewest)| RunsShared { steps: map.ladder().to_vec(), runs, fewest });
    let births = births(shop, people, gated).await?;
    let (loss, leaks) = walked.measure(&births)?;
    Ok(Some(DatesMeasured { rule, order: walked.order, runs, loss, leaks }))
}

impl Told {
    fn of(made: &Made, files: &FileSet<Anonymous>) -> Self {
        let dates = made.dates().into_iter().map(str::to_owned).collect();
        Self { table: made.name.clone(), dates, released: files.files(&made.name), secret: made.secret.clone() }
    }

    fn walk(&self) -> Result<Walk<'_>> {
        let mut readers = Vec::new();
        for (released, secret) in self.released.iter().zip(&self.secret) {
            let dates = self.dates.iter().cloned();
            let released = reader(released, &std::iter::once("person_id".to_owned()).chain(dates).collect::<Vec<_>>())?;
            let secret = reader(secret, &self.dates.iter().map(|date| was(date)).collect::<Vec<_>>())?;
            readers.push((released, secret));
        }
        let pairs = readers
            .into_iter()
            .flat_map(|(released, secret)| released.zip(secret).map(|(released, secret)| Ok((released?, secret?))));
        let batches: Box<dyn Iterator<Item = _>> =
            if self.dates.is_empty() { Box::new(std::iter::empty()) } else { Box::new(pairs) };
        Ok(Walk { told: self, batches, ahead: VecDeque::new(), reversed: 0 })
    }
}

fn reader(file: &PathBuf, columns: &[String]) -> Result<ParquetRecordBatchReader> {
    let opened = File::open(file).map_err(Error::io("open", file))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(opened)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().map(String::as_str));
    Ok(builder.with_projection(mask).build()?)
}

fn dates_in<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Date32Array> {
    let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Date32Type>());
    column.ok_or_else(|| Error::Bug(format!("no dates in {name}")))
}

impl Walk<'_> {
    /// Returns whose dates come next.
    fn person(&mut self) -> Result<Option<i64>> {
        while self.ahead.is_empty() {
            let Some(batches) = self.batches.next() else { return Ok(None) };
            let (released, secret) = batches?;
            self.fill(&released, &secret)?;
        }
        Ok(self.ahead.front().map(|day| day.person))
    }

    fn fill(&mut self, released: &RecordBatch, secret: &RecordBatch) -> Result<()> {
        if released.num_rows() != secret.num_rows() {
            return Err(Error::Bug(format!("{} and how it was differ in their rows", self.told.table)));
        }
        let persons = released.column_by_name("person_id").and_then(|column| column.as_primitive_opt::<Int64Type>());
        let persons = persons.ok_or_else(|| Error::Bug("no persons".to_owned()))?;
        let mut days = Vec::with_capacity(released.num_rows() * self.told.dates.len());
        for date in &self.told.dates {
            let care = is_of_care(&self.told.table, date);
            let rows = persons.values().iter().zip(dates_in(secret, &was(date))?).zip(dates_in(released, date)?);
            days.extend(rows.filter_map(|((person, was), told)| Some(Day { person: *person, was: was?, told, care })));
        }
        if let Some(own) = named(&self.told.table).ok().and_then(date_column)
            && self.told.dates.iter().any(|date| date == own)
        {
            for end in self.told.dates.iter().filter(|date| *date != own) {
                self.reversed += count_reversed(dates_in(released, own)?, dates_in(released, end)?)?;
            }
        }
        // Rows stand in the order of persons; a stable sort brings the columns together.
        days.sort_by_key(|day| day.person);
        self.ahead.extend(days);
        Ok(())
    }

    /// Takes the dates of one person, who comes next or not at all.
    fn take(&mut self, person: i64, into: &mut Vec<Day>) -> Result<()> {
        while self.person()? == Some(person) {
            into.extend(self.ahead.pop_front());
        }
        Ok(())
    }
}

/// Walks through all tables, person by person.
fn walk(tables: &[Told], rule: DateRule, window: Window) -> Result<Walked> {
    let mut walks = tables.iter().map(Told::walk).collect::<Result<Vec<_>>>()?;
    let run = if let DateRule::Gaps { run, .. } = rule { usize::from(run) } else { 0 };
    let (mut walked, mut block) = (Walked::default(), Columns::default());
    loop {
        let mut next: Option<i64> = None;
        for walk in &mut walks {
            next = [next, walk.person()?].into_iter().flatten().min();
        }
        let Some(person) = next else { break };
        let (mut days, mut died) = (Vec::new(), Vec::new());
        for walk in &mut walks {
            let into = if walk.told.table == "death" { &mut died } else { &mut days };
            walk.take(person, into)?;
        }
        walked.person(&days, &died, run, window);
        days.iter().for_each(|day| block.push(*day));
        if block.persons.len() >= DAYS_AT_ONCE {
            walked.check(std::mem::take(&mut block), window)?;
        }
    }
    walked.check(block, window)?;
    walked.reversed = walks.iter().map(|walk| walk.reversed).sum();
    Ok(walked)
}

impl Columns {
    fn push(&mut self, day: Day) {
        self.persons.push(day.person);
        self.was.push(day.was);
        self.told.push(day.told);
    }
}

impl Walked {
    fn person(&mut self, days: &[Day], died: &[Day], run: usize, window: Window) {
        let last = days.iter().filter_map(|day| day.told).max();
        let (first, end) = window.days();
        let wrong = |day: i32| last.is_some_and(|last| day < last) || !(first..=end).contains(&day);
        self.deaths += died.iter().filter_map(|day| day.told).filter(|day| wrong(*day)).count() as u64;
        let all: BTreeSet<i32> = days.iter().chain(died).filter_map(|day| day.told).collect();
        let gaps: Vec<i32> = all.iter().zip(all.iter().skip(1)).map(|(a, b)| b - a).collect();
        let own: BTreeSet<&[i32]> = (1..=run).flat_map(|length| gaps.windows(length)).collect();
        for run in own {
            *self.runs.entry(run.to_vec()).or_insert(0) += 1;
        }
        if days.iter().chain(died).any(|day| day.person <= MEASURED_PERSONS) {
            let of_care: BTreeMap<i32, Day> = days.iter().filter(|day| day.care).map(|day| (day.was, *day)).collect();
            of_care.into_values().for_each(|day| self.sample.push(day));
            died.iter().for_each(|day| self.died.push(*day));
        }
    }

    fn check(&mut self, block: Columns, window: Window) -> Result<()> {
        let dates = block.arrays();
        let found = check_order(&[dates.dated()], window)?;
        self.order.rows += found.rows;
        self.order.unreleased += found.unreleased;
        self.order.overtaken += found.overtaken;
        self.order.parted += found.parted;
        self.order.outside += found.outside;
        Ok(())
    }

    /// Says how many runs there are and how many persons share the rarest, or what is wrong.
    fn judge(&self, rule: DateRule) -> Result<Option<(u64, u64)>> {
        let bug = |what: String| Err(Error::Bug(what));
        if !self.order.holds() {
            let OrderCheck { overtaken, parted, outside, .. } = self.order;
            return bug(format!(
                "released dates are out of order: {overtaken} overtaken, {parted} parted, {outside} outside the window"
            ));
        }
        if self.reversed + self.deaths > 0 {
            return bug(format!("{} ends come before starts and {} deaths before events", self.reversed, self.deaths));
        }
        let DateRule::Gaps { k, .. } = rule else { return Ok(None) };
        let fewest = self.runs.values().copied().min().unwrap_or_default();
        if !self.runs.is_empty() && fewest < u64::from(k) {
            return bug(format!("a run of gaps is shared by {fewest} persons, fewer than promised"));
        }
        Ok(Some((self.runs.len() as u64, fewest)))
    }

    fn measure(&self, births: &(Int64Array, Date32Array)) -> Result<(DateLoss, Vec<BeforeAfter<Leak>>)> {
        let (days, died) = (self.sample.arrays(), self.died.arrays());
        let born = (!births.0.is_empty()).then_some((&births.0, &births.1));
        let dead = !self.died.persons.is_empty();
        let before = date_leaks(days.as_were(), born, dead.then(|| died.as_were()), LEAK_ALLOWED)?;
        let after = date_leaks(days.dated(), born, dead.then(|| died.dated()), LEAK_ALLOWED)?;
        let leaks = before.into_iter().zip(after).map(|(before, after)| BeforeAfter { before, after }).collect();
        Ok((date_loss(days.dated())?, leaks))
    }
}

/// Dates as Arrow columns.
struct Arrays {
    persons: Int64Array,
    was: Date32Array,
    told: Date32Array,
}

impl Columns {
    fn arrays(&self) -> Arrays {
        Arrays { persons: self.persons.clone().into(), was: self.was.clone().into(), told: self.told.clone().into() }
    }
}

impl Arrays {
    fn dated(&self) -> Dated<'_> {
        Dated { persons: &self.persons, original: &self.was, released: &self.told }
    }

    fn as_were(&self) -> Dated<'_> {
        Dated { persons: &self.persons, original: &self.was, released: &self.was }
    }
}

/// Returns the births of the measured persons, as far as the day is known.
async fn births(shop: Workshop<'_>, people: &People, gated: &FileSet<Gated>) -> Result<(Int64Array, Date32Array)> {
    let names = ["fresh_person", "year_of_birth", "month_of_birth", "day_of_birth"];
    let persons = gated_rows(shop, gated, "person")?
        .join(people.secrets(shop)?, datafusion::common::JoinType::Inner, &["person_id"], &["secret_person"], None)?
        .filter(col("fresh_person").lt_eq(lit(MEASURED_PERSONS)))?
        .select_columns(&names)?;
    let mut births = Vec::new();
    for batch in shop.runner.collect(persons).await? {
        let columns: Vec<&Int64Array> = batch.columns().iter().filter_map(|c| c.as_primitive_opt()).collect();
        let [persons, years, months, days] = columns.as_slice() else { continue };
        for (row, person) in persons.values().iter().enumerate() {
            let known = |column: &Int64Array| column.is_valid(row).then(|| column.value(row));
            births.extend(day(known(years), known(months), known(days)).map(|day| (*person, day)));
        }
    }
    births.sort_unstable();
    Ok((births.iter().map(|b| b.0).collect::<Vec<_>>().into(), births.iter().map(|b| b.1).collect::<Vec<_>>().into()))
}

fn day(year: Option<i64>, month: Option<i64>, day: Option<i64>) -> Option<i32> {
    let date = jiff::civil::Date::new(year?.try_into().ok()?, month?.try_into().ok()?, day?.try_into().ok()?).ok()?;
    date.since(jiff::civil::date(1970, 1, 1)).ok().map(|span| span.get_days())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use std::sync::Arc;

    use arrow::array::ArrayRef;
    use jiff::civil::date as civil;

    use super::*;
    use crate::lake::PartWriter;

    const GAPS: DateRule = DateRule::Gaps { run: 2, k: 2, start: kiban_anon::DateUnit::Window };

    /// Writes a table as it would be finished: person, start as it was and is told, end as it was and is told.
    type Row = (i64, i32, Option<i32>, i32, Option<i32>);

    fn table(folder: &std::path::Path, name: &str, rows: &[Row]) -> Told {
        let own = named(name).ok().and_then(date_column).unwrap();
        let dates = [own.to_owned(), own.replace("start", "end")];
        let dates: Vec<String> = if own.contains("start") { dates.to_vec() } else { vec![own.to_owned()] };
        let day = |pick: fn(&Row) -> Option<i32>| Arc::new(rows.iter().map(pick).collect::<Date32Array>()) as ArrayRef;
        let persons = Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.0))) as ArrayRef;
        let told = [day(|r| r.2), day(|r| r.4)];
        let were = [day(|r| Some(r.1)), day(|r| Some(r.3))];
        let mut released = vec![("person_id".to_owned(), persons)];
        released.extend(dates.iter().cloned().zip(told));
        let secret = dates.iter().map(|date| was(date)).zip(were);
        let write = |stem: &str, columns: Vec<(String, ArrayRef)>| {
            let path = folder.join(format!("{name}{stem}.parquet"));
            let batch =
                RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
            let mut writer = PartWriter::create(&path, batch.schema()).unwrap();
            writer.write(&batch).unwrap();
            writer.finish().unwrap();
            vec![path]
        };
        let (released, secret) = (write("", released), write("-secret", secret.collect()));
        Told { table: name.to_owned(), dates, released, secret }
    }

    fn check(visits: &[Row], deaths: &[Row], expect: std::result::Result<(u64, u64), &str>) {
        let folder = tempfile::tempdir().unwrap();
        let tables = [table(folder.path(), "visit_occurrence", visits), table(folder.path(), "death", deaths)];
        let window = Window::new(civil(1970, 1, 1), civil(1971, 1, 1)).unwrap();
        let judged = walk(&tables, GAPS, window).and_then(|walked| walked.judge(GAPS));
        match (judged, expect) {
            (Ok(found), Ok(runs)) => assert_eq!(found, Some(runs)),
            (Err(said), Err(word)) => assert!(said.to_string().contains(word), "{said}"),
            (found, expect) => panic!("{found:?} for {expect:?}"),
        }
    }

    fn visit(person: i64, was: i32, told: i32) -> Row {
        (person, was, Some(told), was, Some(told))
    }

    #[test]
    fn a_broken_set_is_refused() {
        let good =
            [visit(1, 3, 0), visit(1, 8, 5), visit(1, 30, 35), visit(2, 7, 0), visit(2, 13, 5), visit(2, 41, 35)];
        let with = |place: usize, row: Row| {
            let mut rows = good;
            *rows.get_mut(place).unwrap() = row;
            rows
        };
        let died = |told| [(2, 43, Some(told), 43, None)];
        check(&good, &died(35), Ok((3, 2)));
        check(&with(5, visit(2, 41, 36)), &[], Err("shared by 1 persons"));
        check(&with(4, visit(2, 13, 36)), &[], Err("out of order"));
        check(&with(4, visit(2, 7, 5)), &[], Err("1 parted"));
        check(&with(5, visit(2, 41, 400)), &[], Err("2 outside"));
        check(&with(5, (2, 41, Some(35), 41, Some(5))), &[], Err("out of order"));
        check(&with(5, (2, 41, Some(35), 13, Some(5))), &[], Err("1 ends come before starts"));
        check(&good, &died(5), Err("1 deaths before events"));
        check(&good, &died(36), Err("shared by 1 persons"));
    }
}
