//! The same words give the same hospitals, and the truth covers what it must.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::{A, B, C, World};

#[test]
fn the_same_configuration_gives_the_same_bytes() {
    let (one, other) = (World::make(60, 9, 20.0), World::make(60, 9, 20.0));
    let (one_files, other_files) = (one.files(""), other.files(""));
    assert_eq!(one_files.keys().collect::<Vec<_>>(), other_files.keys().collect::<Vec<_>>());
    assert!(one_files == other_files, "some file differs");
    assert_eq!(one.summary, other.summary);
    assert!(World::make(20, 10, 20.0).files("truth") != one.files("truth"));
}

#[test]
fn a_larger_world_begins_with_the_same_people() {
    let identities = |persons| {
        let people = World::make(persons, 9, 0.0).rows("truth/persons.csv");
        people.into_iter().map(|row| (row["person_no"].clone(), row["facility"].clone())).collect::<Vec<_>>()
    };
    let (small, large) = (identities(30), identities(60));
    // The last household of the small world may be cut short.
    let same = small.len() - 12;
    assert_eq!(small[..same], large[..same]);
}

#[test]
fn people_go_to_one_and_a_half_facilities_on_average_with_an_id_of_their_own() {
    let world = World::make(200, 1, 5.0);
    let registrations = world.rows("truth/persons.csv");
    assert_eq!(registrations.len() as u64, world.summary.registrations);
    let mut by_person: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in &registrations {
        by_person.entry(&row["person_no"]).or_default().insert(&row["facility"]);
    }
    assert_eq!(by_person.len() as u64, world.summary.persons);
    let visits: usize = by_person.values().map(BTreeSet::len).sum();
    assert!((1.35..1.65).contains(&(visits as f64 / by_person.len() as f64)));
    let at_a = by_person.values().filter(|facilities| facilities.contains(A)).count();
    assert!((0.33..0.48).contains(&(at_a as f64 / by_person.len() as f64)), "{at_a}");
    let a = &world.summary.facilities[A];
    let files: u64 = a.delivery_1.values().chain(a.delivery_2.values()).sum();
    assert!((8..13).contains(&(files / a.patients)), "{files} files of {} patients", a.patients);
    let ids: BTreeSet<_> = registrations.iter().map(|row| (&row["facility"], &row["local_patient_id"])).collect();
    assert_eq!(ids.len(), registrations.len());
}

#[test]
fn counts_agree_with_the_summary_and_every_kind_of_dirt_is_planted() {
    let world = World::make(100, 3, 120.0);
    let counts = world.json("truth/counts.json");
    let mut kinds = BTreeSet::new();
    for facility in [A, B, C] {
        let told = &world.summary.facilities[facility];
        assert_eq!(counts["facilities"][facility], serde_json::to_value(told).unwrap());
        kinds.extend(told.dirt.keys().copied());
    }
    let all = [
        "broken-encoding",
        "duplicate-record",
        "impossible-date",
        "missing-local-id",
        "not-json",
        "path-mismatch",
        "truncated-line",
        "unknown-record",
        "wrong-check-digit",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn a_clean_world_has_no_dirt() {
    let world = World::make(20, 3, 0.0);
    assert!(world.summary.facilities.values().all(|facility| facility.dirt.is_empty()));
}

/// Canary strings stand in their own records, and no one else has any of them.
#[test]
fn canaries_occur_in_their_own_records_only() {
    let world = World::make(50, 5, 0.0);
    let canaries = world.json("truth/canaries.json");
    let canaries = canaries.as_array().unwrap();
    assert_eq!(canaries.len(), 5);
    let own: BTreeSet<&str> = canaries
        .iter()
        .flat_map(|c| c["local_patient_ids"].as_array().unwrap())
        .map(|id| id.as_str().unwrap())
        .collect();
    let names: Vec<&str> =
        canaries.iter().flat_map(|c| c["names"].as_array().unwrap()).map(|name| name.as_str().unwrap()).collect();
    let patients = String::from_utf8(
        world.files(&format!("{B}/delivery-0001"))[std::path::Path::new("Patient.000.ndjson")].clone(),
    )
    .unwrap();
    let mut met = 0;
    for line in patients.lines() {
        let is_canary = own.iter().any(|id| line.contains(id));
        assert_eq!(is_canary, names.iter().any(|name| line.contains(name)));
        met += usize::from(is_canary);
    }
    assert_eq!(met, 3, "two go everywhere, one to this facility");
    for row in world.rows("truth/legal.csv") {
        if own.contains(row["local_patient_id"].as_str()) {
            assert_eq!((row["expected"].as_str(), row["reason"].as_str()), ("eligible", "notified"));
        }
    }
}

#[test]
fn the_facility_list_names_feeds_and_filings() {
    let world = World::make(20, 5, 0.0);
    let list = world.json("facilities.json");
    let feeds: Vec<_> = list.as_array().unwrap().iter().map(|facility| facility["feed"].as_str().unwrap()).collect();
    assert_eq!(feeds, ["ssmix2", "fhir", "uke"]);
    assert_eq!(list[2]["waiting_days"], 60);
    assert!(list.as_array().unwrap().iter().all(|facility| facility["filings"][0]["track"] == "anonymised"));
}

#[test]
fn nonsense_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let config = kiban_synth::SynthConfig { facilities: Vec::new(), ..Default::default() };
    assert!(matches!(kiban_synth::write(&config, dir.path(), &mut |_| {}), Err(kiban_synth::Error::Config { .. })));
}
