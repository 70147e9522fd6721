//! `kiban objection`.

use std::path::Path;

use kiban_core::FacilityCode;
use kiban_registry::{NewObjection, ObjectionReceipt, ReceiptNo};
use serde::Serialize;
use serde_json::{Value, json};

use super::notice::rejections;
use crate::{
    cli::{Global, Objection, ObjectionAdd, ObjectionWithdraw},
    failure::{Exit, Failure, Result},
    house::House,
    papers::{self, Reader, Rejection},
    say::Say,
    when::shown,
};

/// Records objections and withdrawals and prints receipts.
pub(crate) async fn run(global: &Global, args: Objection, say: &Say) -> Result<Exit> {
    let house = House::open(global.house(), say).await?;
    match args {
        Objection::Add(args) => add(&house, args, say).await,
        Objection::Withdraw(args) => withdraw(&house, args, say).await,
        Objection::Import { file, facility } => import_file(&house, &file, facility, say).await,
    }
}

async fn add(house: &House, args: ObjectionAdd, say: &Say) -> Result<Exit> {
    let received_at = args.received_at.unwrap_or_else(|| house.now());
    if received_at > house.now() {
        return Err(Failure::wrong("use-future", &[]));
    }
    let new = NewObjection {
        patient: house.patient_refs().of(args.facility, args.patient.expose()),
        track: args.track,
        requester: args.requester,
        channel: args.channel,
        received_at,
        staff: args.staff,
    };
    let receipt = house.registry.add_objection(args.facility, new, house.now()).await?;
    let name = name_of(house, args.facility).await?;
    say.result(&value(&receipt), || print(&receipt, &name, say))?;
    Ok(Exit::Done)
}

async fn name_of(house: &House, code: FacilityCode) -> Result<String> {
    let known = house.registry.facilities().await?;
    Ok(known.into_iter().find(|one| one.code == code).map(|one| one.name).unwrap_or_default())
}

/// Prints what the requester is given without delay 書面の交付 (Act Art. 53): whom it concerns stands only in the facility's
/// own copy, for a number can be read aloud at a counter and a name cannot.
fn print(receipt: &ObjectionReceipt, facility: &str, say: &Say) {
    say.tell(
        "receipt-text",
        &[
            ("no", &receipt.receipt_no),
            ("facility", &receipt.subject.facility),
            ("name", &facility),
            ("track", &say.word("word-track", receipt.track.as_str())),
            ("requester", &say.word("word-requester", receipt.requester.as_str())),
            ("channel", &say.word("word-channel", receipt.channel.as_str())),
            ("received", &shown(receipt.received_at)),
            ("recorded", &shown(receipt.recorded_at)),
        ],
    );
}

fn value(receipt: &ObjectionReceipt) -> Value {
    json!({
        "receipt_no": receipt.receipt_no, "facility": receipt.subject.facility, "track": receipt.track,
        "requester": receipt.requester, "channel": receipt.channel, "received_at": receipt.received_at,
        "recorded_at": receipt.recorded_at,
    })
}

async fn withdraw(house: &House, args: ObjectionWithdraw, say: &Say) -> Result<Exit> {
    let received_at = args.received_at.unwrap_or_else(|| house.now());
    if received_at > house.now() {
        return Err(Failure::wrong("use-future", &[]));
    }
    let leaf = house.registry.withdraw(&args.receipt, args.requester, received_at, &args.staff, house.now()).await?;
    let value = json!({ "receipt_no": args.receipt, "received_at": received_at, "leaf": leaf });
    say.result(&value, || say.tell("did-withdraw", &[("no", &args.receipt)]))?;
    Ok(Exit::Done)
}

/// What became of a list of objections or withdrawals.
#[derive(Debug, Serialize)]
pub(crate) struct RequestsImported {
    /// Lines with the receipts issued or withdrawn.
    pub(crate) receipts: Vec<(u64, Vec<ReceiptNo>)>,
    /// Objections that were not known before, or withdrawals that withdrew something.
    pub(crate) new: u64,
    /// Incidents that opened because an objection came too late for a release.
    pub(crate) incidents: u64,
    /// The lines that were not taken.
    pub(crate) rejected: Vec<Rejection>,
}

/// Records the objections of a list as one event. A bad line never keeps a good one from being heeded.
pub(crate) async fn import_objections(house: &House, file: &Path, facility: FacilityCode) -> Result<RequestsImported> {
    let refs = house.patient_refs();
    let list = Reader { facility, refs: &refs, now: house.now() }.objections(file)?;
    let (lines, rows): (Vec<u64>, Vec<NewObjection>) = list.rows.into_iter().unzip();
    let done = house.registry.import_objections(facility, rows, house.now()).await?;
    let receipts = lines.into_iter().zip(done.receipts.into_iter().map(|one| vec![one.receipt_no])).collect();
    Ok(RequestsImported { receipts, new: done.new, incidents: done.incidents, rejected: list.rejected })
}

/// Records the withdrawals of a list as one event.
pub(crate) async fn import_withdrawals(house: &House, file: &Path, facility: FacilityCode) -> Result<RequestsImported> {
    let refs = house.patient_refs();
    let list = Reader { facility, refs: &refs, now: house.now() }.withdrawals(file)?;
    let (lines, rows): (Vec<u64>, Vec<_>) = list.rows.into_iter().unzip();
    let done = house.registry.import_withdrawals(facility, rows, house.now()).await?;
    let new = u64::try_from(done.iter().filter(|some| !some.is_empty()).count()).unwrap_or_default();
    let receipts = lines.into_iter().zip(done).collect();
    Ok(RequestsImported { receipts, new, incidents: 0, rejected: list.rejected })
}

async fn import_file(house: &House, file: &Path, facility: FacilityCode, say: &Say) -> Result<Exit> {
    let are_objections = papers::has_column(file, "channel")?;
    let (id, done) = if are_objections {
        ("did-objections", import_objections(house, file, facility).await?)
    } else {
        ("did-withdrawals", import_withdrawals(house, file, facility).await?)
    };
    say.result(&done, || {
        say.tell(id, &[("lines", &done.receipts.len()), ("new", &done.new)]);
        let row = |(line, receipts): &(u64, Vec<ReceiptNo>)| {
            let numbers: Vec<&str> = receipts.iter().map(ReceiptNo::as_str).collect();
            vec![line.to_string(), numbers.join(" ")]
        };
        say.table(&["head-line", "head-receipt"], &done.receipts.iter().map(row).collect::<Vec<_>>());
        if done.incidents > 0 {
            say.tell("show-incidents", &[("n", &done.incidents)]);
        }
        rejections(&done.rejected, say);
    })?;
    Ok(if done.rejected.is_empty() && done.incidents == 0 { Exit::Done } else { Exit::Findings })
}
