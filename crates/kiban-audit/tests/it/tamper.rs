//! Whatever is changed in an acknowledged log, the auditor's check says so and says where.

use std::fs;

use kiban_audit::{Error, Log, NoteSigner, verify_dir};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::{directory, files, leaf, leaves, logged, open, put, scratch, signer, verifier};

/// Changes one byte of one file of a log over 600 leaves and returns what the check says.
fn changed(name: &str, at: usize) -> String {
    let dir = logged(600);
    let mut bytes = fs::read(dir.path().join(name)).unwrap();
    bytes[at] ^= 1;
    put(dir.path(), name, &bytes);
    verify_dir(dir.path(), &verifier(), None).unwrap_err().to_string()
}

#[test]
fn what_was_changed_is_named() {
    let commitment = |entry: usize| entry * 45 + 2 + 20;
    assert_eq!(
        changed("tile/entries/001", commitment(3)),
        "tile/entries/001 holds an entry 259 that is not the one logged"
    );
    assert_eq!(
        changed("tile/entries/002.p/88", commitment(87)),
        "tile/entries/002.p/88 holds an entry 599 that is not the one logged"
    );
    assert_eq!(changed("tile/entries/002.p/88", 87 * 45), "tile/entries/002.p/88 is torn at entry 599");
    assert_eq!(
        changed("tile/entries/001", 46),
        "tile/entries/001 holds an entry 257 that is not a leaf: it does not have 43 bytes"
    );
    assert_eq!(
        changed("tile/entries/001", 2),
        "tile/entries/001 holds an entry 256 that is not a leaf: its version is unknown"
    );
    assert_eq!(changed("tile/0/001", 64), "tile/0/001 holds at place 2 a hash that is not of what lies below it");
    assert_eq!(
        changed("tile/1/000.p/2", 32),
        "tile/1/000.p/2 holds at place 1 a hash that is not of what lies below it"
    );
}

#[test]
fn what_is_missing_or_of_the_wrong_size_is_named() {
    let said = |change: fn(&std::path::Path)| {
        let dir = logged(600);
        change(dir.path());
        verify_dir(dir.path(), &verifier(), None).unwrap_err().to_string()
    };
    assert_eq!(said(|dir| fs::remove_file(dir.join("tile/0/001")).unwrap()), "tile/0/001 is missing");
    assert_eq!(said(|dir| fs::remove_file(dir.join("checkpoint")).unwrap()), "checkpoint is missing");
    assert_eq!(said(|dir| put(dir, "tile/0/001", &[0; 8191])), "tile/0/001 has 8191 bytes, not 8192");
    let longer = |dir: &std::path::Path| {
        let bundle = fs::read(dir.join("tile/entries/000")).unwrap();
        put(dir, "tile/entries/000", &[&bundle[..], &[0]].concat());
    };
    assert_eq!(said(longer), "tile/entries/000 is torn at entry 256");
}

#[test]
fn a_log_rewritten_throughout_has_another_root_than_was_signed() {
    let dir = logged(3);
    let signed = files(dir.path()).remove("checkpoint").unwrap();
    let other = scratch();
    open(other.path()).append(&[leaf(0), leaf(9), leaf(2)]).unwrap();
    let mut rewritten = files(other.path());
    rewritten.insert("checkpoint".into(), signed);
    let dir = directory(&rewritten);
    let said = verify_dir(dir.path(), &verifier(), None).unwrap_err().to_string();
    assert!(said.starts_with("checkpoint signs the root "), "{said}");
    let said = Log::open(dir.path(), signer()).unwrap_err().to_string();
    assert!(said.starts_with("checkpoint signs the root "), "{said}");
}

#[test]
fn another_key_is_not_the_logs() {
    let dir = logged(3);
    let stranger = || NoteSigner::new("kiban.example/audit", &[43; 32]).unwrap();
    let said = verify_dir(dir.path(), &stranger().verifier(), None).unwrap_err().to_string();
    assert_eq!(said, "signed note: is not signed by the trusted key");
    assert!(matches!(Log::open(dir.path(), stranger()), Err(Error::Note { .. })));
}

#[test]
fn a_log_rolled_back_or_forked_is_caught_by_an_earlier_checkpoint() {
    let dir = logged(300);
    let before = files(dir.path());
    let mut log = open(dir.path());
    let first = log.checkpoint();
    log.append(&leaves(300..310)).unwrap();
    let earlier = log.checkpoint();
    drop(log);
    verify_dir(dir.path(), &verifier(), Some(&first)).unwrap();
    verify_dir(dir.path(), &verifier(), Some(&earlier)).unwrap();

    let rolled_back = directory(&before);
    let said = verify_dir(rolled_back.path(), &verifier(), Some(&earlier)).unwrap_err().to_string();
    assert_eq!(said, "the log was rolled back: it holds 300 leaves, an earlier checkpoint 310");

    let mut forked = open(rolled_back.path());
    forked.append(&leaves(400..500)).unwrap();
    assert!(forked.consistency_proof(310, 400).unwrap().verify(earlier.root(), forked.root()).is_err());
    drop(forked);
    verify_dir(rolled_back.path(), &verifier(), Some(&first)).unwrap();
    let said = verify_dir(rolled_back.path(), &verifier(), Some(&earlier)).unwrap_err().to_string();
    assert_eq!(said, "the log was forked: its first 310 leaves are not those of an earlier checkpoint");
}

#[test]
fn a_checkpoint_put_back_costs_no_leaf() {
    let dir = logged(300);
    let old = fs::read(dir.path().join("checkpoint")).unwrap();
    let partial = files(dir.path()).into_iter().filter(|(name, _)| name.contains(".p/")).collect::<Vec<_>>();
    let mut log = open(dir.path());
    log.append(&leaves(300..310)).unwrap();
    drop(log);
    partial.iter().for_each(|(name, bytes)| put(dir.path(), name, bytes));
    put(dir.path(), "checkpoint", &old);
    let repair = Log::open(dir.path(), signer()).unwrap().1.unwrap();
    assert_eq!((repair.size, repair.leaves), (300, 10));
    let kept = files(&dir.path().join(repair.kept.unwrap()));
    assert_eq!(kept["tile/entries/001.p/54"].len(), 54 * 45);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn no_byte_can_be_changed_unseen(size in 1_u64..700, file: Index, at: Index, bit in 0_u32..8) {
        let dir = logged(size);
        verify_dir(dir.path(), &verifier(), None).unwrap();
        let named = files(dir.path()).into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect::<Vec<_>>();
        let (name, mut bytes) = named[file.index(named.len())].clone();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        put(dir.path(), &name, &bytes);
        let error = verify_dir(dir.path(), &verifier(), None).unwrap_err();
        prop_assert!(name == "checkpoint" || error.to_string().starts_with(&name), "{}: {}", name, error);
    }
}
