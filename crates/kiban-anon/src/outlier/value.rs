//! Values, counts and ages that few persons reach.

use arrow_array::{Float64Array, Int32Array, Int64Array, UInt32Array};
use rustc_hash::FxHashSet;

use super::{Peculiarity, Reason};
use crate::error::{Error, Result};

/// Scales the median absolute deviation to the standard deviation of a normal distribution.
const NORMAL: f64 = 0.674_5;

/// When a number is an extreme: far out by a robust measure, and with few persons as far out or further.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremes {
    /// The modified z score beyond which a number is far out; Iglewicz and Hoaglin 1993 advise 3.5.
    pub far: f64,
    /// Persons who must lie as far out on the same side for nobody of them to stand out.
    pub fewest: u32,
}

impl Extremes {
    /// Finds extreme numbers within each code; a code here is a code with its unit, or 0 throughout for counts.
    ///
    /// Where more than half of the numbers are equal, every other number is far out and the count of persons decides.
    /// Rows with a missing part are passed over, NaN too. A person is named once per code, for their furthest number.
    ///
    /// # Errors
    /// Columns of different length.
    pub fn find(
        &self,
        reason: Reason,
        persons: &Int64Array,
        codes: &UInt32Array,
        values: &Float64Array,
    ) -> Result<Vec<Peculiarity>> {
        if let Some(found) = [codes.len(), values.len()].into_iter().find(|n| *n != persons.len()) {
            return Err(Error::Lengths { what: "values", found, expected: persons.len() });
        }
        let whole = |((person, code), value): ((Option<i64>, Option<u32>), Option<f64>)| Some((code?, value?, person?));
        let mut rows: Vec<_> =
            persons.iter().zip(codes).zip(values).filter_map(whole).filter(|r| !r.1.is_nan()).collect();
        rows.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut found = Vec::new();
        for of_code in rows.chunk_by(|a, b| a.0 == b.0) {
            let numbers: Vec<f64> = of_code.iter().map(|row| row.1).collect();
            let middle = median(&numbers);
            let mut apart: Vec<f64> = numbers.iter().map(|n| (n - middle).abs()).collect();
            apart.sort_unstable_by(f64::total_cmp);
            let spread = median(&apart);
            let far = |n: f64| n != middle && NORMAL * (n - middle).abs() > self.far * spread;
            let low = of_code.iter().take_while(|row| row.1 < middle && far(row.1));
            let high = of_code.iter().rev().take_while(|row| row.1 > middle && far(row.1));
            found.extend(self.tail(reason, low));
            found.extend(self.tail(reason, high));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Walks from an end inwards while fewer persons than the floor were met.
    fn tail<'a>(&self, reason: Reason, rows: impl Iterator<Item = &'a (u32, f64, i64)>) -> Vec<Peculiarity> {
        let rows: Vec<_> = rows.collect();
        let mut met = FxHashSet::default();
        let mut found = Vec::new();
        for same in rows.chunk_by(|a, b| a.1 == b.1) {
            let new: Vec<_> = same.iter().filter(|row| met.insert(row.2)).collect();
            let shared_by = u32::try_from(met.len()).unwrap_or(u32::MAX);
            if shared_by >= self.fewest {
                break;
            }
            found.extend(new.iter().map(|row| Peculiarity { person: row.2, reason, about: vec![row.0], shared_by }));
        }
        found
    }
}

/// Finds persons at or above an age; with 90 as the age it is the threshold most releases use.
///
/// # Errors
/// Columns of different length.
pub fn aged(persons: &Int64Array, ages: &Int32Array, from: i32) -> Result<Vec<Peculiarity>> {
    if ages.len() != persons.len() {
        return Err(Error::Lengths { what: "ages", found: ages.len(), expected: persons.len() });
    }
    let mut old: Vec<i64> =
        persons.iter().zip(ages).filter(|(_, age)| age.is_some_and(|a| a >= from)).filter_map(|(p, _)| p).collect();
    old.sort_unstable();
    old.dedup();
    let shared_by = u32::try_from(old.len()).unwrap_or(u32::MAX);
    let name = |person| Peculiarity { person, reason: Reason::OldAge, about: Vec::new(), shared_by };
    Ok(old.into_iter().map(name).collect())
}

/// Returns the middle of sorted numbers, of two middles the mean.
fn median(sorted: &[f64]) -> f64 {
    let at = |place: usize| sorted.get(place).copied().unwrap_or(0.0);
    let (below, above) = (at(sorted.len().saturating_sub(1) / 2), at(sorted.len() / 2));
    below + (above - below) / 2.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn check(values: &[(i64, f64)], fewest: u32, expect: &[(i64, u32)]) {
        let persons = Int64Array::from_iter_values(values.iter().map(|v| v.0));
        let codes = UInt32Array::from_iter_values(values.iter().map(|_| 7));
        let values = Float64Array::from_iter_values(values.iter().map(|v| v.1));
        let found = Extremes { far: 3.5, fewest }.find(Reason::ExtremeValue, &persons, &codes, &values).unwrap();
        assert!(found.iter().all(|p| p.about == [7] && p.reason == Reason::ExtremeValue));
        assert_eq!(found.iter().map(|p| (p.person, p.shared_by)).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn far_out_and_few_is_extreme() {
        // 0..=20: median about 10, median deviation 5, so 3.5 on the scale lies 26 away from the middle.
        let usual: Vec<(i64, f64)> = (0..=20).map(|p| (p, f64::from(p as i32))).collect();
        let with = |more: &[(i64, f64)]| [usual.as_slice(), more].concat();
        check(&with(&[]), 3, &[]);
        check(&with(&[(90, 36.0)]), 3, &[]);
        check(&with(&[(90, 50.0)]), 3, &[(90, 1)]);
        check(&with(&[(90, -50.0), (91, 50.0), (91, 51.0), (92, 49.0)]), 3, &[(90, 1), (91, 1), (92, 2)]);
        check(&with(&[(90, 50.0), (91, 50.0), (92, 50.0)]), 3, &[]);
        check(&with(&[(90, f64::NAN)]), 3, &[]);
    }

    #[test]
    fn where_most_are_equal_the_count_of_persons_decides() {
        let mut values: Vec<(i64, f64)> = (0..20).map(|p| (p, 1.0)).collect();
        values.extend([(30, 2.0), (31, 2.0), (32, 2.0), (33, 4.0)]);
        check(&values, 3, &[(33, 1)]);
    }

    #[test]
    fn codes_are_judged_apart() {
        let rows: Vec<(i64, u32, f64)> =
            (0..40).map(|p| (p, p as u32 % 2, if p % 2 == 0 { 1.0 } else { 100.0 })).collect();
        let persons = Int64Array::from_iter_values(rows.iter().map(|r| r.0));
        let codes = UInt32Array::from_iter_values(rows.iter().map(|r| r.1));
        let values = Float64Array::from_iter_values(rows.iter().map(|r| r.2));
        let extremes = Extremes { far: 3.5, fewest: 5 };
        assert_eq!(extremes.find(Reason::LongStay, &persons, &codes, &values).unwrap(), []);
        assert!(extremes.find(Reason::LongStay, &persons, &codes.slice(1, 3), &values).is_err());
    }

    #[test]
    fn the_old_are_named_with_their_number() {
        let persons = Int64Array::from(vec![5, 1, 2, 3]);
        let ages = Int32Array::from(vec![Some(90), Some(89), None, Some(104)]);
        let found = aged(&persons, &ages, 90).unwrap();
        assert_eq!(found.iter().map(|p| (p.person, p.shared_by)).collect::<Vec<_>>(), [(3, 2), (5, 2)]);
    }
}
