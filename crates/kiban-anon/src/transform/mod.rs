//! Transformations 加工: what is done to single columns beside generalising, each with what it conserves and what it costs.
//!
//! A job names one per attribute, [`Transformation`]; [`apply_transformations`] carries them out on columns and accounts for
//! each, [`TransformReport`]. Whatever is left to chance follows from a key and the row's id, so the same key gives the
//! same bytes, in whatever order the rows come.

mod apply;
mod average;
mod clusters;
mod column;
mod dice;
mod groups;
mod mdav;
mod near;
mod noise;
mod pram;
mod records;
mod sample;
mod space;
mod suppress;
mod swap;
mod univariate;

use serde::{Deserialize, Serialize};

pub use apply::{TransformReport, Transformed, apply_transformations};
pub use average::Average;
pub use clusters::{ClassAverage, Microaggregation};
pub use noise::Noise;
pub use pram::{Pram, PramKind};
pub use records::{Records, row_ids};
pub use sample::Sample;
pub use suppress::Empty;

use crate::error::{Error, Result};

/// What is done to a column; read from TOML as `{ rank_swap = { percent = 5 } }`.
///
/// Columns that are to be treated together with it are named in `with`; `within` and `similar` name columns whose values
/// must agree among rows that are treated together. Each row is one person.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{ArrayRef, Int64Array};
/// use kiban_anon::transform::{Average, Microaggregation, Records, Transformation, apply_transformations};
///
/// let income: ArrayRef = Arc::new(Int64Array::from(vec![10, 90, 12, 94, 14, 92]));
/// let records = Records { names: &["income"], columns: &[income], ids: &[1, 2, 3, 4, 5, 6], classes: None, hierarchies: &[] };
/// let by_three = Microaggregation { k: 3, with: vec![], aggregate: Average::Mean, ordinal: vec![], within: vec![] };
///
/// let done = apply_transformations(&records, &[("income", Transformation::Microaggregation(by_three))], b"key")?;
/// assert_eq!(*done.columns[0], Int64Array::from(vec![12, 92, 12, 92, 12, 92]));
/// assert_eq!((done.report[0].changed, done.report[0].smallest_group), (4, Some(3)));
/// assert!(done.report[0].loss.is_some_and(|loss| loss < 0.002));
/// # Ok::<(), kiban_anon::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Transformation {
    /// Groups of k or more alike get one value.
    Microaggregation(Microaggregation),
    /// Every class found by generalisation gets one value.
    ClassAverage(ClassAverage),
    /// Noise from a grid.
    Noise(Noise),
    /// Categories are exchanged with known probabilities.
    Pram(Pram),
    /// Values are swapped between near ranks.
    RankSwap(RankSwap),
    /// Values are swapped between records that are alike, those at risk first.
    RecordSwap(RecordSwap),
    /// Single cells are emptied until k records match each.
    LocalSuppression(LocalSuppression),
    /// Values of few persons are emptied.
    RareValues(RareValues),
    /// Records that stand for few persons leave.
    RecordSuppression(RecordSuppression),
    /// Extremes become the threshold they pass.
    TopBottom(TopBottom),
}

/// Rank swapping (Moore 1996): values change places with others at most `percent` of the ranks away. The column keeps its
/// values exactly, and its relation to others nearly; missing values stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankSwap {
    /// The window in percent of the rows that have a value, above 0 to 100.
    pub percent: f64,
    /// Columns whose values must agree.
    #[serde(default)]
    pub within: Vec<String>,
}

/// Targeted record swapping (Shlomo, Tudor, Groom 2010): records exchange the column and those in `with`, such as where they live.
///
/// Only records that agree in `similar` exchange, so the joint distribution of `similar` and what is swapped is kept exactly.
/// Records of which fewer than k agree in `risk` go first; those that find no partner are reported as unprotected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSwap {
    /// Further columns that move along.
    #[serde(default)]
    pub with: Vec<String>,
    /// Columns in which partners agree.
    #[serde(default)]
    pub similar: Vec<String>,
    /// Columns by which somebody might be found.
    pub risk: Vec<String>,
    /// The number of records that must agree in them.
    pub k: u32,
    /// Percent of the records that are swapped altogether, if those at risk are fewer.
    #[serde(default)]
    pub percent: f64,
}

/// Local suppression to k-anonymity (Samarati, Sweeney 1998; as sdcMicro's `kAnon`, but it always gets there).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalSuppression {
    /// The number of records that must match each.
    pub k: u32,
    /// The other quasi-identifiers, at most 15.
    #[serde(default)]
    pub with: Vec<String>,
    /// What an emptied cell costs, for the column and then those of `with`; 1 each if empty.
    #[serde(default)]
    pub weights: Vec<f64>,
    /// What an empty cell matches.
    #[serde(default)]
    pub empty: Empty,
}

/// Suppression of rare values: a value carried by fewer than so many persons is emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RareValues {
    /// Persons a value must have to stay.
    pub fewer_than: u32,
}

/// Suppression of records: those of whose kind there are fewer than k leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSuppression {
    /// The number of persons that must be alike.
    pub k: f64,
    /// Further columns in which they must be alike.
    #[serde(default)]
    pub with: Vec<String>,
    /// The column of sampling weights, by which a record counts for so many persons of the population; 1 each without.
    pub weight: Option<String>,
}

/// Top and bottom coding ([`crate::Thresholds`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopBottom {
    /// Values below become this.
    pub low: Option<f64>,
    /// Values above become this.
    pub high: Option<f64>,
}

impl Transformation {
    /// Returns the name under which a job asks for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Microaggregation(_) => "microaggregation",
            Self::ClassAverage(_) => "class_average",
            Self::Noise(_) => "noise",
            Self::Pram(_) => "pram",
            Self::RankSwap(_) => "rank_swap",
            Self::RecordSwap(_) => "record_swap",
            Self::LocalSuppression(_) => "local_suppression",
            Self::RareValues(_) => "rare_values",
            Self::RecordSuppression(_) => "record_suppression",
            Self::TopBottom(_) => "top_bottom",
        }
    }
}

fn few<T>() -> Result<T> {
    Err(Error::BadParameter { what: "microaggregation".to_owned(), why: "k must be at least 1 and at most the rows" })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Attribute {
        transform: Transformation,
    }

    #[test]
    fn a_job_says_what_is_to_be_done() {
        for (text, name) in [
            (r#"{ microaggregation = { k = 5, with = ["income"], aggregate = "mean" } }"#, "microaggregation"),
            (r#"{ class_average = { k = 5, aggregate = "median" } }"#, "class_average"),
            (
                r#"{ noise = { mechanism = "discrete_laplace", epsilon = 1.0, sensitivity = 10.0, grid = 1.0 } }"#,
                "noise",
            ),
            (
                r#"{ noise = { mechanism = "discrete_gaussian", rho = 0.5, sensitivity = 10, grid = 1, range = [0, 10] } }"#,
                "noise",
            ),
            ("{ pram = { keep = 0.8 } }", "pram"),
            ("{ rank_swap = { percent = 5 } }", "rank_swap"),
            (r#"{ record_swap = { similar = ["age"], risk = ["age", "sex"], k = 3 } }"#, "record_swap"),
            (
                r#"{ local_suppression = { k = 5, with = ["sex"], weights = [1, 2], empty = "wildcard" } }"#,
                "local_suppression",
            ),
            ("{ rare_values = { fewer_than = 10 } }", "rare_values"),
            (r#"{ record_suppression = { k = 100, weight = "w" } }"#, "record_suppression"),
            ("{ top_bottom = { high = 89 } }", "top_bottom"),
        ] {
            let read: Attribute = toml::from_str(&format!("transform = {text}")).unwrap();
            assert_eq!(read.transform.name(), name);
        }
        for bad in ["{ rank_swap = { percent = 5, width = 1 } }", "{ pram = {} }", "{ shuffle = {} }"] {
            assert!(toml::from_str::<Attribute>(&format!("transform = {bad}")).is_err(), "{bad}");
        }
    }
}
