//! SS-MIX2 standard storage.

use kiban_core::{Severity, tables::SourceTable};
use kiban_formats::{FileName, Ssmix2, sniff};

use crate::support::{Cells, Collected, corpus, files_under, read, read_folder};

const PATH: &str = "000/012/0000123/20110701/OMP-01/0000123_20110701_OMP-01_000000011000185_20110701224603984_01_";

const PRESCRIPTION: &str = "MSH|^~\\&|HIS|SEND|GW|RCV|20110701224603.984||RDE^O11^RDE_O11|1|P|2.5||||||~ISO IR87\r\
PID|0001||0000123^^^^PI||P^T^^^^^L^I\r\
PV1|0001|O|01^^^^^C\r\
ORC|NW|000000011000185||1|||||20110701103045\r\
RXE||108665201^Drug^HOT9|1||TAB^t^MR9P|||||15|TAB^t^MR9P\r\
TQ1|1||1013044400000000&three times&JAMISDP01|||5^d|2011070100\r\
RXR|PO^oral^HL70162\r";

fn only(out: &Collected, table: SourceTable) -> &Cells {
    assert_eq!(out.count(table), 1, "{}", table.name());
    &out.rows[&table][0]
}

#[test]
fn a_prescription_becomes_a_row() {
    let out = read(&Ssmix2, &format!("{PATH}1"), PRESCRIPTION.as_bytes());
    let drug = only(&out, SourceTable::Drug);
    for (column, value) in [
        ("kind", "prescribed"),
        ("code", "108665201"),
        ("code_system", "HOT9"),
        ("start_date", "2011-07-01"),
        ("end_date", "2011-07-05"),
        ("days_supply", "5"),
        ("quantity", "15"),
        ("quantity_unit", "TAB"),
        ("dose", "1"),
        ("route", "PO"),
        ("sig", "three times"),
        ("version", "20110701224603984"),
        ("deleted", "false"),
    ] {
        assert_eq!(drug[column], value, "{column}");
    }
    assert_eq!(drug["offset"].parse::<usize>().unwrap(), PRESCRIPTION.find("RXE").unwrap());
    assert!(out.findings.is_empty(), "{:?}", out.findings);
}

#[test]
fn flags_make_tombstones_of_the_same_record() {
    let [current, deleted, superseded] =
        ["1", "0", "2"].map(|flag| read(&Ssmix2, &format!("{PATH}{flag}"), PRESCRIPTION.as_bytes()));
    let (first, second) = (only(&current, SourceTable::Drug), only(&deleted, SourceTable::Drug));
    assert_eq!((&first["record_key"], &first["document_key"]), (&second["record_key"], &second["document_key"]));
    assert_eq!(
        (second["deleted"].as_str(), only(&superseded, SourceTable::Drug)["deleted"].as_str()),
        ("true", "true")
    );
    assert!(deleted.codes().contains_key("R29 ") && superseded.codes().contains_key("R28 "));
}

#[test]
fn a_message_under_another_patients_path_is_quarantined() {
    let out = read(&Ssmix2, &format!("{PATH}1"), PRESCRIPTION.replace("0000123^", "9999^").as_bytes());
    assert!(out.rows.is_empty());
    assert_eq!(out.codes()["R20 PID-3"], (1, 7));
    let out = read(&Ssmix2, &format!("{PATH}1"), PRESCRIPTION.replace("0000123^", "^").as_bytes());
    assert_eq!(out.codes()["ssmix2.no-local-id PID-3"], (1, 7));
}

#[test]
fn admission_and_discharge_share_their_visit() {
    let message = |event: &str, times: &str| {
        format!(
            "MSH|^~\\&|||||20200110||ADT^{event}|1|P|2.5\rPID|||7\rPV1||I{}01{}{times}\r",
            "|".repeat(8),
            "|".repeat(34)
        )
    };
    let admission = read(&Ssmix2, "a.hl7", message("A01", "202001011000").as_bytes());
    let discharge = read(&Ssmix2, "b.hl7", message("A03", "202001011000|202001090900").as_bytes());
    let (came, left) = (only(&admission, SourceTable::Visit), only(&discharge, SourceTable::Visit));
    assert_eq!(came["visit_key"], left["visit_key"]);
    assert_ne!(came["record_key"], left["record_key"]);
    assert_eq!((came["start_date"].as_str(), left["end_date"].as_str()), ("2020-01-01", "2020-01-09"));
    assert_eq!((came["kind"].as_str(), came["department"].as_str()), ("inpatient", "01"));
    assert_eq!(
        only(&read(&Ssmix2, "c", message("A11", "202001011000").as_bytes()), SourceTable::Visit)["deleted"],
        "true"
    );
}

#[test]
fn deaths_come_from_pid_and_from_discharge() {
    let dead = format!(
        "MSH|^~\\&|||||20200110||ADT^A08|1|P|2.5\rPID|||7||N^M{}19500101|F{}20200109|Y\r",
        "|".repeat(2),
        "|".repeat(21)
    );
    let out = read(&Ssmix2, "a.hl7", dead.as_bytes());
    assert_eq!(only(&out, SourceTable::Death)["death_date"], "2020-01-09");
    assert_eq!(only(&out, SourceTable::Patient)["birth_date"], "1950-01-01");
    let left = format!(
        "MSH|^~\\&|||||20200110||ADT^A03|1|P|2.5\rPID|||7\rPV1||I{}20^x^HL70112{}20200108\r",
        "|".repeat(34),
        "|".repeat(9)
    );
    assert_eq!(only(&read(&Ssmix2, "b", left.as_bytes()), SourceTable::Death)["death_date"], "2020-01-08");
}

/// Checked by hand against the files: of 21 messages (one file is two stray bytes) twelve lie under another patient's
/// path, two are of kinds not read yet, seven are read: ADT-00, ADT-22, ADT-52, OMP-01 (3 drugs), OMP-02 (3 × 2),
/// OMP-11 (2), OMP-12 (2).
#[test]
fn the_sample_storage_of_the_nho_is_read_as_checked_by_hand() {
    let Some(folder) = corpus("ssmix2/nho_sample_storage") else { return };
    let (out, unknown) = read_folder(&folder);
    assert_eq!(unknown.len(), 1, "the file broken on purpose");
    assert_eq!(
        out.tables(),
        [("patient", 1), ("coverage", 1), ("visit", 2), ("drug", 13), ("measurement", 3), ("observation", 1)]
    );
    let patient = only(&out, SourceTable::Patient);
    assert_eq!((patient["name_kanji"].as_str(), patient["name_kana"].as_str()), ("患者 太郎", "カンジャ タロウ"));
    assert_eq!((patient["birth_date"].as_str(), patient["postal_code"].as_str()), ("1948-04-05", "422-8033"));
    assert_eq!(patient["phone"], "054-000-0000");
    let quarantined = out.findings.iter().filter(|f| f.code == "R20").count();
    assert_eq!(quarantined, 12);
    assert!(out.findings.iter().all(|f| f.severity != Severity::Fatal));
}

/// 139 messages of eight versions, 27 with a byte order mark.
#[test]
fn foreign_messages_are_taken_apart_without_a_panic() {
    let Some(folder) = corpus("hl7v2/microsoft_fhir_converter") else { return };
    let files = files_under(&folder);
    let mut marks = 0;
    for path in &files {
        let bytes = std::fs::read(folder.join(path)).unwrap();
        assert_eq!(sniff(&bytes, &FileName::new("x")).map(|(format, _)| format.name()), Some("ssmix2"), "{path}");
        let out = read(&Ssmix2, path, &bytes);
        assert!(out.counts.records_seen > 1, "{path}");
        marks += out.counts.repairs.get("R04").copied().unwrap_or_default();
    }
    assert_eq!((files.len(), marks), (139, 27));
}
