//! Text made comparable before any field is read: compatibility forms, variation selectors, kanji numerals.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Stands for one character that an old code page lost (`〓`, `●`, `■`, `?`, private-use 外字).
pub(crate) const LOST: char = '〓';

/// Returns the text in NFKC, without variation selectors (IVS) and other invisible characters.
///
/// NFKC composes half-width kana and folds compatibility ideographs (U+FA19 → 神). The original stays in the
/// registration: this is a key, never a replacement.
pub(crate) fn fold_width(text: &str) -> String {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.to_owned();
    }
    let unmarked = |c: char| !is_invisible(c) && !matches!(c, '\u{309B}' | '\u{309C}');
    if text.chars().all(unmarked) && is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        return text.to_owned();
    }
    let marks = text.chars().filter(|c| !is_invisible(*c)).map(|c| match c {
        '\u{309B}' => '\u{3099}',
        '\u{309C}' => '\u{309A}',
        other => other,
    });
    marks.nfkc().collect()
}

/// Returns the key of a text in Latin letters: width and case folded, accents dropped, and whatever is neither letter
/// nor digit as one gap.
pub(crate) fn plain_key(text: &str) -> String {
    if text.is_ascii() {
        return plain_ascii(text);
    }
    let lower: String = fold_width(text).to_lowercase().nfd().filter(|c| !is_accent(*c)).nfc().collect();
    let whole = lower.replace(['\'', '’', '`'], "");
    let words = whole.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").nfc().collect()
}

/// What [`plain_key`] makes of plain ASCII, which needs no tables.
fn plain_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for byte in text.bytes() {
        match byte {
            b'\'' | b'`' => {}
            letter if letter.is_ascii_alphanumeric() => {
                if gap && !out.is_empty() {
                    out.push(' ');
                }
                gap = false;
                out.push(char::from(letter.to_ascii_lowercase()));
            }
            other => gap |= !other.is_ascii_control() || other.is_ascii_whitespace(),
        }
    }
    out
}

/// An accent on a Latin, Greek or Cyrillic letter; the marks of kana are letters of their own.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{200B}'..='\u{200D}' | '\u{FEFF}')
        || (c.is_control() && !c.is_whitespace())
}

/// Tells whether the character is a kanji numeral.
pub(crate) fn is_kanji_numeral(c: char) -> bool {
    digit_of(c).is_some() || unit_of(c).is_some()
}

fn digit_of(c: char) -> Option<u32> {
    "〇一二三四五六七八九".chars().position(|d| d == c).and_then(|p| u32::try_from(p).ok())
}

fn unit_of(c: char) -> Option<u32> {
    match c {
        '十' => Some(10),
        '百' => Some(100),
        '千' => Some(1000),
        _ => None,
    }
}

/// Reads a run of arabic digits or kanji numerals, positional (一二三) or with units (五十一).
pub(crate) fn number(run: &[char]) -> Option<u32> {
    if run.iter().all(char::is_ascii_digit) {
        return run.iter().collect::<String>().parse().ok();
    }
    if run.iter().all(|c| digit_of(*c).is_some()) {
        return run.iter().try_fold(0u32, |n, c| n.checked_mul(10)?.checked_add(digit_of(*c)?));
    }
    let (mut total, mut pending): (u32, Option<u32>) = (0, None);
    for &c in run {
        if let Some(unit) = unit_of(c) {
            total = total.checked_add(pending.take().unwrap_or(1).checked_mul(unit)?)?;
        } else {
            pending = Some(digit_of(c)?);
        }
    }
    total.checked_add(pending.unwrap_or(0))
}

/// Replaces every run of kanji numerals by arabic digits.
pub(crate) fn arabic(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for run in chars.chunk_by(|a, b| is_kanji_numeral(*a) && is_kanji_numeral(*b)) {
        match run.first() {
            Some(c) if is_kanji_numeral(*c) => match number(run) {
                Some(n) => out.push_str(&n.to_string()),
                None => out.extend(run),
            },
            _ => out.extend(run),
        }
    }
    out
}

/// Returns only the ASCII digits of the width-folded text.
pub(crate) fn digits(text: &str) -> String {
    fold_width(text).chars().filter(char::is_ascii_digit).collect()
}

/// Returns letters and digits of a code: width folded, upper case, separators dropped, leading zeros of a number dropped.
pub(crate) fn code(text: &str) -> String {
    let upper = fold_width(text).to_uppercase();
    let kept: String = upper.chars().filter(|c| c.is_alphanumeric() && *c != 'ー').nfkc().collect();
    if kept.chars().all(|c| c.is_ascii_digit()) {
        let short = kept.trim_start_matches('0');
        return if short.is_empty() && !kept.is_empty() { "0".to_owned() } else { short.to_owned() };
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kanji_numerals_are_read_in_both_styles() {
        for (text, expect) in [("五十一", "51"), ("一二三", "123"), ("百二", "102"), ("十", "10"), ("二十番", "20番")]
        {
            assert_eq!(arabic(text), expect);
        }
    }

    #[test]
    fn codes_lose_width_separators_and_leading_zeros() {
        for (text, expect) in
            [("０００４５", "45"), ("123-４", "1234"), ("12ー3", "123"), ("ａｂ 01", "AB01"), ("00", "0"), ("", "")]
        {
            assert_eq!(code(text), expect);
        }
    }

    #[test]
    fn plain_keys_forget_case_accents_and_punctuation() {
        for (text, expect) in [
            ("O'Brien-Smith,  JOSÉ", "obrien smith jose"),
            ("ＳＭＩＴＨ", "smith"),
            ("  12/4  High St. ", "12 4 high st"),
            ("がぎ", "がぎ"),
            ("!?", ""),
        ] {
            assert_eq!(plain_key(text), expect);
        }
    }

    proptest! {
        #[test]
        fn keys_are_settled_and_never_panic(text in any::<String>()) {
            prop_assert_eq!(fold_width(&fold_width(&text)), fold_width(&text));
            prop_assert_eq!(code(&code(&text)), code(&text));
            prop_assert_eq!(plain_key(&plain_key(&text)), plain_key(&text));
            prop_assert_eq!(arabic(&arabic(&text)), arabic(&text));
        }
    }
}
