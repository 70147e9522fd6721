//! Numbers of objection receipts 書面の交付 (Act Art. 53), with a check digit for numbers read out over the telephone.

use std::{fmt, str::FromStr};

use jiff::civil::Date;
use kiban_core::{BadId, FacilityCode};

/// The number of an objection receipt: institution, day of receipt in Japan, running number, check digit.
///
/// ```
/// use kiban_registry::ReceiptNo;
/// let no = ReceiptNo::new("1310000017".parse()?, jiff::civil::date(2026, 4, 1), 3);
/// assert_eq!(no.to_string(), "0000017-20260401-0003-7");
/// assert!("0000017-20260401-0003-7".parse::<ReceiptNo>().is_ok());
/// assert!("0000017-20260401-0030-7".parse::<ReceiptNo>().is_err());
/// # Ok::<(), kiban_core::BadId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReceiptNo {
    text: String,
}

impl ReceiptNo {
    /// Makes the number of the `seq`-th receipt of an institution on a day.
    pub fn new(facility: FacilityCode, on: Date, seq: u32) -> Self {
        let body = format!("{}{seq:04}", Self::prefix(facility, on));
        let check = damm(&body);
        Self { text: format!("{body}-{check}") }
    }

    /// Returns what all receipts of an institution on a day begin with.
    pub(crate) fn prefix(facility: FacilityCode, on: Date) -> String {
        let institution = facility.as_str().get(3..).unwrap_or_default();
        format!("{institution}-{:04}{:02}{:02}-", on.year(), on.month(), on.day())
    }

    /// Returns the running number.
    pub(crate) fn seq(&self) -> u32 {
        self.text.split('-').nth(2).and_then(|seq| seq.parse().ok()).unwrap_or(0)
    }

    /// Returns the number as printed.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ReceiptNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for ReceiptNo {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = || BadId { what: "receipt number", expected: "a number such as 0000017-20260401-0003-7" };
        let parts: Vec<&str> = text.split('-').collect();
        let [institution, day, seq, check] = parts.as_slice() else { return Err(bad()) };
        let lengths = institution.len() == 7 && day.len() == 8 && (4..=9).contains(&seq.len()) && check.len() == 1;
        let digits = parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
        if lengths && digits && damm(text) == 0 { Ok(Self { text: text.to_owned() }) } else { Err(bad()) }
    }
}

impl serde::Serialize for ReceiptNo {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// The totally anti-symmetric quasigroup of H. M. Damm (2004): it finds every wrong digit and every swapped pair.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// Returns the check digit of the digits of a text; 0 where the last digit is the right one.
fn damm(text: &str) -> u8 {
    let digits = text.bytes().filter(u8::is_ascii_digit).map(|b| usize::from(b - b'0'));
    digits.fold(0, |state, digit| {
        let row = DAMM.get(usize::from(state));
        row.and_then(|row| row.get(digit)).copied().unwrap_or_default()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_check_digit_is_damms() {
        assert_eq!(damm("572"), 4); // the example of the thesis
        assert_eq!(damm("5724"), 0);
    }

    #[test]
    fn what_is_no_receipt_number_is_refused() {
        for bad in ["", "0000017-20260401-0003", "017-20260401-0003-7", "0000017-20260401-0003-78", "０-0-0-0"] {
            assert!(bad.parse::<ReceiptNo>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_wrong_digit_or_a_swapped_pair_is_found(seq in 1u32..20_000, at in 0usize..19, by in 1u8..10) {
            let no = ReceiptNo::new("1312345678".parse().unwrap(), jiff::civil::date(2026, 12, 31), seq);
            prop_assert_eq!(no.to_string().parse::<ReceiptNo>().unwrap(), no.clone());
            prop_assert_eq!(no.seq(), seq);
            let places: Vec<usize> =
                no.text.bytes().enumerate().filter(|(_, b)| b.is_ascii_digit()).map(|(i, _)| i).collect();
            let mut wrong = no.text.clone().into_bytes();
            wrong[places[at]] = b'0' + (wrong[places[at]] - b'0' + by) % 10;
            prop_assert!(String::from_utf8(wrong).unwrap().parse::<ReceiptNo>().is_err());
            let mut swapped = no.text.clone().into_bytes();
            swapped.swap(places[at], places[at + 1]);
            let swapped = String::from_utf8(swapped).unwrap();
            prop_assert!(swapped == no.text || swapped.parse::<ReceiptNo>().is_err());
        }
    }
}
