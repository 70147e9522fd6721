//! What was done: diseases (`SY`), services (`SI`), drugs (`IY`), devices (`TO`), comments (`CO`).

use kiban_core::Place;

use super::{
    claim::{Claim, Unit, dated, decode},
    record::{DAYS, DEVICE_DAYS, Fields, Kind},
};
use crate::{
    hash::Key,
    reading::{Fault, Reading, fault},
    rows::{ConditionRow, CostRow, DrugRow, Lineage, ProcedureRow},
    systems,
    text::{Day, claim_day},
};

/// 修飾語コード of 疑い, "suspected".
const SUSPECTED: &[u8] = b"8002";

/// What one line says was done on one day.
struct Use<'f> {
    kind: Kind,
    code: &'f str,
    day: Option<Day>,
    count: u32,
    used: Option<f64>,
}

impl Claim {
    /// Takes a record below the claim's head.
    pub(super) fn service_record(
        &mut self,
        reading: &mut Reading<'_>,
        kind: Kind,
        fields: &Fields<'_>,
        place: Place,
    ) -> Result<(), Fault> {
        let (Some(patient), Some(key)) = (self.patient, self.key) else {
            return Err(fault("uke.before-claim", ""));
        };
        self.lines += 1;
        let mut at = reading.lineage(place.offset, patient, key, self.version);
        at.record = const { Key::of("uke.line") }.number(key.unsigned_abs()).number(self.lines).get();
        match kind {
            Kind::Disease => self.disease(reading, &at, fields, place),
            Kind::Comment => {
                self.carry(reading, fields, place);
                reading.note(fault("uke.comment-not-kept", "CO.5"), place);
                Ok(())
            }
            _ => {
                self.carry(reading, fields, place);
                self.service(reading, &at, kind, fields, place)
            }
        }
    }

    /// Carries 診療識別 forward from the first line of a group.
    fn carry(&mut self, reading: &mut Reading<'_>, fields: &Fields<'_>, place: Place) {
        match fields.get(2) {
            [tens, ones] => self.service = [*tens, *ones],
            _ => reading.note(fault("R18", ""), place),
        }
    }

    fn disease(
        &mut self,
        reading: &mut Reading<'_>,
        at: &Lineage,
        fields: &Fields<'_>,
        place: Place,
    ) -> Result<(), Fault> {
        let code = fields.code(2);
        if code.is_empty() {
            return Err(fault("uke.no-code", "SY.2"));
        }
        let text = decode(reading, fields, 6, "SY.6", place);
        let modifiers = fields.code(5);
        let suspected = modifiers.as_bytes().chunks(4).any(|modifier| modifier == SUSPECTED);
        let outcome = fields.code(4);
        if outcome == "3" {
            self.died.get_or_insert(place.offset);
        }
        let row = ConditionRow {
            visit_key: Some(at.document),
            code: Some(code),
            code_text: Some(&text),
            code_system: Some(systems::CLAIM_DISEASE),
            alt_code: Some(modifiers),
            alt_system: (!modifiers.is_empty()).then_some(systems::CLAIM_MODIFIER),
            start_date: dated(reading, claim_day(fields.get(3)), "SY.3", place),
            status: if suspected { "provisional" } else { "confirmed" },
            rank: Some(if fields.get(7) == b"01" { "main" } else { "other" }),
            outcome: Some(outcome),
            ..ConditionRow::default()
        };
        reading.row(at, &row);
        Ok(())
    }

    fn service(
        &mut self,
        reading: &mut Reading<'_>,
        at: &Lineage,
        kind: Kind,
        fields: &Fields<'_>,
        place: Place,
    ) -> Result<(), Fault> {
        let code = fields.code(4);
        if code.len() != 9 {
            return Err(fault("uke.no-code", "SI.4"));
        }
        let (item, first_column) = match kind {
            Kind::Drug => ("drug", DAYS),
            Kind::Device => ("device", DEVICE_DAYS),
            _ => ("procedure", DAYS),
        };
        let used = fields.number(5);
        let (mut first, mut times) = (None, 0);
        for (day, count) in fields.days(first_column) {
            let Some(date) = self.month.and_then(|month| month.day(day)) else {
                reading.warn(fault("uke.no-such-day", item), place);
                continue;
            };
            first.get_or_insert(date);
            times += count;
            self.care_on(date);
            let at = Lineage {
                record: const { Key::of("uke.day") }.number(at.record.unsigned_abs()).number(day.into()).get(),
                ..*at
            };
            self.write_use(reading, &at, Use { kind, code, day: Some(date), count, used });
        }
        if first.is_none() {
            times = fields.count(7).unwrap_or(1);
            reading.note(fault("uke.no-day", item), place);
            self.write_use(reading, at, Use { kind, code, day: None, count: times, used });
        } else {
            reading.note(fault("R19", item), place);
        }
        let unit = Unit { item, code, day: first, offset: place.offset };
        self.cost(reading, at, unit, fields, times, place);
        Ok(())
    }

    fn care_on(&mut self, day: Day) {
        self.first_day = Some(self.first_day.map_or(day, |known| known.min(day)));
        self.last_day = self.last_day.max(Some(day));
    }

    /// Writes what was done on one day. Of drugs taken by mouth (診療識別 21) the amount is per day and the count the
    /// days supplied; of all others it is per use.
    fn write_use(&self, reading: &mut Reading<'_>, at: &Lineage, done: Use<'_>) {
        let Use { kind, code, day, count, used } = done;
        match kind {
            Kind::Drug => {
                let row = DrugRow {
                    visit_key: Some(at.document),
                    kind: "claimed",
                    code: Some(code),
                    code_system: Some(systems::CLAIM_DRUG),
                    start_date: day,
                    days_supply: (self.service == *b"21").then_some(count.cast_signed()),
                    quantity: used.map(|amount| amount * f64::from(count)),
                    ..DrugRow::default()
                };
                reading.row(at, &row);
            }
            Kind::Service => {
                let row = ProcedureRow {
                    visit_key: Some(at.document),
                    code: Some(code),
                    code_system: Some(systems::CLAIM_PROCEDURE),
                    start_date: day,
                    quantity: Some(count.cast_signed()),
                    ..ProcedureRow::default()
                };
                reading.row(at, &row);
            }
            _ => {}
        }
    }

    /// Closes a 算定単位 at the line that carries 点数; one without begins or continues it.
    fn cost(
        &mut self,
        reading: &mut Reading<'_>,
        at: &Lineage,
        line: Unit<&str>,
        fields: &Fields<'_>,
        days: u32,
        place: Place,
    ) {
        if line.item == "device" {
            reading.note(fault("uke.device-cost-only", ""), place);
        }
        let Some(points) = fields.number(6) else {
            self.unit.get_or_insert_with(|| line.held());
            return;
        };
        let times = fields.count(7).unwrap_or(1);
        if times != days {
            reading.warn(fault("uke.day-count", line.item), place);
        }
        let begun = self.unit.take();
        let unit = begun.as_ref().map_or(line, Unit::borrowed);
        let points = points * f64::from(times);
        self.points += points;
        let row = CostRow {
            visit_key: Some(at.document),
            item: unit.item,
            code: Some(unit.code),
            code_system: Some(match unit.item {
                "drug" => systems::CLAIM_DRUG,
                "device" => systems::CLAIM_DEVICE,
                _ => systems::CLAIM_PROCEDURE,
            }),
            start_date: unit.day.or(line.day),
            points: Some(points),
            ..CostRow::default()
        };
        let record = const { Key::of("uke.cost") }.number(at.record.unsigned_abs()).get();
        reading.row(&Lineage { offset: unit.offset, record, ..*at }, &row);
    }
}
