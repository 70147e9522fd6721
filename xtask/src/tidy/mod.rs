//! The rules of the house that no compiler knows.
//!
//! Each rule is a function from what was read to the complaints it has, so that its tests can feed it a
//! small house with one thing wrong.

mod arrows;
mod files;
mod law;
mod links;
mod tests_folder;
mod versions;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use cargo_metadata::{Metadata, MetadataCommand};

use crate::shell;

/// Checks every rule and shows every complaint, not only the first.
pub(crate) fn run() -> anyhow::Result<()> {
    let root = shell::root();
    let metadata = metadata()?;
    let sources = Source::all(&root, &["crates", "xtask"], "rs")?;
    let manifests = Source::all(&root, &["crates", "xtask"], "toml")?;
    let pages = Source::all(&root, &["docs", "README.md", "README.ja.md", "ARCHITECTURE.md"], "md")?;
    let pages = [pages, Source::all(&root, &["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"], "md")?].concat();
    let table = fs::read_to_string(root.join("docs/law.md")).context("docs/law.md cannot be read")?;

    let mut complaints = arrows::check(&arrows::edges(&metadata));
    complaints.extend(versions::check(&manifests));
    complaints.extend(files::check(&sources));
    complaints.extend(tests_folder::check_targets(&tests_folder::targets(&metadata)));
    complaints.extend(tests_folder::check_lists(&sources));
    let rules = manifests.iter().filter(|file| file.path.contains("/src/")).cloned();
    complaints.extend(law::check(&table, &sources.iter().cloned().chain(rules).collect::<Vec<_>>()));
    complaints.extend(links::check(&pages, &|path| root.join(path).exists()));
    report(&complaints)
}

fn report(complaints: &[String]) -> anyhow::Result<()> {
    if complaints.is_empty() {
        println!("tidy: every rule is kept");
        return Ok(());
    }
    for complaint in complaints {
        println!("tidy: {complaint}");
    }
    bail!("{} rules are broken", complaints.len());
}

/// Returns what cargo knows about the members of the workspace; nothing is downloaded for it.
pub(crate) fn metadata() -> anyhow::Result<Metadata> {
    MetadataCommand::new()
        .manifest_path(shell::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata failed")
}

/// A text file of the house, by its path from the root.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Reads all files with an ending below some places, sorted by path.
    fn all(root: &Path, places: &[&str], ending: &str) -> anyhow::Result<Vec<Self>> {
        let mut paths = Vec::new();
        for place in places {
            collect(&root.join(place), ending, &mut paths)?;
        }
        paths.sort();
        paths.iter().map(|path| Self::read(root, path)).collect()
    }

    fn read(root: &Path, path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let path = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
        Ok(Self { path, text })
    }

    /// Returns the name of the crate the file belongs to: its second folder, or its first outside `crates/`.
    fn crate_name(&self) -> &str {
        let mut parts = self.path.split('/');
        match parts.next() {
            Some("crates") => parts.next().unwrap_or_default(),
            Some(first) => first,
            None => "",
        }
    }
}

fn collect(place: &Path, ending: &str, paths: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if place.is_file() {
        if place.extension().is_some_and(|found| found == ending) {
            paths.push(place.to_path_buf());
        }
        return Ok(());
    }
    for entry in fs::read_dir(place).with_context(|| format!("cannot list {}", place.display()))? {
        collect(&entry?.path(), ending, paths)?;
    }
    Ok(())
}

#[cfg(test)]
fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_knows_its_crate() {
        assert_eq!(source("crates/kiban-core/src/lib.rs", "").crate_name(), "kiban-core");
        assert_eq!(source("xtask/src/main.rs", "").crate_name(), "xtask");
    }

    #[test]
    fn one_complaint_is_enough_to_fail() {
        assert!(report(&[]).is_ok());
        assert!(report(&["something".to_owned()]).is_err());
    }
}
