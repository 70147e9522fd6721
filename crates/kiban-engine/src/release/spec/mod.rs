//! The release specification: what an officer writes, in TOML, to say who and what a release holds.
//!
//! A cohort is typed conditions over CDM tables, never free SQL. Columns are chosen by name; direct identifiers, free
//! text, keys and lineage cannot be chosen at all, because only columns of the other privacy classes exist here
//! (SEED-57, SEED-59, ordinance Art. 18 items 1-3).

use std::collections::BTreeSet;

use jiff::civil::Date;
use kiban_anon::DateRule;
use kiban_core::{
    ReleaseId, Track,
    tables::{CDM_TABLES, CdmTable, Column, ColumnType, Privacy},
};
use serde::{Deserialize, Serialize};

use self::use_profile::Stated;
pub use self::{
    between::{Between, OnBreach},
    lives::Lives,
    marks::Marks,
    use_profile::{Deviation, Fitted, Parameter, Setting, Use, set_in_force},
};
use crate::{Error, Result};

mod between;
mod dates;
mod lives;
mod marks;
mod use_profile;

/// Tables that can be chosen besides `person`, which every release has.
pub const CHOOSABLE: &[&str] = &[
    "observation_period",
    "visit_occurrence",
    "condition_occurrence",
    "drug_exposure",
    "procedure_occurrence",
    "measurement",
    "observation",
    "death",
];

/// What a release shall hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseSpec {
    /// The release's name; a name is used once.
    pub name: ReleaseId,
    /// The project it is for.
    pub project: String,
    /// What it is, in a sentence for the researcher.
    pub title: String,
    /// Who receives it.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// The track; releases of the pseudonymised track are not built yet.
    #[serde(default = "anonymised")]
    pub track: Track,
    /// First and last day of events.
    pub window: Window,
    /// Who is in it.
    #[serde(default)]
    pub cohort: Cohort,
    /// Tables and their columns.
    #[serde(rename = "table")]
    pub tables: Vec<TableChoice>,
    /// How anonymous it must be.
    #[serde(default)]
    pub anonymity: Anonymity,
    /// What it is used for, which proposes how anonymous it must be.
    #[serde(rename = "use")]
    pub usage: Option<Use>,
    /// What the use proposed, and what was decided.
    #[serde(skip)]
    pub fitted: Option<Fitted>,
    /// How the recipient's copy is marked.
    #[serde(default)]
    pub marks: Marks,
}

fn anonymised() -> Track {
    Track::Anonymised
}

/// First and last day, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// Conditions that all must hold of a person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cohort {
    /// Born in or after this year.
    pub born_from: Option<i64>,
    /// Born in or before this year.
    pub born_to: Option<i64>,
    /// Of one of these sexes (`M`, `F`); empty for any.
    pub sex: Vec<String>,
    /// Living in one of these prefectures; empty for any.
    pub prefecture: Vec<String>,
    /// Having these records.
    #[serde(rename = "with")]
    pub having: Vec<Having>,
    /// Not having these records.
    pub without: Vec<Having>,
}

/// Records of a person within the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Having {
    /// The CDM table.
    pub table: String,
    /// Beginnings of the source code, any of which fits; empty for any code.
    #[serde(default)]
    pub code_prefix: Vec<String>,
    /// How many such records at least.
    #[serde(default = "one")]
    pub at_least: u32,
}

const fn one() -> u32 {
    1
}

/// A table of the release and its columns beside the fresh ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableChoice {
    /// The CDM table.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
}

/// The limits that the anonymised set must keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Anonymity {
    /// Persons that share every combination of demographic values.
    pub k: u32,
    /// Share of persons that may be left out to reach it.
    pub suppression_limit: f64,
    /// Persons that must carry a code for it to be shown as it is.
    pub code_floor: u32,
    /// Persons that must lie at or beyond the largest and the smallest value shown of a measurement.
    pub value_floor: u32,
    /// What is done to dates; without it a secret shift of up to 182 days, unless `lives` says how they are told.
    pub dates: Option<DateRule>,
    /// Ages above this are shown as this or more.
    pub top_age: u8,
    /// What is done for those of whose events somebody knows several; without it only demographics are protected.
    pub lives: Option<Lives>,
    /// What must hold beside the releases that were made before.
    pub between: Between,
}

impl Anonymity {
    /// Returns how many persons must share every combination of demographic values.
    pub fn smallest_class(&self) -> u32 {
        self.lives.as_ref().map_or(self.k, |lives| lives.crowd.max(self.k))
    }
}

impl Default for Anonymity {
    fn default() -> Self {
        Self {
            k: 5,
            suppression_limit: 0.05,
            code_floor: 10,
            value_floor: 10,
            dates: None,
            top_age: 90,
            lives: None,
            between: Between::default(),
        }
    }
}

impl ReleaseSpec {
    /// Reads and checks a specification.
    ///
    /// # Errors
    /// One sentence that says what is wrong and what to do.
    pub fn parse(text: &str) -> Result<Self> {
        let mut spec: Self = toml::from_str(text)
            .map_err(|e| Error::Input(format!("the release specification: {}", e.to_string().trim_end())))?;
        if let Some(usage) = &spec.usage {
            spec.fitted = Some(use_profile::fit(usage, &Stated::of(text), &mut spec.anonymity)?);
        }
        spec.check()?;
        Ok(spec)
    }

    /// Returns the same release under other limits.
    ///
    /// # Errors
    /// Limits that do not fit its tables.
    pub fn with(&self, anonymity: Anonymity) -> Result<Self> {
        let spec = Self { anonymity, ..self.clone() };
        spec.check()?;
        Ok(spec)
    }

    fn check(&self) -> Result<()> {
        if self.track != Track::Anonymised {
            return Err(Error::Denied {
                rule: "track.not-built",
                what: "a release of the pseudonymised track".to_owned(),
                remedy: "this version builds releases of the anonymised track only".to_owned(),
            });
        }
        if self.window.from > self.window.to {
            return input("window.from lies after window.to; exchange them");
        }
        let Anonymity { k, suppression_limit, code_floor, value_floor, top_age, .. } = self.anonymity;
        if k < 2 {
            return input("anonymity.k must be 2 or more: with 1 a person may stand alone");
        }
        if !(0.0..=1.0).contains(&suppression_limit) {
            return input("anonymity.suppression_limit is a share between 0 and 1");
        }
        if code_floor < 2 || value_floor < 2 {
            return input("anonymity.code_floor and value_floor must be 2 or more");
        }
        if !(60..=110).contains(&top_age) {
            return input("anonymity.top_age must lie between 60 and 110");
        }
        self.check_dates()?;
        self.anonymity.lives.as_ref().map_or(Ok(()), |lives| lives.check(self))?;
        self.anonymity.between.check(&self.name)?;
        if let Some(fault) = self.marks.fault() {
            return input(fault);
        }
        let mut seen = BTreeSet::new();
        for choice in &self.tables {
            choice.check()?;
            if !seen.insert(&choice.name) {
                return input(&format!("table {} is named twice; join its columns", choice.name));
            }
        }
        for having in self.cohort.having.iter().chain(&self.cohort.without) {
            code_column(&having.table)?;
        }
        Ok(())
    }
}

impl TableChoice {
    fn check(&self) -> Result<()> {
        if !CHOOSABLE.contains(&self.name.as_str()) {
            return input(&format!("table {} cannot be released; choose among {}", self.name, CHOOSABLE.join(", ")));
        }
        for name in &self.columns {
            self.column(name)?;
        }
        Ok(())
    }

    fn column(&self, name: &str) -> Result<&'static Column> {
        let table = table(&self.name)?;
        let column = table.column(name);
        let Some(column) = column else {
            return input(&format!("table {} has no column {name}; see OMOP CDM v5.4", self.name));
        };
        if column.kind == ColumnType::Instant || name.ends_with("_time") {
            return input(&format!("{name} tells the time of day; choose the date column beside it"));
        }
        match column.privacy {
            Privacy::Clinical | Privacy::Date => Ok(column),
            Privacy::Quasi => {
                input(&format!("{name} is released in person, generalised; leave it out of {}", self.name))
            }
            Privacy::Direct | Privacy::FreeText | Privacy::Key | Privacy::Lineage => Err(Error::Denied {
                rule: "release.column",
                what: format!("column {}.{name} identifies people or may hold free text", self.name),
                remedy: "leave it out; ids are replaced by fresh ones of the release".to_owned(),
            }),
        }
    }

    /// Returns the chosen columns in the table's own order.
    pub(crate) fn chosen(&self) -> Result<Vec<&'static Column>> {
        let table = table(&self.name)?;
        Ok(table.columns.iter().filter(|c| self.columns.iter().any(|name| name == c.name)).collect())
    }
}

fn input<T>(message: &str) -> Result<T> {
    Err(Error::Input(message.to_owned()))
}

pub(crate) fn table(name: &str) -> Result<&'static CdmTable> {
    let known = CDM_TABLES.iter().find(|table| table.name == name);
    known.ok_or_else(|| Error::Input(format!("there is no CDM table {name}; see OMOP CDM v5.4")))
}

/// Returns the column of a table that holds the code of what happened.
pub(crate) fn code_column(name: &str) -> Result<&'static str> {
    let column = match name {
        "condition_occurrence" => "condition_source_value",
        "drug_exposure" => "drug_source_value",
        "procedure_occurrence" => "procedure_source_value",
        "measurement" => "measurement_source_value",
        "observation" => "observation_source_value",
        "death" => "cause_source_value",
        _ => return Err(Error::Input(format!("table {name} has no codes to ask for"))),
    };
    Ok(column)
}

/// Returns whether a column is the code of what happened, or the concept that stands for it.
pub(crate) fn says_what(table: &str, column: &Column) -> bool {
    code_column(table).is_ok_and(|code| {
        let stem = code.trim_end_matches("_source_value");
        column.name == code
            || column.name == format!("{stem}_concept_id")
            || column.name == format!("{stem}_source_concept_id")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    pub(super) const GOOD: &str = r#"
        name = "trial-1"
        project = "trial"
        title = "Diabetes"
        recipient = "A university"
        purpose = "Research"
        window = { from = "2021-04-01", to = "2026-03-31" }
        [cohort]
        sex = ["F"]
        [[cohort.with]]
        table = "condition_occurrence"
        code_prefix = ["E11"]
        [[table]]
        name = "condition_occurrence"
        columns = ["condition_start_date", "condition_source_value"]
    "#;

    fn refusal(change: impl Fn(&str) -> String) -> String {
        ReleaseSpec::parse(&change(GOOD)).unwrap_err().to_string()
    }

    #[test]
    fn a_good_specification_is_read() {
        let spec = ReleaseSpec::parse(GOOD).unwrap();
        assert_eq!(spec.anonymity, Anonymity::default());
        assert_eq!(spec.tables.first().unwrap().chosen().unwrap().len(), 2);
    }

    #[test]
    fn what_identifies_cannot_be_chosen() {
        for column in ["person_id", "condition_occurrence_id", "stop_reason"] {
            let said = refusal(|good| good.replace("condition_start_date", column));
            assert!(said.contains("release.column"), "{said}");
        }
        assert!(refusal(|good| good.replace("\"condition_start_date\"", "\"facility\"")).contains("no column"));
        assert!(
            refusal(|good| good.replace("name = \"condition_occurrence\"", "name = \"location\""))
                .contains("cannot be released")
        );
    }

    #[test]
    fn slips_are_named() {
        assert!(refusal(|good| good.replace("2021-04-01", "2027-04-01")).contains("window"));
        assert!(refusal(|good| format!("{good}\n[anonymity]\nk = 1")).contains("anonymity.k"));
        assert!(refusal(|good| good.replace("sex =", "sexes =")).contains("unknown field"));
        assert!(refusal(|good| format!("{good}\n[marks]\nshare = 0.2")).contains("marks.share"));
    }
}
