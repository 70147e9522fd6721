//! Writes the anonymised table, as CSV with the input's delimiter and as Parquet.

use std::{fs::File, io::BufWriter, path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, UInt32Array},
    compute::filter_record_batch,
    csv::WriterBuilder,
    datatypes::{DataType, Field, Schema},
    record_batch::RecordBatch,
};

use super::{
    Recoding, Table,
    job::{Job, Role},
};
use crate::{Error, Result, lake::PartWriter};

/// Writes the records that stay, in the order of the input, with the columns that may be released.
pub(super) fn write(job: &Job, table: &Table, recoding: &Recoding<'_>, out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).map_err(Error::io("create", out))?;
    let columns = released(job, table)?;
    let fields: Vec<Field> =
        columns.iter().map(|column| Field::new(table.source.name(column.place), DataType::Utf8, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let path = out.join("data.csv");
    let delimiter = u8::try_from(job.input.delimiter).unwrap_or(b',');
    let file = File::create(&path).map_err(Error::io("create", &path))?;
    let mut csv = WriterBuilder::new().with_header(true).with_delimiter(delimiter).build(BufWriter::new(file));
    let mut parquet = PartWriter::create(&out.join("data.parquet"), schema.clone())?;
    csv.write(&RecordBatch::new_empty(schema.clone()))?;
    let places: Vec<usize> = columns.iter().map(|column| column.place).collect();
    let mut from = 0;
    for batch in table.source.batches(&places)? {
        let batch = batch?;
        let codes: Vec<UInt32Array> = table.codes.iter().map(|codes| codes.slice(from, batch.num_rows())).collect();
        from += batch.num_rows();
        let generalised = recoding.apply(&table.attributes, &codes)?;
        let cells = columns.iter().zip(batch.columns()).map(|(column, as_it_was)| match column.attribute {
            Some(nth) => generalised.columns.get(nth).map(|texts| Arc::new(texts.clone()) as ArrayRef),
            None => Some(as_it_was.clone()),
        });
        let cells = cells.collect::<Option<Vec<_>>>().ok_or_else(|| Error::Bug("a column was lost".to_owned()))?;
        let kept = filter_record_batch(&RecordBatch::try_new(schema.clone(), cells)?, &generalised.kept)?;
        csv.write(&kept)?;
        parquet.write(&kept)?;
    }
    parquet.finish()?;
    Ok(())
}

/// A column of the output.
struct Released {
    /// Its place in the input.
    place: usize,
    /// Which quasi-identifier it is, if it is one.
    attribute: Option<usize>,
}

/// Returns the columns of the output in the order of the input.
fn released(job: &Job, table: &Table) -> Result<Vec<Released>> {
    let mut columns = Vec::new();
    for attribute in job.attributes.iter().filter(|attribute| attribute.role != Role::Identifying) {
        let nth = job.of_role(Role::QuasiIdentifier).position(|one| one.name == attribute.name);
        columns.push(Released { place: table.source.column(&attribute.name)?, attribute: nth });
    }
    columns.sort_by_key(|column| column.place);
    Ok(columns)
}
