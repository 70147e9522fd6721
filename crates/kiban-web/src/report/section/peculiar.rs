//! Who stands out, why, and what was done about it (施行規則第18条 item 4).

use super::{Block, Context, Section};
use crate::{html::Cell, number::count, report::Peculiar};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let found = &context.report.peculiar;
    if found.is_empty() {
        return None;
    }
    let row = |one: &Peculiar| {
        vec![
            context.both.word("peculiar", one.reason.as_str()).into(),
            Cell::Code(one.table.clone()),
            context.both.word("advice", one.advice.as_str()).into(),
            Cell::Number(context.persons.count(one.persons).to_string()),
            Cell::Number(count(one.rows_held)),
        ]
    };
    let head = ["reason", "table", "done", "persons", "rows-left-out"];
    let table = context.table("peculiar", &head, found.iter().map(row).collect());
    Some(context.section("peculiar", vec![Block::Table(table)]))
}
