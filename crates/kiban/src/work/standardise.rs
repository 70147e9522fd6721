//! Standardise: every landed delivery, once.

use std::collections::BTreeMap;

use kiban_core::{DeliverySeq, FacilityCode};
use kiban_engine::{
    Lake, TableId, Vocabulary,
    stages::standardise::{FEEDS, standard_table, standardise},
};
use kiban_registry::{DeliveryState, JobState};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{OnFailure, Rows, args, end, next, record};
use crate::{failure::Result, house::House, say::Say};

pub(crate) const KIND: &str = "standardise";

/// Which delivery.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Which {
    facility: FacilityCode,
    delivery: DeliverySeq,
}

/// What came of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Standardised {
    /// Who sent it.
    pub(crate) facility: FacilityCode,
    /// Its number.
    pub(crate) delivery: DeliverySeq,
    /// Rows, by table of the common data model.
    pub(crate) tables: BTreeMap<String, Rows>,
}

/// Standardises every delivery that was landed and not yet standardised.
pub(crate) async fn pending(house: &House, lake: &Lake, say: &Say) -> Result<Vec<Standardised>> {
    for landed in house.registry.deliveries(None).await? {
        if landed.state == DeliveryState::Finished {
            let which = Which { facility: landed.facility, delivery: landed.seq };
            let key = format!("{KIND}/{}/{}", which.facility, which.delivery);
            house.registry.enqueue(KIND, &key, &json!(which), house.now()).await?;
        }
    }
    let waiting = house.registry.jobs(Some(JobState::Queued)).await?.iter().filter(|job| job.kind == KIND).count();
    let bar = say.progress("step-standardise", u64::try_from(waiting).unwrap_or_default());
    let vocabulary = Vocabulary::open(lake).await?;
    let mut done = Vec::new();
    while let Some(job) = next(house, KIND).await? {
        if job.attempt > 1 {
            super::sweep(lake, tables()).await?;
        }
        let standardised = one(house, lake, &vocabulary, args(&job)?).await;
        done.push(end(house, &job, standardised, OnFailure::StaysPending).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(done)
}

async fn one(house: &House, lake: &Lake, vocabulary: &Vocabulary, which: Which) -> Result<Standardised> {
    let Which { facility, delivery } = which;
    let flows = standardise(lake, &house.runner, vocabulary, facility, delivery, house.now()).await?;
    let mut tables: BTreeMap<String, Rows> = BTreeMap::new();
    for flow in &flows {
        tables.entry(flow.table.clone()).or_default().add(flow);
    }
    for (name, rows) in &tables {
        let table = standard_table(name);
        let version = lake.version(&table).await?.unwrap_or_default();
        record(house, KIND, &table, version, rows, &json!(which)).await?;
    }
    Ok(Standardised { facility, delivery, tables })
}

/// Returns every table of the lake that standardising writes.
pub(crate) fn tables() -> impl Iterator<Item = TableId> {
    FEEDS.iter().map(|(_, name)| standard_table(name))
}
