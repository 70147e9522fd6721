//! `kiban report`.

use std::fs;

use serde_json::json;

use crate::{
    cli::{Global, Report},
    failure::{Exit, Failure, Result},
    house::House,
    release::latest_of,
    report,
    say::Say,
};

/// Writes the report of a project's latest release, of one release, or of everything up to now.
pub(crate) async fn run(global: &Global, args: Report, say: &Say) -> Result<Exit> {
    let house = House::open(global.house(), say).await?;
    let data = if args.project == "run" {
        report::of_run(&house).await?
    } else {
        let release = latest_of(&house, &args.project).await?;
        let release = release.ok_or_else(|| Failure::wrong("use-no-release", &[("name", &args.project)]))?;
        report::of_release(&house, &release)?
    };
    fs::write(&args.out, report::page(&data, say.lang())?).map_err(Failure::file("write", &args.out))?;
    let file = args.out.display();
    say.result(&json!({ "report": args.out }), || say.tell("did-report", &[("file", &file)]))?;
    Ok(Exit::Done)
}
