//! The gate: who may pass, decided by the pure `eligibility`, applied twice by two roads.
//!
//! The verdicts of one facility at one instant become an allow-list, a table of (patient, data item); records pass by a
//! semi-join on it, so that a missing row denies. The second road goes over the same rows with a hash set outside any
//! plan; where the two disagree nothing is committed (design §7, SEED-39, SEED-43, Act Art. 56).

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::{AsArray, Int64Array, StringArray},
    datatypes::{DataType, Field, Int64Type, Schema, SchemaRef},
    record_batch::RecordBatch,
};
use datafusion::{
    common::JoinType,
    prelude::{DataFrame, col, lit},
};
use futures::StreamExt;
use jiff::Timestamp;
use kiban_core::{
    DataItem, FacilityCode, FacilityFacts, LegalRules, Moment, PatientFacts, PatientRef, Reason, Track, Verdict, decide,
};
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use crate::{
    Error, Result,
    lake::{Lake, PartWriter, WrittenFile},
};

/// Hours after which an allow-list may no longer be used.
const ALLOW_LIST_HOURS: i64 = 24;

/// Rows of an allow-list that are written at once.
const ROWS_AT_ONCE: usize = 1 << 16;

/// The instant and the state of knowledge at which a gate is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateTime {
    /// The track.
    pub track: Track,
    /// When it must be true, and as known when.
    pub moment: Moment,
}

/// Why a row is held although its person may pass: its data item was never filed.
const ITEM_NOT_FILED: &str = "not-listed";
/// Why a row is held whose person no fact names.
const UNKNOWN_PERSON: &str = "not-listed";

/// The verdicts on all patients of some facilities at one instant.
#[derive(Debug, Clone)]
pub struct AllowList {
    time: GateTime,
    verdicts: FxHashMap<(FacilityCode, PatientRef), Verdict>,
}

impl AllowList {
    /// Starts an empty list, which denies everyone.
    pub fn new(time: GateTime) -> Self {
        Self { time, verdicts: FxHashMap::default() }
    }

    /// Adds the verdicts on one facility's patients.
    pub fn add(
        &mut self,
        code: FacilityCode,
        facility: &FacilityFacts,
        patients: &[(PatientRef, PatientFacts)],
        rules: &LegalRules,
    ) {
        for (patient, facts) in patients {
            let verdict = decide((facility, facts), rules, self.time.track, self.time.moment);
            self.verdicts.insert((code, *patient), verdict);
        }
    }

    /// Returns the instant it is for.
    pub const fn time(&self) -> GateTime {
        self.time
    }

    /// Returns until when it may be used.
    pub fn expires_at(&self) -> Timestamp {
        self.time.moment.known_at + jiff::SignedDuration::from_hours(ALLOW_LIST_HOURS)
    }

    /// Returns how many patients may pass.
    pub fn allowed(&self) -> usize {
        self.verdicts.values().filter(|verdict| verdict.is_eligible()).count()
    }

    /// Returns how many patients there are, by `eligible` or the reason for denial.
    pub fn by_reason(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for verdict in self.verdicts.values() {
            let word = verdict.reason().map_or("eligible", Reason::as_str);
            *counts.entry(word.to_owned()).or_default() += 1;
        }
        counts
    }

    /// Returns whether this patient may pass.
    pub fn allows(&self, facility: FacilityCode, patient: PatientRef) -> bool {
        self.verdicts.get(&(facility, patient)).is_some_and(|verdict| verdict.is_eligible())
    }

    /// Returns the SHA-256 of the list in its canonical order, which the audit log and the release name.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for (facility, patient, item) in self.rows() {
            hash.update(format!("{facility} {} {item}\n", patient.get()));
        }
        hash.finalize().into()
    }

    /// Returns why a row is held, or nothing where it passes: the second road.
    fn held(&self, facility: FacilityCode, patient: i64, item: DataItem) -> Option<&'static str> {
        match PatientRef::new(patient).ok().and_then(|patient| self.verdicts.get(&(facility, patient))) {
            None => Some(UNKNOWN_PERSON),
            Some(Verdict::Denied { reason }) => Some(reason.as_str()),
            Some(verdict) if verdict.allows(item) => None,
            Some(_) => Some(ITEM_NOT_FILED),
        }
    }

    /// Iterates over what may pass, in canonical order.
    fn rows(&self) -> impl Iterator<Item = (FacilityCode, PatientRef, DataItem)> {
        let mut subjects: Vec<_> = self.verdicts.iter().filter(|(_, verdict)| verdict.is_eligible()).collect();
        subjects.sort_unstable_by_key(|(subject, _)| **subject);
        subjects.into_iter().flat_map(|((facility, patient), verdict)| {
            let allowed = DataItem::ALL.iter().filter(|item| verdict.allows(**item));
            allowed.map(|item| (*facility, *patient, *item))
        })
    }

    /// Writes the list as a table that a plan can join.
    ///
    /// # Errors
    /// Fails where the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<WrittenFile> {
        let mut writer = PartWriter::create(path, schema())?;
        let mut rows = self.rows().peekable();
        while rows.peek().is_some() {
            let some: Vec<_> = rows.by_ref().take(ROWS_AT_ONCE).collect();
            let batch = RecordBatch::try_new(
                schema(),
                vec![
                    Arc::new(StringArray::from_iter_values(some.iter().map(|(facility, ..)| facility.as_str()))),
                    Arc::new(Int64Array::from_iter_values(some.iter().map(|(_, patient, _)| patient.get()))),
                    Arc::new(StringArray::from_iter_values(some.iter().map(|(.., item)| item.as_str()))),
                ],
            )?;
            writer.write(&batch)?;
        }
        writer.finish()
    }
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("allowed_facility", DataType::Utf8, false),
        Field::new("allowed_patient", DataType::Int64, false),
        Field::new("allowed_item", DataType::Utf8, false),
    ]))
}

/// An allow-list with the file that plans join.
pub struct Gate<'a> {
    lake: &'a Lake,
    list: &'a AllowList,
    file: PathBuf,
}

impl<'a> Gate<'a> {
    /// Writes the list into `folder` and stands ready, unless the list has expired.
    ///
    /// # Errors
    /// [`Error::Denied`] where the list is older than a day at `now`; or the file cannot be written.
    pub fn open(lake: &'a Lake, list: &'a AllowList, folder: &Path, now: Timestamp) -> Result<Self> {
        if now > list.expires_at() {
            return Err(Error::Denied {
                rule: "gate.expired",
                what: "the allow-list is older than 24 hours".to_owned(),
                remedy: "compute it again".to_owned(),
            });
        }
        let file = folder.join("allow-list.parquet");
        list.write(&file)?;
        Ok(Self { lake, list, file })
    }

    /// Lets through the rows of `frame` whose (facility, patient) may pass with `item`: the first road.
    ///
    /// # Errors
    /// Fails where the list cannot be read.
    pub fn pass(&self, frame: DataFrame, item: DataItem) -> Result<DataFrame> {
        let allowed = self
            .lake
            .read_files(vec![self.file.clone()], schema())?
            .filter(col("allowed_item").eq(lit(item.as_str())))?;
        Ok(frame.join(
            allowed,
            JoinType::LeftSemi,
            &["facility", "patient_ref"],
            &["allowed_facility", "allowed_patient"],
            None,
        )?)
    }

    /// Counts, by the second road, the rows of `frame` that pass and those held, by reason.
    ///
    /// # Errors
    /// Fails where the rows cannot be read.
    pub async fn count(&self, frame: DataFrame, item: DataItem) -> Result<(u64, BTreeMap<String, u64>)> {
        let mut passed = 0;
        let mut held: FxHashMap<&'static str, u64> = FxHashMap::default();
        let mut rows = frame.select_columns(&["facility", "patient_ref"])?.execute_stream().await?;
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            let [facilities, patients] = batch.columns() else { return Err(Error::Bug("two columns".to_owned())) };
            let facilities = facilities.as_string::<i32>();
            let patients = patients.as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                let code = facilities.value(row).parse().map_err(|_| Error::Bug("facility column".to_owned()))?;
                match self.list.held(code, patients.value(row), item) {
                    None => passed += 1,
                    Some(reason) => *held.entry(reason).or_default() += 1,
                }
            }
        }
        Ok((passed, held.into_iter().map(|(reason, rows)| (reason.to_owned(), rows)).collect()))
    }
}
