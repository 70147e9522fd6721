//! Column builders: one row type per source table, borrowed fields in, Arrow batches out.

use std::{
    ops::Range,
    sync::{Arc, LazyLock},
};

use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BooleanArray, Int32Array, Int64Array, PrimitiveArray, RecordBatch, StringArray,
    new_null_array,
    types::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType},
};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use kiban_core::{
    DeliverySeq, FacilityCode, PatientRef,
    tables::{Column, ColumnType, SOURCE_TABLES, SourceTable},
};

use crate::text::{Day, Instant};

static UTC: LazyLock<DataType> = LazyLock::new(|| DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));

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
        ColumnType::Instant => UTC.clone(),
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

impl Lineage {
    /// Returns whether two rows differ at most in where they stand and which record they are.
    fn is_of_document(&self, other: &Self) -> bool {
        let shared = |at: &Self| (at.document, at.patient, at.version, at.file, at.deleted);
        shared(self) == shared(other)
    }
}

#[derive(Debug, Default)]
struct LineageColumns {
    offset: Vec<i64>,
    record: Vec<i64>,
    /// What the rows of one document share, and how many rows in a row share it.
    shared: Vec<(Lineage, usize)>,
    /// The columns that say whose the rows are, of the last batch: most batches are of one size and one delivery.
    owner: Option<((FacilityCode, DeliverySeq), [ArrayRef; 2])>,
}

/// Takes a full vector and leaves one with room for as much and a little more.
fn taken<T>(column: &mut Vec<T>) -> Vec<T> {
    let capacity = column.len() + column.len() / 16;
    std::mem::replace(column, Vec::with_capacity(capacity))
}

impl LineageColumns {
    #[inline]
    fn push(&mut self, at: &Lineage) {
        self.offset.push(at.offset.cast_signed());
        self.record.push(at.record);
        match self.shared.last_mut() {
            Some((known, rows)) if at.is_of_document(known) => *rows += 1,
            _ => self.shared.push((*at, 1)),
        }
    }

    fn finish(&mut self, owner: (FacilityCode, DeliverySeq)) -> Vec<ArrayRef> {
        let [facility, delivery] = self.owner(owner, self.offset.len());
        let arrays: Vec<ArrayRef> = vec![
            facility,
            delivery,
            Arc::new(Int32Array::from(self.repeated(|at| at.file.cast_signed()))),
            Arc::new(Int64Array::from(taken(&mut self.offset))),
            Arc::new(Int64Array::from(self.repeated(|at| at.patient.get()))),
            Arc::new(Int64Array::from(taken(&mut self.record))),
            Arc::new(Int64Array::from(self.repeated(|at| at.document))),
            Arc::new(Int64Array::from(self.repeated(|at| at.version))),
            Arc::new(BooleanArray::from(self.repeated(|at| at.deleted))),
        ];
        self.shared.clear();
        arrays
    }

    fn owner(&mut self, owner: (FacilityCode, DeliverySeq), rows: usize) -> [ArrayRef; 2] {
        match &self.owner {
            Some((of, [facility, delivery])) if *of == owner && facility.len() == rows => {
                [Arc::clone(facility), Arc::clone(delivery)]
            }
            _ => {
                let facility = Arc::new(StringArray::new_repeated(owner.0.as_str(), rows));
                let delivery = Arc::new(Int32Array::from_value(owner.1.cast_signed(), rows));
                let arrays: [ArrayRef; 2] = [facility, delivery];
                self.owner = Some((owner, arrays.clone()));
                arrays
            }
        }
    }

    fn repeated<T: Copy>(&self, of: impl Fn(&Lineage) -> T) -> Vec<T> {
        let mut column = Vec::with_capacity(self.shared.iter().map(|(_, rows)| rows).sum());
        for (at, rows) in &self.shared {
            column.extend(std::iter::repeat_n(of(at), *rows));
        }
        column
    }
}

/// A row of one source table, its fields borrowed from the input.
pub(crate) trait Row {
    const TABLE: SourceTable;
    /// Appends the row and returns how many rows the table now holds.
    fn push(&self, at: &Lineage, into: &mut Tables) -> usize;
}

/// The empty cells of a column, run by run: most cells of most tables are empty, and an empty cell costs nothing.
#[derive(Debug, Default)]
struct Gaps(Vec<Range<usize>>);

impl Gaps {
    /// Takes the gaps of a column of `rows` rows.
    fn take(&mut self, rows: usize) -> Option<NullBuffer> {
        if self.0.is_empty() {
            return None;
        }
        let mut valid = BooleanBufferBuilder::new(rows);
        for gap in self.0.drain(..) {
            valid.append_n(gap.start - valid.len(), true);
            valid.append_n(gap.len(), false);
        }
        valid.append_n(rows - valid.len(), true);
        Some(NullBuffer::new(valid.build()))
    }
}

/// Appends a value to a column, whose rows since the last one are empty.
trait Append<T> {
    /// Puts a value into a row.
    fn add(&mut self, row: usize, value: T);
}

/// A value of fixed width.
trait Cell {
    type Arrow: ArrowPrimitiveType;
    fn native(self) -> <Self::Arrow as ArrowPrimitiveType>::Native;
    fn data_type() -> DataType {
        Self::Arrow::DATA_TYPE
    }
}

macro_rules! cells {
    ($($Cell:ty, $Arrow:ty: $v:ident => $native:expr;)+) => {$(
        impl Cell for $Cell {
            type Arrow = $Arrow;
            #[inline]
            fn native(self) -> <$Arrow as ArrowPrimitiveType>::Native {
                let $v = self;
                $native
            }
        }
    )+};
}

cells! {
    i32, Int32Type: v => v;
    i64, Int64Type: v => v;
    f64, Float64Type: v => v;
    Day, Date32Type: v => v.0;
}

impl Cell for Instant {
    type Arrow = TimestampMicrosecondType;
    #[inline]
    fn native(self) -> i64 {
        self.0
    }
    fn data_type() -> DataType {
        UTC.clone()
    }
}

/// A column of values of fixed width.
#[derive(Debug)]
struct Values<C: Cell> {
    values: Vec<<C::Arrow as ArrowPrimitiveType>::Native>,
    gaps: Gaps,
}

impl<C: Cell> Default for Values<C> {
    fn default() -> Self {
        Self { values: Vec::new(), gaps: Gaps::default() }
    }
}

impl<C: Cell> Values<C> {
    fn skip_to(&mut self, row: usize) {
        self.gaps.0.push(self.values.len()..row);
        self.values.resize(row, Default::default());
    }

    fn finish(&mut self, rows: usize) -> ArrayRef {
        if self.values.is_empty() {
            return new_null_array(&C::data_type(), rows);
        }
        if self.values.len() < rows {
            self.skip_to(rows);
        }
        let array = PrimitiveArray::<C::Arrow>::new(taken(&mut self.values).into(), self.gaps.take(rows));
        Arc::new(array.with_data_type(C::data_type()))
    }
}

impl<C: Cell> Append<C> for Values<C> {
    #[inline]
    fn add(&mut self, row: usize, value: C) {
        if self.values.len() < row {
            self.skip_to(row);
        }
        self.values.push(value.native());
    }
}

impl<C: Cell> Append<Option<C>> for Values<C> {
    #[inline]
    fn add(&mut self, row: usize, value: Option<C>) {
        if let Some(value) = value {
            self.add(row, value);
        }
    }
}

/// A column of texts.
#[derive(Debug)]
struct Texts {
    bytes: Vec<u8>,
    /// Where each text begins, and where the last one ends.
    offsets: Vec<i32>,
    gaps: Gaps,
}

impl Default for Texts {
    fn default() -> Self {
        Self { bytes: Vec::new(), offsets: vec![0], gaps: Gaps::default() }
    }
}

impl Texts {
    /// Returns where the next text begins. A batch of more than 2 GiB does not pass the array's own checks.
    fn end(&self) -> i32 {
        i32::try_from(self.bytes.len()).unwrap_or(i32::MIN)
    }

    fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    #[inline]
    fn push(&mut self, value: &str) {
        self.bytes.extend_from_slice(value.as_bytes());
        self.offsets.push(self.end());
    }

    fn skip_to(&mut self, row: usize) {
        self.gaps.0.push(self.rows()..row);
        self.offsets.resize(row + 1, self.end());
    }

    fn finish(&mut self, rows: usize) -> ArrayRef {
        if self.rows() == 0 {
            return Arc::new(StringArray::new_null(rows));
        }
        if self.rows() < rows {
            self.skip_to(rows);
        }
        let offsets = OffsetBuffer::new(taken(&mut self.offsets).into());
        self.offsets.push(0);
        Arc::new(StringArray::new(offsets, taken(&mut self.bytes).into(), self.gaps.take(rows)))
    }
}

impl Append<&str> for Texts {
    #[inline]
    fn add(&mut self, row: usize, value: &str) {
        if self.rows() < row {
            self.skip_to(row);
        }
        self.push(value);
    }
}

/// Empty text is no value.
impl Append<Option<&str>> for Texts {
    #[inline]
    fn add(&mut self, row: usize, value: Option<&str>) {
        if let Some(text) = value.filter(|text| !text.is_empty()) {
            self.add(row, text);
        }
    }
}

/// A column of texts of which the same one often stands in many rows on end, as code systems do: run by run.
#[derive(Debug, Default)]
struct Words {
    rows: usize,
    /// The texts of the runs, end to end.
    bytes: Vec<u8>,
    /// Where the text of each run begins, and how many rows have it. Empty cells are a run of empty text.
    runs: Vec<(usize, usize)>,
    gaps: Gaps,
}

impl Words {
    #[inline]
    fn extend(&mut self, value: &str, rows: usize) {
        match self.runs.last_mut() {
            Some((start, run)) if self.bytes.get(*start..) == Some(value.as_bytes()) => *run += rows,
            _ => {
                self.runs.push((self.bytes.len(), rows));
                self.bytes.extend_from_slice(value.as_bytes());
            }
        }
        self.rows += rows;
    }

    fn skip_to(&mut self, row: usize) {
        self.gaps.0.push(self.rows..row);
        self.extend("", row - self.rows);
    }

    fn finish(&mut self, rows: usize) -> ArrayRef {
        let Self { rows: held, bytes, runs, gaps } = std::mem::take(self);
        let text = |span: Range<usize>| bytes.get(span).and_then(|text| std::str::from_utf8(text).ok());
        if let ([_], true, Some(text)) = (&*runs, held == rows && gaps.0.is_empty(), text(0..bytes.len())) {
            return Arc::new(StringArray::new_repeated(text, rows));
        }
        let mut texts = Texts { offsets: Vec::with_capacity(rows + 1), gaps, ..Texts::default() };
        texts.offsets.push(0);
        let mut ends = runs.iter().skip(1).map(|(start, _)| *start).chain([bytes.len()]);
        for (start, rows) in &runs {
            let text = ends.next().and_then(|end| text(*start..end)).unwrap_or_default();
            for _ in 0..*rows {
                texts.push(text);
            }
        }
        texts.finish(rows)
    }
}

impl Append<&str> for Words {
    #[inline]
    fn add(&mut self, row: usize, value: &str) {
        if self.rows < row {
            self.skip_to(row);
        }
        self.extend(value, 1);
    }
}

/// Empty text is no value.
impl Append<Option<&str>> for Words {
    #[inline]
    fn add(&mut self, row: usize, value: Option<&str>) {
        if let Some(text) = value.filter(|text| !text.is_empty()) {
            self.add(row, text);
        }
    }
}

macro_rules! field_type {
    ($life:lifetime required $kind:ident) => { field_type!(@$life $kind) };
    ($life:lifetime optional $kind:ident) => { Option<field_type!(@$life $kind)> };
    (@$life:lifetime Text) => { &$life str };
    (@$life:lifetime Word) => { &$life str };
    (@$life:lifetime Int) => { i32 };
    (@$life:lifetime Long) => { i64 };
    (@$life:lifetime Float) => { f64 };
    (@$life:lifetime Date) => { Day };
    (@$life:lifetime Instant) => { Instant };
}

macro_rules! column_type {
    (Text) => { Texts };
    (Word) => { Words };
    (Int) => { Values<i32> };
    (Long) => { Values<i64> };
    (Float) => { Values<f64> };
    (Date) => { Values<Day> };
    (Instant) => { Values<Instant> };
}

/// Names a column's type as `kiban_core` does.
#[cfg(test)]
macro_rules! declared {
    (Word) => {
        "Text"
    };
    ($kind:ident) => {
        stringify!($kind)
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

                #[inline]
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
                $($name: column_type!($kind),)+
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
            $((SourceTable::$Table, &[$((stringify!($need), stringify!($name), declared!($kind)),)+]),)+
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
        optional code_system: Word,
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
        required kind: Word,
        optional code: Text,
        optional code_text: Text,
        optional code_system: Word,
        optional alt_code: Text,
        optional alt_text: Text,
        optional alt_system: Word,
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
        optional code_system: Word,
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
        optional code_system: Word,
        optional alt_code: Text,
        optional alt_text: Text,
        optional alt_system: Word,
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
        required kind: Word,
        optional code: Text,
        optional code_text: Text,
        optional code_system: Word,
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
