//! Names of tiles: C2SP tlog-tiles, "Merkle Tree" and "Log entries".

use std::fmt;

/// How many hashes or entries fill a tile.
pub(crate) const WIDTH: u64 = 256;

/// One row of tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Row {
    /// The entries themselves.
    Entries,
    /// Hashes of subtrees of 256^level leaves.
    Hashes(u8),
}

impl Row {
    /// Every row that a log of this size has.
    pub(crate) fn of(size: u64) -> impl Iterator<Item = Self> {
        let levels = (0..8).map(Self::Hashes).take_while(move |row| row.filled(size) > 0);
        [Self::Entries].into_iter().filter(move |_| size > 0).chain(levels)
    }

    /// How many hashes or entries the row holds in a log of this size.
    pub(crate) fn filled(self, size: u64) -> u64 {
        match self {
            Self::Entries => size,
            Self::Hashes(level) => size.checked_shr(8 * u32::from(level)).unwrap_or(0),
        }
    }
}

/// A tile: its row, its place in the row and how far it is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tile {
    pub(crate) row: Row,
    pub(crate) index: u64,
    pub(crate) width: u64,
}

impl Tile {
    /// The tile at a place of a log of this size, if the log reaches there.
    pub(crate) fn at(row: Row, index: u64, size: u64) -> Option<Self> {
        let start = index.checked_mul(WIDTH)?;
        let width = row.filled(size).checked_sub(start)?.min(WIDTH);
        (width > 0).then_some(Self { row, index, width })
    }

    /// The last tile of a row, if it is partly filled.
    pub(crate) fn partial(row: Row, size: u64) -> Option<Self> {
        Self::at(row, row.filled(size) / WIDTH, size)
    }

    /// Every tile of a row in a log of this size, from left to right.
    pub(crate) fn all(row: Row, size: u64) -> impl Iterator<Item = Self> {
        (0..row.filled(size).div_ceil(WIDTH)).filter_map(move |index| Self::at(row, index, size))
    }

    /// The place in the row of the tile's first hash or entry.
    pub(crate) const fn start(self) -> u64 {
        self.index * WIDTH
    }

    /// Says whether a log of this size names the tile as it is.
    pub(crate) fn belongs(self, size: u64) -> bool {
        Self::at(self.row, self.index, size) == Some(self)
    }

    /// Says whether all that the tile holds lies within a log of this size.
    pub(crate) fn within(self, size: u64) -> bool {
        Self::at(self.row, self.index, size).is_some_and(|tile| self.width <= tile.width)
    }

    /// Reads the path of a tile below the log's directory.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let (full, width) = match path.split_once(".p/") {
            Some((full, width)) => (full, width.parse().ok()?),
            None => (path, WIDTH),
        };
        let (row, digits) = full.strip_prefix("tile/")?.split_once('/')?;
        let row = match row {
            "entries" => Row::Entries,
            level => Row::Hashes(level.parse().ok()?),
        };
        let index = digits.replace(['x', '/'], "").parse().ok()?;
        let tile = Self { row, index, width };
        // The one written form of a path is the canonical one; all else that happens to parse is no tile.
        (index <= u64::MAX / WIDTH && (1..=WIDTH).contains(&width) && tile.to_string() == path).then_some(tile)
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Row::Entries => f.write_str("tile/entries")?,
            Row::Hashes(level) => write!(f, "tile/{level}")?,
        }
        let mut group = 1;
        while self.index / group >= 1000 {
            group *= 1000;
        }
        while group > 1 {
            write!(f, "/x{:03}", self.index / group % 1000)?;
            group /= 1000;
        }
        write!(f, "/{:03}", self.index % 1000)?;
        if self.width < WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let path = |row, index, width| Tile { row, index, width }.to_string();
        assert_eq!(path(Row::Entries, 0, 256), "tile/entries/000");
        assert_eq!(path(Row::Hashes(0), 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(path(Row::Hashes(1), 1000, 8), "tile/1/x001/000.p/8");
    }

    #[test]
    fn the_example_of_the_specification_has_its_tiles() {
        let tiles = |size, row| Tile::all(row, size).map(|tile| tile.width).collect::<Vec<_>>();
        let zero = tiles(70_000, Row::Hashes(0));
        assert_eq!((zero.len(), zero[272], zero[273]), (274, 256, 112));
        assert_eq!(tiles(70_000, Row::Hashes(1)), [256, 17]);
        assert_eq!(tiles(70_000, Row::Hashes(2)), [1]);
        assert_eq!(Row::of(70_000).count(), 4);
        assert_eq!(tiles(256, Row::Hashes(0)), [256]);
        assert_eq!(tiles(256, Row::Hashes(1)), [1]);
        assert_eq!(Row::of(0).count(), 0);
    }

    #[test]
    fn what_is_not_written_so_is_no_tile() {
        for path in [
            "tile/0/1",
            "tile/00/001",
            "tile/0/x000/001",
            "tile/0/001.p/0",
            "tile/0/001.p/256",
            "tile/0/001.p/07",
            "tile/0/001.tmp",
            "tile/entries",
            "checkpoint",
            "tile/0/x001/x1/000",
        ] {
            assert_eq!(Tile::parse(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn paths_come_back(level in 0_u8..8, index in 0_u64..=u64::MAX / WIDTH, width in 1..=WIDTH, entries: bool) {
            let row = if entries { Row::Entries } else { Row::Hashes(level) };
            let tile = Tile { row, index, width };
            prop_assert_eq!(Tile::parse(&tile.to_string()), Some(tile));
        }
    }
}
