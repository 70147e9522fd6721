//! Lines of a stream with their byte offsets, in bounded memory.

use std::io::{self, BufRead};

use memchr::memchr;

/// Where a line stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineAt {
    pub(crate) offset: u64,
    pub(crate) number: u32,
    /// The line was longer than the cap and its content was skipped.
    pub(crate) too_long: bool,
}

/// Splits a stream at LF; a CR before it is left to the reader of the line.
#[derive(Debug)]
pub(crate) struct Lines {
    buffer: Vec<u8>,
    next: u64,
    number: u32,
    cap: usize,
}

impl Lines {
    /// Splits lines of at most `cap` bytes.
    pub(crate) const fn with_cap(cap: usize) -> Self {
        Self { buffer: Vec::new(), next: 0, number: 0, cap }
    }

    /// Returns the bytes of the line last read, without its LF.
    pub(crate) fn line(&self) -> &[u8] {
        &self.buffer
    }

    /// Reads the next line into [`line`](Self::line); a last line without LF counts.
    pub(crate) fn read(&mut self, input: &mut dyn BufRead) -> io::Result<Option<LineAt>> {
        self.buffer.clear();
        let mut at = LineAt { offset: self.next, number: self.number.saturating_add(1), too_long: false };
        loop {
            let chunk = input.fill_buf()?;
            let (part, used, ended) = match memchr(b'\n', chunk) {
                Some(end) => (chunk.get(..end).unwrap_or_default(), end + 1, true),
                None => (chunk, chunk.len(), false),
            };
            if self.buffer.len() + part.len() > self.cap {
                at.too_long = true;
                self.buffer.clear();
            }
            if !at.too_long {
                self.buffer.extend_from_slice(part);
            }
            input.consume(used);
            self.next += used as u64;
            if ended || used == 0 {
                let nothing = !ended && self.next == at.offset;
                self.number = at.number;
                return Ok((!nothing).then_some(at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn split(text: &str, cap: usize, chunk: usize) -> Vec<(u64, u32, bool, String)> {
        let mut input = io::BufReader::with_capacity(chunk, text.as_bytes());
        let mut lines = Lines::with_cap(cap);
        let mut seen = Vec::new();
        while let Some(at) = lines.read(&mut input).unwrap() {
            seen.push((at.offset, at.number, at.too_long, String::from_utf8_lossy(lines.line()).into_owned()));
        }
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
}
