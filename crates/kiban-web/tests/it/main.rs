//! The report pages as a reader gets them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod linkage;
mod page;
mod read;
mod texts;

/// Returns the example run.
fn example() -> kiban_web::RunReport {
    serde_json::from_str(include_str!("../data/report.json")).unwrap()
}

#[test]
fn no_test_file_is_forgotten() {
    let dir = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/it");
    let mut files: Vec<String> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.retain(|name| name.ends_with(".rs"));
    files.sort();
    assert_eq!(files, ["linkage.rs", "main.rs", "page.rs", "read.rs", "texts.rs"]);
}
