//! The golden view of a person: derived, never stored; of every value it says from which registration it comes.

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::Timestamp;
use kiban_core::{FacilityCode, PatientRef};
use unicode_normalization::UnicodeNormalization;

use crate::{Registration, Text};

/// A value of the golden view. Postal code and address survive together, so that no address is made of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GoldenField {
    /// The name as written.
    Name,
    /// The reading.
    Kana,
    /// The romanised name.
    Romaji,
    /// The birth date.
    Birth,
    /// The sex.
    Sex,
    /// Postal code and address.
    Home,
    /// The phone.
    Phone,
}

impl GoldenField {
    /// Every field.
    pub const ALL: [Self; 7] = [Self::Name, Self::Kana, Self::Romaji, Self::Birth, Self::Sex, Self::Home, Self::Phone];

    /// The value in the form in which equal values are counted, or nothing.
    fn value(self, of: &Registration) -> Option<String> {
        let text = |text: &Text| text.as_ref().map(|text| folded(text.expose())).filter(|text| !text.is_empty());
        match self {
            Self::Name => text(&of.name_kanji),
            Self::Kana => text(&of.name_kana),
            Self::Romaji => text(&of.name_romaji),
            Self::Birth => of.birth.as_ref().map(|day| day.expose().to_string()).or_else(|| text(&of.birth_text)),
            Self::Sex => text(&of.sex),
            Self::Home => text(&of.address).map(|address| text(&of.postal).unwrap_or_default() + " " + &address),
            Self::Phone => text(&of.phone),
        }
    }

    fn copy(self, from: &Registration, to: &mut Registration) {
        match self {
            Self::Name => to.name_kanji.clone_from(&from.name_kanji),
            Self::Kana => to.name_kana.clone_from(&from.name_kana),
            Self::Romaji => to.name_romaji.clone_from(&from.name_romaji),
            Self::Birth => (to.birth, to.birth_text) = (from.birth, from.birth_text.clone()),
            Self::Sex => to.sex.clone_from(&from.sex),
            Self::Home => (to.postal, to.address) = (from.postal.clone(), from.address.clone()),
            Self::Phone => to.phone.clone_from(&from.phone),
        }
    }
}

/// Widths and gaps do not make a name another one; variants of a character do.
fn folded(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace()).collect()
}

/// A version of a registration and when it was seen.
#[derive(Debug, Clone, Copy)]
pub struct Known<'r> {
    /// When the facility sent it.
    pub seen: Timestamp,
    /// What it says.
    pub registration: &'r Registration,
}

/// Which value survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Survival {
    /// The one seen last.
    Newest,
    /// The one that most registrations carry.
    MostFrequent,
    /// The one of the facility that stands first in [`Survivorship::trusted`].
    MostTrusted,
}

/// The rules by field. Ties fall to the next of: newest, most frequent, smallest registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivorship {
    /// The rule of each field; [`Survival::Newest`] where none is given.
    pub rules: BTreeMap<GoldenField, Survival>,
    /// The facilities, the most trusted first; all others come after them, alike.
    pub trusted: Vec<FacilityCode>,
}

impl Default for Survivorship {
    /// What changes in a life survives newest, what does not survives by frequency.
    fn default() -> Self {
        let lasting = [GoldenField::Birth, GoldenField::Sex];
        Self { rules: lasting.into_iter().map(|field| (field, Survival::MostFrequent)).collect(), trusted: Vec::new() }
    }
}

/// Where a golden value comes from. It holds no value of the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survivor {
    /// The registration.
    pub from: PatientRef,
    /// When it was seen there.
    pub seen: Timestamp,
    /// The rule by which it survived.
    pub by: Survival,
    /// How many registrations carry the value in their newest version.
    pub carried_by: usize,
    /// How many carry another one.
    pub against: usize,
}

/// A name that a person bore.
#[derive(Debug, Clone, PartialEq)]
pub struct PastName {
    /// The name as written.
    pub name: Text,
    /// When it was first seen.
    pub first: Timestamp,
    /// When it was last seen.
    pub last: Timestamp,
    /// Where it was first seen.
    pub from: PatientRef,
}

/// The golden view of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    /// Where each value comes from; fields without a value are left out.
    pub from: BTreeMap<GoldenField, Survivor>,
    /// Every name as written, the one first seen first; legal names are never overwritten.
    pub names: Vec<PastName>,
}

impl Golden {
    /// Derives the view from every known version of the person's registrations, given in any order.
    pub fn derive(known: &[Known<'_>], rules: &Survivorship) -> Self {
        let mut newest: BTreeMap<PatientRef, Known<'_>> = BTreeMap::new();
        for one in known {
            let kept = newest.entry(one.registration.patient).or_insert(*one);
            if kept.seen < one.seen {
                *kept = *one;
            }
        }
        let fields = GoldenField::ALL.into_iter();
        let from = fields.filter_map(|field| Some((field, survivor(field, &newest, rules)?))).collect();
        Self { from, names: names(known) }
    }

    /// Composes the view as a registration that nobody sent, named for the registration of its name.
    ///
    /// None where nothing is known of the person, or a version that the view names is not among `known`.
    pub fn compose(&self, known: &[Known<'_>]) -> Option<Registration> {
        let find = |survivor: &Survivor| {
            let same = |one: &&Known<'_>| one.registration.patient == survivor.from && one.seen == survivor.seen;
            known.iter().find(same).map(|one| one.registration)
        };
        let first = find(self.from.values().next()?)?;
        let mut golden = Registration { facility: first.facility.clone(), ..Registration::unplaced(first.patient) };
        for (field, survivor) in &self.from {
            field.copy(find(survivor)?, &mut golden);
        }
        Some(golden)
    }
}

fn survivor(field: GoldenField, newest: &BTreeMap<PatientRef, Known<'_>>, rules: &Survivorship) -> Option<Survivor> {
    let values: Vec<(Known<'_>, String)> =
        newest.values().filter_map(|one| Some((*one, field.value(one.registration)?))).collect();
    let mut carried: BTreeMap<&str, usize> = BTreeMap::new();
    values.iter().for_each(|(_, value)| *carried.entry(value).or_default() += 1);
    let by = rules.rules.get(&field).copied().unwrap_or(Survival::Newest);
    let (one, value) = values.iter().min_by_key(|(one, value)| {
        let registration = one.registration;
        let newest = Reverse(one.seen);
        let frequent = Reverse(carried.get(value.as_str()).copied());
        let trust = rules
            .trusted
            .iter()
            .position(|code| Some(code.as_str()) == registration.facility.as_deref())
            .unwrap_or(usize::MAX);
        let (trust, most) = match by {
            Survival::Newest => (0, None),
            Survival::MostFrequent => (0, Some(frequent)),
            Survival::MostTrusted => (trust, None),
        };
        (trust, most, newest, frequent, registration.patient)
    })?;
    let carried_by = carried.get(value.as_str()).copied().unwrap_or_default();
    Some(Survivor {
        from: one.registration.patient,
        seen: one.seen,
        by,
        carried_by,
        against: values.len() - carried_by,
    })
}

fn names(known: &[Known<'_>]) -> Vec<PastName> {
    let mut sorted: Vec<&Known<'_>> = known.iter().collect();
    sorted.sort_by_key(|one| (one.seen, one.registration.patient));
    let mut names: Vec<(String, PastName)> = Vec::new();
    for one in sorted {
        let Some(value) = GoldenField::Name.value(one.registration) else { continue };
        if let Some((_, past)) = names.iter_mut().find(|(name, _)| *name == value) {
            past.last = one.seen;
        } else {
            let (name, from) = (one.registration.name_kanji.clone(), one.registration.patient);
            names.push((value, PastName { name, first: one.seen, last: one.seen, from }));
        }
    }
    names.into_iter().map(|(_, past)| past).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use kiban_core::Phi;
    use proptest::prelude::*;

    use super::*;

    fn registration(patient: i64, facility: u8, name: &str, birth: &str) -> Registration {
        let code = format!("131000000{facility}");
        let mut one = Registration::new(PatientRef::new(patient).unwrap(), code);
        one.name_kanji = Some(Phi::new(name.to_owned()));
        one.birth_text = Some(Phi::new(birth.to_owned()));
        one
    }

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400).unwrap()
    }

    fn check(known: &[(i64, &Registration)], rules: &Survivorship, name: &str, birth: &str) {
        let known: Vec<Known<'_>> =
            known.iter().map(|(day, registration)| Known { seen: at(*day), registration }).collect();
        let golden = Golden::derive(&known, rules).compose(&known).unwrap();
        assert_eq!(golden.name_kanji.unwrap().expose(), name);
        assert_eq!(golden.birth_text.unwrap().expose(), birth);
    }

    #[test]
    fn names_survive_newest_and_birth_dates_by_frequency() {
        let (a, b) = (registration(1, 1, "山田 花子", "1980-03-12"), registration(2, 2, "山田　花子", "1980-03-12"));
        let c = registration(3, 3, "佐藤 花子", "1980-12-03");
        check(&[(1, &a), (2, &b), (3, &c)], &Survivorship::default(), "佐藤 花子", "1980-03-12");
        let trusting = Survivorship {
            rules: GoldenField::ALL.into_iter().map(|field| (field, Survival::MostTrusted)).collect(),
            trusted: vec!["1310000001".parse().unwrap()],
        };
        check(&[(3, &c), (2, &b), (1, &a)], &trusting, "山田 花子", "1980-03-12");
    }

    #[test]
    fn every_name_is_kept_with_its_time_and_values_with_their_source() {
        let old = registration(1, 1, "山田 花子", "1980-03-12");
        let new = Registration { name_kanji: Some(Phi::new("佐藤 花子".to_owned())), ..old.clone() };
        let known = [Known { seen: at(9), registration: &new }, Known { seen: at(2), registration: &old }];
        let golden = Golden::derive(&known, &Survivorship::default());
        let names: Vec<&str> = golden.names.iter().map(|past| past.name.as_ref().unwrap().expose().as_str()).collect();
        assert_eq!(names, ["山田 花子", "佐藤 花子"]);
        assert_eq!(golden.from[&GoldenField::Name].seen, at(9));
        assert!(!format!("{golden:?}").contains("花子"));
    }

    proptest! {
        #[test]
        fn the_view_does_not_depend_on_the_order(days in prop::collection::vec((1i64..6, 0i64..4, 0usize..3), 1..8), turn in 0usize..8) {
            let names = ["山田 花子", "佐藤 花子", "山田花子"];
            let all: Vec<Registration> =
                days.iter().map(|(patient, _, name)| registration(*patient, 1, names[*name], "1980-03-12")).collect();
            let mut known: Vec<Known<'_>> = all.iter().zip(&days)
                .enumerate()
                .map(|(nth, (registration, (_, day, _)))| Known { seen: at(*day * 10 + i64::try_from(nth).unwrap()), registration })
                .collect();
            let golden = Golden::derive(&known, &Survivorship::default());
            let turn = turn % known.len();
            known.rotate_left(turn);
            prop_assert_eq!(&golden, &Golden::derive(&known, &Survivorship::default()));
            prop_assert!(golden.compose(&known).is_some());
        }
    }
}
