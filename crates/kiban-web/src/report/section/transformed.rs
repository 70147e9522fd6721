//! What was done to single columns after generalising.

use super::{Block, Context, Section};
use crate::{
    html::Cell,
    number::{count, share},
    report::TransformedColumn,
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let all = &context.report.study.transformations;
    if all.is_empty() {
        return None;
    }
    let head = ["column", "treatment", "changed", "emptied", "records-left", "error", "smallest-group", "unprotected"];
    let table = context.table("transformed", &head, all.iter().map(|one| row(context, one)).collect());
    Some(context.section("transformed", vec![Block::Table(table)]))
}

fn row(context: &Context<'_>, one: &TransformedColumn) -> Vec<Cell> {
    let persons = |n: u64| Cell::Number(context.persons.count(n).to_string());
    let or_none = |text: Option<String>| Cell::Number(text.unwrap_or_else(|| "–".to_owned()));
    vec![
        Cell::Code(one.column.clone()),
        context.both.word("transformation", one.transformation.as_str()).into(),
        persons(one.changed),
        persons(one.emptied),
        persons(one.records_left),
        or_none(one.loss.map(share)),
        or_none(one.smallest_group.map(count)),
        persons(one.unprotected),
    ]
}
