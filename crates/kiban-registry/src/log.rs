//! The audit log as the registry needs it.

use std::{ops::Range, sync::Arc};

use kiban_audit::{Commitment, Leaf};

use crate::BoxError;

/// An append-only log that has leaves on disk before `append` returns.
///
/// [`kiban_audit::Log`] is one; tests make others that fail at chosen instants.
pub trait EventLog: Send {
    /// Returns how many leaves it holds.
    fn size(&self) -> u64;

    /// Appends leaves and returns their indexes once they are on disk.
    ///
    /// # Errors
    /// Whatever kept a leaf from the disk; some leaves may have got there all the same.
    fn append(&mut self, leaves: &[Leaf]) -> Result<Range<u64>, BoxError>;

    /// Returns the commitments of the leaves of a range, in order.
    ///
    /// # Errors
    /// Whatever kept them from being read.
    fn commitments(&self, range: Range<u64>) -> Result<Vec<Commitment>, BoxError>;
}

/// The log, shared between the registry and whoever signs checkpoints and makes proofs.
pub type SharedLog = Arc<tokio::sync::Mutex<dyn EventLog>>;

impl EventLog for kiban_audit::Log {
    fn size(&self) -> u64 {
        Self::size(self)
    }

    fn append(&mut self, leaves: &[Leaf]) -> Result<Range<u64>, BoxError> {
        Ok(Self::append(self, leaves)?)
    }

    fn commitments(&self, range: Range<u64>) -> Result<Vec<Commitment>, BoxError> {
        self.leaves(range).map(|leaf| Ok(leaf?.commitment())).collect()
    }
}
