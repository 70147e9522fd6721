//! Synthetic hospitals: seeded people with known truth, written as real SS-MIX2, FHIR and UKE files.
//!
//! Households are made one after another from `(seed, household number)` and written out at once, so a million people
//! need no more memory than a thousand, and any one of them can be made again alone. Beside the files stands the truth:
//! who is who across facilities, who is eligible at the cut-off and why, what was written, which records were spoilt.
//!
//! Invariant: no clock and no randomness but the seed; the same [`SynthConfig`] gives the same bytes. Nothing here comes
//! from a real person.
//!
//! ```
//! use kiban_synth::SynthConfig;
//! let dir = std::env::temp_dir().join(format!("kiban-synth-example-{}", std::process::id()));
//! let config = SynthConfig { persons: 30, ..SynthConfig::default() };
//! let summary = kiban_synth::write(&config, &dir, &mut |_done| {})?;
//! assert_eq!(summary.persons, 30);
//! assert!(dir.join("truth/legal.csv").exists() && dir.join("1319900010/delivery-0001").exists());
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub use config::{FacilityPlan, Feed, SynthConfig};
pub use counts::FacilityCounts;
pub use error::Error;
pub use write::{Summary, write};

mod calendar;
mod care;
mod config;
mod counts;
mod dice;
mod dirt;
mod error;
mod feed;
mod fhir;
mod legal;
mod papers;
mod people;
mod record;
mod ssmix2;
mod tables;
mod truth;
mod uke;
mod write;
