//! The chain on real files: every folder of the corpus ends in rows of the common data model, counted against what was
//! counted by other means.

use std::path::Path;

use serde_json::Value;

use crate::support::{FACILITY, House, Said, corpus};

/// Gives every patient of a delivery a notice in May 2024, so that all who were alive may pass in August.
fn notified(house: &House, delivery: &Path) {
    let list = house.file("drafted.csv", "");
    let path = delivery.to_str().unwrap();
    let draft = ["notice", "draft", path, "--facility", FACILITY, "--given-at", "2024-05-10T10:00", "--out", &list];
    house.run(&draft).ends(0);
    house.run(&["notice", "import", &list, "--facility", FACILITY]).ends(0);
}

fn collect(house: &House, delivery: &Path, more: &[&str]) -> Said {
    let args = ["collect", delivery.to_str().unwrap(), "--facility", FACILITY, "--json"];
    house.run(&[&args[..], more].concat())
}

/// Checks rows out of a stage, by table.
#[track_caller]
fn check(tables: &Value, expect: &[(&str, u64)]) {
    let told: Vec<(&str, u64)> =
        expect.iter().map(|(table, _)| (*table, tables[*table]["rows_out"].as_u64().unwrap_or(0))).collect();
    assert_eq!(told, expect, "{tables:#}");
    for (name, rows) in tables.as_object().unwrap() {
        let held: u64 = rows["held"].as_object().unwrap().values().map(|held| held.as_u64().unwrap()).sum();
        let accounted = rows["rows_out"].as_u64().unwrap() + held + rows["lost"].as_u64().unwrap();
        assert_eq!(rows["rows_in"].as_u64().unwrap(), accounted, "{name} does not balance");
    }
}

#[test]
fn bulk_fhir_ends_in_cdm_rows() {
    let Some(delivery) = corpus("fhir/bulk_synthea_10patients") else { return };
    let house = House::new();
    notified(&house, &delivery);
    let taken = collect(&house, &delivery, &[]).ends(0).json();
    let taken = &taken[0];
    // `wc -l` counts 7,164 lines, 4 of them in log.ndjson, which is no FHIR.
    assert_eq!(
        (&taken["records"], &taken["refused"], &taken["files"]["unknown"]),
        (&7160.into(), &0.into(), &1.into())
    );
    // Three of the thirteen patients died long before any notice; who was not notified alive does not enter.
    assert_eq!((&taken["allowed"], &taken["deaths"]), (&10.into(), &3.into()));
    assert_eq!(taken["tables"]["visit"]["held"], serde_json::json!({ "not-notified-alive": 1215 - 397 }));
    let done = house.run(&["run", "--json"]).ends(0).json();
    assert_eq!(done["linked"]["registrations"], 10);
    // Counted from the files by patients without deceasedDateTime; immunisations (130) are drugs, allergies observations.
    check(
        &done["linked"]["tables"],
        &[
            ("person", done["linked"]["persons"].as_u64().unwrap()),
            ("visit_occurrence", 397),
            ("condition_occurrence", 281),
            ("drug_exposure", 259 + 130),
            ("procedure_occurrence", 628),
            ("observation", 11),
            ("death", 0),
        ],
    );
    let replay = collect(&house, &delivery, &[]).ends(3);
    assert!(replay.err.contains("delivery.replay") && replay.err.contains("number 1"), "{}", replay.err);
    assert!(house.run(&["run"]).ends(0).out.contains("Nothing is pending"));
    house.run(&["audit", "verify"]).ends(0);
}

#[test]
fn an_ssmix2_storage_ends_in_cdm_rows() {
    let Some(delivery) = corpus("ssmix2/nho_sample_storage") else { return };
    let house = House::new();
    notified(&house, &delivery);
    // Of the 21 messages 12 name another patient than their folder does, so a person has to look first.
    let taken = collect(&house, &delivery, &[]).ends(1).json();
    assert_eq!((&taken[0]["state"], &taken[0]["files"]["ssmix2"]), (&"stopped".into(), &21.into()));
    assert_eq!(taken[0]["findings"]["error"], 12);
    assert!(house.run(&["run"]).ends(0).out.contains("Nothing is pending"));
    let taken = collect(&house, &delivery, &["--accept-findings"]).ends(0).json();
    assert_eq!((&taken[0]["state"], &taken[0]["delivery"]), (&"landed".into(), &1.into()));
    let done = house.run(&["run", "--json"]).ends(0).json();
    // By hand, in the files whose PID-3 is that of their folder: OMP-01 3 RXE, OMP-02 6 RXC, OMP-11 2 and OMP-12 2 RXA;
    // ADT-00 height, weight and blood group; ADT-22 and ADT-52 tell of one stay. The allergy has no date.
    check(
        &done["linked"]["tables"],
        &[
            ("person", 1),
            ("payer_plan_period", 1),
            ("visit_occurrence", 1),
            ("drug_exposure", 3 + 6 + 2 + 2),
            ("measurement", 3),
            ("observation", 0),
            ("condition_occurrence", 0),
        ],
    );
    assert_eq!(done["linked"]["tables"]["observation"]["held"], serde_json::json!({ "no-date": 1 }));
}

#[test]
fn single_fhir_resources_end_in_cdm_rows() {
    let Some(delivery) = corpus("fhir/jp_etwodis") else { return };
    let house = House::new();
    notified(&house, &delivery);
    let taken = collect(&house, &delivery, &["--accept-findings"]).ends(0).json();
    // Four patients, one of them without a birth date; what is not known denies.
    assert_eq!((&taken[0]["records"], &taken[0]["allowed"]), (&67.into(), &3.into()));
    assert_eq!(taken[0]["tables"]["patient"]["held"], serde_json::json!({ "birth-unknown": 1 }));
    let done = house.run(&["run", "--json"]).ends(0).json();
    // By hand: of 13 conditions 5 have a whole day, 6 a month or a year only, 2 none; all 12 requests are dated, 3 of the 6
    // results, and 2 of the 7 allergies. No encounter names a patient.
    let tables = &done["linked"]["tables"];
    check(
        tables,
        &[
            ("condition_occurrence", 5),
            ("drug_exposure", 12),
            ("measurement", 3),
            ("observation", 2),
            ("visit_occurrence", 0),
        ],
    );
    assert_eq!(tables["condition_occurrence"]["held"], serde_json::json!({ "no-date": 6 + 2 }));
}

#[test]
fn claims_end_in_cdm_rows() {
    let Some(delivery) = corpus("receipt/receiptisan_sample") else { return };
    let house = House::new();
    notified(&house, &delivery);
    let taken = collect(&house, &delivery, &[]).ends(0).json();
    // `cut -d, -f1 | sort | uniq -c`: 636 and 11 lines; 75 + 1 RE, 9 SY, 32 IY, (69 + 71) + (1 + 1) HO and KO.
    assert_eq!(
        (&taken[0]["records"], &taken[0]["refused"], &taken[0]["allowed"]),
        (&647.into(), &0.into(), &75.into())
    );
    let done = house.run(&["run", "--json"]).ends(0).json();
    assert_eq!(done["linked"]["registrations"], 75);
    check(
        &done["linked"]["tables"],
        &[
            ("person", 75),
            ("visit_occurrence", 75 + 1),
            ("condition_occurrence", 9),
            ("drug_exposure", 32),
            ("payer_plan_period", 69 + 71 + 2),
        ],
    );
}

#[test]
fn without_a_notice_nothing_is_landed() {
    let Some(delivery) = corpus("fhir/bulk_synthea_10patients") else { return };
    let house = House::new();
    let taken = collect(&house, &delivery, &["--seq", "3"]).ends(0).json();
    let landed: u64 =
        taken[0]["tables"].as_object().unwrap().values().map(|rows| rows["rows_out"].as_u64().unwrap()).sum();
    assert_eq!((landed, &taken[0]["allowed"]), (0, &0.into()));
    // Deliveries 1 and 2 should have come before it.
    assert_eq!(taken[0]["gaps"], serde_json::json!([1, 2]));
    let found = house.run(&["findings", "--format", "csv"]).ends(0).out;
    assert_eq!(found.lines().filter(|line| line.contains("delivery.gap")).count(), 2, "{found}");
    house.run(&["findings", "--fail-on", "warning"]).ends(1);
    house.run(&["findings", "--fail-on", "fatal"]).ends(0);
    assert!(house.run(&["facility", "show", FACILITY]).ends(0).out.contains("Missing before it: deliveries 1, 2"));
    // No name of any patient is anywhere: the landing zone is erased and nothing passed.
    assert_eq!(house.files_with("Medhurst46"), Vec::<std::path::PathBuf>::new());
}
