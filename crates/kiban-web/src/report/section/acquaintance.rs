//! Somebody who knows a person looks for them: how often the right one is named, beside what k promises.

use super::{Block, Context, Section};
use crate::{
    chart::{Bar, BarRow, Bars, Chart, Key, Legend, Mark},
    html::{Cell, Pair},
    number::{count, share},
    report::{Acquaintance, AcquaintanceTry, Attack},
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let found = context.report.study.acquaintance.as_ref().filter(|found| !found.tries.is_empty())?;
    Some(context.section("acquaintance", vec![figure(context, found)]))
}

/// A row for each number of events known, a bar in it for each way of knowing their dates.
fn figure(context: &Context<'_>, found: &Acquaintance) -> Block {
    let mut known: Vec<u32> = found.tries.iter().map(|one| one.events).collect();
    known.sort_unstable();
    known.dedup();
    let bar = |one: &AcquaintanceTry| Bar {
        series: series(one.attack),
        length: one.named,
        value: share(one.named),
        hatched: false,
    };
    let row = |events: &u32| BarRow {
        words: words(context, *events),
        bars: found.tries.iter().filter(|one| one.events == *events).map(bar).collect(),
    };
    let rows = known.iter().map(row).collect();
    let key = |attack: &Attack| Key {
        series: series(Some(*attack)),
        letter: String::new(),
        words: context.both.word("attack", attack.as_str()),
    };
    let mut attacks: Vec<Attack> = found.tries.iter().filter_map(|one| one.attack).collect();
    attacks.sort_unstable();
    attacks.dedup();
    let legend = Legend { keys: attacks.iter().map(key).collect() };
    let limit = vec![Mark { at: found.limit, text: format!("1/k = {}", share(found.limit)), limit: true }];
    let cells = found.tries.iter().map(|one| line(context, one)).collect();
    let table = context.table("acquaintance", &["known", "attack", "tried", "named", "interval", "worst"], cells);
    context.figure("acquaintance", |label| vec![Chart::Bars(Bars::new(label, legend, rows, limit))], table)
}

fn words(context: &Context<'_>, events: u32) -> Pair {
    match events {
        0 => context.both.pair("acquaintance-demographics"),
        n => context.both.fill("acquaintance-events", &[("n", &n.to_string())]),
    }
}

fn line(context: &Context<'_>, one: &AcquaintanceTry) -> Vec<Cell> {
    let attack = one.attack.map_or_else(|| Pair::plain("–"), |attack| context.both.word("attack", attack.as_str()));
    let [low, high] = one.interval.map(share);
    vec![
        words(context, one.events).into(),
        attack.into(),
        Cell::Number(count(u64::from(one.targets))),
        Cell::Number(share(one.named)),
        Cell::Number(format!("{low}–{high}")),
        Cell::Number(share(one.worst)),
    ]
}

const fn series(attack: Option<Attack>) -> usize {
    match attack {
        None => 6,
        Some(Attack::Intervals) => 5,
        Some(Attack::EventsByMonth) => 1,
        Some(Attack::EventsByDay) => 2,
    }
}
