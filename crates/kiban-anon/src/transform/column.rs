//! Columns of any type, as numbers, as codes and back.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{
    ArrayRef, Date32Array, Float64Array, Int16Array, Int32Array, Int64Array, StringArray, StringViewArray, UInt32Array,
    cast::AsArray,
    types::{Date32Type, Float64Type, Int16Type, Int32Type, Int64Type},
};

use crate::error::{Error, Result};

/// A value that sorts as its column does; text that is a number sorts by it.
pub(crate) type Key<'a> = (i64, &'a str);

/// Returns each cell as a key; texts of a column that holds only numbers are ordered as numbers.
pub(crate) fn keys<'a>(column: &'a ArrayRef, name: &str) -> Result<Vec<Option<Key<'a>>>> {
    macro_rules! whole {
        ($($type:ty),*) => {$(
            if let Some(c) = column.as_primitive_opt::<$type>() {
                return Ok(c.iter().map(|v| v.map(|v| (i64::from(v), ""))).collect());
            }
        )*};
    }
    whole!(Int16Type, Int32Type, Int64Type, Date32Type);
    if let Some(c) = column.as_primitive_opt::<Float64Type>() {
        return Ok(c.iter().map(|v| v.map(|v| (ordered(v), ""))).collect());
    }
    if let Some(c) = column.as_boolean_opt() {
        return Ok(c.iter().map(|v| v.map(|v| (i64::from(v), ""))).collect());
    }
    let texts = texts(column).ok_or_else(|| Error::ColumnType { what: name.to_owned() })?;
    let order = parsed(&texts);
    let place = |row: usize| order.as_ref().and_then(|o| o.get(row)).copied().flatten().map_or(0, ordered);
    Ok(texts.into_iter().enumerate().map(|(row, text)| text.map(|text| (place(row), text))).collect())
}

/// Turns a float into a whole number of the same order (IEEE 754 totalOrder).
const fn ordered(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

fn texts(column: &ArrayRef) -> Option<Vec<Option<&str>>> {
    if let Some(c) = column.as_string_opt::<i32>() {
        return Some(c.iter().collect());
    }
    column.as_string_view_opt().map(|c| c.iter().collect())
}

fn parsed(texts: &[Option<&str>]) -> Option<Vec<Option<f64>>> {
    let number = |text: &Option<&str>| match text {
        Some(text) => text.trim().parse().ok().filter(|v: &f64| v.is_finite()).map(Some),
        None => Some(None),
    };
    texts.iter().map(number).collect()
}

/// Returns a column's numbers (whole, decimal, dates as days, or text that is nothing but numbers), if that is what it holds.
pub(crate) fn numbers(column: &ArrayRef) -> Option<Vec<Option<f64>>> {
    if let Some(c) = column.as_primitive_opt::<Float64Type>() {
        return c.iter().all(|v| v.is_none_or(f64::is_finite)).then(|| c.iter().collect());
    }
    if let Some(texts) = texts(column) {
        return parsed(&texts);
    }
    let days = column.as_primitive_opt::<Date32Type>().map(|c| c.iter().map(|v| v.map(f64::from)).collect());
    let short = || column.as_primitive_opt::<Int16Type>().map(|c| c.iter().map(|v| v.map(f64::from)).collect());
    let middle = || column.as_primitive_opt::<Int32Type>().map(|c| c.iter().map(|v| v.map(f64::from)).collect());
    let long = || column.as_primitive_opt::<Int64Type>().map(|c| c.iter().map(|v| v.map(|v| v as f64)).collect());
    days.or_else(short).or_else(middle).or_else(long)
}

/// Returns numbers as a column of the type of another: whole numbers and days are rounded, text stays text.
pub(crate) fn like(column: &ArrayRef, numbers: &[Option<f64>]) -> ArrayRef {
    let all = || numbers.iter().copied();
    if column.as_primitive_opt::<Float64Type>().is_some() {
        Arc::new(all().collect::<Float64Array>())
    } else if column.as_primitive_opt::<Int64Type>().is_some() {
        Arc::new(all().map(|v| v.map(|v| v.round() as i64)).collect::<Int64Array>())
    } else if column.as_primitive_opt::<Int32Type>().is_some() {
        Arc::new(all().map(|v| v.map(|v| v.round() as i32)).collect::<Int32Array>())
    } else if column.as_primitive_opt::<Int16Type>().is_some() {
        Arc::new(all().map(|v| v.map(|v| v.round() as i16)).collect::<Int16Array>())
    } else if column.as_primitive_opt::<Date32Type>().is_some() {
        Arc::new(all().map(|v| v.map(|v| v.round() as i32)).collect::<Date32Array>())
    } else if column.as_string_view_opt().is_some() {
        Arc::new(all().map(|v| v.map(|v| v.to_string())).collect::<StringViewArray>())
    } else {
        Arc::new(all().map(|v| v.map(|v| v.to_string())).collect::<StringArray>())
    }
}

/// Returns the rank of each cell among the column's distinct values, from 0.
pub(crate) fn codes(column: &ArrayRef, name: &str) -> Result<Vec<Option<u32>>> {
    let keys = keys(column, name)?;
    let mut distinct: Vec<Key<'_>> = keys.iter().flatten().copied().collect();
    distinct.sort_unstable();
    distinct.dedup();
    Ok(keys.iter().map(|key| key.and_then(|key| distinct.binary_search(&key).ok()).map(|rank| rank as u32)).collect())
}

/// Returns one code per combination of codes.
pub(crate) fn joint(columns: &[Vec<Option<u32>>], rows: usize) -> Vec<u32> {
    let mut known: BTreeMap<Vec<Option<u32>>, u32> = BTreeMap::new();
    let tuple = |row| columns.iter().map(|c| c.get(row).copied().flatten()).collect::<Vec<_>>();
    (0..rows)
        .map(|row| {
            let fresh = known.len() as u32;
            *known.entry(tuple(row)).or_insert(fresh)
        })
        .collect()
}

/// Returns the cells of other rows, empty where none is named.
pub(crate) fn take(column: &ArrayRef, rows: impl Iterator<Item = Option<usize>>, name: &str) -> Result<ArrayRef> {
    let rows: UInt32Array = rows.map(|row| row.and_then(|row| u32::try_from(row).ok())).collect();
    arrow_select::take::take(column, &rows, None).map_err(|_| Error::ColumnType { what: name.to_owned() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use arrow_array::types::{ArrowPrimitiveType, UInt8Type};

    use super::*;

    #[test]
    fn codes_follow_the_order_of_the_values() {
        let check = |column: ArrayRef, expect: &[Option<u32>]| assert_eq!(codes(&column, "c").unwrap(), expect);
        check(
            Arc::new(StringArray::from(vec![Some("10"), Some("9"), None, Some("10")])),
            &[Some(1), Some(0), None, Some(1)],
        );
        check(Arc::new(StringArray::from(vec!["b", "10", "a"])), &[Some(2), Some(0), Some(1)]);
        check(Arc::new(Float64Array::from(vec![0.5, -1.0, -2.0, 3.0])), &[Some(2), Some(1), Some(0), Some(3)]);
        check(Arc::new(Int64Array::from(vec![None, Some(7)])), &[None, Some(0)]);
        let list: ArrayRef = arrow_array::new_null_array(&UInt8Type::DATA_TYPE, 1);
        assert!(codes(&list, "c").is_err());
    }

    #[test]
    fn numbers_come_back_in_the_type_they_had() {
        let columns: [ArrayRef; 4] = [
            Arc::new(Int32Array::from(vec![Some(1), None])),
            Arc::new(StringArray::from(vec![Some("1"), None])),
            Arc::new(Float64Array::from(vec![Some(1.0), None])),
            Arc::new(Date32Array::from(vec![Some(1), None])),
        ];
        for column in columns {
            let read = numbers(&column).unwrap();
            assert_eq!(read, [Some(1.0), None]);
            assert_eq!(&like(&column, &read), &column);
        }
        let words: ArrayRef = Arc::new(StringArray::from(vec!["1", "x"]));
        assert_eq!(numbers(&words), None);
    }
}
