//! Who is nearest and who is farthest, among those who are still there.
#![expect(clippy::indexing_slicing, reason = "nodes, positions and axes are the tree's own; each use is hot")]

use super::space::Axis;

const LEAF: usize = 16;

/// A k-d tree (Friedman, Bentley, Finkel 1977) from which points can be taken; every node's box fits the points left in it.
pub(crate) struct Near<'a> {
    axes: &'a [&'a Axis],
    /// Coordinates, point after point, in the order of the tree.
    points: Vec<f64>,
    rows: Vec<u32>,
    there: Vec<bool>,
    leaf_of: Vec<u32>,
    nodes: Vec<Node>,
    /// Per node the least and then the greatest coordinate per axis.
    boxes: Vec<f64>,
}

struct Node {
    parent: usize,
    /// The children; both the node itself in a leaf.
    children: [usize; 2],
    start: usize,
    end: usize,
    left: usize,
}

impl<'a> Near<'a> {
    /// Builds the tree of points that are given by axis.
    pub(crate) fn new(axes: &'a [&'a Axis], columns: &[&[f64]], rows: &[u32]) -> Self {
        let mut rows = rows.to_vec();
        let many = rows.len();
        let mut tree = Self {
            axes,
            points: Vec::with_capacity(many * axes.len()),
            rows: Vec::new(),
            there: vec![true; many],
            leaf_of: vec![0; many],
            nodes: Vec::new(),
            boxes: Vec::new(),
        };
        if many > 0 {
            tree.split(columns, &mut rows, 0, 0);
        }
        for row in &rows {
            tree.points.extend(columns.iter().map(|column| column[*row as usize]));
        }
        tree.rows = rows;
        for at in (0..tree.nodes.len()).rev() {
            tree.fit(at);
        }
        tree
    }

    fn split(&mut self, columns: &[&[f64]], rows: &mut [u32], start: usize, parent: usize) -> usize {
        let at = self.nodes.len();
        let end = start + rows.len();
        self.nodes.push(Node { parent, children: [at; 2], start, end, left: rows.len() });
        self.boxes.resize(self.boxes.len() + 2 * self.axes.len(), 0.0);
        if rows.len() <= LEAF {
            self.leaf_of[start..end].fill(at as u32);
            return at;
        }
        let widest = (0..self.axes.len())
            .map(|axis| {
                let ends = rows.iter().map(|row| columns[axis][*row as usize]);
                let (low, high) = ends.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
                (self.axes[axis].square(low, high), high - low, axis)
            })
            .max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)))
            .map_or(0, |widest| widest.2);
        let column = columns[widest];
        let middle = rows.len() / 2;
        rows.select_nth_unstable_by(middle, |a, b| column[*a as usize].total_cmp(&column[*b as usize]).then(a.cmp(b)));
        let (low, high) = rows.split_at_mut(middle);
        let first = self.split(columns, low, start, at);
        let second = self.split(columns, high, start + middle, at);
        self.nodes[at].children = [first, second];
        at
    }

    /// Makes a node's box as small as what is left in it allows.
    fn fit(&mut self, at: usize) {
        let many = self.axes.len();
        let Node { children: [first, second], start, end, .. } = self.nodes[at];
        for axis in 0..many {
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            if first == at {
                for point in (start..end).filter(|point| self.there[*point]) {
                    let value = self.points[point * many + axis];
                    (low, high) = (low.min(value), high.max(value));
                }
            } else {
                for child in [first, second].map(|child| child * 2 * many) {
                    (low, high) = (low.min(self.boxes[child + axis]), high.max(self.boxes[child + many + axis]));
                }
            }
            self.boxes[at * 2 * many + axis] = low;
            self.boxes[at * 2 * many + many + axis] = high;
        }
    }

    /// Returns the points that are left.
    pub(crate) fn left(&self) -> usize {
        self.nodes.first().map_or(0, |root| root.left)
    }

    pub(crate) fn row(&self, point: usize) -> u32 {
        self.rows[point]
    }

    pub(crate) fn point(&self, point: usize) -> &[f64] {
        &self.points[point * self.axes.len()..(point + 1) * self.axes.len()]
    }

    /// Returns all points that are left.
    pub(crate) fn all(&self) -> Vec<usize> {
        (0..self.rows.len()).filter(|point| self.there[*point]).collect()
    }

    /// Takes points out of the tree.
    pub(crate) fn take(&mut self, points: &[usize]) {
        for point in points {
            self.there[*point] = false;
            let mut at = self.leaf_of[*point] as usize;
            loop {
                self.nodes[at].left -= 1;
                self.fit(at);
                if at == 0 {
                    break;
                }
                at = self.nodes[at].parent;
            }
        }
    }

    /// Returns the point that is farthest from a place.
    pub(crate) fn farthest(&self, from: &[f64]) -> Option<usize> {
        let mut best = (f64::NEG_INFINITY, None);
        if self.left() > 0 {
            self.seek_far(0, from, &mut best);
        }
        best.1
    }

    fn seek_far(&self, at: usize, from: &[f64], best: &mut (f64, Option<usize>)) {
        let Node { children: [first, second], start, end, .. } = self.nodes[at];
        if first == at {
            for point in (start..end).filter(|point| self.there[*point]) {
                let square = self.square(from, self.point(point));
                if square > best.0 {
                    *best = (square, Some(point));
                }
            }
            return;
        }
        let (one, other) = (self.bound(first, from, Axis::most), self.bound(second, from, Axis::most));
        let order = if one >= other { [(first, one), (second, other)] } else { [(second, other), (first, one)] };
        for (child, bound) in order {
            if self.nodes[child].left > 0 && bound > best.0 {
                self.seek_far(child, from, best);
            }
        }
    }

    /// Returns the k points that are nearest to a place, nearest first.
    pub(crate) fn nearest(&self, to: &[f64], k: usize) -> Vec<usize> {
        let mut found = Vec::with_capacity(k + 1);
        if self.left() > 0 && k > 0 {
            self.seek_near(0, to, k, &mut found);
        }
        found.into_iter().map(|(_, point)| point).collect()
    }

    fn seek_near(&self, at: usize, to: &[f64], k: usize, found: &mut Vec<(f64, usize)>) {
        let Node { children: [first, second], start, end, .. } = self.nodes[at];
        let worst = |found: &[(f64, usize)]| if found.len() < k { f64::INFINITY } else { found[k - 1].0 };
        if first == at {
            for point in (start..end).filter(|point| self.there[*point]) {
                let square = self.square(to, self.point(point));
                if square < worst(found) {
                    found.insert(found.partition_point(|other| other.0 <= square), (square, point));
                    found.truncate(k);
                }
            }
            return;
        }
        let (one, other) = (self.bound(first, to, Axis::least), self.bound(second, to, Axis::least));
        let order = if one <= other { [(first, one), (second, other)] } else { [(second, other), (first, one)] };
        for (child, bound) in order {
            if self.nodes[child].left > 0 && bound < worst(found) {
                self.seek_near(child, to, k, found);
            }
        }
    }

    fn square(&self, a: &[f64], b: &[f64]) -> f64 {
        self.axes.iter().zip(a).zip(b).map(|((axis, a), b)| axis.square(*a, *b)).sum()
    }

    fn bound(&self, at: usize, from: &[f64], by: fn(&Axis, f64, [f64; 2]) -> f64) -> f64 {
        let many = self.axes.len();
        let (low, high) = self.boxes[at * 2 * many..(at + 1) * 2 * many].split_at(many);
        if self.nodes[at].left == 0 {
            return 0.0;
        }
        let axes = self.axes.iter().zip(from).zip(low.iter().zip(high));
        axes.map(|((axis, from), (low, high))| by(axis, *from, [*low, *high])).sum()
    }
}

impl Axis {
    /// The least squared distance from a place to an interval.
    fn least(&self, from: f64, [low, high]: [f64; 2]) -> f64 {
        self.square(from, from.clamp(low, high))
    }

    /// The greatest.
    fn most(&self, from: f64, [low, high]: [f64; 2]) -> f64 {
        self.square(from, low).max(self.square(from, high))
    }
}
