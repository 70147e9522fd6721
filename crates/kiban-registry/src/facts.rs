//! Reading facts back as they were known at an instant: of one subject, or of a whole facility page by page.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kiban_core::{
    Birth, CapacityFact, Death, DeletionRequest, FacilityCode, FacilityFacts, Notice, Objection, PatientFacts,
    PatientRef, Review, Subject, Withdrawal,
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    TransactionTrait, TryGetableMany,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    Error, Registry,
    convert::{day, instant, maybe_instant, micros, patient, word},
    entity::{birth, capacity, death, deletion_request, notice, objection, review, withdrawal},
    facilities::facility_facts,
};

/// The facts of every patient of a facility, by patient reference, in pages of one consistent reading.
#[derive(Debug)]
pub struct FactPages {
    tx: DatabaseTransaction,
    scope: Scope,
    step: i64,
}

impl FactPages {
    /// Returns the next page; none after the last. No page is empty.
    ///
    /// # Errors
    /// The database fails.
    pub async fn next(&mut self) -> Result<Option<Vec<(PatientRef, PatientFacts)>>, Error> {
        while self.scope.from <= self.scope.to {
            let last = Ord::min(self.scope.from.saturating_add(self.step), self.scope.to);
            let page = load(&self.tx, &Scope { to: last, ..self.scope }).await?;
            let Some(next) = last.checked_add(1) else {
                self.scope.to = 0; // the highest reference there can be: this was the last page
                return Ok((!page.is_empty()).then_some(page));
            };
            self.scope.from = next;
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }
}

impl Registry {
    /// Returns what was known at `known_at` of a subject's facility and of the subject.
    ///
    /// A subject of whom nothing is known has empty facts, and unknown denies.
    ///
    /// # Errors
    /// The database fails.
    pub async fn facts_of(
        &self,
        subject: Subject,
        known_at: Timestamp,
    ) -> Result<(FacilityFacts, PatientFacts), Error> {
        let tx = self.reads().begin().await?;
        let facility = facility_facts(&tx, subject.facility, known_at).await?;
        let (from, to) = (subject.patient.get(), subject.patient.get());
        let found = load(&tx, &Scope { facility: subject.facility, from, to, known_at: micros(known_at) }).await?;
        Ok((facility, found.into_iter().next().map(|(_, facts)| facts).unwrap_or_default()))
    }

    /// Begins to read the facts of every patient of a facility as they were known at `known_at`.
    ///
    /// # Errors
    /// The database fails.
    pub async fn fact_pages(&self, facility: FacilityCode, known_at: Timestamp) -> Result<FactPages, Error> {
        let tx = self.reads().begin().await?;
        let statements = count::<birth::Entity>(&tx, facility).await? + count::<notice::Entity>(&tx, facility).await?;
        // References are keyed hashes and so lie evenly: equal ranges of them are equal shares of the patients.
        let pages = i64::try_from(statements / 20_000 + 1).unwrap_or(i64::MAX);
        let scope = Scope { facility, from: 1, to: i64::MAX, known_at: micros(known_at) };
        Ok(FactPages { tx, scope, step: i64::MAX / pages })
    }

    /// Returns what was known at `known_at` of a facility and of all its patients, by patient reference.
    ///
    /// # Errors
    /// The database fails.
    pub async fn facts_of_facility(
        &self,
        facility: FacilityCode,
        known_at: Timestamp,
    ) -> Result<(FacilityFacts, Vec<(PatientRef, PatientFacts)>), Error> {
        let mut pages = self.fact_pages(facility, known_at).await?;
        let facts = facility_facts(&pages.tx, facility, known_at).await?;
        let mut patients = Vec::new();
        while let Some(page) = pages.next().await? {
            patients.extend(page);
        }
        Ok((facts, patients))
    }
}

/// Whose facts are read, and as known when.
#[derive(Debug, Clone, Copy)]
struct Scope {
    facility: FacilityCode,
    from: i64,
    to: i64,
    known_at: i64,
}

async fn count<E>(tx: &DatabaseTransaction, facility: FacilityCode) -> Result<u64, Error>
where
    E: EntityTrait,
    E::Model: Sync,
{
    Ok(E::find().filter(Expr::col("facility").eq(facility.as_str())).count(tx).await?)
}

/// Returns columns of the rows of a table within the scope, in the order of the table's key.
async fn rows<E: EntityTrait, T: TryGetableMany + Send + Sync>(
    db: &impl ConnectionTrait,
    scope: &Scope,
    columns: impl IntoIterator<Item = E::Column>,
) -> Result<Vec<T>, Error> {
    Ok(E::find()
        .select_only()
        .columns(columns)
        .filter(Expr::col("facility").eq(scope.facility.as_str()))
        .filter(Expr::col("patient").between(scope.from, scope.to))
        .filter(Expr::col("recorded_at").lte(scope.known_at))
        .order_by_asc(Expr::col("patient"))
        .order_by_asc(Expr::col("event"))
        .order_by_asc(Expr::col("line"))
        .into_tuple()
        .all(db)
        .await?)
}

/// The facts of some patients on their way out.
type Found = BTreeMap<i64, PatientFacts>;

async fn load(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<(PatientRef, PatientFacts)>, Error> {
    let mut of = Found::new();
    births(db, scope, &mut of).await?;
    notices(db, scope, &mut of).await?;
    objections(db, scope, &mut of).await?;
    withdrawals(db, scope, &mut of).await?;
    deletions(db, scope, &mut of).await?;
    deaths(db, scope, &mut of).await?;
    capacities(db, scope, &mut of).await?;
    reviews(db, scope, &mut of).await?;
    let mut patients = Vec::with_capacity(of.len());
    for (number, mut facts) in of {
        oldest_first(&mut facts);
        patients.push((patient(number)?, facts));
    }
    Ok(patients)
}

/// Events are numbered as they are recorded; a clock that went back is all that is left to put in order.
fn oldest_first(facts: &mut PatientFacts) {
    facts.births.sort_by_key(|fact| fact.recorded_at);
    facts.notices.sort_by_key(|fact| fact.recorded_at);
    facts.objections.sort_by_key(|fact| fact.recorded_at);
    facts.withdrawals.sort_by_key(|fact| fact.recorded_at);
    facts.deletions.sort_by_key(|fact| fact.recorded_at);
    facts.deaths.sort_by_key(|fact| fact.recorded_at);
    facts.capacities.sort_by_key(|fact| fact.recorded_at);
    facts.reviews.sort_by_key(|fact| fact.recorded_at);
}

async fn births(db: &impl ConnectionTrait, scope: &Scope, of: &mut Found) -> Result<(), Error> {
    use birth::Column::{BornOn, Patient, RecordedAt};
    let columns = [Patient, BornOn, RecordedAt];
    for (patient, on, recorded) in rows::<birth::Entity, (i64, String, i64)>(db, scope, columns).await? {
        let fact = Birth { on: day(&on)?, recorded_at: instant(recorded)? };
        of.entry(patient).or_default().births.push(fact);
    }
    Ok(())
}

async fn notices(db: &impl ConnectionTrait, scope: &Scope, of: &mut Found) -> Result<(), Error> {
    use notice::Column::{GivenAt, Method, Patient, Recipient, RecordedAt, Staff, TemplateVersion, Track};
    let columns = [Patient, Track, GivenAt, Method, TemplateVersion, Recipient, Staff, RecordedAt];
    type Row = (i64, String, i64, String, String, String, String, i64);
    for (patient, track, given, method, template_version, recipient, staff, recorded) in
        rows::<notice::Entity, Row>(db, scope, columns).await?
    {
        let fact = Notice {
            track: word(&track, "track")?,
            given_at: instant(given)?,
            method: word(&method, "notice method")?,
            template_version,
            recipient: word(&recipient, "recipient")?,
            staff,
            recorded_at: instant(recorded)?,
        };
        of.entry(patient).or_default().notices.push(fact);
    }
    Ok(())
}

async fn objections(db: &impl ConnectionTrait, scope: &Scope, of: &mut Found) -> Result<(), Error> {
    use objection::Column::{Channel, Patient, ReceiptNo, ReceivedAt, RecordedAt, Requester, Track};
    let columns = [Patient, ReceiptNo, Track, Requester, Channel, ReceivedAt, RecordedAt];
    type Row = (i64, String, String, String, String, i64, i64);
    for (patient, receipt_no, track, requester, channel, received, recorded) in
        rows::<objection::Entity, Row>(db, scope, columns).await?
    {
        let fact = Objection {
            receipt_no,
            track: word(&track, "track")?,
            requester: word(&requester, "requester")?,
            channel: word(&channel, "channel")?,
            received_at: instant(received)?,
            recorded_at: instant(recorded)?,
        };
        of.entry(patient).or_default().objections.push(fact);
    }
    Ok(())
}

async fn withdrawals(db: &impl ConnectionTrait, scope: &Scope, of: &mut Found) -> Result<(), Error> {
    use withdrawal::Column::{Patient, ReceiptNo, ReceivedAt, RecordedAt, Requester, Track};
    let columns = [Patient, ReceiptNo, Track, Requester, ReceivedAt, RecordedAt];
    type Row = (i64, String, String, String, i64, i64);
    for (patient, receipt_no, track, requester, received, recorded) in
        rows::<withdrawal::Entity, Row>(db, scope, columns).await?
    {
        let fact = Withdrawal {
            receipt_no,
            track: word(&track, "track")?,
            requester: word(&requester, "requester")?,
            received_at: instant(received)?,
            recorded_at: instant(recorded)?,
        };
        of.entry(patient).or_default().withdrawals.push(fact);
    }
    Ok(())
}

async fn deletions(db: &impl ConnectionTrait, scope: &Scope, of: &mut Found) -> Result<(), Error> {
    use deletion_request::Column::{Patient, ReceivedAt, RecordedAt, Track};
    let columns = [Patient, Track, ReceivedAt, RecordedAt];
    type Row = (i64, String, i64, i64);
    for (patient, track, received, recorded) in rows::<deletion_request::Entity, Row>(db, scope, columns).await? {
        let (received_at, recorded_at) = (instant(received)?, instant(recorded)?);
        let fact = DeletionRequest { track: word(&track, "track")?, received_at, recorded_at };
        of.entry(patient).or_default().deletions.push(fact);
    }
    Ok(())
}

async fn deaths(db: &impl ConnectionTrait, scope: &Scope, of: &mut Found) -> Result<(), Error> {
    use death::Column::{DiedOn, Patient, RecordedAt};
    let columns = [Patient, DiedOn, RecordedAt];
    for (patient, on, recorded) in rows::<death::Entity, (i64, String, i64)>(db, scope, columns).await? {
        let fact = Death { on: day(&on)?, recorded_at: instant(recorded)? };
        of.entry(patient).or_default().deaths.push(fact);
    }
    Ok(())
}

async fn capacities(db: &impl ConnectionTrait, scope: &Scope, of: &mut Found) -> Result<(), Error> {
    use capacity::Column::{Capacity, Patient, RecordedAt, Since};
    let columns = [Patient, Capacity, Since, RecordedAt];
    type Row = (i64, String, String, i64);
    for (patient, capacity, since, recorded) in rows::<capacity::Entity, Row>(db, scope, columns).await? {
        let (since, recorded_at) = (day(&since)?, instant(recorded)?);
        let fact = CapacityFact { capacity: word(&capacity, "capacity")?, since, recorded_at };
        of.entry(patient).or_default().capacities.push(fact);
    }
    Ok(())
}

async fn reviews(db: &impl ConnectionTrait, scope: &Scope, of: &mut Found) -> Result<(), Error> {
    use review::Column::{CaseNo, ClosedAt, OpenedAt, Patient, RecordedAt};
    let columns = [Patient, CaseNo, OpenedAt, ClosedAt, RecordedAt];
    type Row = (i64, String, i64, Option<i64>, i64);
    for (patient, case_no, opened, closed, recorded) in rows::<review::Entity, Row>(db, scope, columns).await? {
        let (opened_at, closed_at) = (instant(opened)?, maybe_instant(closed)?);
        let fact = Review { case_no, opened_at, closed_at, recorded_at: instant(recorded)? };
        of.entry(patient).or_default().reviews.push(fact);
    }
    Ok(())
}
