//! Two releases of one house, put side by side as two recipients could: nothing but their CSV files is read.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::kiban;

const SPEC: &str = include_str!("../../src/demo/spec.toml");

/// Persons in any difference.
const FLOOR: i64 = 5;

/// A demonstration's house: its release is made, and objections of people in it have come in since.
struct Demo(tempfile::TempDir);

impl Demo {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        kiban(root.path(), &["demo", "--persons", "400", "--dir", "demo"]).ends(0);
        Self(root)
    }

    fn house(&self) -> PathBuf {
        self.0.path().join("demo/house")
    }

    /// Writes the demonstration's specification under another name, with what shall hold between releases.
    fn spec(&self, name: &str, between: &str) -> String {
        let why = "[[use.deviation]]\nparameter = \"suppression_limit\"\nreason = \"few persons\"\n\n[cohort]\n";
        let spec = SPEC.replace("demo-chronic-2026", name).replacen("[cohort]\n", why, 1);
        let spec = spec.replace("suppression_limit = 0.05", "suppression_limit = 0.3");
        let path = self.0.path().join(format!("{name}.toml"));
        std::fs::write(&path, format!("{spec}\n[anonymity.between]\n{between}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// Counts the persons of a release by class.
fn classes(house: &Path, release: &str) -> BTreeMap<Vec<String>, i64> {
    let mut reader = csv::Reader::from_path(house.join(format!("releases/{release}/data/person.csv"))).unwrap();
    let mut classes = BTreeMap::new();
    for line in reader.records() {
        *classes.entry(line.unwrap().iter().skip(1).map(str::to_owned).collect()).or_default() += 1;
    }
    classes
}

/// Returns by how many persons the classes of two releases differ.
fn differences(house: &Path, one: &str, two: &str) -> Vec<i64> {
    let (one, two) = (classes(house, one), classes(house, two));
    let of = |releases: &BTreeMap<Vec<String>, i64>, class| releases.get(class).copied().unwrap_or_default();
    one.keys().chain(two.keys()).map(|class| (of(&one, class) - of(&two, class)).abs()).filter(|n| *n > 0).collect()
}

#[test]
fn who_objected_between_two_releases_does_not_stand_alone_in_their_difference() {
    let demo = Demo::new();
    let house = demo.house();
    // Held against nobody: whoever subtracts the one from the other finds who left.
    let bare = demo.spec("bare", "follows = \"demo-chronic-2026\"\nrecipients = \"same\"");
    let text = std::fs::read_to_string(&bare).unwrap().replace("recipient = \"実演大学", "recipient = \"Another");
    std::fs::write(&bare, text).unwrap();
    kiban(&house, &["release", "build", &bare]).ends(0);
    let found = differences(&house, "demo-chronic-2026", "bare");
    assert!(found.iter().any(|persons| *persons < FLOOR), "{found:?}");

    let refused = demo.spec("refused", "on_breach = \"refuse\"\nfollows = \"demo-chronic-2026\"");
    let said = kiban(&house, &["release", "build", &refused]).ends(3);
    assert!(said.err.contains("ledger.cell-difference") && said.err.contains("demo-chronic-2026"), "{}", said.err);
    assert!(!house.join("releases/refused.tar.zst").exists());

    let repaired = demo.spec("repaired", "follows = \"demo-chronic-2026\"");
    kiban(&house, &["release", "build", &repaired]).ends(0);
    for earlier in ["demo-chronic-2026", "bare"] {
        let found = differences(&house, earlier, "repaired");
        assert!(found.iter().all(|persons| *persons >= FLOOR), "{earlier}: {found:?}");
    }
    assert!(classes(&house, "repaired").values().all(|persons| *persons >= FLOOR));
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(house.join("records/repaired.json")).unwrap()).unwrap();
    assert_eq!(report["between"]["earlier"], serde_json::json!(["demo-chronic-2026", "bare"]));
    assert!(report["between"]["left_out"].as_u64().unwrap() >= 4, "{}", report["between"]);
    assert!(!report["between"]["breaches"].as_array().unwrap().is_empty());
    kiban(&house, &["release", "verify", "releases/repaired.tar.zst"]).ends(0);

    // Without its ledger the house does not know what it must not tell.
    std::fs::remove_file(house.join("ledger.sealed")).unwrap();
    let said = kiban(&house, &["release", "build", &demo.spec("later", "")]).ends(3);
    assert!(said.err.contains("ledger.gap") && said.err.contains("demo-chronic-2026"), "{}", said.err);
    let unrecorded = "unrecorded = [\"demo-chronic-2026\", \"bare\", \"repaired\"]";
    kiban(&house, &["release", "build", &demo.spec("later", unrecorded)]).ends(0);
}

#[test]
fn killed_after_it_was_recorded_a_release_is_recorded_once() {
    let (calm, harried) = (Demo::new(), Demo::new());
    kiban(&calm.house(), &["release", "build", &calm.spec("next", "")]).ends(0);
    let ledger = |demo: &Demo| std::fs::read(demo.house().join("ledger.sealed")).unwrap();
    let before = ledger(&harried);
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiban"));
    let (house, spec) = (harried.house(), harried.spec("next", ""));
    command.args(["--dir", house.to_str().unwrap(), "release", "build", &spec]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while ledger(&harried) == before {
        assert!(began.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(ledger(&harried), ledger(&calm));
    assert!(!house.join("records/next.json").exists(), "it was not made to its end");
    kiban(&house, &["run"]).ends(0);
    assert!(house.join("records/next.json").exists());
    assert_eq!(ledger(&harried), ledger(&calm));
    assert_eq!(
        differences(&house, "demo-chronic-2026", "next"),
        differences(&calm.house(), "demo-chronic-2026", "next")
    );
}
