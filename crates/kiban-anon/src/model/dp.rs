//! Differential privacy by sampling, generalising and suppressing small classes.

use kiban_core::keyed_u64;
use serde::Serialize;

use crate::error::{Error, Result};

/// The sampling probability and the smallest class that give (ε, δ)-differential privacy.
///
/// Theorem 1 of Li, Qardaji and Su (2012, *On sampling, anonymization, and differential privacy*): a data-independent
/// generalisation of a β-sample in which classes below k are suppressed is (ε, δ)-private for ε ≥ −ln(1 − β) and
/// δ ≥ max over n ≥ ⌈k/γ − 1⌉ of Σ_{j > γn} f(j; n, β), with γ = (e^ε − 1 + β)/e^ε and f the binomial density. As in SafePub
/// (Bild, Kuhn, Prasser 2018) β = 1 − e^−ε, the largest allowed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DpParameters {
    /// The probability with which each person is in the sample.
    pub beta: f64,
    /// The smallest class that is released.
    pub k: u32,
}

impl DpParameters {
    /// Computes the parameters for a budget.
    ///
    /// # Errors
    /// An ε that is not positive, or a δ outside 0 to 1.
    pub fn new(epsilon: f64, delta: f64) -> Result<Self> {
        let bad = |why| Err(Error::BadParameter { what: "differential privacy".to_owned(), why });
        if !(epsilon > 0.0 && epsilon.is_finite()) {
            return bad("epsilon must be above 0");
        }
        if !(delta > 0.0 && delta < 1.0) {
            return bad("delta must lie between 0 and 1");
        }
        let beta = -(-epsilon).exp_m1();
        // δ falls with k: double until it is small enough, then bisect.
        let fits = |k: u32| delta_of(k, epsilon, beta) <= delta;
        let mut high = 2;
        while !fits(high) {
            if high >= 1 << 20 {
                return bad("no class size gives so small a delta");
            }
            high *= 2;
        }
        let (mut low, mut high) = (1, high);
        while low < high {
            let middle = low + (high - low) / 2;
            if fits(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(Self { beta, k: high })
    }
}

/// δ for a smallest class of k: the worst binomial tail over all n from k/γ − 1 on.
fn delta_of(k: u32, epsilon: f64, beta: f64) -> f64 {
    let gamma = (epsilon.exp_m1() + beta) / epsilon.exp();
    let first = (f64::from(k) / gamma - 1.0).ceil().max(0.0) as u64;
    // By Chernoff the tail at n is at most exp(−n D(γ‖β)), so the search ends where no later n can be worse.
    let divergence = gamma * (gamma / beta).ln() + (1.0 - gamma) * ((1.0 - gamma) / (1.0 - beta)).ln();
    let mut worst = 0.0_f64;
    for n in first.. {
        if n > first && (-(n as f64) * divergence).exp() <= worst || n > first + (1 << 16) {
            break;
        }
        worst = worst.max(tail(n, gamma, beta));
    }
    worst
}

/// Σ_{j > γn} of the binomial density f(j; n, β).
fn tail(n: u64, gamma: f64, beta: f64) -> f64 {
    let from = (gamma * n as f64 + 1e-12).floor() as u64 + 1;
    let mut sum = 0.0;
    for j in from..=n {
        let log = ln_choose(n, j) + j as f64 * beta.ln() + (n - j) as f64 * (-beta).ln_1p();
        let term = log.exp();
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum
}

fn ln_choose(n: u64, j: u64) -> f64 {
    let gamma = super::uniqueness::ln_gamma;
    gamma(n as f64 + 1.0) - gamma(j as f64 + 1.0) - gamma((n - j) as f64 + 1.0)
}

/// Tells whether a person is in the sample: a coin that falls by the key and the person, the same every time.
///
/// ```
/// let kept = (0..10_000_u64).filter(|id| kiban_anon::keep_in_sample(b"key", &id.to_be_bytes(), 0.5)).count();
/// assert!((4_800..5_200).contains(&kept));
/// ```
pub fn keep_in_sample(key: &[u8], person: &[u8], beta: f64) -> bool {
    let coin = keyed_u64(key, &[b"sample", person]);
    (coin as f64) < beta.clamp(0.0, 1.0) * 2.0_f64.powi(64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_tight() {
        for (epsilon, delta) in [(2.0, 1e-6), (1.0, 1e-5), (0.5, 1e-4)] {
            let found = DpParameters::new(epsilon, delta).unwrap();
            assert!((found.beta - (1.0 - (-epsilon).exp())).abs() < 1e-12);
            assert!(delta_of(found.k, epsilon, found.beta) <= delta);
            assert!(delta_of(found.k - 1, epsilon, found.beta) > delta, "{found:?} is not the smallest");
        }
    }

    #[test]
    fn a_smaller_budget_needs_larger_classes_and_samples_less() {
        let (loose, tight) = (DpParameters::new(2.0, 1e-6).unwrap(), DpParameters::new(2.0, 1e-9).unwrap());
        assert!(loose.k < tight.k && loose.beta == tight.beta);
        assert!(DpParameters::new(0.5, 1e-6).unwrap().beta < loose.beta);
        assert!(DpParameters::new(0.0, 0.1).is_err() && DpParameters::new(1.0, 0.0).is_err());
    }

    #[test]
    fn the_tail_is_a_binomial_tail() {
        // P(X > 2) for four fair coins is 5/16.
        assert!((tail(4, 0.5, 0.5) - 5.0 / 16.0).abs() < 1e-12);
    }
}
