//! `kiban hierarchy`: built, written in ARX's form, checked, shown; and built within a job.

use std::{fs, path::Path};

use serde_json::json;

use crate::support::{Said, corpus, kiban};

const TABLE: &str = "id,age,icd,town\n1,34,E119,13104\n2,37,E11.9,131041\n3,92,I10,14100\n4,,J45,14100\n";

fn run(dir: &Path, args: &[&str]) -> Said {
    let args: Vec<&str> = ["hierarchy"].into_iter().chain(args.iter().copied()).collect();
    kiban(dir, &args)
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("table.csv"), TABLE).unwrap();
    dir
}

fn text(dir: &tempfile::TempDir, name: &str) -> String {
    fs::read_to_string(dir.path().join(name)).unwrap()
}

#[test]
fn a_described_hierarchy_is_written_checked_and_shown() {
    let dir = folder();
    fs::write(dir.path().join("age.toml"), "[intervals]\nwidth = 5\nlevels = [2]\ntop = 90\n").unwrap();
    let made = run(dir.path(), &["new", "age.toml", "--column", "table.csv:age", "--out", "age.csv", "--json"]).ends(0);
    assert_eq!(text(&dir, "age.csv"), "34;30-34;30-39;*\n37;35-39;30-39;*\n92;≥90;≥90;*\nunknown;unknown;unknown;*\n");
    assert_eq!((&made.json()["leaves"], &made.json()["findings"]), (&json!(4), &json!([])));
    assert!(text(&dir, "age.levels.toml").contains("en = \"width 5\"\nja = \"5刻み\""));
    let said = run(dir.path(), &["check", "age.csv", "--column", "table.csv:age", "--lang", "en"]).ends(0);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("age.csv: 4 rows, 4 levels. Nothing is wrong.\n", ""));
    let shown = run(dir.path(), &["show", "age.csv", "--lang", "ja"]).ends(0).out;
    assert!(shown.contains("10刻み") && shown.contains("1（5刻み）：30-34 · 35-39 · ≥90 · unknown"), "{shown}");
    let again = run(dir.path(), &["new", "age.toml", "--column", "table.csv:age", "--out", "age.csv"]).ends(2);
    assert!(again.err.contains("age.csv exists already"), "{}", again.err);
}

#[test]
fn every_fault_is_listed_and_no_value_of_the_column_is() {
    let dir = folder();
    fs::write(dir.path().join("bad.csv"), "34;30-39;*\n37;;*\n34;30-39;*\n").unwrap();
    let said = run(dir.path(), &["check", "bad.csv", "--column", "table.csv:age", "--json"]).ends(1).json();
    let found: Vec<_> = said["findings"].as_array().unwrap().iter().map(|one| one["fault"].as_str().unwrap()).collect();
    assert_eq!(found, ["hole", "repeated-leaf", "not-a-leaf", "not-a-leaf"]);
    assert_eq!((&said["findings"][2]["record"], &said["findings"][3]["record"]), (&json!(3), &json!(4)));
    for lang in ["en", "ja"] {
        let told = run(dir.path(), &["check", "bad.csv", "--column", "table.csv:age", "--lang", lang]).ends(1).out;
        assert!(told.lines().count() == 6 && !told.contains("92"), "{told}");
    }
    let shown = run(dir.path(), &["show", "bad.csv"]).ends(2);
    assert!(shown.err.contains("kiban hierarchy check says"), "{}", shown.err);
}

#[test]
fn what_cannot_be_built_is_said_in_one_sentence() {
    let dir = folder();
    let check = |kind: &str, column: &str, expect: &str| {
        let said = run(dir.path(), &["new", "--kind", kind, "--column", column, "--out", "new.csv"]).ends(2);
        assert!(said.err.contains(expect) && said.err.lines().count() == 1, "{}", said.err);
        assert!(!dir.path().join("new.csv").exists());
    };
    check("dates = { levels = ['week', 'month'] }", "table.csv:age", "a week may lie in two months");
    check("icd11", "table.csv:icd", "--kind, line 1: unknown variant");
    check("dates", "table.csv:age", "there is no day");
    check("geography", "table.csv:age", "no value becomes a leaf");
    check("icd10", "table.csv:gone", "has no column gone");
    check("icd10", "gone.csv:icd", "gone.csv");
    check("geography = { medical_areas = 'gone.csv' }", "table.csv:town", "gone.csv");
    check("intervals = { width = 5, breadth = 3 }", "table.csv:age", "unknown field");
}

#[test]
fn a_value_that_the_kind_cannot_read_is_a_finding() {
    let dir = folder();
    fs::write(dir.path().join("areas.csv"), "13104,1304,区西部\n").unwrap();
    let kind = "geography = { medical_areas = 'areas.csv' }";
    let said =
        run(dir.path(), &["new", "--kind", kind, "--column", "table.csv:town", "--out", "town.csv", "--json"]).ends(1);
    assert_eq!((&said.json()["findings"][0]["record"], &said.json()["findings"][0]["records"]), (&json!(3), &json!(2)));
    let expect = "13104;1304 区西部;東京都;関東地方;*\n131041;1304 区西部;東京都;関東地方;*\n";
    assert!(text(&dir, "town.csv").starts_with(expect), "{}", text(&dir, "town.csv"));
}

#[test]
fn a_job_takes_a_description_in_place_of_a_file() {
    let dir = folder();
    let job = "input = { path = 'table.csv' }\nsuppression_limit = 0.5\nmodels = [{ k_anonymity = 2 }]\n\
               [[attribute]]\nname = 'age'\nrole = 'quasi-identifier'\n\
               hierarchy = { intervals = { width = 5, levels = [2], bottom = 0, top = 90 } }\n\
               [[attribute]]\nname = 'icd'\nrole = 'quasi-identifier'\nhierarchy = { icd10 = {} }\n";
    fs::write(dir.path().join("job.toml"), job).unwrap();
    let said = kiban(dir.path(), &["anonymise", "job.toml", "--out", "out", "--json"]).ends(0).json();
    assert_eq!((&said["levels"], &said["suppressed_records"]), (&json!({"age": 2, "icd": 0}), &json!(2)));
    assert_eq!(text(&dir, "out/data.csv"), "age,icd\n30-39,E11.9\n30-39,E11.9\n");
    for (from, to, expect) in [
        ("icd10 = {}", "icd11 = {}", "unknown variant"),
        ("{ icd10 = {} }", "3", "the path of a hierarchy's file, or a table"),
        ("width = 5", "width = 0", "age: the width must be above zero"),
    ] {
        fs::write(dir.path().join("job.toml"), job.replace(from, to)).unwrap();
        let said = kiban(dir.path(), &["anonymise", "job.toml", "--out", "out"]).ends(2);
        assert!(said.err.contains(expect), "{}", said.err);
    }
}

#[test]
fn the_hierarchies_of_arx_are_sound() {
    let Some(corpus) = corpus("anon") else { return };
    for folder in ["arx_adult", "arx_ihis"] {
        for entry in fs::read_dir(corpus.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.to_string_lossy().contains("_hierarchy_") {
                run(&corpus, &["check", path.to_str().unwrap(), "--quiet"]).ends(0);
            }
        }
    }
}
