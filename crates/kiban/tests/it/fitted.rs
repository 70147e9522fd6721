//! A release whose use asks for more than its specification states, and settings explored and chosen, as an officer does it.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::kiban;

const SPEC: &str = include_str!("../../src/demo/spec.toml");
const WHY: &str = "the committee saw the site";

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

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn record(&self, release: &str) -> Value {
        let path = self.house().join(format!("records/{release}.json"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// Returns the bodies of the last audit events of a class.
    fn events(&self, class: &str) -> Vec<Value> {
        let last = kiban(&self.house(), &["--json", "audit", "show", "--last", "20"]).ends(0).json();
        let events = last["events"].as_array().unwrap().iter();
        events.filter(|event| event["class"] == class).map(|event| event["body"].clone()).collect()
    }
}

/// The demonstration's specification under another name, held against nothing.
fn named(name: &str) -> String {
    format!("{}\n[anonymity.between]\nrecipients = \"same\"\n", SPEC.replace("demo-chronic-2026", name))
        .replace("recipient = \"実演大学", "recipient = \"Another")
}

#[test]
fn what_protects_less_than_the_use_asks_for_needs_a_reason_that_goes_on_record() {
    let demo = Demo::new();
    let house = demo.house();
    let weak = named("weak").replace("environment = \"secure-room\"", "environment = \"public\"");
    let said = kiban(&house, &["release", "build", &demo.file("weak.toml", &weak)]).ends(3);
    assert!(said.err.contains("profile.weaker") && said.err.contains("environment.public"), "{}", said.err);

    let mut reasoned = named("reasoned").replace("environment = \"secure-room\"", "environment = \"premises\"");
    for parameter in ["k", "code_floor", "value_floor", "date_unit"] {
        reasoned += &format!("[[use.deviation]]\nparameter = \"{parameter}\"\nreason = \"{WHY}\"\n");
    }
    kiban(&house, &["release", "build", &demo.file("reasoned.toml", &reasoned)]).ends(0);
    let fitted = &demo.record("reasoned")["fitted"];
    let k = fitted["parameters"].as_array().unwrap().iter().find(|one| one["parameter"] == "k").unwrap();
    let words = ["proposed", "chosen", "fit", "reason"].map(|name| k[name].as_str().unwrap());
    assert_eq!(words, ["11", "5", "weaker", WHY]);
    let how = demo
        .events("release")
        .into_iter()
        .find(|body| body["release"] == "reasoned" && body["fitted"].is_object())
        .unwrap();
    assert_eq!(how["fitted"]["decision"]["set"], "jp-2024-04");
    let deviations = how["fitted"]["decision"]["deviations"].as_array().unwrap();
    assert!(deviations.iter().any(|one| one["parameter"] == "k" && one["reason"] == WHY), "{deviations:?}");
    assert_eq!(how["ledger_entry"].as_str().unwrap().len(), 64);
    // The method stays in the house: neither reason nor proposal is in any file of the package.
    let mut open = vec![house.join("releases/reasoned")];
    let mut read = 0;
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            read += 1;
            for secret in [WHY, "environment.premises", "ledger"] {
                assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}: {path:?}");
            }
        }
    }
    assert!(read > 10);
}

#[test]
fn a_chosen_point_builds_and_is_as_risky_as_the_page_said() {
    let demo = Demo::new();
    let house = demo.house();
    let spec = demo.file("spec.toml", &named("explored"));
    let page = demo.0.path().join("explore.html");
    let explored = ["--json", "release", "explore", &spec, "--page", page.to_str().unwrap()];
    let found = kiban(&house, &explored).ends(0).json();
    let points = found["points"].as_array().unwrap();
    assert!(points.len() > 8, "{} points", points.len());
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("<svg") && html.contains("explored") && !html.contains("<script"));
    assert!(!house.join("work/explore").exists() && !house.join("releases/explored").exists());

    let other = |point: &&Value| !point["number"].is_null() && point["k"] != 5;
    let point = points.iter().find(other).expect("another point on the frontier");
    let (number, out) = (point["number"].to_string(), demo.0.path().join("chosen.toml"));
    let choose = ["release", "explore", &spec, "--choose", &number, "--out", out.to_str().unwrap()];
    assert!(kiban(&house, &choose).ends(2).err.contains("--reason"));
    kiban(&house, &[&choose[..], &["--reason", WHY]].concat()).ends(0);
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.starts_with("# What the demonstration releases"), "remarks stay: {text}");
    kiban(&house, &["release", "build", out.to_str().unwrap()]).ends(0);
    let built = demo.record("explored");
    assert_eq!(built["risk"]["after"]["prosecutor_max"], point["risk_max"]);
    assert_eq!(built["risk"]["after"]["marketer"], point["marketer"]);
    assert_eq!(built["risk"]["after"]["persons"], point["persons"]);
    assert_eq!(demo.events("access").len(), 1);
    let [choice] = &demo.events("rule-change")[..] else { panic!("one choice") };
    assert_eq!((&choice["reason"], &choice["chosen"]), (&Value::from(WHY), point));
}
