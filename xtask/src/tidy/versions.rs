//! Versions stand in one place: `[workspace.dependencies]` of the root.

use super::Source;

/// Complains of every dependency of a member that states more than `workspace = true` and its features.
pub(super) fn check(manifests: &[Source]) -> Vec<String> {
    manifests.iter().filter(|manifest| manifest.path.ends_with("Cargo.toml")).flat_map(of_one).collect()
}

fn of_one(manifest: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut section = String::new();
    for line in manifest.text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
            if is_single_dependency(name) {
                complaints.push(format!("{}: write [{name}] as one line with `workspace = true`", manifest.path));
            }
        } else if is_dependency_list(&section) && states_its_own_version(line) {
            complaints.push(format!("{}: `{line}` states its own version; put it into the root", manifest.path));
        }
    }
    complaints
}

fn is_dependency_list(section: &str) -> bool {
    section.ends_with("dependencies")
}

fn is_single_dependency(section: &str) -> bool {
    section.contains("dependencies.")
}

fn states_its_own_version(line: &str) -> bool {
    let inherits = line.contains(".workspace = true") || line.contains("workspace = true");
    !line.is_empty() && !line.starts_with('#') && !inherits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    fn check_manifest(text: &str) -> usize {
        check(&[source("crates/kiban-core/Cargo.toml", text)]).len()
    }

    #[test]
    fn inherited_versions_pass() {
        assert_eq!(check_manifest("[package]\nversion = \"1\"\n\n[dependencies]\n# why\nserde.workspace = true\n"), 0);
        assert_eq!(check_manifest("[dev-dependencies]\nrand = { workspace = true, features = [\"std\"] }\n"), 0);
    }

    #[test]
    fn own_versions_do_not() {
        assert_eq!(check_manifest("[dependencies]\nserde = \"1\"\n"), 1);
        assert_eq!(
            check_manifest("[dev-dependencies]\nserde = { version = \"1\" }\nkiban-core = { path = \"..\" }\n"),
            2
        );
        assert_eq!(check_manifest("[build-dependencies]\ncc = \"1\"\n"), 1);
        assert_eq!(check_manifest("[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n"), 1);
    }

    #[test]
    fn a_dependency_is_one_line() {
        assert_eq!(check_manifest("[dependencies.serde]\nworkspace = true\n"), 1);
    }
}
