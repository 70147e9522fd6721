//! The audit log: append-only, Merkle-hashed, signed, and checked by anyone who holds the log's public key.
//!
//! Nothing is said before it is logged (design invariant 7): the registry appends the [`Leaf`] of an event, and
//! [`Log::append`] returns when it is on the disk. A leaf holds the event's class, its time and a salted [`Commitment`] to
//! its body; bodies lie elsewhere and can be erased (消去), so that an append-only log and erasure do not fight.
//!
//! On the disk the log is what C2SP [tlog-tiles] describes, so that tools that others wrote can read it: entries in
//! `tile/entries/`, hashes by RFC 6962 in `tile/0/`, `tile/1/`, … and the signed head in [`checkpoint`][tlog-checkpoint], a
//! [signed note]. A release carries one [tlog-proof] text, which [`verify_inclusion`] checks without the log;
//! [`verify_dir`] is the auditor's check of the whole.
//!
//! Invariant: no clock, no randomness, no network; no patient value, only commitments. Files are touched nowhere but in
//! the log's directory. The same leaves give the same bytes on the disk, however they were split into appends.
//!
//! ```
//! use kiban_audit::{Commitment, Leaf, Log, NoteSigner, verify_dir, verify_inclusion};
//! use kiban_core::EventClass;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! let signer = NoteSigner::new("kiban.example/audit", &[7; 32])?;
//! let verifier = signer.verifier();
//! let (mut log, repair) = Log::open(dir.path(), signer)?;
//! assert!(repair.is_none());
//!
//! let leaf = Leaf::new(EventClass::Notice, "2026-04-01T09:00:00+09:00".parse()?, Commitment::of(&[1; 32], b"body"));
//! assert_eq!(log.append(&[leaf])?, 0..1);
//!
//! let proof = log.inclusion_proof(0, log.size())?.to_text(&log.checkpoint())?;
//! assert_eq!(verify_inclusion(&proof, &leaf, &verifier)?.index, 0);
//! assert_eq!(verify_dir(dir.path(), &verifier, None)?.checkpoint, log.checkpoint());
//! # Ok(())
//! # }
//! ```
//!
//! [tlog-tiles]: https://c2sp.org/tlog-tiles
//! [tlog-checkpoint]: https://c2sp.org/tlog-checkpoint
//! [signed note]: https://c2sp.org/signed-note
//! [tlog-proof]: https://c2sp.org/tlog-proof

#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub use checkpoint::Checkpoint;
pub use error::{Error, Fault};
pub use hash::Hash;
pub use leaf::{BadLeaf, Commitment, Leaf};
pub use log::Log;
pub use note::{NoteSigner, NoteVerifier};
pub use proof::{ConsistencyProof, Inclusion, InclusionProof, verify_inclusion};
pub use repair::Repair;
pub use verify::{Verified, verify_dir};

mod checkpoint;
mod disk;
mod error;
mod hash;
mod leaf;
mod log;
mod note;
mod proof;
mod repair;
mod tile;
mod tree;
mod verify;
