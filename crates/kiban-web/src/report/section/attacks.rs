//! What somebody who knows more may find, in figures measured on the release.

use super::{Block, Context, Section, no_legend};
use crate::{
    chart::{Bar, BarRow, Bars, Chart, Key, Legend},
    html::{Cell, Pair},
    report::{Attack, AttackPoint, OpenAttack},
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let attacks = &context.report.open_attacks;
    let of = |kinds: &[Attack]| attacks.iter().filter(|a| kinds.contains(&a.attack)).collect::<Vec<_>>();
    let events = of(&[Attack::EventsByMonth, Attack::EventsByDay]);
    let intervals = of(&[Attack::Intervals]);
    let mut blocks = vec![];
    if !events.is_empty() {
        blocks.push(figure(context, "events", &events));
    }
    if !intervals.is_empty() {
        blocks.push(figure(context, "intervals", &intervals));
    }
    (!blocks.is_empty()).then(|| context.section("attacks", blocks))
}

/// A row for each number of things known, a bar in it for each attack.
fn figure(context: &Context<'_>, id: &str, attacks: &[&OpenAttack]) -> Block {
    let mut known: Vec<u32> = attacks.iter().flat_map(|a| &a.points).map(|p| p.known).collect();
    known.sort_unstable();
    known.dedup();
    let (mut rows, mut cells) = (vec![], vec![]);
    for n in known {
        let words = context.both.fill(&format!("attack-known-{id}"), &[("n", &n.to_string())]);
        let mut bars = vec![];
        for (attack, point) in attacks.iter().flat_map(|a| a.points.iter().map(move |p| (a.attack, p))) {
            if point.known == n {
                bars.push(bar(context, attack, point));
                cells.push(line(context, &words, attack, point));
            }
        }
        rows.push(BarRow { words, bars });
    }
    let name = |attack: Attack| context.both.word("attack", attack.as_str());
    let key = |a: &&OpenAttack| Key { series: series(a.attack), letter: String::new(), words: name(a.attack) };
    let legend = if attacks.len() > 1 { Legend { keys: attacks.iter().map(key).collect() } } else { no_legend() };
    let table = context.table(id, &["known", "attack", "tried", "found"], cells);
    context.figure(id, |label| vec![Chart::Bars(Bars::new(label, legend, rows, vec![]))], table)
}

fn bar(context: &Context<'_>, attack: Attack, point: &AttackPoint) -> Bar {
    let few = context.persons.few(point.unique_share, point.tried);
    Bar {
        series: series(attack),
        length: few.unwrap_or(point.unique_share),
        value: context.persons.share(point.unique_share, point.tried),
        hatched: few.is_some(),
    }
}

fn line(context: &Context<'_>, known: &Pair, attack: Attack, point: &AttackPoint) -> Vec<Cell> {
    vec![
        known.clone().into(),
        context.both.word("attack", attack.as_str()).into(),
        Cell::Number(context.persons.count(point.tried).to_string()),
        Cell::Number(context.persons.share(point.unique_share, point.tried)),
    ]
}

const fn series(attack: Attack) -> usize {
    match attack {
        Attack::Intervals => 5,
        Attack::EventsByMonth => 1,
        Attack::EventsByDay => 2,
    }
}
