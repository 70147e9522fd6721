//! Crashes between database and log: every event ends up in the log exactly once, and nothing is acknowledged before.

use std::sync::Arc;

use kiban_core::EventClass;
use kiban_registry::{Error, Registry};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::fixture::{Fail, FlakyLog, at, code, hospital, house, objection, path, subject};

struct Flaky {
    dir: TempDir,
    log: Arc<Mutex<FlakyLog>>,
    registry: Registry,
}

async fn flaky() -> Flaky {
    let dir = tempfile::tempdir().unwrap();
    let log = Arc::new(Mutex::new(FlakyLog::default()));
    let registry = Registry::create(&path(&dir), house(log.clone())).await.unwrap();
    registry.add_facility(&hospital(), at("2026-03-01")).await.unwrap();
    Flaky { dir, log, registry }
}

/// Crashes at an instant of an objection's way, opens again and finds the objection and its receipt logged once.
async fn check(fail: Fail) {
    let Flaky { dir, log, registry } = flaky().await;
    log.lock().await.fail = Some(fail);
    let said = registry.add_objection(code(), objection(1, "2026-04-01"), at("2026-04-02")).await;
    assert!(matches!(said, Err(Error::Log(_))), "{fail:?}: nothing may be acknowledged");
    registry.close().await.unwrap();

    log.lock().await.fail = None;
    let registry = Registry::open(&path(&dir), house(log.clone())).await.unwrap();
    let classes: Vec<EventClass> = log.lock().await.leaves.iter().map(|leaf| leaf.class()).collect();
    assert_eq!(classes, [EventClass::Facility, EventClass::Objection, EventClass::Receipt], "{fail:?}");
    for (index, class) in (0..).zip(classes) {
        let event = registry.event(index).await.unwrap().unwrap();
        assert_eq!((event.class, event.leaf, event.body.is_some()), (class, Some(index), true));
    }
    let (_, facts) = registry.facts_of(subject(1), at("2026-05-01")).await.unwrap();
    assert_eq!(facts.objections.len(), 1);
    let again = registry.add_objection(code(), objection(1, "2026-04-01"), at("2026-04-03")).await.unwrap();
    assert_eq!(again.receipt_no.to_string(), facts.objections[0].receipt_no);
    assert_eq!(log.lock().await.leaves.len(), 3, "{fail:?}: asking again logs nothing again");
}

#[tokio::test]
async fn a_crash_between_database_and_log_is_settled() {
    check(Fail::BeforeAppend).await;
}

#[tokio::test]
async fn a_crash_between_log_and_mark_is_settled() {
    check(Fail::AfterAppend).await;
}

#[tokio::test]
async fn a_crash_within_the_log_is_settled() {
    check(Fail::HalfWay).await;
}

#[tokio::test]
async fn while_the_log_fails_nothing_more_is_written() {
    let Flaky { log, registry, .. } = flaky().await;
    log.lock().await.fail = Some(Fail::BeforeAppend);
    for _ in 0..3 {
        let said = registry.record(EventClass::Access, &json!({}), at("2026-04-01")).await;
        assert!(matches!(said, Err(Error::Log(_))));
    }
    log.lock().await.fail = None;
    registry.record(EventClass::Access, &json!({}), at("2026-04-01")).await.unwrap();
    let leaves = log.lock().await.leaves.len();
    assert_eq!(leaves, 3, "the facility, the first access that was committed, and the last");
}

#[tokio::test]
async fn a_log_that_lost_acknowledged_leaves_is_refused() {
    let Flaky { dir, log, registry } = flaky().await;
    registry.close().await.unwrap();
    log.lock().await.leaves.clear();
    let refused = Registry::open(&path(&dir), house(log)).await.unwrap_err();
    assert!(matches!(refused, Error::LogCut { log: 0, known: 0 }));
}

#[tokio::test]
async fn a_dropped_call_leaves_nothing() {
    let Flaky { log, registry, .. } = flaky().await;
    {
        let mut call = Box::pin(registry.add_objection(code(), objection(1, "2026-04-01"), at("2026-04-02")));
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(call.as_mut().poll(cx).is_pending())).await;
        assert!(polled, "the call is under way when it is dropped");
    }
    let (_, facts) = registry.facts_of(subject(1), at("2026-05-01")).await.unwrap();
    assert!(facts.objections.is_empty());
    registry.add_objection(code(), objection(1, "2026-04-01"), at("2026-04-02")).await.unwrap();
    assert_eq!(log.lock().await.leaves.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_handles_on_one_file_never_log_an_event_twice() {
    let Flaky { dir, log, registry } = flaky().await;
    let other = Registry::open(&path(&dir), house(log.clone())).await.unwrap();
    let write = |registry: Registry, from: u32| async move {
        for n in from..from + 15 {
            registry.add_objection(code(), objection(n, "2026-04-01"), at("2026-04-02")).await.unwrap();
        }
    };
    let (a, b) = tokio::join!(tokio::spawn(write(registry.clone(), 100)), tokio::spawn(write(other, 200)));
    a.unwrap();
    b.unwrap();
    let leaves = log.lock().await.leaves.clone();
    let mut commitments: Vec<[u8; 32]> = leaves.iter().map(|leaf| *leaf.commitment().as_bytes()).collect();
    commitments.sort_unstable();
    commitments.dedup();
    assert_eq!((leaves.len(), commitments.len()), (61, 61));
    for index in 0..61 {
        assert!(registry.event(index).await.unwrap().is_some(), "leaf {index} has its body");
    }
}
