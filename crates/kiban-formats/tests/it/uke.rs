//! Medical claims.

use kiban_core::tables::SourceTable;
use kiban_formats::{FileName, Uke, sniff};

use crate::support::{corpus, read};

/// One claim of two days with a suspected disease, a drug by mouth, a carried group and a device.
const CLAIM: &str = "IR,1,12,1,0000000,,,202111,00,\r\n\
RE,1,1112,202110,Name  Given,1,4070208,70,,,,,,A-0126,,,,,2021101600000001,,,,,,,,,,,,,,,,,,KANA GIVEN,\r\n\
HO,  133066,12,345,2,512,,,,,,,,,\r\n\
SN,1,01,,,,02,,\r\n\
SY,8830417,5030901,3,8002,,01,\r\n\
SI,12,1,112007410,,73,2,,,,,,,1,,,,1,,,,,,,,,,,,,,,,,,,,,,,,,,\r\n\
CO,21,1,810000001,x\r\n\
IY,,1,620098801,3,,5,,,,,,,,5,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\r\n\
IY,,1,620098802,1,66,5,,,,,,,,5,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\r\n\
TO,40,1,710010001,1,36,1,,,,,,,,,,,,1,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\r\n\
GO,1,512,99\r\n\x1a";

fn column(rows: &[crate::support::Cells], name: &str) -> Vec<String> {
    rows.iter().map(|row| row.get(name).cloned().unwrap_or_default()).collect()
}

#[test]
fn a_claim_becomes_rows_of_every_table() {
    let out = read(&Uke, "RECEIPTC.UKE", CLAIM.as_bytes());
    let rows = |table| out.rows.get(&table).map(Vec::as_slice).unwrap_or_default();
    assert_eq!(
        out.tables(),
        [
            ("patient", 1),
            ("coverage", 1),
            ("visit", 1),
            ("condition", 1),
            ("drug", 2),
            ("procedure", 2),
            ("death", 1),
            ("cost", 4)
        ]
    );
    let patient = &rows(SourceTable::Patient)[0];
    assert_eq!((patient["local_id"].as_str(), patient["birth_date"].as_str()), ("A-0126", "1995-02-08"));
    assert_eq!((patient["name_kanji"].as_str(), patient["name_kana"].as_str()), ("Name Given", "KANA GIVEN"));
    let coverage = &rows(SourceTable::Coverage)[0];
    assert_eq!((coverage["insurer"].as_str(), coverage["branch"].as_str()), ("00133066", "02"));
    assert_eq!(coverage["relationship"], "self");
    let condition = &rows(SourceTable::Condition)[0];
    assert_eq!((condition["status"].as_str(), condition["start_date"].as_str()), ("provisional", "2021-09-01"));
    let visit = &rows(SourceTable::Visit)[0];
    assert_eq!(
        (visit["kind"].as_str(), visit["start_date"].as_str(), visit["end_date"].as_str()),
        ("outpatient", "2021-10-01", "2021-10-05")
    );
    assert_eq!(column(rows(SourceTable::Procedure), "start_date"), ["2021-10-01", "2021-10-05"]);
    assert_eq!(column(rows(SourceTable::Drug), "quantity"), ["15", "5"]);
    assert_eq!(column(rows(SourceTable::Drug), "days_supply"), ["5", "5"]);
    assert_eq!(column(rows(SourceTable::Cost), "points"), ["146", "330", "36", "512"]);
    assert_eq!(column(rows(SourceTable::Cost), "code"), ["112007410", "620098801", "710010001", ""]);
    assert_eq!(rows(SourceTable::Death)[0]["death_date"], "2021-10-05");
    assert!(out.findings.iter().all(|finding| finding.severity == kiban_core::Severity::Note), "{:?}", out.findings);
}

#[test]
fn a_claim_without_a_chart_number_is_refused_whole() {
    let out = read(&Uke, "x", CLAIM.replace("A-0126", "").as_bytes());
    assert_eq!(out.count(SourceTable::Condition) + out.count(SourceTable::Cost), 0);
    assert_eq!(out.codes()["uke.no-local-id RE.14"], (1, 9));
}

#[test]
fn broken_lines_are_findings_at_their_offsets() {
    let broken = CLAIM.replace("SY,8830417", "QQ,8830417").replace("HO,", "HO\u{0},");
    let out = read(&Uke, "x", broken.as_bytes());
    let unknown: Vec<_> = out.findings.iter().filter(|f| f.code == "uke.unknown-record").collect();
    assert_eq!(unknown.iter().map(|f| f.place.line).collect::<Vec<_>>(), [3, 5]);
    assert_eq!(unknown[0].place.offset as usize, broken.find("HO\u{0}").unwrap());
    assert_eq!(out.count(SourceTable::Procedure), 2);
}

#[test]
fn two_claims_that_look_alike_both_stay() {
    let claim = CLAIM.replace("2021101600000001", "");
    let twice = format!("{}{}", claim.trim_end_matches('\x1a'), claim.split_once("\r\n").unwrap().1);
    let out = read(&Uke, "x", twice.as_bytes());
    let mut keys = column(&out.rows[&SourceTable::Visit], "visit_key");
    keys.dedup();
    assert_eq!(keys.len(), 2);
}

#[test]
fn a_file_of_an_insurer_has_three_more_fields() {
    let prefixed: String = CLAIM.lines().enumerate().map(|(n, line)| format!("1,{n},0,{line}\r\n")).collect();
    let prefixed = prefixed.replace("\x1a", "");
    let (format, _) = sniff(prefixed.as_bytes(), &FileName::new("any")).unwrap();
    let out = read(format, "any", prefixed.as_bytes());
    assert_eq!(out.rows[&SourceTable::Cost].len(), 4);
}

/// Counted by hand with `cut -d, -f1 | sort | uniq -c` and a summing script: 75 RE, 69 HO, 71 KO, 9 SY; 320 SI and
/// 32 IY lines.
#[test]
fn the_sample_of_receiptisan_adds_up() {
    let Some(folder) = corpus("receipt/receiptisan_sample") else { return };
    let bytes = std::fs::read(folder.join("RECEIPTC_GAIRAI_SAMPLE.UKE")).unwrap();
    let (format, _) = sniff(&bytes, &FileName::new("x")).unwrap();
    let out = read(format, "x", &bytes);
    assert_eq!(out.counts.records_seen, 636);
    assert_eq!(out.counts.records_taken, 636);
    assert_eq!(
        out.tables(),
        [
            ("patient", 75),
            ("coverage", 140),
            ("visit", 75),
            ("condition", 9),
            ("drug", 32),
            ("procedure", 330),
            ("cost", 408)
        ]
    );
    assert!(!out.codes().keys().any(|code| code.contains("mismatch")));
}
