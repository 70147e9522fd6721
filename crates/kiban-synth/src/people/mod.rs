//! People and what changes about them: names, homes, insurance.

mod canary;
mod household;
mod insurance;

use jiff::civil::Date;

pub(crate) use canary::{CanaryRecord, CanaryStrings};
pub(crate) use household::{PopulationPlan, household};
pub(crate) use insurance::{Coverage, Plan};

use crate::tables::Sex;

/// A value that changed on known days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct History<T> {
    first: T,
    changes: Vec<(Date, T)>,
}

impl<T> History<T> {
    /// Begins with a value that was always so.
    pub(crate) fn new(first: T) -> Self {
        Self { first, changes: Vec::new() }
    }

    /// Adds a change; changes are added in the order of their days.
    pub(crate) fn change(&mut self, since: Date, value: T) {
        self.changes.push((since, value));
    }

    /// Returns the value on a day.
    pub(crate) fn at(&self, day: Date) -> &T {
        self.changes.iter().rev().find(|(since, _)| *since <= day).map_or(&self.first, |(_, value)| value)
    }

    /// Returns since when the value of a day has been so, if it was not always so.
    pub(crate) fn since(&self, day: Date) -> Option<Date> {
        self.changes.iter().rev().map(|(since, _)| *since).find(|since| *since <= day)
    }
}

/// A person's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) family: String,
    pub(crate) given: String,
    pub(crate) family_kana: String,
    pub(crate) given_kana: String,
    /// Family and given name in romaji, where that is how the person writes it.
    pub(crate) romaji: Option<(String, String)>,
    /// Whether the family writes 髙 and 﨑, which not every system can.
    pub(crate) old_form: bool,
}

/// Which characters a facility's system can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Glyphs {
    /// JIS X 0208 only: 髙 becomes 高 and 﨑 becomes 崎.
    Jis,
    /// The vendor's extensions as well: each family's own form.
    Extended,
}

impl Name {
    /// Returns the family name as a facility writes it.
    pub(crate) fn family_as(&self, glyphs: Glyphs) -> String {
        match glyphs {
            Glyphs::Extended if self.old_form => self.family.replace('高', "髙").replace('崎', "﨑"),
            Glyphs::Extended | Glyphs::Jis => self.family.clone(),
        }
    }
}

/// A home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) prefecture: String,
    pub(crate) city: String,
    pub(crate) town: String,
    /// Seven digits.
    pub(crate) postal: String,
    /// 丁目, 番, 号.
    pub(crate) block: [u8; 3],
    /// Building and room.
    pub(crate) room: Option<String>,
}

impl Address {
    /// Returns the postal code as `123-4567`.
    pub(crate) fn postal_hyphened(&self) -> String {
        self.postal.split_at_checked(3).map_or_else(String::new, |(head, tail)| format!("{head}-{tail}"))
    }

    /// Returns prefecture to number with full-width digits: `１－３－５`.
    pub(crate) fn full_width(&self) -> String {
        let [chome, ban, go] = self.block.map(|number| full_width(&number.to_string()));
        self.joined(&format!("{chome}－{ban}－{go}"))
    }

    /// Returns prefecture to number with half-width digits: `1-3-5`.
    pub(crate) fn half_width(&self) -> String {
        let [chome, ban, go] = self.block;
        self.joined(&format!("{chome}-{ban}-{go}"))
    }

    fn joined(&self, block: &str) -> String {
        let room = self.room.as_deref().map(|room| format!("　{room}")).unwrap_or_default();
        format!("{}{}{}{block}{room}", self.prefecture, self.city, self.town)
    }
}

/// Returns ASCII letters and digits in their full-width forms.
pub(crate) fn full_width(text: &str) -> String {
    let widen = |c: char| match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c),
        _ => c,
    };
    text.chars().map(widen).collect()
}

/// One member of a household, before any illness.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Number in the truth: household × 10 + member.
    pub(crate) no: u64,
    pub(crate) household: u64,
    pub(crate) member: u8,
    pub(crate) sex: Sex,
    pub(crate) birth: Date,
    pub(crate) names: History<Name>,
    pub(crate) homes: History<Address>,
    pub(crate) coverages: History<Coverage>,
    pub(crate) home_phone: Option<String>,
    pub(crate) mobile: Option<String>,
    /// The person's twin.
    pub(crate) twin: Option<u64>,
    /// Set for canaries: the facilities they go to, by index.
    pub(crate) canary: Option<CanaryRecord>,
}

/// Members per household at most; person numbers leave room for them.
pub(crate) const MEMBERS: u64 = 10;
