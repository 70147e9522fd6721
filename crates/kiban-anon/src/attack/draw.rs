//! Draws that depend on a key and a label and on nothing else.

use kiban_core::keyed_u64;

/// A stream of numbers (Steele, Lea, Flood 2014, *SplitMix64*) that starts where a key and a label say.
pub(crate) struct Draws(u64);

impl Draws {
    pub(crate) fn new(key: &[u8], label: &[u8]) -> Self {
        Self(keyed_u64(key, &[label]))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Draws a number below `n`; 0 if there is none.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Draws yes with this probability.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        ((self.next() >> 11) as f64) < probability * (1_u64 << 53) as f64
    }

    /// Brings `most` of the items to the front, each selection and order as likely as any other (Fisher, Yates), and cuts the
    /// rest off.
    pub(crate) fn choose<T>(&mut self, items: &mut Vec<T>, most: usize) {
        let most = most.min(items.len());
        for at in 0..most {
            let other = at + self.below(items.len() - at);
            items.swap(at, other);
        }
        items.truncate(most);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_as_likely_as_any_other() {
        let mut draws = Draws::new(b"key", b"orders");
        let mut seen = std::collections::BTreeMap::new();
        for _ in 0..6_000 {
            let mut items = vec![0, 1, 2];
            draws.choose(&mut items, 3);
            *seen.entry(items).or_insert(0) += 1;
        }
        assert!(seen.len() == 6 && seen.values().all(|n| (880..1_120).contains(n)), "{seen:?}");
        let yes = (0..10_000).filter(|_| draws.happens(0.3)).count();
        assert!((2_850..3_150).contains(&yes), "{yes}");
    }

    #[test]
    fn the_key_and_the_label_decide() {
        let first = |key: &[u8], label: &[u8]| Draws::new(key, label).below(usize::MAX);
        assert_eq!(first(b"a", b"x"), first(b"a", b"x"));
        assert!(first(b"a", b"x") != first(b"b", b"x") && first(b"a", b"x") != first(b"a", b"y"));
    }
}
