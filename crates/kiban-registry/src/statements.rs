//! What facilities state of their patients: births, notices, deaths, capacity, deletion requests and reviews.

use jiff::{Timestamp, civil::Date};
use kiban_core::{Capacity, EventClass, FacilityCode, NoticeMethod, PatientRef, Recipient, Subject, Track};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    Error, Registry, Taken,
    convert::{line, micros},
    entity::{birth, capacity, death, deletion_request, notice, review},
    facilities::require_facility,
    known::insert_new,
    late::{Stop, open_incidents},
    writing::Writing,
};

/// A notice 通知 as someone states it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewNotice {
    /// Which track the notice covers.
    pub track: Track,
    /// When the recipient received it.
    pub given_at: Timestamp,
    /// How.
    pub method: NoticeMethod,
    /// Which text.
    pub template_version: String,
    /// Who received it.
    pub recipient: Recipient,
    /// Who gave it: a staff id, never a patient's name.
    pub staff: String,
}

/// One row of a notice file: whatever of it is stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeRow {
    /// The patient; the local id stays outside the registry.
    pub patient: PatientRef,
    /// The birth date.
    pub birth: Option<Date>,
    /// The notice.
    pub notice: Option<NewNotice>,
    /// The capacity, and since which day.
    pub capacity: Option<(Capacity, Date)>,
    /// The day of death.
    pub died_on: Option<Date>,
}

/// One statement about one patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statement {
    /// The patient was born on a day.
    Birth(Date),
    /// A notice was given.
    Notice(NewNotice),
    /// The patient is able to decide, or not, since a day (SEED-47).
    Capacity(Capacity, Date),
    /// The patient died on a day.
    Death(Date),
    /// The operator was asked to delete what it has (SEED-52).
    Deletion {
        /// Which track it concerns.
        track: Track,
        /// When it was received.
        received_at: Timestamp,
    },
    /// The patient is held back for review; closing one is the same statement with an end.
    Review {
        /// The number of the case, which says nothing of the patient.
        case_no: String,
        /// Since when.
        opened_at: Timestamp,
        /// Until when, once closed.
        closed_at: Option<Timestamp>,
    },
}

/// What became of the statements of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Imported {
    /// Births.
    pub births: Taken,
    /// Notices.
    pub notices: Taken,
    /// Statements of capacity.
    pub capacities: Taken,
    /// Deaths.
    pub deaths: Taken,
    /// Deletion requests.
    pub deletions: Taken,
    /// Reviews.
    pub reviews: Taken,
    /// Incidents that opened because something came too late for a release.
    pub incidents: u64,
    /// The index of the audit leaf; none where nothing was new.
    pub leaf: Option<u64>,
}

impl Registry {
    /// Records the rows of a notice file as one event; identical known facts are not repeated (SEED-40, SEED-47).
    ///
    /// # Errors
    /// The facility is not known, or the event could not be logged.
    pub async fn import_notices(
        &self,
        of: FacilityCode,
        rows: Vec<NoticeRow>,
        at: Timestamp,
    ) -> Result<Imported, Error> {
        let mut statements = Vec::with_capacity(rows.len() * 2);
        for row in rows {
            let patient = row.patient;
            statements.extend(row.birth.map(|day| (patient, Statement::Birth(day))));
            statements.extend(row.notice.map(|notice| (patient, Statement::Notice(notice))));
            statements.extend(row.capacity.map(|(capacity, since)| (patient, Statement::Capacity(capacity, since))));
            statements.extend(row.died_on.map(|day| (patient, Statement::Death(day))));
        }
        self.state(EventClass::Notice, of, statements, at).await
    }

    /// Records facts of patients as one event; identical known facts are not repeated.
    ///
    /// # Errors
    /// The facility is not known, or the event could not be logged.
    pub async fn add_facts(
        &self,
        of: FacilityCode,
        facts: Vec<(PatientRef, Statement)>,
        at: Timestamp,
    ) -> Result<Imported, Error> {
        self.state(EventClass::Fact, of, facts, at).await
    }

    /// Records a deletion request 削除の求め (SEED-52).
    ///
    /// # Errors
    /// The facility is not known, or the event could not be logged.
    pub async fn request_deletion(
        &self,
        subject: Subject,
        track: Track,
        received_at: Timestamp,
        at: Timestamp,
    ) -> Result<Imported, Error> {
        let statement = Statement::Deletion { track, received_at };
        self.state(EventClass::DeletionRequest, subject.facility, vec![(subject.patient, statement)], at).await
    }

    async fn state(
        &self,
        class: EventClass,
        of: FacilityCode,
        statements: Vec<(PatientRef, Statement)>,
        at: Timestamp,
    ) -> Result<Imported, Error> {
        let mut writing = self.write(at).await?;
        require_facility(writing.tx(), of).await?;
        let (digest, rows) = (digest(&statements)?, statements.len());
        let stops = stops(&statements);
        let sorted = Sorted::from(of, writing.number(), writing.at(), statements);
        let mut imported = sorted.insert(&writing, of).await?;
        if imported.all_known() {
            return Ok(imported);
        }
        let body = Body { facility: of, rows, sha256: digest, taken: &imported };
        let event = writing.event(class, &body).await?;
        imported.incidents = open_incidents(&mut writing, of, event, &stops).await?;
        imported.leaf = writing.commit().await?.first().copied();
        Ok(imported)
    }
}

impl Imported {
    fn all_known(&self) -> bool {
        let all = [self.births, self.notices, self.capacities, self.deaths, self.deletions, self.reviews];
        all.iter().all(|taken| taken.new == 0)
    }
}

/// The audit body of a bulk statement: a digest of the rows stands for them.
#[derive(Serialize)]
struct Body<'a> {
    facility: FacilityCode,
    rows: usize,
    sha256: String,
    taken: &'a Imported,
}

/// Returns the SHA-256 of the rows, each one line of JSON.
pub(crate) fn digest<T: Serialize>(rows: &[T]) -> Result<String, Error> {
    let mut hash = Sha256::new();
    let mut text = Vec::new();
    for row in rows {
        text.clear();
        serde_json::to_writer(&mut text, row)?;
        text.push(b'\n');
        hash.update(&text);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Picks the statements that stop a patient, to be compared with releases.
fn stops(statements: &[(PatientRef, Statement)]) -> Vec<Stop> {
    let stop = |(patient, statement): &(PatientRef, Statement)| match statement {
        Statement::Deletion { track, received_at } => Some(Stop::new(*patient, Some(*track), *received_at)),
        Statement::Review { opened_at, closed_at: None, .. } => Some(Stop::new(*patient, None, *opened_at)),
        _ => None,
    };
    statements.iter().filter_map(stop).collect()
}

/// Statements sorted into the tables they go to.
#[derive(Default)]
struct Sorted {
    births: Vec<birth::Model>,
    notices: Vec<notice::Model>,
    capacities: Vec<capacity::Model>,
    deaths: Vec<death::Model>,
    deletions: Vec<deletion_request::Model>,
    reviews: Vec<review::Model>,
}

impl Sorted {
    fn from(of: FacilityCode, event: i64, recorded_at: i64, statements: Vec<(PatientRef, Statement)>) -> Self {
        let mut sorted = Self::default();
        for (index, (patient, statement)) in statements.into_iter().enumerate() {
            sorted.put(Key { facility: of, patient: patient.get(), event, line: line(index), recorded_at }, statement);
        }
        sorted
    }

    fn put(&mut self, key: Key, statement: Statement) {
        let Key { patient, event, line, recorded_at, .. } = key;
        let facility = key.facility.to_string();
        match statement {
            Statement::Birth(day) => {
                let born_on = day.to_string();
                self.births.push(birth::Model { facility, patient, event, line, born_on, recorded_at });
            }
            Statement::Death(day) => {
                let died_on = day.to_string();
                self.deaths.push(death::Model { facility, patient, event, line, died_on, recorded_at });
            }
            Statement::Capacity(word, day) => {
                let (capacity, since) = (word.as_str().to_owned(), day.to_string());
                self.capacities.push(capacity::Model { facility, patient, event, line, capacity, since, recorded_at });
            }
            Statement::Notice(notice) => self.notices.push(notice::Model {
                facility,
                patient,
                event,
                line,
                track: notice.track.as_str().to_owned(),
                given_at: micros(notice.given_at),
                method: notice.method.as_str().to_owned(),
                template_version: notice.template_version,
                recipient: notice.recipient.as_str().to_owned(),
                staff: notice.staff,
                recorded_at,
            }),
            Statement::Deletion { track, received_at } => {
                let (track, received_at) = (track.as_str().to_owned(), micros(received_at));
                let row = deletion_request::Model { facility, patient, event, line, track, received_at, recorded_at };
                self.deletions.push(row);
            }
            Statement::Review { case_no, opened_at, closed_at } => self.reviews.push(review::Model {
                facility,
                patient,
                event,
                line,
                case_no,
                opened_at: micros(opened_at),
                closed_at: closed_at.map(micros),
                recorded_at,
            }),
        }
    }

    async fn insert(self, writing: &Writing<'_>, of: FacilityCode) -> Result<Imported, Error> {
        let (tx, of) = (writing.tx(), of.as_str());
        Ok(Imported {
            births: insert_new(tx, of, self.births).await?,
            notices: insert_new(tx, of, self.notices).await?,
            capacities: insert_new(tx, of, self.capacities).await?,
            deaths: insert_new(tx, of, self.deaths).await?,
            deletions: insert_new(tx, of, self.deletions).await?,
            reviews: insert_new(tx, of, self.reviews).await?,
            incidents: 0,
            leaf: None,
        })
    }
}

/// The columns that every statement has.
struct Key {
    facility: FacilityCode,
    patient: i64,
    event: i64,
    line: i64,
    recorded_at: i64,
}
