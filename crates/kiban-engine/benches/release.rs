//! How long gating and anonymising take at size, and how much memory.
//!
//! `cargo bench -p kiban-engine --bench release -- 1000000 100 2048` makes a lake of so many persons with so many events
//! each, which is not timed, gives plans so many MiB, and prints the seconds and the peak memory of each stage.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss)]

use std::{fs, path::Path, sync::Arc, time::Instant};

use arrow::{
    array::{ArrayRef, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, new_null_array},
    datatypes::{DataType, SchemaRef},
};
use jiff::Timestamp;
use kiban_core::{
    Birth, DataItem, Facility, FacilityCode, FacilityFacts, FacilityKind, Filing, LegalRules, Moment, Notice,
    NoticeMethod, PatientFacts, PatientRef, Recipient, SeededEntropy, Track,
    tables::{CDM_TABLES, CdmTable},
};
use kiban_engine::{
    AllowList, Embedded, GateTime, Lake, Mode, Resources, Runner, TableId, WorkId,
    release::{earlier::Earlier, spec::ReleaseSpec},
    session,
    stages::{
        anonymise::{Workshop, anonymise},
        cdm::{cdm_schema, cdm_table, person_map, person_map_schema},
        gate::gate,
        standardise::{standard_schema, standard_table},
    },
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rows made before they are written.
const CHUNK: u64 = 1 << 20;
/// Rows of a batch.
const BATCH: u64 = 8192;
/// First and last day of care, as days since 1970.
const DAYS: (i32, i32) = (18_718, 20_543);

const SPEC: &str = r#"
    name = "at-size"
    project = "at-size"
    title = "At size"
    recipient = "Nobody"
    purpose = "Measuring"
    window = { from = "2021-04-01", to = "2026-03-31" }
    [[table]]
    name = "visit_occurrence"
    columns = ["visit_start_date", "visit_end_date", "visit_source_value"]
    [[table]]
    name = "condition_occurrence"
    columns = ["condition_start_date", "condition_source_value", "condition_concept_id"]
    [[table]]
    name = "drug_exposure"
    columns = ["drug_exposure_start_date", "drug_exposure_end_date", "drug_source_value", "quantity"]
    [[table]]
    name = "measurement"
    columns = ["measurement_date", "measurement_source_value", "value_as_number", "unit_source_value"]
"#;

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let mut number = |usual: u64| args.next().map_or(usual, |arg| arg.parse().unwrap());
    let size = Size { persons: number(10_000), events: number(100), memory: number(2048) << 20 };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(measure(&size));
}

struct Size {
    persons: u64,
    /// Events of each person: a tenth visits, the rest diagnoses, drugs and measurements in equal parts.
    events: u64,
    /// Bytes that plans may use.
    memory: u64,
}

async fn measure(size: &Size) {
    let dir = tempfile::tempdir().unwrap();
    let (gated, scratch, output, spill_dir) =
        (dir.path().join("gated"), dir.path().join("scratch"), dir.path().join("data"), dir.path().join("spill"));
    [&gated, &scratch, &output, &spill_dir].into_iter().for_each(|folder| fs::create_dir_all(folder).unwrap());
    let resources = Resources { memory_bytes: usize::try_from(size.memory).unwrap(), threads: 2, spill_dir };
    let lake = Lake::new(dir.path().join("lake"), session(&resources).unwrap());
    let made = Instant::now();
    fill(&lake, dir.path(), size).await;
    let list = allow_list(size);
    println!("{} persons, {} events, made in {:.0} s", size.persons, size.persons * size.events, secs(made));
    let spec = ReleaseSpec::parse(SPEC).unwrap();
    let (files, _) = {
        let _watch = Watch::start("gate");
        gate(&lake, &Embedded, &spec, &list, &gated, now()).await.unwrap()
    };
    drop(list);
    let (earlier, marks_key) = (&Earlier::none([7; 32]), &[9; 32]);
    let shop = Workshop { lake: &lake, runner: &Embedded, scratch: &scratch, output: &output, earlier, marks_key };
    let made = {
        let _watch = Watch::start("anonymise");
        anonymise(shop, &spec, &files, &SeededEntropy(42)).await.unwrap()
    };
    let rows: u64 = made.files.tables().values().map(kiban_engine::Manifest::rows).sum();
    println!("{} persons and {rows} rows released", made.measured.released);
}

/// Prints what a stage took when it ends.
struct Watch {
    stage: &'static str,
    since: Instant,
}

impl Watch {
    fn start(stage: &'static str) -> Self {
        // Linux: forgets the peak so far.
        fs::write("/proc/self/clear_refs", "5").unwrap();
        Self { stage, since: Instant::now() }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        println!("{:<10} {:>8.1} s {:>6} MiB", self.stage, secs(self.since), peak / 1024);
    }
}

fn secs(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}

fn now() -> Timestamp {
    "2026-04-01T09:00:00+09:00".parse().unwrap()
}

fn facility() -> FacilityCode {
    "1319900010".parse().unwrap()
}

fn patient(person: u64) -> PatientRef {
    PatientRef::from_bits((person + 1) << 8)
}

/// A number that looks drawn by chance and is the same every time.
fn chance(what: u64, number: u64) -> u64 {
    let mut x = (number ^ what.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Draws one of `n`, small numbers far more often than large ones.
fn skewed(what: u64, number: u64, n: u64) -> u64 {
    let share = (chance(what, number) >> 11) as f64 / (1_u64 << 53) as f64;
    ((n as f64).powf(share) as u64 - 1).min(n - 1)
}

fn one_of(words: &[&str], chance: u64) -> String {
    (*words.get(usize::try_from(chance % words.len() as u64).unwrap()).unwrap()).to_owned()
}

fn allow_list(size: &Size) -> AllowList {
    let recorded_at = "2024-01-01T00:00:00Z".parse().unwrap();
    let terms = FacilityFacts {
        facility: vec![Facility {
            code: facility(),
            name: "大病院".to_owned(),
            kind: FacilityKind::Hospital,
            supply_from: "2024-04-01".parse().unwrap(),
            supply_to: None,
            waiting_days: None,
            recorded_at,
        }],
        filings: vec![Filing {
            facility: facility(),
            track: Track::Anonymised,
            number: "1".to_owned(),
            effective_from: "2024-04-01".parse().unwrap(),
            effective_to: None,
            items: DataItem::ALL.to_vec(),
            notice_versions: Vec::new(),
            recorded_at,
        }],
    };
    let facts = PatientFacts {
        births: vec![Birth { on: "1960-05-05".parse().unwrap(), recorded_at }],
        notices: vec![Notice {
            track: Track::Anonymised,
            given_at: "2024-06-01T10:00:00+09:00".parse().unwrap(),
            method: NoticeMethod::Written,
            template_version: "v1".to_owned(),
            recipient: Recipient::Person,
            staff: "s1".to_owned(),
            recorded_at,
        }],
        ..PatientFacts::default()
    };
    let mut list = AllowList::new(GateTime { track: Track::Anonymised, moment: Moment::at(now()) });
    let rules = LegalRules::japan().unwrap();
    for person in 0..size.persons {
        list.add(facility(), &terms, &[(patient(person), facts.clone())], &rules);
    }
    list
}

async fn fill(lake: &Lake, folder: &Path, size: &Size) {
    let person = table("person");
    let store = Store { lake, folder };
    store.rows(&standard_table("person"), standard_schema(person), size.persons, 1).await;
    store.rows(&person_map(), person_map_schema(), size.persons, 1).await;
    let visits = size.events / 10;
    let others = (size.events - visits) / 3;
    store.events("visit_occurrence", size.persons, visits).await;
    for name in ["condition_occurrence", "drug_exposure", "measurement"] {
        store.events(name, size.persons, others).await;
    }
}

fn table(name: &str) -> &'static CdmTable {
    CDM_TABLES.iter().find(|table| table.name == name).unwrap()
}

struct Store<'a> {
    lake: &'a Lake,
    folder: &'a Path,
}

impl Store<'_> {
    async fn events(&self, name: &str, persons: u64, each: u64) {
        self.rows(&cdm_table(name), cdm_schema(table(name)), persons * each, each).await;
    }

    async fn rows(&self, table: &TableId, schema: SchemaRef, rows: u64, each: u64) {
        let folder = self.lake.folder(table);
        for (number, from) in (0_i64..).zip((0..rows).step_by(usize::try_from(CHUNK).unwrap())) {
            let to = (from + CHUNK).min(rows);
            let batches: Vec<RecordBatch> = (from..to)
                .step_by(usize::try_from(BATCH).unwrap())
                .map(|at| batch(table, &schema, at..(at + BATCH).min(to), each))
                .collect();
            let frame = self.lake.context().read_batches(batches).unwrap();
            let stem = format!("part-{number:04}");
            let manifest = Embedded.write(frame, schema.clone(), &folder, &stem).await.unwrap();
            let work = WorkId { name: table.as_str().to_owned(), number };
            self.lake.commit(table, &schema, Mode::Append, &manifest, &work, now()).await.unwrap();
        }
        assert!(folder.starts_with(self.folder));
    }
}

fn batch(table: &TableId, schema: &SchemaRef, rows: std::ops::Range<u64>, each: u64) -> RecordBatch {
    let columns = schema
        .fields()
        .iter()
        .map(|field| column(table.as_str(), field.name(), field.data_type(), &rows, each, field.is_nullable()));
    RecordBatch::try_new(schema.clone(), columns.collect()).unwrap()
}

fn column(
    table: &str,
    name: &str,
    kind: &DataType,
    rows: &std::ops::Range<u64>,
    each: u64,
    may_miss: bool,
) -> ArrayRef {
    let person = |row: u64| row / each;
    let long = |value: &dyn Fn(u64) -> i64| Arc::new(Int64Array::from_iter_values(rows.clone().map(value))) as ArrayRef;
    let text =
        |value: &dyn Fn(u64) -> String| Arc::new(StringArray::from_iter_values(rows.clone().map(value))) as ArrayRef;
    let visit = |row: u64| i64::try_from(person(row) * 10 + chance(1, row) % 10 + 1).unwrap();
    match (name, kind) {
        ("person_id", _) => long(&|row| i64::try_from(person(row) + 1).unwrap()),
        ("patient_ref" | "map_patient", _) => long(&|row| patient(person(row)).get()),
        ("facility" | "map_facility", _) => text(&|_| facility().to_string()),
        ("record_key", DataType::Utf8) => text(&|row| row.to_string()),
        ("visit_occurrence_id", _) if !table.ends_with("visit_occurrence") => long(&visit),
        ("year_of_birth", _) => long(&|row| 1940 + i64::try_from(chance(2, row) % 70).unwrap()),
        ("gender_source_value", _) => text(&|row| one_of(&["M", "F"], chance(3, row))),
        ("state", _) => text(&|row| one_of(&["東京都", "大阪府", "北海道"], chance(4, row))),
        ("visit_source_value", _) => {
            text(&|row| one_of(&["I", "O", "O", "O", "O", "O", "O", "O", "O"], chance(5, row)))
        }
        ("condition_source_value", _) => text(&|row| {
            let code = skewed(6, row, 4_000);
            format!("{}{:02}.{}", char::from(b'A' + u8::try_from(code / 10 % 26).unwrap()), code / 260 % 100, code % 10)
        }),
        ("drug_source_value", _) => text(&|row| format!("{:07}F{:04}", 1_000_000 + skewed(7, row, 3_000) * 37, 1010)),
        ("measurement_source_value", _) => text(&|row| format!("3A{:03}", skewed(8, row, 600))),
        ("unit_source_value", _) => text(&|_| "mg/dL".to_owned()),
        ("source_system", _) if table.ends_with("condition_occurrence") => text(&|_| "I10".to_owned()),
        ("source_system", _) => text(&|_| "YJ".to_owned()),
        ("value_as_number", _) => {
            Arc::new(Float64Array::from_iter_values(rows.clone().map(|row| (chance(9, row) % 3_000) as f64 / 10.0)))
        }
        ("quantity", _) => {
            Arc::new(Float64Array::from_iter_values(rows.clone().map(|row| (chance(10, row) % 90) as f64)))
        }
        (_, DataType::Date32) if !name.contains("verbatim") => {
            let day = |row| DAYS.0 + i32::try_from(chance(11, row) % u64::try_from(DAYS.1 - DAYS.0).unwrap()).unwrap();
            Arc::new(Date32Array::from_iter_values(rows.clone().map(day)))
        }
        (name, DataType::Int64) if table.ends_with(name.trim_end_matches("_id")) || name == "offset" => {
            long(&|row| i64::try_from(row + 1).unwrap())
        }
        (_, kind) if may_miss => new_null_array(kind, usize::try_from(rows.end - rows.start).unwrap()),
        (_, DataType::Int64) => long(&|_| 0),
        (_, DataType::Int32) => Arc::new(Int32Array::from_iter_values(rows.clone().map(|_| 1))),
        (_, DataType::Utf8) => text(&|_| String::new()),
        (_, DataType::Boolean) => Arc::new(rows.clone().map(|_| Some(false)).collect::<arrow::array::BooleanArray>()),
        (_, kind) => unreachable!("{name}: {kind} must be filled"),
    }
}
