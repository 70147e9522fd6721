//! The engine from outside: the lake's promises, the gate's two roads, and a delivery's way to OMOP tables.
#![allow(
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod chain;
mod gate;
mod house;
mod lake;
