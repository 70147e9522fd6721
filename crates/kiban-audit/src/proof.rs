//! Proofs, and how they are checked without the log (RFC 9162 section 2.1, C2SP tlog-proof).

use std::fmt::Write as _;

use crate::checkpoint::decimal;
use crate::{Checkpoint, Error, Hash, Leaf, NoteVerifier};

/// The first line of a proof file.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A tree over 2^64 leaves is no higher.
const HIGHEST: usize = 64;

/// Proves that a leaf stands at its index in the tree of a given size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    pub(crate) index: u64,
    pub(crate) size: u64,
    pub(crate) path: Vec<Hash>,
}

impl InclusionProof {
    /// Returns the index of the leaf.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Returns the size of the tree.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Checks the proof: the leaf with this hash is in the tree with this root.
    pub fn verify(&self, leaf: Hash, root: Hash) -> Result<(), Error> {
        if self.index >= self.size {
            return Err(Error::OutOfRange { asked: self.index, size: self.size });
        }
        let (mut at, mut last, mut hash) = (self.index, self.size - 1, leaf);
        for sibling in &self.path {
            if last == 0 {
                return Err(Error::Proof { reason: "is too long" });
            }
            if at % 2 == 1 || at == last {
                hash = Hash::node(*sibling, hash);
                let up = at.trailing_zeros();
                (at, last) = (at >> up, last >> up);
            } else {
                hash = Hash::node(hash, *sibling);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        match (last, hash == root) {
            (0, true) => Ok(()),
            (0, false) => Err(Error::Proof { reason: "does not lead from the leaf to the root" }),
            _ => Err(Error::Proof { reason: "is too short" }),
        }
    }

    /// Writes the proof with its checkpoint as one text that [`verify_inclusion`] checks (C2SP tlog-proof).
    pub fn to_text(&self, checkpoint: &Checkpoint) -> Result<String, Error> {
        if checkpoint.size() != self.size {
            return Err(Error::Proof { reason: "is for another size than the checkpoint" });
        }
        let mut text = format!("{HEADER}\nindex {}\n", self.index);
        for hash in &self.path {
            let _infallible = writeln!(text, "{hash}");
        }
        Ok(text + "\n" + checkpoint.as_str())
    }

    /// Reads what [`to_text`](Self::to_text) wrote; what it says of the leaf is not checked yet.
    fn from_text(text: &str, verifier: &NoteVerifier) -> Result<(Self, Checkpoint), Error> {
        let bad = |reason| Error::Proof { reason };
        let (head, note) = text.split_once("\n\n").ok_or(bad("has no checkpoint"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(bad("does not begin with c2sp.org/tlog-proof@v1"));
        }
        // Extra data is not authenticated, so nothing here looks into it.
        let mut lines = lines.peekable();
        let _extra = lines.next_if(|line| line.starts_with("extra "));
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index.and_then(decimal).ok_or(bad("has no index"))?;
        let path = lines.take(HIGHEST + 1).map(Hash::from_base64).collect::<Option<Vec<_>>>();
        let path = path.ok_or(bad("has a line that is no hash"))?;
        let checkpoint = Checkpoint::parse(note, verifier)?;
        Ok((Self { index, size: checkpoint.size(), path }, checkpoint))
    }
}

/// What a proof file proved: the leaf stands at `index` under `checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// The index of the leaf in the log.
    pub index: u64,
    /// The checkpoint, signed by the trusted key, whose tree holds the leaf.
    pub checkpoint: Checkpoint,
}

/// Checks, without the log, that a proof file proves a leaf to be in the verifier's log.
pub fn verify_inclusion(proof: &str, leaf: &Leaf, verifier: &NoteVerifier) -> Result<Inclusion, Error> {
    let (proof, checkpoint) = InclusionProof::from_text(proof, verifier)?;
    proof.verify(leaf.hash(), checkpoint.root())?;
    Ok(Inclusion { index: proof.index, checkpoint })
}

/// Proves that the tree of the new size begins with all leaves of the tree of the old size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    pub(crate) old: u64,
    pub(crate) new: u64,
    pub(crate) path: Vec<Hash>,
}

impl ConsistencyProof {
    /// Returns the smaller size.
    pub const fn old_size(&self) -> u64 {
        self.old
    }

    /// Returns the larger size.
    pub const fn new_size(&self) -> u64 {
        self.new
    }

    /// Checks the proof: the tree with the new root only adds to the tree with the old root.
    pub fn verify(&self, old_root: Hash, new_root: Hash) -> Result<(), Error> {
        let bad = |reason| Err(Error::Proof { reason });
        if self.old == 0 || self.old >= self.new {
            return self.verify_trivial(old_root, new_root);
        }
        // A complete old tree is itself the first node and is left out of the path.
        let whole = self.old.is_power_of_two().then_some(old_root);
        let mut path = whole.into_iter().chain(self.path.iter().copied());
        let Some(first) = path.next() else { return bad("is too short") };
        let up = (self.old - 1).trailing_ones();
        let (mut at, mut last) = ((self.old - 1) >> up, (self.new - 1) >> up);
        let (mut before, mut after) = (first, first);
        for sibling in path {
            if last == 0 {
                return bad("is too long");
            }
            if at % 2 == 1 || at == last {
                before = Hash::node(sibling, before);
                after = Hash::node(sibling, after);
                let up = at.trailing_zeros();
                (at, last) = (at >> up, last >> up);
            } else {
                after = Hash::node(after, sibling);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        match (last, before == old_root, after == new_root) {
            (0, true, true) => Ok(()),
            (0, false, _) => bad("does not lead to the old root"),
            (0, true, false) => bad("does not lead to the new root"),
            _ => bad("is too short"),
        }
    }

    /// Nothing precedes everything, and everything precedes itself.
    fn verify_trivial(&self, old_root: Hash, new_root: Hash) -> Result<(), Error> {
        if self.old > self.new {
            return Err(Error::RolledBack { size: self.new, earlier: self.old });
        }
        let expected = if self.old == self.new { new_root } else { Hash::empty() };
        match (self.path.is_empty(), old_root == expected) {
            (true, true) => Ok(()),
            (false, _) => Err(Error::Proof { reason: "is too long" }),
            (true, false) => Err(Error::Proof { reason: "does not lead to the old root" }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use kiban_core::EventClass;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::tree::tests::Words;
    use crate::tree::{consistency_path, inclusion_path};
    use crate::{Commitment, NoteSigner};

    fn flipped(hash: Hash, byte: Index, bit: u32) -> Hash {
        let mut bytes = *hash.as_bytes();
        bytes[byte.index(32)] ^= 1 << bit;
        Hash::from_bytes(bytes)
    }

    /// A tree with one real leaf at `index`, its checkpoint and its proof file.
    fn proof_file(index: u64, size: u64) -> (String, Leaf, NoteVerifier) {
        let leaf =
            Leaf::new(EventClass::Release, "2026-04-01T00:00:00Z".parse().unwrap(), Commitment::from_bytes([9; 32]));
        let mut tree = Words::count(size);
        tree.0[usize::try_from(index).unwrap()] = leaf.hash();
        let signer = NoteSigner::new("kiban.example/audit", &[42; 32]).unwrap();
        let checkpoint = Checkpoint::sign(&signer, size, tree.root(size));
        let path = inclusion_path(&mut tree, index, size).unwrap();
        (InclusionProof { index, size, path }.to_text(&checkpoint).unwrap(), leaf, signer.verifier())
    }

    #[test]
    fn the_proof_file_stays_as_it_is() {
        let (text, leaf, verifier) = proof_file(2, 5);
        insta::assert_snapshot!(text, @"
        c2sp.org/tlog-proof@v1
        index 2
        /uvxhjvR/O7f7/JpOCnVD/vKwQDQ++dFSC4DL5P2uvs=
        p9kYlLYfv0Y3jYjj4bH3rvOVMsUEtIS9MVUdFeCgnf8=
        mJkwf510d0YSJXXt7rOWPHyDwCkkH4Kj0XuZlyh42w4=

        kiban.example/audit
        5
        1g2IlabBl7wqCr6zQmn4xJ+SSN0yT7JlSWY09ucEbTk=

        — kiban.example/audit 40hNz6tnacIFFPtOvuxUBX9X0Zjg6Q2R+rmCrrwUExZ8CnizvsQOOH4TtS3q9ZBJISSwPLVXjUPqwCcp+Rn/Fgq19gk=
        ");
        let inclusion = verify_inclusion(&text, &leaf, &verifier).unwrap();
        assert_eq!((inclusion.index, inclusion.checkpoint.size()), (2, 5));
        let extra = text.replace("index", "extra AAAA\nindex");
        assert_eq!(verify_inclusion(&extra, &leaf, &verifier).unwrap(), inclusion);
    }

    #[test]
    fn a_proof_file_that_is_none_is_refused() {
        let (text, leaf, verifier) = proof_file(2, 5);
        let reason = |text: &str| verify_inclusion(text, &leaf, &verifier).unwrap_err().to_string();
        assert_eq!(reason(""), "proof: has no checkpoint");
        assert_eq!(reason(&text.replace("@v1", "@v2")), "proof: does not begin with c2sp.org/tlog-proof@v1");
        assert_eq!(reason(&text.replace("index 2", "index 02")), "proof: has no index");
        assert_eq!(reason(&text.replace("index 2", "index 5")), "the log holds 5 leaves and does not reach 5");
        assert_eq!(reason(&text.replace("index 2", "index 3")), "proof: does not lead from the leaf to the root");
        assert_eq!(reason(&text.replace("index 2\n", "index 2\nAAAA\n")), "proof: has a line that is no hash");
        let long = format!("index 2\n{}", format!("{}\n", Hash::empty()).repeat(100));
        assert_eq!(reason(&text.replace("index 2\n", &long)), "proof: is too long");
        let other = Leaf::new(EventClass::Erasure, leaf.at(), leaf.commitment());
        let error = verify_inclusion(&text, &other, &verifier).unwrap_err();
        assert_eq!(error.to_string(), "proof: does not lead from the leaf to the root");
    }

    #[test]
    fn nothing_precedes_everything_and_everything_itself() {
        let check = |old, new, path: Vec<Hash>, old_root, new_root| {
            ConsistencyProof { old, new, path }.verify(old_root, new_root).map_err(|error| error.to_string())
        };
        let (empty, some, other) = (Hash::empty(), Hash::leaf(b"a"), Hash::leaf(b"b"));
        assert_eq!(check(0, 0, vec![], empty, empty), Ok(()));
        assert_eq!(check(0, 3, vec![], empty, some), Ok(()));
        assert_eq!(check(3, 3, vec![], some, some), Ok(()));
        assert!(check(3, 3, vec![], some, other).is_err());
        assert!(check(3, 3, vec![some], some, some).is_err());
        assert!(check(0, 3, vec![], some, some).is_err());
        assert!(check(3, 2, vec![], some, some).is_err());
        assert_eq!(check(1, 2, vec![], some, other), Err("proof: is too short".into()));
        assert_eq!(check(3, 4, vec![], some, other), Err("proof: is too short".into()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn every_inclusion_proof_holds_and_no_other(
            size in 1_u64..600, index: Index, at: Index, byte: Index, bit in 0_u32..8,
        ) {
            let mut tree = Words::count(size);
            let index = index.index(tree.0.len()) as u64;
            let (leaf, root) = (tree.0[usize::try_from(index).unwrap()], tree.root(size));
            let proof = InclusionProof { index, size, path: inclusion_path(&mut tree, index, size).unwrap() };
            prop_assert!(proof.verify(leaf, root).is_ok());
            prop_assert!(proof.verify(flipped(leaf, byte, bit), root).is_err());
            prop_assert!(proof.verify(leaf, flipped(root, byte, bit)).is_err());
            let elsewhere = InclusionProof { index: index ^ (1 << (bit % 4)), ..proof.clone() };
            prop_assert!(elsewhere.verify(leaf, root).is_err());
            let mut longer = proof.clone();
            longer.path.push(root);
            prop_assert!(longer.verify(leaf, root).is_err());
            if !proof.path.is_empty() {
                let mut wrong = proof.clone();
                let at = at.index(wrong.path.len());
                wrong.path[at] = flipped(wrong.path[at], byte, bit);
                prop_assert!(wrong.verify(leaf, root).is_err());
                wrong.path.remove(at);
                prop_assert!(wrong.verify(leaf, root).is_err());
            }
        }

        #[test]
        fn every_consistency_proof_holds_and_no_other(
            new in 1_u64..600, old: Index, at: Index, byte: Index, bit in 0_u32..8,
        ) {
            let mut tree = Words::count(new);
            let old = old.index(tree.0.len()) as u64 + 1;
            let (old_root, new_root) = (tree.root(old), tree.root(new));
            let proof = ConsistencyProof { old, new, path: consistency_path(&mut tree, old, new).unwrap() };
            prop_assert!(proof.verify(old_root, new_root).is_ok());
            prop_assert!(proof.verify(flipped(old_root, byte, bit), new_root).is_err());
            prop_assert!(proof.verify(old_root, flipped(new_root, byte, bit)).is_err());
            let mut longer = proof.clone();
            longer.path.push(new_root);
            prop_assert!(longer.verify(old_root, new_root).is_err());
            if !proof.path.is_empty() {
                let mut wrong = proof.clone();
                let at = at.index(wrong.path.len());
                wrong.path[at] = flipped(wrong.path[at], byte, bit);
                prop_assert!(wrong.verify(old_root, new_root).is_err());
                wrong.path.remove(at);
                prop_assert!(wrong.verify(old_root, new_root).is_err());
            }
        }

        #[test]
        fn a_proof_file_with_any_byte_changed_proves_nothing(
            size in 1_u64..20, index: Index, at: Index, bit in 0_u32..7,
        ) {
            let (text, leaf, verifier) = proof_file(index.index(usize::try_from(size).unwrap()) as u64, size);
            prop_assert!(verify_inclusion(&text, &leaf, &verifier).is_ok());
            let mut bytes = text.into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            if let Ok(text) = String::from_utf8(bytes) {
                prop_assert!(verify_inclusion(&text, &leaf, &verifier).is_err(), "{}", text);
            }
        }
    }
}
