//! Recipient fingerprints: which recipient a leaked sample came from, with the probability of a false accusation.
//!
//! A few rows of a table are *marked*; of these every recipient gets another half, drawn by a secret key. So a share of
//! rows is withheld and no row is invented or changed. A leaked row that was withheld from a recipient speaks for that
//! recipient; the source's own copy holds none. Concentrating the choice on few rows, each withheld from half of the
//! recipients, is what makes colluders visible as well: together they still lack every row withheld from all of them
//! (the marking assumption of Boneh and Shaw 1998, doi 10.1109/18.705568; a bias of one half throughout where
//! Tardos 2003, doi 10.1145/780542.780561, draws one per position).
//!
//! **Tokens.** A row is known by a token: [`kiban_core::keyed_u64`] over what the released row and its person's released
//! demographics say, without the fresh ids, under a key of the house. It must be computable from the leaked file. Where
//! dates are shifted by recipient they may stay in the token: then a copy shares no dated rows with others, and is told
//! apart by that alone. Rows of one token are withheld together; a token of many rows is never marked.
//!
//! **Order.** Mark first, protect then, and check what comes out: withholding a row can only be part of what is
//! suppressed, never a reason why a class is too small. Passing to [`Marking::select`] only rows of persons who have more
//! events than will be released makes the marks cost nothing.
//!
//! **Keeping.** [`Mark`]s tell what was removed: they stay in the house with the ledger, and go when the release's record
//! goes. The key is not needed for tracing and can be destroyed at once.
//!
//! ```
//! use kiban_anon::trace::{Marking, Tracing, trace};
//!
//! let marking = Marking::new([7; 32], 0.01)?;
//! let rows: Vec<u64> = (0..20_000).map(|row| kiban_core::keyed_u64(b"house", &[&u64::to_be_bytes(row)])).collect();
//! let marked = marking.select(&rows);
//! let marks = ["A", "B", "C"].map(|recipient| marking.mark("release", recipient, &marked));
//! let leaked: Vec<u64> = rows.iter().copied().filter(|row| marks[1].keeps(*row)).take(8_000).collect();
//!
//! let found = trace(&leaked, &marks, &Tracing::default())?;
//! assert_eq!(found.accused[0].sources[0].recipient, "B");
//! assert!(found.accused[0].false_accusation < 1e-6);
//! # Ok::<(), kiban_anon::Error>(())
//! ```
//!
//! Marking the digits of masked identifiers is another's patent (US 11,681,825) and is not done here.

use std::collections::BinaryHeap;

use kiban_core::keyed_u64;

pub use search::{Accusation, Source, Trace, Tracing, trace};

use crate::{
    bytes::{put, put_words, take_text, take_words},
    error::{Error, Result},
};

mod search;
mod tail;

/// Rows that may share a marked token; more would be lost at once.
const MOST_ROWS: usize = 4;

/// The largest share of rows that may be withheld.
const MOST_SHARE: f64 = 0.05;

const MAGIC: &[u8; 8] = b"KIBANMRK";

const VERSION: u16 = 1;

/// Which rows are withheld from whom.
#[derive(Clone)]
pub struct Marking {
    key: [u8; 32],
    share: f64,
}

/// What one recipient's copy has and lacks of the marked rows.
#[derive(Clone, PartialEq, Eq)]
pub struct Mark {
    release: String,
    recipient: String,
    given: Vec<u64>,
    withheld: Vec<u64>,
}

impl Marking {
    /// Takes a secret key and the share of rows to withhold from each recipient, such as 0.005.
    ///
    /// Releases of one table are traced together only if they share the key.
    ///
    /// # Errors
    /// A share that is not above 0 and at most 0.05.
    pub fn new(key: [u8; 32], share: f64) -> Result<Self> {
        if share > 0.0 && share <= MOST_SHARE {
            Ok(Self { key, share })
        } else {
            Err(bad("marking", "the share of withheld rows lies above 0 and is at most 0.05"))
        }
    }

    /// Selects the rows to mark, twice the share, as sorted distinct tokens; they are the same for every recipient.
    pub fn select(&self, rows: &[u64]) -> Vec<u64> {
        let below = (2.0 * self.share * 2_f64.powi(64)) as u64;
        let marked = |row: &u64| keyed_u64(&self.key, &[b"marked row", &row.to_be_bytes()]) < below;
        let mut marked: Vec<u64> = rows.iter().copied().filter(marked).collect();
        marked.sort_unstable();
        marked
            .chunk_by(|a, b| a == b)
            .filter(|same| same.len() <= MOST_ROWS)
            .filter_map(|same| same.first())
            .copied()
            .collect()
    }

    /// Chooses which of these to mark, as sorted distinct tokens: so many that half of their rows are the share of all.
    ///
    /// Each candidate comes once, with the number of its rows. They are taken in a secret order, which is the same for every
    /// recipient and does not depend on the order in which they come; little more than the chosen ones are held in memory.
    pub fn choose(&self, candidates: impl IntoIterator<Item = (u64, u32)>, all: u64) -> Vec<u64> {
        let most = (2.0 * self.share * all as f64) as u64;
        let (mut first, mut rows) = (BinaryHeap::new(), 0);
        for (token, of_token) in candidates {
            rows += u64::from(of_token);
            first.push((keyed_u64(&self.key, &[b"marked row", &token.to_be_bytes()]), token, of_token));
            while let Some((_, _, last)) = first.peek().filter(|(_, _, last)| rows - u64::from(*last) >= most) {
                rows -= u64::from(*last);
                first.pop();
            }
        }
        let mut room = most;
        let fits = |(_, token, of_token): (u64, u64, u32)| {
            room = room.checked_sub(u64::from(of_token))?;
            Some(token)
        };
        let mut tokens: Vec<u64> = first.into_sorted_vec().into_iter().map_while(fits).collect();
        tokens.sort_unstable();
        tokens
    }

    /// Draws one recipient's half of the marked rows.
    pub fn mark(&self, release: &str, recipient: &str, marked: &[u64]) -> Mark {
        let own = [b"withheld rows", release.as_bytes(), recipient.as_bytes()];
        let own = kiban_core::keyed(&self.key, &own);
        let (mut given, mut withheld): (Vec<u64>, Vec<u64>) =
            marked.iter().partition(|row| keyed_u64(&own, &[&row.to_be_bytes()]) & 1 == 0);
        given.sort_unstable();
        withheld.sort_unstable();
        Mark { release: release.to_owned(), recipient: recipient.to_owned(), given, withheld }
    }

    /// Returns about how many leaked rows name a single leaker among so many recipients; none if no number would.
    ///
    /// That is where the sample holds as many marked rows as expected and no more of them are altered than tolerated.
    pub fn rows_needed(&self, recipients: u64, how: &Tracing) -> Option<u64> {
        let marked = self.marked_needed(recipients, how)?;
        Some((marked as f64 * (1.0 - self.share) / self.share).ceil() as u64)
    }

    /// Returns how many different marked rows a sample must hold to name a single leaker among so many recipients.
    pub fn marked_needed(&self, recipients: u64, how: &Tracing) -> Option<u64> {
        let tests = recipients as f64;
        let named = |marked: &u64| {
            let contradictions = (*marked as f64 * how.tolerance) as u64;
            tests * tail::at_most(contradictions, *marked) <= how.level
        };
        let marked = std::iter::successors(Some(1_u64), |marked| Some(marked + marked / 20 + 1));
        marked.take_while(|marked| *marked < 1_000_000).find(named)
    }
}

impl std::fmt::Debug for Marking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Marking(…)")
    }
}

impl Mark {
    /// Returns the release's id.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// Returns who received it.
    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    /// Tells whether a row goes to this recipient.
    pub fn keeps(&self, row: u64) -> bool {
        self.withheld.binary_search(&row).is_err()
    }

    /// Returns how many different rows are withheld.
    pub fn withheld(&self) -> u64 {
        self.withheld.len() as u64
    }

    /// Returns the mark as bytes; they are regulated data and stay in the house.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        put(&mut bytes, self.release.as_bytes());
        put(&mut bytes, self.recipient.as_bytes());
        put_words(&mut bytes, &self.given);
        put_words(&mut bytes, &self.withheld);
        bytes
    }

    /// Reads a mark from its bytes.
    ///
    /// # Errors
    /// Bytes that are no mark, are of a later version, or are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let body = bytes.strip_prefix(MAGIC).ok_or_else(|| bad("mark", "these bytes are no mark"))?;
        let (version, body) = body.split_first_chunk().ok_or_else(|| bad("mark", "the bytes end too early"))?;
        if u16::from_le_bytes(*version) != VERSION {
            return Err(bad("mark", "it was written by a later version of Kiban; use that one"));
        }
        read(body).ok_or_else(|| bad("mark", "the bytes are damaged; take the last good copy"))
    }
}

/// Says whose mark it is and nothing of the rows.
impl std::fmt::Debug for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mark({}, {}, …)", self.release, self.recipient)
    }
}

fn read(mut bytes: &[u8]) -> Option<Mark> {
    let (release, recipient) = (take_text(&mut bytes)?, take_text(&mut bytes)?);
    let (given, withheld) = (take_words(&mut bytes)?, take_words(&mut bytes)?);
    let sorted = [&given, &withheld].into_iter().all(|rows| rows.is_sorted_by(|a, b| a < b));
    (bytes.is_empty() && sorted).then_some(Mark { release, recipient, given, withheld })
}

fn bad(what: &str, why: &'static str) -> Error {
    Error::BadParameter { what: what.to_owned(), why }
}
