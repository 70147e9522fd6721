//! Reading facts back as they were known at an instant: of one subject, or of a whole facility page by page.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kiban_core::{
    Birth, CapacityFact, Death, DeletionRequest, FacilityCode, FacilityFacts, Notice, Objection, PatientFacts,
    PatientRef, Review, Subject, Withdrawal,
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, EntityTrait, ModelTrait, PaginatorTrait, QueryFilter, QueryOrder,
    TransactionTrait,
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

/// Returns the rows of a table within the scope, each patient's oldest record first.
async fn rows<M: ModelTrait>(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<M>, Error>
where
    M::Entity: EntityTrait<Model = M>,
{
    Ok(M::Entity::find()
        .filter(Expr::col("facility").eq(scope.facility.as_str()))
        .filter(Expr::col("patient").between(scope.from, scope.to))
        .filter(Expr::col("recorded_at").lte(scope.known_at))
        .order_by_asc(Expr::col("patient"))
        .order_by_asc(Expr::col("recorded_at"))
        .order_by_asc(Expr::col("event"))
        .order_by_asc(Expr::col("line"))
        .all(db)
        .await?)
}

async fn load(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<(PatientRef, PatientFacts)>, Error> {
    let mut of: BTreeMap<i64, PatientFacts> = BTreeMap::new();
    for row in rows::<birth::Model>(db, scope).await? {
        let fact = Birth { on: day(&row.born_on)?, recorded_at: instant(row.recorded_at)? };
        of.entry(row.patient).or_default().births.push(fact);
    }
    for row in rows::<notice::Model>(db, scope).await? {
        let patient = row.patient;
        of.entry(patient).or_default().notices.push(a_notice(row)?);
    }
    for row in rows::<objection::Model>(db, scope).await? {
        let patient = row.patient;
        of.entry(patient).or_default().objections.push(an_objection(row)?);
    }
    for row in rows::<withdrawal::Model>(db, scope).await? {
        let patient = row.patient;
        of.entry(patient).or_default().withdrawals.push(a_withdrawal(row)?);
    }
    for row in rows::<deletion_request::Model>(db, scope).await? {
        let (received_at, recorded_at) = (instant(row.received_at)?, instant(row.recorded_at)?);
        let fact = DeletionRequest { track: word(&row.track, "track")?, received_at, recorded_at };
        of.entry(row.patient).or_default().deletions.push(fact);
    }
    for row in rows::<death::Model>(db, scope).await? {
        let fact = Death { on: day(&row.died_on)?, recorded_at: instant(row.recorded_at)? };
        of.entry(row.patient).or_default().deaths.push(fact);
    }
    for row in rows::<capacity::Model>(db, scope).await? {
        let (since, recorded_at) = (day(&row.since)?, instant(row.recorded_at)?);
        let fact = CapacityFact { capacity: word(&row.capacity, "capacity")?, since, recorded_at };
        of.entry(row.patient).or_default().capacities.push(fact);
    }
    for row in rows::<review::Model>(db, scope).await? {
        let (opened_at, closed_at) = (instant(row.opened_at)?, maybe_instant(row.closed_at)?);
        let fact = Review { case_no: row.case_no, opened_at, closed_at, recorded_at: instant(row.recorded_at)? };
        of.entry(row.patient).or_default().reviews.push(fact);
    }
    of.into_iter().map(|(number, facts)| Ok((patient(number)?, facts))).collect()
}

fn a_notice(row: notice::Model) -> Result<Notice, Error> {
    Ok(Notice {
        track: word(&row.track, "track")?,
        given_at: instant(row.given_at)?,
        method: word(&row.method, "notice method")?,
        template_version: row.template_version,
        recipient: word(&row.recipient, "recipient")?,
        staff: row.staff,
        recorded_at: instant(row.recorded_at)?,
    })
}

fn an_objection(row: objection::Model) -> Result<Objection, Error> {
    Ok(Objection {
        receipt_no: row.receipt_no,
        track: word(&row.track, "track")?,
        requester: word(&row.requester, "requester")?,
        channel: word(&row.channel, "channel")?,
        received_at: instant(row.received_at)?,
        recorded_at: instant(row.recorded_at)?,
    })
}

fn a_withdrawal(row: withdrawal::Model) -> Result<Withdrawal, Error> {
    Ok(Withdrawal {
        receipt_no: row.receipt_no,
        track: word(&row.track, "track")?,
        requester: word(&row.requester, "requester")?,
        received_at: instant(row.received_at)?,
        recorded_at: instant(row.recorded_at)?,
    })
}
