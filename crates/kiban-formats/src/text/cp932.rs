//! CP932 (Windows-31J), the encoding of claims and of most hospital CSV files.

use std::borrow::Cow;

use encoding_rs::SHIFT_JIS;

use super::ascii;

/// Text decoded from CP932, and whether something could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cp932<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) fault: Option<&'static str>,
}

impl<'a> Cp932<'a> {
    /// Decodes bytes; what has no character becomes U+FFFD, gaiji (F040–F9FC) the private use area.
    pub(crate) fn decode(bytes: &'a [u8]) -> Self {
        // Names are not ASCII, and what is not would be converted in vain.
        if bytes.is_ascii()
            && let Some(text) = ascii(bytes)
        {
            return Self { text: Cow::Borrowed(text), fault: None };
        }
        let (text, malformed) = SHIFT_JIS.decode_without_bom_handling(bytes);
        let fault = if malformed {
            Some("R32")
        } else if text.contains(|c| ('\u{e000}'..='\u{f8ff}').contains(&c)) {
            Some("text.gaiji")
        } else if text.contains('■') {
            Some("R30")
        } else {
            None
        };
        Self { text, fault }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_vendors_write() {
        for (bytes, text, fault) in [
            (&b"abc"[..], "abc", None),
            (b"\x87\x40\x81\x7c", "①－", None),
            (b"\xb1\xb2", "ｱｲ", None),
            (b"\xf0\x40", "\u{e000}", Some("text.gaiji")),
            (b"\x8a,", "\u{fffd},", Some("R32")),
            (b"\x81\xa1", "■", Some("R30")),
        ] {
            let decoded = Cp932::decode(bytes);
            assert_eq!((decoded.text.as_ref(), decoded.fault), (text, fault), "{bytes:x?}");
        }
    }
}
