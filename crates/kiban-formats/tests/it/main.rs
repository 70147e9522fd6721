//! Readers on real files, and on every kind of broken one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

mod fhir;
mod properties;
mod ssmix2;
mod support;
mod uke;
