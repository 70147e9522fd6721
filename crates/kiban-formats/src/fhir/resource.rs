//! The members of FHIR R4 resources that are read, as one projection for all of them: narrative and everything else is
//! skipped without being kept.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json::{Decimal, List, Text, Truth, drained, expecting, objects};

objects! {
    /// A code of one system.
    Coding { "system" system: Text<'a>, "code" code: Text<'a>, "display" display: Text<'a>, }

    /// Codes and a text.
    Concept { "coding" codings: List<Coding<'a>>, "text" text: Text<'a>, "extension" extensions: List<Extension<'a>>, }

    /// An extension and those within it.
    Extension {
        "url" url: Text<'a>, "valueCode" code: Text<'a>, "valueString" string: Text<'a>,
        "valueCodeableConcept" concept: Concept<'a>, "valuePeriod" period: Period<'a>, "extension" inner: List<Extension<'a>>,
    }

    /// An identifier.
    Identifier { "system" system: Text<'a>, "value" value: Text<'a>, "type" kind: Concept<'a>, }

    /// A reference, by address or by identifier.
    Reference { "reference" reference: Text<'a>, "identifier" identifier: Identifier<'a>, "display" display: Text<'a>, }

    /// A period.
    Period { "start" start: Text<'a>, "end" end: Text<'a>, }

    /// A quantity.
    Quantity { "value" value: Decimal, "comparator" comparator: Text<'a>, "unit" unit: Text<'a>, "code" code: Text<'a>, }

    /// A person's name.
    HumanName {
        "use" purpose: Text<'a>, "text" text: Text<'a>, "family" family: Text<'a>, "given" given: List<Text<'a>>,
        "extension" extensions: List<Extension<'a>>,
    }

    /// An address.
    Address {
        "text" text: Text<'a>, "line" line: List<Text<'a>>, "city" city: Text<'a>, "state" state: Text<'a>,
        "postalCode" postal_code: Text<'a>,
    }

    /// A phone number or the like.
    Contact { "system" system: Text<'a>, "value" value: Text<'a>, }

    /// Version facts.
    Meta { "versionId" version: Text<'a>, "lastUpdated" updated: Text<'a>, }

    /// Bounds of normal.
    Range { "low" low: Quantity<'a>, "high" high: Quantity<'a>, }

    /// One of several results under one code.
    Component {
        "code" code: Concept<'a>, "valueQuantity" quantity: Quantity<'a>, "valueString" string: Text<'a>,
        "valueInteger" integer: Decimal, "valueBoolean" boolean: Text<'a>, "valueCodeableConcept" concept: Concept<'a>,
        "interpretation" interpretation: List<Concept<'a>>, "referenceRange" ranges: List<Range<'a>>,
    }

    /// How much at a time.
    DoseAndRate { "doseQuantity" dose: Quantity<'a>, }

    /// A stretch of time within a timing.
    Repeat { "boundsDuration" bounds: Quantity<'a>, "boundsPeriod" period: Period<'a>, }

    /// When.
    Timing { "repeat" repeat: Repeat<'a>, "code" code: Concept<'a>, }

    /// Instructions of use.
    Dosage {
        "text" text: Text<'a>, "timing" timing: Timing<'a>, "route" route: Concept<'a>, "dose" dose: Quantity<'a>,
        "doseAndRate" doses: List<DoseAndRate<'a>>, "extension" extensions: List<Extension<'a>>,
    }

    /// What a pharmacy is asked for.
    Dispense { "quantity" quantity: Quantity<'a>, "expectedSupplyDuration" duration: Quantity<'a>, }

    /// Where a stay began and ended.
    Hospitalization { "admitSource" source: Concept<'a>, "dischargeDisposition" disposition: Concept<'a>, }

    /// A resource within a resource.
    Contained { "resourceType" kind: Text<'a>, "id" id: Text<'a>, "code" code: Concept<'a>, "identifier" identifiers: List<Identifier<'a>>, }

    /// How a specimen was got.
    Collection { "collectedDateTime" at: Text<'a>, "collectedPeriod" period: Period<'a>, }

    /// A resource of any type.
    Resource {
        "resourceType" kind: Text<'a>, "id" id: Text<'a>, "meta" meta: Meta<'a>, "identifier" identifiers: List<Identifier<'a>>,
        "extension" extensions: List<Extension<'a>>, "contained" contained: List<Contained<'a>>, "status" status: Text<'a>,
        "subject" subject: Reference<'a>, "patient" patient: Reference<'a>, "beneficiary" beneficiary: Reference<'a>,
        "encounter" encounter: Reference<'a>, "context" context: Reference<'a>, "code" code: Concept<'a>,
        "category" categories: List<Concept<'a>>, "type" types: List<Concept<'a>>, "class" class: Coding<'a>,
        "name" names: List<HumanName<'a>>, "telecom" contacts: List<Contact<'a>>, "gender" gender: Text<'a>,
        "birthDate" birth_date: Text<'a>, "address" addresses: List<Address<'a>>, "deceasedBoolean" deceased: Truth,
        "deceasedDateTime" deceased_at: Text<'a>, "period" period: Period<'a>, "serviceType" service: Concept<'a>,
        "hospitalization" hospitalization: Hospitalization<'a>, "verificationStatus" verification: Concept<'a>,
        "clinicalStatus" clinical: Concept<'a>, "onsetDateTime" onset: Text<'a>, "onsetPeriod" onset_period: Period<'a>,
        "abatementDateTime" abatement: Text<'a>, "abatementPeriod" abatement_period: Period<'a>,
        "recordedDate" recorded: Text<'a>, "effectiveDateTime" effective: Text<'a>, "effectiveInstant" effective_instant: Text<'a>,
        "effectivePeriod" effective_period: Period<'a>, "issued" issued: Text<'a>, "valueQuantity" quantity_value: Quantity<'a>,
        "valueString" string_value: Text<'a>, "valueInteger" integer_value: Decimal, "valueBoolean" boolean_value: Text<'a>,
        "valueCodeableConcept" concept_value: Concept<'a>, "interpretation" interpretation: List<Concept<'a>>,
        "referenceRange" ranges: List<Range<'a>>, "component" components: List<Component<'a>>, "specimen" specimen: Reference<'a>,
        "medicationCodeableConcept" medication: Concept<'a>, "medicationReference" medication_reference: Reference<'a>,
        "authoredOn" authored: Text<'a>, "dosageInstruction" instructions: List<Dosage<'a>>, "dosage" dosages: List<Dosage<'a>>,
        "dispenseRequest" dispense: Dispense<'a>, "quantity" quantity: Quantity<'a>, "daysSupply" days_supply: Quantity<'a>,
        "whenHandedOver" handed_over: Text<'a>, "performedDateTime" performed: Text<'a>, "performedPeriod" performed_period: Period<'a>,
        "vaccineCode" vaccine: Concept<'a>, "occurrenceDateTime" occurrence: Text<'a>, "doseQuantity" dose: Quantity<'a>,
        "route" route: Concept<'a>, "collection" collection: Collection<'a>, "subscriberId" subscriber: Text<'a>,
        "dependent" dependent: Text<'a>, "relationship" relationship: Concept<'a>, "payor" payors: List<Reference<'a>>,
    }
}

impl<'a> Concept<'a> {
    /// Returns whether neither a code nor a text stands there.
    pub(super) fn is_empty(&self) -> bool {
        self.first_code().is_empty() && self.label().is_none()
    }

    /// Returns the first code.
    pub(super) fn first_code(&self) -> &str {
        self.codings.first().map(|coding| coding.code.get()).unwrap_or_default()
    }

    /// Returns whether one of the codes is among these.
    pub(super) fn has(&self, codes: &[&str]) -> bool {
        self.codings.iter().any(|coding| codes.contains(&coding.code.get()))
    }

    /// Returns the concept's text, else the first display.
    pub(super) fn label(&self) -> Option<&str> {
        self.text.some().or_else(|| self.codings.first()?.display.some())
    }

    /// Returns code, text and system, then the alternate ones: the first coding, and beside it an ICD-10 code if there
    /// is one, else the second coding.
    pub(super) fn six(&self) -> [Option<&str>; 6] {
        let mut codings = self.codings.iter();
        let first = codings.next();
        let is_icd = |coding: &&Coding<'a>| {
            let system = coding.system.get();
            system.contains("icd-10") || system.contains("ICD10") || system.contains("icd10")
        };
        let second = codings.clone().find(is_icd).or_else(|| codings.next());
        let text = first.and_then(|coding| coding.display.some()).or_else(|| self.text.some());
        [
            first.and_then(|coding| coding.code.some()),
            text,
            first.and_then(|coding| coding.system.some()),
            second.and_then(|coding| coding.code.some()),
            second.and_then(|coding| coding.display.some()),
            second.and_then(|coding| coding.system.some()),
        ]
    }

    /// Returns whether a modifier extension says "suspected" (修飾語 8002).
    pub(super) fn is_suspected(&self) -> bool {
        fn says(extension: &Extension<'_>) -> bool {
            extension.concept.has(&["8002"]) || extension.inner.iter().any(says)
        }
        self.extensions.iter().any(says)
    }
}
