//! The crate as its users see it: the whole linkage on a corpus with known truth, and its laws on generated data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod corpus;
mod febrl;
mod jp;
mod laws;
mod people;
mod pprl;
