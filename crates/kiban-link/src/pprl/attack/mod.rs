//! Attacks that are really run on encodings, each a pure function of what the attacker sees and knows.
//!
//! The attacker is whoever holds the encodings without the keys: the linkage unit, or a thief of its disk. The way of
//! encoding is public, so the attacker encodes what is known in the clear under keys of their own and compares the
//! *structure* of the two sets (frequencies, neighbourhoods), which keys do not change. Most attacks therefore take two
//! sets of encodings: the target, and the known one. Labels say which person (or name) is behind each record; an attack
//! never looks at those of the target, they only count its successes.
//!
//! Each attack succeeds on a weak encoding (its test shows it), so that its failure on a strong one means something. They
//! are simple forms of the published ones: a determined attacker can do better, by learning for instance. The sizes of
//! blocks are not exploited.

use super::{Encoding, ratio};

mod bits;
mod cloud;
mod frequency;
mod graph;
mod nearest;
mod rows;
mod vocabulary;

pub use bits::{bit_frequency, pattern_mining};
pub use frequency::whole_frequency;
pub use graph::{graph_matching, seeded_extension};
pub use nearest::{dictionary, releases};
pub use vocabulary::Plain;

/// Encodings with who is behind each.
#[derive(Clone, Copy)]
pub struct Labelled<'a> {
    /// The encodings.
    pub encodings: &'a [Encoding],
    /// The person behind each encoding, in the same order.
    pub people: &'a [u64],
}

impl Labelled<'_> {
    fn person(&self, at: usize) -> Option<u64> {
        self.people.get(at).copied()
    }
}

/// What came of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovery {
    /// Target records whose person was found.
    pub right: u64,
    /// Target records whose person the attacker knows, found or not.
    pub of: u64,
}

impl Recovery {
    /// Returns the share of re-identified records.
    pub fn share(&self) -> f64 {
        ratio(self.right, self.of)
    }

    /// Returns the 95 % score interval of the share (Wilson 1927); of no attempt it is everything.
    pub fn interval(&self) -> [f64; 2] {
        if self.of == 0 {
            return [0.0, 1.0];
        }
        let (z2, n) = (1.959_964_f64.powi(2), self.of);
        let per = |x: f64| x * ratio(1, n);
        let share = self.share();
        let centre = (share + per(z2 / 2.0)) / (1.0 + per(z2));
        let spread = (z2 * (per(share * (1.0 - share)) + per(per(z2 / 4.0)))).sqrt() / (1.0 + per(z2));
        [(centre - spread).max(0.0), (centre + spread).min(1.0)]
    }

    /// Counts the guesses that are right, over the targets whose person is known.
    fn of(target: &[u64], known: &[u64], guess: impl Fn(usize) -> Option<u64>) -> Self {
        let mut sorted = known.to_vec();
        sorted.sort_unstable();
        let mut recovery = Self::default();
        for (at, person) in target.iter().enumerate() {
            if sorted.binary_search(person).is_ok() {
                recovery.of += 1;
                recovery.right += u64::from(guess(at) == Some(*person));
            }
        }
        recovery
    }
}

/// Computes one value for each of `0..count` on `threads` threads.
fn spread<T: Send>(count: usize, threads: usize, each: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let share = count.div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        let each = &each;
        let starts = (0..count).step_by(share);
        let work: Vec<_> = starts
            .map(|from| scope.spawn(move || (from..(from + share).min(count)).map(each).collect::<Vec<T>>()))
            .collect();
        work.into_iter().filter_map(|part| part.join().ok()).flatten().collect()
    })
}

#[cfg(test)]
mod trial;

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        // Wilson's interval of 5 of 100 by the textbook formula: 0.0215 to 0.1118; of 0 of 100: 0 to 0.0370.
        let check = |right, of, low: f64, high: f64| {
            let [l, h] = Recovery { right, of }.interval();
            assert!((l - low).abs() < 5e-4 && (h - high).abs() < 5e-4, "{l} {h}");
        };
        check(5, 100, 0.0215, 0.1118);
        check(0, 100, 0.0, 0.0370);
        check(0, 0, 0.0, 1.0);
    }

    #[test]
    fn only_known_persons_count() {
        let recovery = Recovery::of(&[1, 2, 3, 4], &[2, 3, 9], |at| Some([1, 2, 9, 4][at]));
        assert_eq!(recovery, Recovery { right: 1, of: 2 });
    }

    #[test]
    fn spreading_keeps_the_order() {
        for threads in [0, 1, 2, 5] {
            assert_eq!(spread(7, threads, |at| at * at), [0, 1, 4, 9, 16, 25, 36]);
        }
        assert_eq!(spread(0, 2, |at| at), Vec::<usize>::new());
    }
}
