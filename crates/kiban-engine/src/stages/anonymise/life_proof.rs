//! The proof that lives are shared, from the finished files alone and by a road that shares nothing with the making.
//!
//! The rows of all tables are brought together as (class, person, fact), sorted by a plan that spills to disk, and checked
//! class by class; in memory are the persons' classes, the distinct facts, and the classes at hand.

use std::{num::NonZeroUsize, path::PathBuf, sync::Arc, thread};

use arrow::{
    array::{Array, AsArray, Int32Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Int32Type, Int64Type, Schema, SchemaRef},
};
use datafusion::{
    common::JoinType,
    functions::{string::expr_fn::concat, unicode::expr_fn::character_length},
    functions_aggregate::expr_fn::count,
    functions_window::expr_fn::dense_rank,
    logical_expr::{Expr, ExprFunctionExt, cast},
    prelude::{DataFrame, col, lit, when},
};
use kiban_anon::life::{LifeAnonymity, Lives as ReleasedLives, check_confidence, check_lives};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Serialize;

use super::{Workshop, events::DATE_UNIT, lives::side_by_side, measure::released_rows, scratch_file};
use crate::{
    Error, Result,
    dataset::{Anonymous, FileSet},
    release::spec::{Lives, ReleaseSpec, code_column},
    stages::cdm::{date_column, named},
};

/// Rows that are brought into memory before they are checked; a class is never parted.
const ROWS_AT_ONCE: usize = 1 << 20;

/// What counting every few facts of every released person found.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct LivesProof {
    /// Classes of persons with the same released demographics.
    pub classes: u64,
    /// Rows that were read.
    pub rows: u64,
    /// Distinct facts in them.
    pub facts: u64,
    /// How many persons share the rarest of all sets of known facts.
    pub smallest: Option<u32>,
    /// The greatest confidence with which a sensitive group follows from known facts.
    pub surest: f64,
}

/// Counts again who shares what may be known of a life, and how surely anything sensitive follows from it.
///
/// # Errors
/// [`Error::Bug`] where the files do not hold what was promised.
pub(super) async fn prove(
    shop: Workshop<'_>,
    spec: &ReleaseSpec,
    lives: &Lives,
    files: &FileSet<Anonymous>,
) -> Result<LivesProof> {
    let (members, sizes) = members(shop, files).await?;
    let mut told: Option<DataFrame> = None;
    let mut rows = 0;
    for choice in &spec.tables {
        let Some(table) = released_rows(shop, files, &choice.name).await? else { continue };
        let table = facts(&choice.name, table)?;
        rows += files.rows(&choice.name);
        told = Some(match told {
            Some(told) => told.union(table)?,
            None => table,
        });
    }
    let mut proof = LivesProof { classes: sizes.len() as u64, rows, ..LivesProof::default() };
    let mut check = Check { sizes, model: lives.model(spec.anonymity.k), groups: Vec::new(), proof: &mut proof };
    check.sizes()?;
    if let Some(told) = told {
        let known = Dictionary::of(shop, lives, &told).await?;
        check.proof.facts = known.facts;
        check.groups = known.groups;
        let numbered = known.table.join(told, JoinType::Inner, &["known_fact"], &["fact"], None)?;
        let placed = members.join(numbered, JoinType::Inner, &["member"], &["teller"], None)?;
        let order = ["class", "member", "number"].map(|name| col(name).sort(true, false)).to_vec();
        let sorted = placed.select(["class", "member", "number"].map(col))?.sort(order)?;
        let manifest = shop.runner.write(sorted, proof_schema(), shop.scratch, "proof").await?;
        if manifest.rows() != rows {
            return Err(Error::Bug("the finished tables hold an event of nobody".to_owned()));
        }
        let parts = manifest.files.iter().map(|file| scratch_file(shop, &file.name));
        check.rows(&parts.collect::<Vec<_>>())?;
    }
    Ok(proof)
}

fn proof_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("class", DataType::Int32, true),
        Field::new("member", DataType::Int64, true),
        Field::new("number", DataType::Int32, true),
    ]))
}

/// Returns each released person with the number of their class, and how many persons each class has.
async fn members(shop: Workshop<'_>, files: &FileSet<Anonymous>) -> Result<(DataFrame, Vec<u32>)> {
    let persons = released_rows(shop, files, "person").await?.ok_or_else(|| Error::Bug("no persons".to_owned()))?;
    let names: Vec<String> = persons.schema().fields().iter().map(|field| field.name().clone()).collect();
    let demographics = names.iter().filter(|name| *name != "person_id").map(|name| col(name.as_str()).sort(true, true));
    let class = dense_rank().order_by(demographics.collect()).build()?;
    let members = persons
        .with_column("class", cast(class - lit(1_u64), DataType::Int32))?
        .select(vec![col("person_id").alias("member"), col("class")])?;
    // Written down, so that plans know that it is small.
    let schema: SchemaRef = Arc::new(Schema::new(vec![
        Field::new("member", DataType::Int64, true),
        Field::new("class", DataType::Int32, true),
    ]));
    let manifest = shop.runner.write(members, schema.clone(), shop.scratch, "proof-members").await?;
    let parts = manifest.files.iter().map(|file| scratch_file(shop, &file.name)).collect();
    let members = shop.lake.read_files(parts, schema)?;
    let sizes = members
        .clone()
        .aggregate(vec![col("class")], vec![count(lit(1_i64)).alias("persons")])?
        .sort(vec![col("class").sort(true, false)])?
        .select(vec![col("persons")])?;
    let mut persons = Vec::new();
    for batch in shop.runner.collect(sizes).await? {
        let column = batch.columns().first().ok_or_else(|| Error::Bug("sizes of classes".to_owned()))?;
        persons.extend(column.as_primitive::<Int64Type>().values().iter().map(|n| u32::try_from(*n).unwrap_or(0)));
    }
    Ok((members, persons))
}

/// Selects of a released table whose row it is, and all that somebody may know of it, as one text that tells apart.
fn facts(table: &str, rows: DataFrame) -> Result<DataFrame> {
    let code = code_column(table).unwrap_or("visit_source_value");
    let all = [Some(code), Some("source_system"), date_column(named(table)?), Some(DATE_UNIT)];
    let has = |name: &&str| rows.schema().has_column_with_unqualified_name(name);
    let mut parts = vec![lit(table)];
    for name in all.into_iter().flatten().filter(has) {
        let value = cast(col(name), DataType::Utf8);
        // The length before each value: no two rows that differ become the same text.
        let length = cast(character_length(value.clone()), DataType::Utf8);
        let part: Expr =
            when(value.clone().is_null(), lit(" -")).otherwise(concat(vec![lit(" "), length, lit(":"), value]))?;
        parts.push(part);
    }
    let code = if has(&code) { cast(col(code), DataType::Utf8) } else { cast(lit(""), DataType::Utf8) };
    Ok(rows.select(vec![
        cast(col("person_id"), DataType::Int64).alias("teller"),
        concat(parts).alias("fact"),
        lit(table).alias("of_table"),
        code.alias("of_code"),
    ])?)
}

/// The distinct facts of a release, numbered.
struct Dictionary {
    table: DataFrame,
    facts: u64,
    /// Per sensitive group the facts that speak of it.
    groups: Vec<Vec<u32>>,
}

impl Dictionary {
    async fn of(shop: Workshop<'_>, lives: &Lives, told: &DataFrame) -> Result<Self> {
        let distinct = ["fact", "of_table", "of_code"].map(col).to_vec();
        let distinct = told.clone().aggregate(distinct, vec![])?.sort(vec![col("fact").sort(true, false)])?;
        let mut facts: Vec<String> = Vec::new();
        let mut groups = vec![Vec::new(); lives.sensitive.len()];
        for batch in shop.runner.collect(distinct).await? {
            let [fact, table, code] = batch.columns() else { return Err(Error::Bug("columns of facts".to_owned())) };
            let (fact, table, code) = (fact.as_string::<i32>(), table.as_string::<i32>(), code.as_string::<i32>());
            for row in 0..batch.num_rows() {
                let number = u32::try_from(facts.len()).unwrap_or(u32::MAX);
                let speaks = |group| code.is_valid(row) && lives.speaks_of(group, table.value(row), code.value(row));
                groups
                    .iter_mut()
                    .enumerate()
                    .filter(|(group, _)| speaks(*group))
                    .for_each(|(_, facts)| facts.push(number));
                facts.push(fact.value(row).to_owned());
            }
        }
        let schema = Arc::new(Schema::new(vec![
            Field::new("known_fact", DataType::Utf8, false),
            Field::new("number", DataType::Int32, false),
        ]));
        let numbers = Int32Array::from_iter_values((0..).take(facts.len()));
        let count = facts.len() as u64;
        let batch = RecordBatch::try_new(schema, vec![Arc::new(StringArray::from(facts)), Arc::new(numbers)])?;
        Ok(Self { table: shop.lake.context().read_batch(batch)?, facts: count, groups })
    }
}

/// The rows of one class: the number of the person within the class, and the fact.
#[derive(Default)]
struct ClassRows {
    class: usize,
    persons: u32,
    rows: Vec<(u32, u32)>,
}

struct Check<'a> {
    sizes: Vec<u32>,
    model: LifeAnonymity,
    groups: Vec<Vec<u32>>,
    proof: &'a mut LivesProof,
}

impl Check<'_> {
    /// Checks the classes as such: those without any event among them.
    fn sizes(&mut self) -> Result<()> {
        self.proof.smallest = self.sizes.iter().copied().min();
        match self.proof.smallest {
            Some(persons) if persons < self.model.k => {
                Err(Error::Bug(format!("a class of lives has {persons} persons, fewer than promised")))
            }
            _ => Ok(()),
        }
    }

    /// Reads the sorted rows and checks class after class, so many at once as fit.
    fn rows(&mut self, files: &[PathBuf]) -> Result<()> {
        let mut ready: Vec<ClassRows> = Vec::new();
        let (mut waiting, mut last) = (0, None);
        for file in files {
            let opened = std::fs::File::open(file).map_err(Error::io("open", file))?;
            for batch in ParquetRecordBatchReaderBuilder::try_new(opened)?.build()? {
                let batch = batch?;
                let [class, person, fact] = batch.columns() else {
                    return Err(Error::Bug("columns of proof".to_owned()));
                };
                let (class, fact) = (class.as_primitive::<Int32Type>(), fact.as_primitive::<Int32Type>());
                let person = person.as_primitive::<Int64Type>();
                for ((class, person), fact) in class.values().iter().zip(person.values()).zip(fact.values()) {
                    let class = usize::try_from(*class).unwrap_or(usize::MAX);
                    if ready.last().is_none_or(|open| open.class != class) {
                        if waiting >= ROWS_AT_ONCE {
                            self.classes(&std::mem::take(&mut ready))?;
                            waiting = 0;
                        }
                        ready.push(ClassRows { class, ..ClassRows::default() });
                    }
                    let Some(open) = ready.last_mut() else { continue };
                    open.persons += u32::from(last != Some(*person));
                    last = Some(*person);
                    open.rows.push((open.persons - 1, u32::try_from(*fact).unwrap_or(u32::MAX)));
                    waiting += 1;
                }
            }
        }
        self.classes(&ready)
    }

    fn classes(&mut self, batch: &[ClassRows]) -> Result<()> {
        let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let alone = if batch.len() == 1 { threads } else { NonZeroUsize::MIN };
        let checks = side_by_side(batch, threads, |class| {
            let persons = self.sizes.get(class.class).copied().unwrap_or(0);
            let lives = ReleasedLives::from_rows(persons as usize, &class.rows, self.model.counted)?;
            Ok((check_lives(&lives, &self.model, alone)?, check_confidence(&lives, &self.groups, &self.model)?))
        })?;
        for (check, confidence) in checks {
            if !check.holds() {
                return Err(Error::Bug(format!(
                    "{} persons can be told by what may be known of them",
                    check.concerned
                )));
            }
            if !confidence.holds() {
                return Err(Error::Bug(format!(
                    "{} sets of facts tell a sensitive one too surely",
                    confidence.violations
                )));
            }
            self.proof.smallest = self.proof.smallest.into_iter().chain(check.smallest).min();
            self.proof.surest = self.proof.surest.max(confidence.surest);
        }
        Ok(())
    }
}
