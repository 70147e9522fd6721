//! What can go wrong when making hospitals.

/// Says why the synthetic hospitals could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The disk refused; the path is left out because it may hold a patient id, even an invented one.
    #[error("cannot write {what}")]
    Write {
        /// What was being written.
        what: &'static str,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// A built-in table is broken.
    #[error("the built-in table {name} cannot be read")]
    Table {
        /// The table.
        name: &'static str,
    },
    /// The configuration makes no sense.
    #[error("configuration: {reason}")]
    Config {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The truth could not be put into JSON.
    #[error("cannot write the truth as JSON")]
    Json(#[from] serde_json::Error),
}

impl Error {
    /// Returns the step that turns a system error into [`Error::Write`].
    pub(crate) fn writing(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Write { what, source }
    }
}
