//! Facts: what is repeated, what is corrected, what was known when.

use std::collections::BTreeMap;

use kiban_core::{Capacity, PatientFacts, PatientRef, Subject, Track};
use kiban_registry::{ErrorKind, NoticeRow, Statement, Taken};

use crate::fixture::{at, code, notice, notice_row, objection, patient, registry, subject};

#[tokio::test]
async fn a_file_read_twice_is_recorded_once() {
    let fixture = registry().await;
    let rows: Vec<NoticeRow> = (1..=900).map(notice_row).collect();
    let first = fixture.registry.import_notices(code(), rows.clone(), at("2026-04-11")).await.unwrap();
    assert_eq!((first.notices, first.births), (Taken { new: 900, known: 0 }, Taken { new: 900, known: 0 }));
    assert_eq!(first.leaf, Some(1));
    let again = fixture.registry.import_notices(code(), rows, at("2026-04-12")).await.unwrap();
    assert_eq!((again.notices, again.leaf), (Taken { new: 0, known: 900 }, None));
    assert_eq!(fixture.log.lock().await.size(), 2, "nothing new, nothing logged");
}

#[tokio::test]
async fn a_correction_and_its_correction_are_three_facts() {
    let fixture = registry().await;
    let born = |day: &str| vec![(patient(1), Statement::Birth(day.parse().unwrap()))];
    for (recorded, day) in [("2026-04-01", "1970-01-01"), ("2026-04-02", "1970-01-02"), ("2026-04-03", "1970-01-01")] {
        let taken = fixture.registry.add_facts(code(), born(day), at(recorded)).await.unwrap();
        assert_eq!(taken.births.new, 1);
    }
    let days = async |known: &str| {
        let (_, facts) = fixture.registry.facts_of(subject(1), at(known)).await.unwrap();
        facts.births.iter().map(|birth| birth.on.to_string()).collect::<Vec<_>>()
    };
    assert!(days("2026-03-31").await.is_empty());
    assert_eq!(days("2026-04-01").await, ["1970-01-01"]);
    assert_eq!(days("2026-04-02").await, ["1970-01-01", "1970-01-02"]);
    assert_eq!(days("2026-05-01").await, ["1970-01-01", "1970-01-02", "1970-01-01"]);
}

#[tokio::test]
async fn every_kind_of_fact_comes_back() {
    let fixture = registry().await;
    let review = |closed_at| Statement::Review { case_no: "case-1".to_owned(), opened_at: at("2026-04-02"), closed_at };
    let facts = vec![
        (patient(1), Statement::Birth("2012-05-06".parse().unwrap())),
        (patient(1), Statement::Notice(notice("2026-04-10"))),
        (patient(1), Statement::Capacity(Capacity::Unable, "2026-04-01".parse().unwrap())),
        (patient(1), Statement::Death("2026-04-09".parse().unwrap())),
        (patient(1), review(None)),
        (patient(1), review(Some(at("2026-04-05")))),
    ];
    fixture.registry.add_facts(code(), facts, at("2026-04-11")).await.unwrap();
    fixture.registry.add_objection(code(), objection(1, "2026-04-11"), at("2026-04-11")).await.unwrap();
    let (subject, received) = (subject(1), at("2026-04-12"));
    fixture.registry.request_deletion(subject, Track::Pseudonymised, received, at("2026-04-12")).await.unwrap();
    let (facility, known) = fixture.registry.facts_of(subject, at("2026-05-01")).await.unwrap();
    assert_eq!(facility.facility.len(), 1);
    assert_eq!(known.births[0].on.to_string(), "2012-05-06");
    assert_eq!(known.notices[0].given_at, at("2026-04-10"));
    assert_eq!(known.capacities[0].capacity, Capacity::Unable);
    assert_eq!(known.deaths[0].on.to_string(), "2026-04-09");
    assert_eq!(known.reviews.iter().map(|review| review.closed_at).collect::<Vec<_>>(), [None, Some(at("2026-04-05"))]);
    assert_eq!(known.deletions[0].track, Track::Pseudonymised);
    assert_eq!(known.objections[0].recorded_at, at("2026-04-11"));
}

#[tokio::test]
async fn all_at_once_equals_one_by_one() {
    let fixture = registry().await;
    let rows: Vec<NoticeRow> = (1..=300).map(notice_row).collect();
    fixture.registry.import_notices(code(), rows, at("2026-04-11")).await.unwrap();
    let objections = (1..=60).map(|n| objection(n * 5, "2026-04-12")).collect();
    fixture.registry.import_objections(code(), objections, at("2026-04-13")).await.unwrap();
    fixture.registry.import_notices(code(), vec![notice_row(400)], at("2026-04-20")).await.unwrap();
    for known_at in [at("2026-04-01"), at("2026-04-12"), at("2026-04-13"), at("2026-05-01")] {
        let (facility, all) = fixture.registry.facts_of_facility(code(), known_at).await.unwrap();
        assert!(all.is_sorted_by_key(|(patient, _)| *patient));
        let all: BTreeMap<PatientRef, PatientFacts> = all.into_iter().collect();
        for number in 1..=401 {
            let one = fixture.registry.facts_of(subject(number), known_at).await.unwrap();
            let same = all.get(&patient(number)).cloned().unwrap_or_default();
            assert_eq!(one, (facility.clone(), same));
        }
    }
}

#[tokio::test]
async fn an_unknown_facility_is_refused_and_an_unknown_patient_is_empty() {
    let fixture = registry().await;
    let stranger = "9999999999".parse().unwrap();
    let refused = fixture.registry.import_notices(stranger, vec![notice_row(1)], at("2026-04-11")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Missing);
    let nobody = Subject { facility: stranger, patient: patient(1) };
    let (facility, facts) = fixture.registry.facts_of(nobody, at("2026-05-01")).await.unwrap();
    assert!(facility.facility.is_empty() && facts == PatientFacts::default());
}

/// Measures with `KIBAN_REGISTRY_PATIENTS=300000` and `--release --no-capture`; by itself it only has to go through.
#[tokio::test]
async fn large_files_and_facilities_go_through() {
    let patients = std::env::var("KIBAN_REGISTRY_PATIENTS").map_or(3_000, |n| n.parse().unwrap());
    let fixture = registry().await;
    let rows: Vec<NoticeRow> = (1..=patients).map(notice_row).collect();
    let begin = std::time::Instant::now();
    let taken = fixture.registry.import_notices(code(), rows.clone(), at("2026-04-11")).await.unwrap();
    let imported = begin.elapsed();
    let begin = std::time::Instant::now();
    fixture.registry.import_notices(code(), rows, at("2026-04-12")).await.unwrap();
    let repeated = begin.elapsed();
    let begin = std::time::Instant::now();
    let (_, all) = fixture.registry.facts_of_facility(code(), at("2026-05-01")).await.unwrap();
    assert_eq!((all.len() as u32, taken.notices.new), (patients, u64::from(patients)));
    println!("{patients} patients: import {imported:?}, again {repeated:?}, all facts {:?}", begin.elapsed());
}
