//! The mathematics of person matching: which registrations of which facilities are one person 本人.
//!
//! Each stage is a function over the result of the one before: normalise, block, compare to patterns, learn by EM,
//! decide, cluster. The model is Fellegi–Sunter with one match class and one class per way in which two persons come
//! to look alike (household, twins, namesakes, a shared birthday …), because pairs inside a block are anything but
//! random. Names are compared by character and by kana, never by byte.
//!
//! **Invariant:** no IO, no clock, no randomness, and no value of a patient in what comes out: decisions carry levels,
//! bits and probabilities only. The same registrations and constraints give the same persons, in whatever order.
//!
//! ```
//! use kiban_core::{PatientRef, Phi};
//! use kiban_link::{Constraints, Registration, Settings, link};
//! let register = |id, name: &str, birth: &str| {
//!     let mut one = Registration::new(PatientRef::new(id)?, format!("131000000{id}"));
//!     one.name_kanji = Some(Phi::new(name.to_owned()));
//!     one.birth_text = Some(Phi::new(birth.to_owned()));
//!     one.phone = Some(Phi::new("090-1234-5678".to_owned()));
//!     Ok::<_, kiban_core::BadId>(one)
//! };
//! let all = [register(1, "髙橋 一郎", "S55.3.12")?, register(2, "高橋　一郎", "1980-03-12")?];
//! let linkage = link(&all, Settings::default(), &Constraints::default())?;
//! assert_eq!(linkage.persons.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Not yet covered of the pitfalls that this crate knows: Chinese readings of romanised names (王偉 as WANG WEI),
//! medical ids 医療等ID, and a person's former names as a list of their own.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub use block::{Across, BlockReport, BlockRule, KeyPart};
pub use cluster::{Bridge, Person, Refusal};
pub use compare::{Field, MOST_OTHERS, OtherKind, Pattern};
pub use constraints::Constraints;
pub use linkage::{Basis, Decision, Error, Linkage, Linker, Outcome, Settings, link};
pub use model::{Class, Model, Posterior, Weight};
pub use persons::{Changes, PersonMap, assign_keys};
pub use quality::{Estimate, Quality, Truth};
pub use registration::{Coverage, Registration, Text};
pub use rules::Rule;
pub use scored::Band;

mod block;
mod cluster;
mod columns;
mod compare;
mod constraints;
mod dictionary;
mod em;
mod encode;
mod linkage;
mod model;
pub mod mpi;
mod normalise;
mod persons;
pub mod pprl;
mod quality;
mod registration;
mod rules;
mod scored;
mod similarity;
mod split;
#[cfg(test)]
mod vectors;
