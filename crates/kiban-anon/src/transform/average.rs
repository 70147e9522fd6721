//! One number for many.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The number that stands for a group's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Average {
    /// The arithmetic mean, which keeps the column's sum.
    #[default]
    Mean,
    /// The middle one, or the mean of the two in the middle.
    Median,
    /// The n-th root of the product; all numbers must be above 0.
    GeometricMean,
    /// The most frequent, of several the least.
    Mode,
}

impl Average {
    /// Returns the number for a group that is not empty.
    ///
    /// # Errors
    /// A geometric mean of numbers that are not all above 0.
    pub(crate) fn of(self, numbers: &mut [f64]) -> Result<f64> {
        numbers.sort_unstable_by(f64::total_cmp);
        let many = numbers.len().max(1) as f64;
        let at = |place: usize| numbers.get(place).copied().unwrap_or(0.0);
        Ok(match self {
            Self::Mean => numbers.iter().sum::<f64>() / many,
            Self::Median => f64::midpoint(at(numbers.len().saturating_sub(1) / 2), at(numbers.len() / 2)),
            Self::GeometricMean if at(0) > 0.0 => (numbers.iter().map(|v| v.ln()).sum::<f64>() / many).exp(),
            Self::GeometricMean => {
                let why = "a geometric mean needs numbers above 0";
                return Err(Error::BadParameter { what: "aggregate".to_owned(), why });
            }
            Self::Mode => {
                let runs = numbers.chunk_by(|a, b| a == b);
                let longest = runs.fold(&[][..], |best, run| if run.len() > best.len() { run } else { best });
                longest.first().copied().unwrap_or(0.0)
            }
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn each_is_what_its_name_says() {
        let check = |average: Average, expect: f64| {
            let found = average.of(&mut [8.0, 1.0, 1.0, 2.0]).unwrap();
            assert!((found - expect).abs() < 1e-12, "{average:?} {found}");
        };
        check(Average::Mean, 3.0);
        check(Average::Median, 1.5);
        check(Average::GeometricMean, 2.0);
        check(Average::Mode, 1.0);
        assert!(Average::GeometricMean.of(&mut [0.0, 1.0]).is_err());
        assert_eq!(Average::Median.of(&mut [3.0, 1.0, 2.0]), Ok(2.0));
    }
}
