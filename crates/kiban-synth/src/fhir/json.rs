//! JSON written straight into bytes, members in the order they are given.

/// A JSON value in the making. Commas take care of themselves.
#[derive(Debug, Default)]
pub(super) struct Json {
    out: Vec<u8>,
}

/// A coding of one system.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coding<'a>(pub(super) &'a str, pub(super) &'a str, pub(super) &'a str);

impl Json {
    fn comma(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[' | b':')) {
            self.out.push(b',');
        }
    }

    fn key(&mut self, key: &str) {
        self.comma();
        if !key.is_empty() {
            self.quoted(key);
            self.out.push(b':');
        }
    }

    fn quoted(&mut self, text: &str) {
        self.out.push(b'"');
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => self.out.extend([b'\\', byte]),
                0..0x20 => self.out.extend(format!("\\u{byte:04x}").into_bytes()),
                _ => self.out.push(byte),
            }
        }
        self.out.push(b'"');
    }

    /// Writes an object; an empty key is for members of lists.
    pub(super) fn object(&mut self, key: &str, members: impl FnOnce(&mut Self)) {
        self.key(key);
        self.out.push(b'{');
        members(self);
        self.out.push(b'}');
    }

    /// Writes a list.
    pub(super) fn list(&mut self, key: &str, items: impl FnOnce(&mut Self)) {
        self.key(key);
        self.out.push(b'[');
        items(self);
        self.out.push(b']');
    }

    /// Writes a text.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.quoted(value);
    }

    /// Writes a number or truth value as it stands.
    pub(super) fn raw(&mut self, key: &str, value: &str) {
        self.key(key);
        self.out.extend(value.as_bytes());
    }

    /// Writes a `CodeableConcept`.
    pub(super) fn concept(&mut self, key: &str, codings: &[Coding<'_>], text: &str) {
        self.object(key, |json| {
            json.list("coding", |json| codings.iter().for_each(|coding| json.coding("", *coding)));
            if !text.is_empty() {
                json.text("text", text);
            }
        });
    }

    /// Writes a `Coding`.
    pub(super) fn coding(&mut self, key: &str, Coding(system, code, display): Coding<'_>) {
        self.object(key, |json| {
            json.text("system", system);
            json.text("code", code);
            if !display.is_empty() {
                json.text("display", display);
            }
        });
    }

    /// Writes an `Identifier`.
    pub(super) fn identifier(&mut self, key: &str, system: &str, value: &str) {
        self.object(key, |json| {
            json.text("system", system);
            json.text("value", value);
        });
    }

    /// Returns the bytes.
    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }
}

/// Removes a member of the outermost object; returns whether it was there.
pub(super) fn remove_member(line: &mut Vec<u8>, name: &str) -> bool {
    let needle = format!("\"{name}\":");
    let Some(start) = member(line, needle.as_bytes()) else { return false };
    let end = value_end(line, start + needle.len());
    let end = if line.get(end) == Some(&b',') { end + 1 } else { end };
    line.drain(start..end);
    true
}

/// Returns where a member of the outermost object begins.
fn member(line: &[u8], needle: &[u8]) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    for (at, byte) in line.iter().enumerate() {
        if !quoted && depth == 1 && line.get(at..).is_some_and(|rest| rest.starts_with(needle)) {
            return Some(at);
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Returns where the value that begins at `start` ends: at the comma or bracket that follows it.
fn value_end(line: &[u8], start: usize) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    for (at, byte) in line.iter().enumerate().skip(start) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted && depth == 0 => return at,
            b'}' | b']' if !quoted => depth -= 1,
            b',' if !quoted && depth == 0 => return at,
            _ => {}
        }
    }
    line.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn members_come_in_order_and_escaped() {
        let mut json = Json::default();
        json.object("", |json| {
            json.text("a", "x\"\\\n患者");
            json.list("b", |json| {
                json.raw("", "1");
                json.raw("", "true");
            });
            json.concept("c", &[Coding("s", "1", "d")], "");
        });
        let text = String::from_utf8(json.finish()).unwrap();
        assert_eq!(
            text,
            r#"{"a":"x\"\\\u000a患者","b":[1,true],"c":{"coding":[{"system":"s","code":"1","display":"d"}]}}"#
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["a"], "x\"\\\n患者");
    }

    #[test]
    fn only_an_outermost_member_is_removed() {
        let mut line =
            br#"{"id":"1","in":{"subject":1},"subject":{"reference":"Patient/1","x":[1,{"y":"}"}]},"z":2}"#.to_vec();
        assert!(remove_member(&mut line, "subject"));
        assert_eq!(line, br#"{"id":"1","in":{"subject":1},"z":2}"#);
        assert!(!remove_member(&mut line, "subject"));
    }
}
