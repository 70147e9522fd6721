//! Deliveries 医療情報の提供: numbered without gaps, each manifest once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kiban_core::{DeliverySeq, EventClass, FacilityCode};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Registry,
    convert::{column, facility, instant, maybe_instant, number},
    entity::delivery,
    facilities::require_facility,
    writing::insert_all,
};

/// A delivery as it arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// Who sent it.
    pub facility: FacilityCode,
    /// The number that the sender gave it; without one it is the next.
    pub seq: Option<DeliverySeq>,
    /// Where it was found: a folder, never a patient's file.
    pub source: String,
    /// SHA-256 of its manifest: paths, sizes and hashes of its files.
    pub manifest_sha256: String,
    /// How many files it has.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
}

/// What a delivery turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrival {
    /// It has not been seen before.
    New(DeliverySeq),
    /// It was begun before and not finished: go on with it.
    Resumed(DeliverySeq),
    /// It was taken in before: there is nothing to do.
    Replay(DeliverySeq),
}

/// Rows of a delivery, counted: in = landed + held + lost (design invariant 6).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryCounts {
    /// Records read, of any kind.
    pub records: u64,
    /// Rows read.
    pub rows_in: u64,
    /// Rows landed.
    pub landed: u64,
    /// Rows held back, by reason.
    pub held: BTreeMap<String, u64>,
    /// Rows lost, by finding code.
    pub lost: BTreeMap<String, u64>,
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryState {
    /// Begun.
    Begun,
    /// Taken in.
    Finished,
}

/// A delivery as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Who sent it.
    pub facility: FacilityCode,
    /// Its number.
    pub seq: DeliverySeq,
    /// Where it was found.
    pub source: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: String,
    /// How many files it has.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// How far it has come.
    pub state: DeliveryState,
    /// Its rows, once finished.
    pub counts: DeliveryCounts,
    /// How often it came again.
    pub replays: u64,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// When it was finished.
    pub finished_at: Option<Timestamp>,
}

const BEGUN: &str = "begun";
const FINISHED: &str = "finished";

impl Registry {
    /// Begins a delivery, or tells that it was seen before.
    ///
    /// # Errors
    /// The facility is not known, or the sender used the number for something else.
    pub async fn begin_delivery(&self, new: &NewDelivery, at: Timestamp) -> Result<Arrival, Error> {
        let writing = self.write(at).await?;
        require_facility(writing.tx(), new.facility).await?;
        let of = delivery::Entity::find().filter(delivery::Column::Facility.eq(new.facility.as_str()));
        let same = of.clone().filter(delivery::Column::ManifestSha256.eq(&new.manifest_sha256));
        if let Some(seen) = same.one(writing.tx()).await? {
            let seq = number(seen.seq, "delivery number")?;
            if seen.state == BEGUN {
                return Ok(Arrival::Resumed(seq));
            }
            let mut seen = seen.into_active_model();
            seen.replays = sea_orm::Set(seen.replays.take().unwrap_or(0) + 1);
            delivery::Entity::update(seen).exec(writing.tx()).await?;
            writing.commit().await?;
            return Ok(Arrival::Replay(seq));
        }
        let highest = of.clone().order_by_desc(delivery::Column::Seq).one(writing.tx()).await?;
        let next = highest.map_or(1, |row| row.seq + 1);
        let seq = new.seq.map_or(next, i64::from);
        if delivery::Entity::find_by_id((new.facility.to_string(), seq)).one(writing.tx()).await?.is_some() {
            return Err(Error::taken("delivery", format!("{} {seq}", new.facility)));
        }
        insert_all(writing.tx(), vec![begun(new, seq, writing.at())?]).await?;
        writing.commit().await?;
        Ok(Arrival::New(number(seq, "delivery number")?))
    }

    /// Finishes a delivery; finishing it again with the same counts changes nothing.
    ///
    /// # Errors
    /// It is not known, was finished with other counts, does not balance, or could not be logged.
    pub async fn finish_delivery(
        &self,
        of: FacilityCode,
        seq: DeliverySeq,
        counts: &DeliveryCounts,
        at: Timestamp,
    ) -> Result<Option<u64>, Error> {
        counts.balance(of, seq)?;
        let mut writing = self.write(at).await?;
        let id = (of.to_string(), i64::from(seq));
        let row = delivery::Entity::find_by_id(id).one(writing.tx()).await?;
        let row = row.ok_or_else(|| Error::missing("delivery", format!("{of} {seq}")))?;
        let text = serde_json::to_string(counts)?;
        if row.state == FINISHED {
            let same = row.counts == text;
            return if same { Ok(None) } else { Err(Error::taken("delivery", format!("{of} {seq}"))) };
        }
        let body = serde_json::json!({
            "facility": of, "delivery": seq, "manifest_sha256": row.manifest_sha256, "counts": counts,
        });
        let mut row = row.into_active_model();
        row.state = sea_orm::Set(FINISHED.to_owned());
        row.counts = sea_orm::Set(text);
        row.finished_at = sea_orm::Set(Some(writing.at()));
        delivery::Entity::update(row).exec(writing.tx()).await?;
        writing.event(EventClass::Intake, &body).await?;
        Ok(writing.commit().await?.pop())
    }

    /// Returns the deliveries of a facility, or of all, by facility and number.
    ///
    /// # Errors
    /// The database fails.
    pub async fn deliveries(&self, of: Option<FacilityCode>) -> Result<Vec<Delivery>, Error> {
        let mut query =
            delivery::Entity::find().order_by_asc(delivery::Column::Facility).order_by_asc(delivery::Column::Seq);
        if let Some(code) = of {
            query = query.filter(delivery::Column::Facility.eq(code.as_str()));
        }
        query.all(self.reads()).await?.into_iter().map(read).collect()
    }

    /// Returns the numbers that are missing below the highest delivery of a facility.
    ///
    /// # Errors
    /// The database fails.
    pub async fn delivery_gaps(&self, of: FacilityCode) -> Result<Vec<DeliverySeq>, Error> {
        let seen: Vec<i64> = delivery::Entity::find()
            .select_only()
            .column(delivery::Column::Seq)
            .filter(delivery::Column::Facility.eq(of.as_str()))
            .order_by_asc(delivery::Column::Seq)
            .into_tuple()
            .all(self.reads())
            .await?;
        let mut gaps = Vec::new();
        let mut expected = 1;
        for seq in seen {
            for missing in expected..seq {
                gaps.push(number(missing, "delivery number")?);
            }
            expected = seq + 1;
        }
        Ok(gaps)
    }
}

impl DeliveryCounts {
    fn balance(&self, of: FacilityCode, seq: DeliverySeq) -> Result<(), Error> {
        let accounted = self.landed + self.held.values().sum::<u64>() + self.lost.values().sum::<u64>();
        if accounted == self.rows_in {
            return Ok(());
        }
        Err(Error::Unbalanced { stage: format!("intake of {of} {seq}"), rows_in: self.rows_in, accounted })
    }
}

fn begun(new: &NewDelivery, seq: i64, begun_at: i64) -> Result<delivery::Model, Error> {
    Ok(delivery::Model {
        facility: new.facility.to_string(),
        seq,
        source: new.source.clone(),
        manifest_sha256: new.manifest_sha256.clone(),
        files: column(new.files, "number of files")?,
        bytes: column(new.bytes, "number of bytes")?,
        state: BEGUN.to_owned(),
        counts: serde_json::to_string(&DeliveryCounts::default())?,
        replays: 0,
        begun_at,
        finished_at: None,
    })
}

fn read(row: delivery::Model) -> Result<Delivery, Error> {
    Ok(Delivery {
        facility: facility(&row.facility)?,
        seq: number(row.seq, "delivery number")?,
        files: number(row.files, "number of files")?,
        bytes: number(row.bytes, "number of bytes")?,
        state: if row.state == FINISHED { DeliveryState::Finished } else { DeliveryState::Begun },
        counts: serde_json::from_str(&row.counts)?,
        replays: number(row.replays, "number of replays")?,
        begun_at: instant(row.begun_at)?,
        finished_at: maybe_instant(row.finished_at)?,
        source: row.source,
        manifest_sha256: row.manifest_sha256,
    })
}
