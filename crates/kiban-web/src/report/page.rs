//! What run the page is of, and what it stood on.

use super::{RunKind, RunReport, section::Context};
use crate::{
    html::{Both, Cell, Pair},
    number::count,
    page::{Head, japan},
};

/// Gathers what stands at the head and the foot of the page.
pub(super) fn head(report: &RunReport, both: &Both, context: &Context<'_>) -> Head {
    Head {
        title: both.fill("page-title", &[("name", &report.header.name)]),
        kind: both.word("kind", report.header.kind.as_str()),
        facts: facts(context),
        footer: both.fill("page-footer", &[("floor", &count(report.person_floor))]),
    }
}

/// What run it is of, and what it stood on.
fn facts(context: &Context<'_>) -> Vec<(Pair, Cell)> {
    let (header, both) = (&context.report.header, context.both);
    let code = |text: &str| Cell::Code(text.to_owned());
    let version = match &header.build {
        Some(build) => format!("{} ({build})", header.program_version),
        None => header.program_version.clone(),
    };
    let mut facts = vec![
        (both.pair("fact-made-at"), Cell::Number(japan(header.made_at))),
        (both.pair("fact-version"), code(&version)),
    ];
    // A table on its own stands on no verdict, no rule set and no registry.
    if header.kind != RunKind::Table {
        facts.insert(0, (both.pair("fact-as-of"), Cell::Number(japan(header.as_of))));
        facts.push((both.pair("fact-rules"), code(&header.rule_set)));
        facts.push((both.pair("fact-checkpoint"), Cell::Number(count(header.checkpoint))));
    }
    facts.extend(header.release.iter().map(|release| (both.pair("fact-release"), code(release))));
    facts.extend(header.seed.iter().map(|seed| (both.pair("fact-seed"), code(&seed.to_string()))));
    facts
}
