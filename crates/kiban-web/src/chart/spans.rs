//! Horizontal bars that begin anywhere on a scale with a zero: weights for and against, and waterfalls.

use askama::{Template, filters::HtmlSafe};

use super::{Label, Legend, Line, lines};
use crate::html::Pair;

/// The bars take this part of the width, in percent; the rest is for their values, one below the other.
const AREA: f64 = 82.0;
const BAR: f64 = 13.0;
const GAP: f64 = 12.0;
const SCALE: f64 = 16.0;
/// The narrowest bar that can still be seen, in percent.
const THIN: f64 = 0.6;

/// One bar and what it stands for.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    /// Series 1–7.
    pub(crate) series: usize,
    pub(crate) words: Pair,
    /// Where it begins and ends on the scale, in either order.
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// What is written beside it.
    pub(crate) value: String,
}

/// How the ends of the bars hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chain {
    /// Each bar stands alone.
    Apart,
    /// Each bar begins where the one before it ended.
    Linked,
}

/// Bars on a scale with a zero.
#[derive(Debug, Clone, Template)]
#[template(path = "charts/spans.html")]
pub(crate) struct Spans {
    label: Label,
    legend: Legend,
    rows: Vec<PlacedRow>,
    links: Vec<(String, f64, f64)>,
    marks: Vec<(String, String)>,
    zero: String,
    height: f64,
}

impl HtmlSafe for Spans {}

#[derive(Debug, Clone)]
struct PlacedRow {
    lines: Vec<Line>,
    series: usize,
    x: String,
    width: String,
    y: f64,
    value: String,
}

impl Spans {
    /// Places the bars below each other on one scale that holds all of them, and zero.
    pub(crate) fn new(label: Label, legend: Legend, spans: Vec<Span>, chain: Chain) -> Self {
        let scale = Scale::new(spans.iter().flat_map(|s| [s.from, s.to]));
        let mut y = 0.0;
        let (mut rows, mut links): (Vec<PlacedRow>, Vec<(String, f64, f64)>) = (vec![], vec![]);
        let mut before = None;
        for span in spans {
            let lines = lines(&span.words, &mut y);
            if let Some((end, from)) = before.filter(|_| chain == Chain::Linked) {
                links.push((scale.percent(end), from, y + BAR));
            }
            before = Some((span.to, y));
            let (low, high) = (scale.at(span.from.min(span.to)), scale.at(span.from.max(span.to)));
            let width = (high - low).max(THIN);
            let x = low.min(AREA - width).max(0.0);
            let (x, width) = (format!("{x:.2}%"), format!("{width:.2}%"));
            rows.push(PlacedRow { lines, series: span.series, x, width, y, value: span.value });
            y += BAR + GAP;
        }
        let marks = scale.marks().into_iter().map(|mark| (scale.percent(mark), signed(mark, 0))).collect();
        Self { label, legend, rows, links, marks, zero: scale.percent(0.0), height: y + SCALE }
    }

    fn floor(&self) -> f64 {
        self.height - SCALE
    }

    fn middle(&self, y: &f64) -> f64 {
        y + BAR - 2.0
    }
}

/// Writes a number with its sign, a true minus.
pub(crate) fn signed(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let plain = format!("{:.digits$}", value.abs());
    match plain.chars().any(|c| c.is_ascii_digit() && c != '0') {
        false => plain,
        true => format!("{}{plain}", if value < 0.0 { '−' } else { '+' }),
    }
}

struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn new(values: impl Iterator<Item = f64>) -> Self {
        let finite = values.filter(|value| value.is_finite());
        let (low, high) = finite.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        Self { low, high: if high - low < 1.0 { low + 1.0 } else { high } }
    }

    fn at(&self, value: f64) -> f64 {
        let value = if value.is_finite() { value } else { 0.0 };
        // A negative zero would be written with its sign.
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0) * AREA + 0.0
    }

    fn percent(&self, value: f64) -> String {
        format!("{:.2}%", self.at(value))
    }

    /// Returns at most seven round numbers on the scale, but none too near to its ends to be read.
    fn marks(&self) -> Vec<f64> {
        let range = self.high - self.low;
        let steps = (0..12).flat_map(|power| [1.0, 2.0, 5.0].map(|first: f64| first * 10_f64.powi(power)));
        let step = steps.into_iter().find(|step| range / step <= 6.0).unwrap_or(range);
        let first = (self.low / step).ceil();
        let all = (0_u8..8).map(|n| (first + f64::from(n)) * step);
        let seen = |mark: &f64| (self.low..=self.high).contains(mark) && (2.0..=AREA).contains(&self.at(*mark));
        all.filter(seen).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_their_sign_and_zero_has_none() {
        assert_eq!([12.34, -0.55, 0.0, -0.01].map(|n| signed(n, 1)), ["+12.3", "−0.6", "0.0", "0.0"]);
        assert_eq!(signed(f64::NEG_INFINITY, 1), "–");
    }

    #[test]
    fn marks_are_round_and_few() {
        let marks = |low, high| Scale { low, high }.marks();
        assert_eq!(marks(-11.0, 22.0), [-10.0, 0.0, 10.0, 20.0]);
        assert_eq!(marks(0.0, 5.0), [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!(marks(-700.0, 40.0).len() <= 7);
        assert!(Scale::new([f64::NAN, f64::INFINITY].into_iter()).marks().iter().all(|mark| mark.is_finite()));
    }
}
