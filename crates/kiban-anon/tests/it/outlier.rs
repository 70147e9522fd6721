//! Rare courses on whole histories: what of GiBleed's conditions is common by itself and rare together.

use std::collections::BTreeSet;

use arrow_array::{
    Date32Array, Float64Array, Int64Array, UInt32Array,
    cast::AsArray,
    types::{Date32Type, Int64Type},
};
use kiban_anon::{Extremes, Reason, rare_pairs, rare_sequences, summarise};

use crate::corpus::gibleed;

#[test]
fn rare_courses_of_common_conditions_are_found() {
    let Some(read) = gibleed("condition_occurrence", &["PERSON_ID", "CONDITION_CONCEPT_ID", "CONDITION_START_DATE"])
    else {
        return;
    };
    let [persons, codes] = [0, 1].map(|column| read[column].as_primitive::<Int64Type>());
    let dates = read[2].as_primitive::<Date32Type>();
    let mut rows: Vec<_> =
        (0..persons.len()).map(|row| (persons.value(row), dates.value(row), codes.value(row) as u32)).collect();
    rows.sort_unstable();
    let persons = Int64Array::from_iter_values(rows.iter().map(|r| r.0));
    let dates = Date32Array::from_iter_values(rows.iter().map(|r| r.1));
    let codes = UInt32Array::from_iter_values(rows.iter().map(|r| r.2));
    let mut found = rare_pairs(&persons, &codes, 5).unwrap();
    let pairs = found.clone();
    found.extend(rare_sequences(&persons, &codes, &dates, 2, 5).unwrap());
    let visits: Vec<_> = rows.chunk_by(|a, b| a.0 == b.0).map(|own| (own[0].0, own.len() as f64)).collect();
    let (who, many) = (visits.iter().map(|v| v.0), visits.iter().map(|v| v.1));
    let (who, many) = (Int64Array::from_iter_values(who), Float64Array::from_iter_values(many));
    let none = UInt32Array::from_value(0, who.len());
    found.extend(Extremes { far: 3.5, fewest: 5 }.find(Reason::ManyVisits, &who, &none, &many).unwrap());
    let summary = summarise(&found);
    eprintln!("{summary:?}");
    // Every pair is counted once more, by sets.
    let having = |code: u32| -> BTreeSet<i64> { rows.iter().filter(|r| r.2 == code).map(|r| r.0).collect() };
    for pair in pairs.iter().step_by(pairs.len() / 20 + 1) {
        let (a, b) = (having(pair.about[0]), having(pair.about[1]));
        assert!(
            a.len() >= 5 && b.len() >= 5 && a.intersection(&b).count() == pair.shared_by as usize && pair.shared_by < 5
        );
    }
    assert!(summary.iter().any(|line| line.reason == Reason::RareSequence && line.persons > 0));
}
