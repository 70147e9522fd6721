//! Febrl's generator at a million records, demographics only: no number of a person, no phone.

use std::{collections::BTreeMap, fs::File, path::PathBuf, time::Instant};

use kiban_core::{PatientRef, Phi};
use kiban_link::{Class, Constraints, Linker, OtherKind, Quality, Registration, Settings, Truth};
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::{Field as Value, Row},
};

/// Columns of their own, with what they hold.
const OTHERS: [(&str, OtherKind); 6] = [
    ("street_number", OtherKind::Text),
    ("address_1", OtherKind::Place),
    ("address_2", OtherKind::Place),
    ("suburb", OtherKind::Place),
    ("postcode", OtherKind::Place),
    ("state", OtherKind::Category),
];

fn corpus() -> Option<PathBuf> {
    let root = PathBuf::from(std::env::var_os("KIBAN_CORPUS")?);
    Some(root.join("linkage/febrl_1m.parquet")).filter(|file| file.exists())
}

/// The record, and the number of its person.
fn read(number: i64, row: &Row) -> (Registration, u64) {
    let values: BTreeMap<&str, &str> = row
        .get_column_iter()
        .filter_map(
            |(name, value)| if let Value::Str(text) = value { Some((name.as_str(), text.as_str())) } else { None },
        )
        .collect();
    let text =
        |name: &str| values.get(name).filter(|text| !text.trim().is_empty()).map(|text| Phi::new((*text).to_owned()));
    let mut one = Registration::unplaced(PatientRef::new(number).unwrap());
    (one.given, one.family, one.birth_text) = (text("given_name"), text("surname"), text("date_of_birth"));
    one.others = OTHERS.iter().map(|(name, _)| text(name)).collect();
    (one, values["rec_id"].split('-').nth(1).unwrap().parse().unwrap())
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of the corpus are what this test is read for")]
fn people_of_febrl_are_found_again() {
    let Some(file) = corpus() else {
        println!("skipped: no corpus");
        return;
    };
    let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
    // Unoptimised, a part of the people is enough.
    let people = if cfg!(debug_assertions) { 3_000 } else { u64::MAX };
    let rows = (1..).zip(reader.get_row_iter(None).unwrap()).map(|(number, row)| read(number, &row.unwrap()));
    let mut rows = rows.filter(|(_, person)| *person < people);
    let start = Instant::now();
    let mut linker = Linker::new(&OTHERS.map(|(_, kind)| kind), Settings::default()).unwrap();
    let mut truths = BTreeMap::new();
    loop {
        let batch: Vec<(Registration, u64)> = rows.by_ref().take(1 << 14).collect();
        if batch.is_empty() {
            break;
        }
        truths.extend(batch.iter().map(|(one, person)| (one.patient, Truth { person: *person, twin: false })));
        let batch: Vec<Registration> = batch.into_iter().map(|(one, _)| one).collect();
        linker.add(&batch).unwrap();
    }
    println!("added after {:.1} s", start.elapsed().as_secs_f64());
    let linkage = linker.link(&Constraints::default()).unwrap();
    let quality = Quality::measure(&linkage.clusters(), &truths);
    println!("{} records, {} pairs compared, {:.1} s", truths.len(), linkage.compared(), start.elapsed().as_secs_f64());
    println!("precision {:.5} recall {:.5} F1 {:.5}", quality.precision(), quality.recall(), quality.f1());
    println!("{quality:?}\n{:?}", linkage.quality);
    for class in Class::ALL {
        println!("{class} {:.4}", linkage.model.weight(class));
    }
    for report in &linkage.blocking {
        println!(
            "{}: {} pairs, {} first, cut {} keys, {} pairs",
            report.rule, report.pairs, report.first, report.cut_keys, report.cut_pairs
        );
    }
    assert!(linkage.model.identified && linkage.model.converged);
    assert!(quality.precision() >= 0.99 && quality.f1() >= 0.99, "{quality:?}");
}
