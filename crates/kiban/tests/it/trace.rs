//! `kiban release trace`: three recipients of the same data, and leaks of their copies.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use crate::support::kiban;

const SPEC: &str = r#"
    name = "NAME"
    project = "trace"
    title = "Trace"
    recipient = "RECIPIENT"
    purpose = "Research"
    window = { from = "2021-04-01", to = "2026-03-31" }

    [[table]]
    name = "condition_occurrence"
    columns = ["condition_start_date", "condition_source_value"]

    [[table]]
    name = "procedure_occurrence"
    columns = ["procedure_date", "procedure_source_value"]

    [[table]]
    name = "measurement"
    columns = ["measurement_date", "measurement_source_value", "value_as_number", "unit_source_value"]

    [marks]
    share = SHARE
"#;

/// Reads a released table and keeps one in `of` rows, the last first, of the columns named.
fn leak(house: &Path, release: &str, of: usize, columns: &[&str]) -> String {
    let path = house.join(format!("releases/{release}/data/procedure_occurrence.csv"));
    let mut rows = csv::Reader::from_path(path).unwrap();
    let names = rows.headers().unwrap().clone();
    let places: Vec<usize> = columns.iter().map(|name| names.iter().position(|n| n == *name).unwrap()).collect();
    let mut lines: Vec<String> = rows
        .records()
        .map(|row| row.unwrap())
        .enumerate()
        .filter(|(place, _)| place % of == 3)
        .map(|(_, row)| places.iter().map(|place| &row[*place]).collect::<Vec<_>>().join(","))
        .collect();
    lines.reverse();
    format!("{}\n{}\n", columns.join(","), lines.join("\n"))
}

fn traced(house: &Path, leaked: &str) -> Value {
    std::fs::write(house.join("leak.csv"), leaked).unwrap();
    kiban(house, &["release", "trace", "leak.csv", "--json"]).ends(0).json()
}

fn names(found: &Value) -> Vec<&str> {
    let accused = found["accused"].as_array().unwrap().iter();
    accused.flat_map(|one| one["sources"].as_array().unwrap()).map(|one| one["recipient"].as_str().unwrap()).collect()
}

/// How many persons share each code of a released table.
fn holders(house: &Path, release: &str) -> BTreeMap<(String, String), usize> {
    let path = house.join(format!("releases/{release}/data/procedure_occurrence.csv"));
    let mut holders: BTreeMap<(String, String), std::collections::BTreeSet<String>> = BTreeMap::new();
    for row in csv::Reader::from_path(path).unwrap().deserialize::<BTreeMap<String, String>>() {
        let mut row = row.unwrap();
        let mut take = |name: &str| row.remove(name).unwrap();
        holders.entry((take("source_system"), take("procedure_source_value"))).or_default().insert(take("person_id"));
    }
    holders.into_iter().map(|(code, persons)| (code, persons.len())).collect()
}

#[test]
fn a_part_of_one_table_names_whose_copy_it_was() {
    let root = tempfile::tempdir().unwrap();
    kiban(root.path(), &["demo", "--persons", "1500", "--dir", "demo"]).ends(0);
    let house = root.path().join("demo/house");
    let build = |name: &str, recipient: &str, share: &str| {
        let spec = SPEC.replace("NAME", name).replace("RECIPIENT", recipient).replace("SHARE", share);
        std::fs::write(house.join("spec.toml"), spec).unwrap();
        kiban(&house, &["release", "build", "spec.toml", "--json"]).ends(0).json()
    };
    for (name, recipient) in [("one", "Ichi"), ("two", "Ni"), ("three", "San")] {
        let marks = &build(name, recipient, "0.05")[0]["marks"];
        let (rows, withheld) = (marks["rows"].as_f64().unwrap(), marks["withheld"].as_f64().unwrap());
        assert!((0.02..0.055).contains(&(withheld / rows)), "{marks}");
        assert!(marks["rows_needed"].as_u64().unwrap() < 2_000, "{marks}");
        assert!(holders(&house, name).values().all(|persons| *persons >= 10), "a code that too few have");
    }
    assert_eq!(build("plain", "Nobody", "0.0")[0]["marks"], Value::Null);

    for (release, recipient) in [("one", "Ichi"), ("two", "Ni"), ("three", "San")] {
        let found = traced(&house, &leak(&house, release, 20, &["procedure_source_value", "procedure_date"]));
        assert_eq!(names(&found), [recipient], "{found}");
        assert!(found["accused"][0]["false_accusation"].as_f64().unwrap() < 1e-6, "{found}");
    }
    let columns = ["procedure_date", "person_id", "procedure_source_value"];
    assert_eq!(names(&traced(&house, &leak(&house, "plain", 2, &columns))), Vec::<&str>::new());
    assert_eq!(names(&traced(&house, &leak(&house, "two", 1_000, &columns))), Vec::<&str>::new(), "too few rows");

    // What is kept is sealed, and an interrupted keeping is no harm; the package knows nothing of it.
    let kept = std::fs::read(house.join("records/two.marks")).unwrap();
    assert!(!kept.windows(8).any(|bytes| bytes == b"KIBANMRK"));
    std::fs::write(house.join("records/two.marks.part"), "torn").unwrap();
    assert_eq!(names(&traced(&house, &leak(&house, "two", 20, &columns))), ["Ni"]);
    let manifest = std::fs::read_to_string(house.join("releases/two/manifest.json")).unwrap();
    assert!(["marks", "marked", "withheld"].iter().all(|word| !manifest.contains(word)), "{manifest}");
    std::fs::write(house.join("records/two.marks"), [&kept[..40], b"x", &kept[41..]].concat()).unwrap();
    let said = kiban(&house, &["release", "trace", "leak.csv"]).ends(2);
    assert!(said.err.contains("two.marks"), "{}", said.err);
}

#[test]
fn a_house_without_marks_says_so_and_so_does_a_table_that_has_none() {
    let root = tempfile::tempdir().unwrap();
    kiban(root.path(), &["init", "house", "--trial-clock", "2026-04-02T09:00", "--trial-seed", "7"]).ends(0);
    std::fs::write(root.path().join("leak.csv"), "person_id,sex\n1,male\n").unwrap();
    let said = kiban(&root.path().join("house"), &["release", "trace", "../leak.csv"]).ends(2);
    assert!(said.err.contains("No release of this house is marked"), "{}", said.err);
}
