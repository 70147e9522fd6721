//! Recipient marks: a few rows are withheld from each recipient, other ones from each, so that a leak names its source.
//!
//! A row is known by a keyed token of its table, its code and its date as they are released: that survives lost columns,
//! changed order and a missing table of persons. Rows of one token are withheld together or not at all. Marks come last,
//! on finished rows, and no promise may rest on a marked row: floors of codes, words and values must hold with *all*
//! marked rows gone, whoever they are withheld from, and nobody loses the first or last day of a table. Where lives are
//! protected a token is a whole item of everybody, and what goes for everybody makes no other fact rarer.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use arrow::{
    array::{AsArray, Int32Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Int32Type, Int64Type, Schema, SchemaRef},
};
use datafusion::{
    common::JoinType,
    functions_aggregate::expr_fn::{count, max, min},
    logical_expr::{Expr, cast},
    prelude::{DataFrame, col, lit, when},
};
use kiban_anon::{
    DateRule,
    trace::{Mark, Marking, Tracing},
};
use kiban_core::tables::{Column, Privacy};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Serialize;

use super::{
    events::{Draft, Making, is_concept},
    scratch_file,
    values::is_category,
};
use crate::{
    Error, Result,
    holders::holders,
    lake::PartWriter,
    release::{
        spec::{ReleaseSpec, code_column, says_what},
        trace::token,
    },
};

/// Rows that may share a marked token; more would be lost at once.
const MOST_ROWS: i64 = 20;
/// Copies among which a leak should still name its source.
const COPIES: u64 = 100;

/// What marking did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MarksMeasured {
    /// Rows that could be marked, of all tables.
    pub rows: u64,
    /// Different rows marked, of which half are withheld.
    pub marked: u64,
    /// Rows withheld from this recipient.
    pub withheld: u64,
    /// About how many leaked rows name this recipient among a hundred; none where even all of them would not.
    pub rows_needed: Option<u64>,
}

/// Marks the tables of one release.
pub(super) struct Marker<'a> {
    key: &'a [u8; 32],
    marking: Marking,
    marked: Vec<u64>,
    rows: u64,
    withheld: u64,
}

/// A code and a day that stand for a token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    code: String,
    day: i32,
}

impl<'a> Marker<'a> {
    /// Takes the house's key and the share of rows to withhold; none where that is zero.
    ///
    /// None either where runs of gaps are shared: a withheld row may take a day out of a run.
    pub(super) fn new(spec: &ReleaseSpec, key: &'a [u8; 32]) -> Result<Option<Self>> {
        let shares_runs = matches!(spec.anonymity.date_rule(), Some(DateRule::Gaps { .. }));
        if spec.marks.share == 0.0 || shares_runs {
            return Ok(None);
        }
        let marking = Marking::new(*key, spec.marks.share)?;
        Ok(Some(Self { key, marking, marked: Vec::new(), rows: 0, withheld: 0 }))
    }

    /// Withholds this recipient's rows of a table.
    pub(super) async fn withhold(&mut self, making: &Making<'_>, draft: &mut Draft) -> Result<()> {
        let Some((code, date)) = marked_columns(draft) else { return Ok(()) };
        let name = draft.table.name;
        let told = draft.rows.clone().with_column("mark_code", col(code))?;
        let told = told.with_column("mark_day", cast(col(date), DataType::Int32))?;
        let (rows, all) = making.keep(&told, &format!("{name}-told-rows")).await?;
        let chosen = self.choose(making, draft, &rows, all).await?;
        let chosen = spared(making, draft, &rows, chosen).await?;
        let tokens: Vec<u64> = chosen.iter().map(|told| self.token(name, told)).collect();
        let mark = self.mark(making.spec, &tokens);
        let own: BTreeSet<Told> = chosen.into_iter().filter(|told| !mark.keeps(self.token(name, told))).collect();
        let own = table(making, &format!("{name}-withheld"), &own)?;
        let left =
            rows.join(own, JoinType::LeftAnti, &["mark_code", "mark_day"], &["marked_code", "marked_day"], None)?;
        let left = left.drop_columns(&["mark_code", "mark_day"])?;
        let (left, after) = making.keep(&left, &format!("{name}-left")).await?;
        draft.rows = left;
        draft.held.insert("marked".to_owned(), all - after);
        self.marked.extend(tokens);
        self.rows += all;
        self.withheld += all - after;
        Ok(())
    }

    /// Returns the mark of the whole release and what marking did.
    pub(super) fn finish(self, spec: &ReleaseSpec) -> (Mark, MarksMeasured) {
        let mark = self.mark(spec, &self.marked);
        let marked = self.marked.len() as u64;
        let given = marked - mark.withheld();
        let enough = self.marking.marked_needed(COPIES, &Tracing::default()).filter(|enough| *enough <= given);
        // Half of the marked rows are withheld, so about as many are given.
        let rows_needed = enough.map(|enough| (enough * (self.rows - self.withheld)).div_ceil(self.withheld.max(1)));
        (mark, MarksMeasured { rows: self.rows, marked, withheld: self.withheld, rows_needed })
    }

    fn mark(&self, spec: &ReleaseSpec, tokens: &[u64]) -> Mark {
        self.marking.mark(spec.name.as_str(), &spec.recipient, tokens)
    }

    fn token(&self, table: &str, told: &Told) -> u64 {
        token(self.key, table, &told.code, told.day)
    }

    /// Chooses, by secret order, what is marked: the same for every recipient of the same rows.
    async fn choose(&self, making: &Making<'_>, draft: &Draft, rows: &DataFrame, all: u64) -> Result<BTreeSet<Told>> {
        let name = draft.table.name;
        let rows = inner_days(draft, rows.clone())?;
        let candidates = rows
            .filter(col("mark_code").is_not_null().and(col("mark_day").is_not_null()))?
            .aggregate(
                vec![col("mark_code"), col("mark_day")],
                vec![count(lit(1_i64)).alias("rows"), min(col("is_inner")).alias("all_inner")],
            )?
            .filter(col("rows").lt_eq(lit(MOST_ROWS)).and(col("all_inner").eq(lit(1_i64))))?;
        let files = making.set_aside(&candidates, &format!("{name}-candidates")).await?.0;
        let mut places = Vec::new();
        each_candidate(&files, |told, rows| places.push((self.token(name, &told), rows)))?;
        let chosen = self.marking.choose(places, all);
        let mut told = BTreeSet::new();
        each_candidate(&files, |one, _| {
            if chosen.binary_search(&self.token(name, &one)).is_ok() {
                told.insert(one);
            }
        })?;
        Ok(told)
    }
}

/// Returns the columns of code and date by which a table's rows are known, if it has both and is one of events.
fn marked_columns(draft: &Draft) -> Option<(&'static str, &'static str)> {
    let table = draft.table.name;
    let code = code_column(table).ok().filter(|_| table != "death")?;
    let has = |name: &str| draft.columns.iter().any(|column| column.name == name);
    Some((code, draft.date()?)).filter(|_| has(code))
}

/// Tells of each row whether it lies on neither the first nor the last day of its person; dates in units tell of no day.
fn inner_days(draft: &Draft, rows: DataFrame) -> Result<DataFrame> {
    if draft.with_units {
        return Ok(rows.with_column("is_inner", lit(1_i64))?);
    }
    let ends = rows.clone().aggregate(
        vec![col("fresh_person").alias("end_person")],
        vec![min(col("mark_day")).alias("first_day"), max(col("mark_day")).alias("last_day")],
    )?;
    let rows = rows.join(ends, JoinType::Inner, &["fresh_person"], &["end_person"], None)?;
    let inner = col("mark_day").gt(col("first_day")).and(col("mark_day").lt(col("last_day")));
    Ok(rows.with_column("is_inner", when(inner, lit(1_i64)).otherwise(lit(0_i64))?)?)
}

fn each_candidate(files: &[PathBuf], mut work: impl FnMut(Told, u32)) -> Result<()> {
    for file in files {
        let opened = std::fs::File::open(file).map_err(Error::io("open", file))?;
        for batch in ParquetRecordBatchReaderBuilder::try_new(opened)?.build()? {
            let batch = batch?;
            let [codes, days, rows, ..] = batch.columns() else {
                return Err(Error::Bug("columns of candidates".to_owned()));
            };
            let codes = arrow::compute::cast(codes, &DataType::Utf8)?;
            let (codes, days) = (codes.as_string::<i32>(), days.as_primitive::<Int32Type>());
            for (row, count) in rows.as_primitive::<Int64Type>().values().iter().enumerate() {
                let told = Told { code: codes.value(row).to_owned(), day: days.value(row) };
                work(told, u32::try_from(*count).unwrap_or(u32::MAX));
            }
        }
    }
    Ok(())
}

/// Takes out of what is marked everything of codes for which a promise would rest on marked rows.
///
/// It is asked what is left with all marked rows gone. So the answer does not depend on who receives what, and whatever
/// is withheld in the end, more is left.
async fn spared(
    making: &Making<'_>,
    draft: &Draft,
    rows: &DataFrame,
    mut chosen: BTreeSet<Told>,
) -> Result<BTreeSet<Told>> {
    for round in 0.. {
        let marked = table(making, &format!("{}-marked-{round}", draft.table.name), &chosen)?;
        let rows = rows.clone().join(
            marked,
            JoinType::Left,
            &["mark_code", "mark_day"],
            &["marked_code", "marked_day"],
            None,
        )?;
        let faults = at_fault(making, draft, rows).await?;
        let before = chosen.len();
        chosen.retain(|told| !faults.contains(&told.code));
        if chosen.len() == before {
            break;
        }
    }
    Ok(chosen)
}

/// Returns the codes with marked rows on which a floor rests; `marked_code` is missing where a row is not marked.
async fn at_fault(making: &Making<'_>, draft: &Draft, rows: DataFrame) -> Result<BTreeSet<String>> {
    let limits = &making.spec.anonymity;
    let rows = rows.with_column("left_person", if_left(lit(true))?)?;
    let few = |rows: DataFrame, of: &[&str], person: &str, floor: u32| -> Result<DataFrame> {
        let of = of.iter().map(|name| col(*name)).collect();
        let held = rows.aggregate(of, vec![holders(col(person), floor).alias("holders")])?;
        Ok(held.filter(col("holders").lt(lit(i64::from(floor))))?)
    };
    let of_code = few(rows.clone(), &["map_system", "mark_code"], "left_person", limits.code_floor)?;
    let mut faults = codes(making, of_code).await?;
    let is_clinical = |column: &&&Column| column.privacy == Privacy::Clinical && !says_what(draft.table.name, column);
    for column in draft.columns.iter().filter(is_clinical) {
        let name = column.name;
        let shown = rows.clone().filter(col(name).is_not_null())?;
        if is_category(column) {
            let blank = if is_concept(column) { col(name).eq(lit(0_i64)) } else { lit(false) };
            let words = few(shown.clone().filter(!blank)?, &[name], "left_person", limits.code_floor)?;
            let words = words.select(vec![col(name).alias("few_word")])?;
            let marked = shown.filter(col("marked_code").is_not_null())?;
            let found = marked.join(words, JoinType::LeftSemi, &[name], &["few_word"], None)?;
            faults.extend(codes(making, found).await?);
            continue;
        }
        let ends = vec![max(col(name)).alias("top"), min(col(name)).alias("bottom")];
        let ends = shown.clone().aggregate(vec![col("mark_code")], ends)?;
        let ends = ends.select(vec![col("mark_code").alias("end_code"), col("top"), col("bottom")])?;
        let shown = shown.join(ends, JoinType::Inner, &["mark_code"], &["end_code"], None)?;
        for end in ["top", "bottom"] {
            let held = shown.clone().with_column("end_person", if_left(col(name).eq(col(end)))?)?;
            let held = few(held, &["mark_code"], "end_person", limits.value_floor)?;
            faults.extend(codes(making, held).await?);
        }
    }
    Ok(faults)
}

/// Returns the person of a row for which something holds and which is not marked.
fn if_left(holds: Expr) -> Result<Expr> {
    Ok(when(col("marked_code").is_null().and(holds), col("fresh_person")).end()?)
}

async fn codes(making: &Making<'_>, rows: DataFrame) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let rows = rows.select(vec![col("mark_code")])?.distinct()?;
    for batch in making.shop.runner.collect(rows).await? {
        let Some(codes) = batch.columns().first() else { continue };
        let codes = arrow::compute::cast(codes, &DataType::Utf8)?;
        found.extend(codes.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    Ok(found)
}

/// Writes codes and days as a table to join: secret, in the scratch folder.
fn table(making: &Making<'_>, name: &str, told: &BTreeSet<Told>) -> Result<DataFrame> {
    let schema: SchemaRef = Arc::new(Schema::new(vec![
        Field::new("marked_code", DataType::Utf8, true),
        Field::new("marked_day", DataType::Int32, true),
    ]));
    let batch = RecordBatch::try_new(
        schema.clone(),
        vec![
            Arc::new(StringArray::from_iter_values(told.iter().map(|told| &told.code))),
            Arc::new(Int32Array::from_iter_values(told.iter().map(|told| told.day))),
        ],
    )?;
    let path = scratch_file(making.shop, &format!("{name}.parquet"));
    let mut writer = PartWriter::create(&path, schema.clone())?;
    writer.write(&batch)?;
    writer.finish()?;
    making.shop.lake.read_files(vec![path], schema)
}
