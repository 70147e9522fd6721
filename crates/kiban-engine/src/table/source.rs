//! A table's file, read batch by batch: CSV or Parquet, every cell as text.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use arrow::{
    array::{AsArray, StringArray},
    compute::cast,
    datatypes::DataType,
    record_batch::RecordBatch,
};
use kiban_anon::{BATCH_ROWS, CellReader, Piece};
use parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder};

use super::job::Input;
use crate::{Error, Result};

/// Bytes of a CSV that are held at a time; twice as many where a record is longer.
const PIECE: usize = 1 << 18;

/// A file whose columns are known.
#[derive(Debug)]
pub(crate) struct Source {
    input: Input,
    /// The columns as they are in the file.
    names: Vec<String>,
}

/// Some rows of the columns that were chosen, in the order in which they were chosen.
pub(crate) struct Rows {
    pub(crate) columns: Vec<StringArray>,
    pub(crate) rows: usize,
}

impl Source {
    pub(crate) fn open(input: &Input) -> Result<Self> {
        let names = if is_parquet(&input.path) {
            let schema = ParquetRecordBatchReaderBuilder::try_new(open(&input.path)?)?.schema().clone();
            schema.fields().iter().map(|field| field.name().clone()).collect()
        } else {
            CsvFile::open(input)?.reader.names().to_vec()
        };
        Ok(Self { input: input.clone(), names })
    }

    /// Returns the place of a column.
    pub(crate) fn column(&self, name: &str) -> Result<usize> {
        let place = self.names.iter().position(|known| known.trim() == name.trim());
        place.ok_or_else(|| Error::Input(format!("{} has no column {name}", self.input.path.display())))
    }

    /// Returns the name of a column.
    pub(crate) fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }

    /// Returns the names of all columns.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Reads the chosen columns from the beginning, in batches.
    pub(crate) fn batches(&self, columns: &[usize]) -> Result<Box<dyn Iterator<Item = Result<Rows>>>> {
        if !is_parquet(&self.input.path) {
            let mut file = CsvFile::open(&self.input)?;
            file.reader.choose(columns);
            return Ok(Box::new(file));
        }
        let builder = ParquetRecordBatchReaderBuilder::try_new(open(&self.input.path)?)?;
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
        let names: Vec<String> = columns.iter().map(|column| self.name(*column).to_owned()).collect();
        let rows = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build()?;
        Ok(Box::new(rows.map(move |batch| texts(&batch?, &names))))
    }
}

/// A table that cannot be opened is the job's fault: it names it.
fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| Error::Input(format!("{} cannot be opened: {error}", path.display())))
}

fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

/// Takes the named columns as text.
fn texts(batch: &RecordBatch, names: &[String]) -> Result<Rows> {
    let text = |name: &String| {
        let column = batch.column_by_name(name).ok_or_else(|| Error::Bug("a column was lost".to_owned()))?;
        Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone())
    };
    Ok(Rows { columns: names.iter().map(text).collect::<Result<_>>()?, rows: batch.num_rows() })
}

/// A CSV of which the header is read.
struct CsvFile {
    path: PathBuf,
    file: File,
    reader: CellReader,
    held: Vec<u8>,
    /// Where what is not yet read begins in `held`.
    from: usize,
    piece: Piece,
}

impl CsvFile {
    fn open(input: &Input) -> Result<Self> {
        let delimiter =
            u8::try_from(input.delimiter).map_err(|_| Error::Input("a delimiter is one ASCII character".to_owned()))?;
        let (path, mut file, mut held, mut piece) = (input.path.clone(), open(&input.path)?, Vec::new(), Piece::Open);
        loop {
            more(&mut file, &path, &mut held, &mut piece)?;
            if let Some((reader, from)) = CellReader::new(&held, delimiter, piece).map_err(|e| told(&path, &e))? {
                return Ok(Self { path, file, reader, held, from, piece });
            }
        }
    }

    fn read(&mut self) -> Result<Option<Rows>> {
        loop {
            let rest = self.held.get(self.from..).unwrap_or(&[]);
            let cells = self.reader.read(rest, self.piece).map_err(|e| told(&self.path, &e))?;
            self.from += cells.used;
            if cells.rows > 0 {
                return Ok(Some(Rows { columns: cells.columns, rows: cells.rows }));
            }
            if self.piece == Piece::Last {
                return Ok(None);
            }
            self.held.drain(..self.from);
            self.from = 0;
            more(&mut self.file, &self.path, &mut self.held, &mut self.piece)?;
        }
    }
}

impl Iterator for CsvFile {
    type Item = Result<Rows>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// Reads on; as much as is held already if that is more than a piece.
fn more(file: &mut File, path: &Path, held: &mut Vec<u8>, piece: &mut Piece) -> Result<()> {
    let most = held.len().max(PIECE);
    let found = file.take(most as u64).read_to_end(held).map_err(Error::io("read", path))?;
    if found < most {
        *piece = Piece::Last;
    }
    Ok(())
}

fn told(path: &Path, error: &kiban_anon::Error) -> Error {
    Error::Input(format!("{}: {error}", path.display()))
}
