//! Tables of a package or of a folder in the common data model, as Parquet or CSV, read column by column.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray},
    compute::cast,
    csv::{ReaderBuilder, reader::Format},
    datatypes::{DataType, Date32Type, Field, Int32Type, Int64Type, Schema},
};
use kiban_core::tables::CDM_TABLES;
use parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder};

use crate::{Error, FileSet, Result};

/// The files of tables, by the table's name.
#[derive(Debug, Clone, Default)]
pub struct TableFiles {
    tables: BTreeMap<String, Vec<PathBuf>>,
}

impl<S> From<&FileSet<S>> for TableFiles {
    fn from(set: &FileSet<S>) -> Self {
        Self { tables: set.tables().keys().map(|name| (name.clone(), set.files(name))).collect() }
    }
}

impl TableFiles {
    /// Finds the tables of a folder: `person.parquet`, `person-0001.parquet`, `person.csv`, or a folder `person` of them.
    ///
    /// Where a table is there as Parquet and as CSV the Parquet files are taken.
    ///
    /// # Errors
    /// A folder that cannot be listed, that has no table `person`, or whose tables are those of a Delta lake.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        if !folder.is_dir() {
            return Err(Error::Input(format!("there is no folder {}", folder.display())));
        }
        let mut tables = BTreeMap::new();
        for table in CDM_TABLES.iter().map(|table| table.name) {
            let files = match ["parquet", "csv"].map(|kind| files_of(folder, table, kind)) {
                [Ok(parquet), _] if !parquet.is_empty() => parquet,
                [Ok(_), csv] => csv?,
                [Err(error), _] => return Err(error),
            };
            if !files.is_empty() {
                tables.insert(table.to_owned(), files);
            }
        }
        if tables.contains_key("person") {
            return Ok(Self { tables });
        }
        Err(Error::Input(format!(
            "{} holds no table person; give a release's package, or a folder of tables of the OMOP CDM as Parquet or CSV",
            folder.display()
        )))
    }

    /// Returns the names of the tables.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Returns the columns that every file of a table has; none where there is no such table.
    pub(super) fn columns(&self, table: &str) -> Result<BTreeSet<String>> {
        let mut common: Option<BTreeSet<String>> = None;
        for file in self.tables.get(table).into_iter().flatten() {
            let own: BTreeSet<String> = schema(file)?.fields().iter().map(|f| f.name().to_lowercase()).collect();
            common = Some(common.map_or(own.clone(), |common| common.intersection(&own).cloned().collect()));
        }
        Ok(common.unwrap_or_default())
    }

    /// Hands on the rows of a table, those columns alone, in this order; a column that is not there is empty.
    pub(super) fn read(
        &self,
        table: &str,
        columns: &[Option<&str>],
        mut work: impl FnMut(&[ArrayRef]) -> Result<()>,
    ) -> Result<()> {
        for file in self.tables.get(table).into_iter().flatten() {
            read(file, columns, &mut work)?;
        }
        Ok(())
    }
}

fn files_of(folder: &Path, table: &str, kind: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let inner = folder.join(table);
    if inner.join("_delta_log").is_dir() {
        return Err(Error::Input(format!(
            "{} is a table of the lake in all its versions; give the gated set of a release, lake/gated/<release>",
            inner.display()
        )));
    }
    for (place, is_inner) in [(folder, false), (inner.as_path(), true)] {
        if is_inner && !place.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(place).map_err(Error::io("list", place))? {
            let path = entry.map_err(Error::io("list", place))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
            let Some(stem) = name.strip_suffix(&format!(".{kind}")) else { continue };
            let part = stem.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
            if path.is_file() && (is_inner || part) {
                found.push(path);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn is_csv(file: &Path) -> bool {
    file.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("csv"))
}

fn open(file: &Path) -> Result<File> {
    File::open(file).map_err(Error::io("open", file))
}

fn unreadable(file: &Path) -> Error {
    Error::Input(format!("{} is neither a Parquet file nor CSV with a header in UTF-8", file.display()))
}

fn parquet(file: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>> {
    ParquetRecordBatchReaderBuilder::try_new(open(file)?).map_err(|_| unreadable(file))
}

/// Returns the columns of a file; those of CSV are texts.
pub(crate) fn schema(file: &Path) -> Result<Arc<Schema>> {
    if !is_csv(file) {
        return Ok(parquet(file)?.schema().clone());
    }
    let format = Format::default().with_header(true);
    let (found, _) = format.infer_schema(BufReader::new(open(file)?), Some(0)).map_err(|_| unreadable(file))?;
    let text = |field: &Arc<Field>| Field::new(field.name(), DataType::Utf8, true);
    Ok(Arc::new(Schema::new(found.fields().iter().map(text).collect::<Vec<_>>())))
}

/// Hands on the rows of a file, those columns alone, in this order; a column that is not there is empty.
pub(crate) fn read(
    file: &Path,
    columns: &[Option<&str>],
    mut work: impl FnMut(&[ArrayRef]) -> Result<()>,
) -> Result<()> {
    let schema = schema(file)?;
    let place = |name: &str| schema.fields().iter().position(|field| field.name().eq_ignore_ascii_case(name));
    let places: Vec<Option<usize>> = columns.iter().map(|name| name.and_then(place)).collect();
    let mut wanted: Vec<usize> = places.iter().flatten().copied().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut hand_on = |batch: &RecordBatch| {
        let column = |place: &Option<usize>| {
            let found =
                place.and_then(|place| wanted.binary_search(&place).ok()).and_then(|at| batch.columns().get(at));
            found.cloned().unwrap_or_else(|| arrow::array::new_null_array(&DataType::Utf8, batch.num_rows()))
        };
        work(&places.iter().map(column).collect::<Vec<_>>())
    };
    if is_csv(file) {
        let csv = ReaderBuilder::new(schema.clone()).with_header(true).with_projection(wanted.clone());
        for batch in csv.build(open(file)?).map_err(|_| unreadable(file))? {
            hand_on(&batch.map_err(|_| unreadable(file))?)?;
        }
        return Ok(());
    }
    let rows = parquet(file)?;
    let mask = ProjectionMask::roots(rows.parquet_schema(), wanted.iter().copied());
    for batch in rows.with_projection(mask).build()? {
        hand_on(&batch.map_err(|_| unreadable(file))?)?;
    }
    Ok(())
}

/// Returns a column as whole numbers; what is none is missing.
pub(super) fn numbers(column: &ArrayRef) -> Result<Int64Array> {
    Ok(cast(column, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

/// Returns a column as texts.
pub(crate) fn texts(column: &ArrayRef) -> Result<StringArray> {
    Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone())
}

/// Days since 1970-01-01, or since a beginning that nobody outside knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DayCount {
    /// Days of the calendar.
    Calendar,
    /// Days from some other day on.
    Relative,
}

/// Returns a column as days; one of whole numbers counts from a day of its own.
pub(crate) fn days(column: &ArrayRef) -> Result<(Vec<Option<i32>>, DayCount)> {
    let whole = |column: &ArrayRef| -> Result<Vec<Option<i32>>> {
        Ok(cast(column, &DataType::Int32)?.as_primitive::<Int32Type>().iter().collect())
    };
    if column.data_type().is_integer() {
        return Ok((whole(column)?, DayCount::Relative));
    }
    let dates = cast(column, &DataType::Date32)?;
    if column.data_type() == &DataType::Utf8 && dates.null_count() == dates.len() && column.null_count() < column.len()
    {
        let numbers = whole(column)?;
        if numbers.iter().any(Option::is_some) {
            return Ok((numbers, DayCount::Relative));
        }
    }
    Ok((dates.as_primitive::<Date32Type>().iter().collect(), DayCount::Calendar))
}
