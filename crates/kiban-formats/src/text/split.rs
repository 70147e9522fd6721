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

/// Returns which of at most 64 bytes equal another, the first as the lowest bit.
#[inline]
fn marks(block: &[u8], of: u8) -> u64 {
    let (words, rest) = block.as_chunks::<8>();
    let (mut marks, mut place) = (0, 0);
    for word in words {
        marks |= equal(*word, of) << place;
        place += 8;
    }
    match block.last_chunk::<8>() {
        // The last eight bytes, of which some were marked before, are quicker than one after the other.
        Some(word) if !rest.is_empty() => marks | equal(*word, of) << (block.len() - 8),
        Some(_) => marks,
        None => rest.iter().rev().fold(0, |marks, byte| marks << 1 | u64::from(*byte == of)),
    }
}

/// Returns how many bytes at the beginning equal another, eight at a time.
#[inline]
pub(crate) fn leading(text: &[u8], byte: u8) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    let mut count = 0;
    for word in words {
        let differ = u64::from_le_bytes(*word) ^ (EACH * u64::from(byte));
        if differ != 0 {
            return count + differ.trailing_zeros() as usize / 8;
        }
        count += 8;
    }
    count + rest.iter().take_while(|other| **other == byte).count()
}

/// Splits at a separator and notes where each field ends, for at most `most` fields; returns where they end.
///
/// Fields are a few bytes long, so a search for each end costs more than to mark all separators of 64 bytes at once, in
/// the bits of a word, and to walk over its bits.
#[inline]
pub(crate) fn split<'e>(text: &[u8], separator: u8, most: usize, ends: &'e mut Ends) -> &'e [u32] {
    let ends = ends.get_mut(..most.min(MOST)).unwrap_or_default();
    let mut room = ends.iter_mut();
    let mut begin = 0;
    'all: for block in text.chunks(64) {
        let mut marks = marks(block, separator);
        while marks != 0 {
            let Some(end) = room.next() else { break 'all };
            *end = begin + marks.trailing_zeros();
            marks &= marks - 1;
        }
        begin += 64;
    }
    if let Ok(length) = u32::try_from(text.len())
        && let Some(end) = room.next()
    {
        *end = length;
    }
    let left = room.len();
    ends.get(..ends.len() - left).unwrap_or_default()
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
    fn leading_bytes_are_counted() {
        for length in 0..40 {
            for equal in 0..=length {
                let text: Vec<u8> = (0..length).map(|at| if at == equal { b'1' } else { b',' }).collect();
                assert_eq!(leading(&text, b','), equal);
            }
        }
    }

    #[test]
    fn marks_are_those_of_each_byte() {
        for length in 0..=64 {
            let text: Vec<u8> = (0..length).map(|at| if (at * at + length) % 3 == 0 { b',' } else { b'1' }).collect();
            let expect = text.iter().rev().fold(0, |marks, byte| marks * 2 + u64::from(*byte == b','));
            assert_eq!(marks(&text, b','), expect, "{length}");
        }
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
