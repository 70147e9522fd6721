//! Dates: what is told of each day, the same in all tables of a person (SEED-58, ordinance Art. 18 item 5).
//!
//! Where a rule moves all days of a person alike, what is told is an expression of the plan: the day, the person's move, the
//! grain. `gaps` moves each day on its own: the distinct days of all tables, sorted by person, are studied and mapped a
//! person at a time, and every table then walks along that map. No table is ever in memory.

use std::{path::PathBuf, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int32Array, Int64Array, RecordBatch},
    datatypes::{DataType, Date32Type, Field, Int64Type, Schema, SchemaRef},
};
use datafusion::{
    common::JoinType,
    functions::core::expr_fn::{greatest, least},
    functions_aggregate::expr_fn::{bool_or, max, min},
    logical_expr::{Expr, cast},
    prelude::{DataFrame, col, lit, when},
};
use jiff::civil;
use kiban_anon::{DateMap, DateRule, DateStudy, DateUnit, Grain, Window, settled_rows, years};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rustc_hash::FxHashMap;

use super::{
    Workshop,
    events::{Draft, Making, null_of},
    people::{Cohort, gated_rows, lit_date},
    scratch_file,
};
use crate::{
    Error, Result,
    dataset::{FileSet, Gated},
    functions::first_day,
    lake::PartWriter,
    release::spec::ReleaseSpec,
    stages::cdm::{date_column, named},
};

/// Tables whose days are not days of care: what they tell follows from the others.
const NOT_OF_CARE: [&str; 2] = ["observation_period", "death"];
/// Ends that are days of care themselves: somebody was there to go home.
const ENDS_OF_CARE: [&str; 1] = ["visit_end_date"];

/// How the dates of one release are told.
pub(super) struct Dates {
    rule: Option<DateRule>,
    map: DateMap,
    study: Box<dyn Fn() -> Result<DateStudy> + Send + Sync>,
}

/// The cohort's births and moves, in the order of its persons.
pub(super) struct Moved {
    /// Years of birth, moved as the person's days are, so that ages at events stay what they were.
    pub(super) birth_years: Int64Array,
    /// Days by which each person's days are moved before they are made coarse.
    pub(super) moves: Int32Array,
}

/// Returns the name of the column that keeps a date as it was.
pub(super) fn was(date: &str) -> String {
    format!("was_{date}")
}

/// Returns whether days of a column are days of care.
pub(super) fn is_of_care(table: &str, column: &str) -> bool {
    let own = named(table).ok().and_then(date_column) == Some(column);
    (own && !NOT_OF_CARE.contains(&table)) || ENDS_OF_CARE.contains(&column)
}

/// Returns the tables and columns of a release whose days are days of care.
pub(super) fn days_of_care(spec: &ReleaseSpec) -> Result<Vec<(&str, &'static str)>> {
    let mut days = Vec::new();
    for choice in &spec.tables {
        let columns = choice.chosen()?.into_iter().map(|column| column.name);
        days.extend(columns.filter(|name| is_of_care(&choice.name, name)).map(|name| (choice.name.as_str(), name)));
    }
    Ok(days)
}

impl Dates {
    /// Makes the specification's rule ready, and moves the cohort's births by it.
    pub(super) async fn begin(
        shop: Workshop<'_>,
        spec: &ReleaseSpec,
        gated: &FileSet<Gated>,
        cohort: &Cohort,
        key: [u8; 32],
    ) -> Result<(Self, Moved)> {
        let rule = spec.anonymity.date_rule();
        let window = Window::new(spec.window.from, spec.window.to)?;
        let recipient = spec.recipient.clone();
        // Protected lives are told in units later; until then days stay as they are.
        let ruled = rule.unwrap_or(DateRule::Calendar { unit: DateUnit::Day });
        let study = move || Ok(DateStudy::new(ruled, window, &key, &recipient)?);
        let map = study()?.finish()?;
        let persons = cohort.persons();
        let first = match ruled {
            DateRule::Relative { .. } | DateRule::Gaps { .. } => first_days(shop, spec, gated, persons).await?,
            DateRule::Calendar { .. } | DateRule::Shift { .. } => Date32Array::new_null(persons.len()),
        };
        let moves = map.moves(persons, &first)?;
        let births = map.births(&middles(cohort.birth_years()), &first, &moves)?;
        let birth_years = years(&births).iter().map(|year| year.map(i64::from)).collect();
        let dates = Self { rule, map, study: Box::new(study) };
        let moves = if dates.map.grain().is_some() { moves } else { Int32Array::from(vec![0; persons.len()]) };
        Ok((dates, Moved { birth_years, moves }))
    }

    /// Returns the rule, unless lives are protected.
    pub(super) const fn rule(&self) -> Option<DateRule> {
        self.rule
    }

    /// Returns the first and last day that every released date lies between, as days since 1970.
    pub(super) fn window(&self) -> (i32, i32) {
        self.map.window().days()
    }

    /// Returns a day moved as its person's days are, not yet coarse.
    pub(super) fn moved(&self, day: Expr) -> Expr {
        cast(cast(day, DataType::Int32) + col("move"), DataType::Date32)
    }

    /// Returns what is told of a day where all days of a person are moved alike.
    fn told(&self, day: &str, grain: Grain) -> Result<Expr> {
        let (first, last) = self.window();
        let within = greatest(vec![least(vec![self.moved(col(day)), date(last)]), date(first)]);
        let told = match grain {
            Grain::Unit(DateUnit::Day) => within,
            Grain::Unit(unit) => first_day(within, unit, date(first)),
            Grain::Days(step) => {
                let since = cast(within, DataType::Int32) - lit(first);
                cast(lit(first) + since / lit(step) * lit(step), DataType::Date32)
            }
        };
        Ok(when(col(day).is_null(), null_of(&DataType::Date32)).otherwise(told)?)
    }

    /// Returns what dates of death are precise to: the month, or the rule's unit where that is coarser; of `gaps` no more
    /// is told than that the person died after the last event.
    pub(super) fn unit_of_deaths(&self) -> DateUnit {
        match self.rule {
            Some(DateRule::Gaps { .. }) => DateUnit::Window,
            Some(DateRule::Calendar { unit } | DateRule::Shift { then: unit, .. } | DateRule::Relative { unit }) => {
                unit.max(DateUnit::Month)
            }
            None => DateUnit::Day,
        }
    }

    /// Replaces the dates of all drafts by what is told of them, and keeps beside them how they were.
    ///
    /// Returns the map that did it.
    pub(super) async fn tell(&self, making: &Making<'_>, drafts: &mut [Draft]) -> Result<DateMap> {
        let map = match self.map.grain() {
            Some(grain) => {
                for draft in drafts.iter_mut() {
                    draft.rows = self.tell_alike(draft, grain)?;
                }
                self.map.clone()
            }
            None => self.tell_one_by_one(making, drafts).await?,
        };
        self.tell_deaths(making, drafts).await?;
        Ok(map)
    }

    fn tell_alike(&self, draft: &Draft, grain: Grain) -> Result<DataFrame> {
        let mut rows = draft.rows.clone();
        for date in dates_of(draft) {
            rows = rows.with_column(&was(date), col(date))?.with_column(date, self.told(date, grain)?)?;
        }
        Ok(rows)
    }

    async fn tell_one_by_one(&self, making: &Making<'_>, drafts: &mut [Draft]) -> Result<DateMap> {
        let days = gather(making, drafts).await?;
        let mut study = (self.study)()?;
        whole_persons(&days, |persons, days, care| {
            let of_care = |column: &dyn Array| arrow::compute::filter(column, care);
            let (persons, days) = (of_care(persons)?, of_care(days)?);
            Ok(study.read(persons.as_primitive::<Int64Type>(), days.as_primitive::<Date32Type>())?)
        })?;
        let map = study.finish()?;
        let told = scratch_file(making.shop, "days-told.parquet");
        let mut writer = PartWriter::create(&told, told_schema())?;
        whole_persons(&days, |persons, days, care| {
            let told = map.release_beside(persons, days, care)?;
            let columns: Vec<ArrayRef> = vec![Arc::new(persons.clone()), Arc::new(days.clone()), Arc::new(told)];
            writer.write(&RecordBatch::try_new(told_schema(), columns)?)
        })?;
        writer.finish()?;
        for draft in drafts.iter_mut() {
            draft.rows = walk(making, draft, &told).await?;
        }
        Ok(map)
    }

    /// Makes deaths coarse: the first day of their unit, or the person's last day told if that is later.
    async fn tell_deaths(&self, making: &Making<'_>, drafts: &mut [Draft]) -> Result<()> {
        let (Some(deaths), Some(_)) = (drafts.iter().position(|draft| draft.table.name == "death"), self.rule) else {
            return Ok(());
        };
        let Some(mut death) = drafts.get(deaths).map(|draft| draft.rows.clone()) else { return Ok(()) };
        let dead = death.clone().select(vec![col("fresh_person").alias("dead")])?;
        let mut last: Option<DataFrame> = None;
        for draft in drafts.iter().filter(|draft| draft.table.name != "death") {
            for day in draft.told_dates() {
                let of_dead =
                    draft.rows.clone().select(vec![col("fresh_person").alias("of"), col(day).alias("day")])?;
                let of_dead = of_dead.join(dead.clone(), JoinType::LeftSemi, &["of"], &["dead"], None)?;
                last = Some(match last {
                    Some(before) => before.union(of_dead)?,
                    None => of_dead,
                });
            }
        }
        let first = date(self.window().0);
        let mut coarse = vec![first_day(col("death_date"), self.unit_of_deaths(), first)];
        if let Some(last) = last {
            let last = last.aggregate(vec![col("of")], vec![max(col("day")).alias("last")])?;
            let (last, _) = making.keep(&last, "last-days").await?;
            death = death.join(last, JoinType::Left, &["fresh_person"], &["of"], None)?;
            coarse.push(col("last"));
        }
        let none = col("death_date").is_null();
        let told = when(none, null_of(&DataType::Date32)).otherwise(greatest(coarse))?;
        if let Some(draft) = drafts.get_mut(deaths) {
            draft.rows = death.with_column("death_date", told)?;
        }
        Ok(())
    }
}

fn date(day: i32) -> Expr {
    cast(lit(day), DataType::Date32)
}

/// Returns the date by which a draft is ordered, and the others of its dates that are told.
fn dates_of(draft: &Draft) -> Vec<&'static str> {
    let own = date_column(draft.table);
    own.into_iter().chain(draft.told_dates().into_iter().filter(|name| Some(*name) != own)).collect()
}

/// Returns the middle of each year, which stands for every birth of it.
fn middles(years: &Int64Array) -> Date32Array {
    let epoch = civil::date(1970, 1, 1);
    let middle = |year: i64| {
        let day = civil::Date::new(i16::try_from(year).ok()?, 7, 2).ok()?;
        day.since(epoch).ok().map(|span| span.get_days())
    };
    years.iter().map(|year| year.and_then(middle)).collect()
}

/// Finds each person's first day of care within the window.
async fn first_days(
    shop: Workshop<'_>,
    spec: &ReleaseSpec,
    gated: &FileSet<Gated>,
    persons: &Int64Array,
) -> Result<Date32Array> {
    let mut all: Option<DataFrame> = None;
    for choice in spec.tables.iter().filter(|choice| !NOT_OF_CARE.contains(&choice.name.as_str())) {
        let Some(date) = date_column(named(&choice.name)?) else { continue };
        let days = gated_rows(shop, gated, &choice.name)?
            .filter(col(date).between(lit_date(spec.window.from), lit_date(spec.window.to)))?
            .select(vec![col("person_id"), col(date).alias("day")])?;
        all = Some(match all {
            Some(before) => before.union(days)?,
            None => days,
        });
    }
    let mut first: FxHashMap<i64, i32> = FxHashMap::default();
    if let Some(all) = all {
        let of_person = all.aggregate(vec![col("person_id")], vec![min(col("day")).alias("day")])?;
        for batch in shop.runner.collect(of_person).await? {
            let [who, day] = batch.columns() else { return Err(Error::Bug("columns of first days".to_owned())) };
            let days = who.as_primitive::<Int64Type>().iter().zip(day.as_primitive::<Date32Type>());
            first.extend(days.filter_map(|(who, day)| Some((who?, day?))));
        }
    }
    Ok(persons.iter().map(|person| first.get(&person?).copied()).collect())
}

/// Writes the distinct days of all drafts, sorted by person, with whether they are days of care.
async fn gather(making: &Making<'_>, drafts: &[Draft]) -> Result<Vec<PathBuf>> {
    let mut all: Option<DataFrame> = None;
    for draft in drafts {
        for date in dates_of(draft) {
            let care = lit(is_of_care(draft.table.name, date));
            let days = draft.rows.clone().filter(col(date).is_not_null())?;
            let days = days.select(vec![col("fresh_person"), col(date).alias("day"), care.alias("care")])?;
            all = Some(match all {
                Some(before) => before.union(days)?,
                None => days,
            });
        }
    }
    let Some(all) = all else { return Ok(Vec::new()) };
    let days = all.aggregate(vec![col("fresh_person"), col("day")], vec![bool_or(col("care")).alias("care")])?;
    let days = days.sort(["fresh_person", "day"].map(|name| col(name).sort(true, false)).to_vec())?;
    let field = |name: &str, kind| Field::new(name, kind, false);
    let schema = Arc::new(Schema::new(vec![
        field("fresh_person", DataType::Int64),
        field("day", DataType::Date32),
        field("care", DataType::Boolean),
    ]));
    let shop = making.shop;
    let manifest = shop.runner.write(days, schema, shop.scratch, "days").await?;
    Ok(manifest.files.iter().map(|file| scratch_file(shop, &file.name)).collect())
}

/// Reads the gathered days and hands on rows of whole persons.
fn whole_persons(
    files: &[PathBuf],
    mut work: impl FnMut(&Int64Array, &Date32Array, &BooleanArray) -> Result<()>,
) -> Result<()> {
    let mut hand_on = |rows: &RecordBatch| match rows.columns() {
        [persons, days, care] => work(persons.as_primitive(), days.as_primitive(), care.as_boolean()),
        _ => Err(Error::Bug("columns of days".to_owned())),
    };
    let mut rest: Option<RecordBatch> = None;
    for file in files {
        let opened = std::fs::File::open(file).map_err(Error::io("open", file))?;
        for batch in ParquetRecordBatchReaderBuilder::try_new(opened)?.build()? {
            let batch = batch?;
            let rows = match rest.take() {
                Some(before) => arrow::compute::concat_batches(&batch.schema(), [&before, &batch])?,
                None => batch,
            };
            let settled = rows.columns().first().map_or(0, |persons| settled_rows(persons.as_primitive()));
            if settled > 0 {
                hand_on(&rows.slice(0, settled))?;
            }
            rest = Some(rows.slice(settled, rows.num_rows() - settled));
        }
    }
    rest.map_or(Ok(()), |rest| hand_on(&rest))
}

fn told_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("told_person", DataType::Int64, false),
        Field::new("day", DataType::Date32, false),
        Field::new("told", DataType::Date32, true),
    ]))
}

/// Sorts a draft by person and replaces its dates by those of the map beside it.
async fn walk(making: &Making<'_>, draft: &Draft, told: &PathBuf) -> Result<DataFrame> {
    let (shop, dates) = (making.shop, dates_of(draft));
    let mut rows = draft.rows.clone();
    for date in &dates {
        rows = rows.with_column(&was(date), col(*date))?;
    }
    let rows = rows.sort(vec![col("fresh_person").sort(true, false)])?;
    let fields: Vec<Field> = rows.schema().fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect();
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let name = draft.table.name;
    let sorted = shop.runner.write(rows, schema.clone(), shop.scratch, &format!("{name}-by-person")).await?;
    let path = scratch_file(shop, &format!("{name}-told.parquet"));
    let mut writer = PartWriter::create(&path, schema.clone())?;
    let mut days = DaysTold::open(told)?;
    for file in &sorted.files {
        let file = scratch_file(shop, &file.name);
        let opened = std::fs::File::open(&file).map_err(Error::io("open", &file))?;
        for batch in ParquetRecordBatchReaderBuilder::try_new(opened)?.build()? {
            writer.write(&replaced(&batch?, &dates, &mut days)?)?;
        }
    }
    writer.finish()?;
    shop.lake.read_files(vec![path], schema)
}

/// Replaces dates of rows sorted by person. Where the day of an event is not told, none of the row is.
fn replaced(batch: &RecordBatch, dates: &[&str], days: &mut DaysTold) -> Result<RecordBatch> {
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| Error::Bug(format!("no column {name}")));
    let persons = column("fresh_person")?.as_primitive::<Int64Type>();
    let were: Vec<&Date32Array> =
        dates.iter().map(|date| Ok(column(date)?.as_primitive::<Date32Type>())).collect::<Result<_>>()?;
    let mut told: Vec<Vec<Option<i32>>> = vec![Vec::with_capacity(persons.len()); dates.len()];
    for (row, person) in persons.values().iter().enumerate() {
        days.go_to(*person)?;
        // The event's own date comes first: where that is not told, no other date of the row is.
        let mut own = None;
        for (place, (was, told)) in were.iter().zip(&mut told).enumerate() {
            let day = was.is_valid(row).then(|| was.value(row)).and_then(|day| days.told(day));
            own = if place == 0 { day } else { own };
            told.push(day.filter(|_| own.is_some()));
        }
    }
    let schema = batch.schema();
    let mut columns = batch.columns().to_vec();
    for (date, told) in dates.iter().zip(told) {
        if let Some(slot) = columns.get_mut(schema.index_of(date)?) {
            *slot = Arc::new(Date32Array::from(told));
        }
    }
    Ok(RecordBatch::try_new(schema, columns)?)
}

/// What is told of each day, read a person at a time.
struct DaysTold {
    batches: Box<dyn Iterator<Item = std::result::Result<RecordBatch, arrow::error::ArrowError>> + Send>,
    ahead: std::collections::VecDeque<(i64, i32, Option<i32>)>,
    person: Option<i64>,
    days: Vec<(i32, Option<i32>)>,
}

impl DaysTold {
    fn open(file: &PathBuf) -> Result<Self> {
        let opened = std::fs::File::open(file).map_err(Error::io("open", file))?;
        let batches = ParquetRecordBatchReaderBuilder::try_new(opened)?.build()?;
        let ahead = std::collections::VecDeque::new();
        Ok(Self { batches: Box::new(batches), ahead, person: None, days: Vec::new() })
    }

    /// Goes on to a person; persons ascend.
    fn go_to(&mut self, person: i64) -> Result<()> {
        if self.person == Some(person) {
            return Ok(());
        }
        self.person = Some(person);
        self.days.clear();
        loop {
            match self.ahead.front() {
                Some((who, ..)) if *who < person => {
                    self.ahead.pop_front();
                }
                Some((who, day, told)) if *who == person => {
                    self.days.push((*day, *told));
                    self.ahead.pop_front();
                }
                Some(_) => return Ok(()),
                None => match self.batches.next() {
                    Some(batch) => self.fill(&batch?)?,
                    None => return Ok(()),
                },
            }
        }
    }

    fn fill(&mut self, batch: &RecordBatch) -> Result<()> {
        let [persons, days, told] = batch.columns() else { return Err(Error::Bug("columns of days".to_owned())) };
        let (persons, days) = (persons.as_primitive::<Int64Type>(), days.as_primitive::<Date32Type>());
        let rows = persons.values().iter().zip(days.values()).zip(told.as_primitive::<Date32Type>());
        self.ahead.extend(rows.map(|((person, day), told)| (*person, *day, told)));
        Ok(())
    }

    fn told(&self, day: i32) -> Option<i32> {
        let place = self.days.binary_search_by_key(&day, |(was, _)| *was).ok()?;
        self.days.get(place).and_then(|(_, told)| *told)
    }
}
