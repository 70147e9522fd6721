//! The optimal search on a generated table shaped like the adult data: nine columns, 12,960 nodes.

use std::num::NonZeroUsize;

use arrow_array::UInt32Array;
use kiban_anon::{Folded, Hierarchy, Policy, QuasiIdentifier, search};
use kiban_core::keyed_u64;

fn main() {
    divan::main();
}

/// Leaves of each column and the sizes of the groups on the levels between the leaf and everything.
const COLUMNS: [(u32, &[u32]); 9] =
    [(2, &[]), (100, &[5, 10, 20]), (5, &[]), (7, &[4]), (16, &[4, 8]), (40, &[10]), (8, &[3]), (14, &[5]), (2, &[])];

fn hierarchy((leaves, groups): (u32, &[u32])) -> Option<QuasiIdentifier> {
    let row = |leaf: u32| {
        let middle = groups.iter().map(|size| format!("{size}:{}", leaf / size));
        [leaf.to_string()].into_iter().chain(middle).chain(["*".to_owned()]).collect()
    };
    Hierarchy::from_rows("column", &[], &(0..leaves).map(row).collect::<Vec<_>>()).ok().map(QuasiIdentifier::new)
}

/// Draws rows in which small codes are frequent, as in real data: the smaller of three dice.
fn table(rows: u32) -> Option<(Vec<QuasiIdentifier>, Folded)> {
    let attributes: Vec<QuasiIdentifier> = COLUMNS.into_iter().filter_map(hierarchy).collect();
    let columns = (0_u8..).zip(COLUMNS).map(|(column, (leaves, _))| {
        let draw = |row: u32, die: u8| keyed_u64(b"bench", &[&row.to_be_bytes(), &[column, die]]) % u64::from(leaves);
        let code = |row| (0..3).map(|die| draw(row, die)).min().and_then(|c| u32::try_from(c).ok()).unwrap_or(0);
        UInt32Array::from_iter_values((0..rows).map(code))
    });
    let columns: Vec<_> = columns.collect();
    let hierarchies: Vec<_> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
    let folded = Folded::new(&hierarchies, &columns).ok()?;
    Some((attributes, folded))
}

#[divan::bench(args = [0.0, 0.02, 0.05, 1.0], sample_count = 10)]
fn adult_like_30_000_rows(bencher: divan::Bencher<'_, '_>, limit: f64) {
    let made = table(30_000);
    bencher.bench(|| made.as_ref().map(|(attributes, table)| search(attributes, table, &Policy::new(5, limit))));
}

#[divan::bench(args = [1, 2], sample_count = 3)]
fn adult_like_300_000_rows(bencher: divan::Bencher<'_, '_>, threads: usize) {
    let made = table(300_000);
    let threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
    let policy = Policy { threads, ..Policy::new(5, 0.02) };
    bencher.bench(|| made.as_ref().map(|(attributes, table)| search(attributes, table, &policy)));
}
