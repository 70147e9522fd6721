//! An objection received before a release's gate and recorded after it opens an incident by itself (design §7).

use kiban_core::{EventClass, ReleaseId, Subject, Track};
use kiban_registry::{NewRelease, StopKind};
use serde_json::json;

use crate::fixture::{Fixture, at, code, notice_row, objection, registry, subject};

fn id() -> ReleaseId {
    "trial-1".parse().unwrap()
}

/// A house that has gated a release on 1 June over what it knew then.
async fn gated() -> Fixture {
    let fixture = registry().await;
    let rows = (1..=20).map(notice_row).collect();
    fixture.registry.import_notices(code(), rows, at("2026-04-11")).await.unwrap();
    let release = NewRelease {
        id: id(),
        project: None,
        track: Track::Anonymised,
        spec_sha256: "00".to_owned(),
        gate_size: fixture.log.lock().await.size(),
        valid_at: at("2026-06-01"),
        known_at: at("2026-06-01"),
    };
    fixture.registry.begin_release(&release, at("2026-06-01")).await.unwrap();
    fixture
}

async fn build(fixture: &Fixture) -> u64 {
    let people: Vec<Subject> = (1..=10).map(subject).collect();
    let done = fixture.registry.finish_release(&id(), "aa", &json!({ "persons": 10 }), &people, at("2026-06-01")).await;
    done.unwrap().late
}

#[tokio::test]
async fn a_late_objection_opens_an_incident() {
    let fixture = gated().await;
    assert_eq!(build(&fixture).await, 0);
    let late = vec![objection(3, "2026-05-20"), objection(4, "2026-05-30")];
    let imported = fixture.registry.import_objections(code(), late, at("2026-06-10")).await.unwrap();
    assert_eq!(imported.incidents, 1);
    let incidents = fixture.registry.incidents().await.unwrap();
    assert_eq!((incidents.len(), incidents[0].kind.as_str(), incidents[0].subjects), (1, "late-stop", 2));
    assert_eq!(incidents[0].release, Some(id()));
    let last = fixture.log.lock().await.size() - 1;
    assert_eq!(fixture.registry.event(last).await.unwrap().unwrap().class, EventClass::Incident);
    let facts = fixture.registry.late_objections_for(&id()).await.unwrap();
    let mut found: Vec<_> = facts.iter().map(|late| (late.subject, late.kind)).collect();
    found.sort_unstable();
    let mut expect = [(subject(3), StopKind::Objection), (subject(4), StopKind::Objection)];
    expect.sort_unstable();
    assert_eq!(found, expect);
}

#[tokio::test]
async fn even_where_the_clock_stands_still() {
    let fixture = gated().await;
    build(&fixture).await;
    let imported = fixture.registry.import_objections(code(), vec![objection(3, "2026-05-20")], at("2026-06-01")).await;
    assert_eq!(imported.unwrap().incidents, 1);
    assert_eq!(fixture.registry.late_objections_for(&id()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_not_late_opens_nothing() {
    let fixture = gated().await;
    build(&fixture).await;
    let mut other_track = objection(6, "2026-05-20");
    other_track.track = Track::Pseudonymised;
    let fine = vec![objection(5, "2026-06-02"), objection(15, "2026-05-20"), other_track];
    let imported = fixture.registry.import_objections(code(), fine, at("2026-06-10")).await.unwrap();
    assert_eq!((imported.new, imported.incidents), (3, 0));
    assert!(fixture.registry.late_objections_for(&id()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_deletion_request_stops_as_well() {
    let fixture = gated().await;
    build(&fixture).await;
    let asked = fixture.registry.request_deletion(subject(7), Track::Anonymised, at("2026-05-01"), at("2026-06-03"));
    assert_eq!(asked.await.unwrap().incidents, 1);
    assert_eq!(fixture.registry.late_objections_for(&id()).await.unwrap()[0].kind, StopKind::Deletion);
}

#[tokio::test]
async fn an_objection_between_gate_and_package_is_found_when_the_package_is_done() {
    let fixture = gated().await;
    fixture.registry.add_objection(code(), objection(3, "2026-05-20"), at("2026-06-01")).await.unwrap();
    assert!(fixture.registry.incidents().await.unwrap().is_empty(), "nobody is in the release yet");
    assert_eq!(build(&fixture).await, 1);
    assert_eq!(fixture.registry.incidents().await.unwrap().len(), 1);
    assert_eq!(build(&fixture).await, 1, "finishing again says the same");
    assert_eq!(fixture.registry.incidents().await.unwrap().len(), 1, "and opens nothing again");
}
