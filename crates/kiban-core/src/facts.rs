//! Legal facts: what was true, and since when the house knew it.
//!
//! Every fact carries its *valid time* (when it was true) and `recorded_at` (when it was entered), so that any past
//! decision can be recomputed as of what was known then (design invariant 2). Facts are only ever added: a correction
//! is a new fact. Days are counted in Japan (UTC+9, no summer time).
//!
//! Which fact replaces which: of facility states, births and deaths the one recorded last counts; of filings with the
//! same number and of reviews with the same case number likewise. A statement of capacity holds until the day of the
//! next one. Notices, objections, withdrawals and deletion requests never replace each other. The order of the lists
//! does not matter.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{FacilityCode, PatientRef, Track};

/// Declares a closed list of words with one spelling in code, files and the registry.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word used in files, tables and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::BadId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(crate::BadId { what: stringify!($name), expected: concat!("one of", $(" ", $word),+) }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words!(
    /// Kinds of facility 医療情報取扱事業者 (SEED-22, SEED-25).
    FacilityKind {
        /// 病院
        Hospital = "hospital",
        /// 診療所
        Clinic = "clinic",
        /// 薬局
        Pharmacy = "pharmacy",
        /// 市町村
        Municipality = "municipality",
        /// 保険者
        Insurer = "insurer",
        /// 学校
        School = "school",
        /// 事業所
        Workplace = "workplace",
    }
);

words!(
    /// Kinds of medical information that a filing names; a feed may carry only filed ones (Act Art. 52(1)(iii)).
    DataItem {
        /// Name, sex, birth date, address, insurance.
        Demographics = "demographics",
        /// Visits and admissions.
        Visits = "visits",
        /// Diagnoses.
        Conditions = "conditions",
        /// Prescriptions, administrations, immunisations.
        Drugs = "drugs",
        /// Operations and other procedures.
        Procedures = "procedures",
        /// Laboratory results and vital signs.
        Measurements = "measurements",
        /// Allergies and other observations.
        Observations = "observations",
        /// Claims and what they cost.
        Claims = "claims",
        /// Death and its cause.
        Death = "death",
    }
);

/// A set of data items.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "Vec<DataItem>", into = "Vec<DataItem>")]
pub struct DataItems(u16);

impl DataItems {
    /// No item.
    pub const NONE: Self = Self(0);

    /// Tells whether the set has no item.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Tells whether an item is in the set.
    pub const fn contains(self, item: DataItem) -> bool {
        self.0 & Self::bit(item) != 0
    }

    /// Returns what is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the items in their fixed order.
    pub fn iter(self) -> impl Iterator<Item = DataItem> {
        DataItem::ALL.iter().copied().filter(move |item| self.contains(*item))
    }

    const fn bit(item: DataItem) -> u16 {
        1 << item as u16
    }
}

impl FromIterator<DataItem> for DataItems {
    fn from_iter<I: IntoIterator<Item = DataItem>>(items: I) -> Self {
        items.into_iter().fold(Self::NONE, |set, item| Self(set.0 | Self::bit(item)))
    }
}

impl From<Vec<DataItem>> for DataItems {
    fn from(items: Vec<DataItem>) -> Self {
        items.into_iter().collect()
    }
}

impl From<DataItems> for Vec<DataItem> {
    fn from(set: DataItems) -> Self {
        set.iter().collect()
    }
}

impl std::fmt::Debug for DataItems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

words!(
    /// How the notice reached its recipient (SEED-40, SEED-42).
    NoticeMethod {
        /// Handed over in writing, as at the first visit.
        Written = "written",
        /// Sent by mail to the person.
        Mail = "mail",
        /// Shown and delivered on screen with the recipient's agreement.
        Electronic = "electronic",
        /// Explained by word of mouth only.
        Oral = "oral",
        /// Put up on a wall.
        Poster = "poster",
        /// Put on a web page.
        Website = "website",
    }
);

words!(
    /// Who received a notice (SEED-47).
    Recipient {
        /// The person 本人.
        Person = "person",
        /// The guardian 保護者等.
        Guardian = "guardian",
    }
);

words!(
    /// Who asked (SEED-44 to SEED-47).
    Requester {
        /// The person 本人.
        Person = "person",
        /// The guardian 保護者等.
        Guardian = "guardian",
        /// The bereaved family 遺族.
        Bereaved = "bereaved",
    }
);

words!(
    /// On which way a request came in (SEED-44).
    Channel {
        /// Spoken at the counter.
        CounterOral = "counter-oral",
        /// A paper.
        Paper = "paper",
        /// A web form.
        Web = "web",
        /// A telephone call.
        Phone = "phone",
    }
);

words!(
    /// Whether the person can understand the notice and decide (SEED-47).
    Capacity {
        /// Able to decide.
        Able = "able",
        /// Not able to decide: the guardian is notified as well.
        Unable = "unable",
    }
);

/// A facility 医療情報取扱事業者 and the terms under which it supplies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facility {
    /// Ten-digit code.
    pub code: FacilityCode,
    /// Name, as published.
    pub name: String,
    /// Kind.
    pub kind: FacilityKind,
    /// First day on which it supplies.
    pub supply_from: Date,
    /// Last day on which it supplies, if it has ended.
    pub supply_to: Option<Date>,
    /// Its own wait in days, where longer than the law's.
    pub waiting_days: Option<u16>,
    /// When this was recorded.
    pub recorded_at: Timestamp,
}

/// A filing 届出 with the competent ministers for one track (Act Art. 52, 57).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filing {
    /// The facility that filed.
    pub facility: FacilityCode,
    /// The track it is for.
    pub track: Track,
    /// The ministers' receipt number. A record of the same number corrects; a change of items is a new filing.
    pub number: String,
    /// First day on which it is effective.
    pub effective_from: Date,
    /// Last day, if it has been withdrawn.
    pub effective_to: Option<Date>,
    /// The data items it names.
    pub items: Vec<DataItem>,
    /// The notice texts ([`Notice::template_version`]) that state these items.
    ///
    /// A new item needs a new notice to each person (Act Art. 52(2)). Where the texts are not listed, every notice
    /// counts for a track's first filing, and for a later one only what was given since it became effective.
    #[serde(default)]
    pub notice_versions: Vec<String>,
    /// When this was recorded.
    pub recorded_at: Timestamp,
}

/// A notice 通知 given to a person or a guardian.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Which track the notice covers.
    pub track: Track,
    /// When the recipient received it.
    pub given_at: Timestamp,
    /// How.
    pub method: NoticeMethod,
    /// Which text.
    pub template_version: String,
    /// Who received it.
    pub recipient: Recipient,
    /// Who gave it: a staff id, never a patient's name.
    pub staff: String,
    /// When this was recorded.
    pub recorded_at: Timestamp,
}

/// An objection 提供停止の求め: effective from the instant it was received, however late it was typed (Act Art. 52(1)(vi)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Its receipt number, printed on the paper given to the requester (Act Art. 53).
    pub receipt_no: String,
    /// Which track it stops.
    pub track: Track,
    /// Who asked.
    pub requester: Requester,
    /// How it came in.
    pub channel: Channel,
    /// When it was received.
    pub received_at: Timestamp,
    /// When this was recorded.
    pub recorded_at: Timestamp,
}

/// The withdrawal of an objection. It revives nothing: a new notice has to be given and waited out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The receipt number of the objection withdrawn.
    pub receipt_no: String,
    /// Which track it concerns.
    pub track: Track,
    /// Who asked.
    pub requester: Requester,
    /// When it was received.
    pub received_at: Timestamp,
    /// When this was recorded.
    pub recorded_at: Timestamp,
}

/// A request that the operator delete what was already supplied 削除の求め (SEED-52). It stops for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionRequest {
    /// Which track it concerns.
    pub track: Track,
    /// When it was received.
    pub received_at: Timestamp,
    /// When this was recorded.
    pub recorded_at: Timestamp,
}

/// What is known of a death. The dead stay protected (SEED-09).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Death {
    /// The day of death.
    pub on: Date,
    /// When this was recorded.
    pub recorded_at: Timestamp,
}

/// A statement of the person's capacity, true from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapacityFact {
    /// Able or unable.
    pub capacity: Capacity,
    /// Since which day.
    pub since: Date,
    /// When this was recorded.
    pub recorded_at: Timestamp,
}

/// A person's birth date as the facility states it; without it age is unknown, and unknown denies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Birth {
    /// The day of birth.
    pub on: Date,
    /// When this was recorded.
    pub recorded_at: Timestamp,
}

/// A review that holds a person back, such as a disputed identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The number of the case; closing it is a new record with the same number.
    pub case_no: String,
    /// Since when.
    pub opened_at: Timestamp,
    /// Until when, once closed.
    pub closed_at: Option<Timestamp>,
    /// When this was recorded.
    pub recorded_at: Timestamp,
}

/// Everything known of one facility's standing, all tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityFacts {
    /// The facility, one entry for each recorded state, oldest record first.
    pub facility: Vec<Facility>,
    /// Its filings, oldest record first.
    pub filings: Vec<Filing>,
}

/// Everything known of one patient of one facility, all tracks, each list oldest record first.
///
/// An empty list means unknown, and unknown denies; only capacity is presumed until the contrary is stated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PatientFacts {
    /// Birth date statements.
    pub births: Vec<Birth>,
    /// Notices given.
    pub notices: Vec<Notice>,
    /// Objections received.
    pub objections: Vec<Objection>,
    /// Withdrawals received.
    pub withdrawals: Vec<Withdrawal>,
    /// Deletion requests received.
    pub deletions: Vec<DeletionRequest>,
    /// Deaths recorded.
    pub deaths: Vec<Death>,
    /// Capacity statements.
    pub capacities: Vec<CapacityFact>,
    /// Reviews that hold the person back.
    pub reviews: Vec<Review>,
}

/// One patient at one facility: the subject of every verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// The facility.
    pub facility: FacilityCode,
    /// The patient there.
    pub patient: PatientRef,
}

/// A fact that was recorded at some instant.
pub(crate) trait Recorded {
    /// Returns when the house learnt of it.
    fn recorded_at(&self) -> Timestamp;
}

macro_rules! recorded {
    ($($name:ident)+) => {
        $(impl Recorded for $name {
            fn recorded_at(&self) -> Timestamp {
                self.recorded_at
            }
        })+
    };
}

recorded!(Facility Filing Notice Objection Withdrawal DeletionRequest Death CapacityFact Birth Review);
