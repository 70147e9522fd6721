//! Stage 3: a pair of rows becomes a pattern of levels; equal patterns are one case for everything that follows.

pub(crate) mod field;

use std::fmt;

use rustc_hash::FxHashMap;

use crate::{
    block::Candidate,
    dictionary::Names,
    encode::{CardRow, Part, Role, Row, Script, Table},
    normalise, similarity,
};
pub use field::Field;
use field::{home_level, kana, kanji, name_agrees, name_level};

/// The levels of all fields of one pair; it holds no value of a patient.
///
/// Its text is stable and names each field's level: `family=exact/equal/common given=… birth=equal …`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(u64);

impl Pattern {
    pub(crate) fn of(levels: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(levels))
    }

    pub(crate) fn levels(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// Returns the level of one field.
    pub(crate) fn level(self, field: Field) -> u8 {
        Field::ALL.iter().zip(self.levels()).find(|(f, _)| **f == field).map_or(0, |(_, level)| level)
    }

    /// Returns the pattern as one number, for a column.
    pub fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (field, level)) in Field::ALL.iter().zip(self.levels()).enumerate() {
            write!(f, "{}{field}={}", if at == 0 { "" } else { " " }, field.level_name(level))?;
        }
        Ok(())
    }
}

/// Compares every candidate; the work is split over `threads`, the order is that of the candidates.
pub(crate) fn compare_all(table: &Table, candidates: &[Candidate], threads: usize) -> Vec<Pattern> {
    let share = candidates.len().div_ceil(threads.max(1)).max(1);
    let work = |chunk: &[Candidate]| {
        let mut comparer = Comparer::new(table);
        chunk.iter().map(|pair| comparer.pair(pair.left, pair.right)).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> = candidates.chunks(share).map(|chunk| scope.spawn(move || work(chunk))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}

/// The similarity in hundredths from which readings are near.
const NEAR_KANA: usize = 65;

/// Compares pairs and remembers the similarity of value pairs, which repeat three to eight times.
pub(crate) struct Comparer<'t> {
    table: &'t Table,
    kanji: FxHashMap<(u32, u32), u8>,
    kana: FxHashMap<(u32, u32), u8>,
}

impl<'t> Comparer<'t> {
    pub(crate) fn new(table: &'t Table) -> Self {
        Self { table, kanji: FxHashMap::default(), kana: FxHashMap::default() }
    }

    /// Compares two rows by number.
    pub(crate) fn pair(&mut self, left: u32, right: u32) -> Pattern {
        let row = |at: u32| usize::try_from(at).ok().and_then(|at| self.table.rows.get(at));
        match (row(left), row(right)) {
            (Some(l), Some(r)) => self.rows(l, r),
            _ => Pattern::of([0; 8]),
        }
    }

    pub(crate) fn rows(&mut self, l: &Row, r: &Row) -> Pattern {
        let (family, given) = self.names(l, r);
        Pattern::of([
            family,
            given,
            l.birth.agreement(r.birth) as u8,
            match (l.sex, r.sex) {
                (0, _) | (_, 0) => 0,
                (a, b) => 1 + u8::from(a != b),
            },
            self.home(l, r),
            phone(l, r),
            card(self.table.cards(l), self.table.cards(r)),
            chart(l, r),
        ])
    }

    fn names(&mut self, l: &Row, r: &Row) -> (u8, u8) {
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
            if name_agrees(crossed.0.0, crossed.0.1) && name_agrees(crossed.1.0, crossed.1.1) {
                (family, given) = ((kanji::SWAPPED, crossed.0.1), (kanji::SWAPPED, crossed.1.1));
                family_of = l.family;
            }
        }
        let family_rarity = self.rarity(Role::Family, l.family, family_of, family);
        let given_rarity = self.rarity(Role::Given, l.given, given_of, given);
        (name_level(family.0, family.1, family_rarity), name_level(given.0, given.1, given_rarity))
    }

    /// Where the whole names are equal, the parts are, wherever a missing gap was guessed to be.
    fn by_whole(&self, l: Part, r: Part, family: &mut (u8, u8), given: &mut (u8, u8)) {
        let names = &self.table.names;
        if l.kanji > 0 && r.kanji > 0 && names.fold_of(l.kanji) == names.fold_of(r.kanji) {
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
            if (l.lost || r.lost) && normalise::kanji::agree_with_lost(&text(&l.letters), &text(&r.letters)) {
                kanji::LOST
            } else if l.weak == r.weak {
                kanji::CONFUSABLE
            } else if similarity::similarity(&l.letters, &r.letters) >= 50 {
                kanji::NEAR
            } else {
                kanji::DIFFERENT
            }
        };
        *self.kanji.entry((left.min(right), left.max(right))).or_insert_with(unlike)
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
        let like = || normalise::kana::similarity(&l.letters, &r.letters);
        let key = (left.kana.min(right.kana), left.kana.max(right.kana));
        let similar = *self.kana.entry(key).or_insert_with(like);
        if usize::from(similar) >= NEAR_KANA { kana::NEAR } else { kana::DIFFERENT }
    }

    /// The rarity of an agreeing name: that of the rarer side, by kanji where kanji agree.
    fn rarity(&self, role: Role, l: Part, r: Part, (k, n): (u8, u8)) -> u8 {
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

    fn home(&self, l: &Row, r: &Row) -> u8 {
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
        let crowd = u8::from((1..=3).contains(&address) && self.table.is_crowded(l.site));
        home_level(postal, address, crowd)
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
fn phone(l: &Row, r: &Row) -> u8 {
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

fn chart(l: &Row, r: &Row) -> u8 {
    match (l.facility == r.facility, l.chart > 0 && l.chart == r.chart) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => 2,
    }
}

/// The strongest thing that any two cards say. Another 枝番 at the same time outweighs a shared household card.
fn card(left: &[CardRow], right: &[CardRow]) -> u8 {
    let strength = |level: &u8| [9, 0, 3, 2, 1, 4, 5, 6].get(usize::from(*level)).copied().unwrap_or(9);
    let all = left.iter().flat_map(|l| right.iter().map(move |r| card_level(l, r)));
    all.min_by_key(strength).unwrap_or(0)
}

fn card_level(l: &CardRow, r: &CardRow) -> u8 {
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
