//! `kiban release trace`.

use std::path::Path;

use kiban_engine::release::trace::{Accusation, Trace, trace_leak};

use crate::{
    cli::Global,
    failure::{Exit, Failure, Result},
    house::House,
    release::marks,
    say::{Say, count},
};

/// Names whose copy a leaked table came from, if it can be told.
pub(super) async fn run(global: &Global, leak: &Path, say: &Say) -> Result<Exit> {
    let house = House::look(global.house(), say).await?;
    let marks = marks::kept(&house)?;
    if marks.is_empty() {
        return Err(Failure::wrong("use-no-marks", &[]));
    }
    let found = trace_leak(leak, &house.marks_key(), &marks)?;
    say.result(&found, || print(&found, marks.len(), say))?;
    Ok(Exit::Done)
}

fn print(found: &Trace, copies: usize, say: &Say) {
    say.tell("did-trace", &[("rows", &count(found.rows)), ("marked", &count(found.marked)), ("copies", &copies)]);
    let names = |one: &Accusation| {
        let name = |source: &kiban_engine::release::trace::Source| format!("{} ({})", source.recipient, source.release);
        one.sources.iter().map(name).collect::<Vec<_>>().join(" + ")
    };
    for one in &found.accused {
        say.tell(
            "trace-named",
            &[
                ("sources", &names(one)),
                ("doubt", &format!("{:.1e}", one.false_accusation)),
                ("against", &one.contradictions),
            ],
        );
    }
    if found.accused.is_empty() {
        say.tell("trace-nobody", &[]);
    }
}
