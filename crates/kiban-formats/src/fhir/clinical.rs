//! Patients, insurance, visits, diagnoses, procedures, allergies.

use super::{
    resource::{Concept, HumanName, Resource},
    rows::{Subject, Writer, visit_key},
};
use crate::{
    hash::Key,
    reading::{Fault, fault},
    rows::{ConditionRow, CoverageRow, DeathRow, Lineage, ObservationRow, PatientRow, ProcedureRow, VisitRow},
    text::{iso_instant, narrow},
};

/// The extension that tells in which writing a name stands.
const WRITING: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
/// The identifier 保険者番号:記号:番号:枝番 of an insured person; an older spelling occurs.
const MEMBER_ID: &str = "/JP_Insurance_memberID";

impl Writer<'_> {
    pub(super) fn patient(&mut self, patient: &Resource<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        let Some(local_id) = super::patients::local_id(patient, self.reading.ctx.facility) else {
            return Err(fault("fhir.no-local-id", "Patient.identifier"));
        };
        let names = Names::of(patient);
        let birth = patient.birth_date.get();
        let birth_date = self.day(birth, "Patient.birthDate", subject);
        let address = patient.addresses.first();
        let line = address.map(|a| match a.text.some() {
            Some(text) => text.to_owned(),
            None => {
                let lines = a.line.iter().map(|line| line.get());
                [a.state.get(), a.city.get()].into_iter().chain(lines).collect::<Vec<_>>().concat()
            }
        });
        let phone = patient.contacts.iter().find(|contact| contact.system.get() == "phone");
        let row = PatientRow {
            local_id: &local_id,
            name_kanji: names.kanji.as_deref(),
            name_kana: names.kana.as_deref(),
            name_romaji: names.romaji.as_deref(),
            birth_text: Some(birth),
            birth_date,
            sex: Some(match patient.gender.get() {
                "male" => "M",
                "female" => "F",
                "other" => "O",
                _ => "U",
            }),
            postal_code: address.and_then(|a| a.postal_code.some()),
            address: line.as_deref(),
            phone: phone.and_then(|phone| phone.value.some()),
        };
        self.reading.row(&subject.at, &row);
        let died = patient.deceased_at.get();
        if !died.is_empty() || patient.deceased.0 {
            let death_date = self.day(died, "Patient.deceasedDateTime", subject);
            let record = const { Key::of("fhir.death") }.patient(subject.at.patient).get();
            self.reading.row(&Lineage { record, ..subject.at }, &DeathRow { death_date, ..DeathRow::default() });
        }
        let members = patient.identifiers.iter().filter(|i| i.system.get().ends_with(MEMBER_ID));
        for (index, member) in (0..).zip(members) {
            let record = const { Key::of("fhir.member") }.patient(subject.at.patient).number(index).get();
            let at = Lineage { record, ..subject.at };
            self.member(&at, subject, member.value.get(), CoverageRow::default());
        }
        Ok(())
    }

    /// Writes a coverage from 保険者番号:記号:番号:枝番; what `row` already says stays.
    fn member(&mut self, at: &Lineage, subject: &Subject<'_>, member: &str, row: CoverageRow<'_>) {
        let plain = narrow(member);
        if plain != member {
            self.reading.note(fault("R09", "memberID"), subject.place);
        }
        let mut parts = plain.split(':').map(str::trim);
        let [insurer, symbol, number, branch] = [parts.next(), parts.next(), parts.next(), parts.next()];
        let insurer = row.insurer.or(insurer).filter(|text| !text.is_empty()).map(|text| format!("{text:0>8}"));
        let row = CoverageRow {
            insurer: insurer.as_deref(),
            symbol: row.symbol.or(symbol),
            number: row.number.or(number),
            branch: row.branch.or(branch),
            ..row
        };
        self.reading.row(at, &row);
    }

    pub(super) fn coverage(&mut self, coverage: &Resource<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        let extension = |name: &str| {
            let found = coverage.extensions.iter().find(|extension| extension.url.get().ends_with(name));
            found.and_then(|extension| extension.string.some()).map(narrow)
        };
        let (symbol, number) = (extension("InsuredPersonSymbol"), extension("InsuredPersonNumber"));
        let branch = extension("InsuredPersonSubNumber");
        let insurer = coverage.payors.first().and_then(|payor| payor.identifier.value.some()).map(narrow);
        let member = coverage.identifiers.iter().find(|i| i.system.get().ends_with(MEMBER_ID));
        let relationship = coverage.relationship.first_code();
        let row = CoverageRow {
            insurer: insurer.as_deref(),
            symbol: symbol.as_deref(),
            number: number.as_deref(),
            branch: branch.as_deref().or_else(|| coverage.dependent.some()),
            relationship: Some(match relationship {
                "1" | "self" => "self",
                "2" | "child" | "spouse" | "parent" => "dependant",
                other => other,
            }),
            plan: coverage.types.first().map(Concept::first_code),
            start_date: self.day(coverage.period.start.get(), "Coverage.period", subject),
            end_date: self.day(coverage.period.end.get(), "Coverage.period", subject),
        };
        self.member(&subject.at, subject, member.map(|m| m.value.get()).unwrap_or_default(), row);
        Ok(())
    }

    pub(super) fn encounter(&mut self, encounter: &Resource<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        let (start, end) = (encounter.period.start.get(), encounter.period.end.get());
        let stay = &encounter.hospitalization;
        let end_date = self.day(end, "Encounter.period", subject);
        let row = VisitRow {
            visit_key: visit_key(subject.at.patient, subject.name),
            kind: match encounter.class.code.get() {
                "IMP" | "ACUTE" | "NONAC" | "OBSENC" => "inpatient",
                "AMB" | "SS" => "outpatient",
                "EMER" => "emergency",
                "HH" => "home",
                _ => "other",
            },
            start_date: self.day(start, "Encounter.period", subject),
            end_date,
            start_at: iso_instant(start),
            end_at: iso_instant(end),
            department: Some(encounter.service.first_code()),
            department_text: encounter.service.label(),
            admitted_from: Some(stay.source.first_code()),
            discharged_to: Some(stay.disposition.first_code()),
        };
        let cancelled = encounter.status.get() == "cancelled";
        let at = Lineage { deleted: subject.at.deleted || cancelled, ..subject.at };
        self.reading.row(&at, &row);
        if stay.disposition.has(&["exp"]) {
            let record = const { Key::of("fhir.death") }.patient(at.patient).get();
            self.reading.row(&Lineage { record, ..at }, &DeathRow { death_date: end_date, ..DeathRow::default() });
        }
        Ok(())
    }

    pub(super) fn condition(&mut self, condition: &Resource<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        if condition.code.is_empty() {
            return Err(fault("fhir.no-code", "Condition.code"));
        }
        let [code, code_text, code_system, alt_code, alt_text, alt_system] = condition.code.six();
        let status = match condition.verification.first_code() {
            "refuted" => "refuted",
            "provisional" | "differential" | "unconfirmed" => "provisional",
            _ if condition.code.is_suspected() => "provisional",
            _ => "confirmed",
        };
        let onset = first(&[&condition.onset.0, &condition.onset_period.start.0, &condition.recorded.0]);
        let end = first(&[&condition.abatement.0, &condition.abatement_period.start.0]);
        let row = ConditionRow {
            visit_key: self.visit_key(subject, &condition.encounter),
            code,
            code_text,
            code_system,
            alt_code,
            alt_text,
            alt_system,
            start_date: self.day(onset, "Condition.onset", subject),
            end_date: self.day(end, "Condition.abatement", subject),
            status,
            rank: None,
            outcome: Some(condition.clinical.first_code()),
        };
        self.reading.row(&subject.at, &row);
        Ok(())
    }

    pub(super) fn procedure(&mut self, procedure: &Resource<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        if procedure.code.is_empty() {
            return Err(fault("fhir.no-code", "Procedure.code"));
        }
        if procedure.status.get() == "not-done" {
            self.reading.note(fault("fhir.not-done", "Procedure.status"), subject.place);
            return Ok(());
        }
        let [code, code_text, code_system, alt_code, alt_text, alt_system] = procedure.code.six();
        let start = first(&[&procedure.performed.0, &procedure.performed_period.start.0]);
        let row = ProcedureRow {
            visit_key: self.visit_key(subject, &procedure.encounter),
            code,
            code_text,
            code_system,
            alt_code,
            alt_text,
            alt_system,
            start_date: self.day(start, "Procedure.performed", subject),
            end_date: self.day(procedure.performed_period.end.get(), "Procedure.performed", subject),
            quantity: None,
        };
        self.reading.row(&subject.at, &row);
        Ok(())
    }

    /// Allergies, intolerances and drug contraindications 薬剤禁忌.
    pub(super) fn allergy(&mut self, allergy: &Resource<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        if allergy.code.is_empty() {
            return Err(fault("fhir.no-code", "AllergyIntolerance.code"));
        }
        if allergy.verification.has(&["refuted"]) {
            self.reading.note(fault("fhir.refuted", "AllergyIntolerance.verificationStatus"), subject.place);
            return Ok(());
        }
        let [code, code_text, code_system, alt_code, alt_text, alt_system] = allergy.code.six();
        let onset = first(&[&allergy.onset.0, &allergy.onset_period.start.0, &allergy.recorded.0]);
        let row = ObservationRow {
            visit_key: self.visit_key(subject, &allergy.encounter),
            kind: "allergy",
            code,
            code_text,
            code_system,
            alt_code,
            alt_text,
            alt_system,
            start_date: self.day(onset, "AllergyIntolerance.onset", subject),
            ..ObservationRow::default()
        };
        self.reading.row(&subject.at, &row);
        Ok(())
    }
}

/// Returns the first text that is not empty.
pub(super) fn first<'t>(texts: &[&'t str]) -> &'t str {
    texts.iter().map(|text| text.trim()).find(|text| !text.is_empty()).unwrap_or_default()
}

/// A patient's name in its three writings: `IDE` 漢字, `SYL` カナ, `ABC` romaji; where no extension tells, a name in ASCII
/// is romaji and any other kanji.
#[derive(Default)]
struct Names {
    kanji: Option<String>,
    kana: Option<String>,
    romaji: Option<String>,
}

impl Names {
    fn of(patient: &Resource<'_>) -> Self {
        let mut names = Self::default();
        for name in patient.names.iter().filter(|name| !matches!(name.purpose.get(), "old" | "maiden")) {
            let text = one_line(name);
            let told = name.extensions.iter().find(|extension| extension.url.get() == WRITING);
            let slot = match told.map(|extension| extension.code.get()) {
                Some("SYL") => &mut names.kana,
                Some("IDE") => &mut names.kanji,
                Some("ABC") => &mut names.romaji,
                _ if text.is_ascii() => &mut names.romaji,
                _ => &mut names.kanji,
            };
            if !text.is_empty() {
                slot.get_or_insert(text);
            }
        }
        names
    }
}

/// Family and given name with one space between; where they are not split, the text as it is.
fn one_line(name: &HumanName<'_>) -> String {
    let parts = name.family.some().into_iter().chain(name.given.iter().filter_map(|given| given.some()));
    let split = parts.collect::<Vec<_>>().join(" ");
    let whole = if name.family.some().is_some() { split } else { name.text.get().to_owned() };
    whole.split_whitespace().collect::<Vec<_>>().join(" ")
}
