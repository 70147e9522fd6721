//! Records on a circle and the pairs between them, the stronger the surer.

use std::f64::consts::TAU;

use askama::{Template, filters::HtmlSafe};

use super::{Label, Legend};

const SIZE: f64 = 320.0;
const RADIUS: f64 = 134.0;
/// Strokes of the least and of the surest pair.
const STROKES: [f64; 2] = [1.0, 5.0];

/// A pair of records, by their places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) ends: [usize; 2],
    /// Series 1–7.
    pub(crate) series: usize,
    /// How sure the pair is, 0–1.
    pub(crate) weight: f64,
    pub(crate) style: Style,
}

/// How a pair is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// It joins.
    Solid,
    /// It does not join.
    Dashed,
    /// It joins, and the person hangs on it.
    Marked,
}

/// Records on a circle.
#[derive(Debug, Clone, Template)]
#[template(path = "charts/graph.html")]
pub(crate) struct Graph {
    label: Label,
    legend: Legend,
    nodes: Vec<Node>,
    lines: Vec<Placed>,
    marks: Vec<[f64; 2]>,
}

impl HtmlSafe for Graph {}

#[derive(Debug, Clone)]
struct Node {
    at: [f64; 2],
    letter: String,
}

#[derive(Debug, Clone)]
struct Placed {
    class: String,
    from: [f64; 2],
    to: [f64; 2],
    width: f64,
    shade: f64,
}

impl Graph {
    /// Places the records clockwise from the top; pairs with an end that is not there are left out.
    pub(crate) fn new(label: Label, legend: Legend, records: usize, links: &[Link]) -> Self {
        let places: Vec<[f64; 2]> = (0..records).map(|at| place(at, records)).collect();
        let nodes = (1..).zip(&places).map(|(n, at): (usize, _)| Node { at: *at, letter: n.to_string() }).collect();
        let (mut lines, mut marks) = (vec![], vec![]);
        // What joins is drawn over what does not, the surest last.
        let mut ordered: Vec<&Link> = links.iter().collect();
        ordered.sort_by(|a, b| {
            (a.style != Style::Dashed, a.weight)
                .partial_cmp(&(b.style != Style::Dashed, b.weight))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        for link in ordered {
            let [Some(from), Some(to)] = link.ends.map(|end| places.get(end).copied()) else { continue };
            lines.push(line(link, from, to));
            if link.style == Style::Marked {
                let [x, y] = [0, 1].map(|axis: usize| {
                    let of = |at: [f64; 2]| at.get(axis).copied().unwrap_or_default();
                    round((of(from) + of(to)) / 2.0)
                });
                marks.push([x, y]);
            }
        }
        Self { label, legend, nodes, lines, marks }
    }
}

fn line(link: &Link, from: [f64; 2], to: [f64; 2]) -> Placed {
    let weight = if link.weight.is_finite() { link.weight.clamp(0.0, 1.0) } else { 0.0 };
    let [thin, thick] = STROKES;
    let class = match link.style {
        Style::Solid => format!("l{}", link.series),
        Style::Dashed => format!("l{} dashed", link.series),
        Style::Marked => format!("l{} marked", link.series),
    };
    let shade = match link.style {
        Style::Marked => 1.0,
        Style::Solid | Style::Dashed => round(0.55 + 0.45 * weight),
    };
    Placed { class, from, to, width: round(thin + (thick - thin) * weight), shade }
}

#[expect(clippy::cast_precision_loss, reason = "places of a few dozen records on a circle")]
fn place(at: usize, of: usize) -> [f64; 2] {
    let turn = TAU * at as f64 / of.max(1) as f64;
    [round(SIZE / 2.0 + RADIUS * turn.sin()), round(SIZE / 2.0 - RADIUS * turn.cos())]
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stand_clockwise_from_the_top_within_the_picture() {
        assert_eq!([0, 1, 2, 3].map(|at| place(at, 4)), [[160.0, 26.0], [294.0, 160.0], [160.0, 294.0], [26.0, 160.0]]);
        assert_eq!(place(0, 0), [160.0, 26.0]);
    }
}
