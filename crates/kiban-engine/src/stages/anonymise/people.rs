//! The people of a release: the cohort, its generalisation to k, fresh ids and date shifts.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray, UInt32Array},
    datatypes::{DataType, Field, Int64Type, Schema, SchemaRef},
};
use datafusion::{
    common::JoinType,
    functions_aggregate::expr_fn::count,
    logical_expr::{Expr, cast},
    prelude::{DataFrame, col, lit, starts_with},
};
use kiban_anon::{
    BeforeAfter, BirthYears, ClassMap, DateShift, Folded, Hierarchy, Policy, QuasiIdentifier, Risk, Solution, Step,
    Window, search, smallest_class,
};
use kiban_core::{PersonKey, keyed_u64};

use super::{ChosenLevel, Workshop, scratch_file};
use crate::{
    Error, Result,
    dataset::{FileSet, Gated},
    flow::Flow,
    lake::{Manifest, PartWriter, nullable},
    release::spec::{Having, ReleaseSpec, code_column},
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
    shifts: Int32Array,
    window: (i32, i32),
    solution: Solution,
    attributes: Vec<QuasiIdentifier>,
    sizes_before: Vec<u64>,
    sizes_after: Vec<u64>,
    /// Per person the number of those who share every released value; meaningless for who is left out.
    class_of: Vec<i32>,
    class_sizes: Vec<u32>,
}

/// Generalises the cohort to k, and draws a fresh id and a date shift for everyone who stays.
pub(super) fn generalise(
    spec: &ReleaseSpec,
    cohort: &Cohort,
    person_key: [u8; 32],
    date_key: [u8; 32],
) -> Result<People> {
    let limits = &spec.anonymity;
    let attributes = attributes(spec, cohort)?;
    let columns = encode(&attributes, cohort)?;
    let hierarchies: Vec<&Hierarchy> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
    let table = Folded::new(&hierarchies, &columns)?;
    let solution = search(&attributes, &table, &Policy::new(limits.smallest_class(), limits.suppression_limit))
        .map_err(|_| too_few(limits.smallest_class(), cohort.persons.len()))?;
    let (generalised, sizes_after) = {
        let classes = ClassMap::new(&attributes, &table, &solution)?;
        (classes.apply(&columns)?, classes.class_sizes())
    };
    if sizes_after.is_empty() {
        return Err(too_few(limits.smallest_class(), cohort.persons.len()));
    }
    let window = Window::new(spec.window.from, spec.window.to)?;
    let (shifts, window) = match limits.shift_days() {
        0 => (Int32Array::from(vec![0; cohort.persons.len()]), window.days()),
        most => {
            let shift = DateShift::new(date_key, most, Step::Day)?;
            (shift.offsets(&cohort.persons), window.shared(&shift)?.days())
        }
    };
    let fresh = fresh_ids(&cohort.persons, &generalised.kept, &person_key);
    let (class_of, class_sizes) = number_classes(&generalised.columns, &generalised.kept);
    Ok(People {
        class_of,
        class_sizes,
        persons: cohort.persons.clone(),
        kept: generalised.kept,
        released: generalised.columns,
        fresh,
        shifts,
        window,
        solution,
        sizes_before: table.class_sizes(),
        sizes_after,
        attributes,
    })
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

/// Numbers the classes in the order of their values, and counts each.
fn number_classes(columns: &[StringArray], kept: &BooleanArray) -> (Vec<i32>, Vec<u32>) {
    let values = |row: usize| columns.iter().map(|c| c.is_valid(row).then(|| c.value(row))).collect::<Vec<_>>();
    let mut rows: BTreeMap<Vec<Option<&str>>, Vec<usize>> = BTreeMap::new();
    for row in (0..kept.len()).filter(|row| kept.value(*row)) {
        rows.entry(values(row)).or_default().push(row);
    }
    let mut class_of = vec![0; kept.len()];
    let mut sizes = Vec::with_capacity(rows.len());
    for (number, members) in (0..).zip(rows.into_values()) {
        sizes.push(u32::try_from(members.len()).unwrap_or(u32::MAX));
        for row in members {
            if let Some(slot) = class_of.get_mut(row) {
                *slot = number;
            }
        }
    }
    (class_of, sizes)
}

impl People {
    /// Returns how many persons share each combination of released values, by the number of the class.
    pub(super) fn class_sizes(&self) -> &[u32] {
        &self.class_sizes
    }

    /// Writes who stays, under which id, by how many days shifted: secret, in the scratch folder.
    pub(super) fn secrets(&self, shop: Workshop<'_>) -> Result<DataFrame> {
        let path = scratch_file(shop, "people.parquet");
        let rows = || (0..self.persons.len()).filter(|row| self.kept.value(*row));
        let fresh = |row: usize| self.fresh.get(row).copied().unwrap_or_default();
        let class = |row: usize| self.class_of.get(row).copied().unwrap_or_default();
        let schema: SchemaRef = Arc::new(Schema::new(vec![
            Field::new("secret_person", DataType::Int64, false),
            Field::new("fresh_person", DataType::Int64, false),
            Field::new("shift", DataType::Int32, false),
            Field::new("class", DataType::Int32, false),
        ]));
        let batch = RecordBatch::try_new(
            schema.clone(),
            vec![
                Arc::new(Int64Array::from_iter_values(rows().map(|row| self.persons.value(row)))),
                Arc::new(Int64Array::from_iter_values(rows().map(fresh))),
                Arc::new(Int32Array::from_iter_values(rows().map(|row| self.shifts.value(row)))),
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

    /// Returns the first and last day that every released date lies between, as days since 1970.
    pub(super) const fn window(&self) -> (i32, i32) {
        self.window
    }

    /// Counts by an independent road the fewest persons that share a released combination.
    pub(super) fn smallest_class(&self) -> u64 {
        smallest_class(&self.released, &self.kept).unwrap_or_default()
    }

    pub(super) fn flow(&self, gated: u64) -> Result<Flow> {
        let outside = gated - self.cohort();
        let held = [("out-of-cohort", outside), ("small-class", self.suppressed())];
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
        BeforeAfter { before: Risk::of(&self.sizes_before), after: Risk::of(&self.sizes_after) }
    }

    pub(super) fn loss(&self) -> Vec<(String, f64)> {
        COLUMNS.iter().map(|name| (*name).to_owned()).zip(self.solution.loss.columns.iter().copied()).collect()
    }
}
