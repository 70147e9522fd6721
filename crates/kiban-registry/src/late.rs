//! What comes too late: received before a release's gate, recorded after it (design §7).

use std::collections::BTreeMap;

use jiff::Timestamp;
use kiban_core::{EventClass, FacilityCode, PatientRef, ReleaseId, Subject, Track};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Alias, Expr, ExprTrait, JoinType, Query},
};
use serde::Serialize;

use crate::{
    Error, Registry,
    convert::{column, facility, instant, micros, patient},
    entity::{audit_body, data_release, deletion_request, incident, objection, release_subject, review},
    writing::{Writing, insert_all},
};

/// What kind of fact stops a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopKind {
    /// An objection 提供停止の求め.
    Objection,
    /// A deletion request 削除の求め.
    Deletion,
    /// A review.
    Review,
}

/// A stopping fact that a release should have heeded but could not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct LateFact {
    /// Whom it stops.
    pub subject: Subject,
    /// How.
    pub kind: StopKind,
    /// Since when it is effective.
    pub received_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The event that recorded it.
    pub event: i64,
}

/// A stopping fact on its way into the registry; no track means every track.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stop {
    patient: PatientRef,
    track: Option<Track>,
    received_at: i64,
}

impl Stop {
    pub(crate) fn new(patient: PatientRef, track: Option<Track>, received_at: Timestamp) -> Self {
        Self { patient, track, received_at: micros(received_at) }
    }

    fn is_late_for(&self, release: &data_release::Model) -> bool {
        self.received_at <= release.valid_at && self.track.is_none_or(|track| track.as_str() == release.track)
    }
}

impl Registry {
    /// Returns what came too late for a release: stopping facts of the people in it that were received by its
    /// `valid_at`, and recorded after its `known_at` or behind its gate's checkpoint.
    ///
    /// # Errors
    /// The release is not known.
    pub async fn late_objections_for(&self, release: &ReleaseId) -> Result<Vec<LateFact>, Error> {
        let row = data_release::Entity::find_by_id(release.as_str()).one(self.reads()).await?;
        let row = row.ok_or_else(|| Error::missing("release", release))?;
        late_facts(self.reads(), &row).await
    }
}

/// Opens one incident for each release that a new stopping fact is too late for.
pub(crate) async fn open_incidents(
    writing: &mut Writing<'_>,
    of: FacilityCode,
    cause: i64,
    stops: &[Stop],
) -> Result<u64, Error> {
    const PATIENTS: usize = 400;
    if stops.is_empty() || data_release::Entity::find().one(writing.tx()).await?.is_none() {
        return Ok(0);
    }
    let mut late: BTreeMap<String, u64> = BTreeMap::new();
    for some in stops.chunks(PATIENTS) {
        let members = release_subject::Entity::find()
            .filter(release_subject::Column::Facility.eq(of.as_str()))
            .filter(release_subject::Column::Patient.is_in(some.iter().map(|stop| stop.patient.get())))
            .all(writing.tx())
            .await?;
        let ids = members.iter().map(|member| member.release_id.as_str());
        let releases =
            data_release::Entity::find().filter(data_release::Column::Id.is_in(ids)).all(writing.tx()).await?;
        for release in &releases {
            let within =
                |stop: &&Stop| members.iter().any(|m| m.release_id == release.id && m.patient == stop.patient.get());
            let count = some.iter().filter(|stop| stop.is_late_for(release)).filter(within).count() as u64;
            if count > 0 {
                *late.entry(release.id.clone()).or_default() += count;
            }
        }
    }
    for (release, subjects) in &late {
        open_late_incident(writing, release, Some(cause), *subjects).await?;
    }
    Ok(late.len() as u64)
}

/// Opens the incident of a release in which people are whom a late fact stops.
pub(crate) async fn open_late_incident(
    writing: &mut Writing<'_>,
    release: &str,
    cause: Option<i64>,
    subjects: u64,
) -> Result<(), Error> {
    let body = serde_json::json!({ "kind": LATE, "release": release, "cause": cause, "subjects": subjects });
    let id = writing.event(EventClass::Incident, &body).await?;
    let row = incident::Model {
        id,
        kind: LATE.to_owned(),
        release_id: Some(release.to_owned()),
        cause,
        subjects: column(subjects, "subjects")?,
        state: "open".to_owned(),
        opened_at: writing.at(),
        closed_at: None,
    };
    insert_all(writing.tx(), vec![row]).await
}

/// The kind of incident that opens by itself.
const LATE: &str = "late-stop";

/// Finds the late facts of a release among everything recorded, by subject.
pub(crate) async fn late_facts(
    db: &impl ConnectionTrait,
    release: &data_release::Model,
) -> Result<Vec<LateFact>, Error> {
    let gate = first_event_behind(db, release.gate_size).await?;
    let late = |valid: &'static str| {
        let behind = Condition::any()
            .add(Expr::col(("f", "recorded_at")).gt(release.known_at))
            .add(Expr::col(("f", "event")).gte(gate));
        Condition::all().add(Expr::col(("f", valid)).lte(release.valid_at)).add(behind)
    };
    let on_track = Expr::col(("f", "track")).eq(release.track.as_str());
    let mut found = Vec::new();
    let objections = late("received_at").add(on_track.clone());
    found.extend(select(db, release, objection::Entity, "received_at", objections, StopKind::Objection).await?);
    let deletions = late("received_at").add(on_track);
    found.extend(select(db, release, deletion_request::Entity, "received_at", deletions, StopKind::Deletion).await?);
    let reviews = late("opened_at").add(Expr::col(("f", "closed_at")).is_null());
    found.extend(select(db, release, review::Entity, "opened_at", reviews, StopKind::Review).await?);
    found.sort_unstable();
    Ok(found)
}

/// Selects the facts of one table that meet the condition and whose subject is in the release.
async fn select(
    db: &impl ConnectionTrait,
    release: &data_release::Model,
    table: impl sea_orm::sea_query::IntoTableRef + sea_orm::EntityName,
    valid: &'static str,
    late: Condition,
    kind: StopKind,
) -> Result<Vec<LateFact>, Error> {
    let same = |name: &'static str| Expr::col(("f", name)).equals(("s", name));
    let query = Query::select()
        .columns([("f", "facility"), ("f", "patient"), ("f", valid), ("f", "recorded_at"), ("f", "event")])
        .from_as(Alias::new(table.table_name()), "f")
        .join_as(
            JoinType::InnerJoin,
            release_subject::Entity,
            "s",
            Condition::all().add(same("facility")).add(same("patient")),
        )
        .and_where(Expr::col(("s", "release_id")).eq(release.id.as_str()))
        .cond_where(late)
        .to_owned();
    let mut facts = Vec::new();
    for row in db.query_all(&query).await? {
        let code: String = row.try_get_by_index(0)?;
        let subject = Subject { facility: facility(&code)?, patient: patient(row.try_get_by_index(1)?)? };
        let received_at = instant(row.try_get_by_index(2)?)?;
        let recorded_at = instant(row.try_get_by_index(3)?)?;
        facts.push(LateFact { subject, kind, received_at, recorded_at, event: row.try_get_by_index(4)? });
    }
    Ok(facts)
}

/// Returns the first event whose leaf lies behind a checkpoint; events not yet logged lie behind every one.
async fn first_event_behind(db: &impl ConnectionTrait, size: i64) -> Result<i64, Error> {
    let first: Option<i64> = audit_body::Entity::find()
        .select_only()
        .column(audit_body::Column::Event)
        .filter(
            Condition::any().add(audit_body::Column::LeafIndex.gte(size)).add(audit_body::Column::LeafIndex.is_null()),
        )
        .order_by_asc(audit_body::Column::Event)
        .into_tuple()
        .one(db)
        .await?;
    Ok(first.unwrap_or(i64::MAX))
}
