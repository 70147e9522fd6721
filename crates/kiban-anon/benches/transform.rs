//! Microaggregation of 30,000 persons by three columns, and local suppression of ARX's adult table by all nine.
//!
//! The table is that of `shared/data` (or `KIBAN_CORPUS`); without it drawn rows stand in.

use std::{fs, path::PathBuf, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, StringArray};
use kiban_anon::transform::{
    Average, Empty, LocalSuppression, Microaggregation, Noise, Records, Transformation, apply_transformations,
};
use kiban_core::keyed_u64;

fn main() {
    divan::main();
}

/// A number that is the sum of four dice.
fn bell(row: u32, column: u8) -> f64 {
    let dice = keyed_u64(b"bench", &[&row.to_be_bytes(), &[column]]);
    (0..4).map(|die| ((dice >> (die * 16)) & 0xffff) as f64).sum()
}

fn run(bencher: divan::Bencher<'_, '_>, names: &[&str], columns: &[ArrayRef], step: &Transformation) {
    let columns = columns.get(..names.len()).unwrap_or(columns);
    let ids: Vec<u64> = (0_u64..).take(columns.first().map_or(0, |c| c.len())).collect();
    let records = Records { names, columns, ids: &ids, classes: None, hierarchies: &[] };
    let steps = [(names.first().copied().unwrap_or_default(), step.clone())];
    bencher.bench(|| apply_transformations(&records, &steps, b"key"));
}

fn numbers(rows: u32) -> Vec<ArrayRef> {
    let column = |c| Arc::new(Float64Array::from_iter_values((0..rows).map(|row| bell(row, c)))) as ArrayRef;
    (0..3).map(column).collect()
}

/// MDAV of three columns.
#[divan::bench(args = [30_000, 300_000], sample_count = 5, sample_size = 1)]
fn mdav_k5(bencher: divan::Bencher<'_, '_>, rows: u32) {
    let with = vec!["b".to_owned(), "c".to_owned()];
    let how = Microaggregation { k: 5, with, aggregate: Average::Mean, ordinal: vec![], within: vec![] };
    run(bencher, &["a", "b", "c"], &numbers(rows), &Transformation::Microaggregation(how));
}

/// The optimal partition of one column.
#[divan::bench(args = [30_000, 300_000], sample_count = 5, sample_size = 1)]
fn optimal_k5(bencher: divan::Bencher<'_, '_>, rows: u32) {
    let how = Microaggregation { k: 5, with: vec![], aggregate: Average::Mean, ordinal: vec![], within: vec![] };
    run(bencher, &["a"], &numbers(rows), &Transformation::Microaggregation(how));
}

/// Exact noise, a stream of chance per row.
#[divan::bench(args = [30_000], sample_count = 5, sample_size = 1)]
fn discrete_laplace(bencher: divan::Bencher<'_, '_>, rows: u32) {
    let how = Noise::DiscreteLaplace { epsilon: 1.0, sensitivity: 10.0, grid: 1.0, range: None };
    run(bencher, &["a"], &numbers(rows), &Transformation::Noise(how));
}

fn adult() -> (Vec<String>, Vec<ArrayRef>) {
    let shared = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("KIBAN_CORPUS").map_or(shared, PathBuf::from);
    let drawn = |row: u32| (0..9).map(|c| format!("{}", bell(row, c) as u32 >> 15)).collect::<Vec<_>>().join(";");
    let text = fs::read_to_string(folder.join("anon/arx_adult/adult.csv"))
        .unwrap_or_else(|_| (0..30_163).map(drawn).collect::<Vec<_>>().join("\n"));
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(';').collect()).collect();
    let names: Vec<String> = (0..9).map(|c| format!("column {c}")).collect();
    let column = |c: usize| rows.iter().skip(1).map(|row| row.get(c).copied()).collect::<StringArray>();
    (names, (0..9).map(|c| Arc::new(column(c)) as ArrayRef).collect())
}

/// sdcMicro's `kAnon` did not finish this in 480 s.
#[divan::bench(args = ["own_value", "wildcard"], sample_count = 3, sample_size = 1)]
fn adult_local_suppression_k5(bencher: divan::Bencher<'_, '_>, empty: &str) {
    let (names, columns) = adult();
    let empty = if empty == "wildcard" { Empty::Wildcard } else { Empty::OwnValue };
    let with = names.iter().skip(1).cloned().collect();
    let how = LocalSuppression { k: 5, with, weights: vec![], empty };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    run(bencher, &names, &columns, &Transformation::LocalSuppression(how));
}
