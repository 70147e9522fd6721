//! Facilities 医療情報取扱事業者 and their filings 届出. Their states are only ever added to.

use jiff::{Timestamp, civil::Date};
use kiban_core::{DataItem, EventClass, Facility, FacilityCode, FacilityFacts, FacilityKind, Filing, Track};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Registry,
    convert::{day, instant, maybe_day, micros, number, word},
    entity::{facility, facility_state, filing, filing_item},
    writing::insert_all,
};

/// The terms of a facility as someone states them now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewFacility {
    /// Ten-digit code.
    pub code: FacilityCode,
    /// Name, as published.
    pub name: String,
    /// Kind.
    pub kind: FacilityKind,
    /// First day on which it supplies.
    pub supply_from: Date,
    /// Last day on which it supplies, if it has ended.
    #[serde(default)]
    pub supply_to: Option<Date>,
    /// Its own wait in days, where longer than the law's.
    #[serde(default)]
    pub waiting_days: Option<u16>,
}

/// A filing as someone states it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewFiling {
    /// The track it is for.
    pub track: Track,
    /// The ministers' receipt number.
    pub number: String,
    /// First day on which it is effective.
    pub effective_from: Date,
    /// Last day, if it has been withdrawn.
    #[serde(default)]
    pub effective_to: Option<Date>,
    /// The data items it names.
    pub items: Vec<DataItem>,
    /// The notice texts that state these items; empty where they are not listed.
    #[serde(default)]
    pub notice_versions: Vec<String>,
}

impl Registry {
    /// Records the state of a facility, its first or a later one; the state that stands already is not repeated.
    ///
    /// Returns the index of the audit leaf, if there was anything to record.
    ///
    /// # Errors
    /// It could not be logged.
    pub async fn add_facility(&self, new: &NewFacility, at: Timestamp) -> Result<Option<u64>, Error> {
        let mut writing = self.write(at).await?;
        let code = new.code.as_str();
        let stands = facility_states(writing.tx(), Some(code), i64::MAX).await?.pop();
        if stands.as_ref().is_some_and(|stands| *new == NewFacility::from(stands)) {
            return Ok(None);
        }
        let event = writing.event(EventClass::Facility, new).await?;
        facility::Entity::insert(facility::ActiveModel { code: Set(code.to_owned()) })
            .on_conflict(OnConflict::column(facility::Column::Code).do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(writing.tx())
            .await?;
        let row = facility_state::Model {
            code: code.to_owned(),
            event,
            name: new.name.clone(),
            kind: new.kind.as_str().to_owned(),
            supply_from: new.supply_from.to_string(),
            supply_to: new.supply_to.map(|day| day.to_string()),
            waiting_days: new.waiting_days.map(i64::from),
            recorded_at: micros(at),
        };
        insert_all(writing.tx(), vec![row]).await?;
        Ok(writing.commit().await?.pop())
    }

    /// Records a filing of a facility, or a later state of it; the state that stands already is not repeated.
    ///
    /// # Errors
    /// The facility is not known, or the filing could not be logged.
    pub async fn add_filing(&self, of: FacilityCode, new: &NewFiling, at: Timestamp) -> Result<Option<u64>, Error> {
        let mut writing = self.write(at).await?;
        require_facility(writing.tx(), of).await?;
        let mut new = new.clone();
        new.items.sort_unstable();
        new.items.dedup();
        let filings = filings(writing.tx(), of.as_str(), i64::MAX).await?;
        let stands = filings.iter().rfind(|filing| filing.number == new.number && filing.track == new.track);
        if stands.is_some_and(|stands| new == NewFiling::from(stands)) {
            return Ok(None);
        }
        let event = writing.event(EventClass::Filing, &serde_json::json!({ "facility": of, "filing": new })).await?;
        let row = filing::Model {
            facility: of.to_string(),
            event,
            track: new.track.as_str().to_owned(),
            number: new.number,
            effective_from: new.effective_from.to_string(),
            effective_to: new.effective_to.map(|day| day.to_string()),
            notice_versions: serde_json::to_string(&new.notice_versions)?,
            recorded_at: micros(at),
        };
        insert_all(writing.tx(), vec![row]).await?;
        let item =
            |item: DataItem| filing_item::Model { facility: of.to_string(), event, item: item.as_str().to_owned() };
        insert_all(writing.tx(), new.items.into_iter().map(item).collect()).await?;
        Ok(writing.commit().await?.pop())
    }

    /// Returns the present state of every facility, by code.
    ///
    /// # Errors
    /// The database fails.
    pub async fn facilities(&self) -> Result<Vec<Facility>, Error> {
        let mut states = facility_states(self.reads(), None, i64::MAX).await?;
        states.sort_by_key(|state| state.code); // stable: the newest state of each stays last
        let mut newest: Vec<Facility> = Vec::new();
        for state in states {
            newest.pop_if(|earlier| earlier.code == state.code);
            newest.push(state);
        }
        Ok(newest)
    }

    /// Returns what was known of a facility and its filings at `known_at`.
    ///
    /// # Errors
    /// The database fails.
    pub async fn facility_facts(&self, of: FacilityCode, known_at: Timestamp) -> Result<FacilityFacts, Error> {
        facility_facts(self.reads(), of, known_at).await
    }
}

pub(crate) async fn facility_facts(
    db: &impl ConnectionTrait,
    of: FacilityCode,
    known_at: Timestamp,
) -> Result<FacilityFacts, Error> {
    let facility = facility_states(db, Some(of.as_str()), micros(known_at)).await?;
    Ok(FacilityFacts { facility, filings: filings(db, of.as_str(), micros(known_at)).await? })
}

pub(crate) async fn require_facility(tx: &DatabaseTransaction, code: FacilityCode) -> Result<(), Error> {
    let known = facility::Entity::find_by_id(code.as_str()).one(tx).await?;
    known.map(drop).ok_or_else(|| Error::missing("facility", code))
}

async fn facility_states(db: &impl ConnectionTrait, code: Option<&str>, known_at: i64) -> Result<Vec<Facility>, Error> {
    let mut query = facility_state::Entity::find()
        .filter(facility_state::Column::RecordedAt.lte(known_at))
        .order_by_asc(facility_state::Column::RecordedAt)
        .order_by_asc(facility_state::Column::Event);
    if let Some(code) = code {
        query = query.filter(facility_state::Column::Code.eq(code));
    }
    let read = |row: facility_state::Model| {
        Ok(Facility {
            code: word(&row.code, "facility code")?,
            kind: word(&row.kind, "facility kind")?,
            supply_from: day(&row.supply_from)?,
            supply_to: maybe_day(row.supply_to.as_deref())?,
            waiting_days: row.waiting_days.map(|days| number(days, "wait")).transpose()?,
            recorded_at: instant(row.recorded_at)?,
            name: row.name,
        })
    };
    query.all(db).await?.into_iter().map(read).collect()
}

async fn filings(db: &impl ConnectionTrait, of: &str, known_at: i64) -> Result<Vec<Filing>, Error> {
    let rows = filing::Entity::find()
        .filter(filing::Column::Facility.eq(of))
        .filter(filing::Column::RecordedAt.lte(known_at))
        .order_by_asc(filing::Column::RecordedAt)
        .order_by_asc(filing::Column::Event)
        .all(db)
        .await?;
    let items = filing_item::Entity::find().filter(filing_item::Column::Facility.eq(of)).all(db).await?;
    let mut filings = Vec::with_capacity(rows.len());
    for row in rows {
        let named = items.iter().filter(|item| item.event == row.event);
        let mut items: Vec<DataItem> = named.map(|item| word(&item.item, "data item")).collect::<Result<_, Error>>()?;
        items.sort_unstable();
        filings.push(Filing {
            facility: word(&row.facility, "facility code")?,
            track: word(&row.track, "track")?,
            effective_from: day(&row.effective_from)?,
            effective_to: maybe_day(row.effective_to.as_deref())?,
            recorded_at: instant(row.recorded_at)?,
            notice_versions: serde_json::from_str(&row.notice_versions)?,
            number: row.number,
            items,
        });
    }
    Ok(filings)
}

impl From<&Facility> for NewFacility {
    fn from(state: &Facility) -> Self {
        let Facility { code, name, kind, supply_from, supply_to, waiting_days, recorded_at: _ } = state.clone();
        Self { code, name, kind, supply_from, supply_to, waiting_days }
    }
}

impl From<&Filing> for NewFiling {
    fn from(state: &Filing) -> Self {
        let Filing { facility: _, track, number, effective_from, effective_to, items, notice_versions, recorded_at: _ } =
            state.clone();
        Self { track, number, effective_from, effective_to, items, notice_versions }
    }
}
