//! How long each step took.

use super::Context;
use crate::{
    chart::{Bar, BarRow, Bars, Chart},
    html::Cell,
    linkage::Step,
    number::{bytes, seconds},
    page::{Block, Section, no_legend},
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let (both, steps) = (context.both, &context.report.steps);
    if steps.is_empty() {
        return None;
    }
    let longest = steps.iter().map(|step| step.seconds).fold(0.0, f64::max);
    let words = |step: &Step| both.known(&["phase"], &step.step);
    let length = |step: &Step| if longest > 0.0 { step.seconds / longest } else { 0.0 };
    let bar = |step: &Step| Bar { series: 3, length: length(step), value: seconds(step.seconds), hatched: false };
    let rows = steps.iter().map(|step| BarRow { words: words(step), bars: vec![bar(step)] }).collect();
    let cells = steps.iter().map(|step| vec![words(step).into(), Cell::Number(seconds(step.seconds))]).collect();
    let mut tiles = vec![both.tile(seconds(steps.iter().map(|step| step.seconds).sum()), "total-time")];
    tiles.extend(context.report.peak_memory_bytes.map(|n| both.tile(bytes(n), "peak-memory")));
    let table = both.table("timings", &["stage", "time"], cells);
    let chart = |label| vec![Chart::Bars(Bars::new(label, no_legend(), rows, vec![]))];
    Some(both.section("timings", vec![Block::Tiles(tiles), both.figure("timings", chart, table)]))
}
