//! Normalised registrations as rows of numbers, ready to be blocked and compared.

use kiban_core::PatientRef;
use rustc_hash::FxHashMap;

use crate::{
    Registration,
    dictionary::{Interner, Names},
    normalise::{Normal, codes::Card, date::Birth, normalise},
    split::Splitter,
};

/// One part of a name in three scripts; zero where a script is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) kanji: u32,
    pub(crate) kana: u32,
    pub(crate) romaji: u32,
}

/// One insured card as numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CardRow {
    pub(crate) insurer: u32,
    pub(crate) symbol: u32,
    /// Insurer and number together.
    pub(crate) number: u32,
    /// 枝番 plus one; zero where it is not known.
    pub(crate) branch: u16,
    pub(crate) personal: bool,
    pub(crate) from: Option<jiff::civil::Date>,
    pub(crate) to: Option<jiff::civil::Date>,
}

impl CardRow {
    /// Whether insurer, symbol and number are one; a missing symbol agrees with any.
    pub(crate) fn is_card_of(&self, other: &Self) -> bool {
        self.number == other.number && (self.symbol == 0 || other.symbol == 0 || self.symbol == other.symbol)
    }

    /// Whether both are one member of one household.
    pub(crate) fn same_branch(&self, other: &Self) -> bool {
        self.is_card_of(other) && self.branch > 0 && self.branch == other.branch
    }

    /// Whether they are two members of one household at one time.
    pub(crate) fn other_branch(&self, other: &Self) -> bool {
        let ended = |a: &Self, b: &Self| a.to.zip(b.from).is_some_and(|(to, from)| to < from);
        let at_one_time = !ended(self, other) && !ended(other, self);
        self.is_card_of(other) && self.branch > 0 && other.branch > 0 && self.branch != other.branch && at_one_time
    }
}

/// One registration as numbers; zero is missing everywhere.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) patient: PatientRef,
    pub(crate) facility: u32,
    pub(crate) chart: u32,
    pub(crate) whole: Part,
    pub(crate) family: Part,
    pub(crate) given: Part,
    pub(crate) birth: Birth,
    pub(crate) sex: u8,
    pub(crate) postal: u32,
    pub(crate) city: u32,
    pub(crate) town: u32,
    /// Town and numbers together.
    pub(crate) site: u32,
    pub(crate) room: u32,
    pub(crate) phone: u32,
    pub(crate) mobile: bool,
    pub(crate) newborn: bool,
    cards: (u32, u32),
}

/// All registrations of a run in columns, with the dictionaries they point into.
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
    pub(crate) names: Names,
    cards: Vec<CardRow>,
    family_counts: Counts,
    given_counts: Counts,
    site_counts: FxHashMap<u32, u32>,
}

#[derive(Default)]
struct Counts {
    kanji: FxHashMap<u32, u32>,
    kana: FxHashMap<u32, u32>,
}

/// Which part of a name is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Family,
    Given,
}

#[derive(Default)]
struct Places {
    facilities: Interner,
    charts: Interner,
    places: Interner,
    rooms: Interner,
    phones: Interner,
    codes: Interner,
}

impl Table {
    /// Normalises and encodes in the order of patients, so that the order of the input does not matter; nor does the
    /// number of `threads`.
    pub(crate) fn build(registrations: &[Registration], threads: usize) -> Self {
        let mut sorted: Vec<&Registration> = registrations.iter().collect();
        sorted.sort_by_key(|registration| registration.patient);
        let normals = normalise_all(&sorted, threads);
        let splitter = Splitter::learn(&normals);
        let mut table = Self {
            rows: Vec::with_capacity(normals.len()),
            names: Names::new(),
            cards: Vec::new(),
            family_counts: Counts::default(),
            given_counts: Counts::default(),
            site_counts: FxHashMap::default(),
        };
        let mut places = Places::default();
        for (registration, normal) in sorted.into_iter().zip(&normals) {
            let row = table.row(registration, normal, &splitter, &mut places);
            table.count(&row);
            table.rows.push(row);
        }
        table
    }

    fn row(&mut self, registration: &Registration, one: &Normal, splitter: &Splitter, places: &mut Places) -> Row {
        let (whole, family, given) = self.name(one, splitter);
        let facility = places.facilities.id(registration.facility.as_str());
        let chart = if one.local_id.is_empty() { 0 } else { places.charts.id(&format!("{facility}/{}", one.local_id)) };
        let address = &one.address;
        let numbers: String = address.numbers.iter().map(|n| format!("/{n}")).collect();
        let site = if numbers.is_empty() { 0 } else { places.places.id(&format!("{}{numbers}", address.town)) };
        let room = address.room.map_or(0, |room| places.rooms.id(&room.to_string()));
        Row {
            patient: registration.patient,
            facility,
            chart,
            whole,
            family,
            given,
            birth: one.birth,
            sex: one.sex,
            postal: one.postal,
            city: places.places.id(&address.city),
            town: places.places.id(&address.town),
            site,
            room,
            phone: places.phones.id(&one.phone.number),
            mobile: one.phone.mobile,
            newborn: one.newborn,
            cards: self.encode_cards(&one.cards, places),
        }
    }

    fn name(&mut self, one: &Normal, splitter: &Splitter) -> (Part, Part, Part) {
        let kanji = splitter.kanji(&one.kanji);
        let kana = splitter.kana(&one.kana, &kanji.0);
        let romaji = one.romaji.split().unwrap_or_default();
        let whole = self.part(&one.kanji.whole(), &one.kana.whole(), &one.romaji.whole(), one);
        let family = self.part(&kanji.0, &kana.0, &romaji.0, one);
        let given = if one.newborn { Part::default() } else { self.part(&kanji.1, &kana.1, &romaji.1, one) };
        (whole, family, given)
    }

    fn part(&mut self, kanji: &str, kana: &str, romaji: &str, one: &Normal) -> Part {
        let kana = self.names.kana_id(kana);
        let derived = self.names.kana(kana).map_or(0, |k| k.romaji);
        let romaji = if derived == 0 { self.names.romaji_id(romaji) } else { derived };
        Part { kanji: self.names.kanji_id(kanji, one.residence), kana, romaji }
    }

    fn encode_cards(&mut self, cards: &[Card], places: &mut Places) -> (u32, u32) {
        let start = u32::try_from(self.cards.len()).unwrap_or(u32::MAX);
        self.cards.extend(cards.iter().map(|card| CardRow {
            insurer: places.codes.id(&card.insurer),
            symbol: places.codes.id(&card.symbol),
            number: places.codes.id(&format!("{}/{}", card.insurer, card.number)),
            branch: card.branch.map_or(0, |b| u16::from(b) + 1),
            personal: card.is_personal(),
            from: card.from,
            to: card.to,
        }));
        (start, u32::try_from(self.cards.len()).unwrap_or(u32::MAX))
    }

    fn count(&mut self, row: &Row) {
        for (counts, part) in [(&mut self.family_counts, row.family), (&mut self.given_counts, row.given)] {
            *counts.kanji.entry(self.names.fold_of(part.kanji)).or_default() += 1;
            *counts.kana.entry(self.names.long_of(part.kana)).or_default() += 1;
        }
        *self.site_counts.entry(row.site).or_default() += 1;
    }

    /// Returns the insured cards of a row.
    pub(crate) fn cards(&self, row: &Row) -> &[CardRow] {
        let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        self.cards.get(at(row.cards.0)..at(row.cards.1)).unwrap_or(&[])
    }

    /// Returns how common a name is: 0 common … 3 rare, by its share among the registrations.
    ///
    /// The share is smoothed so that a name in a small set is not taken for a common one.
    pub(crate) fn rarity(&self, role: Role, part: Part, script: Script) -> u8 {
        let counts = match role {
            Role::Family => &self.family_counts,
            Role::Given => &self.given_counts,
        };
        let count = match script {
            Script::Kanji => counts.kanji.get(&self.names.fold_of(part.kanji)),
            Script::Kana => counts.kana.get(&self.names.long_of(part.kana)),
        };
        let seen = f64::from(count.copied().unwrap_or(0));
        let rows = f64::from(u32::try_from(self.rows.len()).unwrap_or(u32::MAX));
        match seen / (rows + 5_000.0) {
            share if share >= 3e-3 => 0,
            share if share >= 5e-4 => 1,
            share if share >= 1e-4 => 2,
            _ => 3,
        }
    }

    /// Tells whether many registrations share the site, as in a home for the aged.
    pub(crate) fn is_crowded(&self, site: u32) -> bool {
        self.site_counts.get(&site).is_some_and(|count| *count > 30)
    }
}

/// The script by which a name's rarity is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Kanji,
    Kana,
}

fn normalise_all(registrations: &[&Registration], threads: usize) -> Vec<Normal> {
    let share = registrations.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = registrations
            .chunks(share)
            .map(|chunk| scope.spawn(move || chunk.iter().map(|one| normalise(one)).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}
