//! One integration binary per crate, in which no file is forgotten.

use cargo_metadata::{Metadata, TargetKind};

use super::Source;

/// An integration test binary of a crate.
pub(super) struct TestTarget {
    krate: String,
    name: String,
}

/// Reads the integration test binaries of the workspace.
pub(super) fn targets(metadata: &Metadata) -> Vec<TestTarget> {
    let mut targets = Vec::new();
    for package in metadata.workspace_packages() {
        for target in package.targets.iter().filter(|target| target.kind.contains(&TargetKind::Test)) {
            targets.push(TestTarget { krate: package.name.to_string(), name: target.name.clone() });
        }
    }
    targets
}

/// Complains of every integration binary that is not `it`: each one more links the crate once more.
pub(super) fn check_targets(targets: &[TestTarget]) -> Vec<String> {
    targets
        .iter()
        .filter(|target| target.name != "it")
        .map(|target| {
            format!("{}: tests/{} is a binary of its own; make it a module of tests/it", target.krate, target.name)
        })
        .collect()
}

/// Complains of every file beside a `tests/it/main.rs` that no `mod` names.
pub(super) fn check_lists(sources: &[Source]) -> Vec<String> {
    let mains = sources.iter().filter(|source| source.path.ends_with("/tests/it/main.rs"));
    mains.flat_map(|main| forgotten(main, sources)).collect()
}

fn forgotten(main: &Source, sources: &[Source]) -> Vec<String> {
    let folder = main.path.trim_end_matches("main.rs");
    let names = sources.iter().filter_map(|source| source.path.strip_prefix(folder)).filter_map(module_name);
    let mut names: Vec<_> = names.filter(|name| *name != "main").collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| !main.text.lines().any(|line| line.trim() == format!("mod {name};")));
    names.into_iter().map(|name| format!("{}: `mod {name};` is missing, so its tests never run", main.path)).collect()
}

/// Returns the module that a file or folder directly in `tests/it` is.
fn module_name(path: &str) -> Option<&str> {
    path.split_once('/').map_or_else(|| path.strip_suffix(".rs"), |(folder, _)| Some(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    fn target(name: &str) -> TestTarget {
        TestTarget { krate: "kiban-core".to_owned(), name: name.to_owned() }
    }

    #[test]
    fn one_binary_is_enough() {
        assert!(check_targets(&[target("it")]).is_empty());
        assert_eq!(check_targets(&[target("it"), target("more")]).len(), 1);
    }

    #[test]
    fn a_forgotten_file_is_seen() {
        let mut house = vec![
            source("crates/a/tests/it/main.rs", "mod one;\n    mod folder;\n"),
            source("crates/a/tests/it/one.rs", ""),
            source("crates/a/tests/it/folder/inner.rs", ""),
        ];
        assert!(check_lists(&house).is_empty());
        house.push(source("crates/a/tests/it/two.rs", ""));
        assert_eq!(check_lists(&house), ["crates/a/tests/it/main.rs: `mod two;` is missing, so its tests never run"]);
    }

    #[test]
    fn a_commented_out_module_is_forgotten() {
        let house = [source("crates/a/tests/it/main.rs", "// mod one;\n"), source("crates/a/tests/it/one.rs", "")];
        assert_eq!(check_lists(&house).len(), 1);
    }
}
