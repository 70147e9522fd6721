//! Land: a delivery's files become rows, pass the gate at intake and become source tables.
//!
//! Parsing writes every row to the landing zone first, because a death found in the last file may deny rows of the
//! first; then the gate lets rows through to `source/<format>/<table>` and `vault/<table>`, and the landing zone is
//! erased. Rows that are held are counted by reason and kept nowhere (Act Art. 56).

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use arrow::{
    array::{Array, cast::AsArray},
    datatypes::{Date32Type, Int64Type},
    record_batch::RecordBatch,
};
use datafusion::prelude::col;
use jiff::{Timestamp, civil::Date};
use kiban_core::{
    DeliverySeq, FacilityCode, FileNo, Finding, PatientRef, PatientRefs, Place, Severity,
    tables::{SOURCE_TABLES, SourceTable},
};
use kiban_formats::{DeliveryState, FileName, Format, ReadContext, RowCounts, RowSink, Tables};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    Error, Result,
    flow::Flow,
    gate::{AllowList, Gate},
    lake::{Lake, Mode, PartWriter, TableId, WorkId, table_schema},
    runner::Runner,
};

/// Rows handed on at once.
const BATCH_ROWS: usize = 8192;
/// Bytes that sniffing looks at.
const HEAD_BYTES: usize = 64 * 1024;

/// A delivery as it lies before us.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Who sent it.
    pub facility: FacilityCode,
    /// Its number.
    pub seq: DeliverySeq,
    /// Its files, in the order of their relative paths; a file's place here is its number.
    pub files: Vec<DeliveredFile>,
}

/// One file of a delivery.
#[derive(Clone)]
pub struct DeliveredFile {
    path: PathBuf,
    relative: String,
}

impl std::fmt::Debug for DeliveredFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeliveredFile(…)")
    }
}

/// What is kept of a delivered file, beside its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its number.
    pub file: FileNo,
    /// The format that read it, if any knew it.
    pub format: Option<String>,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// What parsing made of a delivery.
#[derive(Debug)]
pub struct Parsed {
    /// The delivery's files.
    pub files: Vec<FileRecord>,
    /// What was wrong, sorted by place.
    pub findings: Vec<Finding>,
    /// What became of the records.
    pub counts: RowCounts,
    /// Deaths that the records speak of, by patient, the earliest first.
    pub deaths: Vec<(PatientRef, Date)>,
    folder: PathBuf,
    parts: BTreeMap<(&'static str, SourceTable), Vec<PathBuf>>,
}

impl Parsed {
    /// Returns the SHA-256 over the files' own, by which a replayed delivery is known.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for file in &self.files {
            hash.update(file.sha256);
        }
        hash.finalize().into()
    }

    /// Returns the bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Returns the share of records that were refused.
    pub fn refused_share(&self) -> f64 {
        let (refused, seen) = (self.counts.records_refused, self.counts.records_seen.max(1));
        #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 52 bits")]
        {
            refused as f64 / seen as f64
        }
    }

    /// Returns the parsed identity rows' files, for a helper that drafts notices in trials.
    pub fn identity_files(&self) -> Vec<PathBuf> {
        let of_patients = self.parts.iter().filter(|((_, table), _)| *table == SourceTable::Patient);
        of_patients.flat_map(|(_, files)| files.clone()).collect()
    }
}

impl Delivery {
    /// Lists the files below `path` (or the one file that it is), in the order of their relative paths.
    ///
    /// # Errors
    /// Fails where a folder cannot be listed, or nothing is there.
    pub fn at(path: &Path, facility: FacilityCode, seq: DeliverySeq) -> Result<Self> {
        if !path.exists() {
            return Err(Error::Missing(format!("there is nothing at {}", path.display())));
        }
        let mut files = Vec::new();
        if path.is_file() {
            let relative = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            files.push(DeliveredFile { path: path.to_owned(), relative });
        } else {
            list(path, "", &mut files)?;
        }
        files.sort_unstable_by(|a, b| a.relative.cmp(&b.relative));
        Ok(Self { facility, seq, files })
    }

    /// Reads every file into the landing folder, on `threads` threads; `tick` is told of files done.
    ///
    /// # Errors
    /// Fails where a file cannot be read or written, or two local ids share a reference.
    pub fn parse(
        &self,
        refs: &PatientRefs,
        threads: usize,
        landing: &Path,
        tick: &(dyn Fn(usize) + Sync),
    ) -> Result<Parsed> {
        if landing.exists() {
            std::fs::remove_dir_all(landing).map_err(Error::io("clear", landing))?;
        }
        std::fs::create_dir_all(landing).map_err(Error::io("create", landing))?;
        let sniffed = self.on_threads(threads, |worker| self.sniff(worker, threads, refs))?;
        let mut state = DeliveryState::default();
        let mut formats = vec![None; self.files.len()];
        for (learnt, known) in sniffed {
            state.merge(learnt);
            for (file, format) in known {
                if let Some(slot) = formats.get_mut(file) {
                    *slot = Some(format);
                }
            }
        }
        let next = AtomicUsize::new(0);
        let read = |worker| self.read(worker, &next, &formats, refs, &state, landing, tick);
        let workers = self.on_threads(threads, read)?;
        self.gather(workers, landing)
    }

    fn on_threads<T: Send>(&self, threads: usize, work: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
        let threads = threads.clamp(1, self.files.len().max(1));
        std::thread::scope(|scope| {
            let work = &work;
            let running: Vec<_> = (0..threads).map(|worker| scope.spawn(move || work(worker))).collect();
            let lost = || Error::Bug("a reading thread ended early".to_owned());
            running.into_iter().map(|thread| thread.join().map_err(|_| lost())?).collect()
        })
    }

    fn context<'a>(&'a self, number: usize, file: &'a DeliveredFile, refs: &'a PatientRefs) -> ReadContext<'a> {
        ReadContext {
            facility: self.facility,
            delivery: self.seq,
            file: FileNo::try_from(number).unwrap_or(FileNo::MAX),
            name: FileName::new(&file.relative),
            refs,
            batch_rows: BATCH_ROWS,
        }
    }

    /// Learns which format reads which file, and from indexed files which resource is which patient.
    fn sniff(&self, worker: usize, of: usize, refs: &PatientRefs) -> Result<(DeliveryState, Vec<KnownFile>)> {
        let mut state = DeliveryState::default();
        let mut known = Vec::new();
        for (number, file) in self.files.iter().enumerate().skip(worker).step_by(of) {
            let mut input = open(&file.path)?;
            let head = input.fill_buf().map_err(Error::io("read", &file.path))?;
            let Some((format, sniffed)) = kiban_formats::sniff(head, &FileName::new(&file.relative)) else { continue };
            if sniffed.needs_index {
                let context = self.context(number, file, refs);
                format.index(&context, &mut input, &mut state).map_err(Error::io("read", &file.path))?;
            }
            known.push((number, format));
        }
        Ok((state, known))
    }

    #[expect(clippy::too_many_arguments, reason = "the closure above binds them all")]
    fn read(
        &self,
        worker: usize,
        next: &AtomicUsize,
        formats: &[Option<&'static dyn Format>],
        refs: &PatientRefs,
        state: &DeliveryState,
        landing: &Path,
        tick: &(dyn Fn(usize) + Sync),
    ) -> Result<Worker> {
        let mut done = Worker::new(worker, landing);
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = self.files.get(number) else { break };
            let context = self.context(number, file, refs);
            let format = formats.get(number).copied().flatten();
            done.read(&context, file, format, state)?;
            tick(1);
        }
        done.end()
    }

    fn gather(&self, workers: Vec<Worker>, landing: &Path) -> Result<Parsed> {
        let mut parsed = Parsed {
            files: Vec::new(),
            findings: Vec::new(),
            counts: RowCounts::default(),
            deaths: Vec::new(),
            folder: landing.to_owned(),
            parts: BTreeMap::new(),
        };
        let mut locals: FxHashMap<PatientRef, String> = FxHashMap::default();
        let mut deaths: BTreeMap<PatientRef, Date> = BTreeMap::new();
        for worker in workers {
            parsed.files.extend(worker.files);
            parsed.findings.extend(worker.findings);
            parsed.counts.add(&worker.counts);
            for (key, path) in worker.finished {
                parsed.parts.entry(key).or_default().push(path);
            }
            for (patient, on) in worker.deaths {
                deaths.entry(patient).and_modify(|known| *known = on.min(*known)).or_insert(on);
            }
            for (patient, local) in worker.locals {
                let first = locals.entry(patient).or_insert_with(|| local.clone());
                if *first != local {
                    return Err(Error::ReferenceClash { facility: self.facility, patient });
                }
            }
        }
        parsed.files.sort_unstable_by_key(|file| file.file);
        parsed.findings.sort_unstable_by(|a, b| (a.place, &a.code, &a.field).cmp(&(b.place, &b.code, &b.field)));
        parsed.deaths = deaths.into_iter().collect();
        if parsed.counts.balances() { Ok(parsed) } else { Err(Error::Bug("records read do not add up".to_owned())) }
    }
}

type KnownFile = (usize, &'static dyn Format);

fn list(folder: &Path, prefix: &str, files: &mut Vec<DeliveredFile>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let entry = entry.map_err(Error::io("list", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let relative = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let kind = entry.file_type().map_err(Error::io("list", folder))?;
        if kind.is_dir() {
            list(&entry.path(), &relative, files)?;
        } else if kind.is_file() {
            files.push(DeliveredFile { path: entry.path(), relative });
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<BufReader<File>> {
    Ok(BufReader::with_capacity(HEAD_BYTES, File::open(path).map_err(Error::io("open", path))?))
}

/// Passes bytes through, hashing and counting them.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(into)?;
        if let Some(done) = into.get(..read) {
            self.hash.update(done);
        }
        self.bytes += u64::try_from(read).unwrap_or_default();
        Ok(read)
    }
}

/// What one thread has read: open parts by table, and what else it saw.
struct Worker {
    number: usize,
    landing: PathBuf,
    format: &'static str,
    tables: BTreeMap<&'static str, Box<Tables>>,
    open: BTreeMap<(&'static str, SourceTable), PartWriter>,
    finished: BTreeMap<(&'static str, SourceTable), PathBuf>,
    failed: Option<Error>,
    files: Vec<FileRecord>,
    findings: Vec<Finding>,
    counts: RowCounts,
    deaths: Vec<(PatientRef, Date)>,
    locals: FxHashMap<PatientRef, String>,
}

impl Worker {
    fn new(number: usize, landing: &Path) -> Self {
        Self {
            number,
            landing: landing.to_owned(),
            format: "",
            tables: BTreeMap::new(),
            open: BTreeMap::new(),
            finished: BTreeMap::new(),
            failed: None,
            files: Vec::new(),
            findings: Vec::new(),
            counts: RowCounts::default(),
            deaths: Vec::new(),
            locals: FxHashMap::default(),
        }
    }

    fn read(
        &mut self,
        context: &ReadContext<'_>,
        file: &DeliveredFile,
        format: Option<&'static dyn Format>,
        state: &DeliveryState,
    ) -> Result<()> {
        let opened = File::open(&file.path).map_err(Error::io("open", &file.path))?;
        let hashing = Hashing { inner: opened, hash: Sha256::new(), bytes: 0 };
        let mut input = BufReader::with_capacity(HEAD_BYTES, hashing);
        if let Some(format) = format {
            self.format = format.name();
            let counts = format.read(context, &mut input, state, self).map_err(Error::io("read", &file.path))?;
            self.counts.add(&counts);
        } else {
            self.findings.push(unknown_file(context));
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        std::io::copy(&mut input, &mut std::io::sink()).map_err(Error::io("read", &file.path))?;
        let Hashing { hash, bytes, .. } = input.into_inner();
        let format = format.map(|f| f.name().to_owned());
        self.files.push(FileRecord { file: context.file, format, bytes, sha256: hash.finalize().into() });
        Ok(())
    }

    fn end(mut self) -> Result<Self> {
        for (format, mut tables) in std::mem::take(&mut self.tables) {
            self.format = format;
            tables.flush(&mut |table, batch| self.batch(table, batch));
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        for (key, part) in std::mem::take(&mut self.open) {
            let path = self.part(key);
            part.finish()?;
            self.finished.insert(key, path);
        }
        Ok(self)
    }

    fn part(&self, (format, table): (&'static str, SourceTable)) -> PathBuf {
        self.landing.join(format).join(format!("{}-{}.parquet", table.name(), self.number))
    }

    fn take(&mut self, table: SourceTable, batch: &RecordBatch) -> Result<()> {
        match table {
            SourceTable::Patient => self.note_locals(batch),
            SourceTable::Death => self.note_deaths(batch),
            _ => {}
        }
        let key = (self.format, table);
        if !self.open.contains_key(&key) {
            let part = PartWriter::create(&self.part(key), table_schema(table.columns()))?;
            self.open.insert(key, part);
        }
        self.open.get_mut(&key).map_or(Ok(()), |part| part.write(batch))
    }

    fn note_locals(&mut self, batch: &RecordBatch) {
        let (Some(patients), Some(locals)) = (batch.column_by_name("patient_ref"), batch.column_by_name("local_id"))
        else {
            return;
        };
        let (patients, locals) = (patients.as_primitive::<Int64Type>(), locals.as_string::<i32>());
        for (patient, local) in patients.iter().zip(locals.iter()) {
            if let (Some(patient), Some(local)) = (patient.and_then(|p| PatientRef::new(p).ok()), local) {
                self.locals.entry(patient).or_insert_with(|| local.trim().to_owned());
            }
        }
    }

    fn note_deaths(&mut self, batch: &RecordBatch) {
        let columns = ["patient_ref", "death_date", "deleted"].map(|name| batch.column_by_name(name));
        let [Some(patients), Some(days), Some(deleted)] = columns else { return };
        let (patients, days) = (patients.as_primitive::<Int64Type>(), days.as_primitive::<Date32Type>());
        let deleted = deleted.as_boolean();
        for row in 0..batch.num_rows() {
            if days.is_null(row) || deleted.value(row) {
                continue;
            }
            let day = day_of(days.value(row));
            if let (Ok(patient), Some(day)) = (PatientRef::new(patients.value(row)), day) {
                self.deaths.push((patient, day));
            }
        }
    }
}

impl RowSink for Worker {
    fn batch(&mut self, table: SourceTable, batch: RecordBatch) {
        if self.failed.is_none() {
            self.failed = self.take(table, &batch).err();
        }
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn lend(&mut self) -> Option<Box<Tables>> {
        self.tables.remove(self.format)
    }

    fn keep(&mut self, tables: Box<Tables>) {
        self.tables.insert(self.format, tables);
    }
}

/// Returns the calendar day of an Arrow date.
pub(crate) fn day_of(days: i32) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

fn unknown_file(context: &ReadContext<'_>) -> Finding {
    Finding {
        facility: context.facility,
        delivery: context.delivery,
        place: Place { file: context.file, offset: 0, line: 0 },
        code: "file.unknown".to_owned(),
        field: String::new(),
        severity: Severity::Warning,
        rows_lost: 0,
    }
}

/// What intake committed.
#[derive(Debug, Clone, Default)]
pub struct Landing {
    /// The account of rows, a line per table and format.
    pub flows: Vec<Flow>,
    /// The versions committed, by table.
    pub versions: BTreeMap<String, u64>,
}

/// Lets the parsed rows through the gate into the source tables and the vault, then erases the landing folder.
///
/// Doing it again after an interruption commits what is missing and nothing twice.
///
/// # Errors
/// Fails, without committing the table at hand, where the two roads of the gate disagree or rows do not add up.
pub async fn admit(
    lake: &Lake,
    runner: &dyn Runner,
    delivery: &Delivery,
    parsed: &Parsed,
    list: &AllowList,
    now: Timestamp,
) -> Result<Landing> {
    let gate = Gate::open(lake, list, &parsed.folder, now)?;
    let mut landing = Landing::default();
    for table in SOURCE_TABLES {
        for ((format, _), parts) in parsed.parts.iter().filter(|((_, of), _)| of == table) {
            let schema = table_schema(table.columns());
            let rows = lake.read_files(parts.clone(), schema.clone())?;
            let (passed, held) = gate.count(rows.clone(), table.data_item()).await?;
            let target = source_table(format, *table);
            let work = WorkId {
                name: format!("intake/{}/{format}/{}", delivery.facility, table.name()),
                number: i64::from(delivery.seq),
            };
            if !lake.is_committed(&target, &work).await? {
                let order = ["file", "offset", "record_key"].map(|name| col(name).sort(true, false)).to_vec();
                let admitted = gate.pass(rows, table.data_item())?.sort(order)?;
                let stem = format!("{}-{:06}-{format}", delivery.facility, delivery.seq);
                let manifest = runner.write(admitted, schema.clone(), &lake.folder(&target), &stem).await?;
                if manifest.rows() != passed {
                    let (table, plan) = (target.to_string(), manifest.rows());
                    return Err(Error::GateDisagrees { table, plan, oracle: passed });
                }
                lake.commit(&target, &schema, Mode::Append, &manifest, &work, now).await?;
            }
            let flow = Flow {
                facility: Some(delivery.facility),
                stage: "intake".to_owned(),
                table: table.name().to_owned(),
                rows_in: passed + held.values().sum::<u64>(),
                rows_out: passed,
                held,
                lost: 0,
            };
            landing.flows.push(flow.balanced("intake")?);
            let version = lake.version(&target).await?.unwrap_or_default();
            landing.versions.insert(target.to_string(), version);
        }
    }
    std::fs::remove_dir_all(&parsed.folder).map_err(Error::io("erase", &parsed.folder))?;
    Ok(landing)
}

/// Returns where rows of a source table of a format go.
pub fn source_table(format: &str, table: SourceTable) -> TableId {
    if table.is_identity() {
        TableId::new("vault", table.name())
    } else {
        TableId::new(&format!("source/{format}"), table.name())
    }
}
