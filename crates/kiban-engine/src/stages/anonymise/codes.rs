//! Rare codes of one table: which are released as they are, which under a group, which not at all (ordinance item 4).

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{Array, AsArray, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray, UInt32Array},
    datatypes::{DataType, Field, Int64Type, Schema, SchemaRef},
};
use datafusion::prelude::{DataFrame, coalesce, col, lit};
use kiban_anon::{CodeMap, CodeSystem, Hierarchy, RareCounts};
use rustc_hash::FxHashMap;

use super::{Workshop, scratch_file};
use crate::{Error, Result, holders::some_holders, lake::PartWriter, release::spec::ReleaseSpec};

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

/// Returns the names of the systems that are ICD-10.
pub(super) fn icd10_systems() -> impl Iterator<Item = &'static str> {
    TREES.iter().filter(|(_, tree)| *tree == CodeSystem::Icd10).map(|(name, _)| *name)
}

/// Stands between a code's system and the code, so that equal codes of two systems are two things.
const BETWEEN: char = '\u{1f}';

/// The codes of a table as they are released, each with the groups above it.
#[derive(Debug, Clone, Default)]
pub(super) struct CodeTree {
    rows: Vec<Vec<String>>,
    leaf_of: FxHashMap<String, i32>,
}

impl CodeTree {
    /// Returns the number of a released code, which is added where it is new: `label`, found on `level` of its tree.
    fn leaf(
        &mut self,
        system: &str,
        tree: &Hierarchy,
        highest: usize,
        (leaf, level, label): (u32, usize, &str),
    ) -> i32 {
        let key = format!("{system}{BETWEEN}{label}");
        if let Some(known) = self.leaf_of.get(&key) {
            return *known;
        }
        let above = (1..=highest).filter_map(|l| tree.label(l.max(level), leaf));
        let mut row = vec![key.clone()];
        row.extend(above.map(|label| format!("{system}{BETWEEN}{label}")));
        let number = i32::try_from(self.rows.len()).unwrap_or(i32::MAX);
        self.rows.push(row);
        self.leaf_of.insert(key, number);
        number
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns how many codes there are.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    /// Returns the tree with all systems under one root; where a table has no codes all its events are of one.
    pub(super) fn hierarchy(&self, table: &str) -> Result<Hierarchy> {
        let depth = self.rows.iter().map(Vec::len).max().unwrap_or(1);
        let full = |row: &Vec<String>| {
            let last = row.last().cloned().unwrap_or_default();
            let mut row = row.clone();
            row.resize(depth, last);
            row.push(kiban_anon::ANY.to_owned());
            row
        };
        let mut rows: Vec<Vec<String>> = self.rows.iter().map(full).collect();
        if rows.is_empty() {
            rows.push(vec![BETWEEN.to_string(), kiban_anon::ANY.to_owned()]);
        }
        Ok(Hierarchy::from_rows(table, &[], &rows)?)
    }
}

/// Returns the code of a group of a [`CodeTree`], without its system.
pub(super) fn code_of(group: &str) -> &str {
    group.split_once(BETWEEN).map_or(group, |(_, code)| code)
}

/// Decides what becomes of every code and returns the map as a table to join: secret, in the scratch folder.
pub(super) async fn map(
    shop: Workshop<'_>,
    spec: &ReleaseSpec,
    table: &str,
    code: &str,
    rows: DataFrame,
) -> Result<(DataFrame, RareCounts, CodeTree)> {
    // As many holders of each code as the floor asks for tell whether it is rare, and a rare one has no more.
    let held = rows
        .select(vec![
            coalesce(vec![col("source_system"), lit("")]).alias("of_system"),
            col(code).alias("of_code"),
            col("fresh_person"),
        ])?
        .filter(col("of_code").is_not_null())?
        .aggregate(
            ["of_system", "of_code"].map(col).to_vec(),
            vec![some_holders(col("fresh_person"), spec.anonymity.code_floor).alias("holders")],
        )?
        .sort(["of_system", "of_code"].map(|name| col(name).sort(true, false)).to_vec())?;
    let mut by_system: BTreeMap<String, (Vec<String>, Vec<i64>)> = BTreeMap::new();
    for batch in shop.runner.collect(held).await? {
        let [systems, codes, holders] = batch.columns() else { return Err(Error::Bug("holders of codes".to_owned())) };
        let (systems, codes) = (systems.as_string::<i32>(), codes.as_string::<i32>());
        for (row, persons) in holders.as_list::<i32>().iter().enumerate() {
            let (known, held) = by_system.entry(systems.value(row).to_owned()).or_default();
            for person in persons.iter().flat_map(|persons| persons.as_primitive::<Int64Type>().values()) {
                known.push(codes.value(row).to_owned());
                held.push(*person);
            }
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
    Ok((shop.lake.read_files(vec![path], batch.schema())?, counts, released.tree))
}

/// Returns the code systems that have a tree of their own.
pub(crate) fn code_systems() -> impl Iterator<Item = &'static str> {
    TREES.iter().map(|(name, _)| *name)
}

/// The tree of a system, and the highest level at which a group still says something.
pub(crate) fn code_tree(system: &str, codes: &[String]) -> Result<(Hierarchy, usize)> {
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
    let (hierarchy, highest) = code_tree(system, codes)?;
    let leaves: UInt32Array = hierarchy.encode(&StringArray::from_iter_values(codes))?;
    let map = CodeMap::new(&hierarchy, &Int64Array::from(persons), &leaves, floor, highest)?;
    let labels = map.apply(&leaves);
    for (row, code) in codes.iter().enumerate() {
        if into.codes.last() == Some(code) && into.systems.last().is_some_and(|last| last == system) {
            continue;
        }
        if labels.is_valid(row) {
            let (leaf, label) = (leaves.value(row), labels.value(row));
            let level = (0..=highest).find(|level| hierarchy.label(*level, leaf) == Some(label)).unwrap_or(highest);
            let number = into.tree.leaf(system, &hierarchy, highest, (leaf, level, label));
            into.leaves.push(number);
            let own = level == 0;
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
    leaves: Vec<i32>,
    tree: CodeTree,
}

impl Released {
    fn batch(&self) -> Result<RecordBatch> {
        let text = |name: &str| Field::new(name, DataType::Utf8, false);
        let schema: SchemaRef = Arc::new(Schema::new(vec![
            text("of_system"),
            text("of_code"),
            text("released_code"),
            Field::new("as_sent", DataType::Boolean, false),
            Field::new("leaf", DataType::Int32, false),
        ]));
        Ok(RecordBatch::try_new(
            schema,
            vec![
                Arc::new(StringArray::from_iter_values(&self.systems)),
                Arc::new(StringArray::from_iter_values(&self.codes)),
                Arc::new(StringArray::from_iter_values(&self.labels)),
                Arc::new(BooleanArray::from(self.as_sent.clone())),
                Arc::new(Int32Array::from(self.leaves.clone())),
            ],
        )?)
    }
}
