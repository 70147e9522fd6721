//! The pages of the house and their words in Japanese and English; today the report of a run.
//!
//! Invariant: no IO, no clock, no randomness. A page is a function of its data.

#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub mod report;
