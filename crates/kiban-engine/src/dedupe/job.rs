//! What is asked of tables of people: the TOML file of `kiban dedupe` and `kiban match`.

use std::path::Path;

use kiban_link::{Across, Settings};
use serde::Deserialize;

use super::propose::ColumnKind;
use crate::{
    Error, Result,
    table::{Input, read_toml},
};

/// Tables in which the same persons are sought.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DedupeJob {
    /// The column that names a record.
    pub id: String,
    /// The tables; for `kiban match` two.
    pub input: Vec<Input>,
    /// What the columns hold; proposed from names and contents where none is given.
    #[serde(default, rename = "column")]
    pub columns: Vec<ColumnSpec>,
    /// What differs from the defaults.
    #[serde(default)]
    pub options: Options,
    /// Whether only records of different tables are paired; set by the command, not by the file.
    #[serde(skip)]
    pub across: Across,
}

/// A column that is compared.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnSpec {
    /// Its name in the header.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
}

/// Settings; all have sound defaults.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The probability from which two records are joined; 0.9 if not given.
    pub threshold: Option<f64>,
    /// The probability from which a pair is shown as possible; 0.5 if not given.
    pub possible: Option<f64>,
    /// The most records that may share a blocking key; 200 if not given.
    pub block_cap: Option<usize>,
}

impl DedupeJob {
    /// Reads a job; relative paths in it are relative to the file.
    ///
    /// # Errors
    /// The file cannot be read, is no job, or contradicts itself; the message says in which line.
    pub fn read(path: &Path, across: Across) -> Result<Self> {
        let mut job: Self = read_toml(path)?;
        let base = path.parent().unwrap_or(Path::new(""));
        for input in &mut job.input {
            input.path = base.join(&input.path);
        }
        job.across = across;
        job.check()?;
        Ok(job)
    }

    pub(super) fn settings(&self, threads: usize) -> Settings {
        let usual = Settings::default();
        let threshold = self.options.threshold.unwrap_or(usual.threshold);
        Settings {
            threshold,
            possible: self.options.possible.unwrap_or(usual.possible).min(threshold),
            block_cap: self.options.block_cap.unwrap_or(usual.block_cap),
            threads,
            across: self.across,
        }
    }

    fn check(&self) -> Result<()> {
        let wrong = |why: String| Err(Error::Input(why));
        match (self.across, self.input.len()) {
            (Across::All, 0) => return wrong("no [[input]] is given: name the table with its path".to_owned()),
            (Across::Sources, n) if n != 2 => {
                return wrong(format!("match takes two [[input]], and {n} are given; dedupe takes one or more"));
            }
            _ => {}
        }
        for (name, share) in [("threshold", self.options.threshold), ("possible", self.options.possible)] {
            if share.is_some_and(|share| !(share > 0.0 && share < 1.0)) {
                return wrong(format!("options.{name} is a probability between 0 and 1"));
            }
        }
        if self.options.block_cap.is_some_and(|cap| cap < 2) {
            return wrong("options.block_cap must be at least 2, or no two records are ever compared".to_owned());
        }
        let mut names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        names.sort_unstable();
        if let Some([name, _]) = names.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
            return wrong(format!("column {name} is given twice"));
        }
        if let Some(id) = names.iter().find(|name| **name == self.id) {
            return wrong(format!("column {id} is the id of a record, and cannot tell persons apart; leave it out"));
        }
        Ok(())
    }
}
