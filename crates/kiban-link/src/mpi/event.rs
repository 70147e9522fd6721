//! What is told of identity. Events are only ever added; each says since when it is true and since when we know.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use kiban_core::{BadId, FacilityCode, PatientRef, PersonKey};

/// Declares a closed list of words with one spelling in code, files and the registry.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// Every word, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word used in files, tables and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(BadId { what: stringify!($name), expected: concat!("one of", $(" ", $word),+) }),
                }
            }
        }
    };
}

words!(
    /// Why something was decided about identity; the list follows the reasons that E-PIX asks its clerks for.
    ReasonCode {
        /// A run of the linkage decided.
        Linkage = "linkage",
        /// Papers of the person were seen.
        Documents = "documents",
        /// The facility confirmed it.
        FacilityConfirmed = "facility-confirmed",
        /// オンライン資格確認 or another official id says so.
        OfficialId = "official-id",
        /// A name changed by marriage, divorce, adoption or naturalisation.
        NameChange = "name-change",
        /// A typing error explains the difference.
        TypingError = "typing-error",
        /// A newborn was registered under a placeholder.
        Newborn = "newborn",
        /// They are twins.
        Twins = "twins",
        /// They are members of one household.
        Household = "household",
        /// They share a name by chance.
        Namesakes = "namesakes",
        /// One chart was used for two people, or a number was given again.
        ChartReused = "chart-reused",
        /// The person asked for a correction 訂正の求め.
        CorrectionRequest = "correction-request",
        /// The law keeps them apart, as after an adoption or for protection from violence.
        LegalProtection = "legal-protection",
        /// An earlier decision was wrong.
        Mistake = "mistake",
        /// It was recorded before reasons were asked for.
        Unstated = "unstated",
    }
);

words!(
    /// What a person decided of two registrations.
    Must {
        /// They are one person.
        Link = "link",
        /// They are two persons.
        NotLink = "not-link",
    }
);

words!(
    /// What a decision was made about.
    Act {
        /// Two registrations.
        Pair = "pair",
        /// Two persons become one; needs two authors.
        Merge = "merge",
        /// A part of a person becomes another.
        Split = "split",
    }
);

/// Numbers an event; equal numbers are one event told twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub u64);

/// Numbers a stored model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelVersion(pub u32);

/// Who says so: a staff id, or the program.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Author(String);

impl Author {
    /// Takes a staff id.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Returns the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Two different registrations, the smaller first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pair {
    left: PatientRef,
    right: PatientRef,
}

impl Pair {
    /// Returns the pair, in either order given; none of one registration with itself.
    pub fn new(a: PatientRef, b: PatientRef) -> Option<Self> {
        (a != b).then(|| Self { left: a.min(b), right: a.max(b) })
    }

    /// Returns the smaller one.
    pub const fn left(self) -> PatientRef {
        self.left
    }

    /// Returns the larger one.
    pub const fn right(self) -> PatientRef {
        self.right
    }

    /// Returns both, the smaller first.
    pub const fn both(self) -> [PatientRef; 2] {
        [self.left, self.right]
    }
}

/// A decision of people; it outranks rules and model for as long as it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What it was made about.
    pub act: Act,
    /// One person or two.
    pub must: Must,
    /// The pairs it binds, sorted.
    pub pairs: Vec<Pair>,
    /// Who confirmed it.
    pub second: Option<Author>,
    /// From when it no longer holds.
    pub expires: Option<Timestamp>,
}

impl Decided {
    /// Decides about two registrations.
    pub fn pair(must: Must, pair: Pair) -> Self {
        Self { act: Act::Pair, must, pairs: vec![pair], second: None, expires: None }
    }

    /// Makes one person of two; their smallest registrations carry the link. None where one side is empty.
    pub fn merge(one: &[PatientRef], other: &[PatientRef], second: Author) -> Option<Self> {
        let pair = Pair::new(*one.iter().min()?, *other.iter().min()?)?;
        Some(Self { act: Act::Merge, must: Must::Link, pairs: vec![pair], second: Some(second), expires: None })
    }

    /// Parts some registrations of a person from the rest: no pair across may be one person.
    pub fn split(part: &[PatientRef], rest: &[PatientRef]) -> Self {
        let across = |left: &PatientRef| rest.iter().filter_map(|right| Pair::new(*left, *right)).collect::<Vec<_>>();
        let mut pairs: Vec<Pair> = part.iter().flat_map(across).collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self { act: Act::Split, must: Must::NotLink, pairs, second: None, expires: None }
    }
}

/// How a person key fared, as it is told to those who hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyChange {
    /// A key was given for the first time, to the person of its founding registration.
    Minted {
        /// The key.
        key: PersonKey,
        /// The registration for which it was made; it never changes.
        founder: PatientRef,
    },
    /// A person became part of another; the key is forwarded.
    Merged {
        /// The key that went.
        from: PersonKey,
        /// The key that stays.
        into: PersonKey,
    },
    /// A merge was taken back; the key stands for its person again.
    Unmerged {
        /// The key that came back.
        key: PersonKey,
        /// The key it had been forwarded to.
        from: PersonKey,
    },
    /// A part of a person now bears another key.
    Split {
        /// The key that the part bore.
        from: PersonKey,
        /// The key that it bears.
        into: PersonKey,
    },
    /// Nobody is left who bore the key.
    Retired {
        /// The key.
        key: PersonKey,
    },
}

/// What an event says.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A version of a registration came in.
    Registered {
        /// The registration.
        patient: PatientRef,
        /// Where.
        facility: FacilityCode,
        /// Its version; a lower one than is known changes nothing.
        version: u32,
    },
    /// A registration was erased; decisions about it stay, without effect.
    Erased {
        /// The registration.
        patient: PatientRef,
    },
    /// Rules or model take two registrations for one person.
    Linked {
        /// The pair.
        pair: Pair,
        /// How sure they are; one where a rule decided.
        probability: f64,
    },
    /// Rules or model no longer do.
    Unlinked {
        /// The pair.
        pair: Pair,
    },
    /// People decided.
    Decided(Decided),
    /// A decision was taken back: it counts as never made.
    Revoked {
        /// The event that decided.
        decision: EventId,
    },
    /// A change of keys was told to those who hold them.
    Key(KeyChange),
    /// What is linked from now on is linked by another model.
    Model {
        /// The model.
        version: ModelVersion,
    },
}

/// One thing told.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its number.
    pub id: EventId,
    /// Since when it is true.
    pub valid_from: Timestamp,
    /// Since when we know.
    pub recorded_at: Timestamp,
    /// Who says so.
    pub author: Author,
    /// Why.
    pub reason: ReasonCode,
    /// What.
    pub what: What,
}

impl Event {
    /// Returns the registrations that it speaks of.
    pub fn patients(&self) -> Vec<PatientRef> {
        match &self.what {
            What::Registered { patient, .. } | What::Erased { patient } => vec![*patient],
            What::Linked { pair, .. } | What::Unlinked { pair } => pair.both().to_vec(),
            What::Decided(decided) => decided.pairs.iter().flat_map(|pair| pair.both()).collect(),
            What::Key(KeyChange::Minted { founder, .. }) => vec![*founder],
            What::Revoked { .. } | What::Key(_) | What::Model { .. } => Vec::new(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn patient(number: i64) -> PatientRef {
        PatientRef::new(number).unwrap()
    }

    #[test]
    fn a_pair_has_one_order_and_two_ends() {
        assert_eq!(Pair::new(patient(2), patient(1)), Pair::new(patient(1), patient(2)));
        assert_eq!(Pair::new(patient(1), patient(1)), None);
    }

    #[test]
    fn a_split_binds_every_pair_across() {
        let split = Decided::split(&[patient(1), patient(2)], &[patient(3), patient(4)]);
        assert_eq!(split.pairs.len(), 4);
        assert!(split.pairs.is_sorted() && split.must == Must::NotLink);
    }

    #[test]
    fn words_read_back() {
        for reason in ReasonCode::ALL {
            assert_eq!(reason.as_str().parse(), Ok(*reason));
        }
        assert!("because".parse::<ReasonCode>().is_err());
    }
}
