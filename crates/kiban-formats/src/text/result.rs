//! Results as Japanese laboratories write them in a string: `<0.3`, `100<`, `L300`, `2.3(±)`, `陰性`, `1+`.

use super::{narrow, number};

/// A result string as far as it was understood.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Value {
    pub(crate) number: Option<f64>,
    /// How the number bounds the value, where it is not the value itself; `=` otherwise.
    pub(crate) operator: Option<&'static str>,
    /// `negative`, `trace`, `positive`, `1+` … `5+`.
    pub(crate) word: Option<&'static str>,
    /// `R11` a number from a string with an operator, `R12` a qualitative word, `R13` both in one.
    pub(crate) rule: Option<&'static str>,
}

/// Operators in front of a number, longest first. `L300` is what some analysers print for "lower than 300".
const BEFORE: &[(&str, &str)] = &[
    (">=", ">="),
    ("<=", "<="),
    ("=>", ">="),
    ("=<", "<="),
    ("≧", ">="),
    ("≦", "<="),
    ("≥", ">="),
    ("≤", "<="),
    (">", ">"),
    ("<", "<"),
    ("L", "<"),
    ("H", ">"),
];

/// Operators behind a number, or words: `100<` means more than 100.
const BEHIND: &[(&str, &str)] = &[
    ("以上", ">="),
    ("以下", "<="),
    ("未満", "<"),
    ("超", ">"),
    ("≦", ">="),
    ("≧", "<="),
    ("<=", ">="),
    (">=", "<="),
    ("<", ">"),
    (">", "<"),
];

const WORDS: &[(&str, &str)] = &[
    ("陰性", "negative"),
    ("インセイ", "negative"),
    ("ｲﾝｾｲ", "negative"),
    ("-", "negative"),
    ("(-)", "negative"),
    ("−", "negative"),
    ("(−)", "negative"),
    ("NEG", "negative"),
    ("陽性", "positive"),
    ("ヨウセイ", "positive"),
    ("ﾖｳｾｲ", "positive"),
    ("POS", "positive"),
    ("+", "positive"),
    ("(+)", "positive"),
    ("±", "trace"),
    ("(±)", "trace"),
    ("+-", "trace"),
    ("(+-)", "trace"),
    ("擬陽性", "trace"),
    ("疑陽性", "trace"),
    ("1+", "1+"),
    ("(1+)", "1+"),
    ("2+", "2+"),
    ("(2+)", "2+"),
    ("++", "2+"),
    ("(++)", "2+"),
    ("3+", "3+"),
    ("(3+)", "3+"),
    ("+++", "3+"),
    ("(+++)", "3+"),
    ("4+", "4+"),
    ("(4+)", "4+"),
    ("5+", "5+"),
    ("(5+)", "5+"),
];

impl Value {
    /// Reads a result string.
    pub(crate) fn of(text: &str) -> Self {
        let text = text.trim();
        if let Some(number) = number(text) {
            return Self { number: Some(number), operator: Some("="), ..Self::default() };
        }
        if text.is_empty() || text.len() > 64 {
            return Self::default();
        }
        let narrow = narrow(text);
        let plain: String = narrow.chars().filter(|c| !c.is_whitespace()).collect();
        if let Some(word) = word(&plain) {
            return Self { word: Some(word), rule: Some("R12"), ..Self::default() };
        }
        if let Some((operator, number)) = bounded(&plain) {
            return Self { number: Some(number), operator: Some(operator), word: None, rule: Some("R11") };
        }
        let Some((first, last)) = plain.split_once('(').filter(|(first, _)| !first.is_empty()) else {
            return Self::default();
        };
        match (bounded(first), word(&format!("({last}"))) {
            (Some((operator, number)), Some(word)) => {
                Self { number: Some(number), operator: Some(operator), word: Some(word), rule: Some("R13") }
            }
            _ => Self::default(),
        }
    }
}

fn word(text: &str) -> Option<&'static str> {
    WORDS.iter().find(|(written, _)| *written == text).map(|(_, word)| *word)
}

fn bounded(text: &str) -> Option<(&'static str, f64)> {
    if let Some(value) = number(text) {
        return Some(("=", value));
    }
    let before = BEFORE.iter().find_map(|(mark, operator)| Some((*operator, number(text.strip_prefix(mark)?)?)));
    before.or_else(|| BEHIND.iter().find_map(|(mark, operator)| Some((*operator, number(text.strip_suffix(mark)?)?))))
}

/// Reads a reference range: `6-28`, `1.2 ～ 2.0`, `<85`, `85以下`.
pub(crate) fn range(text: &str) -> (Option<f64>, Option<f64>) {
    let text = narrow(text);
    let text = text.trim();
    if text.is_empty() {
        return (None, None);
    }
    for mark in ['-', '~', '〜', '−'] {
        // A minus sign may begin the range, so the separator is looked for behind the first character.
        let behind = text.char_indices().skip(1).find(|(_, c)| *c == mark);
        if let Some((low, high)) = behind.and_then(|(at, _)| text.split_at_checked(at)) {
            let (low, high) = (number(low), number(high.trim_start_matches(mark)));
            if low.is_some() || high.is_some() {
                return (low, high);
            }
        }
    }
    match bounded(text) {
        Some(("<" | "<=", bound)) => (None, Some(bound)),
        Some((">" | ">=", bound)) => (Some(bound), None),
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_every_shape() {
        for (text, number, operator, word) in [
            ("1.7", Some(1.7), Some("="), None),
            (" 12", Some(12.0), Some("="), None),
            ("<0.3", Some(0.3), Some("<"), None),
            (">= 200", Some(200.0), Some(">="), None),
            ("100<", Some(100.0), Some(">"), None),
            ("L300", Some(300.0), Some("<"), None),
            ("５０未満", Some(50.0), Some("<"), None),
            ("2.3(±)", Some(2.3), Some("="), Some("trace")),
            (" 1 +", None, None, Some("1+")),
            ("  -", None, None, Some("negative")),
            ("陰性", None, None, Some("negative")),
            ("（＋）", None, None, Some("positive")),
            ("検査不能", None, None, None),
            ("", None, None, None),
            ("(", None, None, None),
        ] {
            let value = Value::of(text);
            assert_eq!((value.number, value.operator, value.word), (number, operator, word), "{text}");
        }
    }

    #[test]
    fn ranges_of_every_shape() {
        for (text, expect) in [
            ("6-28", (Some(6.0), Some(28.0))),
            ("1.2 - 2.0", (Some(1.2), Some(2.0))),
            ("-2.0-2.0", (Some(-2.0), Some(2.0))),
            ("６～２８", (Some(6.0), Some(28.0))),
            ("<85", (None, Some(85.0))),
            ("40以上", (Some(40.0), None)),
            ("12-", (Some(12.0), None)),
            ("陰性", (None, None)),
            ("", (None, None)),
        ] {
            assert_eq!(range(text), expect, "{text}");
        }
    }
}
