//! What the levels of every field weigh for one person against strangers.

use super::Context;
use crate::{
    chart::{Chain, Chart, Label, Span, Spans, signed},
    html::{Cell, Pair},
    linkage::{Field, Level},
    number::{many, rate},
    page::{Block, Section, no_legend},
};

/// A field shows this many levels, those that pairs are most often at.
const SHOWN: usize = 12;

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let fields = context.report.fields.iter().filter(|field| !field.levels.is_empty());
    let blocks: Vec<Block> = (1..).zip(fields).map(|(at, field)| figure(context, at, field)).collect();
    (!blocks.is_empty()).then(|| context.both.section("weights", blocks))
}

fn figure(context: &Context<'_>, at: usize, field: &Field) -> Block {
    let both = context.both;
    let levels = shown(&field.levels);
    let caption = context.field(&field.field);
    let span = |level: &&Level| Span {
        series: if level.bits < 0.0 { 2 } else { 1 },
        words: context.level(&field.field, &level.level),
        from: 0.0,
        to: level.bits,
        value: signed(level.bits, 1),
    };
    let row = |level: &&Level| {
        vec![
            context.level(&field.field, &level.level).into(),
            Cell::Code(level.level.clone()),
            Cell::Number(signed(level.bits, 2)),
            Cell::Number(rate(level.one_person)),
            Cell::Number(rate(level.strangers)),
        ]
    };
    let head = ["level", "word", "bits", "one-person", "strangers"];
    let table = both.table("weights", &head, levels.iter().map(row).collect());
    let label = Label { id: format!("weights-{at}"), title: caption.clone(), desc: both.word("desc", "weights") };
    let chart = Spans::new(label, no_legend(), levels.iter().map(span).collect(), Chain::Apart);
    let mut figure = both.captioned(caption, vec![Chart::Spans(chart)], vec![table]);
    figure.notes.extend(rest(context, &field.levels, &levels));
    Block::Figure(figure)
}

/// Returns the most frequent levels, those that say most for one person first.
fn shown(levels: &[Level]) -> Vec<&Level> {
    let mut shown: Vec<&Level> = levels.iter().collect();
    let frequent = |level: &Level| level.one_person.max(level.strangers);
    shown.sort_by(|a, b| frequent(b).total_cmp(&frequent(a)).then_with(|| a.level.cmp(&b.level)));
    shown.truncate(SHOWN);
    shown.sort_by(|a, b| b.bits.total_cmp(&a.bits).then_with(|| a.level.cmp(&b.level)));
    shown
}

/// Says how many levels are not shown, and how rare they are.
fn rest(context: &Context<'_>, all: &[Level], shown: &[&Level]) -> Option<Pair> {
    let left = all.len() - shown.len();
    let share = |of: fn(&Level) -> f64| {
        let hidden = all.iter().map(of).sum::<f64>() - shown.iter().map(|level| of(level)).sum::<f64>();
        rate(hidden.max(0.0))
    };
    let (one, strangers) = (share(|level| level.one_person), share(|level| level.strangers));
    let args = [("n", many(left)), ("one", one), ("strangers", strangers)];
    let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (left > 0).then(|| context.both.fill("weights-rest", &args))
}
