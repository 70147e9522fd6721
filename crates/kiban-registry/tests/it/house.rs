//! Opening, migrating, secrecy and erasure of audit bodies.

use kiban_core::EventClass;
use kiban_registry::{Error, ErrorKind, Registry};
use sea_orm::{ConnectionTrait, Database};
use serde_json::json;

use crate::fixture::{LOCAL_ID, at, code, house, notice_row, objection, open_log, path, registry, subject};

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    let fixture = registry().await;
    let schema = fixture.registry.schema().await.unwrap();
    assert_eq!(schema, "0002_link_decisions");
    let fixture = fixture.reopen().await;
    assert_eq!(fixture.registry.schema().await.unwrap(), schema);
    assert_eq!(fixture.registry.facilities().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let fixture = registry().await;
    let file = path(&fixture.dir);
    fixture.registry.close().await.unwrap();
    let db = Database::connect(format!("sqlite:{}", file.display())).await.unwrap();
    db.execute_unprepared("INSERT INTO seaql_migrations VALUES ('0099_future', 1)").await.unwrap();
    db.close().await.unwrap();
    for refused in [
        Registry::open(&file, house(fixture.log.clone())).await.map(drop),
        Registry::open_reading(&file).await.map(drop),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert_eq!(
            error.to_string(),
            "the registry has schema 0099_future, but this program knows only up to 0002_link_decisions; use the newer program"
        );
    }
}

#[tokio::test]
async fn creating_and_opening_are_not_confused() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(&dir);
    let missing = Registry::open(&path(&dir), house(log.clone())).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Missing);
    let created = Registry::create(&path(&dir), house(log.clone())).await.unwrap();
    created.close().await.unwrap();
    let exists = Registry::create(&path(&dir), house(log)).await.unwrap_err();
    assert_eq!(exists.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_reading_handle_reads_beside_the_writer_and_writes_nothing() {
    let fixture = registry().await;
    let reader = Registry::open_reading(&path(&fixture.dir)).await.unwrap();
    assert_eq!(reader.facilities().await.unwrap().len(), 1);
    fixture.registry.import_notices(code(), vec![notice_row(1)], at("2026-04-11")).await.unwrap();
    let (_, facts) = reader.facts_of(subject(1), at("2026-05-01")).await.unwrap();
    assert_eq!(facts.notices.len(), 1);
    let refused = reader.add_objection(code(), objection(1, "2026-04-12"), at("2026-04-12")).await.unwrap_err();
    assert!(matches!(refused, Error::ReadOnly));
}

#[tokio::test]
async fn an_event_reads_back_and_can_be_erased_while_its_leaf_stays() {
    let fixture = registry().await;
    let body = json!({ "who": "inspector-1", "why": "inspection" });
    let leaf = fixture.registry.record(EventClass::Access, &body, at("2026-04-01")).await.unwrap();
    let event = fixture.registry.event(leaf).await.unwrap().unwrap();
    assert_eq!((event.class, event.body, event.leaf), (EventClass::Access, Some(body), Some(leaf)));
    let erasure = fixture.registry.erase_body(event.event, at("2026-04-02")).await.unwrap();
    let fixture = fixture.reopen().await;
    let erased = fixture.registry.event(leaf).await.unwrap().unwrap();
    assert_eq!((erased.body, erased.erased_at), (None, Some(at("2026-04-02"))));
    assert_eq!(fixture.registry.event(erasure).await.unwrap().unwrap().class, EventClass::Erasure);
    assert_eq!(fixture.log.lock().await.size(), 3);
    let again = fixture.registry.erase_body(event.event, at("2026-04-03")).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Missing);
}

#[tokio::test]
async fn no_file_holds_a_local_id_or_a_body_in_clear() {
    let fixture = registry().await;
    let canary = "canary-body-7f3a9c";
    fixture.registry.record(EventClass::Access, &json!({ "who": canary }), at("2026-04-01")).await.unwrap();
    fixture.registry.import_notices(code(), vec![notice_row(42)], at("2026-04-11")).await.unwrap();
    fixture.registry.add_objection(code(), objection(42, "2026-04-12"), at("2026-04-12")).await.unwrap();
    let mut searched = 0;
    let holds = |text: &str, bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    for entry in std::fs::read_dir(fixture.dir.path()).unwrap() {
        let file = entry.unwrap().path();
        if file.is_file() {
            let bytes = std::fs::read(&file).unwrap();
            assert!(!holds(canary, &bytes) && !holds(LOCAL_ID, &bytes), "{}", file.display());
            searched += usize::from(holds("staff-1", &bytes)); // the search finds what is in clear
        }
    }
    assert!(searched > 0);
}

#[tokio::test]
async fn an_erased_body_is_gone_from_the_file() {
    let fixture = registry().await;
    let leaf = fixture.registry.record(EventClass::Access, &json!({ "n": 1 }), at("2026-04-01")).await.unwrap();
    let event = fixture.registry.event(leaf).await.unwrap().unwrap().event;
    let file = path(&fixture.dir);
    let ciphertext = ciphertext_of(&file, event).await;
    let fixture = fixture.reopen().await; // closing folds the write-ahead log into the file
    let before = std::fs::read(&file).unwrap();
    assert!(before.windows(ciphertext.len()).any(|window| window == ciphertext));
    fixture.registry.erase_body(event, at("2026-04-02")).await.unwrap();
    fixture.registry.close().await.unwrap();
    let after = std::fs::read(&file).unwrap();
    assert!(!after.windows(ciphertext.len()).any(|window| window == ciphertext));
}

async fn ciphertext_of(file: &std::path::Path, event: i64) -> Vec<u8> {
    let db = Database::connect(format!("sqlite:{}", file.display())).await.unwrap();
    let query = sea_orm::sea_query::Query::select()
        .column("ciphertext")
        .from("audit_body")
        .and_where(sea_orm::sea_query::ExprTrait::eq(sea_orm::sea_query::Expr::col("event"), event))
        .to_owned();
    let bytes = db.query_one(&query).await.unwrap().unwrap().try_get_by_index(0).unwrap();
    db.close().await.unwrap();
    bytes
}

#[tokio::test]
async fn checkpoints_are_kept_once() {
    let fixture = registry().await;
    fixture.registry.add_checkpoint(1, "note one", at("2026-04-01")).await.unwrap();
    fixture.registry.add_checkpoint(1, "note one", at("2026-04-02")).await.unwrap();
    let other = fixture.registry.add_checkpoint(1, "another", at("2026-04-02")).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Conflict);
    let kept = fixture.registry.checkpoints().await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].recorded_at, at("2026-04-01"));
}

#[tokio::test]
async fn a_sealed_file_opens_under_its_own_name_and_key_alone() {
    let fixture = registry().await;
    let (registry, plain) = (&fixture.registry, b"who was in which release".as_slice());
    let sealed = registry.seal_file("ledger", plain).unwrap();
    assert!(!sealed.windows(7).any(|part| part == b"release"));
    assert_eq!(registry.open_file("ledger", &sealed).unwrap(), plain);
    assert_eq!(registry.seal_file("ledger", plain).unwrap(), sealed, "seeded entropy repeats itself");
    let other = registry.seal_file("ledger", b"who was in which else!!!").unwrap();
    assert_ne!(other.first_chunk::<12>(), sealed.first_chunk::<12>(), "one nonce for two contents");
    assert!(registry.open_file("other", &sealed).unwrap_err().to_string().contains("last good copy"));
    for place in [0, 12, sealed.len() - 1] {
        let mut broken = sealed.clone();
        broken[place] ^= 1;
        assert!(registry.open_file("ledger", &broken).is_err(), "{place}");
    }
    assert!(registry.open_file("ledger", b"short").is_err());
}
