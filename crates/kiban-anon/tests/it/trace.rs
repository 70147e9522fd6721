//! Leaks with a known source: from one recipient, altered, from two together, from nobody.

use kiban_anon::trace::{Mark, Marking, Trace, Tracing, trace};
use kiban_core::keyed_u64;
use proptest::prelude::*;

const RECIPIENTS: usize = 20;

/// The rows of a table and the marks of twenty recipients; a table of a million in an optimised build.
struct Table {
    rows: Vec<u64>,
    marks: Vec<Mark>,
}

/// Rows, share withheld, and one in how many leaks; unoptimised, a smaller table withholds and leaks more.
const SIZE: (u64, f64, u64) = if cfg!(debug_assertions) { (10_000, 0.05, 4) } else { (1_000_000, 0.005, 20) };

fn table() -> Table {
    let (rows, share, _) = SIZE;
    let rows: Vec<u64> = (0..rows).map(|row| die(row, "row")).collect();
    let marking = Marking::new([9; 32], share).unwrap();
    let marked = marking.select(&rows);
    let marks = (0..RECIPIENTS).map(|r| marking.mark("r1", &format!("recipient {r:02}"), &marked)).collect();
    Table { rows, marks }
}

/// Scatters a word (the finaliser of splitmix64); a test needs no more.
fn die(word: u64, what: &str) -> u64 {
    let word = (word ^ (what.len() as u64) << 40).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

/// Draws rows of what some recipients have together; of nobody it is the whole table.
fn leak(table: &Table, from: &[usize]) -> Vec<u64> {
    let had = |row: &u64| from.is_empty() || from.iter().any(|r| table.marks[*r].keeps(*row));
    table.rows.iter().copied().filter(had).filter(|row| die(*row, "leak").is_multiple_of(SIZE.2)).collect()
}

fn named(found: &Trace) -> Vec<Vec<&str>> {
    found.accused.iter().map(|a| a.sources.iter().map(|s| s.recipient.as_str()).collect()).collect()
}

#[test]
fn the_source_is_named_and_nobody_else() {
    let table = table();
    for source in [0, 7, 19] {
        let found = trace(&leak(&table, &[source]), &table.marks, &Tracing::default()).unwrap();
        assert_eq!(named(&found), [[format!("recipient {source:02}")]]);
        assert_eq!(found.accused[0].contradictions, 0);
        assert!(found.accused[0].false_accusation < 1e-20, "{found:?}");
    }
    // Withheld is what was promised, give or take.
    let withheld = table.marks[3].withheld() as f64 / table.rows.len() as f64;
    assert!((withheld / SIZE.1 - 1.0).abs() < 0.1, "{withheld}");
}

#[test]
fn altered_rows_do_not_hide_the_source() {
    let table = table();
    // A tenth of the rows becomes something else, half of them what another row of the table says.
    let alter = |(place, row): (usize, u64)| match die(row, "alter") % 20 {
        0 => table.rows[(die(place as u64, "other") % table.rows.len() as u64) as usize],
        1 => die(row, "noise"),
        _ => row,
    };
    let leaked: Vec<u64> = leak(&table, &[4]).into_iter().enumerate().map(alter).collect();
    let found = trace(&leaked, &table.marks, &Tracing::default()).unwrap();
    assert_eq!(named(&found), [["recipient 04"]]);
    assert!(found.accused[0].contradictions > 0 && found.accused[0].false_accusation < 1e-6, "{found:?}");
    let strict = Tracing { tolerance: 0.0, ..Tracing::default() };
    assert_eq!(trace(&leaked, &table.marks, &strict).unwrap().accused, []);
}

#[test]
fn two_who_put_their_copies_together_are_both_named() {
    let table = table();
    let found = trace(&leak(&table, &[2, 11]), &table.marks, &Tracing::default()).unwrap();
    assert_eq!(named(&found), [["recipient 02", "recipient 11"]]);
    assert!(found.accused[0].false_accusation < 1e-6, "{found:?}");
    let alone = Tracing { colluders: 1, ..Tracing::default() };
    assert_eq!(trace(&leak(&table, &[2, 11]), &table.marks, &alone).unwrap().accused, []);
}

#[test]
fn what_came_from_nobody_accuses_nobody() {
    let table = table();
    let how = Tracing { colluders: 3, ..Tracing::default() };
    let all = leak(&table, &[]);
    for sample in [&all[..], &all[..all.len() / 50], &[], &(0..5_000).map(|r| die(r, "elsewhere")).collect::<Vec<_>>()]
    {
        assert_eq!(trace(sample, &table.marks, &how).unwrap().accused, [], "{} rows", sample.len());
    }
    assert_eq!(trace(&all, &[], &how).unwrap().marked, 0);
}

#[test]
fn a_sample_too_small_to_be_sure_accuses_nobody() {
    let table = table();
    let leaked = leak(&table, &[5]);
    let needed = Marking::new([0; 32], SIZE.1).unwrap().rows_needed(RECIPIENTS as u64, &Tracing::default()).unwrap();
    // Ten times too few; then as many as are needed, twice over, as chance may give fewer marked rows than expected.
    let few = &leaked[..needed as usize / 10];
    assert_eq!(trace(few, &table.marks, &Tracing::default()).unwrap().accused, []);
    let enough = &leaked[..needed as usize * 2];
    assert_eq!(named(&trace(enough, &table.marks, &Tracing::default()).unwrap()), [["recipient 05"]]);
}

/// The stated probability against the truth: of many draws with no source among the recipients, how many accuse.
#[test]
fn innocent_recipients_are_accused_no_more_often_than_stated() {
    let how = Tracing { colluders: 1, tolerance: 0.2, level: 0.2 };
    let rows: Vec<u64> = (0..200).map(|row| die(row, "row")).collect();
    let mut accusing = 0;
    for draw in 0..400_u32 {
        let marking = Marking::new([(draw % 251) as u8; 32], 0.05).unwrap();
        let marked = &rows[..14];
        let marks: Vec<Mark> = (0..10).map(|r| marking.mark(&draw.to_string(), &r.to_string(), marked)).collect();
        accusing += u32::from(!trace(&rows, &marks, &how).unwrap().accused.is_empty());
    }
    // At most 2 of 14 lacking has probability 0.0065, times ten recipients; 400 draws make 25 or so, never 80.
    assert!((8..80).contains(&accusing), "{accusing} of 400");
}

#[test]
fn shifted_copies_are_told_apart_by_what_they_hold() {
    // Each recipient's dates are their own, so no token is shared; only a few coincide.
    let marking = Marking::new([1; 32], 0.05).unwrap();
    let own = |r: u64| (0..6_000).map(|row| die(row * 31 + r, "shifted")).collect::<Vec<_>>();
    let marks: Vec<Mark> = (0..5).map(|r| marking.mark("r", &r.to_string(), &marking.select(&own(r)))).collect();
    let leaked: Vec<u64> = own(3).into_iter().filter(|row| marks[3].keeps(*row)).take(2_000).collect();
    assert_eq!(named(&trace(&leaked, &marks, &Tracing::default()).unwrap()), [["3"]]);
}

/// Two releases whose rows only partly coincide: what one marked the other has without a mark, and that speaks for nobody.
#[test]
fn what_another_release_marked_does_not_hide_the_source() {
    let all: Vec<u64> = (0..9_000).map(|row| die(row, "row")).collect();
    let marking = Marking::new([5; 32], 0.05).unwrap();
    let first = marking.mark("first", "A", &marking.choose(all[..6_000].iter().map(|row| (*row, 1)), 6_000));
    let second = marking.mark("second", "B", &marking.choose(all[3_000..].iter().map(|row| (*row, 1)), 6_000));
    // The second recipient's copy has every row of the first's but those withheld, and none of its own marks beyond.
    let leaked: Vec<u64> = all[3_000..].iter().copied().filter(|row| second.keeps(*row)).take(3_000).collect();
    let found = trace(&leaked, &[first, second], &Tracing::default()).unwrap();
    assert_eq!(named(&found), [["B"]]);
}

proptest! {
    #[test]
    fn as_many_rows_are_chosen_as_may_be_whatever_their_order(rows in proptest::collection::vec(1_u32..9, 1..300), share in 0.001..0.05_f64) {
        let marking = Marking::new([3; 32], share).unwrap();
        let candidates: Vec<(u64, u32)> = rows.iter().zip(0..).map(|(n, token)| (die(token, "row"), *n)).collect();
        let all: u64 = 4 * rows.iter().map(|n| u64::from(*n)).sum::<u64>();
        let chosen = marking.choose(candidates.clone(), all);
        prop_assert_eq!(&chosen, &marking.choose(candidates.iter().rev().copied(), all));
        let of = |token: &u64| u64::from(candidates.iter().find(|c| c.0 == *token).unwrap().1);
        let (taken, most) = (chosen.iter().map(of).sum::<u64>(), (2.0 * share * all as f64) as u64);
        prop_assert!(taken <= most && (taken + 8 > most || chosen.len() == candidates.len()), "{} of {}", taken, most);
        let fewer = marking.choose(candidates.clone(), all / 2);
        prop_assert!(fewer.iter().all(|token| chosen.contains(token)), "a smaller choice is part of a larger one");
    }

    #[test]
    fn marks_withhold_whole_tokens_and_come_back_from_bytes(rows in proptest::collection::vec(0_u64..500, 0..400), key: [u8; 32]) {
        let marking = Marking::new(key, 0.05).unwrap();
        let marked = marking.select(&rows);
        let often = |row: &u64| rows.iter().filter(|r| *r == row).count();
        prop_assert!(marked.iter().all(|row| (1..=4).contains(&often(row))));
        let mark = marking.mark("release", "recipient", &marked);
        prop_assert_eq!(marked.iter().filter(|row| !mark.keeps(**row)).count() as u64, mark.withheld());
        prop_assert!(rows.iter().all(|row| mark.keeps(*row) || marked.contains(row)));
        let bytes = mark.to_bytes();
        prop_assert!((0..bytes.len()).all(|end| Mark::from_bytes(&bytes[..end]).is_err()));
        prop_assert_eq!(Mark::from_bytes(&bytes).unwrap(), mark);
    }
}

#[test]
fn bad_settings_and_secrets_do_not_get_through() {
    assert!([0.0, 0.06, f64::NAN].iter().all(|share| Marking::new([0; 32], *share).is_err()));
    let bad = [Tracing { colluders: 0, ..Tracing::default() }, Tracing { tolerance: 0.5, ..Tracing::default() }];
    assert!(bad.iter().all(|how| trace(&[1], &[], how).is_err()));
    let marking = Marking::new([77; 32], 0.01).unwrap();
    assert_eq!(marking.rows_needed(20, &Tracing { level: 0.0, ..Tracing::default() }), None);
    let mark = marking.mark("r1", "A", &[keyed_u64(b"k", &[b"row"])]);
    assert_eq!(format!("{marking:?} {mark:?}"), "Marking(…) Mark(r1, A, …)");
}
