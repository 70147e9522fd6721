//! Legally relevant events: what is logged before it is said (design invariant 7).

use serde::{Deserialize, Serialize};

/// Declares event classes with their stable numbers and words.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $number:literal $word:literal,)+) => {
        /// Classes of events in the audit log. Numbers are part of the log's format and never change meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum EventClass {
            $($(#[$doc])* #[serde(rename = $word)] $name = $number,)+
        }

        impl EventClass {
            /// Every class, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Returns the stable number.
            pub const fn number(self) -> u16 {
                match self { $(Self::$name => $number),+ }
            }

            /// Returns the stable word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// Returns the class with this number.
            pub fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

events! {
    /// The house was set up.
    Init = 1 "init",
    /// A facility or its terms were recorded.
    Facility = 2 "facility",
    /// A filing 届出 was recorded.
    Filing = 3 "filing",
    /// Notices 通知 were recorded.
    Notice = 4 "notice",
    /// An objection 提供停止の求め was recorded.
    Objection = 5 "objection",
    /// A withdrawal of an objection was recorded.
    Withdrawal = 6 "withdrawal",
    /// A receipt 書面の交付 was issued.
    Receipt = 7 "receipt",
    /// A deletion request 削除の求め was recorded.
    DeletionRequest = 8 "deletion-request",
    /// A delivery was taken in.
    Intake = 9 "intake",
    /// A lake table version was committed.
    Commit = 10 "commit",
    /// Persons were joined.
    Merge = 11 "merge",
    /// Persons were parted.
    Split = 12 "split",
    /// A gate was computed.
    Gate = 13 "gate",
    /// A release was built.
    Release = 14 "release",
    /// A release was handed over.
    Delivery = 15 "delivery",
    /// Data were erased.
    Erasure = 16 "erasure",
    /// Identified data were looked at.
    Access = 17 "access",
    /// Legal rules or configuration changed.
    RuleChange = 18 "rule-change",
    /// An incident 漏えい等 was opened.
    Incident = 19 "incident",
    /// A death, capacity or other fact of a person was recorded.
    Fact = 20 "fact",
    /// The torn end of the log was repaired.
    Repair = 21 "repair",
}
