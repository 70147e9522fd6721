//! The frontier of risk and utility: what each setting of k and of the suppression limit would cost and bring.

use serde::Serialize;

use crate::{
    error::{Error, Result},
    fold::Folded,
    model::Model,
    policy::{Budget, Policy, QuasiIdentifier, Solution, Strategy},
    release::ClassMap,
    risk::Risk,
    search::search_within,
};

/// One setting that a release could have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Setting {
    /// The size that every class has at least.
    pub k: u32,
    /// The share of persons that may be suppressed.
    pub suppression_limit: f64,
}

/// What a setting comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FrontierPoint {
    /// The setting.
    pub setting: Setting,
    /// The highest risk of one released person (prosecutor).
    pub risk_max: f64,
    /// The mean risk (marketer without a population).
    pub risk_mean: f64,
    /// What is left of the detail, suppressed persons counted as emptied.
    pub granularity: f64,
    /// The score that the search made smallest.
    pub score: f64,
    /// Persons suppressed.
    pub suppressed: u64,
    /// Persons of the table.
    pub persons: u64,
    /// The level of each quasi-identifier.
    pub levels: Vec<usize>,
    /// Whether the score is proven to be the smallest.
    pub optimal: bool,
}

/// Returns the usual settings: k of 2, 3, 5, 10, 25, 50 and 100 with each of these limits.
pub fn usual_settings(limits: &[f64]) -> Vec<Setting> {
    let of = |k| limits.iter().map(move |limit| Setting { k, suppression_limit: *limit });
    [2, 3, 5, 10, 25, 50, 100].into_iter().flat_map(of).collect()
}

/// Searches once per setting, on the table as it is folded already; settings that nothing keeps are left out.
///
/// `policy` gives everything but k and the limit: its other models hold at every point. An optimum found for a milder setting
/// that keeps a stricter one as well is its optimum, too, and is not searched for again. Points come in the order of
/// the settings.
///
/// # Errors
/// As [`search_within`], but for settings without a solution.
pub fn frontier(
    attributes: &[QuasiIdentifier],
    table: &Folded,
    settings: &[Setting],
    policy: &Policy,
    strategy: Strategy,
    budget: Budget<'_>,
) -> Result<Vec<FrontierPoint>> {
    let others: Vec<Model> = policy.models.iter().filter(|m| !matches!(m, Model::KAnonymity(_))).cloned().collect();
    let mut order: Vec<usize> = (0..settings.len()).collect();
    let mildest = |at: &usize| settings.get(*at).map(|s| (s.k, -s.suppression_limit)).unwrap_or_default();
    order.sort_by(|a, b| mildest(a).partial_cmp(&mildest(b)).unwrap_or(std::cmp::Ordering::Equal));
    let mut found: Vec<(usize, FrontierPoint)> = Vec::new();
    for (at, setting) in order.into_iter().filter_map(|at| Some((at, *settings.get(at)?))) {
        let policy = Policy { suppression_limit: setting.suppression_limit, ..policy.clone() };
        let known =
            found.iter().map(|(_, point)| point).find(|p| serves(p, setting, policy.allowed(p.persons), &others));
        if let Some(known) = known {
            let point = FrontierPoint { setting, ..known.clone() };
            found.push((at, point));
            continue;
        }
        let models = others.iter().cloned().chain([Model::KAnonymity(setting.k)]).collect();
        match search_within(attributes, table, &Policy { models, ..policy }, strategy, budget) {
            Ok(solution) => found.push((at, point(attributes, table, setting, &solution)?)),
            Err(Error::NoSolution { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    found.sort_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, point)| point).collect())
}

/// Tells whether the optimum of a milder setting is the optimum of this one.
///
/// With the same k a lower limit only takes nodes away. With a higher k, no node suppresses fewer persons or loses less, and
/// this one does not change if none of its classes is between the two; models that look beyond one class might.
fn serves(known: &FrontierPoint, setting: Setting, allowed: u64, others: &[Model]) -> bool {
    let same_k = known.setting.k == setting.k;
    let large_enough = known.risk_max <= f64::from(setting.k).recip() && known.risk_max > 0.0;
    let milder = known.setting.suppression_limit >= setting.suppression_limit && known.setting.k <= setting.k;
    known.optimal && milder && known.suppressed <= allowed && (same_k || (others.is_empty() && large_enough))
}

fn point(attributes: &[QuasiIdentifier], table: &Folded, setting: Setting, found: &Solution) -> Result<FrontierPoint> {
    let risk = Risk::of(&ClassMap::new(attributes, table, found)?.class_sizes());
    Ok(FrontierPoint {
        setting,
        risk_max: risk.prosecutor_max,
        risk_mean: risk.prosecutor_mean,
        granularity: found.loss.granularity,
        score: found.loss.score,
        suppressed: found.suppressed,
        persons: found.persons,
        levels: found.levels.clone(),
        optimal: found.optimal,
    })
}
