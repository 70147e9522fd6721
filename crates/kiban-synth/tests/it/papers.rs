//! The legal side: every case occurs, and each one's papers say what its word says.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use crate::world::{A, B, C, World};

type Row = BTreeMap<String, String>;

fn cut_off() -> Timestamp {
    "2026-04-01T09:00:00+09:00".parse().unwrap()
}

fn of<'a>(rows: &'a [Row], id: &str) -> Vec<&'a Row> {
    rows.iter().filter(|row| row["local_patient_id"] == id).collect()
}

fn instants(rows: &[&Row], column: &str) -> Vec<Timestamp> {
    rows.iter().filter(|row| !row[column].is_empty()).map(|row| row[column].parse().unwrap()).collect()
}

/// The wait written out by hand: the later of thirty days and a calendar month, or the facility's own if longer.
fn wait_is_over(given: Timestamp, own: i32) -> bool {
    let japan = TimeZone::fixed(jiff::tz::Offset::constant(9));
    let given = given.to_zoned(japan);
    let ends = [given.saturating_add(30.days()), given.saturating_add(1.month()), given.saturating_add(own.days())];
    ends.iter().all(|end| end.timestamp() <= cut_off())
}

/// That all cases occur is a test of the crate itself, which need not write the records for it.
#[test]
fn papers_bear_out_the_case_they_stand_for() {
    let world = World::make(500, 42, 5.0);
    let truth = world.rows("truth/legal.csv");
    let met: BTreeSet<&str> = truth.iter().map(|row| row["reason"].as_str()).collect();
    assert!(met.len() > 20, "{met:?}");
    for (facility, own) in [(A, 0), (B, 0), (C, 60)] {
        let [notices, objections, withdrawals, late] = ["notices", "objections", "withdrawals", "late-objections"]
            .map(|name| by_patient(&world.rows(&format!("{facility}/{name}.csv"))));
        let none = Vec::new();
        for row in truth.iter().filter(|row| row["facility"] == facility) {
            let id = row["local_patient_id"].as_str();
            let papers = [&notices, &objections, &withdrawals, &late].map(|table| table.get(id).unwrap_or(&none));
            agrees(&row["reason"], &papers, own);
        }
    }
}

fn by_patient(rows: &[Row]) -> BTreeMap<String, Vec<Row>> {
    let mut table: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows {
        table.entry(row["local_patient_id"].clone()).or_default().push(row.clone());
    }
    table
}

/// Judges one patient's papers by reading them, case by case.
fn agrees(reason: &str, [notices, objections, withdrawals, late]: &[&Vec<Row>; 4], own: i32) {
    let direct: Vec<&Row> = notices
        .iter()
        .filter(|row| {
            ["written", "mail", "electronic"].contains(&row["method"].as_str()) && row["track"] != "pseudonymised"
        })
        .collect();
    let to =
        |recipient: &str| -> Vec<&Row> { direct.iter().copied().filter(|row| row["recipient"] == recipient).collect() };
    let (person, guardian) = (instants(&to("person"), "given_at"), instants(&to("guardian"), "given_at"));
    let over = |instants: &[Timestamp]| instants.iter().any(|given| wait_is_over(*given, own));
    let stops: Vec<&Row> = objections.iter().filter(|row| row["track"] != "pseudonymised").collect();
    let died = notices.iter().find(|row| !row["died_on"].is_empty()).map(|row| row["died_on"].parse::<Date>().unwrap());
    match reason {
        "notified" | "boundary-over" | "boundary-short-month" | "objected-other-track" => {
            assert!(over(&person) && stops.is_empty() && late.is_empty(), "{reason}");
        }
        "late-objection" => {
            let received = instants(&late.iter().collect::<Vec<_>>(), "received_at");
            assert!(
                over(&person) && stops.is_empty() && received.iter().all(|at| *at < cut_off()) && !received.is_empty()
            );
        }
        "never-notified" | "poster-only" | "website-only" | "oral-only" | "other-track-only" => {
            assert!(person.is_empty(), "{reason}")
        }
        "in-wait" | "boundary-running" => assert!(!over(&person) && !person.is_empty(), "{reason}"),
        "in-facility-wait" => assert!(own > 0 && !over(&person) && person.iter().any(|given| wait_is_over(*given, 0))),
        "objected-person" | "objected-bereaved" | "objected-guardian" => {
            assert!(stops.iter().any(|row| row["requester"] == reason["objected-".len()..]) && withdrawals.is_empty());
        }
        "withdrawn-without-notice" | "withdrawn-in-wait" | "withdrawn-renotified" => {
            let withdrawn = instants(&withdrawals.iter().collect::<Vec<_>>(), "received_at")[0];
            assert!(instants(&stops, "received_at")[0] < withdrawn);
            let anew: Vec<Timestamp> = person.iter().copied().filter(|given| *given > withdrawn).collect();
            assert_eq!(
                (!anew.is_empty(), over(&anew)),
                (reason != "withdrawn-without-notice", reason == "withdrawn-renotified")
            );
        }
        "minor-guardian-notified" | "turned-16-guardian-notified" | "incapable-guardian-notified" => {
            assert!(over(&person) && over(&guardian), "{reason}");
        }
        "minor-guardian-missing" | "turned-16-guardian-missing" | "incapable-guardian-missing" => {
            assert!(over(&person) && guardian.is_empty(), "{reason}");
        }
        "minor-guardian-in-wait" => assert!(over(&person) && !guardian.is_empty() && !over(&guardian)),
        "died-before-notice" => {
            assert!(died.is_none_or(|died| person.iter().all(|given| given.to_string() > died.to_string())))
        }
        "died-after-notice" => assert!(
            died.is_none_or(|died| over(&person) && person.iter().all(|given| given.to_string() < died.to_string()))
        ),
        other => panic!("no such case: {other}"),
    }
    if reason.starts_with("incapable") {
        assert!(notices.iter().all(|row| row["capacity"] == "unable"));
    }
}

#[test]
fn rows_name_known_words_only() {
    let world = World::make(60, 6, 0.0);
    for facility in [A, B, C] {
        for row in world.rows(&format!("{facility}/notices.csv")) {
            assert!(row["birth_date"].parse::<Date>().is_ok());
            let empty = row["given_at"].is_empty();
            assert!(
                ["method", "template_version", "recipient", "staff"].iter().all(|name| row[*name].is_empty() == empty)
            );
            if !empty {
                assert!(row["given_at"].ends_with("+09:00"));
                row["method"].parse::<kiban_core::NoticeMethod>().unwrap();
                row["recipient"].parse::<kiban_core::Recipient>().unwrap();
            }
        }
        for row in world.rows(&format!("{facility}/objections.csv")) {
            row["requester"].parse::<kiban_core::Requester>().unwrap();
            row["channel"].parse::<kiban_core::Channel>().unwrap();
            assert!(!of(&world.rows("truth/legal.csv"), &row["local_patient_id"]).is_empty());
        }
    }
}
