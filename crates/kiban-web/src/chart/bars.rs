//! Horizontal bars in rows, one or several to a row, with marks such as a limit.

use askama::{Template, filters::HtmlSafe};

use super::{Label, Legend, Line, lines};
use crate::html::Pair;

/// The bars take this much of the width; the rest is for their values.
const AREA: f64 = 78.0;
const BAR: f64 = 13.0;
const STEP: f64 = 18.0;
const GAP: f64 = 12.0;

/// One bar.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    /// Series 1–7.
    pub(crate) series: usize,
    /// Length, 0–1.
    pub(crate) length: f64,
    /// What is written at its end.
    pub(crate) value: String,
    /// Whether the length stands for a count that is kept back.
    pub(crate) hatched: bool,
}

/// A label and its bars.
#[derive(Debug, Clone)]
pub(crate) struct BarRow {
    pub(crate) words: Pair,
    pub(crate) bars: Vec<Bar>,
}

/// A line across all rows.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    /// Where, 0–1.
    pub(crate) at: f64,
    pub(crate) text: String,
    /// Whether it is a limit, drawn stronger than a step of the scale.
    pub(crate) limit: bool,
}

/// Horizontal bars.
#[derive(Debug, Clone, Template)]
#[template(path = "charts/bars.html")]
pub(crate) struct Bars {
    label: Label,
    legend: Legend,
    rows: Vec<PlacedRow>,
    marks: Vec<Mark>,
    height: f64,
}

impl HtmlSafe for Bars {}

#[derive(Debug, Clone)]
struct PlacedRow {
    lines: Vec<Line>,
    bars: Vec<(f64, Bar)>,
}

impl Bars {
    /// Places the rows below each other.
    pub(crate) fn new(label: Label, legend: Legend, rows: Vec<BarRow>, marks: Vec<Mark>) -> Self {
        let mut y = 0.0;
        let mut placed = Vec::with_capacity(rows.len());
        for row in rows {
            let lines = lines(&row.words, &mut y);
            let mut bars = Vec::with_capacity(row.bars.len());
            for bar in row.bars {
                bars.push((y, bar));
                y += STEP;
            }
            placed.push(PlacedRow { lines, bars });
            y += GAP;
        }
        let scale = if marks.is_empty() { 0.0 } else { 16.0 };
        Self { label, legend, rows: placed, marks, height: (y - GAP + scale).max(1.0) }
    }

    fn percent(&self, length: &f64) -> String {
        // A negative zero would be written with its sign.
        format!("{:.2}%", length.clamp(0.0, 1.0) * AREA + 0.0)
    }

    fn floor(&self) -> f64 {
        self.height - if self.marks.is_empty() { 0.0 } else { 15.0 }
    }

    fn middle(&self, y: &f64) -> f64 {
        y + BAR - 2.0
    }
}
