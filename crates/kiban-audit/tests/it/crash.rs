//! Every directory that a crash can leave behind is opened, repaired and reported.

use std::collections::BTreeSet;

use kiban_audit::{Error, Log, verify_dir};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::{Files, directory, files, leaves, logged, open, put, scratch, signer, verifier};

/// What became of a file that was on its way to the disk.
#[derive(Debug, Clone)]
enum Fate {
    Missing,
    Whole,
    Cut(Index),
    Garbled(Index),
}

impl Fate {
    fn of(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Missing => None,
            Self::Whole => Some(bytes.to_vec()),
            Self::Cut(at) => Some(bytes[..at.index(bytes.len())].to_vec()),
            Self::Garbled(at) => {
                let mut bytes = bytes.to_vec();
                let from = at.index(bytes.len());
                bytes[from..].fill(0);
                Some(bytes)
            }
        }
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        Just(Fate::Missing),
        Just(Fate::Whole),
        any::<Index>().prop_map(Fate::Cut),
        any::<Index>().prop_map(Fate::Garbled)
    ]
}

/// The files of one log that another does not have.
fn only_in<'a>(these: &'a Files, those: &'a Files) -> impl Iterator<Item = (&'a String, &'a Vec<u8>)> {
    these.iter().filter(|(name, _)| !those.contains_key(*name))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_an_append_left_before_its_checkpoint_is_cut(
        old in 0_u64..600, more in 1_u64..600, fates in proptest::collection::vec(fate(), 20), draft in fate(),
    ) {
        let (before, after) = (files(logged(old).path()), files(logged(old + more).path()));
        let dir = directory(&before);
        let mut torn = 0;
        let new = only_in(&after, &before).zip(&fates).map(|((name, bytes), fate)| (name.as_str(), bytes, fate));
        for (name, bytes, fate) in new.chain([("checkpoint.tmp", &after["checkpoint"], &draft)]) {
            if let Some(bytes) = fate.of(bytes) {
                torn += 1 + bytes.len();
                put(dir.path(), name, &bytes);
            }
        }
        let (mut log, repair) = Log::open(dir.path(), signer()).unwrap();
        prop_assert_eq!(log.size(), old);
        prop_assert!(log.leaves(0..old).map(Result::unwrap).eq(leaves(0..old)));
        prop_assert_eq!(repair.is_some(), torn > 0);
        if let Some(repair) = repair {
            let kept = files(&dir.path().join(repair.kept.unwrap()));
            prop_assert_eq!(repair.bytes, kept.values().map(Vec::len).sum::<usize>() as u64);
            prop_assert_eq!(torn, kept.len() + usize::try_from(repair.bytes).unwrap());
            prop_assert!(repair.leaves <= more);
        }
        log.append(&leaves(old..old + more)).unwrap();
        let mut healed = files(dir.path());
        healed.retain(|name, _| !name.starts_with("torn/"));
        prop_assert_eq!(healed, after);
    }

    #[test]
    fn what_an_append_left_after_its_checkpoint_is_cleared(
        old in 1_u64..600, more in 1_u64..600, left in proptest::collection::vec(any::<bool>(), 8),
    ) {
        let (before, after) = (files(logged(old).path()), files(logged(old + more).path()));
        let dir = directory(&after);
        let stale = only_in(&before, &after).zip(&left).filter(|(_, left)| **left).map(|(file, _)| file);
        let stale = stale.inspect(|(name, bytes)| put(dir.path(), name, bytes)).count() as u64;
        let (log, repair) = Log::open(dir.path(), signer()).unwrap();
        prop_assert_eq!(log.size(), old + more);
        prop_assert_eq!(repair.map_or(0, |repair| repair.superseded), stale);
        prop_assert_eq!(files(dir.path()), after);
    }
}

#[test]
fn whole_leaves_that_were_cut_are_counted() {
    let dir = logged(5);
    let after = files(logged(300).path());
    for name in ["tile/entries/000", "tile/0/000", "tile/entries/001.p/44"] {
        put(dir.path(), name, &after[name][..after[name].len() - 1]);
    }
    let repair = Log::open(dir.path(), signer()).unwrap().1.unwrap();
    // The last entry of either bundle is cut short.
    assert_eq!((repair.size, repair.leaves), (5, 250 + 43));
    assert_eq!(repair.bytes, 256 * 45 - 1 + 256 * 32 - 1 + 44 * 45 - 1);
    assert_eq!(repair.kept.unwrap().to_str(), Some("torn/0"));

    put(dir.path(), "tile/entries/000", &after["tile/entries/000"]);
    let again = Log::open(dir.path(), signer()).unwrap().1.unwrap();
    assert_eq!((again.leaves, again.kept.unwrap().to_str()), (251, Some("torn/1")));
    let kept = files(dir.path()).into_keys().filter(|name| name.starts_with("torn/")).collect::<BTreeSet<_>>();
    assert_eq!(kept.len(), 4);
}

#[test]
fn a_crash_while_the_log_was_begun_is_no_matter() {
    let dir = scratch();
    put(dir.path(), "lock", b"");
    put(dir.path(), "checkpoint.tmp", b"kiban.exam");
    let (log, repair) = Log::open(dir.path(), signer()).unwrap();
    assert_eq!((log.size(), repair), (0, None));
    assert_eq!(files(dir.path()).into_keys().collect::<Vec<_>>(), ["checkpoint", "lock"]);
}

#[test]
fn a_log_without_its_checkpoint_is_not_begun_anew() {
    let dir = logged(5);
    std::fs::remove_file(dir.path().join("checkpoint")).unwrap();
    assert!(matches!(Log::open(dir.path(), signer()), Err(Error::NoCheckpoint { .. })));
    assert_eq!(files(dir.path()).len(), 3);
}

#[test]
fn a_file_that_is_not_the_logs_is_left_alone_and_named() {
    let dir = logged(5);
    put(dir.path(), "tile/notes.txt", b"not a tile");
    assert_eq!(Log::open(dir.path(), signer()).unwrap().1, None);
    let verified = verify_dir(dir.path(), &verifier(), None).unwrap();
    assert_eq!(verified.beyond, [std::path::PathBuf::from("tile/notes.txt")]);
    assert_eq!(open(dir.path()).size(), 5);
}
