//! Attacks that were run on the release, each beside its control.

use super::{Block, CheckLine, Context, Section};
use crate::{
    chart::{Bar, BarRow, Bars, Chart, Key, Legend},
    html::{Cell, Pair},
    number::share,
    report::AttackTried,
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let attacks = &context.report.study.attacks;
    if attacks.is_empty() {
        return None;
    }
    let checks = Block::Checks(attacks.iter().map(|a| line(context, a)).collect());
    Some(context.section("tried", vec![checks, figure(context, attacks)]))
}

/// What was tried, in plain words, and how it ended.
fn line(context: &Context<'_>, attack: &AttackTried) -> CheckLine {
    let id = if attack.attempts == 0 { "nothing" } else { attack.method.as_str() };
    let target = attack.target.as_deref().unwrap_or_default();
    let method = context.both.word("method", attack.method.as_str()).line();
    let words = context.both.fill(
        &format!("tried-{id}"),
        &[
            ("method", &method),
            ("knows", &attack.knows.join(", ")),
            ("columns", &attack.knows.len().to_string()),
            ("target", target),
            ("share", &success(context, attack)),
            ("control", &control(context, attack)),
            ("worst", &share(attack.worst.unwrap_or(attack.interval[1]))),
        ],
    );
    let limit = attack.limit.map(share);
    let id = if limit.is_some() { "tried-figures-limit" } else { "tried-figures" };
    let figures = context.both.fill(
        id,
        &[
            ("tried", &context.persons.count(attack.attempts).to_string()),
            ("interval", &interval(context, attack)),
            ("control", &control(context, attack)),
            ("limit", limit.as_deref().unwrap_or_default()),
        ],
    );
    let passed = attack.withstood();
    let verdict = context.both.pair(if passed { "check-passed" } else { "check-failed" });
    CheckLine { passed, verdict, words, figures }
}

fn figure(context: &Context<'_>, attacks: &[AttackTried]) -> Block {
    let bar = |series, value: f64, of: u64, text: String| {
        let few = context.persons.few(value, of);
        Bar { series, length: few.unwrap_or(value), value: text, hatched: few.is_some() }
    };
    let row = |a: &AttackTried| BarRow {
        words: name(context, a),
        bars: vec![
            bar(2, a.share, a.attempts, success(context, a)),
            bar(6, a.control, a.attempts, control(context, a)),
        ],
    };
    let rows: Vec<BarRow> = attacks.iter().map(row).collect();
    let cells = attacks.iter().map(|a| cells(context, a)).collect();
    let head = ["attack", "adversary-knows", "tries", "right", "interval", "control", "result"];
    let table = context.table("tried", &head, cells);
    let key = |series, id| Key { series, letter: String::new(), words: context.both.word("column", id) };
    let legend = Legend { keys: vec![key(2, "right"), key(6, "control")] };
    context.figure("tried", |label| vec![Chart::Bars(Bars::new(label, legend, rows, vec![]))], table)
}

fn name(context: &Context<'_>, attack: &AttackTried) -> Pair {
    let Pair { lang, first, second } = context.both.word("method", attack.method.as_str());
    let first = attack.target.as_ref().map_or_else(|| first.clone(), |target| format!("{first}\n{target}"));
    Pair { lang, first, second }
}

fn cells(context: &Context<'_>, attack: &AttackTried) -> Vec<Cell> {
    let passed = attack.withstood();
    vec![
        name(context, attack).into(),
        Cell::Code(attack.knows.join(", ")),
        Cell::Number(context.persons.count(attack.attempts).to_string()),
        Cell::Number(success(context, attack)),
        Cell::Number(interval(context, attack)),
        Cell::Number(control(context, attack)),
        Cell::Tick(passed, context.both.pair(if passed { "tried-withstood" } else { "tried-fell" })),
    ]
}

fn success(context: &Context<'_>, attack: &AttackTried) -> String {
    context.persons.share(attack.share, attack.attempts)
}

fn control(context: &Context<'_>, attack: &AttackTried) -> String {
    context.persons.share(attack.control, attack.attempts)
}

/// Writes the interval, but not where it would tell a share that is kept back.
fn interval(context: &Context<'_>, attack: &AttackTried) -> String {
    if attack.attempts == 0 || context.persons.few(attack.share, attack.attempts).is_some() {
        return "–".to_owned();
    }
    let [low, high] = attack.interval.map(share);
    format!("{low}–{high}")
}
