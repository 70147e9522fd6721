//! What the log gives back.

use kiban_audit::{Error, Hash, verify_inclusion};

use crate::support::{leaf, leaves, logged, open, put, scratch, signer, verifier};

#[test]
fn leaves_come_back_from_anywhere() {
    let dir = logged(600);
    let log = open(dir.path());
    let numbers = |start, end| log.leaves(start..end).map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(numbers(0, 600), leaves(0..600));
    assert_eq!(numbers(250, 260), leaves(250..260));
    assert_eq!(numbers(512, 9999), leaves(512..600));
    assert_eq!(numbers(256, 256), []);
    assert_eq!(numbers(600, 601), []);
    assert_eq!(log.leaf(599).unwrap(), leaf(599));
    assert!(matches!(log.leaf(600), Err(Error::OutOfRange { asked: 600, size: 600 })));
    assert!(matches!(log.leaf(u64::MAX), Err(Error::OutOfRange { .. })));
}

#[test]
fn proofs_hold_across_three_levels_of_tiles() {
    let dir = scratch();
    let mut log = open(dir.path());
    let mut checkpoints = Vec::new();
    for (start, end) in [(0, 1), (1, 256), (256, 300), (300, 65_536), (65_536, 65_800)] {
        log.append(&leaves(start..end)).unwrap();
        checkpoints.push(log.checkpoint());
    }
    for (place, new) in checkpoints.iter().enumerate() {
        for old in &checkpoints[..=place] {
            log.consistency_proof(old.size(), new.size()).unwrap().verify(old.root(), new.root()).unwrap();
        }
        for index in [0, 1, 255, 256, 299, 511, 65_535, 65_536, 65_799].into_iter().filter(|index| *index < new.size())
        {
            let text = log.inclusion_proof(index, new.size()).unwrap().to_text(new).unwrap();
            assert_eq!(verify_inclusion(&text, &leaf(index), &verifier()).unwrap().index, index);
            assert!(verify_inclusion(&text, &leaf(index + 1), &verifier()).is_err());
        }
    }
    log.consistency_proof(0, 300).unwrap().verify(Hash::empty(), checkpoints[2].root()).unwrap();
}

#[test]
fn nothing_is_proved_beyond_the_log() {
    let dir = logged(10);
    let log = open(dir.path());
    assert!(matches!(log.inclusion_proof(10, 10), Err(Error::OutOfRange { asked: 10, size: 10 })));
    assert!(matches!(log.inclusion_proof(0, 11), Err(Error::OutOfRange { asked: 11, size: 10 })));
    assert!(matches!(log.consistency_proof(3, 11), Err(Error::OutOfRange { asked: 11, size: 10 })));
    assert!(matches!(log.consistency_proof(4, 3), Err(Error::OutOfRange { asked: 4, size: 3 })));
    let proof = log.inclusion_proof(0, 9).unwrap();
    assert!(matches!(proof.to_text(&log.checkpoint()), Err(Error::Proof { .. })));
}

#[test]
fn one_writer_at_a_time() {
    let dir = logged(1);
    let log = open(dir.path());
    let second = kiban_audit::Log::open(dir.path(), signer()).unwrap_err();
    assert_eq!(second.to_string(), format!("another writer has the log in {} open", dir.path().display()));
    drop(log);
    assert_eq!(open(dir.path()).size(), 1);
}

#[test]
fn a_leaf_that_was_changed_is_not_given_out() {
    let dir = logged(300);
    let log = open(dir.path());
    let name = "tile/entries/000";
    let mut bytes = std::fs::read(dir.path().join(name)).unwrap();
    bytes[45 * 7 + 2 + 42] ^= 1;
    put(dir.path(), name, &bytes);
    assert_eq!(log.leaf(7).unwrap_err().to_string(), "tile/entries/000 holds an entry 7 that is not the one logged");
    assert_eq!(log.leaves(0..300).filter(Result::is_ok).count(), 300 - 256);
}
