//! Which records could not be found even beside themselves, for they hold too little.

use super::Context;
use crate::{
    chart::{Axis, Beside, Chart, Curve, Label, Tick},
    html::{Cell, Pair},
    linkage::Unlinkable,
    number::share,
    page::Section,
};

/// Where the scale of odds begins and ends, and its steps between.
const STEPS: [(f64, &str); 5] = [(0.5, "0.5"), (0.9, "0.9"), (0.99, "0.99"), (0.999, "0.999"), (0.9999, "0.9999")];
/// The scale of shares goes up to one of these.
const TOPS: [f64; 6] = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5];

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let (both, points) = (context.both, &context.report.unlinkables);
    if points.is_empty() {
        return None;
    }
    let most = points.iter().map(|point| point.share).fold(0.0, f64::max);
    let top = TOPS.into_iter().find(|top| most <= *top).unwrap_or(1.0);
    let across = Axis {
        words: both.word("column", "probability"),
        ticks: STEPS.map(|(p, text)| Tick { at: odds(p), text: text.to_owned() }).to_vec(),
    };
    let ticks = [0.0, 0.25, 0.5, 0.75, 1.0].map(|at| Tick { at, text: percent(at * top) });
    let up = Axis { words: both.word("column", "unlinkable"), ticks: ticks.to_vec() };
    let placed: Vec<(f64, f64)> = points.iter().map(|point| (odds(point.probability), point.share / top)).collect();
    let chart = |label: Label| vec![Chart::Curve(Curve::new(label, &across, &up, &placed, Beside::Nothing))];
    let row = |point: &Unlinkable| -> Vec<Cell> {
        vec![Pair::plain(point.probability.to_string()).into(), Cell::Number(share(point.share))]
    };
    let rows = points.iter().map(row).collect();
    let table = both.table("unlinkables", &["probability", "unlinkable"], rows);
    Some(both.section("unlinkables", vec![both.figure("unlinkables", chart, table)]))
}

/// Returns the place of a probability on the scale of odds, so that 0.9, 0.99 and 0.999 stand equally far apart.
fn odds(probability: f64) -> f64 {
    let ends = [0.5, 0.9999].map(|p: f64| (p / (1.0 - p)).ln());
    let [low, high] = ends;
    let inside = probability.clamp(0.5, 0.9999);
    ((inside / (1.0 - inside)).ln() - low) / (high - low)
}

fn percent(share: f64) -> String {
    let text = format!("{:.3}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}
