//! The event tables of a release: cut to the window, freed of what stands out, their codes and values made common enough.

use std::{collections::BTreeMap, path::PathBuf};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::{
    common::{JoinType, ScalarValue},
    functions::core::expr_fn::greatest,
    functions_window::expr_fn::row_number,
    logical_expr::{Expr, ExprFunctionExt, cast},
    prelude::{DataFrame, col, lit, when},
};
use kiban_anon::{RareCounts, Reason};
use kiban_core::tables::{CdmTable, Column, ColumnType};

use super::{
    Workshop,
    codes::{self, CodeTree},
    dates::{Dates, was},
    marks::Marker,
    outliers::Peculiar,
    people::{People, gated_rows, lit_date},
    scratch_file, values,
};
use crate::{
    Error, Result,
    dataset::{FileSet, Gated},
    flow::Flow,
    lake::Manifest,
    release::spec::{ReleaseSpec, TableChoice, code_column, says_what},
    runner::Place,
    stages::{
        cdm::{date_column, named},
        standardise::count,
    },
};

/// Whether an amount of a row was coded to the nearest common one: a column that is never released.
pub(super) const CODED: &str = "secret_coded";
/// The released column that tells how precise a row's date is.
pub(super) const DATE_UNIT: &str = "date_unit";

/// What makes the tables of one release.
pub(super) struct Making<'a> {
    pub(super) shop: Workshop<'a>,
    pub(super) spec: &'a ReleaseSpec,
    pub(super) people: &'a People,
    pub(super) dates: &'a Dates,
    pub(super) with_visits: bool,
}

/// A table that was made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) name: String,
    pub(super) columns: Vec<&'static Column>,
    pub(super) manifest: Manifest,
    pub(super) flow: Flow,
    pub(super) codes: Option<RareCounts>,
    pub(super) peculiar: Vec<Peculiar>,
    /// How each row was before, row by row beside the finished files: secret, in the scratch folder.
    pub(super) secret: Vec<PathBuf>,
}

impl Made {
    /// Returns the names of the released dates.
    pub(super) fn dates(&self) -> Vec<&'static str> {
        self.columns.iter().filter(|c| c.kind == ColumnType::Date).map(|c| c.name).collect()
    }

    /// Returns the chosen columns that fit, as `table.column`.
    pub(super) fn columns(&self, fits: impl Fn(&Column) -> bool) -> Vec<String> {
        self.columns.iter().filter(|c| fits(c)).map(|c| format!("{}.{}", self.name, c.name)).collect()
    }
}

/// Returns whether a column holds a concept of OMOP.
pub(super) fn is_concept(column: &Column) -> bool {
    column.name.ends_with("_concept_id")
}

/// A table's rows with common codes, not yet written.
pub(super) struct Draft {
    pub(super) table: &'static CdmTable,
    pub(super) columns: Vec<&'static Column>,
    pub(super) rows: DataFrame,
    pub(super) rows_in: u64,
    pub(super) held: BTreeMap<String, u64>,
    pub(super) tree: CodeTree,
    /// Whether each row tells the unit of its date.
    pub(super) with_units: bool,
    pub(super) peculiar: Vec<Peculiar>,
    codes: Option<RareCounts>,
}

impl Draft {
    /// Returns the column that says what happened, if it or its concept is released.
    pub(super) fn code(&self) -> Option<&'static str> {
        what_happened(self.table).filter(|_| !self.tree.is_empty())
    }

    /// Returns the column of the event's date, if it is chosen.
    pub(super) fn date(&self) -> Option<&'static str> {
        date_column(self.table).filter(|date| self.columns.iter().any(|column| column.name == *date))
    }
}

impl Draft {
    /// Returns the date by which the table is ordered, chosen or not.
    pub(super) fn day(&self) -> Option<&'static str> {
        date_column(self.table)
    }

    /// Returns the columns of dates that are released, the event's own first.
    pub(super) fn told_dates(&self) -> Vec<&'static str> {
        let ends = self.columns.iter().filter(|c| c.kind == ColumnType::Date).map(|c| c.name);
        let own = self.date();
        own.into_iter().chain(ends.filter(|name| Some(*name) != own)).collect()
    }
}

/// Returns the column that says what happened: a code, or the kind of a visit.
pub(crate) fn what_happened(table: &CdmTable) -> Option<&'static str> {
    code_column(table.name).ok().or_else(|| (table.name == "visit_occurrence").then_some("visit_source_value"))
}

impl Making<'_> {
    /// Takes a table's rows of the released people, with codes that enough of them have.
    pub(super) async fn draft(&self, choice: &TableChoice, gated: &FileSet<Gated>) -> Result<Draft> {
        let table = named(&choice.name)?;
        let columns = choice.chosen()?;
        let rows_in = gated.rows(&choice.name);
        let mut held = BTreeMap::new();
        let of_people = self.of_people(table, gated)?;
        let in_cohort = count(of_people.clone()).await?;
        held.insert("out-of-cohort".to_owned(), rows_in - in_cohort);
        let within = self.within(table, &columns, of_people)?;
        let within = self.keep(&within, &format!("{}-within", table.name)).await?;
        held.insert("outside-window".to_owned(), in_cohort - within.1);
        let (usual, peculiar) = self.usual(table, &columns, within.0).await?;
        let left = |reason: Reason| peculiar.iter().filter(|p| p.reason == reason).map(|p| p.rows_held).sum::<u64>();
        let (multiple, many) = (left(Reason::MultipleBirth), left(Reason::ManyVisits) + left(Reason::ManyDrugs));
        held.insert("multiple-birth".to_owned(), multiple);
        held.insert("too-many".to_owned(), many);
        let (coded, codes, tree) = self.coded(table, &columns, usual).await?;
        let coded = self.keep(&coded, &format!("{}-coded", table.name)).await?;
        held.insert("rare-code".to_owned(), within.1 - multiple - many - coded.1);
        Ok(Draft { table, columns, rows: coded.0, rows_in, held, tree, with_units: false, peculiar, codes })
    }

    /// Makes values and categories common among the rows that are left, marks them, writes a table and accounts for its
    /// rows.
    pub(super) async fn finish(&self, mut draft: Draft, marker: Option<&mut Marker<'_>>) -> Result<Made> {
        draft.rows = values::common(self.shop, self.spec, draft.table, &draft.columns, draft.rows).await?;
        if let Some(marker) = marker {
            marker.withhold(self, &mut draft).await?;
        }
        let (manifest, secret) = self.write(&draft).await?;
        let held = draft.held.into_iter().filter(|(_, rows)| *rows > 0).collect();
        let name = draft.table.name.to_owned();
        let flow = Flow {
            facility: None,
            stage: "anonymise".to_owned(),
            table: name.clone(),
            rows_in: draft.rows_in,
            rows_out: manifest.rows(),
            held,
            lost: 0,
        };
        let flow = flow.balanced("anonymise")?;
        Ok(Made { name, columns: draft.columns, manifest, flow, codes: draft.codes, peculiar: draft.peculiar, secret })
    }

    /// Materialises a step, so that plans stay shallow and every count is of the same rows.
    pub(super) async fn keep(&self, rows: &DataFrame, name: &str) -> Result<(DataFrame, u64)> {
        let (files, schema, count) = self.set_aside(rows, name).await?;
        Ok((self.shop.lake.read_files(files, schema)?, count))
    }

    /// Writes rows into the scratch folder; returns the files, their columns and the number of rows.
    pub(super) async fn set_aside(&self, rows: &DataFrame, name: &str) -> Result<(Vec<PathBuf>, SchemaRef, u64)> {
        let fields: Vec<Field> =
            rows.schema().fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect();
        let schema: SchemaRef = std::sync::Arc::new(Schema::new(fields));
        let manifest = self.shop.runner.write(rows.clone(), schema.clone(), self.shop.scratch, name).await?;
        let files = manifest.files.iter().map(|file| scratch_file(self.shop, &file.name)).collect();
        Ok((files, schema, manifest.rows()))
    }

    fn of_people(&self, table: &CdmTable, gated: &FileSet<Gated>) -> Result<DataFrame> {
        let rows = gated_rows(self.shop, gated, table.name)?;
        Ok(rows.join(self.people.secrets(self.shop)?, JoinType::Inner, &["person_id"], &["secret_person"], None)?)
    }

    /// Takes events within the study's window which, moved, lie in the window that everyone shares; an end that comes
    /// before its start is taken to be the start.
    fn within(&self, table: &CdmTable, columns: &[&'static Column], rows: DataFrame) -> Result<DataFrame> {
        let Some(date) = date_column(table) else { return Ok(rows) };
        let (first, last) = self.dates.window();
        let (moved, day) = (|name: &str| self.dates.moved(col(name)), |day: i32| cast(lit(day), DataType::Date32));
        if table.name == "observation_period" {
            let (starts, ends) = (moved(date).lt_eq(day(last)), moved("observation_period_end_date").gt_eq(day(first)));
            return Ok(rows.filter(starts.and(ends))?);
        }
        let window = self.spec.window;
        let mut rows = rows
            .filter(col(date).between(lit_date(window.from), lit_date(window.to)))?
            .filter(moved(date).between(day(first), day(last)))?;
        for end in columns.iter().filter(|c| c.kind == ColumnType::Date && c.name != date) {
            let none = col(end.name).is_null();
            let not_before =
                when(none, null_of(&DataType::Date32)).otherwise(greatest(vec![col(end.name), col(date)]))?;
            rows = rows.with_column(end.name, not_before)?;
        }
        Ok(rows)
    }

    /// Replaces rare codes by groups of their tree and leaves out rows whose code no group covers.
    async fn coded(
        &self,
        table: &CdmTable,
        columns: &[&'static Column],
        rows: DataFrame,
    ) -> Result<(DataFrame, Option<RareCounts>, CodeTree)> {
        let has_code = columns.iter().any(|column| says_what(table.name, column));
        let code = match what_happened(table) {
            Some(code) if has_code || self.tells_visits(columns, code) => code,
            _ => {
                let rows = rows.with_column("released_code", lit(""))?.with_column("leaf", lit(0_i32))?;
                return Ok((rows, None, CodeTree::default()));
            }
        };
        let (map, counts, tree) = codes::map(self.shop, self.spec, table.name, code, rows.clone()).await?;
        let system = datafusion::prelude::coalesce(vec![col("source_system"), lit("")]);
        let rows = rows.with_column("map_system", system)?.join(
            map,
            JoinType::Inner,
            &["map_system", code],
            &["of_system", "of_code"],
            None,
        )?;
        let mut rows = rows;
        for column in columns.iter().filter(|c| says_what(table.name, c) && is_concept(c)) {
            // The concept of a code that was rolled up would tell the code.
            let concept = when(col("as_sent"), col(column.name)).otherwise(lit(0_i64))?;
            rows = rows.with_column(column.name, concept)?;
        }
        Ok((rows.with_column(code, col("released_code"))?, has_code.then_some(counts), tree))
    }

    /// Returns whether the kind of a visit is among what somebody may know of a life.
    fn tells_visits(&self, columns: &[&'static Column], code: &str) -> bool {
        self.spec.anonymity.lives.is_some() && columns.iter().any(|column| column.name == code)
    }

    /// Gives rows their place and fresh ids, and writes the released columns, with what they were beside them.
    async fn write(&self, draft: &Draft) -> Result<(Manifest, Vec<PathBuf>)> {
        let (shop, table) = (self.shop, draft.table);
        let mut rows = numbered(draft.rows.clone(), "fresh_row", &release_order(draft))?;
        // Which events fell on one visit would tell more of their dates than their units do.
        let linked = self.with_visits && !draft.with_units;
        let visits = linked && table.name != "visit_occurrence" && table.column("visit_occurrence_id").is_some();
        if visits {
            let (old, fresh) = ("secret_visit", "fresh_visit");
            rows = rows.join(self.visits()?, JoinType::Left, &["visit_occurrence_id"], &[old], None)?;
            rows = rows.with_column("visit_occurrence_id", col(fresh))?;
        }
        let (schema, secret) = (released_schema(draft, visits), secret_schema(draft));
        let mut exprs: Vec<Expr> = schema.fields().iter().map(|field| released(table, field)).collect();
        exprs.extend(secret.fields().iter().map(|field| col(secret_source(field.name())).alias(field.name())));
        let rows = rows.sort(vec![col("fresh_row").sort(true, false)])?.select(exprs)?;
        let stem = secret_stem(table.name);
        let places = [
            Place { schema, folder: shop.output, stem: table.name },
            Place { schema: secret, folder: shop.scratch, stem: &stem },
        ];
        let [mut manifest, secret] = <[Manifest; 2]>::try_from(shop.runner.write_beside(rows, &places).await?)
            .map_err(|_| Error::Bug("a table was written to other places".to_owned()))?;
        rename_single(shop, table.name, &mut manifest)?;
        Ok((manifest, secret.files.iter().map(|file| scratch_file(shop, &file.name)).collect()))
    }

    /// Returns the fresh ids of visits, from what was written beside their table.
    fn visits(&self) -> Result<DataFrame> {
        let (folder, stem) = (self.shop.scratch, secret_stem("visit_occurrence"));
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(Error::io("list", folder))? {
            let path = entry.map_err(Error::io("list", folder))?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&stem)) {
                files.push(path);
            }
        }
        files.sort_unstable();
        let field = |name: &str| Field::new(name, DataType::Int64, true);
        let schema = std::sync::Arc::new(Schema::new(vec![field("secret_row"), field("secret_visit")]));
        let map = self.shop.lake.read_files(files, schema)?;
        Ok(map.select(vec![col("secret_visit"), col("secret_row").alias("fresh_visit")])?)
    }
}

fn secret_stem(table: &str) -> String {
    format!("{table}-secret")
}

/// Returns the columns that are kept of each row in the scratch folder: its number, its person, its days as they were,
/// whether an amount of it was coded, and of a visit its own id.
fn secret_schema(draft: &Draft) -> SchemaRef {
    let field = |name: &str, kind| Field::new(name, kind, true);
    let mut fields = vec![field("secret_row", DataType::Int64), field("secret_person", DataType::Int64)];
    fields.push(field(CODED, DataType::Boolean));
    if !draft.with_units {
        fields.extend(draft.told_dates().into_iter().map(|date| field(&was(date), DataType::Date32)));
    }
    if draft.table.name == "visit_occurrence" {
        fields.push(field("secret_visit", DataType::Int64));
    }
    std::sync::Arc::new(Schema::new(fields))
}

fn secret_source(name: &str) -> &str {
    match name {
        "secret_row" => "fresh_row",
        "secret_person" => "fresh_person",
        "secret_visit" => "visit_occurrence_id",
        _ => name,
    }
}

/// Returns the table's own id, which tells apart rows of one place in a delivery.
fn first_key(table: &CdmTable) -> Option<&'static str> {
    table.columns.first().map(|column| column.name).filter(|name| *name != "person_id")
}

/// Adds the place of each row in an order that tells all rows apart.
pub(super) fn numbered(rows: DataFrame, name: &str, order: &[String]) -> Result<DataFrame> {
    let order = order.iter().map(|name| col(name.as_str()).sort(true, false)).collect();
    let number = cast(row_number().order_by(order).build()?, DataType::Int64);
    Ok(rows.with_column(name, number)?)
}

/// Returns the columns by which a draft's rows are told apart: person, date, code, the row's own id, and where it came from.
///
/// Ids of the house are hashes, so rows of one person, date and code stand in an order that tells nothing of time.
pub(super) fn source_order(table: &CdmTable) -> Vec<String> {
    let trace = ["facility", "delivery", "file", "offset"];
    let columns = ["fresh_person"].into_iter().chain(date_column(table)).chain(["released_code"]);
    columns.chain(first_key(table)).chain(trace).map(str::to_owned).collect()
}

/// Returns the columns by which a released table is ordered.
///
/// Where dates are told in units, rows of one unit stand in the order of what they tell, which is not that of time.
fn release_order(draft: &Draft) -> Vec<String> {
    if !draft.with_units {
        return source_order(draft.table);
    }
    let told = draft.columns.iter().map(|column| column.name.to_owned());
    let first = ["fresh_person"].into_iter().chain(draft.date()).map(str::to_owned).collect::<Vec<_>>();
    let rest = told.filter(|name| !first.contains(name)).collect::<Vec<_>>();
    [first, rest, vec!["life_row".to_owned()]].concat()
}

/// Returns the schema of a released table: its fresh ids, the chosen columns, and the system of its codes.
fn released_schema(draft: &Draft, visits: bool) -> SchemaRef {
    let (table, columns) = (draft.table, &draft.columns);
    let mut fields: Vec<Field> =
        first_key(table).map(|name| Field::new(name, DataType::Int64, false)).into_iter().collect();
    fields.push(Field::new("person_id", DataType::Int64, false));
    let chosen = crate::lake::table_schema(columns.iter().copied());
    fields.extend(chosen.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)));
    if draft.with_units && draft.date().is_some() {
        fields.push(Field::new(DATE_UNIT, DataType::Utf8, true));
    }
    if visits {
        fields.push(Field::new("visit_occurrence_id", DataType::Int64, true));
    }
    if columns.iter().any(|column| code_column(table.name).is_ok_and(|code| code == column.name)) {
        fields.push(Field::new("source_system", DataType::Utf8, true));
    }
    std::sync::Arc::new(Schema::new(fields))
}

fn released(table: &CdmTable, field: &Field) -> Expr {
    let name = field.name().as_str();
    let value = match name {
        "person_id" => col("fresh_person"),
        _ if first_key(table) == Some(name) => col("fresh_row"),
        _ => col(name),
    };
    cast(value, field.data_type().clone()).alias(name)
}

/// A table of one file is called by its name alone.
fn rename_single(shop: Workshop<'_>, table: &str, manifest: &mut Manifest) -> Result<()> {
    if let [only] = manifest.files.as_mut_slice() {
        let (from, to) = (shop.output.join(&only.name), shop.output.join(format!("{table}.parquet")));
        std::fs::rename(&from, &to).map_err(Error::io("rename", &from))?;
        only.name = format!("{table}.parquet");
    }
    Ok(())
}

/// Returns a null of a column's type.
pub(super) fn null_of(kind: &DataType) -> Expr {
    lit(ScalarValue::try_from(kind).unwrap_or(ScalarValue::Null))
}
