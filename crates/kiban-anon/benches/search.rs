//! The searches that ARX was measured with (`anonymisation.md` §9), and its 1.2-million-row case on drawn rows.
//!
//! The files are those of `shared/data` (or `KIBAN_CORPUS`); without them the benches that need them measure nothing.
//! Reading and folding are not in the figures.

use std::{fs, num::NonZeroUsize, path::PathBuf};

use arrow_array::{StringArray, UInt32Array};
use kiban_anon::{
    Budget, Distance, Folded, Hierarchy, Model, Policy, QuasiIdentifier, Strategy, recode_locally, search,
    search_within,
};
use kiban_core::keyed_u64;

fn main() {
    divan::main();
}

const ADULT: [&str; 9] =
    ["sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation", "salary-class"];

const IHIS: [&str; 9] = ["AGE", "EDUC", "MARSTAT", "PERNUM", "QUARTER", "RACEA", "REGION", "SEX", "YEAR"];

struct Data {
    attributes: Vec<QuasiIdentifier>,
    table: Folded,
}

fn text(path: &str) -> Option<String> {
    let shared = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("KIBAN_CORPUS").map_or(shared, PathBuf::from);
    fs::read_to_string(folder.join("anon").join(path)).ok()
}

fn folded(named: Vec<(Hierarchy, UInt32Array)>, sensitive: Option<&str>) -> Option<Data> {
    let (protected, open): (Vec<_>, Vec<_>) = named.into_iter().partition(|(h, _)| Some(h.name()) == sensitive);
    let hierarchies: Vec<&Hierarchy> = open.iter().map(|o| &o.0).collect();
    let columns: Vec<UInt32Array> = open.iter().map(|o| o.1.clone()).collect();
    let protected: Vec<_> = protected.iter().map(|(h, c)| (h, c)).collect();
    let table = Folded::with_sensitive(&hierarchies, &columns, None, &protected).ok()?;
    Some(Data { attributes: open.into_iter().map(|o| QuasiIdentifier::new(o.0)).collect(), table })
}

fn adult(sensitive: Option<&str>) -> Option<Data> {
    let rows = text("arx_adult/adult.csv")?;
    let rows: Vec<Vec<&str>> = rows.lines().skip(1).map(|l| l.split(';').collect()).collect();
    let mut named = Vec::new();
    for (column, name) in ADULT.into_iter().enumerate() {
        let file = text(&format!("arx_adult/adult_hierarchy_{name}.csv"))?;
        let hierarchy = Hierarchy::from_arx_csv(name, &file).ok()?;
        let values: StringArray = rows.iter().map(|row| row.get(column).copied()).collect();
        let codes = hierarchy.encode(&values).ok()?;
        named.push((hierarchy, codes));
    }
    folded(named, sensitive)
}

/// Draws rows of leaves in which small codes are frequent, as in real data: the smaller of three dice.
fn ihis(rows: u32) -> Option<Data> {
    let mut named = Vec::new();
    for (column, name) in (0_u8..).zip(IHIS) {
        let hierarchy = Hierarchy::from_arx_csv(name, &text(&format!("arx_ihis/ihis_hierarchy_{name}.csv"))?).ok()?;
        let leaves = hierarchy.leaves() as u64;
        let code = |row: u32| {
            let dice = keyed_u64(b"bench", &[&row.to_be_bytes(), &[column]]);
            (0..3).map(|die| (((dice >> (die * 20)) & 0xf_ffff) * leaves) >> 20).min().unwrap_or(0) as u32
        };
        named.push((hierarchy, UInt32Array::from_iter_values((0..rows).map(code))));
    }
    folded(named, None)
}

fn policy(models: Vec<Model>, limit: f64, threads: usize) -> Policy {
    Policy { threads: NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN), ..Policy::of(models, limit) }
}

/// ARX, warm: 0.06-0.18 s, 1.4-1.8 s, 1.4-2.1 s, 4.1-4.5 s.
#[divan::bench(args = [0.0, 0.02, 0.05, 1.0], consts = [1, 2], sample_count = 10)]
fn adult_k5<const THREADS: usize>(bencher: divan::Bencher<'_, '_>, limit: f64) {
    let data = adult(None);
    let policy = policy(vec![Model::KAnonymity(5)], limit, THREADS);
    bencher.bench(|| data.as_ref().map(|d| search(&d.attributes, &d.table, &policy)));
}

/// ARX, warm: 0.87-1.1 s.
#[divan::bench(consts = [1, 2], sample_count = 10)]
fn adult_k5_and_three_occupations<const THREADS: usize>(bencher: divan::Bencher<'_, '_>) {
    let data = adult(Some("occupation"));
    let diverse = Model::DistinctLDiversity { l: 3, on: "occupation".to_owned() };
    let policy = policy(vec![Model::KAnonymity(5), diverse], 0.02, THREADS);
    bencher.bench(|| data.as_ref().map(|d| search(&d.attributes, &d.table, &policy)));
}

/// ARX, warm: 3.5-3.8 s.
#[divan::bench(consts = [1, 2], sample_count = 10)]
fn adult_k5_and_close_occupations<const THREADS: usize>(bencher: divan::Bencher<'_, '_>) {
    let data = adult(Some("occupation"));
    let close = Model::TCloseness { t: 0.2, on: "occupation".to_owned(), distance: Distance::Equal };
    let policy = policy(vec![Model::KAnonymity(5), close], 0.05, THREADS);
    bencher.bench(|| data.as_ref().map(|d| search(&d.attributes, &d.table, &policy)));
}

/// ARX: 1.9-2.1 s in rounds of 5 % (granularity .9156), 12-18 s in rounds of 1 % (.9323); ours comes to .933.
#[divan::bench(consts = [1, 2], sample_count = 10)]
fn adult_k5_local<const THREADS: usize>(bencher: divan::Bencher<'_, '_>) {
    let data = adult(None);
    let policy = policy(vec![Model::KAnonymity(5)], 0.0, THREADS);
    bencher.bench(|| data.as_ref().map(|d| recode_locally(&d.attributes, &d.table, &policy)));
}

/// ARX on a table of this shape: 16 s without suppression, 261-291 s at 2 %.
#[divan::bench(args = [0.0, 0.02], consts = [1, 2], sample_count = 2, sample_size = 1)]
fn ihis_like_1_200_000_rows<const THREADS: usize>(bencher: divan::Bencher<'_, '_>, limit: f64) {
    let data = ihis(1_193_504);
    let policy = policy(vec![Model::KAnonymity(5)], limit, THREADS);
    bencher.bench(|| data.as_ref().map(|d| search(&d.attributes, &d.table, &policy)));
}

/// What a best-effort search costs on the same table.
#[divan::bench(args = [100, 400], sample_count = 2, sample_size = 1)]
fn ihis_like_best_effort(bencher: divan::Bencher<'_, '_>, nodes: u64) {
    let data = ihis(1_193_504);
    let policy = policy(vec![Model::KAnonymity(5)], 0.02, 2);
    let budget = Budget { nodes: Some(nodes), stop: None };
    bencher
        .bench(|| data.as_ref().map(|d| search_within(&d.attributes, &d.table, &policy, Strategy::BestEffort, budget)));
}
