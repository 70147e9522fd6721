//! `kiban collect`.

use crate::{
    cli::{Collect, Global},
    failure::{Exit, Result},
    house::House,
    say::{Say, count},
    work::{
        Rows,
        intake::{self, Intake, IntakeState, OnRefused},
    },
};

/// Takes in a delivery, and before it whatever was left over from an earlier, interrupted run.
pub(crate) async fn run(global: &Global, args: Collect, say: &Say) -> Result<Exit> {
    let house = House::open(global.house(), say).await?;
    let refused = if args.accept_findings { OnRefused::Accept } else { OnRefused::Stop };
    intake::order(&house, &args.path, args.facility, args.seq, refused).await?;
    let done = intake::pending(&house, &house.lake()?, say).await?;
    house.keep_checkpoint().await?;
    say.result(&done, || done.iter().for_each(|one| print(one, say)))?;
    Ok(exit(&done))
}

/// Returns how a command ends that took these deliveries in.
pub(crate) fn exit(done: &[Intake]) -> Exit {
    if done.iter().any(|one| one.state == IntakeState::Stopped) { Exit::Findings } else { Exit::Done }
}

/// Prints what came of a delivery.
pub(crate) fn print(one: &Intake, say: &Say) {
    let id = match one.state {
        IntakeState::Landed => "did-collect",
        IntakeState::Stopped => "did-collect-stopped",
    };
    let (records, refused) = (count(one.records), count(one.refused));
    say.tell(id, &[("facility", &one.facility), ("seq", &one.delivery), ("records", &records), ("refused", &refused)]);
    let files: Vec<String> = one.files.iter().map(|(format, files)| format!("{format} {}", count(*files))).collect();
    say.tell("show-files", &[("files", &files.join(", ")), ("bytes", &count(one.bytes))]);
    if !one.gaps.is_empty() {
        let missing: Vec<String> = one.gaps.iter().map(ToString::to_string).collect();
        say.tell("show-gaps", &[("missing", &missing.join(", "))]);
    }
    if one.state == IntakeState::Landed {
        say.tell("show-allowed", &[("n", &count(one.allowed)), ("deaths", &count(one.deaths))]);
        rows(&one.tables, say);
        let held = one.rows().held;
        if !held.is_empty() {
            say.print("");
            let held: Vec<Vec<String>> =
                held.iter().map(|(reason, rows)| vec![held_because(reason, say), count(*rows)]).collect();
            say.table(&["head-held-because", "head-rows"], &held);
        }
    }
    let found: Vec<String> = one
        .findings
        .iter()
        .map(|(severity, n)| format!("{} {}", say.word("word-severity", severity), count(*n)))
        .collect();
    if !found.is_empty() {
        say.tell("show-findings", &[("found", &found.join(", "))]);
    }
}

/// Returns why rows were held: by a rule of eligibility, or by a stage.
pub(crate) fn held_because(reason: &str, say: &Say) -> String {
    let words = ["denial", "held", "word-held"].map(|list| say.word(list, reason));
    words.into_iter().find(|word| word != reason).unwrap_or_else(|| reason.to_owned())
}

/// Prints the account of rows by table.
pub(crate) fn rows(tables: &std::collections::BTreeMap<String, Rows>, say: &Say) {
    let row = |(table, rows): (&String, &Rows)| {
        vec![table.clone(), count(rows.rows_in), count(rows.rows_out), count(rows.held_total()), count(rows.lost)]
    };
    let head = ["head-table", "head-rows-in", "head-rows-out", "head-held", "head-lost"];
    say.table(&head, &tables.iter().map(row).collect::<Vec<_>>());
}
