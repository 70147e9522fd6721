//! How many pairs have which probability, and how many of them are or are expected to be one person.

use super::{Context, sizes::logarithm};
use crate::{
    chart::{Axis, Bar, BarRow, Bars, Beside, Chart, Curve, Key, Label, Legend, Mark, Tick},
    html::{Cell, Pair},
    linkage::Band,
    number::{count, scale, share},
    page::{Block, Section},
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let bands = &context.report.calibration;
    if bands.is_empty() {
        return None;
    }
    let mut blocks = vec![histogram(context, bands)];
    blocks.extend(curve(context, bands));
    Some(context.both.section("calibration", blocks))
}

fn histogram(context: &Context<'_>, bands: &[Band]) -> Block {
    let both = context.both;
    let most = bands.iter().map(|band| band.pairs).max().unwrap_or_default();
    let bar = |series, n, value| Bar { series, length: logarithm(n, most), value, hatched: false };
    let row = |band: &Band| BarRow {
        words: name(band),
        bars: vec![bar(6, band.pairs, count(band.pairs)), bar(1, whole(band.expected), count(whole(band.expected)))],
    };
    let powers = (0..18).map(|power| 10_u64.pow(power)).take_while(|n| *n <= most).filter(|n| *n > 1);
    let marks = powers.map(|n| Mark { at: logarithm(n, most), text: short(n), limit: false }).collect();
    let key = |series, id| Key { series, letter: String::new(), words: both.word("column", id) };
    let legend = Legend { keys: vec![key(6, "pairs"), key(1, "expected")] };
    let rows = bands.iter().map(row).collect();
    let chart = |label| vec![Chart::Bars(Bars::new(label, legend, rows, marks))];
    both.figure("calibration", chart, table(context, bands))
}

/// The curve of what was foretold and what is true; without truth there is none.
fn curve(context: &Context<'_>, bands: &[Band]) -> Option<Block> {
    let both = context.both;
    let known = bands.iter().filter(|band| band.pairs > 0);
    let points: Vec<(f64, f64)> = known.filter_map(|band| Some((foretold(band), band.true_share?))).collect();
    let ticks = || [0.0, 0.25, 0.5, 0.75, 1.0].map(|at| Tick { at, text: format!("{:.0}%", at * 100.0) }).to_vec();
    let axis = |id| Axis { words: both.word("column", id), ticks: ticks() };
    let chart = |label: Label| {
        vec![Chart::Curve(Curve::new(label, &axis("foretold"), &axis("truly"), &points, Beside::Diagonal))]
    };
    (!points.is_empty()).then(|| both.figure("calibration-curve", chart, table(context, bands)))
}

fn table(context: &Context<'_>, bands: &[Band]) -> crate::html::Table {
    let truth = bands.iter().any(|band| band.true_share.is_some());
    let row = |band: &Band| {
        let mut cells: Vec<Cell> = vec![
            name(band).into(),
            Cell::Number(count(band.pairs)),
            Cell::Number(count(whole(band.expected))),
            Cell::Number(if band.pairs > 0 { share(foretold(band)) } else { "–".to_owned() }),
        ];
        if truth {
            cells.push(Cell::Number(band.true_share.map_or_else(|| "–".to_owned(), share)));
        }
        cells
    };
    let head = ["probability", "pairs", "expected", "foretold", "truly"];
    let head = head.get(..if truth { 5 } else { 4 }).unwrap_or_default();
    context.both.table("calibration", head, bands.iter().map(row).collect())
}

/// Returns the mean probability of the pairs of a band.
fn foretold(band: &Band) -> f64 {
    band.expected / scale(band.pairs.max(1))
}

fn name(band: &Band) -> Pair {
    Pair::plain(format!("{}–{}", probability(band.low), probability(band.high)))
}

/// Writes a bound with as many digits as it has, but no more than five.
fn probability(value: f64) -> String {
    let text = format!("{value:.5}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    short.to_owned()
}

/// Writes a power of ten shortly.
fn short(n: u64) -> String {
    match n {
        _ if n >= 1_000_000_000 => format!("{}G", n / 1_000_000_000),
        _ if n >= 1_000_000 => format!("{}M", n / 1_000_000),
        _ if n >= 1_000 => format!("{}k", n / 1_000),
        _ => n.to_string(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded; a float beyond the range saturates"
)]
fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}
