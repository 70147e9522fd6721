//! `kiban anonymise`: one table, without a house.

use std::{fs, num::NonZeroUsize, time::Instant};

use jiff::Timestamp;
use kiban_engine::table::{Job, Means, Model, Optimal, Outcome, anonymise};
use kiban_web::report::{ColumnLoss, Flow, Header, Risk, RunKind, RunReport, Study, Treatment};
use serde::Serialize;

use crate::{
    cli::Anonymise,
    failure::{Exit, Failure, Result},
    report::{self, bands, figures, peak_memory},
    say::{Say, count},
};

/// What `--json` prints.
#[derive(Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    outcome: &'a Outcome,
    peak_memory_bytes: Option<u64>,
}

/// Anonymises a table and reports on it.
pub(crate) fn run(args: &Anonymise, say: &Say) -> Result<Exit> {
    let job = Job::read(&args.job)?;
    let all = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let began = Instant::now();
    let means = Means { threads: args.threads.unwrap_or_else(all), seconds: &|| began.elapsed().as_secs_f64() };
    let outcome = anonymise(&job, &args.out, means)?;
    let page = args.out.join("report.html");
    let name = args.job.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let report = about(&name, &job, &outcome);
    fs::write(&page, report::page(&report, say.lang())?).map_err(Failure::file("write", &page))?;
    say.result(&Printed { outcome: &outcome, peak_memory_bytes: peak_memory() }, || tell(say, &outcome, &page))?;
    Ok(Exit::Done)
}

fn tell(say: &Say, outcome: &Outcome, page: &std::path::Path) {
    let (records, suppressed) = (count(outcome.records), count(outcome.suppressed_records));
    let classes = count(outcome.classes);
    say.tell("did-anonymise", &[("records", &records), ("suppressed", &suppressed), ("classes", &classes)]);
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    let kept = percent(outcome.granularity);
    let id = match outcome.optimal {
        Optimal::Proven(true) => "did-anonymise-optimal",
        Optimal::Proven(false) => "did-anonymise-local",
        Optimal::Gap(_) => "did-anonymise-gap",
    };
    let gap = if let Optimal::Gap(gap) = outcome.optimal { percent(gap) } else { String::new() };
    let (checked, nodes) = (count(outcome.nodes_checked), count(outcome.nodes_total));
    say.tell(id, &[("granularity", &kept), ("gap", &gap), ("checked", &checked), ("nodes", &nodes)]);
    let levels = outcome.levels.iter().flatten();
    let rows: Vec<Vec<String>> = levels.map(|(name, level)| vec![name.clone(), level.to_string()]).collect();
    if !rows.is_empty() {
        say.table(&["head-attribute", "head-level"], &rows);
    }
    let (before, after) = (&outcome.risk_in_full.before, &outcome.risk_in_full.after);
    let (before, after) = (percent(before.prosecutor_max), percent(after.prosecutor_max));
    say.tell("did-anonymise-risk", &[("before", &before), ("after", &after)]);
    if !outcome.left_out.is_empty() {
        say.tell("did-anonymise-left-out", &[("columns", &outcome.left_out.join(", "))]);
    }
    say.tell("did-report", &[("file", &page.display())]);
}

/// Puts together what the page shows.
fn about(name: &str, job: &Job, outcome: &Outcome) -> RunReport {
    let now = Timestamp::now();
    let header = Header {
        kind: RunKind::Table,
        name: name.to_owned(),
        as_of: now,
        made_at: now,
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        build: None,
        seed: None,
        rule_set: String::new(),
        checkpoint: 0,
        release: None,
    };
    let (before, after) = (&outcome.risk_in_full.before, &outcome.risk_in_full.after);
    // Where no model asks for a class size, one person is a class.
    let asked = |model: &Model| if let Model::KAnonymity(k) = model { Some(u64::from(*k)) } else { None };
    let k = job.models.iter().filter_map(asked).max().unwrap_or(1).max(1);
    let columns = &outcome.quality.columns;
    let treatment = |lost: f64| if lost > 0.0 { Treatment::Generalised } else { Treatment::Kept };
    let loss =
        |lost: f64, column: &str| ColumnLoss { column: column.to_owned(), treatment: treatment(lost), loss: lost };
    RunReport {
        header,
        study: Study::default(),
        person_floor: 10,
        truth_checks: Vec::new(),
        flow: Flow { facilities: Vec::new(), stages: Vec::new() },
        linkage: None,
        risk: Some(Risk {
            quasi_identifiers: columns.iter().map(|column| column.name.clone()).collect(),
            k,
            limit: 1.0 / f64::from(u32::try_from(k).unwrap_or(u32::MAX)),
            before: figures(before),
            after: figures(after),
            classes: bands(before, after),
        }),
        losses: columns.iter().map(|column| loss(1.0 - column.granularity, &column.name)).collect(),
        measures: Vec::new(),
        open_attacks: Vec::new(),
        rare_codes: Vec::new(),
        findings: Vec::new(),
        standings: Vec::new(),
        audit: None,
        timings: Vec::new(),
        peak_memory_bytes: peak_memory(),
    }
}
