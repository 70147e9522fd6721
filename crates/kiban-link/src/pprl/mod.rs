//! Privacy-preserving record linkage: two operators find the persons whom both know, and nobody learns about the rest.
//!
//! The operators normalise and encode at home under keys that they share ([`Encoder`]); a linkage unit that holds no key
//! compares the encodings and gives back pairs of record numbers with a band of likeness, never a score
//! ([`LinkageUnit`]). A record becomes two filters of 1,024 bits (a cryptographic long-term key, Schnell, Bachteler and
//! Reiher 2011), each salted by a part of the birth date, by random hashing under HMAC, then diffused (Armknecht, Heng
//! and Schnell, PoPETs 2023(2):298). Strong ids become exact keyed tokens. Records with a rare name are listed for the
//! trusted path instead. Keys are fresh for every batch, so that sets of two linkages do not compare.
//!
//! [`attack`] runs the published attacks on what is encoded, [`evaluate()`] measures what the encoding costs.
//!
//! ```
//! use kiban_core::{PatientRef, Phi};
//! use kiban_link::{Registration, pprl::{Encoder, Identity, Keys, LinkageUnit, Parameters, Policy, Scope, Secret}};
//!
//! let secret = Secret::join(&[&[7; 32], &[8; 32]])?;
//! let keys = Keys::new(&secret, Scope { project: "diabetes".into(), batch: "2026-11".into(), year: 2026 });
//! let parameters = Parameters { rare_below: 0, ..Parameters::default() };
//! let encode = |own: u8, kanji: &str, kana: &str, birth: &str| {
//!     let mut one = Registration::new(PatientRef::new(1)?, "1310000017");
//!     one.name_kanji = Some(Phi::new(kanji.to_owned()));
//!     one.name_kana = Some(Phi::new(kana.to_owned()));
//!     one.birth_text = Some(Phi::new(birth.to_owned()));
//!     let identities = Identity::read_all(&[one]);
//!     Ok::<_, Box<dyn std::error::Error>>(Encoder::new(&parameters, &keys, [own; 32])?.encode(&identities, 1)?)
//! };
//! let left = encode(1, "髙橋 一郎", "ﾀｶﾊｼ ｲﾁﾛｳ", "S55.3.12")?;
//! let right = encode(2, "高橋一郎", "タカハシ　イチロウ", "1980-03-12")?;
//!
//! let policy = Policy { least_records: 1, least_block: 1, ..Policy::default() };
//! let links = LinkageUnit::new(policy)?.link(&left.set, &right.set, 2)?;
//! assert_eq!(links.pairs.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use bits::{Bits, LENGTH};
pub use encode::{Encoded, EncodedSet, Encoder, Encoding, Header, Reason, RecordId};
pub use error::Error;
pub use evaluate::{Evaluation, Threshold, bit_frequency_deviation, evaluate};
pub use identity::Identity;
pub use keys::{Keys, Scope, Secret};
pub use parameters::{Field, Filter, NORMALISATION, Parameters, Salt, Weighted};
pub use token::Token;
pub use unit::{LinkageUnit, Links, Matching, Pair, Policy};

pub mod attack;
mod bits;
mod compare;
mod diffusion;
mod encode;
mod error;
mod evaluate;
mod identity;
mod keys;
mod parameters;
mod token;
mod unit;

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
