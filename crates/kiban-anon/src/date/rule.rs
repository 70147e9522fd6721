//! How the dates of a release are handled: one rule, one map per person from day to released day.

use arrow_array::{Array, BooleanArray, Date32Array, Int32Array, Int64Array};
use kiban_core::keyed;
use serde::{Deserialize, Serialize};

use super::{
    calendar::DateUnit,
    gaps::{GapPlan, GapStudy},
    shift::{DateShift, Step, Window},
};
use crate::error::{Error, Result};

/// What is done to the dates of a release.
///
/// Whatever the rule, each person has one map from day to released day. It covers all tables, never lets an event
/// overtake another, and puts what fell on one day on one day again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DateRule {
    /// The date's unit of the calendar: the season stays, and so does what others know by month or year.
    Calendar {
        /// What dates are precise to.
        unit: DateUnit,
    },
    /// A secret shift per person and recipient, cut at the window that all persons share
    /// (SANT: Hripcsak 2016, doi 10.1093/jamia/ocw001). Every interval stays, and with it who is told by intervals.
    Shift {
        /// The largest shift in days.
        days: u16,
        /// The grid on which shifts lie.
        #[serde(default)]
        step: Step,
        /// What shifted dates are precise to.
        #[serde(default = "day")]
        then: DateUnit,
    },
    /// Days since the person's first event in the window, counted from the window's first day.
    Relative {
        /// What the count is precise to: 1, 7, 30, 91, 182 or 365 days.
        unit: DateUnit,
    },
    /// Gaps between consecutive days become steps of a coarse ladder, so that each run of up to `run` gaps is shared by
    /// at least `k` persons.
    Gaps {
        /// Consecutive gaps that nobody shall be told by, 1 to 4.
        run: u8,
        /// Persons who must share each run.
        k: u32,
        /// What a person's first date is precise to; by default nothing is told of it.
        #[serde(default = "window")]
        start: DateUnit,
    },
}

const fn day() -> DateUnit {
    DateUnit::Day
}

const fn window() -> DateUnit {
    DateUnit::Window
}

/// The first pass over a release's dates: what must be known of all persons before the first date is released.
///
/// Only [`DateRule::Gaps`] has anything to learn; it keeps a few bytes per day of care, whatever the events.
#[derive(Debug)]
pub struct DateStudy {
    window: Window,
    how: Study,
}

#[derive(Debug)]
enum Study {
    Known(How),
    Gaps { study: Box<GapStudy>, start: DateUnit },
}

/// How moved days are made coarse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// To the first day of their unit of the calendar.
    Unit(DateUnit),
    /// To whole steps of so many days from the window's first day on.
    Days(i32),
}

impl Grain {
    /// Returns a day made coarse; a unit that begins before the window does is released as the window's first day.
    pub fn coarse(self, day: i32, window: i32) -> i32 {
        match self {
            Self::Unit(unit) => unit.first_day(day, window).max(window),
            Self::Days(step) => window.saturating_add((day.saturating_sub(window)) / step * step),
        }
    }
}

/// One rule made ready: maps the days of each person to the days that are released.
#[derive(Debug, Clone)]
pub struct DateMap {
    study: Window,
    window: Window,
    how: How,
}

#[derive(Debug, Clone)]
enum How {
    Calendar(DateUnit),
    Shift { by: DateShift, then: DateUnit },
    Relative(DateUnit),
    Gaps { plan: GapPlan, start: DateUnit },
}

impl DateStudy {
    /// Takes the rule, the study's window, the release's key and the recipient.
    ///
    /// The key and the recipient decide the shifts together: another recipient sees the same person shifted otherwise.
    ///
    /// # Errors
    /// Parameters that make no sense.
    pub fn new(rule: DateRule, window: Window, key: &[u8], recipient: &str) -> Result<Self> {
        let how = match rule {
            DateRule::Calendar { unit } => Study::Known(How::Calendar(unit)),
            DateRule::Relative { unit } => Study::Known(How::Relative(unit)),
            DateRule::Gaps { run, k, start } => Study::Gaps { study: Box::new(GapStudy::new(run, k)?), start },
            DateRule::Shift { days, step, then } => {
                let key = keyed(key, &[b"dates of a recipient", recipient.as_bytes()]);
                Study::Known(How::Shift { by: DateShift::new(key, days, step)?, then })
            }
        };
        Ok(Self { window, how })
    }

    /// Says whether the rule has to read all days once before it can release any.
    pub fn needs_reading(&self) -> bool {
        matches!(self.how, Study::Gaps { .. })
    }

    /// Reads days of persons, sorted by person, then day; persons ascend from call to call and none is in two calls.
    ///
    /// # Errors
    /// Columns that are not so.
    pub fn read(&mut self, persons: &Int64Array, days: &Date32Array) -> Result<()> {
        let window = self.window;
        if let Study::Gaps { study, start } = &mut self.how {
            for (person, days) in by_person(persons, days)? {
                let inside = inside(window, days);
                let Some(first) = inside.first() else { continue };
                let (at, last) = (start_at(*start, *first, window), window.days().1);
                study.read(person, inside, last.saturating_sub(at))?;
            }
        }
        Ok(())
    }

    /// Ends the first pass.
    ///
    /// # Errors
    /// A window not longer than twice the largest shift.
    pub fn finish(self) -> Result<DateMap> {
        let how = match self.how {
            Study::Known(how) => how,
            Study::Gaps { study, start } => How::Gaps { plan: study.plan(), start },
        };
        let window = match &how {
            How::Shift { by, .. } => self.window.shared(by)?,
            _ => self.window,
        };
        Ok(DateMap { study: self.window, window, how })
    }
}

impl DateMap {
    /// Returns the released day of each day; the rows are sorted by person, then day, and a person is in one call only.
    ///
    /// A missing released day says that the day lies outside the window, before or after the map, and its events are
    /// not released.
    ///
    /// # Errors
    /// Columns that are not so.
    pub fn release(&self, persons: &Int64Array, days: &Date32Array) -> Result<Date32Array> {
        let mut released = Vec::with_capacity(days.len());
        for (person, days) in by_person(persons, days)? {
            let before = days.partition_point(|d| *d < self.study.days().0);
            let inside = inside(self.study, days);
            released.extend(std::iter::repeat_n(None, before));
            self.person(person, inside, &mut released);
            released.extend(std::iter::repeat_n(None, days.len() - before - inside.len()));
        }
        Ok(released.into())
    }

    /// Returns the days between which released days lie.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Returns the steps of the ladder that gaps are released as, in days; empty for other rules.
    pub fn ladder(&self) -> &[i32] {
        if let How::Gaps { plan, .. } = &self.how { plan.steps() } else { &[] }
    }

    fn person(&self, person: i64, days: &[i32], released: &mut Vec<Option<i32>>) {
        let (first, last) = self.window.days();
        if let How::Gaps { plan, start } = &self.how {
            let at = days.first().map_or(first, |d| start_at(*start, *d, self.study));
            let since = plan.release(days, last.saturating_sub(at));
            released.extend(since.into_iter().map(|since| since.map(|s| at + s)));
            return;
        }
        let by = match &self.how {
            How::Shift { by, .. } => by.offset(person),
            How::Relative(_) => first - days.first().copied().unwrap_or(first),
            How::Calendar(_) | How::Gaps { .. } => 0,
        };
        let kept = |day: i32| Some(day).filter(|d| (first..=last).contains(d));
        let coarse = |day: i32| self.grain().map_or(day, |grain| grain.coarse(day, first));
        released.extend(days.iter().map(|d| kept(d.saturating_add(by)).map(coarse)));
    }

    /// Returns by how many days each person's days are moved before they are made coarse.
    ///
    /// The rows are persons, with their first day inside the window; who has none is moved only by a shift. Of
    /// [`DateRule::Gaps`] it is the move of the first day: later days have moves of their own.
    ///
    /// # Errors
    /// Columns of different length.
    pub fn moves(&self, persons: &Int64Array, first: &Date32Array) -> Result<Int32Array> {
        same_length(persons.len(), &[first])?;
        let start = self.window.days().0;
        let of = |(person, first): (Option<i64>, Option<i32>)| match &self.how {
            How::Calendar(_) => 0,
            How::Shift { by, .. } => person.map_or(0, |person| by.offset(person)),
            How::Relative(_) => first.map_or(0, |first| start - first),
            How::Gaps { start, .. } => first.map_or(0, |first| start_at(*start, first, self.study) - first),
        };
        Ok(persons.iter().zip(first).map(of).map(Some).collect())
    }

    /// Returns how moved days are made coarse; [`DateRule::Gaps`] does not move all days of a person alike, and has none.
    pub fn grain(&self) -> Option<Grain> {
        match &self.how {
            How::Calendar(unit) | How::Shift { then: unit, .. } => Some(Grain::Unit(*unit)),
            How::Relative(unit) => Some(Grain::Days(unit.length())),
            How::Gaps { .. } => None,
        }
    }

    /// Returns the released day of each day where some days are no days of care, such as the end of a prescription.
    ///
    /// Such days are released as the person's nearest day of care before them, or the first where there is none, so that
    /// they add no gap by which [`DateRule::Gaps`] could tell anybody. The rows are sorted by person, then day.
    ///
    /// # Errors
    /// Columns that are not so.
    pub fn release_beside(&self, persons: &Int64Array, days: &Date32Array, care: &BooleanArray) -> Result<Date32Array> {
        let mut released = Vec::with_capacity(days.len());
        let mut marks = care.iter();
        for (person, days) in by_person(persons, days)? {
            let marks: Vec<bool> = days.iter().map(|_| marks.next().flatten().unwrap_or(false)).collect();
            let (first, last) = self.study.days();
            let is_care = |day: i32, mark: bool| mark && (first..=last).contains(&day);
            let own: Vec<i32> =
                days.iter().copied().zip(&marks).filter(|(d, m)| is_care(*d, **m)).map(|d| d.0).collect();
            let mut of_care = Vec::with_capacity(own.len());
            self.person(person, &own, &mut of_care);
            let mut before = of_care.first().copied().flatten();
            let mut of_care = of_care.into_iter();
            for (day, mark) in days.iter().zip(marks) {
                let at = if is_care(*day, mark) { of_care.next().flatten() } else { before };
                before = at.or(before);
                released.push(at);
            }
        }
        Ok(released.into())
    }

    /// Returns the released births: the first day of a year, moved as the person's days are ([`DateMap::moves`]).
    ///
    /// The rows are persons: birth, first day inside the window, and their move. A birth is precise to the year at most
    /// (ordinance item 1), keeps the age to within a year, and never follows the first event.
    ///
    /// # Errors
    /// Columns of different length.
    pub fn births(&self, births: &Date32Array, first: &Date32Array, moves: &Int32Array) -> Result<Date32Array> {
        same_length(moves.len(), &[births, first])?;
        let start = self.window.days().0;
        let birth = |((born, first), by): ((Option<i32>, Option<i32>), Option<i32>)| {
            let (born, by) = (born?, by?);
            let year = DateUnit::Year.first_day(born.saturating_add(by), start);
            let first = first.map_or(i32::MAX, |first| first.saturating_add(by));
            Some(year.min(self.grain().map_or(first, |grain| grain.coarse(first, start))))
        };
        Ok(births.iter().zip(first).zip(moves).map(birth).collect())
    }
}

/// Makes released dates of death coarser: the first day of their unit, or the person's last released day if that is later.
///
/// So a death follows every event, and tells no more than its unit does together with the events.
///
/// # Errors
/// Columns of different length.
pub fn coarsen_deaths(deaths: &Date32Array, last: &Date32Array, unit: DateUnit, window: Window) -> Result<Date32Array> {
    same_length(deaths.len(), &[last])?;
    let coarse = |(death, last): (Option<i32>, Option<i32>)| {
        let first = window.days().0;
        death.map(|d| unit.first_day(d, first).max(first).max(last.unwrap_or(first)))
    };
    Ok(deaths.iter().zip(last).map(coarse).collect())
}

/// Returns how many rows at the front belong to persons who are surely complete: all but the last person's.
///
/// A reader in batches maps these and carries the rest over to its next batch.
pub fn settled_rows(persons: &Int64Array) -> usize {
    let last = persons.iter().next_back().flatten();
    persons.iter().rposition(|p| p != last).map_or(0, |row| row + 1)
}

fn start_at(start: DateUnit, first: i32, window: Window) -> i32 {
    start.first_day(first, window.days().0).max(window.days().0)
}

fn inside(window: Window, days: &[i32]) -> &[i32] {
    let (first, last) = window.days();
    let (from, to) = (days.partition_point(|d| *d < first), days.partition_point(|d| *d <= last));
    days.get(from..to).unwrap_or_default()
}

fn same_length(expected: usize, columns: &[&Date32Array]) -> Result<()> {
    match columns.iter().find(|c| c.len() != expected) {
        Some(column) => Err(Error::Lengths { what: "dates", found: column.len(), expected }),
        None => Ok(()),
    }
}

/// Iterates over the persons of sorted rows.
pub(super) fn by_person<'a>(
    persons: &'a Int64Array,
    days: &'a Date32Array,
) -> Result<impl Iterator<Item = (i64, &'a [i32])>> {
    same_length(persons.len(), &[days])?;
    let (ids, mut rest) = (persons.values().as_ref(), days.values().as_ref());
    if persons.null_count() + days.null_count() > 0 || !ids.iter().zip(rest).is_sorted() {
        let why = "days must be whole and sorted by person, then day";
        return Err(Error::BadParameter { what: "dates".to_owned(), why });
    }
    Ok(ids.chunk_by(|a, b| a == b).map(move |chunk| {
        let (own, later) = rest.split_at_checked(chunk.len()).unwrap_or_default();
        rest = later;
        (chunk.first().copied().unwrap_or_default(), own)
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use jiff::civil;
    use proptest::prelude::*;

    use super::*;
    use crate::date::{Dated, check_order, count_reversed};

    fn study() -> Window {
        Window::new(civil::date(2015, 2, 10), civil::date(2020, 9, 20)).unwrap()
    }

    fn rules() -> impl Strategy<Value = DateRule> {
        use DateUnit::*;
        let unit = || proptest::sample::select(vec![Day, Week, Month, Quarter, HalfYear, Year, FiscalYear, Window]);
        let step = proptest::sample::select(vec![Step::Day, Step::Week]);
        prop_oneof![
            unit().prop_map(|unit| DateRule::Calendar { unit }),
            (7_u16..400, step, unit()).prop_map(|(days, step, then)| DateRule::Shift { days, step, then }),
            unit().prop_map(|unit| DateRule::Relative { unit }),
            (1_u8..=4, 2_u32..4, unit()).prop_map(|(run, k, start)| DateRule::Gaps { run, k, start }),
        ]
    }

    fn map(rule: DateRule, recipient: &str, persons: &Int64Array, days: &Date32Array) -> DateMap {
        let mut study = DateStudy::new(rule, study(), b"key", recipient).unwrap();
        study.read(persons, days).unwrap();
        study.finish().unwrap()
    }

    fn arrays(rows: &[(i64, i32)]) -> (Int64Array, Date32Array) {
        (
            Int64Array::from_iter_values(rows.iter().map(|r| r.0)),
            Date32Array::from_iter_values(rows.iter().map(|r| r.1)),
        )
    }

    proptest! {
        #[test]
        fn every_rule_keeps_order_days_and_window(
            rule in rules(), rows in proptest::collection::btree_set((0_i64..8, 16_300_i32..18_700), 1..80),
        ) {
            let mut rows: Vec<_> = rows.into_iter().collect();
            // Some days bear two events.
            rows.extend(rows.clone().into_iter().step_by(3));
            rows.sort_unstable();
            let (persons, days) = arrays(&rows);
            let map = map(rule, "a", &persons, &days);
            let released = map.release(&persons, &days).unwrap();
            let check = check_order(&[Dated { persons: &persons, original: &days, released: &released }], map.window()).unwrap();
            prop_assert!(check.holds() && check.rows == rows.len() as u64, "{check:?}");
            let outside = |day: i32| day < study().days().0 || day > study().days().1;
            prop_assert!(rows.iter().zip(&released).all(|((_, day), r)| !outside(*day) || r.is_none()));
            // Batches of whole persons give the same.
            let cut = settled_rows(&persons);
            let part = |from, n| map.release(&persons.slice(from, n), &days.slice(from, n)).unwrap();
            let parts = [part(0, cut), part(cut, rows.len() - cut)];
            prop_assert_eq!(parts.iter().flatten().collect::<Vec<_>>(), released.iter().collect::<Vec<_>>());
        }

        #[test]
        fn births_precede_and_deaths_follow_every_event(
            rule in rules(), days in proptest::collection::btree_set(16_500_i32..18_500, 2..9), age in 0_i32..40_000, by in 0_usize..3,
        ) {
            let days: Vec<(i64, i32)> = days.into_iter().map(|d| (1, d)).collect();
            let (persons, days) = arrays(&days);
            let map = map(rule, "a", &persons, &days);
            let released = map.release(&persons, &days).unwrap();
            let Some(first) = released.iter().position(|d| d.is_some()) else { return Ok(()) };
            let end = (0..released.len()).rev().find(|row| released.is_valid(*row)).unwrap();
            let one = |column: &Date32Array, row| column.slice(row, 1);
            let unit = [DateUnit::Month, DateUnit::Quarter, DateUnit::Year][by];
            let birth = Date32Array::from(vec![days.value(first) - age]);
            let moves = map.moves(&persons.slice(0, 1), &one(&days, first)).unwrap();
            let born = map.births(&birth, &one(&days, first), &moves).unwrap();
            prop_assert_eq!(count_reversed(&born, &one(&released, first)).unwrap(), 0);
            let died = coarsen_deaths(&one(&released, end), &one(&released, end), unit, map.window()).unwrap();
            prop_assert_eq!(count_reversed(&one(&released, end), &died).unwrap(), 0);
        }
    }

    proptest! {
        #[test]
        fn days_that_are_not_of_care_add_no_day_and_keep_the_order(
            rule in rules(), rows in proptest::collection::btree_map((0_i64..6, 16_500_i32..18_500), any::<bool>(), 1..60),
        ) {
            let rows: Vec<_> = rows.into_iter().collect();
            let of_care: Vec<_> = rows.iter().filter(|row| row.1).map(|row| row.0).collect();
            let (persons, days) = arrays(&of_care);
            let map = map(rule, "a", &persons, &days);
            let alone = map.release(&persons, &days).unwrap();
            let (persons, days) = arrays(&rows.iter().map(|row| row.0).collect::<Vec<_>>());
            let care = BooleanArray::from_iter(rows.iter().map(|row| Some(row.1)));
            let beside = map.release_beside(&persons, &days, &care).unwrap();
            let own = rows.iter().zip(&beside).filter(|(row, _)| row.1).map(|(_, day)| day);
            prop_assert_eq!(own.collect::<Vec<_>>(), alone.iter().collect::<Vec<_>>(), "days of care are as without the others");
            let told: std::collections::BTreeSet<_> = of_care.iter().map(|row| row.0).zip(&alone).collect();
            let known = |(row, day): (&((i64, i32), bool), Option<i32>)| day.is_none() || told.contains(&(row.0.0, day));
            prop_assert!(rows.iter().zip(&beside).all(known));
            let check = check_order(&[Dated { persons: &persons, original: &days, released: &beside }], map.window()).unwrap();
            prop_assert!(check.holds(), "{check:?}");
        }
    }

    #[test]
    fn a_rule_is_written_in_toml() {
        let check = |text: &str, expect: Option<DateRule>| {
            #[derive(serde::Deserialize)]
            struct Job {
                dates: DateRule,
            }
            assert_eq!(toml::from_str::<Job>(text).ok().map(|job| job.dates), expect, "{text}");
        };
        check("dates.calendar.unit = 'fiscal_year'", Some(DateRule::Calendar { unit: DateUnit::FiscalYear }));
        let shift = DateRule::Shift { days: 180, step: Step::Week, then: DateUnit::Day };
        check("[dates.shift]\ndays = 180\nstep = 'week'", Some(shift));
        check("[dates.gaps]\nrun = 2\nk = 5", Some(DateRule::Gaps { run: 2, k: 5, start: DateUnit::Window }));
        check("[dates.relative]\nunit = 'week'", Some(DateRule::Relative { unit: DateUnit::Week }));
        check("[dates.relative]\nunit = 'week'\nstart = 'day'", None);
        check("[dates.jitter]\ndays = 3", None);
        for (run, k) in [(0, 5), (5, 5), (2, 1)] {
            assert!(DateStudy::new(DateRule::Gaps { run, k, start: DateUnit::Window }, study(), b"", "").is_err());
        }
    }

    #[test]
    fn another_recipient_sees_another_shift() {
        let rows: Vec<_> = (0..200).map(|person| (person, 17_500)).collect();
        let (persons, days) = arrays(&rows);
        let rule = DateRule::Shift { days: 90, step: Step::Day, then: DateUnit::Day };
        let see = |recipient| map(rule, recipient, &persons, &days).release(&persons, &days).unwrap();
        assert_eq!(see("a"), see("a"));
        let same = see("a").iter().zip(&see("b")).filter(|(a, b)| a == b).count();
        assert!(same < 10, "equal only by chance: {same}");
    }

    #[test]
    fn a_death_tells_its_month_and_no_more() {
        let day = |m, d| Some(crate::date::calendar::days_from_civil(2018, m, d));
        let deaths = Date32Array::from(vec![day(5, 20), day(5, 31), day(6, 2), None]);
        let last = Date32Array::from(vec![day(5, 3), day(5, 3), None, day(5, 3)]);
        let coarse = coarsen_deaths(&deaths, &last, DateUnit::Month, study()).unwrap();
        assert_eq!(coarse, Date32Array::from(vec![day(5, 3), day(5, 3), day(6, 1), None]));
    }

    #[test]
    fn rows_out_of_order_and_persons_in_two_calls_are_refused() {
        let rule = DateRule::Gaps { run: 1, k: 2, start: DateUnit::Window };
        let mut study = DateStudy::new(rule, study(), b"", "").unwrap();
        let (persons, days) = arrays(&[(1, 17_000), (1, 17_001)]);
        study.read(&persons, &days).unwrap();
        assert!(study.read(&persons, &days).is_err(), "person 1 again");
        let (persons, days) = arrays(&[(2, 17_001), (2, 17_000)]);
        assert!(study.read(&persons, &days).is_err(), "unsorted");
        assert_eq!(settled_rows(&Int64Array::from(vec![1, 1, 2, 3, 3])), 3);
        assert_eq!(settled_rows(&Int64Array::from(vec![4, 4])), 0);
    }
}
