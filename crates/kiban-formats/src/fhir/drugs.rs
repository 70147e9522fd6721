//! Prescriptions, statements, administrations, dispensings, immunisations.

use super::{
    clinical::first,
    resource::{Concept, Dosage, Quantity, Resource},
    rows::{Subject, Writer},
};
use crate::{
    reading::{Fault, fault},
    rows::{DrugRow, Lineage},
    text::Day,
};

/// The extension in which JP Core says from when a drug is to be used.
const PERIOD_OF_USE: &str = "JP_MedicationDosage_PeriodOfUse";

impl Writer<'_> {
    pub(super) fn prescribed(&mut self, order: &Resource<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        let usage = order.instructions.first();
        let period = |u: &Dosage<'_>| {
            let found = u.extensions.iter().find(|extension| extension.url.get().ends_with(PERIOD_OF_USE));
            found.map(|extension| extension.period.start.get().to_owned())
        };
        let from = usage.and_then(period).unwrap_or_default();
        let start = first(&[&from, &order.authored.0]);
        let supply = days(&order.dispense.duration).or_else(|| days(&usage?.timing.repeat.bounds));
        let cancelled = matches!(order.status.get(), "cancelled" | "draft");
        self.drug(order, subject, "prescribed", (start, ""), (supply, &order.dispense.quantity), usage, cancelled)
    }

    pub(super) fn stated(&mut self, statement: &Resource<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        let start = first(&[&statement.effective.0, &statement.effective_period.start.0]);
        let period = (start, statement.effective_period.end.get());
        let usage = statement.dosages.first();
        if statement.status.get() == "not-taken" {
            return self.not_given(subject, "MedicationStatement.status");
        }
        self.drug(statement, subject, "stated", period, (None, &Quantity::default()), usage, false)
    }

    pub(super) fn administered(&mut self, given: &Resource<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        if given.status.get() == "not-done" {
            return self.not_given(subject, "MedicationAdministration.status");
        }
        let start = first(&[&given.effective.0, &given.effective_period.start.0]);
        let usage = given.dosages.first();
        let amount = usage.map(|usage| usage.dose.clone()).unwrap_or_default();
        let period = (start, given.effective_period.end.get());
        self.drug(given, subject, "administered", period, (None, &amount), usage, false)
    }

    pub(super) fn dispensed(&mut self, handed: &Resource<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        let supply = (days(&handed.days_supply), &handed.quantity);
        let usage = handed.instructions.first();
        let cancelled = handed.status.get() == "cancelled";
        self.drug(handed, subject, "dispensed", (handed.handed_over.get(), ""), supply, usage, cancelled)
    }

    pub(super) fn immunised(&mut self, shot: &Resource<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        if shot.status.get() == "not-done" {
            return self.not_given(subject, "Immunization.status");
        }
        self.drug(shot, subject, "immunised", (shot.occurrence.get(), ""), (None, &shot.dose), None, false)
    }

    fn not_given(&mut self, subject: &Subject<'_>, field: &'static str) -> Result<(), Fault> {
        self.reading.note(fault("fhir.not-done", field), subject.place);
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "five resource types meet in one row")]
    fn drug(
        &mut self,
        resource: &Resource<'_>,
        subject: &Subject<'_>,
        kind: &str,
        (start, end): (&str, &str),
        (days_supply, quantity): (Option<i32>, &Quantity<'_>),
        usage: Option<&Dosage<'_>>,
        cancelled: bool,
    ) -> Result<(), Fault> {
        let reference = &resource.medication_reference;
        let contained = reference.reference.get().strip_prefix('#');
        let contained = resource.contained.iter().find(|inner| Some(inner.id.get()) == contained);
        let drug = [Some(&resource.medication), Some(&resource.vaccine), contained.map(|inner| &inner.code)];
        let drug = drug.into_iter().flatten().find(|concept| !concept.is_empty());
        if drug.is_none() && reference.display.some().is_none() {
            return Err(fault("fhir.no-code", "medication"));
        }
        let [code, code_text, code_system, alt_code, alt_text, alt_system] = drug.map(Concept::six).unwrap_or_default();
        let start_date = self.day(start, "medication.start", subject);
        let computed = || Some(Day(start_date?.0 + days_supply? - 1));
        let dose = usage.and_then(|usage| usage.doses.first()).map(|dose| &dose.dose);
        let encounter = if resource.encounter.is_empty() { &resource.context } else { &resource.encounter };
        let route = usage.map_or_else(|| resource.route.first_code(), |usage| usage.route.first_code());
        let row = DrugRow {
            visit_key: self.visit_key(subject, encounter),
            kind,
            code,
            code_text: code_text.or_else(|| reference.display.some()),
            code_system,
            alt_code,
            alt_text,
            alt_system,
            start_date,
            end_date: self.day(end, "medication.end", subject).or_else(computed),
            days_supply,
            quantity: quantity.value.0,
            quantity_unit: unit(quantity),
            dose: dose.and_then(|dose| dose.value.0),
            dose_unit: dose.and_then(unit),
            route: Some(route),
            sig: usage.and_then(|usage| usage.text.some().or_else(|| usage.timing.code.label())),
        };
        let at = Lineage { deleted: subject.at.deleted || cancelled, ..subject.at };
        self.reading.row(&at, &row);
        Ok(())
    }
}

/// Returns a quantity's unit: its code, else what is displayed.
pub(super) fn unit<'q>(quantity: &'q Quantity<'_>) -> Option<&'q str> {
    quantity.code.some().or_else(|| quantity.unit.some())
}

/// Returns a duration in whole days, if it is given in days.
fn days(duration: &Quantity<'_>) -> Option<i32> {
    let value = duration.value.0.filter(|days| (1.0..=1000.0).contains(days))?;
    #[expect(clippy::cast_possible_truncation, reason = "between 1 and 1000")]
    matches!(unit(duration), None | Some("d" | "日")).then_some(value as i32)
}
