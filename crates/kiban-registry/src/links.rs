//! What people decided about who is who, and how persons 本人 were merged and split.

use jiff::Timestamp;
use kiban_core::{EventClass, FacilityCode, PersonKey, Subject};
use sea_orm::{EntityTrait, QueryOrder};
use serde::Serialize;

use crate::{
    Error, Registry,
    convert::{facility, instant, line, patient},
    entity::{link_constraint, person_change},
    writing::insert_all,
};

/// What a person decided of two patients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Must {
    /// They are one person.
    Link,
    /// They are two persons.
    NotLink,
}

impl Must {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::NotLink => "not-link",
        }
    }
}

/// A constraint that linkage has to keep. A later one of the same two replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkConstraint {
    /// One or two persons.
    pub must: Must,
    /// The lesser of the two.
    pub a: Subject,
    /// The greater of the two.
    pub b: Subject,
    /// Who decided: a staff id.
    pub author: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// How persons changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// `other` was merged into `person`.
    Merge,
    /// `other` was split off `person`.
    Split,
}

/// A merge or a split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonChange {
    /// Which.
    pub change: Change,
    /// The person that stays.
    pub person: PersonKey,
    /// The person that goes or comes.
    pub other: PersonKey,
}

impl Registry {
    /// Records a decision about two patients.
    ///
    /// # Errors
    /// They are the same patient, or the decision could not be logged.
    pub async fn constrain(
        &self,
        must: Must,
        of: (Subject, Subject),
        author: &str,
        at: Timestamp,
    ) -> Result<u64, Error> {
        let (a, b) = (Ord::min(of.0, of.1), Ord::max(of.0, of.1));
        if a == b {
            return Err(Error::Range("a decision about one patient alone"));
        }
        let mut writing = self.write(at).await?;
        let class = match must {
            Must::Link => EventClass::Merge,
            Must::NotLink => EventClass::Split,
        };
        let body = serde_json::json!({ "must": must, "a": a, "b": b, "author": author });
        let event = writing.event(class, &body).await?;
        let row = link_constraint::Model {
            event,
            line: 0,
            must: must.as_str().to_owned(),
            facility_a: a.facility.to_string(),
            patient_a: a.patient.get(),
            facility_b: b.facility.to_string(),
            patient_b: b.patient.get(),
            author: author.to_owned(),
            recorded_at: writing.at(),
        };
        insert_all(writing.tx(), vec![row]).await?;
        writing.commit().await?.pop().ok_or(Error::Corrupt("leaf index"))
    }

    /// Returns the constraints that hold now, by the pair.
    ///
    /// # Errors
    /// The database fails.
    pub async fn constraints(&self) -> Result<Vec<LinkConstraint>, Error> {
        let rows =
            link_constraint::Entity::find().order_by_asc(link_constraint::Column::Event).all(self.reads()).await?;
        let mut all = rows.into_iter().map(read).collect::<Result<Vec<_>, Error>>()?;
        all.sort_by_key(|constraint| (constraint.a, constraint.b)); // stable: the newest of each pair stays last
        let mut newest: Vec<LinkConstraint> = Vec::new();
        for constraint in all {
            newest.pop_if(|earlier| (earlier.a, earlier.b) == (constraint.a, constraint.b));
            newest.push(constraint);
        }
        Ok(newest)
    }

    /// Records how persons changed by one run of linkage: one event for the merges and one for the splits.
    ///
    /// # Errors
    /// The events could not be logged.
    pub async fn change_persons(
        &self,
        changes: &[PersonChange],
        author: &str,
        at: Timestamp,
    ) -> Result<Vec<u64>, Error> {
        let mut writing = self.write(at).await?;
        for (kind, class) in [(Change::Merge, EventClass::Merge), (Change::Split, EventClass::Split)] {
            let some: Vec<&PersonChange> = changes.iter().filter(|change| change.change == kind).collect();
            if some.is_empty() {
                continue;
            }
            let sha256 = crate::statements::digest(&some)?;
            let body = serde_json::json!({ "change": kind, "count": some.len(), "sha256": sha256, "author": author });
            let event = writing.event(class, &body).await?;
            let row = |(index, change): (usize, &&PersonChange)| person_change::Model {
                event,
                line: line(index),
                kind: if kind == Change::Merge { "merge" } else { "split" }.to_owned(),
                person: change.person.get(),
                other: change.other.get(),
                author: author.to_owned(),
                recorded_at: writing.at(),
            };
            insert_all(writing.tx(), some.iter().enumerate().map(row).collect()).await?;
        }
        writing.commit().await
    }

    /// Returns every merge and split, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn person_changes(&self) -> Result<Vec<PersonChange>, Error> {
        let rows = person_change::Entity::find()
            .order_by_asc(person_change::Column::Event)
            .order_by_asc(person_change::Column::Line)
            .all(self.reads())
            .await?;
        let person = |number| PersonKey::new(number).map_err(|_| Error::Corrupt("person key"));
        let read = |row: person_change::Model| {
            let change = if row.kind == "merge" { Change::Merge } else { Change::Split };
            Ok(PersonChange { change, person: person(row.person)?, other: person(row.other)? })
        };
        rows.into_iter().map(read).collect()
    }
}

fn read(row: link_constraint::Model) -> Result<LinkConstraint, Error> {
    let subject = |code: &str, number| {
        let facility: FacilityCode = facility(code)?;
        Ok::<_, Error>(Subject { facility, patient: patient(number)? })
    };
    Ok(LinkConstraint {
        must: if row.must == Must::Link.as_str() { Must::Link } else { Must::NotLink },
        a: subject(&row.facility_a, row.patient_a)?,
        b: subject(&row.facility_b, row.patient_b)?,
        author: row.author,
        recorded_at: instant(row.recorded_at)?,
    })
}
