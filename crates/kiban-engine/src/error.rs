//! What can keep the engine from doing its work. Bad input is not here: it is a finding.

use std::path::{Path, PathBuf};

/// Says what the caller should do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something the user wrote is wrong: say so and stop.
    Input,
    /// A rule forbids it.
    Denied,
    /// Another state was expected: look, then perhaps try again.
    Conflict,
    /// Something asked for is not there.
    Missing,
    /// The machine failed: disk, permissions.
    Machine,
    /// The house contradicts itself; nothing was committed.
    Bug,
}

/// An engine error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be used.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which path, inside the house's own folders or as the user named it.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A query failed.
    #[error("a query failed")]
    Query(#[source] Box<datafusion::error::DataFusionError>),
    /// A table's log could not be read or written.
    #[error("the log of lake table {table} failed")]
    Lake {
        /// The table.
        table: String,
        /// Why.
        source: Box<deltalake_core::DeltaTableError>,
    },
    /// A Parquet file could not be read or written.
    #[error("a Parquet file failed")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Columns were not as declared.
    #[error("columns are not as declared")]
    Arrow(#[from] arrow::error::ArrowError),
    /// Rows went missing or appeared between two steps.
    #[error(
        "{stage} of {table} does not add up: {rows_in} rows in, {rows_out} out, {held} held, {lost} lost to findings"
    )]
    Unbalanced {
        /// The stage.
        stage: &'static str,
        /// The table.
        table: String,
        /// Rows that came in.
        rows_in: u64,
        /// Rows that went out.
        rows_out: u64,
        /// Rows held back.
        held: u64,
        /// Rows lost to findings.
        lost: u64,
    },
    /// The two computations of the gate disagree.
    #[error(
        "the gate's two computations disagree on {table}: {plan} rows by plan, {oracle} by set; nothing was committed"
    )]
    GateDisagrees {
        /// The table.
        table: String,
        /// Rows let through by the plan.
        plan: u64,
        /// Rows let through by the hash set.
        oracle: u64,
    },
    /// Two local patient ids of one facility share a reference.
    #[error("two local ids of facility {facility} share the reference {patient}; nothing was taken or linked")]
    ReferenceClash {
        /// The facility.
        facility: kiban_core::FacilityCode,
        /// The shared reference.
        patient: kiban_core::PatientRef,
    },
    /// The anonymiser refused its input.
    #[error("anonymising could not be done: {0}")]
    Anonymise(#[from] kiban_anon::Error),
    /// Linking could not be done.
    #[error("linking could not be done")]
    Link(#[from] kiban_link::Error),
    /// Something the user wrote is wrong.
    #[error("{0}")]
    Input(String),
    /// A rule forbids it.
    #[error("{what} [{rule}]: {remedy}")]
    Denied {
        /// The rule's id.
        rule: &'static str,
        /// What was refused.
        what: String,
        /// What would make it allowed.
        remedy: String,
    },
    /// Something is not there.
    #[error("{0}")]
    Missing(String),
    /// The house contradicts itself.
    #[error("internal contradiction: {0}")]
    Bug(String),
}

impl Error {
    /// Returns what the caller should do about it.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Input(_) => Kind::Input,
            Self::Denied { .. } => Kind::Denied,
            Self::Missing(_) => Kind::Missing,
            Self::ReferenceClash { .. } => Kind::Conflict,
            Self::Io { .. } => Kind::Machine,
            Self::Query(_)
            | Self::Lake { .. }
            | Self::Parquet(_)
            | Self::Arrow(_)
            | Self::Link(_)
            | Self::Anonymise(_)
            | Self::Unbalanced { .. }
            | Self::GateDisagrees { .. }
            | Self::Bug(_) => Kind::Bug,
        }
    }

    /// Wraps an IO error with what was tried and where.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

impl From<datafusion::error::DataFusionError> for Error {
    fn from(source: datafusion::error::DataFusionError) -> Self {
        Self::Query(Box::new(source))
    }
}

/// The engine's result.
pub type Result<T> = std::result::Result<T, Error>;
