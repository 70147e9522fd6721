//! The way of the rows, from the facilities to the package.

use super::{Block, Context, Section, Tile};
use crate::{
    chart::{Chart, FlowChart, FlowNode, FlowSide, Kind},
    html::{Cell, Pair, Table},
    number::count,
    report::{Flow, HeldBy, StageFlow},
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let flow = &context.report.flow;
    if flow.stages.is_empty() {
        return None;
    }
    let sent = flow.facilities.iter().map(|f| f.rows).sum::<u64>();
    let released = flow.stages.last().map_or(0, |stage| stage.rows_out);
    let held = flow.stages.iter().flat_map(|s| &s.held).map(|h| h.rows).sum::<u64>();
    let lost = flow.stages.iter().map(|s| s.lost).sum::<u64>();
    let tile = |n: u64, id: &str| Tile { value: count(n), words: context.both.word("tile", id) };
    let tiles = vec![tile(sent, "sent"), tile(released, "released"), tile(held, "held"), tile(lost, "lost")];
    let charts = |label: crate::chart::Label| {
        let (sources, nodes) = (sources(flow), nodes(context, flow, sent));
        let narrow = FlowChart::narrow(label.clone(), &sources, &nodes);
        [FlowChart::wide(label, &sources, &nodes), narrow].map(|c| Chart::Flow(Box::new(c))).into()
    };
    let tables = vec![stages(context, flow), reasons(context, flow)];
    Some(context.section("flow", vec![Block::Tiles(tiles), context.figure("flow", charts, tables)]))
}

fn sources(flow: &Flow) -> Vec<FlowSide> {
    let side = |f: &crate::report::Source| FlowSide {
        kind: Kind::On,
        rows: long(f.rows),
        value: count(f.rows),
        words: Pair::plain(format!("{} ({})", f.name, f.format)),
    };
    flow.facilities.iter().map(side).collect()
}

fn nodes(context: &Context<'_>, flow: &Flow, sent: u64) -> Vec<FlowNode> {
    let received = context.both.pair("flow-received");
    let first = FlowNode { rows: long(sent), value: count(sent), words: received, sides: vec![] };
    let stage = |s: &StageFlow| FlowNode {
        rows: long(s.rows_out),
        value: count(s.rows_out),
        words: context.both.word("stage", s.stage.as_str()),
        sides: sides(context, s),
    };
    std::iter::once(first).chain(flow.stages.iter().map(stage)).collect()
}

/// What left in a stage, the most first, then what was made.
fn sides(context: &Context<'_>, stage: &StageFlow) -> Vec<FlowSide> {
    let mut held: Vec<_> = stage.held.iter().filter(|h| h.rows > 0).collect();
    held.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.by.cmp(&b.by)));
    let side = |kind, rows, words| FlowSide { kind, rows: long(rows), value: count(rows), words };
    let mut sides: Vec<FlowSide> = held.iter().map(|h| side(kind(h.by), h.rows, reason(context, h.by))).collect();
    if stage.lost > 0 {
        sides.push(side(Kind::Lost, stage.lost, context.both.pair("flow-lost")));
    }
    if stage.made > 0 {
        sides.push(side(Kind::Made, stage.made, context.both.pair("flow-made")));
    }
    sides
}

const fn kind(by: HeldBy) -> Kind {
    match by {
        HeldBy::Law(_) => Kind::Denied,
        HeldBy::House(_) => Kind::Held,
    }
}

fn reason(context: &Context<'_>, by: HeldBy) -> Pair {
    match by {
        HeldBy::Law(reason) => context.both.word("denial", reason.as_str()),
        HeldBy::House(hold) => context.both.word("held", hold.as_str()),
    }
}

fn stages(context: &Context<'_>, flow: &Flow) -> Table {
    let row = |s: &StageFlow| {
        let held = s.held.iter().map(|h| h.rows).sum();
        let balance = context.both.pair(if s.balances() { "balance-right" } else { "balance-wrong" });
        let numbers = [s.rows_in, s.made, s.rows_out, held, s.lost].map(|n| Cell::Number(count(n)));
        std::iter::once(context.both.word("stage", s.stage.as_str()).into())
            .chain(numbers)
            .chain([Cell::Tick(s.balances(), balance)])
            .collect()
    };
    let head = ["stage", "rows-in", "made", "rows-out", "held", "lost", "balance"];
    context.table("stages", &head, flow.stages.iter().map(row).collect())
}

fn reasons(context: &Context<'_>, flow: &Flow) -> Table {
    let rows = flow.stages.iter().flat_map(|s| s.held.iter().map(move |h| (s, h)));
    let rows = rows.map(|(s, h)| {
        let stage = context.both.word("stage", s.stage.as_str());
        vec![reason(context, h.by).into(), stage.into(), Cell::Number(count(h.rows))]
    });
    context.table("reasons", &["reason", "stage", "rows"], rows.collect())
}

#[expect(clippy::cast_precision_loss, reason = "lengths on paper")]
const fn long(rows: u64) -> f64 {
    rows as f64
}
