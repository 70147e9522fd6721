//! The report of a linkage, of `kiban dedupe` and `kiban match`: plain data in, one self-contained page out.
//!
//! The page holds ids of records, levels, bits and probabilities; no other value of a person has a place in its data.
//! Words that come as text (fields, levels, classes, rules, kinds of columns) are said in both languages where the
//! page knows them, and are shown as they are where it does not, as are the names of columns.

pub use data::{
    Band, Blocking, ClassShare, Cluster, ClusterSize, Edge, Example, Field, FieldBits, Input, InputColumn, Level,
    LinkageReport, Step, Totals, Unlinkable,
};
pub use word::{ClusterPick, LinkageKind, PairOutcome};

mod data;
mod section;
mod word;

use askama::Template;

use crate::{
    Error, Lang,
    html::{Both, Cell},
    page::{Head, Page, japan},
};

/// Writes the page of one linkage, `lang` first and the other language beside it.
///
/// # Errors
/// Texts or templates with a mistake in them, which the tests of this crate rule out.
pub fn render(report: &LinkageReport, lang: Lang) -> Result<String, Error> {
    let both = Both::new(lang)?;
    let context = section::Context { report, both: &both };
    let head = Head {
        title: both.fill("linkage-title", &[("name", &report.name)]),
        kind: both.word("job", report.kind.as_str()),
        facts: vec![
            (both.pair("fact-made-at"), Cell::Number(japan(report.made_at))),
            (both.pair("fact-version"), Cell::Code(report.program_version.clone())),
        ],
        footer: both.pair("linkage-footer"),
    };
    Ok(Page::new(head, section::all(&context), &both, lang).render()?)
}
