//! What event dates give away on real data: the comorbidities of 17,549 people of the NAFLD study.

use std::{collections::BTreeSet, fs};

use arrow_array::{Date32Array, Int64Array, UInt32Array};
use kiban_anon::{Acquaintance, Detail, Events, Singled};

use crate::corpus::{cells, file};

#[test]
fn gaps_single_out_two_in_five_of_the_nafld_people() {
    let Some(path) = file("anon/r_survival/nafld3.csv") else { return };
    let rows = cells(&fs::read_to_string(path).unwrap(), ',');
    let names: BTreeSet<&str> = rows[1..].iter().map(|r| r[2].as_str()).collect();
    let code = |name: &str| names.iter().position(|n| *n == name).unwrap() as u32;
    let event = |r: &Vec<String>| (r[0].parse::<i64>().unwrap(), r[1].parse::<i32>().unwrap(), code(&r[2]));
    let mut events: Vec<_> = rows[1..].iter().map(event).collect();
    events.sort_unstable();
    let persons = Int64Array::from_iter_values(events.iter().map(|e| e.0));
    let codes = UInt32Array::from_iter_values(events.iter().map(|e| e.2));
    let dates = Date32Array::from_iter_values(events.iter().map(|e| e.1));
    let events = Events::new(&persons, &codes, &dates).unwrap();
    // Counted once with window functions in SQL: 12,454 persons with events, 5,185 with a gap pair of their own.
    assert_eq!(events.gaps(5), Singled { persons: 12_454, unique: 5_185, below_k: 5_208 });
    let knows = |detail| events.known_events(Acquaintance { events: 2, detail }, 500, 5, b"nafld").share();
    let shares = [Detail::Code, Detail::Month, Detail::Day].map(knows);
    assert!(shares.is_sorted() && shares[0] < 0.01 && shares[2] > 0.5, "{shares:?}");
}
