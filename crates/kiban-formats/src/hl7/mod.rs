//! HL7 version 2 messages in their pipe-and-hat encoding (ER7): bytes to segments, fields, components.
//!
//! Segments are split on bytes first (CR, LF, CRLF; the last may lack its end), each is decoded with a fresh ISO 2022
//! state, and only then split into fields: inside a kanji run any ASCII byte may occur, so raw bytes must not be split.

use std::borrow::Cow;

pub(crate) use time::{Hl7Time, hl7_time};

use crate::text::{Charset, MOST, ascii, iso2022, split, without_bom};

mod time;

/// The separators a message declares in MSH-1 and MSH-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Separators {
    field: u8,
    component: u8,
    repetition: u8,
    sub: u8,
    escape: char,
}

impl Separators {
    const USUAL: Self = Self { field: b'|', component: b'^', repetition: b'~', sub: b'&', escape: '\\' };

    /// Reads the separators of an MSH segment; what is missing is as usual.
    fn of(msh: &str) -> Option<Self> {
        let mut chars = msh.strip_prefix("MSH")?.chars();
        let field = u8::try_from(chars.next()?).ok().filter(u8::is_ascii_punctuation)?;
        let mut rest = chars.take_while(|c| *c != char::from(field));
        let mut next = |usual: u8| rest.next().and_then(|c| u8::try_from(c).ok()).filter(u8::is_ascii).unwrap_or(usual);
        let (component, repetition) = (next(b'^'), next(b'~'));
        let escape = rest.next().unwrap_or('\\');
        let sub = rest.next().and_then(|c| u8::try_from(c).ok()).filter(u8::is_ascii).unwrap_or(b'&');
        Some(Self { field, component, repetition, sub, escape })
    }
}

/// Where a segment lies: in the file, and decoded.
#[derive(Debug, Clone, Copy)]
struct Span {
    offset: u64,
    line: u32,
    start: usize,
    end: usize,
    /// Where the ends of its fields begin among those of the file, and how many they are.
    fields: (usize, usize),
    separators: Separators,
}

/// A file of HL7 messages, decoded.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    text: String,
    spans: Vec<Span>,
    /// Where the fields of the segments end, counted from the start of their segment.
    ends: Vec<u32>,
}

impl Decoded {
    /// Decodes a file, segment by segment. `issue` receives rule ids with byte offset and line.
    pub(crate) fn read(bytes: &[u8], issue: &mut dyn FnMut(&'static str, u64, u32)) -> Self {
        let (body, mark) = without_bom(bytes);
        if mark > 0 {
            issue("R04", 0, 1);
        }
        let charset = Charset::of(body);
        let mut file = Self {
            text: String::with_capacity(body.len() * 5 / 4),
            spans: Vec::with_capacity(body.len() / 64),
            ends: Vec::with_capacity(body.len() / 8),
        };
        let mut ends = [0; _];
        let mut separators = Separators::USUAL;
        let mut at = 0;
        let mut line = 0;
        while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
            let end = memchr::memchr2(b'\r', b'\n', rest);
            let raw = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            let offset = (mark + at) as u64;
            at += raw.len();
            line += 1;
            match (end, rest.get(raw.len()..)) {
                (_, Some([b'\r', b'\n', ..])) => {
                    issue("R05", offset, line);
                    at += 2;
                }
                (_, Some([b'\n', ..])) => {
                    issue("R05", offset, line);
                    at += 1;
                }
                (Some(_), _) => at += 1,
                (None, _) => issue("R03", offset, line),
            }
            if raw.iter().all(|b| matches!(b, b' ' | 0x0b | 0x1a | 0x1c)) {
                continue;
            }
            let start = file.text.len();
            decode(charset, raw, &mut file.text, &mut |code, within| issue(code, offset + within as u64, line));
            let text = file.text.get(start..).unwrap_or_default();
            if let Some(declared) = Separators::of(text) {
                separators = declared;
                if declared.escape == '¥' {
                    issue("R02", offset, line);
                }
            }
            let ends = split(text.as_bytes(), separators.field, MOST, &mut ends);
            let (end, fields) = (file.text.len(), (file.ends.len(), ends.len()));
            file.ends.extend_from_slice(ends);
            file.spans.push(Span { offset, line, start, end, fields, separators });
        }
        file
    }

    /// Returns all segments.
    pub(crate) fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        self.spans.iter().map(|span| {
            let (first, count) = span.fields;
            let ends = self.ends.get(first..first + count).unwrap_or_default();
            Segment::new(self.text.get(span.start..span.end).unwrap_or_default(), ends, *span)
        })
    }
}

fn decode(charset: Charset, raw: &[u8], out: &mut String, issue: &mut dyn FnMut(&'static str, usize)) {
    if let Some(text) = ascii(raw).filter(|_| !matches!(charset, Charset::Iso2022)) {
        return out.push_str(text);
    }
    let encoding = match charset {
        Charset::Iso2022 => return iso2022::decode(raw, out, issue),
        Charset::Utf8 => encoding_rs::UTF_8,
        Charset::Cp932 => encoding_rs::SHIFT_JIS,
        Charset::EucJp => encoding_rs::EUC_JP,
    };
    let (text, malformed) = encoding.decode_without_bom_handling(raw);
    if malformed {
        issue("R32", 0);
    }
    out.push_str(&text);
}

/// One segment, split into fields.
#[derive(Debug, Clone)]
pub(crate) struct Segment<'m> {
    text: &'m str,
    name: &'m str,
    separators: Separators,
    escapes: bool,
    /// 1 in MSH, which counts its own separator as a field.
    shift: usize,
    ends: &'m [u32],
    /// Byte offset in the file.
    pub(crate) offset: u64,
    /// Number of the segment in the file, from 1.
    pub(crate) line: u32,
}

impl<'m> Segment<'m> {
    fn new(text: &'m str, ends: &'m [u32], span: Span) -> Self {
        let name = ends.first().and_then(|end| text.get(..*end as usize)).unwrap_or_default();
        let escapes = match u8::try_from(span.separators.escape) {
            Ok(escape) if escape.is_ascii() => memchr::memchr(escape, text.as_bytes()).is_some(),
            _ => text.contains(span.separators.escape),
        };
        let shift = usize::from(name == "MSH");
        let Span { offset, line, separators, .. } = span;
        Self { text, name, separators, escapes, shift, ends, offset, line }
    }

    /// Returns the segment's name, such as `PID`.
    pub(crate) const fn name(&self) -> &'m str {
        self.name
    }

    fn nth(&self, index: usize) -> &'m str {
        let Some(end) = self.ends.get(index) else { return "" };
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize + 1);
        self.text.get(start..*end as usize).unwrap_or_default()
    }

    /// Returns a field by its HL7 number. MSH counts its own separator as MSH-1.
    pub(crate) fn field(&self, number: usize) -> Field<'m> {
        let text = self.nth(number.saturating_sub(self.shift));
        Field { text: if text == "\"\"" { "" } else { text }, escapes: self.escapes, separators: self.separators }
    }

    /// Returns the first component of a field's first repetition, unescaped.
    pub(crate) fn text(&self, number: usize) -> Cow<'m, str> {
        self.field(number).first().component(1)
    }
}

/// A field, or one repetition of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'m> {
    text: &'m str,
    /// Whether an escape character occurs in the segment at all.
    escapes: bool,
    separators: Separators,
}

impl<'m> Field<'m> {
    /// Returns whether nothing stands in the field; `""` counts as nothing.
    pub(crate) const fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// Returns the repetitions.
    pub(crate) fn repetitions(self) -> impl Iterator<Item = Self> {
        self.parts(self.separators.repetition).map(move |text| Self { text, ..self })
    }

    /// Returns the first repetition.
    pub(crate) fn first(self) -> Self {
        Self { text: self.parts(self.separators.repetition).next().unwrap_or_default(), ..self }
    }

    /// Returns the parts between separators. Parts are short, so a plain walk over the bytes beats a search.
    fn parts(self, separator: u8) -> impl Iterator<Item = &'m str> {
        let mut rest = Some(self.text);
        std::iter::from_fn(move || {
            let text = rest?;
            let Some(end) = text.bytes().position(|byte| byte == separator) else { return rest.take() };
            rest = text.get(end + 1..);
            text.get(..end)
        })
    }

    fn part(self, separator: u8, number: usize) -> &'m str {
        self.parts(separator).nth(number.saturating_sub(1)).unwrap_or_default()
    }

    /// Returns the first six components, unescaped: the parts of a coded element.
    pub(crate) fn six(self) -> [Cow<'m, str>; 6] {
        let mut parts = self.parts(self.separators.component);
        [(); 6].map(|()| self.unescaped(parts.next().unwrap_or_default()))
    }

    /// Returns a component by its number, unescaped and trimmed.
    pub(crate) fn component(self, number: usize) -> Cow<'m, str> {
        self.unescaped(self.part(self.separators.component, number))
    }

    /// Returns a subcomponent of a component.
    pub(crate) fn sub(self, component: usize, number: usize) -> Cow<'m, str> {
        let text = self.part(self.separators.component, component);
        self.unescaped(Self { text, ..self }.part(self.separators.sub, number))
    }

    /// Returns the whole field, unescaped.
    pub(crate) fn whole(self) -> Cow<'m, str> {
        self.unescaped(self.text)
    }

    fn unescaped(self, text: &'m str) -> Cow<'m, str> {
        let padded = text.starts_with(' ') || text.ends_with(' ');
        let text = if padded { text.trim_matches(' ') } else { text };
        let text = if text == "\"\"" { "" } else { text };
        if !self.escapes {
            return Cow::Borrowed(text);
        }
        Cow::Owned(unescape(text, self.separators))
    }
}

/// Resolves escape sequences; one that is not known stays as it is.
fn unescape(text: &str, separators: Separators) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once(separators.escape) {
        out.push_str(plain);
        let Some((sequence, behind)) = after.split_once(separators.escape) else {
            out.push(separators.escape);
            rest = after;
            break;
        };
        match sequence {
            "F" => out.push(char::from(separators.field)),
            "S" => out.push(char::from(separators.component)),
            "T" => out.push(char::from(separators.sub)),
            "R" => out.push(char::from(separators.repetition)),
            "E" => out.push(separators.escape),
            ".br" => out.push('\n'),
            "H" | "N" => {}
            other => match other.strip_prefix('X').and_then(hexadecimal) {
                Some(decoded) => out.push_str(&decoded),
                None => {
                    out.push(separators.escape);
                    out.push_str(sequence);
                    rest = after.get(sequence.len()..).unwrap_or_default();
                    continue;
                }
            },
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn hexadecimal(digits: &str) -> Option<String> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = pairs.map(byte).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn issues_of(bytes: &[u8]) -> (Decoded, Vec<&'static str>) {
        let mut issues = Vec::new();
        let file = Decoded::read(bytes, &mut |code, _, _| issues.push(code));
        (file, issues)
    }

    #[test]
    fn fields_components_and_subcomponents() {
        let (file, issues) =
            issues_of(b"MSH|^~\\&|HIS|\rPID|1||123^^^^PI~9||a^b&c^\"\"\rOBX|\\F\\x\\.br\\y\\X41\\\\Q\\|\"\"");
        let segments: Vec<_> = file.segments().collect();
        assert_eq!(issues, ["R03"]);
        assert_eq!((segments[0].field(2).whole().as_ref(), segments[0].text(3).as_ref()), ("^~\\&", "HIS"));
        assert_eq!(segments[1].text(3), "123");
        assert_eq!(segments[1].field(3).repetitions().count(), 2);
        assert_eq!(segments[1].field(5).sub(2, 2), "c");
        assert_eq!(segments[1].field(5).component(3), "");
        assert_eq!(segments[2].field(1).whole(), "|x\ny\u{41}\\Q\\");
        assert!(segments[2].field(2).is_empty() && segments[2].field(99).is_empty());
        assert_eq!(segments[2].offset, 43);
    }

    #[test]
    fn odd_messages_are_read_and_counted() {
        let (file, issues) = issues_of("\u{feff}MSH|^~¥&|A¥T¥B\r\nPID|\r\n".as_bytes());
        assert_eq!(issues, ["R04", "R05", "R02", "R05"]);
        let first = file.segments().next().unwrap();
        assert_eq!(first.text(3), "A&B");
        assert_eq!(file.segments().last().unwrap().offset, 22);
    }

    #[test]
    fn a_return_inside_kanji_ends_the_segment() {
        let (file, _) = issues_of(b"MSH|^~\\&|\x1b$B45\rPID|x\r");
        assert_eq!(file.segments().map(|s| s.name().to_owned()).collect::<Vec<_>>(), ["MSH", "PID"]);
    }
}
