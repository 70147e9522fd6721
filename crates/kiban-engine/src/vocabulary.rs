//! OMOP vocabularies that the operator supplies: source codes become concept ids where a vocabulary knows them.
//!
//! Without one every concept id is 0 and the source code stands intact beside it. None is shipped: most are licensed
//! to their user (`docs/decisions/0006-vocabularies.md`).

use std::{path::Path, sync::Arc};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::{
    common::JoinType,
    logical_expr::{Expr, cast},
    prelude::{CsvReadOptions, DataFrame, coalesce, col, lit, when},
};
use jiff::Timestamp;

use crate::{
    Error, Result,
    lake::{Lake, Mode, TableId, WorkId},
    runner::Runner,
};

/// Code systems as senders name them, with the vocabulary that holds their codes.
const SYSTEMS: &[(&str, &str)] = &[
    ("I10", "ICD10"),
    ("http://hl7.org/fhir/sid/icd-10", "ICD10"),
    ("http://snomed.info/sct", "SNOMED"),
    ("http://loinc.org", "LOINC"),
    ("LN", "LOINC"),
    ("http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm"),
    ("http://hl7.org/fhir/sid/cvx", "CVX"),
    ("JC10", "JLAC10"),
    ("http://unitsofmeasure.org", "UCUM"),
];

/// The concept columns after a look-up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Concepts {
    known: bool,
}

impl Concepts {
    /// Returns concepts that are all 0.
    pub(crate) const fn none() -> Self {
        Self { known: false }
    }

    /// Returns the standard concept, or 0.
    pub(crate) fn standard(self) -> Expr {
        if self.known { coalesce(vec![col("concept_id"), lit(0_i64)]) } else { lit(0_i64) }
    }

    /// Returns the source concept, or 0.
    pub(crate) fn source(self) -> Expr {
        if self.known { coalesce(vec![col("source_concept_id"), lit(0_i64)]) } else { lit(0_i64) }
    }
}

/// The vocabulary in use: a map from (vocabulary, code) to concept ids, or nothing.
#[derive(Clone)]
pub struct Vocabulary {
    map: Option<DataFrame>,
}

impl Vocabulary {
    /// Opens the vocabulary last imported into the lake, if any.
    ///
    /// # Errors
    /// Fails where the lake cannot be read.
    pub async fn open(lake: &Lake) -> Result<Self> {
        let map = if lake.exists(&table()) { Some(lake.read(&table(), schema()).await?) } else { None };
        Ok(Self { map })
    }

    /// Imports `CONCEPT.csv` and `CONCEPT_RELATIONSHIP.csv` as downloaded from Athena and returns the codes taken.
    ///
    /// # Errors
    /// Fails where a file is missing or has other columns.
    pub async fn import(lake: &Lake, runner: &dyn Runner, folder: &Path, now: Timestamp) -> Result<u64> {
        let concepts = athena(lake, folder, "CONCEPT.csv").await?;
        let links = athena(lake, folder, "CONCEPT_RELATIONSHIP.csv").await?;
        let maps_to = links
            .filter(
                col("relationship_id")
                    .eq(lit("Maps to"))
                    .and(coalesce(vec![col("invalid_reason"), lit("")]).eq(lit(""))),
            )?
            .select(vec![
                cast(col("concept_id_1"), DataType::Int64).alias("from_concept"),
                cast(col("concept_id_2"), DataType::Int64).alias("concept_id"),
            ])?;
        let codes = concepts.select(vec![
            col("vocabulary_id").alias("vocabulary"),
            col("concept_code").alias("vocabulary_code"),
            cast(col("concept_id"), DataType::Int64).alias("source_concept_id"),
        ])?;
        let first_target = maps_to.aggregate(
            vec![col("from_concept")],
            vec![datafusion::functions_aggregate::expr_fn::min(col("concept_id")).alias("concept_id")],
        )?;
        let map = codes
            .join(first_target, JoinType::Left, &["source_concept_id"], &["from_concept"], None)?
            .select(vec![col("vocabulary"), col("vocabulary_code"), col("source_concept_id"), col("concept_id")])?
            .sort(
                ["vocabulary", "vocabulary_code", "source_concept_id"].map(|name| col(name).sort(true, false)).to_vec(),
            )?;
        let stem = format!("vocabulary-{}", now.as_microsecond());
        let manifest = runner.write(map, schema(), &lake.folder(&table()), &stem).await?;
        let work = WorkId { name: "vocabulary".to_owned(), number: now.as_microsecond() };
        lake.commit(&table(), &schema(), Mode::Replace, &manifest, &work, now).await?;
        Ok(manifest.rows())
    }

    /// Adds the concept columns to rows that have `code` and `code_system`.
    pub(crate) fn look_up(&self, rows: DataFrame) -> Result<(DataFrame, Concepts)> {
        let Some(map) = &self.map else { return Ok((rows, Concepts::none())) };
        let system = SYSTEMS.iter().rev().try_fold(col("code_system"), |rest, (system, vocabulary)| {
            when(col("code_system").eq(lit(*system)), lit(*vocabulary)).otherwise(rest)
        })?;
        let rows = rows.with_column("code_vocabulary", system)?.join(
            map.clone(),
            JoinType::Left,
            &["code_vocabulary", "code"],
            &["vocabulary", "vocabulary_code"],
            None,
        )?;
        Ok((rows, Concepts { known: true }))
    }
}

async fn athena(lake: &Lake, folder: &Path, name: &str) -> Result<DataFrame> {
    let path = folder.join(name);
    if !path.is_file() {
        return Err(Error::Missing(format!("the vocabulary folder has no {name}: {}", folder.display())));
    }
    let options = CsvReadOptions::new().delimiter(b'\t').quote(0).has_header(true).schema_infer_max_records(0);
    Ok(lake.context().read_csv(path.to_string_lossy().into_owned(), options).await?)
}

fn table() -> TableId {
    TableId::new("vocabulary", "concept_map")
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("vocabulary", DataType::Utf8, true),
        Field::new("vocabulary_code", DataType::Utf8, true),
        Field::new("source_concept_id", DataType::Int64, true),
        Field::new("concept_id", DataType::Int64, true),
    ]))
}
