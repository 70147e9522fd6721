//! `kiban anonymise`: one table, without a house.

mod studied;

use std::{fs, num::NonZeroUsize, time::Instant};

use jiff::Timestamp;
use kiban_core::Entropy;
use kiban_engine::table::{Job, Means, Optimal, Outcome, anonymise};
use kiban_web::report::{ColumnLoss, Flow, Header, Risk, RunKind, RunReport, Treatment};
use serde::Serialize;

use crate::{
    cli::Anonymise,
    entropy::OsEntropy,
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
    let mut job = Job::read(&args.job)?;
    job.study |= args.study;
    let key = key(&job)?;
    let all = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let began = Instant::now();
    let means =
        Means { threads: args.threads.unwrap_or_else(all), seconds: &|| began.elapsed().as_secs_f64(), key: &key };
    let outcome = anonymise(&job, &args.out, means)?;
    let page = args.out.join("report.html");
    let name = args.job.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let report = about(&name, &job, &outcome);
    fs::write(&page, report::page(&report, say.lang())?).map_err(Failure::file("write", &page))?;
    say.result(&Printed { outcome: &outcome, peak_memory_bytes: peak_memory() }, || {
        tell(say, job.class_size(), &outcome, &page)
    })?;
    Ok(Exit::Done)
}

/// Reads the job's key; without one the system is asked, so that no two runs throw the same dice.
fn key(job: &Job) -> Result<[u8; 32]> {
    let Some(path) = &job.key else { return Ok(OsEntropy.key("anonymise")) };
    let text = fs::read_to_string(path).map_err(Failure::file("read", path))?;
    let mut key = [0; 32];
    let wrong = |_| Failure::wrong("use-no-key", &[("file", &path.display())]);
    hex::decode_to_slice(text.trim(), &mut key).map_err(wrong)?;
    Ok(key)
}

fn tell(say: &Say, k: u32, outcome: &Outcome, page: &std::path::Path) {
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
    match &outcome.risk_in_full {
        Some(risk) => {
            let (before, after) = (percent(risk.before.prosecutor_max), percent(risk.after.prosecutor_max));
            say.tell("did-anonymise-risk", &[("before", &before), ("after", &after)]);
        }
        None => say.tell("did-anonymise-unclaimed", &[]),
    }
    studied::tell(say, k, outcome);
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
    let k = u64::from(job.class_size());
    let columns = &outcome.quality.columns;
    let treatment = |lost: f64| if lost > 0.0 { Treatment::Generalised } else { Treatment::Kept };
    let loss =
        |lost: f64, column: &str| ColumnLoss { column: column.to_owned(), treatment: treatment(lost), loss: lost };
    RunReport {
        header,
        study: studied::page(job, outcome),
        person_floor: 10,
        truth_checks: Vec::new(),
        flow: Flow { facilities: Vec::new(), stages: Vec::new() },
        linkage: None,
        risk: outcome.risk_in_full.as_ref().map(|both| Risk {
            quasi_identifiers: columns.iter().map(|column| column.name.clone()).collect(),
            k,
            limit: 1.0 / f64::from(job.class_size()),
            before: figures(&both.before),
            after: figures(&both.after),
            classes: bands(&both.before, &both.after),
        }),
        losses: columns.iter().map(|column| loss(1.0 - column.granularity, &column.name)).collect(),
        measures: Vec::new(),
        open_attacks: Vec::new(),
        dates: None,
        peculiar: Vec::new(),
        between: None,
        fitted: None,
        explored: Vec::new(),
        rare_codes: Vec::new(),
        findings: Vec::new(),
        standings: Vec::new(),
        audit: None,
        timings: Vec::new(),
        peak_memory_bytes: peak_memory(),
    }
}
