//! ARX's hierarchy files: one row per leaf, level 0 first, usually separated by semicolons.

use super::Hierarchy;
use crate::error::{Error, Result};

impl Hierarchy {
    /// Reads a hierarchy as ARX writes it: rows of labels separated by `;`, the leaf first, no header.
    ///
    /// A label may stand in quotation marks, doubled inside; a byte order mark and empty lines do not count.
    ///
    /// ```
    /// let sex = kiban_anon::Hierarchy::from_arx_csv("sex", "Male;*\nFemale;*\n")?;
    /// assert_eq!((sex.leaves(), sex.levels().len()), (2, 2));
    /// # Ok::<(), kiban_anon::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Hierarchy::from_rows`]: no rows, rows of different length, repeated leaves, levels that do not nest; also a
    /// quotation mark that does not end.
    pub fn from_arx_csv(name: &str, text: &str) -> Result<Self> {
        Self::from_csv(name, text, ';')
    }

    /// Reads a hierarchy from rows separated by another character.
    ///
    /// # Errors
    /// As [`Hierarchy::from_arx_csv`].
    pub fn from_csv(name: &str, text: &str, delimiter: char) -> Result<Self> {
        let Some(rows) = rows(text, delimiter) else {
            let why = "a quotation mark does not end";
            return Err(Error::BadParameter { what: name.to_owned(), why });
        };
        Self::from_rows(name, &[], &rows.into_iter().map(|row| row.cells).collect::<Vec<_>>())
    }

    /// Writes the hierarchy as ARX reads it; labels that hold the separator, a quotation mark or a line's end are quoted.
    pub fn to_csv(&self, delimiter: char) -> String {
        let mut text = String::new();
        for leaf in 0..u32::try_from(self.leaves()).unwrap_or(u32::MAX) {
            for level in 0..self.levels().len() {
                if level > 0 {
                    text.push(delimiter);
                }
                quote(&mut text, self.label(level, leaf).unwrap_or_default(), delimiter);
            }
            text.push('\n');
        }
        text
    }
}

fn quote(text: &mut String, label: &str, delimiter: char) {
    if label.contains([delimiter, '"', '\n', '\r']) {
        text.push('"');
        text.push_str(&label.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(label);
    }
}

/// A row of a file.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// The line on which it begins, from 1.
    pub(super) line: usize,
    pub(super) cells: Vec<String>,
}

/// Splits text into rows of cells; none if a quotation mark is still open at the end.
pub(super) fn rows(text: &str, delimiter: char) -> Option<Vec<Row>> {
    let mut rows = Vec::new();
    let (mut row, mut cell, mut quoted, mut any) = (Row { line: 1, cells: Vec::new() }, String::new(), false, false);
    let mut line = 1;
    let mut characters = text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable();
    while let Some(c) = characters.next() {
        line += usize::from(c == '\n');
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => (quoted, any) = (true, true),
            '\r' if !quoted && characters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                end_row(&mut rows, &mut row, &mut cell, &mut any);
                row.line = line;
            }
            _ if c == delimiter && !quoted => {
                row.cells.push(std::mem::take(&mut cell));
                any = true;
            }
            _ => {
                cell.push(c);
                any = true;
            }
        }
    }
    end_row(&mut rows, &mut row, &mut cell, &mut any);
    if quoted { None } else { Some(rows) }
}

fn end_row(rows: &mut Vec<Row>, row: &mut Row, cell: &mut String, any: &mut bool) {
    if std::mem::take(any) {
        row.cells.push(std::mem::take(cell));
        rows.push(std::mem::take(row));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn quotes_marks_and_line_ends_are_read_as_they_are_meant() {
        let text = "\u{feff}\"a;b\";\"say \"\"x\"\"\";*\r\n\nc;d;*";
        let h = Hierarchy::from_arx_csv("h", text).unwrap();
        assert_eq!((h.label(0, 0), h.label(1, 0), h.label(1, 1)), (Some("a;b"), Some("say \"x\""), Some("d")));
        assert_eq!(Hierarchy::from_arx_csv("h", &h.to_csv(';')).unwrap().levels(), h.levels());
        assert!(matches!(Hierarchy::from_arx_csv("h", "\"a;*\n"), Err(Error::BadParameter { .. })));
        assert!(matches!(Hierarchy::from_arx_csv("h", "a;x;*\nb;*"), Err(Error::Ragged { row: 1, .. })));
        assert!(matches!(Hierarchy::from_arx_csv("h", "a;x;p\nb;x;q"), Err(Error::NotNested { .. })));
        assert!(matches!(Hierarchy::from_arx_csv("h", "\n\n"), Err(Error::NoLeaves { .. })));
    }
}
