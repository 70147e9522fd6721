//! What waits for a person: incidents 漏えい等 and work items.

use jiff::{Timestamp, civil::Date};
use kiban_core::{EventClass, ReleaseId, Subject};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde::Serialize;
use serde_json::Value;

use crate::{
    Error, Registry,
    convert::{column, day, facility, instant, maybe_instant, number, patient, word},
    entity::{incident, work_item},
    writing::insert_all,
};

/// An incident 漏えい等 (Act Art. 26).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// Its number: that of the event that opened it.
    pub id: i64,
    /// Its kind; `late-stop` opens by itself.
    pub kind: String,
    /// The release concerned.
    pub release: Option<ReleaseId>,
    /// The event that caused it.
    pub cause: Option<i64>,
    /// How many people are concerned.
    pub subjects: u64,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

/// Something for a person to look at, such as a patient who turns 16 (SEED-48).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkItem {
    /// Its number.
    pub id: i64,
    /// What is to be done.
    pub kind: String,
    /// For whom.
    pub subject: Subject,
    /// By when.
    pub due_on: Date,
    /// When it was done.
    pub done_at: Option<Timestamp>,
}

impl Registry {
    /// Opens an incident by hand and returns its number.
    ///
    /// # Errors
    /// It could not be logged.
    pub async fn open_incident(
        &self,
        kind: &str,
        release: Option<&ReleaseId>,
        subjects: u64,
        detail: &Value,
        at: Timestamp,
    ) -> Result<i64, Error> {
        let mut writing = self.write(at).await?;
        let body = serde_json::json!({ "kind": kind, "release": release, "subjects": subjects, "detail": detail });
        let id = writing.event(EventClass::Incident, &body).await?;
        let row = incident::Model {
            id,
            kind: kind.to_owned(),
            release_id: release.map(ToString::to_string),
            cause: None,
            subjects: column(subjects, "subjects")?,
            state: "open".to_owned(),
            opened_at: writing.at(),
            closed_at: None,
        };
        insert_all(writing.tx(), vec![row]).await?;
        writing.commit().await?;
        Ok(id)
    }

    /// Closes an incident and says how.
    ///
    /// # Errors
    /// There is no such open incident, or it could not be logged.
    pub async fn close_incident(&self, id: i64, outcome: &Value, at: Timestamp) -> Result<u64, Error> {
        let mut writing = self.write(at).await?;
        let open = incident::Entity::find_by_id(id).filter(incident::Column::State.eq("open"));
        let row = open.one(writing.tx()).await?.ok_or_else(|| Error::missing("open incident", id))?;
        let mut row = row.into_active_model();
        row.state = sea_orm::Set("closed".to_owned());
        row.closed_at = sea_orm::Set(Some(writing.at()));
        incident::Entity::update(row).exec(writing.tx()).await?;
        let body = serde_json::json!({ "closed": id, "outcome": outcome });
        writing.event(EventClass::Incident, &body).await?;
        writing.commit().await?.pop().ok_or(Error::Corrupt("leaf index"))
    }

    /// Returns every incident, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn incidents(&self) -> Result<Vec<Incident>, Error> {
        let rows = incident::Entity::find().order_by_asc(incident::Column::Id).all(self.reads()).await?;
        rows.into_iter().map(read_incident).collect()
    }

    /// Adds work items; those that stand already, done or not, are not repeated. Returns how many are new.
    ///
    /// # Errors
    /// A facility is not known, or the database fails.
    pub async fn add_work_items(&self, kind: &str, items: &[(Subject, Date)], at: Timestamp) -> Result<u64, Error> {
        use sea_orm::ActiveValue::{NotSet, Set};
        const ROWS: usize = 400;
        let writing = self.write(at).await?;
        let mut new = 0;
        for some in items.chunks(ROWS) {
            let row = |(subject, due_on): &(Subject, Date)| work_item::ActiveModel {
                id: NotSet,
                kind: Set(kind.to_owned()),
                facility: Set(subject.facility.to_string()),
                patient: Set(subject.patient.get()),
                due_on: Set(due_on.to_string()),
                state: Set("open".to_owned()),
                recorded_at: Set(writing.at()),
                done_at: Set(None),
            };
            let once = sea_orm::sea_query::OnConflict::new().do_nothing().to_owned();
            let insert = work_item::Entity::insert_many(some.iter().map(row)).on_conflict(once);
            new += insert.exec_without_returning(writing.tx()).await?;
        }
        writing.commit().await?;
        Ok(new)
    }

    /// Marks a work item as done.
    ///
    /// # Errors
    /// There is no such open item.
    pub async fn finish_work_item(&self, id: i64, at: Timestamp) -> Result<(), Error> {
        let writing = self.write(at).await?;
        let open = work_item::Entity::find_by_id(id).filter(work_item::Column::State.eq("open"));
        let row = open.one(writing.tx()).await?.ok_or_else(|| Error::missing("open work item", id))?;
        let mut row = row.into_active_model();
        row.state = sea_orm::Set("done".to_owned());
        row.done_at = sea_orm::Set(Some(writing.at()));
        work_item::Entity::update(row).exec(writing.tx()).await?;
        writing.commit().await.map(drop)
    }

    /// Returns the work items that are not done, the most urgent first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_work_items(&self) -> Result<Vec<WorkItem>, Error> {
        let rows = work_item::Entity::find()
            .filter(work_item::Column::State.eq("open"))
            .order_by_asc(work_item::Column::DueOn)
            .order_by_asc(work_item::Column::Id)
            .all(self.reads())
            .await?;
        rows.into_iter().map(read_work_item).collect()
    }
}

fn read_incident(row: incident::Model) -> Result<Incident, Error> {
    Ok(Incident {
        id: row.id,
        release: row.release_id.as_deref().map(|id| word(id, "release name")).transpose()?,
        cause: row.cause,
        subjects: number(row.subjects, "subjects")?,
        opened_at: instant(row.opened_at)?,
        closed_at: maybe_instant(row.closed_at)?,
        kind: row.kind,
    })
}

fn read_work_item(row: work_item::Model) -> Result<WorkItem, Error> {
    Ok(WorkItem {
        id: row.id,
        subject: Subject { facility: facility(&row.facility)?, patient: patient(row.patient)? },
        due_on: day(&row.due_on)?,
        done_at: maybe_instant(row.done_at)?,
        kind: row.kind,
    })
}
