//! The released lives of one class: for each person, the facts that others may know, as numbers.

use crate::error::{Error, Result};

/// What each person of one demographic class is released with: sorted, distinct item numbers.
///
/// An *item* is everything in a released row that others may know (table, code label, date, kind of facility …), or that
/// a person has such a row a second time, a third time, and so on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lives {
    offsets: Vec<u32>,
    items: Vec<u32>,
    vocabulary: usize,
    /// Per item the number that stands for its facts in the rows; empty if items are not made of rows.
    fact_of: Vec<u32>,
}

impl Lives {
    /// Takes the items of each person; order and repetition do not matter.
    ///
    /// # Errors
    /// More than 2³² facts.
    pub fn new<P: AsRef<[u32]>>(persons: &[P]) -> Result<Self> {
        let mut lives = Self { offsets: vec![0], ..Self::default() };
        for person in persons {
            let mut items = person.as_ref().to_vec();
            items.sort_unstable();
            items.dedup();
            lives.items.extend(items);
            lives.offsets.push(narrow(lives.items.len())?);
        }
        lives.vocabulary = lives.items.iter().max().map_or(0, |most| *most as usize + 1);
        Ok(lives)
    }

    /// Takes released rows, each with its person (from 0) and a number that stands for all its facts.
    ///
    /// A person's second row with the same facts becomes an item of its own, "at least twice", and so on up to `counted`
    /// times; from there on no row says more. The numbers are replaced by dense ones, in ascending order.
    ///
    /// # Errors
    /// A row of a person beyond `persons`, more than 2³² rows.
    pub fn from_rows(persons: usize, rows: &[(u32, u32)], counted: u32) -> Result<Self> {
        if let Some((person, _)) = rows.iter().find(|(person, _)| *person as usize >= persons) {
            return Err(Error::Lengths { what: "persons of a class", found: *person as usize + 1, expected: persons });
        }
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        let mut facts: Vec<(u32, u32, u32)> = Vec::with_capacity(rows.len());
        for same in rows.chunk_by(|a, b| a == b) {
            let times = (1..=counted.max(1)).zip(same);
            facts.extend(times.map(|(time, (person, fact))| (*fact, time, *person)));
        }
        facts.sort_unstable();
        let mut of_person = vec![Vec::new(); persons];
        let mut fact_of = Vec::new();
        for (item, holders) in (0_u32..).zip(facts.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))) {
            fact_of.extend(holders.first().map(|holder| holder.0));
            for (_, _, person) in holders {
                if let Some(items) = of_person.get_mut(*person as usize) {
                    items.push(item);
                }
            }
        }
        Ok(Self { fact_of, ..Self::new(&of_person)? })
    }

    /// Returns the number that stood for an item's facts in the rows; without rows, the item itself.
    pub fn fact(&self, item: u32) -> Option<u32> {
        if self.fact_of.is_empty() { Some(item) } else { self.fact_of.get(item as usize).copied() }
    }

    /// Returns the number of persons.
    pub fn persons(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Returns the number of items of all persons.
    pub fn facts(&self) -> usize {
        self.items.len()
    }

    /// Returns one more than the greatest item number.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// Returns the items of one person, ascending.
    pub fn of(&self, person: usize) -> &[u32] {
        let (Some(from), Some(to)) = (self.offsets.get(person), self.offsets.get(person + 1)) else { return &[] };
        self.items.get(*from as usize..*to as usize).unwrap_or(&[])
    }

    /// Walks the persons' items.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.persons()).map(|person| self.of(person))
    }
}

pub(super) fn narrow(count: usize) -> Result<u32> {
    u32::try_from(count).map_err(|_| Error::Lengths {
        what: "facts of one class",
        found: count,
        expected: u32::MAX as usize,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn repeated_rows_become_items_of_their_own_up_to_the_limit() {
        let rows = [(0, 70), (1, 70), (0, 70), (0, 70), (1, 30), (0, 70)];
        let lives = Lives::from_rows(3, &rows, 3).unwrap();
        assert_eq!((lives.of(0), lives.of(1), lives.of(2)), ([1, 2, 3].as_slice(), [0, 1].as_slice(), [].as_slice()));
        assert_eq!((lives.persons(), lives.facts(), lives.vocabulary()), (3, 5, 4));
        assert_eq!(Lives::from_rows(2, &rows, 1).unwrap().of(0), [1]);
        assert!(Lives::from_rows(1, &rows, 1).is_err());
    }
}
