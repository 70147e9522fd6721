//! A filter of 1,024 bits, and how alike two of them are.

/// Bits of a filter.
pub const LENGTH: usize = 1024;
/// Words of a filter.
const WORDS: usize = LENGTH / 64;

/// A filter of 1,024 bits.
///
/// ```
/// use kiban_link::pprl::Bits;
/// let (one, two) = (Bits::of([1, 2, 3]), Bits::of([2, 3, 4]));
/// assert_eq!((one.ones(), one.common(&two)), (3, 2));
/// assert!((one.dice(&two) - 2.0 / 3.0).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bits([u64; WORDS]);

impl Bits {
    /// Starts with no bit set.
    pub const fn new() -> Self {
        Self([0; WORDS])
    }

    /// Sets the bits at these positions; positions beyond the end wrap round.
    pub fn of(positions: impl IntoIterator<Item = u16>) -> Self {
        let mut bits = Self::new();
        positions.into_iter().for_each(|at| bits.set(at));
        bits
    }

    /// Sets the bit at a position, which wraps round.
    pub fn set(&mut self, at: u16) {
        let (word, mask) = place(at);
        if let Some(word) = self.0.get_mut(word) {
            *word |= mask;
        }
    }

    /// Turns the bit at a position, which wraps round.
    pub fn flip(&mut self, at: u16) {
        let (word, mask) = place(at);
        if let Some(word) = self.0.get_mut(word) {
            *word ^= mask;
        }
    }

    /// Tells whether the bit at a position is set.
    pub fn has(&self, at: u16) -> bool {
        let (word, mask) = place(at);
        self.0.get(word).is_some_and(|word| word & mask != 0)
    }

    /// Returns the positions of the bits that are set, ascending.
    pub fn positions(&self) -> impl Iterator<Item = u16> + '_ {
        (0u16..1024).filter(|at| self.has(*at))
    }

    /// Counts the bits that are set.
    pub fn ones(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Counts the bits that are set in both.
    #[inline]
    pub fn common(&self, other: &Self) -> u32 {
        self.0.iter().zip(&other.0).map(|(left, right)| (left & right).count_ones()).sum()
    }

    /// Returns the Dice coefficient: twice the common bits over all bits, in 0..=1; 0 where both are empty.
    pub fn dice(&self, other: &Self) -> f64 {
        let all = self.ones() + other.ones();
        if all == 0 { 0.0 } else { f64::from(2 * self.common(other)) / f64::from(all) }
    }

    /// Returns the words, lowest positions first, as they are stored.
    pub const fn words(&self) -> [u64; 16] {
        self.0
    }

    /// Takes words as they were stored.
    pub const fn from_words(words: [u64; 16]) -> Self {
        Self(words)
    }
}

impl Default for Bits {
    fn default() -> Self {
        Self::new()
    }
}

/// An encoding is regulated data: it prints as `…`.
impl std::fmt::Debug for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bits(…)")
    }
}

fn place(at: u16) -> (usize, u64) {
    (usize::from(at / 64) % WORDS, 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counts_are_those_of_sets(left: BTreeSet<u16>, right: BTreeSet<u16>) {
            let wrap = |set: &BTreeSet<u16>| -> BTreeSet<u16> { set.iter().map(|at| at % 1024).collect() };
            let (a, b) = (Bits::of(left.iter().copied()), Bits::of(right.iter().copied()));
            let (left, right) = (wrap(&left), wrap(&right));
            prop_assert_eq!(a.positions().collect::<BTreeSet<_>>(), left.clone());
            prop_assert_eq!(usize::try_from(a.common(&b)).ok(), Some(left.intersection(&right).count()));
            prop_assert_eq!(usize::try_from(a.ones()).ok(), Some(left.len()));
            prop_assert_eq!(Bits::from_words(a.words()), a);
        }
    }

    #[test]
    fn turning_twice_changes_nothing() {
        let mut bits = Bits::of([5]);
        bits.flip(5);
        assert_eq!(bits, Bits::new());
        bits.flip(1023);
        assert!(bits.has(1023) && !bits.has(5));
        assert!(Bits::new().dice(&Bits::new()).abs() < f64::EPSILON);
    }
}
