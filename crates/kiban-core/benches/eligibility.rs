//! Verdicts per second: a million subjects, one in four a child with a guardian, some objected, some withdrawn.
//!
//! `cargo bench -p kiban-core --bench eligibility`

#![allow(clippy::unwrap_used, missing_docs)]

use jiff::{SignedDuration, Timestamp};
use kiban_core::*;

fn main() {
    divan::main();
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn facility() -> FacilityFacts {
    let (code, recorded_at): (FacilityCode, _) = ("1310000017".parse().unwrap(), at("2024-01-01T00:00:00Z"));
    let from = "2024-01-01".parse().unwrap();
    let facility = Facility {
        code,
        name: "試験病院".into(),
        kind: FacilityKind::Hospital,
        supply_from: from,
        supply_to: None,
        waiting_days: Some(40),
        recorded_at,
    };
    let filing = Filing {
        facility: code,
        track: Track::Anonymised,
        number: "F-1".into(),
        effective_from: from,
        effective_to: None,
        items: DataItem::ALL.to_vec(),
        notice_versions: Vec::new(),
        recorded_at,
    };
    FacilityFacts { facility: vec![facility], filings: vec![filing] }
}

fn patient(n: i64) -> PatientFacts {
    let received_at = at("2024-02-01T00:00:00Z") + SignedDuration::from_mins(n % 100_000);
    let (track, recorded_at) = (Track::Anonymised, received_at);
    let born = if n % 4 == 0 { "2015-04-01" } else { "1961-02-03" };
    let notice = |recipient| Notice {
        track,
        given_at: received_at,
        method: NoticeMethod::Written,
        template_version: "v1".into(),
        recipient,
        staff: "s1".into(),
        recorded_at,
    };
    let objected = n % 10 == 0;
    let (requester, channel) = (Requester::Person, Channel::CounterOral);
    let objection = Objection { receipt_no: "r1".into(), track, requester, channel, received_at, recorded_at };
    let withdrawal = Withdrawal { receipt_no: "r1".into(), track, requester, received_at, recorded_at };
    PatientFacts {
        births: vec![Birth { on: born.parse().unwrap(), recorded_at }],
        notices: vec![notice(Recipient::Person), notice(Recipient::Guardian)],
        objections: if objected { vec![objection] } else { vec![] },
        withdrawals: if n % 20 == 0 { vec![withdrawal] } else { vec![] },
        ..PatientFacts::default()
    }
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn one_million_verdicts(bencher: divan::Bencher<'_, '_>) {
    let (facility, rules) = (facility(), LegalRules::japan().unwrap());
    let patients: Vec<PatientFacts> = (0..1_000_000).map(patient).collect();
    let moment = Moment::at(at("2024-08-01T00:00:00Z"));
    bencher.counter(divan::counter::ItemsCount::new(patients.len())).bench_local(|| {
        let verdicts = patients.iter().map(|patient| decide((&facility, patient), &rules, Track::Anonymised, moment));
        verdicts.filter(|verdict| verdict.is_eligible()).count()
    });
}
