//! The attack by quiet days: where the release's busy and quiet days match the calendar's, the shift is found.

use super::{
    Score,
    attack::{Row, learns, persons},
};

/// Shifts looked at, in days either way: a year and a month.
const REACH: usize = 396;

/// Finds the one shift under which released days fit the calendar best, and takes every date back by it.
///
/// The calendar is known from other persons than those attacked.
pub(super) fn quiet_days(rows: &[Row]) -> Vec<Score> {
    let ends = || rows.iter().flat_map(|row| [row.1, row.2]);
    let (Some(first), Some(last)) = (ends().min(), ends().max()) else { return Vec::new() };
    let known = swing(rows.iter().filter(|row| learns(row.0)).map(|row| row.1), first, last);
    let seen = swing(rows.iter().filter(|row| !learns(row.0)).map(|row| row.2), first, last);
    let fit = |late: usize| {
        let (known, seen) =
            (known.iter().skip(REACH.saturating_sub(late)), seen.iter().skip(late.saturating_sub(REACH)));
        known.zip(seen).map(|(a, b)| a * b).sum::<i64>()
    };
    let late = (0..=2 * REACH).rev().max_by_key(|late| fit(*late)).unwrap_or(REACH);
    let shift = i32::try_from(late).unwrap_or(0) - REACH as i32;
    let score = |days: &[Row]| {
        let hits = days.iter().filter(|row| row.2 - shift == row.1).count();
        (hits as f64 / days.len() as f64, 1.0 / (2 * REACH + 1) as f64)
    };
    persons(rows).filter(|days| days.first().is_some_and(|row| !learns(row.0))).map(score).collect()
}

/// Counts events per day against the week around each day, seven times over: positive is busy, negative quiet.
fn swing(days: impl Iterator<Item = i32>, first: i32, last: i32) -> Vec<i64> {
    let mut count = vec![0_i64; (last - first) as usize + 1];
    for day in days {
        count.get_mut((day - first) as usize).into_iter().for_each(|n| *n += 1);
    }
    let week = |middle: usize| count.iter().skip(middle.saturating_sub(3)).take(7.min(middle + 4)).sum::<i64>();
    count.iter().enumerate().map(|(day, own)| 7 * own - week(day)).collect()
}
