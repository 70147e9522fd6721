//! Link: the vault's registrations become persons.
//!
//! The mathematics is `kiban-link`'s; here the vault is read, keys are kept or minted, and the map from patients to
//! persons is committed together with the evidence for every joined pair (SEED-34, SEED-35).

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{Array, AsArray, Float64Array, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Date32Type, Field, Int64Type, Schema, SchemaRef},
};
use datafusion::prelude::{DataFrame, col};
use jiff::Timestamp;
use kiban_core::{Entropy, FacilityCode, PatientRef, PersonKey, Phi, tables::SourceTable};
use kiban_link::{
    Basis, Changes, Constraints, Coverage, Decision, Linkage, Outcome, PersonMap, Registration, Settings,
};

use super::{
    cdm::{person_map, person_map_schema},
    land::{day_of, source_table},
};
use crate::{
    Error, Result,
    lake::{Lake, Manifest, Mode, PartWriter, TableId, WorkId, table_schema},
    runner::Runner,
};

/// What linking decided.
#[derive(Debug)]
pub struct Linked {
    /// The linkage: clusters, decisions, model, quality.
    pub linkage: Linkage,
    /// The person of every patient.
    pub persons: BTreeMap<PatientRef, PersonKey>,
    /// Keys minted, merged and split.
    pub changes: Changes,
}

/// Returns where the evidence for joined pairs lies.
pub fn decisions() -> TableId {
    TableId::new("link", "decision")
}

/// Reads one registration for every patient in the vault, sorted by patient: what the newest version of it says.
///
/// # Errors
/// Fails where the vault cannot be read.
pub async fn registrations(lake: &Lake, runner: &dyn Runner) -> Result<Vec<Registration>> {
    let mut found: BTreeMap<PatientRef, Option<Registration>> = BTreeMap::new();
    for batch in runner.collect(oldest_first(lake, SourceTable::Patient).await?).await? {
        let columns = Columns(&batch);
        for row in 0..batch.num_rows() {
            let Some(patient) = columns.patient(row) else { continue };
            let registration = columns.registration(row)?;
            refuse_clash(found.get(&patient).and_then(Option::as_ref), registration.as_ref())?;
            let stands = !columns.is_deleted(row);
            found.insert(patient, registration.filter(|_| stands));
        }
    }
    for batch in runner.collect(oldest_first(lake, SourceTable::Coverage).await?).await? {
        let columns = Columns(&batch);
        for row in 0..batch.num_rows() {
            let registration = columns.patient(row).and_then(|patient| found.get_mut(&patient)?.as_mut());
            if let Some(registration) = registration
                && !columns.is_deleted(row)
            {
                registration.coverages.push(columns.coverage(row));
            }
        }
    }
    Ok(found.into_values().flatten().collect())
}

/// Two local ids behind one reference would be two patients taken for one (decision 0002).
fn refuse_clash(known: Option<&Registration>, next: Option<&Registration>) -> Result<()> {
    let (Some(known), Some(next)) = (known, next) else { return Ok(()) };
    let id = |of: &Registration| of.local_id.as_ref().map(|id| id.expose().trim().to_owned());
    if known.facility == next.facility && id(known) == id(next) {
        return Ok(());
    }
    Err(Error::ReferenceClash { facility: facility_of(next)?, patient: next.patient })
}

/// The facility of a registration that was read from the vault, where it is always known.
fn facility_of(one: &Registration) -> Result<FacilityCode> {
    let code = one.facility.as_ref().and_then(|code| code.parse().ok());
    code.ok_or_else(|| Error::Bug("facility column of the vault".to_owned()))
}

async fn oldest_first(lake: &Lake, table: SourceTable) -> Result<DataFrame> {
    let rows = lake.read(&source_table("", table), table_schema(table.columns())).await?;
    let order = ["patient_ref", "version", "delivery", "file", "offset"].map(|name| col(name).sort(true, false));
    Ok(rows.sort(order.to_vec())?)
}

/// Typed access to the columns of a vault batch.
struct Columns<'a>(&'a RecordBatch);

impl Columns<'_> {
    fn text(&self, name: &str, row: usize) -> Option<Phi<String>> {
        let column = self.0.column_by_name(name)?.as_string::<i32>();
        column.is_valid(row).then(|| Phi::new(column.value(row).to_owned()))
    }

    fn day(&self, name: &str, row: usize) -> Option<jiff::civil::Date> {
        let column = self.0.column_by_name(name)?.as_primitive::<Date32Type>();
        column.is_valid(row).then(|| day_of(column.value(row))).flatten()
    }

    fn patient(&self, row: usize) -> Option<PatientRef> {
        PatientRef::new(self.0.column_by_name("patient_ref")?.as_primitive::<Int64Type>().value(row)).ok()
    }

    fn is_deleted(&self, row: usize) -> bool {
        self.0.column_by_name("deleted").is_some_and(|column| column.as_boolean().value(row))
    }

    fn facility(&self, row: usize) -> Result<FacilityCode> {
        let column = self.0.column_by_name("facility").map(|column| column.as_string::<i32>());
        let code = column.and_then(|column| column.value(row).parse().ok());
        code.ok_or_else(|| Error::Bug("facility column of the vault".to_owned()))
    }

    fn registration(&self, row: usize) -> Result<Option<Registration>> {
        let Some(patient) = self.patient(row) else { return Ok(None) };
        let mut one = Registration::new(patient, self.facility(row)?.as_str());
        one.local_id = self.text("local_id", row);
        one.name_kanji = self.text("name_kanji", row);
        one.name_kana = self.text("name_kana", row);
        one.name_romaji = self.text("name_romaji", row);
        one.birth = self.day("birth_date", row).map(Phi::new);
        one.birth_text = self.text("birth_text", row);
        one.sex = self.text("sex", row);
        one.postal = self.text("postal_code", row);
        one.address = self.text("address", row);
        one.phone = self.text("phone", row);
        Ok(Some(one))
    }

    fn coverage(&self, row: usize) -> Coverage {
        Coverage {
            insurer: self.text("insurer", row),
            symbol: self.text("symbol", row),
            number: self.text("number", row),
            branch: self.text("branch", row),
            from: self.day("start_date", row),
            to: self.day("end_date", row),
        }
    }
}

/// Returns where keys lie that no one bears any longer and no one may bear again.
fn retired() -> TableId {
    TableId::new("link", "retired_key")
}

fn retired_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("person_id", DataType::Int64, false)]))
}

/// Reads the persons last committed.
///
/// # Errors
/// Fails where the map cannot be read.
pub async fn persons(lake: &Lake, runner: &dyn Runner) -> Result<PersonMap> {
    let bad = |_| Error::Bug("keys of person_map".to_owned());
    let mut map = PersonMap::default();
    for batch in runner.collect(lake.read(&person_map(), person_map_schema()).await?).await? {
        let [_, patients, keys] = batch.columns() else { return Err(Error::Bug("columns of person_map".to_owned())) };
        let (patients, keys) = (patients.as_primitive::<Int64Type>(), keys.as_primitive::<Int64Type>());
        for (patient, key) in patients.values().iter().zip(keys.values()) {
            map.persons.insert(PatientRef::new(*patient).map_err(bad)?, PersonKey::new(*key).map_err(bad)?);
        }
    }
    for batch in runner.collect(lake.read(&retired(), retired_schema()).await?).await? {
        for key in batch.column(0).as_primitive::<Int64Type>().values() {
            map.retired.insert(PersonKey::new(*key).map_err(bad)?);
        }
    }
    Ok(map)
}

/// Reads the facility of every patient that was linked.
///
/// # Errors
/// Fails where the map cannot be read.
pub async fn facilities(lake: &Lake, runner: &dyn Runner) -> Result<BTreeMap<PatientRef, FacilityCode>> {
    let mut found = BTreeMap::new();
    for batch in runner.collect(lake.read(&person_map(), person_map_schema()).await?).await? {
        let [facilities, patients, _] = batch.columns() else {
            return Err(Error::Bug("columns of person_map".to_owned()));
        };
        let patients = patients.as_primitive::<Int64Type>();
        for (facility, patient) in facilities.as_string::<i32>().iter().zip(patients.values()) {
            let code = facility.and_then(|facility| facility.parse().ok());
            if let (Some(code), Ok(patient)) = (code, PatientRef::new(*patient)) {
                found.insert(patient, code);
            }
        }
    }
    Ok(found)
}

/// Links all registrations anew under people's decisions, and commits the map and the evidence.
///
/// Persons keep their keys; a new person's key is drawn from `entropy`.
///
/// # Errors
/// Fails where the lake cannot be read or written.
pub async fn link(
    lake: &Lake,
    runner: &dyn Runner,
    constraints: &Constraints,
    entropy: &dyn Entropy,
    work: LinkWork,
) -> Result<Linked> {
    let registrations = registrations(lake, runner).await?;
    let facilities = registrations.iter().map(|one| Ok((one.patient, facility_of(one)?)));
    let facilities: BTreeMap<PatientRef, FacilityCode> = facilities.collect::<Result<_>>()?;
    let settings = Settings { threads: work.threads, ..Settings::default() };
    let linkage = kiban_link::link(&registrations, settings, constraints)?;
    let clusters: Vec<Vec<PatientRef>> = linkage.clusters();
    let before = persons(lake, runner).await?;
    let LinkWork { number, now, .. } = work;
    let mut attempts: BTreeMap<PatientRef, u32> = BTreeMap::new();
    let mut mint = |founder: PatientRef| {
        // A key that was ever borne is refused and drawn again.
        let attempt = attempts.entry(founder).and_modify(|n| *n += 1).or_insert(0);
        let [a, b, c, d, e, f, g, h, ..] = entropy.key(&format!("person/{founder}/{attempt}"));
        PersonKey::from_bits(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    };
    let (map, changes) = kiban_link::assign_keys(&clusters, &before, &mut mint);
    let retired_keys = Int64Array::from_iter_values(map.retired.iter().map(|key| key.get()));
    let retired_rows = RecordBatch::try_new(retired_schema(), vec![Arc::new(retired_keys)])?;
    let work = WorkId { name: "link".to_owned(), number };
    commit(lake, &retired(), &retired_rows, &work, now).await?;
    commit(lake, &decisions(), &decision_batch(&linkage)?, &work, now).await?;
    commit(lake, &person_map(), &map_batch(&map.persons, &facilities)?, &work, now).await?;
    Ok(Linked { linkage, persons: map.persons, changes })
}

/// Which linking this is, when, and on how many threads.
#[derive(Debug, Clone, Copy)]
pub struct LinkWork {
    /// Its number, growing.
    pub number: i64,
    /// When.
    pub now: Timestamp,
    /// Threads.
    pub threads: usize,
}

async fn commit(lake: &Lake, table: &TableId, rows: &RecordBatch, work: &WorkId, now: Timestamp) -> Result<()> {
    if lake.is_committed(table, work).await? {
        return Ok(());
    }
    let path = lake.folder(table).join(format!("{}-{:08}.parquet", work.name, work.number));
    let mut writer = PartWriter::create(&path, rows.schema())?;
    writer.write(rows)?;
    let manifest = Manifest { files: vec![writer.finish()?] };
    lake.commit(table, &rows.schema(), Mode::Replace, &manifest, work, now).await?;
    Ok(())
}

fn map_batch(
    persons: &BTreeMap<PatientRef, PersonKey>,
    facilities: &BTreeMap<PatientRef, FacilityCode>,
) -> Result<RecordBatch> {
    let facility = persons.keys().map(|patient| facilities.get(patient).map(FacilityCode::as_str));
    Ok(RecordBatch::try_new(
        person_map_schema(),
        vec![
            Arc::new(facility.collect::<StringArray>()),
            Arc::new(Int64Array::from_iter_values(persons.keys().map(|patient| patient.get()))),
            Arc::new(Int64Array::from_iter_values(persons.values().map(|person| person.get()))),
        ],
    )?)
}

fn decision_schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, false);
    let number = |name| Field::new(name, DataType::Float64, false);
    Arc::new(Schema::new(vec![
        Field::new("left_patient", DataType::Int64, false),
        Field::new("right_patient", DataType::Int64, false),
        text("outcome"),
        text("basis"),
        text("pattern"),
        number("probability"),
        text("rival"),
        number("rival_probability"),
    ]))
}

fn decision_batch(linkage: &Linkage) -> Result<RecordBatch> {
    let decisions = &linkage.decisions;
    let text = |of: &dyn Fn(&Decision) -> String| Arc::new(StringArray::from_iter_values(decisions.iter().map(of)));
    Ok(RecordBatch::try_new(
        decision_schema(),
        vec![
            Arc::new(Int64Array::from_iter_values(decisions.iter().map(|one| one.left.get()))),
            Arc::new(Int64Array::from_iter_values(decisions.iter().map(|one| one.right.get()))),
            text(&|one| outcome(one.outcome).to_owned()),
            text(&|one| basis(one.basis)),
            text(&|one| one.pattern.to_string()),
            Arc::new(Float64Array::from_iter_values(decisions.iter().map(|one| one.probability))),
            text(&|one| one.rival.to_string()),
            Arc::new(Float64Array::from_iter_values(decisions.iter().map(|one| one.rival_probability))),
        ],
    )?)
}

const fn outcome(of: Outcome) -> &'static str {
    match of {
        Outcome::Joined => "joined",
        Outcome::Refused(_) => "refused",
        Outcome::Possible => "possible",
    }
}

fn basis(of: Basis) -> String {
    match of {
        Basis::Human => "human".to_owned(),
        Basis::Rule(rule) => rule.to_string(),
        Basis::Model => "model".to_owned(),
    }
}
