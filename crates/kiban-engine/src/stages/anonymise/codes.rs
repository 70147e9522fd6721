//! Rare codes of one table: which are released as they are, which under a group, which not at all (ordinance item 4).

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{Array, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, UInt32Array},
    datatypes::{DataType, Field, Int64Type, Schema, SchemaRef},
};
use datafusion::prelude::{DataFrame, coalesce, col, lit};
use kiban_anon::{CodeMap, CodeSystem, Hierarchy, RareCounts};

use super::{Workshop, scratch_file};
use crate::{Error, Result, lake::PartWriter, release::spec::ReleaseSpec};

/// Code systems by the names that senders give them, with the tree in which their rare codes are rolled up.
const TREES: &[(&str, CodeSystem)] = &[
    ("I10", CodeSystem::Icd10),
    ("ICD10", CodeSystem::Icd10),
    ("http://hl7.org/fhir/sid/icd-10", CodeSystem::Icd10),
    ("urn:oid:1.2.392.200119.4.101.6", CodeSystem::Icd10),
    ("YJ", CodeSystem::Yj),
    ("urn:oid:1.2.392.100495.20.1.73", CodeSystem::Yj),
    ("JC10", CodeSystem::Jlac10),
    ("urn:oid:1.2.392.200119.4.504", CodeSystem::Jlac10),
    ("receden-procedure", CodeSystem::Claim),
    ("receden-drug", CodeSystem::Claim),
];

/// Decides what becomes of every code and returns the map as a table to join: secret, in the scratch folder.
pub(super) async fn map(
    shop: Workshop<'_>,
    spec: &ReleaseSpec,
    table: &str,
    code: &str,
    rows: DataFrame,
) -> Result<(DataFrame, RareCounts)> {
    let pairs = rows
        .select(vec![
            coalesce(vec![col("source_system"), lit("")]).alias("of_system"),
            col(code).alias("of_code"),
            col("fresh_person"),
        ])?
        .filter(col("of_code").is_not_null())?
        .distinct()?
        .sort(["of_system", "of_code", "fresh_person"].map(|name| col(name).sort(true, false)).to_vec())?;
    let mut by_system: BTreeMap<String, (Vec<String>, Vec<i64>)> = BTreeMap::new();
    for batch in shop.runner.collect(pairs).await? {
        let [systems, codes, persons] = batch.columns() else { return Err(Error::Bug("pairs of codes".to_owned())) };
        let (systems, codes) = (systems.as_string::<i32>(), codes.as_string::<i32>());
        for (row, person) in persons.as_primitive::<Int64Type>().values().iter().enumerate() {
            let (known, holders) = by_system.entry(systems.value(row).to_owned()).or_default();
            known.push(codes.value(row).to_owned());
            holders.push(*person);
        }
    }
    let mut counts = RareCounts::default();
    let mut released = Released::default();
    for (system, (codes, persons)) in by_system {
        let found = decide(&system, &codes, persons, spec.anonymity.code_floor, &mut released)?;
        counts.kept += found.kept;
        counts.rolled_up += found.rolled_up;
        counts.suppressed += found.suppressed;
    }
    let path = scratch_file(shop, &format!("{table}-codes.parquet"));
    let batch = released.batch()?;
    let mut writer = PartWriter::create(&path, batch.schema())?;
    writer.write(&batch)?;
    writer.finish()?;
    Ok((shop.lake.read_files(vec![path], batch.schema())?, counts))
}

/// The tree of a system, and the highest level at which a group still says something.
fn tree(system: &str, codes: &[String]) -> Result<(Hierarchy, usize)> {
    let distinct = codes.iter().map(String::as_str);
    let known = TREES.iter().find(|(name, _)| *name == system);
    let hierarchy = match known {
        Some((_, tree)) => tree.hierarchy("code", distinct)?,
        None => Hierarchy::prefixes("code", distinct, &[])?,
    };
    let highest = hierarchy.levels().len().saturating_sub(2);
    Ok((hierarchy, highest))
}

fn decide(system: &str, codes: &[String], persons: Vec<i64>, floor: u32, into: &mut Released) -> Result<RareCounts> {
    let (hierarchy, highest) = tree(system, codes)?;
    let leaves: UInt32Array = hierarchy.encode(&StringArray::from_iter_values(codes))?;
    let map = CodeMap::new(&hierarchy, &Int64Array::from(persons), &leaves, floor, highest)?;
    let labels = map.apply(&leaves);
    for (row, code) in codes.iter().enumerate() {
        if into.codes.last() == Some(code) && into.systems.last().is_some_and(|last| last == system) {
            continue;
        }
        if labels.is_valid(row) {
            let own = hierarchy.label(0, leaves.value(row)) == Some(labels.value(row));
            into.systems.push(system.to_owned());
            into.codes.push(code.clone());
            into.labels.push(labels.value(row).to_owned());
            into.as_sent.push(own);
        }
    }
    Ok(map.counts())
}

/// The map, a line per code that is released in some form.
#[derive(Default)]
struct Released {
    systems: Vec<String>,
    codes: Vec<String>,
    labels: Vec<String>,
    as_sent: Vec<bool>,
}

impl Released {
    fn batch(self) -> Result<RecordBatch> {
        let text = |name: &str| Field::new(name, DataType::Utf8, false);
        let schema: SchemaRef = Arc::new(Schema::new(vec![
            text("of_system"),
            text("of_code"),
            text("released_code"),
            Field::new("as_sent", DataType::Boolean, false),
        ]));
        Ok(RecordBatch::try_new(
            schema,
            vec![
                Arc::new(StringArray::from(self.systems)),
                Arc::new(StringArray::from(self.codes)),
                Arc::new(StringArray::from(self.labels)),
                Arc::new(BooleanArray::from(self.as_sent)),
            ],
        )?)
    }
}
