//! Whom a leaked table came from: its rows are held against the marks of every release that the house made.

use std::path::Path;

use kiban_anon::trace::trace;
pub use kiban_anon::trace::{Accusation, Mark, Source, Trace, Tracing};
use kiban_core::{
    keyed_u64,
    tables::{CDM_TABLES, CdmTable},
};

use super::{
    attack::{days, read, schema, texts},
    spec::code_column,
};
use crate::{Error, Result, stages::cdm::date_column};

/// Returns what a released row is known by: its table, its code and its date, and nothing that can be lost besides.
pub(crate) fn token(key: &[u8; 32], table: &str, code: &str, day: i32) -> u64 {
    keyed_u64(key, &[b"row of a release", table.as_bytes(), code.as_bytes(), &day.to_be_bytes()])
}

/// Holds the rows of a leaked table, CSV or Parquet, against the marks of all releases.
///
/// Columns may be lost or stand in another order, and rows be few; the columns of code and date must be there.
///
/// # Errors
/// [`Error::Input`] where it is no table whose rows are marked.
pub fn trace_leak(leak: &Path, key: &[u8; 32], marks: &[Mark]) -> Result<Trace> {
    let (table, code, date) = marked_table(leak)?;
    let mut tokens = Vec::new();
    read(leak, &[Some(code), Some(date)], |cells| {
        let [codes, date] = cells else { return Ok(()) };
        let (codes, (days, _)) = (texts(codes)?, days(date)?);
        let told = codes.iter().zip(days).filter_map(|(code, day)| Some((code?, day?)));
        tokens.extend(told.map(|(code, day)| token(key, table, code, day)));
        Ok(())
    })?;
    Ok(trace(&tokens, marks, &Tracing::default())?)
}

/// Returns which table a file is of, with its columns of code and date.
fn marked_table(leak: &Path) -> Result<(&'static str, &'static str, &'static str)> {
    let columns = schema(leak)?;
    let has = |name: &str| columns.fields().iter().any(|field| field.name().eq_ignore_ascii_case(name));
    let fits = |table: &CdmTable| {
        let (code, date) = (code_column(table.name).ok()?, date_column(table)?);
        (table.name != "death" && has(code) && has(date)).then_some((table.name, code, date))
    };
    CDM_TABLES.iter().find_map(fits).ok_or_else(|| {
        Error::Input(format!(
            "{} is no table whose rows are marked; give one that has both the code and the first day of conditions, drugs, \
             procedures, measurements or observations",
            leak.display()
        ))
    })
}
