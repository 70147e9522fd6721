//! Records described by rows of numbers, and which of two sets are described most alike.

use super::{Labelled, spread};

/// Brings every column to mean 0 and deviation 1.
pub(super) fn standardise(mut rows: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    let columns = rows.first().map_or(0, Vec::len);
    #[expect(clippy::cast_precision_loss, reason = "a number of records")]
    let count = rows.len().max(1) as f32;
    for column in 0..columns {
        let values = || rows.iter().filter_map(|row| row.get(column));
        let mean = values().sum::<f32>() / count;
        let deviation = (values().map(|v| (v - mean).powi(2)).sum::<f32>() / count).sqrt().max(1e-6);
        for value in rows.iter_mut().filter_map(|row| row.get_mut(column)) {
            *value = (*value - mean) / deviation;
        }
    }
    rows
}

/// Brings every row to length 1.
pub(super) fn unit_rows(mut rows: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    for row in &mut rows {
        let length = row.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-6);
        row.iter_mut().for_each(|v| *v /= length);
    }
    rows
}

/// For each target the known record that is described most alike, and how sure that is.
#[derive(Clone)]
pub(super) struct Matches(Vec<Option<Match>>);

#[derive(Clone, Copy)]
struct Match {
    place: usize,
    /// By how much the best is more alike than the second best.
    margin: f32,
    /// Whether the target is the most alike for the known record too.
    mutual: bool,
}

impl Matches {
    /// Matches unit rows.
    pub(super) fn of(targets: &[Vec<f32>], others: &[Vec<f32>], threads: usize) -> Self {
        let forth = spread(targets.len(), threads, |at| best(targets.get(at), others));
        let back = spread(others.len(), threads, |at| best(others.get(at), targets));
        let found = forth.iter().enumerate().map(|(at, found)| {
            let (place, margin) = (*found)?;
            let mutual = back.get(place).copied().flatten().is_some_and(|(mirror, _)| mirror == at);
            Some(Match { place, margin, mutual })
        });
        Self(found.collect())
    }

    /// Returns the surest mutual pairs.
    pub(super) fn surest(&self, count: usize) -> Vec<(usize, usize)> {
        let mutual = |(at, one): (usize, &Option<Match>)| (*one).filter(|m| m.mutual).map(|m| (m.margin, at, m.place));
        let mut sure: Vec<(f32, usize, usize)> = self.0.iter().enumerate().filter_map(mutual).collect();
        sure.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        sure.into_iter().take(count).map(|(_, at, place)| (at, place)).collect()
    }

    /// Returns the person behind the match of a target.
    pub(super) fn person(&self, at: usize, known: &Labelled<'_>) -> Option<u64> {
        self.0.get(at).copied().flatten().and_then(|found| known.person(found.place))
    }
}

/// The place of the most alike row and its lead over the second.
fn best(row: Option<&Vec<f32>>, others: &[Vec<f32>]) -> Option<(usize, f32)> {
    let row = row?;
    let (mut first, mut second, mut place) = (f32::NEG_INFINITY, f32::NEG_INFINITY, None);
    for (at, other) in others.iter().enumerate() {
        let likeness = dot(row, other);
        if likeness > first {
            (first, second, place) = (likeness, first, Some(at));
        } else if likeness > second {
            second = likeness;
        }
    }
    place.map(|place| (place, first - second))
}

/// The sum of products, in eight lanes so that it can be done eight at a time.
fn dot(left: &[f32], right: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (left.as_chunks::<8>(), right.as_chunks::<8>());
    let mut lanes = [0.0; 8];
    for (x, y) in a.iter().zip(b) {
        let ([x0, x1, x2, x3, x4, x5, x6, x7], [y0, y1, y2, y3, y4, y5, y6, y7]) = (x, y);
        let [l0, l1, l2, l3, l4, l5, l6, l7] = &mut lanes;
        *l0 += x0 * y0;
        *l1 += x1 * y1;
        *l2 += x2 * y2;
        *l3 += x3 * y3;
        *l4 += x4 * y4;
        *l5 += x5 * y5;
        *l6 += x6 * y6;
        *l7 += x7 * y7;
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    lanes.iter().sum::<f32>() + rest
}
