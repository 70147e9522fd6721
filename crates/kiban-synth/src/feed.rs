//! The one thing all formats have in common here: patients go in, one after another.

use crate::{Error, counts::FacilityCounts, record::PatientRecord};

/// Writes one facility's deliveries in its own format.
pub(crate) trait FeedWriter {
    /// Writes everything of one patient.
    fn write(&mut self, record: &mut PatientRecord<'_>) -> Result<(), Error>;

    /// Closes the files and returns what was written.
    fn finish(self: Box<Self>) -> Result<FacilityCounts, Error>;
}
