//! From identities to encodings: what an operator does at home before anything leaves.

use std::{collections::BTreeMap, fmt};

use kiban_core::{PatientRef, keyed_u64};
use serde::{Deserialize, Serialize};

use super::{
    Error, Keys, Parameters, Scope, Token,
    bits::Bits,
    diffusion::Diffusion,
    identity::Identity,
    keys::Prf,
    parameters::{Field, Filter, Weighted},
    token::tokens,
};

/// The number of a record in one batch: fresh in every batch, and known to its operator alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub u64);

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One record as the linkage unit sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoding {
    /// The record.
    pub record: RecordId,
    /// One filter per [`Filter`] of the parameters.
    pub filters: Vec<Bits>,
    /// The block of each filter.
    pub blocks: Vec<u16>,
    /// Tokens of strong ids, sorted.
    pub tokens: Vec<Token>,
}

/// What a set of encodings was made by; only equal ones compare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The parameters.
    pub parameters: Parameters,
    /// The scope of the keys.
    pub scope: Scope,
    /// [`Keys::check`] of the keys.
    pub check: u64,
}

/// The encodings of one operator in one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedSet {
    /// What they were made by.
    pub header: Header,
    /// The encodings, sorted by record, which is a random order.
    pub encodings: Vec<Encoding>,
}

/// Why a record is not encoded but listed for the trusted path, on which two operators compare in the clear or by a
/// protocol that reveals one pair at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Too few records of the batch bear its family or given name.
    RareName,
    /// It has no name.
    Nameless,
    /// It lacks every salt.
    Saltless,
}

/// Everything that encoding a batch gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// What goes to the linkage unit.
    pub set: EncodedSet,
    /// Which patient is behind which record; stays with the operator. Sorted by record.
    pub records: Vec<(RecordId, PatientRef)>,
    /// Which patients are not encoded, and why; stays with the operator. Sorted by patient.
    pub trusted: Vec<(PatientRef, Reason)>,
    /// The mean share of bits that are set before diffusion, filter by filter; 0.2 to 0.35 is sound.
    pub fill: Vec<f64>,
}

/// Encodes under one set of keys.
pub struct Encoder {
    parameters: Parameters,
    scope: Scope,
    check: u64,
    filters: Vec<FilterKeys>,
    tokens: Prf,
    own: [u8; 32],
}

/// The sub-keys of one filter.
struct FilterKeys {
    filter: Filter,
    fields: Vec<(Weighted, Prf)>,
    diffusion: Diffusion,
    block: Prf,
}

impl Encoder {
    /// Derives every sub-key. `own` is a key of this operator alone: it numbers the records.
    ///
    /// # Errors
    /// [`Error::Parameters`] when the parameters make no sense.
    pub fn new(parameters: &Parameters, keys: &Keys, own: [u8; 32]) -> Result<Self, Error> {
        parameters.validate()?;
        let filters = (0u8..).zip(&parameters.filters).map(|(nth, filter)| {
            let fields = parameters.fields.iter().map(|one| {
                let name: &[u8] = match one.field {
                    Field::Kana => b"kana",
                    Field::Kanji => b"kanji",
                    Field::Birth => b"birth",
                    Field::Postal => b"postal",
                    Field::Sex => b"sex",
                };
                (*one, keys.prf("field", &[&[nth], name]))
            });
            FilterKeys {
                filter: *filter,
                fields: fields.collect(),
                diffusion: Diffusion::new(&keys.prf("diffusion", &[&[nth]]), parameters.diffusion),
                block: keys.prf("block", &[&[nth]]),
            }
        });
        Ok(Self {
            parameters: parameters.clone(),
            scope: keys.scope().clone(),
            check: keys.check(),
            filters: filters.collect(),
            tokens: keys.prf("token", &[]),
            own,
        })
    }

    /// Encodes a batch on `threads` threads; the result does not depend on how many.
    ///
    /// Give one record for each person: whoever has several that are alike stands out, and is found by their number.
    ///
    /// # Errors
    /// [`Error::Twice`] when a patient stands twice in the batch.
    pub fn encode(&self, identities: &[Identity], threads: usize) -> Result<Encoded, Error> {
        let names = name_counts(identities);
        let mut trusted = Vec::new();
        let mut kept = Vec::with_capacity(identities.len());
        for one in identities {
            match self.routed(one, &names) {
                Some(reason) => trusted.push((one.patient(), reason)),
                None => kept.push(one),
            }
        }
        let mut made = self.encode_all(&kept, threads);
        made.sort_unstable_by_key(|(encoding, _)| encoding.record);
        trusted.sort_unstable();
        let mut records: Vec<(RecordId, PatientRef)> =
            made.iter().map(|(encoding, one)| (encoding.record, one.patient)).collect();
        records.dedup_by_key(|(record, _)| *record);
        if records.len() < made.len() {
            return Err(Error::Twice);
        }
        let fill = self.fill(&made);
        let header = Header { parameters: self.parameters.clone(), scope: self.scope.clone(), check: self.check };
        let encodings = made.into_iter().map(|(encoding, _)| encoding).collect();
        Ok(Encoded { set: EncodedSet { header, encodings }, records, trusted, fill })
    }

    fn routed(&self, one: &Identity, names: &BTreeMap<(u8, &str), u32>) -> Option<Reason> {
        let count = |name| names.get(&name).copied().unwrap_or(0);
        if one.names().next().is_none() && one.tokens(Field::Kanji).is_empty() {
            Some(Reason::Nameless)
        } else if one.names().any(|name| count(name) < self.parameters.rare_below) {
            Some(Reason::RareName)
        } else {
            let saltless = self.filters.iter().all(|keys| one.salt(keys.filter.salt).is_none());
            saltless.then_some(Reason::Saltless)
        }
    }

    fn encode_all(&self, kept: &[&Identity], threads: usize) -> Vec<(Encoding, Made)> {
        let share = kept.len().div_ceil(threads.max(1)).max(1);
        std::thread::scope(|scope| {
            let parts: Vec<_> = kept
                .chunks(share)
                .map(|chunk| scope.spawn(move || chunk.iter().map(|one| self.one(one)).collect::<Vec<_>>()))
                .collect();
            parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
        })
    }

    fn one(&self, one: &Identity) -> (Encoding, Made) {
        let patient = one.patient();
        let batch = [self.scope.project.as_bytes(), self.scope.batch.as_bytes(), &patient.get().to_be_bytes()];
        let record = RecordId(keyed_u64(&self.own, &batch));
        let mut encoding =
            Encoding { record, filters: Vec::new(), blocks: Vec::new(), tokens: tokens(&self.tokens, one) };
        let mut ones = Vec::new();
        for keys in &self.filters {
            // A missing salt is replaced by one that nobody shares, so that not even the lack of it is seen.
            let alone = || format!("?{}", keyed_u64(&self.own, &[b"salt", &record.0.to_be_bytes()]));
            let salt = one.salt(keys.filter.salt).unwrap_or_else(alone);
            let bloom = keys.bloom(one, &salt);
            ones.push(bloom.ones());
            encoding.filters.push(keys.diffusion.apply(&bloom));
            let block = keys.block.number(&[salt.as_bytes()]) % u64::from(keys.filter.blocks.max(1));
            encoding.blocks.push(u16::try_from(block).unwrap_or(0));
        }
        (encoding, Made { patient, ones })
    }

    fn fill(&self, made: &[(Encoding, Made)]) -> Vec<f64> {
        let all = u64::try_from(made.len().max(1)).unwrap_or(u64::MAX).saturating_mul(1024);
        let sums = (0..self.filters.len())
            .map(|nth| made.iter().filter_map(|(_, made)| made.ones.get(nth)).map(|ones| u64::from(*ones)).sum());
        sums.map(|sum: u64| super::ratio(sum, all)).collect()
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encoder(…)")
    }
}

/// What of a record its operator keeps.
struct Made {
    patient: PatientRef,
    ones: Vec<u32>,
}

impl FilterKeys {
    fn bloom(&self, one: &Identity, salt: &str) -> Bits {
        let mut bits = Bits::new();
        for (Weighted { field, hashes }, prf) in &self.fields {
            for token in one.tokens(*field) {
                positions(prf, &token, salt, *hashes).into_iter().for_each(|at| bits.set(at));
            }
        }
        bits
    }
}

/// Draws the positions of a token: HMAC under the field's key of (salt, token, i), not h₁ + i·h₂, which has only l²
/// states (Niedermeyer et al. 2014).
fn positions(prf: &Prf, token: &str, salt: &str, hashes: u8) -> Vec<u16> {
    let parts = [salt.as_bytes(), token.as_bytes()];
    prf.draws(&parts).take(usize::from(hashes)).map(|draw| draw % 1024).collect()
}

/// How many records of the batch bear each name.
fn name_counts(identities: &[Identity]) -> BTreeMap<(u8, &str), u32> {
    let mut counts = BTreeMap::new();
    for name in identities.iter().flat_map(Identity::names) {
        *counts.entry(name).or_default() += 1;
    }
    counts
}
