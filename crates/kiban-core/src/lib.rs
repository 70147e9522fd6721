//! The words of the house: ids, [`Phi`], legal facts, rules, eligibility, findings, table specifications and ports.
//!
//! Invariant: no IO, no clock, no randomness. Everything here is a value or a pure function of its arguments; the
//! world comes in through [`Clock`] and [`Entropy`].

#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub use event::EventClass;
pub use facts::{
    Birth, Capacity, CapacityFact, Channel, DataItem, Death, DeletionRequest, Facility, FacilityFacts, FacilityKind,
    Filing, Notice, NoticeMethod, Objection, PatientFacts, Recipient, Requester, Review, Subject, Withdrawal,
};
pub use finding::{Finding, Place, Severity};
pub use ids::{BadId, DeliverySeq, FacilityCode, FileNo, PatientRef, PersonKey, ReleaseId};
pub use phi::Phi;
pub use ports::{Clock, Entropy, FixedClock, PatientRefs, SeededEntropy, keyed, keyed_u64};
pub use track::Track;

mod event;
mod facts;
mod finding;
mod ids;
mod phi;
mod ports;
pub mod tables;
mod track;
