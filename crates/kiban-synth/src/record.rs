//! One patient of one facility, ready to be written in the facility's format.

use jiff::civil::Date;

use crate::{
    calendar::plus,
    care::{Chart, Course, Visit},
    config::{FacilityPlan, Window},
    dirt::Spoiler,
    people::Person,
};

/// Everything a writer needs of one patient.
pub(crate) struct PatientRecord<'a> {
    pub(crate) plan: &'a FacilityPlan,
    pub(crate) window: Window,
    pub(crate) person: &'a Person,
    pub(crate) course: &'a Course,
    pub(crate) local_id: String,
    pub(crate) chart: Chart,
    /// Decides corrections and spoils records.
    pub(crate) spoiler: Spoiler,
}

/// The deliveries of a facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    First,
    Second,
}

impl PatientRecord<'_> {
    /// Returns the delivery a day is told in.
    pub(crate) fn delivery(&self, day: Date) -> Delivery {
        if day <= self.window.split { Delivery::First } else { Delivery::Second }
    }

    /// Returns the visits told in a delivery, with their places.
    pub(crate) fn visits(&self, delivery: Delivery) -> impl Iterator<Item = (usize, &Visit)> {
        let told = move |(_, visit): &(usize, &Visit)| self.delivery(visit.last_day()) == delivery;
        self.chart.visits.iter().enumerate().filter(told)
    }

    /// Returns the day of the last visit told by a delivery: what the house knew of name and home.
    pub(crate) fn seen(&self, delivery: Delivery) -> Option<Date> {
        let told = |visit: &&Visit| delivery == Delivery::Second || self.delivery(visit.last_day()) == Delivery::First;
        self.chart.visits.iter().filter(told).map(Visit::last_day).max()
    }

    /// Returns the day of death as a delivery knows it.
    pub(crate) fn death(&self, delivery: Delivery) -> Option<Date> {
        let on = self.course.death?.on;
        (delivery == Delivery::Second || self.delivery(on) == Delivery::First).then_some(on)
    }

    /// Returns whether the second delivery has anything to add.
    pub(crate) fn has_news(&self) -> bool {
        let died = self.course.death.is_some_and(|death| self.delivery(death.on) == Delivery::Second);
        died || self.visits(Delivery::Second).next().is_some()
    }

    /// Returns the last day a delivery tells of.
    pub(crate) fn told_until(&self, delivery: Delivery) -> Date {
        match delivery {
            Delivery::First => self.window.split,
            Delivery::Second => plus(self.window.last, 1),
        }
    }
}
