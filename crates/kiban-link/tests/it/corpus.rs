//! The synthetic Japanese registrations of the corpus: 42,738 of 20,000 people at 80 hospitals, with truth.

use std::{collections::BTreeMap, fs::File, path::PathBuf, time::Instant};

use kiban_core::{PatientRef, Phi};
use kiban_link::{Class, Constraints, Coverage, Field, Quality, Registration, Settings, Text, Truth, link};
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::{Field as Value, Row},
};

fn corpus() -> Option<PathBuf> {
    let root = std::env::var_os("KIBAN_CORPUS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
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
    let facility = format!("1310000{}", hospital.trim_start_matches('H')).parse().unwrap();
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
fn people_of_the_corpus_are_found_again() {
    let Some(file) = corpus() else {
        println!("skipped: no corpus");
        return;
    };
    let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(|row| read(&row.unwrap()));
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
    for class in Class::ALL {
        println!(
            "{class}: {:.4} birth {:.3}",
            linkage.model.weight(class),
            linkage.model.agreement(class, Field::Birth)
        );
    }
    println!(
        "rounds {} converged {} identified {}",
        linkage.model.rounds, linkage.model.converged, linkage.model.identified
    );
    for report in &linkage.blocking {
        println!("{report:?}");
    }
    if let Some(wanted) = std::env::var("KIBAN_SHOW").ok().and_then(|n| n.parse::<usize>().ok()) {
        show(&linkage, &truths, &registrations, wanted);
    }

    assert!(linkage.model.identified && linkage.model.converged);
    assert!(quality.precision() >= 0.997, "{quality:?}");
    assert!(quality.f1() >= 0.99, "{quality:?}");
    assert!((linkage.quality.precision - quality.precision()).abs() < 0.005, "the estimate must be near the truth");
}

fn show(linkage: &kiban_link::Linkage, truths: &BTreeMap<PatientRef, Truth>, all: &[Registration], wanted: usize) {
    let by: BTreeMap<PatientRef, &Registration> = all.iter().map(|r| (r.patient, r)).collect();
    let line = |p: &PatientRef| {
        let r = by[p];
        let v = |t: &Text| t.as_ref().map(|t| t.expose().clone()).unwrap_or_default();
        let c = &r.coverages[0];
        [
            &r.name_kanji,
            &r.name_kana,
            &r.name_romaji,
            &r.birth_text,
            &r.sex,
            &r.postal,
            &r.address,
            &r.phone,
            &c.insurer,
            &c.symbol,
            &c.number,
            &c.branch,
            &r.local_id,
        ]
        .map(v)
        .join("|")
            + r.facility.as_str()
    };
    let mut persons = BTreeMap::new();
    for (i, p) in linkage.persons.iter().enumerate() {
        for m in &p.members {
            persons.insert(*m, i);
        }
    }
    let same = |l: &PatientRef, r: &PatientRef| truths[l].person == truths[r].person;
    println!("--- wrong joins");
    for d in linkage
        .decisions
        .iter()
        .filter(|d| persons[&d.left] == persons[&d.right] && !same(&d.left, &d.right))
        .take(wanted)
    {
        println!(
            "{:.4} {:?} {} [{}]\n  {}\n  {}",
            d.probability,
            d.basis,
            d.pattern,
            d.rival,
            line(&d.left),
            line(&d.right)
        );
    }
    println!("--- missed, decided");
    for d in linkage
        .decisions
        .iter()
        .filter(|d| persons[&d.left] != persons[&d.right] && same(&d.left, &d.right))
        .take(wanted)
    {
        println!(
            "{:.4} {:?} {} [{}]\n  {}\n  {}",
            d.probability,
            d.outcome,
            d.pattern,
            d.rival,
            line(&d.left),
            line(&d.right)
        );
    }
    let decided: std::collections::BTreeSet<_> = linkage.decisions.iter().map(|d| (d.left, d.right)).collect();
    let mut of: BTreeMap<u64, Vec<PatientRef>> = BTreeMap::new();
    truths.iter().for_each(|(p, t)| of.entry(t.person).or_default().push(*p));
    println!("--- missed, unseen or improbable");
    let mut n = 0;
    for members in of.values() {
        for (i, l) in members.iter().enumerate() {
            for r in &members[i + 1..] {
                if persons[l] != persons[r] && !decided.contains(&(*l, *r)) {
                    n += 1;
                    if n <= wanted {
                        println!("  {}\n  {}\n", line(l), line(r));
                    }
                }
            }
        }
    }
    println!("{n} unseen or improbable");
}
