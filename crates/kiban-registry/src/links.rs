//! What people decided about who is who, and how persons 本人 were merged and split.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kiban_core::{EventClass, FacilityCode, PersonKey, Subject};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

use crate::{
    Error, Registry,
    convert::{facility, instant, line, maybe_instant, micros, patient},
    entity::{link_constraint, link_revocation, person_change},
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

/// What a decision was made about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Two patients.
    Pair,
    /// Two persons become one; needs two authors.
    Merge,
    /// A part of a person becomes another.
    Split,
}

impl Act {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Pair => "pair",
            Self::Merge => "merge",
            Self::Split => "split",
        }
    }

    fn read(text: &str) -> Result<Self, Error> {
        [Self::Pair, Self::Merge, Self::Split]
            .into_iter()
            .find(|act| act.as_str() == text)
            .ok_or(Error::Corrupt("act of a decision"))
    }
}

/// A decision to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecision {
    /// What it is made about.
    pub act: Act,
    /// One or two persons.
    pub must: Must,
    /// The pairs of patients it binds.
    pub pairs: Vec<(Subject, Subject)>,
    /// Who decided: a staff id.
    pub author: String,
    /// Who confirmed it.
    pub second_author: Option<String>,
    /// Why: a reason code.
    pub reason: String,
    /// From when it no longer holds.
    pub expires_at: Option<Timestamp>,
}

impl NewDecision {
    /// Decides about two patients, alone and without an end.
    pub fn pair(must: Must, of: (Subject, Subject), author: &str, reason: &str) -> Self {
        let (author, reason) = (author.to_owned(), reason.to_owned());
        Self { act: Act::Pair, must, pairs: vec![of], author, second_author: None, reason, expires_at: None }
    }

    fn refuse(&self) -> Result<(), Error> {
        if self.pairs.is_empty() || self.pairs.iter().any(|(a, b)| a == b) {
            return Err(Error::Range("a decision about one patient alone"));
        }
        let confirmed = self.second_author.as_ref().is_some_and(|second| *second != self.author);
        if self.act == Act::Merge && !confirmed {
            return Err(Error::Unconfirmed);
        }
        Ok(())
    }
}

/// A constraint that linkage has to keep. A later one of the same two replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkConstraint {
    /// The number of the decision that it comes from.
    pub decision: i64,
    /// What was decided about.
    pub act: Act,
    /// One or two persons.
    pub must: Must,
    /// The lesser of the two.
    pub a: Subject,
    /// The greater of the two.
    pub b: Subject,
    /// Who decided: a staff id.
    pub author: String,
    /// Who confirmed it.
    pub second_author: Option<String>,
    /// Why: a reason code.
    pub reason: String,
    /// From when it no longer holds.
    pub expires_at: Option<Timestamp>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// A decision taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkRevocation {
    /// The number of the decision.
    pub decision: i64,
    /// Who took it back: a staff id.
    pub author: String,
    /// Why: a reason code.
    pub reason: String,
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
    /// Records a decision about who is who and returns its number.
    ///
    /// # Errors
    /// A pair is one patient, a merge of persons has no second author, or the decision could not be logged.
    pub async fn decide_link(&self, decision: &NewDecision, at: Timestamp) -> Result<i64, Error> {
        decision.refuse()?;
        let mut writing = self.write(at).await?;
        let pairs: Vec<(Subject, Subject)> =
            decision.pairs.iter().map(|(a, b)| (Ord::min(*a, *b), Ord::max(*a, *b))).collect();
        let class = match decision.must {
            Must::Link => EventClass::Merge,
            Must::NotLink => EventClass::Split,
        };
        let body = serde_json::json!({
            "act": decision.act, "must": decision.must, "pairs": pairs, "author": decision.author,
            "second_author": decision.second_author, "reason": decision.reason, "expires_at": decision.expires_at,
        });
        let event = writing.event(class, &body).await?;
        let row = |(index, (a, b)): (usize, &(Subject, Subject))| link_constraint::Model {
            event,
            line: line(index),
            must: decision.must.as_str().to_owned(),
            facility_a: a.facility.to_string(),
            patient_a: a.patient.get(),
            facility_b: b.facility.to_string(),
            patient_b: b.patient.get(),
            author: decision.author.clone(),
            recorded_at: writing.at(),
            act: decision.act.as_str().to_owned(),
            second_author: decision.second_author.clone(),
            reason: decision.reason.clone(),
            expires_at: decision.expires_at.map(micros),
        };
        insert_all(writing.tx(), pairs.iter().enumerate().map(row).collect()).await?;
        writing.commit().await?;
        Ok(event)
    }

    /// Takes a decision back: from now on it counts as never made. Returns the number of the revocation.
    ///
    /// # Errors
    /// There is no such decision, it was taken back already, or the revocation could not be logged.
    pub async fn revoke_link(&self, decision: i64, author: &str, reason: &str, at: Timestamp) -> Result<i64, Error> {
        let mut writing = self.write(at).await?;
        let of = link_constraint::Entity::find().filter(link_constraint::Column::Event.eq(decision));
        let row = of.one(writing.tx()).await?.ok_or_else(|| Error::missing("decision", decision))?;
        let earlier = link_revocation::Entity::find().filter(link_revocation::Column::Decision.eq(decision));
        if earlier.one(writing.tx()).await?.is_some() {
            return Err(Error::taken("revocation of decision", decision));
        }
        // Taking a must-link back parts persons, taking a cannot-link back may join them.
        let class = if row.must == Must::Link.as_str() { EventClass::Split } else { EventClass::Merge };
        let body = serde_json::json!({ "revoked": decision, "author": author, "reason": reason });
        let event = writing.event(class, &body).await?;
        let row = link_revocation::Model {
            event,
            decision,
            author: author.to_owned(),
            reason: reason.to_owned(),
            recorded_at: writing.at(),
        };
        insert_all(writing.tx(), vec![row]).await?;
        writing.commit().await?;
        Ok(event)
    }

    /// Returns every decision that was taken back, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn link_revocations(&self) -> Result<Vec<LinkRevocation>, Error> {
        let rows =
            link_revocation::Entity::find().order_by_asc(link_revocation::Column::Event).all(self.reads()).await?;
        let read = |row: link_revocation::Model| {
            let recorded_at = instant(row.recorded_at)?;
            Ok(LinkRevocation { decision: row.decision, author: row.author, reason: row.reason, recorded_at })
        };
        rows.into_iter().map(read).collect()
    }

    /// Returns every constraint that was ever decided, by the pair, the oldest first; also those no longer in force.
    ///
    /// # Errors
    /// The database fails.
    pub async fn link_decisions(&self) -> Result<Vec<LinkConstraint>, Error> {
        let rows = link_constraint::Entity::find()
            .order_by_asc(link_constraint::Column::Event)
            .order_by_asc(link_constraint::Column::Line)
            .all(self.reads())
            .await?;
        let mut all = rows.into_iter().map(read).collect::<Result<Vec<_>, Error>>()?;
        all.sort_by_key(|constraint| (constraint.a, constraint.b)); // stable: the newest of each pair stays last
        Ok(all)
    }

    /// Returns the constraints in force at an instant, by the pair: neither taken back nor expired, the newest of each.
    ///
    /// # Errors
    /// The database fails.
    pub async fn constraints(&self, at: Timestamp) -> Result<Vec<LinkConstraint>, Error> {
        let revoked: BTreeSet<i64> = self.link_revocations().await?.iter().map(|one| one.decision).collect();
        let holds =
            |one: &LinkConstraint| !revoked.contains(&one.decision) && one.expires_at.is_none_or(|end| at < end);
        let mut newest: Vec<LinkConstraint> = Vec::new();
        for constraint in self.link_decisions().await?.into_iter().filter(holds) {
            newest.pop_if(|earlier| (earlier.a, earlier.b) == (constraint.a, constraint.b));
            newest.push(constraint);
        }
        Ok(newest)
    }

    /// Returns a number that grows with every decision and revocation.
    ///
    /// # Errors
    /// The database fails.
    pub async fn link_version(&self) -> Result<i64, Error> {
        let decided = link_constraint::Entity::find().order_by_desc(link_constraint::Column::Event);
        let revoked = link_revocation::Entity::find().order_by_desc(link_revocation::Column::Event);
        let decided = decided.one(self.reads()).await?.map_or(0, |row| row.event);
        Ok(revoked.one(self.reads()).await?.map_or(0, |row| row.event).max(decided))
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
        decision: row.event,
        act: Act::read(&row.act)?,
        must: if row.must == Must::Link.as_str() { Must::Link } else { Must::NotLink },
        a: subject(&row.facility_a, row.patient_a)?,
        b: subject(&row.facility_b, row.patient_b)?,
        author: row.author,
        second_author: row.second_author,
        reason: row.reason,
        expires_at: maybe_instant(row.expires_at)?,
        recorded_at: instant(row.recorded_at)?,
    })
}
