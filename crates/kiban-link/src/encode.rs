//! Normalised registrations as rows of numbers, ready to be blocked and compared.

use kiban_core::PatientRef;

use crate::{
    Registration,
    columns::{self, Column},
    compare::OtherKind,
    dictionary::{Interner, Names},
    normalise::{Normal, Words, codes::Card, date::Birth, kanji::Residence, normalise},
    split::Splitter,
};

/// One part of a name in three scripts, as written and as compared; zero where a script is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) kanji: u32,
    /// The kanji with variants folded.
    pub(crate) fold: u32,
    pub(crate) kana: u32,
    /// The reading with long vowels made one.
    pub(crate) long: u32,
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
    /// Which of several tables it comes from.
    pub(crate) source: u8,
    pub(crate) facility: u32,
    pub(crate) chart: u32,
    pub(crate) whole: Part,
    /// The whole reading without voicing.
    pub(crate) voiceless: u32,
    pub(crate) family: Part,
    pub(crate) given: Part,
    /// The beginnings of family and given name.
    pub(crate) starts: (u32, u32),
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
    pub(crate) medical_id: u32,
    cards: (u32, u32),
}

/// All registrations of a run in columns, with the dictionaries they point into.
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
    pub(crate) names: Names,
    pub(crate) others: Vec<Column>,
    /// The values of all columns of their own, row by row: what a pair compares lies together.
    other_rows: Vec<u32>,
    cards: Vec<CardRow>,
    family_counts: Counts,
    given_counts: Counts,
    site_counts: Vec<u32>,
}

#[derive(Default)]
struct Counts {
    kanji: Vec<u32>,
    kana: Vec<u32>,
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
    medical_ids: Interner,
}

/// A table to which registrations are still added.
pub(crate) struct TableBuilder {
    table: Table,
    names: Vec<WrittenName>,
    splitter: Splitter,
    places: Places,
    threads: usize,
}

/// A name as it stands in a registration, until all names are known and it can be split.
struct WrittenName {
    kanji: Words,
    kana: Words,
    romaji: Words,
    residence: Residence,
}

impl TableBuilder {
    pub(crate) fn new(others: &[OtherKind], threads: usize) -> Self {
        let table = Table {
            rows: Vec::new(),
            names: Names::new(),
            others: others.iter().map(|kind| Column::new(*kind)).collect(),
            other_rows: Vec::new(),
            cards: Vec::new(),
            family_counts: Counts::default(),
            given_counts: Counts::default(),
            site_counts: Vec::new(),
        };
        Self { table, names: Vec::new(), splitter: Splitter::default(), places: Places::default(), threads }
    }

    /// Normalises registrations on all threads and adds them.
    pub(crate) fn add(&mut self, registrations: &[Registration]) {
        for (registration, normal) in registrations.iter().zip(normalise_all(registrations, self.threads)) {
            self.splitter.learn(&normal);
            let row = self.row(registration, &normal);
            self.table.rows.push(row);
            for (at, column) in self.table.others.iter_mut().enumerate() {
                column.push(normal.others.get(at).map_or("", String::as_str));
            }
            let Normal { kanji, kana, romaji, residence, .. } = normal;
            self.names.push(WrittenName { kanji, kana, romaji, residence });
        }
    }

    fn row(&mut self, registration: &Registration, one: &Normal) -> Row {
        let places = &mut self.places;
        let facility = places.facilities.id(registration.facility.as_deref().unwrap_or_default());
        let chart = if one.local_id.is_empty() { 0 } else { places.charts.id(&format!("{facility}/{}", one.local_id)) };
        let address = &one.address;
        let numbers: String = address.numbers.iter().map(|n| format!("/{n}")).collect();
        let site = if numbers.is_empty() { 0 } else { places.places.id(&format!("{}{numbers}", address.town)) };
        let room = address.room.map_or(0, |room| places.rooms.id(&room.to_string()));
        Row {
            patient: registration.patient,
            source: registration.source,
            facility,
            chart,
            whole: Part::default(),
            voiceless: 0,
            family: Part::default(),
            given: Part::default(),
            starts: (0, 0),
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
            medical_id: places.medical_ids.id(&one.medical_id),
            cards: encode_cards(&mut self.table.cards, &one.cards, places),
        }
    }

    /// Splits and encodes the names, and sorts by patient, so that the order of adding does not matter.
    pub(crate) fn finish(self) -> Table {
        let Self { mut table, names, splitter, .. } = self;
        for (row, name) in table.rows.iter_mut().zip(names) {
            let (kanji, kana) = splitter.both(&name.kanji, &name.kana);
            let romaji = name.romaji.split().unwrap_or_default();
            let residence = name.residence;
            let all = &mut table.names;
            row.whole = all.part(&name.kanji.whole(), &name.kana.whole(), &name.romaji.whole(), residence);
            row.voiceless = all.kana(row.whole.kana).map_or(0, |kana| kana.voiceless);
            row.family = all.part(&kanji.0, &kana.0, &romaji.0, residence);
            if !row.newborn {
                row.given = all.part(&kanji.1, &kana.1, &romaji.1, residence);
            }
            row.starts = (all.start_of(row.family), all.start_of(row.given));
        }
        let mut order: Vec<u32> = (0u32..).take(table.rows.len()).collect();
        let row = |at: &u32| usize::try_from(*at).ok().and_then(|at| table.rows.get(at));
        order.sort_by_key(|at| row(at).map(|row| row.patient));
        table.rows = order.iter().filter_map(row).copied().collect();
        table.others.iter_mut().for_each(|column| column.settle(&order));
        let columns = &table.others;
        table.other_rows =
            (0u32..).take(table.rows.len()).flat_map(|row| columns.iter().map(move |c| c.at(row))).collect();
        table.count();
        table
    }
}

fn encode_cards(all: &mut Vec<CardRow>, cards: &[Card], places: &mut Places) -> (u32, u32) {
    let start = u32::try_from(all.len()).unwrap_or(u32::MAX);
    all.extend(cards.iter().map(|card| CardRow {
        insurer: places.codes.id(&card.insurer),
        symbol: places.codes.id(&card.symbol),
        number: places.codes.id(&format!("{}/{}", card.insurer, card.number)),
        branch: card.branch.map_or(0, |b| u16::from(b) + 1),
        personal: card.is_personal(),
        from: card.from,
        to: card.to,
    }));
    (start, u32::try_from(all.len()).unwrap_or(u32::MAX))
}

impl Table {
    /// Encodes a whole set at once.
    #[cfg(test)]
    pub(crate) fn build(registrations: &[Registration], threads: usize) -> Self {
        let mut builder = TableBuilder::new(&[], threads);
        builder.add(registrations);
        builder.finish()
    }

    /// Returns the values of a row's columns of their own.
    pub(crate) fn others_of(&self, row: u32) -> &[u32] {
        let width = self.others.len();
        let from = usize::try_from(row).unwrap_or(usize::MAX).saturating_mul(width);
        self.other_rows.get(from..from.saturating_add(width)).unwrap_or(&[])
    }

    /// Returns a row by its number.
    pub(crate) fn row(&self, at: u32) -> Option<&Row> {
        usize::try_from(at).ok().and_then(|at| self.rows.get(at))
    }

    fn count(&mut self) {
        let rows = &self.rows;
        let of = |value: &dyn Fn(&Row) -> u32| {
            let mut counts: Vec<u32> = Vec::new();
            for row in rows {
                let at = usize::try_from(value(row)).unwrap_or_default();
                if at >= counts.len() {
                    counts.resize(at + 1, 0);
                }
                counts.iter_mut().skip(at).take(1).for_each(|count| *count += 1);
            }
            counts
        };
        self.family_counts = Counts { kanji: of(&|row| row.family.fold), kana: of(&|row| row.family.long) };
        self.given_counts = Counts { kanji: of(&|row| row.given.fold), kana: of(&|row| row.given.long) };
        self.site_counts = of(&|row| row.site);
    }

    /// Returns the insured cards of a row.
    pub(crate) fn cards(&self, row: &Row) -> &[CardRow] {
        let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        self.cards.get(at(row.cards.0)..at(row.cards.1)).unwrap_or(&[])
    }

    /// Returns how common a name is: 0 common, and so on to the rarest grade, by its share among the registrations.
    pub(crate) fn rarity(&self, role: Role, part: Part, script: Script) -> u16 {
        let counts = match role {
            Role::Family => &self.family_counts,
            Role::Given => &self.given_counts,
        };
        let (counts, value) = match script {
            Script::Kanji => (&counts.kanji, part.fold),
            Script::Kana => (&counts.kana, part.long),
        };
        let count = usize::try_from(value).ok().and_then(|value| counts.get(value)).copied().unwrap_or(0);
        columns::rarity(count, self.rows.len())
    }

    /// Tells whether many registrations share the site, as in a home for the aged.
    pub(crate) fn is_crowded(&self, site: u32) -> bool {
        usize::try_from(site).ok().and_then(|site| self.site_counts.get(site)).is_some_and(|count| *count > 30)
    }
}

/// The script by which a name's rarity is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Kanji,
    Kana,
}

fn normalise_all(registrations: &[Registration], threads: usize) -> Vec<Normal> {
    let share = registrations.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = registrations
            .chunks(share)
            .map(|chunk| scope.spawn(move || chunk.iter().map(normalise).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}
