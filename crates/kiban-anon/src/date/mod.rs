//! Dates: what is done to them, the proof that it was done, and what they still give away.
//!
//! A constant shift per person keeps every interval, and intervals single people out. So a rule ([`DateRule`]) may make
//! dates coarse, relative, or make the gaps between them common; whichever it is, one monotone map per person covers
//! all tables. The checkers ([`check_order`], [`date_leaks`]) share no code with the maps.

pub use calendar::{DateUnit, months, years};
pub(crate) use calendar::{days_since_epoch, year_and_month};
pub use leak::{Leak, LeakKind, LeakVerdict, date_leaks};
pub use proof::{DateLoss, Dated, OrderCheck, check_order, count_reversed, date_loss};
pub use rule::{DateMap, DateRule, DateStudy, Grain, coarsen_deaths, settled_rows};
pub use shift::{DateShift, Step, Window, shift};

mod calendar;
mod gaps;
mod leak;
mod nearest;
mod proof;
mod rule;
mod shift;
