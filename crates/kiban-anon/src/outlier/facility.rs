//! Facilities that tell who goes there.

use std::collections::BTreeMap;

use arrow_array::{Int64Array, UInt32Array};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Peculiarity, Reason};
use crate::error::{Error, Result};

/// The facilities of a region, one row each.
#[derive(Debug, Clone, Copy)]
pub struct Facilities<'a> {
    /// The facility, by number.
    pub facilities: &'a UInt32Array,
    /// What kind it is, by number.
    pub kinds: &'a UInt32Array,
    /// Where it is, by number.
    pub regions: &'a UInt32Array,
}

/// Finds persons who were at a facility that is the only one of its kind in its region.
///
/// The list should be of all facilities there are, not only those that supply. The rows say who was where, in any order.
///
/// # Errors
/// Columns of different length.
pub fn lone_facilities(all: Facilities<'_>, persons: &Int64Array, at: &UInt32Array) -> Result<Vec<Peculiarity>> {
    let expected = all.facilities.len();
    if let Some(found) = [all.kinds.len(), all.regions.len()].into_iter().find(|n| *n != expected) {
        return Err(Error::Lengths { what: "facilities", found, expected });
    }
    let mut places: FxHashMap<(u32, u32), FxHashSet<u32>> = FxHashMap::default();
    for ((facility, kind), region) in all.facilities.iter().zip(all.kinds).zip(all.regions) {
        if let (Some(facility), Some(kind), Some(region)) = (facility, kind, region) {
            places.entry((kind, region)).or_default().insert(facility);
        }
    }
    let lone: FxHashSet<u32> = places.into_values().filter(|f| f.len() == 1).flatten().collect();
    let mut visits: Vec<(u32, i64)> = visits(persons, at)?.into_iter().map(|(p, f)| (f, p)).collect();
    visits.retain(|(facility, _)| lone.contains(facility));
    visits.sort_unstable();
    let mut found = Vec::new();
    for of_one in visits.chunk_by(|a, b| a.0 == b.0) {
        let shared_by = u32::try_from(of_one.len()).unwrap_or(u32::MAX);
        let name = |(facility, person): &(u32, i64)| Peculiarity {
            person: *person,
            reason: Reason::LoneFacility,
            about: vec![*facility],
            shared_by,
        };
        found.extend(of_one.iter().map(name));
    }
    found.sort_unstable();
    Ok(found)
}

/// Finds persons whose set of facilities fewer than `fewest` persons share.
///
/// # Errors
/// Columns of different length.
pub fn rare_facility_sets(persons: &Int64Array, at: &UInt32Array, fewest: u32) -> Result<Vec<Peculiarity>> {
    let visits = visits(persons, at)?;
    let mut sets: BTreeMap<Vec<u32>, Vec<i64>> = BTreeMap::new();
    for own in visits.chunk_by(|a, b| a.0 == b.0) {
        let Some((person, _)) = own.first() else { continue };
        sets.entry(own.iter().map(|visit| visit.1).collect()).or_default().push(*person);
    }
    let mut found = Vec::new();
    for (about, persons) in sets {
        let shared_by = u32::try_from(persons.len()).unwrap_or(u32::MAX);
        if shared_by < fewest {
            let name =
                |person| Peculiarity { person, reason: Reason::RareFacilitySet, about: about.clone(), shared_by };
            found.extend(persons.into_iter().map(name));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Returns the distinct visits, sorted by person, then facility.
fn visits(persons: &Int64Array, at: &UInt32Array) -> Result<Vec<(i64, u32)>> {
    if at.len() != persons.len() {
        return Err(Error::Lengths { what: "facilities of persons", found: at.len(), expected: persons.len() });
    }
    let mut visits: Vec<(i64, u32)> = persons.iter().zip(at).filter_map(|(p, f)| Some((p?, f?))).collect();
    visits.sort_unstable();
    visits.dedup();
    Ok(visits)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_only_one_of_its_kind_tells_who_goes_there() {
        // Kind 1 has two in region 1 and one in region 2; kind 2 has one in region 1.
        let numbers = |n: &[u32]| UInt32Array::from(n.to_vec());
        let (facilities, kinds, regions) = (numbers(&[1, 2, 3, 4]), numbers(&[1, 1, 1, 2]), numbers(&[1, 1, 2, 1]));
        let all = Facilities { facilities: &facilities, kinds: &kinds, regions: &regions };
        let persons = Int64Array::from(vec![7, 7, 7, 8, 9]);
        let found = lone_facilities(all, &persons, &numbers(&[1, 3, 3, 3, 2])).unwrap();
        let name = |person| Peculiarity { person, reason: Reason::LoneFacility, about: vec![3], shared_by: 2 };
        assert_eq!(found, [name(7), name(8)]);
    }

    #[test]
    fn a_set_of_facilities_is_counted_as_a_set() {
        let persons = Int64Array::from(vec![1, 1, 2, 2, 2, 3, 4, 4]);
        let at = UInt32Array::from(vec![Some(5), Some(6), Some(6), Some(5), Some(5), Some(5), Some(6), None]);
        let found = rare_facility_sets(&persons, &at, 2).unwrap();
        let name = |person, about| Peculiarity { person, reason: Reason::RareFacilitySet, about, shared_by: 1 };
        assert_eq!(found, [name(3, vec![5]), name(4, vec![6])]);
        assert!(rare_facility_sets(&persons, &at.slice(0, 2), 2).is_err());
    }
}
