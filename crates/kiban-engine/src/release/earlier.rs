//! What a house remembers of the releases it made: who was in which, in which class, on which levels.
//!
//! A release can be k-anonymous by itself and tell a person apart beside an earlier one, so each new one is held against
//! all that were made ([`kiban_anon::ledger`]). This is regulated data 加工の方法に関する情報: it stays in the house, sealed,
//! and holds keyed tokens of persons instead of their keys (design invariant 8).
//!
//! A token follows the person's key, which linking never gives out twice. Where two persons turn out to be one, one key
//! ends: to the ledger that person left; where one person turns out to be two, a newcomer came. That is what a recipient
//! of both releases sees, too, so nothing is translated.

use std::collections::{BTreeMap, BTreeSet};

pub use kiban_anon::ledger::{Breach, Recipients, Rule};
use kiban_anon::ledger::{Cohort, Ledger};
use kiban_core::{PersonKey, ReleaseId, keyed_u64};

use crate::{Error, Result};

/// The releases that were made before, under the house's ledger key.
pub struct Earlier {
    key: [u8; 32],
    ledger: Ledger,
    levels: BTreeMap<String, Vec<usize>>,
}

/// What a release adds to the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub(crate) cohort: Cohort,
    /// The level of each demographic column.
    pub(crate) levels: Vec<usize>,
}

impl std::fmt::Debug for Earlier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Earlier({} releases)", self.ledger.entries().len())
    }
}

impl Earlier {
    /// Begins without any release.
    pub fn none(key: [u8; 32]) -> Self {
        Self { key, ledger: Ledger::default(), levels: BTreeMap::new() }
    }

    /// Reads what [`Earlier::to_bytes`] wrote.
    ///
    /// # Errors
    /// Bytes that are damaged, or of a later version.
    pub fn from_bytes(key: [u8; 32], bytes: &[u8]) -> Result<Self> {
        let damaged = || Error::Input("the ledger of releases is damaged; put back the last good copy".to_owned());
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| damaged())?;
        let (levels, ledger) = rest.split_at_checked(length).ok_or_else(damaged)?;
        let levels = serde_json::from_slice(levels).map_err(|_| damaged())?;
        Ok(Self { key, ledger: Ledger::from_bytes(ledger)?, levels })
    }

    /// Writes it as bytes; equal ones give equal bytes.
    ///
    /// # Errors
    /// None that can happen.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let levels = serde_json::to_vec(&self.levels).map_err(|_| Error::Bug("levels are no JSON".to_owned()))?;
        let length = u32::try_from(levels.len()).map_err(|_| Error::Bug("too many releases".to_owned()))?;
        Ok([&length.to_le_bytes(), levels.as_slice(), &self.ledger.to_bytes()].concat())
    }

    /// Takes out what was recorded of releases that were then never made; returns the made ones it knows nothing of.
    pub fn settle<'r>(&mut self, made: &BTreeSet<&'r ReleaseId>) -> Vec<&'r ReleaseId> {
        let known: BTreeSet<String> = self.ledger.entries().iter().map(|entry| entry.release().to_owned()).collect();
        for release in known.iter().filter(|known| !made.iter().any(|made| made.as_str() == known.as_str())) {
            self.ledger.withdraw(release);
            self.levels.remove(release);
        }
        made.iter().copied().filter(|made| !known.contains(made.as_str())).collect()
    }

    /// Records a release and returns a commitment to its entry, which tells nothing without the house's key.
    ///
    /// # Errors
    /// A release that is recorded already.
    pub fn record(&mut self, candidate: &Candidate) -> Result<[u8; 32]> {
        let commitment = self.ledger.record(&candidate.cohort)?.commitment(&self.key);
        self.levels.insert(candidate.cohort.release().to_owned(), candidate.levels.clone());
        Ok(commitment)
    }

    /// Forgets who these persons are, as an erasure 消去 asks (SEED-52); returns how many were known.
    ///
    /// That somebody was in those releases stays counted, so that a later one does not single that somebody out.
    pub fn forget(&mut self, persons: &[PersonKey]) -> u64 {
        let tokens: Vec<u64> = persons.iter().map(|person| self.token(person.get())).collect();
        self.ledger.forget(&tokens)
    }

    pub(crate) const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns on which levels the demographics of a release are told.
    pub(crate) fn levels(&self, release: &ReleaseId) -> Option<&[usize]> {
        self.levels.get(release.as_str()).map(Vec::as_slice)
    }

    pub(crate) fn token(&self, person: i64) -> u64 {
        keyed_u64(&self.key, &[b"person", &person.to_be_bytes()])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn candidate(release: &str, tokens: std::ops::Range<u64>) -> Candidate {
        let persons = tokens.map(|token| (token, 0)).collect();
        Candidate { cohort: Cohort::new(release, "university", persons).unwrap(), levels: vec![0, 2, 1] }
    }

    #[test]
    fn what_was_recorded_is_read_again_and_what_was_never_made_is_taken_out() {
        let (spring, summer, autumn) =
            ("spring".parse().unwrap(), "summer".parse().unwrap(), "autumn".parse().unwrap());
        let mut earlier = Earlier::none([7; 32]);
        let first = earlier.record(&candidate("spring", 0..9)).unwrap();
        let alone = earlier.to_bytes().unwrap();
        earlier.record(&candidate("summer", 5..12)).unwrap();
        let mut read = Earlier::from_bytes([7; 32], &earlier.to_bytes().unwrap()).unwrap();
        assert_eq!(read.levels(&summer), Some([0, 2, 1].as_slice()));
        assert_eq!(read.settle(&[&spring, &autumn].into()), [&autumn]);
        assert_eq!((read.to_bytes().unwrap(), read.levels(&summer)), (alone, None));
        // Recorded again by a second attempt, it is there once.
        read.record(&candidate("summer", 5..12)).unwrap();
        assert_eq!(read.to_bytes().unwrap(), earlier.to_bytes().unwrap());
        assert!(read.record(&candidate("summer", 5..12)).is_err());
        assert_eq!(Earlier::none([7; 32]).record(&candidate("spring", 0..9)).unwrap(), first);
        assert_ne!(Earlier::none([8; 32]).record(&candidate("spring", 0..9)).unwrap(), first);
    }

    #[test]
    fn cut_bytes_are_refused() {
        let mut earlier = Earlier::none([7; 32]);
        earlier.record(&candidate("spring", 0..9)).unwrap();
        let bytes = earlier.to_bytes().unwrap();
        for end in 0..bytes.len() {
            assert!(Earlier::from_bytes([7; 32], bytes.get(..end).unwrap()).is_err(), "{end}");
        }
    }
}
