//! Segments of HL7 v2.5, written field after field.

use std::fmt::Write;

/// A message in the making; segments end with CR.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message {
    text: String,
    at: usize,
}

impl Message {
    /// Begins a segment.
    pub(crate) fn segment(&mut self, name: &str) -> &mut Self {
        if !self.text.is_empty() {
            self.text.push('\r');
        }
        self.text.push_str(name);
        // MSH-1 is the field separator itself, so the first written field of MSH is the second.
        self.at = usize::from(name == "MSH");
        self
    }

    /// Writes a field; fields come in the order of their numbers, those between stay empty.
    pub(crate) fn field(&mut self, number: usize, value: &str) -> &mut Self {
        if !value.is_empty() {
            self.go_to(number);
            self.text.push_str(value);
        }
        self
    }

    /// Writes a formatted field.
    pub(crate) fn put(&mut self, number: usize, value: std::fmt::Arguments<'_>) -> &mut Self {
        self.go_to(number);
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(value);
        self
    }

    fn go_to(&mut self, number: usize) {
        for _ in self.at..number {
            self.text.push('|');
        }
        self.at = self.at.max(number);
    }

    /// Returns the finished text, its last segment ended as well.
    pub(crate) fn finish(mut self) -> String {
        self.text.push('\r');
        self.text
    }
}

/// Replaces a field of the first segment of a name.
pub(crate) fn replace_field(text: &mut String, segment: &str, number: usize, value: &str) -> bool {
    let Some(start) = segment_start(text, segment) else { return false };
    let end = text.get(start..).and_then(|rest| rest.find('\r')).map_or(text.len(), |length| start + length);
    let mut fields: Vec<&str> = text.get(start..end).unwrap_or_default().split('|').collect();
    let Some(field) = fields.get_mut(number) else { return false };
    *field = value;
    let line = fields.join("|");
    text.replace_range(start..end, &line);
    true
}

/// Returns where the first segment of a name begins.
fn segment_start(text: &str, segment: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\r') {
        if line.strip_prefix(segment).is_some_and(|rest| rest.starts_with('|')) {
            return Some(start);
        }
        start += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_land_on_their_numbers() {
        let mut message = Message::default();
        message.segment("MSH").field(2, "^~\\&").field(3, "HIS").field(9, "ADT^A08");
        message.segment("PID").field(1, "0001").field(3, "42").put(7, format_args!("{}", 19480405));
        assert_eq!(message.finish(), "MSH|^~\\&|HIS||||||ADT^A08\rPID|0001||42||||19480405\r");
    }

    #[test]
    fn a_field_is_replaced_in_its_segment_only() {
        let mut text = "MSH|^~\\&|A\rPID|0001||42\rPV1|1|O\r".to_owned();
        assert!(replace_field(&mut text, "PID", 3, "99"));
        assert_eq!(text, "MSH|^~\\&|A\rPID|0001||99\rPV1|1|O\r");
        assert!(!replace_field(&mut text, "IN1", 3, "99"));
    }
}
