//! The pages of the house and their words in Japanese and English; today the reports of a run and of a linkage.
//!
//! A page is one self-contained file: no script, no picture or font from elsewhere, every figure with words and a
//! table beside it, both languages in it. Whatever comes from data is escaped by the templates; see [`report`].
//!
//! Invariant: no IO, no clock, no randomness. A page is a function of its data, and no patient value is among them.
//!
//! ```
//! use kiban_web::{Lang, Texts};
//! let texts = Texts::new(Lang::En)?;
//! assert_eq!(texts.get("stage-gate", &[]), "Gated");
//! assert_eq!(texts.get("no-such-message", &[]), "no-such-message");
//! # Ok::<(), kiban_web::Error>(())
//! ```

#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub use error::Error;
pub use i18n::{Lang, Texts, declared};
pub use report::{RunReport, render};

mod chart;
mod error;
mod html;
mod i18n;
pub mod linkage;
mod number;
mod page;
mod palette;
pub mod report;
mod words;
