//! Attacks that are really run on a release, each a pure function of the table, its release, a key and what the adversary
//! knows.
//!
//! An attack sees the release as its recipient does: as texts, whatever method made them. Each is measured beside a
//! *control*, the same attack where it can have learnt nothing, because hardly any attack is at zero on a harmless table
//! (Giomi et al. 2023, *A unified framework for quantifying privacy risk in synthetic data*, from which the baseline,
//! the control and the interval are taken). A raw copy fails these attacks, a table of shuffled columns passes.
//!
//! ```
//! use arrow_array::{BooleanArray, StringArray};
//! use kiban_anon::{Hierarchy, attack::{Knowledge, Seen, View, linkage}};
//!
//! let age = Hierarchy::from_csv("age", "31;30-39;*\n34;30-39;*\n47;40-49;*\n49;40-49;*\n", ';')?;
//! let original = age.encode(&StringArray::from(vec!["31", "34", "47", "49"]))?;
//! let released = StringArray::from(vec!["30-39", "30-39", "40-49", "40-49"]);
//! let seen = [Seen { hierarchy: &age, original: &original, released: &released }];
//! let view = View::new(&seen, &BooleanArray::from(vec![true; 4]))?;
//!
//! let found = linkage(&view, &Knowledge::exact(vec![0]), 4, b"key")?;
//! assert_eq!((found.rate.share, found.worst), (0.5, 0.5), "two fit whoever is sought");
//! # Ok::<(), kiban_anon::Error>(())
//! ```

mod differencing;
mod draw;
mod inference;
mod linkage;
mod rate;
mod singling;
mod table;
mod usual;
mod view;

pub use differencing::{Differencing, class_ids, differencing};
pub(crate) use draw::Draws;
pub use inference::{Inference, inference};
pub use linkage::{Knowledge, Linkage, linkage};
pub use rate::{Rate, wilson};
pub use singling::{SinglingOut, singling_out};
pub use usual::{Method, Tried, usual};
pub use view::{Seen, View};
