//! What is asked of a release: its quasi-identifiers, the models it must keep, and what it may cost.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    hierarchy::Hierarchy,
    loss::{Loss, Metric},
    model::Model,
};

/// A quasi-identifier 準識別子: its hierarchy, the levels on which it may be released, and how much its detail is worth.
#[derive(Debug, Clone)]
pub struct QuasiIdentifier {
    hierarchy: Hierarchy,
    lowest: usize,
    highest: usize,
    weight: f64,
}

impl QuasiIdentifier {
    /// Takes a hierarchy, all levels allowed, of weight 1.
    pub fn new(hierarchy: Hierarchy) -> Self {
        let highest = hierarchy.levels().len().saturating_sub(1);
        Self { hierarchy, lowest: 0, highest, weight: 1.0 }
    }

    /// Allows no more detail than `level`; a level that is not there means the last one.
    #[must_use]
    pub fn at_least(mut self, level: usize) -> Self {
        self.lowest = level.min(self.highest);
        self
    }

    /// Allows no less detail than `level`.
    #[must_use]
    pub fn at_most(mut self, level: usize) -> Self {
        self.highest = level.clamp(self.lowest, self.highest);
        self
    }

    /// Weighs the column's loss in the score that the search makes smallest; only the ratio of weights matters.
    ///
    /// A column of weight 0 may lose everything for nothing. A search refuses weights below 0 or not finite, and
    /// attributes that all weigh 0.
    #[must_use]
    pub fn weighing(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// Returns the hierarchy.
    pub fn hierarchy(&self) -> &Hierarchy {
        &self.hierarchy
    }

    pub(crate) fn range(&self) -> (usize, usize) {
        (self.lowest, self.highest)
    }
}

/// Returns the weights of attributes as parts of the largest, so that equal ones are all exactly 1.
pub(crate) fn weights(attributes: &[QuasiIdentifier]) -> Result<Vec<f64>> {
    let most = attributes.iter().map(|a| a.weight).fold(0.0, f64::max);
    let bad = attributes.iter().find(|a| !(a.weight.is_finite() && a.weight >= 0.0 && most > 0.0));
    if let Some(attribute) = bad {
        let why = "a weight is a number of 0 or more, and not all weights are 0";
        return Err(Error::BadParameter { what: format!("attribute {}", attribute.hierarchy.name()), why });
    }
    Ok(attributes.iter().map(|a| a.weight / most).collect())
}

/// Says how anonymous a release must be, and what it may cost.
///
/// The Act fixes no k (`law.md` §2A); it comes from the project's profile (SEED-59).
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The models that the release keeps, all of them.
    pub models: Vec<Model>,
    /// The share of persons that may be suppressed, 0 to 1.
    pub suppression_limit: f64,
    /// What is made smallest.
    pub metric: Metric,
    /// Threads that check nodes; the answer does not depend on them.
    pub threads: NonZeroUsize,
}

impl Policy {
    /// Asks for k-anonymity with a suppression limit, ARX's default score, one thread.
    pub fn new(k: u32, suppression_limit: f64) -> Self {
        Self::of(vec![Model::KAnonymity(k)], suppression_limit)
    }

    /// Asks for any models with a suppression limit, ARX's default score, one thread.
    pub fn of(models: Vec<Model>, suppression_limit: f64) -> Self {
        Self { models, suppression_limit, metric: Metric::default(), threads: NonZeroUsize::MIN }
    }

    /// Returns how many of so many persons may be suppressed.
    pub fn allowed(&self, persons: u64) -> u64 {
        ((persons as f64 * self.suppression_limit.clamp(0.0, 1.0)).floor() as u64).min(persons)
    }
}

/// How a release is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// One level per attribute, proven to be the best.
    #[default]
    Optimal,
    /// One level per attribute, a good one, with the gap to the best that is still possible: for lattices past enumeration.
    BestEffort,
    /// A level per attribute and class: far less is lost, but one column then mixes levels.
    Local,
}

/// How long a search may go on. The crate has no clock, so the caller's is asked.
#[derive(Clone, Copy, Default)]
pub struct Budget<'a> {
    /// The most nodes that are checked; no limit if none.
    pub nodes: Option<u64>,
    /// Asked between nodes whether to stop now.
    pub stop: Option<&'a (dyn Fn() -> bool + Sync)>,
}

/// The best allowed generalisation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Solution {
    /// The level of each quasi-identifier.
    pub levels: Vec<usize>,
    /// The models that it keeps.
    pub models: Vec<Model>,
    /// The size that every released class has at least.
    pub k: u32,
    /// Persons of the table.
    pub persons: u64,
    /// Persons who leave the release.
    pub suppressed: u64,
    /// Classes that are released.
    pub classes: u64,
    /// The loss per column and as a whole.
    pub loss: Loss,
    /// Nodes whose class table was computed.
    pub checked: u64,
    /// Nodes of the lattice.
    pub nodes: u64,
    /// Whether it is proven that no allowed node has a smaller score.
    pub optimal: bool,
    /// A score that no allowed node can be below; the solution's own where it is optimal.
    pub bound: f64,
}

impl Solution {
    /// Returns by what part of its score the solution could still be improved at most; 0 where it is optimal.
    pub fn gap(&self) -> f64 {
        if self.optimal || self.loss.score <= 0.0 { 0.0 } else { (1.0 - self.bound / self.loss.score).clamp(0.0, 1.0) }
    }
}
