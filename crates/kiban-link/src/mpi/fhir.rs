//! Answers as FHIR R4 JSON, in the shapes of `$match` (PDQm ITI-119), PDQm ITI-78, PIXm ITI-83 and PMIR merges.
//!
//! What comes out holds values of patients, so it is [`Phi`]. Patients are shaped after JP Core: names in the three
//! writings of `iso21090-EN-representation`, local ids under the system of their facility.

use kiban_core::{FacilityCode, PersonKey, Phi};
use serde_json::{Map, Value, json};

use super::query::{CrossReference, Grade, Unresolved};
use crate::{Registration, Text};

const MATCH_GRADE: &str = "http://hl7.org/fhir/StructureDefinition/match-grade";
const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
const PIXM_OUT: &str = "https://profiles.ihe.net/ITI/PIXm/StructureDefinition/IHE.PIXm.Query.Parameters.Out";

/// A local id with its facility.
#[derive(Debug, Clone)]
pub struct LocalId {
    /// The facility.
    pub facility: FacilityCode,
    /// The id there.
    pub value: Phi<String>,
}

/// A person as an answer shows it: the least that is needed.
#[derive(Debug, Clone)]
pub struct Shown<'g> {
    /// The key.
    pub person: PersonKey,
    /// The golden view.
    pub golden: &'g Registration,
    /// Local ids, in the order in which they shall be shown.
    pub ids: Vec<LocalId>,
}

/// Writes the answer to `$match`: a searchset with score and grade, in the order given.
pub fn match_bundle(base: &str, found: &[(Shown<'_>, f64, Grade)]) -> Phi<Value> {
    let entry = |(shown, score, grade): &(Shown<'_>, f64, Grade)| {
        let grade = json!({ "url": MATCH_GRADE, "valueCode": grade.code() });
        // Ten-thousandths are more than the calibration can promise, and come back from JSON to the last digit.
        let score = (score.clamp(0.0, 1.0) * 10_000.0).round() / 10_000.0;
        json!({
            "fullUrl": full_url(base, shown.person),
            "resource": patient(shown),
            "search": { "extension": [grade], "mode": "match", "score": score },
        })
    };
    bundle(found.len(), found.iter().map(entry).collect())
}

/// Writes the answer to a demographics query: a searchset of `total` persons, of whom some are shown.
pub fn search_bundle(base: &str, total: usize, found: &[Shown<'_>]) -> Phi<Value> {
    let entry = |shown: &Shown<'_>| {
        json!({
            "fullUrl": full_url(base, shown.person),
            "resource": patient(shown),
            "search": { "mode": "match" },
        })
    };
    bundle(total, found.iter().map(entry).collect())
}

/// Writes the answer to a cross-reference query; `ids` are the local ids of [`CrossReference::others`].
pub fn cross_reference(found: &CrossReference, ids: &[LocalId]) -> Phi<Value> {
    let of_person = json!({
        "name": "targetId", "valueReference": { "reference": format!("Patient/{}", found.person) },
    });
    let id = |id: &LocalId| json!({ "name": "targetIdentifier", "valueIdentifier": identifier(id) });
    let parameter: Vec<Value> = std::iter::once(of_person).chain(ids.iter().map(id)).collect();
    Phi::new(json!({ "resourceType": "Parameters", "meta": { "profile": [PIXM_OUT] }, "parameter": parameter }))
}

/// Writes why a cross-reference has no answer, with the HTTP status that PIXm asks for.
pub fn unresolved(why: Unresolved) -> (u16, Value) {
    let (status, code) = match why {
        Unresolved::SourceDomain => (400, "code-invalid"),
        Unresolved::Patient => (404, "not-found"),
        Unresolved::TargetDomain => (403, "code-invalid"),
    };
    let text = why.to_string();
    let issue = json!({ "severity": "error", "code": code, "details": { "text": text }, "diagnostics": text });
    (status, json!({ "resourceType": "OperationOutcome", "issue": [issue] }))
}

/// Writes that a person was merged into another (PMIR): inactive, replaced by the one that stays.
pub fn replaced(from: PersonKey, into: PersonKey) -> Value {
    let link = json!({ "other": { "reference": format!("Patient/{into}") }, "type": "replaced-by" });
    json!({ "resourceType": "Patient", "id": from.to_string(), "active": false, "link": [link] })
}

fn full_url(base: &str, person: PersonKey) -> String {
    format!("{}/Patient/{person}", base.trim_end_matches('/'))
}

fn bundle(total: usize, entry: Vec<Value>) -> Phi<Value> {
    let mut bundle = Map::from_iter([
        ("resourceType".to_owned(), json!("Bundle")),
        ("type".to_owned(), json!("searchset")),
        ("total".to_owned(), json!(total)),
    ]);
    if !entry.is_empty() {
        bundle.insert("entry".to_owned(), Value::Array(entry));
    }
    Phi::new(Value::Object(bundle))
}

fn identifier(id: &LocalId) -> Value {
    json!({ "system": format!("urn:oid:1.2.392.100495.20.3.51.1{}", id.facility), "value": id.value.expose() })
}

fn patient(shown: &Shown<'_>) -> Value {
    let golden = shown.golden;
    let mut patient = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            patient.insert(name.to_owned(), value);
        }
    };
    put("resourceType", Some(json!("Patient")));
    put("id", Some(json!(shown.person.to_string())));
    put("active", Some(json!(true)));
    put("identifier", list(shown.ids.iter().map(identifier)));
    let writings = [("IDE", &golden.name_kanji), ("SYL", &golden.name_kana), ("ABC", &golden.name_romaji)];
    put("name", list(writings.into_iter().filter_map(|(code, name)| human_name(code, name))));
    put("telecom", golden.phone.as_ref().map(|phone| json!([{ "system": "phone", "value": phone.expose() }])));
    put("gender", golden.sex.as_ref().and_then(|sex| gender(sex.expose())).map(Value::from));
    put("birthDate", golden.birth.as_ref().map(|day| json!(day.expose().to_string())));
    put("address", address(golden));
    Value::Object(patient)
}

fn list(values: impl Iterator<Item = Value>) -> Option<Value> {
    let values: Vec<Value> = values.collect();
    (!values.is_empty()).then_some(Value::Array(values))
}

/// The name in one writing; the first gap parts family and given name, as JP Core asks.
fn human_name(code: &str, name: &Text) -> Option<Value> {
    let text = name.as_ref()?.expose().trim();
    let writing = json!([{ "url": REPRESENTATION, "valueCode": code }]);
    Some(match text.split_once(char::is_whitespace) {
        Some((family, given)) => {
            let given: Vec<&str> = given.split_whitespace().collect();
            json!({ "extension": writing, "use": "official", "text": text, "family": family, "given": given })
        }
        None => json!({ "extension": writing, "use": "official", "text": text }),
    })
}

/// The sex in FHIR's code; a code that nobody knows is left out, not guessed.
fn gender(sex: &str) -> Option<&'static str> {
    match crate::normalise::codes::sex(sex) {
        1 => Some("male"),
        2 => Some("female"),
        _ => None,
    }
}

fn address(golden: &Registration) -> Option<Value> {
    let mut address = Map::new();
    if let Some(text) = &golden.address {
        address.insert("text".to_owned(), json!(text.expose()));
    }
    if let Some(postal) = &golden.postal {
        address.insert("postalCode".to_owned(), json!(postal.expose()));
    }
    (!address.is_empty()).then(|| json!([address]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use kiban_core::PatientRef;

    use super::*;

    fn phi(text: &str) -> Phi<String> {
        Phi::new(text.to_owned())
    }

    fn golden() -> Registration {
        let mut golden = Registration::new(PatientRef::new(1).unwrap(), "1310000017");
        golden.name_kanji = Some(phi("山田 花子"));
        golden.name_kana = Some(phi("ヤマダ ハナコ"));
        golden.birth = Some(Phi::new("1980-03-12".parse().unwrap()));
        golden.sex = Some(phi("女"));
        golden.postal = Some(phi("100-0013"));
        golden
    }

    fn shown(golden: &Registration) -> Shown<'_> {
        let ids = vec![LocalId { facility: "1310000017".parse().unwrap(), value: phi("P0001") }];
        Shown { person: PersonKey::new(255).unwrap(), golden, ids }
    }

    #[test]
    fn a_match_carries_score_and_grade() {
        let golden = golden();
        let bundle = match_bundle("https://kiban.example/fhir/", &[(shown(&golden), 0.995_000_01, Grade::Certain)]);
        assert_eq!(format!("{bundle:?}"), "…");
        assert_eq!(
            *bundle.expose(),
            json!({
                "resourceType": "Bundle", "type": "searchset", "total": 1,
                "entry": [{
                    "fullUrl": "https://kiban.example/fhir/Patient/00000000000000ff",
                    "resource": {
                        "resourceType": "Patient", "id": "00000000000000ff", "active": true,
                        "identifier": [{ "system": "urn:oid:1.2.392.100495.20.3.51.11310000017", "value": "P0001" }],
                        "name": [
                            { "extension": [{ "url": REPRESENTATION, "valueCode": "IDE" }], "use": "official",
                              "text": "山田 花子", "family": "山田", "given": ["花子"] },
                            { "extension": [{ "url": REPRESENTATION, "valueCode": "SYL" }], "use": "official",
                              "text": "ヤマダ ハナコ", "family": "ヤマダ", "given": ["ハナコ"] },
                        ],
                        "gender": "female", "birthDate": "1980-03-12", "address": [{ "postalCode": "100-0013" }],
                    },
                    "search": {
                        "extension": [{ "url": MATCH_GRADE, "valueCode": "certain" }], "mode": "match", "score": 0.995,
                    },
                }],
            })
        );
    }

    #[test]
    fn a_search_tells_its_total_and_no_empty_list() {
        let golden = golden();
        let none = search_bundle("x", 0, &[]);
        assert_eq!(*none.expose(), json!({ "resourceType": "Bundle", "type": "searchset", "total": 0 }));
        let some = search_bundle("x", 7, &[shown(&golden)]).into_inner();
        assert_eq!((&some["total"], &some["entry"][0]["search"]), (&json!(7), &json!({ "mode": "match" })));
    }

    #[test]
    fn a_cross_reference_is_parameters_and_its_failures_are_outcomes() {
        let found = CrossReference { person: PersonKey::new(255).unwrap(), others: Vec::new() };
        let ids = [LocalId { facility: "1310000017".parse().unwrap(), value: phi("P0001") }];
        let written = cross_reference(&found, &ids).into_inner();
        assert_eq!(
            written["parameter"],
            json!([
                { "name": "targetId", "valueReference": { "reference": "Patient/00000000000000ff" } },
                { "name": "targetIdentifier", "valueIdentifier": {
                    "system": "urn:oid:1.2.392.100495.20.3.51.11310000017", "value": "P0001" } },
            ])
        );
        let status =
            [Unresolved::SourceDomain, Unresolved::Patient, Unresolved::TargetDomain].map(|why| unresolved(why).0);
        assert_eq!(status, [400, 404, 403]);
        let (_, outcome) = unresolved(Unresolved::Patient);
        assert_eq!(outcome["issue"][0]["details"]["text"], "sourceIdentifier Patient Identifier not found");
    }

    #[test]
    fn who_was_merged_is_replaced() {
        let written = replaced(PersonKey::new(1).unwrap(), PersonKey::new(2).unwrap());
        assert_eq!(written["link"][0]["type"], "replaced-by");
        assert_eq!(written["active"], false);
    }
}
