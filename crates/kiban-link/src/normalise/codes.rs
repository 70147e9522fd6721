//! Codes: sex, postal codes, phones, insurer numbers and insured cards.

use jiff::civil::Date;

use super::text::{code, digits, fold_width};
use crate::registration::Coverage;

/// Returns 1 for male, 2 for female, 0 where it is not known.
pub(crate) fn sex(text: &str) -> u8 {
    match fold_width(text).trim().to_uppercase().as_str() {
        "1" | "M" | "MALE" | "男" | "男性" | "オトコ" => 1,
        "2" | "F" | "FEMALE" | "女" | "女性" | "オンナ" => 2,
        _ => 0,
    }
}

/// Returns the seven digits of a postal code, zero where it is missing or a sentinel.
pub(crate) fn postal(text: &str) -> u32 {
    let kept = digits(text);
    let repeated = kept.bytes().all(|b| Some(&b) == kept.as_bytes().first());
    if kept.len() == 7 && !repeated { kept.parse().unwrap_or(0) } else { 0 }
}

/// A phone number with the country code removed.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Phone {
    pub(crate) number: String,
    pub(crate) mobile: bool,
}

/// Reads a phone number; what cannot be one is missing.
pub(crate) fn phone(text: &str) -> Phone {
    let international = fold_width(text).trim_start().starts_with("+81");
    let kept = digits(text);
    let national = match kept.strip_prefix("81").filter(|_| international) {
        Some(rest) => format!("0{}", rest.trim_start_matches('0')),
        None => kept,
    };
    let tail_repeated = national.get(3..).is_some_and(|t| t.bytes().all(|b| b == b'0' || b == b'9'));
    if !(10..=11).contains(&national.len()) || !national.starts_with('0') || tail_repeated {
        return Phone::default();
    }
    let mobile = ["070", "080", "090", "060"].iter().any(|p| national.starts_with(p)) && national.len() == 11;
    Phone { number: national, mobile }
}

/// One insured card of one person, in comparable form; empty parts are not known.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Card {
    pub(crate) insurer: String,
    pub(crate) symbol: String,
    pub(crate) number: String,
    pub(crate) branch: Option<u8>,
    pub(crate) from: Option<Date>,
    pub(crate) to: Option<Date>,
}

impl Card {
    /// Reads one coverage; without an insurer and a number there is nothing to compare.
    pub(crate) fn read(coverage: &Coverage) -> Option<Self> {
        let part =
            |value: &Option<kiban_core::Phi<String>>| value.as_ref().map(|v| code(v.expose())).unwrap_or_default();
        let insurer = insurer(coverage.insurer.as_ref()?.expose())?;
        let number = part(&coverage.number);
        let branch = coverage.branch.as_ref().and_then(|b| digits(b.expose()).parse().ok());
        let placeholder = number.is_empty() || number.bytes().all(|b| b == b'0') || number.bytes().all(|b| b == b'9');
        let known =
            Self { insurer, symbol: part(&coverage.symbol), number, branch, from: coverage.from, to: coverage.to };
        (!placeholder).then_some(known)
    }

    /// Whether the card is of one person alone, not of a household: 後期高齢者医療 (39).
    pub(crate) fn is_personal(&self) -> bool {
        self.insurer.starts_with("39")
    }
}

/// Returns the eight digits of an insurer number 保険者番号; 国保 (six digits) and lost zeros are padded.
pub(crate) fn insurer(text: &str) -> Option<String> {
    let kept = digits(text);
    let known = (4..=8).contains(&kept.len()) && kept.bytes().any(|b| b != b'0');
    known.then(|| format!("{kept:0>8}"))
}

/// Tells whether the last digit is the check digit of the others (weights 2, 1, 2, … from the right, digit sums).
///
/// Padding with zeros on the left does not change it.
#[cfg_attr(not(test), expect(dead_code, reason = "the check guards readers; comparing needs only the padded number"))]
pub(crate) fn check_digit_holds(insurer: &str) -> bool {
    let mut digits = insurer.bytes().rev().filter(u8::is_ascii_digit).map(|b| u32::from(b - b'0'));
    let Some(check) = digits.next() else { return false };
    let sum: u32 = digits.zip([2, 1].into_iter().cycle()).map(|(d, w)| d * w / 10 + d * w % 10).sum();
    (10 - sum % 10) % 10 == check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sexes_postal_codes_and_phones_are_read_in_every_spelling() {
        assert_eq!(["1", "男", "Ｍ", "male", "2", "女", "F", "", "9"].map(sex), [1, 1, 1, 1, 2, 2, 2, 0, 0]);
        assert_eq!(["565-0848", "５６５０８４８", "000-0000", "56508"].map(postal), [5_650_848, 5_650_848, 0, 0]);
        let check = |text: &str, number: &str, mobile: bool| {
            let read = phone(text);
            assert_eq!((read.number.as_str(), read.mobile), (number, mobile), "{text}");
        };
        check("０９０－１２３４－５６７８", "09012345678", true);
        check("+81 90-1234-5678", "09012345678", true);
        check("03(1234)5678", "0312345678", false);
        check("000-0000-0000", "", false);
        check("123", "", false);
    }

    #[test]
    fn insurer_numbers_are_padded_and_checked() {
        assert_eq!(insurer("6054389").as_deref(), Some("06054389"));
        assert_eq!(insurer("１３８０５７"), Some("00138057".to_owned()));
        assert_eq!(insurer("00000000"), None);
        // 138057 新宿区, 06130017, 39131016: published insurer numbers.
        for number in ["138057", "00138057", "39131016"] {
            assert!(check_digit_holds(number), "{number}");
        }
        assert!(!check_digit_holds("138058"));
    }
}
