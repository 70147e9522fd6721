//! Datasets by the state they have reached; a stage takes one state and returns the next.
//!
//! A `Dataset<Gated>` comes from the gate alone and a `Dataset<Anonymous>` from anonymising alone, so a set that was
//! not gated cannot be released by mistake (design §2).

use std::{collections::BTreeMap, marker::PhantomData, path::PathBuf};

use crate::lake::{Manifest, TableId};

/// Parsed and gated at intake: the source tables.
#[derive(Debug, Clone, Copy)]
pub enum Landed {}
/// In OMOP columns, by patient reference.
#[derive(Debug, Clone, Copy)]
pub enum Standard {}
/// In OMOP tables, by person.
#[derive(Debug, Clone, Copy)]
pub enum Linked {}
/// Only rows that the gate let through at a cut-off.
#[derive(Debug, Clone, Copy)]
pub enum Gated {}
/// Anonymised; may leave.
#[derive(Debug, Clone, Copy)]
pub enum Anonymous {}

/// Tables in the lake that have reached state `S`.
#[derive(Debug, Clone)]
pub struct Dataset<S> {
    tables: BTreeMap<String, TableId>,
    state: PhantomData<S>,
}

impl<S> Dataset<S> {
    /// States that `tables` have reached `S`. Only stages may say so.
    pub(crate) fn reached(tables: BTreeMap<String, TableId>) -> Self {
        Self { tables, state: PhantomData }
    }

    /// Returns the table of that name.
    pub fn table(&self, name: &str) -> Option<&TableId> {
        self.tables.get(name)
    }

    /// Returns the tables by name.
    pub const fn tables(&self) -> &BTreeMap<String, TableId> {
        &self.tables
    }
}

/// Files outside the lake's tables that have reached state `S`.
#[derive(Debug, Clone)]
pub struct FileSet<S> {
    /// Folder of the files.
    pub(crate) folder: PathBuf,
    /// The files of each table.
    pub(crate) tables: BTreeMap<String, Manifest>,
    pub(crate) state: PhantomData<S>,
}

impl<S> FileSet<S> {
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
