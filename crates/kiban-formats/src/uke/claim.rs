//! One claim: its head (`RE`, `HO`, `KO`, `SN`), what its details add up to, and the rows that stand for the whole.

use std::borrow::Cow;

use kiban_core::{PatientRef, Place};
use rustc_hash::FxHashMap;

use super::record::{Fields, Kind};
use crate::{
    hash::Key,
    reading::{Fault, Reading, fault},
    rows::{CostRow, CoverageRow, DeathRow, Lineage, PatientRow, VisitRow},
    text::{Cp932, Day, Month, Parsed, claim_day, claim_month},
};

/// Sums over the file, and the claims met so far.
#[derive(Default)]
pub(super) struct Totals {
    claims: u64,
    payers: u64,
    points: f64,
    /// How often each claim identity occurred, so that two claims that look alike both stay.
    pub(super) seen: FxHashMap<i64, u64>,
}

impl Totals {
    /// Compares the file's own totals (`GO`) with what was read.
    pub(super) fn check(&self, reading: &mut Reading<'_>, fields: &Fields<'_>, place: Place) {
        let stated = |n| fields.number(n);
        #[expect(clippy::cast_precision_loss, reason = "counts of lines are far below 2^52")]
        let counts = [self.claims as f64, self.payers as f64];
        if stated(2).is_some_and(|count| !counts.contains(&count)) {
            reading.warn(fault("uke.count-mismatch", "GO.2"), place);
        }
        if stated(3).is_some_and(|points| points != self.points) {
            reading.warn(fault("uke.total-mismatch", "GO.3"), place);
        }
    }
}

/// Who pays: an insurer (`HO`) or a public scheme (`KO`).
#[derive(Default)]
struct Payer {
    offset: u64,
    insurer: String,
    symbol: String,
    number: String,
    branch: String,
    points: Option<f64>,
}

/// The lines since the last 点数: a 算定単位.
#[derive(Clone, Copy)]
pub(super) struct Unit<Code> {
    pub(super) item: &'static str,
    pub(super) code: Code,
    pub(super) day: Option<Day>,
    pub(super) offset: u64,
}

impl Unit<&str> {
    /// Returns the unit with its code kept beyond the line.
    pub(super) fn held(self) -> Unit<String> {
        Unit { item: self.item, code: self.code.to_owned(), day: self.day, offset: self.offset }
    }
}

impl Unit<String> {
    /// Returns the unit with its code borrowed.
    pub(super) fn borrowed(&self) -> Unit<&str> {
        Unit { item: self.item, code: &self.code, day: self.day, offset: self.offset }
    }
}

/// The claim being read.
#[derive(Default)]
pub(super) struct Claim {
    open: bool,
    place: Option<Place>,
    records: u64,
    broken: Option<Fault>,
    pub(super) patient: Option<PatientRef>,
    local_id: String,
    name: String,
    kana: String,
    birth: String,
    sex: &'static str,
    kind: [u8; 4],
    search: String,
    pub(super) month: Option<Month>,
    admitted: Option<Day>,
    insurer: Option<Payer>,
    public: Vec<Payer>,
    pub(super) key: Option<i64>,
    /// 請求年月 of the file.
    pub(super) version: i64,
    /// 診療識別 carried forward.
    pub(super) service: [u8; 2],
    pub(super) unit: Option<Unit<String>>,
    pub(super) points: f64,
    pub(super) lines: u64,
    pub(super) first_day: Option<Day>,
    pub(super) last_day: Option<Day>,
    pub(super) died: Option<u64>,
}

impl Claim {
    /// Begins a claim at its `RE` record.
    pub(super) fn open(&mut self, reading: &mut Reading<'_>, version: i64, fields: &Fields<'_>, place: Place) {
        // The texts and the list keep their room from claim to claim.
        let Self { mut local_id, mut name, mut kana, birth, search, mut public, .. } = std::mem::take(self);
        decode(reading, fields, 14, "RE.14", place).trim().clone_into(&mut local_id);
        one_space(&decode(reading, fields, 5, "RE.5", place), &mut name);
        one_space(&decode(reading, fields, 37, "RE.37", place), &mut kana);
        public.clear();
        *self = Self {
            open: true,
            place: Some(place),
            records: 1,
            version,
            local_id,
            name,
            kana,
            birth,
            search,
            public,
            ..Self::default()
        };
        fields.code(7).clone_into(&mut self.birth);
        fields.code(19).clone_into(&mut self.search);
        self.sex = match fields.get(6) {
            b"1" => "M",
            b"2" => "F",
            _ => "U",
        };
        self.kind.iter_mut().zip(fields.get(3)).for_each(|(to, from)| *to = *from);
        self.month = dated(reading, claim_month(fields.get(4)), "RE.4", place);
        self.admitted = dated(reading, claim_day(fields.get(9)), "RE.9", place);
        if self.local_id.is_empty() {
            self.broken = Some(fault("uke.no-local-id", "RE.14"));
        } else if self.month.is_none() {
            self.broken = Some(fault("uke.no-month", "RE.4"));
        } else {
            self.patient = Some(reading.patient(&self.local_id));
        }
    }

    /// Takes a record that belongs to the claim.
    pub(super) fn detail(
        &mut self,
        reading: &mut Reading<'_>,
        totals: &mut Totals,
        kind: Kind,
        fields: &Fields<'_>,
        place: Place,
    ) {
        if !self.open {
            return reading.refuse(fault("uke.before-claim", ""), place, 1);
        }
        if self.broken.is_some() {
            self.records += 1;
            return;
        }
        let taken = match kind {
            Kind::Insurer => self.insurer(reading, fields, place),
            Kind::Public => self.public(fields, place),
            Kind::Entitlement => self.entitlement(fields),
            _ => {
                self.seal(totals);
                self.service_record(reading, kind, fields, place)
            }
        };
        match taken {
            Ok(()) => self.records += 1,
            Err(fault) => reading.refuse(fault, place, 1),
        }
    }

    fn insurer(&mut self, reading: &mut Reading<'_>, fields: &Fields<'_>, place: Place) -> Result<(), Fault> {
        if fields.get(2).first() == Some(&b' ') {
            reading.note(fault("R17", "HO.2"), place);
        }
        self.insurer = Some(Payer {
            offset: place.offset,
            insurer: padded(fields.code(2)),
            symbol: decode(reading, fields, 3, "HO.3", place).into_owned(),
            number: decode(reading, fields, 4, "HO.4", place).into_owned(),
            branch: String::new(),
            points: fields.number(6),
        });
        Ok(())
    }

    fn public(&mut self, fields: &Fields<'_>, place: Place) -> Result<(), Fault> {
        self.public.push(Payer {
            offset: place.offset,
            insurer: padded(fields.code(2)),
            number: fields.code(3).to_owned(),
            points: fields.number(6),
            ..Payer::default()
        });
        Ok(())
    }

    fn entitlement(&mut self, fields: &Fields<'_>) -> Result<(), Fault> {
        if let (b"1", Some(insurer)) = (fields.get(2), &mut self.insurer) {
            fields.code(7).clone_into(&mut insurer.branch);
        }
        Ok(())
    }

    /// Fixes the claim's identity once its head is known: patient, month, kind, and the search number 検索番号 or, where
    /// there is none, the payers.
    fn seal(&mut self, totals: &mut Totals) {
        let (None, Some(patient), Some(month)) = (self.key, self.patient, self.month) else { return };
        let month = month.number().unsigned_abs();
        let mut key =
            const { Key::of("uke.claim") }.patient(patient).number(month).bytes(&self.kind).text(&self.search);
        if self.search.is_empty() {
            for payer in self.insurer.iter().chain(&self.public) {
                key = key.text(&payer.insurer).text(&payer.symbol).text(&payer.number);
            }
        }
        let count = totals.seen.entry(key.get()).or_default();
        self.key = Some(if *count == 0 { key.get() } else { key.number(*count).get() });
        *count += 1;
    }

    /// Ends the claim: writes its own rows, compares its sums, and accounts for its records.
    pub(super) fn close(&mut self, reading: &mut Reading<'_>, totals: &mut Totals) {
        let (true, Some(place)) = (std::mem::take(&mut self.open), self.place) else { return };
        self.add_to(totals);
        if let Some(fault) = self.broken {
            return reading.refuse(fault, place, self.records);
        }
        reading.took(self.records);
        self.seal(totals);
        let (Some(patient), Some(key), Some(month)) = (self.patient, self.key, self.month) else { return };
        let at = reading.lineage(place.offset, patient, key, self.version);
        self.write_patient(reading, &at, place);
        self.write_coverage(reading, &at, month);
        self.write_visit(reading, &at, month);
        self.write_costs(reading, &at, month);
        if let Some(offset) = self.died {
            let day = self.last_day;
            let record = const { Key::of("uke.death") }.patient(patient).get();
            reading.row(&Lineage { offset, record, ..at }, &DeathRow { death_date: day, ..DeathRow::default() });
            reading.note(fault("uke.death-day-from-claim", "SY.4"), place);
        }
        let stated = self.insurer.as_ref().map_or_else(|| self.largest_public(), |insurer| insurer.points);
        if stated.is_some_and(|points| points != self.points) {
            reading.warn(fault("uke.points-mismatch", "HO.6"), place);
        }
    }

    fn largest_public(&self) -> Option<f64> {
        self.public.iter().filter_map(|payer| payer.points).reduce(f64::max)
    }

    fn add_to(&self, totals: &mut Totals) {
        totals.claims += 1;
        totals.payers += (self.public.len() + usize::from(self.insurer.is_some())) as u64;
        totals.points += match &self.insurer {
            Some(insurer) => insurer.points.unwrap_or_default(),
            None => self.public.iter().filter_map(|payer| payer.points).sum(),
        };
    }

    fn write_patient(&self, reading: &mut Reading<'_>, at: &Lineage, place: Place) {
        let birth_date = dated(reading, claim_day(self.birth.as_bytes()), "RE.7", place);
        let record = const { Key::of("uke.patient") }.patient(at.patient).get();
        let row = PatientRow {
            local_id: &self.local_id,
            name_kanji: Some(&self.name),
            name_kana: Some(&self.kana),
            birth_text: Some(&self.birth),
            birth_date,
            sex: Some(self.sex),
            ..PatientRow::default()
        };
        reading.row(&Lineage { record, ..*at }, &row);
    }

    fn write_coverage(&self, reading: &mut Reading<'_>, at: &Lineage, month: Month) {
        let relationship = match self.kind {
            [_, _, _, b'1' | b'2'] => Some("self"),
            [_, _, _, b'3'..=b'6'] => Some("dependant"),
            _ => None,
        };
        for (index, payer) in (0..).zip(self.insurer.iter().chain(&self.public)) {
            let public = index > 0 || self.insurer.is_none();
            let row = CoverageRow {
                insurer: Some(&payer.insurer),
                symbol: Some(&payer.symbol),
                number: Some(&payer.number),
                branch: Some(&payer.branch),
                relationship: if public { None } else { relationship },
                plan: payer.insurer.get(..2),
                start_date: month.day(1),
                end_date: month.last(),
            };
            let record = const { Key::of("uke.coverage") }.number(at.document.unsigned_abs()).number(index).get();
            reading.row(&Lineage { offset: payer.offset, record, ..*at }, &row);
        }
    }

    /// In-patients are those whose 種別 ends in an odd digit.
    fn write_visit(&self, reading: &mut Reading<'_>, at: &Lineage, month: Month) {
        let [.., last] = self.kind;
        let inpatient = last.is_ascii_digit() && last % 2 == 1;
        let first_of_month = month.day(1);
        let admitted = self.admitted.filter(|day| inpatient && Some(*day) >= first_of_month);
        let row = VisitRow {
            visit_key: at.document,
            kind: if inpatient { "inpatient" } else { "outpatient" },
            start_date: admitted.or(self.first_day).or(first_of_month),
            end_date: self.last_day.or_else(|| month.last()),
            ..VisitRow::default()
        };
        reading.row(at, &row);
    }

    fn write_costs(&self, reading: &mut Reading<'_>, at: &Lineage, month: Month) {
        for (index, payer) in (0..).zip(self.insurer.iter().chain(&self.public)) {
            let row = CostRow {
                visit_key: Some(at.document),
                item: "receipt",
                start_date: month.day(1),
                points: payer.points,
                payer: payer.insurer.get(..2),
                ..CostRow::default()
            };
            let record = const { Key::of("uke.receipt") }.number(at.document.unsigned_abs()).number(index).get();
            reading.row(&Lineage { offset: payer.offset, record, ..*at }, &row);
        }
    }
}

/// Writes a name with one space between its parts.
fn one_space(name: &str, to: &mut String) {
    to.clear();
    for part in name.split_whitespace() {
        if !to.is_empty() {
            to.push(' ');
        }
        to.push_str(part);
    }
}

/// Decodes a text field.
pub(super) fn decode<'l>(
    reading: &mut Reading<'_>,
    fields: &Fields<'l>,
    field: usize,
    name: &'static str,
    place: Place,
) -> Cow<'l, str> {
    let Cp932 { text, fault: wrong } = Cp932::decode(fields.get(field));
    match wrong {
        Some(code @ "R32") => reading.warn(fault(code, name), place),
        Some(code) => reading.note(fault(code, name), place),
        None => {}
    }
    text
}

/// Takes a date and reports what it took to read it.
pub(super) fn dated<T>(reading: &mut Reading<'_>, parsed: Parsed<T>, name: &'static str, place: Place) -> Option<T> {
    match parsed.repair.code() {
        Some(code @ "text.bad-date") => reading.warn(fault(code, name), place),
        Some(code) => reading.note(fault(code, name), place),
        None => {}
    }
    parsed.value
}

/// Returns an insurer number as eight digits, left zero padded; what is not digits stays as it is.
fn padded(number: &str) -> String {
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    if digits { format!("{number:0>8}") } else { number.to_owned() }
}
