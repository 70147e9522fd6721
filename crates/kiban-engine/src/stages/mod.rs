//! The stages, one file each, in the order in which a record walks:
//! delivery → land → standardise → link → gate → anonymise → release.

pub mod cdm;
pub mod land;
pub mod link;
pub mod standardise;
