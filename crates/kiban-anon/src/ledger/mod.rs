//! What releases reveal together: who was in which release in which class, and whether a new one stays above the floors.
//!
//! Each release may keep k on its own and still single persons out beside an earlier one: whoever was dropped in between
//! stands alone in the difference, and a class of one release cut with a class of the other may hold one person (Byun
//! 2006, doi 10.1007/11844662_4; Xiao and Tao's m-invariance 2007, doi 10.1145/1247480.1247556; Fung's correspondence
//! attacks 2008, doi 10.1145/1353343.1353371). The ledger counts both exactly, as one thing: the *cells* into which some
//! releases together cut their persons, a cell being those with the same class, or the same absence, in each of them.
//!
//! The attacker is the strongest of these papers: they know of a target the class in every release and in which releases
//! the target is, and can tell by their contents which rows of two releases belong to one person.
//!
//! The ledger is regulated data 加工の方法に関する情報 and never leaves the house. It holds keyed tokens of persons, no ids.
//!
//! ```
//! use kiban_anon::ledger::{Cohort, Ledger, Limits, Rule};
//!
//! let mut ledger = Ledger::default();
//! ledger.record(&Cohort::new("spring", "university", (0..20).map(|token| (token, 0)).collect())?)?;
//! // One person has objected since: the difference would be that person.
//! let summer = Cohort::new("summer", "university", (1..20).map(|token| (token, 0)).collect())?;
//! let verdict = ledger.check(&summer, &Limits::new(5))?;
//! assert_eq!(verdict.breaches[0].rule, Rule::CellDifference);
//! // Four more left out hide who it was.
//! let repaired = ledger.repair(&summer, &Limits::new(5))?;
//! assert_eq!(repaired.left_out.len(), 4);
//! assert!(ledger.check(&repaired.cohort, &Limits::new(5))?.passes());
//! # Ok::<(), kiban_anon::Error>(())
//! ```

use kiban_core::keyed;
use roaring::RoaringBitmap;
use rustc_hash::{FxHashMap, FxHashSet};

pub use advance::{Advance, Member, Shrunk};
pub use check::{Breach, Limits, Recipients, Rule, Verdict};
pub use naive::{SmallestCells, smallest_cells};
pub use repair::Repair;

use crate::error::{Error, Result};

mod advance;
mod bytes;
mod check;
mod naive;
mod partition;
mod repair;

/// The persons of a release that is to be checked or recorded, and the class of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohort {
    release: String,
    recipient: String,
    persons: Vec<(u64, u32)>,
}

impl Cohort {
    /// Takes the persons as (token, class) in any order; a class is a distinct tuple of released quasi-identifiers.
    ///
    /// A token is a keyed number of the person that is the same in every release of the ledger.
    ///
    /// # Errors
    /// A person named twice.
    pub fn new(release: impl Into<String>, recipient: impl Into<String>, mut persons: Vec<(u64, u32)>) -> Result<Self> {
        persons.sort_unstable();
        if !persons.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(bad("cohort", "a person is named twice"));
        }
        Ok(Self { release: release.into(), recipient: recipient.into(), persons })
    }

    /// Returns the release's id.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// Returns who receives it.
    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    /// Returns the persons as (token, class), sorted by token.
    pub fn persons(&self) -> &[(u64, u32)] {
        &self.persons
    }

    /// Returns the cohort without these persons.
    #[must_use]
    pub fn without(&self, tokens: &[u64]) -> Self {
        let out: FxHashSet<u64> = tokens.iter().copied().collect();
        let persons = self.persons.iter().copied().filter(|p| !out.contains(&p.0)).collect();
        Self { persons, ..self.clone() }
    }
}

/// What the ledger keeps of one release: its persons by number, and the class of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    release: String,
    recipient: String,
    persons: RoaringBitmap,
    /// One class per person, in the order of their numbers.
    classes: Vec<u32>,
}

impl Entry {
    /// Returns the release's id.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// Returns who received it.
    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    /// Returns how many persons are in it.
    pub fn persons(&self) -> u64 {
        self.persons.len()
    }

    /// Returns a salted commitment to the entry for the audit log; it stays the same when persons are forgotten.
    pub fn commitment(&self, key: &[u8]) -> [u8; 32] {
        keyed(key, &[b"ledger entry", &self.to_bytes()])
    }

    fn members(&self) -> impl Iterator<Item = (u32, u32)> {
        self.persons.iter().zip(self.classes.iter().copied())
    }
}

/// All releases made so far.
///
/// Persons have dense numbers in the order of their first release. Tokens are spread over all of 64 bits, where roaring
/// bitmaps take 20 bytes and more per person; over numbers they take a bit or two, and a token is stored once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// The token of each number; 0 where it is forgotten.
    tokens: Vec<u64>,
    forgotten: RoaringBitmap,
    numbers: FxHashMap<u64, u32>,
    entries: Vec<Entry>,
}

impl Ledger {
    /// Returns the releases in the order in which they were recorded.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns how many different persons were ever released, the forgotten among them.
    pub fn persons(&self) -> u64 {
        self.tokens.len() as u64
    }

    /// Records a release; it is up to the caller that it was checked.
    ///
    /// # Errors
    /// A release that is recorded already, or more persons than there are numbers.
    pub fn record(&mut self, cohort: &Cohort) -> Result<&Entry> {
        let members = self.numbered(cohort)?;
        for (token, _) in &cohort.persons {
            let next = self.tokens.len() as u32;
            let number = *self.numbers.entry(*token).or_insert(next);
            if number == next {
                self.tokens.push(*token);
            }
        }
        let entry = Entry {
            release: cohort.release.clone(),
            recipient: cohort.recipient.clone(),
            persons: members.iter().map(|m| m.0).collect(),
            classes: members.into_iter().map(|m| m.1).collect(),
        };
        self.entries.push(entry);
        self.entries.last().ok_or_else(|| bad("ledger", "nothing was recorded"))
    }

    /// Takes a release out again that was recorded and then never made; returns whether it was there.
    ///
    /// Who was in no other release is no longer known, unless somebody who was came after.
    pub fn withdraw(&mut self, release: &str) -> bool {
        let Some(place) = self.entries.iter().position(|e| e.release == release) else { return false };
        self.entries.remove(place);
        let used = self.entries.iter().filter_map(|e| e.persons.max()).max().map_or(0, |most| most + 1);
        for (number, token) in (used..).zip(self.tokens.drain((used as usize).min(self.tokens.len())..)) {
            if !self.forgotten.contains(number) {
                self.numbers.remove(&token);
            }
        }
        self.forgotten.remove_range(used..);
        true
    }

    /// Forgets who these persons are, as an erasure 消去 asks (SEED-52); returns how many were known.
    ///
    /// That somebody was in those releases in those classes stays counted: what left the house is not undone, and a later
    /// release must not single that somebody out. Their entries keep their bytes and their commitments.
    pub fn forget(&mut self, tokens: &[u64]) -> u64 {
        let mut known = 0;
        for number in tokens.iter().filter_map(|token| self.numbers.remove(token)) {
            known += 1;
            self.forgotten.insert(number);
            if let Some(token) = self.tokens.get_mut(number as usize) {
                *token = 0;
            }
        }
        known
    }

    /// Numbers the persons of a cohort, sorted by number; who is new gets the numbers that recording would give.
    fn numbered(&self, cohort: &Cohort) -> Result<Vec<(u32, u32)>> {
        if self.entries.iter().any(|e| e.release == cohort.release) {
            return Err(bad("ledger", "a release of this id is recorded already"));
        }
        if u32::try_from(self.tokens.len() + cohort.persons.len()).is_err() {
            return Err(bad("ledger", "more persons than 32 bits can number"));
        }
        let mut members: Vec<(u32, u32)> = self.numbering(cohort).map(|(number, person)| (number, person.1)).collect();
        members.sort_unstable();
        Ok(members)
    }

    fn numbering<'a>(&'a self, cohort: &'a Cohort) -> impl Iterator<Item = (u32, (u64, u32))> + 'a {
        let mut fresh = self.tokens.len() as u32..;
        let mut number =
            move |token: &u64| self.numbers.get(token).copied().or_else(|| fresh.next()).unwrap_or(u32::MAX);
        cohort.persons.iter().map(move |person| (number(&person.0), *person))
    }

    fn entry(&self, release: &str) -> Result<&Entry> {
        self.entries
            .iter()
            .find(|e| e.release == release)
            .ok_or_else(|| bad("ledger", "no release of this id is recorded"))
    }
}

fn bad(what: &str, why: &'static str) -> Error {
    Error::BadParameter { what: what.to_owned(), why }
}
