//! What was wrong with the input, by kind and facility.

use std::{cmp::Reverse, collections::BTreeMap};

use kiban_core::Severity;

use super::{Block, Context, Section};
use crate::{
    chart::{Bar, BarRow, Bars, Chart, Key, Legend, part},
    html::{Cell, Pair},
    number::count,
    report::RunKind,
};

const SEVERITIES: [Severity; 4] = [Severity::Fatal, Severity::Error, Severity::Warning, Severity::Note];

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let findings = &context.report.findings;
    if context.report.header.kind == RunKind::Table {
        return None; // what is wrong with a table on its own stops the job
    }
    if findings.is_empty() {
        return Some(context.section("findings", vec![Block::Note(context.both.pair("findings-none"))]));
    }
    let mut kinds: BTreeMap<(Reverse<Severity>, &str), u64> = BTreeMap::new();
    for finding in findings {
        *kinds.entry((Reverse(finding.severity), &finding.code)).or_default() += finding.count;
    }
    let most = kinds.values().copied().max().unwrap_or_default();
    let row = |((Reverse(severity), code), n): (&(Reverse<Severity>, &str), &u64)| BarRow {
        words: Pair::plain(*code),
        bars: vec![Bar { series: series(*severity), length: part(*n, most), value: count(*n), hatched: false }],
    };
    let rows: Vec<BarRow> = kinds.iter().map(row).collect();
    let words = |severity: Severity| context.both.word("severity", severity.as_str());
    let cells = findings.iter().map(|f| {
        let numbers = [f.count, f.rows_lost].map(|n| Cell::Number(count(n)));
        let named = [Cell::Code(f.code.clone()), context.facility(f.facility).into(), words(f.severity).into()];
        named.into_iter().chain(numbers).collect()
    });
    let head = ["finding", "facility", "severity", "count", "rows-lost"];
    let table = context.table("findings", &head, cells.collect());
    let key = |s: Severity| Key { series: series(s), letter: String::new(), words: words(s) };
    let present = SEVERITIES.into_iter().filter(|s| findings.iter().any(|f| f.severity == *s));
    let legend = Legend { keys: present.map(key).collect() };
    let figure = context.figure("findings", |label| vec![Chart::Bars(Bars::new(label, legend, rows, vec![]))], table);
    Some(context.section("findings", vec![figure]))
}

const fn series(severity: Severity) -> usize {
    match severity {
        Severity::Note => 6,
        Severity::Warning => 4,
        Severity::Error => 2,
        Severity::Fatal => 7,
    }
}
