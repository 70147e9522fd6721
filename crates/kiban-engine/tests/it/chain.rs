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
async fn the_patients_of_a_bulk_export_become_persons() {
    let Some(path) = corpus("formats/fhir/bulk_synthea_10patients") else { return };
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(dir.path());
    let (_, linked) = walk(&lake, dir.path(), &path, true).await;
    // Lines of the files, counted with `wc -l`: the ten living and three who died.
    assert_eq!(rows(&linked, "person").0, lines(&path, "Patient"));
    assert_eq!(rows(&linked, "visit_occurrence"), (lines(&path, "Encounter"), lines(&path, "Encounter")));
    assert_eq!(rows(&linked, "condition_occurrence").0, lines(&path, "Condition"));
    assert_eq!(rows(&linked, "procedure_occurrence").0, lines(&path, "Procedure"));
}

fn lines(folder: &std::path::Path, resource: &str) -> u64 {
    let text = std::fs::read_to_string(folder.join(format!("{resource}.000.ndjson"))).unwrap();
    text.lines().filter(|line| !line.trim().is_empty()).count() as u64
}

/// Writes SS-MIX2 messages of one patient: the demographics, an admission and its discharge.
fn stay(root: &std::path::Path) {
    let message = |kind: &str, event: &str, day: &str, time: &str, pv1: &[(usize, &str)]| {
        let mut visit = [""; 46];
        visit[0] = "PV1";
        pv1.iter().for_each(|(field, value)| visit[*field] = value);
        let text = format!(
            "MSH|^~\\&|HIS|1319900010|GW|GW|{time}||ADT^{event}^ADT_{event}|1|P|2.5||||||~ISO IR87||ISO 2022-1994|\r\
             EVN||{time}\rPID|||0000000001^^^^PI||TEST^TARO^^^^^L^I||19600505|M\r{}\r",
            visit.join("|")
        );
        let path = root.join("000/000/0000000001").join(day).join(kind);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join(format!("0000000001_{day}_{kind}_000000000000001_{time}000_01_1")), text).unwrap();
    };
    let admitted = [(2, "I"), (10, "01"), (14, "1"), (44, "20240701090000")];
    let discharged = [(2, "I"), (10, "01"), (36, "01"), (44, "20240701090000"), (45, "20240709100000")];
    message("ADT-00", "A08", "-", "20240701085900", &[(2, "N")]);
    message("ADT-22", "A01", "20240701", "20240701090000", &admitted);
    message("ADT-52", "A03", "20240709", "20240709100000", &discharged);
}

#[tokio::test]
async fn admission_and_discharge_are_one_visit() {
    let dir = tempfile::tempdir().unwrap();
    let storage = dir.path().join("storage");
    stay(&storage);
    let lake = lake(dir.path());
    let (landed, linked) = walk(&lake, dir.path(), &storage, true).await;
    assert_eq!(rows(&landed, "visit"), (2, 2), "both messages arrive");
    assert_eq!(rows(&linked, "visit_occurrence"), (2, 1));
    let table = kiban_core::tables::CdmTable::named("visit_occurrence").unwrap();
    let frame = lake.read(&cdm::cdm_table("visit_occurrence"), cdm::cdm_schema(table)).await.unwrap();
    let known = ["visit_start_date", "visit_end_date", "admitted_from_source_value", "discharged_to_source_value"];
    let shown = frame.select_columns(&known).unwrap().to_string().await.unwrap();
    assert!(shown.contains("| 2024-07-01       | 2024-07-09     | 1 "), "{shown}");
    assert!(shown.contains("| 01 "), "{shown}");
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
    // By hand, in the files that name their folder's patient: 3 RXE, 6 RXC and 4 RXA; height, weight and blood group.
    assert_eq!((rows(&landed, "drug").1, rows(&landed, "measurement").1, rows(&landed, "condition").1), (13, 3, 0));
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
