//! Text as hospitals write it: encodings, dates of two calendars, numbers of two widths.

pub(crate) use charset::{Charset, without_bom};
pub(crate) use cp932::Cp932;
pub(crate) use date::{
    Day, Instant, JST, Month, Parsed, civil, claim_day, claim_month, digits, instant, iso_day, iso_instant, micros,
};
pub(crate) use number::{narrow, number};
pub(crate) use result::{Value, range};

mod charset;
mod cp932;
mod date;
pub(crate) mod iso2022;
mod number;
mod result;
