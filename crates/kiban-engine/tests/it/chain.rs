//! A real delivery walks from its files to OMOP tables by person, and what may not pass never arrives.

use kiban_core::{DataItem, PatientRefs, SeededEntropy};
use kiban_engine::{
    AllowList, Embedded, Flow, Lake, Vocabulary,
    stages::{
        cdm,
        land::{Delivery, admit},
        link::{LinkWork, link, registrations},
        standardise::standardise,
    },
};
use kiban_link::Constraints;

use crate::house::{allow, corpus, facility, lake, notified, now};

/// Takes the delivery at `path` through the chain, with every patient in it allowed or none.
async fn walk(lake: &Lake, dir: &std::path::Path, path: &std::path::Path, everyone: bool) -> (Vec<Flow>, Vec<Flow>) {
    let delivery = Delivery::at(path, facility(), 1).unwrap();
    let refs = PatientRefs::new([7; 32]);
    let parsed = delivery.parse(&refs, 2, &dir.join("landing"), &|_| {}).unwrap();
    let list = if everyone { everyone_in(lake, &parsed.identity_files()).await } else { allow(DataItem::ALL, &[]) };
    let landing = admit(lake, &Embedded, &delivery, &parsed, &list, now()).await.unwrap();
    assert!(!dir.join("landing").exists(), "the landing zone is erased");
    let vocabulary = Vocabulary::open(lake).await.unwrap();
    standardise(lake, &Embedded, &vocabulary, facility(), 1, now()).await.unwrap();
    let work = LinkWork { number: 1, now: now(), threads: 2 };
    link(lake, &Embedded, &Constraints::default(), &SeededEntropy(1), work).await.unwrap();
    (landing.flows, cdm::build(lake, &Embedded, 1, now()).await.unwrap())
}

async fn everyone_in(lake: &Lake, files: &[std::path::PathBuf]) -> AllowList {
    use arrow::array::AsArray;
    let paths: Vec<String> = files.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let rows = lake.context().read_parquet(paths, Default::default()).await.unwrap();
    let mut patients = Vec::new();
    for batch in rows.select_columns(&["patient_ref"]).unwrap().collect().await.unwrap() {
        let column = batch.column(0).as_primitive::<arrow::datatypes::Int64Type>().clone();
        patients.extend(column.values().iter().map(|n| (kiban_core::PatientRef::new(*n).unwrap(), notified())));
    }
    allow(DataItem::ALL, &patients)
}

fn rows(flows: &[Flow], table: &str) -> (u64, u64) {
    let of = flows.iter().filter(|flow| flow.table == table);
    of.fold((0, 0), |(rows_in, rows_out), flow| (rows_in + flow.rows_in, rows_out + flow.rows_out))
}

#[tokio::test]
async fn ten_synthetic_patients_of_a_bulk_export_become_ten_persons() {
    let Some(path) = corpus("formats/fhir/bulk_synthea_10patients") else { return };
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(dir.path());
    let (_, linked) = walk(&lake, dir.path(), &path, true).await;
    // Lines of the files, counted with `wc -l`.
    assert_eq!(rows(&linked, "person").0, 10);
    assert_eq!(rows(&linked, "visit_occurrence"), (lines(&path, "Encounter"), lines(&path, "Encounter")));
    assert_eq!(rows(&linked, "condition_occurrence").0, lines(&path, "Condition"));
    assert_eq!(rows(&linked, "procedure_occurrence").0, lines(&path, "Procedure"));
}

fn lines(folder: &std::path::Path, resource: &str) -> u64 {
    let text = std::fs::read_to_string(folder.join(format!("{resource}.000.ndjson"))).unwrap();
    text.lines().filter(|line| !line.trim().is_empty()).count() as u64
}

#[tokio::test]
async fn without_notices_nobody_arrives() {
    let Some(path) = corpus("formats/ssmix2/nho_sample_storage") else { return };
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(dir.path());
    let (landed, linked) = walk(&lake, dir.path(), &path, false).await;
    assert!(landed.iter().map(|flow| flow.rows_in).sum::<u64>() > 0);
    assert!(landed.iter().all(|flow| flow.rows_out == 0 && flow.held["not-listed"] == flow.rows_in));
    assert!(linked.iter().all(|flow| flow.rows_in == 0));
    assert!(registrations(&lake, &Embedded).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_hospital_storage_arrives_with_its_lineage() {
    let Some(path) = corpus("formats/ssmix2/nho_sample_storage") else { return };
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(dir.path());
    let (landed, linked) = walk(&lake, dir.path(), &path, true).await;
    assert!(rows(&landed, "drug").1 > 0 && rows(&landed, "measurement").1 > 0 && rows(&landed, "condition").1 > 0);
    let table = kiban_core::tables::CdmTable::named("measurement").unwrap();
    let frame = lake.read(&cdm::cdm_table("measurement"), cdm::cdm_schema(table)).await.unwrap();
    let traced = frame
        .filter(datafusion::prelude::col("delivery").eq(datafusion::prelude::lit(1)))
        .unwrap()
        .count()
        .await
        .unwrap() as u64;
    assert_eq!(traced, rows(&linked, "measurement").1);
}
