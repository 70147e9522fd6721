//! Microaggregation of several columns together.

use super::{few, groups::Groups, near::Near, space::Axis};
use crate::error::Result;

/// Groups rows into groups of k to 2k−1 (of fewer than 2k rows: one group) by MDAV-generic.
///
/// Domingo-Ferrer and Torra (2005, *Ordinal, continuous and heterogeneous k-anonymity through microaggregation*): the k
/// nearest to whoever is farthest from the centre, then the k nearest to whoever is farthest from that one, until fewer
/// than 3k are left. The centre is the mean on a line and the most frequent value on a tree. The same groups as by
/// scanning all rows each time, up to ties, but every "nearest" and "farthest" is asked of a k-d tree.
///
/// # Errors
/// Fewer than k rows.
pub(crate) fn mdav(axes: &[&Axis], columns: &[&[f64]], rows: &[u32], k: usize) -> Result<Groups> {
    if rows.len() < k || k == 0 {
        return few();
    }
    let mut near = Near::new(axes, columns, rows);
    let mut centre = Centre::new(axes, columns, rows);
    let mut groups = Groups::default();
    let mut gather = |near: &mut Near<'_>, centre: &mut Centre, around: &[f64], many: usize| {
        let points = near.nearest(around, many);
        points.iter().for_each(|point| centre.take(near.point(*point)));
        near.take(&points);
        groups.push(&points.iter().map(|point| near.row(*point)).collect::<Vec<_>>());
    };
    while near.left() >= 2 * k {
        let last = near.left() < 3 * k;
        let Some(edge) = near.farthest(&centre.place()).map(|point| near.point(point).to_vec()) else { break };
        gather(&mut near, &mut centre, &edge, k);
        if last {
            break;
        }
        let Some(across) = near.farthest(&edge).map(|point| near.point(point).to_vec()) else { break };
        gather(&mut near, &mut centre, &across, k);
    }
    let rest: Vec<u32> = near.all().into_iter().map(|point| near.row(point)).collect();
    if !rest.is_empty() {
        groups.push(&rest);
    }
    Ok(groups)
}

/// The centre of the rows that are left.
struct Centre {
    axes: Vec<Middle>,
    rows: f64,
}

enum Middle {
    Sum(f64),
    Counts(Vec<u32>),
}

impl Centre {
    fn new(axes: &[&Axis], columns: &[&[f64]], rows: &[u32]) -> Self {
        let value = |column: &[f64], row: u32| column.get(row as usize).copied().unwrap_or(0.0);
        let middle = |(axis, column): (&&Axis, &&[f64])| match axis {
            Axis::Line => Middle::Sum(rows.iter().map(|row| value(column, *row)).sum()),
            Axis::Tree(_) => {
                let mut counts = Vec::new();
                for place in rows.iter().map(|row| value(column, *row) as usize) {
                    counts.resize(counts.len().max(place + 1), 0);
                    counts.iter_mut().skip(place).take(1).for_each(|n| *n += 1);
                }
                Middle::Counts(counts)
            }
        };
        Self { axes: axes.iter().zip(columns).map(middle).collect(), rows: rows.len() as f64 }
    }

    fn take(&mut self, point: &[f64]) {
        self.rows -= 1.0;
        for (middle, value) in self.axes.iter_mut().zip(point) {
            match middle {
                Middle::Sum(sum) => *sum -= value,
                Middle::Counts(counts) => counts.iter_mut().skip(*value as usize).take(1).for_each(|n| *n -= 1),
            }
        }
    }

    fn place(&self) -> Vec<f64> {
        let middle = |middle: &Middle| match middle {
            Middle::Sum(sum) => sum / self.rows,
            Middle::Counts(counts) => {
                let most = counts.iter().max().copied().unwrap_or(0);
                counts.iter().position(|n| *n == most).unwrap_or(0) as f64
            }
        };
        self.axes.iter().map(middle).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use kiban_core::keyed_u64;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        Hierarchy,
        transform::space::{hierarchical, standardised},
    };

    fn drawn(rows: u32, columns: u8, below: u64) -> Vec<Vec<f64>> {
        let value = |row: u32, column: u8| (keyed_u64(b"mdav", &[&row.to_be_bytes(), &[column]]) % below) as f64;
        (0..columns).map(|c| standardised(&(0..rows).map(|r| value(r, c)).collect::<Vec<_>>())).collect()
    }

    /// The method as it stands in the paper, by scanning.
    fn scanned(columns: &[Vec<f64>], rows: usize, k: usize) -> Vec<Vec<u32>> {
        let mut left: Vec<usize> = (0..rows).collect();
        let mut groups = Vec::new();
        let far = |a: &[f64], row: usize| columns.iter().zip(a).map(|(c, a)| (c[row] - a).powi(2)).sum::<f64>();
        let at = |row: usize| columns.iter().map(|c| c[row]).collect::<Vec<_>>();
        let farthest = |left: &[usize], from: &[f64]| {
            at(*left.iter().max_by(|a, b| far(from, **a).total_cmp(&far(from, **b))).unwrap())
        };
        let mut gather = |left: &mut Vec<usize>, around: &[f64], k: usize| {
            left.sort_by(|a, b| far(around, *a).total_cmp(&far(around, *b)));
            groups.push(left.drain(..k).map(|r| r as u32).collect::<Vec<_>>());
        };
        while left.len() >= 2 * k {
            let mean = columns.iter().map(|c| left.iter().map(|r| c[*r]).sum::<f64>() / left.len() as f64);
            let edge = farthest(&left, &mean.collect::<Vec<_>>());
            let across = farthest(&left, &edge);
            let enough = left.len() >= 3 * k;
            gather(&mut left, &edge, k);
            if !enough {
                break;
            }
            gather(&mut left, &across, k);
        }
        let rest = left.len();
        gather(&mut left, &vec![0.0; columns.len()], rest);
        groups.iter_mut().for_each(|g| g.sort_unstable());
        groups
    }

    #[test]
    fn the_groups_are_those_of_the_paper() {
        for (rows, columns, k) in [(300, 3, 5), (200, 1, 3), (257, 2, 10), (29, 2, 10), (12, 2, 10)] {
            let points = drawn(rows, columns, 1 << 40);
            let axes: Vec<&Axis> = points.iter().map(|_| &Axis::Line).collect();
            let slices: Vec<&[f64]> = points.iter().map(Vec::as_slice).collect();
            let groups = mdav(&axes, &slices, &(0..rows).collect::<Vec<_>>(), k).unwrap();
            let mut found: Vec<Vec<u32>> = groups.iter().map(<[u32]>::to_vec).collect();
            found.iter_mut().for_each(|g| g.sort_unstable());
            assert_eq!(found, scanned(&points, rows as usize, k), "{rows} rows");
        }
    }

    proptest! {
        #[test]
        fn everyone_is_in_one_group_of_k_or_more(
            rows in proptest::collection::vec((0_u32..5, -3_i32..3), 1..70), k in 1_usize..6,
        ) {
            let labels = ["a;x;*", "b;x;*", "c;y;*", "d;y;*", "e;y;*"].map(|r| r.split(';').map(String::from).collect());
            let (tree, places) = hierarchical(
                &Hierarchy::from_rows("h", &[], &labels).unwrap(),
                &rows.iter().map(|r| r.0).collect::<Vec<_>>(),
            );
            let line = standardised(&rows.iter().map(|r| f64::from(r.1)).collect::<Vec<_>>());
            let all: Vec<u32> = (0..rows.len() as u32).collect();
            let Ok(groups) = mdav(&[&tree, &Axis::Line], &[&places, &line], &all, k) else {
                prop_assert!(rows.len() < k);
                return Ok(());
            };
            prop_assert!(groups.iter().all(|g| (k..2 * k).contains(&g.len())));
            let mut seen: Vec<u32> = groups.iter().flatten().copied().collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, all);
        }
    }
}
