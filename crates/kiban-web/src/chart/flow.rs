//! The way of the rows: a trunk that narrows from node to node, and beside it what left it and why.
//!
//! Widths are true to scale, and every number stands in a list on the right, joined to its place by a line, so that the
//! thinnest flow reads as well as the widest.

use askama::{Template, filters::HtmlSafe};

use super::Label;
use crate::html::{Pair, wrap};

const NODE: f64 = 12.0;
const STUB: f64 = 20.0;
const FIRST: f64 = 19.0;
const SECOND: f64 = 15.0;

/// What a flow is, and by it how it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Goes on.
    On,
    /// Held because the law says so.
    Denied,
    /// Held by a rule of the house.
    Held,
    /// Lost to findings.
    Lost,
    /// Made on top, where one row became several.
    Made,
}

impl Kind {
    const fn class(self) -> &'static str {
        match self {
            Self::On => "s1",
            Self::Denied => "s2",
            Self::Held => "s6",
            Self::Lost => "s4",
            Self::Made => "s3",
        }
    }
}

/// A flow that joins or leaves the trunk.
#[derive(Debug, Clone)]
pub(crate) struct FlowSide {
    pub(crate) kind: Kind,
    /// Width in rows.
    pub(crate) rows: f64,
    pub(crate) value: String,
    pub(crate) words: Pair,
}

/// A place the trunk passes, and what joined and left between the node before and this one.
#[derive(Debug, Clone)]
pub(crate) struct FlowNode {
    pub(crate) rows: f64,
    pub(crate) value: String,
    pub(crate) words: Pair,
    /// What left on the way here, and what was made.
    pub(crate) sides: Vec<FlowSide>,
}

/// The drawing, for one width of the window.
#[derive(Debug, Clone, Template)]
#[template(path = "charts/flow.html")]
pub(crate) struct FlowChart {
    label: Label,
    class: &'static str,
    width: f64,
    height: f64,
    rects: Vec<Rect>,
    lines: Vec<Leader>,
    texts: Vec<Text>,
}

impl HtmlSafe for FlowChart {}

#[derive(Debug, Clone)]
struct Rect {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    class: String,
}

#[derive(Debug, Clone)]
struct Leader {
    path: String,
    class: &'static str,
}

#[derive(Debug, Clone)]
struct Text {
    x: f64,
    y: f64,
    class: &'static str,
    lang: &'static str,
    text: String,
}

/// Where things stand for one width of the window.
struct Measure {
    width: f64,
    trunk: f64,
    /// Where the lines to the list end.
    list: f64,
    /// Right end of the numbers; they stand above the words where the window is narrow.
    number: f64,
    words: f64,
    narrow: bool,
}

const WIDE: Measure = Measure { width: 880.0, trunk: 440.0, list: 476.0, number: 562.0, words: 576.0, narrow: false };
const NARROW: Measure = Measure { width: 340.0, trunk: 132.0, list: 150.0, number: 156.0, words: 156.0, narrow: true };

/// A drawing in progress, from top to bottom.
struct Pen<'m> {
    at: &'m Measure,
    scale: f64,
    y: f64,
    rects: Vec<Rect>,
    lines: Vec<Leader>,
    texts: Vec<Text>,
}

impl FlowChart {
    /// Draws the wide form.
    pub(crate) fn wide(label: Label, sources: &[FlowSide], nodes: &[FlowNode]) -> Self {
        Self::draw(label, "wide", &WIDE, sources, nodes)
    }

    /// Draws the form for narrow windows.
    pub(crate) fn narrow(mut label: Label, sources: &[FlowSide], nodes: &[FlowNode]) -> Self {
        label.id.push_str("-narrow");
        Self::draw(label, "narrow", &NARROW, sources, nodes)
    }

    fn draw(label: Label, class: &'static str, at: &Measure, sources: &[FlowSide], nodes: &[FlowNode]) -> Self {
        let widest = nodes.iter().map(|n| n.rows).fold(sources.iter().map(|s| s.rows).sum(), f64::max);
        let scale = if widest > 0.0 { at.trunk / widest } else { 0.0 };
        let mut pen = Pen { at, scale, y: 4.0, rects: vec![], lines: vec![], texts: vec![] };
        pen.sources(sources);
        let mut before = 0.0;
        for (i, node) in nodes.iter().enumerate() {
            if i > 0 {
                pen.between(before, node);
            }
            pen.node(node);
            before = node.rows;
        }
        let (rects, lines, texts) = (pen.rects, pen.lines, pen.texts);
        Self { label, class, width: at.width, height: pen.y + 8.0, rects, lines, texts }
    }
}

impl Pen<'_> {
    fn long(&self, rows: f64) -> f64 {
        if rows > 0.0 { (rows * self.scale).max(1.5) } else { 0.0 }
    }

    /// The facilities, side by side on top of the first node; the leftmost heads the list, so that no lines cross.
    fn sources(&mut self, sources: &[FlowSide]) {
        let mut spots = Vec::with_capacity(sources.len());
        let mut x = 0.0;
        for source in sources {
            spots.push((x, self.long(source.rows), self.y + 10.0));
            x += self.long(source.rows);
            self.entry(&source.value, &source.words, "value");
        }
        let top = self.y + 6.0;
        for (x, width, y) in spots {
            self.rect(x, top, (width - 1.0).max(0.5), STUB, "s1 in");
            self.lines.push(Leader {
                path: format!("M{:.1} {top:.1}V{y:.1}H{:.1}", x + width / 2.0, self.at.list),
                class: "s1",
            });
        }
        self.y = top + STUB;
    }

    /// A node: a bar across the trunk, its name and number in the list.
    fn node(&mut self, node: &FlowNode) {
        let width = self.long(node.rows);
        self.rect(0.0, self.y, width.max(1.0), NODE, "s1");
        let middle = self.y + NODE / 2.0;
        self.lines.push(Leader { path: format!("M{width:.1} {middle:.1}H{:.1}", self.at.list), class: "s1 main" });
        let bottom = self.y + NODE;
        self.y = middle - 10.0;
        self.entry(&node.value, &node.words, "value main");
        self.y = self.y.max(bottom);
    }

    /// The way to the next node: the trunk, and in order from the right what leaves it; what is made comes last.
    fn between(&mut self, before: f64, node: &FlowNode) {
        let (made, left): (Vec<&FlowSide>, Vec<&FlowSide>) = node.sides.iter().partition(|s| s.kind == Kind::Made);
        let (width, start) = (self.long(before), self.bar_bottom());
        let gone: f64 = left.iter().map(|s| self.long(s.rows)).sum();
        let through = (width - gone).max(0.0).min(self.long(node.rows));
        self.y += 8.0;
        let mut x = width;
        for side in left {
            let wide = self.long(side.rows);
            x = (x - wide).max(0.0);
            self.rect(x, start, (wide - 1.0).max(0.8), STUB, &format!("{} out", side.kind.class()));
            self.leader(x + wide / 2.0, start + STUB, side);
        }
        let mut entries = Vec::with_capacity(made.len());
        for side in made {
            entries.push((self.y + 10.0, side));
            self.entry(&side.value, &side.words, "value");
        }
        self.y = (self.y + 12.0).max(start + STUB + 18.0);
        self.rect(0.0, start, through.max(1.0), self.y - start, "s1 trunk");
        let mut x = through;
        for (y, side) in entries {
            let wide = self.long(side.rows).min((self.long(node.rows) - x).max(1.5));
            self.rect(x, self.y - STUB, (wide - 1.0).max(0.8), STUB, "s3 in");
            let path = format!("M{:.1} {:.1}V{y:.1}H{:.1}", x + wide / 2.0, self.y - STUB, self.at.list);
            self.lines.push(Leader { path, class: "s3" });
            x += wide;
        }
    }

    /// A line from a stub down to its entry in the list.
    fn leader(&mut self, x: f64, from: f64, side: &FlowSide) {
        let y = (self.y + 10.0).max(from + 4.0);
        self.y = y - 10.0;
        let class = side.kind.class();
        self.lines.push(Leader { path: format!("M{x:.1} {from:.1}V{y:.1}H{:.1}", self.at.list), class });
        self.entry(&side.value, &side.words, "value");
    }

    /// A number and its words in the list.
    fn entry(&mut self, value: &str, words: &Pair, class: &'static str) {
        let at = self.at;
        let mut y = self.y + 15.0;
        self.texts.push(Text { x: at.number, y, class, lang: "", text: value.to_owned() });
        if at.narrow {
            y += FIRST;
        }
        let room = at.width - at.words;
        let first = if class.ends_with("main") { "words main" } else { "words" };
        for line in wrap(&words.first, room / 14.5) {
            self.texts.push(Text { x: at.words, y, class: first, lang: words.lang.tag(), text: line });
            y += FIRST;
        }
        y -= FIRST - SECOND;
        for line in wrap(&words.second, room / 12.0) {
            self.texts.push(Text { x: at.words, y, class: "second", lang: words.lang.other().tag(), text: line });
            y += SECOND;
        }
        self.y = y - SECOND + 12.0;
    }

    fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, class: &str) {
        self.rects.push(Rect { x, y, width, height, class: class.to_owned() });
    }

    /// Where the last node's bar ends, which its words may reach below.
    fn bar_bottom(&self) -> f64 {
        self.rects.iter().rev().find(|r| r.class == "s1").map_or(self.y, |r| r.y + r.height)
    }
}
