//! The figures, each a template of inline SVG with a title and a description for screen readers.
//!
//! All but two have no view box: widths are percentages and letters keep the page's size, so they reflow to a narrow
//! window and to 400 % zoom. The flow has paths, so it is drawn twice and the style sheet shows one; the graph is small
//! and square enough to fit any window.

pub(crate) use bars::{Bar, BarRow, Bars, Mark};
pub(crate) use curve::{Axis, Beside, Curve, Tick};
pub(crate) use flow::{FlowChart, FlowNode, FlowSide, Kind};
pub(crate) use frontier::{Axes, Frontier, Spot, SpotLine, Step};
pub(crate) use graph::{Graph, Link, Style};
pub(crate) use spans::{Chain, Span, Spans, signed};
pub(crate) use stack::{Part, Stack, StackRow};

use askama::{Template, filters::HtmlSafe};

use crate::html::{Pair, wrap};

mod bars;
mod curve;
mod flow;
mod frontier;
mod graph;
mod spans;
mod stack;

/// The name and the description of a figure, and the id they are tied to it by.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) id: String,
    pub(crate) title: Pair,
    pub(crate) desc: Pair,
}

/// A swatch and what it stands for.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// Series 1–7.
    pub(crate) series: usize,
    /// The letter that stands in the figure as well, so that colour is not needed.
    pub(crate) letter: String,
    pub(crate) words: Pair,
}

/// The key of a figure.
#[derive(Debug, Clone, Template)]
#[template(path = "legend.html")]
pub(crate) struct Legend {
    pub(crate) keys: Vec<Key>,
}

impl HtmlSafe for Legend {}

/// One of the kinds of figure.
#[derive(Debug, Clone)]
pub(crate) enum Chart {
    Flow(Box<FlowChart>),
    Bars(Bars),
    Frontier(Frontier),
    Stack(Stack),
    Spans(Spans),
    Curve(Curve),
    Graph(Graph),
}

/// One line of a label inside a figure.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    y: f64,
    class: &'static str,
    lang: &'static str,
    text: String,
}

/// Breaks a label into lines that fit a window of 320 pixels, and moves `y` below them.
fn lines(words: &Pair, y: &mut f64) -> Vec<Line> {
    let mut lines = vec![];
    let (first, second) = (words.lang.tag(), words.lang.other().tag());
    let parts = [("words", first, &words.first, 18.0, 18.0), ("second", second, &words.second, 21.0, 15.0)];
    for (class, lang, text, width, step) in parts {
        for text in text.lines().flat_map(|line| wrap(line, width)) {
            *y += step;
            lines.push(Line { y: *y - 4.0, class, lang, text });
        }
    }
    *y += 3.0;
    lines
}

/// Returns a share of a whole, 0 where there is no whole.
#[expect(clippy::cast_precision_loss, reason = "lengths on paper")]
pub(crate) fn part(n: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { n as f64 / of as f64 }
}
