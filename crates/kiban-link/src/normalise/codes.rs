//! Codes: sex, postal codes, insurer numbers, insured cards, medical ids and chart numbers.

use jiff::civil::Date;

use super::text::{code, digits, fold_width};
use crate::registration::Coverage;

/// Returns 1 for male, 2 for female, 0 where it is not known.
pub(crate) fn sex(text: &str) -> u8 {
    match fold_width(text).trim().to_uppercase().as_str() {
        "1" | "01" | "M" | "MALE" | "男" | "男性" | "男子" | "男児" | "オトコ" | "おとこ" => 1,
        "2" | "02" | "F" | "FEMALE" | "女" | "女性" | "女子" | "女児" | "オンナ" | "おんな" => 2,
        _ => 0,
    }
}

/// Returns the seven digits of a postal code, zero where it is missing or a sentinel.
///
/// Six digits alone are one whose leading zero a spreadsheet ate (060-0001 in Hokkaido).
pub(crate) fn postal(text: &str) -> u32 {
    let kept = digits(text);
    let repeated = kept.bytes().all(|b| Some(&b) == kept.as_bytes().first());
    if matches!(kept.len(), 6 | 7) && !repeated { kept.parse().unwrap_or(0) } else { 0 }
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
        let text = |value: &Option<kiban_core::Phi<String>>| value.as_ref().map(|v| v.expose().clone());
        let insurer = insurer(&text(&coverage.insurer)?)?;
        let insured =
            Insured::read(&text(&coverage.symbol).unwrap_or_default(), &text(&coverage.number).unwrap_or_default())?;
        let branch = text(&coverage.branch).and_then(|written| branch(&written)).or(insured.branch);
        let Insured { symbol, number, .. } = insured;
        Some(Self { insurer: insurer.number, symbol, number, branch, from: coverage.from, to: coverage.to })
    }

    /// Whether the card is of one person alone, not of a household: 後期高齢者医療 (39).
    pub(crate) fn is_personal(&self) -> bool {
        self.insurer.starts_with("39")
    }
}

/// Whether the last digit of an insurer number is the one that the others ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckDigit {
    /// It is.
    Holds,
    /// It is not: a digit was mistyped or lost, so that equality says less.
    Fails,
}

/// An insurer number 保険者番号: eight digits, or six of 国保 with two zeros before them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Insurer {
    /// Eight digits.
    pub(crate) number: String,
    /// The check digit, which zeros on the left do not change.
    pub(crate) check: CheckDigit,
}

/// Reads an insurer number of four to eight digits.
///
/// Zeros lost on the left are put back. They change neither the number nor its check digit, so that a number whose
/// check digit fails is told as such and still equal to itself however it was padded.
pub(crate) fn insurer(text: &str) -> Option<Insurer> {
    let kept = digits(text);
    let known = (4..=8).contains(&kept.len()) && kept.bytes().any(|b| b != b'0');
    known.then(|| Insurer { number: format!("{kept:0>8}"), check: check_digit(&kept) })
}

/// Compares the last digit with the check digit of the others: weights 2, 1, 2, … from the right, digits of the products
/// summed, what is missing to the next ten (厚生労働省 保険者番号の検証番号).
fn check_digit(insurer: &str) -> CheckDigit {
    let mut digits = insurer.bytes().rev().filter(u8::is_ascii_digit).map(|b| u32::from(b - b'0'));
    let Some(check) = digits.next() else { return CheckDigit::Fails };
    let sum: u32 = digits.zip([2, 1].into_iter().cycle()).map(|(d, w)| d * w / 10 + d * w % 10).sum();
    if (10 - sum % 10) % 10 == check { CheckDigit::Holds } else { CheckDigit::Fails }
}

/// Symbol 記号, number 番号 and branch 枝番 of an insured person.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Insured {
    pub(crate) symbol: String,
    pub(crate) number: String,
    pub(crate) branch: Option<u8>,
}

impl Insured {
    /// Reads symbol and number from two fields or, where the number's field holds all (`記号１２・番号３４５６(枝番)01`),
    /// from one; without a number there is nothing.
    pub(crate) fn read(symbol: &str, number: &str) -> Option<Self> {
        let (symbol, number) = (fold_width(symbol), fold_width(number));
        let (number, branch_text) = split_branch(&number);
        let (own, number) = match number.split_once(['・', '･']).filter(|_| symbol.trim().is_empty()) {
            Some((own, rest)) => (own.to_owned(), rest),
            None => (symbol, number),
        };
        let symbol = code(&own.replace("記号", ""));
        let number = code(&number.replace("番号", "").replace(['第', '号'], ""));
        let placeholder = number.bytes().all(|b| b == b'0') || number.bytes().all(|b| b == b'9');
        (!placeholder).then(|| Self { symbol, number, branch: branch_text.and_then(branch) })
    }
}

fn split_branch(number: &str) -> (&str, Option<&str>) {
    let found = ["(枝番)", "枝番", "(枝)"].iter().find_map(|mark| number.split_once(mark));
    found.map_or((number, None), |(number, branch)| (number, Some(branch)))
}

/// Reads a branch 枝番 of one or two digits.
pub(crate) fn branch(text: &str) -> Option<u8> {
    let kept = digits(text);
    if kept.len() <= 2 { kept.parse().ok() } else { None }
}

/// Reads a medical id 医療等ID: letters and digits without separators, upper case; all of one letter is none.
///
/// Leading zeros stay: the id is a code of fixed length, not a number.
pub(crate) fn medical_id(text: &str) -> Option<String> {
    let kept: String = fold_width(text).chars().filter(char::is_ascii_alphanumeric).collect();
    let real = kept.len() >= 8 && !kept.bytes().all(|b| Some(&b) == kept.as_bytes().first());
    real.then(|| kept.to_ascii_uppercase())
}

/// Reads a chart number; a provisional one 仮ID is none, because it is given to others again.
pub(crate) fn chart(text: &str) -> String {
    let kept = code(text);
    let digits_alone = kept.bytes().all(|b| b.is_ascii_digit());
    let nines = kept.len() >= 4 && digits_alone && kept.bytes().all(|b| b == b'9');
    let provisional = ["仮", "KARI", "TEMP", "TMP", "DUMMY", "TEST"].iter().any(|mark| kept.starts_with(mark));
    if nines || provisional || kept == "0" { String::new() } else { kept }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sexes_and_postal_codes_are_read_in_every_spelling() {
        assert_eq!(["1", "男", "Ｍ", "male", "2", "女", "F", "", "9"].map(sex), [1, 1, 1, 1, 2, 2, 2, 0, 0]);
        let postals = ["565-0848", "〒５６５０８４８", "565ー0848", "000-0000", "56508", "600001", "060-0001"];
        assert_eq!(postals.map(postal), [5_650_848, 5_650_848, 5_650_848, 0, 0, 600_001, 600_001]);
    }

    #[test]
    fn insurer_numbers_are_padded_and_checked() {
        let read = |text: &str| insurer(text).map(|read| (read.number, read.check));
        // 138057 新宿区, 06130017, 39131016: published insurer numbers.
        for (text, number) in [
            ("138057", "00138057"),
            ("00138057", "00138057"),
            ("１３８０５７", "00138057"),
            ("39131016", "39131016"),
            ("06054389", "06054389"),
            ("6054389", "06054389"),
            ("06-05438-9", "06054389"),
        ] {
            let (found, check) = read(text).unwrap();
            assert_eq!(found, number, "{text}");
            let by_padding = check_digit(number);
            assert_eq!(check, by_padding, "zeros on the left do not change the check digit: {text}");
        }
        assert_eq!(check_digit("138057"), CheckDigit::Holds);
        assert_eq!(check_digit("39131016"), CheckDigit::Holds);
        assert_eq!(check_digit("138058"), CheckDigit::Fails);
        assert_eq!(read("00000000"), None);
        assert_eq!(read("123"), None);
    }

    #[test]
    fn symbol_and_number_are_one_however_written() {
        let check = |symbol: &str, number: &str, expect: (&str, &str, Option<u8>)| {
            let read = Insured::read(symbol, number).unwrap();
            assert_eq!((read.symbol.as_str(), read.number.as_str(), read.branch), expect, "{symbol} {number}");
        };
        check("１２３", "０００４５", ("123", "45", None));
        check("", "記号１２３・番号０００４５", ("123", "45", None));
        check("記号 123", "番号 45 (枝番)01", ("123", "45", Some(1)));
        check("公立ﾔﾏ", "第45号", ("公立ヤマ", "45", None));
        check("12ー3", "4-5", ("123", "45", None));
        for number in ["", "000", "9999", "番号"] {
            assert!(Insured::read("12", number).is_none(), "{number}");
        }
    }

    #[test]
    fn medical_ids_and_charts_are_read_and_placeholders_are_none() {
        assert_eq!(medical_id("ａｂ12-34cd ef").as_deref(), Some("AB1234CDEF"));
        assert_eq!(medical_id("0012345678").as_deref(), Some("0012345678"));
        assert_eq!(medical_id("00000000000"), None);
        assert_eq!(medical_id("12"), None);
        assert_eq!(
            ["00001234", "1234", "仮-12", "99999999", "000", "A-0012"].map(chart),
            ["1234", "1234", "", "", "", "A0012"]
        );
    }

    proptest! {
        #[test]
        fn no_text_panics_and_codes_are_settled(text in any::<String>(), number in "[0-9]{1,8}") {
            sex(&text);
            postal(&text);
            branch(&text);
            Insured::read(&text, &text);
            let id = medical_id(&text);
            prop_assert_eq!(id.as_deref().and_then(medical_id), id);
            prop_assert_eq!(chart(&chart(&text)), chart(&text));
            if let Some(read) = insurer(&number) {
                prop_assert!(insurer(&read.number) == Some(read));
            }
        }

        #[test]
        fn one_changed_digit_never_passes_the_check(body in 100_000u32..9_999_999, at in 0usize..6, by in 1u8..10) {
            let good = (0..10).map(|check| format!("{body}{check}")).find(|n| check_digit(n) == CheckDigit::Holds).unwrap();
            let changed: String = good
                .bytes()
                .enumerate()
                .map(|(place, b)| char::from(if place == at { b'0' + (b - b'0' + by) % 10 } else { b }))
                .collect();
            prop_assert_eq!(check_digit(&changed), CheckDigit::Fails);
        }
    }
}
