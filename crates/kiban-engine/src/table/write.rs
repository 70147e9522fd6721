//! Writes the anonymised table, as CSV with the input's delimiter and, on a thread of its own, as Parquet.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, sync_channel},
    },
};

use arrow::{
    array::{ArrayRef, BooleanArray, StringArray, UInt32Array},
    compute::filter_record_batch,
    datatypes::{DataType, Field, Schema, SchemaRef},
    record_batch::RecordBatch,
};
use kiban_anon::{BATCH_ROWS, write_cell, write_cells};
use parquet::arrow::ArrowWriter;

use super::{
    Recoding, Table,
    job::{Job, Role},
    source::Rows,
    whole::Whole,
};
use crate::{Error, Result, lake::properties};

/// Batches that may wait to be written as Parquet.
const WAITING: usize = 2;

/// Rows of the output, and which of them stay.
pub(super) struct Written {
    pub(super) columns: Vec<StringArray>,
    pub(super) kept: BooleanArray,
}

/// Writes the records that stay, in the order of the input, with the columns that may be released.
pub(super) fn write(job: &Job, table: &Table, recoding: &Recoding<'_>, out: &Path) -> Result<()> {
    let columns = released(job, table)?;
    put(job, table, &columns, output(table, &columns, recoding)?, out)
}

/// Writes a table that is held as a whole.
pub(super) fn write_whole(job: &Job, table: &Table, whole: &Whole, out: &Path) -> Result<()> {
    put(job, table, &released(job, table)?, whole.batches().map(Ok), out)
}

fn put(
    job: &Job,
    table: &Table,
    columns: &[Released],
    batches: impl Iterator<Item = Result<Written>>,
    out: &Path,
) -> Result<()> {
    std::fs::create_dir_all(out).map_err(Error::io("create", out))?;
    let fields: Vec<Field> =
        columns.iter().map(|column| Field::new(table.source.name(column.place), DataType::Utf8, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let (sender, receiver) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        let parquet = scope.spawn(|| write_parquet(&out.join("data.parquet"), schema, receiver));
        let path = out.join("data.csv");
        let delimiter = u8::try_from(job.input.delimiter).unwrap_or(b',');
        let mut csv = File::create(&path).map_err(Error::io("create", &path))?;
        let mut text = header(table, columns, delimiter);
        for rows in batches {
            let rows = rows?;
            write_cells(&rows.columns, &rows.kept, delimiter, &mut text);
            csv.write_all(&text).map_err(Error::io("write", &path))?;
            text.clear();
            // Where nobody receives any more, the other thread says why.
            if sender.send(rows).is_err() {
                break;
            }
        }
        csv.write_all(&text).map_err(Error::io("write", &path))?;
        drop(sender);
        parquet.join().unwrap_or_else(|_| Err(Error::Bug("a thread that writes was lost".to_owned())))
    })
}

fn header(table: &Table, columns: &[Released], delimiter: u8) -> Vec<u8> {
    let mut text = Vec::new();
    for (nth, column) in columns.iter().enumerate() {
        if nth > 0 {
            text.push(delimiter);
        }
        write_cell(table.source.name(column.place).as_bytes(), delimiter, &mut text);
    }
    text.push(b'\n');
    text
}

/// Puts batches of the output together: what was generalised from its codes, the rest as it is in the input.
pub(super) fn output<'a>(
    table: &'a Table,
    columns: &'a [Released],
    recoding: &'a Recoding<'_>,
) -> Result<Box<dyn Iterator<Item = Result<Written>> + 'a>> {
    let places: Vec<usize> = columns.iter().filter(|c| c.attribute.is_none()).map(|c| c.place).collect();
    let records = table.codes.first().map_or(0, UInt32Array::len);
    let mut from = 0;
    let written = move |as_it_was: Rows| {
        let codes: Vec<UInt32Array> = table.codes.iter().map(|codes| codes.slice(from, as_it_was.rows)).collect();
        from += as_it_was.rows;
        let generalised = recoding.apply(&table.attributes, &codes)?;
        let mut others = as_it_was.columns.into_iter();
        let cells = columns.iter().map(|column| match column.attribute {
            Some(nth) => generalised.columns.get(nth).cloned(),
            None => others.next(),
        });
        let columns = cells.collect::<Option<_>>().ok_or_else(|| Error::Bug("a column was lost".to_owned()))?;
        Ok(Written { columns, kept: generalised.kept })
    };
    if places.is_empty() {
        let starts = (0..records).step_by(BATCH_ROWS);
        let rows = starts.map(move |start| Rows { columns: Vec::new(), rows: BATCH_ROWS.min(records - start) });
        return Ok(Box::new(rows.map(written)));
    }
    let mut written = written;
    Ok(Box::new(table.batches(&places)?.map(move |rows| written(rows?))))
}

fn write_parquet(path: &Path, schema: SchemaRef, batches: Receiver<Written>) -> Result<()> {
    let file = File::create(path).map_err(Error::io("create", path))?;
    let mut writer = ArrowWriter::try_new(BufWriter::new(file), schema.clone(), Some(properties()?))?;
    for Written { columns, kept } in batches {
        let columns = columns.into_iter().map(|column| Arc::new(column) as ArrayRef).collect();
        let batch = RecordBatch::try_new(schema.clone(), columns)?;
        writer.write(&if kept.true_count() == kept.len() { batch } else { filter_record_batch(&batch, &kept)? })?;
    }
    let mut file = writer.into_inner()?;
    file.flush().map_err(Error::io("write", path))
}

/// A column of the output.
pub(super) struct Released {
    /// Its place in the input.
    pub(super) place: usize,
    /// Which quasi-identifier it is, if it is one.
    pub(super) attribute: Option<usize>,
}

/// Returns the columns of the output in the order of the input.
pub(super) fn released(job: &Job, table: &Table) -> Result<Vec<Released>> {
    let mut columns = Vec::new();
    for attribute in job.attributes.iter().filter(|attribute| attribute.role != Role::Identifying) {
        let nth = job.of_role(Role::QuasiIdentifier).position(|one| one.name == attribute.name);
        columns.push(Released { place: table.source.column(&attribute.name)?, attribute: nth });
    }
    columns.sort_by_key(|column| column.place);
    Ok(columns)
}
