//! Gate: of the linked tables only rows whose person may be released at the cut-off.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use arrow::{
    array::AsArray,
    compute::cast,
    datatypes::{DataType, Int64Type},
    record_batch::RecordBatch,
};
use datafusion::prelude::{DataFrame, ParquetReadOptions, col, lit};
use jiff::Timestamp;
use kiban_core::{DataItem, PatientRef, Subject};

use super::{
    cdm::{cdm_schema, cdm_table, named, newest_per_person, registrations},
    standardise::{FEEDS, count},
};
use crate::{
    Error, Result,
    dataset::{FileSet, Gated},
    flow::Flow,
    gate::{AllowList, Gate},
    lake::{Lake, Manifest, nullable},
    release::spec::ReleaseSpec,
    runner::Runner,
};

/// Returns the tables that a release needs: those chosen and those its cohort asks about.
fn needed(spec: &ReleaseSpec) -> BTreeSet<&str> {
    let asked = spec.cohort.having.iter().chain(&spec.cohort.without).map(|having| having.table.as_str());
    spec.tables.iter().map(|choice| choice.name.as_str()).chain(asked).collect()
}

/// Returns the data item that a CDM table belongs to.
fn item_of(table: &str) -> Result<DataItem> {
    if table == "observation_period" {
        return Ok(DataItem::Visits);
    }
    let feed = FEEDS.iter().find(|(_, name)| *name == table);
    feed.map(|(source, _)| source.data_item()).ok_or_else(|| Error::Bug(format!("no data item for {table}")))
}

/// Lets the rows through that `list` allows, into `folder`.
///
/// # Errors
/// Fails where the two roads of the gate disagree, rows do not add up, or files cannot be written.
pub async fn gate(
    lake: &Lake,
    runner: &dyn Runner,
    spec: &ReleaseSpec,
    list: &AllowList,
    folder: &Path,
    now: Timestamp,
) -> Result<(FileSet<Gated>, Vec<Flow>)> {
    let pass = Pass { lake, runner, gate: Gate::open(lake, list, folder, now)?, folder };
    let mut tables = BTreeMap::new();
    let (manifest, flow) = pass.persons().await?;
    tables.insert("person".to_owned(), manifest);
    let mut flows = vec![flow];
    for name in needed(spec) {
        let (manifest, flow) = pass.events(name).await?;
        tables.insert(name.to_owned(), manifest);
        flows.push(flow);
    }
    Ok((FileSet::reached(folder.to_owned(), tables), flows))
}

struct Pass<'a> {
    lake: &'a Lake,
    runner: &'a dyn Runner,
    gate: Gate<'a>,
    folder: &'a Path,
}

impl Pass<'_> {
    /// A person is described by registrations that may pass, never by one that may not.
    async fn persons(&self) -> Result<(Manifest, Flow)> {
        let table = named("person")?;
        let rows = registrations(self.lake).await?;
        let item = DataItem::Demographics;
        let (passed, mut held) = self.gate.count(rows.clone(), item).await?;
        let allowed = self.gate.pass(rows, item)?;
        let by_plan = count(allowed.clone()).await?;
        agree("person", by_plan, passed)?;
        let persons = newest_per_person(allowed)?;
        let manifest = self.runner.write(persons, nullable(&cdm_schema(table)), self.folder, "person").await?;
        let joined = passed - manifest.rows();
        if joined > 0 {
            held.insert("joined".to_owned(), joined);
        }
        let rows_in = passed + held.values().sum::<u64>() - joined;
        let flow = flow("person", rows_in, manifest.rows(), held)?;
        Ok((manifest, flow))
    }

    async fn events(&self, name: &str) -> Result<(Manifest, Flow)> {
        let table = named(name)?;
        let rows: DataFrame = self.lake.read(&cdm_table(name), cdm_schema(table)).await?;
        let item = item_of(name)?;
        let (passed, held) = self.gate.count(rows.clone(), item).await?;
        let order = super::cdm::date_column(table).into_iter().chain(["facility", "delivery", "file", "offset"]);
        let order = ["person_id"].into_iter().chain(order).map(|name| col(name).sort(true, false)).collect();
        let allowed = self.gate.pass(rows, item)?.sort(order)?;
        let manifest = self.runner.write(allowed, nullable(&cdm_schema(table)), self.folder, name).await?;
        agree(name, manifest.rows(), passed)?;
        let rows_in = passed + held.values().sum::<u64>();
        let flow = flow(name, rows_in, manifest.rows(), held)?;
        Ok((manifest, flow))
    }
}

fn agree(table: &str, plan: u64, oracle: u64) -> Result<()> {
    if plan == oracle { Ok(()) } else { Err(Error::GateDisagrees { table: table.to_owned(), plan, oracle }) }
}

fn flow(table: &str, rows_in: u64, rows_out: u64, held: BTreeMap<String, u64>) -> Result<Flow> {
    let stage = "gate".to_owned();
    Flow { facility: None, stage, table: table.to_owned(), rows_in, rows_out, held, lost: 0 }.balanced("gate")
}

/// Counts the rows of a gated set by the patient they are of.
///
/// # Errors
/// Fails where a file cannot be read.
pub async fn subjects(lake: &Lake, runner: &dyn Runner, folder: &Path) -> Result<BTreeMap<Subject, u64>> {
    let mut counts = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let path = entry.map_err(Error::io("list", folder))?.path();
        if path.file_name().is_some_and(|name| name == "allow-list.parquet") {
            continue;
        }
        let rows =
            lake.context().read_parquet(path.to_string_lossy().into_owned(), ParquetReadOptions::default()).await?;
        let by_subject = rows.aggregate(
            vec![col("facility"), col("patient_ref")],
            vec![datafusion::functions_aggregate::expr_fn::count(lit(1_i64)).alias("rows")],
        )?;
        for batch in runner.collect(by_subject).await? {
            add_counts(&batch, &mut counts)?;
        }
    }
    Ok(counts)
}

fn add_counts(batch: &RecordBatch, counts: &mut BTreeMap<Subject, u64>) -> Result<()> {
    let bug = || Error::Bug("columns of a gated set".to_owned());
    let [facilities, patients, rows] = batch.columns() else { return Err(bug()) };
    let facilities = cast(facilities, &DataType::Utf8)?;
    let (patients, rows) = (patients.as_primitive::<Int64Type>(), rows.as_primitive::<Int64Type>());
    for (row, facility) in facilities.as_string::<i32>().iter().enumerate() {
        let facility = facility.and_then(|code| code.parse().ok()).ok_or_else(bug)?;
        let patient = PatientRef::new(patients.value(row)).map_err(|_| bug())?;
        *counts.entry(Subject { facility, patient }).or_default() += rows.value(row).unsigned_abs();
    }
    Ok(())
}
