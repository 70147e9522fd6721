//! What a crash left behind, and how it is cleared away.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::disk::{CHECKPOINT_DRAFT, Disk, next_entry};
use crate::tile::{Row, Tile};
use crate::{Error, Leaf};

/// Where the torn end of the log is kept; each repair has a numbered directory in it.
pub(crate) const TORN: &str = "torn";

/// What [`Log::open`](crate::Log::open) cleared away after a write that did not come to its end.
///
/// Nothing that was acknowledged is ever among it, unless someone put an older checkpoint in the place of the last one.
/// Because that looks the same, what is cut is not thrown away but kept in `torn/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// The size of the log as its checkpoint has it.
    pub size: u64,
    /// Whole leaves that were written but never acknowledged, and are cut.
    pub leaves: u64,
    /// Bytes that were cut, the leaves' tiles and half-written files included.
    pub bytes: u64,
    /// Where what was cut is kept, if anything was.
    pub kept: Option<PathBuf>,
    /// Partial tiles removed because wider ones had taken their place: the last step of an append that was acknowledged
    /// or about to be.
    pub superseded: u64,
}

/// Clears away every file that the checkpoint over `size` leaves does not name.
pub(crate) fn clear(disk: &Disk, size: u64) -> Result<Option<Repair>, Error> {
    let mut torn = Vec::new();
    let mut superseded = 0;
    for name in files(disk)? {
        match Tile::parse(&name) {
            Some(tile) if tile.belongs(size) => {}
            Some(tile) if tile.within(size) => {
                disk.remove_tile(tile)?;
                superseded += 1;
            }
            Some(_) => torn.push(name),
            // Not a name that the log gives: not the log's to touch.
            None => {}
        }
    }
    if disk.path(CHECKPOINT_DRAFT).exists() {
        torn.push(CHECKPOINT_DRAFT.to_owned());
    }
    if torn.is_empty() && superseded == 0 {
        return Ok(None);
    }
    let leaves = count_leaves(disk, &torn, size)?;
    let (bytes, kept) = keep(disk, &torn)?;
    Ok(Some(Repair { size, leaves, bytes, kept, superseded }))
}

/// The files below `tile/`, by their paths below the log's directory, sorted.
pub(crate) fn files(disk: &Disk) -> Result<Vec<String>, Error> {
    let mut dirs = vec!["tile".to_owned()];
    let mut files = Vec::new();
    while let Some(dir) = dirs.pop() {
        let path = disk.path(&dir);
        if !path.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&path).map_err(Error::io("list", &path))? {
            let entry = entry.map_err(Error::io("list", &path))?;
            let name = format!("{dir}/{}", entry.file_name().to_string_lossy());
            let list = if entry.path().is_dir() { &mut dirs } else { &mut files };
            list.push(name);
        }
    }
    files.sort();
    Ok(files)
}

/// How many whole leaves lie in torn bundles beyond the checkpoint.
fn count_leaves(disk: &Disk, torn: &[String], size: u64) -> Result<u64, Error> {
    // A bundle may lie there both partial and full; its leaves count once.
    let mut most = BTreeMap::<u64, u64>::new();
    for tile in torn.iter().filter_map(|name| Tile::parse(name)).filter(|tile| tile.row == Row::Entries) {
        let bytes = disk.read(tile)?.unwrap_or_default();
        let entries = std::iter::successors(next_entry(&bytes), |(_, rest)| next_entry(rest));
        let whole = entries.take_while(|(entry, _)| Leaf::decode(entry).is_ok()).count() as u64;
        let beyond = (tile.start() + whole).saturating_sub(size.max(tile.start()));
        let leaves = most.entry(tile.index).or_default();
        *leaves = beyond.max(*leaves);
    }
    Ok(most.into_values().sum())
}

/// Moves torn files aside; returns how many bytes they hold and where they are.
fn keep(disk: &Disk, torn: &[String]) -> Result<(u64, Option<PathBuf>), Error> {
    if torn.is_empty() {
        return Ok((0, None));
    }
    let mut number = 0_u64;
    while disk.path(format!("{TORN}/{number}")).exists() {
        number += 1;
    }
    let kept = PathBuf::from(format!("{TORN}/{number}"));
    let mut bytes = 0;
    for name in torn {
        let (from, to) = (disk.path(name), disk.root().join(&kept).join(name));
        bytes += fs::metadata(&from).map_err(Error::io("read", &from))?.len();
        move_file(&from, &to)?;
    }
    Ok((bytes, Some(kept)))
}

fn move_file(from: &Path, to: &Path) -> Result<(), Error> {
    if let Some(dir) = to.parent() {
        fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
    }
    fs::rename(from, to).map_err(Error::io("move", from))?;
    // Directories that are now empty go too, up to the first that is not.
    for dir in from.ancestors().skip(1) {
        if fs::remove_dir(dir).is_err() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use jiff::Timestamp;
    use kiban_core::EventClass;

    use crate::{Commitment, Error, Hash, Leaf, Log, NoteSigner, verify_dir};

    fn signer() -> NoteSigner {
        NoteSigner::new("kiban.example/audit", &[42; 32]).unwrap()
    }

    /// A directory in memory where there is such a place, so that flushing costs nothing.
    fn scratch() -> tempfile::TempDir {
        tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
    }

    fn leaves(numbers: std::ops::Range<u64>) -> Vec<Leaf> {
        let commitment = |number: u64| Commitment::from_bytes(*Hash::leaf(&number.to_be_bytes()).as_bytes());
        numbers.map(|number| Leaf::new(EventClass::Notice, Timestamp::UNIX_EPOCH, commitment(number))).collect()
    }

    /// Stops the disk at every step of an append in turn, and opens the log again each time.
    fn crash_everywhere(old: u64, new: u64) {
        let mut outcomes = [0; 2];
        for steps in 0.. {
            let dir = scratch();
            let mut log = Log::open(dir.path(), signer()).unwrap().0;
            log.append(&leaves(0..old)).unwrap();
            let acknowledged = log.checkpoint();
            log.disk().fuse.burn_after(steps);
            let outcome = log.append(&leaves(old..new));
            if outcome.is_err() {
                assert!(matches!(log.append(&leaves(old..new)), Err(Error::Halted)));
            }
            let whole = !log.disk().fuse.has_burnt();
            drop(log);

            let (mut log, repair) = Log::open(dir.path(), signer()).unwrap();
            let size = log.size();
            assert!(size == new || outcome.is_err() && size == old, "{size} after {steps} steps");
            outcomes[usize::from(size == new)] += 1;
            assert!(log.leaves(0..u64::MAX).map(Result::unwrap).eq(leaves(0..size)));
            let verified = verify_dir(dir.path(), &signer().verifier(), Some(&acknowledged)).unwrap();
            assert!(verified.beyond.is_empty(), "{:?}", verified.beyond);
            if let Some(kept) = repair.and_then(|repair| repair.kept) {
                assert!(dir.path().join(kept).is_dir());
            }
            assert!(Log::open(dir.path(), signer()).is_err_and(|error| matches!(error, Error::Locked { .. })));
            log.append(&leaves(size..new)).unwrap();
            drop(log);

            let (log, repair) = Log::open(dir.path(), signer()).unwrap();
            assert_eq!((log.size(), repair), (new, None));
            verify_dir(dir.path(), &signer().verifier(), Some(&acknowledged)).unwrap();
            if whole {
                break;
            }
        }
        assert!(outcomes.iter().all(|count| *count > 1), "{outcomes:?}");
    }

    #[test]
    fn a_crash_at_any_step_of_the_first_append_loses_nothing() {
        crash_everywhere(0, 3);
    }

    #[test]
    fn a_crash_at_any_step_within_a_tile_loses_nothing() {
        crash_everywhere(5, 9);
    }

    #[test]
    fn a_crash_at_any_step_across_tiles_loses_nothing() {
        crash_everywhere(254, 520);
    }
}
