//! Deterministic rules: what is certain without a model, unless anything speaks against it.

use std::fmt;

use crate::compare::{
    Field, Pattern,
    field::{kana, kanji, name_states},
};

/// A rule that joins two registrations by strong keys alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// One insured card with one 枝番 (or a personal card), one birth date, sex and reading of the given name.
    CardAndPerson,
    /// One chart of one facility, one birth date and one given name.
    ChartAndPerson,
    /// One medical ID 医療等ID, one birth date and sex.
    MedicalIdAndPerson,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CardAndPerson => "card-and-person",
            Self::ChartAndPerson => "chart-and-person",
            Self::MedicalIdAndPerson => "medical-id-and-person",
        })
    }
}

/// Returns the rule that holds for a pattern, if nothing in the pattern conflicts.
///
/// A strong key alone is never enough: the national linkage keys hold some 330,000 cases of one key with two sexes or
/// two birth months (Imamura, JCMI 2024).
pub(crate) fn rule(pattern: Pattern) -> Option<Rule> {
    let (given_kanji, given_kana, _) = name_states(pattern.level(Field::Given));
    let same_birth = pattern.level(Field::Birth) == 1;
    let conflict = pattern.level(Field::Sex) == 2
        || pattern.level(Field::Card) == 3
        || pattern.level(Field::MedicalId) == 2
        || given_kanji == kanji::DIFFERENT
        || given_kana == kana::DIFFERENT;
    if conflict || !same_birth {
        return None;
    }
    if pattern.level(Field::MedicalId) == 1 && pattern.level(Field::Sex) == 1 {
        return Some(Rule::MedicalIdAndPerson);
    }
    let one_card = matches!(pattern.level(Field::Card), 1 | 4);
    if one_card && pattern.level(Field::Sex) == 1 && given_kana == kana::EQUAL {
        return Some(Rule::CardAndPerson);
    }
    let one_name = given_kana == kana::EQUAL || matches!(given_kanji, kanji::EXACT | kanji::FOLDED);
    (pattern.level(Field::Chart) == 1 && one_name).then_some(Rule::ChartAndPerson)
}
