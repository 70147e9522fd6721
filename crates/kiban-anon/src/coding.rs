//! Top and bottom coding トップ・ボトムコーディング: extreme numbers are released as the threshold they pass.

use arrow_array::{ArrowNativeTypeOp, ArrowPrimitiveType, Int64Array, PrimitiveArray};

use crate::error::{Error, Result};

/// Thresholds beyond which values are released as the threshold itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds<N> {
    /// Values below become this.
    pub low: Option<N>,
    /// Values above become this.
    pub high: Option<N>,
}

/// A coded column with what was done to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Coded<T: ArrowPrimitiveType> {
    /// The column as released.
    pub values: PrimitiveArray<T>,
    /// Rows raised to the low threshold.
    pub raised: u64,
    /// Rows lowered to the high threshold.
    pub lowered: u64,
}

impl<N: ArrowNativeTypeOp> Thresholds<N> {
    /// Codes a column of numbers (`Float64`, `Int64` or any other); missing values stay missing, NaN counts as highest.
    pub fn apply<T: ArrowPrimitiveType<Native = N>>(&self, values: &PrimitiveArray<T>) -> Coded<T> {
        let (mut raised, mut lowered) = (0, 0);
        let mut code = |value: N| {
            if let Some(low) = self.low.filter(|low| value.is_lt(*low)) {
                raised += 1;
                return low;
            }
            if let Some(high) = self.high.filter(|high| value.is_gt(*high)) {
                lowered += 1;
                return high;
            }
            value
        };
        let values = values.iter().map(|v| v.map(&mut code)).collect();
        Coded { values, raised, lowered }
    }
}

/// Where thresholds are to lie: at quantiles, but never with fewer than `floor` persons at or beyond them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tails {
    /// The quantile of the low threshold, such as 0.01; `None` leaves low values alone.
    pub low: Option<f64>,
    /// The quantile of the high threshold, such as 0.99; `None` leaves high values alone.
    pub high: Option<f64>,
    /// Distinct persons who must stand behind a threshold's value.
    pub floor: u32,
}

impl Tails {
    /// Computes thresholds from a column and the person of each row.
    ///
    /// A threshold moves inwards until enough distinct persons lie at it or beyond. `None` as the result says that the
    /// whole column has fewer persons than the floor: nothing of it can be released.
    ///
    /// # Errors
    /// Columns of different length, or a quantile outside 0 to 1.
    pub fn thresholds<T: ArrowPrimitiveType<Native: ArrowNativeTypeOp>>(
        &self,
        values: &PrimitiveArray<T>,
        persons: &Int64Array,
    ) -> Result<Option<Thresholds<T::Native>>> {
        if values.len() != persons.len() {
            return Err(Error::Lengths { what: "persons", found: persons.len(), expected: values.len() });
        }
        if [self.low, self.high].into_iter().flatten().any(|q| !(0.0..=1.0).contains(&q)) {
            return Err(Error::BadParameter { what: "tails".to_owned(), why: "a quantile lies between 0 and 1" });
        }
        let mut rows: Vec<(T::Native, i64)> = values.iter().zip(persons).filter_map(|(v, p)| Some((v?, p?))).collect();
        rows.sort_unstable_by(|a, b| a.0.compare(b.0).then(a.1.cmp(&b.1)));
        let low = self.low.map(|q| settled(rows.iter().copied(), rows.len(), q, self.floor));
        let high = self.high.map(|q| settled(rows.iter().rev().copied(), rows.len(), 1.0 - q, self.floor));
        if low == Some(None) || high == Some(None) {
            return Ok(None);
        }
        Ok(Some(Thresholds { low: low.flatten(), high: high.flatten() }))
    }
}

/// Walks from one end inwards: past the quantile first, then on to the value at which enough persons are met.
fn settled<N: ArrowNativeTypeOp>(
    rows: impl Iterator<Item = (N, i64)>,
    count: usize,
    quantile: f64,
    floor: u32,
) -> Option<N> {
    let passed = (count as f64 * quantile).floor() as usize;
    let mut persons = rustc_hash::FxHashSet::default();
    let enough = usize::try_from(floor.max(1)).unwrap_or(usize::MAX);
    for (row, (value, person)) in rows.enumerate() {
        persons.insert(person);
        if row >= passed && persons.len() >= enough {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use arrow_array::{Float64Array, Int64Array};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn extremes_become_the_threshold() {
        let coded = Thresholds { low: Some(40.0), high: Some(120.0) }.apply(&Float64Array::from(vec![
            Some(30.0),
            Some(60.0),
            None,
            Some(300.0),
            Some(120.0),
        ]));
        let expected = Float64Array::from(vec![Some(40.0), Some(60.0), None, Some(120.0), Some(120.0)]);
        assert_eq!((coded.values, coded.raised, coded.lowered), (expected, 1, 1));
        let whole = Thresholds { low: None, high: Some(9) }.apply(&Int64Array::from(vec![3, 12]));
        assert_eq!(whole.values.values(), &[3, 9]);
    }

    #[test]
    fn one_person_with_many_extremes_does_not_make_a_threshold() {
        let values = Float64Array::from(vec![1.0, 2.0, 3.0, 500.0, 501.0, 502.0]);
        let persons = Int64Array::from(vec![1, 2, 3, 9, 9, 9]);
        let tails = Tails { low: None, high: Some(0.9), floor: 2 };
        assert_eq!(tails.thresholds(&values, &persons).unwrap().unwrap().high, Some(3.0));
        assert_eq!(Tails { floor: 5, ..tails }.thresholds(&values, &persons).unwrap(), None);
        assert!(Tails { high: Some(1.5), ..tails }.thresholds(&values, &persons).is_err());
    }

    proptest! {
        #[test]
        fn enough_persons_stand_behind_each_end(
            rows in proptest::collection::vec((0_i64..50, 0_i64..15), 1..80), floor in 1_u32..6,
        ) {
            let values = Int64Array::from_iter_values(rows.iter().map(|r| r.0));
            let persons = Int64Array::from_iter_values(rows.iter().map(|r| r.1));
            let tails = Tails { low: Some(0.05), high: Some(0.95), floor };
            let Some(at) = tails.thresholds(&values, &persons).unwrap() else {
                let distinct: std::collections::BTreeSet<_> = rows.iter().map(|r| r.1).collect();
                prop_assert!(distinct.len() < floor as usize);
                return Ok(());
            };
            let behind = |test: &dyn Fn(i64) -> bool| {
                rows.iter().filter(|r| test(r.0)).map(|r| r.1).collect::<std::collections::BTreeSet<_>>().len()
            };
            let (low, high) = (at.low.unwrap(), at.high.unwrap());
            prop_assert!(behind(&|v| v <= low) >= floor as usize && behind(&|v| v >= high) >= floor as usize);
        }
    }
}
