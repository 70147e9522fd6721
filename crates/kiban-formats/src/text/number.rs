//! Numbers and digits of two widths.

use std::borrow::Cow;

/// Turns full-width ASCII (`１２３－Ａ`) into ASCII; everything else stays.
pub(crate) fn narrow(text: &str) -> Cow<'_, str> {
    let wide = |c: char| ('\u{ff01}'..='\u{ff5e}').contains(&c) || c == '\u{3000}';
    if text.is_ascii() || !text.contains(wide) {
        return Cow::Borrowed(text);
    }
    let one = |c: char| match c {
        '\u{3000}' => ' ',
        c if wide(c) => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    Cow::Owned(text.chars().map(one).collect())
}

/// Reads a plain decimal number between blanks; no exponent, no infinity, no `nan`.
pub(crate) fn number(text: &str) -> Option<f64> {
    decimal(text.trim_matches(' ').as_bytes())
}

/// Reads a plain decimal number.
#[inline]
pub(crate) fn decimal(text: &[u8]) -> Option<f64> {
    if text.is_empty() || text.len() > 24 {
        return None;
    }
    if text.len() < 16 {
        let digit = |sum: u64, b: &u8| b.is_ascii_digit().then(|| sum * 10 + u64::from(b - b'0'));
        if let Some(whole) = text.iter().try_fold(0, digit) {
            #[expect(clippy::cast_precision_loss, reason = "fewer than 16 digits are exact in a double")]
            return Some(whole as f64);
        }
    }
    let plain = |b: &u8| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+');
    if !text.iter().all(plain) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_becomes_narrow() {
        for (text, expect) in [("３８７４７６", "387476"), ("あいう", "あいう"), ("Ａ－１　２", "A-1 2"), ("12", "12")]
        {
            assert_eq!(narrow(text), expect);
        }
    }

    #[test]
    fn numbers_are_plain_decimals() {
        for (text, expect) in [
            ("12", Some(12.0)),
            (" 7.25", Some(7.25)),
            ("-0.5", Some(-0.5)),
            ("1e9", None),
            ("inf", None),
            ("nan", None),
            ("", None),
            ("1-2", None),
            ("１", None),
        ] {
            assert_eq!(number(text), expect, "{text}");
        }
    }
}
