//! How far two persons are apart, attribute by attribute.

use crate::hierarchy::Hierarchy;

/// One attribute as a line of places. Whatever its kind, a place is a number, and going away from a place in one direction the
/// distance never shrinks: for leaves that is so because they stand in the order of their hierarchy's branches.
pub(crate) enum Axis {
    /// Numbers and ranks: the difference.
    Line,
    /// Leaves: the level on which two first meet, over the highest level; 1 where there is one level only.
    Tree(Tree),
}

pub(crate) struct Tree {
    /// Per level, the group of each place.
    groups: Vec<Vec<u32>>,
    height: f64,
}

impl Axis {
    /// Returns the squared distance of two places.
    #[inline]
    pub(crate) fn square(&self, a: f64, b: f64) -> f64 {
        match self {
            Self::Line => (a - b) * (a - b),
            Self::Tree(tree) => tree.distance(a as usize, b as usize).powi(2),
        }
    }
}

impl Tree {
    #[expect(clippy::indexing_slicing, reason = "places come from the same tree")]
    fn distance(&self, a: usize, b: usize) -> f64 {
        if a == b {
            return 0.0;
        }
        self.groups.iter().position(|level| level[a] == level[b]).map_or(1.0, |level| level as f64 / self.height)
    }
}

/// Standardises numbers: distance 1 is one standard deviation.
pub(crate) fn standardised(values: &[f64]) -> Vec<f64> {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    let scale = if deviation > 0.0 { deviation.recip() } else { 0.0 };
    values.iter().map(|v| (v - mean) * scale).collect()
}

/// Puts ranks on a line from 0 to 1.
pub(crate) fn ranked(ranks: &[u32]) -> Vec<f64> {
    let last = ranks.iter().max().copied().unwrap_or(0).max(1);
    ranks.iter().map(|rank| f64::from(*rank) / f64::from(last)).collect()
}

/// Puts unordered values, given as codes, on an axis where any two are 1 apart.
pub(crate) fn nominal(codes: &[u32]) -> (Axis, Vec<f64>) {
    let values = codes.iter().max().map_or(0, |code| code + 1);
    let tree = Tree { groups: vec![(0..values).collect()], height: 1.0 };
    (Axis::Tree(tree), codes.iter().map(|code| f64::from(*code)).collect())
}

/// Puts leaves on an axis where the distance of two is how high they first meet.
pub(crate) fn hierarchical(hierarchy: &Hierarchy, leaves: &[u32]) -> (Axis, Vec<f64>) {
    let levels = hierarchy.levels();
    let mut order: Vec<usize> = (0..hierarchy.leaves()).collect();
    order.sort_by_key(|leaf| levels.iter().rev().map(|l| l.codes().get(*leaf).copied()).collect::<Vec<_>>());
    let mut place_of = vec![0.0; order.len()];
    for (place, leaf) in order.iter().enumerate() {
        place_of.iter_mut().skip(*leaf).take(1).for_each(|p| *p = place as f64);
    }
    let groups = levels.iter().map(|l| order.iter().filter_map(|leaf| l.codes().get(*leaf)).copied().collect());
    let height = levels.len().saturating_sub(1).max(1) as f64;
    let places = leaves.iter().map(|leaf| place_of.get(*leaf as usize).copied().unwrap_or(0.0)).collect();
    (Axis::Tree(Tree { groups: groups.collect(), height }), places)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn leaves_are_as_far_apart_as_they_meet_high() {
        let rows = [["a", "x", "*"], ["b", "y", "*"], ["c", "x", "*"]].map(|r| r.map(String::from).to_vec());
        let (axis, places) = hierarchical(&Hierarchy::from_rows("h", &[], &rows).unwrap(), &[0, 1, 2]);
        assert_eq!(places, [0.0, 2.0, 1.0], "branches lie side by side");
        assert_eq!((axis.square(0.0, 1.0), axis.square(0.0, 2.0), axis.square(1.0, 1.0)), (0.25, 1.0, 0.0));
    }

    #[test]
    fn numbers_are_measured_in_deviations_and_ranks_and_names_in_shares() {
        assert_eq!(standardised(&[1.0, 3.0]), [-1.0, 1.0]);
        assert_eq!(standardised(&[5.0, 5.0]), [0.0, 0.0]);
        assert_eq!(ranked(&[0, 1, 4]), [0.0, 0.25, 1.0]);
        let (axis, places) = nominal(&[0, 3]);
        assert_eq!((axis.square(places[0], places[1]), axis.square(3.0, 3.0)), (1.0, 0.0));
    }
}
