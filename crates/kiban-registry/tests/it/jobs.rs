//! The queue: one job per key, and no worker finishes what it no longer holds.

use jiff::SignedDuration;
use kiban_registry::{AfterFailure, ErrorKind, JobState, Registry};
use serde_json::json;

use crate::fixture::{at, registry};

const LEASE: SignedDuration = SignedDuration::from_mins(5);

#[tokio::test]
async fn a_job_goes_its_way_once() {
    let fixture = registry().await;
    let jobs = &fixture.registry;
    let id = jobs.enqueue("collect", "collect/1", &json!({ "path": "in" }), at("2026-04-01")).await.unwrap();
    assert_eq!(jobs.enqueue("collect", "collect/1", &json!({}), at("2026-04-01")).await.unwrap(), id);
    let taken = jobs.enqueue("link", "collect/1", &json!({}), at("2026-04-01")).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict);
    assert!(jobs.lease(&["link"], LEASE, at("2026-04-01")).await.unwrap().is_none());
    let job = jobs.lease(&["collect"], LEASE, at("2026-04-01")).await.unwrap().unwrap();
    assert_eq!((job.id, job.attempt, &job.args), (id, 1, &json!({ "path": "in" })));
    assert!(jobs.lease(&[], LEASE, at("2026-04-01")).await.unwrap().is_none());
    jobs.finish(&job, &json!({ "rows": 3 }), at("2026-04-01")).await.unwrap();
    assert_eq!(jobs.finish(&job, &json!({}), at("2026-04-01")).await.unwrap_err().kind(), ErrorKind::Conflict);
    let done = jobs.jobs(Some(JobState::Done)).await.unwrap();
    assert_eq!((done.len(), &done[0].outcome), (1, &Some(json!({ "rows": 3 }))));
    assert_eq!(jobs.enqueue("collect", "collect/1", &json!({}), at("2026-04-02")).await.unwrap(), id, "done is done");
}

#[tokio::test]
async fn a_worker_that_wakes_up_late_is_refused() {
    let fixture = registry().await;
    let jobs = &fixture.registry;
    jobs.enqueue("link", "link", &json!({}), at("2026-04-01")).await.unwrap();
    let slow = jobs.lease(&[], LEASE, at("2026-04-01T00:00:00Z")).await.unwrap().unwrap();
    let late = at("2026-04-01T00:05:00Z");
    let expired = jobs.finish(&slow, &json!({}), late).await.unwrap_err();
    assert_eq!(expired.kind(), ErrorKind::Conflict, "its time is up");
    let fast = jobs.lease(&[], LEASE, late).await.unwrap().unwrap();
    assert_eq!((fast.id, fast.attempt), (slow.id, 2));
    for refused in [
        jobs.finish(&slow, &json!({}), late).await,
        jobs.fail(&slow, "slow", AfterFailure::Retry, late).await,
        jobs.renew(&slow, LEASE, late).await,
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict, "another has it");
    }
    jobs.renew(&fast, LEASE, at("2026-04-01T00:09:00Z")).await.unwrap();
    jobs.finish(&fast, &json!({}), at("2026-04-01T00:13:00Z")).await.unwrap();
}

#[tokio::test]
async fn failures_are_retried_or_given_up_and_orphans_reclaimed() {
    let fixture = registry().await;
    let jobs = &fixture.registry;
    jobs.enqueue("link", "link", &json!({}), at("2026-04-01")).await.unwrap();
    let first = jobs.lease(&[], LEASE, at("2026-04-01")).await.unwrap().unwrap();
    jobs.fail(&first, "disk", AfterFailure::Retry, at("2026-04-01")).await.unwrap();
    let second = jobs.lease(&[], LEASE, at("2026-04-01")).await.unwrap().unwrap();
    let fixture = fixture.reopen().await; // killed
    let jobs = &fixture.registry;
    assert_eq!(jobs.reclaim_jobs(at("2026-04-01")).await.unwrap(), 1);
    assert!(jobs.finish(&second, &json!({}), at("2026-04-01")).await.is_err());
    let third = jobs.lease(&[], LEASE, at("2026-04-01")).await.unwrap().unwrap();
    assert_eq!(third.attempt, 3);
    jobs.fail(&third, "disk", AfterFailure::GiveUp, at("2026-04-01")).await.unwrap();
    assert_eq!(jobs.jobs(Some(JobState::Failed)).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_never_hold_one_job() {
    let fixture = registry().await;
    for n in 0..30 {
        fixture.registry.enqueue("link", &format!("link/{n}"), &json!({}), at("2026-04-01")).await.unwrap();
    }
    let other = Registry::open(&crate::fixture::path(&fixture.dir), crate::fixture::house(fixture.log.clone())).await;
    let work = |registry: Registry| async move {
        let mut held = Vec::new();
        while let Some(job) = registry.lease(&[], LEASE, at("2026-04-01")).await.unwrap() {
            held.push(job.id);
        }
        held
    };
    let (a, b) = tokio::join!(tokio::spawn(work(fixture.registry.clone())), tokio::spawn(work(other.unwrap())));
    let mut held = [a.unwrap(), b.unwrap()].concat();
    held.sort_unstable();
    held.dedup();
    assert_eq!(held.len(), 30);
}
