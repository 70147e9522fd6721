//! What the release is still good for: prediction, and quality as the literature measures it.

use super::{Block, Context, Section};
use crate::{
    chart::{Bar, BarRow, Bars, Chart, Key, Legend},
    html::{Cell, Pair, Table},
    number::{count, share},
    report::{Accuracy, Quality, QualityFigures},
};

/// A measure of a whole table: the end of its message id, how it is written, and the number.
type Figure = (&'static str, fn(f64) -> String, fn(&QualityFigures) -> f64);

const FIGURES: [Figure; 9] = [
    ("granularity", share, |q| q.granularity),
    ("weighted-granularity", share, |q| q.weighted_granularity),
    ("entropy", share, |q| q.entropy),
    ("precision", share, |q| q.precision),
    ("discernibility", number, |q| q.discernibility),
    ("class-size", number, |q| q.average_class_size),
    ("class-size-per-k", number, |q| q.average_class_size_per_k),
    ("ambiguity", number, |q| q.ambiguity),
    ("kl", number, |q| q.kl_divergence),
];

/// A bar of a prediction: series, message id, share.
type Side = (usize, &'static str, fn(&Accuracy) -> f64);

const SIDES: [Side; 3] = [(4, "majority", |a| a.majority), (6, "before", |a| a.before), (1, "after", |a| a.after)];

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let study = &context.report.study;
    let mut blocks = vec![];
    if !study.accuracy.is_empty() {
        blocks.push(accuracy(context, &study.accuracy));
    }
    if let Some(quality) = &study.quality {
        blocks.push(Block::Table(columns(context, quality)));
        blocks.push(Block::Table(whole(context, quality)));
    }
    (!blocks.is_empty()).then(|| context.section("utility", blocks))
}

fn accuracy(context: &Context<'_>, all: &[Accuracy]) -> Block {
    let row = |a: &Accuracy| {
        let bar = |series, value: f64| Bar { series, length: value, value: share(value), hatched: false };
        BarRow { words: Pair::plain(&*a.column), bars: SIDES.map(|(series, _, pick)| bar(series, pick(a))).into() }
    };
    let rows: Vec<BarRow> = all.iter().map(row).collect();
    let cells = all.iter().map(|a| {
        let relative = a.relative.map_or_else(|| "–".to_owned(), |r| share(r.min(1.0)));
        let numbers = [share(a.majority), share(a.before), share(a.after), relative].map(Cell::Number);
        std::iter::once(Cell::Code(a.column.clone())).chain(numbers).collect()
    });
    let table = context.table("accuracy", &["column", "majority", "before", "after", "relative"], cells.collect());
    let key = |(series, id, _): Side| Key { series, letter: String::new(), words: context.both.word("column", id) };
    let legend = Legend { keys: SIDES.map(key).into() };
    context.figure("accuracy", |label| vec![Chart::Bars(Bars::new(label, legend, rows, vec![]))], table)
}

fn columns(context: &Context<'_>, quality: &Quality) -> Table {
    let optional = |value: Option<f64>, write: fn(f64) -> String| value.map_or_else(|| "–".to_owned(), write);
    let row = |c: &crate::report::ColumnQuality| {
        let shares = [c.granularity, c.entropy, c.precision, c.missing].map(share);
        let numbers = shares.into_iter().chain([optional(c.variance_kept, share), optional(c.mse, number)]);
        std::iter::once(Cell::Code(c.column.clone())).chain(numbers.map(Cell::Number)).collect()
    };
    let head = ["column", "granularity", "entropy", "precision", "missing", "variance-kept", "mse"];
    context.table("quality", &head, quality.columns.iter().map(row).collect())
}

fn whole(context: &Context<'_>, quality: &Quality) -> Table {
    let row = |(id, write, pick): &Figure| {
        let sides = [&quality.before, &quality.after].map(|figures| Cell::Number(write(pick(figures))));
        std::iter::once(context.both.word("quality", id).into()).chain(sides).collect()
    };
    context.table("whole", &["measure", "before", "after"], FIGURES.iter().map(row).collect())
}

/// Writes a number of any size in few digits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, positive and below 10^15")]
fn number(value: f64) -> String {
    match value {
        _ if !value.is_finite() => "–".to_owned(),
        _ if value >= 1e12 => format!("{value:.2e}"),
        _ if value >= 100.0 => count(value.round() as u64),
        _ => format!("{value:.2}"),
    }
}
