//! What was done to dates, what was proved of it, and what the days still tell.

use super::{Block, CheckLine, Context, Section};
use crate::{
    html::Cell,
    number::{count, share},
    report::{Dates, DatesLeak},
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let dates = context.report.dates.as_ref()?;
    let mut checks = vec![order(context, dates)];
    checks.extend(dates.runs.map(|_| runs(context, dates)));
    let blocks = vec![
        Block::Facts(facts(context, dates)),
        Block::Checks(checks),
        Block::Table(context.table(
            "leaks",
            &["guessed", "tried", "before", "after", "blind", "follows"],
            leaks(context, dates),
        )),
    ];
    Some(context.section("dates", blocks))
}

fn facts(context: &Context<'_>, dates: &Dates) -> Vec<(crate::html::Pair, Cell)> {
    let both = context.both;
    let days = |days: f64| Cell::Number(format!("{days:.1}"));
    vec![
        (both.pair("fact-date-rule"), both.word("telling", dates.telling.as_str()).into()),
        (both.pair("fact-date-parameters"), Cell::Code(dates.parameters.clone())),
        (both.pair("fact-gap-error"), days(dates.gap_error)),
        (both.pair("fact-elapsed-error"), days(dates.elapsed_error)),
        (both.pair("fact-dates-untold"), Cell::Number(count(dates.untold))),
    ]
}

fn order(context: &Context<'_>, dates: &Dates) -> CheckLine {
    let passed = dates.checked > 0 && dates.wrong == 0;
    let figures = [("checked", count(dates.checked)), ("wrong", count(dates.wrong))];
    line(context, passed, "dates-order", "dates-order-figures", &figures)
}

fn runs(context: &Context<'_>, dates: &Dates) -> CheckLine {
    let Some(runs) = dates.runs else { return order(context, dates) };
    let passed = runs.runs == 0 || runs.fewest >= u64::from(runs.k);
    let figures = [
        ("gaps", runs.gaps.to_string()),
        ("k", runs.k.to_string()),
        ("runs", count(runs.runs)),
        ("fewest", count(runs.fewest)),
    ];
    line(context, passed, "dates-runs", "dates-runs-figures", &figures)
}

fn line(context: &Context<'_>, passed: bool, words: &str, figures: &str, values: &[(&str, String)]) -> CheckLine {
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let verdict = context.both.pair(if passed { "check-passed" } else { "check-failed" });
    CheckLine {
        passed,
        verdict,
        words: context.both.fill(words, &values),
        figures: context.both.fill(figures, &values),
    }
}

/// Three visits first, because no constant shift changes what they tell; then the attacks on the true days.
fn leaks(context: &Context<'_>, dates: &Dates) -> Vec<Vec<Cell>> {
    let persons = context.persons;
    let [before, after] = dates.singled;
    let singled = vec![
        context.both.pair("dates-three-visits").into(),
        Cell::Number(persons.count(dates.tried).to_string()),
        Cell::Number(persons.share(before, dates.tried)),
        Cell::Number(persons.share(after, dates.tried)),
        Cell::Number("–".to_owned()),
        Cell::Number(String::new()),
    ];
    let row = |leak: &DatesLeak| {
        vec![
            context.both.word("leak", leak.kind.as_str()).into(),
            Cell::Number(persons.count(leak.persons).to_string()),
            Cell::Number(share(leak.found[0])),
            Cell::Number(share(leak.found[1])),
            Cell::Number(share(leak.chance)),
            context.both.word("judgement", leak.judgement.as_str()).into(),
        ]
    };
    std::iter::once(singled).chain(dates.leaks.iter().map(row)).collect()
}
