//! Whose a resource is: local ids of patients, and references resolved to them.

use kiban_core::FacilityCode;

use super::resource::{Reference, Resource};
use crate::{format::DeliveryState, text::narrow};

/// JP Core's system of patient ids: the facility's ten-digit code, behind a 1, is part of the OID.
const FACILITY_PATIENT: &str = "urn:oid:1.2.392.100495.20.3.51.1";

/// Returns the facility a system of patient ids belongs to.
fn facility_of(system: &str) -> Option<&str> {
    system.strip_prefix(FACILITY_PATIENT).filter(|code| code.len() == 10)
}

/// Returns a patient's local id: the facility's own identifier, else another house's (with its code in front, so that
/// it cannot be taken for an own one), else a medical record number (`MR`), else the resource's id.
pub(super) fn local_id(patient: &Resource<'_>, own: FacilityCode) -> Option<String> {
    let identifiers = || patient.identifiers.iter().filter(|identifier| identifier.value.some().is_some());
    let by_facility = |own_only: bool| {
        identifiers().find_map(|identifier| {
            let code = facility_of(identifier.system.get())?;
            ((code == own.as_str()) == own_only).then(|| (code.to_owned(), identifier.value.get().to_owned()))
        })
    };
    if let Some((_, value)) = by_facility(true) {
        return Some(value);
    }
    if let Some((code, value)) = by_facility(false) {
        return Some(format!("{code}:{value}"));
    }
    let hospital = |system: &str| system.ends_with("/JP_Hospital_PatientID");
    let numbered = identifiers().find(|i| hospital(i.system.get()) || i.kind.has(&["MR"]));
    numbered.map(|i| i.value.get()).or_else(|| patient.id.some()).map(str::to_owned)
}

/// Reduces a reference to `Type/id`; absolute addresses and versions are cut, `urn:` stays.
pub(super) fn canonical(reference: &str) -> Option<&str> {
    if reference.is_empty() || reference.starts_with('#') {
        return None;
    }
    if reference.starts_with("urn:") {
        return Some(reference);
    }
    let plain = reference.split("/_history/").next().unwrap_or(reference);
    let mut slashes = plain.rmatch_indices('/').map(|(at, _)| at);
    let (last, before) = (slashes.next(), slashes.next());
    last?;
    plain.get(before.map_or(0, |at| at + 1)..)
}

/// Returns the key under which an identifier names a patient.
fn identifier_key(system: &str, value: &str) -> String {
    format!("{system}|{}", narrow(value))
}

/// Teaches the state every name a Patient resource can be called by.
pub(super) fn learn(patient: &Resource<'_>, full_url: &str, own: FacilityCode, state: &mut DeliveryState) {
    let Some(local_id) = local_id(patient, own) else { return };
    let mut name = |key: String| state.learn(key.into(), Some(local_id.as_str().into()));
    if let Some(id) = patient.id.some() {
        name(format!("Patient/{id}"));
    }
    if full_url.starts_with("urn:") {
        name(full_url.to_owned());
    }
    for identifier in patient.identifiers.iter().filter(|identifier| identifier.value.some().is_some()) {
        name(identifier_key(identifier.system.get(), identifier.value.get()));
    }
}

/// Returns the local id a reference means: by the facility's own identifier, by address, by any other identifier.
pub(super) fn resolve(reference: &Reference<'_>, own: FacilityCode, state: &DeliveryState) -> Option<String> {
    let (system, value) = (reference.identifier.system.get(), reference.identifier.value.get());
    if !value.is_empty() && facility_of(system) == Some(own.as_str()) {
        return Some(value.to_owned());
    }
    let address = reference.reference.get();
    let by_address = || state.local_id(canonical(address)?);
    let by_query = || {
        let (system, value) = address.strip_prefix("Patient?identifier=")?.split_once('|')?;
        state.local_id(&identifier_key(system, value))
    };
    let by_identifier = || state.local_id(&identifier_key(system, value)).filter(|_| !value.is_empty());
    by_address().or_else(by_query).or_else(by_identifier).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_reduced_to_type_and_id() {
        for (reference, expect) in [
            ("Patient/1", Some("Patient/1")),
            ("https://x.example/fhir/Patient/1/_history/3", Some("Patient/1")),
            ("urn:uuid:0a", Some("urn:uuid:0a")),
            ("#p", None),
            ("", None),
            ("nothing", None),
        ] {
            assert_eq!(canonical(reference), expect, "{reference}");
        }
    }
}
