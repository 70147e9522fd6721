//! ISO 2022 with ASCII and JIS X 0208, the way senders of SS-MIX2 write it.

use std::sync::LazyLock;

/// Two bytes of JIS X 0208 for each character of the basic plane, 0 where there is none.
///
/// The table is the decoder's own, turned round: encoding by search would take longer than everything else.
static CELLS: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut cells = vec![0; 0x1_0000];
    // Rows 1–8 and 16–84: the standard's own, without vendors' rows.
    for row in (0x21..=0x28_u8).chain(0x30..=0x74) {
        for cell in 0x21..=0x7E_u8 {
            let bytes = [0x1B, b'$', b'B', row, cell, 0x1B, b'(', b'B'];
            let (text, broken) = encoding_rs::ISO_2022_JP.decode_without_bom_handling(&bytes);
            let known = text.chars().next().filter(|_| !broken).and_then(|c| cells.get_mut(c as usize));
            if let Some(slot) = known {
                *slot = u16::from_be_bytes([row, cell]);
            }
        }
    }
    cells
});

/// What stands for a character the standard does not have, by the rule of the National Hospital Organization: ■.
const GAIJI: u16 = 0x2223;

/// Encodes a message; every run of kanji returns to ASCII before a separator, since separators are ASCII.
pub(super) fn encode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 64);
    let mut kanji = false;
    for c in text.chars() {
        if c.is_ascii() {
            if kanji {
                bytes.extend(b"\x1B(B");
            }
            kanji = false;
            bytes.extend(u8::try_from(c));
            continue;
        }
        if !kanji {
            bytes.extend(b"\x1B$B");
        }
        kanji = true;
        let cell = CELLS.get(c as usize).copied().filter(|cell| *cell != 0).unwrap_or(GAIJI);
        bytes.extend(cell.to_be_bytes());
    }
    if kanji {
        bytes.extend(b"\x1B(B");
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kanji_runs_return_to_ascii_before_separators() {
        let expected = b"PID|\x1B$B45<T\x1B(B^\x1B$BB@O:\x1B(B|M\r";
        assert_eq!(encode("PID|患者^太郎|M\r"), expected);
    }

    #[test]
    fn it_agrees_with_the_standard_encoder_where_both_know_a_character() {
        for text in
            ["静岡県静岡市登呂１－３－５", "カンジャ^タロウ~ヴァンナム", "（５ｍｇ）・γ－ＧＴ〓", "齋藤^渡邉^々"]
        {
            assert_eq!(encode(text), encoding_rs::ISO_2022_JP.encode(text).0.into_owned(), "{text}");
        }
    }

    #[test]
    fn gaiji_are_lost_and_leave_a_square() {
        assert_eq!(encode("髙"), encode("■"));
    }
}
