//! What became of rare codes (施行規則第18条 item 4).

use super::{Context, Section};
use crate::{
    chart::{Chart, Key, Legend, Part, Stack, StackRow},
    html::{Cell, Pair},
    number::count,
    report::RareCodes,
};

/// Message id, series, letter and number of each part.
type Fate = (&'static str, usize, &'static str, fn(&RareCodes) -> u64);

const FATES: [Fate; 3] = [
    ("codes-kept", 1, "A", |r| r.kept),
    ("codes-rolled-up", 4, "B", |r| r.rolled_up),
    ("codes-suppressed", 2, "C", |r| r.suppressed),
];

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let rare = &context.report.rare_codes;
    if rare.is_empty() {
        return None;
    }
    let name = |id: &str| context.both.word("column", id);
    let part = |r: &RareCodes, (id, series, letter, pick): Fate| Part {
        series,
        letter: letter.to_owned(),
        amount: pick(r),
        tip: format!("{}: {}", name(id).line(), count(pick(r))),
        hatched: false,
    };
    let rows: Vec<StackRow> = rare
        .iter()
        .map(|r| StackRow { words: Pair::plain(&*r.column), parts: FATES.map(|fate| part(r, fate)).into() })
        .collect();
    let cells = rare.iter().map(|r| {
        let numbers = [r.floor, r.kept, r.rolled_up, r.suppressed, r.rows].map(|n| Cell::Number(count(n)));
        std::iter::once(Cell::Code(r.column.clone())).chain(numbers).collect()
    });
    let head = ["column", "rare-floor", "codes-kept", "codes-rolled-up", "codes-suppressed", "rows-touched"];
    let table = context.table("rare", &head, cells.collect());
    let keys = FATES.map(|(id, series, letter, _)| Key { series, letter: letter.to_owned(), words: name(id) });
    let legend = Legend { keys: keys.into() };
    let figure = context.figure("rare", |label| vec![Chart::Stack(Stack::new(label, legend, rows))], table);
    Some(context.section("rare", vec![figure]))
}
