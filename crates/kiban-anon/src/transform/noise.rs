//! Noise 雑音: whole steps of a grid, drawn without a single fraction.

use serde::{Deserialize, Serialize};

use super::dice::Dice;
use crate::error::{Error, Result};

/// A mechanism that adds noise to each value on its own; read from TOML as
/// `{ mechanism = "discrete_laplace", epsilon = 1.0, sensitivity = 10, grid = 1 }`.
///
/// The value is put on the grid (the multiples of `grid`), a whole number of steps is added. What that protects: an
/// adversary who sees the released value cannot tell apart two true values that differ by at most `sensitivity`, within
/// the budget. With `range` the value is first clamped into it, and with `sensitivity` = the range's width this is *local*
/// differential privacy of the value; without, it is metric privacy (Chatzikokolakis et al. 2013), ε·|x−y|/sensitivity.
/// Several noisy values of one person add up their budgets. Parameters are used in millionths, budgets rounded down.
///
/// The samplers are those of Canonne, Kamath and Steinke (2020, *The discrete Gaussian for differential privacy*): coins
/// with rational odds only, so the low bits of floating-point numbers cannot give a value away (Mironov 2012).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mechanism", rename_all = "snake_case", deny_unknown_fields)]
pub enum Noise {
    /// P(z) ∝ exp(−ε|z|/Δ), Δ the sensitivity in steps: ε-indistinguishable.
    DiscreteLaplace {
        /// The budget ε.
        epsilon: f64,
        /// The difference between two values that is hidden, in the column's unit.
        sensitivity: f64,
        /// The step, in the column's unit.
        grid: f64,
        /// Least and greatest value; what lies outside becomes the nearest of them first.
        #[serde(default)]
        range: Option<[f64; 2]>,
    },
    /// P(z) ∝ exp(−z²/2σ²) with σ² = Δ²/2ρ: ρ-zero-concentrated (Bun, Steinke 2016).
    DiscreteGaussian {
        /// The budget ρ.
        rho: f64,
        /// The difference between two values that is hidden, in the column's unit.
        sensitivity: f64,
        /// The step, in the column's unit.
        grid: f64,
        /// Least and greatest value; what lies outside becomes the nearest of them first.
        #[serde(default)]
        range: Option<[f64; 2]>,
    },
}

/// A noise whose parameters were checked.
pub(crate) struct Noisy {
    grid: f64,
    range: [f64; 2],
    law: Law,
}

enum Law {
    /// Of scale t/s.
    Laplace { t: u128, s: u128 },
    /// Of variance p/q, with t = ⌊σ⌋ + 1.
    Gaussian { p: u128, q: u128, t: u128 },
}

const MILLION: u128 = 1_000_000;

impl Noise {
    pub(crate) fn ready(&self) -> Result<Noisy> {
        let (Self::DiscreteLaplace { epsilon: budget, sensitivity, grid, range }
        | Self::DiscreteGaussian { rho: budget, sensitivity, grid, range }) = self;
        let budget = millionths(*budget)?;
        let steps = steps(*sensitivity, *grid)?;
        let law = match self {
            Self::DiscreteLaplace { .. } => Law::Laplace { t: steps * MILLION, s: budget },
            Self::DiscreteGaussian { .. } => {
                let (p, q) = (steps * steps * (MILLION / 2), budget);
                let shared = common(p, q);
                let (p, q) = (p / shared, q / shared);
                Law::Gaussian { p, q, t: (p / q).isqrt() + 1 }
            }
        };
        if matches!(law, Law::Gaussian { t, .. } if t > 1 << 17) {
            return wrong("the standard deviation is above 131,072 steps; choose a coarser grid");
        }
        let range = range.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        if !range.is_sorted() || range.iter().any(|end| end.is_nan()) {
            return wrong("range must be [least, greatest]");
        }
        Ok(Noisy { grid: *grid, range, law })
    }
}

fn wrong<T>(why: &'static str) -> Result<T> {
    Err(Error::BadParameter { what: "noise".to_owned(), why })
}

fn millionths(budget: f64) -> Result<u128> {
    let millionths = (budget * 1e6).floor();
    if (1.0..=1e9).contains(&millionths) {
        return Ok(millionths as u128);
    }
    wrong("the budget must lie between 0.000001 and 1000")
}

/// Returns by how many steps two values can differ once they are on the grid.
fn steps(sensitivity: f64, grid: f64) -> Result<u128> {
    if !(grid > 0.0 && sensitivity > 0.0 && sensitivity / grid <= f64::from(1 << 24)) {
        return wrong("sensitivity and grid must be above 0, and at most 16,777,216 steps apart");
    }
    // Where a step is no whole number, dividing by it may round two values apart by one more.
    let fraction = u128::from(grid.fract() != 0.0);
    Ok((sensitivity / grid).ceil() as u128 + fraction)
}

const fn common(mut a: u128, mut b: u128) -> u128 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Noisy {
    /// Adds noise to a value.
    pub(crate) fn add(&self, value: f64, dice: &mut Dice) -> f64 {
        let [low, high] = self.range;
        let step = (value.clamp(low, high) / self.grid + 0.5).floor();
        (step + self.draw(dice) as f64) * self.grid
    }

    fn draw(&self, dice: &mut Dice) -> i64 {
        match self.law {
            Law::Laplace { t, s } => laplace(dice, t, s),
            Law::Gaussian { p, q, t } => gaussian(dice, p, q, t),
        }
    }
}

/// Draws from the discrete Laplace law of scale t/s (algorithm 2).
fn laplace(dice: &mut Dice, t: u128, s: u128) -> i64 {
    loop {
        let within = dice.below(t);
        if !dice.exp_coin(within, t) {
            continue;
        }
        let mut whole = 0;
        while dice.exp_coin(1, 1) {
            whole += 1;
        }
        let size = i64::try_from((within + t * whole) / s).unwrap_or(i64::MAX);
        match dice.coin(1, 2) {
            true if size == 0 => {}
            true => return -size,
            false => return size,
        }
    }
}

/// Draws from the discrete Gaussian law of variance p/q (algorithm 3): a Laplace draw of scale t, kept with probability
/// exp(−(|y| − σ²/t)²/2σ²). A draw too large for 128 bits would be kept with a probability below exp(−1000).
fn gaussian(dice: &mut Dice, p: u128, q: u128, t: u128) -> i64 {
    loop {
        let drawn = laplace(dice, t, 1);
        let scaled = u128::from(drawn.unsigned_abs()).checked_mul(q * t);
        let squared = scaled.map(|y| y.abs_diff(p)).and_then(|y| y.checked_mul(y));
        if squared.is_some_and(|squared| dice.exp_coin(squared, 2 * p * q * t * t)) {
            return drawn;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn draws(noise: &Noise, many: u32) -> Vec<i64> {
        let noisy = noise.ready().unwrap();
        let mut dice = Dice::new(b"noise", &[]);
        (0..many).map(|_| noisy.draw(&mut dice)).collect()
    }

    /// Chi-square of the counts of −4…4 and of the two tails against a density; 10 degrees, 29.6 has probability 0.001.
    fn check(noise: &Noise, density: impl Fn(f64) -> f64) {
        let many = 8_000;
        let total: f64 = (-2_000..=2_000).map(|z| density(f64::from(z))).sum();
        let mut counts = [0.0; 11];
        draws(noise, many).iter().for_each(|z| counts[usize::try_from(z.clamp(&-5, &5) + 5).unwrap()] += 1.0);
        let expect = |z: i32| {
            let tail = |from: i32| (from..2_000).map(|z| density(f64::from(z))).sum::<f64>();
            f64::from(many) / total * if z.abs() == 5 { tail(5) } else { density(f64::from(z)) }
        };
        let chi: f64 = (-5..=5).zip(counts).map(|(z, n)| (n - expect(z)).powi(2) / expect(z)).sum();
        assert!(chi < 29.6, "{chi} {counts:?}");
    }

    #[test]
    fn draws_follow_their_law() {
        let (range, grid) = (None, 1.0);
        let laplace = Noise::DiscreteLaplace { epsilon: 0.75, sensitivity: 2.0, grid, range };
        check(&laplace, |z| (-0.75 * z.abs() / 2.0).exp());
        let gaussian = Noise::DiscreteGaussian { rho: 0.3, sensitivity: 2.0, grid, range };
        check(&gaussian, |z| (-z * z / (2.0 * 4.0 / 0.6)).exp());
    }

    #[test]
    fn a_value_stays_on_the_grid_and_is_clamped_first() {
        let noise = Noise::DiscreteLaplace { epsilon: 1e3, sensitivity: 1.0, grid: 5.0, range: Some([0.0, 100.0]) };
        let noisy = noise.ready().unwrap();
        let mut dice = Dice::new(b"noise", &[]);
        // A step then has odds of exp(−1000): what is left is the rounding.
        assert_eq!([47.4, 47.6, -9.0, 1e9].map(|v| noisy.add(v, &mut dice)), [45.0, 50.0, 0.0, 100.0]);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let laplace = |epsilon, sensitivity, grid, range| Noise::DiscreteLaplace { epsilon, sensitivity, grid, range };
        for bad in [
            laplace(0.0, 1.0, 1.0, None),
            laplace(f64::NAN, 1.0, 1.0, None),
            laplace(1.0, -1.0, 1.0, None),
            laplace(1.0, 1e9, 1e-3, None),
            laplace(1.0, 1.0, 1.0, Some([2.0, 1.0])),
            Noise::DiscreteGaussian { rho: 1e-6, sensitivity: 1e6, grid: 1.0, range: None },
        ] {
            assert!(bad.ready().is_err(), "{bad:?}");
        }
        assert_eq!((steps(10.0, 1.0), steps(10.0, 0.1), steps(10.0, 4.0)), (Ok(10), Ok(101), Ok(3)));
    }
}
