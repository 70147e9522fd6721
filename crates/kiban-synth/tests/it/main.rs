//! Integration tests: whole hospitals, written to disk and read back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod claims;
mod fhir;
mod papers;
mod ssmix2;
mod whole;
mod world;
