//! OMP-01/02 prescriptions and OMP-11/12 administrations.

use super::message::{Coded, Message, place};
use crate::{
    hash::Key,
    hl7::Segment,
    reading::{Reading, fault},
    rows::{DrugRow, Lineage},
    text::{Day, number},
};

/// One order: the segments from an ORC to the next.
struct Order<'s> {
    cancelled: bool,
    segments: &'s [Segment<'s>],
    index: u64,
}

impl<'s> Order<'s> {
    fn one(&self, name: &str) -> Option<&'s Segment<'s>> {
        self.segments.iter().find(|segment| segment.name() == name)
    }

    fn all(&self, name: &'static str) -> impl Iterator<Item = &'s Segment<'s>> + use<'s> {
        self.segments.iter().filter(move |segment| segment.name() == name)
    }
}

impl Message<'_> {
    /// Returns the orders; segments before the first ORC belong to the message's head.
    fn orders(&self) -> impl Iterator<Item = Order<'_>> {
        let mut rest = self.segments;
        let is_order = |segment: &Segment<'_>| segment.name() == "ORC";
        let before = rest.iter().position(is_order).unwrap_or(0);
        rest = rest.get(before..).unwrap_or_default();
        let mut index = 0;
        std::iter::from_fn(move || {
            let first = rest.first()?;
            let end = rest.iter().skip(1).position(is_order).map_or(rest.len(), |at| at + 1);
            let (segments, next) = rest.split_at_checked(end)?;
            rest = next;
            index += 1;
            let cancelled = matches!(first.text(1).as_ref(), "CA" | "DC" | "OC");
            Some(Order { cancelled, segments, index })
        })
    }

    pub(super) fn prescriptions(&self, reading: &mut Reading<'_>) {
        let visit_key = self.visit_key();
        for order in self.orders() {
            let parts = order.all("RXC").count();
            for (index, line) in (0..).zip(order.all("RXE").chain(order.all("RXC"))) {
                // An injection names itself in RXE ("general") and its drugs in RXC.
                if line.name() == "RXE" && parts > 0 {
                    reading.took(1);
                    continue;
                }
                self.prescription(reading, &order, line, index, visit_key);
            }
        }
    }

    fn prescription(
        &self,
        reading: &mut Reading<'_>,
        order: &Order<'_>,
        line: &Segment<'_>,
        index: u64,
        visit_key: Option<i64>,
    ) {
        let part = line.name() == "RXC";
        let drug = Coded::of(line.field(2));
        if drug.is_empty() {
            return reading.refuse(fault("ssmix2.no-code", "RXE-2"), place(reading, line), 1);
        }
        let (amount, unit) = if part { (line.text(3), line.text(4)) } else { (line.text(10), line.text(11)) };
        let (dose, dose_unit) = if part { Default::default() } else { (line.text(3), line.text(5)) };
        let timing = order.one("TQ1");
        let days =
            timing.filter(|t| matches!(t.field(6).component(2).as_ref(), "d" | "日")).and_then(|t| number(&t.text(6)));
        #[expect(clippy::cast_possible_truncation, reason = "days of supply are small, and casts of floats saturate")]
        let days_supply = days.filter(|days| (1.0..=1000.0).contains(days)).map(|days| days as i32);
        let mut stamp = |field, name| timing.and_then(|t| self.time(reading, t, &t.text(field), name).day);
        let (starts, ends) = (stamp(7, "TQ1-7"), stamp(8, "TQ1-8"));
        let ordered = order.one("ORC").and_then(|orc| self.time(reading, orc, &orc.text(9), "ORC-9").day);
        let start_date = starts.or(self.day).or(ordered);
        let route = order.one("RXR").map(|route| route.text(1)).unwrap_or_default();
        let usage = timing.map(|t| t.field(3).first());
        let sig = usage.map(|u| if u.sub(1, 2).is_empty() { u.sub(1, 1) } else { u.sub(1, 2) }).unwrap_or_default();
        let [code, code_text, code_system, alt_code, alt_text, alt_system] = drug.six();
        let row = DrugRow {
            visit_key,
            kind: "prescribed",
            code,
            code_text,
            code_system,
            alt_code,
            alt_text,
            alt_system,
            start_date,
            end_date: ends.or_else(|| Some(Day(start_date?.0 + days_supply? - 1))),
            days_supply,
            quantity: number(&amount),
            quantity_unit: Some(&unit),
            dose: number(&dose),
            dose_unit: Some(&dose_unit),
            route: Some(&route),
            sig: Some(&sig),
        };
        let at = self.at(reading, line, const { Key::of("ssmix2.prescription") }.number(order.index).number(index));
        if code_system == Some("HOT9") && code.is_some_and(|code| code.len() == 13) {
            reading.note(fault("R27", "RXE-2"), place(reading, line));
        }
        reading.row(&Lineage { deleted: at.deleted || order.cancelled, ..at }, &row);
        reading.took(1);
    }

    /// Of administrations only those completed wholly or in part (RXA-20 `CP`, `PA`, or not stated) are exposures.
    pub(super) fn administrations(&self, reading: &mut Reading<'_>) {
        let visit_key = self.visit_key();
        for order in self.orders() {
            let route = order.one("RXR").map(|route| route.text(1)).unwrap_or_default();
            for (index, given) in (0..).zip(order.all("RXA")) {
                let drug = Coded::of(given.field(5));
                if drug.is_empty() {
                    reading.refuse(fault("ssmix2.no-code", "RXA-5"), place(reading, given), 1);
                    continue;
                }
                reading.took(1);
                if !matches!(given.text(20).as_ref(), "" | "CP" | "PA") {
                    reading.note(fault("ssmix2.not-given", "RXA-20"), place(reading, given));
                    continue;
                }
                let [code, code_text, code_system, alt_code, alt_text, alt_system] = drug.six();
                let row = DrugRow {
                    visit_key,
                    kind: "administered",
                    code,
                    code_text,
                    code_system,
                    alt_code,
                    alt_text,
                    alt_system,
                    start_date: self.time(reading, given, &given.text(3), "RXA-3").day.or(self.day),
                    end_date: self.time(reading, given, &given.text(4), "RXA-4").day,
                    days_supply: None,
                    quantity: number(&given.text(6)),
                    quantity_unit: Some(&given.text(7)),
                    dose: None,
                    dose_unit: None,
                    route: Some(&route),
                    sig: None,
                };
                let at = self.at(
                    reading,
                    given,
                    const { Key::of("ssmix2.administration") }.number(order.index).number(index),
                );
                reading.row(&Lineage { deleted: at.deleted || order.cancelled, ..at }, &row);
            }
        }
    }
}
