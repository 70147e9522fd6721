//! What was read, and as what.

use super::Context;
use crate::{
    html::Cell,
    number::count,
    page::{Block, Section},
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let (both, report) = (context.both, context.report);
    let code = |text: &str| Cell::Code(text.to_owned());
    let inputs = report.inputs.iter().map(|i| vec![code(&i.name), Cell::Number(count(i.records))]).collect();
    let columns = report.columns.iter();
    let columns = columns.map(|c| vec![code(&c.name), both.known(&["holds"], &c.kind).into(), code(&c.kind)]).collect();
    let blocks = vec![
        Block::Table(both.table("inputs", &["file", "records"], inputs)),
        Block::Table(both.table("inputs-columns", &["column", "kind-of", "word"], columns)),
    ];
    (!report.inputs.is_empty() || !report.columns.is_empty()).then(|| both.section("inputs", blocks))
}
