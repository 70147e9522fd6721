//! How the patients of each facility stand: eligible, or denied and why.

use kiban_core::Reason;

use super::{Context, Section};
use crate::{
    chart::{Chart, Key, Legend, Part, Stack, StackRow},
    html::{Cell, Pair},
    number::Shown,
    palette::SERIES,
    report::Standing,
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let standings = &context.report.standings;
    if standings.is_empty() {
        return None;
    }
    let mut reasons: Vec<Reason> = vec![];
    for denied in standings.iter().flat_map(|s| &s.denied).filter(|d| d.persons > 0) {
        if !reasons.contains(&denied.reason) {
            reasons.push(denied.reason);
        }
    }
    let keys = keys(context, &reasons);
    let shown: Vec<Vec<Shown>> = standings.iter().map(|s| shown(context, s, &reasons)).collect();
    let rows: Vec<StackRow> = standings
        .iter()
        .zip(&shown)
        .map(|(s, shown)| StackRow { words: context.facility(s.facility), parts: parts(&keys, shown) })
        .collect();
    let cells = keys.iter().enumerate().map(|(i, key)| {
        let numbers = shown.iter().filter_map(|column| column.get(i)).map(|s| Cell::Number(s.to_string()));
        std::iter::once(key.words.clone().into()).chain(numbers).collect()
    });
    let mut table = context.table("standings", &["standing"], cells.collect());
    table.head.extend(standings.iter().map(|s| context.facility(s.facility)));
    let legend = Legend { keys: keys.clone() };
    let figure = context.figure("standings", |label| vec![Chart::Stack(Stack::new(label, legend, rows))], table);
    Some(context.section("standings", vec![figure]))
}

/// The eligible first, then each reason; letters go on where colours begin again.
fn keys(context: &Context<'_>, reasons: &[Reason]) -> Vec<Key> {
    let words = reasons.iter().map(|reason| context.both.word("denial", reason.as_str()));
    let all: Vec<Pair> = std::iter::once(context.both.pair("standing-eligible")).chain(words).collect();
    let letters = ('A'..='Z').chain('a'..='z').map(String::from).chain(std::iter::repeat(String::new()));
    let keys = all.into_iter().zip(letters).enumerate();
    keys.map(|(i, (words, letter))| Key { series: i % SERIES + 1, letter, words }).collect()
}

/// Counts in the order of the keys. The eligible and the denied add up to the facility's patients.
fn shown(context: &Context<'_>, standing: &Standing, reasons: &[Reason]) -> Vec<Shown> {
    let of = |reason: &Reason| standing.denied.iter().filter(|d| d.reason == *reason).map(|d| d.persons).sum();
    let counts: Vec<u64> = std::iter::once(standing.eligible).chain(reasons.iter().map(of)).collect();
    context.persons.parts(&counts)
}

fn parts(keys: &[Key], shown: &[Shown]) -> Vec<Part> {
    let part = |(key, shown): (&Key, &Shown)| Part {
        series: key.series,
        letter: key.letter.clone(),
        amount: shown.drawn(),
        tip: format!("{}: {shown}", key.words.line()),
        hatched: !shown.is_exact(),
    };
    keys.iter().zip(shown).filter(|(_, s)| s.drawn() > 0).map(part).collect()
}
