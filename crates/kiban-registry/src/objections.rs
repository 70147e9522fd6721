//! Objections 提供停止の求め, their receipts 書面の交付 (Act Art. 52(1)(vi), 53) and their withdrawal.

use std::collections::{HashMap, hash_map::Entry};

use jiff::{Timestamp, tz::Offset};
use kiban_core::{Channel, EventClass, FacilityCode, PatientRef, Requester, Subject, Track};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use crate::{
    Error, ReceiptNo, Registry,
    convert::{facility, instant, line, micros, patient, word},
    entity::{objection, withdrawal},
    facilities::require_facility,
    late::{Stop, open_incidents},
    statements::digest,
    writing::{Writing, insert_all},
};

/// An objection as someone states it now (SEED-44 to SEED-47).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct NewObjection {
    /// The patient.
    pub patient: PatientRef,
    /// Which track it stops.
    pub track: Track,
    /// Who asked.
    pub requester: Requester,
    /// How it came in.
    pub channel: Channel,
    /// When it was received, which may be long before it is recorded.
    pub received_at: Timestamp,
    /// Who took it: a staff id.
    pub staff: String,
}

/// What stands on the paper that the requester is given without delay (Act Art. 53).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectionReceipt {
    /// Its number.
    pub receipt_no: ReceiptNo,
    /// Whom the objection concerns, and where.
    pub subject: Subject,
    /// Which track it stops.
    pub track: Track,
    /// Who asked.
    pub requester: Requester,
    /// How it came in.
    pub channel: Channel,
    /// When it was received, and so is effective.
    pub received_at: Timestamp,
    /// When it was recorded and the receipt issued.
    pub recorded_at: Timestamp,
}

/// A withdrawal of whatever objections of a patient stand on a track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewWithdrawal {
    /// The patient.
    pub patient: PatientRef,
    /// Which track.
    pub track: Track,
    /// Who asked.
    pub requester: Requester,
    /// When it was received.
    pub received_at: Timestamp,
    /// Who took it: a staff id.
    pub staff: String,
}

/// What became of the objections of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ObjectionsImported {
    /// A receipt for each row, in the order given; a row known before has its old receipt.
    pub receipts: Vec<ObjectionReceipt>,
    /// How many rows were new.
    pub new: u64,
    /// Incidents that opened because an objection came too late for a release.
    pub incidents: u64,
    /// The leaf of the objections; none where nothing was new.
    pub leaf: Option<u64>,
}

impl Registry {
    /// Records an objection and issues its receipt; the same objection again has the same receipt.
    ///
    /// # Errors
    /// The facility is not known, or the objection could not be logged: then nothing is acknowledged.
    pub async fn add_objection(
        &self,
        of: FacilityCode,
        new: NewObjection,
        at: Timestamp,
    ) -> Result<ObjectionReceipt, Error> {
        let mut imported = self.import_objections(of, vec![new], at).await?;
        imported.receipts.pop().ok_or(Error::Corrupt("receipt number"))
    }

    /// Records the objections of a file as one event with one event for their receipts.
    ///
    /// # Errors
    /// The facility is not known, or the events could not be logged: then nothing is acknowledged.
    pub async fn import_objections(
        &self,
        of: FacilityCode,
        rows: Vec<NewObjection>,
        at: Timestamp,
    ) -> Result<ObjectionsImported, Error> {
        let mut writing = self.write(at).await?;
        require_facility(writing.tx(), of).await?;
        let mut known = known(writing.tx(), of, &rows).await?;
        let mut numbers = Numbers::default();
        let (mut receipts, mut fresh, mut stops) = (Vec::new(), Vec::new(), Vec::new());
        for (index, row) in rows.iter().enumerate() {
            let receipt = match known.entry(statement(row)) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(new) => {
                    let receipt = issue(numbers.next(writing.tx(), of, row.received_at).await?, of, row, &writing)?;
                    fresh.push(model(&receipt, row, &writing, index));
                    stops.push(Stop::new(row.patient, Some(row.track), row.received_at));
                    new.insert(receipt).clone()
                }
            };
            receipts.push(receipt);
        }
        let new = fresh.len() as u64;
        if new == 0 {
            return Ok(ObjectionsImported { receipts, ..Default::default() });
        }
        insert_all(writing.tx(), fresh).await?;
        let body = serde_json::json!({ "facility": of, "rows": rows.len(), "new": new, "sha256": digest(&rows)? });
        let event = writing.event(EventClass::Objection, &body).await?;
        let body = serde_json::json!({ "objections": event, "rows": rows.len(), "sha256": digest(&receipts)? });
        writing.event(EventClass::Receipt, &body).await?;
        let incidents = open_incidents(&mut writing, of, event, &stops).await?;
        let leaf = writing.commit().await?.first().copied();
        Ok(ObjectionsImported { receipts, new, incidents, leaf })
    }

    /// Finds the receipt of an objection.
    ///
    /// # Errors
    /// There is none of that number.
    pub async fn receipt(&self, no: &ReceiptNo) -> Result<ObjectionReceipt, Error> {
        let row =
            objection::Entity::find().filter(objection::Column::ReceiptNo.eq(no.as_str())).one(self.reads()).await?;
        receipt(row.ok_or_else(|| Error::missing("objection", no))?)
    }

    /// Withdraws an objection by its receipt. It revives nothing: a new notice has to be given and waited out.
    ///
    /// # Errors
    /// There is no such objection, this requester has withdrawn it already, or the withdrawal could not be logged.
    pub async fn withdraw(
        &self,
        no: &ReceiptNo,
        requester: Requester,
        received_at: Timestamp,
        staff: &str,
        at: Timestamp,
    ) -> Result<u64, Error> {
        let objection = self.receipt(no).await?;
        if received_at <= objection.received_at {
            return Err(Error::Range("a withdrawal not later than its objection"));
        }
        let mut writing = self.write(at).await?;
        let given = NewWithdrawal {
            patient: objection.subject.patient,
            track: objection.track,
            requester,
            received_at,
            staff: staff.to_owned(),
        };
        if withdrawn(writing.tx(), no.as_str(), requester).await? {
            return Err(Error::taken("withdrawal of", no));
        }
        let body = serde_json::json!({ "receipt": no, "requester": requester, "received_at": received_at });
        let row = withdrawal_model(objection.subject.facility, &given, no.to_string(), &writing, 0);
        insert_all(writing.tx(), vec![row]).await?;
        writing.event(EventClass::Withdrawal, &body).await?;
        writing.commit().await?.pop().ok_or(Error::Corrupt("leaf index"))
    }

    /// Records the withdrawals of a file as one event; each withdraws whatever objections of its patient and track
    /// stood when it was received, as far as this requester has not withdrawn them already. Returns for each row the receipts withdrawn; none means that none stood.
    ///
    /// # Errors
    /// The facility is not known, or the event could not be logged.
    pub async fn import_withdrawals(
        &self,
        of: FacilityCode,
        rows: Vec<NewWithdrawal>,
        at: Timestamp,
    ) -> Result<Vec<Vec<ReceiptNo>>, Error> {
        let mut writing = self.write(at).await?;
        require_facility(writing.tx(), of).await?;
        let mut done = Vec::with_capacity(rows.len());
        let mut count = 0;
        for row in &rows {
            let mut receipts = Vec::new();
            for no in standing(writing.tx(), of, row).await? {
                let model = withdrawal_model(of, row, no.clone(), &writing, count);
                insert_all(writing.tx(), vec![model]).await?;
                receipts.push(word(&no, "receipt number")?);
                count += 1;
            }
            done.push(receipts);
        }
        if count > 0 {
            let sha256 = digest(&rows)?;
            let body = serde_json::json!({ "facility": of, "rows": rows.len(), "withdrawn": count, "sha256": sha256 });
            writing.event(EventClass::Withdrawal, &body).await?;
            writing.commit().await?;
        }
        Ok(done)
    }
}

/// What makes two objections the same.
type Said = (i64, Track, Requester, Channel, i64);

fn statement(row: &NewObjection) -> Said {
    (row.patient.get(), row.track, row.requester, row.channel, micros(row.received_at))
}

/// Returns the receipts of those objections of the rows' patients that are known.
async fn known(
    tx: &DatabaseTransaction,
    of: FacilityCode,
    rows: &[NewObjection],
) -> Result<HashMap<Said, ObjectionReceipt>, Error> {
    let mut known = HashMap::new();
    for some in rows.chunks(400) {
        let found = objection::Entity::find()
            .filter(objection::Column::Facility.eq(of.as_str()))
            .filter(objection::Column::Patient.is_in(some.iter().map(|row| row.patient.get())))
            .all(tx)
            .await?;
        for row in found {
            let received_at = row.received_at;
            let receipt = receipt(row)?;
            let patient = receipt.subject.patient.get();
            known.insert((patient, receipt.track, receipt.requester, receipt.channel, received_at), receipt);
        }
    }
    Ok(known)
}

/// Counts the receipts of each day while a transaction lasts.
#[derive(Debug, Default)]
struct Numbers {
    last: HashMap<String, u32>,
}

impl Numbers {
    /// Returns the next receipt number of the Japanese day on which an objection was received.
    async fn next(
        &mut self,
        tx: &DatabaseTransaction,
        of: FacilityCode,
        received_at: Timestamp,
    ) -> Result<ReceiptNo, Error> {
        let on = Offset::constant(9).to_datetime(received_at).date();
        let last = match self.last.entry(ReceiptNo::prefix(of, on)) {
            Entry::Occupied(last) => last.into_mut(),
            Entry::Vacant(new) => {
                let last = last_seq(tx, new.key()).await?;
                new.insert(last)
            }
        };
        *last += 1;
        Ok(ReceiptNo::new(of, on, *last))
    }
}

/// Returns the highest running number of a prefix; two institutions of one number in two prefectures share it.
async fn last_seq(tx: &DatabaseTransaction, prefix: &str) -> Result<u32, Error> {
    let issued: Vec<String> = objection::Entity::find()
        .select_only()
        .column(objection::Column::ReceiptNo)
        .filter(objection::Column::ReceiptNo.between(prefix.to_owned(), format!("{prefix}~")))
        .into_tuple()
        .all(tx)
        .await?;
    let mut last = 0;
    for no in issued {
        last = last.max(word::<ReceiptNo>(&no, "receipt number")?.seq());
    }
    Ok(last)
}

fn issue(
    receipt_no: ReceiptNo,
    of: FacilityCode,
    row: &NewObjection,
    writing: &Writing<'_>,
) -> Result<ObjectionReceipt, Error> {
    Ok(ObjectionReceipt {
        receipt_no,
        subject: Subject { facility: of, patient: row.patient },
        track: row.track,
        requester: row.requester,
        channel: row.channel,
        received_at: instant(micros(row.received_at))?,
        recorded_at: instant(writing.at())?,
    })
}

fn model(receipt: &ObjectionReceipt, row: &NewObjection, writing: &Writing<'_>, index: usize) -> objection::Model {
    objection::Model {
        facility: receipt.subject.facility.to_string(),
        patient: row.patient.get(),
        event: writing.number(),
        line: line(index),
        receipt_no: receipt.receipt_no.to_string(),
        track: row.track.as_str().to_owned(),
        requester: row.requester.as_str().to_owned(),
        channel: row.channel.as_str().to_owned(),
        received_at: micros(row.received_at),
        staff: row.staff.clone(),
        recorded_at: writing.at(),
    }
}

fn receipt(row: objection::Model) -> Result<ObjectionReceipt, Error> {
    Ok(ObjectionReceipt {
        receipt_no: word(&row.receipt_no, "receipt number")?,
        subject: Subject { facility: facility(&row.facility)?, patient: patient(row.patient)? },
        track: word(&row.track, "track")?,
        requester: word(&row.requester, "requester")?,
        channel: word(&row.channel, "channel")?,
        received_at: instant(row.received_at)?,
        recorded_at: instant(row.recorded_at)?,
    })
}

fn withdrawal_model(
    of: FacilityCode,
    row: &NewWithdrawal,
    receipt_no: String,
    writing: &Writing<'_>,
    index: usize,
) -> withdrawal::Model {
    withdrawal::Model {
        facility: of.to_string(),
        patient: row.patient.get(),
        event: writing.number(),
        line: line(index),
        receipt_no,
        track: row.track.as_str().to_owned(),
        requester: row.requester.as_str().to_owned(),
        received_at: micros(row.received_at),
        staff: row.staff.clone(),
        recorded_at: writing.at(),
    }
}

/// Tells whether a requester has withdrawn an objection; who may do so with effect, the rules decide.
async fn withdrawn(tx: &DatabaseTransaction, receipt_no: &str, by: Requester) -> Result<bool, Error> {
    let found = withdrawal::Entity::find()
        .filter(withdrawal::Column::ReceiptNo.eq(receipt_no))
        .filter(withdrawal::Column::Requester.eq(by.as_str()))
        .one(tx)
        .await?;
    Ok(found.is_some())
}

/// Returns the receipts of the objections that stood when a withdrawal was received.
async fn standing(tx: &DatabaseTransaction, of: FacilityCode, row: &NewWithdrawal) -> Result<Vec<String>, Error> {
    let objections = objection::Entity::find()
        .filter(objection::Column::Facility.eq(of.as_str()))
        .filter(objection::Column::Patient.eq(row.patient.get()))
        .filter(objection::Column::Track.eq(row.track.as_str()))
        .filter(objection::Column::ReceivedAt.lt(micros(row.received_at)))
        .order_by_asc(objection::Column::ReceiptNo)
        .all(tx)
        .await?;
    let mut standing = Vec::new();
    for objection in objections {
        if !withdrawn(tx, &objection.receipt_no, row.requester).await? {
            standing.push(objection.receipt_no);
        }
    }
    Ok(standing)
}
