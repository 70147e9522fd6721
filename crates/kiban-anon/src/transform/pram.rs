//! Post-randomisation 事後ランダム化: a category is exchanged for another with known probabilities.

use serde::{Deserialize, Serialize};

use super::dice::Dice;
use crate::error::{Error, Result};

/// PRAM (Gouweleeuw, Kooiman, Willenborg, de Wolf 1998, *Post randomisation for statistical disclosure control*).
///
/// A value stays with probability `keep` and else becomes any other value of its column, each as likely.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pram {
    /// The probability that a value stays in the (first) exchange, in millionths at the finest.
    pub keep: f64,
    /// Whether the frequencies are kept on average.
    #[serde(default)]
    pub kind: PramKind,
}

/// What a post-randomisation keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PramKind {
    /// The expected frequency of every value. A second exchange goes back from each value as Bayes would guess where it came
    /// from: with P the first and t the frequencies, Q(l → k) ∝ t(k) P(k → l), and t P Q = t.
    #[default]
    Invariant,
    /// Nothing: the analyst corrects by the inverse of the exchange.
    Plain,
}

const MILLION: u128 = 1_000_000;

impl Pram {
    /// Exchanges codes `0..`, each row by its own dice.
    ///
    /// # Errors
    /// A probability outside 0 to 1.
    pub(crate) fn exchange(&self, codes: &[u32], dice: impl Fn(usize) -> Dice) -> Result<Vec<u32>> {
        if !(0.0..=1.0).contains(&self.keep) {
            let why = "keep must lie between 0 and 1";
            return Err(Error::BadParameter { what: "pram".to_owned(), why });
        }
        let law = Law::new(codes, (self.keep * 1e6).round() as u128);
        let throw = |(row, code): (usize, &u32)| {
            let mut dice = dice(row);
            let there = law.away(*code, &mut dice);
            match self.kind {
                PramKind::Plain => there,
                PramKind::Invariant => law.back(there, &mut dice),
            }
        };
        Ok(codes.iter().enumerate().map(throw).collect())
    }
}

/// The frequencies, and the odds of staying in millionths.
struct Law {
    /// Rows with a smaller code, per code, and at last all.
    below: Vec<u128>,
    keep: u128,
}

impl Law {
    fn new(codes: &[u32], keep: u128) -> Self {
        let mut below = vec![0; codes.iter().max().map_or(0, |most| *most as usize + 1) + 1];
        for code in codes {
            below.iter_mut().skip(*code as usize + 1).take(1).for_each(|n| *n += 1);
        }
        let mut sum = 0;
        for count in &mut below {
            sum += *count;
            *count = sum;
        }
        Self { below, keep }
    }

    fn values(&self) -> u128 {
        self.below.len() as u128 - 1
    }

    fn span(&self, code: u32) -> (u128, u128) {
        let end = |at: usize| self.below.get(at).copied().unwrap_or(0);
        (end(code as usize), end(code as usize + 1))
    }

    fn away(&self, code: u32, dice: &mut Dice) -> u32 {
        if self.values() < 2 || dice.coin(self.keep, MILLION) {
            return code;
        }
        let other = dice.below(self.values() - 1) as u32;
        if other < code { other } else { other + 1 }
    }

    /// Goes back: weight (values − 1) · keep · t(l) for staying, (1 − keep) · t(k) for each other.
    fn back(&self, code: u32, dice: &mut Dice) -> u32 {
        let (from, to) = self.span(code);
        let all = self.below.last().copied().unwrap_or(0);
        let stay = (self.values() - 1) * self.keep * (to - from);
        let leave = MILLION - self.keep;
        let thrown = dice.below(stay + leave * (all - (to - from)));
        if self.values() < 2 || thrown < stay {
            return code;
        }
        // A row of another value, each as likely.
        let row = (thrown - stay) / leave.max(1);
        let row = if row < from { row } else { row + (to - from) };
        (self.below.partition_point(|below| *below <= row) as u32).saturating_sub(1)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn codes() -> Vec<u32> {
        (0..8_000).map(|row: u32| if row.is_multiple_of(10) { row / 10 % 3 + 1 } else { 0 }).collect()
    }

    fn counts(codes: &[u32]) -> [f64; 4] {
        let mut counts = [0.0; 4];
        codes.iter().for_each(|c| counts[*c as usize] += 1.0);
        counts
    }

    fn exchanged(keep: f64, kind: PramKind) -> Vec<u32> {
        Pram { keep, kind }.exchange(&codes(), |row| Dice::new(b"pram", &[&row.to_be_bytes()])).unwrap()
    }

    #[test]
    fn the_invariant_kind_keeps_frequencies_on_average_and_the_plain_one_does_not() {
        let before = counts(&codes());
        let chi = |after: [f64; 4]| before.iter().zip(after).map(|(b, a)| (a - b).powi(2) / b).sum::<f64>();
        // A count has less variance than a multinomial one here; chi-square with 3 degrees: 16.3 has probability 0.001.
        let invariant = exchanged(0.6, PramKind::Invariant);
        assert!(chi(counts(&invariant)) < 16.3, "{:?}", counts(&invariant));
        let plain = exchanged(0.6, PramKind::Plain);
        assert!(chi(counts(&plain)) > 1_000.0);
        assert!(invariant.iter().zip(codes()).any(|(a, b)| *a != b));
    }

    #[test]
    fn the_plain_kind_keeps_as_many_as_it_says() {
        let after = exchanged(0.6, PramKind::Plain);
        let stayed = after.iter().zip(codes()).filter(|(a, b)| **a == *b).count() as f64 / 8_000.0;
        assert!((stayed - 0.6).abs() < 4.0 * (0.24_f64 / 8_000.0).sqrt(), "{stayed}");
        assert_eq!(exchanged(1.0, PramKind::Plain), codes());
        assert_eq!(exchanged(1.0, PramKind::Invariant), codes());
        assert!(Pram { keep: 1.1, kind: PramKind::Plain }.exchange(&[0], |_| Dice::new(b"", &[])).is_err());
        let one = Pram { keep: 0.0, kind: PramKind::Invariant }.exchange(&[0, 0], |_| Dice::new(b"", &[]));
        assert_eq!(one, Ok(vec![0, 0]), "a column of one value stays");
    }
}
