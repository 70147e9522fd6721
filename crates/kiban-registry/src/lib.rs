//! Operational state of the house: facilities, filings, notices, objections, deliveries, findings, jobs and releases,
//! on SQLite through SeaORM, written so that PostgreSQL can join.
//!
//! Three things hold everywhere:
//!
//! - **Nothing is said before it is logged** (design invariant 7). Whatever writes a legally relevant fact puts its
//!   event into the outbox in the same transaction and returns only when the audit log has it on disk. What a crash
//!   leaves between the two is settled, exactly once, at the next opening.
//! - **Facts are only added** (invariant 2). Every one has its recorded time, and reading takes a `known_at`.
//! - **A patient is a facility's code and a [`PatientRef`](kiban_core::PatientRef)** (invariants 5 and 9). No name and
//!   no local id comes in here; bodies of audit events are encrypted and can be erased.
//!
//! Invariant: no clock and no randomness of its own. Every write takes `at`, the instant at which it is recorded;
//! salts and nonces come from the [`House`].
//!
//! ```
//! use std::sync::Arc;
//!
//! use kiban_core::{Channel, FacilityKind, PatientRef, Requester, SeededEntropy, Track};
//! use kiban_registry::{House, NewFacility, NewObjection, Registry};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let signer = kiban_audit::NoteSigner::new("kiban.example/audit", &[7; 32])?;
//! let (log, _) = kiban_audit::Log::open(dir.path().join("log"), signer)?;
//! let log = Arc::new(tokio::sync::Mutex::new(log));
//! let house = House { log: log.clone(), body_key: [1; 32], entropy: Arc::new(SeededEntropy(1)) };
//! let registry = Registry::create(&dir.path().join("registry.db"), house).await?;
//!
//! let at = "2026-04-02T00:00:00Z".parse()?;
//! let code = "1310000017".parse()?;
//! let (name, kind) = ("Example Hospital".to_owned(), FacilityKind::Hospital);
//! let facility =
//!     NewFacility { code, name, kind, supply_from: "2026-04-01".parse()?, supply_to: None, waiting_days: None };
//! registry.add_facility(&facility, at).await?;
//!
//! let objection = NewObjection {
//!     patient: PatientRef::from_bits(42),
//!     track: Track::Anonymised,
//!     requester: Requester::Person,
//!     channel: Channel::CounterOral,
//!     received_at: "2026-04-01T10:00:00+09:00".parse()?,
//!     staff: "staff-7".to_owned(),
//! };
//! let receipt = registry.add_objection(code, objection, at).await?;
//! assert!(receipt.receipt_no.as_str().starts_with("0000017-20260401-0001-"));
//! assert_eq!(log.lock().await.size(), 3); // the facility, the objection, its receipt
//! # Ok(())
//! # }
//! ```

#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub use cases::{Incident, WorkItem};
pub use deliveries::{Arrival, Delivery, DeliveryCounts, DeliveryState, NewDelivery};
pub use error::{BoxError, Error, ErrorKind};
pub use facilities::{NewFacility, NewFiling};
pub use facts::FactPages;
pub use findings::{FindingCount, FindingFilter};
pub use jobs::{AfterFailure, Job, JobState};
pub use known::Taken;
pub use late::{LateFact, StopKind};
pub use links::{Act, Change, LinkConstraint, LinkRevocation, Must, NewDecision, PersonChange};
pub use log::{EventLog, SharedLog};
pub use objections::{NewObjection, NewWithdrawal, ObjectionReceipt, ObjectionsImported};
pub use opening::Opening;
pub use receipt::ReceiptNo;
pub use registry::{Checkpoint, Event, House, Registry};
pub use releases::{Finished, NewRelease, Release, ReleaseState};
pub use reviews::{CaseLease, LinkOpinion};
pub use stages::{RecordedCommit, StageCommit};
pub use statements::{Imported, NewNotice, NoticeRow, Statement};

mod cases;
mod convert;
mod deliveries;
#[allow(unreachable_pub, reason = "the derives write pub, and the rows stay in this crate")]
mod entity;
mod error;
mod facilities;
mod facts;
mod findings;
mod jobs;
mod known;
mod late;
mod links;
mod log;
mod migrations;
mod objections;
mod opening;
mod receipt;
mod registry;
mod releases;
mod reviews;
mod seal;
mod stages;
mod statements;
mod writing;
