//! Observations and specimens.

use super::{
    clinical::first,
    drugs::unit,
    patients::canonical,
    resource::{Component, Concept, Quantity, Range, Reference, Resource},
    rows::{Subject, Writer},
};
use crate::{
    hash::Key,
    reading::{Fault, fault},
    rows::{Lineage, MeasurementRow, ObservationRow, SpecimenRow},
    systems,
    text::{Value, iso_instant},
};

/// The answer of an observation or of one of its components.
struct Answer<'r, 'a> {
    code: &'r Concept<'a>,
    quantity: &'r Quantity<'a>,
    text: &'r str,
    integer: Option<f64>,
    concept: &'r Concept<'a>,
    interpretation: Option<&'r Concept<'a>>,
    range: Option<&'r Range<'a>>,
}

impl<'r, 'a> Answer<'r, 'a> {
    fn whole(resource: &'r Resource<'a>) -> Self {
        Self {
            code: &resource.code,
            quantity: &resource.quantity_value,
            text: first(&[&resource.string_value.0, &resource.boolean_value.0]),
            integer: resource.integer_value.0,
            concept: &resource.concept_value,
            interpretation: resource.interpretation.first(),
            range: resource.ranges.first(),
        }
    }

    fn part(component: &'r Component<'a>) -> Self {
        Self {
            code: &component.code,
            quantity: &component.quantity,
            text: first(&[&component.string.0, &component.boolean.0]),
            integer: component.integer.0,
            concept: &component.concept,
            interpretation: component.interpretation.first(),
            range: component.ranges.first(),
        }
    }

    fn is_empty(&self) -> bool {
        let number = self.quantity.value.0.or(self.integer);
        number.is_none() && self.text.is_empty() && self.concept.is_empty()
    }
}

impl Writer<'_> {
    /// Writes an observation: social history and surveys as observations, all others as measurements; components are
    /// rows of their own, and the whole is one too where it has an answer or no components.
    pub(super) fn observation(&mut self, resource: &Resource<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        if resource.code.is_empty() {
            return Err(fault("fhir.no-code", "Observation.code"));
        }
        let category = |code: &str| resource.categories.iter().any(|category| category.has(&[code]));
        let kind = match () {
            () if category("social-history") => Some("social"),
            () if category("survey") => Some("survey"),
            () => None,
        };
        let whole = Answer::whole(resource);
        let parts = resource.components.iter().map(Answer::part);
        let own = (!whole.is_empty() || resource.components.first().is_none()).then_some(whole);
        for (index, answer) in (0..).zip(own.into_iter().chain(parts)) {
            let record =
                const { Key::of("fhir.answer") }.number(subject.at.document.unsigned_abs()).number(index).get();
            let at =
                Lineage { record, deleted: subject.at.deleted || resource.status.get() == "cancelled", ..subject.at };
            match kind {
                Some(kind) => self.finding_of_life(resource, subject, &at, kind, &answer),
                None => self.measurement(resource, subject, &at, &answer),
            }
        }
        Ok(())
    }

    fn measurement(&mut self, resource: &Resource<'_>, subject: &Subject<'_>, at: &Lineage, answer: &Answer<'_, '_>) {
        let [code, code_text, code_system, alt_code, alt_text, alt_system] = answer.code.six();
        let when = when(resource);
        let value = Value::of(answer.text);
        if let Some(rule) = value.rule {
            self.reading.note(fault(rule, "Observation.value"), subject.place);
        }
        let stated = answer.quantity.value.0.or(answer.integer);
        let operator = match answer.quantity.comparator.get() {
            "<" => Some("<"),
            "<=" => Some("<="),
            ">" => Some(">"),
            ">=" => Some(">="),
            _ => stated.map(|_| "="),
        };
        let [value_code, value_code_text, value_code_system, ..] = answer.concept.six();
        let row = MeasurementRow {
            visit_key: self.visit_key(subject, &resource.encounter),
            specimen_key: specimen_key(subject, &resource.specimen),
            code,
            code_text,
            code_system,
            alt_code,
            alt_text,
            alt_system,
            start_date: self.day(when, "Observation.effective", subject),
            start_at: iso_instant(when),
            value_text: Some(answer.text).filter(|text| !text.is_empty()).or_else(|| answer.concept.label()),
            value_number: stated.or(value.number),
            operator: if stated.is_some() { operator } else { value.operator },
            value_code: value_code.or(value.word),
            value_code_text,
            value_code_system: value_code_system.or_else(|| value.word.map(|_| systems::QUALITATIVE)),
            unit: answer.quantity.unit.some().or_else(|| answer.quantity.code.some()),
            range_low: answer.range.and_then(|range| range.low.value.0),
            range_high: answer.range.and_then(|range| range.high.value.0),
            flag: answer.interpretation.map(Concept::first_code),
        };
        self.reading.row(at, &row);
    }

    fn finding_of_life(
        &mut self,
        resource: &Resource<'_>,
        subject: &Subject<'_>,
        at: &Lineage,
        kind: &str,
        answer: &Answer<'_, '_>,
    ) {
        let [code, code_text, code_system, alt_code, alt_text, alt_system] = answer.code.six();
        let [value_code, value_code_text, value_code_system, ..] = answer.concept.six();
        let row = ObservationRow {
            visit_key: self.visit_key(subject, &resource.encounter),
            kind,
            code,
            code_text,
            code_system,
            alt_code,
            alt_text,
            alt_system,
            start_date: self.day(when(resource), "Observation.effective", subject),
            value_text: Some(answer.text).filter(|text| !text.is_empty()).or_else(|| answer.concept.label()),
            value_number: answer.quantity.value.0.or(answer.integer),
            value_code,
            value_code_text,
            value_code_system,
            unit: unit(answer.quantity),
        };
        self.reading.row(at, &row);
    }

    pub(super) fn specimen(&mut self, specimen: &Resource<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        let [code, code_text, code_system, ..] = specimen.types.first().map(Concept::six).unwrap_or_default();
        let taken = first(&[&specimen.collection.at.0, &specimen.collection.period.start.0]);
        let row = SpecimenRow {
            specimen_key: const { Key::of("fhir.specimen") }.patient(subject.at.patient).text(subject.name).get(),
            code,
            code_text,
            code_system,
            start_date: self.day(taken, "Specimen.collection", subject),
        };
        self.reading.row(&subject.at, &row);
        Ok(())
    }
}

/// Returns when an observation was made.
fn when<'r>(resource: &'r Resource<'_>) -> &'r str {
    first(&[
        &resource.effective.0,
        &resource.effective_period.start.0,
        &resource.effective_instant.0,
        &resource.issued.0,
    ])
}

fn specimen_key(subject: &Subject<'_>, reference: &Reference<'_>) -> Option<i64> {
    let name = canonical(reference.reference.get())?;
    let id = name.strip_prefix("Specimen/").unwrap_or(name);
    Some(const { Key::of("fhir.specimen") }.patient(subject.at.patient).text(id).get())
}
