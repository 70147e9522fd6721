//! Seeded chance: one independent generator for each purpose of each household, so that any person can be made again alone.

/// What a generator decides; two purposes never share a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Purpose {
    Household = 1,
    Course = 2,
    Chart = 3,
    Legal = 4,
    Dirt = 5,
    Registration = 6,
}

/// A seeded generator: xoshiro256++ (Blackman and Vigna, 2018), its state spread by SplitMix64.
///
/// What it makes is invented, so it needs to be quick and even, not secret.
pub(crate) struct Dice([u64; 4]);

/// Returns the next number of a SplitMix64 sequence.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

impl Dice {
    /// Opens the stream of `purpose` for one household, one member of it and one facility.
    pub(crate) fn new(seed: u64, purpose: Purpose, household: u64, member: u8, facility: u8) -> Self {
        let whose = u64::from_le_bytes([purpose as u8, member, facility, 0, 0, 0, 0, 1]);
        let mut state = seed;
        for word in [household, whose] {
            state = split_mix(&mut state) ^ word;
        }
        state = split_mix(&mut state);
        Self(std::array::from_fn(|_| split_mix(&mut state)))
    }

    /// Returns 64 even bits.
    pub(crate) fn bits(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// Returns a number below `bound`, or 0 where `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        u64::try_from((u128::from(self.bits()) * u128::from(bound)) >> 64).unwrap_or(0)
    }

    /// Returns a number between `low` and `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0);
        low.saturating_add_unsigned(self.below(span.saturating_add(1)))
    }

    /// Returns a number in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what a double holds")]
        let numerator = (self.bits() >> 11) as f64;
        numerator / 9_007_199_254_740_992.0
    }

    /// Returns whether something of probability `p` happens.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Returns a number of mean 0 and deviation 1, never beyond 6.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// Returns one of `items`, all equally likely.
    pub(crate) fn pick<'a, T, const N: usize>(&mut self, items: &'a [T; N]) -> &'a T {
        const { assert!(N > 0, "nothing to pick from") };
        let index = usize::try_from(self.below(N as u64)).unwrap_or(0);
        #[expect(clippy::indexing_slicing, reason = "the index is below N")]
        &items[index]
    }

    /// Returns one of `items`, or nothing where there are none.
    pub(crate) fn any<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(usize::try_from(self.below(items.len() as u64)).unwrap_or(0))
    }

    /// Returns the value whose share of the whole the throw falls into; the first where all shares are 0.
    pub(crate) fn share<T: Copy, const N: usize>(&mut self, shares: &[(u32, T); N]) -> T {
        const { assert!(N > 0, "nothing to share") };
        let mut left = self.below(shares.iter().map(|(weight, _)| u64::from(*weight)).sum());
        for (weight, value) in shares {
            match left.checked_sub(u64::from(*weight)) {
                Some(rest) => left = rest,
                None => return *value,
            }
        }
        shares[0].1
    }
}

/// Values with weights, drawn by bisection.
pub(crate) struct Weighted<T> {
    first: T,
    rest: Vec<T>,
    /// Running sums: the weight of `first`, then of each of `rest`.
    sums: Vec<f64>,
}

impl<T> Weighted<T> {
    /// Takes the values, or returns nothing where there are none.
    pub(crate) fn new(items: impl IntoIterator<Item = (f64, T)>) -> Option<Self> {
        let mut items = items.into_iter();
        let (weight, first) = items.next()?;
        let (mut total, mut sums, mut rest) = (weight, vec![weight], Vec::new());
        for (weight, item) in items {
            total += weight;
            sums.push(total);
            rest.push(item);
        }
        Some(Self { first, rest, sums })
    }

    /// Draws a value according to the weights.
    pub(crate) fn draw(&self, dice: &mut Dice) -> &T {
        let throw = dice.unit() * self.sums.last().copied().unwrap_or(0.0);
        let index = self.sums.partition_point(|sum| *sum <= throw);
        index.checked_sub(1).and_then(|later| self.rest.get(later)).unwrap_or(&self.first)
    }
}

/// Spreads the numbers below `size` over themselves, one to one, by a keyed Feistel network that walks until it lands inside.
pub(crate) struct Shuffle {
    size: u64,
    half: u32,
    keys: [u64; 4],
}

impl Shuffle {
    /// Keys the permutation of the numbers below `size` for one facility.
    pub(crate) fn new(seed: u64, facility: u8, size: u64) -> Self {
        let mut dice = Dice::new(seed, Purpose::Registration, 0, 0, facility);
        let bits = 64 - size.max(4).saturating_sub(1).leading_zeros();
        Self { size: size.max(1), half: bits.div_ceil(2), keys: [dice.bits(), dice.bits(), dice.bits(), dice.bits()] }
    }

    /// Returns the place of `number`, which must be below the size; larger numbers are folded in.
    pub(crate) fn place(&self, number: u64) -> u64 {
        let mut at = self.round_trip(number % self.size);
        while at >= self.size {
            at = self.round_trip(at);
        }
        at
    }

    fn round_trip(&self, number: u64) -> u64 {
        let mask = (1_u64 << self.half) - 1;
        let (mut left, mut right) = (number >> self.half, number & mask);
        for key in self.keys {
            let mixed = (right ^ key).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            (left, right) = (right, left ^ ((mixed >> 29) & mask));
        }
        (left << self.half) | right
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_same_words_open_the_same_stream_and_others_do_not() {
        let throw = |seed, purpose, household, member| Dice::new(seed, purpose, household, member, 0).bits();
        assert_eq!(throw(1, Purpose::Chart, 2, 3), throw(1, Purpose::Chart, 2, 3));
        let others = [throw(2, Purpose::Chart, 2, 3), throw(1, Purpose::Dirt, 2, 3), throw(1, Purpose::Chart, 3, 3)];
        assert!(others.iter().all(|other| *other != throw(1, Purpose::Chart, 2, 3)));
    }

    #[test]
    fn a_shuffle_is_one_to_one() {
        for size in [1, 2, 3, 10, 1000, 4097] {
            let shuffle = Shuffle::new(7, 1, size);
            let mut seen: Vec<u64> = (0..size).map(|n| shuffle.place(n)).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..size).collect::<Vec<_>>());
        }
    }

    #[test]
    fn weights_decide_how_often() {
        let weighted = Weighted::new([(3.0, 'a'), (1.0, 'b')]).unwrap();
        let mut dice = Dice::new(1, Purpose::Course, 0, 0, 0);
        let often = (0..4000).filter(|_| *weighted.draw(&mut dice) == 'a').count();
        assert!((2850..3150).contains(&often), "{often}");
    }
}
