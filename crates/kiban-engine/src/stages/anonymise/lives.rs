//! Lives: events are told as at least k persons of the same demographics share them, however few of them are known.
//!
//! The events of all tables are brought together class by class, a class at a time in memory. What `kiban-anon` decides
//! of each event comes back as a table to join. Afterwards the finished files are read again and checked (`proof.rs`).

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use arrow::{
    array::{Array, AsArray, Date32Array, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Date32Type, Field, Int32Type, Int64Type, Schema, SchemaRef},
};
use datafusion::{
    common::JoinType,
    logical_expr::{Expr, cast},
    prelude::{DataFrame, col, lit, when},
};
use kiban_anon::life::{
    DateUnit, Ladder, LadderTrial, LifeAccount, LifeAnonymity, LifeClass, LifeCodes, LifeDates, Protected,
    choose_rungs, protect,
};
use kiban_core::keyed_u64;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Serialize;

use super::{
    Workshop,
    codes::code_of,
    events::{DATE_UNIT, Draft, Making, is_concept, null_of, numbered, source_order},
    life_proof::LivesProof,
    people::People,
    scratch_file,
};
use crate::{
    Error, Result,
    holders::holders,
    lake::PartWriter,
    release::spec::{Lives, ReleaseSpec, says_what},
    stages::standardise::count,
};

/// Persons on whom it is tried from which rung each code should start.
const TRIED_PERSONS: u32 = 10_000;
/// Events that are brought into memory before they are worked on; a class is never parted.
const EVENTS_AT_ONCE: usize = 4_000_000;

/// What protecting lives did.
#[derive(Debug, Clone, Serialize)]
pub struct LivesMeasured {
    /// Events that may be known.
    pub known: u8,
    /// Persons who share every combination of demographic values, at least.
    pub crowd: u32,
    /// What became of the events, and what was lost.
    pub account: LifeAccount,
    /// What was tried before the rungs were chosen.
    pub trials: Vec<LadderTrial>,
    /// What reading the finished files again proved.
    pub proof: LivesProof,
}

/// Replaces the rows of all drafts by what may be told of them.
pub(super) async fn share(
    making: &Making<'_>,
    lives: &Lives,
    key: &[u8],
    drafts: &mut [Draft],
) -> Result<LivesMeasured> {
    let Making { shop, spec, people, .. } = *making;
    for draft in drafts.iter_mut() {
        let rows = numbered(draft.rows.clone(), "life_row", &source_order(draft.table))?;
        draft.rows = making.keep(&rows, &format!("{}-draft", draft.table.name)).await?.0;
    }
    let files = gather(shop, drafts).await?;
    let model = lives.model(spec.anonymity.k);
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let ladder = ladder(spec, lives, drafts)?;
    let tried = sample(people, key, &files, &ladder)?;
    let (ladder, trials) = choose_rungs(ladder, &tried, &model, threads)?;
    let mut told = Told::new(shop, drafts)?;
    let mut account = LifeAccount::default();
    classes(people, &files, |batch| {
        for (class, made) in batch.iter().zip(protect_all(batch, &ladder, &model, threads)?) {
            if made.kept.iter().any(|kept| !kept) || !made.check.holds() || !made.confidence.holds() {
                return Err(Error::Bug("a class of lives is not what was promised".to_owned()));
            }
            account.merge(&made.account);
            told.class(class, &made, &ladder)?;
        }
        Ok(())
    })?;
    for (draft, labels) in drafts.iter_mut().zip(told.finish()?) {
        tell(making, draft, labels).await?;
    }
    Ok(LivesMeasured { known: lives.known, crowd: lives.crowd, account, trials, proof: LivesProof::default() })
}

fn ladder(spec: &ReleaseSpec, lives: &Lives, drafts: &[Draft]) -> Result<Ladder> {
    let codes = |draft: &Draft| -> Result<LifeCodes> {
        let tree = draft.tree.hierarchy(draft.table.name)?;
        Ok(LifeCodes::new(draft.table.name, &tree, tree.levels().len().saturating_sub(2), 1.0)?)
    };
    let tables = drafts.iter().map(codes).collect::<Result<_>>()?;
    let ladder = Ladder::new(tables, LifeDates::new(spec.window.from, spec.window.to, lives.dates)?)?;
    let speaks = |group, table: &str, code: &str| lives.speaks_of(group, table, code_of(code));
    Ok(ladder.with_sensitive(lives.sensitive.len(), speaks))
}

/// Writes the events of all tables, sorted by class and person.
async fn gather(shop: Workshop<'_>, drafts: &[Draft]) -> Result<Vec<PathBuf>> {
    let events = |(number, draft): (i32, &Draft)| -> Result<DataFrame> {
        let day = draft.date().map_or_else(|| null_of(&DataType::Date32), col);
        Ok(draft.rows.clone().select(vec![
            col("class"),
            col("fresh_person"),
            lit(number).alias("table"),
            col("leaf"),
            cast(day, DataType::Date32).alias("day"),
            col("life_row"),
        ])?)
    };
    let mut all: Option<DataFrame> = None;
    for part in (0..).zip(drafts).map(events) {
        all = Some(match all {
            Some(all) => all.union(part?)?,
            None => part?,
        });
    }
    let Some(all) = all else { return Ok(Vec::new()) };
    let order = ["class", "fresh_person", "table", "life_row"].map(|name| col(name).sort(true, false)).to_vec();
    let whole = |name: &str, kind: DataType| Field::new(name, kind, true);
    let schema = Arc::new(Schema::new(vec![
        whole("class", DataType::Int32),
        whole("fresh_person", DataType::Int64),
        whole("table", DataType::Int32),
        whole("leaf", DataType::Int32),
        whole("day", DataType::Date32),
        whole("life_row", DataType::Int64),
    ]));
    let manifest = shop.runner.write(all.sort(order)?, schema, shop.scratch, "lives").await?;
    Ok(manifest.files.iter().map(|file| scratch_file(shop, &file.name)).collect())
}

/// One event as it was gathered.
#[derive(Debug, Clone, Copy)]
struct Event {
    person: u32,
    table: usize,
    leaf: u32,
    day: Option<i32>,
    row: i64,
}

/// The events of one class, persons numbered from 0 in the order in which they come.
#[derive(Debug, Default)]
struct Gathered {
    number: usize,
    persons: u32,
    /// Persons who have events.
    seen: u32,
    events: Vec<Event>,
}

impl Gathered {
    fn lives(&self, ladder: &Ladder) -> Result<LifeClass> {
        let kind = |event: &Event| {
            let kind = ladder.kind(event.table, event.leaf, event.day);
            Ok((event.person, kind.ok_or_else(|| Error::Bug("an event is not on the ladder".to_owned()))?))
        };
        let events = self.events.iter().map(kind).collect::<Result<Vec<_>>>()?;
        Ok(LifeClass::new(self.persons as usize, &events)?)
    }
}

/// Reads the gathered events and hands on whole classes, so many at once as fit.
fn classes(people: &People, files: &[PathBuf], mut work: impl FnMut(&[Gathered]) -> Result<()>) -> Result<()> {
    let mut ready: Vec<Gathered> = Vec::new();
    let mut last = None;
    for file in files {
        let opened = std::fs::File::open(file).map_err(Error::io("open", file))?;
        for batch in ParquetRecordBatchReaderBuilder::try_new(opened)?.build()? {
            for (class, person, event) in events(&batch?)? {
                if ready.last().is_none_or(|open| open.number != class) {
                    if ready.iter().map(|class| class.events.len()).sum::<usize>() >= EVENTS_AT_ONCE {
                        work(&std::mem::take(&mut ready))?;
                    }
                    let persons = people.class_sizes().get(class).copied().unwrap_or(0);
                    ready.push(Gathered { number: class, persons, ..Gathered::default() });
                }
                let Some(open) = ready.last_mut() else { continue };
                open.seen += u32::from(last != Some(person));
                last = Some(person);
                open.events.push(Event { person: open.seen - 1, ..event });
            }
        }
    }
    work(&ready)
}

/// Takes the rows of a batch apart: the class, the person, the event, whose person is not yet numbered.
fn events(batch: &RecordBatch) -> Result<Vec<(usize, i64, Event)>> {
    let [class, person, table, leaf, day, row] = batch.columns() else {
        return Err(Error::Bug("columns of lives".to_owned()));
    };
    let (class, table) = (class.as_primitive::<Int32Type>(), table.as_primitive::<Int32Type>());
    let (leaf, day) = (leaf.as_primitive::<Int32Type>(), day.as_primitive::<Date32Type>());
    let (person, row) = (person.as_primitive::<Int64Type>(), row.as_primitive::<Int64Type>());
    let place = |number: i32| usize::try_from(number).unwrap_or(usize::MAX);
    let event = |at: usize| Event {
        person: 0,
        table: place(table.value(at)),
        leaf: u32::try_from(leaf.value(at)).unwrap_or(u32::MAX),
        day: day.is_valid(at).then(|| day.value(at)),
        row: row.value(at),
    };
    Ok((0..batch.num_rows()).map(|at| (place(class.value(at)), person.value(at), event(at))).collect())
}

/// Returns a sample of classes, decided by the key.
fn sample_numbers(people: &People, key: &[u8]) -> Vec<usize> {
    let mut drawn: Vec<(u64, usize, u32)> = people
        .class_sizes()
        .iter()
        .enumerate()
        .map(|(number, size)| (keyed_u64(key, &[b"tried classes", &number.to_be_bytes()]), number, *size))
        .collect();
    drawn.sort_unstable();
    let mut persons = 0;
    let enough = drawn.iter().position(|(_, _, size)| {
        persons += size;
        persons >= TRIED_PERSONS
    });
    drawn.truncate(enough.map_or(drawn.len(), |last| last + 1));
    drawn.into_iter().map(|(_, number, _)| number).collect()
}

/// Brings the classes of the sample into memory.
fn sample(people: &People, key: &[u8], files: &[PathBuf], ladder: &Ladder) -> Result<Vec<LifeClass>> {
    let drawn = sample_numbers(people, key);
    let mut lives = Vec::new();
    classes(people, files, |batch| {
        for class in batch.iter().filter(|class| drawn.contains(&class.number)) {
            lives.push(class.lives(ladder)?);
        }
        Ok(())
    })?;
    Ok(lives)
}

/// Protects classes side by side and returns them in their order.
fn protect_all(
    batch: &[Gathered],
    ladder: &Ladder,
    model: &LifeAnonymity,
    threads: NonZeroUsize,
) -> Result<Vec<Protected>> {
    side_by_side(batch, threads, |class| Ok(protect(&class.lives(ladder)?, ladder, model)?))
}

/// Works on all parts on so many threads, and returns the results in the order of the parts.
pub(super) fn side_by_side<T: Sync, R: Send>(
    parts: &[T],
    threads: NonZeroUsize,
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let some = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(place) else { return Ok(done) };
            done.push((place, work(part)?));
        }
    };
    let mut all = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.get()).map(|_| scope.spawn(some)).collect();
        let results = workers.into_iter().map(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.collect::<Result<Vec<Vec<_>>>>()
    })?
    .into_iter()
    .flatten()
    .collect::<Vec<_>>();
    all.sort_by_key(|(place, _)| *place);
    Ok(all.into_iter().map(|(_, made)| made).collect())
}

/// What is told of each event, a file for each table: secret, in the scratch folder.
struct Told {
    writers: Vec<(PathBuf, PartWriter)>,
}

/// The columns of one table's file.
#[derive(Default)]
struct ToldRows {
    rows: Vec<i64>,
    codes: Vec<String>,
    days: Vec<Option<i32>>,
    units: Vec<&'static str>,
}

impl Told {
    fn new(shop: Workshop<'_>, drafts: &[Draft]) -> Result<Self> {
        let writer = |draft: &Draft| {
            let path = scratch_file(shop, &format!("{}-told.parquet", draft.table.name));
            let writer = PartWriter::create(&path, told_schema())?;
            Ok((path, writer))
        };
        Ok(Self { writers: drafts.iter().map(writer).collect::<Result<_>>()? })
    }

    fn class(&mut self, class: &Gathered, made: &Protected, ladder: &Ladder) -> Result<()> {
        let mut tables: Vec<ToldRows> = self.writers.iter().map(|_| ToldRows::default()).collect();
        for (event, label) in class.events.iter().zip(&made.labels) {
            let Some(label) = label.and_then(|label| ladder.read(label)) else { continue };
            let Some(rows) = tables.get_mut(event.table) else { continue };
            rows.rows.push(event.row);
            rows.codes.push(code_of(label.code).to_owned());
            let told = label.days.filter(|_| label.unit != DateUnit::Window);
            rows.days.push(told.map(|(first, _)| first));
            rows.units.push(label.unit.as_str());
        }
        for ((_, writer), rows) in self.writers.iter_mut().zip(tables) {
            writer.write(&rows.batch()?)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<PathBuf>> {
        let end = |(path, writer): (PathBuf, PartWriter)| writer.finish().map(|_| path);
        self.writers.into_iter().map(end).collect()
    }
}

impl ToldRows {
    fn batch(self) -> Result<RecordBatch> {
        Ok(RecordBatch::try_new(
            told_schema(),
            vec![
                Arc::new(Int64Array::from(self.rows)),
                Arc::new(StringArray::from_iter_values(self.codes)),
                Arc::new(Date32Array::from(self.days)),
                Arc::new(StringArray::from_iter_values(self.units)),
            ],
        )?)
    }
}

fn told_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("told_row", DataType::Int64, false),
        Field::new("told_code", DataType::Utf8, false),
        Field::new("told_day", DataType::Date32, true),
        Field::new(DATE_UNIT, DataType::Utf8, false),
    ]))
}

/// Puts into a draft's rows what is told of them, and leaves out those of which nothing is.
async fn tell(making: &Making<'_>, draft: &mut Draft, labels: PathBuf) -> Result<()> {
    let before = count(draft.rows.clone()).await?;
    let told = making.shop.lake.read_files(vec![labels], told_schema())?;
    let mut rows = draft.rows.clone().join(told, JoinType::Inner, &["life_row"], &["told_row"], None)?;
    if let Some(date) = draft.date() {
        rows = rows.with_column(date, col("told_day"))?;
    }
    if let Some(code) = draft.code() {
        let same = || col("told_code").eq(col("released_code"));
        for column in draft.columns.iter().filter(|c| is_concept(c) && speaks_of(draft, c.name)) {
            let concept: Expr = when(same(), col(column.name)).otherwise(lit(0_i64))?;
            rows = rows.with_column(column.name, concept)?;
        }
        rows = rows.with_column(code, col("told_code"))?.with_column("released_code", col("told_code"))?;
    }
    let rows = making.keep(&rows, &format!("{}-told", draft.table.name)).await?.0;
    let rows = with_common_codes(making.spec, draft, rows)?;
    let (rows, after) = making.keep(&rows, &format!("{}-shared", draft.table.name)).await?;
    draft.rows = rows;
    draft.with_units = true;
    draft.held.insert("several-known".to_owned(), before - after);
    Ok(())
}

/// Leaves out every event whose code fewer persons than the floor are left with.
///
/// A code that goes for everybody makes no other fact rarer, so what was shared stays shared.
fn with_common_codes(spec: &ReleaseSpec, draft: &Draft, rows: DataFrame) -> Result<DataFrame> {
    if draft.code().is_none() {
        return Ok(rows);
    }
    let common = rows
        .clone()
        .aggregate(
            vec![col("map_system"), col("told_code")],
            vec![holders(col("fresh_person"), spec.anonymity.code_floor).alias("holders")],
        )?
        .filter(col("holders").gt_eq(lit(i64::from(spec.anonymity.code_floor))))?
        .select(vec![col("map_system").alias("common_system"), col("told_code").alias("common_code")])?;
    Ok(rows.join(common, JoinType::LeftSemi, &["map_system", "told_code"], &["common_system", "common_code"], None)?)
}

/// Returns whether a concept stands for the code of what happened.
fn speaks_of(draft: &Draft, concept: &str) -> bool {
    let visit = draft.table.name == "visit_occurrence" && concept == "visit_concept_id";
    visit || draft.columns.iter().any(|c| c.name == concept && says_what(draft.table.name, c))
}
