//! FHIR R4.

use kiban_core::tables::SourceTable;
use kiban_formats::{DeliveryState, FORMATS, Fhir, FileName, Format, sniff};

use crate::support::{Cells, Collected, context, corpus, read, read_folder, read_into};

const OWN: &str = "urn:oid:1.2.392.100495.20.3.51.11318814790";

fn patient(id: &str, identifiers: &str) -> String {
    format!(
        r#"{{"resourceType":"Patient","id":"{id}","identifier":[{identifiers}],"name":[{{"extension":[{{"url":"http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation","valueCode":"SYL"}}],"family":"カナ","given":["メイ"]}}],"gender":"female","birthDate":"1955-05-04","deceasedDateTime":"2020-02-03T10:00:00+09:00"}}"#
    )
}

fn numbered(value: &str) -> String {
    format!(r#"{{"system":"{OWN}","value":"{value}"}}"#)
}

/// Reads files as a delivery: all indexed, then all read.
fn deliver(files: &[&str]) -> Collected {
    let (mut state, mut out) = (DeliveryState::default(), Collected::default());
    for file in files {
        context("x", 0, |ctx| Fhir.index(ctx, &mut file.as_bytes(), &mut state).unwrap());
    }
    for (number, file) in (0..).zip(files) {
        read_into(&mut out, &Fhir, ("x", number), file.as_bytes(), &state, 64);
    }
    out.assert_balanced();
    out
}

fn rows(out: &Collected, table: SourceTable) -> &[Cells] {
    out.rows.get(&table).map(Vec::as_slice).unwrap_or_default()
}

#[test]
fn a_patient_and_what_refers_to_it() {
    let member = r#"{"system":"http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID","value":"00012345:あいう:１８７:05"}"#;
    let lab = |subject: &str, value: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"o{}","status":"final","code":{{"coding":[{{"system":"s","code":"3H015","display":"K"}}]}},"subject":{subject},"encounter":{{"reference":"Encounter/e1"}},"effectiveDateTime":"2021-07-05T11:19:41+09:00",{value}}}"#,
            subject.len()
        )
    };
    let labs = [
        lab(r#"{"reference":"Patient/p1"}"#, r#""valueQuantity":{"value":3.5,"unit":"mEq/L"}"#),
        lab(r#"{"reference":"https://server.example/fhir/Patient/p1/_history/2"}"#, r#""valueString":"<0.3""#),
        lab(
            r#"{"identifier":{"system":"http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID","value":"00012345:あいう:187:05"}}"#,
            r#""valueString":"陰性""#,
        ),
        lab(&format!(r#"{{"identifier":{}}}"#, numbered("0826739")), r#""valueInteger":7"#),
        lab(r#"{"reference":"Patient/stranger"}"#, r#""valueInteger":7"#),
    ];
    let encounter = r#"{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"IMP"},"subject":{"reference":"Patient/p1"},"period":{"start":"2021-07-05"}}"#;
    let out = deliver(&[&labs.join("\n"), encounter, &patient("p1", &format!("{},{member}", numbered("0826739")))]);
    let person = &rows(&out, SourceTable::Patient)[0];
    assert_eq!(
        (person["local_id"].as_str(), person["name_kana"].as_str(), person["sex"].as_str()),
        ("0826739", "カナ メイ", "F")
    );
    assert_eq!(rows(&out, SourceTable::Death)[0]["death_date"], "2020-02-03");
    let coverage = &rows(&out, SourceTable::Coverage)[0];
    assert_eq!(
        [&coverage["insurer"], &coverage["symbol"], &coverage["number"], &coverage["branch"]],
        ["00012345", "あいう", "187", "05"]
    );
    let measured = rows(&out, SourceTable::Measurement);
    assert_eq!(measured.len(), 4);
    let visit = &rows(&out, SourceTable::Visit)[0];
    for row in measured {
        assert_eq!((&row["patient_ref"], &row["visit_key"]), (&person["patient_ref"], &visit["visit_key"]));
    }
    assert_eq!((measured[1]["operator"].as_str(), measured[1]["value_number"].as_str()), ("<", "0.3"));
    assert_eq!(measured[2]["value_code"], "negative");
    assert_eq!(out.codes()["fhir.unknown-patient subject"], (1, 1));
}

#[test]
fn an_identifier_of_two_patients_resolves_to_none() {
    let shared = r#"{"system":"s","value":"1"}"#;
    let refers = r#"{"resourceType":"Procedure","id":"x","code":{"text":"t"},"subject":{"identifier":{"system":"s","value":"1"}}}"#;
    let both = [patient("a", shared), patient("b", shared)].join("\n");
    let out = deliver(&[&both, refers]);
    assert_eq!(out.count(SourceTable::Procedure), 0);
    assert_eq!(out.codes()["fhir.unknown-patient subject"], (1, 1));
}

#[test]
fn a_patient_of_another_facility_cannot_be_taken_for_an_own_one() {
    let foreign = numbered("7").replace("1318814790", "1234567890");
    let out = deliver(&[&patient("a", &foreign)]);
    assert_eq!(rows(&out, SourceTable::Patient)[0]["local_id"], "1234567890:7");
}

#[test]
fn broken_lines_are_findings_at_their_offsets_and_the_rest_goes_on() {
    let good = patient("a", &numbered("1"));
    let file = format!(
        "\u{feff}{good}\n\n{}\n{{\"resourceType\":\"Patient\",\"id\":3\n{}",
        &good[..50],
        good.replace("\"a\"", "\"b\"")
    );
    let out = deliver(&[&file]);
    assert_eq!(out.count(SourceTable::Patient), 2);
    let broken: Vec<_> = out.findings.iter().filter(|f| f.code == "fhir.broken-json").collect();
    assert_eq!(broken.iter().map(|f| f.place.line).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(broken[0].place.offset as usize, 3 + good.len() + 2);
    let mut bytes = good.clone().into_bytes();
    bytes[20] = 0xff;
    let out = read(&Fhir, "x", &bytes);
    assert_eq!(out.codes()["fhir.broken-encoding "], (1, 1));
}

#[test]
fn a_pretty_printed_bundle_is_one_document_with_offsets() {
    let person = patient("p", &numbered("1"));
    let bundle = format!(
        "{{\n  \"resourceType\": \"Bundle\", \"type\": \"document\",\n \"entry\": [\n {{ \"fullUrl\": \"urn:uuid:1\", \"resource\": {person} }},\n {{ \"fullUrl\": \"urn:uuid:2\", \"resource\": {{\"resourceType\":\"Condition\",\"id\":\"c\",\"code\":{{\"text\":\"頭痛\"}},\"subject\":{{\"reference\":\"urn:uuid:1\"}},\"onsetDateTime\":\"2022\"}} }}, {{}}\n ]\n}}\n"
    );
    let out = deliver(&[&bundle]);
    let condition = &rows(&out, SourceTable::Condition)[0];
    assert_eq!(condition["offset"].parse::<usize>().unwrap(), bundle.find("{\"resourceType\":\"Condition\"").unwrap());
    assert_eq!(condition["patient_ref"], rows(&out, SourceTable::Patient)[0]["patient_ref"]);
    assert_eq!(out.codes()["fhir.entry-without-resource "], (1, 1));
    assert_eq!(out.codes()["text.partial-date Condition.onset"], (1, 0));
}

#[test]
fn content_decides_the_format() {
    let name = FileName::new("misleading.uke");
    assert_eq!(
        sniff(patient("a", "").as_bytes(), &name).map(|(format, s)| (format.name(), s.needs_index)),
        Some(("fhir", true))
    );
    assert_eq!(sniff(br#"{"resourceType":"Condition"}"#, &name).map(|(_, s)| s.needs_index), Some(false));
    assert!(
        sniff(br#"{"exportId":"1"}"#, &name).is_none()
            && sniff(b"", &name).is_none()
            && sniff(b"\xfb\xfc", &name).is_none()
    );
    assert_eq!(FORMATS.iter().map(|format| format.name()).collect::<Vec<_>>(), ["ssmix2", "fhir", "uke"]);
}

/// `wc -l` of each file of the export; `jq` for the patients who died.
#[test]
fn a_bulk_export_gives_a_row_for_every_line() {
    let Some(folder) = corpus("fhir/bulk_synthea_10patients") else { return };
    let (out, unknown) = read_folder(&folder);
    assert_eq!(unknown, ["log.ndjson"]);
    assert_eq!(
        out.tables(),
        [
            ("patient", 13),
            ("visit", 1215),
            ("condition", 555),
            ("drug", 1745 + 161),
            ("procedure", 2056),
            ("observation", 11),
            ("death", 3)
        ]
    );
    assert_eq!(out.counts.records_seen, 7160);
    assert_eq!(out.counts.records_unread, 1215 + 16 + 44 + 43 + 43 + 43);
    assert_eq!(out.counts.records_refused, 0);
}

#[test]
fn the_japanese_two_documents_are_read() {
    let Some(folder) = corpus("fhir/jp_etwodis") else { return };
    let (out, unknown) = read_folder(&folder);
    eprintln!("{:?}\n{:#?}\n{:?} {unknown:?}", out.tables(), out.codes(), out.counts);
    assert!(unknown.is_empty());
    assert_eq!(out.count(SourceTable::Patient), 5);
}
