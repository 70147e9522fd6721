//! FHIR bulk files: every line is JSON, every reference leads somewhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::world::{B, World};

/// Resources by type and id; the second delivery overrides the first.
fn resources(world: &World) -> BTreeMap<(String, String), Value> {
    let mut known = BTreeMap::new();
    for delivery in ["delivery-0001", "delivery-0002"] {
        for (path, bytes) in world.files(&format!("{B}/{delivery}")) {
            for line in String::from_utf8(bytes).unwrap().lines() {
                let resource: Value = serde_json::from_str(line).unwrap();
                assert!(line.starts_with("{\"resourceType\":"));
                let kind = resource["resourceType"].as_str().unwrap().to_owned();
                assert!(path.to_str().unwrap().starts_with(&kind));
                known.insert((kind, resource["id"].as_str().unwrap().to_owned()), resource);
            }
        }
    }
    known
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("reference").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn lines_are_json_and_references_are_kept() {
    let world = World::only(B, 80, 0.0);
    let known = resources(&world);
    let mut types = BTreeSet::new();
    for ((kind, id), resource) in &known {
        types.insert(kind.as_str());
        let mut found = Vec::new();
        references(resource, &mut found);
        assert_eq!(found.is_empty(), kind == "Patient", "{kind}/{id}");
        for reference in found {
            let (kind, id) = reference.split_once('/').unwrap();
            assert!(known.contains_key(&(kind.to_owned(), id.to_owned())), "{reference}");
        }
    }
    assert_eq!(types.len(), 9, "{types:?}");
}

#[test]
fn patients_have_the_facility_in_their_identifier_and_a_reading() {
    let world = World::only(B, 40, 0.0);
    let truth = world.rows("truth/persons.csv");
    let ids: BTreeSet<&str> =
        truth.iter().filter(|row| row["facility"] == B).map(|row| row["local_patient_id"].as_str()).collect();
    let mut met = BTreeSet::new();
    for ((kind, _), patient) in &resources(&world) {
        if kind == "Patient" {
            assert_eq!(patient["identifier"][0]["system"], format!("urn:oid:1.2.392.100495.20.3.51.1{B}"));
            met.insert(patient["identifier"][0]["value"].as_str().unwrap().to_owned());
            let codes: Vec<_> = patient["name"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name["extension"][0]["valueCode"].as_str().unwrap())
                .collect();
            assert!(codes == ["IDE", "SYL"] || codes == ["ABC", "SYL"]);
        }
    }
    assert_eq!(met.iter().map(String::as_str).collect::<BTreeSet<_>>(), ids);
}

#[test]
fn the_second_delivery_corrects_and_withdraws() {
    let world = World::only(B, 150, 0.0);
    let counts = &world.summary.facilities[B];
    assert!(counts.superseded > 0 && counts.deleted > 0);
    let withdrawn = resources(&world).values().filter(|resource| resource["status"] == "entered-in-error").count();
    assert_eq!(withdrawn as u64, counts.deleted);
}
