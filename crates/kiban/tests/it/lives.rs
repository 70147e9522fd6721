//! A release with protected lives, looked at as its recipient could: nothing but its CSV files is read.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::support::kiban;

/// Persons who must share whatever is known.
const K: usize = 5;

const SPEC: &str = r#"
    name = "lives"
    project = "lives"
    title = "Lives"
    recipient = "A university"
    purpose = "Research"
    window = { from = "2021-04-01", to = "2026-03-31" }

    [[table]]
    name = "visit_occurrence"
    columns = ["visit_start_date", "visit_source_value", "visit_concept_id"]

    [[table]]
    name = "condition_occurrence"
    columns = ["condition_start_date", "condition_source_value", "condition_concept_id"]

    [[table]]
    name = "drug_exposure"
    columns = ["drug_exposure_start_date", "drug_source_value", "days_supply"]

    [[table]]
    name = "measurement"
    columns = ["measurement_date", "measurement_source_value", "value_as_number"]

    [anonymity]
    k = 5
    suppression_limit = 0.2
    code_floor = 60
    lives = { known = 2, crowd = 100, sensitive = ["condition_occurrence:I10"], confidence = 0.4 }
"#;

/// A fact of a released life: which table, what, in which system, when, how precisely, and the how-manieth of its kind.
type Fact = (String, u32);

fn lines(file: &Path) -> Vec<BTreeMap<String, String>> {
    let Ok(mut reader) = csv::Reader::from_path(file) else { return Vec::new() };
    let names = reader.headers().unwrap().clone();
    let named = |line: csv::StringRecord| names.iter().map(str::to_owned).zip(line.iter().map(str::to_owned)).collect();
    reader.records().map(|line| named(line.unwrap())).collect()
}

/// Returns each person's demographics and facts.
fn lives(data: &Path) -> BTreeMap<String, (Vec<String>, BTreeSet<Fact>)> {
    let mut lives = BTreeMap::new();
    for mut person in lines(&data.join("person.csv")) {
        let id = person.remove("person_id").unwrap();
        lives.insert(id, (person.into_values().collect(), BTreeSet::new()));
    }
    for table in ["visit_occurrence", "condition_occurrence", "drug_exposure", "measurement"] {
        for row in lines(&data.join(format!("{table}.csv"))) {
            let told = row.iter().filter(|(name, _)| {
                name.ends_with("_source_value")
                    || name.ends_with("_date")
                    || *name == "date_unit"
                    || *name == "source_system"
            });
            let what = format!("{table} {:?}", told.map(|(_, value)| value).collect::<Vec<_>>());
            let facts = &mut lives.get_mut(&row["person_id"]).unwrap().1;
            let nth = (1..).find(|nth| !facts.contains(&(what.clone(), *nth))).unwrap();
            // Whoever knows two events knows of at most two that are told alike.
            if nth <= 2 {
                facts.insert((what, nth));
            }
        }
    }
    lives
}

#[test]
fn whoever_knows_two_events_of_somebody_finds_five_such_people() {
    let root = tempfile::tempdir().unwrap();
    kiban(root.path(), &["demo", "--persons", "700", "--dir", "demo"]).ends(0);
    std::fs::write(root.path().join("lives.toml"), SPEC).unwrap();
    let house = root.path().join("demo/house");
    kiban(&house, &["release", "build", "../../lives.toml"]).ends(0);
    kiban(&house, &["release", "verify", "releases/lives.tar.zst"]).ends(0);

    let lives = lives(&house.join("releases/lives/data"));
    assert!(lives.len() > 300, "{} persons", lives.len());
    let mut holders: BTreeMap<(&[String], &Fact, &Fact), usize> = BTreeMap::new();
    for (demographics, facts) in lives.values() {
        for a in facts {
            for b in facts.range(a..) {
                *holders.entry((demographics, a, b)).or_default() += 1;
            }
        }
    }
    assert!(holders.len() > 1_000, "{} pairs", holders.len());
    let few = holders.values().filter(|persons| **persons < K).count();
    assert_eq!(few, 0, "pairs of facts that fewer than {K} persons of the same demographics have");
    nobody_is_surely_hypertensive(&lives);
}

/// What somebody knows: the demographics, and up to two facts.
type Known<'a> = (&'a [String], Option<&'a Fact>, Option<&'a Fact>);

/// Whoever knows up to two other facts finds that at most four in ten of those who have them have high blood pressure.
///
/// Its drug is told and goes with it, so of the disease itself little or nothing can be.
fn nobody_is_surely_hypertensive(lives: &BTreeMap<String, (Vec<String>, BTreeSet<Fact>)>) {
    let sensitive = |fact: &Fact| fact.0.contains("condition_occurrence") && fact.0.contains("\"I10");
    let mut holders: BTreeMap<Known<'_>, (usize, usize)> = BTreeMap::new();
    for (demographics, facts) in lives.values() {
        let has = facts.iter().any(sensitive);
        let others: Vec<Option<&Fact>> = facts.iter().filter(|fact| !sensitive(fact)).map(Some).chain([None]).collect();
        for (place, a) in others.iter().enumerate() {
            for b in others.get(place..).unwrap_or_default() {
                let known = holders.entry((demographics, *a, *b)).or_default();
                *known = (known.0 + usize::from(has), known.1 + 1);
            }
        }
    }
    let sure = holders.values().filter(|(sure, all)| *sure as f64 > 0.4 * *all as f64 + 1e-9).count();
    assert_eq!(sure, 0, "of {} sets of facts", holders.len());
}

#[test]
fn what_would_tell_a_life_cannot_be_chosen_with_it() {
    let root = tempfile::tempdir().unwrap();
    kiban(root.path(), &["init", "house", "--trial-clock", "2026-04-02T09:00", "--trial-seed", "7"]).ends(0);
    let refused = |spec: String, word: &str| {
        std::fs::write(root.path().join("spec.toml"), spec).unwrap();
        let said = kiban(&root.path().join("house"), &["release", "build", "../spec.toml"]).ends(2);
        assert!(said.err.contains(word), "{}", said.err);
    };
    refused(SPEC.replace("\"days_supply\"", "\"drug_exposure_end_date\""), "drug_exposure_end_date");
    refused(SPEC.replace("\"condition_source_value\", ", ""), "condition_source_value");
    refused(SPEC.replace("known = 2", "known = 5"), "between 1 and 4");
    refused(SPEC.replace("confidence = 0.4", "confidence = 0.0"), "anonymity.lives.confidence");
    refused(SPEC.replace("condition_occurrence:I10", "I10"), "table:beginning");
    refused(SPEC.replace("condition_occurrence:I10", "observation:I10"), "not released");
    let period = "[[table]]\nname = \"observation_period\"\ncolumns = [\"observation_period_start_date\"]\n[anonymity]";
    refused(SPEC.replace("[anonymity]", period), "observation_period");
}
