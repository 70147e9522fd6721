//! Which encoding a file is in, by its bytes, whatever it declares.

use std::borrow::Cow;

use encoding_rs::{EUC_JP, SHIFT_JIS};
use memchr::memchr_iter;

/// The encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    /// ASCII or UTF-8.
    Utf8,
    /// ISO 2022 with JIS X 0201, 0208 and their kin.
    Iso2022,
    /// Windows-31J.
    Cp932,
    /// EUC-JP, from old laboratory systems.
    EucJp,
}

/// Takes off a UTF-8 byte order mark (R04) and returns how long it was.
pub(crate) fn without_bom(bytes: &[u8]) -> (&[u8], usize) {
    bytes.strip_prefix(b"\xef\xbb\xbf").map_or((bytes, 0), |rest| (rest, 3))
}

/// Returns bytes as text if they are all ASCII, in one look at them.
pub(crate) fn ascii(bytes: &[u8]) -> Option<&str> {
    match encoding_rs::mem::decode_latin1(bytes) {
        Cow::Borrowed(text) => Some(text),
        Cow::Owned(_) => None,
    }
}

impl Charset {
    /// Finds the encoding: a designating escape sequence means ISO 2022, then valid UTF-8, then CP932 unless EUC-JP
    /// reads three times better.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let designates = |at: usize| matches!(bytes.get(at + 1), Some(b'$' | b'('));
        if memchr_iter(0x1b, bytes).any(designates) {
            return Self::Iso2022;
        }
        if std::str::from_utf8(bytes).is_ok() {
            return Self::Utf8;
        }
        let strange = |c: char| {
            c == '\u{fffd}' || ('\u{ff61}'..='\u{ff9f}').contains(&c) || ('\u{e000}'..='\u{f8ff}').contains(&c)
        };
        let oddness = |encoding: &'static encoding_rs::Encoding| {
            encoding.decode_without_bom_handling(bytes).0.chars().filter(|c| strange(*c)).count()
        };
        if oddness(SHIFT_JIS) > 3 * (oddness(EUC_JP) + 1) { Self::EucJp } else { Self::Cp932 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_are_told_apart_by_bytes() {
        for (bytes, expect) in [
            (&b"MSH|plain"[..], Charset::Utf8),
            ("患者".as_bytes(), Charset::Utf8),
            (b"\x1b$B4\x35\x1b(B", Charset::Iso2022),
            (b"\x8a\xb3\x8e\xd2", Charset::Cp932),
            (b"\xb4\xb5\xbc\xd4\xcc\xbe\xc1\xb0\xb4\xb5\xbc\xd4", Charset::EucJp),
            (b"\xfb\xfc", Charset::Cp932),
        ] {
            assert_eq!(Charset::of(bytes), expect, "{bytes:x?}");
        }
    }
}
