//! One resource at a time: whose it is, which version, and which rows it becomes.

use kiban_core::{PatientRef, Place};
use rustc_hash::FxHashMap;

use super::{
    patients::{canonical, local_id, resolve},
    resource::{Reference, Resource},
};
use crate::{
    format::DeliveryState,
    hash::Key,
    reading::{Fault, Reading, fault},
    rows::Lineage,
    text::{Day, Instant, iso_day, iso_instant},
};

/// Types that exist and are not read yet; of types not in this list only the fact is told.
const UNREAD: &[&str] = &[
    "Practitioner",
    "PractitionerRole",
    "Organization",
    "Location",
    "Device",
    "DocumentReference",
    "Composition",
    "DiagnosticReport",
    "Medication",
    "CarePlan",
    "CareTeam",
    "Claim",
    "ExplanationOfBenefit",
    "ImagingStudy",
    "Provenance",
    "Goal",
    "FamilyMemberHistory",
    "ServiceRequest",
    "Consent",
    "Communication",
    "Questionnaire",
    "QuestionnaireResponse",
    "List",
    "Group",
    "RelatedPerson",
    "HealthcareService",
    "BodyStructure",
    "NutritionOrder",
    "SupplyDelivery",
    "MedicationKnowledge",
    "Binary",
    "Appointment",
    "EpisodeOfCare",
    "Flag",
    "RiskAssessment",
    "OperationOutcome",
    "Account",
    "Invoice",
    "ClinicalImpression",
    "Media",
    "DeviceUseStatement",
    "Task",
    "Parameters",
];

/// Turns resources into rows.
pub(super) struct Writer<'a> {
    pub(super) reading: Reading<'a>,
    state: &'a DeliveryState,
    /// References already computed: they cost four hash blocks each.
    known: FxHashMap<String, PatientRef>,
}

/// A resource whose patient is known.
pub(super) struct Subject<'r> {
    /// What references call the resource: its `urn:` address in a Bundle, else its id.
    pub(super) name: &'r str,
    pub(super) at: Lineage,
    pub(super) place: Place,
}

impl<'a> Writer<'a> {
    pub(super) fn new(reading: Reading<'a>, state: &'a DeliveryState) -> Self {
        Self { reading, state, known: FxHashMap::default() }
    }

    /// Reads one resource.
    pub(super) fn resource(&mut self, json: &str, full_url: &str, offset: u64, line: u32) {
        self.reading.saw(1);
        let place = self.reading.place(offset, line);
        let Ok(resource) = serde_json::from_str::<Resource<'_>>(json) else {
            return self.reading.refuse(fault("fhir.broken-json", ""), place, 1);
        };
        let written = match resource.kind.get() {
            "Observation" => self.with_subject(&resource, full_url, place, Self::observation),
            "Condition" => self.with_subject(&resource, full_url, place, Self::condition),
            "Encounter" => self.with_subject(&resource, full_url, place, Self::encounter),
            "Procedure" => self.with_subject(&resource, full_url, place, Self::procedure),
            "MedicationRequest" => self.with_subject(&resource, full_url, place, Self::prescribed),
            "MedicationStatement" => self.with_subject(&resource, full_url, place, Self::stated),
            "MedicationAdministration" => self.with_subject(&resource, full_url, place, Self::administered),
            "MedicationDispense" => self.with_subject(&resource, full_url, place, Self::dispensed),
            "Immunization" => self.with_subject(&resource, full_url, place, Self::immunised),
            "AllergyIntolerance" => self.with_subject(&resource, full_url, place, Self::allergy),
            "Specimen" => self.with_subject(&resource, full_url, place, Self::specimen),
            "Coverage" => self.with_subject(&resource, full_url, place, Self::coverage),
            "Patient" => self.with_subject(&resource, full_url, place, Self::patient),
            "" => Err(fault("fhir.no-type", "resourceType")),
            other => {
                let name = UNREAD.iter().find(|known| **known == other).unwrap_or(&"");
                return self.reading.unread(fault("fhir.unread-resource", name), place, 1);
            }
        };
        match written {
            Ok(()) => self.reading.took(1),
            Err(fault) => self.reading.refuse(fault, place, 1),
        }
    }

    fn with_subject(
        &mut self,
        resource: &Resource<'_>,
        full_url: &str,
        place: Place,
        write: fn(&mut Self, &Resource<'_>, &Subject<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let own = self.reading.ctx.facility;
        let local_id = match resource.kind.get() {
            "Patient" => local_id(resource, own).ok_or(fault("fhir.no-local-id", "Patient.identifier"))?,
            _ => {
                let references = [&resource.subject, &resource.patient, &resource.beneficiary];
                let stated = references.into_iter().find(|reference| !reference.is_empty());
                let stated = stated.ok_or(fault("fhir.no-patient", "subject"))?;
                resolve(stated, own, self.state).ok_or(fault("fhir.unknown-patient", "subject"))?
            }
        };
        let patient = match self.known.get(&local_id) {
            Some(known) => *known,
            None => {
                let patient = self.reading.patient(&local_id);
                self.known.insert(local_id, patient);
                patient
            }
        };
        let name = if full_url.starts_with("urn:") { full_url } else { resource.id.get() };
        let id = if resource.id.get().is_empty() { full_url } else { resource.id.get() };
        let key = const { Key::of("fhir.resource") }.patient(patient).text(resource.kind.get());
        let document = match (resource.kind.get(), id) {
            ("Patient", _) => key.get(),
            (_, "") => key.number(place.offset).get(),
            (_, id) => key.text(id).get(),
        };
        if id.is_empty() {
            self.reading.note(fault("fhir.no-id", "id"), place);
        }
        let at = self.reading.lineage(place.offset, patient, document, version(resource));
        let deleted = resource.status.get() == "entered-in-error" || resource.verification.has(&["entered-in-error"]);
        write(self, resource, &Subject { name, at: Lineage { deleted, ..at }, place })
    }

    /// Returns the key of the visit that a reference to an Encounter means; what is contained is no visit of its own.
    pub(super) fn visit_key(&self, subject: &Subject<'_>, encounter: &Reference<'_>) -> Option<i64> {
        let name = canonical(encounter.reference.get())?;
        Some(visit_key(subject.at.patient, name.strip_prefix("Encounter/").unwrap_or(name)))
    }

    /// Takes a date; text that is none is reported, a partial date is noted.
    pub(super) fn day(&mut self, text: &str, field: &'static str, subject: &Subject<'_>) -> Option<Day> {
        let day = iso_day(text);
        if day.is_none() && !text.is_empty() {
            let bytes = text.as_bytes();
            let partial = matches!(bytes.len(), 4 | 7) && bytes.iter().all(|b| b.is_ascii_digit() || *b == b'-');
            if partial {
                self.reading.note(fault("text.partial-date", field), subject.place);
            } else {
                self.reading.warn(fault("text.bad-date", field), subject.place);
            }
        }
        day
    }
}

/// Returns the key of a visit by the id of its Encounter.
pub(super) fn visit_key(patient: PatientRef, encounter: &str) -> i64 {
    const { Key::of("fhir.visit") }.patient(patient).text(encounter).get()
}

impl Reference<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.reference.get().is_empty() && self.identifier.value.get().is_empty()
    }
}

/// Orders versions: by when the server last wrote the resource, else by its version number.
fn version(resource: &Resource<'_>) -> i64 {
    let written = iso_instant(resource.meta.updated.get()).map(|Instant(micros)| micros.max(0));
    written.or_else(|| resource.meta.version.get().parse().ok().filter(|number: &i64| *number >= 0)).unwrap_or(0)
}
