//! A sink that collects, and the way to the corpus.

use std::{
    collections::BTreeMap,
    io::BufReader,
    path::{Path, PathBuf},
};

use arrow_array::{
    Array, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::DataType;
use kiban_core::{Finding, PatientRefs, tables::SourceTable};
use kiban_formats::{DeliveryState, FileName, Format, ReadContext, RowCounts, RowSink, arrow_schema, sniff};

/// One row as column name → text; nulls are left out.
pub(crate) type Cells = BTreeMap<String, String>;

#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) rows: BTreeMap<SourceTable, Vec<Cells>>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) counts: RowCounts,
}

impl RowSink for Collected {
    fn batch(&mut self, table: SourceTable, batch: RecordBatch) {
        assert_eq!(*batch.schema(), arrow_schema(table.columns()));
        assert!(batch.num_rows() > 0);
        let schema = batch.schema();
        let rows = self.rows.entry(table).or_default();
        for row in 0..batch.num_rows() {
            let cells = schema.fields().iter().zip(batch.columns()).filter(|(_, column)| !column.is_null(row));
            rows.push(cells.map(|(field, column)| (field.name().clone(), cell(column.as_ref(), row))).collect());
        }
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

fn cell(column: &dyn Array, row: usize) -> String {
    let any = column.as_any();
    match column.data_type() {
        DataType::Utf8 => any.downcast_ref::<StringArray>().unwrap().value(row).to_owned(),
        DataType::Int32 => any.downcast_ref::<Int32Array>().unwrap().value(row).to_string(),
        DataType::Int64 => any.downcast_ref::<Int64Array>().unwrap().value(row).to_string(),
        DataType::Float64 => any.downcast_ref::<Float64Array>().unwrap().value(row).to_string(),
        DataType::Date32 => any.downcast_ref::<Date32Array>().unwrap().value_as_date(row).unwrap().to_string(),
        DataType::Boolean => any.downcast_ref::<BooleanArray>().unwrap().value(row).to_string(),
        DataType::Timestamp(..) => {
            let array = any.downcast_ref::<TimestampMicrosecondArray>().unwrap();
            array.value_as_datetime(row).unwrap().to_string()
        }
        other => panic!("no text for {other}"),
    }
}

impl Collected {
    pub(crate) fn count(&self, table: SourceTable) -> usize {
        self.rows.get(&table).map_or(0, Vec::len)
    }

    /// Every table with rows, as `name count`, in the order of the tables.
    pub(crate) fn tables(&self) -> Vec<(&'static str, usize)> {
        self.rows.iter().map(|(table, rows)| (table.name(), rows.len())).collect()
    }

    /// Findings as `code field` → how many, with the rows they took.
    pub(crate) fn codes(&self) -> BTreeMap<String, (usize, u32)> {
        let mut codes = BTreeMap::new();
        for finding in &self.findings {
            let entry: &mut (usize, u32) = codes.entry(format!("{} {}", finding.code, finding.field)).or_default();
            entry.0 += 1;
            entry.1 += finding.rows_lost;
        }
        codes
    }

    /// Asserts that every record is accounted for.
    pub(crate) fn assert_balanced(&self) {
        let lost: u64 = self.findings.iter().map(|f| u64::from(f.rows_lost)).sum();
        assert!(self.counts.balances(), "{:?}", self.counts);
        assert_eq!(self.counts.records_refused + self.counts.records_unread, lost, "{:?}", self.findings);
        assert_eq!(self.counts.rows_out, self.rows.values().map(|rows| rows.len() as u64).sum::<u64>());
    }
}

pub(crate) const FACILITY: &str = "1318814790";

/// Runs with the context of a file.
pub(crate) fn context<T>(name: &str, file: u32, run: impl FnOnce(&ReadContext<'_>) -> T) -> T {
    let refs = PatientRefs::new([7; 32]);
    let (name, facility) = (FileName::new(name), FACILITY.parse().unwrap());
    run(&ReadContext { facility, delivery: 1, file, name, refs: &refs, batch_rows: 1000 })
}

/// Reads bytes as a file of one format, in chunks of `chunk` bytes.
pub(crate) fn read_into(
    out: &mut Collected,
    format: &dyn Format,
    (name, file): (&str, u32),
    bytes: &[u8],
    state: &DeliveryState,
    chunk: usize,
) {
    let mut input = BufReader::with_capacity(chunk, bytes);
    let counts = context(name, file, |ctx| format.read(ctx, &mut input, state, out).unwrap());
    out.counts.add(&counts);
}

/// Reads one file of one format.
pub(crate) fn read(format: &dyn Format, name: &str, bytes: &[u8]) -> Collected {
    let mut out = Collected::default();
    read_into(&mut out, format, (name, 0), bytes, &DeliveryState::default(), 1 << 16);
    out.assert_balanced();
    out
}

/// Reads a folder as the program does: paths in order, sniffed by content, indexed first.
pub(crate) fn read_folder(root: &Path) -> (Collected, Vec<String>) {
    let files = files_under(root);
    let (mut out, mut state, mut unknown) = (Collected::default(), DeliveryState::default(), Vec::new());
    for pass in ["index", "read"] {
        for (number, path) in files.iter().enumerate() {
            let bytes = std::fs::read(root.join(path)).unwrap();
            let head = &bytes[..bytes.len().min(1 << 16)];
            let known = sniff(head, &FileName::new(path));
            match known {
                Some((format, sniffed)) if pass == "index" && sniffed.needs_index => {
                    context(path, 0, |ctx| format.index(ctx, &mut &bytes[..], &mut state).unwrap());
                }
                Some((format, _)) if pass == "read" => {
                    read_into(&mut out, format, (path, u32::try_from(number).unwrap()), &bytes, &state, 1 << 16);
                }
                None if pass == "read" => unknown.push(path.clone()),
                _ => {}
            }
        }
    }
    out.assert_balanced();
    (out, unknown)
}

pub(crate) fn files_under(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    files.sort();
    files
}

/// Returns a folder of the corpus, or says that the test is skipped.
pub(crate) fn corpus(folder: &str) -> Option<PathBuf> {
    let beside = || Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/data");
    let root = std::env::var_os("KIBAN_CORPUS").map_or_else(beside, PathBuf::from);
    let path = root.join("formats").join(folder);
    if !path.exists() {
        eprintln!("skipped: {folder} is not in the corpus");
        return None;
    }
    Some(path)
}
