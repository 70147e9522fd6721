//! Encodings as points of which only the distances are known.

use crate::pprl::{Bits, Encoding};

/// The filters of a set, with their ones counted once.
pub(super) struct Cloud {
    points: Vec<Vec<(Bits, u32)>>,
}

impl Cloud {
    pub(super) fn new(encodings: &[Encoding]) -> Self {
        let points = encodings.iter().map(|one| one.filters.iter().map(|bits| (*bits, bits.ones())).collect());
        Self { points: points.collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    pub(super) fn filters(&self) -> usize {
        self.points.first().map_or(0, Vec::len)
    }

    /// Returns the Dice coefficient of a filter of one point and one of another cloud, 0 where either is missing.
    pub(super) fn dice(&self, at: usize, filter: usize, other: &Self, place: usize) -> f32 {
        let point = |cloud: &'_ Self, at: usize| cloud.points.get(at).and_then(|point| point.get(filter)).copied();
        let (Some((a, x)), Some((b, y))) = (point(self, at), point(other, place)) else { return 0.0 };
        let all = x + y;
        #[expect(clippy::cast_precision_loss, reason = "at most 2,048")]
        let dice = if all == 0 { 0.0 } else { (2 * a.common(&b)) as f32 / all as f32 };
        dice
    }

    /// Returns the best Dice coefficient of any filter.
    pub(super) fn likeness(&self, at: usize, other: &Self, place: usize) -> f32 {
        (0..self.filters()).map(|filter| self.dice(at, filter, other, place)).fold(0.0, f32::max)
    }
}
