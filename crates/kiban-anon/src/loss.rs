//! Information loss: how much of the detail a generalisation takes away (Iyengar 2002, as ARX measures it).
//!
//! A value that stands for *n* of the *N* leaves of its hierarchy has the share *n/N*; a suppressed one has share 1.
//! The loss of a column is the mean share, scaled so that the untouched column has 0 and the emptied one 1. Sums are
//! kept as whole numbers, so a loss does not depend on the order in which persons are visited.

use serde::{Deserialize, Serialize};

/// Says how the losses of the columns become one score, the smaller the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// The geometric mean of 1 + loss, less 1: ARX's default.
    #[default]
    GeometricMean,
    /// The arithmetic mean.
    Mean,
    /// The loss of the worst column.
    Worst,
}

impl Aggregate {
    /// Returns the score of these column losses, all of them weighing the same.
    pub fn score(self, losses: impl Iterator<Item = f64>) -> f64 {
        self.weighted(losses.map(|loss| (loss, 1.0)))
    }

    /// Returns the score of column losses with weights between 0 and 1, the largest of which is 1.
    ///
    /// Σ w·loss / Σ w for the mean, Π (1 + loss)^(w / Σ w) − 1 for the geometric mean, the greatest w·loss for the worst. No
    /// score falls where a loss rises, whatever the weights, so bounds on losses are bounds on scores.
    /// ARX's geometric mean multiplies each 1 + loss by its weight instead, a constant that prefers no node to another.
    pub fn weighted(self, losses: impl Iterator<Item = (f64, f64)>) -> f64 {
        let (mut weights, mut sum, mut product, mut worst) = (0.0, 0.0, 1.0, 0.0_f64);
        for (loss, weight) in losses {
            weights += weight;
            sum += weight * loss;
            product *= if weight == 1.0 { 1.0 + loss } else { (1.0 + loss).powf(weight) };
            worst = worst.max(weight * loss);
        }
        let weights: f64 = if weights > 0.0 { weights } else { 1.0 };
        match self {
            Self::GeometricMean => product.powf(weights.recip()) - 1.0,
            Self::Mean => sum / weights,
            Self::Worst => worst,
        }
    }
}

/// What a search makes smallest; read from TOML as `{ name = "loss", suppression_weight = 0.5 }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Metric {
    /// ARX's loss (Iyengar 2002) with a weight between generalising and suppressing.
    Loss {
        /// 0 to 1. Below one half suppressing counts less: *s* = 2w of what it takes away, 0 nothing. Above one half
        /// generalising counts less: *g* = 2 − 2w, at 1 nothing. At one half both count in full (ARX's *gsFactor*).
        #[serde(default = "half")]
        suppression_weight: f64,
        /// How column losses become one score.
        #[serde(default)]
        aggregate: Aggregate,
    },
}

const fn half() -> f64 {
    0.5
}

impl Default for Metric {
    fn default() -> Self {
        Self::Loss { suppression_weight: half(), aggregate: Aggregate::default() }
    }
}

/// One column's account: sums of leaves behind released values, as whole numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) persons: u64,
    pub(crate) leaves: u64,
    /// Leaves behind the values of all persons at their level.
    pub(crate) behind: u64,
    pub(crate) suppressed: u64,
    /// Of `behind`, the part of those who are suppressed.
    pub(crate) behind_suppressed: u64,
    /// How much the column counts in the score, 1 at most.
    pub(crate) weight: f64,
}

impl Metric {
    /// Returns how column losses become one score.
    pub fn aggregate(&self) -> Aggregate {
        match self {
            Self::Loss { aggregate, .. } => *aggregate,
        }
    }

    fn factors(&self) -> (f64, f64) {
        match self {
            Self::Loss { suppression_weight, .. } => {
                let weight = suppression_weight.clamp(0.0, 1.0);
                ((2.0 - 2.0 * weight).min(1.0), (2.0 * weight).min(1.0))
            }
        }
    }

    /// Returns a column's loss: kept values count g·share, suppressed ones share + s·(1 − share), scaled by ARX's range.
    pub(crate) fn loss(&self, tally: &Tally) -> f64 {
        let (g, s) = self.factors();
        let (persons, leaves) = (tally.persons as f64, tally.leaves as f64);
        let all = g * tally.behind as f64 + s * leaves * tally.suppressed as f64;
        let cost = all - (g + s - 1.0) * tally.behind_suppressed as f64;
        let room = persons * leaves - g * persons;
        if room > 0.0 { ((cost - g * persons) / room).max(0.0) } else { 0.0 }
    }

    /// Puts the accounts of all columns together.
    pub(crate) fn of(&self, tallies: &[Tally]) -> Loss {
        let plain = Self::default();
        let leaves: Vec<usize> = tallies.iter().map(|t| t.leaves as usize).collect();
        let mut loss = Loss::of(tallies.iter().map(|t| plain.loss(t)).collect(), &leaves, self.aggregate());
        loss.score = self.aggregate().weighted(tallies.iter().map(|t| (self.loss(t), t.weight)));
        loss
    }
}

/// The loss of every column of a release and what is left of the whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Loss {
    /// Per column, in the order of the attributes: 0 untouched, 1 emptied.
    pub columns: Vec<f64>,
    /// What is left of the whole, each column weighted by 1 − 1/N so that one of few leaves counts less. ARX calls it
    /// granularity; compare it, not the score, across tools.
    pub granularity: f64,
    /// The score that the search made smallest, with the weights of the attributes.
    pub score: f64,
}

impl Loss {
    /// Puts the losses of columns together; `leaves` are the leaves of each column's hierarchy.
    pub fn of(columns: Vec<f64>, leaves: &[usize], aggregate: Aggregate) -> Self {
        let room = |n: &usize| 1.0 - (*n.max(&1) as f64).recip();
        let total: f64 = leaves.iter().map(room).sum();
        let lost: f64 = columns.iter().zip(leaves).map(|(loss, n)| loss * room(n)).sum();
        let score = aggregate.score(columns.iter().copied());
        let granularity = if total > 0.0 { 1.0 - lost / total } else { 1.0 };
        Self { columns, granularity, score }
    }

    /// Returns the loss of untouched columns, the "before" of a report.
    pub fn none(columns: usize) -> Self {
        Self { columns: vec![0.0; columns], granularity: 1.0, score: 0.0 }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn losses_run_from_nothing_to_everything() {
        let scaled = |behind, leaves| {
            Metric::default().loss(&Tally {
                persons: 10,
                leaves,
                behind,
                suppressed: 0,
                behind_suppressed: 0,
                weight: 1.0,
            })
        };
        assert_eq!((scaled(10, 4), scaled(40, 4), scaled(25, 4)), (0.0, 1.0, 0.5));
        assert_eq!(scaled(10, 1), 0.0, "a column of one leaf has nothing to lose");
        assert_eq!(Loss::none(3), Loss::of(vec![0.0; 3], &[2, 5, 9], Aggregate::default()));
        assert_eq!(Loss::of(vec![1.0; 2], &[2, 4], Aggregate::Mean).granularity, 0.0);
        // One column of two leaves emptied, one of four untouched: 1/2 of the room of 1/2 + 3/4 is gone.
        assert!((Loss::of(vec![1.0, 0.0], &[2, 4], Aggregate::Mean).granularity - 0.6).abs() < 1e-12);
    }

    #[test]
    fn the_geometric_mean_is_below_the_mean_and_the_mean_below_the_worst() {
        let losses = [0.1, 0.9, 0.4];
        let [geometric, mean, worst] =
            [Aggregate::GeometricMean, Aggregate::Mean, Aggregate::Worst].map(|a| a.score(losses.into_iter()));
        assert!(geometric < mean && mean < worst);
        assert!((geometric - ((1.1_f64 * 1.9 * 1.4).cbrt() - 1.0)).abs() < 1e-12);
    }

    #[test]
    fn a_weight_counts_as_often_as_it_says() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        let weighted = |a: Aggregate| a.weighted([(0.2, 1.0), (0.8, 0.5)].into_iter());
        for (aggregate, twice) in [(Aggregate::Mean, 1.2 / 3.0), (Aggregate::GeometricMean, 1.2_f64.powi(2) * 1.8)] {
            let expect = if aggregate == Aggregate::Mean { twice } else { twice.cbrt() - 1.0 };
            close(weighted(aggregate), expect);
            close(weighted(aggregate), aggregate.score([0.2, 0.2, 0.8].into_iter()));
        }
        close(weighted(Aggregate::Worst), 0.4);
        assert_eq!(Aggregate::Mean.weighted([(0.7, 0.0)].into_iter()), 0.0, "what has no weight loses nothing");
    }

    #[test]
    fn the_weight_moves_cost_between_generalising_and_suppressing() {
        // Ten persons, five leaves; four have values of two leaves, two of these four are suppressed.
        let tally = Tally { persons: 10, leaves: 5, behind: 14, suppressed: 2, behind_suppressed: 4, weight: 1.0 };
        let loss = |w: f64| Metric::Loss { suppression_weight: w, aggregate: Aggregate::Mean }.loss(&tally);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(loss(0.5), (10.0 + 10.0 - 10.0) / 40.0);
        close(loss(0.0), (14.0 - 10.0) / 40.0);
        close(loss(0.25), (10.0 + 4.0 + 0.5 * (10.0 - 4.0) - 10.0) / 40.0);
        close(loss(1.0), 10.0 / 50.0);
        close(loss(0.75), (0.5 * 10.0 + 10.0 - 0.5 * 10.0) / (50.0 - 5.0));
    }
}
