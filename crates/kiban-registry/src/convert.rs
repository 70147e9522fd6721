//! Between the words of the house and the portable column types.

use std::str::FromStr;

use jiff::{Timestamp, civil::Date};
use kiban_core::{FacilityCode, PatientRef};

use crate::Error;

pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(crate) fn instant(micros: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(micros).map_err(|_| Error::Corrupt("time"))
}

pub(crate) fn maybe_instant(micros: Option<i64>) -> Result<Option<Timestamp>, Error> {
    micros.map(instant).transpose()
}

pub(crate) fn day(text: &str) -> Result<Date, Error> {
    text.parse().map_err(|_| Error::Corrupt("day"))
}

pub(crate) fn maybe_day(text: Option<&str>) -> Result<Option<Date>, Error> {
    text.map(day).transpose()
}

/// Reads a closed word back.
pub(crate) fn word<T: FromStr>(text: &str, what: &'static str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Corrupt(what))
}

pub(crate) fn facility(text: &str) -> Result<FacilityCode, Error> {
    word(text, "facility code")
}

pub(crate) fn patient(number: i64) -> Result<PatientRef, Error> {
    PatientRef::new(number).map_err(|_| Error::Corrupt("patient reference"))
}

/// Puts a count into a column.
pub(crate) fn column(number: u64, what: &'static str) -> Result<i64, Error> {
    i64::try_from(number).map_err(|_| Error::Range(what))
}

/// Reads a count or a small number back.
pub(crate) fn number<T: TryFrom<i64>>(column: i64, what: &'static str) -> Result<T, Error> {
    T::try_from(column).map_err(|_| Error::Corrupt(what))
}

/// Numbers the rows of one event.
pub(crate) fn line(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// Takes a salt, a digest or a nonce out of its column.
pub(crate) fn bytes<const N: usize>(column: &[u8], what: &'static str) -> Result<[u8; N], Error> {
    column.try_into().map_err(|_| Error::Corrupt(what))
}
