//! What an attack looks at: the table as it was, and its release as the recipient reads it.

use arrow_array::{Array, BooleanArray, StringArray, UInt32Array};
use rustc_hash::FxHashMap;

use super::table::Table;
use crate::{
    error::{Error, Result},
    hierarchy::Hierarchy,
};

/// One column as it was and as it is released, row by row.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The hierarchy that the released texts come from; [`Hierarchy::flat`] for a column released as it is.
    pub hierarchy: &'a Hierarchy,
    /// The leaf of every person.
    pub original: &'a UInt32Array,
    /// The text of every person; a missing one tells nothing.
    pub released: &'a StringArray,
}

/// A table and its release, person by person, ready to be attacked.
///
/// A released text stands for every leaf that has it on some level, so no knowledge of the method is used.
pub struct View {
    pub(super) columns: Vec<Column>,
    pub(super) original: Table,
    pub(super) released: Table,
    original_of: Vec<Option<u32>>,
    released_of: Vec<Option<u32>>,
}

/// The texts of one released column, numbered in the order in which they first occur.
pub(super) struct Column {
    name: String,
    /// Per text, the leaves it stands for, rising.
    leaves_of: Vec<Vec<u32>>,
    /// Per leaf, the texts that stand for it, rising.
    pub(super) texts_of: Vec<Vec<u32>>,
}

impl View {
    /// Lays a release beside its table; `kept` says who is in it.
    ///
    /// # Errors
    /// Columns of different length, codes that are no leaves, or a text that stands on no level of its hierarchy.
    pub fn new(seen: &[Seen<'_>], kept: &BooleanArray) -> Result<Self> {
        let (mut columns, mut texts) = (Vec::new(), Vec::new());
        for (at, one) in seen.iter().enumerate() {
            check(at, one, kept.len())?;
            let (column, text_of) = Column::new(one, kept)?;
            columns.push(column);
            texts.push(text_of);
        }
        let leaf = |row: usize| seen.iter().map(|s| s.original.values().get(row).copied().unwrap_or(0)).collect();
        let text = |row: usize| texts.iter().map(|t: &Vec<u32>| t.get(row).copied().unwrap_or(0)).collect();
        let (original, original_of) = Table::new(seen.len(), (0..kept.len()).map(|row| Some(leaf(row))));
        let (released, released_of) =
            Table::new(seen.len(), (0..kept.len()).map(|row| is_kept(kept, row).then(|| text(row))));
        Ok(Self { columns, original, released, original_of, released_of })
    }

    /// Returns the number of persons, in the release or not.
    pub fn persons(&self) -> usize {
        self.original_of.len()
    }

    /// Returns the name of a column.
    pub fn name(&self, column: usize) -> Option<&str> {
        self.columns.get(column).map(|c| c.name.as_str())
    }

    pub(crate) fn leaf(&self, column: usize, person: usize) -> u32 {
        let place = self.original_of.get(person).copied().flatten();
        place.map_or(0, |place| self.original.code(column, place))
    }

    /// Returns the text of a person who is in the release.
    pub(crate) fn text(&self, column: usize, person: usize) -> Option<u32> {
        Some(self.released.code(column, self.record(person)?))
    }

    /// Returns the released record of a person.
    pub(super) fn record(&self, person: usize) -> Option<u32> {
        self.released_of.get(person).copied().flatten()
    }

    /// Returns the leaves that a text stands for.
    pub(crate) fn leaves_of(&self, column: usize, text: u32) -> &[u32] {
        self.columns.get(column).and_then(|c| c.leaves_of.get(text as usize)).map_or(&[], Vec::as_slice)
    }

    /// Returns the texts that stand for a leaf.
    pub(super) fn texts_of(&self, column: usize, leaf: u32) -> &[u32] {
        self.columns.get(column).and_then(|c| c.texts_of.get(leaf as usize)).map_or(&[], Vec::as_slice)
    }

    /// Returns the number of leaves, or of texts, of a column.
    pub(crate) fn leaves(&self, column: usize) -> usize {
        self.columns.get(column).map_or(0, |c| c.texts_of.len())
    }

    pub(crate) fn texts(&self, column: usize) -> usize {
        self.columns.get(column).map_or(0, |c| c.leaves_of.len())
    }

    /// Checks that columns are there, at least one of them.
    pub(crate) fn check(&self, what: &'static str, columns: &[usize]) -> Result<()> {
        if columns.is_empty() || columns.iter().any(|c| *c >= self.columns.len()) {
            let why = "names no column of the release";
            return Err(Error::BadParameter { what: what.to_owned(), why });
        }
        Ok(())
    }
}

fn is_kept(kept: &BooleanArray, row: usize) -> bool {
    kept.is_valid(row) && kept.value(row)
}

fn check(column: usize, one: &Seen<'_>, expected: usize) -> Result<()> {
    if let Some(found) = [one.original.len(), one.released.len()].into_iter().find(|n| *n != expected) {
        return Err(Error::Lengths { what: "rows of a column", found, expected });
    }
    let outside = |row: &usize| {
        let leaf = one.original.values().get(*row).map_or(usize::MAX, |leaf| *leaf as usize);
        one.original.is_null(*row) || leaf >= one.hierarchy.leaves()
    };
    (0..expected).find(outside).map_or(Ok(()), |row| Err(Error::CodeOutOfRange { column, row }))
}

impl Column {
    fn new(one: &Seen<'_>, kept: &BooleanArray) -> Result<(Self, Vec<u32>)> {
        let mut numbers: FxHashMap<Option<&str>, u32> = FxHashMap::default();
        let mut number = |row: usize| {
            if !is_kept(kept, row) {
                return 0;
            }
            let text = one.released.is_valid(row).then(|| one.released.value(row));
            let fresh = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(text).or_insert(fresh)
        };
        let text_of: Vec<u32> = (0..kept.len()).map(&mut number).collect();
        let mut texts_of = vec![Vec::new(); one.hierarchy.leaves()];
        if let Some(nothing) = numbers.get(&None) {
            texts_of.iter_mut().for_each(|texts: &mut Vec<u32>| texts.push(*nothing));
        }
        for level in one.hierarchy.levels() {
            let of_label: Vec<Option<u32>> =
                level.labels().iter().map(|label| numbers.get(&Some(label.as_str())).copied()).collect();
            for (code, texts) in level.codes().iter().zip(&mut texts_of) {
                texts.extend(of_label.get(*code as usize).copied().flatten());
            }
        }
        let mut leaves_of = vec![Vec::new(); numbers.len()];
        for (leaf, texts) in (0..).zip(&mut texts_of) {
            texts.sort_unstable();
            texts.dedup();
            for text in texts {
                leaves_of.iter_mut().skip(*text as usize).take(1).for_each(|leaves: &mut Vec<u32>| leaves.push(leaf));
            }
        }
        if leaves_of.iter().any(Vec::is_empty) {
            let what = format!("release of {}", one.hierarchy.name());
            return Err(Error::BadParameter { what, why: "a released text stands on no level of the hierarchy" });
        }
        Ok((Self { name: one.hierarchy.name().to_owned(), leaves_of, texts_of }, text_of))
    }
}
