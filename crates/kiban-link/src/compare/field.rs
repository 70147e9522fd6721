//! The fields that are compared, their levels, and what is believed of a level before any data is seen.

use std::fmt;

/// How two kanji parts agree.
pub(crate) mod kanji {
    pub(crate) const MISSING: u8 = 0;
    pub(crate) const EXACT: u8 = 1;
    pub(crate) const FOLDED: u8 = 2;
    pub(crate) const LOST: u8 = 3;
    pub(crate) const CONFUSABLE: u8 = 4;
    pub(crate) const NEAR: u8 = 5;
    pub(crate) const SWAPPED: u8 = 6;
    pub(crate) const DIFFERENT: u8 = 7;
    pub(crate) const CLOSE: u8 = 8;
    pub(crate) const COUNT: u8 = 9;
}

/// How two readings agree.
pub(crate) mod kana {
    pub(crate) const MISSING: u8 = 0;
    pub(crate) const EQUAL: u8 = 1;
    pub(crate) const LONG: u8 = 2;
    pub(crate) const VOICELESS: u8 = 3;
    pub(crate) const ROMAJI: u8 = 4;
    pub(crate) const NEAR: u8 = 5;
    pub(crate) const DIFFERENT: u8 = 6;
    pub(crate) const COUNT: u8 = 7;
}

/// How two texts of a column of its own agree; `EXACT` and what follows up to `CLOSE` are its grades of rarity.
pub(crate) mod text {
    use super::RARITIES;

    pub(crate) const MISSING: u16 = 0;
    pub(crate) const EXACT: u16 = 1;
    pub(crate) const CLOSE: u16 = EXACT + RARITIES;
    pub(crate) const NEAR: u16 = CLOSE + 1;
    pub(crate) const DIFFERENT: u16 = CLOSE + 2;
    pub(crate) const COUNT: u16 = CLOSE + 3;
}

/// How common an agreeing value is has six grades.
pub(crate) const RARITIES: u16 = 6;

/// A field that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The family name: kanji, reading and rarity together, because they depend on each other.
    Family,
    /// The given name, likewise.
    Given,
    /// The birth date.
    Birth,
    /// The sex.
    Sex,
    /// Postal code and address together.
    Home,
    /// The phone.
    Phone,
    /// The insured card.
    Card,
    /// The facility and the chart.
    Chart,
    /// The medical ID 医療等ID.
    MedicalId,
    /// A column of its own, by its place among them.
    Other(u8, OtherKind),
}

/// What a column of its own holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OtherKind {
    /// Text that says something of the person.
    Text,
    /// Text that says where somebody lives, and so is shared by a household.
    Place,
    /// One of some values, where being nearly equal means nothing.
    Category,
    /// A date of something that happened.
    Date,
}

/// The most columns of their own.
pub const MOST_OTHERS: usize = 16;

impl Field {
    /// The fields of a registration, in the order of a pattern.
    pub const OF_REGISTRATION: [Self; 9] = [
        Self::Family,
        Self::Given,
        Self::Birth,
        Self::Sex,
        Self::Home,
        Self::Phone,
        Self::Card,
        Self::Chart,
        Self::MedicalId,
    ];

    /// Returns where the field's level lies in a pattern: the first bit and how many.
    pub(crate) fn bits(self) -> (u32, u32) {
        match self {
            Self::Family => (0, 9),
            Self::Given => (9, 9),
            Self::Birth => (18, 4),
            Self::Sex => (22, 2),
            Self::Home => (24, 6),
            Self::Phone => (30, 2),
            Self::Card => (32, 3),
            Self::Chart => (35, 2),
            Self::MedicalId => (37, 2),
            Self::Other(at, _) => (40 + 4 * u32::from(at), 4),
        }
    }

    /// Returns the number of levels.
    pub(crate) fn levels(self) -> u16 {
        match self {
            Self::Family | Self::Given => u16::from(kanji::COUNT) * u16::from(kana::COUNT) * RARITIES,
            Self::Birth => 10,
            Self::Sex | Self::Chart | Self::MedicalId => 3,
            Self::Home => 56,
            Self::Phone => 4,
            Self::Card => 8,
            Self::Other(..) => text::COUNT,
        }
    }

    /// Returns which values were there to be compared; `None` where there was nothing on one side.
    ///
    /// That a value is missing says nothing about the person, so levels are weighed only inside their group.
    pub(crate) fn group(self, level: u16) -> Option<u8> {
        match self {
            Self::Family | Self::Given => {
                let (k, n, _) = name_states(level);
                let group = u8::from(k == kanji::MISSING) * 2 + u8::from(n == kana::MISSING);
                (group < 3).then_some(group)
            }
            Self::Home => {
                let (postal, address, _) = home_states(level);
                let group = u8::from(postal == 0) * 2 + u8::from(address == 0);
                (group < 3).then_some(group)
            }
            Self::Chart => Some(0),
            _ => (level > 0).then_some(0),
        }
    }

    /// Tells whether the level says that both have one value.
    pub(crate) fn agrees(self, level: u16) -> bool {
        match self {
            Self::Family | Self::Given => {
                let (k, n, _) = name_states(level);
                name_agrees(k, n)
            }
            Self::Birth | Self::Phone => (1..=2).contains(&level),
            Self::Home => {
                let (postal, address, _) = home_states(level);
                (1..=3).contains(&address) || (address == 0 && postal == 1)
            }
            Self::Card => matches!(level, 1 | 2 | 4),
            Self::Sex | Self::Chart | Self::MedicalId => level == 1,
            Self::Other(..) => (text::EXACT..text::CLOSE).contains(&level),
        }
    }

    /// Believed share of a level among pairs of one person, not yet normalised.
    pub(crate) fn prior_match(self, level: u16) -> f64 {
        match self {
            Self::Family | Self::Given => {
                let (k, n, rarity) = name_states(level);
                let kanji = pick(&[1.0, 0.85, 0.06, 0.01, 0.01, 0.02, 0.005, 0.045, 0.02], k);
                let kana = match name_agrees(k, kana::DIFFERENT) {
                    true => pick(&[1.0, 0.93, 0.02, 0.01, 0.005, 0.015, 0.02], n),
                    false => pick(&[1.0, 0.75, 0.06, 0.05, 0.01, 0.02, 0.11], n),
                };
                kanji * kana * rarity_share(k, n, rarity, &RARITY_OF_PERSONS)
            }
            Self::Birth => pick(&[1.0, 0.955, 0.005, 0.005, 0.004, 0.003, 0.012, 0.006, 0.004, 0.006], level),
            Self::Sex => pick(&[1.0, 0.99, 0.01], level),
            Self::Home => {
                let (postal, address, crowd) = home_states(level);
                let share = pick(&[1.0, 0.65, 0.1, 0.25], postal);
                let near = pick(&[1.0, 0.3, 0.4, 0.01, 0.06, 0.08, 0.15], address);
                let far = pick(&[1.0, 0.02, 0.03, 0.01, 0.04, 0.3, 0.6], address);
                share * if postal == 1 { near } else { far } * if crowd == 0 { 0.97 } else { 0.03 }
            }
            Self::Phone => pick(&[1.0, 0.5, 0.2, 0.3], level),
            Self::Card => pick(&[1.0, 0.15, 0.35, 0.003, 0.05, 0.01, 0.08, 0.357], level),
            Self::Chart => pick(&[0.8, 0.19, 0.01], level),
            // One person has one, but some 330,000 cases of one with two persons are known (Imamura, JCMI 2024).
            Self::MedicalId => pick(&[1.0, 0.995, 0.005], level),
            Self::Other(_, OtherKind::Text | OtherKind::Place) => {
                text_share(level, (0.7, 0.08, 0.05, 0.17), &RARITY_OF_PERSONS)
            }
            Self::Other(_, OtherKind::Category) => text_share(level, (0.9, 0.0, 0.0, 0.1), &RARITY_OF_PERSONS),
            Self::Other(_, OtherKind::Date) => text_share(level, (0.85, 0.05, 0.02, 0.08), &RARITY_OF_PERSONS),
        }
    }

    /// Believed share of a level among pairs of two random persons, not yet normalised.
    pub(crate) fn prior_random(self, level: u16) -> f64 {
        match self {
            Self::Family | Self::Given => {
                let (k, n, rarity) = name_states(level);
                let kanji = pick(&[1.0, 0.003, 0.0003, 0.0002, 0.0003, 0.05, 0.0001, 0.944, 0.002], k);
                let kana = match k != kanji::MISSING && name_agrees(k, kana::DIFFERENT) {
                    true => pick(&[1.0, 0.9, 0.02, 0.01, 0.01, 0.02, 0.04], n),
                    false => pick(&[1.0, 0.004, 0.001, 0.001, 0.0005, 0.04, 0.9535], n),
                };
                kanji * kana * rarity_share(k, n, rarity, &RARITY_OF_CHANCE)
            }
            Self::Birth => pick(&[1.0, 4e-5, 2e-6, 1e-4, 1e-5, 4e-4, 8e-4, 1e-3, 0.012, 0.985], level),
            Self::Sex => pick(&[1.0, 0.5, 0.5], level),
            Self::Home => {
                let (postal, address, crowd) = home_states(level);
                let share = pick(&[1.0, 1e-4, 0.01, 0.99], postal);
                let near = pick(&[1.0, 0.002, 0.008, 0.002, 0.5, 0.4, 0.088], address);
                let far = pick(&[1.0, 1e-6, 1e-6, 1e-6, 1e-5, 0.01, 0.99], address);
                share * if postal == 1 { near } else { far } * if crowd == 0 { 0.9 } else { 0.1 }
            }
            Self::Phone => pick(&[1.0, 2e-6, 5e-6, 1.0], level),
            Self::Card => pick(&[1.0, 1e-6, 4e-6, 4e-6, 1e-7, 1e-5, 0.01, 0.99], level),
            Self::Chart => pick(&[0.7, 1e-6, 0.3], level),
            Self::MedicalId => pick(&[1.0, 1e-8, 1.0], level),
            Self::Other(_, OtherKind::Category) => text_share(level, (0.3, 0.0, 0.0, 0.7), &RARITY_OF_CHANCE),
            Self::Other(..) => text_share(level, (0.003, 0.002, 0.02, 0.975), &RARITY_OF_CHANCE),
        }
    }

    /// Believed share of a level among pairs of one family, where it is not that of one person.
    ///
    /// Given names of a family often share a kanji (優斗 and 優太); its cards differ in the 枝番.
    pub(crate) fn prior_kin(self, level: u16) -> f64 {
        match self {
            Self::Given => {
                let (k, n, rarity) = name_states(level);
                let kanji = pick(&[1.0, 0.003, 0.0003, 0.0002, 0.0003, 0.25, 0.0001, 0.744, 0.002], k);
                let kana = pick(&[1.0, 0.004, 0.001, 0.001, 0.0005, if k == kanji::NEAR { 0.5 } else { 0.1 }, 0.7], n);
                kanji * kana * rarity_share(k, n, rarity, &RARITY_OF_CHANCE)
            }
            Self::Card => pick(&[1.0, 0.01, 0.6, 0.2, 0.001, 0.01, 0.03, 0.149], level),
            _ => self.prior_match(level),
        }
    }

    /// Returns the short stable name of a level.
    pub(crate) fn level_name(self, level: u16) -> String {
        let name = |names: &[&str], at: usize| names.get(at).copied().unwrap_or("?").to_owned();
        let at = usize::from(level);
        match self {
            Self::Family | Self::Given => {
                let (k, n, rarity) = name_states(level);
                let kanji = name(
                    &["-", "exact", "folded", "lost", "confusable", "near", "swapped", "different", "close"],
                    usize::from(k),
                );
                let kana =
                    name(&["-", "equal", "long-vowel", "voiceless", "romaji", "near", "different"], usize::from(n));
                let grade =
                    if name_agrees(k, n) { format!("/{}", name(&GRADES, usize::from(rarity))) } else { String::new() };
                format!("{kanji}/{kana}{grade}")
            }
            Self::Birth => name(
                &["-", "equal", "new-year", "partial", "swapped", "era", "one-digit", "two-parts", "year", "different"],
                at,
            ),
            Self::Sex | Self::MedicalId => name(&["-", "equal", "different"], at),
            Self::Home => {
                let (postal, address, crowd) = home_states(level);
                let postal = name(&["-", "postal", "area", "different"], usize::from(postal));
                let address =
                    name(&["-", "room", "site", "other-room", "town", "city", "different"], usize::from(address));
                format!("{postal}/{address}{}", if crowd == 0 { "" } else { "/crowded" })
            }
            Self::Phone => name(&["-", "mobile", "landline", "different"], at),
            Self::Card => name(
                &["-", "branch", "household", "other-branch", "personal", "other-symbol", "insurer", "different"],
                at,
            ),
            Self::Chart => name(&["elsewhere", "same", "other"], at),
            Self::Other(..) => match level {
                text::MISSING => "-".to_owned(),
                text::CLOSE => "close".to_owned(),
                text::NEAR => "near".to_owned(),
                text::DIFFERENT => "different".to_owned(),
                exact => format!("exact/{}", name(&GRADES, usize::from(exact - text::EXACT))),
            },
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Family => "family",
            Self::Given => "given",
            Self::Birth => "birth",
            Self::Sex => "sex",
            Self::Home => "home",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Chart => "chart",
            Self::MedicalId => "medical-id",
            Self::Other(at, _) => return write!(f, "column-{}", at + 1),
        })
    }
}

/// Names of the grades of rarity.
const GRADES: [&str; RARITIES as usize] = ["common", "known", "uncommon", "rare", "scarce", "singular"];
/// Believed shares of the grades among values that agree because both are one person's.
const RARITY_OF_PERSONS: [f64; RARITIES as usize] = [0.3, 0.3, 0.2, 0.1, 0.06, 0.04];
/// Believed shares of the grades among values that agree by chance.
const RARITY_OF_CHANCE: [f64; RARITIES as usize] = [0.75, 0.2, 0.04, 0.008, 0.0015, 0.0005];

fn pick(shares: &[f64], at: impl Into<u16>) -> f64 {
    shares.get(usize::from(at.into())).copied().unwrap_or(0.0)
}

/// Believed share of a level of a text, of the shares that agree, are close, near and different.
fn text_share(level: u16, (exact, close, near, different): (f64, f64, f64, f64), rarities: &[f64]) -> f64 {
    match level {
        text::MISSING => 1.0,
        text::CLOSE => close,
        text::NEAR => near,
        text::DIFFERENT => different,
        grade => exact * pick(rarities, grade - text::EXACT),
    }
}

/// Packs the states of a name part; rarity counts only where the name agrees.
pub(crate) fn name_level(k: u8, n: u8, rarity: u16) -> u16 {
    let grade = if name_agrees(k, n) { rarity.min(RARITIES - 1) } else { 0 };
    (u16::from(k) * u16::from(kana::COUNT) + u16::from(n)) * RARITIES + grade
}

/// Unpacks a level of a name part: kanji, kana, rarity.
pub(crate) fn name_states(level: u16) -> (u8, u8, u16) {
    let (states, kana) = (level / RARITIES, u16::from(kana::COUNT));
    let narrow = |state: u16| u8::try_from(state).unwrap_or(u8::MAX);
    (narrow(states / kana), narrow(states % kana), level % RARITIES)
}

pub(crate) fn name_agrees(k: u8, n: u8) -> bool {
    matches!(k, kanji::EXACT | kanji::FOLDED | kanji::LOST | kanji::SWAPPED)
        || matches!(n, kana::EQUAL | kana::LONG | kana::ROMAJI)
}

fn rarity_share(k: u8, n: u8, rarity: u16, shares: &[f64]) -> f64 {
    match (name_agrees(k, n), rarity) {
        (true, at) => pick(shares, at),
        (false, 0) => 1.0,
        (false, _) => 0.0,
    }
}

/// Packs the states of a home.
pub(crate) fn home_level(postal: u16, address: u16, crowd: u16) -> u16 {
    (postal * 7 + address) * 2 + crowd
}

/// Unpacks a level of a home: postal, address, crowd.
pub(crate) fn home_states(level: u16) -> (u16, u16, u16) {
    let states = level / 2;
    (states / 7, states % 7, level % 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_unpacked_as_they_were_packed() {
        for k in 0..kanji::COUNT {
            for n in 0..kana::COUNT {
                let level = name_level(k, n, 2);
                assert!(level < Field::Family.levels());
                assert_eq!(name_states(level), (k, n, if name_agrees(k, n) { 2 } else { 0 }));
            }
        }
    }

    #[test]
    fn every_comparable_level_has_a_name_and_some_belief_somewhere() {
        let others = [OtherKind::Text, OtherKind::Place, OtherKind::Category, OtherKind::Date];
        for field in Field::OF_REGISTRATION.into_iter().chain(others.map(|kind| Field::Other(3, kind))) {
            assert!(u32::from(field.levels()) <= 1 << field.bits().1);
            let total: f64 =
                (0..field.levels()).filter(|l| field.group(*l) == Some(0)).map(|l| field.prior_match(l)).sum();
            assert!(total > 0.5, "{field}: {total}");
            assert!((0..field.levels()).all(|level| !field.level_name(level).contains('?')));
        }
    }
}
