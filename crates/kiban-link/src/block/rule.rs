//! Blocking rules: the values that two rows must share to be compared, and the keys made of them.

use std::fmt;

use rustc_hash::FxHashSet;

use crate::{
    compare::{MOST_OTHERS, OtherKind},
    encode::{CardRow, Row, Table},
};

/// A value that two rows must share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyPart {
    /// The chart of one facility.
    Chart,
    /// The medical ID.
    MedicalId,
    /// The reading of the whole name, long vowels made one.
    Reading,
    /// The whole reading without voicing.
    VoicelessReading,
    /// The whole name in kanji, variants folded.
    Name,
    /// The whole romanised name.
    Romaji,
    /// The family name.
    Family,
    /// The given name.
    Given,
    /// The beginning of the family name, or of its reading.
    FamilyStart,
    /// The beginning of the given name, or of its reading.
    GivenStart,
    /// The reading of the given name.
    GivenReading,
    /// The year of birth.
    Year,
    /// The day and month of birth.
    Birthday,
    /// The date of birth.
    Birth,
    /// The sex.
    Sex,
    /// Insurer and number of any card.
    Card,
    /// The phone.
    Phone,
    /// The postal code.
    Postal,
    /// Town and numbers of the address.
    Site,
    /// A column of its own.
    Other(u8),
    /// The beginning of a column of its own.
    OtherStart(u8),
}

impl KeyPart {
    /// Returns the value of a row, zero where it has none; cards have several and are not asked here.
    fn of(self, table: &Table, (at, row): (u32, &Row)) -> u32 {
        let year = u32::from(row.birth.year.unsigned_abs());
        let birthday = u32::from(row.birth.month.unsigned_abs()) * 32 + u32::from(row.birth.day.unsigned_abs());
        let whole_day = row.birth.day != 0;
        match self {
            Self::Chart => row.chart,
            Self::MedicalId => row.medical_id,
            Self::Reading => row.whole.long,
            Self::VoicelessReading => row.voiceless,
            Self::Name => row.whole.fold,
            Self::Romaji => row.whole.romaji,
            Self::Family => row.family.fold,
            Self::Given => row.given.fold,
            Self::FamilyStart => row.starts.0,
            Self::GivenStart => row.starts.1,
            Self::GivenReading => row.given.long,
            Self::Year => year,
            Self::Birthday => u32::from(whole_day) * birthday,
            Self::Birth => u32::from(whole_day) * (year * 512 + birthday),
            Self::Sex => u32::from(row.sex),
            Self::Card => 0,
            Self::Phone => row.phone,
            Self::Postal => row.postal,
            Self::Site => row.site,
            Self::Other(column) => table.others.get(usize::from(column)).map_or(0, |column| column.at(at)),
            Self::OtherStart(column) => table.others.get(usize::from(column)).map_or(0, |column| column.start(at)),
        }
    }
}

impl fmt::Display for KeyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chart => "chart",
            Self::MedicalId => "medical-id",
            Self::Reading => "reading",
            Self::VoicelessReading => "voiceless-reading",
            Self::Name => "name",
            Self::Romaji => "romaji",
            Self::Family => "family",
            Self::Given => "given",
            Self::FamilyStart => "family…",
            Self::GivenStart => "given…",
            Self::GivenReading => "given-reading",
            Self::Year => "birth-year",
            Self::Birthday => "birthday",
            Self::Birth => "birth",
            Self::Sex => "sex",
            Self::Card => "card",
            Self::Phone => "phone",
            Self::Postal => "postal",
            Self::Site => "site",
            Self::Other(at) => return write!(f, "column-{}", at + 1),
            Self::OtherStart(at) => return write!(f, "column-{}…", at + 1),
        })
    }
}

/// A blocking rule: values that two rows must share to be compared (linkage study §5.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockRule {
    pub(super) first: KeyPart,
    second: Option<KeyPart>,
    third: Option<KeyPart>,
}

impl fmt::Display for BlockRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)?;
        [self.second, self.third].into_iter().flatten().try_for_each(|part| write!(f, " + {part}"))
    }
}

impl BlockRule {
    const fn one(first: KeyPart) -> Self {
        Self { first, second: None, third: None }
    }

    const fn both(first: KeyPart, second: KeyPart) -> Self {
        Self { first, second: Some(second), third: None }
    }

    const fn three(first: KeyPart, second: KeyPart, third: KeyPart) -> Self {
        Self { first, second: Some(second), third: Some(third) }
    }

    /// Returns the rules for a registration with so many columns of its own, those that find fewest first.
    pub(crate) fn usual(others: &[OtherKind]) -> Vec<Self> {
        use KeyPart::{
            Birth, Birthday, Card, Chart, Family, FamilyStart, Given, GivenReading, GivenStart, MedicalId, Name, Other,
            OtherStart, Phone, Postal, Reading, Romaji, Sex, Site, VoicelessReading, Year,
        };
        let mut rules = vec![Self::one(Chart), Self::one(MedicalId), Self::one(Phone)];
        rules.extend(
            [
                (Card, Sex),
                (Reading, Year),
                (Name, Year),
                (Given, Birth),
                (GivenReading, Birth),
                (Postal, Birth),
                (Site, Sex),
                (Reading, Postal),
                (Name, Postal),
                (VoicelessReading, Birthday),
                (Romaji, Year),
            ]
            .map(|(first, second)| Self::both(first, second)),
        );
        if others.is_empty() {
            return rules;
        }
        rules.extend([(Family, Birth), (Family, Given), (GivenStart, Birthday)].map(|(a, b)| Self::both(a, b)));
        rules.push(Self::three(GivenStart, FamilyStart, Year));
        let of = |wanted: &[OtherKind]| -> Vec<u8> {
            let all = (0..).zip(others.iter().take(MOST_OTHERS));
            all.filter(|(_, kind)| wanted.contains(kind)).map(|(at, _)| at).collect()
        };
        let (texts, places) = (of(&[OtherKind::Text, OtherKind::Date]), of(&[OtherKind::Place]));
        rules.extend(texts.iter().chain(&places).map(|column| Self::both(Other(*column), Birth)));
        for (at, left) in places.iter().enumerate() {
            let right = places.iter().skip(at + 1);
            rules.extend(right.map(|right| Self::both(OtherStart(*left), OtherStart(*right))));
            rules.extend(texts.iter().map(|text| Self::three(FamilyStart, OtherStart(*left), Other(*text))));
        }
        for (at, left) in texts.iter().enumerate() {
            rules.push(Self::three(GivenStart, FamilyStart, Other(*left)));
            rules.extend(texts.iter().skip(at + 1).map(|right| Self::both(Other(*left), Other(*right))));
        }
        rules
    }

    /// Returns what a row has of the parts after the first; zero where one of them is missing.
    fn rest(self, table: &Table, row: (u32, &Row)) -> u32 {
        let second = self.second.map_or(1, |part| part.of(table, row));
        match (second, self.third) {
            (0, _) | (_, None) => second,
            (second, Some(third)) => match third.of(table, row) {
                0 => 0,
                // Two values in the place of one: rows that meet by chance are compared for nothing, and no more.
                third => second.rotate_left(16).wrapping_mul(0x9E37_79B9) ^ third | 1,
            },
        }
    }

    /// Hands on the keys of a row; a row without the needed values has none.
    pub(super) fn keys(self, table: &Table, row: (u32, &Row), mut take: impl FnMut(u64)) {
        if self.first == KeyPart::Card {
            let rest = self.rest(table, row);
            let cards = table.cards(row.1).iter().filter(|card| card.number > 0 && rest > 0);
            cards.for_each(|card| take(pack(card.number, rest)));
        } else if let first @ 1.. = self.first.of(table, row)
            && let rest @ 1.. = self.rest(table, row)
        {
            take(pack(first, rest));
        }
    }

    /// Tells whether both rows share a key that was not cut.
    pub(super) fn shared(self, table: &Table, left: (u32, &Row), right: (u32, &Row), cut: &FxHashSet<u64>) -> bool {
        let counts =
            |first: u32, rest: u32| first > 0 && rest > 0 && (cut.is_empty() || !cut.contains(&pack(first, rest)));
        if self.first == KeyPart::Card {
            let rest = self.rest(table, left);
            let held = table.cards(right.1);
            let both = |l: &&CardRow| held.iter().any(|r| l.number == r.number);
            return rest == self.rest(table, right)
                && table.cards(left.1).iter().filter(both).any(|card| counts(card.number, rest));
        }
        let first = self.first.of(table, left);
        if first == 0 || first != self.first.of(table, right) {
            return false;
        }
        let rest = self.rest(table, left);
        rest == self.rest(table, right) && counts(first, rest)
    }
}

impl BlockRule {
    /// Tells whether the rule is one for registrations as facilities send them, which their key caps alone keep cheap.
    pub(super) fn is_of_registrations(self) -> bool {
        Self::usual(&[]).contains(&self)
    }

    /// Tells whether two rows that share several cards meet at this key for the first time.
    pub(super) fn is_first_shared(self, table: &Table, digest: u64, left: (u32, &Row), right: &Row) -> bool {
        if self.first != KeyPart::Card {
            return true;
        }
        let (held, rest) = (table.cards(right), self.rest(table, left));
        let shared = table.cards(left.1).iter().map(|l| l.number).filter(|l| held.iter().any(|r| r.number == *l));
        shared.min().is_none_or(|first| u64::from(short(pack(first, rest))) == digest)
    }
}

/// Returns a digest of a key that is never zero.
pub(super) fn short(key: u64) -> u32 {
    u32::try_from(mixed(key) >> 32).unwrap_or(u32::MAX) | 1
}

pub(super) fn mixed(key: u64) -> u64 {
    let folded = (key ^ key >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    folded ^ folded >> 29
}

pub(super) fn pack(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}
