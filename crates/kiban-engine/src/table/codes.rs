//! Columns of text as the leaf codes of their hierarchies.

use std::sync::mpsc::sync_channel;

use arrow::array::{StringArray, UInt32Array};
use kiban_anon::{Hierarchy, UNKNOWN};
use rustc_hash::FxHashMap;

use super::{
    Attribute,
    source::{Rows, Source},
};
use crate::{Error, Result};

/// Stands for a missing value until the hierarchy is known.
const MISSING: u32 = u32::MAX;

/// Batches that may wait to be encoded.
const WAITING: usize = 2;

/// Turns columns into leaf codes; the values of one without a hierarchy are told or not.
pub(super) fn encode(
    source: &Source,
    chosen: &[&Attribute],
    given: Vec<Option<Hierarchy>>,
) -> Result<Vec<(Hierarchy, UInt32Array)>> {
    let places = chosen.iter().map(|one| source.column(&one.name)).collect::<Result<Vec<_>>>()?;
    let mut columns: Vec<Column> = given.into_iter().map(Column::new).collect();
    read_ahead(source, &places, |rows| {
        columns.iter_mut().zip(&rows.columns).try_for_each(|(column, texts)| column.add(texts))
    })?;
    chosen.iter().zip(columns).map(|(attribute, column)| column.finish(attribute)).collect()
}

/// Hands on batch after batch while the next ones are read on a thread of their own.
fn read_ahead(source: &Source, places: &[usize], mut take: impl FnMut(Rows) -> Result<()>) -> Result<()> {
    let (sender, receiver) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // Where nobody receives any more, the taker says why.
            match source.batches(places) {
                Ok(mut batches) => drop(batches.try_for_each(|rows| sender.send(rows))),
                Err(error) => drop(sender.send(Err(error))),
            }
        });
        receiver.into_iter().try_for_each(|rows| take(rows?))
    })
}

/// A column that is being read.
struct Column {
    known: Known,
    codes: Vec<u32>,
}

/// What gives a value its code.
enum Known {
    Hierarchy(Hierarchy),
    /// The values in the order in which they were first seen.
    Seen(FxHashMap<String, u32>),
}

impl Column {
    fn new(given: Option<Hierarchy>) -> Self {
        let known = given.map_or_else(|| Known::Seen(FxHashMap::default()), Known::Hierarchy);
        Self { known, codes: Vec::new() }
    }

    fn add(&mut self, texts: &StringArray) -> Result<()> {
        match &mut self.known {
            Known::Hierarchy(hierarchy) => {
                let found = hierarchy.encode(texts).map_err(|error| incomplete(hierarchy, error, self.codes.len()))?;
                self.codes.extend_from_slice(found.values());
            }
            Known::Seen(seen) => self.codes.extend(texts.iter().map(|text| text.map_or(MISSING, |t| code(seen, t)))),
        }
        Ok(())
    }

    fn finish(mut self, attribute: &Attribute) -> Result<(Hierarchy, UInt32Array)> {
        self.codes.shrink_to_fit();
        let seen = match self.known {
            Known::Hierarchy(hierarchy) => return Ok((hierarchy, self.codes.into())),
            Known::Seen(seen) => seen,
        };
        let mut values: Vec<(&str, u32)> = seen.iter().map(|(value, code)| (value.as_str(), *code)).collect();
        values.sort_unstable();
        let mut leaf_of = vec![0; values.len()];
        for (leaf, (_, code)) in (0_u32..).zip(&values) {
            leaf_of.iter_mut().skip(*code as usize).take(1).for_each(|slot| *slot = leaf);
        }
        let names: Vec<&str> = values.iter().map(|value| value.0).collect();
        let name = &attribute.name;
        let hierarchy =
            Hierarchy::flat(name, &names).map_err(|_| Error::Input(format!("attribute {name} has no value at all")))?;
        let unknown = hierarchy.leaf(UNKNOWN);
        let leaf = |code: &u32| leaf_of.get(*code as usize).copied().or(unknown);
        let codes: Option<Vec<u32>> = self.codes.iter().map(leaf).collect();
        let missing = || {
            let missing = self.codes.iter().filter(|code| **code == MISSING).count();
            Error::Input(format!(
                "attribute {name}: {missing} records have no value; name a leaf in a hierarchy for them"
            ))
        };
        codes.map(|codes| (hierarchy.clone(), codes.into())).ok_or_else(missing)
    }
}

fn code(seen: &mut FxHashMap<String, u32>, text: &str) -> u32 {
    seen.get(text).copied().unwrap_or_else(|| {
        let fresh = u32::try_from(seen.len()).unwrap_or(MISSING);
        seen.insert(text.to_owned(), fresh);
        fresh
    })
}

/// Says of a value that is no leaf where it stands in the file, and not what it is.
fn incomplete(hierarchy: &Hierarchy, error: kiban_anon::Error, before: usize) -> Error {
    let error = match error {
        kiban_anon::Error::NotALeaf { hierarchy, rows, first } => {
            kiban_anon::Error::NotALeaf { hierarchy, rows, first: first + before }
        }
        other => other,
    };
    Error::Input(format!("attribute {}: {error}", hierarchy.name()))
}
