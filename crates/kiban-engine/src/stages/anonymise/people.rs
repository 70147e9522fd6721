//! The people of a release: the cohort, its generalisation to k, and fresh ids.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray, UInt32Array},
    datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, UInt32Type},
};
use datafusion::{
    common::JoinType,
    functions_aggregate::expr_fn::count,
    logical_expr::{Expr, cast},
    prelude::{DataFrame, col, lit, starts_with},
};
use kiban_anon::{
    BeforeAfter, BirthYears, ClassMap, Folded, Generalised, Hierarchy, Policy, QuasiIdentifier, Risk, Solution, search,
    smallest_class,
};
use kiban_core::{PersonKey, ReleaseId, keyed_u64};

use super::{
    ChosenLevel, Workshop,
    between::{Between, Held, hold},
    dates::Moved,
    scratch_file,
};
use crate::{
    Error, Result,
    dataset::{FileSet, Gated},
    flow::Flow,
    lake::{Manifest, PartWriter, nullable},
    release::{
        earlier::{Candidate, Earlier},
        spec::{Having, ReleaseSpec, code_column},
    },
    stages::cdm::{cdm_schema, date_column, named},
};

/// Demographic columns of a release, in order.
const COLUMNS: [&str; 3] = ["sex", "birth_year", "residence"];

/// The cohort's people, sorted by person: what may be known of them before anything is generalised.
#[derive(Debug)]
pub(super) struct Cohort {
    persons: Int64Array,
    sex: StringArray,
    birth_year: Int64Array,
    residence: StringArray,
}

impl Cohort {
    pub(super) const fn persons(&self) -> &Int64Array {
        &self.persons
    }

    pub(super) const fn birth_years(&self) -> &Int64Array {
        &self.birth_year
    }
}

/// Reads the gated files of a table.
pub(super) fn gated_rows(shop: Workshop<'_>, gated: &FileSet<Gated>, table: &str) -> Result<DataFrame> {
    shop.lake.read_files(gated.files(table), nullable(&cdm_schema(named(table)?)))
}

/// Takes the persons of the gated set whom the specification asks for.
pub(super) async fn cohort(shop: Workshop<'_>, spec: &ReleaseSpec, gated: &FileSet<Gated>) -> Result<Cohort> {
    let wanted = &spec.cohort;
    let mut persons = gated_rows(shop, gated, "person")?;
    let mut conditions: Vec<Expr> = Vec::new();
    conditions.extend(wanted.born_from.map(|year| col("year_of_birth").gt_eq(lit(year))));
    conditions.extend(wanted.born_to.map(|year| col("year_of_birth").lt_eq(lit(year))));
    let among = |name: &str, words: &[String]| {
        (!words.is_empty()).then(|| col(name).in_list(words.iter().map(|word| lit(word.as_str())).collect(), false))
    };
    conditions.extend(among("gender_source_value", &wanted.sex));
    conditions.extend(among("state", &wanted.prefecture));
    for condition in conditions {
        persons = persons.filter(condition)?;
    }
    for (having, join) in wanted
        .having
        .iter()
        .map(|h| (h, JoinType::LeftSemi))
        .chain(wanted.without.iter().map(|h| (h, JoinType::LeftAnti)))
    {
        let holders = holders(shop, spec, gated, having)?;
        persons = persons.join(holders, join, &["person_id"], &["holder"], None)?;
    }
    let columns = ["person_id", "gender_source_value", "year_of_birth", "state"];
    let persons = persons.select_columns(&columns)?.sort(vec![col("person_id").sort(true, false)])?;
    let batches = shop.runner.collect(persons).await?;
    let column = |index: usize| -> Result<Option<ArrayRef>> {
        let parts: Vec<&dyn Array> = batches.iter().filter_map(|b| b.columns().get(index)).map(AsRef::as_ref).collect();
        if parts.is_empty() { Ok(None) } else { Ok(Some(arrow::compute::concat(&parts)?)) }
    };
    let text = |array: Option<ArrayRef>| {
        array.map_or_else(|| StringArray::from(Vec::<&str>::new()), |a| a.as_string::<i32>().clone())
    };
    let number = |array: Option<ArrayRef>| {
        array.map_or_else(|| Int64Array::from(Vec::<i64>::new()), |a| a.as_primitive::<Int64Type>().clone())
    };
    Ok(Cohort {
        persons: number(column(0)?),
        sex: text(column(1)?),
        birth_year: number(column(2)?),
        residence: text(column(3)?),
    })
}

/// Returns the persons who have the records asked about within the window.
fn holders(shop: Workshop<'_>, spec: &ReleaseSpec, gated: &FileSet<Gated>, having: &Having) -> Result<DataFrame> {
    let table = named(&having.table)?;
    let code = code_column(&having.table)?;
    let mut rows = gated_rows(shop, gated, &having.table)?;
    if let Some(date) = date_column(table) {
        rows = rows.filter(col(date).between(lit_date(spec.window.from), lit_date(spec.window.to)))?;
    }
    let fits = having.code_prefix.iter().map(|prefix| starts_with(col(code), lit(prefix.as_str()))).reduce(Expr::or);
    if let Some(fits) = fits {
        rows = rows.filter(fits)?;
    }
    Ok(rows
        .aggregate(vec![col("person_id")], vec![count(lit(1_i64)).alias("records")])?
        .filter(col("records").gt_eq(lit(i64::from(having.at_least))))?
        .select(vec![col("person_id").alias("holder")])?)
}

/// Returns a day as a literal of plans.
pub(super) fn lit_date(day: jiff::civil::Date) -> Expr {
    let days = day.since(jiff::civil::Date::constant(1970, 1, 1)).map(|span| span.get_days()).unwrap_or_default();
    cast(lit(days), DataType::Date32)
}

/// The people as they are released, and the secrets by which their rows are turned.
pub(super) struct People {
    persons: Int64Array,
    kept: BooleanArray,
    released: Vec<StringArray>,
    fresh: Vec<i64>,
    moves: Int32Array,
    aged: u64,
    solution: Solution,
    attributes: Vec<QuasiIdentifier>,
    sizes_before: Vec<u64>,
    classes: Classes,
    /// Share of detail lost by column, who is left out counted as emptied.
    loss: Vec<f64>,
    held: Beside,
}

/// What holding the release against earlier ones came to.
struct Beside {
    between: Between,
    candidate: Candidate,
}

/// The persons by what is released of them: the number of each person's class, and the sizes of the classes.
pub(super) struct Classes {
    /// None for who is left out.
    pub(super) of: Vec<Option<u32>>,
    sizes: Vec<u32>,
}

/// The cohort on the levels that lose least, before anybody looks at earlier releases.
struct Generalisation {
    attributes: Vec<QuasiIdentifier>,
    columns: Vec<UInt32Array>,
    table: Folded,
    solution: Solution,
    released: Generalised,
}

/// Generalises the cohort to k, on the levels of the release that it follows if it follows one.
fn to_k(spec: &ReleaseSpec, cohort: &Cohort, earlier: &Earlier) -> Result<Generalisation> {
    let limits = &spec.anonymity;
    let attributes = match &limits.between.follows {
        None => attributes(spec, cohort)?,
        Some(before) => pinned(attributes(spec, cohort)?, earlier.levels(before).ok_or_else(|| not_made(before))?),
    };
    let columns = encode(&attributes, cohort)?;
    let hierarchies: Vec<&Hierarchy> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
    let table = Folded::new(&hierarchies, &columns)?;
    let solution = search(&attributes, &table, &Policy::new(limits.smallest_class(), limits.suppression_limit))
        .map_err(|_| too_few(limits.smallest_class(), cohort.persons.len()))?;
    let released = ClassMap::new(&attributes, &table, &solution)?.apply(&columns)?;
    if released.kept.true_count() == 0 {
        return Err(too_few(limits.smallest_class(), cohort.persons.len()));
    }
    Ok(Generalisation { attributes, columns, table, solution, released })
}

/// Generalises the cohort to k, holds it against earlier releases, and draws a fresh id for everyone who stays. Births go
/// along with the dates.
pub(super) fn generalise(
    spec: &ReleaseSpec,
    cohort: Cohort,
    moved: Moved,
    earlier: &Earlier,
    person_key: [u8; 32],
) -> Result<People> {
    let cohort = &Cohort { birth_year: moved.birth_years, ..cohort };
    let Generalisation { attributes, columns, table, solution, released } = to_k(spec, cohort, earlier)?;
    let classes = Classes::new(&released.columns, &released.kept);
    let Held { kept, candidate, between } = hold(spec, earlier, &cohort.persons, &classes, solution.levels.clone())?;
    let loss = match between.left_out {
        0 => solution.loss.columns.clone(),
        _ => loss_of(&attributes, &solution.levels, &columns, &kept)?,
    };
    Ok(People {
        classes: Classes::new(&released.columns, &kept),
        persons: cohort.persons.clone(),
        fresh: fresh_ids(&cohort.persons, &kept, &person_key),
        aged: aged(spec, &cohort.birth_year, &kept),
        kept,
        released: released.columns,
        moves: moved.moves,
        solution,
        sizes_before: table.class_sizes(),
        attributes,
        loss,
        held: Beside { between, candidate },
    })
}

/// Counts those who stay and are shown as of the top age or more.
fn aged(spec: &ReleaseSpec, births: &Int64Array, kept: &BooleanArray) -> u64 {
    let youngest = i64::from(spec.window.to.year()) - i64::from(spec.anonymity.top_age);
    let old = births.iter().zip(kept).filter(|(born, kept)| *kept == Some(true) && born.is_some_and(|b| b <= youngest));
    old.count() as u64
}

fn not_made(release: &ReleaseId) -> Error {
    Error::Input(format!("anonymity.between.follows names {release}, which this house has not made; name one it has"))
}

/// Allows nothing but these levels.
fn pinned(attributes: Vec<QuasiIdentifier>, levels: &[usize]) -> Vec<QuasiIdentifier> {
    attributes.into_iter().zip(levels).map(|(one, level)| one.at_least(*level).at_most(*level)).collect()
}

/// Returns what each column loses on these levels where only some stay.
#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 52 bits")]
fn loss_of(
    attributes: &[QuasiIdentifier],
    levels: &[usize],
    columns: &[UInt32Array],
    kept: &BooleanArray,
) -> Result<Vec<f64>> {
    let attributes = pinned(attributes.to_vec(), levels);
    let hierarchies: Vec<&Hierarchy> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
    let stay = |codes: &UInt32Array| Ok(arrow::compute::filter(codes, kept)?.as_primitive::<UInt32Type>().clone());
    let table = Folded::new(&hierarchies, &columns.iter().map(stay).collect::<Result<Vec<_>>>()?)?;
    let stays = search(&attributes, &table, &Policy::new(1, 0.0))?;
    let (all, left) = (kept.len() as f64, kept.false_count() as f64);
    Ok(stays.loss.columns.iter().map(|loss| (loss * (all - left) + left) / all).collect())
}

fn too_few(k: u32, persons: usize) -> Error {
    Error::Denied {
        rule: "release.k",
        what: format!("{persons} persons cannot be made {k}-anonymous within the suppression limit"),
        remedy: "widen the cohort, or raise suppression_limit".to_owned(),
    }
}

fn attributes(spec: &ReleaseSpec, cohort: &Cohort) -> Result<Vec<QuasiIdentifier>> {
    let year = |value: Option<i64>| value.and_then(|year| i32::try_from(year).ok());
    let reference = i32::from(spec.window.to.year());
    let first = year(arrow::compute::min(&cohort.birth_year)).unwrap_or(reference).min(reference - 120);
    let last = year(arrow::compute::max(&cohort.birth_year)).unwrap_or(reference).max(reference);
    let births = BirthYears::new(first..=last)
        .oldest_from_age(u16::from(spec.anonymity.top_age), reference)
        .hierarchy("birth_year")?;
    let residence = Hierarchy::prefectures("residence")?;
    Ok(vec![
        QuasiIdentifier::new(Hierarchy::sex("sex")?),
        // The year alone is never released: the narrowest band is the first level (SEED-59).
        QuasiIdentifier::new(births).at_least(1),
        QuasiIdentifier::new(residence),
    ])
}

fn encode(attributes: &[QuasiIdentifier], cohort: &Cohort) -> Result<Vec<UInt32Array>> {
    let columns: [&dyn Array; 3] = [&cohort.sex, &cohort.birth_year, &cohort.residence];
    let encoded = attributes.iter().zip(columns).map(|(attribute, column)| attribute.hierarchy().encode(column));
    Ok(encoded.collect::<kiban_anon::Result<_>>()?)
}

/// Numbers those who stay from 1 in the order of a keyed hash, so that the order says nothing.
fn fresh_ids(persons: &Int64Array, kept: &BooleanArray, key: &[u8; 32]) -> Vec<i64> {
    let mut order: Vec<(u64, i64, usize)> = persons
        .values()
        .iter()
        .enumerate()
        .filter(|(row, _)| kept.value(*row))
        .map(|(row, person)| (keyed_u64(key, &[b"person", &person.to_be_bytes()]), *person, row))
        .collect();
    order.sort_unstable();
    let mut fresh = vec![0; persons.len()];
    for (id, (_, _, row)) in (1..).zip(order) {
        if let Some(slot) = fresh.get_mut(row) {
            *slot = id;
        }
    }
    fresh
}

impl Classes {
    /// Numbers the classes in the order of their values, and counts each.
    fn new(columns: &[StringArray], kept: &BooleanArray) -> Self {
        let values = |row: usize| columns.iter().map(|c| c.is_valid(row).then(|| c.value(row))).collect::<Vec<_>>();
        let mut rows: BTreeMap<Vec<Option<&str>>, Vec<usize>> = BTreeMap::new();
        for row in (0..kept.len()).filter(|row| kept.value(*row)) {
            rows.entry(values(row)).or_default().push(row);
        }
        let mut of = vec![None; kept.len()];
        let mut sizes = Vec::with_capacity(rows.len());
        for (number, members) in (0..).zip(rows.into_values()) {
            sizes.push(u32::try_from(members.len()).unwrap_or(u32::MAX));
            for row in members {
                if let Some(slot) = of.get_mut(row) {
                    *slot = Some(number);
                }
            }
        }
        Self { of, sizes }
    }
}

impl People {
    /// Returns how many persons share each combination of released values, by the number of the class.
    pub(super) fn class_sizes(&self) -> &[u32] {
        &self.classes.sizes
    }

    /// Returns what holding the release against earlier ones came to.
    pub(super) const fn between(&self) -> &Between {
        &self.held.between
    }

    /// Returns what the ledger gets of the release.
    pub(super) const fn candidate(&self) -> &Candidate {
        &self.held.candidate
    }

    /// Writes who stays, under which id, moved by how many days: secret, in the scratch folder.
    pub(super) fn secrets(&self, shop: Workshop<'_>) -> Result<DataFrame> {
        let path = scratch_file(shop, "people.parquet");
        let rows = || (0..self.persons.len()).filter(|row| self.kept.value(*row));
        let fresh = |row: usize| self.fresh.get(row).copied().unwrap_or_default();
        let class = |row: usize| {
            let number = self.classes.of.get(row).copied().flatten();
            number.and_then(|number| i32::try_from(number).ok()).unwrap_or_default()
        };
        let schema: SchemaRef = Arc::new(Schema::new(vec![
            Field::new("secret_person", DataType::Int64, false),
            Field::new("fresh_person", DataType::Int64, false),
            Field::new("move", DataType::Int32, false),
            Field::new("class", DataType::Int32, false),
        ]));
        let batch = RecordBatch::try_new(
            schema.clone(),
            vec![
                Arc::new(Int64Array::from_iter_values(rows().map(|row| self.persons.value(row)))),
                Arc::new(Int64Array::from_iter_values(rows().map(fresh))),
                Arc::new(Int32Array::from_iter_values(rows().map(|row| self.moves.value(row)))),
                Arc::new(Int32Array::from_iter_values(rows().map(class))),
            ],
        )?;
        let mut writer = PartWriter::create(&path, schema.clone())?;
        writer.write(&batch)?;
        writer.finish()?;
        shop.lake.read_files(vec![path], schema)
    }

    /// Writes the released person table.
    pub(super) async fn write_persons(&self, shop: Workshop<'_>) -> Result<Manifest> {
        let mut rows: Vec<(i64, usize)> =
            self.fresh.iter().enumerate().filter(|(_, id)| **id > 0).map(|(row, id)| (*id, row)).collect();
        rows.sort_unstable();
        let mut fields = vec![Field::new("person_id", DataType::Int64, false)];
        fields.extend(COLUMNS.iter().map(|name| Field::new(*name, DataType::Utf8, true)));
        let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(rows.iter().map(|(id, _)| *id)))];
        for values in &self.released {
            let value = |(_, row): &(i64, usize)| values.is_valid(*row).then(|| values.value(*row));
            columns.push(Arc::new(rows.iter().map(value).collect::<StringArray>()));
        }
        let schema = Arc::new(Schema::new(fields));
        let mut writer = PartWriter::create(&shop.output.join("person.parquet"), schema.clone())?;
        writer.write(&RecordBatch::try_new(schema, columns)?)?;
        Ok(Manifest { files: vec![writer.finish()?] })
    }

    /// Returns how many of those released are shown as of the top age or more.
    pub(super) const fn aged(&self) -> u64 {
        self.aged
    }

    /// Counts by an independent road the fewest persons that share a released combination.
    pub(super) fn smallest_class(&self) -> u64 {
        smallest_class(&self.released, &self.kept).unwrap_or_default()
    }

    pub(super) fn flow(&self, gated: u64) -> Result<Flow> {
        let outside = gated - self.cohort();
        let between = self.held.between.left_out;
        let small = self.suppressed() - between;
        let held = [("out-of-cohort", outside), ("small-class", small), ("between-releases", between)];
        let flow = Flow {
            facility: None,
            stage: "anonymise".to_owned(),
            table: "person".to_owned(),
            rows_in: gated,
            rows_out: self.released(),
            held: held.into_iter().filter(|(_, rows)| *rows > 0).map(|(why, rows)| (why.to_owned(), rows)).collect(),
            lost: 0,
        };
        flow.balanced("anonymise")
    }

    /// Returns the keys of those released, in order.
    pub(super) fn keys(&self) -> Vec<PersonKey> {
        let kept = self.persons.values().iter().zip(self.kept.values());
        kept.filter(|(_, kept)| *kept).filter_map(|(person, _)| PersonKey::new(*person).ok()).collect()
    }

    /// Returns which fresh id each released person has.
    pub(super) fn link(&self) -> BTreeMap<i64, i64> {
        let kept = (0..self.persons.len()).filter(|row| self.kept.value(*row));
        kept.filter_map(|row| Some((self.persons.value(row), *self.fresh.get(row)?))).collect()
    }

    pub(super) fn cohort(&self) -> u64 {
        self.persons.len() as u64
    }

    pub(super) fn released(&self) -> u64 {
        self.kept.true_count() as u64
    }

    pub(super) fn suppressed(&self) -> u64 {
        self.cohort() - self.released()
    }

    pub(super) const fn is_optimal(&self) -> bool {
        self.solution.optimal
    }

    pub(super) fn levels(&self) -> Vec<ChosenLevel> {
        let chosen = self.attributes.iter().zip(&self.solution.levels).zip(COLUMNS);
        chosen
            .map(|((attribute, level), column)| {
                let levels = attribute.hierarchy().levels();
                let name = levels.get(*level).map(|level| level.name().to_owned()).unwrap_or_default();
                ChosenLevel { column: column.to_owned(), name, level: *level, of: levels.len() - 1 }
            })
            .collect()
    }

    pub(super) fn risk(&self) -> BeforeAfter<Risk> {
        let sizes_after: Vec<u64> = self.classes.sizes.iter().map(|size| u64::from(*size)).collect();
        BeforeAfter { before: Risk::of(&self.sizes_before), after: Risk::of(&sizes_after) }
    }

    pub(super) fn loss(&self) -> Vec<(String, f64)> {
        COLUMNS.iter().map(|name| (*name).to_owned()).zip(self.loss.iter().copied()).collect()
    }
}
