//! Information loss: how much of the detail a generalisation takes away (Iyengar 2002, as ARX measures it).
//!
//! A value that stands for *n* of the *N* leaves of its hierarchy has the share *n/N*; a suppressed one has share 1.
//! The loss of a column is the mean share, scaled so that the untouched column has 0 and the emptied one 1. Sums are
//! kept as whole numbers, so a loss does not depend on the order in which persons are visited.

use serde::Serialize;

/// Says how the losses of the columns become one score, the smaller the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
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
    /// Returns the score of these column losses.
    pub fn score(self, losses: impl Iterator<Item = f64>) -> f64 {
        let (mut columns, mut sum, mut product, mut worst) = (0_u32, 0.0, 1.0, 0.0_f64);
        for loss in losses {
            columns += 1;
            sum += loss;
            product *= 1.0 + loss;
            worst = worst.max(loss);
        }
        let columns = f64::from(columns.max(1));
        match self {
            Self::GeometricMean => product.powf(columns.recip()) - 1.0,
            Self::Mean => sum / columns,
            Self::Worst => worst,
        }
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
    /// The score that the search made smallest.
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

/// Scales a sum of leaves standing behind the released values to a loss between 0 and 1.
pub(crate) fn scaled(behind: u64, persons: u64, leaves: u64) -> f64 {
    let room = persons * leaves.saturating_sub(1);
    if room == 0 { 0.0 } else { behind.saturating_sub(persons) as f64 / room as f64 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn losses_run_from_nothing_to_everything() {
        assert_eq!((scaled(10, 10, 4), scaled(40, 10, 4), scaled(25, 10, 4)), (0.0, 1.0, 0.5));
        assert_eq!(scaled(10, 10, 1), 0.0, "a column of one leaf has nothing to lose");
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
}
