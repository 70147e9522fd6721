//! What holds for every history.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, civil::Date};
use kiban_core::*;
use proptest::{prelude::*, sample::Index, strategy::ValueTree, test_runner::TestRunner};

use crate::history::{
    History, at, eligible, filing, histories, instants, notice, notices, objections, patients, rules, within,
};
use crate::oracle;

fn answer_of(verdict: Verdict) -> oracle::Answer {
    match verdict {
        Verdict::Denied { reason } => Err(reason),
        Verdict::Eligible { since, items } => Ok((items.iter().collect(), day_in_japan(since))),
    }
}

/// Records everything of a patient after an instant.
fn recorded_after(facts: &mut PatientFacts, known_at: Timestamp, by: SignedDuration) {
    macro_rules! late {
        ($($list:ident)+) => { $(facts.$list.iter_mut().for_each(|fact| fact.recorded_at = known_at + by);)+ };
    }
    late!(births notices objections withdrawals deletions deaths capacities reviews);
}

/// Appends one patient's facts to another's.
fn append(to: &mut PatientFacts, from: PatientFacts) {
    to.births.extend(from.births);
    to.notices.extend(from.notices);
    to.objections.extend(from.objections);
    to.withdrawals.extend(from.withdrawals);
    to.deletions.extend(from.deletions);
    to.deaths.extend(from.deaths);
    to.capacities.extend(from.capacities);
    to.reviews.extend(from.reviews);
}

/// Turns every list around by some places.
fn turned(history: &History, places: usize) -> History {
    fn turn<T>(list: &mut [T], places: usize) {
        list.reverse();
        let middle = if list.is_empty() { 0 } else { places % list.len() };
        list.rotate_left(middle);
    }
    let mut history = history.clone();
    turn(&mut history.facility.facility, places);
    turn(&mut history.facility.filings, places);
    let patient = &mut history.patient;
    turn(&mut patient.births, places);
    turn(&mut patient.notices, places);
    turn(&mut patient.objections, places);
    turn(&mut patient.withdrawals, places);
    turn(&mut patient.deletions, places);
    turn(&mut patient.deaths, places);
    turn(&mut patient.capacities, places);
    turn(&mut patient.reviews, places);
    history
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_oracle_agrees(history in histories()) {
        prop_assert_eq!(answer_of(history.verdict()), oracle::answer(&history));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_objection_makes_nobody_eligible(history in histories(), objection in objections()) {
        let mut after = history.clone();
        after.patient.objections.push(objection);
        prop_assert!(within(after.allowed(), history.allowed()));
    }

    #[test]
    fn an_objection_stops_from_the_instant_it_was_received(history in histories(), objection in objections()) {
        let mut after = history;
        after.track = objection.track;
        after.patient.withdrawals.clear();
        after.patient.objections.push(objection.clone());
        after.moment.known_at = after.moment.known_at.max(objection.recorded_at);
        after.moment.valid_at = objection.received_at;
        prop_assert!(!after.verdict().is_eligible());
    }

    #[test]
    fn taking_a_notice_away_makes_nobody_eligible(history in histories(), which in any::<Index>()) {
        prop_assume!(!history.patient.notices.is_empty());
        let mut less = history.clone();
        less.patient.notices.remove(which.index(history.patient.notices.len()));
        prop_assert!(within(less.allowed(), history.allowed()));
    }

    #[test]
    fn another_notice_stops_nobody(history in histories(), notice in notices()) {
        let mut more = history.clone();
        more.patient.notices.push(notice);
        prop_assert!(within(history.allowed(), more.allowed()));
    }

    #[test]
    fn a_first_death_makes_nobody_eligible(history in histories(), recorded_at in instants(), on in instants()) {
        let mut before = history;
        before.patient.deaths.clear();
        let mut after = before.clone();
        after.patient.deaths.push(Death { on: day_in_japan(on), recorded_at });
        prop_assert!(within(after.allowed(), before.allowed()));
    }

    #[test]
    fn what_is_not_known_denies(history in histories()) {
        let forget: [fn(&mut History); 4] = [
            |history| history.facility.facility.clear(),
            |history| history.facility.filings.clear(),
            |history| history.patient.births.clear(),
            |history| history.patient.notices.clear(),
        ];
        for forget in forget {
            let mut less = history.clone();
            forget(&mut less);
            prop_assert!(!less.verdict().is_eligible());
        }
        let mut nobody = history;
        nobody.patient = PatientFacts::default();
        prop_assert!(!nobody.verdict().is_eligible());
    }

    #[test]
    fn what_was_recorded_later_is_not_seen(history in histories(), mut late in patients(), nanos in 1_i64..1_000_000_000) {
        recorded_after(&mut late, history.moment.known_at, SignedDuration::from_nanos(nanos));
        let mut after = history.clone();
        append(&mut after.patient, late);
        prop_assert_eq!(after.explained(), history.explained());
    }

    #[test]
    fn both_ways_say_the_same_and_say_it_again(history in histories()) {
        let explained = history.explained();
        prop_assert_eq!(explained.verdict, history.verdict());
        prop_assert_eq!(&explained, &history.explained());
        let first = explained.steps.iter().find_map(|step| match step.outcome {
            Outcome::Deny(reason) => Some((step.rule, reason)),
            _ => None,
        });
        let expect = explained.verdict.reason().map(|reason| (reason.rule(), reason));
        prop_assert_eq!(first, expect);
        prop_assert_eq!(explained.steps.len(), Rule::ALL.len());
    }

    #[test]
    fn the_order_of_facts_does_not_matter(history in histories(), places in 0_usize..5) {
        prop_assert_eq!(turned(&history, places).explained(), history.explained());
    }

    #[test]
    fn eligible_has_begun_and_names_filed_items(history in histories()) {
        if let Verdict::Eligible { since, items } = history.verdict() {
            prop_assert!(since <= history.moment.valid_at);
            let filings = history.facility.filings.iter().filter(|filing| filing.track == history.track);
            prop_assert!(within(items, filings.flat_map(|filing| filing.items.clone()).collect()));
            prop_assert!(!items.is_empty());
        }
    }

    #[test]
    fn the_tracks_do_not_touch(history in histories(), mut other in patients()) {
        for notice in &mut other.notices {
            notice.track = if history.track == Track::Anonymised { Track::Pseudonymised } else { Track::Anonymised };
        }
        let mut more = history.clone();
        more.patient.notices.extend(other.notices);
        prop_assert_eq!(more.verdict(), history.verdict());
    }

    #[test]
    fn no_date_is_too_far(
        seconds in proptest::array::uniform8(prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX)]),
        days in proptest::array::uniform5(prop_oneof![Just(0_i32), Just(7_304_483), 0..7_304_484_i32]),
        wait in any::<Option<u16>>(),
    ) {
        let instants = seconds.map(|s| {
            Timestamp::from_second(s.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second())).unwrap()
        });
        let days = days.map(|d| Date::MIN.saturating_add(jiff::Span::new().days(d)));
        let mut history = far(instants, days, wait);
        history.explained();
        history.moment.valid_at = Timestamp::MAX;
        history.explained();
        history.moment = Moment::at(Timestamp::MIN);
        prop_assert!(!history.verdict().is_eligible());
        work_items((&history.facility, &history.patient), rules(), history.track, history.moment);
    }
}

/// A full history on arbitrary instants and days.
fn far(instants: [Timestamp; 8], days: [Date; 5], wait: Option<u16>) -> History {
    let mut history = eligible();
    let facility = &mut history.facility.facility[0];
    (facility.supply_from, facility.waiting_days, facility.recorded_at) = (days[0], wait, Timestamp::MIN);
    let mut other = filing("F-2", "2024-01-01", &[DataItem::Claims]);
    (other.effective_from, other.effective_to, other.recorded_at) = (days[1], Some(days[2]), Timestamp::MIN);
    history.facility.filings.push(other);
    let patient = &mut history.patient;
    patient.births = vec![Birth { on: days[3], recorded_at: Timestamp::MIN }];
    patient.deaths = vec![Death { on: days[4], recorded_at: instants[0] }];
    for recipient in [Recipient::Person, Recipient::Guardian] {
        let given = notice("2024-01-01T00:00", recipient);
        patient.notices.push(Notice { given_at: instants[1], recorded_at: instants[2], ..given });
    }
    let capacity = Capacity::Unable;
    patient.capacities.push(CapacityFact { capacity, since: days[4], recorded_at: instants[3] });
    let (opened_at, closed_at, recorded_at) = (instants[4], Some(instants[5]), instants[6]);
    patient.reviews.push(Review { case_no: "c".into(), opened_at, closed_at, recorded_at });
    history.moment = Moment { valid_at: instants[7], known_at: Timestamp::MAX };
    history
}

#[test]
fn the_generated_histories_reach_every_verdict() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<Option<Reason>, usize> = BTreeMap::new();
    let histories = histories();
    for _ in 0..2_500 {
        let history = histories.new_tree(&mut runner).unwrap().current();
        *seen.entry(history.verdict().reason()).or_default() += 1;
    }
    let missing: BTreeSet<&Reason> = Reason::ALL
        .iter()
        .filter(|reason| **reason != Reason::NoRules && seen.get(&Some(**reason)).is_none_or(|count| *count < 2))
        .collect();
    assert!(missing.is_empty(), "hardly reached: {missing:?} in {seen:?}");
    assert!(seen[&None] > 250, "{seen:?}");
}

#[test]
fn a_decision_of_the_past_stays_what_it_was() {
    let mut history = eligible();
    let then = history.explained();
    let mut objection = crate::history::objection("r1", Requester::Person, "2024-06-30T17:00");
    objection.recorded_at = at("2024-07-03T08:30");
    history.patient.objections.push(objection);
    assert_eq!(history.explained(), then);
    history.moment.known_at = at("2024-07-03T08:30");
    assert_eq!(history.verdict().reason(), Some(Reason::Objected));
}
