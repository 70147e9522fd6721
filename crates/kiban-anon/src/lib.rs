//! The mathematics of anonymity.
pub use error::{Error, Result};
pub use fold::Folded;
pub use hierarchy::{
    ANY, BirthYears, CodeSystem, Hierarchy, Icd10Chapter, Level, Prefecture, Region, UNKNOWN, icd10_chapter, labels,
};
pub use loss::{Aggregate, Loss};
pub use search::{Policy, QuasiIdentifier, Solution, search};
mod error;
mod fold;
mod hierarchy;
mod loss;
mod search;
