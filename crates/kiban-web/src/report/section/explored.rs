//! What other settings would make of the release, so that an officer can choose among them.

use super::{Block, Context, Section};
use crate::{
    html::{Cell, Pair},
    number::{count, share},
    report::ExploredPoint,
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let points = &context.report.explored;
    if points.is_empty() {
        return None;
    }
    let head = [
        "point",
        "k",
        "limit",
        "known-events",
        "persons",
        "suppressed",
        "rows",
        "risk-max",
        "marketer",
        "gaps-found",
        "events-found",
        "kept",
        "loss-by-column",
        "chosen",
    ];
    let table = context.table("explored", &head, points.iter().map(|point| row(context, point)).collect());
    let command =
        (context.both.word("verify", "choose"), "kiban release explore SPEC --choose N --reason REASON".to_owned());
    Some(context.section("explored", vec![Block::Table(table), Block::Commands(vec![command])]))
}

fn row(context: &Context<'_>, point: &ExploredPoint) -> Vec<Cell> {
    let persons = |n: u64| Cell::Number(context.persons.count(n).to_string());
    let found = |value: f64| Cell::Number(context.persons.share(value, point.persons));
    let loss = point.loss.iter().map(|(column, loss)| format!("{column} {}", share(*loss)));
    vec![
        Cell::Number(point.number.map_or_else(|| "–".to_owned(), |number| number.to_string())),
        Cell::Number(count(u64::from(point.k))),
        Cell::Number(share(point.suppression_limit)),
        Cell::Number(count(u64::from(point.known_events))),
        persons(point.persons),
        persons(point.left_out),
        Cell::Number(count(point.rows)),
        Cell::Number(share(point.risk_max)),
        Cell::Number(share(point.marketer)),
        found(point.gaps),
        found(point.events),
        Cell::Number(share(point.kept)),
        Cell::Code(loss.collect::<Vec<_>>().join(", ")),
        match point.own {
            true => Cell::Tick(true, context.both.pair("frontier-chosen")),
            false => Pair::plain("").into(),
        },
    ]
}
