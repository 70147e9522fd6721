//! What a specification says of lives: how much somebody may know, and what must not follow from it.

use kiban_anon::{
    DateUnit,
    life::{LifeAnonymity, LifeDates},
};
use kiban_core::tables::{Column, ColumnType};
use serde::{Deserialize, Serialize};

use super::{ReleaseSpec, code_column, input, says_what, table};
use crate::{Result, stages::cdm::date_column};

/// How much of a life somebody may know without recognising it.
///
/// Whoever knows a person's demographics and up to `known` of the events finds at least k persons who have them all.
/// Dates are not shifted then: they are told as precisely as enough persons share them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lives {
    /// How many events may be known, 1 to 4.
    pub known: u8,
    /// Persons that share every combination of demographic values, so that their events can be shared too.
    #[serde(default = "crowd")]
    pub crowd: u32,
    /// The finest unit in which a date is told.
    #[serde(default = "month")]
    pub dates: DateUnit,
    /// Beginnings of codes of which nobody may be sure, as `table:beginning`; each is a group of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<String>,
    /// The greatest share that may have a sensitive code among those who share what is known.
    #[serde(default = "half")]
    pub confidence: f64,
}

const fn crowd() -> u32 {
    500
}

const fn month() -> DateUnit {
    DateUnit::Month
}

const fn half() -> f64 {
    0.5
}

impl Lives {
    /// Protects against so many known events, all else as it is where nothing is said.
    pub const fn of(known: u8) -> Self {
        Self { known, crowd: crowd(), dates: month(), sensitive: Vec::new(), confidence: half() }
    }

    /// Returns the model that k and these limits make.
    pub(crate) fn model(&self, k: u32) -> LifeAnonymity {
        LifeAnonymity { confidence: self.confidence, ..LifeAnonymity::new(k, u32::from(self.known)) }
    }

    /// Returns whether a code or group of codes of a table speaks of a sensitive group.
    pub(crate) fn speaks_of(&self, group: usize, table: &str, code: &str) -> bool {
        let group = self.sensitive.get(group).and_then(|group| group.split_once(':'));
        group.is_some_and(|(of, beginning)| of == table && code.starts_with(beginning))
    }

    /// What an event tells besides its code and its date must not be by what a life is recognised.
    pub(super) fn check(&self, spec: &ReleaseSpec) -> Result<()> {
        if !(1..=4).contains(&self.known) {
            return input("anonymity.lives.known must lie between 1 and 4");
        }
        if let Err(e) = LifeDates::new(spec.window.from, spec.window.to, self.dates) {
            return input(&format!("anonymity.lives.dates: {e}"));
        }
        for choice in &spec.tables {
            if choice.name == "observation_period" {
                return input(
                    "observation_period tells two days of everybody; leave it out where anonymity.lives is set",
                );
            }
            let table = table(&choice.name)?;
            let own = date_column(table);
            let chosen = || choice.columns.iter().filter_map(|name| table.column(name));
            if let Some(end) = chosen().find(|c| c.kind == ColumnType::Date && Some(c.name) != own) {
                return input(&format!(
                    "{} tells how long an event took; leave it out where anonymity.lives is set",
                    end.name
                ));
            }
            let code = code_column(&choice.name).unwrap_or("visit_source_value");
            let is_concept = |c: &&Column| c.name == "visit_concept_id" || says_what(&choice.name, c);
            if let Some(concept) = chosen().find(is_concept).filter(|_| !choice.columns.iter().any(|name| name == code))
            {
                return input(&format!(
                    "{} stands for a code; choose {code} beside it where anonymity.lives is set",
                    concept.name
                ));
            }
        }
        self.check_sensitive(spec)
    }

    fn check_sensitive(&self, spec: &ReleaseSpec) -> Result<()> {
        if !(self.confidence > 0.0 && self.confidence <= 1.0) {
            return input("anonymity.lives.confidence is a share above 0, at most 1");
        }
        for group in &self.sensitive {
            let Some((name, _)) = group.split_once(':').filter(|(_, beginning)| !beginning.is_empty()) else {
                return input(&format!(
                    "anonymity.lives.sensitive: write {group} as table:beginning, such as condition_occurrence:F20"
                ));
            };
            let tells = |column: &String| code_column(name).is_ok_and(|code| code == column);
            if !spec.tables.iter().any(|choice| choice.name == name && choice.columns.iter().any(tells)) {
                return input(&format!(
                    "anonymity.lives.sensitive: {group} speaks of a table whose codes are not released; leave it out"
                ));
            }
        }
        Ok(())
    }
}
