//! Bytes per second of every reader, one core, to Arrow batches: `cargo bench -p kiban-formats`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::fmt::Write as _;

use arrow_array::RecordBatch;
use divan::{Bencher, black_box, counter::BytesCount};
use kiban_core::{Finding, PatientRefs, tables::SourceTable};
use kiban_formats::{DeliveryState, Fhir, FileName, Format, ReadContext, RowSink, Ssmix2, Tables, Uke};

fn main() {
    divan::main();
}

/// Keeps tables between files, as the engine does, and drops the batches.
#[derive(Default)]
struct Drain {
    tables: Option<Box<Tables>>,
    rows: usize,
    findings: usize,
}

impl RowSink for Drain {
    fn batch(&mut self, _: SourceTable, batch: RecordBatch) {
        self.rows += black_box(batch).num_rows();
    }
    fn finding(&mut self, finding: Finding) {
        self.findings += usize::from(finding.rows_lost > 0);
    }
    fn lend(&mut self) -> Option<Box<Tables>> {
        self.tables.take()
    }
    fn keep(&mut self, tables: Box<Tables>) {
        self.tables = Some(tables);
    }
}

fn drain(format: &dyn Format, files: &[(String, Vec<u8>)]) -> usize {
    let refs = PatientRefs::new([7; 32]);
    let (facility, mut state, mut out) = ("1318814790".parse().unwrap(), DeliveryState::default(), Drain::default());
    for (number, (name, bytes)) in (0..).zip(files) {
        let name = FileName::new(name);
        let ctx = ReadContext { facility, delivery: 1, file: number, name, refs: &refs, batch_rows: 8192 };
        if name.reveal().starts_with("Patient") {
            format.index(&ctx, &mut &bytes[..], &mut state).unwrap();
        }
        format.read(&ctx, &mut &bytes[..], &state, &mut out).unwrap();
    }
    if let Some(mut tables) = out.tables.take() {
        tables.flush(&mut |table, batch| out.batch(table, batch));
    }
    assert!(out.rows > 0 && out.findings == 0, "{} rows, {} lossy findings", out.rows, out.findings);
    out.rows
}

fn bench(bencher: Bencher<'_, '_>, format: &dyn Format, files: &[(String, Vec<u8>)]) {
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| drain(format, files));
}

/// 4,000 claims of some thirty lines, names in CP932.
#[divan::bench]
fn uke(bencher: Bencher<'_, '_>) {
    let mut text = String::from("IR,1,13,1,1234567,テスト病院,,202111,00,0312345678\r\n");
    for claim in 0..4000_u32 {
        let commas = ",".repeat(17);
        write!(text, "RE,{claim},1112,202110,山田　太郎,1,19{:02}0{}1{},,,,,,,{claim:08},,,,,{claim:030}{commas},ヤマダ　タロウ,\r\n", claim % 100, claim % 9 + 1, claim % 9).unwrap();
        write!(text, "HO,  133066,１２,３４５,2,{},,,,,,,,,\r\nSN,1,01,,,,02,,\r\n", 288 + 24 * 60).unwrap();
        for disease in 0..4 {
            write!(
                text,
                "SY,88{:05},20210{}01,1,{},,,\r\n",
                claim % 1000 + disease,
                disease + 1,
                if disease == 1 { "8002" } else { "" }
            )
            .unwrap();
        }
        write!(text, "SI,11,1,111000110,,288,1,,,,,,,,1{}\r\n", ",".repeat(29)).unwrap();
        for line in 0..24 {
            let (days_before, days_after) = (line % 20, 30 - line % 20);
            let (kind, amount) = if line % 3 == 0 { ("IY", "3") } else { ("SI", "") };
            let (service, code) = if line % 3 == 0 { ("21", "620098801") } else { ("60", "160008010") };
            let service = if line % 2 == 0 { service } else { "" };
            write!(
                text,
                "{kind},{service},1,{code},{amount},60,1,,,,,,{}1{}\r\n",
                ",".repeat(days_before + 1),
                ",".repeat(days_after)
            )
            .unwrap();
        }
    }
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(&text);
    bench(bencher, &Uke, &[("RECEIPTC.UKE".into(), bytes.into_owned())]);
}

const HEAD: &str = "|HIS123|SEND|GW|RCV|20110701224603.984||";

fn stored(patient: u32, kind: &str, number: usize, text: &str) -> (String, Vec<u8>) {
    let id = format!("{patient:07}");
    let name = format!(
        "{}/{}/{id}/20110701/{kind}/{id}_20110701_{kind}_{number:015}_20110701224603984_01_1",
        &id[..3],
        &id[3..6]
    );
    (name, encoding_rs::ISO_2022_JP.encode(text).0.into_owned())
}

/// 9,000 files of prescriptions, results and particulars as hospitals store them, ISO-2022-JP.
#[divan::bench]
fn ssmix2(bencher: Bencher<'_, '_>) {
    let mut files = Vec::new();
    for patient in 0..3000_u32 {
        let pid = format!(
            "PID|0001||{patient:07}^^^^PI||患者^太郎^^^^^L^I~カンジャ^タロウ^^^^^L^P||19480405|M|||^^^^422-8033^JPN^H^静岡県静岡市登呂１−３−５||^PRN^PH^^^^^^^^^054-000-0000\rPV1|0001|O|01^^^^^C||||110^医師^一郎^^^^^^^L^^^^^I|||01\r"
        );
        let orc = "ORC|NW|000000011000185||1|||||20110701103045|058^入力者^花子^^^^^^^L^^^^^I||110^医師^一郎^^^^^^^L^^^^^I|10^^^^^C||||01^内科^99XY1|VMDOCX01^^99XY2|||登呂病院|^^^^422-8033^JPN^^静岡県静岡市駿河区登呂3-1-1|^^^^^^^^^^^054-284-9122||||||O^外来患者オーダ^HL70482\r";
        let msh = |kind: &str| {
            format!(
                "MSH|^~\\&{HEAD}{kind}|1|P|2.5||||||~ISO IR87||ISO2022-1994|SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO\r"
            )
        };
        let mut order = format!("{}{pid}", msh("RDE^O11^RDE_O11"));
        for drug in 0..4 {
            write!(order, "{orc}RXE||10866520{drug}^ダーゼン錠（５mg)^HOT9|1||TAB^錠^MR9P|||||15|TAB^錠^MR9P||||2011070112345||||3^TAB&錠&MR9P||OHP^外来処方^MR9P~OHI^院内処方^MR9P\rTQ1|1||1013044400000000&内服・経口・１日３回朝昼夕食後&JAMISDP01|||5^d|2011070100\rRXR|PO^口^HL70162\r").unwrap();
        }
        files.push(stored(patient, "OMP-01", 1, &order));
        let mut results = format!(
            "{}{pid}SPM|1|000000001219001||023^血清^JC10|||||||||||||201112191500\rOBR|1|000000011000354|000000001219001|E001^血液学的検査^99O03|||20111219|20111219||||||||607^医師一郎^^^^^^^^L^^^^^I||||||20111220103059\r{orc}",
            msh("OUL^R22^OUL_R22")
        );
        for item in 0..20 {
            write!(results, "OBX|{item}|NM|3A0{item:02}000002327101^総蛋白^JC10^10222^ＴＰ^99X03||7.{item}|g/dl^g/dl^99XYZ|6.70-8.3||||F|||201112191500\r").unwrap();
        }
        files.push(stored(patient, "OML-11", 2, &results));
        let basics = format!(
            "{}{pid}OBX|1|NM|9N001000000000001^身長^JC10||167.8|cm^cm^ISO+|||||F\rAL1|1|DA^薬剤アレルギー^HL70127|1^ペニシリン^99XYZ\rIN1|1|67^国民健康保険退職者^JHSD0001|67999991|||||||||20091201|||||SEL^本人^HL70063\r",
            msh("ADT^A08^ADT_A01")
        );
        files.push(stored(patient, "ADT-00", 3, &basics));
    }
    bench(bencher, &Ssmix2, &files);
}

/// 30,000 resources of about a kilobyte: results, diagnoses, prescriptions, with profiles and narrative.
#[divan::bench]
fn fhir_ndjson(bencher: Bencher<'_, '_>) {
    let (mut people, mut events) = (String::new(), String::new());
    for n in 0..10_000_u32 {
        let subject =
            format!(r#""subject":{{"reference":"Patient/p{}"}},"encounter":{{"reference":"Encounter/e{n}"}}"#, n % 500);
        let meta = r#""meta":{"lastUpdated":"2021-07-09T14:11:13.000+09:00","profile":["http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Resource_eCS"]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">記述</div>"}"#;
        if n < 500 {
            writeln!(people, r#"{{"resourceType":"Patient","id":"p{n}",{meta},"identifier":[{{"system":"urn:oid:1.2.392.100495.20.3.51.11318814790","value":"{n:08}"}}],"gender":"male","birthDate":"1955-05-04"}}"#).unwrap();
        }
        writeln!(events, r#"{{"resourceType":"Observation","id":"o{n}",{meta},"status":"final","category":[{{"coding":[{{"system":"http://jpfhir.jp/fhir/core/CodeSystem/JP_SimpleObservationCategory_CS","code":"laboratory"}}]}}],"code":{{"coding":[{{"system":"urn:oid:1.2.392.200119.4.504","code":"3H015000002326101","display":"カリウム"}},{{"system":"http://jpfhir.jp/fhir/clins/CodeSystem/JP_CLINS_ObsLabResult_LocalCode_CS","code":"0000181802","display":"カリウム"}}],"text":"カリウム"}},{subject},"effectiveDateTime":"2021-07-05T11:19:41+09:00","valueQuantity":{{"value":3.{},"unit":"mEq/L"}},"referenceRange":[{{"low":{{"value":3.5}},"high":{{"value":5.0}}}}]}}"#, n % 10).unwrap();
        writeln!(events, r#"{{"resourceType":"Condition","id":"c{n}",{meta},"clinicalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active","display":"Active"}}]}},"verificationStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed","display":"Confirmed"}}]}},"code":{{"coding":[{{"code":"20064049","system":"urn:oid:1.2.392.200119.4.101.2","display":"十二指腸潰瘍"}},{{"system":"http://hl7.org/fhir/sid/icd-10","code":"K269","display":"十二指腸潰瘍"}}],"text":"十二指腸潰瘍"}},{subject},"onsetDateTime":"2020-04-10"}}"#).unwrap();
        writeln!(events, r#"{{"resourceType":"MedicationRequest","id":"m{n}",{meta},"status":"completed","intent":"order","medicationCodeableConcept":{{"coding":[{{"code":"105271807","system":"urn:oid:1.2.392.200119.4.403.1","display":"プレドニン錠５ｍｇ"}},{{"code":"2456001F1310","system":"urn:oid:1.2.392.100495.20.1.73","display":"プレドニン錠５ｍｇ"}}],"text":"プレドニン錠５ｍｇ"}},{subject},"authoredOn":"2020-08-21T12:28:17+09:00","dosageInstruction":[{{"text":"１日３回　毎食後","timing":{{"repeat":{{"boundsDuration":{{"value":7,"code":"d","system":"http://unitsofmeasure.org","unit":"日"}}}},"code":{{"coding":[{{"code":"1013044400000000","system":"urn:oid:1.2.392.200250.2.2.20","display":"内服・経口・１日３回毎食後"}}]}}}},"route":{{"coding":[{{"code":"PO","system":"http://terminology.hl7.org/CodeSystem/v2-0162","display":"口"}}]}},"doseAndRate":[{{"doseQuantity":{{"value":1,"unit":"錠","code":"TAB"}}}}]}}],"dispenseRequest":{{"quantity":{{"value":49,"code":"TAB","unit":"錠"}},"expectedSupplyDuration":{{"value":7,"code":"d","unit":"日"}}}}}}"#).unwrap();
    }
    bench(
        bencher,
        &Fhir,
        &[("Patient.ndjson".into(), people.into_bytes()), ("Events.ndjson".into(), events.into_bytes())],
    );
}
