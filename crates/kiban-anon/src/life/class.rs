//! The events of one demographic class, as they were.

use super::lives::narrow;
use crate::error::{Error, Result};

/// The events of the persons of one demographic class, by person: for each the number of its kind ([`super::Ladder::kind`]).
///
/// A class is a unit of work: it is protected without a look at any other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LifeClass {
    offsets: Vec<u32>,
    kinds: Vec<u32>,
}

impl LifeClass {
    /// Takes the number of persons and the events as (person from 0, kind), sorted by person; a person may have none.
    ///
    /// # Errors
    /// Events that are not sorted by person, a person beyond the last, more than 2³² events.
    pub fn new(persons: usize, events: &[(u32, u32)]) -> Result<Self> {
        if let Some((person, _)) = events.iter().find(|(person, _)| *person as usize >= persons) {
            return Err(Error::Lengths { what: "persons of a class", found: *person as usize + 1, expected: persons });
        }
        if !events.is_sorted_by_key(|(person, _)| *person) {
            let why = "the events are not sorted by person";
            return Err(Error::BadParameter { what: "class of lives".to_owned(), why });
        }
        narrow(events.len())?;
        let ends = (0..=persons).map(|person| narrow(events.partition_point(|event| (event.0 as usize) < person)));
        Ok(Self { offsets: ends.collect::<Result<_>>()?, kinds: events.iter().map(|(_, kind)| *kind).collect() })
    }

    /// Returns the number of persons.
    pub fn persons(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Returns the kinds of all events, by person.
    pub fn kinds(&self) -> &[u32] {
        &self.kinds
    }

    /// Returns where the events of a person lie.
    pub fn events(&self, person: usize) -> std::ops::Range<usize> {
        let at = |place| self.offsets.get(place).map_or(self.kinds.len(), |offset| *offset as usize);
        at(person)..at(person + 1)
    }

    /// Walks the events with their persons.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, u32)> {
        let persons = (0_u32..).zip(self.offsets.windows(2));
        let person = persons.flat_map(|(person, ends)| match ends {
            [from, to] => std::iter::repeat_n(person, (to - from) as usize),
            _ => std::iter::repeat_n(person, 0),
        });
        person.zip(self.kinds.iter().copied())
    }
}
