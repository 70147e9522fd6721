//! ADT-12, ADT-22, ADT-52: receptions, admissions, discharges.

use super::message::{Coded, Kind, Message, place};
use crate::{
    hash::Key,
    hl7::Segment,
    reading::{Reading, fault},
    rows::{DeathRow, VisitRow},
};

/// Codes of HL7 table 0112 that mean death.
const EXPIRED: &[&str] = &["20", "40", "41", "42"];

impl Message<'_> {
    /// Writes the visit as far as this message knows it.
    pub(super) fn visit(&self, reading: &mut Reading<'_>) {
        let Some(pv1) = self.one("PV1") else {
            let header = self.segments.first();
            let at = header.map_or(reading.place(0, 0), |header| place(reading, header));
            return reading.warn(fault("ssmix2.no-visit", "PV1"), at);
        };
        let (admitted_text, discharged_text) = (pv1.text(44), pv1.text(45));
        let admitted = self.time(reading, pv1, &admitted_text, "PV1-44");
        let discharged = self.time(reading, pv1, &discharged_text, "PV1-45");
        let class = pv1.text(2);
        let kind = match (class.as_ref(), self.kind) {
            ("E", _) => "emergency",
            ("I", _) | (_, Kind::Admission | Kind::Discharge) => "inpatient",
            _ => "outpatient",
        };
        let own_day = if self.kind == Kind::Discharge { None } else { self.day };
        let start_date = admitted.day.or(own_day);
        let end_date = match self.kind {
            Kind::Discharge => discharged.day.or(self.day),
            Kind::Reception => start_date,
            _ => discharged.day,
        };
        let event =
            const { Key::of("ssmix2.visit-event") }.text(if self.kind == Kind::Discharge { "out" } else { "in" });
        let at = self.at(reading, pv1, event);
        let department = Coded::of(pv1.field(10));
        let [code, text, ..] = department.six();
        let by_path = self.path.map(|path| path.department).filter(|department| *department != "-");
        let row = VisitRow {
            visit_key: self.visit_key().unwrap_or(self.document),
            kind,
            start_date,
            end_date,
            start_at: admitted.at,
            end_at: discharged.at,
            department: code.filter(|code| !code.is_empty()).or(by_path),
            department_text: text,
            admitted_from: Some(&pv1.text(14)),
            discharged_to: Some(&pv1.text(36)),
        };
        reading.row(&at, &row);
        self.death_at_discharge(reading, pv1, row.end_date);
    }

    fn death_at_discharge(&self, reading: &mut Reading<'_>, pv1: &Segment<'_>, day: Option<crate::text::Day>) {
        let disposition = Coded::of(pv1.field(36));
        let [Some(code), _, Some(system), ..] = disposition.six() else { return };
        if self.kind == Kind::Discharge && system == "HL70112" && EXPIRED.contains(&code) {
            let row = DeathRow { death_date: day, ..DeathRow::default() };
            reading.row(&self.at(reading, pv1, const { Key::of("ssmix2.death") }), &row);
        }
    }
}
