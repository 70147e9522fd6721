//! Releases: their specification, how the gated set is anonymised, the package that leaves and how it is verified.

pub mod attack;
pub mod dictionary;
pub mod earlier;
pub mod package;
pub mod spec;
pub mod told;
pub mod trace;
pub mod verify;
