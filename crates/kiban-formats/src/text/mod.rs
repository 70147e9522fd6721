//! Text as hospitals write it: encodings, dates of two calendars, numbers of two widths.

pub(crate) use charset::{Charset, ascii, without_bom};
pub(crate) use cp932::Cp932;
pub(crate) use date::{
    Day, Instant, JST, Month, Parsed, civil, claim_day, claim_month, digits, instant, iso_day, iso_instant, micros,
};
pub(crate) use number::{decimal, narrow, number};
pub(crate) use result::{Value, range};
pub(crate) use split::{Ends, MOST, leading, split};

mod charset;
mod cp932;
mod date;
pub(crate) mod iso2022;
mod number;
mod result;
mod split;
