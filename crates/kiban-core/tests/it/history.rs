//! Generated histories, crowded into half a year around 1 April 2024 so that their facts meet.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp, civil::Date};
use kiban_core::*;
use proptest::{collection::vec, option, prelude::*, sample::select, sample::subsequence};

/// One question with all its facts.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) facility: FacilityFacts,
    pub(crate) patient: PatientFacts,
    pub(crate) track: Track,
    pub(crate) moment: Moment,
}

impl History {
    pub(crate) fn verdict(&self) -> Verdict {
        decide((&self.facility, &self.patient), rules(), self.track, self.moment)
    }

    pub(crate) fn explained(&self) -> Explained {
        eligibility((&self.facility, &self.patient), rules(), self.track, self.moment)
    }

    /// Returns the items that may go, as an empty set where nothing may.
    pub(crate) fn allowed(&self) -> DataItems {
        match self.verdict() {
            Verdict::Eligible { items, .. } => items,
            Verdict::Denied { .. } => DataItems::NONE,
        }
    }
}

/// Tells whether a set of items is within another.
pub(crate) fn within(part: DataItems, whole: DataItems) -> bool {
    part.iter().all(|item| whole.contains(item))
}

static RULES: LazyLock<LegalRules> = LazyLock::new(|| LegalRules::japan().unwrap());

pub(crate) fn rules() -> &'static LegalRules {
    &RULES
}

/// An instant in Japan, as in `2024-05-01T09:00`.
pub(crate) fn at(text: &str) -> Timestamp {
    format!("{text}+09:00").parse().unwrap()
}

pub(crate) fn code() -> FacilityCode {
    "1310000017".parse().unwrap()
}

pub(crate) fn facility_state() -> Facility {
    Facility {
        code: code(),
        name: "試験病院".into(),
        kind: FacilityKind::Hospital,
        supply_from: "2024-01-01".parse().unwrap(),
        supply_to: None,
        waiting_days: None,
        recorded_at: at("2023-12-01T00:00"),
    }
}

pub(crate) fn filing(number: &str, effective_from: &str, items: &[DataItem]) -> Filing {
    Filing {
        facility: code(),
        track: Track::Anonymised,
        number: number.into(),
        effective_from: effective_from.parse().unwrap(),
        effective_to: None,
        items: items.to_vec(),
        notice_versions: Vec::new(),
        recorded_at: at("2023-12-01T00:00"),
    }
}

pub(crate) fn notice(given_at: &str, recipient: Recipient) -> Notice {
    Notice {
        track: Track::Anonymised,
        given_at: at(given_at),
        method: NoticeMethod::Written,
        template_version: "v1".into(),
        recipient,
        staff: "s1".into(),
        recorded_at: at(given_at),
    }
}

pub(crate) fn objection(receipt_no: &str, requester: Requester, received_at: &str) -> Objection {
    Objection {
        receipt_no: receipt_no.into(),
        track: Track::Anonymised,
        requester,
        channel: Channel::CounterOral,
        received_at: at(received_at),
        recorded_at: at(received_at),
    }
}

pub(crate) fn withdrawal(receipt_no: &str, requester: Requester, received_at: &str) -> Withdrawal {
    Withdrawal {
        receipt_no: receipt_no.into(),
        track: Track::Anonymised,
        requester,
        received_at: at(received_at),
        recorded_at: at(received_at),
    }
}

/// An adult at a supplying facility, notified on 1 March 2024, asked about on 1 July: eligible.
pub(crate) fn eligible() -> History {
    History {
        facility: FacilityFacts {
            facility: vec![facility_state()],
            filings: vec![filing("F-1", "2024-01-01", &[DataItem::Conditions, DataItem::Drugs])],
        },
        patient: PatientFacts {
            births: vec![Birth { on: "1970-01-01".parse().unwrap(), recorded_at: at("2024-01-01T00:00") }],
            notices: vec![notice("2024-03-01T10:00", Recipient::Person)],
            ..PatientFacts::default()
        },
        track: Track::Anonymised,
        moment: Moment::at(at("2024-07-01T09:00")),
    }
}

fn days() -> impl Strategy<Value = Date> {
    let first: Date = "2024-01-10".parse().unwrap();
    (0..170_i32).prop_map(move |days| first + jiff::Span::new().days(days))
}

/// Instants at the edges of days and within them.
pub(crate) fn instants() -> impl Strategy<Value = Timestamp> {
    let moments = [0, 1, 32_400_000_000_000, 86_399_999_999_999];
    (days(), select(moments.to_vec())).prop_map(|(day, nanos)| start_of_day(day) + SignedDuration::from_nanos(nanos))
}

/// Records mostly at once or early, sometimes late.
fn recorded() -> impl Strategy<Value = Timestamp> {
    prop_oneof![7 => Just(at("2024-01-05T00:00")), 1 => instants()]
}

/// The track, mostly the one the questions are about.
fn tracks() -> impl Strategy<Value = Track> {
    prop_oneof![9 => Just(Track::Anonymised), 1 => Just(Track::Pseudonymised)]
}

fn items() -> impl Strategy<Value = Vec<DataItem>> {
    prop_oneof![
        20 => subsequence(vec![DataItem::Conditions, DataItem::Drugs, DataItem::Claims], 1..=3),
        1 => Just(Vec::new()),
    ]
}

fn facilities() -> impl Strategy<Value = Vec<Facility>> {
    let early = prop_oneof![9 => Just("2024-01-01".parse::<Date>().unwrap()), 1 => days()];
    let waits = prop_oneof![4 => Just(None), 1 => select(vec![Some(1), Some(31), Some(60)])];
    let state = (early, option::weighted(0.05, days()), waits, recorded()).prop_map(|(from, to, wait, recorded_at)| {
        Facility { supply_from: from, supply_to: to, waiting_days: wait, recorded_at, ..facility_state() }
    });
    prop_oneof![1 => Just(Vec::new()), 30 => vec(state, 1..3)]
}

fn filings() -> impl Strategy<Value = Vec<Filing>> {
    let early = prop_oneof![9 => Just("2024-01-01".parse::<Date>().unwrap()), 1 => days()];
    let texts = prop_oneof![2 => Just(vec![]), 1 => subsequence(vec!["v1".to_owned(), "v2".to_owned()], 1..=2)];
    let one = (select(vec!["a", "b"]), tracks(), early, option::weighted(0.05, days()), items(), texts, recorded());
    let filing = one.prop_map(|(number, track, from, to, items, notice_versions, recorded_at)| Filing {
        track,
        effective_from: from,
        effective_to: to,
        items,
        notice_versions,
        recorded_at,
        ..filing(number, "2024-01-01", &[])
    });
    prop_oneof![1 => Just(Vec::new()), 30 => vec(filing, 1..4)].prop_map(|mut filings| {
        // No two at the same instant: which of those counts has a test of its own.
        for (filing, nanos) in filings.iter_mut().zip(0..) {
            filing.recorded_at += SignedDuration::from_nanos(nanos);
        }
        filings
    })
}

pub(crate) fn notices() -> impl Strategy<Value = Notice> {
    let methods = prop_oneof![6 => Just(NoticeMethod::Written), 1 => select(NoticeMethod::ALL)];
    let recipients = prop_oneof![2 => Just(Recipient::Person), 1 => Just(Recipient::Guardian)];
    let texts = prop_oneof![4 => Just("v1"), 1 => Just("v2")];
    let given = prop_oneof![12 => instants(), 1 => Just(at("2018-05-10T23:00")), 1 => Just(at("2018-05-11T00:00"))];
    (tracks(), given, methods, texts, recipients, recorded()).prop_map(
        |(track, given_at, method, text, recipient, recorded_at)| Notice {
            track,
            given_at,
            method,
            template_version: text.into(),
            recorded_at,
            ..notice("2024-01-01T00:00", recipient)
        },
    )
}

pub(crate) fn objections() -> impl Strategy<Value = Objection> {
    (select(vec!["r1", "r2"]), tracks(), select(Requester::ALL), instants(), recorded()).prop_map(
        |(receipt, track, requester, received_at, recorded_at)| Objection {
            track,
            received_at,
            recorded_at,
            ..objection(receipt, requester, "2024-01-01T00:00")
        },
    )
}

fn withdrawals() -> impl Strategy<Value = Withdrawal> {
    (select(vec!["r1", "r2"]), tracks(), select(Requester::ALL), instants(), recorded()).prop_map(
        |(receipt, track, requester, received_at, recorded_at)| Withdrawal {
            track,
            received_at,
            recorded_at,
            ..withdrawal(receipt, requester, "2024-01-01T00:00")
        },
    )
}

fn births() -> impl Strategy<Value = Birth> {
    let sixteen_ago = days().prop_map(|day| day - jiff::Span::new().years(16));
    let born = prop_oneof![
        6 => Just("1950-07-01".parse::<Date>().unwrap()),
        2 => sixteen_ago,
        1 => Just("2008-02-29".parse::<Date>().unwrap()),
        1 => Just("2015-01-01".parse::<Date>().unwrap()),
        1 => days(),
    ];
    (born, recorded()).prop_map(|(on, recorded_at)| Birth { on, recorded_at })
}

/// A list that is mostly empty.
fn rarely<T: std::fmt::Debug>(facts: impl Strategy<Value = T>, most: usize) -> impl Strategy<Value = Vec<T>> {
    let facts = vec(facts, 1..=most);
    option::weighted(0.15, facts).prop_map(Option::unwrap_or_default)
}

pub(crate) fn patients() -> impl Strategy<Value = PatientFacts> {
    let deletions = (tracks(), instants(), recorded()).prop_map(|(track, received_at, recorded_at)| DeletionRequest {
        track,
        received_at,
        recorded_at,
    });
    let deaths = (days(), recorded()).prop_map(|(on, recorded_at)| Death { on, recorded_at });
    let capacities = (select(Capacity::ALL), days(), recorded())
        .prop_map(|(capacity, since, recorded_at)| CapacityFact { capacity, since, recorded_at });
    let reviews = (select(vec!["c1", "c2"]), instants(), option::of(instants()), recorded()).prop_map(
        |(case, opened_at, closed_at, recorded_at)| Review { case_no: case.into(), opened_at, closed_at, recorded_at },
    );
    let births = prop_oneof![1 => Just(Vec::new()), 20 => vec(births(), 1..3)];
    let lists = (
        births,
        vec(notices(), 0..6),
        rarely(objections(), 2),
        rarely(withdrawals(), 2),
        rarely(deletions, 1),
        rarely(deaths, 2),
        rarely(capacities, 3),
        rarely(reviews, 2),
    );
    lists.prop_map(|(births, notices, objections, withdrawals, deletions, deaths, capacities, reviews)| PatientFacts {
        births,
        notices,
        objections,
        withdrawals,
        deletions,
        deaths,
        capacities,
        reviews,
    })
}

pub(crate) fn histories() -> impl Strategy<Value = History> {
    let facility = (facilities(), filings()).prop_map(|(facility, filings)| FacilityFacts { facility, filings });
    let late = prop_oneof![3 => Just(at("2024-06-20T09:00")), 2 => instants()];
    let known = prop_oneof![7 => Just(at("2024-07-30T00:00")), 1 => instants()];
    (facility, patients(), tracks(), late, known).prop_map(|(facility, patient, track, valid_at, known_at)| History {
        facility,
        patient,
        track,
        moment: Moment { valid_at, known_at },
    })
}
