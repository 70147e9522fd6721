//! Lines of a stream with their byte offsets, in bounded memory.

use std::{
    io::{self, BufRead},
    ops::ControlFlow,
};

use memchr::memchr_iter;

/// Where a line stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineAt {
    pub(crate) offset: u64,
    pub(crate) number: u32,
    /// The line was longer than the cap and its content was skipped.
    pub(crate) too_long: bool,
}

/// Splits a stream at LF; a CR before it is left to the visitor, and a last line without LF counts. A line of more
/// than `cap` bytes comes empty. Lines that lie whole in the stream's buffer are not copied. What follows the line at
/// which the visitor breaks off is left in the stream.
pub(crate) fn each_line(
    input: &mut dyn BufRead,
    cap: usize,
    visit: &mut dyn FnMut(LineAt, &[u8]) -> ControlFlow<()>,
) -> io::Result<()> {
    let mut at = LineAt { offset: 0, number: 1, too_long: false };
    let mut next = 0;
    let mut begun = Begun { bytes: Vec::new(), cap };
    loop {
        let chunk = input.fill_buf()?;
        let mut used = 0;
        for end in memchr_iter(b'\n', chunk) {
            let line = begun.join(&mut at, chunk.get(used..end).unwrap_or_default());
            let flow = visit(at, line);
            next += (end + 1 - used) as u64;
            used = end + 1;
            begun.bytes.clear();
            at = LineAt { offset: next, number: at.number.saturating_add(1), too_long: false };
            if flow.is_break() {
                input.consume(used);
                return Ok(());
            }
        }
        let rest = chunk.get(used..).unwrap_or_default();
        if rest.is_empty() && used == 0 {
            break;
        }
        begun.extend(&mut at, rest);
        next += rest.len() as u64;
        used += rest.len();
        input.consume(used);
    }
    if next > at.offset {
        let _ = visit(at, &begun.bytes);
    }
    Ok(())
}

/// The beginning of a line whose end is not there yet.
struct Begun {
    bytes: Vec<u8>,
    cap: usize,
}

impl Begun {
    fn extend(&mut self, at: &mut LineAt, part: &[u8]) {
        at.too_long |= self.bytes.len() + part.len() > self.cap;
        if at.too_long {
            self.bytes.clear();
        } else {
            self.bytes.extend_from_slice(part);
        }
    }

    /// Returns the line that ends with `part`.
    fn join<'p>(&'p mut self, at: &mut LineAt, part: &'p [u8]) -> &'p [u8] {
        if !at.too_long && self.bytes.is_empty() && part.len() <= self.cap {
            return part;
        }
        self.extend(at, part);
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn split(text: &str, cap: usize, chunk: usize) -> Vec<(u64, u32, bool, String)> {
        let mut input = io::BufReader::with_capacity(chunk, text.as_bytes());
        let mut seen = Vec::new();
        each_line(&mut input, cap, &mut |at, line| {
            seen.push((at.offset, at.number, at.too_long, String::from_utf8_lossy(line).into_owned()));
            ControlFlow::Continue(())
        })
        .unwrap();
        seen
    }

    #[test]
    fn lines_keep_their_offsets_whatever_the_chunk() {
        for chunk in [1, 2, 3, 5, 64] {
            let seen = split("ab\n\nlong line\nc", 5, chunk);
            let line = |offset, number, too_long, text: &str| (offset, number, too_long, text.to_owned());
            assert_eq!(
                seen,
                [line(0, 1, false, "ab"), line(3, 2, false, ""), line(4, 3, true, ""), line(14, 4, false, "c")]
            );
        }
        assert_eq!(split("", 5, 4), []);
    }

    #[test]
    fn what_follows_a_break_is_left() {
        for chunk in [1, 2, 3, 64] {
            let mut input = io::BufReader::with_capacity(chunk, &b"ab\ncd\nef\n"[..]);
            each_line(&mut input, 5, &mut |at, _| {
                if at.number == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
            assert_eq!(io::read_to_string(input).unwrap(), "ef\n");
        }
    }
}
