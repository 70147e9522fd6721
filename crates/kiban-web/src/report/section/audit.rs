//! The head of the audit log, and how to check it oneself.

use super::{Block, Context, Section};
use crate::{html::Cell, number::count};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let head = context.report.audit.as_ref()?;
    let name = |id: &str| context.both.word("fact", id);
    let facts = vec![
        (name("origin"), Cell::Code(head.origin.clone())),
        (name("size"), Cell::Number(count(head.size))),
        (name("root-hash"), Cell::Code(head.root_hash.clone())),
        (name("signature"), Cell::Code(head.signature.clone())),
    ];
    let command = |id: &str, text: &str| (context.both.word("verify", id), text.to_owned());
    let commands = vec![
        command("log", "kiban audit verify"),
        command("package", "kiban release verify PACKAGE"),
        command("incident", "kiban release verify PACKAGE --against-registry"),
    ];
    Some(context.section("audit", vec![Block::Facts(facts), Block::Commands(commands)]))
}
