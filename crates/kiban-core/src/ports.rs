//! Ports: what pure code needs from the world, so that the same arguments give the same bytes (design invariant 10).

use std::sync::OnceLock;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::{FacilityCode, PatientRef};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Returns the present instant.
    fn now(&self) -> Timestamp;
}

/// Gives secret random keys, each for one named purpose.
///
/// The real one asks the operating system every time; the one of trials derives the key from a seed and the purpose,
/// so that a run, interrupted or not, can be repeated byte for byte.
pub trait Entropy: Send + Sync {
    /// Returns 32 bytes for `purpose`.
    fn key(&self, purpose: &str) -> [u8; 32];
}

/// A clock that stands still.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Entropy derived from a seed: for trials and tests only.
#[derive(Debug, Clone, Copy)]
pub struct SeededEntropy(pub u64);

impl Entropy for SeededEntropy {
    fn key(&self, purpose: &str) -> [u8; 32] {
        keyed(&self.0.to_be_bytes(), &[purpose.as_bytes()])
    }
}

/// Returns HMAC-SHA-256 over the parts, each preceded by its length so that parts cannot run together.
pub fn keyed(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    over(mac(key), parts)
}

/// Returns the first eight bytes of [`keyed`] as a number.
pub fn keyed_u64(key: &[u8], parts: &[&[u8]]) -> u64 {
    first_u64(keyed(key, parts))
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    let Ok(mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else { unreachable!("HMAC takes keys of any length") };
    mac
}

fn over(mut mac: Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

const fn first_u64(hash: [u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = hash;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Turns local patient ids into [`PatientRef`]s under the house's reference key.
#[derive(Clone)]
pub struct PatientRefs {
    key: [u8; 32],
    /// HMAC that has taken in the key, which is half of the work for a short id.
    keyed: OnceLock<Hmac<Sha256>>,
}

impl PatientRefs {
    /// Takes the reference key.
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key, keyed: OnceLock::new() }
    }

    /// Returns the reference of a local patient id; surrounding blanks do not count.
    pub fn of(&self, facility: FacilityCode, local_id: &str) -> PatientRef {
        let parts = [facility.as_str().as_bytes(), local_id.trim().as_bytes()];
        let keyed = self.keyed.get_or_init(|| mac(&self.key)).clone();
        PatientRef::from_bits(first_u64(over(keyed, &parts)))
    }
}

impl std::fmt::Debug for PatientRefs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PatientRefs(…)")
    }
}
