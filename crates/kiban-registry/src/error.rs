//! What can keep the registry from doing its work.

use sea_orm::{DbErr, RuntimeErr};

/// An error of something behind the registry's ports.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Says what a caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The argument is wrong: mend it.
    Input,
    /// A rule or the way of opening forbids it.
    Denied,
    /// Something else stands in its place already.
    Conflict,
    /// Another writer is at work: try again.
    Busy,
    /// What was named is not there.
    Missing,
    /// The house is broken: look at it.
    Bug,
}

/// Tells why the registry could not do its work. No message holds a patient's value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database comes from a later program.
    #[error("the registry has schema {found}, but this program knows only up to {known}; use the newer program")]
    NewerSchema {
        /// The schema found.
        found: String,
        /// The newest schema known here.
        known: &'static str,
    },
    /// There is no registry at the path.
    #[error("there is no registry at {0}")]
    NoRegistry(String),
    /// There is one already.
    #[error("there is a registry at {0} already")]
    RegistryExists(String),
    /// A handle for reading was asked to write.
    #[error("the registry is open for reading only")]
    ReadOnly,
    /// What was named is not known.
    #[error("{what} {id} is not known")]
    Missing {
        /// The kind of thing.
        what: &'static str,
        /// Its name.
        id: String,
    },
    /// The name is taken by something else.
    #[error("{what} {id} stands already, with other content")]
    Taken {
        /// The kind of thing.
        what: &'static str,
        /// Its name.
        id: String,
    },
    /// Persons were to be merged by one person alone.
    #[error("a merge of persons needs a second author who is not the first")]
    Unconfirmed,
    /// A worker's or a clerk's lease ran out or is another's.
    #[error("the lease on {0} was lost, or is another's")]
    LeaseLost(i64),
    /// Rows would be lost silently (design invariant 6).
    #[error("stage {stage} does not balance: {rows_in} rows in, {accounted} accounted for")]
    Unbalanced {
        /// The stage.
        stage: String,
        /// Rows that went in.
        rows_in: u64,
        /// Rows out, held and lost by findings.
        accounted: u64,
    },
    /// The log lost leaves that were acknowledged.
    #[error("the audit log holds {log} leaves, but leaf {known} was acknowledged: it was cut or exchanged")]
    LogCut {
        /// Leaves in the log.
        log: u64,
        /// The highest index acknowledged.
        known: u64,
    },
    /// The log refused; nothing was acknowledged.
    #[error("the audit log could not be written, nothing is acknowledged")]
    Log(#[source] BoxError),
    /// A body does not open under the house's key.
    #[error("the body of audit event {0} does not open under this house's key")]
    Sealed(i64),
    /// A sealed file does not open under the house's key, or is another file.
    #[error("{0} does not open under this house's key; put back the last good copy")]
    SealedFile(String),
    /// A stored value is not in its form.
    #[error("the registry holds a {0} that cannot be read")]
    Corrupt(&'static str),
    /// A number is out of the range that the database keeps.
    #[error("{0} is out of range")]
    Range(&'static str),
    /// A body could not be written as JSON.
    #[error("a value could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// Another writer holds the database.
    #[error("the registry is busy with another writer")]
    Busy(#[source] DbErr),
    /// The database failed.
    #[error("the registry's database failed")]
    Database(#[source] DbErr),
}

impl Error {
    /// Returns what a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NewerSchema { .. } | Self::ReadOnly | Self::Unconfirmed => ErrorKind::Denied,
            Self::RegistryExists(_) | Self::Taken { .. } | Self::LeaseLost(_) => ErrorKind::Conflict,
            Self::NoRegistry(_) | Self::Missing { .. } => ErrorKind::Missing,
            Self::Busy(_) => ErrorKind::Busy,
            Self::Range(_) => ErrorKind::Input,
            _ => ErrorKind::Bug,
        }
    }

    /// Names something that is not there.
    pub(crate) fn missing(what: &'static str, id: impl ToString) -> Self {
        Self::Missing { what, id: id.to_string() }
    }

    /// Names something that stands already.
    pub(crate) fn taken(what: &'static str, id: impl ToString) -> Self {
        Self::Taken { what, id: id.to_string() }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if is_busy(&error) { Self::Busy(error) } else { Self::Database(error) }
    }
}

/// SQLite's BUSY (5) and LOCKED (6) with their extensions; PostgreSQL's lock-not-available and deadlock.
fn is_busy(error: &DbErr) -> bool {
    let (DbErr::Conn(RuntimeErr::SqlxError(inner))
    | DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner))) = error
    else {
        return matches!(error, DbErr::ConnectionAcquire(_));
    };
    let code = inner.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned();
    match code.parse::<i32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6),
        _ => matches!(code.as_str(), "55P03" | "40P01"),
    }
}
