//! Resources in the style of JP Core and CLINS (formats.md §4), one line each.

use jiff::civil::Date;

use super::json::{Coding, Json};
use crate::{
    calendar::plus,
    care::{Act, Allergen, Ending, LabResult, Outcome, Prescription, Problem, Taken, Vaccine, Visit},
    people::{Coverage, Glyphs, Name, full_width},
    record::{Delivery, PatientRecord},
    tables::Sex,
};

const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
const MEMBER_ID: &str = "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID";
const RESOURCE_ID: &str = "http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier";
const CORE: &str = "http://jpfhir.jp/fhir/core/StructureDefinition";

/// Writes the resources of one patient; ids begin with the patient's own.
pub(super) struct Scribe<'a> {
    pub(super) record: &'a PatientRecord<'a>,
}

/// Whether a resource is told anew after a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Original,
    Corrected,
    EnteredInError,
}

fn at(visit: &Visit, minutes: u8) -> String {
    format!("{}T{:02}:{:02}:00+09:00", visit.day, visit.hour, (visit.minute + minutes).min(59))
}

impl Scribe<'_> {
    fn resource(&self, kind: &str, id: &str, profile: &str, updated: &str, members: impl FnOnce(&mut Json)) -> Vec<u8> {
        let mut json = Json::default();
        json.object("", |json| {
            json.text("resourceType", kind);
            json.text("id", id);
            json.object("meta", |json| {
                json.text("lastUpdated", updated);
                json.list("profile", |json| json.text("", &format!("{CORE}/{profile}")));
            });
            members(json);
        });
        json.finish()
    }

    fn updated(&self, visit: &Visit, version: Version) -> String {
        match version {
            Version::Original => at(visit, 30),
            Version::Corrected | Version::EnteredInError => {
                format!("{}T10:15:00+09:00", plus(self.record.window.split, 20))
            }
        }
    }

    fn id(&self, letter: char, place: usize, item: usize) -> String {
        format!("{}-{letter}{place}-{item}", self.record.local_id)
    }

    /// Returns the id of a visit's encounter.
    fn encounter_id(&self, place: usize) -> String {
        self.id('E', place, 0)
    }

    fn patient_system(&self) -> String {
        format!("urn:oid:1.2.392.100495.20.3.51.1{}", self.record.plan.code)
    }

    /// Both the reference and the facility's own number, so that no reader depends on the one or the other.
    fn subject(&self, json: &mut Json, key: &str) {
        json.object(key, |json| {
            json.text("reference", &format!("Patient/{}", self.record.local_id));
            json.identifier("identifier", &self.patient_system(), &self.record.local_id);
        });
    }

    fn encounter_reference(&self, json: &mut Json, place: usize) {
        json.object("encounter", |json| json.text("reference", &format!("Encounter/{}", self.encounter_id(place))));
    }

    /// Patient, as known at the last visit of a delivery.
    pub(super) fn patient(&self, delivery: Delivery, seen: Date) -> Vec<u8> {
        let (record, person) = (self.record, self.record.person);
        let death = record.death(delivery);
        let updated = format!("{}T18:00:00+09:00", death.map_or(seen, |death| death.max(seen)));
        self.resource("Patient", &record.local_id, "JP_Patient", &updated, |json| {
            json.list("identifier", |json| {
                json.identifier("", &self.patient_system(), &record.local_id);
                json.identifier("", MEMBER_ID, &member_id(person.coverages.at(seen)));
            });
            json.raw("active", "true");
            json.list("name", |json| names(json, person.names.at(seen)));
            let phones = [("home", &person.home_phone), ("mobile", &person.mobile)];
            json.list("telecom", |json| {
                for (place, number) in phones.iter().filter_map(|(place, number)| Some((place, number.as_ref()?))) {
                    json.object("", |json| {
                        json.text("system", "phone");
                        json.text("value", number);
                        json.text("use", place);
                    });
                }
            });
            json.text("gender", if person.sex == Sex::Male { "male" } else { "female" });
            json.text("birthDate", &person.birth.to_string());
            if let Some(death) = death {
                json.text("deceasedDateTime", &death.to_string());
            }
            let home = person.homes.at(seen);
            json.list("address", |json| {
                json.object("", |json| {
                    json.text("text", &home.half_width());
                    json.list("line", |json| {
                        json.text("", &format!("{}{}-{}-{}", home.town, home.block[0], home.block[1], home.block[2]));
                    });
                    json.text("city", &home.city);
                    json.text("state", &home.prefecture);
                    json.text("postalCode", &home.postal_hyphened());
                    json.text("country", "JP");
                });
            });
        })
    }

    /// Coverage of the last visit's day.
    pub(super) fn coverage(&self, seen: Date) -> Vec<u8> {
        let coverages = &self.record.person.coverages;
        let (coverage, since) = (coverages.at(seen), coverages.since(seen));
        let id = format!("{}-V{}", self.record.local_id, since.map_or(0, |day| i32::from(day.year())));
        let (code, text) = coverage.plan.jhsd();
        self.resource("Coverage", &id, "JP_Coverage", &format!("{seen}T18:00:00+09:00"), |json| {
            json.list("extension", |json| {
                for (name, value) in
                    [("Symbol", full_width(&coverage.symbol)), ("Number", full_width(&coverage.number))]
                {
                    if !value.is_empty() {
                        json.object("", |json| {
                            json.text("url", &format!("{CORE}/JP_Coverage_InsuredPerson{name}"));
                            json.text("valueString", &value);
                        });
                    }
                }
                json.object("", |json| {
                    json.text("url", &format!("{CORE}/JP_Coverage_InsuredPersonSubNumber"));
                    json.text("valueString", &format!("{:02}", coverage.branch));
                });
            });
            json.list("identifier", |json| json.identifier("", MEMBER_ID, &member_id(coverage)));
            json.text("status", "active");
            json.concept("type", &[Coding("urn:oid:1.2.392.100495.20.2.61", code, text)], text);
            json.text("subscriberId", &format!("{}:{}", coverage.symbol, coverage.number));
            self.subject(json, "beneficiary");
            json.text("dependent", &format!("{:02}", coverage.branch));
            let relation = if coverage.is_insured() { ("1", "被保険者") } else { ("2", "被扶養者") };
            json.concept("relationship", &[Coding("urn:oid:1.2.392.100495.20.2.62", relation.0, relation.1)], "");
            if let Some(since) = since {
                json.object("period", |json| json.text("start", &since.to_string()));
            }
            json.list("payor", |json| {
                json.object("", |json| {
                    json.text("display", text);
                    let insurer = coverage.insurer8();
                    json.identifier("identifier", "urn:oid:1.2.392.100495.20.3.61", &insurer);
                });
            });
        })
    }

    /// Encounter of a visit or stay.
    pub(super) fn encounter(&self, place: usize, visit: &Visit) -> Vec<u8> {
        let id = self.encounter_id(place);
        self.resource("Encounter", &id, "JP_Encounter", &self.updated(visit, Version::Original), |json| {
            json.list("identifier", |json| json.identifier("", RESOURCE_ID, &id));
            json.text("status", "finished");
            let class = if visit.stay.is_some() { ("IMP", "入院") } else { ("AMB", "外来") };
            json.coding("class", Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", class.0, class.1));
            let (code, name) = visit.department;
            json.concept("serviceType", &[Coding("urn:oid:1.2.392.200250.2.2.2", code, name)], name);
            self.subject(json, "subject");
            json.object("period", |json| {
                json.text("start", &at(visit, 0));
                let end = visit.stay.map_or_else(|| at(visit, 40), |stay| format!("{}T10:00:00+09:00", stay.until));
                json.text("end", &end);
            });
            if let Some(stay) = visit.stay {
                let (code, text) = match stay.ending {
                    Ending::Home => ("home", "自宅"),
                    Ending::Transfer => ("other-hcf", "他院"),
                    Ending::Died => ("exp", "死亡"),
                };
                let system = "http://terminology.hl7.org/CodeSystem/discharge-disposition";
                json.object("hospitalization", |json| {
                    json.concept("dischargeDisposition", &[Coding(system, code, text)], text);
                });
            }
        })
    }

    /// Condition, with what was known on a day.
    pub(super) fn condition(
        &self,
        place: usize,
        problem: &Problem,
        known: Date,
        first: Option<(usize, &Visit)>,
    ) -> Vec<u8> {
        let disease = problem.disease;
        let end = problem.end.filter(|end| *end <= known);
        let updated = format!("{}T18:30:00+09:00", end.unwrap_or(problem.start).max(problem.start));
        let clinical = match (end, problem.outcome) {
            (None, _) | (_, Outcome::Continuing | Outcome::Died) => ("active", "Active"),
            (_, Outcome::Recovered) => ("resolved", "Resolved"),
            (_, Outcome::RuledOut) => ("inactive", "Inactive"),
        };
        let verified = match (problem.suspected, end) {
            (true, Some(_)) => ("refuted", "Refuted"),
            (true, None) => ("provisional", "Provisional"),
            (false, _) => ("confirmed", "Confirmed"),
        };
        self.resource("Condition", &self.id('C', place, 0), "JP_Condition", &updated, |json| {
            let system = "http://terminology.hl7.org/CodeSystem/condition-clinical";
            json.concept("clinicalStatus", &[Coding(system, clinical.0, clinical.1)], "");
            let system = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
            json.concept("verificationStatus", &[Coding(system, verified.0, verified.1)], "");
            let system = "http://terminology.hl7.org/CodeSystem/condition-category";
            json.list("category", |json| json.concept("", &[Coding(system, "encounter-diagnosis", "")], ""));
            let codings = [
                Coding("urn:oid:1.2.392.200119.4.101.2", disease.managed, disease.name),
                Coding("urn:oid:1.2.392.200119.4.101.6", disease.claim, disease.name),
                Coding("http://hl7.org/fhir/sid/icd-10", disease.icd10, disease.name),
            ];
            let suffix = if problem.suspected { "の疑い" } else { "" };
            json.concept("code", &codings, &format!("{}{suffix}", disease.name));
            self.subject(json, "subject");
            if let Some((place, _)) = first {
                self.encounter_reference(json, place);
            }
            json.text("onsetDateTime", &problem.onset.to_string());
            if let Some(end) = end.filter(|_| problem.outcome != Outcome::Continuing) {
                json.text("abatementDateTime", &end.to_string());
            }
            json.text("recordedDate", &problem.start.to_string());
        })
    }

    /// Observation of a laboratory result.
    pub(super) fn observation(
        &self,
        (place, visit): (usize, &Visit),
        item: usize,
        lab: &LabResult,
        version: Version,
    ) -> Vec<u8> {
        let code = lab.item;
        let (id, updated) = (self.id('L', place, item), self.updated(visit, version));
        self.resource("Observation", &id, "JP_Observation_LabResult", &updated, |json| {
            json.text(
                "status",
                match version {
                    Version::Original => "final",
                    Version::Corrected => "corrected",
                    Version::EnteredInError => "entered-in-error",
                },
            );
            let system = "http://jpfhir.jp/fhir/core/CodeSystem/JP_SimpleObservationCategory_CS";
            json.list("category", |json| json.concept("", &[Coding(system, "laboratory", "")], ""));
            let local = "http://jpfhir.jp/fhir/clins/CodeSystem/JP_CLINS_ObsLabResult_LocalCode_CS";
            let codings =
                [Coding("urn:oid:1.2.392.200119.4.504", code.jlac10, code.name), Coding(local, code.local, code.name)];
            json.concept("code", &codings, code.name);
            self.subject(json, "subject");
            self.encounter_reference(json, place);
            json.text("effectiveDateTime", &at(visit, 10));
            json.object("valueQuantity", |json| {
                json.raw("value", &lab.text());
                json.text("unit", code.unit);
            });
            let flag = lab.flag();
            if !flag.is_empty() {
                let system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
                json.list("interpretation", |json| json.concept("", &[Coding(system, flag, "")], ""));
            }
            json.list("referenceRange", |json| {
                json.object("", |json| {
                    for (key, value) in [("low", code.low), ("high", code.high)] {
                        json.object(key, |json| {
                            json.raw("value", &format!("{value:.*}", code.decimals));
                            json.text("unit", code.unit);
                        });
                    }
                });
            });
        })
    }

    /// MedicationRequest of one drug of a visit.
    pub(super) fn medication(
        &self,
        (place, visit): (usize, &Visit),
        item: usize,
        prescribed: &Prescription,
    ) -> Vec<u8> {
        let drug = prescribed.drug;
        let (unit, word) = drug.unit;
        let id = self.id('M', place, item);
        self.resource(
            "MedicationRequest",
            &id,
            "JP_MedicationRequest",
            &self.updated(visit, Version::Original),
            |json| {
                json.list("identifier", |json| {
                    json.identifier("", "urn:oid:1.2.392.100495.20.3.81", &format!("{}", item + 1));
                    json.identifier("", "urn:oid:1.2.392.100495.20.3.82", "1");
                    json.identifier("", RESOURCE_ID, &id);
                });
                json.text("status", "completed");
                json.text("intent", "order");
                let category = if visit.stay.is_some() { ("IHP", "入院処方") } else { ("OHP", "外来処方") };
                let system = "http://jpfhir.jp/fhir/core/CodeSystem/JP_MedicationCategoryMERIT9_CS";
                json.list("category", |json| json.concept("", &[Coding(system, category.0, category.1)], ""));
                let codings = [
                    Coding("urn:oid:1.2.392.200119.4.403.1", drug.hot9, drug.name),
                    Coding("urn:oid:1.2.392.100495.20.1.73", drug.yj, drug.name),
                ];
                json.concept("medicationCodeableConcept", &codings, drug.name);
                self.subject(json, "subject");
                self.encounter_reference(json, place);
                json.text("authoredOn", &at(visit, 20));
                let quantity = |json: &mut Json, key: &str, value: u32| {
                    json.object(key, |json| {
                        json.raw("value", &value.to_string());
                        json.text("unit", word);
                        json.text("system", "urn:oid:1.2.392.100495.20.2.101");
                        json.text("code", unit);
                    });
                };
                let day = |json: &mut Json, key: &str, value: u32| {
                    json.object(key, |json| {
                        json.raw("value", &value.to_string());
                        json.text("unit", "日");
                        json.text("system", "http://unitsofmeasure.org");
                        json.text("code", "d");
                    });
                };
                let oral = matches!(drug.taken, Taken::Daily(_));
                json.list("dosageInstruction", |json| {
                    json.object("", |json| {
                        let (code, text) = prescribed.usage();
                        json.text("text", text);
                        json.object("timing", |json| {
                            if oral {
                                json.object("repeat", |json| day(json, "boundsDuration", prescribed.days));
                            }
                            json.concept("code", &[Coding("urn:oid:1.2.392.200250.2.2.20", code, text)], "");
                        });
                        let route = if oral { ("PO", "口") } else { ("AP", "外用") };
                        json.concept(
                            "route",
                            &[Coding("http://terminology.hl7.org/CodeSystem/v2-0162", route.0, route.1)],
                            "",
                        );
                        json.list("doseAndRate", |json| {
                            json.object("", |json| quantity(json, "doseQuantity", drug.dose))
                        });
                    });
                });
                json.object("dispenseRequest", |json| {
                    quantity(json, "quantity", prescribed.total());
                    if oral {
                        day(json, "expectedSupplyDuration", prescribed.days);
                    }
                });
            },
        )
    }

    /// Procedure.
    pub(super) fn procedure(&self, (place, visit): (usize, &Visit), item: usize, act: &Act) -> Vec<u8> {
        let updated = self.updated(visit, Version::Original);
        self.resource("Procedure", &self.id('P', place, item), "JP_Procedure", &updated, |json| {
            json.text("status", "completed");
            let system = "http://jpfhir.jp/fhir/core/CodeSystem/JP_ProcedureCodesMedical_CS";
            json.concept("code", &[Coding(system, act.claim, act.name)], act.name);
            self.subject(json, "subject");
            self.encounter_reference(json, place);
            json.text("performedDateTime", &at(visit, 15));
        })
    }

    /// AllergyIntolerance, recorded at the first visit.
    pub(super) fn allergy(&self, item: usize, allergen: &Allergen, recorded: Date) -> Vec<u8> {
        let food = allergen.kind.0 == "FA";
        let updated = format!("{recorded}T18:00:00+09:00");
        self.resource("AllergyIntolerance", &self.id('A', 0, item), "JP_AllergyIntolerance", &updated, |json| {
            let system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
            json.concept("clinicalStatus", &[Coding(system, "active", "Active")], "");
            json.list("category", |json| json.text("", if food { "food" } else { "medication" }));
            let system = if food {
                "http://jpfhir.jp/fhir/core/CodeSystem/JP_JfagyFoodAllergen_CS"
            } else {
                "urn:oid:1.2.392.100495.20.1.73"
            };
            json.concept("code", &[Coding(system, allergen.code, allergen.name)], allergen.name);
            self.subject(json, "patient");
            json.text("recordedDate", &recorded.to_string());
        })
    }

    /// Immunization.
    pub(super) fn immunization(&self, item: usize, day: Date, vaccine: &Vaccine) -> Vec<u8> {
        let updated = format!("{day}T17:00:00+09:00");
        self.resource("Immunization", &self.id('S', 0, item), "JP_Immunization", &updated, |json| {
            json.text("status", "completed");
            json.concept(
                "vaccineCode",
                &[Coding("http://hl7.org/fhir/sid/cvx", vaccine.cvx, vaccine.name)],
                vaccine.name,
            );
            self.subject(json, "patient");
            json.text("occurrenceDateTime", &day.to_string());
        })
    }
}

/// `保険者番号(8):記号:番号:枝番`, the number in full-width digits.
fn member_id(coverage: &Coverage) -> String {
    let (symbol, number) = (&coverage.symbol, full_width(&coverage.number));
    format!("{}:{symbol}:{number}:{:02}", coverage.insurer8(), coverage.branch)
}

/// IDE 漢字, SYL カナ; foreign residents are known by their romaji, with the katakana as reading.
fn names(json: &mut Json, name: &Name) {
    let written = match &name.romaji {
        Some((family, given)) => (family.clone(), given.as_str()),
        None => (name.family_as(Glyphs::Extended), name.given.as_str()),
    };
    let kana = (name.family_kana.clone(), name.given_kana.as_str());
    let code = if name.romaji.is_some() { "ABC" } else { "IDE" };
    for (code, (family, given)) in [(code, written), ("SYL", kana)] {
        json.object("", |json| {
            json.list("extension", |json| {
                json.object("", |json| {
                    json.text("url", REPRESENTATION);
                    json.text("valueCode", code);
                });
            });
            json.text("use", "official");
            json.text("text", &format!("{family} {given}"));
            json.text("family", &family);
            json.list("given", |json| json.text("", given));
        });
    }
}
