//! Multiple births 多胎: children whose birth date, with the place or the household, tells them and each other.

use arrow_array::{Date32Array, Int64Array, UInt32Array};
use rustc_hash::FxHashSet;

use super::{Peculiarity, Reason};
use crate::error::{Error, Result};

/// What is known of births, one row per person.
#[derive(Debug, Clone, Copy)]
pub struct Newborns<'a> {
    /// Who was born.
    pub persons: &'a Int64Array,
    /// When.
    pub births: &'a Date32Array,
    /// Where, by number; missing where it is not known.
    pub facilities: &'a UInt32Array,
    /// Into which household (or by which mother), by number; missing where it is not known.
    pub households: &'a UInt32Array,
}

/// Tells whether an ICD-10 code says that a birth was multiple: O30, Z37.2 to Z37.7, Z38.3 to Z38.8, P01.5.
///
/// The dot may be missing.
pub fn is_multiple_birth_code(code: &str) -> bool {
    let mut letters = code.bytes().filter(|b| *b != b'.').map(|b| b.to_ascii_uppercase());
    let category = [letters.next(), letters.next(), letters.next()];
    let detail = letters.next();
    match category {
        [Some(b'O'), Some(b'3'), Some(b'0')] => true,
        [Some(b'Z'), Some(b'3'), Some(b'7')] => matches!(detail, Some(b'2'..=b'7')),
        [Some(b'Z'), Some(b'3'), Some(b'8')] => matches!(detail, Some(b'3'..=b'8')),
        [Some(b'P'), Some(b'0'), Some(b'1')] => detail == Some(b'5'),
        _ => false,
    }
}

/// Finds children of multiple births.
///
/// Persons of one household born on one day are; so are persons born on one day at one facility among whom someone's
/// records have a code of a multiple birth (`coded`).
///
/// # Errors
/// Columns of different length.
pub fn multiple_births(newborns: Newborns<'_>, coded: &Int64Array) -> Result<Vec<Peculiarity>> {
    let Newborns { persons, births, facilities, households } = newborns;
    if let Some(found) = [births.len(), facilities.len(), households.len()].into_iter().find(|n| *n != persons.len()) {
        return Err(Error::Lengths { what: "newborns", found, expected: persons.len() });
    }
    let coded: FxHashSet<i64> = coded.iter().flatten().collect();
    let mut found = groups(persons, births, households, |_| true);
    found.extend(groups(persons, births, facilities, |group| group.iter().any(|(_, person)| coded.contains(person))));
    // Someone found by both ways is named once, with the smaller group.
    found.sort_unstable();
    found.dedup_by(|later, first| later.person == first.person);
    Ok(found)
}

fn groups(
    persons: &Int64Array,
    births: &Date32Array,
    places: &UInt32Array,
    counts: impl Fn(&[((i32, u32), i64)]) -> bool,
) -> Vec<Peculiarity> {
    let whole = |((person, birth), place): ((Option<i64>, Option<i32>), Option<u32>)| Some(((birth?, place?), person?));
    let mut rows: Vec<_> = persons.iter().zip(births).zip(places).filter_map(whole).collect();
    rows.sort_unstable();
    rows.dedup();
    let mut found = Vec::new();
    for group in rows.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1 && counts(group)) {
        let shared_by = u32::try_from(group.len()).unwrap_or(u32::MAX);
        let name = |row: &((i32, u32), i64)| Peculiarity {
            person: row.1,
            reason: Reason::MultipleBirth,
            about: Vec::new(),
            shared_by,
        };
        found.extend(group.iter().map(name));
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_multiple_births_are_known() {
        for code in ["O30", "O30.0", "o300", "Z37.2", "Z377", "Z38.3", "Z38.8", "P01.5"] {
            assert!(is_multiple_birth_code(code), "{code}");
        }
        for code in ["", "O31.0", "Z37", "Z37.0", "Z37.9", "Z38.2", "P01.4", "P015X".get(..3).unwrap(), "双胎"] {
            assert!(!is_multiple_birth_code(code), "{code}");
        }
    }

    #[test]
    fn twins_are_found_by_household_or_by_place_and_code() {
        // 1 and 2: one household; 3, 4: one place and a code; 5, 6: one place, no code; 7: alone; 8: another day.
        let persons = Int64Array::from(vec![1, 2, 3, 4, 5, 6, 7, 8]);
        let births = Date32Array::from(vec![10, 10, 20, 20, 30, 30, 40, 41]);
        let facilities =
            UInt32Array::from(vec![Some(1), Some(2), Some(1), Some(1), Some(1), Some(1), Some(1), Some(1)]);
        let households = UInt32Array::from(vec![Some(1), Some(1), None, None, Some(5), Some(6), Some(7), Some(7)]);
        let newborns =
            Newborns { persons: &persons, births: &births, facilities: &facilities, households: &households };
        let found = multiple_births(newborns, &Int64Array::from(vec![4, 7])).unwrap();
        assert_eq!(found.iter().map(|p| (p.person, p.shared_by)).collect::<Vec<_>>(), [(1, 2), (2, 2), (3, 2), (4, 2)]);
    }
}
