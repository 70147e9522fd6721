//! The legal core against itself: generated histories, an oracle written apart, and the boundaries of the law.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod boundaries;
mod history;
mod oracle;
mod properties;

#[test]
fn every_file_of_this_folder_is_listed() {
    let folder = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/it");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "main") else { continue };
        assert!(include_str!("main.rs").contains(&format!("mod {module};")), "{name} is not listed");
    }
}
