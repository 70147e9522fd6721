//! The growing tree and the proofs it gives (RFC 6962 section 2.1).

use crate::tile::{Row, Tile, WIDTH};
use crate::{Error, Hash};

/// The right edge of a growing tree: of every level the hashes that do not fill a tile yet.
///
/// At most 255 hashes for each of eight levels, however long the log is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// Takes up an edge where it was left; `levels` are the partial tiles of a log of this size.
    pub(crate) fn resume(size: u64, levels: Vec<Vec<Hash>>) -> Self {
        Self { size, levels }
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf; hands every tile that it fills to `full`, lowest level first.
    pub(crate) fn push<E>(
        &mut self,
        leaf: Hash,
        mut full: impl FnMut(Tile, &[Hash]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.size += 1;
        let mut carry = Some(leaf);
        for level in 0_u8.. {
            let Some(hash) = carry.take() else { break };
            if self.levels.len() <= usize::from(level) {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(usize::from(level)) else { break };
            hashes.push(hash);
            let row = Row::Hashes(level);
            if hashes.len() as u64 == WIDTH {
                full(Tile { row, index: row.filled(self.size) / WIDTH - 1, width: WIDTH }, hashes)?;
                carry = Hash::over(hashes);
                hashes.clear();
            }
        }
        Ok(())
    }

    /// The hashes of the partly filled tile of a level.
    pub(crate) fn partial(&self, level: u8) -> &[Hash] {
        self.levels.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }

    /// The root of the tree as it stands.
    pub(crate) fn root(&self) -> Hash {
        let mut root = None;
        for hashes in &self.levels {
            let mut rest = hashes.as_slice();
            while !rest.is_empty() {
                // The smallest complete subtree at the right end.
                let (before, block) = rest.split_at(rest.len() - (1 << rest.len().trailing_zeros()));
                root = match (Hash::over(block), root) {
                    (Some(left), Some(right)) => Some(Hash::node(left, right)),
                    (left, right) => left.or(right),
                };
                rest = before;
            }
        }
        root.unwrap_or_else(Hash::empty)
    }
}

/// Gives the hashes of complete subtrees.
pub(crate) trait Subtrees {
    /// Returns the hash over the leaves `index << height .. (index + 1) << height`.
    fn subtree(&mut self, height: u32, index: u64) -> Result<Hash, Error>;
}

/// Returns the root over the leaves `start..end`, where `start` is a left edge of the tree over `end` leaves.
pub(crate) fn root_over(trees: &mut impl Subtrees, start: u64, end: u64) -> Result<Hash, Error> {
    let mut blocks = Vec::new();
    let mut at = start;
    while at < end {
        let height = (end - at).ilog2().min(at.trailing_zeros());
        blocks.push(trees.subtree(height, at >> height)?);
        at += 1 << height;
    }
    Ok(blocks.into_iter().rev().reduce(|right, left| Hash::node(left, right)).unwrap_or_else(Hash::empty))
}

/// Returns PATH(index, D\[size\]): from the sibling of the leaf up to the child of the root.
pub(crate) fn inclusion_path(trees: &mut impl Subtrees, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(root_over(trees, middle, end)?);
            end = middle;
        } else {
            path.push(root_over(trees, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Returns PROOF(old, D\[new\]) for `0 < old <= new`.
pub(crate) fn consistency_path(trees: &mut impl Subtrees, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
    let (mut start, mut end) = (0, new);
    let mut path = Vec::new();
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            path.push(root_over(trees, middle, end)?);
            end = middle;
        } else {
            path.push(root_over(trees, start, middle)?);
            start = middle;
        }
    }
    if start > 0 {
        path.push(root_over(trees, start, end)?);
    }
    path.reverse();
    Ok(path)
}

/// The largest power of two smaller than `count`, which is at least two.
const fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A tree held in memory, hashed by the words of RFC 6962 section 2.1.
    pub(crate) struct Words(pub(crate) Vec<Hash>);

    impl Words {
        pub(crate) fn count(size: u64) -> Self {
            Self((0..size).map(|number| Hash::leaf(&number.to_be_bytes())).collect())
        }

        pub(crate) fn root(&self, size: u64) -> Hash {
            if size == 0 { Hash::empty() } else { Self::mth(&self.0[..usize::try_from(size).unwrap()]) }
        }

        fn mth(leaves: &[Hash]) -> Hash {
            let [leaf] = leaves else {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                return Hash::node(Self::mth(left), Self::mth(right));
            };
            *leaf
        }
    }

    impl Subtrees for Words {
        fn subtree(&mut self, height: u32, index: u64) -> Result<Hash, Error> {
            let (start, end) = (index << height, (index + 1) << height);
            Ok(Self::mth(&self.0[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()]))
        }
    }

    fn grow(leaves: &[Hash]) -> Edge {
        let mut edge = Edge::default();
        for leaf in leaves {
            edge.push(*leaf, |_, _| Ok::<_, Error>(())).unwrap();
        }
        edge
    }

    // The test tree of Certificate Transparency (github.com/google/certificate-transparency, merkle_tree_test.cc).
    fn known() -> Words {
        let leaves =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        Words(leaves.iter().map(|leaf| Hash::leaf(&hex::decode(leaf).unwrap())).collect())
    }

    fn check(found: Vec<Hash>, expect: &[&str]) {
        let found = found.iter().map(|hash| hex::encode(hash.as_bytes())).collect::<Vec<_>>();
        assert_eq!(found, expect);
    }

    #[test]
    fn known_roots() {
        let tree = known();
        check(
            (0..=8).map(|size| grow(&tree.0[..size]).root()).collect(),
            &[
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
            ],
        );
    }

    #[test]
    fn known_inclusion_paths() {
        let path = |index, size| inclusion_path(&mut known(), index, size).unwrap();
        check(path(0, 1), &[]);
        check(
            path(0, 8),
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        );
        check(
            path(5, 8),
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        );
        check(path(2, 3), &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]);
        check(
            path(1, 5),
            &[
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        );
    }

    #[test]
    fn known_consistency_paths() {
        let path = |old, new| consistency_path(&mut known(), old, new).unwrap();
        check(path(1, 1), &[]);
        check(
            path(1, 8),
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        );
        check(
            path(6, 8),
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        );
        check(
            path(2, 5),
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn the_edge_has_the_root_of_the_whole_tree(size in 0_u64..1500) {
            let tree = Words::count(size);
            prop_assert_eq!(grow(&tree.0).root(), tree.root(size));
        }
    }
}
