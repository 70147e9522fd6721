//! Exact decimal numbers, so that a bound of 0.1 lies where it is written.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// Decimals kept.
const PLACES: usize = 18;
const ONE: i128 = 1_000_000_000_000_000_000;

/// An exact decimal number of at most eighteen digits before the point and eighteen behind it.
///
/// ```
/// use kiban_anon::Decimal;
/// assert_eq!(Decimal::parse("36.50").map(|d| d.to_string()).as_deref(), Some("36.5"));
/// assert_eq!(Decimal::parse("1e3"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Decimal(i128);

impl Decimal {
    /// Reads a number with an optional sign and point, blanks around it aside; no exponent, no separators of thousands.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = !(whole.is_empty() && part.is_empty()) && whole.len() <= PLACES && part.len() <= PLACES;
        if !is_number || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let padded = format!("{whole}{part:0<PLACES$}");
        padded.parse::<i128>().ok().map(|number| Self(sign * number))
    }

    /// Tells whether nothing stands behind the point.
    pub fn is_whole(self) -> bool {
        self.0 % ONE == 0
    }

    /// Returns the number in units of 10⁻¹⁸.
    pub(super) const fn units(self) -> i128 {
        self.0
    }

    /// Returns the number of so many units of 10⁻¹⁸.
    pub(super) const fn of_units(units: i128) -> Self {
        Self(units)
    }

    /// Returns the number before a whole one.
    pub(super) const fn before(self) -> Self {
        Self(self.0.saturating_sub(ONE))
    }

    /// Returns the largest power of ten, at most one, that divides the number, in units.
    pub(super) fn grain(self) -> i128 {
        let mut grain = ONE;
        while grain > 1 && self.0 % grain != 0 {
            grain /= 10;
        }
        grain
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self(i128::from(number) * ONE)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let one = ONE.unsigned_abs();
        let (whole, part) = (self.0.unsigned_abs() / one, self.0.unsigned_abs() % one);
        let part = format!("{part:0>PLACES$}");
        match part.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            part => write!(f, "{sign}{whole}.{part}"),
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Number;
        impl de::Visitor<'_> for Number {
            type Value = Decimal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of at most 18 digits on either side of the point")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Decimal, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Decimal, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Decimal, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
                Decimal::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        from.deserialize_any(Number)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly_and_written_shortly() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(Decimal::parse(text).map(|d| d.to_string()).as_deref(), expect, "{text}");
        };
        check("34", Some("34"));
        check(" -0.50 ", Some("-0.5"));
        check("+007", Some("7"));
        check("-0", Some("0"));
        check(".25", Some("0.25"));
        check("3.", Some("3"));
        check("999999999999999999.999999999999999999", Some("999999999999999999.999999999999999999"));
        for no in ["", ".", "-", "1e3", "1,000", "１", "0x1", "1234567890123456789", "--1", "1.2.3", "NaN"] {
            check(no, None);
        }
        assert!(Decimal::parse("0.1") < Decimal::parse("0.11") && Decimal::parse("-2") < Decimal::parse("-1.9"));
        assert_eq!(Decimal::parse("1.25").unwrap().grain(), ONE / 100);
        assert_eq!(Decimal::from(30).grain(), ONE);
    }
}
