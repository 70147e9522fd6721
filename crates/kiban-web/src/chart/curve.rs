//! A curve in a square of two scales, with a diagonal where the two ought to be equal.

use askama::{Template, filters::HtmlSafe};

use super::{Label, Line, lines};
use crate::html::Pair;

/// The plot takes this part of the width, in percent; what is left of it is for the scale.
const LEFT: f64 = 14.0;
const WIDTH: f64 = 82.0;
const PLOT: f64 = 240.0;
const ROOM: f64 = 12.0;

/// A place on a scale of 0–1, and what stands there.
#[derive(Debug, Clone)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) text: String,
}

/// What stands along one axis.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub(crate) words: Pair,
    pub(crate) ticks: Vec<Tick>,
}

/// What the curve is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    /// The line on which both scales are equal.
    Diagonal,
    /// Nothing.
    Nothing,
}

/// A curve.
#[derive(Debug, Clone, Template)]
#[template(path = "charts/curve.html")]
pub(crate) struct Curve {
    label: Label,
    up: Vec<Line>,
    across: Vec<Line>,
    rows: Vec<(f64, String)>,
    columns: Vec<(String, String)>,
    segments: Vec<Segment>,
    points: Vec<(String, f64)>,
    diagonal: Option<Segment>,
    top: f64,
    height: f64,
}

impl HtmlSafe for Curve {}

#[derive(Debug, Clone)]
struct Segment {
    x: [String; 2],
    y: [f64; 2],
}

impl Curve {
    /// Places points that lie in the square from 0 to 1, in the order in which they are joined.
    pub(crate) fn new(label: Label, across: &Axis, up: &Axis, points: &[(f64, f64)], beside: Beside) -> Self {
        let mut top = 0.0;
        let words = lines(&up.words, &mut top);
        top += ROOM;
        let place = |(x, y): (f64, f64)| (over(x), ((top + (1.0 - inside(y)) * PLOT) * 10.0).round() / 10.0);
        let join = |a: (f64, f64), b: (f64, f64)| {
            let ((x1, y1), (x2, y2)) = (place(a), place(b));
            Segment { x: [x1, x2], y: [y1, y2] }
        };
        let mut height = top + PLOT + 22.0;
        let below = lines(&across.words, &mut height);
        Self {
            label,
            up: words,
            across: below,
            rows: up.ticks.iter().map(|tick| (place((0.0, tick.at)).1, tick.text.clone())).collect(),
            columns: across.ticks.iter().map(|tick| (over(tick.at), tick.text.clone())).collect(),
            segments: points.iter().zip(points.iter().skip(1)).map(|(a, b)| join(*a, *b)).collect(),
            points: points.iter().map(|point| place(*point)).collect(),
            diagonal: (beside == Beside::Diagonal).then(|| join((0.0, 0.0), (1.0, 1.0))),
            top,
            height,
        }
    }

    fn floor(&self) -> f64 {
        self.top + PLOT
    }
}

fn inside(part: f64) -> f64 {
    if part.is_finite() { part.clamp(0.0, 1.0) + 0.0 } else { 0.0 }
}

fn over(part: f64) -> String {
    format!("{:.2}%", LEFT + inside(part) * WIDTH)
}
