//! Finds the real files, where they are at hand.

use std::{fs::File, path::PathBuf};

use arrow_array::{ArrayRef, RecordBatch};
use parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder};

/// Returns a file of the corpus, or says that its test is skipped.
pub(crate) fn file(path: &str) -> Option<PathBuf> {
    let shared = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/data");
    let found = std::env::var_os("KIBAN_CORPUS").map_or(shared, PathBuf::from).join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!("skipped: {path} is not at hand (set KIBAN_CORPUS)");
    None
}

pub(crate) fn cells(text: &str, separator: char) -> Vec<Vec<String>> {
    let row = |line: &str| line.split(separator).map(|c| c.trim_matches('"').to_owned()).collect();
    text.lines().filter(|l| !l.is_empty()).map(row).collect()
}

/// Returns columns of a table of OMOP GiBleed.
pub(crate) fn gibleed(table: &str, names: &[&str]) -> Option<Vec<ArrayRef>> {
    let path = file(&format!("anon/omop_eunomia_gibleed/{table}.parquet"))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let mask = ProjectionMask::columns(reader.parquet_schema(), names.iter().copied());
    let reader = reader.with_projection(mask).with_batch_size(1 << 20).build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    let [batch] = batches.as_slice() else { panic!("{} batches", batches.len()) };
    Some(names.iter().map(|name| batch.column_by_name(name).unwrap().clone()).collect())
}
