//! Values and categories: what too few persons share is blanked, what lies beyond the others is coded to the nearest
//! value that enough persons reach (ordinance items 4 and 5).

use arrow::{
    array::AsArray,
    datatypes::{DataType, Int64Type},
};
use datafusion::{
    common::JoinType,
    functions::core::expr_fn::{greatest, least},
    logical_expr::{Expr, cast},
    prelude::{DataFrame, coalesce, col, lit, when},
};
use kiban_core::tables::{CdmTable, Column, ColumnType, Privacy};

use super::{
    Workshop,
    events::{CODED, is_concept, null_of},
};
use crate::{
    Error, Result,
    holders::{holders, reached_from_above, reached_from_below},
    release::spec::{ReleaseSpec, says_what},
};

/// Returns rows whose chosen categories and values are common enough.
pub(super) async fn common(
    shop: Workshop<'_>,
    spec: &ReleaseSpec,
    table: &CdmTable,
    columns: &[&'static Column],
    rows: DataFrame,
) -> Result<DataFrame> {
    let source = rows.clone();
    let mut rows = rows.with_column(CODED, lit(false))?;
    for column in columns.iter().filter(|c| c.privacy == Privacy::Clinical && !says_what(table.name, c)) {
        rows = if is_category(column) {
            categories(shop, spec, column, &source, rows).await?
        } else {
            extremes(spec, column, &source, rows)?
        };
    }
    Ok(rows)
}

/// Returns whether a column holds words or concepts rather than amounts.
pub(super) fn is_category(column: &Column) -> bool {
    column.kind == ColumnType::Text || is_concept(column)
}

/// Blanks words and concepts that fewer persons than the floor have.
async fn categories(
    shop: Workshop<'_>,
    spec: &ReleaseSpec,
    column: &Column,
    source: &DataFrame,
    rows: DataFrame,
) -> Result<DataFrame> {
    let floor = i64::from(spec.anonymity.code_floor);
    let shared = source
        .clone()
        .aggregate(
            vec![col(column.name)],
            vec![holders(col("fresh_person"), spec.anonymity.code_floor).alias("holders")],
        )?
        .filter(col("holders").gt_eq(lit(floor)).and(col(column.name).is_not_null()))?
        .select(vec![col(column.name)])?
        .sort(vec![col(column.name).sort(true, false)])?;
    let mut allowed: Vec<Expr> = Vec::new();
    for batch in shop.runner.collect(shared).await? {
        let [values] = batch.columns() else { return Err(Error::Bug("values of a category".to_owned())) };
        match column.kind {
            ColumnType::Text => allowed.extend(values.as_string::<i32>().iter().flatten().map(lit)),
            _ => allowed.extend(values.as_primitive::<Int64Type>().iter().flatten().map(lit)),
        }
    }
    let kind = crate::lake::table_schema([column]).field(0).data_type().clone();
    let blank = if is_concept(column) { lit(0_i64) } else { null_of(&kind) };
    let kept = when(col(column.name).in_list(allowed, false), col(column.name)).otherwise(blank)?;
    Ok(rows.with_column(column.name, kept)?)
}

/// Codes amounts, for each code, to the span that at least the floor's number of persons reach at either end; where
/// fewer persons have an amount at all it is blanked.
fn extremes(spec: &ReleaseSpec, column: &Column, source: &DataFrame, rows: DataFrame) -> Result<DataFrame> {
    let floor = spec.anonymity.value_floor;
    let amounts = source.clone().filter(col(column.name).is_not_null())?;
    let amount = || cast(col(column.name), DataType::Float64);
    let (code, top, bottom) =
        (format!("{}_code", column.name), format!("{}_top", column.name), format!("{}_bottom", column.name));
    let limits = amounts.aggregate(
        vec![col("released_code").alias(&code)],
        vec![
            reached_from_above(amount(), col("fresh_person"), floor).alias(&top),
            reached_from_below(amount(), col("fresh_person"), floor).alias(&bottom),
        ],
    )?;
    let rows = rows.join(limits, JoinType::Left, &["released_code"], &[code.as_str()], None)?;
    let kind = crate::lake::table_schema([column]).field(0).data_type().clone();
    // A span turned inside out belongs to so few persons that both ends are the same few: nothing is shown.
    let known = col(&top).is_not_null().and(col(&bottom).lt_eq(col(&top))).and(col(column.name).is_not_null());
    let coded = greatest(vec![least(vec![col(column.name), col(&top)]), col(&bottom)]);
    let far = known.clone().and(coded.clone().not_eq(col(column.name)));
    let shown = when(known, cast(coded, kind.clone())).otherwise(null_of(&kind))?;
    let rows = rows.with_column(CODED, col(CODED).or(coalesce(vec![far, lit(false)])))?;
    Ok(rows.with_column(column.name, shown)?.drop_columns(&[code.as_str(), &top, &bottom])?)
}
