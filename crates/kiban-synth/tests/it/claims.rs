//! Claim files: totals hold, columns are kept, both date forms occur.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::{C, World};

const COLUMNS: [(&str, usize); 11] = [
    ("IR", 10),
    ("RE", 38),
    ("HO", 15),
    ("KO", 12),
    ("SN", 9),
    ("SY", 8),
    ("SI", 44),
    ("IY", 44),
    ("TO", 48),
    ("CO", 5),
    ("GO", 4),
];

fn lines(bytes: &[u8]) -> Vec<Vec<String>> {
    let (text, _, broken) = encoding_rs::SHIFT_JIS.decode(bytes);
    assert!(!broken && text.ends_with("\r\n"));
    text.split_terminator("\r\n").map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn number(text: &str) -> u64 {
    text.parse().unwrap()
}

#[test]
fn points_add_up_from_rows_to_claims_to_the_file() {
    let world = World::only(C, 150, 0.0);
    let columns: BTreeMap<&str, usize> = COLUMNS.into_iter().collect();
    let (mut types, mut points) = (BTreeSet::new(), 0);
    for (path, bytes) in world.files(&format!("{C}/delivery-0001")) {
        let lines = lines(&bytes);
        assert_eq!((lines[0][0].as_str(), lines.last().unwrap()[0].as_str()), ("IR", "GO"));
        let (mut claims, mut total, mut claimed, mut summed) = (0, 0, 0, 0);
        for line in &lines {
            assert_eq!(line.len(), columns[line[0].as_str()], "{path:?}: {line:?}");
            types.insert(line[0].clone());
            match line[0].as_str() {
                "RE" => {
                    claims += 1;
                    assert_eq!(number(&line[1]), claims);
                    assert_eq!(claimed, summed, "{path:?}");
                    summed = 0;
                }
                "HO" => {
                    claimed = number(&line[5]);
                    total += claimed;
                    assert_eq!(line[1].len(), 8);
                }
                "SI" | "IY" | "TO" if !line[5].is_empty() => {
                    summed += number(&line[5]) * number(&line[6]);
                    let first = if line[0] == "TO" { 17 } else { 13 };
                    let days: u64 = line[first..].iter().filter(|day| !day.is_empty()).map(|day| number(day)).sum();
                    assert_eq!(days, number(&line[6]));
                }
                _ => {}
            }
        }
        assert_eq!(claimed, summed);
        let end = lines.last().unwrap();
        assert_eq!((number(&end[1]), number(&end[2])), (claims, total));
        points += total;
    }
    assert_eq!(points, world.summary.facilities[C].points);
    assert_eq!(types.len(), COLUMNS.len(), "{types:?}");
}

#[test]
fn early_months_use_eras_and_later_ones_western_years() {
    let world = World::only(C, 60, 0.0);
    let mut lengths = BTreeSet::new();
    for (path, bytes) in world.files(&format!("{C}/delivery-0001")) {
        let billed: u32 = path.to_str().unwrap()[..6].parse().unwrap();
        for line in lines(&bytes).iter().filter(|line| line[0] == "RE") {
            assert_eq!((line[3].len(), line[6].len()), if billed <= 202_204 { (5, 7) } else { (6, 8) }, "{path:?}");
            lengths.insert(line[6].len());
        }
    }
    assert_eq!(lengths.into_iter().collect::<Vec<_>>(), [7, 8]);
}

#[test]
fn counts_are_the_lines_written() {
    let world = World::only(C, 60, 0.0);
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for bytes in world.files(&format!("{C}/delivery-0001")).values() {
        for line in lines(bytes) {
            *counted.entry(line[0].clone()).or_default() += 1;
        }
    }
    let told = &world.summary.facilities[C].delivery_1;
    assert_eq!(counted, told.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect());
}
