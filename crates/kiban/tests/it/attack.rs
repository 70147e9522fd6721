//! `kiban release attack`, held against a count by hand and against what a demonstration measured while it knew who is who.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::Path,
};

use serde_json::Value;

use crate::support::kiban;

/// Largest shift of the handmade release.
const SHIFT: i64 = 3;
const PERSONS: u64 = 60;
const CODES: [&str; 4] = ["E11.0", "E11.9", "I10", "J45.0"];

#[derive(Debug, Clone)]
struct Person {
    sex: &'static str,
    born: u64,
    /// Code and day of the month.
    events: Vec<(&'static str, i64)>,
    shift: i64,
    /// What was left out of the release.
    lost: usize,
}

/// Scatters a number (the finaliser of splitmix64).
fn die(number: u64, what: u64) -> u64 {
    let word = (number ^ what << 32).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

fn persons() -> Vec<Person> {
    let person = |n: u64| Person {
        sex: ["M", "F"][(die(n, 1) % 2) as usize],
        born: 1950 + die(n, 2) % 10,
        events: (0..2).map(|e| (CODES[(die(n, 3 + e) % 4) as usize], 10 + (die(n, 5 + e) % 6) as i64)).collect(),
        shift: (die(n, 7) % 7) as i64 - SHIFT,
        lost: (die(n, 8) % 6) as usize,
    };
    (0..PERSONS).map(person).collect()
}

/// The released code: diabetes is rolled up.
fn group(code: &str) -> &str {
    if code.starts_with("E11") { "E11" } else { code }
}

impl Person {
    /// What is released of the events: group and shifted day.
    fn released(&self) -> Vec<(&str, i64)> {
        let kept = self.events.iter().enumerate().filter(|(place, _)| *place != self.lost);
        kept.map(|(_, (code, day))| (group(code), day + self.shift)).collect()
    }

    /// Whether somebody who knows these events of another could take this one for the other, by trying everything.
    fn fits(&self, known: &[(&str, i64)]) -> bool {
        let shown = self.released();
        let pairs = |order: &[usize], shift: i64| {
            known.iter().zip(order).all(|((code, day), row)| shown[*row] == (group(code), day + shift))
        };
        let orders: Vec<Vec<usize>> = match (known.len(), shown.len()) {
            (0, _) => vec![vec![]],
            (1, n) => (0..n).map(|a| vec![a]).collect(),
            (_, n) => (0..n).flat_map(|a| (0..n).filter(move |b| *b != a).map(move |b| vec![a, b])).collect(),
        };
        orders.iter().any(|order| (-SHIFT..=SHIFT).any(|shift| pairs(order, shift)))
    }
}

/// The chance to name each person by both events: exactly, and at most.
fn counted(persons: &[Person]) -> Vec<(f64, f64)> {
    let chance = |who: usize| {
        let own = &persons[who];
        let alike = |other: &Person| other.sex == own.sex && other.born / 5 == own.born / 5;
        let known = &own.events;
        let ways = [vec![vec![known[0], known[1]]], vec![vec![known[0]], vec![known[1]]], vec![vec![]]];
        for ways in ways {
            let agree: Vec<Vec<usize>> = ways
                .iter()
                .map(|way| (0..persons.len()).filter(|p| alike(&persons[*p]) && persons[*p].fits(way)).collect())
                .filter(|agree: &Vec<usize>| !agree.is_empty())
                .collect();
            if !agree.is_empty() {
                let mean = |of: &dyn Fn(&Vec<usize>) -> f64| agree.iter().map(of).sum::<f64>() / agree.len() as f64;
                let one = |agree: &Vec<usize>| 1.0 / agree.len() as f64;
                return (mean(&|agree| if agree.contains(&who) { one(agree) } else { 0.0 }), mean(&one));
            }
        }
        unreachable!("the person agrees with their demographics")
    };
    (0..persons.len()).map(chance).collect()
}

/// Writes truth, release and link; released persons are numbered backwards.
fn write(root: &Path, persons: &[Person]) {
    let (mut who, mut what) = ("person_id,gender_source_value,year_of_birth\n".to_owned(), String::new());
    let (mut sexes, mut shown) = ("person_id,sex,birth_year\n".to_owned(), String::new());
    let mut link = "truth,release\n".to_owned();
    for (n, person) in persons.iter().enumerate() {
        let (n, fresh) = (n + 100, persons.len() - n);
        let first = person.born / 5 * 5;
        writeln!(who, "{n},{},{}", person.sex, person.born).unwrap();
        writeln!(sexes, "{fresh},{},{first}-{}", if person.sex == "M" { "male" } else { "female" }, first + 4).unwrap();
        writeln!(link, "{n},{fresh}").unwrap();
        person.events.iter().for_each(|(code, day)| writeln!(what, "{n},2024-05-{day},{code},ICD10").unwrap());
        person
            .released()
            .iter()
            .for_each(|(code, day)| writeln!(shown, "{fresh},2024-05-{day:02},{code},ICD10").unwrap());
    }
    let events = "person_id,condition_start_date,condition_source_value,source_system\n";
    for (folder, people, rows) in [("truth", &who, &what), ("package/data", &sexes, &shown)] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
        std::fs::write(root.join(folder).join("person.csv"), people).unwrap();
        std::fs::write(root.join(folder).join("condition_occurrence.csv"), format!("{events}{rows}")).unwrap();
    }
    std::fs::write(root.join("link.csv"), link).unwrap();
}

fn attacked(root: &Path, more: &[&str]) -> (i32, Value) {
    let args = ["release", "attack", "--json", "--targets", "20000", "--known", "2", "--shift", "3"];
    let said = kiban(root, &[&args[..], more].concat());
    assert!(said.code < 2, "{}", said.err);
    (said.code, said.json())
}

/// Mean, ends of the interval, worst.
fn figures(attacked: &Value, known: usize) -> (f64, f64, f64, f64) {
    let success = &attacked["attempts"][known]["success"];
    let end = |place: usize| success["interval"][place].as_f64().unwrap();
    (success["mean"].as_f64().unwrap(), end(0), end(1), success["worst"].as_f64().unwrap())
}

#[test]
fn success_and_bound_are_those_that_trying_everything_counts() {
    let root = tempfile::tempdir().unwrap();
    let persons = persons();
    write(root.path(), &persons);
    let counted = counted(&persons);
    let of = |pick: fn(&(f64, f64)) -> f64| {
        let all: Vec<f64> = counted.iter().map(pick).collect();
        (all.iter().sum::<f64>() / all.len() as f64, all.iter().copied().fold(0.0, f64::max))
    };
    let asked = ["package", "--against", "truth", "--granularity", "day"];
    let (code, exact) = attacked(root.path(), &[&asked[..], &["--link", "link.csv"]].concat());
    let (code_of_bound, bound) = attacked(root.path(), &asked);
    for (found, (mean, worst), meaning) in [(&exact, of(|c| c.0), "exact"), (&bound, of(|c| c.1), "at_most")] {
        assert_eq!(found["meaning"], meaning);
        let (said, _, _, most) = figures(found, 2);
        assert!((said - mean).abs() < 0.01, "{meaning}: {said}, counted {mean}");
        assert!((most - worst).abs() < 1e-9, "{meaning}: {most}, counted {worst}");
    }
    let classes: BTreeSet<(&str, u64)> = persons.iter().map(|p| (p.sex, p.born / 5)).collect();
    let alone = classes.len() as f64 / PERSONS as f64;
    assert!((figures(&exact, 0).0 - alone).abs() < 0.01, "demographics alone name one in each class");
    assert!(of(|c| c.0).0 > 0.12 && of(|c| c.1).0 > of(|c| c.0).0 + 0.01, "the test has something to tell apart");
    assert_eq!((code, code_of_bound), (1, 1), "two days tell more than the smallest class promises");
}

#[test]
fn a_package_without_protection_falls_and_the_demonstrations_figures_lie_under_the_bound() {
    let root = tempfile::tempdir().unwrap();
    kiban(root.path(), &["demo", "--persons", "700", "--dir", "demo"]).ends(0);
    let house = root.path().join("demo/house");
    let gated = "lake/gated/demo-chronic-2026";
    let raw = kiban(&house, &["release", "attack", gated, "--against", gated, "--json"]).ends(1).json();
    let (mean, _, _, worst) = figures(&raw, 3);
    assert!(mean > 0.95 && worst == 1.0, "whoever knows three months finds nearly everybody in the gated set: {mean}");

    let package = "releases/demo-chronic-2026.tar.zst";
    let packed = kiban(&house, &["release", "attack", package, "--against", gated, "--json"]).json();
    let by_house = kiban(&house, &["release", "attack", package, "--against", ".", "--json"]).json();
    assert_eq!(packed, by_house, "a house stands for its gated set");
    assert_eq!(packed["shift"], 182);
    let last = kiban(&house, &["audit", "show", "--last", "3", "--json"]).json();
    let classes: Vec<&Value> = last["events"].as_array().unwrap().iter().map(|event| &event["class"]).collect();
    assert_eq!(classes, ["access"; 3], "each look at the house's data is logged: {last}");
    let record = std::fs::read_to_string(house.join("records/demo-chronic-2026.json")).unwrap();
    let record: Value = serde_json::from_str(&record).unwrap();
    let tries = record.pointer("/study/acquaintance/tries").and_then(Value::as_array).unwrap();
    let exact: BTreeMap<u64, &Value> = tries
        .iter()
        .filter(|one| one["attack"] != "events-by-day")
        .map(|one| (one["events"].as_u64().unwrap(), one))
        .collect();
    for (known, one) in exact {
        let (bound, _, high, _) = figures(&packed, known as usize);
        let low = one["interval"][0].as_f64().unwrap();
        assert!(high >= low && bound > 0.0, "{known} known: at most {bound}, measured {one}");
    }
}

#[test]
fn what_cannot_be_attacked_is_told_in_a_sentence() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), &persons());
    let said = |args: &[&str]| kiban(root.path(), &[&["release", "attack"][..], args].concat()).ends(2).err;
    assert!(said(&["nothing", "--against", "truth"]).contains("nothing"));
    std::fs::create_dir(root.path().join("empty")).unwrap();
    assert!(said(&["empty", "--against", "truth"]).contains("no table person"));
    assert!(said(&["package", "--against", "empty"]).contains("no table person"));
    std::fs::write(root.path().join("link.csv"), "truth,release\n1,x\n").unwrap();
    assert!(said(&["package", "--against", "truth", "--link", "link.csv"]).contains("is no link"));
    std::fs::write(root.path().join("link.csv"), "truth,release\n1,2\n").unwrap();
    assert!(said(&["package", "--against", "truth", "--link", "link.csv"]).contains("another release"));
    std::fs::create_dir_all(root.path().join("lake/person/_delta_log")).unwrap();
    assert!(said(&["package", "--against", "lake"]).contains("all its versions"));
}
