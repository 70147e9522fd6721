//! Cells of CSV to columns of text and back (RFC 4180), piece by piece, for tables that are anonymised on their own.
//!
//! An empty cell is a missing value. Empty lines do not count. A quotation mark inside a cell that does not begin with one
//! stands for itself.

use arrow_array::{Array, BooleanArray, StringArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer};

use crate::error::{Error, Result};

/// Rows of one batch at most.
pub const BATCH_ROWS: usize = 1 << 14;

/// A batch ends when its texts have so many bytes, whatever its rows.
const BATCH_BYTES: usize = 1 << 24;

/// Splits CSV into columns.
#[derive(Debug)]
pub struct CellReader {
    delimiter: u8,
    names: Vec<String>,
    /// For each column of the file the places among the chosen ones that want it.
    wanted: Vec<Option<usize>>,
    chosen: usize,
    records: usize,
}

/// What a piece of CSV gave.
#[derive(Debug)]
pub struct Cells {
    /// The chosen columns, in the order in which they were chosen.
    pub columns: Vec<StringArray>,
    /// Rows of each.
    pub rows: usize,
    /// Bytes that were read; what follows them is to be given again, with more behind it.
    pub used: usize,
}

/// Whether more bytes may follow a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// They may: a record that is not ended is left for the next piece.
    Open,
    /// The file ends here, and so does its last record.
    Last,
}

/// A column that is being read.
struct Column {
    ends: Vec<i32>,
    bytes: Vec<u8>,
}

/// How a cell ended.
enum End {
    Cell,
    Record,
    /// The piece ended before the cell did.
    Open,
    /// The file ended within quotation marks.
    Quoted,
}

impl CellReader {
    /// Reads the header from the beginning of a file, and returns how many bytes it took; none if it is not whole.
    ///
    /// A byte order mark is no part of the first name.
    ///
    /// # Errors
    /// A header that is not UTF-8 or in which a quotation mark does not end.
    pub fn new(start: &[u8], delimiter: u8, piece: Piece) -> Result<Option<(Self, usize)>> {
        let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
        let (mut at, mut names) = (0, Vec::new());
        loop {
            let mut cell = Vec::new();
            let end = cell_at(text, &mut at, delimiter, piece, &mut |part| cell.extend_from_slice(part));
            match end {
                End::Open => return Ok(None),
                End::Quoted => return Err(wrong(UNENDED)),
                End::Cell | End::Record => {}
            }
            names.push(String::from_utf8(cell).map_err(|_| wrong("its header is not UTF-8"))?);
            if matches!(end, End::Record) {
                break;
            }
        }
        let reader = Self { delimiter, wanted: vec![None; names.len()], names, chosen: 0, records: 0 };
        Ok(Some((reader, at + start.len() - text.len())))
    }

    /// Returns the names of all columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Chooses columns by their place in the file; each is given once.
    pub fn choose(&mut self, places: &[usize]) {
        self.wanted.fill(None);
        for (nth, place) in places.iter().enumerate() {
            self.wanted.iter_mut().skip(*place).take(1).for_each(|wanted| *wanted = Some(nth));
        }
        self.chosen = places.len();
    }

    /// Reads whole records until a batch is full or the piece ends.
    ///
    /// # Errors
    /// A record that has another number of cells than the header, a quotation mark that does not end, text that is not UTF-8.
    pub fn read(&mut self, text: &[u8], piece: Piece) -> Result<Cells> {
        let mut columns: Vec<Column> =
            (0..self.chosen).map(|_| Column { ends: vec![0], bytes: Vec::with_capacity(BATCH_ROWS * 8) }).collect();
        let (mut rows, mut used, mut bytes) = (0, 0, 0);
        while rows < BATCH_ROWS && bytes < BATCH_BYTES && used < text.len() {
            if let Some(blank) = line_end(text, used) {
                used = blank;
                continue;
            }
            let mut at = used;
            if !self.record(text, &mut at, piece, &mut columns)? {
                break;
            }
            bytes += at - used;
            used = at;
            rows += 1;
            columns.iter_mut().for_each(|c| c.ends.push(i32::try_from(c.bytes.len()).unwrap_or(i32::MAX)));
        }
        self.records += rows;
        Ok(Cells { columns: columns.into_iter().map(Column::finish).collect::<Result<_>>()?, rows, used })
    }

    /// Reads one record; false, and nothing kept of it, if it is not whole.
    fn record(&self, text: &[u8], at: &mut usize, piece: Piece, columns: &mut [Column]) -> Result<bool> {
        for cell in 0.. {
            let wanted = self.wanted.get(cell).copied().flatten().and_then(|nth| columns.get_mut(nth));
            let end = match wanted {
                Some(column) => {
                    cell_at(text, at, self.delimiter, piece, &mut |part| column.bytes.extend_from_slice(part))
                }
                None => cell_at(text, at, self.delimiter, piece, &mut |_| {}),
            };
            match end {
                End::Cell => {}
                End::Record if cell + 1 == self.names.len() => return Ok(true),
                End::Record => {
                    let (record, found, expected) =
                        (self.records + columns_rows(columns) + 1, cell + 1, self.names.len());
                    return Err(Error::Cells { record, found, expected });
                }
                End::Open => {
                    columns.iter_mut().for_each(Column::forget);
                    return Ok(false);
                }
                End::Quoted => return Err(wrong(UNENDED)),
            }
        }
        Ok(false)
    }
}

const UNENDED: &str = "a quotation mark does not end";

fn wrong(why: &'static str) -> Error {
    Error::BadParameter { what: "CSV".to_owned(), why }
}

fn columns_rows(columns: &[Column]) -> usize {
    columns.first().map_or(0, |column| column.ends.len() - 1)
}

impl Column {
    /// Takes back what was read of a record that is not whole.
    fn forget(&mut self) {
        self.bytes.truncate(self.ends.last().map_or(0, |end| *end as usize));
    }

    fn finish(self) -> Result<StringArray> {
        let missing = |pair: &[i32]| matches!(pair, [from, to] if from == to);
        let nulls: NullBuffer = self.ends.windows(2).map(|pair| !missing(pair)).collect::<Vec<bool>>().into();
        let nulls = (nulls.null_count() > 0).then_some(nulls);
        let ends = OffsetBuffer::new(self.ends.into());
        StringArray::try_new(ends, Buffer::from_vec(self.bytes), nulls).map_err(|_| wrong("its text is not UTF-8"))
    }
}

/// Returns where the next line begins, if one ends here.
fn line_end(text: &[u8], at: usize) -> Option<usize> {
    match (text.get(at), text.get(at + 1)) {
        (Some(b'\n'), _) => Some(at + 1),
        (Some(b'\r'), Some(b'\n')) => Some(at + 2),
        _ => None,
    }
}

/// Reads one cell and what ends it, and hands on its parts.
#[inline]
fn cell_at(text: &[u8], at: &mut usize, delimiter: u8, piece: Piece, take: &mut impl FnMut(&[u8])) -> End {
    if text.get(*at) == Some(&b'"') {
        *at += 1;
        loop {
            let rest = text.get(*at..).unwrap_or(&[]);
            let Some(quote) = rest.iter().position(|b| *b == b'"') else {
                return if piece == Piece::Last { End::Quoted } else { End::Open };
            };
            let doubled = rest.get(quote + 1) == Some(&b'"');
            take(rest.get(..quote + usize::from(doubled)).unwrap_or(&[]));
            *at += quote + 1 + usize::from(doubled);
            if !doubled {
                break;
            }
        }
    }
    let rest = text.get(*at..).unwrap_or(&[]);
    let Some(end) = rest.iter().position(|b| *b == delimiter || *b == b'\n') else {
        take(rest.strip_suffix(b"\r").unwrap_or(rest));
        *at = text.len();
        return if piece == Piece::Last { End::Record } else { End::Open };
    };
    let cell = rest.get(..end).unwrap_or(&[]);
    *at += end + 1;
    if rest.get(end) == Some(&delimiter) {
        take(cell);
        End::Cell
    } else {
        take(cell.strip_suffix(b"\r").unwrap_or(cell));
        End::Record
    }
}

/// Appends the rows that are kept as CSV; a cell that holds the delimiter, a quotation mark or a line's end is quoted.
pub fn write_cells(columns: &[StringArray], kept: &BooleanArray, delimiter: u8, out: &mut Vec<u8>) {
    for row in (0..kept.len()).filter(|row| kept.value(*row)) {
        let start = out.len();
        for (nth, column) in columns.iter().enumerate() {
            if nth > 0 {
                out.push(delimiter);
            }
            if column.is_valid(row) {
                write_cell(column.value(row).as_bytes(), delimiter, out);
            }
        }
        if out.len() == start {
            // A missing value alone would be an empty line, which is no row.
            out.extend_from_slice(b"\"\"");
        }
        out.push(b'\n');
    }
}

/// Appends one cell.
pub fn write_cell(cell: &[u8], delimiter: u8, out: &mut Vec<u8>) {
    if !cell.iter().any(|b| *b == delimiter || matches!(b, b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(cell);
        return;
    }
    out.push(b'"');
    for byte in cell {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Row = Vec<Option<String>>;

    /// Reads all columns, given so many more bytes at a time.
    fn read(text: &[u8], step: usize) -> Result<(Vec<String>, Vec<Row>)> {
        let (mut have, mut from) = (step.min(text.len()), 0);
        let piece = |have: usize| if have == text.len() { Piece::Last } else { Piece::Open };
        let mut reader = loop {
            if let Some((reader, used)) = CellReader::new(&text[..have], b',', piece(have))? {
                from += used;
                break reader;
            }
            have = (have + step).min(text.len());
        };
        let names = reader.names().to_vec();
        reader.choose(&(0..names.len()).collect::<Vec<_>>());
        let mut rows = Vec::new();
        loop {
            let cells = reader.read(&text[from..have], piece(have))?;
            from += cells.used;
            for row in 0..cells.rows {
                let cell = |c: &StringArray| c.is_valid(row).then(|| c.value(row).to_owned());
                rows.push(cells.columns.iter().map(cell).collect());
            }
            if cells.rows == 0 && have == text.len() {
                return Ok((names, rows));
            }
            have = (have + step).min(text.len());
        }
    }

    #[track_caller]
    fn check(text: &str, expect: &[&[&str]]) {
        for step in [1, 3, 1_000] {
            let (names, rows) = read(text.as_bytes(), step).unwrap();
            let missing = |cell: &Option<String>| cell.clone().unwrap_or_default();
            let rows = rows.iter().map(|row| row.iter().map(missing).collect::<Vec<_>>());
            assert_eq!([names].into_iter().chain(rows).collect::<Vec<_>>(), expect, "{step} bytes at a time");
        }
    }

    #[test]
    fn cells_are_read_as_they_are_meant() {
        check("a,b\n1,2\n", &[&["a", "b"], &["1", "2"]]);
        check("\u{feff}a,b\r\n\r\n1,\r\n,2", &[&["a", "b"], &["1", ""], &["", "2"]]);
        check("a,b\n\"1,\"\"x\"\"\n\",2\n\n", &[&["a", "b"], &["1,\"x\"\n", "2"]]);
        check("a\nsay \"x\"\n\"\"\n*\n基盤\n", &[&["a"], &["say \"x\""], &[""], &["*"], &["基盤"]]);
        check("a,b\n", &[&["a", "b"]]);
        check("a,b", &[&["a", "b"]]);
        check("", &[&[""]]);
    }

    #[test]
    fn what_is_no_table_is_told_without_a_value() {
        let told = |text: &[u8]| read(text, 1_000).unwrap_err().to_string();
        assert_eq!(told(b"a,b\n1,2\n3\n"), "record 2 has 1 cells, the header has 2");
        assert_eq!(told(b"a,b\n1,2,3\n"), "record 1 has 3 cells, the header has 2");
        assert_eq!(told(b"a\n\"1\n"), "CSV: a quotation mark does not end");
        assert_eq!(told(b"a\n\xff\n"), "CSV: its text is not UTF-8");
        assert_eq!(told(b"\xff\n1\n"), "CSV: its header is not UTF-8");
    }

    #[test]
    fn only_the_chosen_columns_are_kept_in_their_order() {
        let text = b"a,b,c\n1,2,3\n4,5,6\n";
        let (mut reader, used) = CellReader::new(text, b',', Piece::Last).unwrap().unwrap();
        reader.choose(&[2, 0]);
        let cells = reader.read(&text[used..], Piece::Last).unwrap();
        assert_eq!(cells.columns, [StringArray::from(vec!["3", "6"]), StringArray::from(vec!["1", "4"])]);
        assert_eq!((cells.rows, cells.used), (2, text.len() - used));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            rows in proptest::collection::vec(proptest::collection::vec("[ab,\"\n\r;基]{0,4}", 3), 0..20),
            keep in proptest::collection::vec(any::<bool>(), 20),
            step in 1_usize..50,
        ) {
            let columns: Vec<StringArray> = (0..3).map(|c| rows.iter().map(|r| Some(r[c].as_str())).collect()).collect();
            let kept = BooleanArray::from(keep[..rows.len()].to_vec());
            let mut text = b"x,y,z\n".to_vec();
            write_cells(&columns, &kept, b',', &mut text);
            let (_, found) = read(&text, step).unwrap();
            let cell = |text: &String| (!text.is_empty()).then(|| text.clone());
            let expect: Vec<Row> = rows.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(row, _)| row.iter().map(cell).collect()).collect();
            prop_assert_eq!(found, expect);
        }
    }
}
