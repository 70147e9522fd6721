//! How long an append takes until it is on the disk.

#![allow(missing_docs, clippy::unwrap_used)]

use divan::Bencher;
use jiff::Timestamp;
use kiban_audit::{Commitment, Leaf, Log, NoteSigner, verify_dir};
use kiban_core::EventClass;

fn main() {
    divan::main();
}

fn signer() -> NoteSigner {
    NoteSigner::new("kiban.example/audit", &[42; 32]).unwrap()
}

fn leaves(count: usize) -> Vec<Leaf> {
    vec![Leaf::new(EventClass::Notice, Timestamp::UNIX_EPOCH, Commitment::from_bytes([7; 32])); count]
}

#[divan::bench(args = [1, 100, 10_000, 100_000], sample_count = 10, sample_size = 1)]
fn append(bencher: Bencher, count: usize) {
    let leaves = leaves(count);
    let begin = || {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::open(dir.path(), signer()).unwrap().0;
        (dir, log)
    };
    bencher.with_inputs(begin).bench_values(|(dir, mut log)| {
        log.append(&leaves).unwrap();
        (dir, log)
    });
}

#[divan::bench(args = [100_000], sample_count = 5, sample_size = 1)]
fn verify(bencher: Bencher, count: usize) {
    let dir = tempfile::tempdir().unwrap();
    Log::open(dir.path(), signer()).unwrap().0.append(&leaves(count)).unwrap();
    bencher.bench(|| verify_dir(dir.path(), &signer().verifier(), None).unwrap());
}
