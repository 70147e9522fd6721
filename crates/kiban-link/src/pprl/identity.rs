//! What of a registration is encoded, in normal form.

use std::fmt;

use kiban_core::{PatientRef, Phi};

use super::parameters::{Field, Salt};
use crate::{
    Registration,
    normalise::{Normal, codes::Card, date::Birth, kana, kanji, normalise, text},
    split::Splitter,
};

/// A registration in the normal form that is encoded; its `Debug` prints `…`.
#[derive(Clone)]
pub struct Identity {
    patient: PatientRef,
    kana: String,
    kanji: String,
    /// Family and given name by which rarity is judged.
    names: [String; 2],
    birth: Birth,
    sex: u8,
    postal: u32,
    cards: Vec<Card>,
    medical_id: String,
}

impl Identity {
    /// Normalises the registrations of one batch, in the order given.
    ///
    /// They are read together because where the given name begins is learned from the names that have a gap.
    pub fn read_all(registrations: &[Registration]) -> Vec<Self> {
        let normals: Vec<Normal> = registrations.iter().map(normalise).collect();
        let mut splitter = Splitter::default();
        normals.iter().for_each(|normal| splitter.learn(normal));
        registrations.iter().zip(&normals).map(|(one, normal)| Self::of(one.patient, normal, &splitter)).collect()
    }

    fn of(patient: PatientRef, normal: &Normal, splitter: &Splitter) -> Self {
        let kana = match normal.kana.whole() {
            empty if empty.is_empty() => normal.romaji.whole(),
            reading => kana::long_vowels(&reading),
        };
        let (family, _) = splitter.kanji(&normal.kanji);
        let (family, given) = splitter.kana(&normal.kana, &family);
        let names = match (family.is_empty(), given.is_empty()) {
            (true, true) => [kana.clone(), String::new()],
            _ => [kana::long_vowels(&family), kana::long_vowels(&given)],
        };
        Self {
            patient,
            kana,
            kanji: kanji::fold(&normal.kanji.whole(), normal.residence),
            names,
            birth: normal.birth,
            sex: normal.sex,
            postal: normal.postal,
            cards: normal.cards.clone(),
            medical_id: String::new(),
        }
    }

    /// Adds the medical ID 医療等ID, which becomes an exact token and never part of a filter.
    #[must_use]
    pub fn with_medical_id(mut self, id: &Phi<String>) -> Self {
        self.medical_id = text::code(id.expose());
        self
    }

    /// Returns the patient.
    pub const fn patient(&self) -> PatientRef {
        self.patient
    }

    /// Returns the names by which rarity is judged, family name first; a missing one is left out.
    pub(crate) fn names(&self) -> impl Iterator<Item = (u8, &str)> {
        (0u8..).zip(&self.names).filter(|(_, name)| !name.is_empty()).map(|(role, name)| (role, name.as_str()))
    }

    pub(crate) fn cards(&self) -> &[Card] {
        &self.cards
    }

    pub(crate) fn medical_id(&self) -> &str {
        &self.medical_id
    }

    /// Returns the tokens of one field; a missing value has none.
    pub(crate) fn tokens(&self, field: Field) -> Vec<String> {
        match field {
            Field::Kana => bigrams(&self.kana),
            Field::Kanji => bigrams(&self.kanji),
            Field::Birth => self.birth_digits(),
            Field::Postal if self.postal > 0 => positional(&format!("{:07}", self.postal)),
            Field::Sex if self.sex > 0 => vec![self.sex.to_string()],
            Field::Postal | Field::Sex => Vec::new(),
        }
    }

    fn birth_digits(&self) -> Vec<String> {
        let Birth { year, month, day, .. } = self.birth;
        if year == 0 {
            return Vec::new();
        }
        let known = |part: i8| if part > 0 { format!("{part:02}") } else { "--".to_owned() };
        positional(&format!("{year:04}{}{}", known(month), known(day)))
    }

    /// Returns what is hashed with every token of a filter; `None` where the record lacks it.
    pub(crate) fn salt(&self, salt: Salt) -> Option<String> {
        let Birth { year, month, day, .. } = self.birth;
        match salt {
            Salt::None => Some(String::new()),
            Salt::BirthYear => (year > 0).then(|| year.to_string()),
            Salt::SexAndBirthday => {
                (self.sex > 0 && month > 0 && day > 0).then(|| format!("{}-{month}-{day}", self.sex))
            }
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// Pairs of neighbouring characters, the ends padded; what an old code page lost stands in no pair.
fn bigrams(name: &str) -> Vec<String> {
    if name.is_empty() {
        return Vec::new();
    }
    let padded: Vec<char> = [' '].into_iter().chain(name.chars()).chain([' ']).collect();
    padded.windows(2).filter(|pair| !pair.contains(&text::LOST)).map(|pair| pair.iter().collect()).collect()
}

/// Each digit with its place; what is not a digit stands for nothing.
fn positional(digits: &str) -> Vec<String> {
    digits.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, c)| format!("{at}{c}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn identity(kanji: &str, kana: &str, birth: &str) -> Identity {
        let mut one = Registration::new(PatientRef::new(1).unwrap(), "1310000017");
        let text = |value: &str| (!value.is_empty()).then(|| Phi::new(value.to_owned()));
        (one.name_kanji, one.name_kana, one.birth_text) = (text(kanji), text(kana), text(birth));
        (one.sex, one.postal) = (text("女"), text("〒565-0848"));
        Identity::read_all(&[one]).pop().unwrap()
    }

    #[test]
    fn one_person_has_one_set_of_tokens_however_written() {
        let (one, two) =
            (identity("髙橋　花子", "ﾀｶﾊｼ ﾊﾅｺ", "S55.3.12"), identity("高橋花子", "たかはし　はなこ", "1980-03-12"));
        for field in [Field::Kana, Field::Kanji, Field::Birth, Field::Postal, Field::Sex] {
            assert_eq!(one.tokens(field), two.tokens(field), "{field:?}");
            assert!(!one.tokens(field).is_empty(), "{field:?}");
        }
        assert_eq!(one.tokens(Field::Kanji), [" 高", "高橋", "橋花", "花子", "子 "]);
        assert_eq!(one.tokens(Field::Birth), ["01", "19", "28", "30", "40", "53", "61", "72"]);
        assert_eq!(one.tokens(Field::Postal), ["05", "16", "25", "30", "48", "54", "68"]);
        assert_eq!(one.salt(Salt::BirthYear).as_deref(), Some("1980"));
        assert_eq!(one.salt(Salt::SexAndBirthday).as_deref(), Some("2-3-12"));
    }

    #[test]
    fn what_is_missing_has_no_token_and_no_salt() {
        let one = identity("〓橋", "", "1980");
        assert_eq!(one.tokens(Field::Kana), Vec::<String>::new());
        assert_eq!(one.tokens(Field::Kanji), ["橋 "]);
        assert_eq!(one.tokens(Field::Birth), ["01", "19", "28", "30"]);
        assert_eq!((one.salt(Salt::BirthYear).as_deref(), one.salt(Salt::SexAndBirthday)), (Some("1980"), None));
        assert_eq!(identity("", "", "").salt(Salt::BirthYear), None);
    }

    #[test]
    fn no_value_is_printed() {
        assert_eq!(format!("{:?}", identity("髙橋", "タカハシ", "1980-03-12")), "Identity(…)");
    }
}
