//! Each noun goes in and comes back.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use kiban_core::{DataItem, EventClass, Finding, PersonKey, Place, ReleaseId, Severity, Track};
use kiban_registry::{
    Act, Arrival, Change, DeliveryCounts, ErrorKind, FindingCount, FindingFilter, LinkOpinion, Must, NewDecision,
    NewDelivery, NewFacility, NewFiling, NewRelease, PersonChange, ReleaseState, StageCommit,
};
use serde_json::json;

use crate::fixture::{at, code, filing, hospital, registry, subject};

#[tokio::test]
async fn facilities_and_filings_keep_every_state() {
    let fixture = registry().await;
    let registry = &fixture.registry;
    assert_eq!(registry.add_facility(&hospital(), at("2026-03-02")).await.unwrap(), None, "nothing new");
    let ended = NewFacility { supply_to: Some("2027-03-31".parse().unwrap()), ..hospital() };
    assert_eq!(registry.add_facility(&ended, at("2026-05-01")).await.unwrap(), Some(1));
    registry.add_filing(code(), &filing(), at("2026-03-03")).await.unwrap().unwrap();
    assert_eq!(registry.add_filing(code(), &filing(), at("2026-03-04")).await.unwrap(), None);
    let withdrawn = NewFiling { effective_to: Some("2026-12-31".parse().unwrap()), ..filing() };
    registry.add_filing(code(), &withdrawn, at("2026-05-02")).await.unwrap().unwrap();

    let facts = registry.facility_facts(code(), at("2026-04-01")).await.unwrap();
    assert_eq!((facts.facility.len(), facts.filings.len()), (1, 1));
    assert_eq!(facts.filings[0].items, [DataItem::Conditions, DataItem::Drugs]);
    assert_eq!(facts.filings[0].notice_versions, ["v1"]);
    assert_eq!(facts.facility[0].waiting_days, Some(45));
    let facts = registry.facility_facts(code(), at("2026-06-01")).await.unwrap();
    assert_eq!((facts.facility.len(), facts.filings.len()), (2, 2));
    assert_eq!(registry.facilities().await.unwrap()[0].supply_to, ended.supply_to);
}

fn delivery(seq: Option<u32>, manifest: &str) -> NewDelivery {
    let (source, manifest_sha256) = ("in/2026-04".to_owned(), manifest.to_owned());
    NewDelivery { facility: code(), seq, source, manifest_sha256, files: 3, bytes: 1_000 }
}

#[tokio::test]
async fn deliveries_are_numbered_and_gaps_and_replays_seen() {
    let fixture = registry().await;
    let registry = &fixture.registry;
    let begin = async |seq, manifest| registry.begin_delivery(&delivery(seq, manifest), at("2026-04-01")).await;
    assert_eq!(begin(None, "a").await.unwrap(), Arrival::New(1));
    assert_eq!(begin(None, "a").await.unwrap(), Arrival::Resumed(1));
    let counts = DeliveryCounts {
        records: 12,
        rows_in: 10,
        landed: 7,
        held: BTreeMap::from([("objected".to_owned(), 2)]),
        lost: BTreeMap::from([("uke.unknown-record".to_owned(), 1)]),
    };
    let leaf = registry.finish_delivery(code(), 1, &counts, at("2026-04-02")).await.unwrap();
    assert!(leaf.is_some());
    assert_eq!(registry.finish_delivery(code(), 1, &counts, at("2026-04-03")).await.unwrap(), None);
    let wrong = DeliveryCounts { landed: 8, ..counts.clone() };
    assert_eq!(registry.finish_delivery(code(), 1, &wrong, at("2026-04-03")).await.unwrap_err().kind(), ErrorKind::Bug);
    assert_eq!(begin(None, "a").await.unwrap(), Arrival::Replay(1));
    assert_eq!(begin(Some(4), "b").await.unwrap(), Arrival::New(4));
    assert_eq!(begin(Some(4), "c").await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(registry.delivery_gaps(code()).await.unwrap(), [2, 3]);
    let all = registry.deliveries(Some(code())).await.unwrap();
    assert_eq!((all.len(), all[0].replays, &all[0].counts), (2, 1, &counts));
}

fn finding(line: u32, code_: &str, severity: Severity) -> Finding {
    let place = Place { file: 2, offset: u64::from(line) * 80, line };
    let rows_lost = u32::from(severity >= Severity::Error);
    Finding {
        facility: code(),
        delivery: 1,
        place,
        code: code_.to_owned(),
        field: "RE.7".to_owned(),
        severity,
        rows_lost,
    }
}

#[tokio::test]
async fn findings_are_kept_filtered_and_counted() {
    let fixture = registry().await;
    let registry = &fixture.registry;
    let mut all: Vec<Finding> = (1..=900).map(|line| finding(line, "R14", Severity::Note)).collect();
    all.extend((901..=950).map(|line| finding(line, "uke.unknown-record", Severity::Error)));
    registry.add_findings("intake", &all, at("2026-04-01")).await.unwrap();
    assert_eq!(registry.findings(&FindingFilter::default()).await.unwrap(), all);
    let bad = FindingFilter { severity: Some(Severity::Warning), limit: Some(5), ..Default::default() };
    assert_eq!(registry.findings(&bad).await.unwrap(), all[900..905]);
    let counts =
        registry.finding_counts(&FindingFilter { facility: Some(code()), ..Default::default() }).await.unwrap();
    let count =
        |code: &str, severity, count, rows_lost| FindingCount { code: code.to_owned(), severity, count, rows_lost };
    let expect = [count("R14", Severity::Note, 900, 0), count("uke.unknown-record", Severity::Error, 50, 50)];
    assert_eq!(counts, expect);
    assert_eq!(registry.clear_findings("intake", code(), 1, at("2026-04-02")).await.unwrap(), 950);
    assert!(registry.findings(&FindingFilter::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_stage_commit_balances_and_is_recorded_once() {
    let fixture = registry().await;
    let registry = &fixture.registry;
    let commit = StageCommit {
        stage: "standardise".to_owned(),
        table: "standard/person".to_owned(),
        version: 3,
        rows_in: 10,
        rows_out: 7,
        rows_held: 2,
        rows_lost: 1,
        detail: json!({ "held": { "waiting": 2 } }),
    };
    assert!(registry.commit_stage(&commit, at("2026-04-01")).await.unwrap().is_some());
    assert_eq!(registry.commit_stage(&commit, at("2026-04-02")).await.unwrap(), None);
    let lossy = StageCommit { rows_out: 6, version: 4, ..commit.clone() };
    assert_eq!(registry.commit_stage(&lossy, at("2026-04-02")).await.unwrap_err().kind(), ErrorKind::Bug);
    let other = StageCommit { rows_out: 8, rows_held: 1, ..commit.clone() };
    assert_eq!(registry.commit_stage(&other, at("2026-04-02")).await.unwrap_err().kind(), ErrorKind::Conflict);
    let all = registry.stage_commits(Some("standardise")).await.unwrap();
    assert_eq!((all.len(), &all[0].commit), (1, &commit));
}

#[tokio::test]
async fn a_release_goes_from_gate_to_user() {
    let fixture = registry().await;
    let registry = &fixture.registry;
    let id: ReleaseId = "trial-1".parse().unwrap();
    let gate = NewRelease {
        id: id.clone(),
        project: Some("diabetes".to_owned()),
        track: Track::Anonymised,
        spec_sha256: "11".to_owned(),
        gate_size: 1,
        valid_at: at("2026-06-01"),
        known_at: at("2026-06-01"),
    };
    let no_project = registry.begin_release(&gate, at("2026-06-01")).await.unwrap_err();
    assert_eq!(no_project.kind(), ErrorKind::Missing);
    registry.add_project("diabetes", "糖尿病", at("2026-05-01")).await.unwrap();
    assert!(registry.begin_release(&gate, at("2026-06-01")).await.unwrap().is_some());
    assert_eq!(registry.begin_release(&gate, at("2026-06-02")).await.unwrap(), None);
    let later = NewRelease { valid_at: at("2026-06-02"), ..gate.clone() };
    assert!(registry.begin_release(&later, at("2026-06-02")).await.unwrap().is_some(), "a restart gates anew");
    assert_eq!(registry.deliver_release(&id, "u", at("2026-06-03")).await.unwrap_err().kind(), ErrorKind::Conflict);
    let people = [subject(1), subject(2), subject(1)];
    registry.finish_release(&id, "aa", &json!({ "persons": 2 }), &people, at("2026-06-03")).await.unwrap();
    let other = registry.finish_release(&id, "bb", &json!({}), &people, at("2026-06-03")).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Conflict);
    registry.deliver_release(&id, "user-1", at("2026-06-04")).await.unwrap();
    let release = registry.release(&id).await.unwrap();
    assert_eq!((release.state, &release.gate), (ReleaseState::Delivered, &later));
    assert_eq!(registry.release_subjects(&id).await.unwrap().len(), 2);
    assert_eq!(registry.releases_of(subject(2)).await.unwrap(), [id]);
    assert_eq!(registry.projects().await.unwrap(), [("diabetes".to_owned(), "糖尿病".to_owned())]);
}

#[tokio::test]
async fn decisions_about_persons_are_kept_and_the_last_one_holds() {
    let fixture = registry().await;
    let registry = &fixture.registry;
    let decide = |must, a, b, staff| NewDecision::pair(must, (subject(a), subject(b)), staff, "documents");
    let first = decide(Must::Link, 1, 2, "staff-1");
    registry.decide_link(&first, at("2026-04-01")).await.unwrap();
    let ends = NewDecision { expires_at: Some(at("2026-06-01")), ..decide(Must::NotLink, 2, 1, "staff-2") };
    let second = registry.decide_link(&ends, at("2026-04-02")).await.unwrap();
    let held = async |day: &str| {
        let held = registry.constraints(at(day)).await.unwrap();
        held.iter().map(|one| (one.must, one.author.clone())).collect::<Vec<_>>()
    };
    assert_eq!(held("2026-05-01").await, [(Must::NotLink, "staff-2".to_owned())]);
    assert_eq!(held("2026-06-01").await, [(Must::Link, "staff-1".to_owned())], "an expired decision gives way");
    let version = registry.link_version().await.unwrap();
    registry.revoke_link(second, "staff-3", "mistake", at("2026-04-03")).await.unwrap();
    assert!(registry.link_version().await.unwrap() > version);
    assert_eq!(held("2026-05-01").await, [(Must::Link, "staff-1".to_owned())], "and so does one taken back");
    let again = registry.revoke_link(second, "staff-3", "mistake", at("2026-04-03")).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict);
    let none = registry.revoke_link(1, "staff-3", "mistake", at("2026-04-03")).await.unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Missing);
    assert_eq!(registry.link_revocations().await.unwrap().len(), 1);
    let alone = registry.decide_link(&decide(Must::Link, 1, 1, "staff-1"), at("2026-04-01")).await.unwrap_err();
    assert_eq!(alone.kind(), ErrorKind::Input);
    for second_author in [None, Some("staff-1".to_owned())] {
        let merge = NewDecision { act: Act::Merge, second_author, ..first.clone() };
        assert_eq!(registry.decide_link(&merge, at("2026-04-04")).await.unwrap_err().kind(), ErrorKind::Denied);
    }
    let merge = NewDecision { act: Act::Merge, second_author: Some("staff-4".to_owned()), ..first.clone() };
    let number = registry.decide_link(&merge, at("2026-04-04")).await.unwrap();
    assert_eq!(registry.constraints(at("2026-05-01")).await.unwrap()[0].decision, number);
    let person = PersonKey::from_bits;
    let changes = [
        PersonChange { change: Change::Merge, person: person(2), other: person(4) },
        PersonChange { change: Change::Split, person: person(6), other: person(8) },
    ];
    assert_eq!(registry.change_persons(&changes, "link", at("2026-04-03")).await.unwrap().len(), 2);
    assert_eq!(registry.person_changes().await.unwrap(), changes);
}

#[tokio::test]
async fn a_case_has_one_clerk_at_a_time_and_one_opinion_of_each() {
    let fixture = registry().await;
    let registry = &fixture.registry;
    let lease = |who: &'static str, time: &str| {
        let at = at(time);
        async move { registry.lease_case(7, who, SignedDuration::from_mins(30), at).await }
    };
    let says = |who: &str| LinkOpinion {
        case: 7,
        author: who.to_owned(),
        view: "same".to_owned(),
        reason: "documents".to_owned(),
        recorded_at: at("2026-04-01T10:20:00Z"),
    };
    let told = at("2026-04-01T10:20:00Z");
    lease("staff-1", "2026-04-01T10:00:00Z").await.unwrap();
    assert_eq!(lease("staff-2", "2026-04-01T10:10:00Z").await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(registry.add_opinion(&says("staff-2"), told).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(registry.case_leases(told).await.unwrap()[0].holder, "staff-1");
    let event = registry.add_opinion(&says("staff-1"), told).await.unwrap();
    assert!(registry.case_leases(told).await.unwrap().is_empty());
    lease("staff-1", "2026-04-01T10:21:00Z").await.unwrap();
    assert_eq!(registry.add_opinion(&says("staff-1"), told).await.unwrap_err().kind(), ErrorKind::Conflict);
    lease("staff-2", "2026-04-01T11:00:00Z").await.unwrap(); // the first lease ran out
    registry.add_opinion(&says("staff-2"), at("2026-04-01T11:01:00Z")).await.unwrap();
    assert_eq!(registry.opinions().await.unwrap().len(), 2);
    let logged = registry.events(event, 1).await.unwrap().pop().unwrap();
    assert_eq!((logged.class, logged.body.unwrap()["view"].clone()), (EventClass::Access, json!("same")));
}

#[tokio::test]
async fn incidents_and_work_items_are_opened_and_closed() {
    let fixture = registry().await;
    let registry = &fixture.registry;
    let id = registry.open_incident("leak", None, 3, &json!({ "how": "mail" }), at("2026-04-01")).await.unwrap();
    registry.close_incident(id, &json!({ "report": 1 }), at("2026-04-02")).await.unwrap();
    assert_eq!(registry.close_incident(id, &json!({}), at("2026-04-02")).await.unwrap_err().kind(), ErrorKind::Missing);
    let incidents = registry.incidents().await.unwrap();
    assert_eq!((incidents[0].subjects, incidents[0].closed_at), (3, Some(at("2026-04-02"))));

    let due = "2026-05-06".parse().unwrap();
    let items = [(subject(1), due), (subject(2), due)];
    assert_eq!(registry.add_work_items("turns-16", &items, at("2026-04-01")).await.unwrap(), 2);
    assert_eq!(registry.add_work_items("turns-16", &items, at("2026-04-02")).await.unwrap(), 0);
    let open = registry.open_work_items().await.unwrap();
    registry.finish_work_item(open[0].id, at("2026-04-03")).await.unwrap();
    assert_eq!(registry.open_work_items().await.unwrap(), open[1..]);
}
