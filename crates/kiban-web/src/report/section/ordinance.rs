//! What met items 1–5 of the ordinance's standard of anonymisation (施行規則第18条, SEED-58).

use super::{Block, Context, Section};
use crate::{
    html::{Cell, Pair},
    report::Measure,
};

/// The items of the standard.
const ITEMS: [(u8, &str); 5] =
    [(1, "ordinance-1"), (2, "ordinance-2"), (3, "ordinance-3"), (4, "ordinance-4"), (5, "ordinance-5")];

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let measures = &context.report.measures;
    if measures.is_empty() {
        return None;
    }
    let rows = ITEMS.iter().flat_map(|(item, id)| {
        let met: Vec<&Measure> = measures.iter().filter(|m| m.item == *item).collect();
        let none =
            || vec![context.both.pair(id).into(), Cell::Tick(false, context.both.pair("ordinance-none")), plain("")];
        let row = |m: &&Measure| {
            let treatment = context.both.word("treatment", m.treatment.as_str());
            vec![context.both.pair(id).into(), Cell::Tick(true, treatment), Cell::Code(m.columns.join(", "))]
        };
        if met.is_empty() { vec![none()] } else { met.iter().map(row).collect() }
    });
    let table = context.table("ordinance", &["item", "met-by", "columns"], rows.collect());
    Some(context.section("ordinance", vec![Block::Table(table)]))
}

fn plain(text: &str) -> Cell {
    Pair::plain(text).into()
}
