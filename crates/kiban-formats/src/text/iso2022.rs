//! A byte-level ISO 2022 reader for Japanese HL7 and DICOM text.
//!
//! The decoder of the WHATWG standard must not be used on hospital messages: it turns a redundant escape sequence into
//! U+FFFD, `\` after `ESC ( J` into `¥`, and swallows a CR inside a kanji run. Here designations that change nothing
//! are no-ops (R01), JIS X 0201 Roman is read as ASCII, half-width kana are accepted in GL (`ESC ( I`, SO) and GR, and
//! a cell without a character becomes a private-use character, U+F0000 + (row − 1) × 94 + (cell − 1), so that it can
//! still be told from others. The caller resets the state by decoding segment by segment.

use std::sync::LazyLock;

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS};
use memchr::{memchr2, memchr3};

use super::ascii;

/// The character set designated to GL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// ASCII, and JIS X 0201 Roman read as ASCII.
    Ascii,
    /// `ESC ( J`: the same, told apart to count what it would have changed.
    Roman,
    /// JIS X 0201 kana.
    Kana,
    /// JIS X 0208 in any of its editions.
    Kanji,
    /// JIS X 0212 supplementary kanji (IR 159).
    Supplement,
    /// JIS X 0213, read as far as it agrees with JIS X 0208.
    Kanji2004,
}

impl Set {
    const fn is_double(self) -> bool {
        matches!(self, Self::Kanji | Self::Supplement | Self::Kanji2004)
    }
}

/// Reads the rest of an escape sequence (after ESC): the set and the sequence's length.
fn designation(rest: &[u8]) -> Option<(Set, usize)> {
    Some(match rest {
        [b'(', b'B', ..] => (Set::Ascii, 2),
        [b'(', b'J', ..] => (Set::Roman, 2),
        [b'(', b'I', ..] => (Set::Kana, 2),
        [b'$', b'@' | b'B', ..] => (Set::Kanji, 2),
        [b'$', b'(', b'@' | b'B', ..] => (Set::Kanji, 3),
        [b'$', b'(', b'D', ..] => (Set::Supplement, 3),
        [b'$', b'(', b'O' | b'P' | b'Q', ..] => (Set::Kanji2004, 3),
        // JIS X 0201 kana designated to G1, as DICOM does: GR bytes are read as kana anyway.
        [b')', b'I', ..] => (Set::Ascii, 2),
        _ => return None,
    })
}

/// Decodes one segment, which begins in ASCII, onto the end of `out`. `issue` receives rule ids with the byte offset
/// within the segment.
pub(crate) fn decode(bytes: &[u8], out: &mut String, issue: &mut dyn FnMut(&'static str, usize)) {
    let mut set = Set::Ascii;
    let mut at = 0;
    let mut unused = false;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let run = rest.get(..memchr3(0x1b, 0x0e, 0x0f, rest).unwrap_or(rest.len())).unwrap_or_default();
        decode_run(set, run, out, &mut |code, offset| issue(code, at + offset));
        at += run.len();
        let Some((control, rest)) = bytes.get(at..).and_then(<[u8]>::split_first) else { return };
        at += 1;
        match (control, designation(rest)) {
            (0x0e, _) => {
                issue("text.shift-out", at);
                set = Set::Kana;
            }
            (0x0f, _) => set = Set::Ascii,
            (_, Some((next, length))) => {
                if next == set || (unused && run.is_empty()) {
                    issue("R01", at);
                }
                (set, unused) = (next, true);
                at += length;
            }
            (_, None) => issue("text.unknown-escape", at),
        }
    }
}

fn decode_run(set: Set, run: &[u8], out: &mut String, issue: &mut dyn FnMut(&'static str, usize)) {
    if set.is_double() {
        return double(set, run, out, issue);
    }
    if set == Set::Roman && memchr2(b'\\', b'~', run).is_some() {
        issue("R02", 0);
    }
    if let Some(text) = ascii(run).filter(|_| set != Set::Kana) {
        return out.push_str(text);
    }
    let mut kana = false;
    for (offset, byte) in run.iter().enumerate() {
        match (set, byte) {
            (Set::Kana, 0x21..=0x5f) => {
                kana = true;
                out.extend(char::from_u32(0xff61 + u32::from(byte - 0x21)));
            }
            (_, 0xa1..=0xdf) => {
                kana = true;
                out.extend(char::from_u32(0xff61 + u32::from(byte - 0xa1)));
            }
            (_, 0..=0x7f) => out.push(char::from(*byte)),
            _ => {
                issue("R32", offset);
                out.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }
    if kana {
        issue("R08", 0);
    }
}

/// Decodes a run of two-byte characters. Controls and blanks between them stand for themselves.
fn double(set: Set, run: &[u8], out: &mut String, issue: &mut dyn FnMut(&'static str, usize)) {
    let table: &Table = if set == Set::Supplement { &JIS_X_0212 } else { &JIS_X_0208 };
    let mut at = 0;
    while let Some(rest) = run.get(at..).filter(|rest| !rest.is_empty()) {
        let known = rest.first_chunk().and_then(|[row, cell]| table.get(place_of(*row)?)?.get(place_of(*cell)?));
        match (known, rest) {
            (Some(Some(character)), _) => out.push(*character),
            (Some(None), [row, cell, ..]) => {
                issue("text.gaiji", at);
                let number = u32::from(row - 0x21) * 94 + u32::from(cell - 0x21);
                out.extend(char::from_u32(0xf_0000 + number));
            }
            (_, [control @ (0..=0x20 | 0x7f), ..]) => out.push(char::from(*control)),
            _ => {
                issue("R32", at);
                out.push(char::REPLACEMENT_CHARACTER);
            }
        }
        at += if known.is_some() { 2 } else { 1 };
    }
}

/// The characters of a double-byte set, by row and cell.
type Table = [[Option<char>; 94]; 94];

/// JIS X 0208 with the extensions of Windows-31J, as Shift_JIS carries them.
static JIS_X_0208: LazyLock<Box<Table>> = LazyLock::new(|| {
    table(SHIFT_JIS, |row, cell| {
        let lead = (row - 0x21) / 2 + if row < 0x5f { 0x81 } else { 0xc1 };
        let trail = match (row % 2, cell) {
            (1, 0x21..=0x5f) => cell + 0x1f,
            (1, _) => cell + 0x20,
            _ => cell + 0x7e,
        };
        [0, lead, trail]
    })
});

/// JIS X 0212, as EUC-JP carries it.
static JIS_X_0212: LazyLock<Box<Table>> = LazyLock::new(|| table(EUC_JP, |row, cell| [0x8f, row | 0x80, cell | 0x80]));

/// Asks an encoding for every cell; NUL in what `carried` makes of a cell stands for no byte.
fn table(encoding: &'static Encoding, carried: impl Fn(u8, u8) -> [u8; 3]) -> Box<Table> {
    let mut table = Box::new([[None; 94]; 94]);
    for (row, cells) in (0x21..).zip(table.iter_mut()) {
        for (cell, character) in (0x21..).zip(cells) {
            let bytes = carried(row, cell);
            let bytes = bytes.strip_prefix(&[0]).unwrap_or(&bytes);
            let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
            *character = text.and_then(|text| text.chars().next());
        }
    }
    table
}

/// Returns which row or cell a byte of a double-byte character names.
fn place_of(byte: u8) -> Option<usize> {
    (0x21..=0x7e).contains(&byte).then(|| usize::from(byte - 0x21))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8]) -> (String, Vec<&'static str>) {
        let (mut out, mut issues) = (String::new(), Vec::new());
        decode(bytes, &mut out, &mut |code, _| issues.push(code));
        (out, issues)
    }

    #[test]
    fn hospital_text_is_read_where_the_web_decoder_fails() {
        for (bytes, text, issues) in [
            (&b"PID|\x1b$B45<T\x1b(B|M"[..], "PID|患者|M", vec![]),
            (b"\x1b$B45\x1b(B\x1b$B<T\x1b(B", "患者", vec!["R01"]),
            (b"\x1b$B45\x1b$B<T\x1b(B", "患者", vec!["R01"]),
            (b"\x1b(BA\x1b(B", "A", vec!["R01", "R01"]),
            (b"\x1b(JMSH|^~\\&|", "MSH|^~\\&|", vec!["R02"]),
            (b"\x1b(I6]\x1b(B", "ｶﾝ", vec!["R08"]),
            (b"\x0e6]\x0fA", "ｶﾝA", vec!["text.shift-out", "R08"]),
            (b"\xb6\xdd", "ｶﾝ", vec!["R08"]),
            (b"\x1b$B-!\x1b(B", "①", vec![]),
            (b"\x1b$(D0!\x1b(B", "丂", vec![]),
            (b"\x1b$B45<", "患\u{fffd}", vec!["R32"]),
            (b"\x1b$B~~45\x1b(B", "\u{f2283}患", vec!["text.gaiji"]),
            (b"\x1b$B)!\x1b(Bx", "\u{f02f0}x", vec!["text.gaiji"]),
            (b"\x1b%Gx", "%Gx", vec!["text.unknown-escape"]),
            (b"A\xfbB", "A\u{fffd}B", vec!["R32"]),
            (b"\x1b$B45 <T", "患 者", vec![]),
        ] {
            let (seen, counted) = check(bytes);
            assert_eq!((seen.as_str(), &counted), (text, &issues), "{bytes:x?}");
        }
    }

    #[test]
    fn every_cell_has_its_own_character() {
        let mut seen = std::collections::BTreeMap::new();
        for (row, cell) in (0x21..=0x7e).flat_map(|row| (0x21..=0x7e).map(move |cell| (row, cell))) {
            let (text, issues) = check(&[0x1b, b'$', b'B', row, cell]);
            assert_eq!(text.chars().count(), 1, "{row:x} {cell:x}");
            if !issues.is_empty() {
                assert_eq!(seen.insert(text, (row, cell)), None);
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_web_decoder_on_clean_text(text in "[ -Z_a-}ぁ-ん亜-腕ァ-ヶ]{0,40}") {
            let (bytes, _, unmappable) = encoding_rs::ISO_2022_JP.encode(&text);
            prop_assume!(!unmappable);
            let (expect, _) = encoding_rs::ISO_2022_JP.decode_without_bom_handling(&bytes);
            prop_assert_eq!(check(&bytes).0, expect);
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(prop_oneof![Just(0x1b_u8), Just(b'$'), Just(b'('), Just(b'B'), any::<u8>()], 0..64)) {
            check(&bytes);
        }
    }
}
