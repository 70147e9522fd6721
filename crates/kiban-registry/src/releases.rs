//! Projects 利活用の申請 and releases 匿名加工医療情報の提供, from the gate to the handing over.

use jiff::Timestamp;
use kiban_core::{EventClass, ReleaseId, Subject, Track};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use serde_json::Value;

use crate::{
    Error, Registry,
    convert::{column, facility, instant, micros, number, patient, word},
    entity::{data_release, project, release_subject},
    late::{late_facts, open_late_incident},
    writing::{Writing, insert_all, replace},
};

/// A release as its gate begins it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewRelease {
    /// Its name.
    pub id: ReleaseId,
    /// The project it is for.
    pub project: Option<String>,
    /// The track.
    pub track: Track,
    /// SHA-256 of its specification.
    pub spec_sha256: String,
    /// How many leaves the checkpoint covers at which it is gated.
    pub gate_size: u64,
    /// The instant at which people are eligible or not.
    pub valid_at: Timestamp,
    /// The instant up to which facts are known.
    pub known_at: Timestamp,
}

/// How far a release has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseState {
    /// Its gate is computed.
    Gated,
    /// Its package is built.
    Built,
    /// It was handed over.
    Delivered,
}

impl ReleaseState {
    const ALL: [Self; 3] = [Self::Gated, Self::Built, Self::Delivered];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Gated => "gated",
            Self::Built => "built",
            Self::Delivered => "delivered",
        }
    }
}

impl std::str::FromStr for ReleaseState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// A release as recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Release {
    /// As its gate began it.
    #[serde(flatten)]
    pub gate: NewRelease,
    /// How far it has come.
    pub state: ReleaseState,
    /// SHA-256 of its package, once built.
    pub package_sha256: Option<String>,
    /// Rows and persons, once built.
    pub counts: Value,
    /// When it last changed.
    pub recorded_at: Timestamp,
}

/// What finishing a release brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Finished {
    /// The leaf of the release; none where it was finished before.
    pub leaf: Option<u64>,
    /// People in it whom a fact stops that came after its gate; more than none has opened an incident.
    pub late: u64,
}

impl Registry {
    /// Records a project; the same one again changes nothing.
    ///
    /// # Errors
    /// The name stands for another project.
    pub async fn add_project(&self, name: &str, title: &str, at: Timestamp) -> Result<(), Error> {
        let writing = self.write(at).await?;
        match project::Entity::find_by_id(name).one(writing.tx()).await? {
            Some(known) if known.title == title => return Ok(()),
            Some(_) => return Err(Error::taken("project", name)),
            None => {}
        }
        let row = project::Model { name: name.to_owned(), title: title.to_owned(), recorded_at: writing.at() };
        insert_all(writing.tx(), vec![row]).await?;
        writing.commit().await.map(drop)
    }

    /// Returns names and titles of the projects, by name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn projects(&self) -> Result<Vec<(String, String)>, Error> {
        let rows = project::Entity::find().order_by_asc(project::Column::Name).all(self.reads()).await?;
        Ok(rows.into_iter().map(|row| (row.name, row.title)).collect())
    }

    /// Begins a release at its gate. Until it is built a later gate takes the place of an earlier one.
    ///
    /// # Errors
    /// It is built already, its project is not known, or the gate could not be logged.
    pub async fn begin_release(&self, new: &NewRelease, at: Timestamp) -> Result<Option<u64>, Error> {
        let mut writing = self.write(at).await?;
        if let Some(name) = &new.project {
            let known = project::Entity::find_by_id(name).one(writing.tx()).await?;
            known.ok_or_else(|| Error::missing("project", name))?;
        }
        let row = begun(new, writing.at())?;
        match data_release::Entity::find_by_id(new.id.as_str()).one(writing.tx()).await? {
            None => insert_all(writing.tx(), vec![row]).await?,
            Some(known) if read(known.clone())?.gate == read(row.clone())?.gate => return Ok(None),
            Some(known) if known.state == ReleaseState::Gated.as_str() => replace(writing.tx(), row).await?,
            Some(_) => return Err(Error::taken("release", &new.id)),
        }
        writing.event(EventClass::Gate, new).await?;
        Ok(writing.commit().await?.pop())
    }

    /// Finishes a release with the people in it, and opens an incident if a fact that stops one of them came in
    /// since the gate; finishing it again with the same package changes nothing.
    ///
    /// # Errors
    /// It is not begun, was finished with another package, or could not be logged.
    pub async fn finish_release(
        &self,
        id: &ReleaseId,
        package_sha256: &str,
        counts: &Value,
        subjects: &[Subject],
        at: Timestamp,
    ) -> Result<Finished, Error> {
        let mut writing = self.write(at).await?;
        let mut row = find(writing.tx(), id).await?;
        if let Some(known) = &row.package_sha256 {
            let late = late_facts(writing.tx(), &row).await?.len() as u64;
            let same = known == package_sha256;
            return if same { Ok(Finished { leaf: None, late }) } else { Err(Error::taken("release", id)) };
        }
        row.state = ReleaseState::Built.as_str().to_owned();
        row.package_sha256 = Some(package_sha256.to_owned());
        row.counts = counts.to_string();
        row.recorded_at = writing.at();
        replace(writing.tx(), row.clone()).await?;
        let mut members: Vec<Subject> = subjects.to_vec();
        members.sort_unstable();
        members.dedup();
        let (release_id, people) = (id.as_str(), members.len());
        let member = |subject: Subject| release_subject::Model {
            facility: subject.facility.to_string(),
            patient: subject.patient.get(),
            release_id: release_id.to_owned(),
        };
        insert_all(writing.tx(), members.into_iter().map(member).collect()).await?;
        let late = late_facts(writing.tx(), &row).await?.len() as u64;
        let body = serde_json::json!({
            "release": id, "package_sha256": package_sha256, "counts": counts, "subjects": people,
        });
        writing.event(EventClass::Release, &body).await?;
        open_if_late(&mut writing, id, late).await?;
        Ok(Finished { leaf: writing.commit().await?.first().copied(), late })
    }

    /// Records that a release was handed over to its user.
    ///
    /// # Errors
    /// It is not built, was handed over before, or the event could not be logged.
    pub async fn deliver_release(&self, id: &ReleaseId, recipient: &str, at: Timestamp) -> Result<u64, Error> {
        let mut writing = self.write(at).await?;
        let mut row = find(writing.tx(), id).await?;
        if row.state != ReleaseState::Built.as_str() {
            return Err(Error::taken("release", id));
        }
        let package = row.package_sha256.clone();
        row.state = ReleaseState::Delivered.as_str().to_owned();
        row.recorded_at = writing.at();
        replace(writing.tx(), row).await?;
        let body = serde_json::json!({ "release": id, "package_sha256": package, "recipient": recipient });
        writing.event(EventClass::Delivery, &body).await?;
        writing.commit().await?.pop().ok_or(Error::Corrupt("leaf index"))
    }

    /// Returns a release.
    ///
    /// # Errors
    /// It is not known.
    pub async fn release(&self, id: &ReleaseId) -> Result<Release, Error> {
        let row = data_release::Entity::find_by_id(id.as_str()).one(self.reads()).await?;
        read(row.ok_or_else(|| Error::missing("release", id))?)
    }

    /// Returns every release, by name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn releases(&self) -> Result<Vec<Release>, Error> {
        let rows = data_release::Entity::find().order_by_asc(data_release::Column::Id).all(self.reads()).await?;
        rows.into_iter().map(read).collect()
    }

    /// Returns the releases that a subject is in: what a per-person proof begins with.
    ///
    /// # Errors
    /// The database fails.
    pub async fn releases_of(&self, subject: Subject) -> Result<Vec<ReleaseId>, Error> {
        let rows = release_subject::Entity::find()
            .filter(release_subject::Column::Facility.eq(subject.facility.as_str()))
            .filter(release_subject::Column::Patient.eq(subject.patient.get()))
            .order_by_asc(release_subject::Column::ReleaseId)
            .all(self.reads())
            .await?;
        rows.iter().map(|row| word(&row.release_id, "release name")).collect()
    }

    /// Returns the subjects of a release, in order.
    ///
    /// # Errors
    /// The database fails.
    pub async fn release_subjects(&self, id: &ReleaseId) -> Result<Vec<Subject>, Error> {
        let rows = release_subject::Entity::find()
            .filter(release_subject::Column::ReleaseId.eq(id.as_str()))
            .order_by_asc(release_subject::Column::Facility)
            .order_by_asc(release_subject::Column::Patient)
            .all(self.reads())
            .await?;
        let subject = |row: release_subject::Model| {
            Ok(Subject { facility: facility(&row.facility)?, patient: patient(row.patient)? })
        };
        rows.into_iter().map(subject).collect()
    }
}

async fn open_if_late(writing: &mut Writing<'_>, id: &ReleaseId, late: u64) -> Result<(), Error> {
    if late == 0 { Ok(()) } else { open_late_incident(writing, id.as_str(), None, late).await }
}

async fn find(tx: &DatabaseTransaction, id: &ReleaseId) -> Result<data_release::Model, Error> {
    let row = data_release::Entity::find_by_id(id.as_str()).one(tx).await?;
    row.ok_or_else(|| Error::missing("release", id))
}

fn begun(new: &NewRelease, recorded_at: i64) -> Result<data_release::Model, Error> {
    Ok(data_release::Model {
        id: new.id.to_string(),
        project: new.project.clone(),
        track: new.track.as_str().to_owned(),
        spec_sha256: new.spec_sha256.clone(),
        state: ReleaseState::Gated.as_str().to_owned(),
        gate_size: column(new.gate_size, "checkpoint size")?,
        valid_at: micros(new.valid_at),
        known_at: micros(new.known_at),
        package_sha256: None,
        counts: Value::Null.to_string(),
        recorded_at,
    })
}

fn read(row: data_release::Model) -> Result<Release, Error> {
    let gate = NewRelease {
        id: word(&row.id, "release name")?,
        track: word(&row.track, "track")?,
        gate_size: number(row.gate_size, "checkpoint size")?,
        valid_at: instant(row.valid_at)?,
        known_at: instant(row.known_at)?,
        project: row.project,
        spec_sha256: row.spec_sha256,
    };
    Ok(Release {
        gate,
        state: word(&row.state, "release state")?,
        counts: serde_json::from_str(&row.counts)?,
        recorded_at: instant(row.recorded_at)?,
        package_sha256: row.package_sha256,
    })
}
