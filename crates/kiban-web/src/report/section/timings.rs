//! How long each stage took.

use super::{Block, Context, Section, Tile, no_legend};
use crate::{
    chart::{Bar, BarRow, Bars, Chart},
    html::Cell,
    number::{bytes, count, seconds},
    report::Timing,
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let timings = &context.report.timings;
    if timings.is_empty() {
        return None;
    }
    let longest = timings.iter().map(|t| t.seconds).fold(0.0, f64::max);
    let words = |t: &Timing| context.both.word("stage", t.stage.as_str());
    let length = |t: &Timing| if longest > 0.0 { t.seconds / longest } else { 0.0 };
    let bar = |t: &Timing| Bar { series: 3, length: length(t), value: seconds(t.seconds), hatched: false };
    let rows: Vec<BarRow> = timings.iter().map(|t| BarRow { words: words(t), bars: vec![bar(t)] }).collect();
    let cells = timings
        .iter()
        .map(|t| vec![words(t).into(), Cell::Number(seconds(t.seconds)), Cell::Number(count(t.rows))])
        .collect();
    let tile = |value: String, id: &str| Tile { value, words: context.both.word("tile", id) };
    let mut tiles = vec![tile(seconds(timings.iter().map(|t| t.seconds).sum()), "total-time")];
    tiles.extend(context.report.peak_memory_bytes.map(|n| tile(bytes(n), "peak-memory")));
    let table = context.table("timings", &["stage", "time", "rows-in"], cells);
    let chart = |label| vec![Chart::Bars(Bars::new(label, no_legend(), rows, vec![]))];
    let blocks = vec![Block::Tiles(tiles), context.figure("timings", chart, table)];
    Some(context.section("timings", blocks))
}
