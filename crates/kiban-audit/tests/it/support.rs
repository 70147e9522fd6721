//! What the tests share: a key, leaves by number, and directories as maps.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use jiff::Timestamp;
use kiban_audit::{Commitment, Leaf, Log, NoteSigner, NoteVerifier};
use kiban_core::EventClass;
use tempfile::TempDir;

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) fn signer() -> NoteSigner {
    NoteSigner::new("kiban.example/audit", &[42; 32]).unwrap()
}

pub(crate) fn verifier() -> NoteVerifier {
    signer().verifier()
}

/// A directory in memory where there is such a place, so that flushing costs nothing.
pub(crate) fn scratch() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// The leaf with this number, the same each time.
pub(crate) fn leaf(number: u64) -> Leaf {
    let class = EventClass::ALL[usize::try_from(number).unwrap() % EventClass::ALL.len()];
    let at = Timestamp::from_second(1_775_000_000 + i64::try_from(number).unwrap()).unwrap();
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    let mut bytes = [0x5a; 32];
    bytes[..8].copy_from_slice(&[a, b, c, d, e, f, g, h]);
    Leaf::new(class, at, Commitment::from_bytes(bytes))
}

pub(crate) fn leaves(numbers: Range<u64>) -> Vec<Leaf> {
    numbers.map(leaf).collect()
}

pub(crate) fn open(dir: &Path) -> Log {
    Log::open(dir, signer()).unwrap().0
}

/// A directory with a log of these leaves.
pub(crate) fn logged(size: u64) -> TempDir {
    let dir = scratch();
    open(dir.path()).append(&leaves(0..size)).unwrap();
    dir
}

/// Every file below a directory.
pub(crate) fn files(dir: &Path) -> Files {
    let mut dirs = vec![dir.to_owned()];
    let mut files = Files::new();
    while let Some(next) = dirs.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

/// Writes a file, making its directories.
pub(crate) fn put(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A directory with these files.
pub(crate) fn directory(files: &Files) -> TempDir {
    let dir = scratch();
    files.iter().for_each(|(name, bytes)| put(dir.path(), name, bytes));
    dir
}
