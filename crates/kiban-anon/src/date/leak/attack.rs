//! The attacks that look at one person, or at one event, at a time.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Score;
use crate::date::calendar::{civil_from_days, days_from_civil, weekday, year_and_month};

/// Person, day, released day.
pub(super) type Row = (i64, i32, i32);

/// The days of a month and of a year on average.
const MONTH: f64 = 30.436_875;
const YEAR: usize = 366;

/// A person needs so many days for a pile of them to say anything.
const FEWEST_DAYS: usize = 3;

/// First days of the eras 大正, 昭和, 平成 and 令和, as year, month, day.
const ERAS: [(i32, i32, i32); 4] = [(1912, 7, 30), (1926, 12, 25), (1989, 1, 8), (2019, 5, 1)];

/// Iterates over persons.
pub(super) fn persons(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|a, b| a.0 == b.0)
}

/// Parts persons into two halves: on one an attack learns, on the other it is scored.
pub(super) fn learns(person: i64) -> bool {
    crate::fingerprint::mix(person.cast_unsigned()) & 1 == 0
}

fn share(hits: usize, of: usize) -> f64 {
    if of == 0 { 0.0 } else { hits as f64 / of as f64 }
}

/// Returns Cohen's w of released weekdays and half its 95 % interval, each of thirty groups of persons left out in turn.
pub(super) fn weekday_pattern(rows: &[Row]) -> (f64, f64) {
    const GROUPS: usize = 30;
    let mut counts = vec![[0_f64; 7]; GROUPS];
    let mut all = [0_f64; 7];
    let mut days = FxHashSet::default();
    for (person, _, released) in rows {
        let group = (crate::fingerprint::mix(person.cast_unsigned()) % GROUPS as u64) as usize;
        days.insert(*released);
        for counts in counts.get_mut(group).into_iter().chain([&mut all]) {
            counts.get_mut(weekday_of(*released)).into_iter().for_each(|n| *n += 1.0);
        }
    }
    let mut expected = [0_u32; 7];
    for day in &days {
        expected.get_mut(weekday_of(*day)).into_iter().for_each(|n| *n += 1);
    }
    let expected = expected.map(|n| f64::from(n) / days.len().max(1) as f64);
    let left = |own: &[f64; 7]| std::array::from_fn(|d| all.get(d).zip(own.get(d)).map_or(0.0, |(all, own)| all - own));
    let without: Vec<f64> = counts.iter().map(|own| effect(&left(own), &expected)).collect();
    let mean = without.iter().sum::<f64>() / GROUPS as f64;
    let squares: f64 = without.iter().map(|w| (w - mean).powi(2)).sum();
    let error = (squares * (GROUPS - 1) as f64 / GROUPS as f64).sqrt();
    (effect(&all, &expected), 1.96 * error)
}

/// Cohen's w less what chance alone makes of it.
fn effect(counts: &[f64; 7], expected: &[f64; 7]) -> f64 {
    let total: f64 = counts.iter().sum();
    let cell =
        |(n, share): (&f64, &f64)| if *share > 0.0 { (n - total * share).powi(2) / (total * share) } else { 0.0 };
    let chi: f64 = counts.iter().zip(expected).map(cell).sum();
    let freedom = expected.iter().filter(|e| **e > 0.0).count() as f64 - 1.0;
    if total > 0.0 { ((chi - freedom).max(0.0) / total).sqrt() } else { 0.0 }
}

fn weekday_of(day: i32) -> usize {
    weekday(day).unsigned_abs() as usize
}

/// Guesses the weekday by the commonest one, among other persons, behind the released weekday.
pub(super) fn weekday_guess(rows: &[Row]) -> Vec<Score> {
    let mut table = [[0_u64; 7]; 8];
    for (_, was, is) in rows.iter().filter(|row| learns(row.0)) {
        // The last line is for the one who guesses blindly.
        for line in [weekday_of(*is), 7] {
            table.get_mut(line).and_then(|l| l.get_mut(weekday_of(*was))).into_iter().for_each(|n| *n += 1);
        }
    }
    let guess = table.map(|line| (0..7).rev().max_by_key(|day| line.get(*day)).unwrap_or(0));
    let score = |days: &[Row]| {
        let right = |line: &dyn Fn(&Row) -> usize| {
            days.iter().filter(|row| guess.get(line(row)) == Some(&weekday_of(row.1))).count()
        };
        (share(right(&|row| weekday_of(row.2)), days.len()), share(right(&|_| 7), days.len()))
    };
    persons(rows).filter(|days| days.first().is_some_and(|row| !learns(row.0))).map(score).collect()
}

/// Takes the released month for the true one; blind guessing draws a month as often as events lie in it.
pub(super) fn claim_month(rows: &[Row]) -> Vec<Score> {
    let mut months: FxHashMap<(i32, i32), usize> = FxHashMap::default();
    rows.iter().for_each(|row| *months.entry(year_and_month(row.1)).or_insert(0) += 1);
    let blind = |day: i32| share(months.get(&year_and_month(day)).copied().unwrap_or(0), rows.len());
    let score = |days: &[Row]| {
        let hits = days.iter().filter(|row| year_and_month(row.1) == year_and_month(row.2)).count();
        (share(hits, days.len()), days.iter().map(|row| blind(row.2)).sum::<f64>() / days.len() as f64)
    };
    persons(rows).map(score).collect()
}

/// Lays the day of the month on which most of a person's released days lie on the first.
pub(super) fn month_start(rows: &[Row]) -> Vec<Score> {
    let score = |days: &[Row]| {
        let starts = |back: &i32| days.iter().filter(|row| civil_from_days(row.2 - back).2 == 1).count();
        let back = (0..31).rev().max_by_key(starts).unwrap_or(0);
        let hits = days.iter().filter(|row| civil_from_days(row.2 - back).2 == civil_from_days(row.1).2).count();
        (share(hits, days.len()), 1.0 / MONTH)
    };
    persons(rows).filter(|days| days.len() >= FEWEST_DAYS).map(score).collect()
}

/// Finds the persons with an event in another era than it was in.
pub(super) fn era(rows: &[Row]) -> Vec<Score> {
    let era = |day: i32| ERAS.iter().filter(|(y, m, d)| days_from_civil(*y, *m, *d) <= day).count();
    let crosses = |days: &[Row]| (f64::from(u8::from(days.iter().any(|row| era(row.1) != era(row.2)))), 0.0);
    persons(rows).map(crosses).collect()
}

/// Guesses the birthday as the middle of the fifteen days of the year with most of the person's released days.
pub(super) fn birthday(rows: &[Row], births: &[Row]) -> Vec<Score> {
    let born: FxHashMap<i64, i32> = births.iter().map(|row| (row.0, row.1)).collect();
    let score = |days: &[Row]| {
        let birthday = day_of_year(*born.get(&days.first()?.0)?);
        let mut count = [0_u32; YEAR];
        days.iter().for_each(|row| count.get_mut(day_of_year(row.2)).into_iter().for_each(|n| *n += 1));
        let near = |middle: &usize| (0..15).filter_map(|i| count.get((middle + YEAR - 7 + i) % YEAR)).sum::<u32>();
        let guess = (0..YEAR).rev().max_by_key(near)?;
        let apart = guess.abs_diff(birthday);
        Some((f64::from(u8::from(apart.min(YEAR - apart) <= 7)), 15.0 / YEAR as f64))
    };
    persons(rows).filter(|days| days.len() >= FEWEST_DAYS).filter_map(score).collect()
}

fn day_of_year(day: i32) -> usize {
    let (year, _, _) = civil_from_days(day);
    (day - days_from_civil(year, 1, 1)).unsigned_abs() as usize
}

/// Takes the released day of death for the true one; blind guessing within the month is right once a month.
pub(super) fn death(rows: &[Row]) -> Vec<Score> {
    rows.iter().map(|row| (f64::from(u8::from(row.1 == row.2)), 1.0 / MONTH)).collect()
}
