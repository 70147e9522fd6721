//! Peculiar descriptions 特異な記述等: who stands out in what is about to be released, why, and what was done about it
//! (SEED-58, ordinance Art. 18 item 4).
//!
//! Rows that say a birth was multiple are left out. Of persons with more visits or drugs than almost anyone, rows are kept
//! up to the number that others reach; the longest stays are cut to a length that others reach. Pairs and orders of codes
//! that few persons have are counted for the officer. Facilities are never released, so nobody stands out by one.

use std::{path::PathBuf, sync::Arc};

use arrow::{
    array::{AsArray, Float64Array, Int64Array, UInt32Array},
    datatypes::{DataType, Field, Float64Type, Int64Type, Schema, UInt32Type},
};
use datafusion::{
    common::Column as Name,
    functions::{core::expr_fn::least, unicode::expr_fn::strpos},
    functions_aggregate::expr_fn::{count, count_distinct, max, min},
    functions_window::expr_fn::row_number,
    logical_expr::{Expr, ExprFunctionExt, cast},
    prelude::{DataFrame, coalesce, col, lit, when},
};
use kiban_anon::{Advice, CourseStudy, Extremes, RareCourses, Reason, settled_rows};
use kiban_core::tables::{CdmTable, Column};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Serialize;

use super::{
    codes::icd10_systems,
    events::{CODED, Draft, Made, Making, null_of, source_order},
    people::People,
    scratch_file,
};
use crate::{
    Error, Result, functions::is_multiple_birth, release::spec::code_column, stages::standardise::count as count_rows,
};

/// The modified z score beyond which a number is far out (Iglewicz and Hoaglin 1993).
const FAR: f64 = 3.5;
/// Tables whose codes may say that a birth was multiple.
const OF_BIRTHS: [&str; 4] = ["condition_occurrence", "procedure_occurrence", "observation", "death"];
/// Columns of a numbered few.
const PLACE: &str = "place";

/// What was found of one reason in one table, and done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Peculiar {
    /// Why somebody stands out.
    pub reason: Reason,
    /// What was done; [`Advice::Review`] is for the officer.
    pub advice: Advice,
    /// Where.
    pub table: String,
    /// Who stands out.
    pub persons: u64,
    /// Rows left out for it.
    pub rows_held: u64,
}

fn peculiar(reason: Reason, table: &str, persons: u64, rows_held: u64) -> Option<Peculiar> {
    let found = Peculiar { reason, advice: reason.advice(), table: table.to_owned(), persons, rows_held };
    (persons > 0).then_some(found)
}

/// Persons whose number is far above the others', and the largest number of the others.
struct Beyond {
    persons: Vec<i64>,
    most: f64,
}

fn says_multiple_birth(code: &str) -> Expr {
    let systems = icd10_systems().map(lit).collect();
    let says = col("source_system").in_list(systems, false).and(is_multiple_birth(col(code)));
    coalesce(vec![says, lit(false)])
}

/// Takes the released rows that say a birth was multiple; groups of codes, which say less, have a dash.
pub(super) fn of_multiple_births(rows: DataFrame, table: &str) -> Result<DataFrame> {
    let code = code_column(table)?;
    let of_births = lit(OF_BIRTHS.contains(&table));
    Ok(rows.filter(of_births.and(strpos(col(code), lit("-")).eq(lit(0))).and(says_multiple_birth(code)))?)
}

impl Making<'_> {
    /// Returns a table's rows without what stands out by itself, and what that was.
    pub(super) async fn usual(
        &self,
        table: &CdmTable,
        columns: &[&'static Column],
        rows: DataFrame,
    ) -> Result<(DataFrame, Vec<Peculiar>)> {
        let mut found = Vec::new();
        let rows = self.without_multiple_births(table, rows, &mut found).await?;
        let rows = match table.name {
            "visit_occurrence" => self.at_most(table, Reason::ManyVisits, rows, &mut found).await?,
            "drug_exposure" => self.at_most(table, Reason::ManyDrugs, rows, &mut found).await?,
            _ => rows,
        };
        let tells_stays = table.name == "visit_occurrence" && columns.iter().any(|c| c.name == "visit_end_date");
        let rows = if tells_stays { self.shorter_stays(table, rows, &mut found).await? } else { rows };
        Ok((rows, found))
    }

    async fn without_multiple_births(
        &self,
        table: &CdmTable,
        rows: DataFrame,
        found: &mut Vec<Peculiar>,
    ) -> Result<DataFrame> {
        if !OF_BIRTHS.contains(&table.name) {
            return Ok(rows);
        }
        let says = says_multiple_birth(code_column(table.name)?);
        let counts = [count(lit(1_i64)), count_distinct(col("fresh_person"))];
        let of = rows.clone().filter(says.clone())?.aggregate(vec![], counts.to_vec())?;
        let number = |n: usize, batches: &[arrow::array::RecordBatch]| {
            let first = batches.first().and_then(|batch| batch.columns().get(n));
            first.map_or(0, |column| column.as_primitive::<Int64Type>().value(0).unsigned_abs())
        };
        let batches = self.shop.runner.collect(of).await?;
        let (held, persons) = (number(0, &batches), number(1, &batches));
        found.extend(peculiar(Reason::MultipleBirth, table.name, persons, held));
        Ok(if held == 0 { rows } else { rows.filter(!says)? })
    }

    /// Leaves out what a person has beyond the number that others reach, the latest rows first.
    async fn at_most(
        &self,
        table: &CdmTable,
        reason: Reason,
        rows: DataFrame,
        found: &mut Vec<Peculiar>,
    ) -> Result<DataFrame> {
        let of_person = rows
            .clone()
            .aggregate(vec![col("fresh_person")], vec![cast(count(lit(1_i64)), DataType::Float64).alias("number")])?;
        let Some(Beyond { persons, most }) = self.beyond(reason, of_person).await? else { return Ok(rows) };
        let of_few = col("fresh_person").in_list(persons.iter().map(|person| lit(*person)).collect(), false);
        let few = rows.clone().filter(of_few.clone())?;
        let order = source_order(table).iter().map(|name| col(name.as_str()).sort(true, false)).collect::<Vec<_>>();
        let order = order.into_iter().filter(|by| known(&few, &by.expr)).collect();
        let place = row_number().partition_by(vec![col("fresh_person")]).order_by(order).build()?;
        let few = few.with_column(PLACE, cast(place, DataType::Float64))?;
        let beyond = count_rows(few.clone().filter(col(PLACE).gt(lit(most)))?).await?;
        let few = few.filter(col(PLACE).lt_eq(lit(most)))?.drop_columns(&[PLACE])?;
        found.extend(peculiar(reason, table.name, persons.len() as u64, beyond));
        Ok(rows.filter(!of_few)?.union(few)?)
    }

    /// Cuts the longest stays to a length that others reach.
    async fn shorter_stays(&self, table: &CdmTable, rows: DataFrame, found: &mut Vec<Peculiar>) -> Result<DataFrame> {
        let (start, end) = ("visit_start_date", "visit_end_date");
        let days = || cast(col(end), DataType::Int32) - cast(col(start), DataType::Int32);
        let of_person = rows
            .clone()
            .filter(col(end).is_not_null())?
            .aggregate(vec![col("fresh_person")], vec![cast(max(days()), DataType::Float64).alias("number")])?;
        let Some(Beyond { persons, most }) = self.beyond(Reason::LongStay, of_person).await? else { return Ok(rows) };
        found.extend(peculiar(Reason::LongStay, table.name, persons.len() as u64, 0));
        let longest = cast(cast(col(start), DataType::Int32) + cast(lit(most), DataType::Int32), DataType::Date32);
        let cut = least(vec![col(end), longest]);
        Ok(rows.with_column(end, when(col(end).is_null(), null_of(&DataType::Date32)).otherwise(cut)?)?)
    }

    /// Finds who has far more than others, from a number for each person.
    async fn beyond(&self, reason: Reason, of_person: DataFrame) -> Result<Option<Beyond>> {
        let of_person = of_person.sort(vec![col("fresh_person").sort(true, false)])?;
        let (mut persons, mut numbers) = (Vec::new(), Vec::new());
        for batch in self.shop.runner.collect(of_person).await? {
            let [who, number] = batch.columns() else { return Err(Error::Bug("columns of numbers".to_owned())) };
            persons.extend_from_slice(who.as_primitive::<Int64Type>().values());
            numbers.extend_from_slice(number.as_primitive::<Float64Type>().values());
        }
        beyond(reason, &persons, &numbers, self.spec.anonymity.value_floor)
    }
}

fn known(rows: &DataFrame, by: &Expr) -> bool {
    let Expr::Column(Name { name, .. }) = by else { return true };
    rows.schema().has_column_with_unqualified_name(name)
}

fn beyond(reason: Reason, persons: &[i64], numbers: &[f64], fewest: u32) -> Result<Option<Beyond>> {
    let extremes = Extremes { far: FAR, fewest };
    let (who, values) = (Int64Array::from(persons.to_vec()), Float64Array::from(numbers.to_vec()));
    let all_alike = UInt32Array::from_value(0, persons.len());
    let found: std::collections::BTreeSet<i64> =
        extremes.find(reason, &who, &all_alike, &values)?.into_iter().map(|found| found.person).collect();
    let others = persons.iter().zip(numbers).filter(|(person, _)| !found.contains(person)).map(|(_, number)| *number);
    let Some(most) = others.reduce(f64::max) else { return Ok(None) };
    let above = persons.iter().zip(numbers).filter(|(_, number)| **number > most).map(|(person, _)| *person);
    let persons: Vec<i64> = above.collect();
    Ok((!persons.is_empty()).then_some(Beyond { persons, most }))
}

/// Counts who stands out by two codes, or by two codes in their order, among what is about to be released.
pub(super) async fn rare_courses(making: &Making<'_>, drafts: &[Draft]) -> Result<Vec<Peculiar>> {
    let (mut all, mut codes) = (None::<DataFrame>, 0_u32);
    for draft in drafts.iter().filter(|draft| !draft.tree.is_empty()) {
        let day = draft.day().map_or_else(|| null_of(&DataType::Date32), col);
        let number = cast(cast(col("leaf"), DataType::Int64) + lit(i64::from(codes)), DataType::UInt32);
        let met = vec![col("fresh_person"), number.alias("number"), cast(day, DataType::Date32).alias("day")];
        let met = draft.rows.clone().select(met)?;
        codes += draft.tree.len();
        all = Some(match all {
            Some(before) => before.union(met)?,
            None => met,
        });
    }
    let Some(all) = all else { return Ok(Vec::new()) };
    let first = all.aggregate(vec![col("fresh_person"), col("number")], vec![min(col("day")).alias("day")])?;
    let order = ["fresh_person", "day", "number"].map(|name| col(name).sort(true, false));
    let field = |name: &str, kind| Field::new(name, kind, true);
    let schema = Schema::new(vec![field("fresh_person", DataType::Int64), field("number", DataType::UInt32)]);
    let shop = making.shop;
    let written = shop.runner.write(first.sort(order.to_vec())?, Arc::new(schema), shop.scratch, "courses").await?;
    let files: Vec<PathBuf> = written.files.iter().map(|file| scratch_file(shop, &file.name)).collect();
    // Every code that is released is common by itself.
    let fewest = making.spec.anonymity.k.min(making.spec.anonymity.code_floor);
    let mut found = RareCourses::default();
    let parts = CourseStudy::parts(u64::from(codes));
    for part in 0..parts {
        let mut study = CourseStudy::new(fewest, part, parts);
        each_person(&files, |persons, codes| Ok(study.read(persons, codes)?))?;
        each_person(&files, |persons, codes| Ok(study.find(persons, codes, &mut found)?))?;
    }
    let of = |reason, persons: usize| peculiar(reason, "", persons as u64, 0);
    let both = [of(Reason::RarePair, found.pairs.len()), of(Reason::RareSequence, found.sequences.len())];
    Ok(both.into_iter().flatten().collect())
}

/// Reads courses and hands on those of whole persons.
fn each_person(files: &[PathBuf], mut work: impl FnMut(&Int64Array, &UInt32Array) -> Result<()>) -> Result<()> {
    let mut rest = None;
    let mut hand_on = |rows: &arrow::array::RecordBatch| match rows.columns() {
        [persons, codes] => work(persons.as_primitive(), codes.as_primitive::<UInt32Type>()),
        _ => Err(Error::Bug("columns of courses".to_owned())),
    };
    for file in files {
        let opened = std::fs::File::open(file).map_err(Error::io("open", file))?;
        for batch in ParquetRecordBatchReaderBuilder::try_new(opened)?.build()? {
            let batch = batch?;
            let rows = match rest.take() {
                Some(before) => arrow::compute::concat_batches(&batch.schema(), [&before, &batch])?,
                None => batch,
            };
            let settled = rows.columns().first().map_or(0, |persons| settled_rows(persons.as_primitive()));
            hand_on(&rows.slice(0, settled))?;
            rest = Some(rows.slice(settled, rows.num_rows() - settled));
        }
    }
    rest.map_or(Ok(()), |rest| hand_on(&rest))
}

/// Joins what was found: by table and by the whole, in the order of reasons.
pub(super) async fn summary(
    making: &Making<'_>,
    people: &People,
    made: &[Made],
    courses: Vec<Peculiar>,
) -> Result<Vec<Peculiar>> {
    let mut all: Vec<Peculiar> = made.iter().flat_map(|table| table.peculiar.clone()).chain(courses).collect();
    all.extend(peculiar(Reason::OldAge, "person", people.aged(), 0));
    let field = |name: &str, kind| Field::new(name, kind, true);
    let schema = Arc::new(Schema::new(vec![field("secret_person", DataType::Int64), field(CODED, DataType::Boolean)]));
    for table in made.iter().filter(|table| !table.secret.is_empty()) {
        let coded = making.shop.lake.read_files(table.secret.clone(), schema.clone())?.filter(col(CODED))?;
        let persons = count_rows(coded.select(vec![col("secret_person")])?.distinct()?).await?;
        all.extend(peculiar(Reason::ExtremeValue, &table.name, persons, 0));
    }
    all.sort_by(|a, b| (a.reason, &a.table).cmp(&(b.reason, &b.table)));
    Ok(all)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn check(numbers: &[f64], fewest: u32, expect: Option<(&[i64], f64)>) {
        let persons: Vec<i64> = (0..).take(numbers.len()).collect();
        let found = beyond(Reason::ManyVisits, &persons, numbers, fewest).unwrap();
        assert_eq!(found.map(|b| (b.persons, b.most)), expect.map(|(who, most)| (who.to_vec(), most)));
    }

    #[test]
    fn far_more_than_others_is_cut_to_what_others_reach() {
        let usual = [3.0, 4.0, 5.0, 4.0, 3.0, 5.0, 4.0, 6.0];
        check(&usual, 3, None);
        check(&[usual.as_slice(), &[90.0, 80.0]].concat(), 3, Some((&[8, 9], 6.0)));
        // Three who go so often are company enough for each other, however far from the rest.
        check(&[usual.as_slice(), &[90.0, 80.0, 85.0]].concat(), 3, Some((&[8, 10], 80.0)));
        check(&[], 3, None);
    }

    #[test]
    fn few_are_no_matter_of_this() {
        let usual = [30.0, 40.0, 35.0, 38.0, 33.0, 36.0, 34.0, 37.0];
        check(&[usual.as_slice(), &[1.0]].concat(), 3, None);
    }
}
