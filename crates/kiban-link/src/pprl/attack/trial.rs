//! Every attack succeeds on a weak encoding and fails on the recommended one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use kiban_core::{PatientRef, Phi, keyed_u64};

use super::*;
use crate::{
    Registration,
    pprl::{Encoder, Field, Filter, Identity, Keys, Parameters, Salt, Scope, Secret, Weighted},
};

const PEOPLE: u64 = 100;

/// Draws below `limit`, for one purpose.
fn draw(purpose: &str, n: u64, limit: u64) -> u64 {
    keyed_u64(b"trial", &[purpose.as_bytes(), &n.to_be_bytes()]) % limit
}

/// A name that few or many bear: the n-th is borne half as often as the one twice as early.
fn name(purpose: &str, n: u64, names: u64) -> (String, String) {
    let uniform = (draw(purpose, n, 1 << 20) + 1) as f64 / f64::from(1 << 20);
    let rank = ((names as f64).powf(uniform) - 1.0) as u64;
    let letters = 2 + draw(&format!("{purpose} length"), rank, 3);
    let kana: Vec<char> =
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ".chars().collect();
    let letter = |at| kana[draw(&format!("{purpose} letter {at}"), rank, kana.len() as u64) as usize];
    let kanji = |at| char::from_u32(0x6000 + draw(&format!("{purpose} kanji {at}"), rank, 200) as u32).unwrap();
    ((0..letters).map(letter).collect(), (0..2).map(kanji).collect())
}

/// The n-th inhabitant.
fn inhabitant(n: u64) -> Registration {
    let mut one = Registration::new(PatientRef::new(n as i64 + 1).unwrap(), "1310000017");
    let ((family, family_kanji), (given, given_kanji)) = (name("family", n, 80), name("given", n, 60));
    let text = |value: String| Some(Phi::new(value));
    one.name_kana = text(format!("{family} {given}"));
    one.name_kanji = text(format!("{family_kanji} {given_kanji}"));
    let (year, month, day) = (1930 + draw("year", n, 90), 1 + draw("month", n, 12), 1 + draw("day", n, 28));
    one.birth_text = text(format!("{year}-{month:02}-{day:02}"));
    one.sex = text((1 + draw("sex", n, 2)).to_string());
    one.postal = text(format!("{:07}", 1_000_000 + draw("postal", n / 3, 300) * 97));
    one
}

struct Town {
    identities: Vec<Identity>,
    people: Vec<u64>,
}

impl Town {
    /// The inhabitants from one number to another.
    fn of(from: u64, to: u64) -> Self {
        let all: Vec<Registration> = (from..to).map(inhabitant).collect();
        Self { identities: Identity::read_all(&all), people: (from..to).collect() }
    }

    /// The inhabitants by their family names alone, which are also who they are.
    fn surnames(count: u64) -> Self {
        let short = |n: u64| {
            let mut one = inhabitant(n);
            one.name_kana = Some(Phi::new(name("family", n, 80).0));
            one.name_kanji = None;
            one
        };
        let identities = Identity::read_all(&(0..count).map(short).collect::<Vec<_>>());
        let mut names = BTreeMap::new();
        let mut people = Vec::new();
        for one in &identities {
            let next = names.len() as u64;
            people.push(*names.entry(one.tokens(Field::Kana)).or_insert(next));
        }
        Self { identities, people }
    }

    fn encode(&self, parameters: &Parameters, key: u8) -> (Vec<Encoding>, Vec<u64>) {
        let scope = Scope { project: "p".into(), batch: "b".into(), year: 2026 };
        let keys = Keys::new(&Secret::join(&[&[key; 32]]).unwrap(), scope);
        let encoded = Encoder::new(parameters, &keys, [key; 32]).unwrap().encode(&self.identities, 2).unwrap();
        let by_patient: BTreeMap<PatientRef, u64> =
            self.identities.iter().map(Identity::patient).zip(self.people.iter().copied()).collect();
        let people = encoded.records.iter().map(|(_, patient)| by_patient[patient]).collect();
        (encoded.set.encodings, people)
    }
}

/// The recommended encoding; everybody is encoded, so that the attacks have all of them to find.
fn recommended() -> Parameters {
    Parameters { rare_below: 0, ..Parameters::default() }
}

/// No salt, no diffusion.
fn plain() -> Parameters {
    Parameters { filters: vec![Filter { salt: Salt::None, blocks: 1 }], diffusion: 1, ..recommended() }
}

/// One field alone, as field-level filters have it, with few bits for each token.
fn names_alone() -> Parameters {
    Parameters { fields: vec![Weighted { field: Field::Kana, hashes: 4 }], ..plain() }
}

fn with<T>(town: &Town, parameters: &Parameters, key: u8, run: impl FnOnce(&Labelled<'_>) -> T) -> T {
    let (encodings, people) = town.encode(parameters, key);
    run(&Labelled { encodings: &encodings, people: &people })
}

fn breaks(name: &str, recovery: Recovery, least: f64) {
    assert!(recovery.of > 0, "{name}: nothing to find");
    assert!(recovery.share() >= least, "{name}: {recovery:?}");
}

/// Who guesses blindly hits one of so few people in a hundred guesses, so the interval has to begin near that.
fn withstands(name: &str, recovery: Recovery) {
    assert!(recovery.of > 0, "{name}: nothing to find");
    assert!(recovery.interval()[0] < 0.02, "{name}: {recovery:?}");
}

#[test]
fn a_dictionary_breaks_what_needs_no_key() {
    let (town, list) = (Town::of(0, PEOPLE), Town::of(0, PEOPLE));
    let attack = |key| with(&town, &recommended(), 1, |t| with(&list, &recommended(), key, |k| dictionary(t, k, 2)));
    breaks("the attacker has the key", attack(1), 0.99);
    withstands("the attacker has no key", attack(2));
}

#[test]
fn releases_under_the_same_keys_are_one() {
    let town = Town::of(0, PEOPLE);
    let attack = |key| with(&town, &recommended(), 1, |t| with(&town, &recommended(), key, |k| releases(t, k, 2)));
    breaks("the same keys", attack(1), 0.99);
    withstands("fresh keys", attack(2));
}

#[test]
fn frequencies_break_fields_encoded_alone() {
    let attack = |town: &Town, parameters: &Parameters| {
        with(town, parameters, 1, |t| with(town, parameters, 2, |k| whole_frequency(t, k)))
    };
    breaks("surnames alone", attack(&Town::surnames(2 * PEOPLE), &names_alone()), 0.3);
    withstands("recommended", attack(&Town::of(0, PEOPLE), &recommended()));
}

#[test]
fn bits_break_fields_encoded_alone() {
    let attack =
        |town: &Town, parameters: &Parameters, filter, run: fn(&Labelled<'_>, &Plain<'_>, usize) -> Recovery| {
            let plain = Plain { identities: &town.identities, people: &town.people, parameters };
            with(town, parameters, 1, |t| run(t, &plain, filter))
        };
    // The most frequent surname alone is a sixth of the people: what is above has recovered others too.
    let surnames = Town::surnames(2 * PEOPLE);
    breaks("frequency of bits, surnames", attack(&surnames, &names_alone(), 0, bit_frequency), 0.2);
    breaks("patterns of bits, surnames", attack(&surnames, &names_alone(), 0, pattern_mining), 0.2);
    let town = Town::of(0, PEOPLE);
    for filter in [0, 1] {
        withstands("frequency of bits, recommended", attack(&town, &recommended(), filter, bit_frequency));
        withstands("patterns of bits, recommended", attack(&town, &recommended(), filter, pattern_mining));
    }
}

#[test]
fn graphs_of_likeness_break_plain_filters() {
    let attack = |parameters: &Parameters, overlap: u64| {
        let shift = PEOPLE * (100 - overlap) / 100;
        let (town, list) = (Town::of(0, PEOPLE), Town::of(shift, shift + PEOPLE));
        with(&town, parameters, 1, |t| with(&list, parameters, 2, |k| graph_matching(t, k, 2)))
    };
    breaks("plain, overlap 90 %", attack(&plain(), 90), 0.3);
    withstands("recommended, overlap 90 %", attack(&recommended(), 90));
}

#[test]
fn seeds_are_extended_over_plain_filters() {
    let attack = |parameters: &Parameters| {
        let (town, list) = (Town::of(0, PEOPLE), Town::of(PEOPLE / 5, PEOPLE + PEOPLE / 5));
        with(&town, parameters, 1, |t| {
            with(&list, parameters, 2, |k| {
                let place = |person: u64| {
                    let find = |all: &[u64]| all.iter().position(|one| *one == person);
                    Some((find(t.people)?, find(k.people)?))
                };
                let seeds: Vec<(usize, usize)> = [30, 50, 70, 90].into_iter().filter_map(place).collect();
                seeded_extension(t, k, &seeds, 2)
            })
        })
    };
    breaks("plain, four seeds", attack(&plain()), 0.3);
    withstands("recommended, four seeds", attack(&recommended()));
}
