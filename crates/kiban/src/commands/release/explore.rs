//! `kiban release explore`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use kiban_engine::release::spec::ReleaseSpec;
use kiban_web::report::{Flow, FrontierPoint, Study};
use serde_json::json;

use crate::{
    cli::Global,
    failure::{Exit, Failure, Result},
    house::House,
    release::explore::{Chosen, Explored, choose, explore},
    report,
    say::{Say, count},
};

/// What the officer asks for.
pub(super) enum Wish {
    /// Try settings, and write the page.
    Try(PathBuf),
    /// Take the setting of a number, for a reason; write the specification, or say what to set.
    Choose { number: u32, why: String, out: Option<PathBuf> },
}

/// Tries what other settings would make of a release, or records which is chosen.
pub(super) async fn run(global: &Global, spec: &Path, wish: Wish, say: &Say) -> Result<Exit> {
    let text = fs::read_to_string(spec).map_err(Failure::file("read", spec))?;
    let spec = ReleaseSpec::parse(&text)?;
    let house = House::open(global.house(), say).await?;
    match wish {
        Wish::Try(page) => {
            let explored = explore(&house, say, &spec, &text).await?;
            write_page(&house, say, &spec, &explored, &page).await?;
            say.result(&explored, || tell(say, &explored, &page))?;
        }
        Wish::Choose { number, why, out } => {
            let Chosen { lines, text } = choose(&house, &spec, &text, number, &why).await?;
            if let Some(out) = &out {
                fs::write(out, text).map_err(Failure::file("write", out))?;
            }
            say.result(&json!({ "chosen": number, "set": lines, "written": out }), || {
                say.tell("did-choose", &[("n", &number)]);
                lines.iter().for_each(|line| say.print(&format!("  {line}")));
            })?;
        }
    }
    house.keep_checkpoint().await?;
    Ok(Exit::Done)
}

fn tell(say: &Say, explored: &Explored, page: &Path) {
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    let row = |point: &kiban_web::report::ExploredPoint| {
        vec![
            point.number.map_or_else(|| "-".to_owned(), |number| number.to_string()),
            point.k.to_string(),
            percent(point.suppression_limit),
            point.known_events.to_string(),
            count(point.persons),
            count(point.rows),
            percent(point.risk_max),
            percent(point.events),
            percent(point.kept),
        ]
    };
    let head = [
        "head-point",
        "head-k",
        "head-limit",
        "head-known-events",
        "head-persons",
        "head-rows",
        "head-risk",
        "head-events-found",
        "head-kept",
    ];
    say.table(&head, &explored.points.iter().map(row).collect::<Vec<_>>());
    let (settings, page) = (count(u64::try_from(explored.points.len()).unwrap_or_default()), page.display());
    say.tell("did-explore", &[("settings", &settings), ("impossible", &count(explored.impossible)), ("page", &page)]);
}

/// Writes the page: the points, and the frontier of those without protected lives.
async fn write_page(house: &House, say: &Say, spec: &ReleaseSpec, explored: &Explored, page: &Path) -> Result<()> {
    let mut shown = report::of_run(house).await?;
    shown.header.release = Some(spec.name.to_string());
    shown.header.name.clone_from(&spec.title);
    (shown.flow, shown.linkage) = (Flow { facilities: Vec::new(), stages: Vec::new() }, None);
    let own = spec.anonymity.lives.as_ref().map_or(0, |lives| lives.known);
    let spot = |point: &kiban_web::report::ExploredPoint| FrontierPoint {
        k: u64::from(point.k),
        suppression_limit: point.suppression_limit,
        risk_max: point.risk_max,
        risk_avg: point.marketer,
        kept: point.kept,
        suppressed: point.left_out,
        persons: point.persons + point.left_out,
        chosen: point.own,
    };
    let frontier = explored.points.iter().filter(|point| point.known_events == own).map(spot).collect();
    shown.study = Study { frontier, ..Study::default() };
    shown.explored.clone_from(&explored.points);
    fs::write(page, report::page(&shown, say.lang())?).map_err(Failure::file("write", page))
}
