//! The words of the house: ids, [`Phi`], legal facts, rules, eligibility, findings, table specifications and ports.
//!
//! Invariant: no IO, no clock, no randomness. Everything here is a value or a pure function of its arguments; the
//! world comes in through [`Clock`] and [`Entropy`].

#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub use calendar::{day_in_japan, start_of_day};
pub use eligibility::{Explained, Mark, Moment, Outcome, Reason, Step, Verdict, When, decide, eligibility};
pub use event::EventClass;
pub use facts::{
    Birth, Capacity, CapacityFact, Channel, DataItem, DataItems, Death, DeletionRequest, Facility, FacilityFacts,
    FacilityKind, Filing, Notice, NoticeMethod, Objection, PatientFacts, Recipient, Requester, Review, Subject,
    Withdrawal,
};
pub use finding::{Finding, Place, Severity};
pub use ids::{BadId, DeliverySeq, FacilityCode, FileNo, PatientRef, PersonKey, ReleaseId};
pub use phi::Phi;
pub use ports::{Clock, Entropy, FixedClock, PatientRefs, SeededEntropy, keyed, keyed_u64};
pub use rules::{
    CellFloors, DeathRules, GuardianRules, LegalRuleSet, LegalRules, NoticeRules, ObjectionRules, Relation,
    RetentionRules, Rule, RulesError, TrackRules, Wait,
};
pub use track::Track;
pub use work::{WorkItem, work_items};

mod calendar;
mod eligibility;
mod event;
mod facts;
mod finding;
mod ids;
mod phi;
mod ports;
mod rules;
pub mod tables;
mod track;
mod work;
