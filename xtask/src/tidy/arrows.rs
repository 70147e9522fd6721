//! Which crate of the house may use which (docs/decisions/0001-one-binary-crates-and-arrows.md).

use cargo_metadata::Metadata;

/// The arrows: a crate, and the crates of the house it may use.
const ARROWS: [(&str, &[&str]); 11] = [
    // `kiban` wires: it takes link's constraints from registry's cases and hands them to the engine's stage.
    (
        "kiban",
        &["kiban-web", "kiban-engine", "kiban-synth", "kiban-registry", "kiban-link", "kiban-audit", "kiban-core"],
    ),
    ("kiban-web", &["kiban-core"]),
    ("kiban-engine", &["kiban-formats", "kiban-link", "kiban-anon", "kiban-audit", "kiban-core"]),
    ("kiban-synth", &["kiban-core"]),
    ("kiban-registry", &["kiban-audit", "kiban-core"]),
    ("kiban-formats", &["kiban-core"]),
    ("kiban-link", &["kiban-core"]),
    ("kiban-anon", &["kiban-core"]),
    ("kiban-audit", &["kiban-core"]),
    ("kiban-core", &[]),
    ("xtask", &[]),
];

/// Stones that only some may carry: the beginning of their names, and the crates that may.
const HEAVY: [(&str, &[&str]); 3] = [
    ("datafusion", &["kiban-engine", "kiban"]),
    ("deltalake", &["kiban-engine", "kiban"]),
    ("sea-orm", &["kiban-registry"]),
];

/// One crate of the workspace uses another crate, of the workspace or not, in whatever kind of dependency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    from: String,
    to: String,
}

/// Reads the edges that leave the members of the workspace.
pub(super) fn edges(metadata: &Metadata) -> Vec<Edge> {
    let mut edges: Vec<_> = metadata
        .workspace_packages()
        .iter()
        .flat_map(|package| {
            let from = package.name.to_string();
            package.dependencies.iter().map(move |to| Edge { from: from.clone(), to: to.name.clone() })
        })
        .collect();
    edges.sort();
    edges.dedup();
    edges
}

/// Complains of every edge that no arrow allows.
pub(super) fn check(edges: &[Edge]) -> Vec<String> {
    edges.iter().filter_map(complaint).collect()
}

fn complaint(Edge { from, to }: &Edge) -> Option<String> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| name == from) else {
        return Some(format!("{from} is not in the house plan; give it its arrows in xtask/src/tidy/arrows.rs"));
    };
    let of_the_house = ARROWS.iter().any(|(name, _)| name == to);
    if of_the_house && !allowed.contains(&to.as_str()) {
        return Some(format!("{from} uses {to}: no arrow runs that way"));
    }
    let (stone, carriers) = HEAVY.iter().find(|(stone, _)| to.starts_with(stone))?;
    (!carriers.contains(&from.as_str()))
        .then(|| format!("{from} uses {to}: {stone} belongs to {}", carriers.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_edge(from: &str, to: &str) -> usize {
        check(&[Edge { from: from.to_owned(), to: to.to_owned() }]).len()
    }

    #[test]
    fn arrows_run_one_way() {
        assert_eq!(check_edge("kiban", "kiban-engine"), 0);
        assert_eq!(check_edge("kiban-engine", "kiban-core"), 0);
        assert_eq!(check_edge("kiban-engine", "kiban"), 1);
        assert_eq!(check_edge("kiban-engine", "kiban-registry"), 1);
        assert_eq!(check_edge("kiban-web", "kiban-registry"), 1);
        assert_eq!(check_edge("kiban-core", "kiban-audit"), 1);
        assert_eq!(check_edge("kiban-link", "kiban-anon"), 1);
    }

    #[test]
    fn heavy_stones_stay_where_they_are() {
        assert_eq!(check_edge("kiban-engine", "datafusion"), 0);
        assert_eq!(check_edge("kiban-link", "datafusion-common"), 1);
        assert_eq!(check_edge("kiban-web", "deltalake-core"), 1);
        assert_eq!(check_edge("kiban-core", "sea-orm-migration"), 1);
        assert_eq!(check_edge("kiban-core", "serde"), 0);
    }

    #[test]
    fn a_room_that_nobody_planned_is_seen() {
        assert_eq!(check_edge("kiban-attic", "serde"), 1);
    }

    #[test]
    fn metadata_becomes_edges_of_every_kind() {
        let metadata: Metadata = cargo_metadata::MetadataCommand::parse(HOUSE).unwrap();
        let edges = edges(&metadata);
        let names: Vec<_> = edges.iter().map(|e| (e.from.as_str(), e.to.as_str())).collect();
        assert_eq!(names, [("kiban-core", "kiban-web"), ("kiban-core", "serde")]);
        assert_eq!(check(&edges), ["kiban-core uses kiban-web: no arrow runs that way"]);
    }

    /// A house of one crate whose tests use a crate that they must not.
    const HOUSE: &str = r#"{
      "packages": [{
        "name": "kiban-core", "version": "0.1.0", "id": "core", "source": null, "targets": [], "features": {},
        "manifest_path": "/house/crates/kiban-core/Cargo.toml", "edition": "2024",
        "dependencies": [
          {"name": "serde", "source": "registry", "req": "^1", "kind": null, "optional": false,
           "uses_default_features": true, "features": [], "target": null, "rename": null, "registry": null},
          {"name": "kiban-web", "source": null, "req": "*", "kind": "dev", "optional": false,
           "uses_default_features": true, "features": [], "target": null, "rename": null, "registry": null}
        ]
      }],
      "workspace_members": ["core"], "workspace_default_members": ["core"], "resolve": null,
      "target_directory": "/house/target", "version": 1, "workspace_root": "/house", "metadata": null
    }"#;
}
