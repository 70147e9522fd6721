//! `kiban anonymise` on tables of its own: ARX's published optima, and what is wrong with a job.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use crate::support::{Said, corpus, kiban};

const ADULT: [&str; 9] =
    ["sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation", "salary-class"];

/// Writes a job on the adult table whose named column is sensitive.
fn adult(dir: &Path, corpus: &Path, sensitive: Option<&str>, search: &str, limit: f64, models: &str) {
    let mut job = format!(
        "input = {{ path = '{}/adult.csv', delimiter = ';' }}\nsearch = '{search}'\nsuppression_limit = {limit}\n\
         metric = {{ name = 'loss', suppression_weight = 0.5 }}\nmodels = {models}\n",
        corpus.display()
    );
    for name in ADULT {
        let role = if sensitive == Some(name) { "sensitive" } else { "quasi-identifier" };
        let hierarchy = corpus.join(format!("adult_hierarchy_{name}.csv"));
        job += &format!("[[attribute]]\nname = '{name}'\nrole = '{role}'\nhierarchy = '{}'\n", hierarchy.display());
    }
    std::fs::write(dir.join("job.toml"), job).unwrap();
}

fn run(dir: &Path) -> Said {
    kiban(dir, &["anonymise", "job.toml", "--out", "out", "--json"])
}

/// Reads an output and returns its records by what they say of the first `columns`.
fn classes(dir: &Path, columns: usize) -> BTreeMap<String, u64> {
    let text = std::fs::read_to_string(dir.join("out/data.csv")).unwrap();
    let mut classes = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(';').take(columns).collect();
        *classes.entry(cells.join(";")).or_default() += 1;
    }
    classes
}

#[test]
fn the_optimum_of_arx_on_the_adult_table_comes_out() {
    let Some(corpus) = corpus("anon/arx_adult") else { return };
    let dir = tempfile::tempdir().unwrap();
    adult(dir.path(), &corpus, None, "optimal", 0.02, "[{ k_anonymity = 5 }]");
    let said = run(dir.path()).ends(0).json();
    let levels: Vec<&Value> = ADULT.iter().map(|name| &said["levels"][name]).collect();
    assert_eq!(levels, [0, 3, 0, 2, 2, 1, 1, 2, 0].map(|level| json!(level)).iter().collect::<Vec<_>>());
    assert_eq!((&said["suppressed_records"], &said["optimal"]), (&json!(506), &json!(true)));
    assert!((said["granularity"].as_f64().unwrap() - 0.6044).abs() < 5e-5, "{said}");
    assert_eq!(said["nodes_total"], 12_960);
    let classes = classes(dir.path(), 9);
    assert_eq!(classes.values().sum::<u64>(), 30_162 - 506);
    assert_eq!((classes.len() as u64, *classes.values().min().unwrap()), (said["classes"].as_u64().unwrap(), 5));
    assert_eq!(said["risk"]["prosecutor_max"], 0.2);
    let page = std::fs::read_to_string(dir.path().join("out/report.html")).unwrap();
    assert!(page.contains("marital-status") && !page.contains("<script"));
}

#[test]
fn a_protected_attribute_stays_and_is_diverse_in_every_class() {
    let Some(corpus) = corpus("anon/arx_adult") else { return };
    let dir = tempfile::tempdir().unwrap();
    let models = "[{ k_anonymity = 5 }, { distinct_l_diversity = { l = 3, on = 'occupation' } }]";
    adult(dir.path(), &corpus, Some("occupation"), "optimal", 0.02, models);
    let said = run(dir.path()).ends(0).json();
    let others = ADULT.iter().filter(|name| **name != "occupation");
    let levels: Vec<u64> = others.map(|name| said["levels"][name].as_u64().unwrap()).collect();
    assert_eq!((levels, &said["suppressed_records"]), (vec![0, 3, 0, 2, 2, 1, 1, 0], &json!(522)));
    let text = std::fs::read_to_string(dir.path().join("out/data.csv")).unwrap();
    let mut values: BTreeMap<Vec<&str>, Vec<&str>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let mut cells: Vec<&str> = line.split(';').collect();
        let occupation = cells.remove(7);
        values.entry(cells).or_default().push(occupation);
    }
    for found in values.values_mut() {
        found.sort_unstable();
        found.dedup();
        assert!(found.len() >= 3);
    }
}

#[test]
fn local_recoding_keeps_more_and_suppresses_nobody() {
    let Some(corpus) = corpus("anon/arx_adult") else { return };
    let dir = tempfile::tempdir().unwrap();
    adult(dir.path(), &corpus, None, "local", 0.05, "[{ k_anonymity = 5 }]");
    let said = run(dir.path()).ends(0).json();
    assert_eq!((&said["levels"], &said["optimal"]), (&Value::Null, &json!(false)));
    // Above ARX's own local recoding at 5 % (`anonymisation.md`).
    assert!(said["granularity"].as_f64().unwrap() > 0.9156, "{said}");
    let classes = classes(dir.path(), 9);
    assert_eq!((classes.values().sum::<u64>(), said["suppressed_records"].as_u64()), (30_162, Some(0)));
    assert!(classes.values().all(|persons| *persons >= 5));
}

/// A table of its own, without a corpus.
fn small(dir: &Path, attributes: &str) {
    std::fs::write(dir.join("table.csv"), "id,born,town,ill\n1,1951,A,x\n2,1952,A,y\n3,1953,B,x\n4,2001,C,z\n")
        .unwrap();
    std::fs::write(dir.join("born.csv"), "1951;1950s;*\n1952;1950s;*\n1953;1950s;*\n2001;2000s;*\n").unwrap();
    let job = "input = { path = 'table.csv' }\nsuppression_limit = 0.25\nmodels = [{ k_anonymity = 3 }]\n";
    std::fs::write(dir.join("job.toml"), format!("{job}{attributes}")).unwrap();
}

const BORN: &str = "[[attribute]]\nname = 'born'\nrole = 'quasi-identifier'\nhierarchy = 'born.csv'\n";
const ILL: &str = "[[attribute]]\nname = 'ill'\nrole = 'insensitive'\n";

#[test]
fn columns_that_nobody_named_and_names_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    small(dir.path(), &format!("{BORN}{ILL}[[attribute]]\nname = 'id'\nrole = 'identifying'\n"));
    let said = run(dir.path()).ends(0).json();
    assert_eq!((&said["left_out"], &said["suppressed_records"]), (&json!(["town"]), &json!(1)));
    let text = std::fs::read_to_string(dir.path().join("out/data.csv")).unwrap();
    assert_eq!(text, "born,ill\n1950s,x\n1950s,y\n1950s,x\n");
    let told = kiban(dir.path(), &["anonymise", "job.toml", "--out", "out", "--lang", "en"]).ends(0).out;
    assert!(told.starts_with("4 records, 1 suppressed; 1 classes.\nGranularity "), "{told}");
    assert!(told.contains("Highest risk of recognition: 100.00 % before, 33.33 % after."), "{told}");
}

#[test]
fn what_is_wrong_with_a_job_is_said_in_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let check = |attributes: &str, expect: &str| {
        small(dir.path(), attributes);
        let said = run(dir.path()).ends(2);
        assert!(said.err.contains(expect) && said.err.lines().count() == 1, "{}", said.err);
    };
    check(ILL, "no attribute has the role quasi-identifier");
    check(&format!("{BORN}{BORN}"), "attribute born is given twice");
    check(&format!("{BORN}[[attribute]]\nname = 'gone'\nrole = 'sensitive'\n"), "table.csv has no column gone");
    check("[[attribute]]\nname = 'town'\nrole = 'quasi-identifier'\nhierarchy = 'born.csv'\n", "attribute town: ");
    check("[[attribute]]\nname = 'town'\nrole = 'key'\n", "line 6");
    small(dir.path(), BORN);
    let job = std::fs::read_to_string(dir.path().join("job.toml")).unwrap();
    std::fs::write(dir.path().join("job.toml"), job.replace("k_anonymity = 3", "k_anonymity = 5")).unwrap();
    let said = run(dir.path()).ends(2);
    assert!(!said.err.contains("1951"), "no value of the table is told: {}", said.err);
}

/// A table of 240 persons; `extra` stands before the attributes.
fn persons(dir: &Path, extra: &str, attributes: &str) {
    let mut table = "age,sex,town,income,ill\n".to_owned();
    for n in 0..240_u32 {
        let (sex, town, ill) = (["f", "m"][n as usize % 2], ["A", "B", "C"][n as usize % 3], n % 7 % 3);
        table += &format!("{},{sex},{town},{},{ill}\n", 30 + n % 12, 100 + n * 37 % 240);
    }
    std::fs::write(dir.join("table.csv"), table).unwrap();
    std::fs::write(dir.join("key"), "07".repeat(32)).unwrap();
    let job = format!("input = {{ path = 'table.csv' }}\nsuppression_limit = 0.1\n{extra}\n{attributes}");
    std::fs::write(dir.join("job.toml"), job).unwrap();
}

fn attribute(name: &str, role: &str, more: &str) -> String {
    format!("[[attribute]]\nname = '{name}'\nrole = '{role}'\n{more}\n")
}

/// Reads a column of an output.
fn column(dir: &Path, nth: usize) -> Vec<String> {
    let text = std::fs::read_to_string(dir.join("out/data.csv")).unwrap();
    text.lines().skip(1).map(|line| line.split(',').nth(nth).unwrap().to_owned()).collect()
}

#[test]
fn a_swapped_column_keeps_its_values_and_the_key_decides() {
    let dir = tempfile::tempdir().unwrap();
    let quasi = attribute("sex", "quasi-identifier", "");
    let income = attribute("income", "sensitive", "transform = { rank_swap = { percent = 10 } }");
    let models = "models = [{ k_anonymity = 5 }]";
    let job = format!("{quasi}{income}");
    persons(dir.path(), &format!("{models}\nkey = 'key'"), &job);
    let said = run(dir.path()).ends(0).json();
    let done = &said["transformations"][0];
    assert_eq!((&done["column"], &done["transformation"]), (&json!("income"), &json!("rank_swap")));
    assert!(done["changed"].as_u64().unwrap() > 200 && said["risk"]["prosecutor_max"] == 1.0 / 120.0, "{said}");
    let first = column(dir.path(), 1);
    let mut values: Vec<u32> = first.iter().map(|value| value.parse().unwrap()).collect();
    values.sort_unstable();
    assert!(values.iter().copied().eq(100..340), "each of the 240 incomes is still there once");
    run(dir.path()).ends(0);
    assert_eq!(column(dir.path(), 1), first, "the same key swaps the same");
    persons(dir.path(), models, &job);
    run(dir.path()).ends(0);
    assert_ne!(column(dir.path(), 1), first, "without a key no two runs are alike");
    let page = std::fs::read_to_string(dir.path().join("out/report.html")).unwrap();
    assert!(page.contains("rank swapping"));
}

#[test]
fn risk_after_a_transformation_is_counted_or_not_claimed() {
    let dir = tempfile::tempdir().unwrap();
    let quasi = |more: &str| attribute("age", "quasi-identifier", more) + &attribute("town", "quasi-identifier", "");
    let local = "transform = { local_suppression = { k = 25, with = ['town'] } }";
    persons(dir.path(), "models = []", &quasi(local));
    let said = run(dir.path()).ends(0).json();
    let least = *classes_of(dir.path()).values().min().unwrap();
    assert!(least >= 25, "{least}");
    assert_eq!(said["risk"]["prosecutor_max"], 1.0 / least as f64);
    persons(dir.path(), "models = []", &quasi("transform = { pram = { keep = 0.5 } }"));
    let said = run(dir.path()).ends(0).json();
    assert_eq!((&said["risk"], &said["risk_in_full"]), (&Value::Null, &Value::Null));
    // Groups of 30 out of ages of 20 persons each tear a town's class apart, which the model forbids.
    let torn = "transform = { microaggregation = { k = 30 } }";
    persons(dir.path(), "models = [{ k_anonymity = 15 }]", &quasi(torn));
    std::fs::remove_dir_all(dir.path().join("out")).unwrap();
    let said = run(dir.path()).ends(2);
    assert!(said.err.contains("in classes that break a model") && !dir.path().join("out").exists(), "{}", said.err);
    persons(
        dir.path(),
        "models = [{ k_anonymity = 5 }]",
        &quasi("transform = { top_bottom = { low = 31, high = 40 } }"),
    );
    assert_eq!(run(dir.path()).ends(0).json()["risk"]["prosecutor_max"], 1.0 / 20.0);
}

/// Counts the records of an output by everything that it says.
fn classes_of(dir: &Path) -> BTreeMap<String, u64> {
    let text = std::fs::read_to_string(dir.join("out/data.csv")).unwrap();
    let mut classes = BTreeMap::new();
    text.lines().skip(1).for_each(|line| *classes.entry(line.to_owned()).or_default() += 1);
    classes
}

#[test]
fn what_no_model_could_be_claimed_of_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let check = |models: &str, attributes: &str, expect: &str| {
        persons(dir.path(), models, attributes);
        let said = run(dir.path()).ends(2);
        assert!(said.err.contains(expect) && said.err.lines().count() == 1, "{}", said.err);
        assert!(!dir.path().join("out/data.csv").exists());
    };
    let k = "models = [{ k_anonymity = 5 }]";
    let town = attribute("town", "quasi-identifier", "");
    let age = |more: &str| format!("{town}{}", attribute("age", "quasi-identifier", more));
    check(k, &age("transform = { pram = { keep = 0.8 } }"), "no model can be claimed of a perturbed quasi-identifier");
    let swap =
        attribute("ill", "sensitive", "transform = { record_swap = { with = ['town'], risk = ['town'], k = 3 } }");
    check(k, &format!("{town}{swap}"), "record_swap on town: no model");
    let diverse = "models = [{ k_anonymity = 5 }, { distinct_l_diversity = { l = 2, on = 'ill' } }]";
    let pram = attribute("ill", "sensitive", "transform = { pram = { keep = 0.8 } }");
    check(diverse, &format!("{town}{pram}"), "a model protects this column");
    let gone = "transform = { local_suppression = { k = 5, with = ['gone'] } }";
    check(k, &age(gone), "local_suppression on gone: the output has no such column");
    check(k, &age("weight = -1.0"), "a weight is a number of 0 or more");
    let heavy = attribute("ill", "sensitive", "weight = 2.0");
    check(k, &format!("{town}{heavy}"), "only quasi-identifiers are weighed");
    check("models = []", &town, "models is empty");
    check(&format!("{k}\nkey = 'table.csv'"), &town, "32 bytes in hexadecimal");
}

#[test]
fn a_sample_is_drawn_first_and_a_study_attacks_what_comes_out() {
    let dir = tempfile::tempdir().unwrap();
    let attributes = attribute("age", "quasi-identifier", "weight = 2.0")
        + &attribute("sex", "quasi-identifier", "classify = true")
        + &attribute("ill", "sensitive", "classify = true")
        + &attribute("income", "insensitive", "transform = { microaggregation = { k = 3 } }");
    let job = "models = [{ k_anonymity = 5 }]\nkey = 'key'\nsample = { size = 200 }\nstudy = true";
    persons(dir.path(), job, &attributes);
    let said = run(dir.path()).ends(0).json();
    assert_eq!((&said["records"], &said["sampled_from"]), (&json!(200), &json!(240)));
    assert_eq!(column(dir.path(), 0).len() as u64 + said["suppressed_records"].as_u64().unwrap(), 200);
    let study = &said["study"];
    let methods: Vec<&str> =
        study["attacks"].as_array().unwrap().iter().map(|one| one["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["linkage", "linkage-errors", "inference", "singling-out"]);
    let worst = study["attacks"][0]["worst"].as_f64().unwrap();
    assert!(worst <= said["risk"]["prosecutor_max"].as_f64().unwrap() + 1e-12, "{said}");
    assert_eq!(study["not_attacked"], json!(["income"]));
    let targets: Vec<&Value> = study["accuracy"].as_array().unwrap().iter().map(|one| &one["target"]).collect();
    assert_eq!(targets, [&json!("sex"), &json!("ill")]);
    assert!(study["frontier"].as_array().unwrap().len() > 10, "{study}");
    let plain = kiban(dir.path(), &["anonymise", "job.toml", "--out", "out", "--lang", "en"]).ends(0).out;
    assert!(
        plain.contains("Drawn as a sample of 240 records.") && plain.contains("attacks run on the output"),
        "{plain}"
    );
}
