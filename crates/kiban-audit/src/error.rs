//! What can go wrong.

use std::io;
use std::path::{Path, PathBuf};

use crate::{BadLeaf, Hash};

/// Why the log could not do its work, or why it is not what it says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another writer has the log open.
    #[error("another writer has the log in {} open", dir.display())]
    Locked {
        /// The log's directory.
        dir: PathBuf,
    },
    /// The directory holds something, but no checkpoint to tell what.
    #[error("{} is not empty, yet holds no checkpoint", dir.display())]
    NoCheckpoint {
        /// The directory.
        dir: PathBuf,
    },
    /// An append failed half-way and the log must be opened anew before the next.
    #[error("an append failed half-way: open the log anew")]
    Halted,
    /// A key name that signed-note does not allow.
    #[error("key name {name:?} is empty or holds a space, a plus sign or a control character")]
    KeyName {
        /// The name.
        name: String,
    },
    /// A verifier key that is not `name+id+base64` of an Ed25519 key, or whose id is not its own.
    #[error("verifier key: {reason}")]
    VerifierKey {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A signed note that cannot be read or is not signed by the trusted key.
    #[error("signed note: {reason}")]
    Note {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A signed note whose text is no checkpoint.
    #[error("checkpoint: {reason}")]
    Checkpoint {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A checkpoint of another log.
    #[error("checkpoint is of the log {found:?}, not of {expected:?}")]
    Origin {
        /// The origin asked for.
        expected: String,
        /// The origin found.
        found: String,
    },
    /// A proof that cannot be read, or does not prove what it should.
    #[error("proof: {reason}")]
    Proof {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A leaf or tree size beyond the log.
    #[error("the log holds {size} leaves and does not reach {asked}")]
    OutOfRange {
        /// The index or size asked for.
        asked: u64,
        /// The size of the log.
        size: u64,
    },
    /// A file of the log is not what it should be.
    #[error("{file} {fault}")]
    Damaged {
        /// The file, by its path below the log's directory.
        file: String,
        /// What is wrong with it.
        fault: Fault,
    },
    /// The log is shorter than it was at an earlier checkpoint.
    #[error("the log was rolled back: it holds {size} leaves, an earlier checkpoint {earlier}")]
    RolledBack {
        /// The size now.
        size: u64,
        /// The size at the earlier checkpoint.
        earlier: u64,
    },
    /// The log holds other leaves than at an earlier checkpoint.
    #[error("the log was forked: its first {earlier} leaves are not those of an earlier checkpoint")]
    Forked {
        /// The size at the earlier checkpoint.
        earlier: u64,
    },
}

/// What is wrong with a file of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It is not there.
    #[error("is missing")]
    Missing,
    /// It has not the size that its name promises.
    #[error("has {found} bytes, not {expected}")]
    Bytes {
        /// The size that its name promises.
        expected: usize,
        /// The size found.
        found: usize,
    },
    /// An entry is cut short, or bytes follow the last one.
    #[error("is torn at entry {entry}")]
    Torn {
        /// The index of the entry in the log.
        entry: u64,
    },
    /// An entry is no leaf.
    #[error("holds an entry {entry} that is not a leaf: {reason}")]
    Leaf {
        /// The index of the entry in the log.
        entry: u64,
        /// Why it is none.
        reason: BadLeaf,
    },
    /// An entry was changed: it does not hash to its place in the tree.
    #[error("holds an entry {entry} that is not the one logged")]
    Entry {
        /// The index of the entry in the log.
        entry: u64,
    },
    /// A hash was changed: it is not the hash of what lies below it.
    #[error("holds at place {place} a hash that is not of what lies below it")]
    Hash {
        /// The place of the hash in the tile.
        place: u64,
    },
    /// The tree has another root than the checkpoint signs.
    #[error("signs the root {signed}, the tree has {found}")]
    Root {
        /// The root that the checkpoint signs.
        signed: Hash,
        /// The root that the tree has.
        found: Hash,
    },
}

impl Error {
    /// Tells how to wrap what the operating system said.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    pub(crate) fn damaged(file: impl ToString, fault: Fault) -> Self {
        Self::Damaged { file: file.to_string(), fault }
    }
}
