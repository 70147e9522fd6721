//! The audit leaf: what the log keeps for ever about an event.

use std::fmt;

use jiff::Timestamp;
use kiban_core::EventClass;

use crate::Hash;

/// Separates commitments from everything else that is keyed with the same kind of salt.
const COMMITMENT: &[u8] = b"kiban-audit commitment v1";

/// A salted commitment to the body of an event: HMAC-SHA-256 under a fresh 32-byte salt.
///
/// The body and the salt lie elsewhere, encrypted; once both are erased the commitment says nothing about them. So the
/// log stays append-only while personal data can be erased (消去).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// Commits to `body` under `salt`, which must be fresh and random for every body.
    pub fn of(salt: &[u8; 32], body: &[u8]) -> Self {
        Self(kiban_core::keyed(salt, &[COMMITMENT, body]))
    }

    /// Says whether this commitment was made to `body` under `salt`.
    pub fn opens(&self, salt: &[u8; 32], body: &[u8]) -> bool {
        *self == Self::of(salt, body)
    }

    /// Takes the bytes of a commitment.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What the log says about one event: its class, when it was recorded, and a commitment to its body.
///
/// An entry of the log is the leaf in 43 bytes, numbers big-endian:
///
/// | bytes | field |
/// |---|---|
/// | 0 | version of the encoding, `1` |
/// | 1..3 | [`EventClass::number`] |
/// | 3..11 | microseconds since 1970-01-01T00:00:00Z, signed |
/// | 11..43 | [`Commitment`] |
///
/// Every leaf has one encoding and every encoding one leaf; times finer than a microsecond are cut when the leaf is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    class: EventClass,
    at: Timestamp,
    commitment: Commitment,
}

impl Leaf {
    /// The size of an encoded leaf in bytes.
    pub const SIZE: usize = 43;

    const VERSION: u8 = 1;

    /// Makes the leaf of an event.
    pub fn new(class: EventClass, at: Timestamp, commitment: Commitment) -> Self {
        // Cutting goes towards 1970 and so cannot leave the range of `Timestamp`.
        let at = Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
        Self { class, at, commitment }
    }

    /// Returns the class of the event.
    pub const fn class(&self) -> EventClass {
        self.class
    }

    /// Returns when the event was recorded, in whole microseconds.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns the commitment to the body of the event.
    pub const fn commitment(&self) -> Commitment {
        self.commitment
    }

    /// Returns the encoding.
    pub fn encode(&self) -> [u8; Self::SIZE] {
        let mut entry = [0; Self::SIZE];
        let fields = [&[Self::VERSION][..], &self.class.number().to_be_bytes(), &self.micros(), &self.commitment.0];
        for (byte, value) in entry.iter_mut().zip(fields.concat()) {
            *byte = value;
        }
        entry
    }

    fn micros(&self) -> [u8; 8] {
        self.at.as_microsecond().to_be_bytes()
    }

    /// Reads an encoding.
    pub fn decode(entry: &[u8]) -> Result<Self, BadLeaf> {
        let (version, rest) = entry.split_first_chunk::<1>().ok_or(BadLeaf::Length)?;
        let (class, rest) = rest.split_first_chunk().ok_or(BadLeaf::Length)?;
        let (micros, rest) = rest.split_first_chunk().ok_or(BadLeaf::Length)?;
        let commitment = rest.try_into().map_err(|_| BadLeaf::Length)?;
        if version != &[Self::VERSION] {
            return Err(BadLeaf::Version);
        }
        let class = EventClass::from_number(u16::from_be_bytes(*class)).ok_or(BadLeaf::Class)?;
        let at = Timestamp::from_microsecond(i64::from_be_bytes(*micros)).map_err(|_| BadLeaf::Time)?;
        Ok(Self { class, at, commitment: Commitment(commitment) })
    }

    /// Returns the hash under which the tree holds the leaf.
    pub fn hash(&self) -> Hash {
        Hash::leaf(&self.encode())
    }
}

/// Why an entry is not a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLeaf {
    /// It has not [`Leaf::SIZE`] bytes.
    #[error("it does not have 43 bytes")]
    Length,
    /// It is of an encoding that this program does not know.
    #[error("its version is unknown")]
    Version,
    /// It is of a class that this program does not know.
    #[error("its event class is unknown")]
    Class,
    /// Its time is out of range.
    #[error("its time is out of range")]
    Time,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_encoding_is_as_documented() {
        let leaf = Leaf::new(
            EventClass::Objection,
            "2026-04-01T00:00:00.0000019Z".parse().unwrap(),
            Commitment::from_bytes([0xab; 32]),
        );
        let expect = format!("01{}{}{}", "0005", "00064e5ac3d80001", "ab".repeat(32));
        assert_eq!(hex::encode(leaf.encode()), expect);
        assert_eq!(Leaf::decode(&leaf.encode()), Ok(leaf));
    }

    #[test]
    fn what_is_not_a_leaf_is_said() {
        let good = Leaf::new(EventClass::Init, Timestamp::UNIX_EPOCH, Commitment::of(&[1; 32], b"body")).encode();
        let with = |at: usize, byte: u8| {
            let mut entry = good;
            entry[at] = byte;
            Leaf::decode(&entry)
        };
        assert_eq!(Leaf::decode(&good[..42]), Err(BadLeaf::Length));
        assert_eq!(Leaf::decode(&[&good[..], &[0]].concat()), Err(BadLeaf::Length));
        assert_eq!(Leaf::decode(&[]), Err(BadLeaf::Length));
        assert_eq!(with(0, 2), Err(BadLeaf::Version));
        assert_eq!(with(1, 0xff), Err(BadLeaf::Class));
        assert_eq!(with(3, 0x7f), Err(BadLeaf::Time));
    }

    #[test]
    fn a_commitment_opens_with_its_own_salt_and_body_only() {
        let commitment = Commitment::of(&[7; 32], b"body");
        assert!(commitment.opens(&[7; 32], b"body"));
        assert!(!commitment.opens(&[8; 32], b"body"));
        assert!(!commitment.opens(&[7; 32], b"body "));
    }

    proptest! {
        #[test]
        fn leaves_come_back_as_they_went(number in 1_u16..=21, nanos in any::<i64>(), bytes in any::<[u8; 32]>()) {
            let at = Timestamp::from_nanosecond(i128::from(nanos)).unwrap();
            let class = EventClass::from_number(number).unwrap();
            let leaf = Leaf::new(class, at, Commitment::from_bytes(bytes));
            prop_assert_eq!(Leaf::decode(&leaf.encode()), Ok(leaf));
            prop_assert_eq!(leaf.at().as_microsecond(), nanos / 1000);
        }

        #[test]
        fn what_decodes_encodes_to_the_same_bytes(mut entry in proptest::collection::vec(any::<u8>(), 43)) {
            entry[0] = 1;
            entry[1] = 0;
            if let Ok(leaf) = Leaf::decode(&entry) {
                prop_assert_eq!(leaf.encode().to_vec(), entry);
            }
        }
    }
}
