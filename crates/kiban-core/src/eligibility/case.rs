//! One question with the facts that are seen in it, and the rules that stand apart from the notices.

use std::{
    cmp::{Ordering, Reverse},
    ptr,
};

use jiff::{Timestamp, civil::Date};

use super::{Check, Mark, Moment, Outcome, Reason};
use crate::facts::Recorded;
use crate::{
    Capacity, CapacityFact, DataItems, Facility, FacilityFacts, Filing, LegalRuleSet, Objection, PatientFacts, Review,
    Rule, Track, calendar,
};

/// The rules asked before those about notices, in order.
pub(super) const STANDING: &[Rule] = &[
    Rule::RulesInForce,
    Rule::TrackInForce,
    Rule::FacilityKnown,
    Rule::FacilitySupplying,
    Rule::FilingEffective,
    Rule::FilingItems,
    Rule::Deletion,
    Rule::Objection,
    Rule::Review,
    Rule::Birth,
];

/// One question, with what is known of the subject at its moment.
pub(crate) struct Case<'a> {
    pub(crate) set: &'a LegalRuleSet,
    pub(crate) track: Track,
    pub(crate) moment: Moment,
    pub(crate) today: Date,
    pub(crate) patient: &'a PatientFacts,
    pub(crate) facility: Option<&'a Facility>,
    pub(crate) born: Option<Date>,
    pub(crate) died: Option<Date>,
    /// The last withdrawal: notices up to it are void.
    pub(crate) withdrawn_at: Option<Timestamp>,
    filings: &'a [Filing],
}

impl<'a> Case<'a> {
    pub(crate) fn new(
        (facility, patient): (&'a FacilityFacts, &'a PatientFacts),
        set: &'a LegalRuleSet,
        track: Track,
        moment: Moment,
    ) -> Self {
        let today = calendar::day_in_japan(moment.valid_at);
        let known = moment.known_at;
        let births = seen(&patient.births, known).max_by_key(|birth| (birth.recorded_at, birth.on));
        let deaths = seen(&patient.deaths, known).max_by_key(|death| (death.recorded_at, Reverse(death.on)));
        let withdrawals = seen(&patient.withdrawals, known)
            .filter(|withdrawal| withdrawal.track == track && withdrawal.received_at <= moment.valid_at);
        Self {
            set,
            track,
            moment,
            today,
            patient,
            facility: seen(&facility.facility, known).max_by_key(|state| {
                let last_day = state.supply_to.unwrap_or(Date::MAX);
                (state.recorded_at, state.supply_from, Reverse(last_day), state.waiting_days, state.code)
            }),
            born: births.map(|birth| birth.on).filter(|day| *day <= today),
            died: deaths.map(|death| death.on),
            withdrawn_at: withdrawals.map(|withdrawal| withdrawal.received_at).max(),
            filings: &facility.filings,
        }
    }

    /// Returns the filings of the facility for the track, each number in its last recorded state.
    fn filed(&self) -> impl Iterator<Item = &'a Filing> {
        let (filings, known, track) = (self.filings, self.moment.known_at, self.track);
        let code = self.facility.map(|facility| facility.code);
        let ours = move |filing: &&Filing| filing.track == track && code.is_none_or(|code| filing.facility == code);
        seen(filings, known).filter(ours).filter(move |filing| {
            let mut others = seen(filings, known)
                .filter(ours)
                .filter(|other| !ptr::eq(*other, *filing) && other.number == filing.number);
            !others.any(|other| later_state(other, filing) == Ordering::Greater)
        })
    }

    /// Returns the filings effective on the day; with the rule turned off, all.
    pub(crate) fn effective(&self, rule_applies: bool) -> impl Iterator<Item = &'a Filing> {
        let today = self.today;
        self.filed().filter(move |filing| {
            let effective = filing.effective_from <= today && filing.effective_to.is_none_or(|last| today <= last);
            effective || !rule_applies
        })
    }

    /// Tells whether no other filing of the track became effective before this one.
    pub(crate) fn is_first_filing(&self, filing: &Filing) -> bool {
        self.filed().all(|other| other.effective_from >= filing.effective_from)
    }

    /// Returns the day from which no guardian is needed by reason of age; `None` if unknown or never.
    pub(crate) fn comes_of_age(&self) -> Option<Date> {
        self.born.and_then(|born| calendar::birthday(born, self.set.guardian.under_age))
    }

    /// Tells whether the guardian has to be notified as well, seen from a day (SEED-47).
    pub(crate) fn needs_guardian(&self, day: Date) -> bool {
        let of_age = self.comes_of_age().is_some_and(|birthday| birthday <= day);
        !of_age || (self.set.guardian.without_capacity && self.capacity(day) == Capacity::Unable)
    }

    /// Returns the capacity on a day: able, until the contrary is stated.
    fn capacity(&self, day: Date) -> Capacity {
        seen(&self.patient.capacities, self.moment.known_at)
            .filter(|fact| fact.since <= day)
            .max_by_key(|fact: &&CapacityFact| (fact.since, fact.recorded_at, fact.capacity))
            .map_or(Capacity::Able, |fact| fact.capacity)
    }

    /// Tells how a rule that stands apart from the notices came out.
    pub(super) fn standing_check(&self, rule: Rule) -> Check {
        match rule {
            Rule::TrackInForce => self.track_in_force(),
            Rule::FacilityKnown => self.facility_known(),
            Rule::FacilitySupplying => self.facility_supplying(),
            Rule::FilingEffective => self.filing_effective(),
            Rule::FilingItems => self.filing_items(),
            Rule::Deletion => self.deletion(),
            Rule::Objection => self.objection(),
            Rule::Review => self.review(),
            Rule::Birth => self.birth(),
            _ => self.rules_in_force(),
        }
    }

    fn rules_in_force(&self) -> Check {
        Check::new(Outcome::Pass).day(Mark::From, Some(self.set.effective_from)).day(Mark::To, self.set.effective_to)
    }

    fn track_in_force(&self) -> Check {
        let from = self.set.tracks.get(&self.track).map(|track| track.in_force_from);
        Check::met(from.is_some_and(|day| day <= self.today), Reason::TrackNotInForce).day(Mark::From, from)
    }

    fn facility_known(&self) -> Check {
        Check::met(self.facility.is_some(), Reason::FacilityUnknown)
    }

    fn facility_supplying(&self) -> Check {
        let Some(facility) = self.facility else { return Check::new(Outcome::NotApplicable) };
        let begun = facility.supply_from <= self.today;
        let ended = facility.supply_to.is_some_and(|last| last < self.today);
        Check::met(begun && !ended, Reason::FacilityNotSupplying)
            .day(Mark::From, Some(facility.supply_from))
            .day(Mark::To, facility.supply_to)
    }

    fn filing_effective(&self) -> Check {
        if let Some(filing) = self.effective(true).min_by_key(|filing| (filing.effective_from, filing.effective_to)) {
            let check = Check::new(Outcome::Pass);
            return check.day(Mark::From, Some(filing.effective_from)).day(Mark::To, filing.effective_to);
        }
        match self.filed().max_by_key(|filing| (filing.effective_from, filing.effective_to)) {
            None => Check::new(Outcome::Deny(Reason::NotFiled)),
            Some(filing) => Check::new(Outcome::Deny(Reason::FilingNotEffective))
                .day(Mark::From, Some(filing.effective_from))
                .day(Mark::To, filing.effective_to),
        }
    }

    fn filing_items(&self) -> Check {
        let mut filings = self.effective(true).peekable();
        if filings.peek().is_none() {
            return Check::new(Outcome::NotApplicable);
        }
        Check::met(filings.any(|filing| !filing.items.is_empty()), Reason::NoItemFiled)
    }

    fn deletion(&self) -> Check {
        let received = seen(&self.patient.deletions, self.moment.known_at)
            .filter(|request| request.track == self.track && request.received_at <= self.moment.valid_at)
            .map(|request| request.received_at)
            .min();
        Check::met(received.is_none(), Reason::DeletionRequested).instant(Mark::Received, received)
    }

    fn objection(&self) -> Check {
        let received = seen(&self.patient.objections, self.moment.known_at)
            .filter(|objection| self.stands(objection))
            .map(|objection| objection.received_at)
            .min();
        Check::met(received.is_none(), Reason::Objected).instant(Mark::Received, received)
    }

    /// Tells whether an objection was received and not withdrawn since.
    fn stands(&self, objection: &Objection) -> bool {
        let rules = &self.set.objection;
        let counts = objection.track == self.track
            && objection.received_at <= self.moment.valid_at
            && rules.may_object.contains(&objection.requester);
        counts
            && !seen(&self.patient.withdrawals, self.moment.known_at).any(|withdrawal| {
                withdrawal.track == self.track
                    && withdrawal.receipt_no == objection.receipt_no
                    && rules.may_withdraw.contains(&withdrawal.requester)
                    && objection.received_at < withdrawal.received_at
                    && withdrawal.received_at <= self.moment.valid_at
            })
    }

    fn review(&self) -> Check {
        let known = self.moment.known_at;
        let state = |review: &Review| {
            (review.recorded_at, review.closed_at.unwrap_or(Timestamp::MAX), Reverse(review.opened_at))
        };
        let opened = seen(&self.patient.reviews, known)
            .filter(|review| {
                let mut others = seen(&self.patient.reviews, known).filter(|other| other.case_no == review.case_no);
                !others.any(|other| state(other) > state(review))
            })
            .filter(|review| {
                let open = review.closed_at.is_none_or(|closed| self.moment.valid_at < closed);
                review.opened_at <= self.moment.valid_at && open
            })
            .map(|review| review.opened_at)
            .min();
        Check::met(opened.is_none(), Reason::UnderReview).instant(Mark::Opened, opened)
    }

    fn birth(&self) -> Check {
        Check::met(self.born.is_some(), Reason::BirthUnknown).day(Mark::Born, self.born)
    }
}

/// Returns the facts that were recorded by an instant.
pub(crate) fn seen<T: Recorded>(facts: &[T], known_at: Timestamp) -> impl Iterator<Item = &T> {
    facts.iter().filter(move |fact| fact.recorded_at() <= known_at)
}

/// Orders two states of one filing by when they were recorded, the stricter one last among equals.
fn later_state(a: &Filing, b: &Filing) -> Ordering {
    let strictness = |filing: &Filing| {
        let items: DataItems = filing.items.iter().copied().collect();
        let last_day = filing.effective_to.unwrap_or(Date::MAX);
        (filing.recorded_at, filing.effective_from, Reverse(last_day), Reverse(items.iter().count()), items)
    };
    strictness(a).cmp(&strictness(b)).then_with(|| a.notice_versions.cmp(&b.notice_versions))
}
