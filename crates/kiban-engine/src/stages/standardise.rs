//! Standardise: source tables become OMOP columns, still by patient reference.
//!
//! One source row gives one standard row: nothing is judged here. Which version of a record stands, whether it was
//! deleted and whose it is, is decided when persons are linked (`stages/link.rs`).

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::{
    common::ScalarValue,
    functions::datetime::expr_fn::date_part,
    logical_expr::{Expr, cast},
    prelude::{DataFrame, coalesce, col, lit, substring, when},
};
use jiff::Timestamp;
use kiban_core::{
    DeliverySeq, FacilityCode,
    tables::{CdmTable, Column, ColumnType, LINEAGE, Privacy, SourceTable, TRACE},
};

use crate::{
    Error, Result,
    flow::Flow,
    functions::{house_id, prefecture, text_key},
    lake::{Lake, Mode, TableId, WorkId, nullable, table_schema},
    runner::Runner,
    stages::land::source_table,
    vocabulary::{Concepts, Vocabulary},
};

/// Columns by which versions of a record are told apart, behind those of the CDM and of [`TRACE`].
const VERSIONING: &[&str] = &["record_key", "document_key", "version", "deleted"];

/// Formats whose source tables are standardised.
pub const FORMATS: &[&str] = &["ssmix2", "fhir", "uke"];

/// Every source table with the CDM table it feeds.
pub const FEEDS: &[(SourceTable, &str)] = &[
    (SourceTable::Patient, "person"),
    (SourceTable::Coverage, "payer_plan_period"),
    (SourceTable::Visit, "visit_occurrence"),
    (SourceTable::Condition, "condition_occurrence"),
    (SourceTable::Drug, "drug_exposure"),
    (SourceTable::Procedure, "procedure_occurrence"),
    (SourceTable::Measurement, "measurement"),
    (SourceTable::Observation, "observation"),
    (SourceTable::Specimen, "specimen"),
    (SourceTable::Death, "death"),
    (SourceTable::Cost, "cost"),
];

/// Columns of a person that follow those of the CDM: where the person lives, as coarsely as research may ever see it.
pub const RESIDENCE: &[Column] = &[
    Column { name: "state", kind: ColumnType::Text, required: false, privacy: Privacy::Quasi },
    Column { name: "zip", kind: ColumnType::Text, required: false, privacy: Privacy::Quasi },
];

/// Returns the columns of a standard table: those of the CDM without the person, then trace and versioning.
pub fn standard_columns(table: &'static CdmTable) -> impl Iterator<Item = &'static Column> {
    let residence: &[Column] = if table.name == "person" { RESIDENCE } else { &[] };
    let own = table.columns.iter().filter(|c| c.name != "person_id").chain(residence);
    own.chain(TRACE).chain(LINEAGE.iter().filter(|c| VERSIONING.contains(&c.name)))
}

/// Returns the schema of a standard table, in which anything may be missing.
pub fn standard_schema(table: &'static CdmTable) -> SchemaRef {
    nullable(&table_schema(standard_columns(table)))
}

/// Returns where a standard table lies.
pub fn standard_table(name: &str) -> TableId {
    TableId::new("standard", name)
}

/// Standardises one delivery: every source table that has rows of it.
///
/// # Errors
/// Fails, without committing the table at hand, where rows do not add up or the lake cannot be written.
pub async fn standardise(
    lake: &Lake,
    runner: &dyn Runner,
    vocabulary: &Vocabulary,
    facility: FacilityCode,
    delivery: DeliverySeq,
    now: Timestamp,
) -> Result<Vec<Flow>> {
    let mut flows = Vec::new();
    for (source, name) in FEEDS {
        let table = CdmTable::named(name).ok_or_else(|| Error::Bug(format!("no CDM table {name}")))?;
        let formats: &[&str] = if source.is_identity() { &[""] } else { FORMATS };
        for format in formats {
            let from = source_table(format, *source);
            if !lake.exists(&from) {
                continue;
            }
            let rows = of_delivery(lake, &from, *source, facility, delivery).await?;
            let rows_in = count(rows.clone()).await?;
            if rows_in == 0 {
                continue;
            }
            let target = standard_table(name);
            let work = WorkId { name: format!("standardise/{facility}/{format}/{name}"), number: i64::from(delivery) };
            if !lake.is_committed(&target, &work).await? {
                let mapped = map(*source, table, rows, vocabulary, format)?;
                let order = ["file", "offset", "record_key"].map(|name| col(name).sort(true, false)).to_vec();
                let schema = standard_schema(table);
                let stem = format!("{facility}-{delivery:06}-{format}");
                let manifest = runner.write(mapped.sort(order)?, schema.clone(), &lake.folder(&target), &stem).await?;
                if manifest.rows() != rows_in {
                    return Err(Error::Bug(format!("{name}: {rows_in} rows in, {} out", manifest.rows())));
                }
                lake.commit(&target, &schema, Mode::Append, &manifest, &work, now).await?;
            }
            flows.push(Flow {
                facility: Some(facility),
                stage: "standardise".to_owned(),
                table: (*name).to_owned(),
                rows_in,
                rows_out: rows_in,
                held: BTreeMap::new(),
                lost: 0,
            });
        }
    }
    Ok(flows)
}

async fn of_delivery(
    lake: &Lake,
    table: &TableId,
    source: SourceTable,
    facility: FacilityCode,
    delivery: DeliverySeq,
) -> Result<DataFrame> {
    let rows = lake.read(table, table_schema(source.columns())).await?;
    let number = i32::try_from(delivery).unwrap_or(i32::MAX);
    Ok(rows.filter(col("facility").eq(lit(facility.as_str())).and(col("delivery").eq(lit(number))))?)
}

/// Counts the rows of a frame.
pub(crate) async fn count(frame: DataFrame) -> Result<u64> {
    Ok(u64::try_from(frame.count().await?).unwrap_or_default())
}

fn map(
    source: SourceTable,
    table: &'static CdmTable,
    rows: DataFrame,
    vocabulary: &Vocabulary,
    format: &str,
) -> Result<DataFrame> {
    let is_claim = format == "uke";
    let has = |name: &str| source.own_columns().iter().any(|column| column.name == name);
    let (rows, concepts) = if has("code") { vocabulary.look_up(rows)? } else { (rows, Concepts::none()) };
    let system = match (has("code_system"), has("alt_system")) {
        (true, true) => Some(first_of("code", "code_system", "alt_system")?),
        (true, false) => Some(col("code_system")),
        (false, _) => None,
    };
    let values = match source {
        SourceTable::Patient => person(),
        SourceTable::Coverage => payer_plan_period(),
        SourceTable::Visit => visit(is_claim),
        SourceTable::Condition => condition(is_claim, concepts),
        SourceTable::Drug => drug(concepts),
        SourceTable::Procedure => procedure(is_claim, concepts),
        SourceTable::Measurement => measurement(is_claim, concepts),
        SourceTable::Observation => observation(is_claim, concepts),
        SourceTable::Specimen => specimen(concepts),
        SourceTable::Death => death(is_claim, concepts),
        SourceTable::Cost => cost(),
    };
    let values = values.into_iter().chain(system.map(|system| ("source_system", system)));
    project(table, rows, values.collect())
}

/// Selects the columns of the standard table: those given, `0` for concepts not given, null for the rest.
fn project(table: &'static CdmTable, rows: DataFrame, mut values: BTreeMap<&'static str, Expr>) -> Result<DataFrame> {
    let from_source: &[&str] = &["facility", "patient_ref", "delivery", "file", "offset"];
    for name in from_source.iter().chain(VERSIONING) {
        values.entry(name).or_insert_with(|| col(*name));
    }
    let schema = standard_schema(table);
    let exprs: Vec<Expr> = schema
        .fields()
        .iter()
        .map(|field| {
            let name = field.name().as_str();
            let expr = values.remove(name).unwrap_or_else(|| default(name, field.data_type()));
            cast(expr, field.data_type().clone()).alias(name)
        })
        .collect();
    if let Some(name) = values.keys().next() {
        return Err(Error::Bug(format!("{} has no column {name}", table.name)));
    }
    Ok(rows.select(exprs)?)
}

fn default(name: &str, kind: &DataType) -> Expr {
    if name.ends_with("_concept_id") && !OPEN_CONCEPTS.contains(&name) {
        return lit(0_i64);
    }
    lit(ScalarValue::try_from(kind).unwrap_or(ScalarValue::Null))
}

/// Concept columns that stay empty, not 0, where nothing is said.
const OPEN_CONCEPTS: &[&str] =
    &["operator_concept_id", "value_as_concept_id", "modifier_concept_id", "qualifier_concept_id"];

/// Picks a value by the text in a column.
fn pick(column: &str, choices: &[(&str, i64)], otherwise: i64) -> Expr {
    choices.iter().rev().fold(lit(otherwise), |rest, (word, concept)| {
        when(col(column).eq(lit(*word)), lit(*concept)).otherwise(rest).unwrap_or_else(|_| lit(otherwise))
    })
}

fn event_id() -> Expr {
    house_id(col("facility"), col("record_key"))
}

fn visit_id() -> Expr {
    house_id(col("facility"), col("visit_key"))
}

/// EHR (32817) or claim (32810): OMOP type concepts.
fn origin(is_claim: bool) -> Expr {
    lit(if is_claim { 32_810_i64 } else { 32_817_i64 })
}

/// Returns the first code of the six-tuple, or where it has none the alternative one.
fn source_code() -> Expr {
    coalesce(vec![col("code"), col("alt_code")])
}

/// Returns `first`, or `second` where the row has no `code`.
fn first_of(code: &str, first: &str, second: &str) -> Result<Expr> {
    Ok(when(col(code).is_not_null(), col(first)).otherwise(col(second))?)
}

fn person() -> Vec<(&'static str, Expr)> {
    let part = |name: &str| cast(date_part(lit(name), col("birth_date")), DataType::Int64);
    vec![
        ("gender_concept_id", pick("sex", &[("M", 8507), ("F", 8532)], 0)),
        ("gender_source_value", col("sex")),
        ("year_of_birth", part("year")),
        ("month_of_birth", part("month")),
        ("day_of_birth", part("day")),
        ("state", prefecture(col("address"))),
        ("zip", substring(col("postal_code"), lit(1_i64), lit(3_i64))),
    ]
}

/// The payer is kept as its 法別 number (the first two of eight digits), never as the insurer.
fn payer_plan_period() -> Vec<(&'static str, Expr)> {
    vec![
        ("payer_plan_period_id", event_id()),
        ("payer_plan_period_start_date", col("start_date")),
        ("payer_plan_period_end_date", coalesce(vec![col("end_date"), col("start_date")])),
        ("payer_source_value", substring(col("insurer"), lit(1_i64), lit(2_i64))),
        ("plan_source_value", col("plan")),
    ]
}

fn visit(is_claim: bool) -> Vec<(&'static str, Expr)> {
    let kinds = [("inpatient", 9201), ("outpatient", 9202), ("emergency", 9203), ("home", 581_476)];
    vec![
        ("visit_occurrence_id", visit_id()),
        ("visit_concept_id", pick("kind", &kinds, 0)),
        ("visit_start_date", col("start_date")),
        ("visit_start_datetime", col("start_at")),
        ("visit_end_date", coalesce(vec![col("end_date"), col("start_date")])),
        ("visit_end_datetime", col("end_at")),
        ("visit_type_concept_id", origin(is_claim)),
        ("care_site_id", care_site_id()),
        ("visit_source_value", col("kind")),
        ("admitted_from_source_value", col("admitted_from")),
        ("discharged_to_source_value", col("discharged_to")),
    ]
}

/// A department is a care site; a visit without one belongs to the facility's own.
fn care_site_id() -> Expr {
    house_id(col("facility"), text_key(coalesce(vec![col("department"), lit("")])))
}

fn condition(is_claim: bool, concepts: Concepts) -> Vec<(&'static str, Expr)> {
    let status = when(col("status").eq(lit("provisional")), lit(32_899_i64))
        .when(col("rank").eq(lit("main")), lit(32_902_i64))
        .otherwise(lit(32_908_i64))
        .unwrap_or_else(|_| lit(0_i64));
    vec![
        ("condition_occurrence_id", event_id()),
        ("condition_concept_id", concepts.standard()),
        ("condition_start_date", col("start_date")),
        ("condition_end_date", col("end_date")),
        ("condition_type_concept_id", origin(is_claim)),
        ("condition_status_concept_id", status),
        ("visit_occurrence_id", visit_id()),
        ("condition_source_value", source_code()),
        ("condition_source_concept_id", concepts.source()),
        ("condition_status_source_value", col("status")),
        // What was ruled out is no condition: it takes the earlier statement away.
        ("deleted", col("deleted").or(col("status").eq(lit("refuted")))),
    ]
}

fn drug(concepts: Concepts) -> Vec<(&'static str, Expr)> {
    let kinds = [
        ("prescribed", 32_838),
        ("administered", 32_818),
        ("dispensed", 32_825),
        ("claimed", 32_810),
        ("immunised", 32_818),
        ("stated", 32_865),
    ];
    let days = cast(col("start_date"), DataType::Int32) + col("days_supply") - lit(1_i32);
    let supplied = when(col("days_supply").gt(lit(0_i32)), cast(days, DataType::Date32))
        .otherwise(lit(ScalarValue::Date32(None)))
        .unwrap_or_else(|_| col("start_date"));
    vec![
        ("drug_exposure_id", event_id()),
        ("drug_concept_id", concepts.standard()),
        ("drug_exposure_start_date", col("start_date")),
        ("drug_exposure_end_date", coalesce(vec![col("end_date"), supplied, col("start_date")])),
        ("verbatim_end_date", col("end_date")),
        ("drug_type_concept_id", pick("kind", &kinds, 0)),
        ("quantity", col("quantity")),
        ("days_supply", col("days_supply")),
        ("sig", col("sig")),
        ("visit_occurrence_id", visit_id()),
        ("drug_source_value", source_code()),
        ("drug_source_concept_id", concepts.source()),
        ("route_source_value", col("route")),
        ("dose_unit_source_value", coalesce(vec![col("dose_unit"), col("quantity_unit")])),
    ]
}

fn procedure(is_claim: bool, concepts: Concepts) -> Vec<(&'static str, Expr)> {
    vec![
        ("procedure_occurrence_id", event_id()),
        ("procedure_concept_id", concepts.standard()),
        ("procedure_date", col("start_date")),
        ("procedure_end_date", col("end_date")),
        ("procedure_type_concept_id", origin(is_claim)),
        ("quantity", col("quantity")),
        ("visit_occurrence_id", visit_id()),
        ("procedure_source_value", source_code()),
        ("procedure_source_concept_id", concepts.source()),
    ]
}

fn measurement(is_claim: bool, concepts: Concepts) -> Vec<(&'static str, Expr)> {
    let operators = [("<", 4_171_756), ("<=", 4_171_754), ("=", 4_172_703), (">=", 4_171_755), (">", 4_172_704)];
    let operator = when(col("operator").is_null(), lit(ScalarValue::Int64(None)))
        .otherwise(pick("operator", &operators, 0))
        .unwrap_or_else(|_| lit(0_i64));
    vec![
        ("measurement_id", event_id()),
        ("measurement_concept_id", concepts.standard()),
        ("measurement_date", col("start_date")),
        ("measurement_datetime", col("start_at")),
        ("measurement_type_concept_id", if is_claim { origin(true) } else { lit(32_856_i64) }),
        ("operator_concept_id", operator),
        ("value_as_number", col("value_number")),
        ("range_low", col("range_low")),
        ("range_high", col("range_high")),
        ("visit_occurrence_id", visit_id()),
        ("measurement_source_value", source_code()),
        ("measurement_source_concept_id", concepts.source()),
        ("unit_source_value", col("unit")),
        ("value_source_value", coalesce(vec![col("value_code"), col("value_text")])),
        ("measurement_event_id", house_id(col("facility"), col("specimen_key"))),
    ]
}

fn observation(is_claim: bool, concepts: Concepts) -> Vec<(&'static str, Expr)> {
    vec![
        ("observation_id", event_id()),
        ("observation_concept_id", concepts.standard()),
        ("observation_date", col("start_date")),
        ("observation_type_concept_id", origin(is_claim)),
        ("value_as_number", col("value_number")),
        ("value_as_string", col("value_text")),
        ("visit_occurrence_id", visit_id()),
        ("observation_source_value", source_code()),
        ("observation_source_concept_id", concepts.source()),
        ("unit_source_value", col("unit")),
        ("qualifier_source_value", col("kind")),
        ("value_source_value", col("value_code")),
    ]
}

fn specimen(concepts: Concepts) -> Vec<(&'static str, Expr)> {
    vec![
        ("specimen_id", house_id(col("facility"), col("specimen_key"))),
        ("specimen_concept_id", concepts.standard()),
        ("specimen_type_concept_id", lit(32_817_i64)),
        ("specimen_date", col("start_date")),
        ("specimen_source_value", col("code")),
    ]
}

fn death(is_claim: bool, concepts: Concepts) -> Vec<(&'static str, Expr)> {
    vec![
        ("death_date", col("death_date")),
        ("death_type_concept_id", origin(is_claim)),
        ("cause_concept_id", concepts.standard()),
        ("cause_source_value", col("code")),
        ("cause_source_concept_id", concepts.source()),
    ]
}

/// A point 点 is ten yen.
fn cost() -> Vec<(&'static str, Expr)> {
    vec![
        ("cost_id", event_id()),
        ("cost_event_id", visit_id()),
        ("cost_domain_id", lit("Visit")),
        ("cost_type_concept_id", lit(32_810_i64)),
        ("total_charge", coalesce(vec![col("yen"), col("points") * lit(10.0_f64)])),
        ("revenue_code_source_value", col("item")),
    ]
}
