//! Whole-crate tests: the reference results of ARX, an oracle, and the properties of a release.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

mod arx;
mod attack;
mod corpus;
mod dates;
mod fingerprint;
mod life;
mod frontier;
mod ledger;
mod models;
mod monotone;
mod profile;
mod outlier;
mod release;
mod small;
mod transform;
mod weights;
mod trace;
