//! Stage 1: every field of a registration in comparable form; nothing is compared yet and nothing is lost.

pub(crate) mod address;
pub(crate) mod codes;
pub(crate) mod date;
pub(crate) mod kana;
pub(crate) mod kanji;
pub(crate) mod romaji;
pub(crate) mod text;

use kiban_core::Phi;

use crate::registration::{Registration, Text};
use address::Address;
use codes::{Card, Phone};
use date::Birth;
use kanji::Residence;

/// A name in one script. `words` keeps the gaps, because they are the best sign of where the given name begins.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Vec<String>);

impl Words {
    /// Returns the name without gaps.
    pub(crate) fn whole(&self) -> String {
        self.0.concat()
    }

    /// Returns family and given name where a gap tells them apart; middle names go with the given name.
    pub(crate) fn split(&self) -> Option<(String, String)> {
        let (family, given) = self.0.split_first()?;
        (!given.is_empty()).then(|| (family.clone(), given.concat()))
    }
}

/// A registration in comparable form.
#[derive(Clone)]
pub(crate) struct Normal {
    pub(crate) kanji: Words,
    pub(crate) kana: Words,
    pub(crate) romaji: Words,
    pub(crate) residence: Residence,
    pub(crate) newborn: bool,
    pub(crate) birth: Birth,
    pub(crate) sex: u8,
    pub(crate) postal: u32,
    pub(crate) address: Address,
    pub(crate) phone: Phone,
    pub(crate) cards: Vec<Card>,
    pub(crate) local_id: String,
}

/// Normalises one registration.
pub(crate) fn normalise(registration: &Registration) -> Normal {
    let kanji = words(&registration.name_kanji, kanji::base);
    let romaji = words(&registration.name_romaji, romaji::key);
    let written = registration.birth_text.as_ref().and_then(|text| Birth::read(text.expose()));
    let known = registration.birth.as_ref().and_then(|date| Birth::of(*date.expose()));
    let newborn =
        kanji.0.iter().chain(&kanji_of_kana(&registration.name_kana)).any(|w| kanji::is_newborn_placeholder(w));
    Normal {
        residence: if romaji.0.is_empty() { Residence::Domestic } else { Residence::Foreign },
        kana: words(&registration.name_kana, kana::base),
        kanji,
        romaji,
        newborn,
        birth: known.or(written).unwrap_or_default(),
        sex: read(&registration.sex, codes::sex),
        postal: read(&registration.postal, codes::postal),
        address: read(&registration.address, Address::read),
        phone: read(&registration.phone, codes::phone),
        cards: registration.coverages.iter().filter_map(Card::read).collect(),
        local_id: read(&registration.local_id, text::code),
    }
}

fn read<T: Default>(text: &Text, by: impl Fn(&str) -> T) -> T {
    text.as_ref().map(Phi::expose).map(|t| by(t)).unwrap_or_default()
}

fn words(text: &Text, by: impl Fn(&str) -> String) -> Words {
    let wide = read(text, text::fold_width);
    let gap = |c: char| c.is_whitespace() || matches!(c, '・' | ',' | '、' | '=' | '＝');
    Words(wide.split(gap).map(by).filter(|w| !w.is_empty()).collect())
}

fn kanji_of_kana(text: &Text) -> Vec<String> {
    words(text, kanji::base).0
}
