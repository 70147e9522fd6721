//! The stages as jobs: each step of the chain begun, recorded and, after a kill at any instant, taken up again.

pub(crate) mod intake;
pub(crate) mod link;
pub(crate) mod release;
pub(crate) mod standardise;

use jiff::{SignedDuration, Timestamp};
use kiban_engine::{Flow, Lake, TableId};
use kiban_registry::{AfterFailure, Job, StageCommit};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    failure::{Failure, Result},
    house::House,
};

/// How long a job may take: there is one process at work, and its jobs are queued again when it ends.
const LEASE: SignedDuration = SignedDuration::from_hours(24 * 365);

/// Leases the next job of a kind.
async fn next(house: &House, kind: &str) -> Result<Option<Job>> {
    let job = house.registry.lease(&[kind], LEASE, house.now()).await?;
    if let Some(job) = &job {
        tracing::info!(job = job.id, kind, attempt = job.attempt, "job begun");
    }
    Ok(job)
}

/// What becomes of a job that could not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnFailure {
    /// It is given up where trying again cannot help: someone has to give another order.
    MayGiveUp,
    /// It stays pending whatever happened: nobody would ask for it again.
    StaysPending,
}

/// Ends a job by what came of it.
async fn end<T: Serialize>(house: &House, job: &Job, done: Result<T>, on_failure: OnFailure) -> Result<T> {
    match done {
        Ok(outcome) => {
            let value = serde_json::to_value(&outcome).map_err(|_| Failure::Bug("an outcome is no JSON"))?;
            house.registry.finish(job, &value, house.now()).await?;
            tracing::info!(job = job.id, kind = job.kind, "job done");
            Ok(outcome)
        }
        Err(failure) => {
            let gives_up = on_failure == OnFailure::MayGiveUp && failure.is_final();
            let then = if gives_up { AfterFailure::GiveUp } else { AfterFailure::Retry };
            let reason = reason(&failure);
            house.registry.fail(job, &reason, then, house.now()).await?;
            tracing::warn!(job = job.id, kind = job.kind, reason, "job failed");
            Err(failure)
        }
    }
}

/// Returns why a job failed, in words that hold no path: paths of hospital files hold patient ids.
fn reason(failure: &Failure) -> String {
    match failure {
        Failure::Use { id, .. } => (*id).to_owned(),
        Failure::Refused { rule, .. } => (*rule).to_owned(),
        Failure::Engine(kiban_engine::Error::Io { action, .. }) | Failure::File { action, .. } => {
            format!("cannot {action} a file")
        }
        other => other.to_string(),
    }
}

/// Reads a job's arguments.
fn args<T: DeserializeOwned>(job: &Job) -> Result<T> {
    serde_json::from_value(job.args.clone()).map_err(|_| Failure::Bug("the arguments of a job"))
}

/// Rows through one stage, counted over its tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Rows {
    /// Rows that came in.
    pub(crate) rows_in: u64,
    /// Rows that went out.
    pub(crate) rows_out: u64,
    /// Rows held back, by reason.
    pub(crate) held: std::collections::BTreeMap<String, u64>,
    /// Rows lost to findings.
    pub(crate) lost: u64,
}

impl Rows {
    /// Adds a line of the account.
    pub(crate) fn add(&mut self, flow: &Flow) {
        let Flow { rows_in, rows_out, lost, .. } = *flow;
        self.merge(&Self { rows_in, rows_out, lost, held: flow.held.clone() });
    }

    /// Adds the rows of another account.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.rows_in += other.rows_in;
        self.rows_out += other.rows_out;
        self.lost += other.lost;
        for (reason, rows) in &other.held {
            *self.held.entry(reason.clone()).or_default() += rows;
        }
    }

    /// Returns rows held for any reason.
    pub(crate) fn held_total(&self) -> u64 {
        self.held.values().sum()
    }
}

/// Records, once, that a stage has committed a version of a lake table.
async fn record(house: &House, stage: &str, table: &TableId, version: u64, rows: &Rows, of: &Value) -> Result<()> {
    let detail = json!({ "of": of, "held": rows.held });
    let commit = StageCommit {
        stage: stage.to_owned(),
        table: table.to_string(),
        version,
        rows_in: rows.rows_in,
        rows_out: rows.rows_out,
        rows_held: rows.held_total(),
        rows_lost: rows.lost,
        detail,
    };
    house.registry.commit_stage(&commit, house.now()).await?;
    tracing::info!(stage, table = commit.table, version, rows_in = rows.rows_in, rows_out = rows.rows_out, "committed");
    Ok(())
}

/// Removes from the lake what an interrupted run left behind and no version names.
pub(crate) async fn sweep(lake: &Lake, tables: impl IntoIterator<Item = TableId>) -> Result<u64> {
    let mut swept = 0;
    for table in tables {
        swept += lake.sweep(&table).await?;
    }
    Ok(swept)
}

/// What a run of everything pending did.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Ran {
    /// Deliveries taken in.
    pub(crate) collected: Vec<intake::Intake>,
    /// Deliveries standardised.
    pub(crate) standardised: Vec<standardise::Standardised>,
    /// The linking, if there was anything to link.
    pub(crate) linked: Option<link::LinkedPersons>,
    /// Releases built.
    pub(crate) released: Vec<release::BuiltRelease>,
    /// When it ended.
    pub(crate) at: Timestamp,
}

/// Does everything that is pending, in order.
pub(crate) async fn everything(house: &House, say: &crate::say::Say) -> Result<Ran> {
    let lake = house.lake()?;
    let collected = intake::pending(house, &lake, say).await?;
    let standardised = standardise::pending(house, &lake, say).await?;
    let linked = link::pending(house, &lake, say).await?;
    let released = release::pending(house, say).await?;
    house.keep_checkpoint().await?;
    Ok(Ran { collected, standardised, linked, released, at: house.now() })
}
