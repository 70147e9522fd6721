//! Releases as jobs: one that was ordered is built, also after a kill in the middle.

use kiban_engine::{release::spec::ReleaseSpec, stages::anonymise::MarksMeasured};
use kiban_registry::JobState;
use serde::{Deserialize, Serialize};

use super::{OnFailure, args, end, next};
use crate::{
    failure::{Failure, Result},
    house::House,
    release::{Attempt, build},
    say::Say,
};

const KIND: &str = "release";

/// What to build.
#[derive(Serialize, Deserialize)]
struct Order {
    specification: String,
}

/// A release that was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BuiltRelease {
    /// Its name.
    pub(crate) release: String,
    /// Persons in it.
    pub(crate) persons: u64,
    /// The packed file.
    pub(crate) package: String,
    /// Its place in the audit log.
    pub(crate) log_index: u64,
    /// Objections and the like that came in for people in it after its gate.
    pub(crate) late: u64,
    /// What marking the recipient's copy did.
    pub(crate) marks: Option<MarksMeasured>,
}

/// Orders the release of a specification, which is checked first; one that waits already is not ordered twice.
pub(crate) async fn order(house: &House, specification: String) -> Result<()> {
    let spec = ReleaseSpec::parse(&specification)?;
    for job in house.registry.jobs(Some(JobState::Queued)).await?.iter().filter(|job| job.kind == KIND) {
        if args::<Order>(job)?.specification == specification {
            return Ok(());
        }
    }
    let nth = house.registry.jobs(None).await?.len() + 1;
    let order = serde_json::to_value(Order { specification }).map_err(|_| Failure::Bug("an order is no JSON"))?;
    house.registry.enqueue(KIND, &format!("{KIND}/{}/{nth}", spec.name), &order, house.now()).await?;
    Ok(())
}

/// Builds every release that waits, in the order in which they were ordered.
pub(crate) async fn pending(house: &House, say: &Say) -> Result<Vec<BuiltRelease>> {
    let mut done = Vec::new();
    while let Some(job) = next(house, KIND).await? {
        let Order { specification } = args(&job)?;
        let attempt = if job.attempt > 1 { Attempt::Again } else { Attempt::First };
        let built = make(house, say, &specification, attempt).await;
        done.push(end(house, &job, built, OnFailure::MayGiveUp).await?);
    }
    Ok(done)
}

async fn make(house: &House, say: &Say, specification: &str, attempt: Attempt) -> Result<BuiltRelease> {
    let built = build(house, say, ReleaseSpec::parse(specification)?, specification, attempt).await?;
    Ok(BuiltRelease {
        release: built.spec.name.to_string(),
        persons: built.persons,
        package: built.package.display().to_string(),
        log_index: built.leaf,
        late: built.late,
        marks: built.marks,
    })
}
