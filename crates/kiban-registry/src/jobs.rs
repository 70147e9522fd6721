//! The job queue: leases, fences, one job per key. Enqueueing joins the caller's state in one database.

use jiff::{SignedDuration, Timestamp};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockBehavior, LockType},
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    Error, Registry,
    convert::{maybe_instant, micros, number, word},
    entity::job,
    writing::replace,
};

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Waiting for a worker.
    Queued,
    /// Leased to a worker.
    Running,
    /// Done.
    Done,
    /// Given up.
    Failed,
}

impl JobState {
    const ALL: [Self; 4] = [Self::Queued, Self::Running, Self::Done, Self::Failed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl std::str::FromStr for JobState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// What becomes of a job that a worker could not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// It is queued again.
    Retry,
    /// It is given up.
    GiveUp,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// What is to be done.
    pub kind: String,
    /// Makes it one job, however often it is asked for.
    pub key: String,
    /// With what.
    pub args: Value,
    /// How it stands.
    pub state: JobState,
    /// How often it was begun.
    pub attempt: u32,
    /// Until when it is leased.
    pub lease_until: Option<Timestamp>,
    /// What came of it.
    pub outcome: Option<Value>,
    fence: i64,
}

impl Registry {
    /// Puts a job into the queue and returns its number; a key that was used before names the job it was used for.
    ///
    /// # Errors
    /// The key stands for another kind of job.
    pub async fn enqueue(&self, kind: &str, key: &str, args: &Value, at: Timestamp) -> Result<i64, Error> {
        use sea_orm::ActiveValue::{NotSet, Set};
        let writing = self.write(at).await?;
        if let Some(known) = job::Entity::find().filter(job::Column::UniqueKey.eq(key)).one(writing.tx()).await? {
            return if known.kind == kind { Ok(known.id) } else { Err(Error::taken("job", key)) };
        }
        let row = job::ActiveModel {
            id: NotSet,
            kind: Set(kind.to_owned()),
            unique_key: Set(key.to_owned()),
            args: Set(args.to_string()),
            state: Set(JobState::Queued.as_str().to_owned()),
            attempt: Set(0),
            fence: Set(0),
            lease_until: Set(None),
            outcome: Set(None),
            queued_at: Set(writing.at()),
            finished_at: Set(None),
        };
        let id = job::Entity::insert(row).exec(writing.tx()).await?.last_insert_id;
        writing.commit().await?;
        Ok(id)
    }

    /// Leases the oldest job of some kinds that waits or whose lease ran out; no kinds means any.
    ///
    /// # Errors
    /// The database fails.
    pub async fn lease(&self, kinds: &[&str], lease: SignedDuration, at: Timestamp) -> Result<Option<Job>, Error> {
        let writing = self.write(at).await?;
        let lapsed = Condition::all()
            .add(job::Column::State.eq(JobState::Running.as_str()))
            .add(job::Column::LeaseUntil.lte(writing.at()));
        let free = Condition::any().add(job::Column::State.eq(JobState::Queued.as_str())).add(lapsed);
        let mut query = job::Entity::find().filter(free).order_by_asc(job::Column::Id);
        if !kinds.is_empty() {
            query = query.filter(job::Column::Kind.is_in(kinds.iter().copied()));
        }
        // SQLite ignores the lock: its writing transactions follow one another anyway.
        let query = query.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        let Some(mut row) = query.one(writing.tx()).await? else { return Ok(None) };
        row.state = JobState::Running.as_str().to_owned();
        row.attempt += 1;
        row.fence += 1;
        row.lease_until = Some(until(at, lease)?);
        replace(writing.tx(), row.clone()).await?;
        writing.commit().await?;
        read(row).map(Some)
    }

    /// Prolongs the lease on a job.
    ///
    /// # Errors
    /// The lease ran out or went to another worker.
    pub async fn renew(&self, job: &Job, lease: SignedDuration, at: Timestamp) -> Result<(), Error> {
        let writing = self.write(at).await?;
        held(writing.tx(), job, writing.at()).await?;
        let renewed = job::Entity::update_many()
            .col_expr(job::Column::LeaseUntil, Expr::value(until(at, lease)?))
            .filter(job::Column::Id.eq(job.id));
        renewed.exec(writing.tx()).await?;
        writing.commit().await.map(drop)
    }

    /// Ends a job well. A worker that slept through its lease is refused, whatever it did in the meantime.
    ///
    /// # Errors
    /// The lease ran out or went to another worker.
    pub async fn finish(&self, job: &Job, outcome: &Value, at: Timestamp) -> Result<(), Error> {
        self.end(job, JobState::Done, outcome, at).await
    }

    /// Ends an attempt at a job badly.
    ///
    /// # Errors
    /// The lease ran out or went to another worker.
    pub async fn fail(&self, job: &Job, reason: &str, then: AfterFailure, at: Timestamp) -> Result<(), Error> {
        let state = match then {
            AfterFailure::Retry => JobState::Queued,
            AfterFailure::GiveUp => JobState::Failed,
        };
        self.end(job, state, &serde_json::json!({ "reason": reason }), at).await
    }

    /// Queues again whatever was running when the only process of the house ended.
    ///
    /// # Errors
    /// The database fails.
    pub async fn reclaim_jobs(&self, at: Timestamp) -> Result<u64, Error> {
        let writing = self.write(at).await?;
        let done = job::Entity::update_many()
            .col_expr(job::Column::State, Expr::value(JobState::Queued.as_str()))
            .col_expr(job::Column::LeaseUntil, Expr::value(Option::<i64>::None))
            .filter(job::Column::State.eq(JobState::Running.as_str()))
            .exec(writing.tx())
            .await?;
        writing.commit().await?;
        Ok(done.rows_affected)
    }

    /// Returns the jobs of a state, or all, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn jobs(&self, state: Option<JobState>) -> Result<Vec<Job>, Error> {
        let mut query = job::Entity::find().order_by_asc(job::Column::Id);
        if let Some(state) = state {
            query = query.filter(job::Column::State.eq(state.as_str()));
        }
        query.all(self.reads()).await?.into_iter().map(read).collect()
    }

    async fn end(&self, job: &Job, state: JobState, outcome: &Value, at: Timestamp) -> Result<(), Error> {
        let writing = self.write(at).await?;
        let mut row = held(writing.tx(), job, writing.at()).await?;
        row.state = state.as_str().to_owned();
        row.outcome = Some(outcome.to_string());
        row.lease_until = None;
        row.finished_at = (state != JobState::Queued).then(|| writing.at());
        replace(writing.tx(), row).await?;
        writing.commit().await.map(drop)
    }
}

/// Returns the row of a job, if its lease is still the worker's own.
async fn held(tx: &DatabaseTransaction, job: &Job, now: i64) -> Result<job::Model, Error> {
    let row = job::Entity::find_by_id(job.id).one(tx).await?.ok_or_else(|| Error::missing("job", job.id))?;
    let own = row.state == JobState::Running.as_str() && row.fence == job.fence;
    if own && row.lease_until.is_some_and(|until| now < until) { Ok(row) } else { Err(Error::LeaseLost(job.id)) }
}

fn until(at: Timestamp, lease: SignedDuration) -> Result<i64, Error> {
    at.checked_add(lease).map(micros).map_err(|_| Error::Range("lease"))
}

fn read(row: job::Model) -> Result<Job, Error> {
    Ok(Job {
        id: row.id,
        args: serde_json::from_str(&row.args)?,
        state: word(&row.state, "job state")?,
        attempt: number(row.attempt, "attempt")?,
        lease_until: maybe_instant(row.lease_until)?,
        outcome: row.outcome.as_deref().map(serde_json::from_str).transpose()?,
        kind: row.kind,
        key: row.unique_key,
        fence: row.fence,
    })
}
