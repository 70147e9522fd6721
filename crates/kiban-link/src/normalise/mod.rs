//! Stage 1: every field of a registration in comparable form; nothing is compared yet and nothing is lost.
//!
//! Each module reads one kind of value and works on that value alone, so that a column of any file can be read by it:
//! [`text`] (plain text), [`kanji`], [`kana`], [`romaji`] and [`names`] (names), [`sinitic`] (Chinese and Korean
//! readings), [`date`], [`address`], [`phone`] and [`codes`]. What they return is a key beside the value as sent.
#![cfg_attr(
    not(test),
    allow(dead_code, reason = "readers of single columns use more of the keys than registrations do")
)]

pub(crate) mod address;
pub(crate) mod codes;
#[cfg(test)]
mod corpus;
pub(crate) mod date;
pub(crate) mod kana;
pub(crate) mod kanji;
pub(crate) mod names;
pub(crate) mod phone;
pub(crate) mod romaji;
pub(crate) mod sinitic;
pub(crate) mod text;

use kiban_core::Phi;

use crate::registration::{Registration, Text};
use address::Address;
use codes::Card;
use date::Birth;
use kanji::Residence;
use names::Written;
use phone::Phone;

/// A name in one script. `words` keeps the gaps, because they are the best sign of where the given name begins.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Vec<String>);

impl Words {
    /// Returns the name without gaps; a name of which a part is missing is no whole.
    pub(crate) fn whole(&self) -> String {
        if self.0.iter().any(String::is_empty) { String::new() } else { self.0.concat() }
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
    /// The folded former family name 旧姓, where the name field tells it.
    pub(crate) former: String,
    pub(crate) residence: Residence,
    pub(crate) newborn: bool,
    pub(crate) birth: Birth,
    pub(crate) sex: u8,
    pub(crate) postal: u32,
    pub(crate) address: Address,
    pub(crate) phone: Phone,
    pub(crate) cards: Vec<Card>,
    pub(crate) local_id: String,
    pub(crate) medical_id: String,
    /// Columns of their own, as compared.
    pub(crate) others: Vec<String>,
}

/// Normalises one registration.
pub(crate) fn normalise(registration: &Registration) -> Normal {
    let written = read(&registration.name_kanji, Written::read);
    let kanji = parts(&registration.family, &registration.given, kanji::base)
        .unwrap_or_else(|| names::newborn_words(words(&written.name, kanji::base)));
    let [spoken, spelt] = scripts(registration, &written.name);
    let in_parts = parts(&registration.family_kana, &registration.given_kana, kanji::base);
    let has_parts = in_parts.is_some();
    let spoken = in_parts.unwrap_or_else(|| names::newborn_words(words(&spoken, kanji::base)));
    let kana = spoken.0.iter().map(|word| kana::base(word)).filter(|word| has_parts || !word.is_empty());
    let romaji = words(&latin(&spelt), romaji::key);
    let birth_written = registration.birth_text.as_ref().and_then(|text| Birth::read(text.expose()));
    let birth_known = registration.birth.as_ref().and_then(|date| Birth::of(*date.expose()));
    let newborn = kanji.0.iter().chain(&spoken.0).any(|word| names::is_newborn_word(word));
    let residence = if romaji.0.is_empty() { Residence::Domestic } else { Residence::Foreign };
    Normal {
        former: names::former_key(&written, residence),
        kana: Words(kana.collect()),
        kanji,
        romaji,
        residence,
        newborn,
        birth: birth_known.or(birth_written).unwrap_or_default(),
        sex: read(&registration.sex, codes::sex),
        postal: read(&registration.postal, codes::postal),
        address: read(&registration.address, Address::read),
        phone: read(&registration.phone, phone::phone),
        cards: registration.coverages.iter().filter_map(Card::read).collect(),
        local_id: read(&registration.local_id, codes::chart),
        medical_id: registration.medical_id.as_ref().and_then(|id| codes::medical_id(id.expose())).unwrap_or_default(),
        others: registration.others.iter().map(|other| read(other, text::plain_key)).collect(),
    }
}

/// The reading and the romanised name. Where their field is empty, a name that is written in kana or in Latin letters
/// throughout is taken for them: residence cards show the romanised name as the first one.
fn scripts(registration: &Registration, name: &str) -> [String; 2] {
    let own = |field: &Text| read(field, |text| Written::read(text).name);
    let all = |is: fn(char) -> bool| {
        let letters = || name.chars().filter(|c| c.is_alphabetic());
        letters().count() > 0 && letters().all(is)
    };
    let or_name = |field: String, is: fn(char) -> bool| {
        if field.is_empty() && all(is) { name.to_owned() } else { field }
    };
    [
        or_name(own(&registration.name_kana), |c| matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー')),
        or_name(own(&registration.name_romaji), |c| c.is_ascii_alphabetic()),
    ]
}

fn latin(text: &str) -> String {
    names::latin_words(text).join(" ")
}

fn read<T: Default>(text: &Text, by: impl Fn(&str) -> T) -> T {
    text.as_ref().map(Phi::expose).map(|t| by(t)).unwrap_or_default()
}

/// The name of which family and given name stand in fields of their own, if it is such a one.
fn parts(family: &Text, given: &Text, by: impl Fn(&str) -> String) -> Option<Words> {
    let part = |text: &Text| by(&read(text, text::fold_width)).split_whitespace().collect::<String>();
    (family.is_some() || given.is_some()).then(|| Words(vec![part(family), part(given)]))
}

fn words(text: &str, by: impl Fn(&str) -> String) -> Words {
    let wide = text::fold_width(text);
    let gap = |c: char| c.is_whitespace() || matches!(c, '・' | ',' | '、' | '=' | '＝');
    Words(wide.split(gap).map(by).filter(|w| !w.is_empty()).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use kiban_core::PatientRef;
    use proptest::prelude::*;

    fn named(kanji: &str, kana: &str, romaji: &str) -> Normal {
        let mut one = Registration::new(PatientRef::new(1).unwrap(), "1310000017");
        let text = |value: &str| (!value.is_empty()).then(|| Phi::new(value.to_owned()));
        (one.name_kanji, one.name_kana, one.name_romaji) = (text(kanji), text(kana), text(romaji));
        (one.birth_text, one.sex, one.phone, one.address) = (text(kana), text(kana), text(romaji), text(kanji));
        normalise(&one)
    }

    #[test]
    fn a_name_in_one_script_is_read_in_the_script_it_is_written_in() {
        let check = |kanji: &str, kana: &str, romaji: &str, expect: [&str; 3]| {
            let one = named(kanji, kana, romaji);
            assert_eq!([one.kanji.whole(), one.kana.whole(), one.romaji.whole()], expect, "{kanji}|{kana}|{romaji}");
        };
        check("WANG Wei", "", "", ["WANGWEI", "", "WANGWE"]);
        check("ワン　ウェイ", "", "", ["ワンウェイ", "ワンウエイ", ""]);
        check("王　偉", "オウ イ", "WANG WEI", ["王偉", "オウイ", "WANGWE"]);
        check("山田　花子", "ヤマダ　ハナコ", "", ["山田花子", "ヤマダハナコ", ""]);
        check("さくら", "ヤマダ", "", ["さくら", "ヤマダ", ""]);
    }

    proptest! {
        #[test]
        fn no_registration_panics(kanji in any::<String>(), kana in any::<String>(), romaji in any::<String>()) {
            let one = named(&kanji, &kana, &romaji);
            prop_assert!(one.sex <= 2);
        }
    }
}
