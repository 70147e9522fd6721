//! Tables of people on their own: who is the same person? No house is needed (`kiban dedupe`, `kiban match`).
//!
//! The files are read once, batch by batch; of a batch only what is compared is kept.

mod job;
mod propose;
mod read;
mod write;

use std::{fmt, path::Path};

use kiban_link::{Constraints, Linkage, Linker};
use serde::Serialize;

pub use self::job::{ColumnSpec, DedupeJob, Options};
pub use self::propose::{ColumnKind, Proposal};
use self::read::Reader;
use crate::{Error, Result};

/// What came of a run.
#[derive(Debug)]
pub struct Deduped {
    /// The columns as they were understood.
    pub columns: Vec<Proposal>,
    /// Records read.
    pub records: u64,
    /// Records of each input.
    pub inputs: Vec<u64>,
    /// Persons, decisions, model and quality.
    pub linkage: Linkage,
    /// Seconds by stage.
    pub seconds: Seconds,
    /// The ids of all records, in the order in which they were read.
    pub ids: Ids,
}

impl Deduped {
    /// Returns which input a record comes from, by its place.
    pub fn input_of(&self, place: usize) -> Option<usize> {
        let place = u64::try_from(place).ok()?;
        let ends = self.inputs.iter().scan(0, |end, records| {
            *end += records;
            Some(*end)
        });
        ends.enumerate().find(|(_, end)| place < *end).map(|(nth, _)| nth)
    }
}

/// Seconds of wall time, by stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// Reading, normalising and encoding.
    pub load: f64,
    /// Blocking, comparing, learning and clustering.
    pub link: f64,
    /// Writing.
    pub write: f64,
}

/// The ids of records as their files give them.
#[derive(Default)]
pub struct Ids {
    text: String,
    ends: Vec<usize>,
}

impl fmt::Debug for Ids {
    /// Tells how many there are: an id may be a patient's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ids({})", self.ends.len())
    }
}

impl Ids {
    fn push(&mut self, id: &str) {
        self.text.push_str(id);
        self.ends.push(self.text.len());
    }

    /// Returns the id of a record by its place.
    pub fn get(&self, at: usize) -> &str {
        let from = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(at).and_then(|to| self.text.get(from..*to)).unwrap_or_default()
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// What a run may use of the machine.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Threads to work on.
    pub threads: usize,
    /// Tells seconds since some instant; the engine itself has no clock.
    pub seconds: &'a (dyn Fn() -> f64 + Sync),
    /// Tells whether reading may hold more.
    pub has_room: &'a (dyn Fn() -> bool + Sync),
}

/// Finds the persons behind the records of a job, and writes `persons.parquet`, `pairs.parquet` and `model.json`.
///
/// # Errors
/// The inputs do not fit the job, or a file cannot be read or written.
pub fn dedupe(job: &DedupeJob, out: &Path, means: Means<'_>) -> Result<Deduped> {
    let began = (means.seconds)();
    let columns = propose::columns(job)?;
    let mut linker = Linker::new(&propose::others(&columns), job.settings(means.threads))?;
    let mut ids = Ids::default();
    let mut inputs = Vec::with_capacity(job.input.len());
    for source in 0..job.input.len() {
        let before = ids.len();
        let mut reader = Reader::open(job, source, &columns)?;
        while let Some(registrations) = reader.next(&mut ids)? {
            linker.add(&registrations)?;
            if !(means.has_room)() {
                return Err(Error::Input(format!(
                    "the memory allowed is full after {} records: allow more, or name fewer columns",
                    ids.len()
                )));
            }
        }
        inputs.push(u64::try_from(ids.len() - before).unwrap_or(u64::MAX));
    }
    let loaded = (means.seconds)();
    let linkage = linker.link(&Constraints::default())?;
    let linked = (means.seconds)();
    std::fs::create_dir_all(out).map_err(Error::io("create", out))?;
    write::persons(&out.join("persons.parquet"), &linkage, &ids)?;
    write::pairs(&out.join("pairs.parquet"), &linkage, &ids)?;
    write::model(&out.join("model.json"), &linkage, &columns)?;
    let seconds = Seconds { load: loaded - began, link: linked - loaded, write: (means.seconds)() - linked };
    Ok(Deduped { columns, records: u64::try_from(ids.len()).unwrap_or(u64::MAX), inputs, linkage, seconds, ids })
}
