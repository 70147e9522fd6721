//! Linear diffusion: every bit of the finished filter is the sum of several bits of the Bloom filter.
//!
//! Armknecht, Heng and Schnell, *Strengthening privacy-preserving record linkage using diffusion*, PoPETs 2023(2):298.
//! A bit no longer belongs to a token, so its frequency says nothing about one; two filters stay alike in so far as
//! they were alike. Each bit is added into exactly t places, so that every difference weighs the same.

use super::{
    bits::{Bits, LENGTH},
    keys::Prf,
};

/// Where each bit goes.
#[derive(Clone)]
pub(crate) struct Diffusion {
    /// For each bit in turn, the places that it is added to; places are distinct.
    reach: Vec<Vec<u16>>,
}

impl Diffusion {
    /// Draws `times` keyed permutations of the positions that send no bit to one place twice.
    pub(crate) fn new(prf: &Prf, times: u8) -> Self {
        let mut reach: Vec<Vec<u16>> = vec![Vec::new(); LENGTH];
        for round in 0..times {
            let mut places = permutation(prf, round);
            part_from_earlier(&mut places, &reach);
            for (row, place) in reach.iter_mut().zip(places) {
                row.push(place);
            }
        }
        Self { reach }
    }

    /// Diffuses a filter.
    pub(crate) fn apply(&self, filter: &Bits) -> Bits {
        let mut out = Bits::new();
        for at in filter.positions() {
            for place in self.reach.get(usize::from(at)).into_iter().flatten() {
                out.flip(*place);
            }
        }
        out
    }
}

/// Sorts the positions by keyed numbers.
fn permutation(prf: &Prf, round: u8) -> Vec<u16> {
    let mut keyed: Vec<(u64, u16)> = (0u16..1024).map(|at| (prf.number(&[&[round], &at.to_be_bytes()]), at)).collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, at)| at).collect()
}

/// Swaps places until no bit goes where an earlier permutation has sent it already.
fn part_from_earlier(places: &mut [u16], reach: &[Vec<u16>]) {
    let taken = |bit: usize, place: Option<&u16>| {
        reach.get(bit).is_some_and(|row| place.is_some_and(|place| row.contains(place)))
    };
    for bit in 0..places.len() {
        if taken(bit, places.get(bit)) {
            let others = (1..places.len()).map(|step| (bit + step) % LENGTH);
            let free =
                others.into_iter().find(|other| !taken(bit, places.get(*other)) && !taken(*other, places.get(bit)));
            if let Some(other) = free {
                places.swap(bit, other);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::pprl::{Keys, Scope, Secret};

    fn diffusion(key: u8, times: u8) -> Diffusion {
        let scope = Scope { project: "p".into(), batch: "b".into(), year: 2026 };
        let keys = Keys::new(&Secret::join(&[&[key; 32]]).unwrap(), scope);
        Diffusion::new(&keys.prf("diffusion", &[]), times)
    }

    #[test]
    fn every_bit_reaches_as_many_places_and_every_place_as_many_bits() {
        for times in [1, 5, 10, 32] {
            let layer = diffusion(1, times);
            let mut reached = vec![0u8; LENGTH];
            for row in &layer.reach {
                let mut distinct = row.clone();
                distinct.sort_unstable();
                distinct.dedup();
                assert_eq!(distinct.len(), usize::from(times));
                distinct.iter().for_each(|place| reached[usize::from(*place)] += 1);
            }
            assert!(reached.iter().all(|times_reached| *times_reached == times));
        }
    }

    #[test]
    fn it_is_linear_and_keyed() {
        let (one, two) = (Bits::of([1, 5, 700]), Bits::of([5, 9, 1000]));
        let layer = diffusion(1, 5);
        let xor = |a: &Bits, b: &Bits| {
            let mut sum = *a;
            b.positions().for_each(|at| sum.flip(at));
            sum
        };
        assert_eq!(layer.apply(&xor(&one, &two)), xor(&layer.apply(&one), &layer.apply(&two)));
        assert_eq!(layer.apply(&Bits::new()), Bits::new());
        assert_ne!(layer.apply(&one), diffusion(2, 5).apply(&one));
    }
}
