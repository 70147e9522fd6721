//! The master patient index: identity in time, on top of the linkage of a set.
//!
//! What is known of identity is an append-only log of [`Event`]s with two times each: since when it is true, and since
//! when we know. [`replay()`] folds the log into the [`Index`] of any [`Moment`](kiban_core::Moment): which registrations
//! are one person 本人, under which key. What was revoked counts as if it had never been said, so a merge that is taken
//! back leaves exactly the persons *and keys* that would be there without it; the order in which events of different
//! persons came does not matter.
//!
//! Around the index stand the [`Clerks`]' queue with its cases by expected harm, two authors for a merge of persons and
//! blind second looks; the [`Golden`] view of a person; the queries [`match_patient`] and [`Index::cross_reference`] with
//! their FHIR forms in [`fhir`]; and texts that say why ([`text`]).
//!
//! **Invariant:** as everywhere in this crate, no IO, no clock, no randomness. What may hold a value of a patient comes
//! out as [`Phi`](kiban_core::Phi).

pub use agreement::{Agreement, Interval, error_rate, kappa};
pub use arrive::{Decide, Growing, Touched, tell};
pub use blocks::BlockIndex;
pub use case::{Allergy, Care, Case, CaseId, Consequences, Objecting, Stakes, Standing};
pub use event::{Act, Author, Decided, Event, EventId, KeyChange, ModelVersion, Must, Pair, ReasonCode, What};
pub use golden::{Golden, GoldenField, Known, PastName, Survival, Survivor, Survivorship};
pub use index::{Index, Record, Statement, Weakest, told};
pub use legal::{held_under_review, stops_the_person, stricter, strictest};
pub use query::{
    Candidates, CrossReference, Demographics, Grade, Grades, MatchQuery, Matched, Unresolved, Wanted, Weighed,
    match_patient,
};
pub use queue::{Clerks, Opinion, QueueError, Rules, Settled, View};
pub use replay::{Fault, replay};

mod agreement;
mod arrive;
mod blocks;
mod case;
mod event;
pub mod fhir;
mod golden;
mod graph;
mod index;
mod keys;
#[cfg(test)]
mod laws;
mod legal;
mod query;
mod queue;
mod replay;
pub mod text;
