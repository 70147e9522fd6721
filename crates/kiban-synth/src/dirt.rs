//! Dirt: records spoilt on purpose, each of a named kind and counted, so that readers can be held to account.

use crate::dice::Dice;

/// Declares the kinds with their words.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $word:literal,)+) => {
        /// A way in which a record is spoilt.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Dirt { $($(#[$doc])* $kind,)+ }

        impl Dirt {
            /// Returns the word that stands in the truth file.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$kind => $word),+ }
            }
        }
    };
}

kinds! {
    /// Bytes that the file's encoding does not know.
    BrokenEncoding = "broken-encoding",
    /// The record stops in the middle.
    TruncatedLine = "truncated-line",
    /// A segment, resource or record type that no specification names.
    UnknownRecord = "unknown-record",
    /// 31 February.
    ImpossibleDate = "impossible-date",
    /// The message names another patient than its path (SS-MIX2).
    PathMismatch = "path-mismatch",
    /// Nobody is named.
    MissingLocalId = "missing-local-id",
    /// The record stands there twice.
    DuplicateRecord = "duplicate-record",
    /// A line that is no JSON (FHIR).
    NotJson = "not-json",
    /// An insurer number whose check digit is wrong.
    WrongCheckDigit = "wrong-check-digit",
}

/// Decides which records are spoilt, and how.
pub(crate) struct Spoiler {
    dice: Dice,
    rate: f64,
}

impl Spoiler {
    /// Takes the patient's own stream and the share of records to spoil, 0 for those who must stay clean.
    pub(crate) fn new(dice: Dice, rate: f64) -> Self {
        Self { dice, rate }
    }

    /// Returns how the next record is to be spoilt, if at all.
    pub(crate) fn next<const N: usize>(&mut self, kinds: &[Dirt; N]) -> Option<Dirt> {
        self.dice.chance(self.rate).then(|| *self.dice.pick(kinds))
    }

    /// Returns whether something of probability `p` happens, never to those who must stay clean.
    pub(crate) fn happens(&mut self, p: f64) -> bool {
        let thrown = self.dice.chance(p);
        thrown && self.rate >= 0.0
    }

    /// Returns a number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.dice.below(bound as u64)).unwrap_or(0)
    }

    /// Returns a ten-digit patient id that nobody has.
    pub(crate) fn nobody(&mut self) -> String {
        format!("8{:09}", self.dice.below(1_000_000_000))
    }
}

/// Puts in two bytes that begin no character in CP932, UTF-8 or ISO 2022.
pub(crate) fn break_encoding(bytes: &mut Vec<u8>, at: usize) {
    let at = at.min(bytes.len());
    bytes.splice(at..at, [0xFD, 0xFF]);
}

/// Returns the number with its last digit changed.
pub(crate) fn wrong_check_digit(number: &str) -> String {
    let mut changed: Vec<char> = number.chars().collect();
    if let Some(last) = changed.last_mut() {
        *last = match last.to_digit(10) {
            Some(digit) => char::from_digit((digit + 3) % 10, 10).unwrap_or('0'),
            None => '0',
        };
    }
    changed.into_iter().collect()
}
