//! Files by the state they have reached; a stage takes one state and returns the next.
//!
//! A `FileSet<Gated>` comes from the gate alone and a `FileSet<Anonymous>` from anonymising alone, so a set that was not
//! gated cannot be anonymised, and one that was not anonymised cannot be packed, by mistake (design §2).

use std::{collections::BTreeMap, marker::PhantomData, path::PathBuf};

use crate::lake::Manifest;

/// Only rows that the gate let through at a cut-off.
#[derive(Debug, Clone, Copy)]
pub enum Gated {}

/// Anonymised; may leave.
#[derive(Debug, Clone, Copy)]
pub enum Anonymous {}

/// Parquet files of several tables that have reached state `S`.
#[derive(Debug, Clone)]
pub struct FileSet<S> {
    folder: PathBuf,
    tables: BTreeMap<String, Manifest>,
    state: PhantomData<S>,
}

impl<S> FileSet<S> {
    /// States that the files have reached `S`. Only stages may say so.
    pub(crate) const fn reached(folder: PathBuf, tables: BTreeMap<String, Manifest>) -> Self {
        Self { folder, tables, state: PhantomData }
    }

    /// Returns the files of a table.
    pub fn files(&self, table: &str) -> Vec<PathBuf> {
        self.tables.get(table).map_or_else(Vec::new, |m| m.files.iter().map(|f| self.folder.join(&f.name)).collect())
    }

    /// Returns the rows of a table.
    pub fn rows(&self, table: &str) -> u64 {
        self.tables.get(table).map_or(0, Manifest::rows)
    }

    /// Returns the manifests by table.
    pub const fn tables(&self) -> &BTreeMap<String, Manifest> {
        &self.tables
    }
}
