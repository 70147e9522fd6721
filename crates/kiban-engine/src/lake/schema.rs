//! Table specifications as Arrow schemas.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use kiban_core::tables::Column;

/// Returns the schema of columns; required ones are not nullable, and the writer refuses a row without them.
pub fn table_schema<'a>(columns: impl IntoIterator<Item = &'a Column>) -> SchemaRef {
    Arc::new(kiban_formats::arrow_schema(columns.into_iter()))
}

/// Returns the same schema with every column nullable.
pub(crate) fn nullable(schema: &SchemaRef) -> SchemaRef {
    let fields: Vec<Field> = schema.fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect();
    Arc::new(Schema::new(fields))
}
