//! What the candidates are, in shares.

use super::{Context, colour};
use crate::{
    chart::{Bar, BarRow, Bars, Chart},
    html::Cell,
    linkage::ClassShare,
    number::rate,
    page::{Block, Section, no_legend},
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let (both, classes) = (context.both, &context.report.classes);
    if classes.is_empty() {
        return None;
    }
    let most = classes.iter().map(|one| one.share).fold(0.0, f64::max);
    let length = |share: f64| if most > 0.0 { share / most } else { 0.0 };
    let row = |one: &ClassShare| BarRow {
        words: context.class(&one.class),
        bars: vec![Bar {
            series: colour(&one.class).0,
            length: length(one.share),
            value: rate(one.share),
            hatched: false,
        }],
    };
    let words = |one: &ClassShare| -> Cell { context.class(&one.class).into() };
    let shares = classes.iter().map(|one| vec![words(one), Cell::Number(rate(one.share))]).collect();
    let meanings = classes.iter().map(|one| vec![words(one), both.known(&["meaning"], &one.class).into()]).collect();
    let table = both.table("classes-of-pairs", &["class", "share"], shares);
    let meanings = both.table("meanings", &["class", "meaning"], meanings);
    let rows = classes.iter().map(row).collect();
    let chart = |label| vec![Chart::Bars(Bars::new(label, no_legend(), rows, vec![]))];
    Some(both.section("classes-of-pairs", vec![both.figure("classes-of-pairs", chart, table), Block::Table(meanings)]))
}
