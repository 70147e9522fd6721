//! Detail left against risk: a line for each series of settings, a lettered point for each setting, the chosen one ringed.

use askama::{Template, filters::HtmlSafe};

use super::{Key, Label, Legend, Line, lines};
use crate::html::Pair;

/// The plot takes this part of the width, in percent; what is left of it is for the scale.
const LEFT: f64 = 13.0;
const WIDTH: f64 = 82.0;
const PLOT: f64 = 240.0;
/// A chosen point's ring and the letters stay within the plot by this much.
const ROOM: f64 = 18.0;

/// One setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    /// Risk, above 0 and at most 1.
    pub(crate) risk: f64,
    /// Detail left, 0–1.
    pub(crate) kept: f64,
    /// Whether it is the setting of the release.
    pub(crate) chosen: bool,
}

/// The settings that one line joins.
#[derive(Debug, Clone)]
pub(crate) struct SpotLine {
    /// Its swatch, letter and words.
    pub(crate) key: Key,
    /// Its points, by rising risk.
    pub(crate) spots: Vec<Spot>,
}

/// A step of the scale of risk.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) risk: f64,
    /// What stands under it, line by line.
    pub(crate) texts: [String; 2],
}

/// What stands along the two axes.
#[derive(Debug, Clone)]
pub(crate) struct Axes {
    pub(crate) risk: Pair,
    pub(crate) kept: Pair,
}

/// A chart of settings.
#[derive(Debug, Clone, Template)]
#[template(path = "charts/frontier.html")]
pub(crate) struct Frontier {
    label: Label,
    legend: Legend,
    up: Vec<Line>,
    across: Vec<Line>,
    grid: Vec<(f64, String)>,
    steps: Vec<(String, [String; 2])>,
    lines: Vec<Segment>,
    points: Vec<Point>,
    top: f64,
    height: f64,
}

impl HtmlSafe for Frontier {}

#[derive(Debug, Clone)]
struct Segment {
    series: usize,
    x: [String; 2],
    y: [f64; 2],
}

#[derive(Debug, Clone)]
struct Point {
    series: usize,
    letter: String,
    x: String,
    y: f64,
    chosen: bool,
}

impl Frontier {
    /// Places the lines; risk rises to the right by powers, detail upwards.
    pub(crate) fn new(label: Label, axes: &Axes, series: &[SpotLine], steps: &[Step]) -> Self {
        let mut top = 0.0;
        let up = lines(&axes.kept, &mut top);
        let risks = || series.iter().flat_map(|s| &s.spots).map(|s| s.risk).chain(steps.iter().map(|s| s.risk));
        let scale = Scale::new(risks(), top + ROOM);
        let (mut segments, mut points) = (vec![], vec![]);
        for line in series {
            let number = line.key.series;
            for (a, b) in line.spots.iter().zip(line.spots.iter().skip(1)) {
                let (x, y) = ([a, b].map(|s| scale.across(s.risk)), [a, b].map(|s| scale.up(s.kept)));
                segments.push(Segment { series: number, x, y });
            }
            let point = |s: &Spot| Point {
                series: number,
                letter: line.key.letter.clone(),
                x: scale.across(s.risk),
                y: scale.up(s.kept),
                chosen: s.chosen,
            };
            points.extend(line.spots.iter().map(point));
        }
        points.sort_by_key(|point| point.chosen);
        let mut y = scale.top + PLOT + ROOM + 38.0;
        let across = lines(&axes.risk, &mut y);
        let grid = [0.0, 0.25, 0.5, 0.75, 1.0].map(|part| (scale.up(part), format!("{:.0}%", part * 100.0)));
        let legend = Legend { keys: series.iter().map(|s| s.key.clone()).collect() };
        let steps = steps.iter().map(|s| (scale.across(s.risk), s.texts.clone())).collect();
        let top = scale.top;
        Self { label, legend, up, across, grid: grid.into(), steps, lines: segments, points, top, height: y }
    }

    fn floor(&self) -> f64 {
        self.top + PLOT + ROOM
    }

    fn ceiling(&self) -> f64 {
        self.top - ROOM
    }
}

struct Scale {
    least: f64,
    most: f64,
    top: f64,
}

impl Scale {
    fn new(risks: impl Iterator<Item = f64>, top: f64) -> Self {
        let (least, most) = risks
            .filter(|r| *r > 0.0)
            .fold((f64::INFINITY, 0.0_f64), |(least, most), risk| (least.min(risk.ln()), most.max(risk)));
        Self { least, most: most.ln(), top }
    }

    fn across(&self, risk: f64) -> String {
        let range = self.most - self.least;
        let part = if range > 0.0 && risk > 0.0 { ((risk.ln() - self.least) / range).clamp(0.0, 1.0) } else { 0.5 };
        format!("{:.2}%", LEFT + 4.0 + part * (WIDTH - 4.0))
    }

    fn up(&self, kept: f64) -> f64 {
        ((self.top + (1.0 - kept.clamp(0.0, 1.0)) * PLOT) * 10.0).round() / 10.0
    }
}
