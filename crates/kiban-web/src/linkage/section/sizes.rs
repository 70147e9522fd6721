//! How many persons have how many records.

use super::Context;
use crate::{
    chart::{Bar, BarRow, Bars, Chart},
    html::{Cell, Pair},
    linkage::ClusterSize,
    number::{count, scale},
    page::{Section, no_legend},
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let (both, sizes) = (context.both, &context.report.sizes);
    if sizes.is_empty() {
        return None;
    }
    let most = sizes.iter().map(|size| size.persons).max().unwrap_or_default();
    let words = |size: &ClusterSize| both.fill("size-records", &[("n", &count(size.records))]);
    let row = |size: &ClusterSize| BarRow {
        words: words(size),
        bars: vec![Bar {
            series: 1,
            length: logarithm(size.persons, most),
            value: count(size.persons),
            hatched: false,
        }],
    };
    let cells = |size: &ClusterSize| -> Vec<Cell> {
        vec![Pair::plain(count(size.records)).into(), Cell::Number(count(size.persons))]
    };
    let table = both.table("sizes", &["records", "persons"], sizes.iter().map(cells).collect());
    let rows = sizes.iter().map(row).collect();
    let chart = |label| vec![Chart::Bars(Bars::new(label, no_legend(), rows, vec![]))];
    Some(both.section("sizes", vec![both.figure("sizes", chart, table)]))
}

/// Returns the length of a bar on a scale of powers, on which one is still seen beside millions.
pub(super) fn logarithm(n: u64, most: u64) -> f64 {
    if n == 0 { 0.0 } else { scale(n).ln_1p() / scale(most.max(n)).ln_1p() }
}
