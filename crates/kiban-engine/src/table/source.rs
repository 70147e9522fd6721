//! A table's file, read batch by batch: CSV or Parquet, every cell as text.

use std::{fs::File, io::Seek, path::Path, sync::Arc};

use arrow::{
    compute::cast,
    csv,
    datatypes::{DataType, Field, Schema, SchemaRef},
    record_batch::RecordBatch,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::job::Input;
use crate::{Error, Result};

const BATCH_ROWS: usize = 64 * 1024;

/// A file whose columns are known.
#[derive(Debug)]
pub(super) struct Source {
    input: Input,
    /// The columns as they are in the file.
    schema: SchemaRef,
}

impl Source {
    pub(super) fn open(input: &Input) -> Result<Self> {
        let mut file = open(&input.path)?;
        let schema = if is_parquet(&input.path) {
            ParquetRecordBatchReaderBuilder::try_new(file)?.schema().clone()
        } else {
            let (found, _) = format(input)?.infer_schema(&mut file, Some(0))?;
            // A byte order mark is no part of the first column's name.
            let name = |field: &Arc<Field>| field.name().trim_start_matches('\u{feff}').to_owned();
            Arc::new(Schema::new(
                found.fields().iter().map(|field| Field::new(name(field), DataType::Utf8, true)).collect::<Vec<_>>(),
            ))
        };
        Ok(Self { input: input.clone(), schema })
    }

    /// Returns the place of a column.
    pub(super) fn column(&self, name: &str) -> Result<usize> {
        self.schema
            .index_of(name)
            .map_err(|_| Error::Input(format!("{} has no column {name}", self.input.path.display())))
    }

    /// Returns the name of a column.
    pub(super) fn name(&self, column: usize) -> &str {
        self.schema.field(column).name()
    }

    /// Returns the names of all columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.schema.fields().iter().map(|field| field.name().as_str())
    }

    /// Reads the chosen columns from the beginning, in batches.
    pub(super) fn batches(&self, columns: &[usize]) -> Result<Box<dyn Iterator<Item = Result<RecordBatch>> + '_>> {
        let columns = columns.to_vec();
        let texts = move |batch: RecordBatch| texts(&batch, &columns);
        let file = open(&self.input.path)?;
        if is_parquet(&self.input.path) {
            let rows = ParquetRecordBatchReaderBuilder::try_new(file)?.with_batch_size(BATCH_ROWS).build()?;
            return Ok(Box::new(rows.map(move |batch| texts(batch?))));
        }
        let builder =
            csv::ReaderBuilder::new(self.schema.clone()).with_format(format(&self.input)?).with_batch_size(BATCH_ROWS);
        let mut file = file;
        file.rewind().map_err(Error::io("read", &self.input.path))?;
        let rows = builder.build(file)?;
        Ok(Box::new(rows.map(move |batch| texts(batch?))))
    }
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(Error::io("open", path))
}

fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

fn format(input: &Input) -> Result<csv::reader::Format> {
    let delimiter =
        u8::try_from(input.delimiter).map_err(|_| Error::Input("a delimiter is one ASCII character".to_owned()))?;
    Ok(csv::reader::Format::default().with_header(true).with_delimiter(delimiter))
}

/// Takes the chosen columns as text.
fn texts(batch: &RecordBatch, columns: &[usize]) -> Result<RecordBatch> {
    let chosen = batch.project(columns)?;
    let cells = chosen.columns().iter().map(|column| Ok(cast(column, &DataType::Utf8)?)).collect::<Result<Vec<_>>>()?;
    let fields: Vec<Field> =
        chosen.schema().fields().iter().map(|field| Field::new(field.name(), DataType::Utf8, true)).collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), cells)?)
}
