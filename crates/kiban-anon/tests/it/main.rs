//! Whole-crate tests: the reference results of ARX, an oracle, and the properties of a release.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

mod arx;
mod corpus;
mod fingerprint;
mod hard;
mod models;
mod monotone;
mod release;
mod small;
