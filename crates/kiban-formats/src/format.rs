//! The trait every format implements, and what a reader is given and gives back.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, BufRead},
};

use arrow_array::RecordBatch;
use kiban_core::{DeliverySeq, FacilityCode, FileNo, Finding, PatientRefs, tables::SourceTable};
use rustc_hash::FxHashMap;

use crate::{fhir::Fhir, rows::Tables, ssmix2::Ssmix2, uke::Uke};

/// The path of a file relative to its delivery, `/`-separated. Hospitals write patient ids into paths, so it has no
/// `Display` and its `Debug` prints `…`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FileName<'a>(&'a str);

impl<'a> FileName<'a> {
    /// Wraps a relative path.
    pub const fn new(path: &'a str) -> Self {
        Self(path)
    }

    /// Returns the path for parsing; never print it.
    pub const fn reveal(&self) -> &'a str {
        self.0
    }

    /// Returns the last part of the path.
    pub(crate) fn leaf(&self) -> &'a str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Debug for FileName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileName(…)")
    }
}

/// What sniffing found out about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sniffed {
    /// The name of the format that reads it.
    pub format: &'static str,
    /// Whether [`Format::index`] must see the file before any file of the delivery is read.
    pub needs_index: bool,
}

/// What a reader knows beside the bytes.
#[derive(Debug, Clone, Copy)]
pub struct ReadContext<'a> {
    /// Who sent it.
    pub facility: FacilityCode,
    /// In which delivery.
    pub delivery: DeliverySeq,
    /// The file's number.
    pub file: FileNo,
    /// The file's path within the delivery.
    pub name: FileName<'a>,
    /// Makes patient references of local ids.
    pub refs: &'a PatientRefs,
    /// Rows per batch at which a table is handed on.
    pub batch_rows: usize,
}

/// What the first pass over a delivery learnt for the second: which resource is which patient.
#[derive(Default)]
pub struct DeliveryState {
    pub(crate) patients: FxHashMap<Box<str>, Option<Box<str>>>,
}

impl DeliveryState {
    /// Takes over what another worker learnt from other files of the same delivery; the order does not matter.
    pub fn merge(&mut self, other: Self) {
        for (key, local_id) in other.patients {
            self.learn(key, local_id);
        }
    }

    /// Remembers that `key` names a patient. A key that names two is remembered as doubtful and resolves to none.
    pub(crate) fn learn(&mut self, key: Box<str>, local_id: Option<Box<str>>) {
        self.patients
            .entry(key)
            .and_modify(|known| {
                if *known != local_id {
                    *known = None
                }
            })
            .or_insert(local_id);
    }

    /// Returns the local id that `key` stands for.
    pub(crate) fn local_id(&self, key: &str) -> Option<&str> {
        self.patients.get(key)?.as_deref()
    }
}

impl fmt::Debug for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeliveryState({} patients)", self.patients.len())
    }
}

/// Receives what a reader makes of a file.
pub trait RowSink {
    /// Takes rows of one table; the schema is [`arrow_schema`](crate::arrow_schema) of the table's columns.
    fn batch(&mut self, table: SourceTable, batch: RecordBatch);

    /// Takes a finding.
    fn finding(&mut self, finding: Finding);

    /// Lends tables left half full by the previous file, so that thousands of tiny files make few batches. A sink that
    /// implements this and [`keep`](Self::keep) calls [`Tables::flush`] after the last file.
    fn lend(&mut self) -> Option<Box<Tables>> {
        None
    }

    /// Takes the tables back at the end of a file. Unless overridden they are flushed into batches at once.
    #[expect(clippy::boxed_local, reason = "tables stay boxed on their way from file to file")]
    fn keep(&mut self, mut tables: Box<Tables>) {
        tables.flush(&mut |table, batch| self.batch(table, batch));
    }
}

/// What became of the records of one file: `seen = taken + refused + unread`, and
/// `refused + unread` is the sum of `rows_lost` over the file's findings.
///
/// What a record is, each [`Format`] says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Records met.
    pub records_seen: u64,
    /// Records understood; one may give no row, one row or many.
    pub records_taken: u64,
    /// Records that should have been understood and were not.
    pub records_refused: u64,
    /// Records of kinds that are not read yet.
    pub records_unread: u64,
    /// Rows written, all tables together.
    pub rows_out: u64,
    /// How often each repair rule or note was applied.
    pub repairs: BTreeMap<&'static str, u64>,
}

impl RowCounts {
    /// Adds the counts of another file.
    pub fn add(&mut self, other: &Self) {
        self.records_seen += other.records_seen;
        self.records_taken += other.records_taken;
        self.records_refused += other.records_refused;
        self.records_unread += other.records_unread;
        self.rows_out += other.rows_out;
        for (code, count) in &other.repairs {
            *self.repairs.entry(code).or_default() += count;
        }
    }

    /// Returns whether every record seen is accounted for.
    pub const fn balances(&self) -> bool {
        self.records_seen == self.records_taken + self.records_refused + self.records_unread
    }
}

/// One hospital format: bytes to rows.
pub trait Format: Sync {
    /// Returns the format's name, as in `source/<name>/<table>`.
    fn name(&self) -> &'static str;

    /// Says whether the file is of this format, by its first 64 KiB; the name is only a hint.
    fn sniff(&self, head: &[u8], name: &FileName<'_>) -> Option<Sniffed>;

    /// Learns from a file in the first pass over a delivery; called only where [`Sniffed::needs_index`].
    ///
    /// # Errors
    /// Only those of `input`.
    fn index(&self, ctx: &ReadContext<'_>, input: &mut dyn BufRead, state: &mut DeliveryState) -> io::Result<()>;

    /// Reads a file into rows and findings.
    ///
    /// # Errors
    /// Only those of `input`: bad data is a finding.
    fn read(
        &self,
        ctx: &ReadContext<'_>,
        input: &mut dyn BufRead,
        state: &DeliveryState,
        out: &mut dyn RowSink,
    ) -> io::Result<RowCounts>;
}

/// Every format, in the order in which they are asked.
pub const FORMATS: &[&dyn Format] = &[&Ssmix2, &Fhir, &Uke];

/// Returns the first format that knows the file.
pub fn sniff(head: &[u8], name: &FileName<'_>) -> Option<(&'static dyn Format, Sniffed)> {
    FORMATS.iter().find_map(|format| Some((*format, format.sniff(head, name)?)))
}
