//! The boundaries of the law, one by one.

use kiban_core::*;

use crate::history::{History, at, eligible, filing, notice, objection, rules, withdrawal};

/// Changes the eligible history and expects a reason, or none where still eligible.
fn check(expect: Option<Reason>, change: impl FnOnce(&mut History)) {
    let mut history = eligible();
    assert!(history.verdict().is_eligible());
    change(&mut history);
    assert_eq!(history.verdict().reason(), expect, "{history:#?}");
}

/// Asks at an instant with what was known then.
fn asked(history: &mut History, text: &str) {
    history.moment = Moment::at(at(text));
}

fn born(history: &mut History, day: &str) {
    history.patient.births = vec![Birth { on: day.parse().unwrap(), recorded_at: at("2024-01-01T00:00") }];
}

fn died(history: &mut History, day: &str, recorded_at: &str) {
    history.patient.deaths.push(Death { on: day.parse().unwrap(), recorded_at: at(recorded_at) });
}

fn capacity(history: &mut History, capacity: Capacity, since: &str) {
    let (since, recorded_at) = (since.parse().unwrap(), at("2024-01-01T00:00"));
    history.patient.capacities.push(CapacityFact { capacity, since, recorded_at });
}

#[test]
fn the_wait_is_the_later_of_thirty_days_and_a_month() {
    for (given_at, last_waiting_day, first_free_day) in [
        ("2024-01-01T00:00", "2024-02-01", "2024-02-02"), // the month: 31 days
        ("2023-01-31T23:59", "2023-03-02", "2023-03-03"), // the 30 days: February is short
        ("2024-01-31T12:00", "2024-03-01", "2024-03-02"), // the 30 days in a leap year
        ("2023-02-28T12:00", "2023-03-31", "2023-04-01"), // the month after February: all of March
        ("2024-04-30T12:00", "2024-05-31", "2024-06-01"),
        ("2024-04-10T12:00", "2024-05-10", "2024-05-11"), // both on the same day
    ] {
        let mut history = eligible();
        history.patient.notices = vec![notice(given_at, Recipient::Person)];
        history.facility.facility[0].supply_from = "2022-01-01".parse().unwrap();
        history.facility.filings[0].effective_from = "2022-01-01".parse().unwrap();
        history.moment.valid_at = at(&format!("{last_waiting_day}T23:59:59.999999999"));
        assert_eq!(history.verdict().reason(), Some(Reason::Waiting), "{given_at}");
        history.moment.valid_at = at(&format!("{first_free_day}T00:00"));
        let since = history.moment.valid_at;
        assert!(matches!(history.verdict(), Verdict::Eligible { since: s, .. } if s == since), "{given_at}");
    }
}

#[test]
fn the_facility_may_wait_longer_but_not_shorter() {
    let wait = |days| {
        move |history: &mut History| {
            history.facility.facility[0].waiting_days = Some(days);
            history.moment.valid_at = at("2024-04-02T00:00");
        }
    };
    check(None, wait(1));
    check(None, wait(31));
    check(Some(Reason::Waiting), wait(32));
}

#[test]
fn supply_and_filing_hold_from_their_first_to_their_last_day() {
    let supply = |from: &'static str, to: &'static str| {
        move |history: &mut History| {
            history.facility.facility[0].supply_from = from.parse().unwrap();
            history.facility.facility[0].supply_to = Some(to.parse().unwrap());
        }
    };
    check(None, supply("2024-07-01", "2024-07-01"));
    check(Some(Reason::FacilityNotSupplying), supply("2024-07-02", "2024-07-09"));
    check(Some(Reason::FacilityNotSupplying), supply("2024-01-01", "2024-06-30"));
    let filed = |from: &'static str, to: &'static str| {
        move |history: &mut History| {
            history.facility.filings[0].effective_from = from.parse().unwrap();
            history.facility.filings[0].effective_to = Some(to.parse().unwrap());
        }
    };
    check(None, filed("2024-07-01", "2024-07-01"));
    check(Some(Reason::FilingNotEffective), filed("2024-07-02", "2024-07-09"));
    check(Some(Reason::FilingNotEffective), filed("2024-01-01", "2024-06-30"));
    check(Some(Reason::NotFiled), |history| history.facility.filings[0].track = Track::Pseudonymised);
    check(Some(Reason::NotFiled), |history| history.facility.filings[0].facility = "0110000019".parse().unwrap());
}

#[test]
fn a_corrected_filing_replaces_what_was_recorded_before() {
    let mut history = eligible();
    let mut corrected = filing("F-1", "2024-01-01", &[DataItem::Drugs]);
    corrected.recorded_at = at("2024-06-01T00:00");
    history.facility.filings.push(corrected);
    assert!(history.verdict().allows(DataItem::Drugs));
    assert!(!history.verdict().allows(DataItem::Conditions));
}

#[test]
fn a_new_item_needs_a_new_notice() {
    let mut history = eligible();
    history.facility.filings.push(filing("F-2", "2024-05-01", &[DataItem::Claims]));
    assert!(history.verdict().allows(DataItem::Drugs));
    assert!(!history.verdict().allows(DataItem::Claims));
    history.patient.notices.push(notice("2024-05-01T00:00", Recipient::Person));
    assert!(history.verdict().allows(DataItem::Claims));
    history.patient.notices.pop();
    history.facility.filings[1].notice_versions = vec!["v1".into()];
    assert!(history.verdict().allows(DataItem::Claims));
}

#[test]
fn only_a_direct_notice_in_the_name_of_the_track_counts() {
    for method in NoticeMethod::ALL.iter().copied() {
        let direct = matches!(method, NoticeMethod::Written | NoticeMethod::Mail | NoticeMethod::Electronic);
        let expect = if direct { None } else { Some(Reason::NoticeNotDirect) };
        check(expect, |history| history.patient.notices[0].method = method);
    }
    check(Some(Reason::NotNotified), |history| history.patient.notices[0].track = Track::Pseudonymised);
    check(Some(Reason::NotNotified), |history| history.patient.notices[0].recipient = Recipient::Guardian);
    check(Some(Reason::NoticeBeforeLaw), |history| {
        history.track = Track::Pseudonymised;
        history.facility.filings[0].track = Track::Pseudonymised;
        history.patient.notices[0].track = Track::Pseudonymised;
    });
}

#[test]
fn a_child_needs_the_guardian_as_well() {
    check(Some(Reason::GuardianNotNotified), |history| born(history, "2012-01-01"));
    check(Some(Reason::GuardianWaiting), |history| {
        born(history, "2012-01-01");
        history.patient.notices.push(notice("2024-06-01T00:00", Recipient::Guardian));
    });
    check(None, |history| {
        born(history, "2012-01-01");
        history.patient.notices.push(notice("2024-05-30T00:00", Recipient::Guardian));
    });
    check(Some(Reason::BirthUnknown), |history| history.patient.births.clear());
    check(Some(Reason::BirthUnknown), |history| born(history, "2024-07-02"));
}

#[test]
fn sixteen_is_reached_with_the_birthday_and_changes_nothing_by_itself() {
    // Notified on 1 March 2024: on the birthday no guardian is needed, on its eve one is.
    check(None, |history| born(history, "2008-03-01"));
    check(Some(Reason::GuardianNotNotified), |history| born(history, "2008-03-02"));
    // Sixteen since May. Without the guardian then, nothing now; with the guardian, eligible on.
    check(Some(Reason::GuardianNotNotified), |history| born(history, "2008-05-01"));
    check(None, |history| {
        born(history, "2008-05-01");
        history.patient.notices.push(notice("2024-03-01T10:00", Recipient::Guardian));
    });
    // Notified anew at sixteen: the guardian is no longer asked.
    check(None, |history| {
        born(history, "2008-05-01");
        history.patient.notices.push(notice("2024-05-01T09:00", Recipient::Person));
    });
}

#[test]
fn a_person_without_capacity_needs_the_guardian_as_well() {
    check(None, |history| capacity(history, Capacity::Able, "2024-01-01"));
    check(Some(Reason::GuardianNotNotified), |history| capacity(history, Capacity::Unable, "2024-07-01"));
    check(None, |history| capacity(history, Capacity::Unable, "2024-07-02"));
    check(Some(Reason::GuardianNotNotified), |history| {
        capacity(history, Capacity::Unable, "2024-02-01");
        capacity(history, Capacity::Able, "2024-06-01");
    });
    check(None, |history| {
        capacity(history, Capacity::Unable, "2024-02-01");
        history.patient.notices.push(notice("2024-05-01T09:00", Recipient::Guardian));
    });
}

#[test]
fn an_objection_of_anyone_entitled_stops_at_once() {
    for requester in Requester::ALL.iter().copied() {
        check(Some(Reason::Objected), |history| {
            history.patient.objections.push(objection("r1", requester, "2024-07-01T09:00"));
        });
        check(None, |history| {
            history.patient.objections.push(objection("r1", requester, "2024-07-01T09:00:00.000000001"));
        });
    }
    check(None, |history| {
        let mut other = objection("r1", Requester::Person, "2024-04-01T09:00");
        other.track = Track::Pseudonymised;
        history.patient.objections.push(other);
    });
}

#[test]
fn a_withdrawal_revives_nothing_without_a_new_notice() {
    let objected = |history: &mut History| {
        history.patient.objections.push(objection("r1", Requester::Person, "2024-03-05T09:00"));
        history.patient.withdrawals.push(withdrawal("r1", Requester::Person, "2024-05-01T09:00"));
    };
    check(Some(Reason::NotNotifiedAgain), objected);
    check(Some(Reason::NotNotifiedAgain), |history| {
        objected(history);
        history.patient.notices.push(notice("2024-05-01T09:00", Recipient::Person));
    });
    check(Some(Reason::Waiting), |history| {
        objected(history);
        history.patient.notices.push(notice("2024-06-01T09:00", Recipient::Person));
    });
    check(None, |history| {
        objected(history);
        history.patient.notices.push(notice("2024-05-01T09:01", Recipient::Person));
    });
    check(Some(Reason::Objected), |history| {
        objected(history);
        history.patient.notices.push(notice("2024-05-01T09:01", Recipient::Person));
        history.patient.objections.push(objection("r2", Requester::Guardian, "2024-03-06T09:00"));
    });
    // A withdrawal of the very instant of the objection does not lift it; the stricter reading holds.
    check(Some(Reason::Objected), |history| {
        history.patient.objections.push(objection("r1", Requester::Person, "2024-03-05T09:00"));
        history.patient.withdrawals.push(withdrawal("r1", Requester::Person, "2024-03-05T09:00"));
    });
    check(Some(Reason::Objected), |history| {
        history.patient.objections.push(objection("r1", Requester::Bereaved, "2024-03-05T09:00"));
        history.patient.withdrawals.push(withdrawal("r1", Requester::Bereaved, "2024-05-01T09:00"));
    });
}

#[test]
fn a_deletion_request_stops_for_good() {
    check(Some(Reason::DeletionRequested), |history| {
        let (track, received_at) = (Track::Anonymised, at("2024-04-01T09:00"));
        history.patient.deletions.push(DeletionRequest { track, received_at, recorded_at: received_at });
        history.patient.withdrawals.push(withdrawal("r1", Requester::Person, "2024-04-02T09:00"));
        history.patient.notices.push(notice("2024-04-03T09:00", Recipient::Person));
    });
}

#[test]
fn a_review_holds_back_until_it_is_closed() {
    let review = |closed_at: Option<&str>, recorded_at: &str| Review {
        case_no: "c1".into(),
        opened_at: at("2024-06-01T09:00"),
        closed_at: closed_at.map(at),
        recorded_at: at(recorded_at),
    };
    check(Some(Reason::UnderReview), |history| history.patient.reviews.push(review(None, "2024-06-01T09:00")));
    check(None, |history| {
        history.patient.reviews.push(review(None, "2024-06-01T09:00"));
        history.patient.reviews.push(review(Some("2024-07-01T09:00"), "2024-07-01T09:00"));
    });
    check(Some(Reason::UnderReview), |history| {
        history.patient.reviews.push(review(Some("2024-07-01T09:01"), "2024-06-30T09:00"));
    });
}

#[test]
fn the_dead_stay_protected_and_do_not_enter_unnotified() {
    check(None, |history| died(history, "2024-03-02", "2024-03-03T00:00"));
    check(Some(Reason::NotNotifiedAlive), |history| died(history, "2024-03-01", "2024-03-03T00:00"));
    check(Some(Reason::NotNotified), |history| {
        history.patient.notices.clear();
        died(history, "2024-03-02", "2024-03-03T00:00");
    });
    check(Some(Reason::Objected), |history| {
        died(history, "2024-03-02", "2024-03-03T00:00");
        history.patient.objections.push(objection("r1", Requester::Bereaved, "2024-06-01T00:00"));
    });
    // An objection withdrawn before death, but no notice since: nobody can be notified any more.
    check(Some(Reason::NotNotifiedAlive), |history| {
        history.patient.objections.push(objection("r1", Requester::Person, "2024-03-05T09:00"));
        history.patient.withdrawals.push(withdrawal("r1", Requester::Person, "2024-04-01T09:00"));
        died(history, "2024-04-02", "2024-04-03T00:00");
        history.patient.notices.push(notice("2024-04-10T09:00", Recipient::Person));
    });
}

#[test]
fn of_conflicting_statements_the_last_recorded_counts() {
    check(None, |history| {
        died(history, "2024-02-01", "2024-03-03T00:00");
        died(history, "2024-06-01", "2024-06-03T00:00");
    });
    check(Some(Reason::NotNotifiedAlive), |history| {
        died(history, "2024-06-01", "2024-06-03T00:00");
        died(history, "2024-02-01", "2024-06-03T00:00");
    });
    check(Some(Reason::GuardianNotNotified), |history| {
        let on = "2012-01-01".parse().unwrap();
        history.patient.births.push(Birth { on, recorded_at: at("2024-06-01T00:00") });
    });
}

#[test]
fn the_law_of_the_day_is_applied() {
    check(Some(Reason::NoRules), |history| history.moment.valid_at = at("2018-05-10T23:59"));
    check(Some(Reason::TrackNotInForce), |history| {
        history.track = Track::Pseudonymised;
        history.moment.valid_at = at("2024-03-31T23:59");
    });
    let mut history = eligible();
    asked(&mut history, "2024-03-31T23:59");
    assert_eq!(history.explained().rule_set.as_deref(), Some("jp-2018-05"));
    asked(&mut history, "2024-04-01T00:00");
    assert_eq!(history.explained().rule_set.as_deref(), Some("jp-2024-04"));
}

#[test]
fn the_steps_tell_a_childs_case() {
    let mut history = eligible();
    born(&mut history, "2010-08-15");
    history.patient.notices.push(notice("2024-06-10T10:00", Recipient::Guardian));
    let lines: Vec<String> = history.explained().steps.iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

fn line(step: &Step) -> String {
    let outcome = match step.outcome {
        Outcome::Pass => "pass".to_owned(),
        Outcome::Deny(reason) => format!("deny: {reason}"),
        Outcome::NotApplicable => "-".to_owned(),
    };
    let dates = step.dates.iter().map(|(mark, when)| match when {
        When::Day(day) => format!(" {mark} {day}"),
        When::Instant(instant) => format!(" {mark} {instant}"),
    });
    format!("{} {outcome}{} [{}]", step.rule, dates.collect::<String>(), step.basis.join("; "))
}

#[test]
fn a_work_item_is_raised_at_sixteen_until_notified_anew() {
    let items =
        |history: &History| work_items((&history.facility, &history.patient), rules(), history.track, history.moment);
    let turned = WorkItem::TurnedSixteen { on: "2024-05-01".parse().unwrap() };
    let mut history = eligible();
    assert!(items(&history).is_empty());
    born(&mut history, "2008-05-01");
    assert_eq!(items(&history), [turned, WorkItem::NotifyGuardian]);
    history.patient.notices.push(notice("2024-03-01T10:00", Recipient::Guardian));
    assert_eq!(items(&history), [turned]);
    history.moment.valid_at = at("2024-04-30T23:59");
    assert!(items(&history).is_empty());
    history.moment.valid_at = at("2024-05-01T00:00");
    assert_eq!(items(&history), [turned]);
    history.patient.notices.push(notice("2024-05-01T00:00", Recipient::Person));
    assert!(items(&history).is_empty());
    history.patient.notices.pop();
    history.patient.objections.push(objection("r1", Requester::Person, "2024-04-01T09:00"));
    assert!(items(&history).is_empty());
}

#[test]
fn the_counter_is_told_what_is_missing() {
    let raised = |change: fn(&mut History)| {
        let mut history = eligible();
        change(&mut history);
        work_items((&history.facility, &history.patient), rules(), history.track, history.moment)
    };
    assert_eq!(raised(|history| history.patient.notices.clear()), [WorkItem::NotifyPerson]);
    assert_eq!(raised(|history| born(history, "2012-01-01")), [WorkItem::NotifyGuardian]);
    assert_eq!(raised(|history| history.patient.births.clear()), [WorkItem::FindBirthDate]);
    let dead_and_unnotified = raised(|history| {
        history.patient.notices.clear();
        died(history, "2024-06-01", "2024-06-02T00:00");
    });
    assert!(dead_and_unnotified.is_empty());
}
