//! What the release tells beside earlier ones.

use super::{Block, Context, Section};
use crate::{
    html::{Cell, Pair},
    number::count,
    report::Crossing,
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let between = context.report.between.as_ref()?;
    let name = |id: &str| context.both.word("fact", id);
    let persons = |n: u64| context.persons.count(n).to_string();
    let mut facts = vec![
        (name("earlier"), names(&between.earlier)),
        (name("coalitions"), Cell::Number(count(between.coalitions))),
        (name("difference-floor"), Cell::Number(count(between.floor))),
        (name("left-out-between"), Cell::Number(persons(between.left_out))),
    ];
    facts.extend(between.follows.iter().map(|release| (name("follows"), Cell::Code(release.clone()))));
    let mut blocks = vec![Block::Facts(facts)];
    if !between.unrecorded.is_empty() {
        let names = between.unrecorded.join(", ");
        blocks.push(Block::Note(context.both.fill("between-unrecorded", &[("names", &names)])));
    }
    if !between.breaches.is_empty() {
        let row = |crossing: &Crossing| {
            vec![
                context.both.word("difference", crossing.difference.as_str()).into(),
                names(&crossing.against),
                Cell::Number(count(crossing.groups)),
                Cell::Number(persons(crossing.persons)),
                Cell::Number(persons(crossing.alone)),
            ]
        };
        let rows = between.breaches.iter().map(row).collect();
        let head = ["floor-crossed", "beside", "groups", "persons-in-them", "persons-alone"];
        blocks.push(Block::Table(context.table("between", &head, rows)));
    }
    Some(context.section("between", blocks))
}

fn names(releases: &[String]) -> Cell {
    if releases.is_empty() { Pair::plain("–").into() } else { Cell::Code(releases.join(", ")) }
}
