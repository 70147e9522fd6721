//! The clerks' queue of the linkage: who holds which case, and what clerks said of it.

use jiff::{SignedDuration, Timestamp};
use kiban_core::EventClass;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::OnConflict};
use serde::Serialize;

use crate::{
    Error, Registry,
    convert::{column, instant, micros, number},
    entity::{link_lease, link_opinion},
    writing::insert_all,
};

/// What a clerk said of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkOpinion {
    /// The case.
    pub case: u64,
    /// Who: a staff id.
    pub author: String,
    /// The view: `same`, `different` or `unsure`.
    pub view: String,
    /// Why: a reason code.
    pub reason: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// Who holds a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseLease {
    /// The case.
    pub case: u64,
    /// Who: a staff id.
    pub holder: String,
    /// Until when.
    pub until: Timestamp,
}

impl Registry {
    /// Leases a case to a clerk. Identified data are looked at with it, so it is logged as an access.
    ///
    /// # Errors
    /// Another clerk holds it, or the access could not be logged.
    pub async fn lease_case(
        &self,
        case: u64,
        holder: &str,
        lease: SignedDuration,
        at: Timestamp,
    ) -> Result<CaseLease, Error> {
        let until = at.checked_add(lease).map_err(|_| Error::Range("the lease"))?;
        let mut writing = self.write(at).await?;
        let case_no = column(case, "case")?;
        let known = link_lease::Entity::find_by_id(case_no).one(writing.tx()).await?;
        if known.is_some_and(|row| row.holder != holder && writing.at() < row.lease_until) {
            return Err(Error::LeaseLost(case_no));
        }
        let body = serde_json::json!({ "case": case, "holder": holder, "until": until });
        let event = writing.event(EventClass::Access, &body).await?;
        let row = link_lease::ActiveModel {
            case_no: sea_orm::Set(case_no),
            event: sea_orm::Set(event),
            holder: sea_orm::Set(holder.to_owned()),
            lease_until: sea_orm::Set(micros(until)),
        };
        let columns = [link_lease::Column::Event, link_lease::Column::Holder, link_lease::Column::LeaseUntil];
        let replace = OnConflict::column(link_lease::Column::CaseNo).update_columns(columns).to_owned();
        link_lease::Entity::insert(row).on_conflict(replace).exec_without_returning(writing.tx()).await?;
        writing.commit().await?;
        Ok(CaseLease { case, holder: holder.to_owned(), until })
    }

    /// Records what a clerk said of a case that he or she holds; the lease ends with it.
    ///
    /// # Errors
    /// The clerk does not hold the case, said it before, or the opinion could not be logged.
    pub async fn add_opinion(&self, opinion: &LinkOpinion, at: Timestamp) -> Result<i64, Error> {
        let mut writing = self.write(at).await?;
        let case_no = column(opinion.case, "case")?;
        let earlier = link_opinion::Entity::find()
            .filter(link_opinion::Column::CaseNo.eq(case_no))
            .filter(link_opinion::Column::Author.eq(opinion.author.as_str()));
        if earlier.one(writing.tx()).await?.is_some() {
            return Err(Error::taken("opinion on case", case_no));
        }
        let held = link_lease::Entity::find_by_id(case_no).one(writing.tx()).await?;
        if !held.is_some_and(|row| row.holder == opinion.author && writing.at() < row.lease_until) {
            return Err(Error::LeaseLost(case_no));
        }
        let body = serde_json::json!({
            "case": opinion.case, "author": opinion.author, "view": opinion.view, "reason": opinion.reason,
        });
        let event = writing.event(EventClass::Access, &body).await?;
        let row = link_opinion::Model {
            event,
            case_no,
            author: opinion.author.clone(),
            view: opinion.view.clone(),
            reason: opinion.reason.clone(),
            recorded_at: writing.at(),
        };
        insert_all(writing.tx(), vec![row]).await?;
        link_lease::Entity::delete_by_id(case_no).exec(writing.tx()).await?;
        writing.commit().await?;
        Ok(event)
    }

    /// Returns what clerks said, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn opinions(&self) -> Result<Vec<LinkOpinion>, Error> {
        let rows = link_opinion::Entity::find().order_by_asc(link_opinion::Column::Event).all(self.reads()).await?;
        let read = |row: link_opinion::Model| {
            let (case, recorded_at) = (number(row.case_no, "case")?, instant(row.recorded_at)?);
            Ok(LinkOpinion { case, author: row.author, view: row.view, reason: row.reason, recorded_at })
        };
        rows.into_iter().map(read).collect()
    }

    /// Returns who holds which case at an instant, by case.
    ///
    /// # Errors
    /// The database fails.
    pub async fn case_leases(&self, at: Timestamp) -> Result<Vec<CaseLease>, Error> {
        let rows = link_lease::Entity::find()
            .filter(link_lease::Column::LeaseUntil.gt(micros(at)))
            .order_by_asc(link_lease::Column::CaseNo)
            .all(self.reads())
            .await?;
        let read = |row: link_lease::Model| {
            let (case, until) = (number(row.case_no, "case")?, instant(row.lease_until)?);
            Ok(CaseLease { case, holder: row.holder, until })
        };
        rows.into_iter().map(read).collect()
    }
}
