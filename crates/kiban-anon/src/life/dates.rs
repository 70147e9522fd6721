//! The calendar of a release's window in units from the day to the whole window.

use jiff::civil;

use crate::{
    date::{DateUnit, days_since_epoch},
    error::{Error, Result},
};

/// The units of a ladder, each made of whole ones of the unit before.
const UNITS: [DateUnit; 6] =
    [DateUnit::Day, DateUnit::Month, DateUnit::Quarter, DateUnit::HalfYear, DateUnit::Year, DateUnit::Window];

/// The dates of a window as numbered buckets, unit by unit, the finest first; the last bucket is "no date".
#[derive(Debug, Clone)]
pub struct LifeDates {
    first: i32,
    units: Vec<DateUnit>,
    /// Per day of the window its bucket in the finest unit.
    of_day: Vec<u32>,
    /// Per unit and bucket of the finest unit the coarser bucket.
    coarser: Vec<Vec<u32>>,
    spans: Vec<(i32, i32)>,
    unit_of: Vec<DateUnit>,
}

impl LifeDates {
    /// Lays out the days from `first` to `last` in units from `finest` on.
    ///
    /// # Errors
    /// A window that ends before it begins, or is longer than a thousand years; weeks and fiscal years, which do not add up to
    /// the next unit.
    pub fn new(first: civil::Date, last: civil::Date, finest: DateUnit) -> Result<Self> {
        let (first, last) = (days_since_epoch(first), days_since_epoch(last));
        let why = "the last day lies before the first, or a thousand years after it";
        if !(first..first.saturating_add(366_000)).contains(&last) {
            return Err(Error::BadParameter { what: "window of lives".to_owned(), why });
        }
        if !UNITS.contains(&finest) {
            let why =
                "weeks and fiscal years do not add up to the next unit; choose day, month, quarter, half_year or year";
            return Err(Error::BadParameter { what: "dates of lives".to_owned(), why });
        }
        let units: Vec<DateUnit> = UNITS.into_iter().filter(|unit| *unit >= finest).collect();
        let mut dates =
            Self { first, units, of_day: Vec::new(), coarser: Vec::new(), spans: Vec::new(), unit_of: Vec::new() };
        for unit in dates.units.clone() {
            let of_day = dates.number(unit, last);
            if dates.of_day.is_empty() {
                dates.of_day = of_day.clone();
            }
            let mut coarser: Vec<u32> = Vec::new();
            for (finest, bucket) in dates.of_day.iter().zip(of_day) {
                if *finest as usize == coarser.len() {
                    coarser.push(bucket);
                }
            }
            dates.coarser.push(coarser);
        }
        let undated = dates.next();
        dates.spans.push((0, 0));
        dates.unit_of.push(DateUnit::Window);
        dates.coarser.iter_mut().for_each(|of| of.push(undated));
        Ok(dates)
    }

    fn next(&self) -> u32 {
        u32::try_from(self.spans.len()).unwrap_or(u32::MAX)
    }

    /// Numbers the buckets of one unit and returns that of each day.
    fn number(&mut self, unit: DateUnit, last: i32) -> Vec<u32> {
        let mut before = None;
        let mut of_day = Vec::new();
        for day in self.first..=last {
            let here = Some(unit.first_day(day, self.first));
            if here != before {
                self.spans.push((day, day));
                self.unit_of.push(unit);
                before = here;
            }
            if let Some(span) = self.spans.last_mut() {
                span.1 = day;
            }
            of_day.push(self.next() - 1);
        }
        of_day
    }

    /// Returns the units in use, the finest first.
    pub fn units(&self) -> &[DateUnit] {
        &self.units
    }

    pub(super) fn finest_unit(&self) -> DateUnit {
        self.units.first().copied().unwrap_or(DateUnit::Window)
    }

    /// Returns the number of buckets of the finest unit, "no date" among them.
    pub(super) fn finest(&self) -> u32 {
        self.undated() + 1
    }

    /// Returns the number of buckets of all units.
    pub(super) fn buckets(&self) -> u32 {
        self.next()
    }

    /// Returns the bucket of the finest unit for what has no date.
    pub(super) fn undated(&self) -> u32 {
        self.of_day.last().map_or(0, |last| last + 1)
    }

    pub(super) fn bucket(&self, day: i32) -> Option<u32> {
        self.of_day.get(usize::try_from(day.checked_sub(self.first)?).ok()?).copied()
    }

    pub(super) fn coarser(&self, bucket: u32, unit: DateUnit) -> Option<u32> {
        let place = self.units.iter().position(|u| *u == unit)?;
        self.coarser.get(place)?.get(bucket as usize).copied()
    }

    pub(super) fn read(&self, bucket: u32) -> Option<(DateUnit, Option<(i32, i32)>)> {
        let span = *self.spans.get(bucket as usize)?;
        let dated = bucket + 1 != self.buckets();
        Some((*self.unit_of.get(bucket as usize)?, dated.then_some(span)))
    }

    /// Returns how much a bucket leaves open, in nats: nothing is lost of what never had a date.
    pub(super) fn nats(&self, bucket: u32) -> f64 {
        self.read(bucket).and_then(|(_, days)| days).map_or(0.0, |(first, last)| f64::from(last - first + 1).ln())
    }

    pub(super) fn window_nats(&self) -> f64 {
        (self.of_day.len() as f64).ln()
    }

    /// Returns the mean over the days of what a unit leaves open.
    pub(super) fn mean_nats(&self, unit: DateUnit) -> f64 {
        let of = |day: &u32| self.coarser(*day, unit).map_or(0.0, |bucket| self.nats(bucket));
        self.of_day.iter().map(of).sum::<f64>() / self.of_day.len().max(1) as f64
    }
}
