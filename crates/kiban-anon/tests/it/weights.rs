//! Attributes may weigh differently: the search must still find the best, and equal weights must change nothing.

use kiban_anon::{Aggregate, Error, Policy, QuasiIdentifier, Solution, recode_locally, search};
use proptest::prelude::*;

use crate::{
    arx::{Adult, rows_of_adult},
    small::{Case, case},
};

/// The score as the definitions say it, without the library's own arithmetic.
fn score(aggregate: Aggregate, losses: &[f64], weights: &[f64]) -> f64 {
    let most = weights.iter().copied().fold(0.0, f64::max);
    let all: f64 = weights.iter().sum();
    let pairs = || losses.iter().zip(weights);
    match aggregate {
        Aggregate::Mean => pairs().map(|(l, w)| l * w).sum::<f64>() / all,
        Aggregate::GeometricMean => (pairs().map(|(l, w)| w * l.ln_1p()).sum::<f64>() / all).exp() - 1.0,
        Aggregate::Worst => pairs().map(|(l, w)| l * w / most).fold(0.0, f64::max),
    }
}

fn weighing(case: &Case, weights: &[f64]) -> Vec<QuasiIdentifier> {
    case.attributes().into_iter().zip(weights).map(|(a, w)| a.weighing(*w)).collect()
}

fn solve(case: &Case, weights: &[f64]) -> Option<Solution> {
    match search(&weighing(case, weights), &case.table(), &case.policy()) {
        Ok(solution) => Some(solution),
        Err(Error::NoSolution { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_weighted_search_agrees_with_trying_everything(
        case in case(), weights in proptest::collection::vec(prop_oneof![Just(0.0), 0.05..8.0_f64], 3),
    ) {
        let weights = &weights[..case.trees.len()];
        prop_assume!(weights.iter().any(|w| *w > 0.0));
        let all = case.nodes();
        let losses = all.iter().filter_map(|node| case.losses(node, case.allowed()));
        let best = losses.map(|l| score(case.aggregate, &l, weights)).min_by(f64::total_cmp);
        let found = solve(&case, weights).map(|s| s.loss.score);
        prop_assert_eq!(found.is_some(), best.is_some());
        if let (Some(found), Some(best)) = (found, best) {
            prop_assert!((found - best).abs() < 1e-9, "{found} {best}");
        }
    }

    #[test]
    fn equal_weights_are_no_weights(case in case(), weight in 0.01..9.0_f64) {
        prop_assert_eq!(solve(&case, &[weight; 3]), solve(&case, &[1.0; 3]));
    }

    #[test]
    fn what_weighs_more_never_loses_more(case in case(), more in 1.5..9.0_f64) {
        prop_assume!(case.aggregate != Aggregate::Worst);
        let (plain, heavy) = (solve(&case, &[1.0; 3]), solve(&case, &[more, 1.0, 1.0]));
        if let (Some(plain), Some(heavy)) = (plain, heavy) {
            prop_assert!(heavy.loss.columns[0] <= plain.loss.columns[0] + 1e-9);
        }
    }
}

#[test]
fn the_optimum_of_arx_stands_under_equal_weights() {
    let Some(Adult { attributes, table, .. }) = rows_of_adult(None, usize::MAX) else { return };
    let equal: Vec<_> = attributes.iter().cloned().map(|a| a.weighing(0.3)).collect();
    let found = search(&equal, &table, &Policy::new(5, 0.0)).unwrap();
    assert_eq!(found.levels, [0, 4, 1, 1, 3, 2, 2, 1, 0]);
    assert!((found.loss.score - 0.57315).abs() < 6e-6, "{}", found.loss.score);
}

#[test]
fn what_is_given_up_whole_is_kept_if_it_weighs_enough() {
    let Some(Adult { attributes, table, .. }) = rows_of_adult(None, 600) else { return };
    let age = |weight: f64| {
        let weighed = attributes.iter().cloned().enumerate();
        let weighed: Vec<_> = weighed.map(|(c, a)| a.weighing(if c == 1 { weight } else { 1.0 })).collect();
        search(&weighed, &table, &Policy::new(2, 0.2)).unwrap().levels[1]
    };
    assert!(age(25.0) < age(1.0), "{} {}", age(25.0), age(1.0));
}

#[test]
fn local_recoding_gives_back_what_weighs_more() {
    let Some(Adult { attributes, table, .. }) = rows_of_adult(None, 600) else { return };
    let loss = |weight: f64| {
        let weighed = attributes.iter().cloned().enumerate();
        let weighed: Vec<_> = weighed.map(|(c, a)| a.weighing(if c == 7 { weight } else { 1.0 })).collect();
        recode_locally(&weighed, &table, &Policy::new(5, 0.0)).unwrap().summary().loss.columns[7]
    };
    assert!(loss(6.0) < loss(1.0), "{} {}", loss(6.0), loss(1.0));
}

#[test]
fn weights_that_make_no_sense_are_refused() {
    let Some(Adult { attributes, table, .. }) = rows_of_adult(None, 50) else { return };
    for weights in [[-1.0, 1.0], [f64::NAN, 1.0], [f64::INFINITY, 1.0], [0.0, 0.0]] {
        let mut weighed: Vec<_> = attributes.iter().cloned().map(|a| a.weighing(weights[1])).collect();
        weighed[0] = weighed[0].clone().weighing(weights[0]);
        let refused = search(&weighed, &table, &Policy::new(2, 1.0));
        assert!(matches!(refused, Err(Error::BadParameter { .. })), "{weights:?}");
        assert!(recode_locally(&weighed, &table, &Policy::new(2, 1.0)).is_err(), "{weights:?}");
    }
}
