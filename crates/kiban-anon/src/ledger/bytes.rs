//! The ledger as bytes: a versioned header, then persons and releases; bitmaps in roaring's portable format.
//!
//! All numbers are little-endian; a text is its length in 32 bits and its UTF-8. `KIBANLDG`, version (u16), persons
//! (u32), their tokens (u64 each), the forgotten (bitmap), releases (u32), and for each: its length (u32), id, recipient,
//! persons (bitmap), a class per person (u32 each, in the order of their numbers). A bitmap has its length before it.

use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::{Entry, Ledger, bad};
use crate::{
    bytes::{put, put_words, take, take_text, take_u32, take_words},
    error::Result,
};

const MAGIC: &[u8; 8] = b"KIBANLDG";

const VERSION: u16 = 1;

impl Entry {
    /// Returns the entry as bytes; equal entries give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.classes.len() * 4 + self.persons.serialized_size() + 64);
        put(&mut bytes, self.release.as_bytes());
        put(&mut bytes, self.recipient.as_bytes());
        put_bitmap(&mut bytes, &self.persons);
        self.classes.iter().for_each(|class| bytes.extend(class.to_le_bytes()));
        bytes
    }

    fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let release = take_text(&mut bytes)?;
        let recipient = take_text(&mut bytes)?;
        let persons = take_bitmap(&mut bytes)?;
        let (classes, rest) = bytes.as_chunks::<4>();
        let whole = rest.is_empty() && classes.len() as u64 == persons.len();
        let classes = classes.iter().map(|class| u32::from_le_bytes(*class)).collect();
        whole.then_some(Self { release, recipient, persons, classes })
    }
}

impl Ledger {
    /// Returns the ledger as bytes; equal ledgers give equal bytes. They are regulated data and stay in the house.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        put_words(&mut bytes, &self.tokens);
        put_bitmap(&mut bytes, &self.forgotten);
        bytes.extend((self.entries.len() as u32).to_le_bytes());
        self.entries.iter().for_each(|entry| put(&mut bytes, &entry.to_bytes()));
        bytes
    }

    /// Reads a ledger from its bytes.
    ///
    /// # Errors
    /// Bytes that are no ledger, are of a later version, or are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let body = bytes.strip_prefix(MAGIC).ok_or_else(|| bad("ledger", "these bytes are no ledger"))?;
        let (version, body) = body.split_first_chunk().ok_or_else(|| bad("ledger", "the bytes end too early"))?;
        if u16::from_le_bytes(*version) != VERSION {
            return Err(bad("ledger", "it was written by a later version of Kiban; use that one"));
        }
        read(body).ok_or_else(|| bad("ledger", "the bytes are damaged; take the last good copy"))
    }
}

fn read(mut bytes: &[u8]) -> Option<Ledger> {
    let tokens = take_words(&mut bytes)?;
    let persons = tokens.len();
    let forgotten = take_bitmap(&mut bytes)?;
    let known = (0_u32..).zip(&tokens).filter(|(number, _)| !forgotten.contains(*number));
    let numbers: FxHashMap<u64, u32> = known.map(|(number, token)| (*token, number)).collect();
    let releases = take_u32(&mut bytes)?;
    let entries: Vec<Entry> = (0..releases).map(|_| Entry::from_bytes(take(&mut bytes)?)).collect::<Option<_>>()?;
    let inside = |set: &RoaringBitmap| set.max().is_none_or(|most| (most as usize) < persons);
    let whole = bytes.is_empty()
        && numbers.len() as u64 + forgotten.len() == persons as u64
        && inside(&forgotten)
        && entries.iter().all(|e| inside(&e.persons));
    whole.then_some(Ledger { tokens, forgotten, numbers, entries })
}

fn put_bitmap(bytes: &mut Vec<u8>, set: &RoaringBitmap) {
    let mut part = Vec::with_capacity(set.serialized_size());
    // Writing to a vector cannot fail.
    if set.serialize_into(&mut part).is_ok() {
        put(bytes, &part);
    }
}

fn take_bitmap(bytes: &mut &[u8]) -> Option<RoaringBitmap> {
    RoaringBitmap::deserialize_from(take(bytes)?).ok()
}
