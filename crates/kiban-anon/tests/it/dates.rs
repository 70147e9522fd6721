//! The date rules on whole histories: what tells people apart before and after, and what it costs.
//!
//! GiBleed has 2,694 persons with 177,821 days of care in six tables.

use std::collections::BTreeSet;

use arrow_array::{
    Date32Array, Int64Array, UInt32Array,
    cast::AsArray,
    types::{Date32Type, Int64Type},
};
use kiban_anon::{
    DateLoss, DateMap, DateRule, DateStudy, DateUnit, Dated, Events, LeakKind, LeakVerdict, Singled, Step, Window,
    check_order, date_leaks, date_loss,
};

use crate::corpus::gibleed;

/// Every table of GiBleed with a date of care, and its dates.
const TABLES: [(&str, &[&str]); 6] = [
    ("condition_occurrence", &["CONDITION_START_DATE", "CONDITION_END_DATE"]),
    ("drug_exposure", &["DRUG_EXPOSURE_START_DATE", "DRUG_EXPOSURE_END_DATE"]),
    ("procedure_occurrence", &["PROCEDURE_DATE"]),
    ("measurement", &["MEASUREMENT_DATE"]),
    ("observation", &["OBSERVATION_DATE"]),
    ("visit_occurrence", &["VISIT_START_DATE", "VISIT_END_DATE"]),
];

/// The days of care of persons over all tables, sorted.
struct Care {
    persons: Int64Array,
    days: Date32Array,
}

/// Reads the days of every so many-th person.
fn care(every: i64) -> Option<Care> {
    let mut days = BTreeSet::new();
    for (table, dates) in TABLES {
        let read = gibleed(table, &[&["PERSON_ID"], dates].concat())?;
        let persons = read[0].as_primitive::<Int64Type>();
        for dates in &read[1..] {
            let rows = persons.values().iter().zip(dates.as_primitive::<Date32Type>());
            days.extend(rows.filter(|(p, _)| *p % every == 0).filter_map(|(p, d)| Some((*p, d?))));
        }
    }
    let persons = Int64Array::from_iter_values(days.iter().map(|d| d.0));
    Some(Care { persons, days: Date32Array::from_iter_values(days.iter().map(|d| d.1)) })
}

impl Care {
    fn map(&self, rule: DateRule) -> DateMap {
        let window = Window::new(jiff::civil::date(1908, 1, 1), jiff::civil::date(2019, 12, 31)).unwrap();
        let mut study = DateStudy::new(rule, window, b"key of the release", "recipient").unwrap();
        study.read(&self.persons, &self.days).unwrap();
        study.finish().unwrap()
    }

    fn release(&self, map: &DateMap) -> Date32Array {
        let released = map.release(&self.persons, &self.days).unwrap();
        assert!(check_order(&[self.dated(&released)], map.window()).unwrap().holds());
        released
    }

    fn dated<'a>(&'a self, released: &'a Date32Array) -> Dated<'a> {
        Dated { persons: &self.persons, original: &self.days, released }
    }

    fn told_by(&self, dates: &Date32Array, run: u8, k: u32) -> Singled {
        self.ask(dates, |events| events.gap_runs(run, k))
    }

    fn ask(&self, dates: &Date32Array, ask: impl Fn(Events<'_>) -> Singled) -> Singled {
        let rows = || self.persons.iter().zip(dates).filter_map(|(p, d)| Some((p?, d?)));
        let persons = Int64Array::from_iter_values(rows().map(|r| r.0));
        let dates = Date32Array::from_iter_values(rows().map(|r| r.1));
        ask(Events::new(&persons, &UInt32Array::from_value(0, persons.len()), &dates).unwrap())
    }
}

#[test]
fn two_gaps_tell_everyone_until_gaps_are_made_common() {
    let Some(care) = care(5) else { return };
    let everyone = care.persons.values().chunk_by(|a, b| a == b).count() as u64;
    let all = Singled { persons: everyone, unique: everyone, below_k: everyone };
    assert_eq!(care.told_by(&care.days, 2, 5), all);
    let shifted = care.release(&care.map(DateRule::Shift { days: 180, step: Step::Day, then: DateUnit::Day }));
    assert_eq!(care.told_by(&shifted, 2, 5).unique, everyone, "a constant shift protects nobody from this");
    let months = care.release(&care.map(DateRule::Calendar { unit: DateUnit::Month }));
    assert!(care.told_by(&months, 2, 5).share() > 0.9, "nor do months");

    let map = care.map(DateRule::Gaps { run: 2, k: 5, start: DateUnit::Window });
    let common = care.release(&map);
    assert_eq!(care.told_by(&common, 2, 5), Singled { persons: everyone, unique: 0, below_k: 0 });
    assert_eq!(care.told_by(&common, 1, 5).below_k, 0);
    let loss = date_loss(care.dated(&common)).unwrap();
    assert!(loss.gap_error_share < 0.15 && loss.elapsed_error_share < 0.06, "{loss:?}");
    assert!(loss.unreleased * 1_000 < loss.days, "{loss:?}");
    assert!(map.ladder().len() > 10, "{:?}", map.ladder());
}

#[test]
#[ignore = "prints the figures of the whole data set; run it with --release --run-ignored all --no-capture"]
fn figures() {
    let Some(care) = care(1) else { return };
    let gaps = |run| DateRule::Gaps { run, k: 5, start: DateUnit::Window };
    let rules = [
        DateRule::Calendar { unit: DateUnit::Day },
        DateRule::Calendar { unit: DateUnit::Month },
        DateRule::Calendar { unit: DateUnit::Year },
        DateRule::Shift { days: 180, step: Step::Day, then: DateUnit::Day },
        DateRule::Shift { days: 180, step: Step::Day, then: DateUnit::Month },
        DateRule::Relative { unit: DateUnit::Month },
        DateRule::Relative { unit: DateUnit::Year },
        gaps(1),
        gaps(2),
        gaps(3),
        gaps(4),
    ];
    let people = gibleed("person", &["PERSON_ID", "BIRTH_DATETIME"]).unwrap();
    let born = (people[0].as_primitive::<Int64Type>(), people[1].as_primitive::<Date32Type>());
    for rule in rules {
        let begun = std::time::Instant::now();
        let map = care.map(rule);
        let studied = begun.elapsed();
        let released = care.release(&map);
        eprintln!("\n{rule:?}, first pass {studied:?}, ladder {:?}", map.ladder());
        for run in 1..=4 {
            let told = care.told_by(&released, run, 5);
            eprintln!("  {run} gaps: {} unique, {} below 5 of {}", told.unique, told.below_k, told.persons);
        }
        for days in 2..=4 {
            let told = care.ask(&released, |events| events.known_intervals(days, 300, 5, b"figures"));
            eprintln!("  any {days} days: {} unique, {} below 5 of {}", told.unique, told.below_k, told.persons);
        }
        let DateLoss { unreleased, gap_error, gap_error_share, elapsed_error, elapsed_error_share, .. } =
            date_loss(care.dated(&released)).unwrap();
        eprintln!("  {unreleased} days lost; gaps off by {gap_error:.1} d ({:.1} %)", 100.0 * gap_error_share);
        eprintln!("  time since start off by {elapsed_error:.0} d ({:.1} %)", 100.0 * elapsed_error_share);
        for leak in date_leaks(care.dated(&released), Some(born), None, 0.05).unwrap() {
            let told = 100.0 * leak.found;
            eprintln!("  {:?} {told:.1} % [{:.3}, {:.3}] {:?}", leak.kind, leak.low, leak.high, leak.verdict);
        }
    }
}

#[test]
fn months_leak_the_claim_month_and_common_gaps_do_not() {
    let Some(care) = care(5) else { return };
    let verdict = |rule| {
        let released = care.release(&care.map(rule));
        let leaks = date_leaks(care.dated(&released), None, None, 0.05).unwrap();
        leaks.into_iter().find(|l| l.kind == LeakKind::ClaimMonth).unwrap().verdict
    };
    assert_eq!(verdict(DateRule::Calendar { unit: DateUnit::Month }), LeakVerdict::Leaks);
    assert_eq!(verdict(DateRule::Gaps { run: 2, k: 5, start: DateUnit::Window }), LeakVerdict::Holds);
}
