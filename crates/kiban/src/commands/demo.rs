//! `kiban demo`.

use serde_json::json;

use crate::{
    cli::{Demo, Global},
    demo::{Shown, show},
    failure::{Exit, Result},
    say::{Say, count},
};

/// Shows the whole chain on synthetic hospitals, and whether it did what it must.
pub(crate) async fn run(global: &Global, args: Demo, say: &Say) -> Result<Exit> {
    let shown = show(global.dir_or("demo"), args.persons.get(), args.seed, say).await?;
    let value = json!({
        "good": shown.is_good(), "checks": shown.report.truth_checks, "release": shown.built,
        "flow": shown.report.flow, "linkage": shown.report.linkage, "timings": shown.report.timings,
        "seconds": shown.seconds, "peak_memory_bytes": shown.report.peak_memory_bytes, "report": shown.page,
    });
    say.result(&value, || print(&shown, say))?;
    Ok(if shown.is_good() { Exit::Done } else { Exit::Findings })
}

fn print(shown: &Shown, say: &Say) {
    let report = &shown.report;
    let rows: u64 = report.flow.facilities.iter().map(|facility| facility.rows).sum();
    say.tell("demo-rows", &[("facilities", &report.flow.facilities.len()), ("rows", &count(rows))]);
    let stages: Vec<Vec<String>> = report
        .flow
        .stages
        .iter()
        .map(|stage| {
            let held = stage.held.iter().map(|held| held.rows).sum::<u64>();
            vec![say.word("stage", stage.stage.as_str()), count(stage.rows_in), count(stage.rows_out), count(held)]
        })
        .collect();
    say.table(&["head-stage", "head-in", "head-out", "head-held"], &stages);
    if let Some(linkage) = &report.linkage {
        say.tell(
            "demo-linkage",
            &[
                ("registrations", &count(linkage.registrations)),
                ("persons", &count(linkage.persons)),
                ("precision", &format!("{:.2}", linkage.precision * 100.0)),
                ("recall", &format!("{:.2}", linkage.recall * 100.0)),
            ],
        );
    }
    if let Some(risk) = &report.risk {
        say.tell(
            "demo-risk",
            &[
                ("persons", &count(risk.after.persons)),
                ("k", &risk.k),
                ("before", &format!("{:.1}", risk.before.prosecutor_max * 100.0)),
                ("after", &format!("{:.1}", risk.after.prosecutor_max * 100.0)),
            ],
        );
    }
    let checks: Vec<Vec<String>> = report
        .truth_checks
        .iter()
        .map(|one| {
            let mark = if one.passed() { "✓" } else { "✗" };
            vec![mark.to_owned(), say.word("check", one.check.as_str()), count(one.seen), count(one.wrong)]
        })
        .collect();
    say.table(&["head-mark", "head-check", "head-seen", "head-wrong"], &checks);
    say.tell("demo-open", &[]);
    say.tell(
        "demo-done",
        &[
            ("page", &shown.page.display()),
            ("package", &shown.built.package),
            ("seconds", &format!("{:.1}", shown.seconds)),
        ],
    );
}
