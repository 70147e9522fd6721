//! `kiban findings`.

use kiban_core::Finding;
use kiban_registry::{FindingCount, FindingFilter};

use crate::{
    cli::{Findings, Format, Global},
    failure::{Exit, Result},
    house::House,
    say::{Form, Say, count},
};

/// Lists what was wrong with the input.
pub(crate) async fn run(global: &Global, args: Findings, say: &Say) -> Result<Exit> {
    let house = House::look(global.house(), say).await?;
    let filter = FindingFilter {
        facility: args.facility,
        delivery: args.delivery,
        severity: args.severity,
        ..FindingFilter::default()
    };
    let counts = house.registry.finding_counts(&filter).await?;
    let format = if say.form() == Form::Json { Format::Json } else { args.format };
    match format {
        Format::Table => table(&counts, say),
        Format::Json => say.json(&house.registry.findings(&filter).await?)?,
        Format::Csv => csv(&house.registry.findings(&filter).await?, say),
    }
    let fails = args.fail_on.is_some_and(|least| counts.iter().any(|one| one.severity >= least));
    Ok(if fails { Exit::Findings } else { Exit::Done })
}

fn table(counts: &[FindingCount], say: &Say) {
    if counts.is_empty() {
        return say.tell("show-no-findings", &[]);
    }
    let row = |one: &FindingCount| {
        let severity = say.word("word-severity", one.severity.as_str());
        vec![severity, one.code.clone(), count(one.count), count(one.rows_lost)]
    };
    let head = ["head-severity", "head-code", "head-count", "head-lost"];
    say.table(&head, &counts.iter().map(row).collect::<Vec<_>>());
}

/// No field can hold a comma: codes and fields are words of the program.
fn csv(findings: &[Finding], say: &Say) {
    say.print("facility,delivery,file,offset,line,severity,code,field,rows_lost");
    for one in findings {
        let Finding { facility, delivery, place, code, field, severity, rows_lost } = one;
        let (file, offset, line) = (place.file, place.offset, place.line);
        let severity = severity.as_str();
        say.print(&format!("{facility},{delivery},{file},{offset},{line},{severity},{code},{field},{rows_lost}"));
    }
}
