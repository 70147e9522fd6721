//! The lake and its stages: the only crate that knows DataFusion, Delta and object stores.
//!
//! Invariant: no clock and no randomness of its own; nothing leaves the lake but through the gate.

#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub use dataset::{Anonymous, FileSet, Gated};
pub use error::{Error, Kind, Result};
pub use flow::Flow;
pub use gate::{AllowList, Gate, GateTime};
pub use lake::{Lake, Manifest, Mode, TableId, WorkId, table_schema};
pub use runner::{Embedded, Place, Runner};
pub use session::{Resources, session};
pub use vocabulary::Vocabulary;

mod dataset;
pub mod dedupe;
mod error;
mod flow;
mod functions;
mod gate;
mod holders;
mod lake;
pub mod release;
mod runner;
mod session;
pub mod stages;
pub mod table;
mod vocabulary;
