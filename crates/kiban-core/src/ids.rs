//! Identifiers, one type each, so that a facility can never stand where a person is meant.

use std::{fmt, num::NonZeroI64, str::FromStr};

use serde::{Deserialize, Serialize};

/// Says why a text is not an identifier. The text itself is left out: it may be a patient's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {what}: expected {expected}")]
pub struct BadId {
    /// The kind of identifier asked for.
    pub what: &'static str,
    /// The form it must have.
    pub expected: &'static str,
}

/// The ten-digit code of a facility 医療情報取扱事業者: prefecture (2), fee table (1), institution (7).
///
/// ```
/// use kiban_core::FacilityCode;
/// let code: FacilityCode = "1310000017".parse()?;
/// assert_eq!(code.prefecture(), 13);
/// assert!("131".parse::<FacilityCode>().is_err());
/// # Ok::<(), kiban_core::BadId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FacilityCode([u8; 10]);

impl FacilityCode {
    /// Returns the code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Returns the prefecture number, the first two digits.
    pub fn prefecture(&self) -> u8 {
        let [tens, ones, ..] = self.0;
        (tens - b'0') * 10 + (ones - b'0')
    }
}

impl FromStr for FacilityCode {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = BadId { what: "facility code", expected: "ten digits" };
        let digits: [u8; 10] = text.as_bytes().try_into().map_err(|_| bad.clone())?;
        if digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(bad) }
    }
}

impl TryFrom<String> for FacilityCode {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl Serialize for FacilityCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for FacilityCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for FacilityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for FacilityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Declares a positive 63-bit key; it fits OMOP's integer ids and Arrow's `Int64`.
macro_rules! key {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(NonZeroI64);

        impl $name {
            /// Makes a key from 64 random or keyed-hash bits; the sign bit is cleared and zero avoided.
            pub fn from_bits(bits: u64) -> Self {
                let positive = i64::try_from(bits >> 1).unwrap_or(i64::MAX);
                Self(NonZeroI64::new(positive).unwrap_or(NonZeroI64::MIN.saturating_abs()))
            }

            /// Reads a key back from a column.
            ///
            /// # Errors
            /// Zero and negative numbers are not keys.
            pub fn new(value: i64) -> Result<Self, BadId> {
                NonZeroI64::new(value)
                    .filter(|v| v.get() > 0)
                    .map(Self)
                    .ok_or(BadId { what: $what, expected: "a positive 63-bit number" })
            }

            /// Returns the number as it stands in columns.
            pub fn get(self) -> i64 {
                self.0.get()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:016x}", self.0.get())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

key!(
    /// Stands for one local patient id of one facility, wherever the id itself may not go.
    ///
    /// It is a keyed hash, so it is the same in every delivery and means nothing outside the house.
    PatientRef, "patient reference"
);
key!(
    /// Stands for one person 本人 across facilities: minted once, never reused.
    PersonKey, "person key"
);

/// Numbers the deliveries of one facility, from 1, without gaps.
pub type DeliverySeq = u32;

/// Numbers the files of one delivery in the order of their paths, from 0.
pub type FileNo = u32;

/// Names a release 匿名加工医療情報の提供: lower-case letters, digits and hyphens, at most 64.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReleaseId(String);

impl ReleaseId {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ReleaseId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let good = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        if (1..=64).contains(&text.len()) && text.as_bytes().iter().all(good) && !text.starts_with('-') {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadId { what: "release name", expected: "1 to 64 lower-case letters, digits and hyphens" })
        }
    }
}

impl TryFrom<String> for ReleaseId {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<ReleaseId> for String {
    fn from(id: ReleaseId) -> Self {
        id.0
    }
}

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_positive_whatever_the_bits() {
        for bits in [0, 1, u64::MAX, 1 << 63] {
            let key = PatientRef::from_bits(bits);
            assert!(key.get() > 0);
            assert_eq!(PatientRef::new(key.get()), Ok(key));
        }
        assert!(PersonKey::new(0).is_err() && PersonKey::new(-4).is_err());
    }

    #[test]
    fn facility_codes_are_ten_ascii_digits() {
        assert!("1310000017".parse::<FacilityCode>().is_ok());
        for bad in ["", "131000001", "13100000170", "131000001a", "１３１０００００１７"] {
            assert!(bad.parse::<FacilityCode>().is_err(), "{bad}");
        }
    }
}
