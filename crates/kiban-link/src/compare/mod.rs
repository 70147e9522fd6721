//! Stage 3: a pair of rows becomes a pattern of levels; equal patterns are one case for everything that follows.

pub(crate) mod field;

use std::fmt;

use crate::{
    dictionary::Names,
    encode::{CardRow, Part, Role, Row, Script, Table},
    normalise, similarity,
};
pub use field::{Field, MOST_OTHERS, OtherKind};
use field::{home_level, kana, kanji, name_agrees, name_level, text};

/// The levels of all fields of one pair; it holds no value of a patient.
///
/// Its text is stable and names each field's level: `family=exact/equal/common given=… birth=equal …`. Medical ids and
/// columns of their own are named where both sides have a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pattern(u128);

impl Pattern {
    pub(crate) fn with(self, field: Field, level: u16) -> Self {
        let (first, _) = field.bits();
        Self(self.0 | u128::from(level) << first)
    }

    /// Returns the level of one field.
    pub(crate) fn level(self, field: Field) -> u16 {
        let (first, width) = field.bits();
        u16::try_from(self.0 >> first & ((1 << width) - 1)).unwrap_or_default()
    }

    pub(crate) fn without(self, field: Field) -> Self {
        let (first, width) = field.bits();
        Self(self.0 & !(((1 << width) - 1) << first))
    }

    /// Returns the pattern as one number, for a column.
    pub fn bits(self) -> u128 {
        self.0
    }

    /// Returns the fields that say something, each with the short name of its level.
    pub fn told(self) -> impl Iterator<Item = (Field, String)> {
        let others = (0..).take(MOST_OTHERS).map(|at| Field::Other(at, OtherKind::Text));
        let all = Field::OF_REGISTRATION.into_iter().chain(others);
        let silent = move |field: Field| field >= Field::MedicalId && self.level(field) == 0;
        all.filter(move |field| !silent(*field)).map(move |field| (field, field.level_name(self.level(field))))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (field, level)) in self.told().enumerate() {
            write!(f, "{}{field}={level}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// The similarity in hundredths from which readings are near.
const NEAR_KANA: usize = 65;

/// Compares pairs and remembers the similarity of value pairs, which repeat three to eight times.
pub(crate) struct Comparer<'t> {
    table: &'t Table,
    kanji: Memo,
    kana: Memo,
    others: Memo,
}

/// Similarities that were computed last: a table of fixed size in which a newer one takes an older one's place.
struct Memo {
    slots: Vec<(u64, u16)>,
}

impl Memo {
    const SLOTS: usize = 1 << 14;

    fn new() -> Self {
        Self { slots: vec![(u64::MAX, 0); Self::SLOTS] }
    }

    /// Returns what is remembered of two different values, else what `find` says.
    fn of(&mut self, left: u32, right: u32, find: impl FnOnce() -> u16) -> u16 {
        let key = u64::from(left.min(right)) << 32 | u64::from(left.max(right));
        let place = usize::try_from(key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48).unwrap_or_default();
        let Some(slot) = self.slots.get_mut(place % Self::SLOTS) else { return find() };
        if slot.0 != key {
            *slot = (key, find());
        }
        slot.1
    }
}

impl<'t> Comparer<'t> {
    pub(crate) fn new(table: &'t Table) -> Self {
        Self { table, kanji: Memo::new(), kana: Memo::new(), others: Memo::new() }
    }

    /// Compares two rows by number.
    pub(crate) fn pair(&mut self, left: u32, right: u32) -> Pattern {
        match (self.table.row(left), self.table.row(right)) {
            (Some(l), Some(r)) => {
                let pattern = self.rows(l, r);
                if self.table.others.is_empty() { pattern } else { self.others((left, right), pattern) }
            }
            _ => Pattern::default(),
        }
    }

    fn rows(&mut self, l: &Row, r: &Row) -> Pattern {
        let (family, given) = self.names(l, r);
        let equal = |a: u32, b: u32| match (a, b) {
            (0, _) | (_, 0) => 0,
            (a, b) => 1 + u16::from(a != b),
        };
        Pattern::default()
            .with(Field::Family, family)
            .with(Field::Given, given)
            .with(Field::Birth, l.birth.agreement(r.birth) as u16)
            .with(Field::Sex, equal(u32::from(l.sex), u32::from(r.sex)))
            .with(Field::Home, self.home(l, r))
            .with(Field::Phone, phone(l, r))
            .with(Field::Card, card(self.table.cards(l), self.table.cards(r)))
            .with(Field::Chart, chart(l, r))
            .with(Field::MedicalId, equal(l.medical_id, r.medical_id))
    }

    fn others(&mut self, (left, right): (u32, u32), mut pattern: Pattern) -> Pattern {
        let values = self.table.others_of(left).iter().zip(self.table.others_of(right));
        for ((at, column), (l, r)) in (0..).zip(&self.table.others).zip(values) {
            let (l, r) = (*l, *r);
            let level = match (l, r) {
                (0, _) | (_, 0) => text::MISSING,
                (l, r) if l == r => text::EXACT + column.rarity(l),
                _ if column.kind == OtherKind::Category => text::DIFFERENT,
                (l, r) => {
                    // Columns have value numbers of their own; a turn keeps them apart in one memo.
                    let turn = u32::from(at) << 27;
                    self.others.of(l ^ turn, r ^ turn, || column.likeness(l, r))
                }
            };
            pattern = pattern.with(Field::Other(at, column.kind), level);
        }
        pattern
    }

    fn names(&mut self, l: &Row, r: &Row) -> (u16, u16) {
        let mut family = self.part(l.family, r.family);
        let mut given = self.part(l.given, r.given);
        if !(l.newborn || r.newborn) {
            self.by_whole(l.whole, r.whole, &mut family, &mut given);
        }
        let apart = |(k, n): (u8, u8)| {
            matches!(k, kanji::MISSING | kanji::DIFFERENT) && matches!(n, kana::MISSING | kana::DIFFERENT)
        };
        let (mut family_of, given_of) = (r.family, r.given);
        if apart(family) && apart(given) {
            let crossed = (self.part(l.family, r.given), self.part(l.given, r.family));
            let agrees = |(k, n): (u8, u8)| name_agrees(k, n);
            // One slip of the pen does not hide that the two were written in each other's place.
            let met = |one: (u8, u8), other: (u8, u8)| agrees(one) && (agrees(other) || !apart(other));
            if met(crossed.0, crossed.1) || met(crossed.1, crossed.0) {
                let swapped = |(k, n)| (if agrees((k, n)) { kanji::SWAPPED } else { k }, n);
                (family, given) = (swapped(crossed.0), swapped(crossed.1));
                family_of = l.family;
            }
        }
        let family_rarity = self.rarity(Role::Family, l.family, family_of, family);
        let given_rarity = self.rarity(Role::Given, l.given, given_of, given);
        (name_level(family.0, family.1, family_rarity), name_level(given.0, given.1, given_rarity))
    }

    /// Where the whole names are equal, the parts are, wherever a missing gap was guessed to be.
    fn by_whole(&self, l: Part, r: Part, family: &mut (u8, u8), given: &mut (u8, u8)) {
        if l.kanji > 0 && r.kanji > 0 && l.fold == r.fold {
            let state = if l.kanji == r.kanji { kanji::EXACT } else { kanji::FOLDED };
            for part in [&mut *family, &mut *given] {
                if !matches!(part.0, kanji::EXACT | kanji::FOLDED | kanji::LOST) {
                    part.0 = state;
                }
            }
        }
        if l.kana > 0 && l.kana == r.kana {
            (family.1, given.1) = (kana::EQUAL, kana::EQUAL);
        }
    }

    fn part(&mut self, l: Part, r: Part) -> (u8, u8) {
        (self.kanji_state(l.kanji, r.kanji), self.kana_state(l, r))
    }

    fn kanji_state(&mut self, left: u32, right: u32) -> u8 {
        let names = &self.table.names;
        let (Some(l), Some(r)) = (names.kanji(left), names.kanji(right)) else { return kanji::MISSING };
        if left == right {
            return if l.lost { kanji::LOST } else { kanji::EXACT };
        }
        if l.fold == r.fold {
            return if l.lost { kanji::LOST } else { kanji::FOLDED };
        }
        if !(l.lost || r.lost || l.weak == r.weak || similarity::share_a_letter(&l.letters, &r.letters)) {
            return kanji::DIFFERENT;
        }
        let unlike = || {
            let text = |letters: &[char]| letters.iter().collect::<String>();
            u16::from(
                if (l.lost || r.lost) && normalise::kanji::agree_with_lost(&text(&l.letters), &text(&r.letters)) {
                    kanji::LOST
                } else if l.weak == r.weak {
                    kanji::CONFUSABLE
                } else {
                    match likeness(&l.letters, &r.letters) {
                        Likeness::Close => kanji::CLOSE,
                        Likeness::Near => kanji::NEAR,
                        Likeness::Unlike => kanji::DIFFERENT,
                    }
                },
            )
        };
        u8::try_from(self.kanji.of(left, right, unlike)).unwrap_or(kanji::DIFFERENT)
    }

    fn kana_state(&mut self, left: Part, right: Part) -> u8 {
        let names = &self.table.names;
        let (Some(l), Some(r)) = (names.kana(left.kana), names.kana(right.kana)) else {
            return romaji_state(names, left.romaji, right.romaji);
        };
        if left.kana == right.kana {
            return kana::EQUAL;
        }
        if l.long == r.long {
            return kana::LONG;
        }
        if l.voiceless == r.voiceless {
            return kana::VOICELESS;
        }
        let (longer, shorter) = (l.letters.len().max(r.letters.len()), l.letters.len().min(r.letters.len()));
        if shorter * 100 < longer * NEAR_KANA {
            return kana::DIFFERENT;
        }
        let like = || u16::from(normalise::kana::similarity(&l.letters, &r.letters));
        let similar = self.kana.of(left.kana, right.kana, like);
        if usize::from(similar) >= NEAR_KANA { kana::NEAR } else { kana::DIFFERENT }
    }

    /// The rarity of an agreeing name: that of the rarer side, by kanji where kanji agree.
    fn rarity(&self, role: Role, l: Part, r: Part, (k, n): (u8, u8)) -> u16 {
        if !name_agrees(k, n) {
            return 0;
        }
        let script = match k {
            kanji::EXACT | kanji::FOLDED => Script::Kanji,
            _ if l.kana > 0 || r.kana > 0 => Script::Kana,
            _ => Script::Kanji,
        };
        self.table.rarity(role, l, script).min(self.table.rarity(role, r, script))
    }

    fn home(&self, l: &Row, r: &Row) -> u16 {
        let postal = match (l.postal, r.postal) {
            (0, _) | (_, 0) => 0,
            (a, b) if a == b => 1,
            (a, b) if a / 10_000 == b / 10_000 => 2,
            _ => 3,
        };
        let address = match (l.town > 0 && r.town > 0, l.site > 0 && l.site == r.site) {
            (false, _) => 0,
            (true, true) if l.room == 0 || r.room == 0 => 2,
            (true, true) => {
                if l.room == r.room {
                    1
                } else {
                    3
                }
            }
            (true, false) if l.town == r.town => 4,
            (true, false) if l.city == r.city => 5,
            (true, false) => 6,
        };
        let crowd = u16::from((1..=3).contains(&address) && self.table.is_crowded(l.site));
        home_level(postal, address, crowd)
    }
}

/// How two different texts are like each other.
pub(crate) enum Likeness {
    /// One slip of the pen apart, or nearly all of a long text.
    Close,
    /// More than half the same.
    Near,
    /// Unlike.
    Unlike,
}

/// Compares two different texts by their letters.
pub(crate) fn likeness(left: &[char], right: &[char]) -> Likeness {
    let longer = left.len().max(right.len());
    let distance = usize::try_from(similarity::osa(left, right)).unwrap_or(usize::MAX);
    match distance * 100 {
        _ if distance <= 1 && longer >= 4 => Likeness::Close,
        share if share <= longer * 20 => Likeness::Close,
        share if share <= longer * 50 => Likeness::Near,
        _ => Likeness::Unlike,
    }
}

fn romaji_state(names: &Names, left: u32, right: u32) -> u8 {
    match (left, right) {
        (0, _) | (_, 0) => kana::MISSING,
        (l, r) if l == r => kana::ROMAJI,
        (l, r) if similarity::similarity(names.romaji(l), names.romaji(r)) >= 75 => kana::NEAR,
        _ => kana::DIFFERENT,
    }
}

/// Mobile and landline numbers cannot contradict each other.
fn phone(l: &Row, r: &Row) -> u16 {
    match (l.phone, r.phone) {
        (0, _) | (_, 0) => 0,
        (a, b) if a == b => {
            if l.mobile {
                1
            } else {
                2
            }
        }
        _ if l.mobile == r.mobile => 3,
        _ => 0,
    }
}

fn chart(l: &Row, r: &Row) -> u16 {
    match (l.facility > 0 && l.facility == r.facility, l.chart > 0 && l.chart == r.chart) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => 2,
    }
}

/// The strongest thing that any two cards say. Another 枝番 at the same time outweighs a shared household card.
fn card(left: &[CardRow], right: &[CardRow]) -> u16 {
    let strength = |level: &u16| [9, 0, 3, 2, 1, 4, 5, 6].get(usize::from(*level)).copied().unwrap_or(9);
    let all = left.iter().flat_map(|l| right.iter().map(move |r| card_level(l, r)));
    all.min_by_key(strength).unwrap_or(0)
}

fn card_level(l: &CardRow, r: &CardRow) -> u16 {
    match (l.number == r.number, l.insurer == r.insurer) {
        (false, true) => 6,
        (false, false) => 7,
        _ if !l.is_card_of(r) => 5,
        _ if l.personal => 4,
        _ if l.same_branch(r) => 1,
        _ if l.other_branch(r) => 3,
        _ => 2,
    }
}
