//! What was tried on the release, and what it is still good for: shares and names of columns, no value of a person.

use serde::{Deserialize, Serialize};

use super::acquaintance::Acquaintance;
use super::word::{Method, Transformation};

/// What a study of the release found; empty where none was made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// What other settings would have cost and brought.
    #[serde(default)]
    pub frontier: Vec<FrontierPoint>,
    /// Attacks that were run.
    #[serde(default)]
    pub attacks: Vec<AttackTried>,
    /// Uniques expected in the population that the persons are a sample of.
    #[serde(default)]
    pub population: Option<Population>,
    /// How well columns can still be predicted.
    #[serde(default)]
    pub accuracy: Vec<Accuracy>,
    /// Quality as the literature measures it.
    #[serde(default)]
    pub quality: Option<Quality>,
    /// How far an acquaintance gets who looks for a person.
    #[serde(default)]
    pub acquaintance: Option<Acquaintance>,
    /// What was done to single columns after generalising.
    #[serde(default)]
    pub transformations: Vec<TransformedColumn>,
}

/// What one transformation did to one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransformedColumn {
    /// The column.
    pub column: String,
    /// What was done.
    pub transformation: Transformation,
    /// Cells that have another value now.
    pub changed: u64,
    /// Cells that were emptied.
    pub emptied: u64,
    /// Records that left.
    pub records_left: u64,
    /// Squared error over squared deviation, or the mean share of leaves left open, where either is known.
    #[serde(default)]
    pub loss: Option<f64>,
    /// The fewest records that match a released one, where that is what it is for.
    #[serde(default)]
    pub smallest_group: Option<u64>,
    /// Records at risk that could not be helped.
    pub unprotected: u64,
}

/// One setting and what it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontierPoint {
    /// The class size asked for.
    pub k: u64,
    /// The share of persons that might be left out.
    pub suppression_limit: f64,
    /// Highest risk of one person.
    pub risk_max: f64,
    /// Mean risk.
    pub risk_avg: f64,
    /// Share of the detail that is left.
    pub kept: f64,
    /// Persons left out.
    pub suppressed: u64,
    /// Persons in all.
    pub persons: u64,
    /// Whether this is the setting of the release.
    #[serde(default)]
    pub chosen: bool,
}

/// Persons of a population who are expected to be unique in it, by model; a model that does not fit has none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Persons of the population.
    pub persons: u64,
    /// Before.
    pub before: Uniques,
    /// After.
    pub after: Uniques,
}

/// The same number as four models estimate it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uniques {
    /// Zayatz 1991.
    #[serde(default)]
    pub zayatz: Option<f64>,
    /// Slide negative binomial, Chen and Keller-McNulty 1998.
    #[serde(default)]
    pub snb: Option<f64>,
    /// Pitman's sampling formula, Hoshino 2001.
    #[serde(default)]
    pub pitman: Option<f64>,
    /// The rule of Dankar et al. 2012, which chooses among them.
    #[serde(default)]
    pub dankar: Option<f64>,
}

/// One attack that was run on the release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttackTried {
    /// Which attack.
    pub method: Method,
    /// Columns that the adversary knows of a person, or looks at.
    pub knows: Vec<String>,
    /// The column guessed, or the other release held.
    #[serde(default)]
    pub target: Option<String>,
    /// Tries.
    pub attempts: u64,
    /// Share of them that were right.
    pub share: f64,
    /// Its 95 % interval.
    pub interval: [f64; 2],
    /// Share of the control that was right.
    pub control: f64,
    /// The control's 95 % interval.
    pub control_interval: [f64; 2],
    /// The chance for the person found most easily, where it is known.
    #[serde(default)]
    pub worst: Option<f64>,
    /// The highest chance allowed for one person; without it the attack must not beat its control.
    #[serde(default)]
    pub limit: Option<f64>,
}

impl AttackTried {
    /// Says whether the release withstood: nobody is found with more than the limit, or the control is as good.
    pub fn withstood(&self) -> bool {
        match self.limit {
            Some(limit) => self.worst.unwrap_or(self.interval[1]) <= limit,
            None => self.interval[0] <= self.control_interval[1],
        }
    }
}

/// How well a column is predicted from the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accuracy {
    /// The column.
    pub column: String,
    /// Persons predicted.
    pub persons: u64,
    /// Share predicted rightly by its most frequent value.
    pub majority: f64,
    /// Share predicted rightly before.
    pub before: f64,
    /// Share predicted rightly after.
    pub after: f64,
    /// What is left of the gain over the most frequent value, if there was one.
    #[serde(default)]
    pub relative: Option<f64>,
}

/// Quality per column and of the whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// Per column, after; before, each has kept everything.
    pub columns: Vec<ColumnQuality>,
    /// The whole table before.
    pub before: QualityFigures,
    /// The whole table after.
    pub after: QualityFigures,
}

/// Quality of one column, 1 untouched and 0 emptied where not said otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnQuality {
    /// The column.
    pub column: String,
    /// Detail left.
    pub granularity: f64,
    /// Information left, by frequencies (non-uniform entropy).
    pub entropy: f64,
    /// Height of the hierarchy not climbed.
    pub precision: f64,
    /// Share of empty cells.
    pub missing: f64,
    /// Mean squared error, of a column of numbers.
    #[serde(default)]
    pub mse: Option<f64>,
    /// Share of the variance that is left, of a column of numbers.
    #[serde(default)]
    pub variance_kept: Option<f64>,
}

/// Quality of a whole table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityFigures {
    /// Detail left.
    pub granularity: f64,
    /// Detail left, with the weights of the columns.
    pub weighted_granularity: f64,
    /// Information left.
    pub entropy: f64,
    /// Height of the hierarchies not climbed.
    pub precision: f64,
    /// Discernibility; less is better.
    pub discernibility: f64,
    /// Persons per class.
    pub average_class_size: f64,
    /// The same in multiples of k.
    pub average_class_size_per_k: f64,
    /// Combinations of values that a record could stand for; less is better.
    pub ambiguity: f64,
    /// Kullback–Leibler divergence in nats; less is better.
    pub kl_divergence: f64,
}
