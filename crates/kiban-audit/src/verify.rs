//! The auditor's check of a whole directory.

use std::path::{Path, PathBuf};

use crate::disk::{CHECKPOINT, Disk};
use crate::repair;
use crate::tile::{Row, Tile, WIDTH};
use crate::tree::Edge;
use crate::{Checkpoint, Error, Fault, Hash, NoteVerifier};

/// How often a check begins again because the log grew under it.
const ATTEMPTS: usize = 5;

/// What [`verify_dir`] found to be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The checkpoint that every entry and every tile agrees with.
    pub checkpoint: Checkpoint,
    /// Files below `tile/` that the checkpoint does not name, such as an append left that did not come to its end. They
    /// are no part of the log.
    pub beyond: Vec<PathBuf>,
}

/// Recomputes a whole log from its entries and checks every tile, the checkpoint and its signature.
///
/// With an earlier checkpoint it also proves that since then the log was only added to. Reads only: it takes no lock and
/// may run beside the log's writer.
pub fn verify_dir(
    dir: impl AsRef<Path>,
    verifier: &NoteVerifier,
    earlier: Option<&Checkpoint>,
) -> Result<Verified, Error> {
    let disk = Disk::new(dir.as_ref());
    let mut note = read_note(&disk)?;
    for _ in 1..ATTEMPTS {
        let outcome = Checkpoint::parse(&note, verifier).and_then(|checkpoint| verify(&disk, checkpoint, earlier));
        let after = read_note(&disk)?;
        if outcome.is_ok() || after == note {
            return outcome;
        }
        note = after;
    }
    verify(&disk, Checkpoint::parse(&note, verifier)?, earlier)
}

fn read_note(disk: &Disk) -> Result<String, Error> {
    disk.checkpoint()?.ok_or_else(|| Error::damaged(CHECKPOINT, Fault::Missing))
}

fn verify(disk: &Disk, checkpoint: Checkpoint, earlier: Option<&Checkpoint>) -> Result<Verified, Error> {
    if let Some(earlier) = earlier {
        if earlier.origin() != checkpoint.origin() {
            let (expected, found) = (earlier.origin().to_owned(), checkpoint.origin().to_owned());
            return Err(Error::Origin { expected, found });
        }
        if earlier.size() > checkpoint.size() {
            return Err(Error::RolledBack { size: checkpoint.size(), earlier: earlier.size() });
        }
    }
    let replay = Replay::of(disk, checkpoint.size(), earlier.map(Checkpoint::size))?;
    replay.agrees(&checkpoint)?;
    if let Some(earlier) = earlier.filter(|earlier| replay.passed != Some(earlier.root())) {
        return Err(Error::Forked { earlier: earlier.size() });
    }
    let names = repair::files(disk)?.into_iter();
    let strange = names.filter(|name| !Tile::parse(name).is_some_and(|tile| tile.belongs(checkpoint.size())));
    Ok(Verified { beyond: strange.map(PathBuf::from).collect(), checkpoint })
}

/// The log built up anew from its entries, beside the tiles on the disk.
struct Replay {
    root: Hash,
    /// The root at the size of the earlier checkpoint.
    passed: Option<Hash>,
    /// The first hash on the disk that is not the one computed.
    doubt: Option<(Tile, u64)>,
}

impl Replay {
    fn of(disk: &Disk, size: u64, milestone: Option<u64>) -> Result<Self, Error> {
        let mut edge = Edge::default();
        let mut passed = (milestone == Some(0)).then(Hash::empty);
        let mut doubt = None;
        for bundle in Tile::all(Row::Entries, size) {
            for leaf in disk.leaves(bundle)? {
                edge.push(leaf.hash(), |tile, hashes| compare(disk, tile, hashes, &mut doubt))?;
                if milestone == Some(edge.size()) {
                    passed = Some(edge.root());
                }
            }
        }
        for level in 0..8 {
            if let Some(tile) = Tile::partial(Row::Hashes(level), size) {
                compare(disk, tile, edge.partial(level), &mut doubt)?;
            }
        }
        Ok(Self { root: edge.root(), passed, doubt })
    }

    /// Fails at the first thing that does not agree with the checkpoint, and says which it was: if the entries have the
    /// signed root, they are right and a tile is wrong.
    fn agrees(&self, checkpoint: &Checkpoint) -> Result<(), Error> {
        let signed = checkpoint.root();
        match self.doubt {
            None if self.root == signed => Ok(()),
            None => Err(Error::damaged(CHECKPOINT, Fault::Root { signed, found: self.root })),
            Some((Tile { row: Row::Hashes(0), index, width }, place)) if self.root != signed => {
                let bundle = Tile { row: Row::Entries, index, width };
                Err(Error::damaged(bundle, Fault::Entry { entry: index * WIDTH + place }))
            }
            Some((tile, place)) => Err(Error::damaged(tile, Fault::Hash { place })),
        }
    }
}

fn compare(disk: &Disk, tile: Tile, hashes: &[Hash], doubt: &mut Option<(Tile, u64)>) -> Result<(), Error> {
    let found = disk.hashes(tile)?;
    if let (None, Some(place)) = (&doubt, hashes.iter().zip(&found).position(|(right, found)| right != found)) {
        *doubt = Some((tile, place as u64));
    }
    Ok(())
}
