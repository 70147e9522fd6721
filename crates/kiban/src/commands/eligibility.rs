//! `kiban eligibility`.

use kiban_core::{Explained, Mark, Moment, Outcome, Step, Subject, Verdict, When, WorkItem, eligibility, work_items};
use serde_json::json;

use super::facility::items;
use crate::{
    cli::{Eligibility, Global},
    failure::{Exit, Result},
    house::House,
    say::Say,
    when::shown,
};

/// Prints the verdict on one patient and every step to it.
pub(crate) async fn run(global: &Global, args: Eligibility, say: &Say) -> Result<Exit> {
    let house = House::look(global.house(), say).await?;
    let now = house.now();
    let moment = Moment { valid_at: args.at.unwrap_or(now), known_at: args.known_at.unwrap_or(now) };
    let patient = house.patient_refs().of(args.facility, args.patient.expose());
    let subject = Subject { facility: args.facility, patient };
    let (facility, facts) = house.registry.facts_of(subject, moment.known_at).await?;
    let explained = eligibility((&facility, &facts), &house.rules, args.track, moment);
    let work = work_items((&facility, &facts), &house.rules, args.track, moment);
    let value = json!({ "facility": args.facility, "track": args.track, "moment": moment, "explained": explained, "work": work });
    say.result(&value, || print(&explained, &work, moment, say))?;
    Ok(Exit::Done)
}

fn print(explained: &Explained, work: &[WorkItem], moment: Moment, say: &Say) {
    let at = shown(moment.valid_at);
    match explained.verdict {
        Verdict::Eligible { since, items: allowed } => {
            let allowed = items(&allowed.iter().collect::<Vec<_>>(), say);
            say.tell("show-eligible", &[("at", &at), ("since", &shown(since)), ("items", &allowed)]);
        }
        Verdict::Denied { reason } => {
            let why = say.word("denial", reason.as_str());
            say.tell("show-denied", &[("at", &at), ("reason", &why), ("rule", &reason.rule())]);
            say.tell("show-remedy", &[("remedy", &say.word("remedy", reason.as_str()))]);
        }
    }
    let known = shown(moment.known_at);
    let none = say.text("show-no-rules", &[]);
    let rules = explained.rule_set.as_deref().unwrap_or(&none);
    say.tell("show-judged", &[("known", &known), ("rules", &rules)]);
    say.print("");
    let rows: Vec<Vec<String>> = explained.steps.iter().map(|step| row(step, say)).collect();
    say.table(&["head-outcome", "head-rule", "head-dates", "head-basis"], &rows);
    for item in work {
        say.tell("show-work", &[("work", &say.word("work", item.as_str()))]);
    }
}

fn row(step: &Step, say: &Say) -> Vec<String> {
    let (mark, what) = match step.outcome {
        Outcome::Pass => ("pass", say.word("rule", step.rule.as_str())),
        Outcome::Deny(reason) => ("deny", say.word("denial", reason.as_str())),
        Outcome::NotApplicable => ("not-applicable", say.word("rule", step.rule.as_str())),
    };
    let date = |(mark, when): &(Mark, When)| {
        let when = match when {
            When::Day(day) => day.to_string(),
            When::Instant(at) => shown(*at),
        };
        format!("{} {when}", say.word("mark", mark.as_str()))
    };
    let dates: Vec<String> = step.dates.iter().map(date).collect();
    vec![say.word("outcome", mark), what, dates.join(&say.text("list-comma", &[])), step.basis.join("; ")]
}
