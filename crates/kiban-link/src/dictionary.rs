//! Values as small numbers: every distinct name is kept once, with the keys that follow from it.

use rustc_hash::FxHashMap;

use crate::{
    columns::start,
    encode::Part,
    normalise::{
        kana,
        kanji::{self, Residence},
        romaji,
        text::LOST,
    },
};

/// Gives each distinct text a number from 1; 0 is the empty text.
#[derive(Default)]
pub(crate) struct Interner {
    ids: FxHashMap<Box<str>, u32>,
}

impl Interner {
    pub(crate) fn id(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = u32::try_from(self.ids.len() + 1).unwrap_or(u32::MAX);
        self.ids.insert(text.into(), id);
        id
    }
}

/// A distinct kanji name and its keys.
#[derive(Default)]
pub(crate) struct Kanji {
    pub(crate) fold: u32,
    pub(crate) weak: u32,
    pub(crate) lost: bool,
    pub(crate) letters: Box<[char]>,
}

/// A distinct reading and its keys.
#[derive(Default)]
pub(crate) struct Kana {
    pub(crate) long: u32,
    pub(crate) voiceless: u32,
    pub(crate) romaji: u32,
    pub(crate) letters: Box<[char]>,
}

/// All names of a run.
pub(crate) struct Names {
    /// Of those who live here by right, and of foreign residents.
    kanji_ids: [FxHashMap<Box<str>, u32>; 2],
    kana_ids: Interner,
    folds: Interner,
    keys: Interner,
    romaji_ids: Interner,
    romaji: Vec<Box<[char]>>,
    kanji: Vec<Kanji>,
    kana: Vec<Kana>,
}

impl Names {
    pub(crate) fn new() -> Self {
        Self {
            kanji_ids: Default::default(),
            kana_ids: Interner::default(),
            folds: Interner::default(),
            keys: Interner::default(),
            romaji_ids: Interner::default(),
            romaji: vec![Box::default()],
            kanji: vec![Kanji::default()],
            kana: vec![Kana::default()],
        }
    }

    /// Returns a number for the beginning of a name: of its reading where it has one, else of its letters.
    pub(crate) fn start_of(&self, part: Part) -> u32 {
        match (self.kana(part.kana), self.kanji(part.kanji)) {
            (Some(kana), _) => start(&kana.letters, 2),
            (None, Some(kanji)) => start(&kanji.letters, 3),
            (None, None) => 0,
        }
    }

    /// Returns the numbers of one part of a name; a name without a romanisation has that of its reading.
    pub(crate) fn part(&mut self, kanji: &str, kana: &str, romaji: &str, residence: Residence) -> Part {
        let (kanji, kana) = (self.kanji_id(kanji, residence), self.kana_id(kana));
        let (long, derived) = self.kana(kana).map_or((0, 0), |k| (k.long, k.romaji));
        let romaji = if derived == 0 { self.romaji_id(romaji) } else { derived };
        Part { kanji, fold: self.kanji(kanji).map_or(0, |k| k.fold), kana, long, romaji }
    }

    pub(crate) fn kanji_id(&mut self, base: &str, residence: Residence) -> u32 {
        if base.is_empty() {
            return 0;
        }
        let [domestic, foreign] = &mut self.kanji_ids;
        let ids = if residence == Residence::Foreign { foreign } else { domestic };
        if let Some(id) = ids.get(base) {
            return *id;
        }
        let folded = kanji::fold(base, residence);
        let entry = Kanji {
            fold: self.folds.id(&folded),
            weak: self.folds.id(&kanji::weaken(&folded)),
            lost: base.contains(LOST),
            letters: folded.chars().collect(),
        };
        let id = u32::try_from(self.kanji.len()).unwrap_or(u32::MAX);
        self.kanji.push(entry);
        ids.insert(base.into(), id);
        id
    }

    pub(crate) fn kana_id(&mut self, base: &str) -> u32 {
        let id = self.kana_ids.id(base);
        if usize::try_from(id) == Ok(self.kana.len()) {
            let long = kana::long_vowels(base);
            let romaji = self.romaji_id(&romaji::key_of_kana(base));
            self.kana.push(Kana {
                voiceless: self.keys.id(&kana::voiceless(&long)),
                long: self.keys.id(&long),
                romaji,
                letters: base.chars().collect(),
            });
        }
        id
    }

    pub(crate) fn romaji_id(&mut self, key: &str) -> u32 {
        let id = self.romaji_ids.id(key);
        if usize::try_from(id) == Ok(self.romaji.len()) {
            self.romaji.push(key.chars().collect());
        }
        id
    }

    pub(crate) fn romaji(&self, id: u32) -> &[char] {
        usize::try_from(id).ok().and_then(|i| self.romaji.get(i)).map_or(&[], |letters| letters)
    }

    pub(crate) fn kanji(&self, id: u32) -> Option<&Kanji> {
        usize::try_from(id).ok().filter(|i| *i > 0).and_then(|i| self.kanji.get(i))
    }

    pub(crate) fn kana(&self, id: u32) -> Option<&Kana> {
        usize::try_from(id).ok().filter(|i| *i > 0).and_then(|i| self.kana.get(i))
    }
}
