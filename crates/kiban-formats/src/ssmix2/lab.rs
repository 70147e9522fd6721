//! OML-11: specimens and results; also the body measures of ADT-00.

use super::message::{Coded, Message, place};
use crate::{
    hash::Key,
    hl7::{Hl7Time, Segment},
    reading::{Reading, fault},
    rows::{Lineage, MeasurementRow, SpecimenRow},
    systems,
    text::{Day, Value, range},
};

impl Message<'_> {
    /// Dates a result by when the specimen was taken (SPM-17), else by OBR-7, else by OBX-14.
    pub(super) fn results(&self, reading: &mut Reading<'_>) {
        let visit_key = self.visit_key();
        let (mut specimen, mut taken, mut observed) = (None, Hl7Time::default(), Hl7Time::default());
        let mut index = 0;
        for segment in self.segments {
            match segment.name() {
                "SPM" => {
                    index += 1;
                    taken = self.time(reading, segment, &segment.text(17), "SPM-17");
                    specimen = Some(self.specimen(reading, segment, index, taken));
                }
                "OBR" => observed = self.time(reading, segment, &segment.text(7), "OBR-7"),
                "OBX" => {
                    index += 1;
                    let day = taken.day.or(observed.day);
                    self.measurement(
                        reading,
                        segment,
                        const { Key::of("ssmix2.result") }.number(index),
                        (visit_key, specimen),
                        day,
                    );
                }
                _ => {}
            }
        }
    }

    fn specimen(&self, reading: &mut Reading<'_>, segment: &Segment<'_>, index: u64, taken: Hl7Time) -> i64 {
        let key = const { Key::of("ssmix2.specimen") }.number(index);
        let at = self.at(reading, segment, key);
        let material = Coded::of(segment.field(4));
        let [code, code_text, code_system, ..] = material.six();
        let row =
            SpecimenRow { specimen_key: at.record, code, code_text, code_system, start_date: taken.day.or(self.day) };
        reading.row(&at, &row);
        at.record
    }

    /// Writes a result. Status `X` (no result can be had) and `D` make a tombstone; `O` is an order's line, no result.
    pub(super) fn measurement(
        &self,
        reading: &mut Reading<'_>,
        obx: &Segment<'_>,
        key: Key,
        (visit_key, specimen_key): (Option<i64>, Option<i64>),
        day: Option<Day>,
    ) {
        let item = Coded::of(obx.field(3));
        if item.is_empty() {
            return reading.refuse(fault("ssmix2.no-code", "OBX-3"), place(reading, obx), 1);
        }
        reading.took(1);
        let status = obx.text(11);
        if status == "O" {
            return;
        }
        let [code, code_text, code_system, alt_code, alt_text, alt_system] = item.six();
        if code_system == Some("JC10") && code.is_some_and(|code| code.len() != 17) {
            reading.note(fault("R07", "OBX-3"), place(reading, obx));
        }
        let coded = matches!(obx.text(2).as_ref(), "CWE" | "CE" | "CNE");
        let answer = Coded::of(obx.field(5));
        let sent = if coded { answer.parts[1].clone() } else { obx.field(5).whole() };
        let value = if coded { Value::default() } else { Value::of(&sent) };
        if let Some(rule) = value.rule {
            reading.note(fault(rule, "OBX-5"), place(reading, obx));
        }
        let (value_code, value_code_text, value_code_system) = match (coded, answer.six()) {
            (true, [code, text, system, ..]) => (code, text, system),
            _ => (value.word, None, value.word.map(|_| systems::QUALITATIVE)),
        };
        let own = self.time(reading, obx, &obx.text(14), "OBX-14");
        let (range_low, range_high) = range(&obx.text(7));
        let row = MeasurementRow {
            visit_key,
            specimen_key,
            code,
            code_text,
            code_system,
            alt_code,
            alt_text,
            alt_system,
            start_date: day.or(own.day).or(self.day),
            start_at: own.at,
            value_text: Some(&sent),
            value_number: value.number,
            operator: value.operator,
            value_code,
            value_code_text,
            value_code_system,
            unit: Some(&obx.text(6)),
            range_low,
            range_high,
            flag: Some(&obx.text(8)),
        };
        let at = self.at(reading, obx, key);
        let withdrawn = matches!(status.as_ref(), "X" | "D");
        reading.row(&Lineage { deleted: at.deleted || withdrawn, ..at }, &row);
    }
}
