//! What a column holds: each value once, with how often and where first.

use std::{collections::BTreeMap, fmt};

/// Where a value stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The first record that holds it, from 1.
    pub first: u64,
    /// How many records hold it.
    pub records: u64,
}

/// The values of a column, each once, in the order of their text.
///
/// ```
/// let mut ages = kiban_anon::ColumnValues::default();
/// [Some("34"), Some("35"), None, Some("34")].into_iter().for_each(|age| ages.push(age));
/// assert_eq!((ages.records(), ages.texts().collect::<Vec<_>>()), (4, vec!["34", "35"]));
/// ```
#[derive(Clone, Default)]
pub struct ColumnValues {
    values: BTreeMap<String, Seen>,
    missing: Option<Seen>,
    records: u64,
}

impl ColumnValues {
    /// Takes the next record's value, if it has one.
    pub fn push(&mut self, value: Option<&str>) {
        self.records += 1;
        let seen = match value {
            None => self.missing.get_or_insert(Seen { first: self.records, records: 0 }),
            Some(text) => {
                if !self.values.contains_key(text) {
                    self.values.insert(text.to_owned(), Seen { first: self.records, records: 0 });
                }
                let Some(seen) = self.values.get_mut(text) else { return };
                seen
            }
        };
        seen.records += 1;
    }

    /// Returns how many records were taken.
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// Returns where values are missing, if they are.
    pub const fn missing(&self) -> Option<Seen> {
        self.missing
    }

    /// Returns the values, each once.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Returns the values with where they stand.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Seen)> {
        self.values.iter().map(|(text, seen)| (text.as_str(), *seen))
    }
}

/// Tells counts alone: the values are a patient's.
impl fmt::Debug for ColumnValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ColumnValues({} values in {} records)", self.values.len(), self.records)
    }
}

impl<'a> FromIterator<&'a str> for ColumnValues {
    fn from_iter<I: IntoIterator<Item = &'a str>>(values: I) -> Self {
        let mut column = Self::default();
        values.into_iter().for_each(|value| column.push(Some(value)));
        column
    }
}
