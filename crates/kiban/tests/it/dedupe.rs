//! `kiban dedupe` and `kiban match` on small tables, as somebody without a house would run them.

use std::{fmt::Write as _, fs::File, path::Path};

use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::RowAccessor as _,
};
use serde_json::Value;

use crate::support::kiban;

const FAMILIES: [&str; 8] = ["waller", "berry", "harrington", "purdon", "westbrook", "noyce", "mason", "ryan"];
const GIVENS: [&str; 6] = ["william", "lachlan", "madeline", "jessica", "tasman", "kyah"];

/// Writes so many people twice, the second time with a slip of the pen in the family name.
fn people(file: &Path, which: &str, persons: u32) {
    let mut rows = "rec_id,first_name,surname,date_of_birth,postcode,suburb\n".to_owned();
    for person in 0..persons {
        let at = |list: &[&str], n: u32| list[n as usize % list.len()].to_owned();
        let (family, given) = (at(&FAMILIES, person * 5 + person / 7), at(&GIVENS, person / 8));
        let born = format!("{}{:02}{:02}", 1930 + person * 37 % 80, 1 + person * 5 % 12, 1 + person * 11 % 28);
        let place = format!("{},{}ville {}", 2000 + person * 13 % 3000, at(&FAMILIES, person / 3), person % 40);
        for (copy, family) in [("a", family.clone()), ("b", family.replacen('r', "rr", 1))] {
            if which.contains(copy) {
                writeln!(rows, "{person}{copy},{given},{family},{born},{place}").unwrap();
            }
        }
    }
    std::fs::write(file, rows).unwrap();
}

/// The persons as sets of ids.
fn persons(out: &Path) -> Vec<Vec<String>> {
    let reader = SerializedFileReader::new(File::open(out.join("persons.parquet")).unwrap()).unwrap();
    let mut of: std::collections::BTreeMap<i64, Vec<String>> = std::collections::BTreeMap::new();
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        of.entry(row.get_long(1).unwrap()).or_default().push(row.get_string(0).unwrap().clone());
    }
    of.into_values().collect()
}

fn right(persons: &[Vec<String>]) -> usize {
    let same = |ids: &Vec<String>| ids.len() == 2 && ids[0].trim_end_matches('a') == ids[1].trim_end_matches('b');
    persons.iter().filter(|ids| same(ids)).count()
}

#[test]
fn records_of_one_person_are_found_without_a_word_about_the_columns() {
    let root = tempfile::tempdir().unwrap();
    people(&root.path().join("people.csv"), "ab", 300);
    std::fs::write(root.path().join("job.toml"), "id = 'rec_id'\n[[input]]\npath = 'people.csv'\n").unwrap();
    let said = kiban(root.path(), &["dedupe", "job.toml", "--out", "out", "--json"]).json();
    assert_eq!((said["records"].as_u64(), said["columns"].as_array().map(Vec::len)), (Some(600), Some(5)));
    let kinds: Vec<&Value> = said["columns"].as_array().unwrap().iter().map(|column| &column["kind"]).collect();
    assert_eq!(kinds, ["given-name", "family-name", "birth-date", "postcode", "town"]);
    let found = persons(&root.path().join("out"));
    assert!(right(&found) > 290, "{} of 300 persons found, {said}", right(&found));
    let page = std::fs::read_to_string(root.path().join("out/report.html")).unwrap();
    assert!(page.contains("<svg") && !page.contains("harrington"), "a page shows ids and levels, no values");
    let model: Value = serde_json::from_slice(&std::fs::read(root.path().join("out/model.json")).unwrap()).unwrap();
    assert_eq!(model["format"], "kiban-link-model-1");
}

#[test]
fn two_tables_are_matched_across_and_never_within() {
    let root = tempfile::tempdir().unwrap();
    people(&root.path().join("left.csv"), "a", 200);
    people(&root.path().join("right.csv"), "b", 250);
    let job = "id = 'rec_id'\n[[input]]\npath = 'left.csv'\n[[input]]\npath = 'right.csv'\n";
    std::fs::write(root.path().join("job.toml"), job).unwrap();
    kiban(root.path(), &["match", "job.toml", "--out", "out", "--json"]).json();
    let found = persons(&root.path().join("out"));
    assert!(right(&found) > 190, "{} of 200", right(&found));
    assert!(found.iter().all(|ids| ids.iter().filter(|id| id.ends_with('a')).count() < 2), "{found:?}");
}

#[test]
fn what_cannot_be_linked_is_told_in_a_sentence() {
    let root = tempfile::tempdir().unwrap();
    people(&root.path().join("people.csv"), "a", 3);
    let said = |job: &str, command: &str| {
        std::fs::write(root.path().join("job.toml"), job).unwrap();
        kiban(root.path(), &[command, "job.toml", "--out", "out"]).ends(2).err
    };
    let input = "[[input]]\npath = 'people.csv'\n";
    assert!(said(&format!("id = 'nothing'\n{input}"), "dedupe").contains("no column nothing"));
    assert!(said(&format!("id = 'rec_id'\n{input}"), "match").contains("takes two [[input]]"));
    let gone = said("id = 'rec_id'\n[[input]]\npath = 'gone.csv'\n", "dedupe");
    assert!(gone.contains("gone.csv cannot be opened"), "{gone}");
    assert!(said("id = 'rec_id'\ninput = []\n", "dedupe").contains("no [[input]]"));
    let kind = "[[column]]\nname = 'surname'\nkind = 'surname'\n";
    assert!(said(&format!("id = 'rec_id'\n{input}{kind}"), "dedupe").contains("line"));
    let twice = "[[column]]\nname = 'surname'\nkind = 'text'\n[[column]]\nname = 'surname'\nkind = 'text'\n";
    assert!(said(&format!("id = 'rec_id'\n{input}{twice}"), "dedupe").contains("given twice"));
    std::fs::write(root.path().join("job.toml"), format!("id = 'rec_id'\n{input}")).unwrap();
    let small = kiban(root.path(), &["dedupe", "job.toml", "--out", "out", "--memory", "1MiB"]).ends(2).err;
    assert!(small.contains("memory allowed is full after 3 records"), "{small}");
    kiban(root.path(), &["dedupe", "job.toml", "--out", "out", "--memory", "much"]).ends(2);
    let far = "[options]\nthreshold = 1.5\n";
    assert!(said(&format!("id = 'rec_id'\n{input}{far}"), "dedupe").contains("between 0 and 1"));
}
