//! Text as hospitals write it: encodings, dates of two calendars, numbers of two widths.

pub(crate) use cp932::Cp932;
pub(crate) use date::{
    Day, Era, Instant, Month, Parsed, Repair, civil, claim_day, claim_month, days_in_month, era_letter_day, iso_day,
    iso_instant,
};
pub(crate) use number::{narrow, number};

mod cp932;
mod date;
mod number;
