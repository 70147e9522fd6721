//! Commits of lake table versions, and the rows that each accounts for (design invariant 6).

use jiff::Timestamp;
use kiban_core::EventClass;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use serde_json::Value;

use crate::{
    Error, Registry,
    convert::{column, instant, number},
    entity::stage_commit,
    writing::insert_all,
};

/// A version of a lake table that a stage has written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageCommit {
    /// The stage.
    pub stage: String,
    /// The lake table.
    pub table: String,
    /// Its version.
    pub version: u64,
    /// Rows that went in.
    pub rows_in: u64,
    /// Rows that came out.
    pub rows_out: u64,
    /// Rows held back.
    pub rows_held: u64,
    /// Rows that findings took out.
    pub rows_lost: u64,
    /// Whatever else the stage wants to keep: reasons, digests.
    pub detail: Value,
}

/// A commit as recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordedCommit {
    /// The commit.
    #[serde(flatten)]
    pub commit: StageCommit,
    /// The event that recorded it.
    pub event: i64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

impl Registry {
    /// Records a commit; the same one again changes nothing and has no leaf.
    ///
    /// # Errors
    /// Its rows do not balance, the version stands with other rows, or it could not be logged.
    pub async fn commit_stage(&self, new: &StageCommit, at: Timestamp) -> Result<Option<u64>, Error> {
        let accounted = new.rows_out + new.rows_held + new.rows_lost;
        if accounted != new.rows_in {
            return Err(Error::Unbalanced { stage: new.stage.clone(), rows_in: new.rows_in, accounted });
        }
        let mut writing = self.write(at).await?;
        let id = (new.stage.clone(), new.table.clone(), column(new.version, "lake version")?);
        if let Some(row) = stage_commit::Entity::find_by_id(id).one(writing.tx()).await? {
            let same = read(row)?.commit == *new;
            return if same {
                Ok(None)
            } else {
                Err(Error::taken("version", format!("{} {}", new.table, new.version)))
            };
        }
        let event = writing.event(EventClass::Commit, new).await?;
        let row = stage_commit::Model {
            stage: new.stage.clone(),
            lake_table: new.table.clone(),
            lake_version: column(new.version, "lake version")?,
            event,
            rows_in: column(new.rows_in, "rows")?,
            rows_out: column(new.rows_out, "rows")?,
            rows_held: column(new.rows_held, "rows")?,
            rows_lost: column(new.rows_lost, "rows")?,
            detail: new.detail.to_string(),
            recorded_at: writing.at(),
        };
        insert_all(writing.tx(), vec![row]).await?;
        Ok(writing.commit().await?.pop())
    }

    /// Returns the commits of a stage, or of all, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn stage_commits(&self, stage: Option<&str>) -> Result<Vec<RecordedCommit>, Error> {
        let mut query = stage_commit::Entity::find().order_by_asc(stage_commit::Column::Event);
        if let Some(stage) = stage {
            query = query.filter(stage_commit::Column::Stage.eq(stage));
        }
        query.all(self.reads()).await?.into_iter().map(read).collect()
    }
}

fn read(row: stage_commit::Model) -> Result<RecordedCommit, Error> {
    let commit = StageCommit {
        stage: row.stage,
        table: row.lake_table,
        version: number(row.lake_version, "lake version")?,
        rows_in: number(row.rows_in, "rows")?,
        rows_out: number(row.rows_out, "rows")?,
        rows_held: number(row.rows_held, "rows")?,
        rows_lost: number(row.rows_lost, "rows")?,
        detail: serde_json::from_str(&row.detail)?,
    };
    Ok(RecordedCommit { commit, event: row.event, recorded_at: instant(row.recorded_at)? })
}
