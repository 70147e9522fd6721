//! `kiban dedupe` and `kiban match`: tables of people, without a house.

mod page;

use std::{fs, num::NonZeroUsize, time::Instant};

use kiban_engine::dedupe::{DedupeJob, Deduped, Means, Proposal, Seconds, dedupe};
use kiban_link::{Across, Outcome};
use serde::Serialize;

use crate::{
    cli::Dedupe,
    failure::{Exit, Failure, Result},
    report::peak_memory,
    say::{Say, count},
};

/// What `--json` prints.
#[derive(Serialize)]
struct Printed<'a> {
    records: u64,
    persons: usize,
    candidate_pairs: u64,
    joined_pairs: u64,
    possible_pairs: usize,
    refused_pairs: usize,
    /// Expected, from the model's probabilities.
    precision: f64,
    /// Expected, among the pairs that were compared.
    recall: f64,
    /// Expected share of the pairs of one person that were compared at all.
    found_by_blocking: f64,
    /// Blocking rules that were not used because of their cost, with about how many pairs each would find.
    rules_left_out: Vec<(String, u64)>,
    identified: bool,
    converged: bool,
    seconds: Seconds,
    peak_memory_bytes: Option<u64>,
    columns: &'a [Proposal],
}

impl<'a> Printed<'a> {
    fn of(done: &'a Deduped) -> Self {
        let linkage = &done.linkage;
        let many = |is: fn(Outcome) -> bool| linkage.decisions.iter().filter(|one| is(one.outcome)).count();
        Self {
            records: done.records,
            persons: linkage.persons.len(),
            candidate_pairs: linkage.compared(),
            joined_pairs: linkage.quality.joined,
            possible_pairs: many(|outcome| outcome == Outcome::Possible),
            refused_pairs: many(|outcome| matches!(outcome, Outcome::Refused(_))),
            precision: linkage.quality.precision,
            recall: linkage.quality.recall,
            found_by_blocking: linkage.quality.found,
            rules_left_out: linkage.left_out.iter().map(|(rule, pairs)| (rule.to_string(), *pairs)).collect(),
            identified: linkage.model.identified,
            converged: linkage.model.converged,
            seconds: done.seconds,
            peak_memory_bytes: peak_memory(),
            columns: &done.columns,
        }
    }
}

/// Finds the persons behind the records of one table, or those that two tables share.
pub(crate) fn run(args: &Dedupe, across: Across, say: &Say) -> Result<Exit> {
    let job = DedupeJob::read(&args.job, across)?;
    let all = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let began = Instant::now();
    let threads = args.threads.unwrap_or_else(all).get();
    let room = || args.memory.is_none_or(|most| peak_memory().is_none_or(|peak| peak <= most));
    let means = Means { threads, seconds: &|| began.elapsed().as_secs_f64(), has_room: &room };
    let done = dedupe(&job, &args.out, means)?;
    let name = args.job.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let page = args.out.join("report.html");
    let html = kiban_web::linkage::render(&page::about(&name, &job, &done), say.lang())?;
    fs::write(&page, html).map_err(Failure::file("write", &page))?;
    say.result(&Printed::of(&done), || tell(say, &done, job.columns.is_empty(), &page))?;
    Ok(if done.linkage.model.identified { Exit::Done } else { Exit::Findings })
}

fn tell(say: &Say, done: &Deduped, proposed: bool, page: &std::path::Path) {
    let of = Printed::of(done);
    if proposed {
        say.tell("did-dedupe-proposed", &[]);
        let rows: Vec<Vec<String>> =
            done.columns.iter().map(|column| vec![column.name.clone(), column.kind.to_string()]).collect();
        say.table(&["head-column", "head-kind"], &rows);
    }
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    say.tell("did-dedupe", &[("records", &count(of.records)), ("persons", &count(of.persons as u64))]);
    say.tell(
        "did-dedupe-pairs",
        &[
            ("compared", &count(of.candidate_pairs)),
            ("joined", &count(of.joined_pairs)),
            ("possible", &count(of.possible_pairs as u64)),
            ("refused", &count(of.refused_pairs as u64)),
        ],
    );
    if of.joined_pairs > 0 {
        say.tell(
            "did-dedupe-quality",
            &[
                ("precision", &percent(of.precision)),
                ("recall", &percent(of.recall)),
                ("found", &percent(of.found_by_blocking)),
            ],
        );
    }
    if !of.identified {
        say.tell("did-dedupe-unidentified", &[]);
    }
    say.tell("did-report", &[("file", &page.display())]);
}
