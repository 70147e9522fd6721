//! Stable 64-bit hashing for record keys.
//!
//! The value must never change between versions of the program: it is written into the lake. The mixing step is the
//! folded 128-bit product of wyhash; every part is preceded by its length, so parts cannot run together. It is not
//! keyed and must not be the only thing between a local id and a reader; callers therefore feed patient references.

use kiban_core::PatientRef;

const SEED: u64 = 0xa076_1d64_78bd_642f;
const STEP: u64 = 0xe703_7ed1_a0b4_28db;

/// Accumulates the parts of an identity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key(u64);

#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

impl Key {
    /// Starts an identity of the kind named by `domain`, such as `uke.claim`.
    pub(crate) const fn of(domain: &str) -> Self {
        Self(SEED).text(domain)
    }

    /// Adds a number.
    #[inline]
    pub(crate) const fn number(self, value: u64) -> Self {
        Self(fold(self.0 ^ value ^ SEED, STEP ^ value.rotate_left(32)))
    }

    /// Adds bytes.
    pub(crate) const fn bytes(self, part: &[u8]) -> Self {
        let mut key = self.number(part.len() as u64);
        let mut rest = part;
        while let Some((word, after)) = rest.split_first_chunk::<8>() {
            key = key.number(u64::from_le_bytes(*word));
            rest = after;
        }
        let (mut last, mut shift) = (0, 0);
        while let Some((byte, after)) = rest.split_first() {
            last |= (*byte as u64) << shift;
            shift += 8;
            rest = after;
        }
        if shift == 0 { key } else { key.number(last) }
    }

    /// Adds text.
    pub(crate) const fn text(self, part: &str) -> Self {
        self.bytes(part.as_bytes())
    }

    /// Adds the patient.
    pub(crate) fn patient(self, patient: PatientRef) -> Self {
        self.number(patient.get().unsigned_abs())
    }

    /// Returns the key: positive, 63 bits.
    #[inline]
    pub(crate) fn get(self) -> i64 {
        let mut bits = self.0;
        bits = (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        bits = (bits ^ (bits >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        PatientRef::from_bits(bits ^ (bits >> 33)).get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_never_change_between_versions() {
        assert_eq!(Key::of("test").text("abc").number(7).get(), GOLDEN);
    }

    /// Written into lakes since the first version.
    const GOLDEN: i64 = 7_495_976_084_542_299_433;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(Key::of("t").text("ab").text("c").get(), Key::of("t").text("a").text("bc").get());
        assert_ne!(Key::of("t").text("").get(), Key::of("t").get());
        assert_ne!(Key::of("t").text("a\0").get(), Key::of("t").text("a").get());
    }

    #[test]
    fn a_million_neighbours_do_not_collide() {
        let mut keys: Vec<_> =
            (0..1_000_000_u64).map(|n| Key::of("t").number(n / 1000).number(n % 1000).get()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 1_000_000);
    }
}
