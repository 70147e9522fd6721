//! The second half of linking: standard rows become OMOP tables by person.
//!
//! Of every document (a message, claim or resource) the newest version stands; what it superseded, what was deleted,
//! what has no date and whose patient nobody identified is held and counted.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::AsArray,
    datatypes::{DataType, Field, Int64Type, Schema, SchemaRef},
};
use datafusion::{
    common::{JoinType, ScalarValue},
    functions_aggregate::{
        expr_fn::{count as count_of, max, min},
        first_last::first_value as first_value_of,
    },
    functions_window::expr_fn::{first_value, lag, row_number},
    logical_expr::{Expr, ExprFunctionExt, SortExpr, cast, not},
    prelude::{DataFrame, coalesce, col, lit, when},
};
use jiff::Timestamp;
use kiban_core::tables::{CDM_TABLES, CdmTable, Column, Privacy, TRACE};

use super::standardise::{RESIDENCE, standard_schema, standard_table};
use crate::{
    Error, Result,
    flow::Flow,
    functions::{house_id, text_key},
    lake::{Lake, Manifest, Mode, TableId, WorkId, table_schema},
    runner::Runner,
};

/// Event tables that come from standard rows one by one.
const EVENTS: &[&str] = &[
    "payer_plan_period",
    "visit_occurrence",
    "condition_occurrence",
    "drug_exposure",
    "procedure_occurrence",
    "measurement",
    "observation",
    "specimen",
    "death",
    "cost",
];

/// Tables whose dates say when a person was observed.
const OBSERVED: &[&str] =
    &["visit_occurrence", "condition_occurrence", "drug_exposure", "procedure_occurrence", "measurement"];

/// Tables of one row per person, of which the first in order stands.
const ONE_PER_PERSON: &[&str] = &["death"];

/// Returns where a CDM table lies.
pub fn cdm_table(name: &str) -> TableId {
    TableId::new("cdm", name)
}

/// Returns the columns of a CDM table in the lake: those of the specification, a person's residence, and the trace.
///
/// `cost` has no person in the specification; it carries one here so that the gate can see whose it is.
pub fn cdm_columns(table: &'static CdmTable) -> Vec<Column> {
    let mut columns = table.columns.to_vec();
    if table.name == "person" {
        columns.extend(RESIDENCE);
    }
    if table.name == "cost" {
        let person = Column { name: "person_id", required: true, privacy: Privacy::Key, ..TRACE_KEY };
        columns.push(person);
    }
    columns.extend(TRACE);
    columns
}

const TRACE_KEY: Column =
    Column { name: "patient_ref", kind: kiban_core::tables::ColumnType::Long, required: true, privacy: Privacy::Key };

/// Returns the schema of a CDM table in the lake.
pub fn cdm_schema(table: &'static CdmTable) -> SchemaRef {
    table_schema(&cdm_columns(table))
}

/// Returns the date by which rows of a table are ordered and without which they cannot stand.
pub fn date_column(table: &CdmTable) -> Option<&'static str> {
    let first = table.columns.iter().find(|c| c.required && c.kind == kiban_core::tables::ColumnType::Date);
    first.map(|column| column.name)
}

/// Returns where the map from patients to persons lies.
pub fn person_map() -> TableId {
    TableId::new("link", "person_map")
}

/// Returns the schema of the person map.
pub fn person_map_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("map_facility", DataType::Utf8, false),
        Field::new("map_patient", DataType::Int64, false),
        Field::new("person_id", DataType::Int64, false),
    ]))
}

/// Builds every CDM table from the standard tables and the person map.
///
/// # Errors
/// Fails, without committing the table at hand, where rows do not add up or the lake cannot be written.
pub async fn build(lake: &Lake, runner: &dyn Runner, number: i64, now: Timestamp) -> Result<Vec<Flow>> {
    let build = Build { lake, runner, number, now };
    let mut flows = vec![build.persons().await?];
    for name in EVENTS {
        flows.push(build.events(named(name)?).await?);
    }
    build.derived("care_site", build.care_sites().await?).await?;
    build.derived("location", build.locations().await?).await?;
    build.derived("observation_period", build.observation_periods().await?).await?;
    build.derived("note", lake.read(&cdm_table("none"), cdm_schema(named("note")?)).await?).await?;
    Ok(flows)
}

pub(crate) fn named(name: &str) -> Result<&'static CdmTable> {
    CDM_TABLES.iter().find(|table| table.name == name).ok_or_else(|| Error::Bug(format!("no CDM table {name}")))
}

struct Build<'a> {
    lake: &'a Lake,
    runner: &'a dyn Runner,
    number: i64,
    now: Timestamp,
}

impl Build<'_> {
    fn work(&self, name: &str) -> WorkId {
        WorkId { name: format!("link/{name}"), number: self.number }
    }

    async fn commit(&self, name: &str, rows: DataFrame) -> Result<Manifest> {
        let (target, schema) = (cdm_table(name), cdm_schema(named(name)?));
        let stem = format!("{name}-{:08}", self.number);
        let manifest = self.runner.write(rows, schema.clone(), &self.lake.folder(&target), &stem).await?;
        self.lake.commit(&target, &schema, Mode::Replace, &manifest, &self.work(name), self.now).await?;
        Ok(manifest)
    }

    async fn derived(&self, name: &str, rows: DataFrame) -> Result<()> {
        if !self.lake.is_committed(&cdm_table(name), &self.work(name)).await? {
            self.commit(name, rows).await?;
        }
        Ok(())
    }

    async fn judged(&self, table: &'static CdmTable) -> Result<DataFrame> {
        judged(self.lake, table).await
    }

    async fn events(&self, table: &'static CdmTable) -> Result<Flow> {
        let mut judged = self.judged(table).await?;
        if table.name == "visit_occurrence" {
            judged = one_row_per_visit(judged)?;
        }
        if ONE_PER_PERSON.contains(&table.name) {
            judged = first_per_person(judged, &[("death_date", Oldest), ("facility", Oldest)], "duplicate")?;
        }
        let standing = judged.clone().filter(col("standing").is_null())?;
        self.finish(table, judged, standing.sort(order(table))?).await
    }

    async fn persons(&self) -> Result<Flow> {
        let table = named("person")?;
        let judged =
            first_per_person(self.judged(table).await?, &[("version", Newest), ("facility", Oldest)], "joined")?;
        let standing = judged.clone().filter(col("standing").is_null())?;
        self.finish(table, judged, described(standing)?.sort(vec![col("person_id").sort(true, false)])?).await
    }

    async fn finish(&self, table: &'static CdmTable, judged: DataFrame, rows: DataFrame) -> Result<Flow> {
        let (target, name) = (cdm_table(table.name), table.name);
        let rows_in = self.lake.rows(&standard_table(name)).await?;
        if !self.lake.is_committed(&target, &self.work(name)).await? {
            self.commit(name, rows).await?;
        }
        let rows_out = self.lake.rows(&target).await?;
        let held = if rows_in == rows_out { BTreeMap::new() } else { self.held(judged).await? };
        let flow =
            Flow { facility: None, stage: "link".to_owned(), table: name.to_owned(), rows_in, rows_out, held, lost: 0 };
        flow.balanced("link")
    }

    async fn held(&self, judged: DataFrame) -> Result<BTreeMap<String, u64>> {
        let counts = judged
            .filter(col("standing").is_not_null())?
            .aggregate(vec![col("standing")], vec![count_of(lit(1_i64)).alias("rows")])?;
        let mut held = BTreeMap::new();
        for batch in self.runner.collect(counts).await? {
            let [reasons, rows] = batch.columns() else { continue };
            let (reasons, rows) = (reasons.as_string::<i32>(), rows.as_primitive::<Int64Type>());
            for row in 0..batch.num_rows() {
                *held.entry(reasons.value(row).to_owned()).or_default() += rows.value(row).unsigned_abs();
            }
        }
        Ok(held)
    }

    async fn care_sites(&self) -> Result<DataFrame> {
        let visits = self.lake.read(&cdm_table("visit_occurrence"), cdm_schema(named("visit_occurrence")?)).await?;
        let sites = visits.aggregate(
            vec![col("care_site_id"), col("facility")],
            vec![min(col("delivery")).alias("delivery"), min(col("patient_ref")).alias("patient_ref")],
        )?;
        fill(named("care_site")?, sites.sort(vec![col("care_site_id").sort(true, false)])?)
    }

    async fn locations(&self) -> Result<DataFrame> {
        let persons = self.lake.read(&cdm_table("person"), cdm_schema(named("person")?)).await?;
        let places = persons.aggregate(
            vec![col("location_id"), col("state"), col("zip")],
            vec![
                min(col("facility")).alias("facility"),
                min(col("delivery")).alias("delivery"),
                min(col("patient_ref")).alias("patient_ref"),
            ],
        )?;
        let places = places.with_column("country_source_value", lit("JP"))?;
        fill(named("location")?, places.sort(vec![col("location_id").sort(true, false)])?)
    }

    async fn observation_periods(&self) -> Result<DataFrame> {
        let mut seen: Option<DataFrame> = None;
        for name in OBSERVED {
            let table = named(name)?;
            let Some(date) = date_column(table) else { continue };
            let rows = self.lake.read(&cdm_table(name), cdm_schema(table)).await?;
            let trace = ["facility", "delivery", "patient_ref"].map(col);
            let days = rows.select([vec![col("person_id"), col(date).alias("day")], trace.to_vec()].concat())?;
            seen = Some(match seen {
                Some(before) => before.union(days)?,
                None => days,
            });
        }
        let seen = seen.ok_or_else(|| Error::Bug("no observed tables".to_owned()))?;
        let periods = seen.aggregate(
            vec![col("person_id")],
            vec![
                min(col("day")).alias("observation_period_start_date"),
                max(col("day")).alias("observation_period_end_date"),
                min(col("facility")).alias("facility"),
                min(col("delivery")).alias("delivery"),
                min(col("patient_ref")).alias("patient_ref"),
            ],
        )?;
        let periods = periods
            .with_column("observation_period_id", col("person_id"))?
            .with_column("period_type_concept_id", lit(32_817_i64))?;
        fill(named("observation_period")?, periods.sort(vec![col("person_id").sort(true, false)])?)
    }
}

/// A residence is known by prefecture and the first three digits of the postal code.
fn location_id() -> Expr {
    let text = |name: &str| coalesce(vec![col(name), lit("")]);
    house_id(
        lit("0"),
        text_key(datafusion::functions::string::expr_fn::concat(vec![text("state"), lit("/"), text("zip")])),
    )
}

/// Where a row of a standard table stands in its delivery.
const PLACE: [&str; 5] = ["facility", "delivery", "file", "offset", "record_key"];

/// Names the places (`old_…`) of rows that do not stand: of every document only the newest version does, and of a record
/// that it tells twice only the last.
///
/// Windows over one document each are slow and nearly every document comes once, so only those that a cheap count finds
/// contested are put in order.
fn superseded(rows: DataFrame) -> Result<DataFrame> {
    let narrow = rows.select_columns(&[&PLACE[..], &["document_key", "version"]].concat())?;
    let on = (["facility", "document_key"], ["contested_facility", "contested_document"]);
    let contested = narrow.clone().join(contested(narrow)?, JoinType::LeftSemi, &on.0, &on.1, None)?;
    let newest_first = |name: &str| col(name).sort(false, false);
    let order: Vec<SortExpr> = vec![
        newest_first("version"),
        newest_first("delivery"),
        newest_first("file"),
        col("record_key").sort(true, false),
        newest_first("offset"),
    ];
    let document = vec![col("facility"), col("document_key")];
    let of_newest = |name: &str| first_value(col(name)).partition_by(document.clone()).order_by(order.clone()).build();
    let before =
        lag(col("record_key"), Some(1), None).partition_by(document.clone()).order_by(order.clone()).build()?;
    let ordered = contested.window(vec![
        of_newest("version")?.alias("newest_version"),
        of_newest("delivery")?.alias("newest_delivery"),
        of_newest("file")?.alias("newest_file"),
        before.alias("record_before"),
    ])?;
    let is_newest = col("version")
        .eq(col("newest_version"))
        .and(col("delivery").eq(col("newest_delivery")))
        .and(col("file").eq(col("newest_file")));
    let is_twin = coalesce(vec![col("record_before").eq(col("record_key")), lit(false)]);
    let places = PLACE.map(|name| col(name).alias(format!("old_{name}"))).to_vec();
    Ok(ordered.filter(not(is_newest).or(is_twin))?.select(places)?.distinct()?)
}

/// Finds the documents that came more than once, or that tell a record twice.
fn contested(narrow: DataFrame) -> Result<DataFrame> {
    let told = ["version", "delivery", "file"];
    let record = narrow.aggregate(
        ["facility", "document_key", "record_key"].map(col).to_vec(),
        told.iter()
            .flat_map(|name| {
                [min(col(*name)).alias(format!("first_{name}")), max(col(*name)).alias(format!("last_{name}"))]
            })
            .chain([count_of(lit(1_i64)).alias("times")])
            .collect(),
    )?;
    let document = record.aggregate(
        vec![col("facility").alias("contested_facility"), col("document_key").alias("contested_document")],
        told.iter()
            .flat_map(|name| {
                [("first", min as Outermost), ("last", max)].map(|(end, of)| {
                    let name = format!("{end}_{name}");
                    of(col(name.as_str())).alias(name)
                })
            })
            .chain([max(col("times")).alias("times")])
            .collect(),
    )?;
    let came_twice = told.iter().fold(col("times").gt(lit(1_i64)), |any, name| {
        any.or(col(format!("first_{name}")).not_eq(col(format!("last_{name}"))))
    });
    Ok(document.filter(came_twice)?.select_columns(&["contested_facility", "contested_document"])?)
}

use Direction::{Newest, Oldest};

/// Which row comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Newest,
    Oldest,
}

/// Holds back, for `reason`, all but a person's first standing row in the given order.
fn first_per_person(judged: DataFrame, by: &[(&str, Direction)], reason: &str) -> Result<DataFrame> {
    let mut order = vec![col("standing").is_null().sort(false, false)];
    order.extend(by.iter().map(|(name, direction)| col(*name).sort(*direction == Oldest, false)));
    order.push(col("record_key").sort(true, false));
    let place = row_number().partition_by(vec![col("person_id")]).order_by(order).build()?;
    let standing = when(col("standing").is_not_null(), col("standing"))
        .when(col("place").gt(lit(1_u64)), lit(reason))
        .otherwise(lit(ScalarValue::Utf8(None)))?;
    Ok(judged.with_column("place", place)?.with_column("standing", standing)?.drop_columns(&["place"])?)
}

/// Takes the first or the last of what several messages tell.
type Outermost = fn(Expr) -> Expr;

/// Makes one row of the messages of one visit: admission and discharge are two, and each knows a part (SS-MIX2 ADT-22,
/// ADT-52). The latest message stands for it, from the first day told to the last.
fn one_row_per_visit(judged: DataFrame) -> Result<DataFrame> {
    let told: [(&str, Outermost); 6] = [
        ("visit_start_date", min),
        ("visit_start_datetime", min),
        ("visit_end_date", max),
        ("visit_end_datetime", max),
        ("admitted_from_source_value", max),
        ("discharged_to_source_value", max),
    ];
    let latest_first = vec![
        col("visit_end_date").sort(false, false),
        col("version").sort(false, false),
        col("record_key").sort(true, false),
    ];
    let speaker = first_value_of(col("record_key"), latest_first).alias("told_by");
    let visits = judged.clone().filter(col("standing").is_null())?.aggregate(
        vec![col("visit_occurrence_id").alias("told_visit")],
        told.iter().map(|(name, of)| of(col(*name)).alias(format!("told_{name}"))).chain([speaker]).collect(),
    )?;
    let mut rows = judged.join(visits, JoinType::Left, &["visit_occurrence_id"], &["told_visit"], None)?;
    for (name, _) in told {
        let merged = when(col("standing").is_null(), col(format!("told_{name}"))).otherwise(col(name))?;
        rows = rows.with_column(name, merged)?;
    }
    let standing = when(col("standing").is_not_null(), col("standing"))
        .when(col("record_key").not_eq(col("told_by")), lit("superseded"))
        .otherwise(lit(ScalarValue::Utf8(None)))?;
    Ok(rows.with_column("standing", standing)?)
}

/// Returns every registration that stands, with its person.
pub(crate) async fn registrations(lake: &Lake) -> Result<DataFrame> {
    Ok(judged(lake, named("person")?).await?.filter(col("standing").is_null())?)
}

/// Keeps of each person the newest registration, sorted by person.
pub(crate) fn newest_per_person(registrations: DataFrame) -> Result<DataFrame> {
    let judged = first_per_person(registrations, &[("version", Newest), ("facility", Oldest)], "joined")?;
    Ok(described(judged.filter(col("standing").is_null())?)?.sort(vec![col("person_id").sort(true, false)])?)
}

/// Adds to persons where they live and who cares for them.
fn described(persons: DataFrame) -> Result<DataFrame> {
    Ok(persons
        .with_column("location_id", location_id())?
        .with_column("care_site_id", house_id(col("facility"), text_key(lit(""))))?)
}

/// Returns standard rows with their person and a `standing`: null where the row stands, else why it is held.
async fn judged(lake: &Lake, table: &'static CdmTable) -> Result<DataFrame> {
    let rows = lake.read(&standard_table(table.name), standard_schema(table)).await?;
    let map = lake.read(&person_map(), person_map_schema()).await?;
    let old = PLACE.map(|name| format!("old_{name}"));
    let old: Vec<&str> = old.iter().map(String::as_str).collect();
    // Few rows are superseded: they are the side that is built, whatever the statistics say.
    let rows = superseded(rows.clone())?.join(rows, JoinType::Right, &old, &PLACE, None)?;
    let on = (["facility", "patient_ref"], ["map_facility", "map_patient"]);
    let rows = rows.join(map, JoinType::Left, &on.0, &on.1, None)?;
    let mut standing = when(col("old_record_key").is_not_null(), lit("superseded"))
        .when(col("deleted"), lit("deleted"))
        .when(col("person_id").is_null(), lit("not-linked"));
    if table.name == "person" {
        standing = standing.when(col("year_of_birth").is_null(), lit("no-date"));
    }
    if let Some(date) = date_column(table) {
        standing = standing.when(col(date).is_null(), lit("no-date"));
    }
    Ok(rows.with_column("standing", standing.otherwise(lit(ScalarValue::Utf8(None)))?)?)
}

/// Sorts by person, date and place in the delivery, so that the same rows are always written in the same order.
fn order(table: &CdmTable) -> Vec<SortExpr> {
    let date = date_column(table);
    let names = ["person_id"].into_iter().chain(date).chain(["facility", "delivery", "file", "offset", "record_key"]);
    names.map(|name| col(name).sort(true, false)).collect()
}

/// Adds the columns of a table that `rows` lacks: `0` for required numbers, null for the rest.
fn fill(table: &'static CdmTable, rows: DataFrame) -> Result<DataFrame> {
    let exprs: Vec<Expr> = cdm_schema(table)
        .fields()
        .iter()
        .map(|field| {
            let name = field.name().as_str();
            let known = rows.schema().has_column_with_unqualified_name(name);
            let value = match (known, field.data_type(), field.is_nullable()) {
                (true, ..) => col(name),
                (false, DataType::Int32 | DataType::Int64, false) => lit(0_i64),
                (false, kind, _) => lit(ScalarValue::try_from(kind).unwrap_or(ScalarValue::Null)),
            };
            cast(value, field.data_type().clone()).alias(name)
        })
        .collect();
    Ok(rows.select(exprs)?)
}
