//! ADT-00 and ADT-61: particulars, insurance, allergies, body measures.

use std::borrow::Cow;

use super::message::{Coded, Message, place};
use crate::{
    hash::Key,
    hl7::{Field, Segment},
    reading::{Reading, fault},
    rows::{CoverageRow, DeathRow, ObservationRow, PatientRow},
};

impl Message<'_> {
    pub(super) fn particulars(&self, reading: &mut Reading<'_>) {
        if let Some(pid) = self.one("PID") {
            self.patient_row(reading, pid);
            self.death_row(reading, pid);
        }
        for (index, insurance) in (0..).zip(self.all("IN1")) {
            self.coverage(reading, insurance, index);
        }
        self.allergies(reading);
        let day = self.written.day;
        for (index, obx) in (0..).zip(self.all("OBX")) {
            self.measurement(reading, obx, const { Key::of("ssmix2.body") }.number(index), (None, None), day);
        }
    }

    fn patient_row(&self, reading: &mut Reading<'_>, pid: &Segment<'_>) {
        let names = Names::of(pid.field(5));
        let birth_text = pid.text(7);
        let birth_date = self.time(reading, pid, &birth_text, "PID-7").day;
        let home = pid.field(11).first();
        let address = match home.component(8) {
            whole if !whole.is_empty() => whole,
            _ => Cow::Owned([4, 3, 1, 2].map(|part| home.component(part)).concat()),
        };
        let phones = || pid.field(13).repetitions();
        let numbers = phones().flat_map(|phone| [phone.component(12), phone.component(1)]);
        let phone = numbers.into_iter().find(|number| !number.is_empty()).unwrap_or_default();
        let sex = match pid.text(8).as_ref() {
            "M" => "M",
            "F" => "F",
            "O" | "A" => "O",
            _ => "U",
        };
        let row = PatientRow {
            local_id: self.local_id,
            name_kanji: Some(&names.kanji),
            name_kana: Some(&names.kana),
            name_romaji: Some(&names.romaji),
            birth_text: Some(&birth_text),
            birth_date,
            sex: Some(sex),
            postal_code: Some(&home.component(5)),
            address: Some(&address),
            phone: Some(&phone),
        };
        reading.row(&self.at(reading, pid, const { Key::of("ssmix2.patient") }), &row);
    }

    fn death_row(&self, reading: &mut Reading<'_>, pid: &Segment<'_>) {
        let died = pid.text(29);
        if died.is_empty() && pid.text(30) != "Y" {
            return;
        }
        let death_date = self.time(reading, pid, &died, "PID-29").day;
        reading.row(
            &self.at(reading, pid, const { Key::of("ssmix2.death") }),
            &DeathRow { death_date, ..DeathRow::default() },
        );
    }

    /// IN1-2 is the scheme, IN1-3 保険者番号, IN1-10 記号, IN1-36 (else IN1-11) 番号.
    fn coverage(&self, reading: &mut Reading<'_>, insurance: &Segment<'_>, index: u64) {
        let insurer = insurance.text(3);
        if insurer.is_empty() && insurance.text(2).is_empty() {
            return reading.refuse(fault("ssmix2.no-insurer", "IN1-3"), place(reading, insurance), 1);
        }
        let all_digits = !insurer.is_empty() && insurer.bytes().all(|b| b.is_ascii_digit());
        let insurer = if all_digits { Cow::Owned(format!("{insurer:0>8}")) } else { insurer };
        let number = [36, 11].map(|field| insurance.text(field)).into_iter().find(|number| !number.is_empty());
        let relationship = insurance.text(17);
        let row = CoverageRow {
            insurer: Some(&insurer),
            symbol: Some(&insurance.text(10)),
            number: number.as_deref(),
            branch: None,
            relationship: Some(if relationship == "SEL" { "self" } else { &relationship }),
            plan: Some(&insurance.text(2)),
            start_date: self.time(reading, insurance, &insurance.text(12), "IN1-12").day,
            end_date: self.time(reading, insurance, &insurance.text(13), "IN1-13").day,
        };
        reading.row(&self.at(reading, insurance, const { Key::of("ssmix2.coverage") }.number(index)), &row);
        reading.took(1);
    }

    /// AL1 and IAM share the fields that matter; IAM adds severity and onset.
    pub(super) fn allergies(&self, reading: &mut Reading<'_>) {
        for (index, allergy) in (0..).zip(self.all("AL1").chain(self.all("IAM"))) {
            let substance = Coded::of(allergy.field(3));
            if substance.is_empty() {
                reading.refuse(fault("ssmix2.no-code", "IAM-3"), place(reading, allergy), 1);
                continue;
            }
            let detailed = allergy.name() == "IAM";
            let (onset, onset_name) = if detailed { (11, "IAM-11") } else { (6, "AL1-6") };
            let severity = Coded::of(allergy.field(4));
            let [code, code_text, code_system, alt_code, alt_text, alt_system] = substance.six();
            let [value_code, value_code_text, value_code_system, ..] = severity.six();
            let row = ObservationRow {
                visit_key: None,
                kind: "allergy",
                code,
                code_text,
                code_system,
                alt_code,
                alt_text,
                alt_system,
                start_date: self.time(reading, allergy, &allergy.text(onset), onset_name).day,
                value_text: Some(&allergy.text(5)),
                value_number: None,
                value_code,
                value_code_text,
                value_code_system,
                unit: None,
            };
            if detailed && !allergy.field(12).is_empty() {
                reading.note(fault("R33", "IAM-12"), place(reading, allergy));
            }
            reading.row(&self.at(reading, allergy, const { Key::of("ssmix2.allergy") }.number(index)), &row);
            reading.took(1);
        }
    }
}

/// A patient's name in its three writings. PID-5 repeats; component 8 tells `I` 漢字, `P` カナ, `A` romaji; where it does
/// not, the first is kanji and the second kana.
struct Names {
    kanji: String,
    kana: String,
    romaji: String,
}

impl Names {
    fn of(field: Field<'_>) -> Self {
        let mut names = Self { kanji: String::new(), kana: String::new(), romaji: String::new() };
        for (index, name) in field.repetitions().enumerate() {
            let parts = [name.sub(1, 1), name.component(2), name.component(3)];
            let parts: Vec<&str> = parts.iter().flat_map(|part| part.split_whitespace()).collect();
            let slot = match (name.component(8).as_ref(), index) {
                ("I", _) => &mut names.kanji,
                ("P", _) => &mut names.kana,
                ("A", _) => &mut names.romaji,
                (_, 0) => &mut names.kanji,
                (_, 1) => &mut names.kana,
                _ => continue,
            };
            *slot = parts.join(" ");
        }
        names
    }
}
