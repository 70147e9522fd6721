//! What each blocking rule found and cut.

use super::{Context, sizes::logarithm};
use crate::{
    chart::{Bar, BarRow, Bars, Chart, Key, Legend},
    html::{Cell, Pair},
    linkage::Blocking,
    number::count,
    page::Section,
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let (both, rules) = (context.both, &context.report.blocking);
    if rules.is_empty() {
        return None;
    }
    let most = rules.iter().map(|rule| rule.pairs.max(rule.cut_pairs)).max().unwrap_or_default();
    let bar = |series, n| Bar { series, length: logarithm(n, most), value: count(n), hatched: false };
    let row = |rule: &Blocking| {
        let mut bars = vec![bar(6, rule.pairs), bar(1, rule.first)];
        bars.extend((rule.cut_pairs > 0).then(|| bar(2, rule.cut_pairs)));
        BarRow { words: words(context, rule), bars }
    };
    let cells = |rule: &Blocking| -> Vec<Cell> {
        let figures = [rule.pairs, rule.first, rule.cut_keys, rule.cut_pairs].map(|n| Cell::Number(count(n)));
        [words(context, rule).into(), Cell::Code(rule.rule.clone())].into_iter().chain(figures).collect()
    };
    let head = ["blocking-rule", "word", "pairs", "first", "cut-keys", "cut-pairs"];
    let table = both.table("blocking", &head, rules.iter().map(cells).collect());
    let key = |series, id| Key { series, letter: String::new(), words: both.word("column", id) };
    let legend = Legend { keys: vec![key(6, "pairs"), key(1, "first"), key(2, "cut-pairs")] };
    let rows = rules.iter().map(row).collect();
    let chart = |label| vec![Chart::Bars(Bars::new(label, legend, rows, vec![]))];
    Some(both.section("blocking", vec![both.figure("blocking", chart, table)]))
}

fn words(context: &Context<'_>, rule: &Blocking) -> Pair {
    let parts: Vec<Pair> = rule.rule.split(" + ").map(|part| context.both.known(&["key"], part)).collect();
    context.both.join(&parts, "＋", " + ")
}
