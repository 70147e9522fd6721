//! The file of profile sets, read and checked.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Deserialize;

use super::{Parameter, ProfileSet, Rule};
use crate::error::{Error, Result};

/// All profile sets of a jurisdiction, oldest first.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    #[serde(rename = "profile_set")]
    sets: Vec<ProfileSet>,
}

impl Profiles {
    /// Returns those of Japan that ship with the program.
    ///
    /// # Errors
    /// Never, as a test shows.
    pub fn japan() -> Result<Self> {
        Self::parse(include_str!("jp.toml"))
    }

    /// Reads a file of profile sets, such as a house's own.
    ///
    /// # Errors
    /// A file that is not of this form, sets that do not follow each other, a value that its parameter does not take, a
    /// rule without id, reasons or source, an id used twice, or a parameter that nothing proposes always.
    pub fn parse(toml: &str) -> Result<Self> {
        let read: Self = toml::from_str(toml).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(0, |at| toml.get(..at.start).unwrap_or_default().lines().count().max(1));
            let why = "the file is not a file of profile sets; mend it there";
            Error::BadParameter { what: format!("profiles, line {line}: {}", error.message()), why }
        })?;
        read.sets.iter().try_for_each(ProfileSet::check)?;
        let follow = |pair: &[ProfileSet]| match pair {
            [before, after] => before.effective_to.and_then(|d| d.tomorrow().ok()) == Some(after.effective_from),
            _ => true,
        };
        if read.sets.is_empty() || !read.sets.windows(2).all(follow) {
            let why = "sets follow each other day on day; give each but the last an effective_to";
            return Err(Error::BadParameter { what: "profiles".to_owned(), why });
        }
        Ok(read)
    }

    /// Returns the set that begins last.
    pub fn newest(&self) -> Option<&ProfileSet> {
        self.sets.last()
    }

    /// Returns the set of an id.
    pub fn named(&self, id: &str) -> Option<&ProfileSet> {
        self.sets.iter().find(|set| set.id == id)
    }

    /// Returns the set in force on a day.
    pub fn at(&self, day: Date) -> Option<&ProfileSet> {
        self.sets.iter().find(|set| set.effective_from <= day && set.effective_to.is_none_or(|last| day <= last))
    }
}

impl ProfileSet {
    fn check(&self) -> Result<()> {
        let mut ids = BTreeSet::new();
        for rule in &self.rules {
            let bad = |why| Err(Error::BadParameter { what: format!("profile rule {}", rule.id), why });
            if [&rule.id, &rule.ja, &rule.en, &rule.source].into_iter().any(|text| text.trim().is_empty()) {
                return bad("it needs an id, a reason in both languages, and a source");
            }
            if !ids.insert(&rule.id) {
                return bad("another rule has this id; rename one");
            }
            if rule.propose.iter().any(|(parameter, value)| parameter.strength(*value).is_none()) {
                return bad("it proposes a value that is not of its parameter's kind or range");
            }
        }
        let always = |rule: &&Rule| {
            rule.environment.is_none() && rule.recipient.is_empty() && rule.purpose.is_empty() && rule.data.is_empty()
        };
        let known: BTreeSet<Parameter> =
            self.rules.iter().filter(always).flat_map(|rule| rule.propose.keys().copied()).collect();
        match Parameter::ALL.into_iter().find(|parameter| !known.contains(parameter)) {
            None => Ok(()),
            Some(parameter) => {
                let why = "no rule without conditions proposes it; add it to the base rule";
                Err(Error::BadParameter { what: format!("profile set {}, {parameter}", self.id), why })
            }
        }
    }
}
