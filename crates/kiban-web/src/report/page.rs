//! The page: its head, what run it is of, and the sections that this run has something to say in.

use askama::{Template, filters::HtmlSafe};
use jiff::{Timestamp, tz::Offset};

use super::{
    RunKind, RunReport,
    section::{self, Context, Section},
};
use crate::{
    Lang,
    html::{Both, Cell, Pair},
    number::{Persons, count},
    palette,
};

/// The whole page.
#[derive(Template)]
#[template(path = "report.html")]
pub(super) struct Page {
    lang: Lang,
    title: Pair,
    kind: Pair,
    skip: Pair,
    contents: Pair,
    footer: Pair,
    facts: Vec<(Pair, Cell)>,
    sections: Vec<Section>,
    css: Css,
}

/// The style sheet, which is the program's own.
struct Css(String);

impl HtmlSafe for Css {}

impl std::fmt::Display for Css {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Page {
    /// Gathers what the page shows.
    pub(super) fn new(report: &RunReport, both: &Both, lang: Lang) -> Self {
        let context = Context { report, both, persons: Persons { floor: report.person_floor } };
        Self {
            lang,
            title: both.fill("page-title", &[("name", &report.header.name)]),
            kind: both.word("kind", report.header.kind.as_str()),
            skip: both.pair("page-skip"),
            contents: both.pair("page-contents"),
            footer: both.fill("page-footer", &[("floor", &count(report.person_floor))]),
            facts: facts(&context),
            sections: section::all(&context),
            css: Css(palette::css() + include_str!("../../templates/report.css")),
        }
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

/// Writes an instant as it is in Japan, which has had no summer time since long before the Act.
fn japan(at: Timestamp) -> String {
    Offset::from_hours(9)
        .map_or_else(|_| at.to_string(), |o| o.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S JST").to_string())
}
