//! A generalised table held as a whole, for what looks at all records at once: transformations and studies.

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, StringArray, UInt32Array},
    compute::{concat, filter},
};
use kiban_anon::{BATCH_ROWS, Hierarchy};

use super::{
    Recoding, Table, hierarchy,
    job::{Attribute, Job},
    write::{self, Written},
};
use crate::{Error, Result};

/// Stands for an empty cell where it must count as a value; no cell of a file reads so.
const EMPTY: &str = "\0";

/// The columns of the output with all records, those that do not stay among them.
#[derive(Clone)]
pub(super) struct Whole {
    pub(super) names: Vec<String>,
    pub(super) columns: Vec<StringArray>,
    pub(super) kept: BooleanArray,
}

impl Whole {
    pub(super) fn gather(job: &Job, table: &Table, recoding: &Recoding<'_>) -> Result<Self> {
        let released = write::released(job, table)?;
        let batches = write::output(table, &released, recoding)?.collect::<Result<Vec<Written>>>()?;
        let joined = |parts: Vec<&dyn Array>| Ok::<ArrayRef, Error>(concat(&parts)?);
        let column = |nth: usize| {
            let parts = batches.iter().filter_map(|batch| batch.columns.get(nth)).map(|c| c as &dyn Array).collect();
            Ok(joined(parts)?.as_string::<i32>().clone())
        };
        let columns = (0..released.len()).map(column).collect::<Result<_>>()?;
        let kept = joined(batches.iter().map(|batch| &batch.kept as &dyn Array).collect())?.as_boolean().clone();
        let names = released.iter().map(|one| table.source.name(one.place).to_owned()).collect();
        Ok(Self { names, columns, kept })
    }

    /// Returns the records in pieces, to be written.
    pub(super) fn batches(&self) -> impl Iterator<Item = Written> {
        let rows = self.kept.len();
        (0..rows).step_by(BATCH_ROWS).map(move |from| {
            let many = BATCH_ROWS.min(rows - from);
            let columns = self.columns.iter().map(|column| column.slice(from, many)).collect();
            Written { columns, kept: self.kept.slice(from, many) }
        })
    }

    pub(super) fn column(&self, name: &str) -> Result<&StringArray> {
        let place = self.names.iter().position(|known| known == name);
        place.and_then(|place| self.columns.get(place)).ok_or_else(|| Error::Bug("a column was lost".to_owned()))
    }

    /// Returns a column of the records that stay.
    pub(super) fn released(&self, name: &str) -> Result<StringArray> {
        Ok(filter(self.column(name)?, &self.kept)?.as_string::<i32>().clone())
    }
}

/// Returns texts as leaves: of the attribute's hierarchy where it has one that knows them, else of their own values.
pub(super) fn leaves_of(
    job: &Job,
    table: &Table,
    attribute: &Attribute,
    texts: &StringArray,
) -> Result<(Hierarchy, UInt32Array)> {
    let given = hierarchy(job, attribute, &table.source)?;
    let known = given.and_then(|given| given.encode(texts).ok().map(|codes| (given, codes)));
    known.map_or_else(|| flat(&attribute.name, texts), Ok)
}

/// Returns texts as leaves of their own values, an empty cell being one.
pub(super) fn flat(name: &str, texts: &StringArray) -> Result<(Hierarchy, UInt32Array)> {
    let mut values: Vec<&str> = texts.iter().map(|text| text.unwrap_or(EMPTY)).collect();
    values.sort_unstable();
    values.dedup();
    let place = |text: Option<&str>| values.binary_search(&text.unwrap_or(EMPTY)).ok();
    let codes = texts.iter().map(|text| place(text).and_then(|place| u32::try_from(place).ok())).collect();
    Ok((Hierarchy::flat(name, &values).map_err(super::refused)?, codes))
}

/// Tells whether [`flat`] made this hierarchy of texts some of which are empty.
pub(super) fn is_flat_with_empty(hierarchy: &Hierarchy) -> bool {
    hierarchy.leaf(EMPTY).is_some()
}

/// Writes cells that were empty in the input as the value that [`flat`] makes of them; those emptied later stay empty.
pub(super) fn with_empty(before: &StringArray, after: &StringArray) -> StringArray {
    before.iter().zip(after).map(|(was, is)| is.or_else(|| was.is_none().then_some(EMPTY))).collect()
}
