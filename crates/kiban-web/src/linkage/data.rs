//! What the report of a linkage is made of: ids of records, levels, bits, probabilities and counts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::word::{ClusterPick, LinkageKind, PairOutcome};

/// Everything the report page of one linkage shows. Lists are shown in the order given; empty ones leave no section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkageReport {
    /// What was asked.
    pub kind: LinkageKind,
    /// The job's name, such as the stem of its file.
    pub name: String,
    /// When the report was made.
    pub made_at: Timestamp,
    /// Version of the program.
    pub program_version: String,
    /// The tables that were read.
    pub inputs: Vec<Input>,
    /// The columns, as they were understood.
    pub columns: Vec<InputColumn>,
    /// What came out, in figures.
    pub totals: Totals,
    /// How many persons have how many records, the smallest size first.
    pub sizes: Vec<ClusterSize>,
    /// Pairs explained field by field.
    pub examples: Vec<Example>,
    /// Persons shown with the pairs that hold them together.
    pub clusters: Vec<Cluster>,
    /// What the levels of every field weigh.
    pub fields: Vec<Field>,
    /// What the candidates are, in shares.
    pub classes: Vec<ClassShare>,
    /// The candidates by their probability, the lowest band first.
    pub calibration: Vec<Band>,
    /// Which records could not be found even beside themselves, by rising probability.
    pub unlinkables: Vec<Unlinkable>,
    /// What each blocking rule found and cut.
    pub blocking: Vec<Blocking>,
    /// How long each step took.
    pub steps: Vec<Step>,
    /// The most memory held at once.
    pub peak_memory_bytes: Option<u64>,
}

/// One table that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The file's name.
    pub name: String,
    /// Its records.
    pub records: u64,
}

/// One column, as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputColumn {
    /// The column's name.
    pub name: String,
    /// What it holds, as in a job's `kind`: `given-name`, `birth-date`, ….
    pub kind: String,
}

/// What came out, in figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Records.
    pub records: u64,
    /// Persons found behind them.
    pub persons: u64,
    /// Pairs that were compared.
    pub candidate_pairs: u64,
    /// Pairs of records of one found person.
    pub joined_pairs: u64,
    /// Pairs for a person to look at.
    pub possible_pairs: u64,
    /// Pairs that were sure enough alone, but were kept apart.
    pub refused_pairs: u64,
    /// Expected share of the joined pairs that are right, 0–1.
    pub precision: f64,
    /// Expected share of the compared pairs of one person that were joined, 0–1.
    pub recall: f64,
    /// Expected share of the pairs of one person that were compared at all, 0–1.
    pub found_by_blocking: f64,
    /// Whether the match class still looks like one person, so that the weights are learned ones.
    pub identified: bool,
    /// Whether the last round of learning changed nothing that matters.
    pub converged: bool,
}

/// How many persons have so many records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterSize {
    /// Records.
    pub records: u64,
    /// Persons who have them.
    pub persons: u64,
}

/// A pair, and how it came to its probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Id of one record.
    pub left: String,
    /// Id of the other.
    pub right: String,
    /// What became of them.
    pub outcome: PairOutcome,
    /// Who or what decided: `model`, `people` or the word of a rule.
    pub basis: String,
    /// The class that one person is weighed against: the likeliest other explanation.
    pub rival: String,
    /// Bits for one person against the rival before any field is seen.
    pub prior_bits: f64,
    /// What every field adds, in the order of the fields.
    pub fields: Vec<FieldBits>,
    /// The probability of one person, against all classes, 0–1.
    pub probability: f64,
    /// How likely each class is, 0–1, `match` first.
    pub classes: Vec<ClassShare>,
}

/// What one field adds to a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldBits {
    /// The field's word, or the name of a column of its own.
    pub field: String,
    /// The stable word of the level: `exact/equal/common`.
    pub level: String,
    /// Bits for one person against the rival; negative against it.
    pub bits: f64,
}

/// A person with the pairs that hold the records together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Id of the person.
    pub person: String,
    /// Why this one is shown.
    pub pick: ClusterPick,
    /// Ids of the records.
    pub members: Vec<String>,
    /// The pairs of them that were compared.
    pub edges: Vec<Edge>,
    /// The place among `edges` of the weakest bridge: the surest pair between the two parts that hold together least.
    pub weakest: Option<usize>,
}

/// A pair inside a person.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// The place of one record among the members, from 0.
    pub left: usize,
    /// The place of the other.
    pub right: usize,
    /// The probability of one person, 0–1.
    pub probability: f64,
    /// What became of the pair alone.
    pub outcome: PairOutcome,
}

/// What the levels of a field weigh.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The field's word, or the name of a column of its own.
    pub field: String,
    /// The levels, in any order.
    pub levels: Vec<Level>,
}

/// What one level weighs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// The stable word of the level: `exact/equal/common`.
    pub level: String,
    /// Bits for one person against strangers: log₂ of the two shares.
    pub bits: f64,
    /// Share of the pairs of one person that are at this level, 0–1.
    pub one_person: f64,
    /// Share of the pairs of strangers that are at this level, 0–1.
    pub strangers: f64,
}

/// How likely, or how frequent, a class of pairs is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassShare {
    /// The class: `match`, `household`, ….
    pub class: String,
    /// Its share, 0–1.
    pub share: f64,
}

/// The candidates whose probability lies in a band.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The lowest probability, 0–1.
    pub low: f64,
    /// The highest, 0–1.
    pub high: f64,
    /// Pairs.
    pub pairs: u64,
    /// How many of them are expected to be one person: the sum of their probabilities.
    pub expected: f64,
    /// The share of them that truly is, 0–1, where the truth is known.
    pub true_share: Option<f64>,
}

/// How many records could not reach a probability even if compared with themselves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unlinkable {
    /// The probability, 0–1.
    pub probability: f64,
    /// The share of the records that stays below it, 0–1.
    pub share: f64,
}

/// What a blocking rule found and cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocking {
    /// What two records must share: `card + sex`.
    pub rule: String,
    /// Pairs that share it.
    pub pairs: u64,
    /// Pairs that no rule before it found.
    pub first: u64,
    /// Values held by more records than the cap allows.
    pub cut_keys: u64,
    /// Pairs not compared because of that, unless another rule finds them.
    pub cut_pairs: u64,
}

/// How long a step took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The step: `load`, `link`, `write`, ….
    pub step: String,
    /// Seconds of wall time.
    pub seconds: f64,
}
