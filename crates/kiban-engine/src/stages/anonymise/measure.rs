//! Reads the finished set again: does it keep its limits, and what does it not protect?

use std::collections::BTreeMap;

use arrow::{
    array::{AsArray, Date32Array, Int64Array, UInt32Array},
    datatypes::{Date32Type, Int64Type},
};
use datafusion::prelude::{DataFrame, coalesce, col, lit};
use kiban_anon::{Acquaintance, BeforeAfter, Detail, Events, Singled};

use super::{
    Known, Workshop,
    dates::days_of_care,
    outliers,
    people::{People, gated_rows},
};
use crate::{
    Error, Result,
    dataset::{Anonymous, FileSet, Gated},
    holders::holders,
    release::spec::{ReleaseSpec, code_column},
    stages::standardise::count,
};

/// Persons on whom measurements of events are made; more would say the same.
const MEASURED_PERSONS: i64 = 20_000;
/// Targets of an acquaintance.
const TARGETS: usize = 1_000;

/// Checks the finished files by roads that share nothing with those that made them.
///
/// # Errors
/// [`Error::Bug`] where a limit is not kept.
pub(super) async fn check(
    shop: Workshop<'_>,
    spec: &ReleaseSpec,
    people: &People,
    files: &FileSet<Anonymous>,
) -> Result<()> {
    let smallest = people.smallest_class();
    if smallest < u64::from(spec.anonymity.smallest_class()) {
        return Err(Error::Bug(format!("the smallest class has {smallest} persons, fewer than promised")));
    }
    for choice in &spec.tables {
        let Ok(code) = code_column(&choice.name) else { continue };
        if !choice.columns.iter().any(|name| name == code) {
            continue;
        }
        if let Some(rows) = released_rows(shop, files, &choice.name).await? {
            let left = count(outliers::of_multiple_births(rows, &choice.name)?).await?;
            if left > 0 {
                return Err(Error::Bug(format!("{left} rows of {} say that a birth was multiple", choice.name)));
            }
        }
        let few = released_rows(shop, files, &choice.name).await?;
        let Some(few) = few else { continue };
        let few = few
            .aggregate(
                vec![col(code), coalesce(vec![col("source_system"), lit("")])],
                vec![holders(col("person_id"), spec.anonymity.code_floor).alias("holders")],
            )?
            .filter(col("holders").lt(lit(i64::from(spec.anonymity.code_floor))))?;
        let few = count(few).await?;
        if few > 0 {
            return Err(Error::Bug(format!("{few} codes of {} are held by fewer persons than the floor", choice.name)));
        }
    }
    Ok(())
}

/// Reads a released table again, if there is one.
pub(super) async fn released_rows(
    shop: Workshop<'_>,
    files: &FileSet<Anonymous>,
    table: &str,
) -> Result<Option<DataFrame>> {
    let paths: Vec<String> = files.files(table).iter().map(|path| path.to_string_lossy().into_owned()).collect();
    if paths.is_empty() {
        return Ok(None);
    }
    Ok(Some(shop.lake.context().read_parquet(paths, datafusion::prelude::ParquetReadOptions::default()).await?))
}

/// The events of a set: person, code, day; sorted by person, then day.
struct Column3 {
    persons: Int64Array,
    codes: UInt32Array,
    days: Date32Array,
}

async fn collect(shop: Workshop<'_>, mut parts: Vec<DataFrame>) -> Result<Column3> {
    let Some(mut all) = parts.pop() else {
        let none = (Vec::<i64>::new(), Vec::<u32>::new(), Vec::<i32>::new());
        return Ok(Column3 { persons: none.0.into(), codes: none.1.into(), days: none.2.into() });
    };
    for part in parts {
        all = all.union(part)?;
    }
    let order = ["person", "day", "code"].map(|name| col(name).sort(true, false)).to_vec();
    let mut known: BTreeMap<String, u32> = BTreeMap::new();
    let (mut persons, mut codes, mut days) = (Vec::new(), Vec::new(), Vec::new());
    for batch in shop.runner.collect(all.sort(order)?).await? {
        let [who, what, when] = batch.columns() else { return Err(Error::Bug("columns of events".to_owned())) };
        let what = what.as_string::<i32>();
        for row in 0..batch.num_rows() {
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            codes.push(*known.entry(what.value(row).to_owned()).or_insert(next));
        }
        persons.extend_from_slice(who.as_primitive::<Int64Type>().values());
        days.extend_from_slice(when.as_primitive::<Date32Type>().values());
    }
    Ok(Column3 { persons: persons.into(), codes: codes.into(), days: days.into() })
}

/// Selects person, code and day of a table's rows, of the measured persons only.
fn events(
    rows: DataFrame,
    (table, date): (&str, &str),
    person: &str,
    few: Option<DataFrame>,
) -> Result<Option<DataFrame>> {
    let code = match code_column(table) {
        Ok(code) if rows.schema().has_column_with_unqualified_name(code) => coalesce(vec![col(code), lit("")]),
        _ => lit(""),
    };
    if !rows.schema().has_column_with_unqualified_name(date) {
        return Ok(None);
    }
    let rows = match few {
        Some(few) => rows.join(few, datafusion::common::JoinType::LeftSemi, &[person], &["measured"], None)?,
        None => rows.filter(col(person).lt_eq(lit(MEASURED_PERSONS)))?,
    };
    let rows = rows.filter(col(date).is_not_null())?;
    Ok(Some(rows.select(vec![
        datafusion::logical_expr::cast(col(person), arrow::datatypes::DataType::Int64).alias("person"),
        datafusion::logical_expr::cast(code, arrow::datatypes::DataType::Utf8).alias("code"),
        datafusion::logical_expr::cast(col(date), arrow::datatypes::DataType::Date32).alias("day"),
    ])?))
}

/// Returns the measured persons of the gated set: those of smallest key.
fn measured(shop: Workshop<'_>, gated: &FileSet<Gated>) -> Result<DataFrame> {
    let persons = gated_rows(shop, gated, "person")?.select(vec![col("person_id").alias("measured")])?;
    let most = usize::try_from(MEASURED_PERSONS).unwrap_or(usize::MAX);
    Ok(persons.sort(vec![col("measured").sort(true, false)])?.limit(0, Some(most))?)
}

async fn before(shop: Workshop<'_>, gated: &FileSet<Gated>, days: &[(&str, &str)]) -> Result<Column3> {
    let mut parts = Vec::new();
    for day in days {
        let few = Some(measured(shop, gated)?);
        parts.extend(events(gated_rows(shop, gated, day.0)?, *day, "person_id", few)?);
    }
    collect(shop, parts).await
}

async fn after(shop: Workshop<'_>, files: &FileSet<Anonymous>, days: &[(&str, &str)]) -> Result<Column3> {
    let mut parts = Vec::new();
    for day in days {
        if let Some(rows) = released_rows(shop, files, day.0).await? {
            parts.extend(events(rows, *day, "person_id", None)?);
        }
    }
    collect(shop, parts).await
}

/// Measures whom the gaps between three consecutive days of care tell apart; no constant shift changes them.
pub(super) async fn gaps(
    shop: Workshop<'_>,
    spec: &ReleaseSpec,
    gated: &FileSet<Gated>,
    files: &FileSet<Anonymous>,
) -> Result<BeforeAfter<Singled>> {
    let days = days_of_care(spec)?;
    let (before, after) = (before(shop, gated, &days).await?, after(shop, files, &days).await?);
    Ok(BeforeAfter { before: before.view()?.gaps(spec.anonymity.k), after: after.view()?.gaps(spec.anonymity.k) })
}

/// Measures whom an acquaintance singles out who knows one, two or three coded events to the month or the day.
pub(super) async fn known_events(
    shop: Workshop<'_>,
    spec: &ReleaseSpec,
    gated: &FileSet<Gated>,
    files: &FileSet<Anonymous>,
    key: &[u8],
) -> Result<Vec<Known>> {
    let mut days = days_of_care(spec)?;
    days.retain(|(table, _)| code_column(table).is_ok());
    let (before, after) = (before(shop, gated, &days).await?, after(shop, files, &days).await?);
    let (before, after) = (before.view()?, after.view()?);
    let mut known = Vec::new();
    for (detail, word) in [(Detail::Month, "month"), (Detail::Day, "day")] {
        for events in 1..=3 {
            let attacker = Acquaintance { events, detail };
            let of = |set: Events<'_>| set.known_events(attacker, TARGETS, spec.anonymity.k, key);
            known.push(Known { events, detail: word, singled: BeforeAfter { before: of(before), after: of(after) } });
        }
    }
    Ok(known)
}

impl Column3 {
    fn view(&self) -> Result<Events<'_>> {
        Ok(Events::new(&self.persons, &self.codes, &self.days)?)
    }
}
