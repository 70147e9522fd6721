//! Link: when there are new registrations or new decisions by people, all are linked anew and the tables by person built.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use kiban_core::{PatientRef, PersonKey, tables::CDM_TABLES};
use kiban_engine::{
    Lake, TableId,
    stages::{
        cdm::{self, cdm_table, person_map},
        link::{LinkWork, Linked, decisions, link, persons},
    },
};
use kiban_link::Constraints;
use kiban_registry::{Change, JobState, LinkConstraint, Must, PersonChange};
use serde::Serialize;
use serde_json::json;

use super::{OnFailure, Rows, end, next, record, standardise};
use crate::{
    failure::{Failure, Result},
    house::House,
    say::Say,
};

const KIND: &str = "link";
/// Who decided, in the log: the program by its model and rules.
const AUTHOR: &str = "kiban";

/// What linking found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct LinkedPersons {
    /// The linking's number.
    pub(crate) number: i64,
    /// Registrations of patients.
    pub(crate) registrations: u64,
    /// Persons behind them.
    pub(crate) persons: u64,
    /// Pairs of registrations joined.
    pub(crate) joined_pairs: u64,
    /// Persons new since the last linking.
    pub(crate) minted: u64,
    /// Persons that became part of another.
    pub(crate) merged: u64,
    /// Persons of whom a part became another.
    pub(crate) split: u64,
    /// Expected share of joined pairs that are right, by the model's own probabilities.
    pub(crate) estimated_precision: f64,
    /// Expected share of compared pairs of one person that were joined.
    pub(crate) estimated_recall: f64,
    /// Rows, by table of the common data model.
    pub(crate) tables: BTreeMap<String, Rows>,
}

/// Links, if anything was standardised or decided since the last linking.
pub(crate) async fn pending(house: &House, lake: &Lake, say: &Say) -> Result<Option<LinkedPersons>> {
    let done = house.registry.jobs(Some(JobState::Done)).await?;
    let standardised = done.iter().filter(|job| job.kind == standardise::KIND).count();
    let decided = house.registry.constraints(house.now()).await?;
    if standardised > 0 {
        // The version grows with decisions and revocations, and between two of them decisions only expire: no key
        // comes twice.
        let version = house.registry.link_version().await?;
        let key = format!("{KIND}/{standardised}/{version}-{}", decided.len());
        house.registry.enqueue(KIND, &key, &json!({}), house.now()).await?;
    }
    let mut linked = None;
    while let Some(job) = next(house, KIND).await? {
        if job.attempt > 1 {
            super::sweep(lake, tables()).await?;
        }
        let bar = say.progress("step-link", 2);
        let one = one(house, lake, &decided, job.id, &bar).await;
        bar.finish_and_clear();
        linked = Some(end(house, &job, one, OnFailure::StaysPending).await?);
    }
    Ok(linked)
}

async fn one(
    house: &House,
    lake: &Lake,
    decided: &[LinkConstraint],
    number: i64,
    bar: &indicatif::ProgressBar,
) -> Result<LinkedPersons> {
    let folder = house.work_dir(KIND);
    let before = before(house, lake, &folder, number).await?;
    let work = LinkWork { number, now: house.now(), threads: house.config.resources.threads() };
    let linked = link(lake, &house.runner, &constraints(decided), &*house.entropy, work).await?;
    bar.inc(1);
    let changes = changes(&before, &linked.persons);
    if !changes.is_empty() && !house.registry.person_changes().await?.ends_with(&changes) {
        house.registry.change_persons(&changes, AUTHOR, house.now()).await?;
    }
    record_map(house, lake, &linked, number).await?;
    let mut tables: BTreeMap<String, Rows> = BTreeMap::new();
    for flow in cdm::build(lake, &house.runner, number, house.now()).await? {
        tables.entry(flow.table.clone()).or_default().add(&flow);
    }
    for (name, rows) in &tables {
        let table = cdm_table(name);
        let version = lake.version(&table).await?.unwrap_or_default();
        record(house, KIND, &table, version, rows, &json!({ "link": number })).await?;
    }
    super::sweep(lake, crate::work::link::tables()).await?;
    fs::remove_dir_all(&folder).map_err(Failure::file("erase", &folder))?;
    Ok(summary(&before, &linked, &changes, number, tables))
}

async fn record_map(house: &House, lake: &Lake, linked: &Linked, number: i64) -> Result<()> {
    let count = u64::try_from(linked.persons.len()).unwrap_or_default();
    let rows = Rows { rows_in: count, rows_out: count, ..Rows::default() };
    let version = lake.version(&person_map()).await?.unwrap_or_default();
    let quality = &linked.linkage.quality;
    // What is recorded is compared when the step is taken up again, and a number of many digits does not come back from
    // JSON to the last bit.
    let share = |share: f64| (share * 10_000.0).round() / 10_000.0;
    let of = json!({
        "link": number, "persons": distinct(&linked.persons), "joined_pairs": quality.joined,
        "estimated_precision": share(quality.precision), "estimated_recall": share(quality.recall),
    });
    record(house, KIND, &person_map(), version, &rows, &of).await
}

fn summary(
    before: &BTreeMap<PatientRef, PersonKey>,
    linked: &Linked,
    changes: &[PersonChange],
    number: i64,
    tables: BTreeMap<String, Rows>,
) -> LinkedPersons {
    let known: BTreeSet<&PersonKey> = before.values().collect();
    let minted = linked.persons.values().filter(|key| !known.contains(key)).collect::<BTreeSet<_>>().len();
    let of = |kind: Change| changes.iter().filter(|change| change.change == kind).count();
    let count = |number: usize| u64::try_from(number).unwrap_or_default();
    let quality = &linked.linkage.quality;
    LinkedPersons {
        number,
        registrations: count(linked.persons.len()),
        persons: distinct(&linked.persons),
        joined_pairs: quality.joined,
        minted: count(minted),
        merged: count(of(Change::Merge)),
        split: count(of(Change::Split)),
        estimated_precision: quality.precision,
        estimated_recall: quality.recall,
        tables,
    }
}

fn distinct(persons: &BTreeMap<PatientRef, PersonKey>) -> u64 {
    u64::try_from(persons.values().collect::<BTreeSet<_>>().len()).unwrap_or_default()
}

fn constraints(decided: &[LinkConstraint]) -> Constraints {
    let mut constraints = Constraints::default();
    for one in decided {
        match one.must {
            Must::Link => constraints.must_link(one.a.patient, one.b.patient),
            Must::NotLink => constraints.cannot_link(one.a.patient, one.b.patient),
        }
    }
    constraints
}

/// Returns the persons as they were before this linking first began.
///
/// They are kept in a file while the linking lasts: a second try after a kill would find the new map in the lake, and
/// what was merged and split in between would be in no log.
async fn before(house: &House, lake: &Lake, folder: &Path, number: i64) -> Result<BTreeMap<PatientRef, PersonKey>> {
    let path = folder.join(format!("before-{number}"));
    if let Ok(text) = fs::read_to_string(&path) {
        return parse(&text).ok_or(Failure::Bug("the persons kept before linking"));
    }
    let map = persons(lake, &house.runner).await?.persons;
    fs::create_dir_all(folder).map_err(Failure::file("create", folder))?;
    let text: String = map.iter().map(|(patient, person)| format!("{} {}\n", patient.get(), person.get())).collect();
    let draft = folder.join("draft");
    fs::write(&draft, text).map_err(Failure::file("write", &draft))?;
    fs::rename(&draft, &path).map_err(Failure::file("write", &path))?;
    Ok(map)
}

fn parse(text: &str) -> Option<BTreeMap<PatientRef, PersonKey>> {
    let pair = |line: &str| {
        let (patient, person) = line.split_once(' ')?;
        Some((PatientRef::new(patient.parse().ok()?).ok()?, PersonKey::new(person.parse().ok()?).ok()?))
    };
    text.lines().map(pair).collect()
}

/// Returns which persons were merged and split between two maps, in a fixed order.
///
/// A person whose every registration went to one other was merged into it; else what moved was split off.
fn changes(before: &BTreeMap<PatientRef, PersonKey>, after: &BTreeMap<PatientRef, PersonKey>) -> Vec<PersonChange> {
    let live: BTreeSet<&PersonKey> = after.values().collect();
    let moved = |(patient, from): (&PatientRef, &PersonKey)| {
        let to = after.get(patient).filter(|to| *to != from)?;
        Some((*from, *to))
    };
    let moves: BTreeSet<(PersonKey, PersonKey)> = before.iter().filter_map(moved).collect();
    let mut targets: BTreeMap<PersonKey, usize> = BTreeMap::new();
    for (from, _) in &moves {
        *targets.entry(*from).or_default() += 1;
    }
    let change = |(from, to): &(PersonKey, PersonKey)| {
        let is_whole = !live.contains(from) && targets.get(from) == Some(&1);
        if is_whole {
            PersonChange { change: Change::Merge, person: *to, other: *from }
        } else {
            PersonChange { change: Change::Split, person: *from, other: *to }
        }
    };
    let mut all: Vec<PersonChange> = moves.iter().map(change).collect();
    // The registry lists merges before splits.
    all.sort_by_key(|one| one.change == Change::Split);
    all
}

/// Returns every table of the lake that linking writes.
pub(crate) fn tables() -> impl Iterator<Item = TableId> {
    let own = [person_map(), decisions(), TableId::new("link", "retired_key")];
    own.into_iter().chain(CDM_TABLES.iter().map(|table| cdm_table(table.name)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn map(pairs: &[(u64, u64)]) -> BTreeMap<PatientRef, PersonKey> {
        pairs.iter().map(|(a, b)| (PatientRef::from_bits(a << 1), PersonKey::from_bits(b << 1))).collect()
    }

    fn check(before: &[(u64, u64)], after: &[(u64, u64)], expect: &[(Change, i64, i64)]) {
        let told: Vec<_> = changes(&map(before), &map(after))
            .iter()
            .map(|one| (one.change, one.person.get(), one.other.get()))
            .collect();
        assert_eq!(told, expect);
    }

    #[test]
    fn merges_and_splits_are_told_from_two_maps() {
        check(&[(1, 7), (2, 8)], &[(1, 7), (2, 8), (3, 9)], &[]);
        check(&[(1, 7), (2, 8)], &[(1, 7), (2, 7)], &[(Change::Merge, 7, 8)]);
        check(&[(1, 7), (2, 7)], &[(1, 7), (2, 9)], &[(Change::Split, 7, 9)]);
        check(&[(1, 7), (2, 7), (3, 8)], &[(1, 9), (2, 8), (3, 8)], &[(Change::Split, 7, 8), (Change::Split, 7, 9)]);
        check(&[(1, 7)], &[], &[]);
    }

    #[test]
    fn the_kept_map_reads_back() {
        let kept = map(&[(1, 7), (2, 8)]);
        let text: String = kept.iter().map(|(a, b)| format!("{} {}\n", a.get(), b.get())).collect();
        assert_eq!(parse(&text), Some(kept));
        assert_eq!(parse("1 x\n"), None);
    }
}
