//! Fields between separators.

/// The most fields that are noted of a line or segment.
pub(crate) const MOST: usize = 64;

/// Room for where fields end, used again from line to line.
pub(crate) type Ends = [u32; MOST];

/// A word with the same byte eight times over is a multiple of this.
const EACH: u64 = 0x0101_0101_0101_0101;

/// Returns which of eight bytes equal another, the first as the lowest bit.
#[inline]
const fn equal(bytes: [u8; 8], to: u8) -> u64 {
    let differ = u64::from_le_bytes(bytes) ^ (EACH * to as u64);
    let low = EACH * 0x7f;
    // The top bit of each byte: set where no bit of the byte is.
    let same = !(((differ & low) + low) | differ) & !low;
    (same >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Splits at a separator and notes where each field ends, for at most `most` fields; returns where they end.
///
/// Fields are a few bytes long, so a search for each end costs more than to mark all separators of 64 bytes at once, in
/// the bits of a word, and to walk over its bits.
#[inline]
pub(crate) fn split<'e>(text: &[u8], separator: u8, most: usize, ends: &'e mut Ends) -> &'e [u32] {
    let mut count = 0;
    let mut room = ends.iter_mut().take(most);
    let mut note = |at| room.next().map(|end| (*end, count) = (at, count + 1));
    let mut at = 0;
    'all: for block in text.chunks(64) {
        let (words, rest) = block.as_chunks::<8>();
        let mut marks = 0;
        for (word, place) in words.iter().zip((0..).step_by(8)) {
            marks |= equal(*word, separator) << place;
        }
        for (byte, place) in rest.iter().zip(words.len() * 8..) {
            marks |= u64::from(*byte == separator) << place;
        }
        while marks != 0 {
            if note(at + marks.trailing_zeros()).is_none() {
                break 'all;
            }
            marks &= marks - 1;
        }
        at += 64;
    }
    let _ = u32::try_from(text.len()).ok().and_then(note);
    ends.get(..count).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_end_at_separators_and_at_the_end() {
        let check = |text: &str, most, expect: &[u32]| {
            assert_eq!(split(text.as_bytes(), b',', most, &mut [9; _]), expect, "{text}");
        };
        check("", 3, &[0]);
        check("a", 3, &[1]);
        check("a,", 3, &[1, 2]);
        check(",bc,d", 3, &[0, 3, 5]);
        check("a,b,c,d,e", 3, &[1, 3, 5]);
        check("a,b,c,d,e", 5, &[1, 3, 5, 7, 9]);
        check("abcdefgh,abcdefghi,abc", 3, &[8, 18, 22]);
        check(&",".repeat(200), 999, &(0..64).collect::<Vec<_>>());
        check(&format!("{:63},{:64},x", "", ""), 9, &[63, 128, 130]);
    }

    #[test]
    fn marks_are_exact() {
        for byte in 0..=255 {
            for to in [0, b',', b'|', 0x80, 0xff] {
                let expect = if byte == to { 0b1000_0010 } else { 0 } | if to == 0 { 1 } else { 0 };
                assert_eq!(equal([0, byte, 1, 0x7e, 0xfe, 0x2d, 0xac, byte], to), expect, "{byte} {to}");
            }
        }
    }
}
