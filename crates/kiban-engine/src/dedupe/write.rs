//! Writes what a run found: persons, scored pairs and the model.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, Float64Array, Int64Array, StringArray},
    datatypes::{DataType, Field, Schema},
    record_batch::RecordBatch,
};
use kiban_core::PatientRef;
use kiban_link::{Basis, Class, Decision, Linkage, Outcome, Pattern, Refusal};
use parquet::arrow::ArrowWriter;
use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use super::{Ids, propose::Proposal};
use crate::{Error, Result, lake::properties};

/// Rows of one batch.
const BATCH: usize = 1 << 16;

/// Writes the person of every record, in the order in which records were read.
///
/// A person's number is the place of the first of its records. `probability` is that of the record's surest pair within
/// the person; a person of one record is sure of it.
pub(super) fn persons(path: &Path, linkage: &Linkage, ids: &Ids) -> Result<()> {
    let mut person_of = vec![(0_i64, 1.0_f64); ids.len()];
    for person in &linkage.persons {
        let number = person.members.first().map_or(0, |first| first.get());
        for place in person.members.iter().filter_map(|member| place(*member)) {
            person_of.iter_mut().skip(place).take(1).for_each(|of| of.0 = number);
            if person.members.len() > 1 {
                person_of.iter_mut().skip(place).take(1).for_each(|of| of.1 = 0.0);
            }
        }
    }
    for decision in linkage.decisions.iter().filter(|one| one.outcome == Outcome::Joined) {
        for place in [decision.left, decision.right].into_iter().filter_map(place) {
            let sure = sureness(decision);
            person_of.iter_mut().skip(place).take(1).for_each(|of| of.1 = of.1.max(sure));
        }
    }
    let fields = vec![
        Field::new("id", DataType::Utf8, false),
        Field::new("person_id", DataType::Int64, false),
        Field::new("probability", DataType::Float64, false),
    ];
    write(path, fields, ids.len(), |rows| {
        let of = || person_of.iter().skip(rows.start).take(rows.len());
        vec![
            Arc::new(StringArray::from_iter_values(rows.clone().map(|at| ids.get(at)))),
            Arc::new(Int64Array::from_iter_values(of().map(|of| of.0))),
            Arc::new(Float64Array::from_iter_values(of().map(|of| of.1))),
        ]
    })
}

/// One where a rule decided, else what the model says.
fn sureness(decision: &Decision) -> f64 {
    if matches!(decision.basis, Basis::Rule(_)) { 1.0 } else { decision.probability }
}

fn place(of: PatientRef) -> Option<usize> {
    usize::try_from(of.get()).ok()?.checked_sub(1)
}

/// Writes every pair that was joined, refused or left open, with the probability of each class.
pub(super) fn pairs(path: &Path, linkage: &Linkage, ids: &Ids) -> Result<()> {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let number = |name: String| Field::new(name, DataType::Float64, false);
    let mut fields = vec![text("left_id"), text("right_id"), text("outcome"), text("basis"), text("levels")];
    fields.extend(Class::ALL.map(|class| number(format!("p_{}", class.to_string().replace('-', "_")))));
    let decisions = &linkage.decisions;
    // Many pairs agree in the same way: what follows from the way is said once.
    let mut told: FxHashMap<Pattern, (String, [f64; Class::ALL.len()])> = FxHashMap::default();
    for one in decisions {
        told.entry(one.pattern)
            .or_insert_with(|| (one.pattern.to_string(), linkage.responsibilities(one).map(|(_, share)| share)));
    }
    write(path, fields, decisions.len(), |rows| {
        let of = || decisions.iter().skip(rows.start).take(rows.len());
        let id = |of: PatientRef| place(of).map_or("", |place| ids.get(place));
        let said = |one: &Decision| told.get(&one.pattern);
        let share = |one: &Decision, class: usize| {
            said(one).and_then(|(_, shares)| shares.get(class)).copied().unwrap_or_default()
        };
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(of().map(|one| id(one.left)))),
            Arc::new(StringArray::from_iter_values(of().map(|one| id(one.right)))),
            Arc::new(StringArray::from_iter_values(of().map(|one| outcome(one.outcome)))),
            Arc::new(StringArray::from_iter_values(of().map(|one| one.basis.to_string()))),
            Arc::new(StringArray::from_iter_values(of().map(|one| said(one).map_or("", |(levels, _)| levels)))),
        ];
        let shares = |class: usize| Float64Array::from_iter_values(of().map(|one| share(one, class)));
        columns.extend((0..Class::ALL.len()).map(|class| Arc::new(shares(class)) as ArrayRef));
        columns
    })
}

pub(super) const fn outcome(of: Outcome) -> &'static str {
    match of {
        Outcome::Joined => "joined",
        Outcome::Refused(Refusal::Human) => "refused-by-people",
        Outcome::Refused(Refusal::Conflict) => "refused-conflict",
        Outcome::Refused(Refusal::Chain) => "refused-chain",
        Outcome::Possible => "possible",
    }
}

/// Writes columns as Parquet, batch by batch.
fn write(
    path: &Path,
    fields: Vec<Field>,
    rows: usize,
    columns: impl Fn(std::ops::Range<usize>) -> Vec<ArrayRef>,
) -> Result<()> {
    let schema = Arc::new(Schema::new(fields));
    let file = File::create(path).map_err(Error::io("create", path))?;
    let mut writer = ArrowWriter::try_new(BufWriter::new(file), schema.clone(), Some(properties()?))?;
    for from in (0..rows).step_by(BATCH) {
        let batch = columns(from..rows.min(from + BATCH));
        writer.write(&RecordBatch::try_new(schema.clone(), batch)?)?;
    }
    writer.into_inner()?.flush().map_err(Error::io("write", path))
}

/// Writes the model: how frequent each class is, and the share of every level of every field in it.
pub(super) fn model(path: &Path, linkage: &Linkage, columns: &[Proposal]) -> Result<()> {
    let model = &linkage.model;
    let classes: Vec<Value> = Class::ALL
        .into_iter()
        .filter(|class| model.weight(*class) > 0.0)
        .map(|class| json!({ "class": class.to_string(), "share": model.weight(class), "fields": model.told(class) }))
        .collect();
    let text = json!({
        "format": "kiban-link-model-1",
        "columns": columns,
        "rounds": model.rounds,
        "converged": model.converged,
        "identified": model.identified,
        "classes": classes,
    });
    let text = serde_json::to_vec_pretty(&text).map_err(|_| Error::Bug("a model is no JSON".to_owned()))?;
    std::fs::write(path, text).map_err(Error::io("write", path))
}
