//! For each rule there is a history that only this rule keeps out: turn it off, and the verdict flips.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::LazyLock;

use jiff::civil::{Date, date};

use super::*;
use crate::{
    Birth, Channel, Death, DeletionRequest, Facility, FacilityKind, Filing, Notice, NoticeMethod, Objection, Recipient,
    Requester, Review, Withdrawal,
};

/// A trail on which one rule is turned off.
struct Without(Rule);

impl Trail for Without {
    const TO_THE_END: bool = false;

    fn applies(&self, rule: Rule) -> bool {
        rule != self.0
    }

    fn note(&mut self, _set: Option<&LegalRuleSet>, _rule: Rule, _check: &Check) {}
}

static RULES: LazyLock<LegalRules> = LazyLock::new(|| LegalRules::japan().unwrap());

struct History {
    facility: FacilityFacts,
    patient: PatientFacts,
    track: Track,
    moment: Moment,
}

fn at(text: &str) -> Timestamp {
    format!("{text}+09:00").parse().unwrap()
}

fn notice(given_at: &str, recipient: Recipient) -> Notice {
    let given_at = at(given_at);
    let (method, template_version, staff) = (NoticeMethod::Written, "v1".into(), "s1".into());
    Notice { track: Track::Anonymised, given_at, method, template_version, recipient, staff, recorded_at: given_at }
}

fn filing(number: &str, effective_from: Date, items: &[DataItem]) -> Filing {
    Filing {
        facility: "1310000017".parse().unwrap(),
        track: Track::Anonymised,
        number: number.into(),
        effective_from,
        effective_to: None,
        items: items.to_vec(),
        notice_versions: Vec::new(),
        recorded_at: at("2018-01-01T00:00"),
    }
}

/// An adult, notified in May 2024, asked about in August: eligible.
fn eligible() -> History {
    let recorded_at = at("2018-01-01T00:00");
    let facility = Facility {
        code: "1310000017".parse().unwrap(),
        name: "試験病院".into(),
        kind: FacilityKind::Hospital,
        supply_from: date(2018, 6, 1),
        supply_to: None,
        waiting_days: None,
        recorded_at,
    };
    let filings = vec![filing("F-1", date(2018, 6, 1), &[DataItem::Conditions])];
    let patient = PatientFacts {
        births: vec![Birth { on: date(1970, 1, 1), recorded_at }],
        notices: vec![notice("2024-05-01T10:00", Recipient::Person)],
        ..PatientFacts::default()
    };
    History {
        facility: FacilityFacts { facility: vec![facility], filings },
        patient,
        track: Track::Anonymised,
        moment: Moment::at(at("2024-08-01T09:00")),
    }
}

/// Spoils the eligible history so that exactly one rule is broken.
fn breaking(rule: Rule) -> History {
    let mut history = eligible();
    let patient = &mut history.patient;
    let (received_at, recorded_at) = (at("2024-04-01T09:00"), at("2024-07-01T09:00"));
    let child = Birth { on: date(2010, 1, 1), recorded_at };
    match rule {
        Rule::RulesInForce => history.moment = Moment::at(at("2018-05-10T12:00")),
        Rule::TrackInForce => {
            history.track = Track::Pseudonymised;
            history.moment = Moment::at(at("2024-03-31T23:00"));
            history.facility.filings.iter_mut().for_each(|filing| filing.track = Track::Pseudonymised);
            let early = notice("2024-01-10T10:00", Recipient::Person);
            patient.notices = vec![Notice { track: Track::Pseudonymised, ..early }];
        }
        Rule::FacilityKnown => history.facility.facility.clear(),
        Rule::FacilitySupplying => {
            history.facility.facility.iter_mut().for_each(|state| state.supply_to = Some(date(2024, 7, 31)));
        }
        Rule::FilingEffective => {
            history.facility.filings = vec![filing("F-1", date(2024, 8, 2), &[DataItem::Conditions])];
        }
        Rule::FilingItems => history.facility.filings = vec![filing("F-1", date(2024, 4, 1), &[])],
        Rule::Deletion => patient.deletions.push(DeletionRequest { track: history.track, received_at, recorded_at }),
        Rule::Objection => patient.objections.push(Objection {
            receipt_no: "r1".into(),
            track: history.track,
            requester: Requester::Bereaved,
            channel: Channel::CounterOral,
            received_at,
            recorded_at,
        }),
        Rule::Review => {
            let (case_no, opened_at) = ("c1".into(), received_at);
            patient.reviews.push(Review { case_no, opened_at, closed_at: None, recorded_at });
        }
        // Without a birth date the age is unknown, so the guardian's notice is there as well.
        Rule::Birth => {
            patient.births.clear();
            patient.notices.push(notice("2024-05-01T10:00", Recipient::Guardian));
        }
        Rule::NoticeGiven => patient.notices.iter_mut().for_each(|notice| notice.track = Track::Pseudonymised),
        Rule::NoticeDirect => patient.notices.iter_mut().for_each(|notice| notice.method = NoticeMethod::Poster),
        Rule::NoticeInForce => patient.notices = vec![notice("2018-05-10T23:59", Recipient::Person)],
        Rule::NoticeRenewed => patient.withdrawals.push(Withdrawal {
            receipt_no: "r1".into(),
            track: history.track,
            requester: Requester::Person,
            received_at: at("2024-05-01T10:00"),
            recorded_at,
        }),
        Rule::NoticeAlive => patient.deaths.push(Death { on: date(2024, 5, 1), recorded_at }),
        Rule::NoticeFiling => {
            history.facility.filings.iter_mut().for_each(|filing| filing.notice_versions = vec!["v2".into()]);
        }
        Rule::NoticeWait => patient.notices = vec![notice("2024-07-02T00:00", Recipient::Person)],
        Rule::GuardianNotice => patient.births = vec![child],
        Rule::GuardianWait => {
            patient.births = vec![child];
            patient.notices.push(notice("2024-07-02T00:00", Recipient::Guardian));
        }
    }
    history
}

fn judged(history: &History, trail: &mut impl Trail) -> Verdict {
    judge((&history.facility, &history.patient), &RULES, history.track, history.moment, trail)
}

#[test]
fn every_rule_keeps_out_what_no_other_rule_does() {
    assert!(judged(&eligible(), &mut Bare).is_eligible());
    for rule in Rule::ALL.iter().copied().filter(|rule| *rule != Rule::RulesInForce) {
        let history = breaking(rule);
        let reason = judged(&history, &mut Bare).reason();
        assert_eq!(reason.map(Reason::rule), Some(rule), "{rule}: {reason:?}");
        assert!(judged(&history, &mut Without(rule)).is_eligible(), "{rule} turned off still denies");
        for other in Rule::ALL.iter().copied().filter(|other| *other != rule) {
            // With `notice.given` off, any notice is one to anybody, so the person's stands in for the guardian's.
            if other == Rule::NoticeGiven && matches!(rule, Rule::GuardianNotice | Rule::GuardianWait) {
                continue;
            }
            assert!(!judged(&history, &mut Without(other)).is_eligible(), "{other} turned off lets {rule} pass");
        }
    }
}

#[test]
fn a_day_without_law_denies_whatever_is_turned_off() {
    let history = breaking(Rule::RulesInForce);
    for rule in Rule::ALL {
        let verdict = judged(&history, &mut Without(*rule));
        assert_eq!(verdict, Verdict::Denied { reason: Reason::NoRules });
    }
}

#[test]
fn a_step_is_taken_for_every_rule_in_order() {
    let mut steps = Vec::new();
    judged(&eligible(), &mut steps);
    let asked: Vec<Rule> = steps.iter().map(|step| step.rule).collect();
    assert_eq!(asked, Rule::ALL);
    assert!(steps.iter().all(|step| !step.basis.is_empty()));
}

#[test]
fn every_reason_belongs_to_a_rule_and_every_rule_has_one() {
    for rule in Rule::ALL {
        assert!(Reason::ALL.iter().any(|reason| reason.rule() == *rule), "{rule}");
    }
}

#[test]
fn filings_recorded_at_the_same_instant_count_in_any_order() {
    let mut history = eligible();
    let other = filing("F-1", date(2018, 6, 1), &[DataItem::Drugs]);
    history.facility.filings.push(other);
    let verdict = judged(&history, &mut Bare);
    history.facility.filings.reverse();
    assert_eq!(judged(&history, &mut Bare), verdict);
}
