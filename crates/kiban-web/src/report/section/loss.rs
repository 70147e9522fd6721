//! What each column lost.

use super::{Context, Section, no_legend};
use crate::{
    chart::{Bar, BarRow, Bars, Chart},
    html::{Cell, Pair},
    number::share,
    report::ColumnLoss,
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let losses = &context.report.losses;
    if losses.is_empty() {
        return None;
    }
    let treatment = |l: &ColumnLoss| context.both.word("treatment", l.treatment.as_str());
    let rows: Vec<BarRow> = losses
        .iter()
        .map(|l| {
            let Pair { lang, first, second } = treatment(l);
            let words = Pair { lang, first: format!("{}\n{first}", l.column), second };
            let bar = Bar { series: 1, length: l.loss, value: share(l.loss), hatched: false };
            BarRow { words, bars: vec![bar] }
        })
        .collect();
    let cells = losses
        .iter()
        .map(|l| vec![Cell::Code(l.column.clone()), treatment(l).into(), Cell::Number(share(l.loss))])
        .collect();
    let table = context.table("loss", &["column", "treatment", "loss"], cells);
    let figure = context.figure("loss", |label| vec![Chart::Bars(Bars::new(label, no_legend(), rows, vec![]))], table);
    Some(context.section("loss", vec![figure]))
}
