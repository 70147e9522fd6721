//! How often an attack succeeds, beside how often it would where it can have learnt nothing.

use serde::Serialize;

/// The quantile of the normal distribution for an interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// The success of an attack with its 95 % interval, and that of its control.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// Guesses made.
    pub attempts: u64,
    /// Those expected to be right; a guess among n that fit equally counts 1/n.
    pub successes: f64,
    /// `successes` of `attempts`; 0 where nothing could be tried.
    pub share: f64,
    /// The 95 % interval of the share (Wilson 1927).
    pub interval: [f64; 2],
    /// The share of the control.
    pub control: f64,
    /// The 95 % interval of the control.
    pub control_interval: [f64; 2],
}

impl Rate {
    /// Returns what the attack gains over its control, of what the control leaves open (Giomi et al. 2023, equation 3).
    pub fn excess(&self) -> f64 {
        if self.control >= 1.0 { 0.0 } else { ((self.share - self.control) / (1.0 - self.control)).max(0.0) }
    }

    /// Tells whether the attack beats its control so clearly that the two intervals do not meet.
    pub fn beats_control(&self) -> bool {
        self.interval[0] > self.control_interval[1]
    }
}

/// Guesses made and guesses right.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) attempts: u64,
    pub(super) successes: f64,
}

impl Tally {
    pub(super) fn add(&mut self, success: f64) {
        self.attempts += 1;
        self.successes += success;
    }

    pub(super) fn share(self) -> f64 {
        if self.attempts == 0 { 0.0 } else { self.successes / self.attempts as f64 }
    }

    /// Puts an attack beside its control.
    pub(super) fn beside(self, control: Self) -> Rate {
        Rate {
            attempts: self.attempts,
            successes: self.successes,
            share: self.share(),
            interval: wilson(self.successes, self.attempts),
            control: control.share(),
            control_interval: wilson(control.successes, control.attempts),
        }
    }
}

/// Returns Wilson's 95 % score interval of a share; of no attempt it is everything.
///
/// Wilson, E. B. (1927), *Probable inference, the law of succession, and statistical inference*; it holds its level for
/// small numbers and shares near 0 and 1, where the textbook interval does not (Brown, Cai, DasGupta 2001).
pub fn wilson(successes: f64, attempts: u64) -> [f64; 2] {
    if attempts == 0 {
        return [0.0, 1.0];
    }
    let n = attempts as f64;
    let share = successes / n;
    let (square, scale) = (Z * Z / n, 1.0 + Z * Z / n);
    let middle = (share + square / 2.0) / scale;
    let half = Z / scale * (share * (1.0 - share) / n + square / (4.0 * n)).max(0.0).sqrt();
    [(middle - half).clamp(0.0, share), (middle + half).clamp(share, 1.0)]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_the_published_one() {
        // Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        let cases = [(81.0, 263, 0.2553, 0.3662), (15.0, 148, 0.0624, 0.1605), (0.0, 20, 0.0, 0.1611)];
        for (successes, attempts, low, high) in cases.into_iter().chain([(1.0, 29, 0.0061, 0.1718)]) {
            let [l, h] = wilson(successes, attempts);
            assert!((l - low).abs() < 6e-5 && (h - high).abs() < 6e-5, "{successes} of {attempts}: {l} {h}");
        }
        assert_eq!((wilson(0.0, 0), wilson(5.0, 5)[1]), ([0.0, 1.0], 1.0));
    }

    #[test]
    fn the_interval_covers_the_truth_as_often_as_it_says() {
        // Exact, by summing over all outcomes; in logarithms, for (1 − p)ⁿ is too small to be written down.
        let covered = |n: u64, p: f64| {
            let mut log = n as f64 * (1.0 - p).ln();
            let mut sum = 0.0;
            for x in 0..=n {
                let [low, high] = wilson(x as f64, n);
                sum += if (low..=high).contains(&p) { log.exp() } else { 0.0 };
                log += ((n - x) as f64 / (x + 1) as f64 * p / (1.0 - p)).ln();
            }
            sum
        };
        for n in [10, 40, 200] {
            let all: Vec<f64> = (1..200).map(|p| covered(n, f64::from(p) / 200.0)).collect();
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            assert!((0.945..0.965).contains(&mean), "{n}: {mean}");
            assert!(all.iter().all(|c| *c > 0.83), "{n}");
        }
    }

    #[test]
    fn only_what_is_beyond_the_control_counts() {
        let of = |right: f64, control: f64| {
            Tally { attempts: 100, successes: right }.beside(Tally { attempts: 100, successes: control })
        };
        assert!(of(90.0, 20.0).beats_control() && !of(25.0, 20.0).beats_control());
        assert!((of(90.0, 20.0).excess() - 0.875).abs() < 1e-12);
        assert_eq!((of(10.0, 20.0).excess(), of(100.0, 100.0).excess()), (0.0, 0.0));
        assert!(!Tally::default().beside(Tally::default()).beats_control());
    }
}
