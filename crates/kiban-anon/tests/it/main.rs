//! Whole-crate tests: the reference results of ARX, an oracle, and the properties of a release.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

mod arx;
mod attack;
mod corpus;
mod dates;
mod fingerprint;
mod frontier;
mod hard;
mod ledger;
mod life;
mod life_attack;
mod models;
mod monotone;
mod outlier;
mod profile;
mod release;
mod small;
mod trace;
mod transform;
mod weights;
