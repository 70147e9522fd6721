//! The log's directory: every write is durable before it counts.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;

use crate::hash::Hash;
use crate::tile::{Row, Tile};
use crate::{Error, Fault, Leaf};

pub(crate) const CHECKPOINT: &str = "checkpoint";
pub(crate) const CHECKPOINT_DRAFT: &str = "checkpoint.tmp";
pub(crate) const LOCK: &str = "lock";

/// Files that wait for the disk at the same time: a disk serves many flushes together about as fast as one.
const FLUSHES: usize = 32;

/// The bytes of an entry in a bundle: its length before it.
pub(crate) const FRAMED: usize = 2 + Leaf::SIZE;

/// A log's directory.
#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    #[cfg(test)]
    pub(crate) fuse: fuse::Fuse,
}

impl Disk {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            #[cfg(test)]
            fuse: fuse::Fuse::default(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, name: impl ToString) -> PathBuf {
        self.root.join(name.to_string())
    }

    /// Keeps other writers away for as long as the file is open.
    pub(crate) fn lock(&self) -> Result<File, Error> {
        let path = self.path(LOCK);
        let file = File::options().create(true).append(true).open(&path).map_err(Error::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { dir: self.root.clone() }),
            Err(TryLockError::Error(source)) => Err(Error::io("lock", &path)(source)),
        }
    }

    /// Reads a file; `None` if there is none.
    pub(crate) fn read(&self, name: impl ToString) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::io("read", &path)(source)),
        }
    }

    /// Reads the note of the checkpoint.
    pub(crate) fn checkpoint(&self) -> Result<Option<String>, Error> {
        let note = self.read(CHECKPOINT)?.map(String::from_utf8).transpose();
        note.map_err(|_| Error::Note { reason: "is not UTF-8" })
    }

    /// Reads a tile of hashes, which has the size that its name promises.
    pub(crate) fn hashes(&self, tile: Tile) -> Result<Vec<Hash>, Error> {
        let bytes = self.read(tile)?.ok_or_else(|| Error::damaged(tile, Fault::Missing))?;
        let expected = usize::try_from(tile.width).unwrap_or(usize::MAX).saturating_mul(Hash::SIZE);
        if bytes.len() != expected {
            return Err(Error::damaged(tile, Fault::Bytes { expected, found: bytes.len() }));
        }
        Ok(Hash::all(&bytes))
    }

    /// Reads a bundle of entries, which holds as many leaves as its name promises.
    pub(crate) fn leaves(&self, tile: Tile) -> Result<Vec<Leaf>, Error> {
        let bytes = self.read(tile)?.ok_or_else(|| Error::damaged(tile, Fault::Missing))?;
        let mut rest = bytes.as_slice();
        let mut leaves = Vec::new();
        for entry in tile.start()..tile.start() + tile.width {
            let (bytes, after) = next_entry(rest).ok_or_else(|| Error::damaged(tile, Fault::Torn { entry }))?;
            let leaf = Leaf::decode(bytes);
            leaves.push(leaf.map_err(|reason| Error::damaged(tile, Fault::Leaf { entry, reason }))?);
            rest = after;
        }
        if rest.is_empty() {
            return Ok(leaves);
        }
        Err(Error::damaged(tile, Fault::Torn { entry: tile.start() + tile.width }))
    }

    /// Puts `bytes` in the place of a file so that a reader, or one who comes after a crash, finds the old or the new.
    pub(crate) fn replace(&self, name: &str, draft: &str, bytes: &[u8]) -> Result<(), Error> {
        let (path, draft) = (self.path(name), self.path(draft));
        self.write(&draft, bytes)?;
        self.step("rename", &draft)?;
        fs::rename(&draft, &path).map_err(Error::io("rename", &draft))?;
        self.sync_dir(&self.root)
    }

    pub(crate) fn remove(&self, path: &Path) -> Result<(), Error> {
        self.step("remove", path)?;
        fs::remove_file(path).map_err(Error::io("remove", path))
    }

    /// Removes a partial tile that a wider one has taken the place of, and its directory if that is now empty.
    pub(crate) fn remove_tile(&self, tile: Tile) -> Result<(), Error> {
        let path = self.path(tile);
        self.remove(&path)?;
        // A directory that is not empty stays, which is as it should be.
        path.parent().map_or(Ok(()), fs::remove_dir).or(Ok(()))
    }

    /// Writes a file and waits until it is on the disk; its name is not until its directory is.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let mut file = File::create(path).map_err(Error::io("create", path))?;
        self.tear(&mut file, bytes);
        self.step("write", path)?;
        file.write_all(bytes).map_err(Error::io("write", path))?;
        file.sync_all().map_err(Error::io("flush", path))
    }

    fn sync_dir(&self, path: &Path) -> Result<(), Error> {
        self.step("flush", path)?;
        File::open(path).and_then(|dir| dir.sync_all()).map_err(Error::io("flush", path))
    }

    /// Makes the name of the log's own directory durable.
    pub(crate) fn sync_parent(&self) -> Result<(), Error> {
        match self.root.canonicalize().map_err(Error::io("find", &self.root))?.parent() {
            Some(parent) => self.sync_dir(parent),
            None => Ok(()),
        }
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "tests stop the disk here")]
    fn step(&self, _action: &'static str, _path: &Path) -> Result<(), Error> {
        Ok(())
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "tests leave half a file behind here")]
    fn tear(&self, _file: &mut File, _bytes: &[u8]) {}
}

/// Takes the next length-prefixed entry off a bundle.
pub(crate) fn next_entry(bundle: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bundle.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// New tiles on their way to the disk, a bounded number at a time.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    disk: &'a Disk,
    waiting: Vec<(PathBuf, Vec<u8>)>,
    dirs: BTreeSet<PathBuf>,
}

impl<'a> Batch<'a> {
    const WAITING: usize = 256;

    pub(crate) fn new(disk: &'a Disk) -> Self {
        Self { disk, waiting: Vec::new(), dirs: BTreeSet::new() }
    }

    pub(crate) fn bundle(&mut self, index: u64, bytes: &[u8]) -> Result<(), Error> {
        let width = (bytes.len() / FRAMED) as u64;
        self.add(Tile { row: Row::Entries, index, width }, bytes.to_vec())
    }

    pub(crate) fn hashes(&mut self, tile: Tile, hashes: &[Hash]) -> Result<(), Error> {
        self.add(tile, hashes.iter().flat_map(Hash::as_bytes).copied().collect())
    }

    fn add(&mut self, tile: Tile, bytes: Vec<u8>) -> Result<(), Error> {
        let path = self.disk.path(tile);
        if let Some(dir) = path.parent() {
            self.make(dir)?;
        }
        self.waiting.push((path, bytes));
        if self.waiting.len() < Self::WAITING { Ok(()) } else { self.flush() }
    }

    /// Makes a directory and notes every one on the way to it, for one that a crash left may have no durable name yet.
    fn make(&mut self, dir: &Path) -> Result<(), Error> {
        if self.dirs.contains(dir) {
            return Ok(());
        }
        fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
        let way = dir.ancestors().take_while(|dir| dir.starts_with(&self.disk.root));
        self.dirs.extend(way.map(Path::to_owned));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        let files = std::mem::take(&mut self.waiting);
        let lane = files.len().div_ceil(FLUSHES).max(1);
        thread::scope(|scope| {
            let write =
                |lane: &[(PathBuf, Vec<u8>)]| lane.iter().try_for_each(|(path, bytes)| self.disk.write(path, bytes));
            let lanes = files.chunks(lane).map(|lane| scope.spawn(move || write(lane))).collect::<Vec<_>>();
            let mut outcome = Ok(());
            for lane in lanes {
                outcome = outcome.and(lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            outcome
        })
    }

    /// Waits until every file and every name is on the disk.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        self.flush()?;
        self.dirs.iter().try_for_each(|dir| self.disk.sync_dir(dir))
    }
}

/// A disk that gives up after a number of steps, as at a crash.
#[cfg(test)]
pub(crate) mod fuse {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::{Disk, Error, File, Path, io};

    #[derive(Debug)]
    pub(crate) struct Fuse(AtomicI64);

    impl Default for Fuse {
        fn default() -> Self {
            Self(AtomicI64::new(i64::MAX))
        }
    }

    impl Fuse {
        pub(crate) fn burn_after(&self, steps: i64) {
            self.0.store(steps, Ordering::SeqCst);
        }

        pub(crate) fn has_burnt(&self) -> bool {
            self.0.load(Ordering::SeqCst) < 0
        }
    }

    impl Disk {
        pub(super) fn step(&self, action: &'static str, path: &Path) -> Result<(), Error> {
            if self.fuse.0.fetch_sub(1, Ordering::SeqCst) > 0 {
                return Ok(());
            }
            Err(Error::io(action, path)(io::Error::other("the fuse burnt")))
        }

        pub(super) fn tear(&self, file: &mut File, bytes: &[u8]) {
            use std::io::Write as _;
            if self.fuse.0.load(Ordering::SeqCst) <= 0 {
                let _half = file.write(bytes.split_at(bytes.len() / 2).0);
            }
        }
    }
}
