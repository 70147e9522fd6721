//! Reads the synthetic Japanese registrations of the corpus, with the person behind each.

use std::{collections::BTreeMap, fs::File, path::PathBuf};

use kiban_core::{PatientRef, Phi};
use kiban_link::{Coverage, Registration, Text};
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::{Field as Value, Row},
};

/// A registration, its person and its hospital.
pub(crate) type Known = (Registration, u64, u64);

/// Returns the registrations of people numbered below `people`, or nothing without the corpus.
pub(crate) fn registrations(people: u64) -> Option<Vec<Known>> {
    let file = PathBuf::from(std::env::var_os("KIBAN_CORPUS")?).join("linkage/jp-synth/jp_50k.parquet");
    let reader = SerializedFileReader::new(File::open(file).ok()?).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    Some(rows.filter(|row| person(row) < people).map(|row| read(&row)).collect())
}

/// Splits by hospital: two operators with about half of the registrations each.
pub(crate) fn split(all: Vec<Known>) -> (Vec<Known>, Vec<Known>) {
    all.into_iter().partition(|(_, _, hospital)| hospital % 2 == 0)
}

fn person(row: &Row) -> u64 {
    let value = row.get_column_iter().find(|(name, _)| *name == "person_id").map(|(_, value)| value);
    let Some(Value::Long(person)) = value else { unreachable!("a person is a number") };
    u64::try_from(*person).unwrap()
}

fn read(row: &Row) -> Known {
    let values: BTreeMap<String, Value> = row.get_column_iter().map(|(n, v)| (n.clone(), v.clone())).collect();
    let text = |column: &str| -> Text {
        match values.get(column) {
            Some(Value::Str(value)) if !value.is_empty() => Some(Phi::new(value.clone())),
            _ => None,
        }
    };
    let number = |column: &str| match values.get(column) {
        Some(Value::Long(value)) => *value,
        other => unreachable!("{column} is not a number: {other:?}"),
    };
    let hospital = text("hospital_id").unwrap().into_inner().trim_start_matches('H').to_owned();
    let facility = format!("1310000{hospital}");
    let mut one = Registration::new(PatientRef::new(number("rec_id") + 1).unwrap(), facility);
    (one.name_kanji, one.name_kana, one.name_romaji) = (text("name_kanji"), text("name_kana"), text("name_romaji"));
    (one.birth_text, one.sex, one.postal) = (text("birth_date"), text("sex"), text("postal_code"));
    one.coverages = vec![Coverage {
        insurer: text("insurer_no"),
        symbol: text("ins_symbol"),
        number: text("ins_number"),
        branch: text("ins_branch"),
        ..Coverage::default()
    }];
    (one, person(row), hospital.parse().unwrap())
}
