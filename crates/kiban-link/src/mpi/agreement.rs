//! How far clerks agree, and how often they err, from cases that two of them decided without knowing of each other.

use std::collections::BTreeMap;

use super::queue::View;

/// A share with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Cohen's kappa and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// How many cases.
    pub cases: usize,
    /// The share of equal views.
    pub observed: f64,
    /// The share of equal views that chance alone would give.
    pub expected: f64,
    /// (observed − expected) / (1 − expected); one where both clerks always say the same single thing.
    pub kappa: f64,
}

/// Two-sided 95 % of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Measures agreement beyond chance (Cohen, Educational and Psychological Measurement 20, 1960); none of no cases.
///
/// ```
/// use kiban_link::mpi::{View::{Different, Same}, kappa};
/// let views = [vec![(Same, Same); 20], vec![(Same, Different); 5], vec![(Different, Same); 10], vec![(Different, Different); 15]];
/// assert!((kappa(&views.concat()).unwrap().kappa - 0.4).abs() < 1e-12);
/// ```
pub fn kappa(views: &[(View, View)]) -> Option<Agreement> {
    let mut sides: BTreeMap<View, (usize, usize)> = BTreeMap::new();
    for (first, second) in views {
        sides.entry(*first).or_default().0 += 1;
        sides.entry(*second).or_default().1 += 1;
    }
    let all = Some(views.len()).filter(|all| *all > 0)?;
    let equal = views.iter().filter(|(first, second)| first == second).count();
    let observed = ratio(equal, all);
    let expected: f64 = sides.values().map(|(first, second)| ratio(*first, all) * ratio(*second, all)).sum();
    let kappa = if expected < 1.0 { (observed - expected) / (1.0 - expected) } else { 1.0 };
    Some(Agreement { cases: all, observed, expected, kappa })
}

/// Estimates how often one clerk errs, from how often two disagree; none of no cases.
///
/// Two clerks who err independently at rate e on a question of two answers disagree at d = 2e(1 − e), so
/// e = (1 − √(1 − 2d)) / 2. The interval is Wilson's for d (JASA 22, 1927), taken through the same formula. Errors that
/// both make alike are not seen: the estimate is a lower bound where cases are hard for everybody.
pub fn error_rate(views: &[(View, View)]) -> Option<Interval> {
    let all = Some(views.len()).filter(|all| *all > 0)?;
    let differing = views.iter().filter(|(first, second)| first != second).count();
    let share = wilson(differing, all);
    let error = |d: f64| (1.0 - (1.0 - 2.0 * d.min(0.5)).sqrt()) / 2.0;
    Some(Interval { estimate: error(share.estimate), low: error(share.low), high: error(share.high) })
}

fn wilson(part: usize, whole: usize) -> Interval {
    let (share, n) = (ratio(part, whole), ratio(whole, 1));
    let centre = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let end = |value: f64| (value / (1.0 + Z * Z / n)).clamp(0.0, 1.0);
    Interval { estimate: share, low: end(centre - spread), high: end(centre + spread) }
}

#[expect(clippy::cast_precision_loss, reason = "counts of cases stay far below 2^53")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use kiban_core::keyed_u64;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_cases_say_nothing_and_one_answer_is_full_agreement() {
        assert_eq!((kappa(&[]), error_rate(&[])), (None, None));
        assert!((kappa(&[(View::Same, View::Same)]).unwrap().kappa - 1.0).abs() < 1e-12);
    }

    #[test]
    fn wilson_gives_the_textbook_interval() {
        let found = wilson(10, 100); // Newcombe 1998 gives 0.0552 and 0.1744
        assert!((found.low - 0.0552).abs() < 1e-4 && (found.high - 0.1744).abs() < 1e-4);
    }

    /// A clerk who errs at a known rate on a known truth.
    fn clerk(seed: u64, who: u8, case: u64, error: f64) -> View {
        let draw = |what: &[u8]| keyed_u64(&seed.to_be_bytes(), &[what, &case.to_be_bytes()]) % 10_000;
        let truth = draw(b"truth") < 5_000;
        let errs = f64::from(u32::try_from(draw(&[who])).unwrap()) < error * 10_000.0;
        if truth == errs { View::Different } else { View::Same }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn a_planted_error_rate_is_found(seed in any::<u64>(), error in 0.01f64..0.2) {
            let views: Vec<_> =
                (0..1_500).map(|case| (clerk(seed, 1, case, error), clerk(seed, 2, case, error))).collect();
            let found = error_rate(&views).unwrap();
            prop_assert!(found.low <= found.estimate && found.estimate <= found.high);
            prop_assert!((found.estimate - error).abs() < 0.04, "{:?} for {}", found, error);
            let kappa = kappa(&views).unwrap().kappa;
            let expect = (1.0 - 2.0 * error).powi(2);
            prop_assert!((kappa - expect).abs() < 0.12, "{} for {}", kappa, expect);
        }
    }
}
