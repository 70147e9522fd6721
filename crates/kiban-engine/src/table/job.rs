//! What is asked of one table: the TOML file of `kiban anonymise`.

use std::path::{Path, PathBuf};

use kiban_anon::{
    Metric, Model, Strategy,
    transform::{Sample, Transformation},
};
use serde::Deserialize;

use super::{HierarchyOf, transform};
use crate::{Error, Result};

/// One table to be anonymised on its own, as ARX would: no house, no gate, no people over time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The table.
    pub input: Input,
    /// A table of the population that the input is drawn from, with the same quasi-identifiers; k-map and δ-presence need it.
    pub population: Option<Input>,
    /// How to look for the best transformation.
    #[serde(default)]
    pub search: Strategy,
    /// The share of records that may be suppressed, 0 to 1.
    #[serde(default)]
    pub suppression_limit: f64,
    /// What is made smallest.
    #[serde(default)]
    pub metric: Metric,
    /// The privacy models, all of which hold in the output. There may be none where something is transformed.
    pub models: Vec<Model>,
    /// Seconds after which the search stops and says how far off the best can still be.
    pub seconds: Option<f64>,
    /// Which records take part at all; every one if not given.
    pub sample: Option<Sample>,
    /// A file of 32 bytes in hexadecimal, from which all chance follows; another key on every run if not given.
    pub key: Option<PathBuf>,
    /// Whether the output is attacked, its use measured and other settings tried, for the report.
    #[serde(default)]
    pub study: bool,
    /// The columns. Those not named here are left out of the output.
    #[serde(rename = "attribute")]
    pub attributes: Vec<Attribute>,
}

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// CSV with a header, or Parquet where the name ends in `.parquet`.
    pub path: PathBuf,
    /// What stands between the cells of a CSV.
    #[serde(default = "comma")]
    pub delimiter: char,
}

const fn comma() -> char {
    ','
}

/// A column and what it is to an adversary.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its name in the header.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Its hierarchy, a file in ARX's form or a description. Without one a quasi-identifier is either told or not.
    pub hierarchy: Option<HierarchyOf>,
    /// No more detail than this level, if given.
    pub lowest_level: Option<usize>,
    /// No less detail than this level, if given.
    pub highest_level: Option<usize>,
    /// How much its detail is worth beside that of the other quasi-identifiers; 1 if not given.
    pub weight: Option<f64>,
    /// What is done to it after generalising, if anything.
    pub transform: Option<Transformation>,
    /// Whether a study measures how well it can still be predicted from the quasi-identifiers.
    #[serde(default)]
    pub classify: bool,
}

/// What a column is to an adversary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It names the person, and is left out.
    Identifying,
    /// An adversary may know it; it is generalised.
    QuasiIdentifier,
    /// An adversary wants to know it; it is released as it is, and models may protect it.
    Sensitive,
    /// It is released as it is.
    Insensitive,
}

/// Reads a file of TOML; what is wrong in it is told with its line.
pub(crate) fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |at| text.get(..at.start).unwrap_or_default().lines().count().max(1));
        Error::Input(format!("{}, line {line}: {}", path.display(), error.message()))
    })
}

impl Job {
    /// Reads a job; relative paths in it are relative to the file.
    ///
    /// # Errors
    /// The file cannot be read, is no job, or contradicts itself; the message says in which line.
    pub fn read(path: &Path) -> Result<Self> {
        let mut job: Self = read_toml(path)?;
        let base = path.parent().unwrap_or(Path::new(""));
        job.input.path = base.join(&job.input.path);
        if let Some(population) = &mut job.population {
            population.path = base.join(&population.path);
        }
        job.key = job.key.map(|key| base.join(key));
        for hierarchy in job.attributes.iter_mut().filter_map(|attribute| attribute.hierarchy.as_mut()) {
            hierarchy.resolve(base);
        }
        job.check()?;
        Ok(job)
    }

    /// Returns the columns of one role.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(move |attribute| attribute.role == role)
    }

    /// Returns the class size that the models ask for; where none does, one person is a class.
    pub fn class_size(&self) -> u32 {
        let asked = |model: &Model| if let Model::KAnonymity(k) = model { Some(*k) } else { None };
        self.models.iter().filter_map(asked).max().unwrap_or(1).max(1)
    }

    /// Tells whether any column is transformed after generalising.
    pub fn transforms(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.transform.is_some())
    }

    /// Returns a column that the output has.
    pub(super) fn released(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|one| one.name == name && one.role != Role::Identifying)
    }

    fn check(&self) -> Result<()> {
        let wrong = |why: String| Err(Error::Input(why));
        if !(0.0..=1.0).contains(&self.suppression_limit) {
            return wrong("suppression_limit must lie between 0 and 1".to_owned());
        }
        if self.models.is_empty() && !self.transforms() {
            return wrong("models is empty: say at least k_anonymity".to_owned());
        }
        if self.of_role(Role::QuasiIdentifier).next().is_none() {
            return wrong("no attribute has the role quasi-identifier".to_owned());
        }
        let mut names: Vec<&str> = self.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
        names.sort_unstable();
        if let Some([name, _]) = names.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
            return wrong(format!("attribute {name} is given twice"));
        }
        for on in self.models.iter().filter_map(Model::on) {
            if !self.of_role(Role::Sensitive).any(|attribute| attribute.name == on) {
                return wrong(format!("a model protects {on}, which is no attribute of the role sensitive"));
            }
        }
        if let Some(one) = self.attributes.iter().find(|one| one.classify && one.role == Role::Identifying) {
            return wrong(format!("attribute {} is not in the output, so classify = true measures nothing", one.name));
        }
        if let Some(one) = self.attributes.iter().find(|a| a.weight.is_some() && a.role != Role::QuasiIdentifier) {
            return wrong(format!("attribute {} has a weight, but only quasi-identifiers are weighed", one.name));
        }
        transform::check(self)
    }
}
