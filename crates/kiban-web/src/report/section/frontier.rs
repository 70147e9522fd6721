//! What other settings would have cost and brought.

use super::{Context, Section};
use crate::{
    chart::{Axes, Chart, Frontier, Key, Spot, SpotLine, Step},
    html::Cell,
    number::{count, share},
    palette::SERIES,
    report::FrontierPoint,
};

const LETTERS: [&str; SERIES] = ["A", "B", "C", "D", "E", "F", "G"];

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let points = &context.report.study.frontier;
    if points.is_empty() {
        return None;
    }
    let axes = Axes { risk: context.both.pair("frontier-risk"), kept: context.both.pair("frontier-kept") };
    let (series, steps) = (series(context, points), steps(points));
    let cells = points.iter().map(|p| row(context, p)).collect();
    let head = ["k", "limit", "risk-max", "risk-avg", "kept", "suppressed", "chosen"];
    let table = context.table("frontier", &head, cells);
    let chart = |label| vec![Chart::Frontier(Frontier::new(label, &axes, &series, &steps))];
    Some(context.section("frontier", vec![context.figure("frontier", chart, table)]))
}

/// A line for each suppression limit, the lowest first.
fn series(context: &Context<'_>, points: &[FrontierPoint]) -> Vec<SpotLine> {
    let mut limits: Vec<f64> = points.iter().map(|p| p.suppression_limit).collect();
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    let line = |((number, letter), limit): ((usize, &str), &f64)| {
        let words = context.both.fill("frontier-limit", &[("limit", &share(*limit))]);
        let mut of: Vec<&FrontierPoint> = points.iter().filter(|p| p.suppression_limit == *limit).collect();
        of.sort_by(|a, b| a.risk_max.total_cmp(&b.risk_max).then(b.k.cmp(&a.k)));
        let spot = |p: &&FrontierPoint| Spot { risk: p.risk_max, kept: p.kept, chosen: p.chosen };
        SpotLine { key: Key { series: number, letter: letter.to_owned(), words }, spots: of.iter().map(spot).collect() }
    };
    (1..).zip(LETTERS).zip(&limits).map(line).collect()
}

/// A step for each k, at the risk that it allows.
#[expect(clippy::cast_precision_loss, reason = "a class size on a scale")]
fn steps(points: &[FrontierPoint]) -> Vec<Step> {
    let mut sizes: Vec<u64> = points.iter().map(|p| p.k.max(1)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let step = |k: u64| {
        let risk = (k as f64).recip();
        let percent = if risk < 0.01 { format!("{:.1}%", risk * 100.0) } else { format!("{:.0}%", risk * 100.0) };
        Step { risk, texts: [format!("k {}", count(k)), percent] }
    };
    sizes.into_iter().map(step).collect()
}

fn row(context: &Context<'_>, point: &FrontierPoint) -> Vec<Cell> {
    let shares = [point.suppression_limit, point.risk_max, point.risk_avg, point.kept].map(|s| Cell::Number(share(s)));
    let suppressed = Cell::Number(context.persons.count(point.suppressed).to_string());
    let chosen = match point.chosen {
        true => Cell::Tick(true, context.both.pair("frontier-chosen")),
        false => crate::html::Pair::plain("").into(),
    };
    std::iter::once(Cell::Number(count(point.k))).chain(shares).chain([suppressed, chosen]).collect()
}
