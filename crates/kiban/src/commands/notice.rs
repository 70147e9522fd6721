//! `kiban notice`.

use std::{collections::BTreeMap, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use arrow::{
    array::{Array, AsArray},
    datatypes::{Date32Type, Int64Type},
};
use jiff::{Timestamp, ToSpan, civil::Date};
use kiban_core::{FacilityCode, Phi, day_in_japan, tables::SourceTable};
use kiban_engine::{Runner, stages::land::Delivery, table_schema};
use kiban_registry::Imported;
use serde::Serialize;

use crate::{
    cli::{Global, Notice, NoticeDraft, NoticeImport},
    failure::{Exit, Failure, Result},
    house::{House, erase},
    papers::{self, Reader, Rejection},
    say::{Say, count},
    work::intake::OnRefused,
};

/// Records notices, or drafts them for trials.
pub(crate) async fn run(global: &Global, args: Notice, say: &Say) -> Result<Exit> {
    let house = House::open(global.house(), say).await?;
    match args {
        Notice::Import(args) => {
            let NoticeImport { file, facility, accept_findings } = args;
            let refused = if accept_findings { OnRefused::Accept } else { OnRefused::Stop };
            let done = import(&house, &file, facility, refused).await?;
            say.result(&done, || told(&done, say))?;
            Ok(if done.rejected.is_empty() { Exit::Done } else { Exit::Findings })
        }
        Notice::Draft(args) => draft(&house, &args, say).await,
    }
}

/// What became of a notice list.
#[derive(Debug, Serialize)]
pub(crate) struct NoticesImported {
    /// Lines read.
    pub(crate) lines: u64,
    /// What was recorded; nothing where too many lines were bad.
    pub(crate) imported: Option<Imported>,
    /// The lines that were not taken.
    pub(crate) rejected: Vec<Rejection>,
}

/// Records the good lines of a notice list as one event; where too many are bad, none.
pub(crate) async fn import(
    house: &House,
    file: &Path,
    facility: FacilityCode,
    refused: OnRefused,
) -> Result<NoticesImported> {
    let refs = house.patient_refs();
    let list = Reader { facility, refs: &refs, now: house.now() }.notices(file)?;
    let lines = u64::try_from(list.rows.len() + list.rejected.len()).unwrap_or_default();
    let stops = refused == OnRefused::Stop && list.rejected_percent() > house.config.intake.max_refused_percent;
    let rejected = list.rejected;
    let imported = if stops {
        None
    } else {
        let rows = list.rows.into_iter().map(|(_, row)| row).collect();
        Some(house.registry.import_notices(facility, rows, house.now()).await?)
    };
    Ok(NoticesImported { lines, imported, rejected })
}

fn told(done: &NoticesImported, say: &Say) {
    match &done.imported {
        Some(imported) => {
            say.tell("did-notices", &[("lines", &count(done.lines))]);
            let taken = [
                ("birth", imported.births),
                ("notice", imported.notices),
                ("capacity", imported.capacities),
                ("death", imported.deaths),
            ];
            let row = |(word, taken): &(&str, kiban_registry::Taken)| {
                vec![say.word("word-fact", word), count(taken.new), count(taken.known)]
            };
            say.table(&["head-fact", "head-new", "head-known"], &taken.iter().map(row).collect::<Vec<_>>());
            if imported.incidents > 0 {
                say.tell("show-incidents", &[("n", &imported.incidents)]);
            }
        }
        None => say.tell("did-notices-stopped", &[("lines", &count(done.lines))]),
    }
    rejections(&done.rejected, say);
}

/// Lists the lines that were not taken, the first hundred of them.
pub(crate) fn rejections(rejected: &[Rejection], say: &Say) {
    const SHOWN: usize = 100;
    if rejected.is_empty() {
        return;
    }
    say.print("");
    say.tell("show-rejected", &[("n", &rejected.len())]);
    let row = |one: &Rejection| vec![one.line.to_string(), one.field.to_owned(), say.word("word-fault", one.code)];
    say.table(&["head-line", "head-field", "head-fault"], &rejected.iter().take(SHOWN).map(row).collect::<Vec<_>>());
    if rejected.len() > SHOWN {
        say.tell("show-more", &[("n", &(rejected.len() - SHOWN))]);
    }
}

/// A patient as a delivery names them.
struct Patient {
    local_id: Phi<String>,
    birth: Option<Date>,
}

/// Writes a notice list with a written notice for every patient of a delivery; those under 16 get one for the guardian too.
///
/// It is for trials: a real notice list comes from the facility's counter.
async fn draft(house: &House, args: &NoticeDraft, say: &Say) -> Result<Exit> {
    let patients = patients(house, &args.path, args.facility).await?;
    let mut text = papers::NOTICE.join(",") + "\n";
    for patient in patients.values() {
        rows(&mut text, patient, args.given_at);
    }
    match &args.out {
        Some(path) => {
            let open = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
            let written = open.and_then(|mut file| file.write_all(text.as_bytes()));
            written.map_err(Failure::file("write", path))?;
        }
        None => say.print(text.trim_end()),
    }
    say.note("did-draft", &[("n", &patients.len())]);
    Ok(Exit::Done)
}

fn rows(text: &mut String, patient: &Patient, given_at: Timestamp) {
    let birth = patient.birth.map(|day| day.to_string()).unwrap_or_default();
    let of_age = patient.birth.and_then(|day| day.checked_add(16.years()).ok());
    let is_child = of_age.is_some_and(|day| day_in_japan(given_at) < day);
    let recipients: &[&str] = if is_child { &["person", "guardian"] } else { &["person"] };
    for recipient in recipients {
        let id = quoted(patient.local_id.expose());
        text.push_str(&format!("{id},{birth},{given_at},written,trial,{recipient},trial,,,\n"));
    }
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// Reads the patients of a delivery, each as its newest version has them.
async fn patients(house: &House, path: &Path, facility: FacilityCode) -> Result<BTreeMap<i64, Patient>> {
    let landing = house.work_dir("draft");
    let delivery = Delivery::at(path, facility, 1)?;
    let threads = house.config.resources.threads();
    let refs = house.patient_refs();
    let parsed = tokio::task::block_in_place(|| delivery.parse(&refs, threads, &landing, &|_| {}));
    let read = match parsed {
        Ok(parsed) => read_patients(house, parsed.identity_files()).await,
        Err(error) => Err(error.into()),
    };
    erase(&landing)?;
    read
}

async fn read_patients(house: &House, files: Vec<std::path::PathBuf>) -> Result<BTreeMap<i64, Patient>> {
    let lake = house.lake()?;
    let rows = lake.read_files(files, table_schema(SourceTable::Patient.columns()))?;
    let mut found: BTreeMap<i64, ((i64, i32, i64), Patient)> = BTreeMap::new();
    for batch in house.runner.collect(rows).await? {
        let named = |name: &str| batch.column_by_name(name).cloned().ok_or(Failure::Bug("columns of patients"));
        let (refs, versions, files) = (named("patient_ref")?, named("version")?, named("file")?);
        let (offsets, locals, births) = (named("offset")?, named("local_id")?, named("birth_date")?);
        let (refs, versions) = (refs.as_primitive::<Int64Type>(), versions.as_primitive::<Int64Type>());
        let files = files.as_primitive::<arrow::datatypes::Int32Type>();
        let offsets = offsets.as_primitive::<Int64Type>();
        let (locals, births) = (locals.as_string::<i32>(), births.as_primitive::<Date32Type>());
        for row in 0..batch.num_rows() {
            if locals.is_null(row) {
                continue;
            }
            let birth = births.is_valid(row).then(|| births.value_as_date(row)).flatten();
            let birth = birth.and_then(|day| day.to_string().parse().ok());
            let patient = Patient { local_id: Phi::new(locals.value(row).to_owned()), birth };
            let version = (versions.value(row), files.value(row), offsets.value(row));
            let newest = found.get(&refs.value(row)).is_none_or(|(known, _)| *known <= version);
            if newest {
                found.insert(refs.value(row), (version, patient));
            }
        }
    }
    Ok(found.into_iter().map(|(patient, (_, known))| (patient, known)).collect())
}
