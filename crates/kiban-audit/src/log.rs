//! The log as its one writer has it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::ops::Range;
use std::path::Path;

use crate::disk::{Batch, CHECKPOINT, CHECKPOINT_DRAFT, Disk, FRAMED, LOCK};
use crate::proof::{ConsistencyProof, InclusionProof};
use crate::repair::{self, Repair};
use crate::tile::{Row, Tile, WIDTH};
use crate::tree::{Edge, Subtrees, consistency_path, inclusion_path, root_over};
use crate::{Checkpoint, Error, Fault, Hash, Leaf, NoteSigner};

/// An append-only log in a directory of a local disk, open for its one writer.
///
/// An append writes only files with names that no checkpoint has used yet, waits until they and their directories are
/// on the disk, and then puts the new checkpoint in the place of the old one by renaming. So at any instant of a crash the
/// checkpoint on the disk names a whole log, and what it does not name is cleared away by the next [`open`](Self::open).
#[derive(Debug)]
pub struct Log {
    disk: Disk,
    signer: NoteSigner,
    checkpoint: Checkpoint,
    edge: Edge,
    /// The entry bundle that is not full yet.
    tail: Vec<u8>,
    state: State,
    _lock: File,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Sound,
    /// An append failed: what is on the disk may be older or newer than what is in memory.
    Halted,
}

impl Log {
    /// Opens the log in a directory, or begins one there if the directory is empty or missing.
    ///
    /// Clears away what an append left that did not come to its end, and says what it was.
    pub fn open(dir: impl AsRef<Path>, signer: NoteSigner) -> Result<(Self, Option<Repair>), Error> {
        let dir = dir.as_ref();
        fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
        let disk = Disk::new(dir);
        let lock = disk.lock()?;
        let note = match disk.checkpoint()? {
            Some(note) => note,
            None => begin(&disk, &signer)?,
        };
        let checkpoint = Checkpoint::parse(&note, &signer.verifier())?;
        let repair = repair::clear(&disk, checkpoint.size())?;
        let edge = read_edge(&disk, checkpoint.size())?;
        if edge.root() != checkpoint.root() {
            let fault = Fault::Root { signed: checkpoint.root(), found: edge.root() };
            return Err(Error::damaged(CHECKPOINT, fault));
        }
        let mut log = Self { disk, signer, checkpoint, edge, tail: Vec::new(), state: State::Sound, _lock: lock };
        if let Some(tile) = Tile::partial(Row::Entries, log.size()) {
            log.tail = log.bundle(tile)?.iter().flat_map(framed).collect();
        }
        Ok((log, repair))
    }

    /// Returns the number of leaves.
    pub const fn size(&self) -> u64 {
        self.checkpoint.size()
    }

    /// Returns the root of the tree.
    pub const fn root(&self) -> Hash {
        self.checkpoint.root()
    }

    /// Returns the last checkpoint.
    pub fn checkpoint(&self) -> Checkpoint {
        self.checkpoint.clone()
    }

    /// Adds leaves at the end and returns their indices; all are on the disk when it returns.
    ///
    /// After an error the leaves are in the log either all or not at all, and which of the two only the disk knows: the
    /// log takes no more until it is opened anew.
    pub fn append(&mut self, leaves: &[Leaf]) -> Result<Range<u64>, Error> {
        if self.state == State::Halted {
            return Err(Error::Halted);
        }
        let old = self.size();
        if leaves.is_empty() {
            return Ok(old..old);
        }
        self.state = State::Halted;
        let (edge, tail) = self.write_tiles(leaves)?;
        let checkpoint = Checkpoint::sign(&self.signer, edge.size(), edge.root());
        self.disk.replace(CHECKPOINT, CHECKPOINT_DRAFT, checkpoint.as_str().as_bytes())?;
        (self.checkpoint, self.edge, self.tail, self.state) = (checkpoint, edge, tail, State::Sound);
        self.remove_superseded(old);
        Ok(old..self.size())
    }

    /// Writes the tiles that the leaves fill or widen.
    fn write_tiles(&self, leaves: &[Leaf]) -> Result<(Edge, Vec<u8>), Error> {
        let (mut edge, mut tail) = (self.edge.clone(), self.tail.clone());
        let mut batch = Batch::new(&self.disk);
        for leaf in leaves {
            tail.extend(framed(leaf));
            edge.push(leaf.hash(), |tile, hashes| {
                if tile.row == Row::Hashes(0) {
                    batch.bundle(tile.index, &tail)?;
                    tail.clear();
                }
                batch.hashes(tile, hashes)
            })?;
        }
        for tile in Row::of(edge.size()).filter_map(|row| Tile::partial(row, edge.size())) {
            match tile.row {
                _ if tile.belongs(self.size()) => {}
                Row::Entries => batch.bundle(tile.index, &tail)?,
                Row::Hashes(level) => batch.hashes(tile, edge.partial(level))?,
            }
        }
        batch.finish()?;
        Ok((edge, tail))
    }

    /// Removes the partial tiles of the last checkpoint that wider ones have taken the place of.
    ///
    /// C2SP tlog-tiles asks a server to keep giving them out; it can, for they are the first bytes of the wider ones.
    fn remove_superseded(&self, old: u64) {
        for tile in Row::of(old).filter_map(|row| Tile::partial(row, old)).filter(|tile| !tile.belongs(self.size())) {
            // The append has come to its end already; what stays behind is removed when the log is next opened.
            let _left_behind = self.disk.remove_tile(tile);
        }
    }

    /// Returns a leaf.
    pub fn leaf(&self, index: u64) -> Result<Leaf, Error> {
        let out_of_range = Error::OutOfRange { asked: index, size: self.size() };
        self.leaves(index..index.saturating_add(1)).next().unwrap_or(Err(out_of_range))
    }

    /// Returns the leaves of a range as far as the log reaches, reading one bundle at a time.
    pub fn leaves(&self, range: Range<u64>) -> impl Iterator<Item = Result<Leaf, Error>> {
        let range = range.start..range.end.min(self.size());
        let tiles = range.start / WIDTH..if range.is_empty() { 0 } else { range.end.div_ceil(WIDTH) };
        let tiles = tiles.filter_map(|index| Tile::at(Row::Entries, index, self.size()));
        tiles.flat_map(move |tile| {
            let (leaves, failure) = match self.bundle(tile) {
                Ok(leaves) => (leaves, None),
                Err(failure) => (Vec::new(), Some(Err(failure))),
            };
            let asked = (tile.start()..).zip(leaves).filter({
                let range = range.clone();
                move |(index, _)| range.contains(index)
            });
            failure.into_iter().chain(asked.map(|(_, leaf)| Ok(leaf)))
        })
    }

    /// Reads a bundle and checks that its leaves hash to their places in the tree.
    fn bundle(&self, tile: Tile) -> Result<Vec<Leaf>, Error> {
        let leaves = self.disk.leaves(tile)?;
        let hashes = self.disk.hashes(Tile { row: Row::Hashes(0), ..tile })?;
        for ((entry, leaf), hash) in (tile.start()..).zip(&leaves).zip(hashes) {
            if leaf.hash() != hash {
                return Err(Error::damaged(tile, Fault::Entry { entry }));
            }
        }
        Ok(leaves)
    }

    /// Proves that a leaf stands at its index in the tree over the first `size` leaves.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<InclusionProof, Error> {
        self.reach(size)?;
        if index >= size {
            return Err(Error::OutOfRange { asked: index, size });
        }
        let mut tiles = Tiles::new(self);
        let path = inclusion_path(&mut tiles, index, size)?;
        let proof = InclusionProof { index, size, path };
        // A damaged tile must not become a proof that convinces nobody.
        proof.verify(tiles.subtree(0, index)?, root_over(&mut tiles, 0, size)?)?;
        Ok(proof)
    }

    /// Proves that the tree over `new` leaves only adds to the tree over `old` leaves.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<ConsistencyProof, Error> {
        self.reach(new)?;
        if old > new {
            return Err(Error::OutOfRange { asked: old, size: new });
        }
        let path = if old == 0 { Vec::new() } else { consistency_path(&mut Tiles::new(self), old, new)? };
        Ok(ConsistencyProof { old, new, path })
    }

    #[cfg(test)]
    pub(crate) const fn disk(&self) -> &Disk {
        &self.disk
    }

    fn reach(&self, asked: u64) -> Result<(), Error> {
        if asked > self.size() { Err(Error::OutOfRange { asked, size: self.size() }) } else { Ok(()) }
    }
}

/// Begins a log: a directory with the checkpoint of the empty tree.
fn begin(disk: &Disk, signer: &NoteSigner) -> Result<String, Error> {
    for entry in fs::read_dir(disk.root()).map_err(Error::io("list", disk.root()))? {
        let name = entry.map_err(Error::io("list", disk.root()))?.file_name();
        if name != LOCK && name != CHECKPOINT_DRAFT {
            return Err(Error::NoCheckpoint { dir: disk.root().to_owned() });
        }
    }
    let checkpoint = Checkpoint::sign(signer, 0, Hash::empty());
    disk.replace(CHECKPOINT, CHECKPOINT_DRAFT, checkpoint.as_str().as_bytes())?;
    disk.sync_parent()?;
    Ok(checkpoint.to_string())
}

fn framed(leaf: &Leaf) -> [u8; FRAMED] {
    let mut bytes = [0; FRAMED];
    let length = u16::try_from(Leaf::SIZE).unwrap_or(u16::MAX).to_be_bytes();
    for (byte, value) in bytes.iter_mut().zip(length.into_iter().chain(leaf.encode())) {
        *byte = value;
    }
    bytes
}

fn read_edge(disk: &Disk, size: u64) -> Result<Edge, Error> {
    let mut levels = Vec::new();
    for row in Row::of(size).filter(|row| *row != Row::Entries) {
        levels.push(Tile::partial(row, size).map_or(Ok(Vec::new()), |tile| disk.hashes(tile))?);
    }
    Ok(Edge::resume(size, levels))
}

/// The tiles read for one proof.
struct Tiles<'a> {
    log: &'a Log,
    read: BTreeMap<Tile, Vec<Hash>>,
}

impl<'a> Tiles<'a> {
    fn new(log: &'a Log) -> Self {
        Self { log, read: BTreeMap::new() }
    }
}

impl Subtrees for Tiles<'_> {
    fn subtree(&mut self, height: u32, index: u64) -> Result<Hash, Error> {
        let size = self.log.size();
        let first = index << (height % 8);
        let row = Row::Hashes(u8::try_from(height / 8).unwrap_or(u8::MAX));
        let beyond = || Error::OutOfRange { asked: index << height, size };
        let tile = Tile::at(row, first / WIDTH, size).ok_or_else(beyond)?;
        if !self.read.contains_key(&tile) {
            self.read.insert(tile, self.log.disk.hashes(tile)?);
        }
        let start = usize::try_from(first % WIDTH).unwrap_or(usize::MAX);
        let hashes = self.read.get(&tile).and_then(|hashes| hashes.get(start..)?.get(..1 << (height % 8)));
        hashes.and_then(Hash::over).ok_or_else(beyond)
    }
}
