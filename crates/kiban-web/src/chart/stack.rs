//! Bars divided into parts, one bar to a row, each over the full width.

use askama::{Template, filters::HtmlSafe};

use super::{Label, Legend, Line, lines, part};
use crate::html::Pair;

const BAR: f64 = 26.0;
const GAP: f64 = 14.0;
/// Narrower parts, in percent, carry no letter.
const LETTER: f64 = 5.0;

/// One part of a bar.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Series 1–7.
    pub(crate) series: usize,
    /// The letter of the key.
    pub(crate) letter: String,
    /// How much it is drawn as.
    pub(crate) amount: u64,
    /// Its words and value, as a tip.
    pub(crate) tip: String,
    /// Whether its length stands for a count that is kept back.
    pub(crate) hatched: bool,
}

/// One bar.
#[derive(Debug, Clone)]
pub(crate) struct StackRow {
    pub(crate) words: Pair,
    pub(crate) parts: Vec<Part>,
}

/// Divided bars.
#[derive(Debug, Clone, Template)]
#[template(path = "charts/stack.html")]
pub(crate) struct Stack {
    label: Label,
    legend: Legend,
    rows: Vec<PlacedRow>,
    height: f64,
}

impl HtmlSafe for Stack {}

#[derive(Debug, Clone)]
struct PlacedRow {
    lines: Vec<Line>,
    bar_y: f64,
    letter_y: f64,
    parts: Vec<PlacedPart>,
}

#[derive(Debug, Clone)]
struct PlacedPart {
    part: Part,
    x: String,
    width: String,
    middle: String,
    lettered: bool,
}

impl Stack {
    /// Places the bars below each other and their parts side by side.
    pub(crate) fn new(label: Label, legend: Legend, rows: Vec<StackRow>) -> Self {
        let mut y = 0.0;
        let mut placed = Vec::with_capacity(rows.len());
        for row in rows {
            let lines = lines(&row.words, &mut y);
            let bar_y = y;
            placed.push(PlacedRow { lines, bar_y, letter_y: bar_y + BAR - 8.0, parts: place(row.parts) });
            y = bar_y + BAR + GAP;
        }
        Self { label, legend, rows: placed, height: (y - GAP).max(1.0) }
    }
}

fn place(parts: Vec<Part>) -> Vec<PlacedPart> {
    let total = parts.iter().map(|p| p.amount).sum();
    let mut x = 0.0;
    let mut placed = Vec::with_capacity(parts.len());
    for piece in parts {
        let width = part(piece.amount, total) * 100.0;
        placed.push(PlacedPart {
            x: format!("{x:.2}%"),
            width: format!("{width:.2}%"),
            middle: format!("{:.2}%", x + width / 2.0),
            lettered: width >= LETTER,
            part: piece,
        });
        x += width;
    }
    placed
}
