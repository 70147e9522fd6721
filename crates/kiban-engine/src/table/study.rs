//! A study of the output: attacks that are really run on it, what it can still predict, what other settings would bring.

use arrow::array::{Array, BooleanArray, StringArray, UInt32Array};
use kiban_anon::{
    Accuracy, Budget, FrontierPoint, Hierarchy, Quality, QuasiIdentifier, Setting, Strategy,
    attack::{Seen, Tried, View, usual},
    classification, frontier, usual_settings,
};
use rustc_hash::FxHashSet;
use serde::Serialize;

use super::{
    Means, Model, Table,
    job::{Attribute, Job, Role},
    policy, refused,
    whole::{Whole, is_flat_with_empty, leaves_of, with_empty},
};
use crate::{Error, Result};

/// Persons attacked by each attack.
const TRIES: usize = 2_000;

/// Parts of a cross-validation, as ARX has them.
const FOLDS: usize = 10;

/// Limits of suppression that are tried beside the job's own.
const LIMITS: [f64; 3] = [0.0, 0.01, 0.05];

/// What a study found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Study {
    /// Attacks on the output, each beside its control.
    pub attacks: Vec<Tried>,
    /// How well the columns that the job names can still be predicted.
    pub accuracy: Vec<Accuracy>,
    /// What other settings would cost and bring.
    pub frontier: Vec<FrontierPoint>,
    /// Quality of the input, measured as the output's.
    pub quality_before: Quality,
    /// Columns that no attack used, because a transformation made values of which the input knows none.
    pub not_attacked: Vec<String>,
}

/// What is studied.
pub(super) struct Subject<'a> {
    pub(super) job: &'a Job,
    pub(super) table: &'a Table,
    /// Before the transformations.
    pub(super) before: &'a Whole,
    /// After them.
    pub(super) after: &'a Whole,
}

/// A column as it was and as it is.
struct Laid<'a> {
    attribute: &'a Attribute,
    hierarchy: Hierarchy,
    original: UInt32Array,
    released: StringArray,
}

/// Attacks the output, predicts from it and tries other settings.
pub(super) fn study(subject: &Subject<'_>, means: Means<'_>) -> Result<Study> {
    let laid = subject.job.attributes.iter().filter(|one| one.role != Role::Identifying);
    let laid = laid.map(|one| subject.lay(one)).collect::<Result<Vec<Laid<'_>>>>()?;
    let (laid, strange): (Vec<_>, Vec<_>) = laid.into_iter().partition(|one| one.is_known(&subject.after.kept));
    let (attacks, accuracy) = attacked(&laid, &subject.after.kept, means.key)?;
    let table = subject.table;
    Ok(Study {
        attacks,
        accuracy,
        frontier: subject.frontier(means)?,
        quality_before: Quality::before(&table.attributes, &table.folded)?,
        not_attacked: strange.into_iter().map(|one| one.attribute.name.clone()).collect(),
    })
}

impl<'a> Subject<'a> {
    fn lay(&self, attribute: &'a Attribute) -> Result<Laid<'a>> {
        let released = self.after.column(&attribute.name)?;
        if attribute.role == Role::QuasiIdentifier {
            let nth = self.job.of_role(Role::QuasiIdentifier).position(|one| one.name == attribute.name);
            let of = |nth: usize| Some((self.table.attributes.get(nth)?, self.table.codes.get(nth)?));
            let (one, codes) = nth.and_then(of).ok_or_else(|| Error::Bug("a column was lost".to_owned()))?;
            let (hierarchy, original) = (one.hierarchy().clone(), codes.clone());
            return Ok(Laid { attribute, hierarchy, original, released: released.clone() });
        }
        let before = self.before.column(&attribute.name)?;
        let (hierarchy, original) = leaves_of(self.job, self.table, attribute, before)?;
        let empty = is_flat_with_empty(&hierarchy);
        let released = if empty { with_empty(before, released) } else { released.clone() };
        Ok(Laid { attribute, hierarchy, original, released })
    }

    /// Tries the usual settings and the job's own; those that time ran out for are left out.
    fn frontier(&self, means: Means<'_>) -> Result<Vec<FrontierPoint>> {
        let (job, table) = (self.job, self.table);
        if job.models.iter().any(|model| matches!(model, Model::DifferentialPrivacy { .. })) {
            return Ok(Vec::new());
        }
        let mut limits: Vec<f64> = LIMITS.into_iter().chain([job.suppression_limit]).collect();
        limits.sort_by(f64::total_cmp);
        limits.dedup();
        let own = Setting { k: job.class_size(), suppression_limit: job.suppression_limit };
        let mut settings = usual_settings(&limits);
        if own.k > 1 && !settings.contains(&own) {
            settings.push(own);
        }
        let began = (means.seconds)();
        let is_over = || job.seconds.is_some_and(|seconds| (means.seconds)() >= began + seconds);
        let budget = Budget { nodes: None, stop: Some(&is_over) };
        let search = if job.search == Strategy::Local { Strategy::Optimal } else { job.search };
        let attributes: &[QuasiIdentifier] = &table.attributes;
        let found = frontier(attributes, &table.folded, &settings, &policy(job, means), search, budget);
        let mut found = found.map_err(refused)?;
        found.retain(|point| point.optimal || search == Strategy::BestEffort);
        Ok(found)
    }
}

impl Laid<'_> {
    /// Tells whether every released text stands on a level of the hierarchy.
    fn is_known(&self, kept: &BooleanArray) -> bool {
        let labels: FxHashSet<&str> =
            self.hierarchy.levels().iter().flat_map(|level| level.labels()).map(String::as_str).collect();
        let mut released = self.released.iter().zip(kept.values());
        self.original.null_count() == 0 && released.all(|(text, kept)| !kept || text.is_none_or(|t| labels.contains(t)))
    }
}

fn attacked(laid: &[Laid<'_>], kept: &BooleanArray, key: &[u8]) -> Result<(Vec<Tried>, Vec<Accuracy>)> {
    let which = |wanted: &dyn Fn(&Attribute) -> bool| -> Vec<usize> {
        laid.iter().enumerate().filter(|(_, one)| wanted(one.attribute)).map(|(at, _)| at).collect()
    };
    let quasi = which(&|one| one.role == Role::QuasiIdentifier);
    if quasi.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let secrets = which(&|one| one.role == Role::Sensitive);
    let seen =
        laid.iter().map(|one| Seen { hierarchy: &one.hierarchy, original: &one.original, released: &one.released });
    let view = View::new(&seen.collect::<Vec<_>>(), kept)?;
    let attacks = usual(&view, &quasi, &secrets, TRIES, key).map_err(refused)?;
    let mut accuracy = Vec::new();
    for target in which(&|one| one.classify) {
        let features: Vec<usize> = quasi.iter().copied().filter(|one| *one != target).collect();
        let folds = u32::try_from(FOLDS.min(view.persons())).unwrap_or(2);
        if !features.is_empty() {
            accuracy.push(classification(&view, target, &features, folds, key).map_err(refused)?);
        }
    }
    Ok((attacks, accuracy))
}
