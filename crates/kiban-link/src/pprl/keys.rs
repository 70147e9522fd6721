//! Keys that the operators share and the linkage unit never holds.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::Error;

/// The least length of a secret, in bytes.
const LEAST: usize = 32;

/// What the operators of one project share and nobody else holds; its `Debug` prints `…`.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Joins the parts that the custodians hold; whoever lacks one part has nothing.
    ///
    /// # Errors
    /// [`Error::ShortSecret`] when a part has fewer than 32 bytes or there is none: a secret that can be guessed is a
    /// dictionary for whoever guesses it.
    pub fn join(parts: &[&[u8]]) -> Result<Self, Error> {
        if parts.is_empty() || parts.iter().any(|part| part.len() < LEAST) {
            return Err(Error::ShortSecret { least: LEAST });
        }
        let mut joined = Vec::new();
        for part in parts {
            joined.extend_from_slice(&framed(part));
            joined.extend_from_slice(part);
        }
        Ok(Self(joined))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What one set of keys is for; two sets of encodings compare only inside one scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The project 利活用の申請, or whatever the operators link for.
    pub project: String,
    /// The batch: a new label for every linkage, so that sets of two linkages do not compare.
    pub batch: String,
    /// The year of the keys.
    pub year: i16,
}

/// The keys of one scope, by HKDF-SHA-256 (RFC 5869); its `Debug` prints `…`.
#[derive(Clone)]
pub struct Keys {
    root: Hkdf<Sha256>,
    scope: Scope,
}

impl Keys {
    /// Derives the keys of a scope.
    pub fn new(secret: &Secret, scope: Scope) -> Self {
        Self { root: Hkdf::new(Some(b"kiban pprl 1"), &secret.0), scope }
    }

    /// Returns the scope.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns a number by which sets of other keys are told apart; it says nothing about the keys.
    pub fn check(&self) -> u64 {
        self.prf("check", &[]).number(&[])
    }

    /// Derives the function for one purpose, such as one field of one filter.
    pub(crate) fn prf(&self, purpose: &str, parts: &[&[u8]]) -> Prf {
        let year = self.scope.year.to_be_bytes();
        let fixed: [&[u8]; 4] = [self.scope.project.as_bytes(), self.scope.batch.as_bytes(), &year, purpose.as_bytes()];
        let mut info = Vec::new();
        for part in fixed.iter().chain(parts) {
            info.extend_from_slice(&framed(part));
            info.extend_from_slice(part);
        }
        let mut key = [0; 32];
        let Ok(()) = self.root.expand(&info, &mut key) else { unreachable!("HKDF gives 32 bytes for any info") };
        Prf::new(&key)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

fn framed(part: &[u8]) -> [u8; 8] {
    u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes()
}

/// HMAC-SHA-256 that has taken in its key.
#[derive(Clone)]
pub(crate) struct Prf(Hmac<Sha256>);

impl Prf {
    fn new(key: &[u8]) -> Self {
        let Ok(mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else {
            unreachable!("HMAC takes keys of any length")
        };
        Self(mac)
    }

    /// Hashes the parts, each preceded by its length so that parts cannot run together.
    pub(crate) fn bytes(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&framed(part));
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Returns the first eight bytes of the hash as a number.
    pub(crate) fn number(&self, parts: &[&[u8]]) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.bytes(parts);
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// Draws numbers below 2¹⁶ without end, sixteen from each hash of (parts, 0), (parts, 1), ….
    pub(crate) fn draws<'a>(&'a self, parts: &'a [&'a [u8]]) -> impl Iterator<Item = u16> + 'a {
        (0u32..).flat_map(move |round| {
            let counter = round.to_be_bytes();
            let all: Vec<&[u8]> = parts.iter().copied().chain([&counter[..]]).collect();
            let hash = self.bytes(&all);
            std::array::from_fn::<u16, 16, _>(|at| {
                let byte = |n: usize| hash.get(n).copied().unwrap_or(0);
                u16::from_be_bytes([byte(2 * at), byte(2 * at + 1)])
            })
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn keys(secret: u8, project: &str, batch: &str, year: i16) -> Keys {
        let secret = Secret::join(&[&[secret; 32]]).unwrap();
        Keys::new(&secret, Scope { project: project.into(), batch: batch.into(), year })
    }

    #[test]
    fn every_part_of_the_scope_makes_other_keys() {
        let all = [
            keys(1, "a", "b", 2026),
            keys(2, "a", "b", 2026),
            keys(1, "ab", "", 2026),
            keys(1, "a", "c", 2026),
            keys(1, "a", "b", 2027),
        ];
        let mut checks: Vec<u64> = all.iter().map(Keys::check).collect();
        checks.sort_unstable();
        checks.dedup();
        assert_eq!(checks.len(), all.len());
        assert_eq!(keys(1, "a", "b", 2026).check(), keys(1, "a", "b", 2026).check());
    }

    #[test]
    fn purposes_do_not_run_together() {
        let one = keys(1, "a", "b", 2026);
        assert_ne!(one.prf("field", &[b"ab"]).number(&[]), one.prf("field", &[b"a", b"b"]).number(&[]));
        assert_ne!(one.prf("field", &[]).number(&[b"ab"]), one.prf("field", &[]).number(&[b"a", b"b"]));
    }

    #[test]
    fn a_secret_needs_every_part_and_is_never_printed() {
        assert_eq!(Secret::join(&[]).unwrap_err(), Error::ShortSecret { least: 32 });
        assert_eq!(Secret::join(&[&[7; 32], &[7; 31]]).unwrap_err(), Error::ShortSecret { least: 32 });
        let (one, two) = (Secret::join(&[&[7; 32]]).unwrap(), Secret::join(&[&[7; 32], &[8; 32]]).unwrap());
        let scope = Scope { project: "p".into(), batch: "b".into(), year: 2026 };
        assert_ne!(Keys::new(&one, scope.clone()).check(), Keys::new(&two, scope.clone()).check());
        assert_eq!(format!("{one:?} {:?}", Keys::new(&one, scope)), "Secret(…) Keys(…)");
    }

    #[test]
    fn derivation_is_hkdf_of_the_framed_scope() {
        // Written apart from the code: one HMAC for extract, one for the first 32 bytes of expand (RFC 5869 §2).
        let hmac = |key: &[u8], text: &[u8]| -> [u8; 32] {
            let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
            mac.update(text);
            mac.finalize().into_bytes().into()
        };
        let frame = |parts: &[&[u8]]| -> Vec<u8> {
            parts.iter().flat_map(|p| [&(p.len() as u64).to_be_bytes()[..], p].concat()).collect()
        };
        let root = hmac(b"kiban pprl 1", &frame(&[&[1; 32]]));
        let mut info = frame(&[b"a", b"b", &2026i16.to_be_bytes(), b"check"]);
        info.push(1);
        let hash = hmac(&hmac(&root, &info), b"");
        let expect = u64::from_be_bytes(hash[..8].try_into().unwrap());
        assert_eq!(keys(1, "a", "b", 2026).check(), expect);
    }
}
