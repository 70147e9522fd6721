//! Column builders: one row type per source table, borrowed fields in, Arrow batches out.

use std::sync::{Arc, LazyLock};

use arrow_array::{
    ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray,
    builder::{
        ArrayBuilder, Date32Builder, Float64Builder, Int32Builder, Int64Builder, StringBuilder,
        TimestampMicrosecondBuilder,
    },
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use kiban_core::{
    DeliverySeq, FacilityCode, PatientRef,
    tables::{Column, ColumnType, SOURCE_TABLES, SourceTable},
};

use crate::text::{Day, Instant};

/// Returns the Arrow schema of columns as specified in `kiban_core::tables`.
///
/// ```
/// use kiban_core::tables::SourceTable;
/// let schema = kiban_formats::arrow_schema(SourceTable::Death.columns());
/// assert_eq!(schema.field(0).name(), "facility");
/// ```
pub fn arrow_schema<'a>(columns: impl Iterator<Item = &'a Column>) -> Schema {
    let kind = |kind| match kind {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Int => DataType::Int32,
        ColumnType::Long => DataType::Int64,
        ColumnType::Float => DataType::Float64,
        ColumnType::Date => DataType::Date32,
        ColumnType::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ColumnType::Bool => DataType::Boolean,
    };
    Schema::new(columns.map(|c| Field::new(c.name, kind(c.kind), !c.required)).collect::<Vec<_>>())
}

static SCHEMAS: LazyLock<Vec<(SourceTable, SchemaRef)>> =
    LazyLock::new(|| SOURCE_TABLES.iter().map(|table| (*table, Arc::new(arrow_schema(table.columns())))).collect());

fn schema(table: SourceTable) -> SchemaRef {
    let known = SCHEMAS.iter().find(|(of, _)| *of == table).map(|(_, schema)| Arc::clone(schema));
    known.unwrap_or_else(|| Arc::new(arrow_schema(table.columns())))
}

/// Where a row came from and what it is a version of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lineage {
    pub(crate) file: u32,
    pub(crate) offset: u64,
    pub(crate) patient: PatientRef,
    pub(crate) record: i64,
    pub(crate) document: i64,
    pub(crate) version: i64,
    pub(crate) deleted: bool,
}

#[derive(Debug, Default)]
struct LineageColumns {
    file: Vec<i32>,
    offset: Vec<i64>,
    patient: Vec<i64>,
    record: Vec<i64>,
    document: Vec<i64>,
    version: Vec<i64>,
    deleted: Vec<bool>,
}

/// Takes a full vector and leaves one of the same capacity.
fn taken<T>(column: &mut Vec<T>) -> Vec<T> {
    let capacity = column.len();
    std::mem::replace(column, Vec::with_capacity(capacity))
}

impl LineageColumns {
    fn push(&mut self, at: &Lineage) {
        self.file.push(at.file.cast_signed());
        self.offset.push(at.offset.cast_signed());
        self.patient.push(at.patient.get());
        self.record.push(at.record);
        self.document.push(at.document);
        self.version.push(at.version);
        self.deleted.push(at.deleted);
    }

    fn finish(&mut self, owner: (FacilityCode, DeliverySeq)) -> Vec<ArrayRef> {
        let (facility, rows) = (owner.0, self.file.len());
        vec![
            Arc::new(StringArray::from_iter_values(std::iter::repeat_n(facility.as_str(), rows))),
            Arc::new(Int32Array::from_value(owner.1.cast_signed(), rows)),
            Arc::new(Int32Array::from(taken(&mut self.file))),
            Arc::new(Int64Array::from(taken(&mut self.offset))),
            Arc::new(Int64Array::from(taken(&mut self.patient))),
            Arc::new(Int64Array::from(taken(&mut self.record))),
            Arc::new(Int64Array::from(taken(&mut self.document))),
            Arc::new(Int64Array::from(taken(&mut self.version))),
            Arc::new(BooleanArray::from(taken(&mut self.deleted))),
        ]
    }
}

/// A row of one source table, its fields borrowed from the input.
pub(crate) trait Row {
    const TABLE: SourceTable;
    /// Appends the row and returns how many rows the table now holds.
    fn push(&self, at: &Lineage, into: &mut Tables) -> usize;
}

/// A column that appends what is missing only when a value comes: most cells of most tables are empty, and an empty
/// cell costs nothing.
#[derive(Debug, Default)]
struct Sparse<B>(B);

trait Builder {
    fn rows(&self) -> usize;
    fn missing(&mut self, rows: usize);
    fn array(&mut self) -> ArrayRef;
}

impl<B: Builder> Sparse<B> {
    /// Brings the column to `rows` rows.
    fn fill(&mut self, rows: usize) {
        let have = self.0.rows();
        if have < rows {
            self.0.missing(rows - have);
        }
    }

    fn finish(&mut self, rows: usize) -> ArrayRef {
        self.fill(rows);
        self.0.array()
    }
}

trait Append<T> {
    /// Puts a value into a row.
    fn add(&mut self, row: usize, value: T);
}

impl Append<&str> for Sparse<StringBuilder> {
    fn add(&mut self, row: usize, value: &str) {
        self.fill(row);
        self.0.append_value(value);
    }
}

/// Empty text is no value.
impl Append<Option<&str>> for Sparse<StringBuilder> {
    #[inline]
    fn add(&mut self, row: usize, value: Option<&str>) {
        if let Some(text) = value.filter(|text| !text.is_empty()) {
            self.add(row, text);
        }
    }
}

macro_rules! builders {
    ($($builder:ident $value:ty: $v:ident => $as:expr;)+) => {$(
        impl Append<$value> for Sparse<$builder> {
            fn add(&mut self, row: usize, $v: $value) {
                self.fill(row);
                self.0.append_value($as);
            }
        }
        impl Append<Option<$value>> for Sparse<$builder> {
            #[inline]
            fn add(&mut self, row: usize, value: Option<$value>) {
                if let Some(value) = value {
                    self.add(row, value);
                }
            }
        }
        builders!(@builder $builder);
    )+};
    (@builder TimestampMicrosecondBuilder) => {
        impl Builder for TimestampMicrosecondBuilder {
            builders!(@length);
            fn array(&mut self) -> ArrayRef {
                Arc::new(self.finish().with_timezone("UTC"))
            }
        }
    };
    (@builder $builder:ident) => {
        impl Builder for $builder {
            builders!(@length);
            fn array(&mut self) -> ArrayRef {
                Arc::new(self.finish())
            }
        }
    };
    (@length) => {
        fn rows(&self) -> usize {
            self.len()
        }
        fn missing(&mut self, rows: usize) {
            self.append_nulls(rows);
        }
    };
}

builders! {
    Int32Builder i32: v => v;
    Int64Builder i64: v => v;
    Float64Builder f64: v => v;
    Date32Builder Day: v => v.0;
    TimestampMicrosecondBuilder Instant: v => v.0;
}

impl Builder for StringBuilder {
    builders!(@length);
    fn array(&mut self) -> ArrayRef {
        Arc::new(self.finish())
    }
}

macro_rules! field_type {
    ($life:lifetime required $kind:ident) => { field_type!(@$life $kind) };
    ($life:lifetime optional $kind:ident) => { Option<field_type!(@$life $kind)> };
    (@$life:lifetime Text) => { &$life str };
    (@$life:lifetime Int) => { i32 };
    (@$life:lifetime Long) => { i64 };
    (@$life:lifetime Float) => { f64 };
    (@$life:lifetime Date) => { Day };
    (@$life:lifetime Instant) => { Instant };
}

macro_rules! builder_type {
    (Text) => {
        StringBuilder
    };
    (Int) => {
        Int32Builder
    };
    (Long) => {
        Int64Builder
    };
    (Float) => {
        Float64Builder
    };
    (Date) => {
        Date32Builder
    };
    (Instant) => {
        TimestampMicrosecondBuilder
    };
}

/// Declares the row types, their builders and [`Tables`], which holds one builder per table. A test keeps the columns
/// equal to those of `kiban_core`.
macro_rules! tables {
    ($($Row:ident, $Columns:ident, $field:ident: $Table:ident {
        $($need:ident $name:ident: $kind:ident,)+
    })+) => {
        $(
            #[derive(Debug, Clone, Copy, Default)]
            pub(crate) struct $Row<'a> {
                $(pub(crate) $name: field_type!('a $need $kind),)+
            }

            impl Row for $Row<'_> {
                const TABLE: SourceTable = SourceTable::$Table;

                fn push(&self, at: &Lineage, into: &mut Tables) -> usize {
                    let columns = into.$field.get_or_insert_default();
                    columns.lineage.push(at);
                    let row = columns.rows;
                    $(columns.$name.add(row, self.$name);)+
                    columns.rows += 1;
                    columns.rows
                }
            }

            #[derive(Debug, Default)]
            struct $Columns {
                rows: usize,
                lineage: LineageColumns,
                $($name: Sparse<builder_type!($kind)>,)+
            }

            impl $Columns {
                fn finish(&mut self, owner: (FacilityCode, DeliverySeq)) -> Option<RecordBatch> {
                    let rows = std::mem::take(&mut self.rows);
                    if rows == 0 {
                        return None;
                    }
                    let mut arrays = self.lineage.finish(owner);
                    $(arrays.push(self.$name.finish(rows));)+
                    RecordBatch::try_new(schema(SourceTable::$Table), arrays).ok()
                }
            }
        )+

        /// Rows of one delivery on their way into batches.
        #[derive(Debug, Default)]
        pub struct Tables {
            owner: Option<(FacilityCode, DeliverySeq)>,
            $($field: Option<Box<$Columns>>,)+
        }

        impl Tables {
            /// Hands on what is there, in the order of the tables.
            pub fn flush(&mut self, out: &mut dyn FnMut(SourceTable, RecordBatch)) {
                $(self.flush_table(SourceTable::$Table, out);)+
            }

            pub(crate) fn flush_table(&mut self, table: SourceTable, out: &mut dyn FnMut(SourceTable, RecordBatch)) {
                let Some(owner) = self.owner else { return };
                let batch = match table {
                    $(SourceTable::$Table => self.$field.as_mut().and_then(|columns| columns.finish(owner)),)+
                };
                if let Some(batch) = batch {
                    out(table, batch);
                }
            }
        }

        #[cfg(test)]
        const DECLARED: &[(SourceTable, &[(&str, &str, &str)])] = &[
            $((SourceTable::$Table, &[$((stringify!($need), stringify!($name), stringify!($kind)),)+]),)+
        ];
    };
}

impl Tables {
    /// Prepares for rows of a delivery; rows of another are handed on first.
    pub(crate) fn open(&mut self, owner: (FacilityCode, DeliverySeq), out: &mut dyn FnMut(SourceTable, RecordBatch)) {
        if self.owner.is_some_and(|before| before != owner) {
            self.flush(out);
        }
        self.owner = Some(owner);
    }
}

tables! {
    PatientRow, PatientColumns, patient: Patient {
        required local_id: Text,
        optional name_kanji: Text,
        optional name_kana: Text,
        optional name_romaji: Text,
        optional birth_text: Text,
        optional birth_date: Date,
        optional sex: Text,
        optional postal_code: Text,
        optional address: Text,
        optional phone: Text,
    }
    CoverageRow, CoverageColumns, coverage: Coverage {
        optional insurer: Text,
        optional symbol: Text,
        optional number: Text,
        optional branch: Text,
        optional relationship: Text,
        optional plan: Text,
        optional start_date: Date,
        optional end_date: Date,
    }
    VisitRow, VisitColumns, visit: Visit {
        required visit_key: Long,
        required kind: Text,
        optional start_date: Date,
        optional end_date: Date,
        optional start_at: Instant,
        optional end_at: Instant,
        optional department: Text,
        optional department_text: Text,
        optional admitted_from: Text,
        optional discharged_to: Text,
    }
    ConditionRow, ConditionColumns, condition: Condition {
        optional visit_key: Long,
        optional code: Text,
        optional code_text: Text,
        optional code_system: Text,
        optional alt_code: Text,
        optional alt_text: Text,
        optional alt_system: Text,
        optional start_date: Date,
        optional end_date: Date,
        required status: Text,
        optional rank: Text,
        optional outcome: Text,
    }
    DrugRow, DrugColumns, drug: Drug {
        optional visit_key: Long,
        required kind: Text,
        optional code: Text,
        optional code_text: Text,
        optional code_system: Text,
        optional alt_code: Text,
        optional alt_text: Text,
        optional alt_system: Text,
        optional start_date: Date,
        optional end_date: Date,
        optional days_supply: Int,
        optional quantity: Float,
        optional quantity_unit: Text,
        optional dose: Float,
        optional dose_unit: Text,
        optional route: Text,
        optional sig: Text,
    }
    ProcedureRow, ProcedureColumns, procedure: Procedure {
        optional visit_key: Long,
        optional code: Text,
        optional code_text: Text,
        optional code_system: Text,
        optional alt_code: Text,
        optional alt_text: Text,
        optional alt_system: Text,
        optional start_date: Date,
        optional end_date: Date,
        optional quantity: Int,
    }
    MeasurementRow, MeasurementColumns, measurement: Measurement {
        optional visit_key: Long,
        optional specimen_key: Long,
        optional code: Text,
        optional code_text: Text,
        optional code_system: Text,
        optional alt_code: Text,
        optional alt_text: Text,
        optional alt_system: Text,
        optional start_date: Date,
        optional start_at: Instant,
        optional value_text: Text,
        optional value_number: Float,
        optional operator: Text,
        optional value_code: Text,
        optional value_code_text: Text,
        optional value_code_system: Text,
        optional unit: Text,
        optional range_low: Float,
        optional range_high: Float,
        optional flag: Text,
    }
    ObservationRow, ObservationColumns, observation: Observation {
        optional visit_key: Long,
        required kind: Text,
        optional code: Text,
        optional code_text: Text,
        optional code_system: Text,
        optional alt_code: Text,
        optional alt_text: Text,
        optional alt_system: Text,
        optional start_date: Date,
        optional value_text: Text,
        optional value_number: Float,
        optional value_code: Text,
        optional value_code_text: Text,
        optional value_code_system: Text,
        optional unit: Text,
    }
    SpecimenRow, SpecimenColumns, specimen: Specimen {
        required specimen_key: Long,
        optional code: Text,
        optional code_text: Text,
        optional code_system: Text,
        optional start_date: Date,
    }
    DeathRow, DeathColumns, death: Death {
        optional death_date: Date,
        optional code: Text,
        optional code_text: Text,
        optional code_system: Text,
    }
    CostRow, CostColumns, cost: Cost {
        optional visit_key: Long,
        required item: Text,
        optional code: Text,
        optional code_text: Text,
        optional code_system: Text,
        optional start_date: Date,
        optional points: Float,
        optional yen: Float,
        optional payer: Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_the_core() {
        assert_eq!(DECLARED.len(), SOURCE_TABLES.len());
        for (table, declared) in DECLARED {
            let of = |c: &Column| (if c.required { "required" } else { "optional" }, c.name, format!("{:?}", c.kind));
            let core: Vec<_> = table.own_columns().iter().map(of).collect();
            let here: Vec<_> = declared.iter().map(|(need, name, kind)| (*need, *name, (*kind).to_owned())).collect();
            assert_eq!(here, core, "{}", table.name());
        }
    }
}
