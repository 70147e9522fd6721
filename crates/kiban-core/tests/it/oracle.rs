//! The law once more, slowly: days counted one by one, requests played through in the order they came in.
//!
//! Nothing here calls the crate's calendar, rules or eligibility; figures of the law stand as plain numbers.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, civil::Date};
use kiban_core::*;

use crate::history::History;

/// What the oracle says: the items and the first day, or the reason.
pub(crate) type Answer = Result<(BTreeSet<DataItem>, Date), Reason>;

/// The day in Japan: nine hours on, then the date as UTC writes it.
fn japan(instant: Timestamp) -> Date {
    let text = (instant + SignedDuration::from_hours(9)).to_string();
    text[..10].parse().unwrap()
}

/// Walks until thirty whole days have gone by, or the facility's number.
fn after_days(received: Date, days: u16) -> Date {
    let mut day = received;
    for _ in 0..=days {
        day = day.tomorrow().unwrap();
    }
    day
}

/// Walks from the day after receipt until a day of the same number comes, or the month after next begins.
fn after_a_month(received: Date) -> Date {
    let first = received.tomorrow().unwrap();
    let mut day = first;
    let mut months = 0;
    loop {
        let next = day.tomorrow().unwrap();
        months += i32::from(next.month() != day.month());
        day = next;
        if (months == 1 && day.day() == first.day()) || months == 2 {
            return day;
        }
    }
}

fn free(given_at: Timestamp, own: Option<u16>) -> Date {
    let received = japan(given_at);
    let by_law = after_days(received, 30).max(after_a_month(received));
    own.map_or(by_law, |days| by_law.max(after_days(received, days)))
}

fn last<T: Clone, K: Ord>(facts: &[T], key: impl Fn(&T) -> K) -> Option<T> {
    let mut facts = facts.to_vec();
    facts.sort_by_key(key);
    facts.last().cloned()
}

fn under_sixteen(born: Date, day: Date) -> bool {
    (day.year() - born.year(), day.month(), day.day()) < (16, born.month(), born.day())
}

/// A history with only the facts that were known.
fn known(history: &History) -> History {
    let mut history = history.clone();
    let by = history.moment.known_at;
    history.facility.facility.retain(|fact| fact.recorded_at <= by);
    history.facility.filings.retain(|fact| fact.recorded_at <= by);
    let patient = &mut history.patient;
    patient.births.retain(|fact| fact.recorded_at <= by);
    patient.notices.retain(|fact| fact.recorded_at <= by);
    patient.objections.retain(|fact| fact.recorded_at <= by);
    patient.withdrawals.retain(|fact| fact.recorded_at <= by);
    patient.deletions.retain(|fact| fact.recorded_at <= by);
    patient.deaths.retain(|fact| fact.recorded_at <= by);
    patient.capacities.retain(|fact| fact.recorded_at <= by);
    patient.reviews.retain(|fact| fact.recorded_at <= by);
    history
}

/// Judges a history whose days lie in 2018 or later.
pub(crate) fn answer(history: &History) -> Answer {
    let history = known(history);
    let today = japan(history.moment.valid_at);
    let (facility, filings) = standing(&history, today)?;
    let born = person(&history, today)?;
    notices(&history, today, &facility, &filings, born)
}

/// The facility and its filings of the track, the latest of every number; all of them, effective or not.
fn standing(history: &History, today: Date) -> Result<(Facility, Vec<Filing>), Reason> {
    if history.track == Track::Pseudonymised && today < Date::new(2024, 4, 1).unwrap() {
        return Err(Reason::TrackNotInForce);
    }
    let facility = last(&history.facility.facility, |state| {
        let ends_early = std::cmp::Reverse(state.supply_to.unwrap_or(Date::MAX));
        (state.recorded_at, state.supply_from, ends_early, state.waiting_days)
    });
    let facility = facility.ok_or(Reason::FacilityUnknown)?;
    if today < facility.supply_from || facility.supply_to.is_some_and(|day| day < today) {
        return Err(Reason::FacilityNotSupplying);
    }
    let mut filings: Vec<Filing> = Vec::new();
    for number in ["a", "b"] {
        let mut same = history.facility.filings.clone();
        same.retain(|filing| filing.number == number && filing.track == history.track);
        filings.extend(last(&same, |filing| filing.recorded_at));
    }
    if filings.is_empty() {
        return Err(Reason::NotFiled);
    }
    let effective: Vec<&Filing> = filings.iter().filter(|filing| is_effective(filing, today)).collect();
    if effective.is_empty() {
        return Err(Reason::FilingNotEffective);
    }
    if effective.iter().all(|filing| filing.items.is_empty()) {
        return Err(Reason::NoItemFiled);
    }
    Ok((facility, filings))
}

fn is_effective(filing: &Filing, today: Date) -> bool {
    filing.effective_from <= today && filing.effective_to.is_none_or(|day| today <= day)
}

/// What holds the person back apart from notices; returns the birth date.
fn person(history: &History, today: Date) -> Result<Date, Reason> {
    let (patient, now) = (&history.patient, history.moment.valid_at);
    if patient.deletions.iter().any(|request| request.track == history.track && request.received_at <= now) {
        return Err(Reason::DeletionRequested);
    }
    if !play_requests(history).0.is_empty() {
        return Err(Reason::Objected);
    }
    for case in ["c1", "c2"] {
        let mut same = patient.reviews.clone();
        same.retain(|review| review.case_no == case);
        let forever = Timestamp::MAX;
        let state = last(&same, |r| (r.recorded_at, r.closed_at.unwrap_or(forever), std::cmp::Reverse(r.opened_at)));
        if state.is_some_and(|review| review.opened_at <= now && review.closed_at.unwrap_or(forever) > now) {
            return Err(Reason::UnderReview);
        }
    }
    let birth = last(&patient.births, |birth| (birth.recorded_at, birth.on)).ok_or(Reason::BirthUnknown)?;
    if birth.on > today { Err(Reason::BirthUnknown) } else { Ok(birth.on) }
}

enum Event {
    Notice(Notice),
    Withdrawal(Withdrawal),
    Objection(Objection),
}

/// Plays notices, objections and withdrawals of the track in time; returns the objections that stand in the end and
/// the notices that are not void.
fn play_requests(history: &History) -> (Vec<Objection>, Vec<Notice>) {
    let (patient, track, now) = (&history.patient, history.track, history.moment.valid_at);
    let mut events: Vec<(Timestamp, u8, Event)> = Vec::new();
    for notice in patient.notices.iter().filter(|notice| notice.track == track) {
        events.push((notice.given_at, 0, Event::Notice(notice.clone())));
    }
    for withdrawal in patient.withdrawals.iter().filter(|withdrawal| withdrawal.track == track) {
        events.push((withdrawal.received_at, 1, Event::Withdrawal(withdrawal.clone())));
    }
    for objection in patient.objections.iter().filter(|objection| objection.track == track) {
        events.push((objection.received_at, 2, Event::Objection(objection.clone())));
    }
    events.sort_by_key(|(at, rank, _)| (*at, *rank));
    let (mut standing, mut valid) = (Vec::new(), Vec::new());
    for (_, _, event) in events.into_iter().filter(|(at, _, _)| *at <= now) {
        match event {
            Event::Notice(notice) => valid.push(notice),
            Event::Objection(objection) => standing.push(objection),
            Event::Withdrawal(withdrawal) => {
                valid.clear();
                if withdrawal.requester != Requester::Bereaved {
                    standing.retain(|objection: &Objection| objection.receipt_no != withdrawal.receipt_no);
                }
            }
        }
    }
    (standing, valid)
}

/// Sieves the notices rule by rule; the rule that leaves none is the reason.
fn notices(history: &History, today: Date, facility: &Facility, filings: &[Filing], born: Date) -> Answer {
    let (patient, track, now) = (&history.patient, history.track, history.moment.valid_at);
    let (_, valid) = play_requests(history);
    let died = last(&patient.deaths, |death| (death.recorded_at, std::cmp::Reverse(death.on))).map(|death| death.on);
    let begun = match track {
        Track::Anonymised => Date::new(2018, 5, 11).unwrap(),
        Track::Pseudonymised => Date::new(2024, 4, 1).unwrap(),
    };
    let direct =
        |notice: &Notice| !matches!(notice.method, NoticeMethod::Oral | NoticeMethod::Poster | NoticeMethod::Website);
    let sieve = |recipient: Recipient| -> Result<Vec<Notice>, Reason> {
        let mut left = patient.notices.clone();
        left.retain(|notice| notice.track == track && notice.recipient == recipient && notice.given_at <= now);
        nonempty(&left, Reason::NotNotified)?;
        left.retain(direct);
        nonempty(&left, Reason::NoticeNotDirect)?;
        left.retain(|notice| japan(notice.given_at) >= begun);
        nonempty(&left, Reason::NoticeBeforeLaw)?;
        left.retain(|notice| valid.contains(notice));
        nonempty(&left, Reason::NotNotifiedAgain)?;
        left.retain(|notice| died.is_none_or(|died| japan(notice.given_at) < died));
        nonempty(&left, Reason::NotNotifiedAlive)?;
        Ok(left)
    };
    let to_person = sieve(Recipient::Person)?;
    let to_guardian = sieve(Recipient::Guardian).unwrap_or_default();

    let first_filed = filings.iter().map(|filing| filing.effective_from).min().unwrap();
    let states = |filing: &Filing, notice: &Notice| match filing.notice_versions.as_slice() {
        [] => filing.effective_from == first_filed || filing.effective_from <= japan(notice.given_at),
        texts => texts.contains(&notice.template_version),
    };
    let effective = filings.iter().filter(|filing| is_effective(filing, today) && !filing.items.is_empty());
    let mut pairs: Vec<(Filing, Notice)> = Vec::new();
    for filing in effective {
        pairs.extend(to_person.iter().filter(|notice| states(filing, notice)).map(|n| (filing.clone(), n.clone())));
    }
    nonempty(&pairs, Reason::NoticeForOtherItems)?;
    let wait = |given_at: Timestamp| free(given_at, facility.waiting_days);
    pairs.retain(|(_, notice)| wait(notice.given_at) <= today);
    nonempty(&pairs, Reason::Waiting)?;

    let dependent = |day: Date| under_sixteen(born, day) || unable(&patient.capacities, day);
    let needed = |notice: &Notice| dependent(today) || dependent(japan(notice.given_at));
    let guardian = |filing: &Filing| {
        let given: Vec<Timestamp> = to_guardian.iter().filter(|n| states(filing, n)).map(|n| n.given_at).collect();
        given.into_iter().min()
    };
    pairs.retain(|(filing, notice)| !needed(notice) || guardian(filing).is_some());
    nonempty(&pairs, Reason::GuardianNotNotified)?;
    pairs.retain(|(filing, notice)| !needed(notice) || guardian(filing).is_some_and(|given| wait(given) <= today));
    nonempty(&pairs, Reason::GuardianWaiting)?;

    let mut since = Vec::new();
    for (filing, notice) in &pairs {
        let mut day = wait(notice.given_at).max(filing.effective_from).max(facility.supply_from);
        if needed(notice) {
            day = day.max(wait(guardian(filing).unwrap()));
        }
        since.push(day);
    }
    let items = pairs.iter().flat_map(|(filing, _)| filing.items.clone()).collect();
    Ok((items, since.into_iter().min().unwrap()))
}

fn nonempty<T>(left: &[T], reason: Reason) -> Result<(), Reason> {
    if left.is_empty() { Err(reason) } else { Ok(()) }
}

/// Plays the statements of capacity day by day.
fn unable(facts: &[CapacityFact], day: Date) -> bool {
    let mut facts = facts.to_vec();
    facts.sort_by_key(|fact| (fact.since, fact.recorded_at, fact.capacity == Capacity::Unable));
    facts.iter().filter(|fact| fact.since <= day).fold(false, |_, fact| fact.capacity == Capacity::Unable)
}
