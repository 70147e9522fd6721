//! Objections, receipts and withdrawals.

use std::collections::BTreeSet;

use kiban_core::{Channel, EventClass, Requester, Track};
use kiban_registry::{ErrorKind, NewFacility, NewWithdrawal, ReceiptNo};

use crate::fixture::{at, code, hospital, objection, patient, registry, subject};

#[tokio::test]
async fn every_objection_has_its_own_valid_receipt() {
    let fixture = registry().await;
    // The same institution number in another prefecture prints the same first seven digits.
    let twin = NewFacility { code: "2710000017".parse().unwrap(), ..hospital() };
    fixture.registry.add_facility(&twin, at("2026-03-01")).await.unwrap();
    let mut numbers = BTreeSet::new();
    let rows: Vec<_> = (1..=500).map(|n| objection(n, "2026-04-01")).collect();
    let imported = fixture.registry.import_objections(code(), rows.clone(), at("2026-04-02")).await.unwrap();
    numbers.extend(imported.receipts.into_iter().map(|receipt| receipt.receipt_no));
    for of in [code(), twin.code] {
        let one = fixture.registry.add_objection(of, objection(900, "2026-04-01"), at("2026-04-02")).await.unwrap();
        numbers.insert(one.receipt_no);
    }
    assert_eq!(numbers.len(), 502);
    for number in &numbers {
        assert_eq!(number.as_str().parse::<ReceiptNo>().as_ref(), Ok(number));
        assert!(number.as_str().starts_with("0000017-20260401-"));
    }
}

#[tokio::test]
async fn the_receipt_says_what_was_recorded_and_follows_it_in_the_log() {
    let fixture = registry().await;
    let receipt =
        fixture.registry.add_objection(code(), objection(1, "2026-04-01T23:30:00Z"), at("2026-04-05")).await.unwrap();
    assert!(receipt.receipt_no.as_str().starts_with("0000017-20260402-0001-"), "the day is Japan's");
    assert_eq!((receipt.subject, receipt.channel), (subject(1), Channel::Paper));
    assert_eq!(fixture.registry.receipt(&receipt.receipt_no).await.unwrap(), receipt);
    let classes = [fixture.registry.event(1).await, fixture.registry.event(2).await];
    let classes = classes.map(|event| event.unwrap().unwrap().class);
    assert_eq!(classes, [EventClass::Objection, EventClass::Receipt]);
}

#[tokio::test]
async fn the_same_objection_again_has_the_same_receipt() {
    let fixture = registry().await;
    let rows = vec![objection(1, "2026-04-01"), objection(1, "2026-04-01"), objection(2, "2026-04-01")];
    let first = fixture.registry.import_objections(code(), rows.clone(), at("2026-04-02")).await.unwrap();
    assert_eq!((first.new, first.receipts.len()), (2, 3));
    assert_eq!(first.receipts[0], first.receipts[1]);
    let again = fixture.registry.import_objections(code(), rows, at("2026-04-03")).await.unwrap();
    assert_eq!((again.new, again.leaf, &again.receipts), (0, None, &first.receipts));
}

#[tokio::test]
async fn a_withdrawal_needs_its_objection_and_comes_after_it() {
    let fixture = registry().await;
    let receipt = fixture.registry.add_objection(code(), objection(1, "2026-04-01"), at("2026-04-02")).await.unwrap();
    let withdraw = async |no: &ReceiptNo, received: &str| {
        fixture.registry.withdraw(no, Requester::Person, at(received), "staff-1", at("2026-05-01")).await
    };
    assert_eq!(withdraw(&receipt.receipt_no, "2026-04-01").await.unwrap_err().kind(), ErrorKind::Input);
    let unknown = ReceiptNo::new(code(), "2026-04-01".parse().unwrap(), 77);
    assert_eq!(withdraw(&unknown, "2026-04-20").await.unwrap_err().kind(), ErrorKind::Missing);
    withdraw(&receipt.receipt_no, "2026-04-20").await.unwrap();
    assert_eq!(withdraw(&receipt.receipt_no, "2026-04-21").await.unwrap_err().kind(), ErrorKind::Conflict);
    let (_, facts) = fixture.registry.facts_of(subject(1), at("2026-06-01")).await.unwrap();
    assert_eq!(facts.withdrawals.len(), 1);
    assert_eq!(facts.withdrawals[0].receipt_no, receipt.receipt_no.to_string());
}

#[tokio::test]
async fn a_file_of_withdrawals_finds_what_stands() {
    let fixture = registry().await;
    let rows = vec![objection(1, "2026-04-01"), objection(1, "2026-04-03"), objection(1, "2026-04-09")];
    let receipts = fixture.registry.import_objections(code(), rows, at("2026-04-10")).await.unwrap().receipts;
    let withdrawal = |number, received| NewWithdrawal {
        patient: patient(number),
        track: Track::Anonymised,
        requester: Requester::Person,
        received_at: at(received),
        staff: "staff-1".to_owned(),
    };
    let rows = vec![withdrawal(1, "2026-04-05"), withdrawal(2, "2026-04-05")];
    let done = fixture.registry.import_withdrawals(code(), rows.clone(), at("2026-04-11")).await.unwrap();
    let expect: Vec<ReceiptNo> = receipts[..2].iter().map(|receipt| receipt.receipt_no.clone()).collect();
    assert_eq!(done, [expect, vec![]]);
    let size = fixture.log.lock().await.size();
    let again = fixture.registry.import_withdrawals(code(), rows, at("2026-04-12")).await.unwrap();
    assert_eq!((again, fixture.log.lock().await.size()), (vec![vec![], vec![]], size));
}
