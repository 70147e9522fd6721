//! The synthetic Japanese registrations of the corpus: 42,738 of 20,000 people at 80 hospitals, with truth.

use std::{collections::BTreeMap, fs::File, path::PathBuf, time::Instant};

use kiban_core::{PatientRef, Phi};
use kiban_link::{Constraints, Coverage, Quality, Registration, Settings, Text, Truth, link};
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::{Field as Value, Row},
};

fn corpus() -> Option<PathBuf> {
    let root = std::env::var_os("KIBAN_CORPUS").map_or_else(
        || PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/data"),
        PathBuf::from,
    );
    let file = root.join("linkage/jp-synth/jp_50k.parquet");
    file.exists().then_some(file)
}

fn text(values: &BTreeMap<String, Value>, column: &str) -> Text {
    match values.get(column) {
        Some(Value::Str(value)) if !value.is_empty() => Some(Phi::new(value.clone())),
        _ => None,
    }
}

fn number(values: &BTreeMap<String, Value>, column: &str) -> i64 {
    match values.get(column) {
        Some(Value::Long(value)) => *value,
        other => panic!("{column} is not a number: {other:?}"),
    }
}

fn read(row: &Row) -> (Registration, Truth) {
    let values: BTreeMap<String, Value> = row.get_column_iter().map(|(n, v)| (n.clone(), v.clone())).collect();
    let hospital = text(&values, "hospital_id").unwrap().into_inner();
    let facility = format!("1310000{}", hospital.trim_start_matches('H'));
    let mut one = Registration::new(PatientRef::new(number(&values, "rec_id") + 1).unwrap(), facility);
    one.local_id = text(&values, "local_patient_id");
    one.name_kanji = text(&values, "name_kanji");
    one.name_kana = text(&values, "name_kana");
    one.name_romaji = text(&values, "name_romaji");
    one.birth_text = text(&values, "birth_date");
    one.sex = text(&values, "sex");
    one.postal = text(&values, "postal_code");
    one.address = text(&values, "address");
    one.phone = text(&values, "phone");
    let card = |column| text(&values, column);
    one.coverages = vec![Coverage {
        insurer: card("insurer_no"),
        symbol: card("ins_symbol"),
        number: card("ins_number"),
        branch: card("ins_branch"),
        ..Coverage::default()
    }];
    let person = u64::try_from(number(&values, "person_id")).unwrap();
    (one, Truth { person, twin: number(&values, "twin") == 1 })
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of the corpus are what this test is read for")]
fn people_of_the_corpus_are_found_again() {
    let Some(file) = corpus() else {
        println!("skipped: no corpus");
        return;
    };
    let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
    // Unoptimised, a part of the people is enough: whole households, because they are numbered in a row.
    let people = if cfg!(debug_assertions) { 3_000 } else { u64::MAX };
    let rows = reader.get_row_iter(None).unwrap().map(|row| read(&row.unwrap())).filter(|(_, t)| t.person < people);
    let (registrations, truths): (Vec<Registration>, Vec<Truth>) = rows.unzip();
    let truths: BTreeMap<PatientRef, Truth> = registrations.iter().map(|r| r.patient).zip(truths).collect();

    let start = Instant::now();
    let linkage = link(&registrations, Settings::default(), &Constraints::default()).unwrap();
    let quality = Quality::measure(&linkage.clusters(), &truths);
    println!(
        "{} registrations, {} pairs compared, {} persons in {:.1} s",
        registrations.len(),
        linkage.compared(),
        linkage.persons.len(),
        start.elapsed().as_secs_f64()
    );
    println!("precision {:.4} recall {:.4} F1 {:.4}", quality.precision(), quality.recall(), quality.f1());
    println!("{quality:?}\n{:?}", linkage.quality);
    assert!(linkage.model.identified && linkage.model.converged);
    assert!(quality.precision() >= 0.997, "{quality:?}");
    assert!(quality.f1() >= 0.99, "{quality:?}");
    assert!((linkage.quality.precision - quality.precision()).abs() < 0.005, "the estimate must be near the truth");
}
