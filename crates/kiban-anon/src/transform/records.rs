//! The records that are transformed.

use arrow_array::ArrayRef;
use kiban_core::keyed_u64;

use super::column::{self, codes, keys};
use crate::{
    error::{Error, Result},
    hierarchy::Hierarchy,
};

/// A table of one row per person.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a> {
    /// The columns' names.
    pub names: &'a [&'a str],
    /// The columns (`Int16`, `Int32`, `Int64`, `Float64`, `Date32`, `Boolean`, `Utf8` or `Utf8View`).
    pub columns: &'a [ArrayRef],
    /// What tells the rows apart, such as [`row_ids`] of a person key; chance hangs on it, not on the order.
    pub ids: &'a [u64],
    /// The class that generalising put each row in, `None` for suppressed rows.
    pub classes: Option<&'a [Option<u32>]>,
    /// The hierarchies of columns that are aggregated to a common group; found by their name.
    pub hierarchies: &'a [&'a Hierarchy],
}

/// Turns a column of identifiers into row ids.
///
/// # Errors
/// A missing identifier, or a column of a type that has no order.
pub fn row_ids(identifiers: &ArrayRef, key: &[u8]) -> Result<Vec<u64>> {
    let id = |(number, text): (i64, &str)| keyed_u64(key, &[b"row id", &number.to_be_bytes(), text.as_bytes()]);
    let ids: Option<Vec<u64>> = keys(identifiers, "row ids")?.into_iter().map(|k| k.map(id)).collect();
    ids.ok_or(Error::BadParameter { what: "row ids".to_owned(), why: "a row has none" })
}

/// The records in an order that hangs on key and ids alone.
pub(crate) struct Bench<'a> {
    pub(crate) names: &'a [&'a str],
    pub(crate) columns: Vec<ArrayRef>,
    pub(crate) ids: Vec<u64>,
    pub(crate) classes: Option<Vec<Option<u32>>>,
    pub(crate) hierarchies: &'a [&'a Hierarchy],
    /// For each row where it came from.
    pub(crate) order: Vec<usize>,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(records: &Records<'a>, key: &[u8]) -> Result<Self> {
        let rows = records.ids.len();
        let lengths = records.columns.iter().map(|c| ("rows of a column", c.len()));
        let classes = records.classes.map(|classes| ("classes", classes.len()));
        for (what, found) in lengths.chain(classes) {
            if found != rows {
                return Err(Error::Lengths { what, found, expected: rows });
            }
        }
        if records.names.len() != records.columns.len() {
            let (found, expected) = (records.names.len(), records.columns.len());
            return Err(Error::Lengths { what: "names of columns", found, expected });
        }
        let lot = |id: u64| keyed_u64(key, &[b"row order", &id.to_be_bytes()]);
        let mut lots: Vec<(u64, u64, usize)> =
            records.ids.iter().enumerate().map(|(row, id)| (lot(*id), *id, row)).collect();
        lots.sort_unstable();
        if lots.windows(2).any(|pair| matches!(pair, [a, b] if a.1 == b.1)) {
            return Err(Error::BadParameter { what: "row ids".to_owned(), why: "two rows have the same" });
        }
        let order: Vec<usize> = lots.iter().map(|lot| lot.2).collect();
        let named = records.names.iter().zip(records.columns);
        let columns: Result<_> =
            named.map(|(name, c)| column::take(c, order.iter().copied().map(Some), name)).collect();
        Ok(Self {
            names: records.names,
            columns: columns?,
            ids: lots.iter().map(|lot| lot.1).collect(),
            classes: records.classes.map(|c| order.iter().map(|row| c.get(*row).copied().flatten()).collect()),
            hierarchies: records.hierarchies,
            order,
        })
    }

    pub(crate) fn rows(&self) -> usize {
        self.ids.len()
    }

    /// Returns the place of a column.
    pub(crate) fn find(&self, name: &str) -> Result<usize> {
        let why = "a transformation names a column that is not there";
        let found = self.names.iter().position(|n| *n == name);
        found.ok_or_else(|| Error::BadParameter { what: name.to_owned(), why })
    }

    /// Returns the places of a column and of those that go with it.
    pub(crate) fn find_all(&self, first: usize, with: &[String]) -> Result<Vec<usize>> {
        let mut places = vec![first];
        for name in with {
            let place = self.find(name)?;
            if places.contains(&place) {
                let why = "a transformation names a column twice";
                return Err(Error::BadParameter { what: name.clone(), why });
            }
            places.push(place);
        }
        Ok(places)
    }

    pub(crate) fn name(&self, place: usize) -> &str {
        self.names.get(place).copied().unwrap_or_default()
    }

    pub(crate) fn column(&self, place: usize) -> Result<&ArrayRef> {
        self.columns.get(place).ok_or(Error::Lengths { what: "columns", found: place, expected: self.columns.len() })
    }

    pub(crate) fn codes(&self, places: &[usize]) -> Result<Vec<Vec<Option<u32>>>> {
        places.iter().map(|place| codes(self.column(*place)?, self.name(*place))).collect()
    }

    /// Returns one code per combination of values in these columns.
    pub(crate) fn joint(&self, names: &[String]) -> Result<Vec<u32>> {
        let places = names.iter().map(|name| self.find(name)).collect::<Result<Vec<_>>>()?;
        Ok(column::joint(&self.codes(&places)?, self.rows()))
    }

    pub(crate) fn numbers(&self, place: usize) -> Result<Vec<Option<f64>>> {
        let why = "this transformation needs a column of numbers";
        let numbers = column::numbers(self.column(place)?);
        numbers.ok_or_else(|| Error::BadParameter { what: self.name(place).to_owned(), why })
    }
}
