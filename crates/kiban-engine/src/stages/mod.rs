//! The stages, one file each, in the order in which a record walks:
//! delivery → land → standardise → link → gate → anonymise → release.

pub mod anonymise;
pub mod cdm;
pub mod gate;
pub mod land;
pub mod link;
pub mod standardise;
