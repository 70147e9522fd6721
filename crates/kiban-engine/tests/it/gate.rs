//! The gate's two roads agree on everything, and each denies what it must.

use std::sync::Arc;

use arrow::{
    array::{Int64Array, StringArray},
    datatypes::{DataType, Field, Schema},
    record_batch::RecordBatch,
};
use jiff::ToSpan;
use kiban_core::{DataItem, FacilityCode, PatientFacts, PatientRef};
use kiban_engine::{Gate, Lake};
use proptest::prelude::*;

use crate::house::{allow, facility, lake, notified, now};

fn patient(number: u64) -> PatientRef {
    PatientRef::from_bits(number << 8)
}

fn frame(lake: &Lake, rows: &[(FacilityCode, PatientRef)]) -> datafusion::prelude::DataFrame {
    let schema = Schema::new(vec![
        Field::new("facility", DataType::Utf8, false),
        Field::new("patient_ref", DataType::Int64, false),
    ]);
    let facilities = StringArray::from_iter_values(rows.iter().map(|(facility, _)| facility.as_str()));
    let patients = Int64Array::from_iter_values(rows.iter().map(|(_, patient)| patient.get()));
    let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(facilities), Arc::new(patients)]).unwrap();
    lake.context().read_batch(batch).unwrap()
}

async fn both_roads(rows: &[(FacilityCode, PatientRef)], eligible: &[u64], denied: &[u64]) -> (u64, u64) {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(dir.path());
    let mut patients: Vec<_> = eligible.iter().map(|n| (patient(*n), notified())).collect();
    patients.extend(denied.iter().map(|n| (patient(*n), PatientFacts::default())));
    let list = allow(&[DataItem::Visits], &patients);
    let gate = Gate::open(&lake, &list, dir.path(), now()).unwrap();
    let (by_set, held) = gate.count(frame(&lake, rows), DataItem::Visits).await.unwrap();
    let by_plan = gate.pass(frame(&lake, rows), DataItem::Visits).unwrap().count().await.unwrap() as u64;
    assert_eq!(by_set + held.values().sum::<u64>(), rows.len() as u64);
    (by_plan, by_set)
}

#[tokio::test]
async fn who_is_on_no_list_is_denied_and_so_is_an_item_never_filed() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(dir.path());
    let list = allow(&[DataItem::Visits], &[(patient(1), notified())]);
    let gate = Gate::open(&lake, &list, dir.path(), now()).unwrap();
    let other: FacilityCode = "1319900011".parse().unwrap();
    let rows = [(facility(), patient(1)), (facility(), patient(2)), (other, patient(1)), (facility(), patient(1))];
    let (passed, held) = gate.count(frame(&lake, &rows), DataItem::Visits).await.unwrap();
    assert_eq!((passed, held["not-listed"]), (2, 2));
    let (passed, held) = gate.count(frame(&lake, &rows), DataItem::Drugs).await.unwrap();
    assert_eq!((passed, held["not-listed"]), (0, 4));
    assert_eq!(gate.pass(frame(&lake, &rows), DataItem::Drugs).unwrap().count().await.unwrap(), 0);
}

#[tokio::test]
async fn an_empty_list_denies_everyone() {
    assert_eq!(both_roads(&[(facility(), patient(1))], &[], &[]).await, (0, 0));
}

#[tokio::test]
async fn a_list_of_yesterday_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(dir.path());
    let list = allow(&[DataItem::Visits], &[]);
    let later = now() + 25.hours();
    let refused = Gate::open(&lake, &list, dir.path(), later).err().unwrap();
    assert!(refused.to_string().contains("gate.expired"), "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_two_roads_agree(
        rows in prop::collection::vec(0_u64..40, 0..200),
        eligible in prop::collection::btree_set(0_u64..20, 0..15),
        denied in prop::collection::btree_set(20_u64..30, 0..10),
    ) {
        let rows: Vec<_> = rows.into_iter().map(|n| (facility(), patient(n))).collect();
        let (eligible, denied): (Vec<_>, Vec<_>) = (eligible.into_iter().collect(), denied.into_iter().collect());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (by_plan, by_set) = runtime.block_on(both_roads(&rows, &eligible, &denied));
        let expected = rows.iter().filter(|(_, p)| eligible.iter().any(|n| patient(*n) == *p)).count() as u64;
        prop_assert_eq!((by_plan, by_set), (expected, expected));
    }
}
