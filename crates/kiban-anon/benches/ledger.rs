//! The ledger at the size of a whole operator, and marking and tracing a table of a million rows.

use std::num::NonZeroUsize;

use kiban_anon::{
    ledger::{Cohort, Ledger, Limits},
    trace::{Mark, Marking, Tracing, trace},
};

fn main() {
    divan::main();
}

/// Scatters a word (the finaliser of splitmix64).
fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

/// A million persons, of whom each release has all but one in fifty, in fifty thousand classes that differ by release.
fn cohort(release: u64) -> Option<Cohort> {
    let persons = (0..1_000_000_u64).filter(|p| !mix(p ^ (release << 40)).is_multiple_of(50));
    let class = |p: u64| (mix(p / 20 + release % 3) % 50_000) as u32;
    Cohort::new(release.to_string(), (release % 4).to_string(), persons.map(|p| (mix(p), class(p))).collect()).ok()
}

fn twenty() -> Option<Ledger> {
    let mut ledger = Ledger::default();
    for release in 0..20 {
        ledger.record(&cohort(release)?).ok()?;
    }
    Some(ledger)
}

/// A candidate against each of twenty earlier releases.
#[divan::bench(consts = [1, 2], sample_count = 3, sample_size = 1)]
fn check_pairs_of_twenty_releases<const THREADS: usize>(bencher: divan::Bencher<'_, '_>) {
    let (ledger, candidate) = (twenty(), cohort(20));
    let limits = Limits { threads: NonZeroUsize::new(THREADS).unwrap_or(NonZeroUsize::MIN), ..Limits::new(5) };
    bencher.bench(|| Some(ledger.as_ref()?.check(candidate.as_ref()?, &limits)));
}

/// A candidate against every one and every two of twenty earlier releases: 211 coalitions.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn check_triples_of_twenty_releases(bencher: divan::Bencher<'_, '_>) {
    let (ledger, candidate) = (twenty(), cohort(20));
    let threads = NonZeroUsize::new(2).unwrap_or(NonZeroUsize::MIN);
    let limits = Limits { threads, earlier: 2, ..Limits::new(5) };
    bencher.bench(|| Some(ledger.as_ref()?.check(candidate.as_ref()?, &limits)));
}

/// Writing twenty releases of a million to bytes and reading them again.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn ledger_to_bytes_and_back(bencher: divan::Bencher<'_, '_>) {
    let ledger = twenty();
    bencher.bench(|| Ledger::from_bytes(&ledger.as_ref()?.to_bytes()).ok());
}

fn rows() -> Vec<u64> {
    (0..1_000_000).map(mix).collect()
}

/// Selecting the marked rows of a million: one keyed hash for each.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn select_marks_of_a_million_rows(bencher: divan::Bencher<'_, '_>) {
    let rows = rows();
    bencher.bench(|| Marking::new([1; 32], 0.005).map(|marking| marking.select(&rows)));
}

/// Tracing a leak of 5 % among so many recipients, with up to two colluders.
#[divan::bench(args = [20, 200], sample_count = 5, sample_size = 1)]
fn trace_a_leak(bencher: divan::Bencher<'_, '_>, recipients: u64) {
    let rows = rows();
    let marks: Vec<Mark> = Marking::new([1; 32], 0.005).map_or_else(
        |_| Vec::new(),
        |marking| {
            let marked = marking.select(&rows);
            (0..recipients).map(|r| marking.mark("release", &r.to_string(), &marked)).collect()
        },
    );
    let kept = |row: &u64| marks.first().is_some_and(|m| m.keeps(*row));
    let leaked: Vec<u64> = rows.into_iter().filter(|row| mix(*row).is_multiple_of(20)).filter(kept).collect();
    bencher.bench(|| trace(&leaked, &marks, &Tracing::default()));
}
