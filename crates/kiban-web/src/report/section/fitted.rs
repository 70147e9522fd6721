//! The degree fitted to the use (SEED-59).

use super::{Block, Context, Section};
use crate::{
    html::{Cell, Pair},
    report::FittedParameter,
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let fitted = context.report.fitted.as_ref()?;
    let name = |id: &str| context.both.word("fact", id);
    let facts =
        vec![(name("use"), Cell::Code(fitted.usage.join(", "))), (name("profile-set"), Cell::Code(fitted.set.clone()))];
    let row = |one: &FittedParameter| {
        vec![
            Cell::Code(one.parameter.clone()),
            Cell::Code(one.proposed.clone()),
            Cell::Code(one.chosen.clone().unwrap_or_else(|| "–".to_owned())),
            context.both.word("fit", one.fit.as_str()).into(),
            context.both.of(&format!("{} ({})", one.ja, one.rule), &format!("{} ({})", one.en, one.rule)).into(),
            Pair::plain(&*one.reason).into(),
        ]
    };
    let rows = fitted.parameters.iter().map(row).collect();
    let head = ["parameter", "proposed", "holds", "fit", "why-proposed", "why-chosen"];
    Some(context.section("use", vec![Block::Facts(facts), Block::Table(context.table("use", &head, rows))]))
}
