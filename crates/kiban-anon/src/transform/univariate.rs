//! Optimal microaggregation of one column.

use super::{few, groups::Groups};
use crate::error::Result;

/// Groups numbers into groups of k or more so that the sum of squared distances from the group means is the least there is.
///
/// Hansen and Mukherjee (2003, *A polynomial algorithm for optimal univariate microaggregation*): optimal groups are runs
/// of the sorted values with k to 2k−1 members, so the best partition is a shortest path; O(n log n + kn).
///
/// # Errors
/// Fewer than k numbers.
pub(crate) fn optimal(values: &[f64], k: usize) -> Result<Groups> {
    if values.len() < k || k == 0 {
        return few();
    }
    let mut order: Vec<u32> = (0..).take(values.len()).collect();
    let value = |row: u32| values.get(row as usize).copied().unwrap_or(0.0);
    order.sort_by(|a, b| value(*a).total_cmp(&value(*b)));
    let sorted: Vec<f64> = order.iter().map(|row| value(*row)).collect();
    let lengths = shortest_path(&sorted, k);
    let mut groups = Groups::default();
    let mut end = order.len();
    while let Some(length) = lengths.get(end).copied().filter(|n| *n > 0) {
        groups.push(order.get(end - length..end).unwrap_or(&[]));
        end -= length;
    }
    Ok(groups)
}

/// Returns for each number of leading values the length of the last group in their best partition, 0 where there is none.
#[expect(clippy::indexing_slicing, reason = "end ≤ n and length ≤ end")]
fn shortest_path(sorted: &[f64], k: usize) -> Vec<usize> {
    let n = sorted.len();
    let (mut least, mut lengths) = (vec![f64::INFINITY; n + 1], vec![0; n + 1]);
    least[0] = 0.0;
    for end in k..=n {
        // The group grows to the left; mean and squares are kept up as it does (Welford 1962).
        let (mut mean, mut squares) = (0.0, 0.0);
        for length in 1..=end.min(2 * k - 1) {
            let value = sorted[end - length];
            let off = value - mean;
            mean += off / length as f64;
            squares += off * (value - mean);
            let cost = least[end - length] + squares;
            if length >= k && cost < least[end] {
                (least[end], lengths[end]) = (cost, length);
            }
        }
    }
    lengths
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn squares(values: &[f64]) -> f64 {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter().map(|v| (v - mean).powi(2)).sum()
    }

    /// Tries every assignment of values to groups, runs or not.
    fn least(values: &[f64], k: usize) -> f64 {
        fn assign(values: &[f64], at: usize, groups: &mut Vec<Vec<f64>>, k: usize) -> f64 {
            if at == values.len() {
                let sound = groups.iter().all(|g| g.len() >= k);
                return if sound { groups.iter().map(|g| squares(g)).sum() } else { f64::INFINITY };
            }
            let mut best = f64::INFINITY;
            for place in 0..=groups.len() {
                if place == groups.len() {
                    groups.push(vec![]);
                }
                groups[place].push(values[at]);
                best = best.min(assign(values, at + 1, groups, k));
                groups[place].pop();
                groups.retain(|g| !g.is_empty());
            }
            best
        }
        assign(values, 0, &mut Vec::new(), k)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn nothing_is_better(values in proptest::collection::vec(-20_i32..20, 2..8), k in 1_usize..4) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let Ok(groups) = optimal(&values, k) else {
                prop_assert!(values.len() < k);
                return Ok(());
            };
            let found: f64 = groups.iter().map(|g| squares(&g.iter().map(|r| values[*r as usize]).collect::<Vec<_>>())).sum();
            prop_assert!((found - least(&values, k)).abs() < 1e-9);
            prop_assert!(groups.iter().all(|g| g.len() >= k));
            prop_assert_eq!(groups.iter().map(<[u32]>::len).sum::<usize>(), values.len());
        }
    }

    #[test]
    fn a_gap_is_not_bridged() {
        let groups = optimal(&[1.0, 100.0, 2.0, 101.0, 3.0, 102.0, 103.0], 3).unwrap();
        let sets: Vec<Vec<u32>> = groups.iter().map(|g| g.to_vec()).collect();
        assert_eq!(sets, [vec![1, 3, 5, 6], vec![0, 2, 4]]);
    }
}
