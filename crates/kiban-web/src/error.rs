//! What can go wrong while a page is made.

use crate::Lang;

/// Says why a page or its texts could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A Fluent source has a mistake in it.
    #[error("the {lang} texts cannot be read: {reason}")]
    Source {
        /// The language of the source.
        lang: Lang,
        /// What the reader said first.
        reason: String,
    },
    /// A message stands in two sources.
    #[error("the {lang} message {id} stands twice")]
    Twice {
        /// The language of the source.
        lang: Lang,
        /// The message.
        id: String,
    },
    /// A template could not be filled.
    #[error("the page cannot be written")]
    Page(#[from] askama::Error),
}
