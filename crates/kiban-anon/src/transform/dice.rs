//! Chance that follows from a key: the same key and name give the same throws, and no throw is a fraction.

use kiban_core::keyed;

/// A stream of throws: HMAC-SHA-256 in counter mode under a key that follows from the caller's key and a name.
pub(crate) struct Dice {
    key: [u8; 32],
    block: u64,
    words: [u64; 4],
    left: usize,
}

impl Dice {
    /// Opens the stream of that name, such as a column and a row id.
    pub(crate) fn new(key: &[u8], name: &[&[u8]]) -> Self {
        Self { key: keyed(key, name), block: 0, words: [0; 4], left: 0 }
    }

    fn word(&mut self) -> u64 {
        if self.left == 0 {
            let block = keyed(&self.key, &[&self.block.to_be_bytes()]);
            for (word, bytes) in self.words.iter_mut().zip(block.as_chunks::<8>().0) {
                *word = u64::from_be_bytes(*bytes);
            }
            (self.block, self.left) = (self.block + 1, self.words.len());
        }
        self.left -= 1;
        self.words.get(self.left).copied().unwrap_or(0)
    }

    /// Throws a number below `sides`, each as likely as any other: bits are drawn until they are one.
    pub(crate) fn below(&mut self, sides: u128) -> u128 {
        let Some(last) = sides.checked_sub(1) else { return 0 };
        let mask = u128::MAX.checked_shr(last.leading_zeros()).unwrap_or(0);
        loop {
            let high = if mask > u128::from(u64::MAX) { u128::from(self.word()) << 64 } else { 0 };
            let drawn = (high | u128::from(self.word())) & mask;
            if drawn < sides {
                return drawn;
            }
        }
    }

    /// Throws a place in a list of so many.
    pub(crate) fn place(&mut self, many: usize) -> usize {
        self.below(many as u128) as usize
    }

    /// Falls on true with probability a/b.
    pub(crate) fn coin(&mut self, a: u128, b: u128) -> bool {
        self.below(b) < a
    }

    /// Puts a list into an order as likely as any other (Fisher, Yates 1938).
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            let at = self.place(end + 1);
            list.swap(at, end);
        }
    }

    /// Falls on true with probability exp(−a/b) (Canonne, Kamath, Steinke 2020, algorithm 1).
    ///
    /// For a/b ≤ 1 coins of a/b, a/2b, a/3b … are thrown until one falls on false; the count is odd with just that
    /// probability (von Neumann). Above 1 the whole part is that many throws of exp(−1).
    pub(crate) fn exp_coin(&mut self, a: u128, b: u128) -> bool {
        let (whole, rest) = (a / b.max(1), a % b.max(1));
        for _ in 0..whole {
            if !self.exp_coin_of_at_most_one(1, 1) {
                return false;
            }
        }
        self.exp_coin_of_at_most_one(rest, b.max(1))
    }

    fn exp_coin_of_at_most_one(&mut self, a: u128, b: u128) -> bool {
        let mut count = 1_u128;
        while self.coin(a, b * count) {
            count += 1;
        }
        count % 2 == 1
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn share(throws: u32, mut throw: impl FnMut(&mut Dice) -> bool) -> f64 {
        let mut dice = Dice::new(b"test", &[]);
        f64::from((0..throws).map(|_| u32::from(throw(&mut dice))).sum::<u32>()) / f64::from(throws)
    }

    /// Four standard deviations of a share of 5,000 throws are at most 0.0283.
    fn check(found: f64, expect: f64) {
        assert!((found - expect).abs() < 0.0283, "{found} {expect}");
    }

    #[test]
    fn coins_fall_as_often_as_they_say() {
        check(share(5_000, |d| d.coin(3, 10)), 0.3);
        check(share(5_000, |d| d.coin(3 << 90, 10 << 90)), 0.3);
        for (a, b) in [(0, 1), (1, 3), (1, 1), (5, 2)] {
            check(share(5_000, |d| d.exp_coin(a, b)), (-(a as f64) / b as f64).exp());
        }
    }

    #[test]
    fn every_side_and_every_order_is_as_likely() {
        let mut dice = Dice::new(b"test", &[]);
        let (mut sides, mut orders) = ([0; 6], std::collections::BTreeMap::new());
        for _ in 0..6_000 {
            sides[dice.place(6)] += 1;
            let mut list = [0, 1, 2];
            dice.shuffle(&mut list);
            *orders.entry(list).or_insert(0) += 1;
        }
        // Chi-square with 5 degrees of freedom: 20.5 has probability 0.001.
        let chi = |counts: &[i32]| counts.iter().map(|n| f64::from(n - 1_000).powi(2) / 1_000.0).sum::<f64>();
        assert!(chi(&sides) < 20.5 && chi(&orders.into_values().collect::<Vec<_>>()) < 20.5);
    }

    #[test]
    fn a_name_is_a_stream_of_its_own() {
        let first = |key: &[u8], name: &[u8]| Dice::new(key, &[name]).below(1 << 100);
        assert_eq!(first(b"k", b"a"), first(b"k", b"a"));
        assert!(first(b"k", b"a") != first(b"k", b"b") && first(b"k", b"a") != first(b"l", b"a"));
    }
}
