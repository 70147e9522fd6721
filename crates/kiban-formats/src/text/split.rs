//! Fields between separators.

/// The most fields that are noted of a line or segment.
pub(crate) const MOST: usize = 64;

/// How many bytes are walked before it is asked whether there are fields enough.
const STEP: usize = 8;

/// Room for where fields end, used again from line to line.
pub(crate) type Ends = [u32; 2 * MOST];

/// Splits at a separator and notes where each field ends, for at most `most` fields; returns where they end.
///
/// Fields are a few bytes long, so a search for each end costs more than a walk without a branch on what is found: the
/// place of every byte is noted, and kept if the byte is a separator.
#[inline]
pub(crate) fn split<'e>(text: &[u8], separator: u8, most: usize, ends: &'e mut Ends) -> &'e [u32] {
    let most = most.min(MOST);
    let mut count = 0;
    let mut note = |count: usize, at: u32| {
        if let Some(end) = ends.get_mut(count % (2 * MOST)) {
            *end = at;
        }
    };
    let (steps, rest) = text.as_chunks::<STEP>();
    let mut at = 0;
    for bytes in steps {
        if count >= most {
            break;
        }
        for byte in bytes {
            note(count, at);
            count += usize::from(*byte == separator);
            at += 1;
        }
    }
    if count < most {
        for byte in rest {
            note(count, at);
            count += usize::from(*byte == separator);
            at += 1;
        }
        note(count, at);
        count += 1;
    }
    ends.get(..count.min(most)).unwrap_or_default()
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
    }
}
