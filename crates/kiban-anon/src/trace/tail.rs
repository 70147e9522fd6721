//! The exact lower tail of fair coins.

/// Returns the probability that at most so many of `coins` fair coins fall on one side; never 0, however small it is.
pub(super) fn at_most(most: u64, coins: u64) -> f64 {
    if most >= coins {
        return 1.0;
    }
    if most > coins / 2 {
        // From this side the terms are the large ones; from the other they could vanish before they are summed.
        return 1.0 - at_most(coins - most - 1, coins);
    }
    // The logarithm of the last term, then downwards term by term: term(i − 1) = term(i) · i / (coins − i + 1).
    let logarithm: f64 = (0..most).map(|i| ((coins - i) as f64 / (i + 1) as f64).ln()).sum();
    let mut term = (logarithm - coins as f64 * std::f64::consts::LN_2).exp();
    let mut sum = term;
    for i in (1..=most).rev() {
        term *= i as f64 / (coins - i + 1) as f64;
        sum += term;
    }
    sum.clamp(f64::MIN_POSITIVE, 1.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    /// Counts by Pascal's triangle, in whole numbers.
    fn counted(most: u64, coins: u64) -> f64 {
        let mut row = vec![1_u128];
        for _ in 0..coins {
            row = std::iter::once(1).chain(row.windows(2).map(|w| w[0] + w[1])).chain([1]).collect();
        }
        row.iter().take(most as usize + 1).sum::<u128>() as f64 / 2_f64.powi(coins as i32)
    }

    #[test]
    fn the_tail_is_that_of_pascals_triangle() {
        for coins in [0, 1, 2, 7, 40, 100] {
            for most in 0..=coins {
                let (found, expected) = (at_most(most, coins), counted(most, coins));
                assert!((found / expected - 1.0).abs() < 1e-12, "{most} of {coins}: {found} {expected}");
            }
        }
        assert!((at_most(2, 10) - 56.0 / 1024.0).abs() < 1e-15);
    }

    #[test]
    fn long_rows_of_coins_neither_overflow_nor_vanish() {
        assert!((at_most(50_000, 100_001) - 0.5).abs() < 1e-9);
        assert_eq!((at_most(0, 2_000), at_most(1_999, 2_000)), (f64::MIN_POSITIVE, 1.0));
    }
}
