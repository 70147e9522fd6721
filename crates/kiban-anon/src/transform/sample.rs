//! Sampling 抽出: who is in the release follows from the key and the row id alone.

use kiban_core::keyed_u64;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    model::keep_in_sample,
};

/// A simple random sample; read from TOML as `{ size = 1000 }` or `{ share = 0.1 }`.
///
/// The same rows are drawn on every run and whatever the order of the rows. In a larger table of the same rows and more, a
/// share draws the same rows again; a size draws some of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Sample {
    /// Just so many rows, or all where there are fewer; every set of that size is as likely.
    Size(usize),
    /// Each row with this probability, on its own (Bernoulli sampling), as [`keep_in_sample`] draws it.
    Share(f64),
}

impl Sample {
    /// Tells for each row whether it is drawn.
    ///
    /// # Errors
    /// A share outside 0 to 1.
    pub fn draw(self, ids: &[u64], key: &[u8]) -> Result<Vec<bool>> {
        match self {
            Self::Size(size) => {
                let lot = |id: u64| keyed_u64(key, &[b"sample of a size", &id.to_be_bytes()]);
                let mut lots: Vec<(u64, u64, usize)> =
                    ids.iter().enumerate().map(|(row, id)| (lot(*id), *id, row)).collect();
                lots.sort_unstable();
                let mut drawn = vec![false; ids.len()];
                for (_, _, row) in lots.into_iter().take(size) {
                    drawn.iter_mut().skip(row).take(1).for_each(|d| *d = true);
                }
                Ok(drawn)
            }
            Self::Share(share) if (0.0..=1.0).contains(&share) => {
                Ok(ids.iter().map(|id| keep_in_sample(key, &id.to_be_bytes(), share)).collect())
            }
            Self::Share(_) => {
                Err(Error::BadParameter { what: "sample".to_owned(), why: "a share lies between 0 and 1" })
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn drawn(sample: Sample, ids: &[u64], key: &[u8]) -> BTreeSet<u64> {
        let drawn = sample.draw(ids, key).unwrap();
        ids.iter().zip(drawn).filter(|(_, d)| *d).map(|(id, _)| *id).collect()
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter_and_the_key_does() {
        let (ids, back): (Vec<u64>, Vec<u64>) = ((0..2_000).collect(), (0..2_000).rev().collect());
        for sample in [Sample::Size(300), Sample::Share(0.15)] {
            let found = drawn(sample, &ids, b"k");
            assert_eq!(found, drawn(sample, &back, b"k"));
            assert_ne!(found, drawn(sample, &ids, b"l"));
            // Four standard deviations of 300 drawn with a share of 0.15 are 64.
            assert!(found.len().abs_diff(300) <= if matches!(sample, Sample::Size(_)) { 0 } else { 64 });
        }
        assert_eq!(drawn(Sample::Size(9), &[1, 2], b"k").len(), 2);
        assert!(Sample::Share(1.5).draw(&[1], b"k").is_err());
    }
}
