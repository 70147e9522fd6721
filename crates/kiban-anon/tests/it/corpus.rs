//! Finds the real files, where they are at hand.

use std::path::PathBuf;

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
