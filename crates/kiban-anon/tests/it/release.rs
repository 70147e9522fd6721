//! What must be true of every solution and every release made from it.

use std::num::NonZeroUsize;

use arrow_array::{Array, UInt32Array};
use kiban_anon::{
    Budget, ClassMap, Error, Folded, Hierarchy, Policy, QuasiIdentifier, Risk, Solution, Strategy, search,
    search_within, smallest_class,
};
use kiban_core::keyed_u64;
use proptest::prelude::*;

use crate::small::{Case, case};

fn solve(case: &Case) -> Option<Solution> {
    match search(&case.attributes(), &case.table(), &case.policy()) {
        Ok(solution) => Some(solution),
        Err(Error::NoSolution { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_search_agrees_with_trying_everything(case in case()) {
        let found = solve(&case).map(|s| s.loss.score);
        let expected = case.best_score();
        prop_assert_eq!(found.is_some(), expected.is_some());
        if let (Some(found), Some(expected)) = (found, expected) {
            prop_assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn every_released_class_has_k_persons_and_the_limit_holds(case in case()) {
        let Some(solution) = solve(&case) else { return Ok(()) };
        let (attributes, table) = (case.attributes(), case.table());
        let map = ClassMap::new(&attributes, &table, &solution).unwrap();
        let released = map.apply(&case.columns()).unwrap();
        let smallest = smallest_class(&released.columns, &released.kept);
        prop_assert!(smallest.is_none_or(|n| n >= u64::from(case.k)));
        let gone = released.kept.len() - released.kept.true_count();
        prop_assert_eq!(gone as u64, solution.suppressed);
        prop_assert!(gone as f64 <= case.rows.len() as f64 * case.limit);
        for column in &released.columns {
            prop_assert_eq!(column.null_count(), gone);
        }
        let risk = Risk::of(&map.class_sizes());
        prop_assert_eq!((risk.classes, risk.persons), (solution.classes, solution.persons - solution.suppressed));
        prop_assert_eq!(smallest.unwrap_or(0), risk.smallest);
        prop_assert_eq!(map.with_population(&table).unwrap(), risk_pairs(&map));
    }

    #[test]
    fn raising_k_never_lowers_the_loss(case in case()) {
        let stricter = Case { k: case.k + 1, ..case.clone() };
        match (solve(&case), solve(&stricter)) {
            (Some(mild), Some(strict)) => prop_assert!(strict.loss.score >= mild.loss.score - 1e-12),
            (mild, strict) => prop_assert!(strict.is_none() || mild.is_some()),
        }
    }

    #[test]
    fn neither_the_order_of_rows_nor_threads_change_anything(case in case(), turn in 0_usize..60) {
        let mut other = case.clone();
        other.rows.reverse();
        let at = turn.min(other.rows.len());
        other.rows.rotate_left(at);
        prop_assert_eq!(solve(&case), solve(&other));
    }
}

fn risk_pairs(map: &ClassMap<'_>) -> Vec<(u64, u64)> {
    map.class_sizes().into_iter().map(|n| (n, n)).collect()
}

fn wide(columns: usize) -> (Vec<QuasiIdentifier>, Folded) {
    let names: Vec<String> = (0..5_000).map(|v| v.to_string()).collect();
    let attributes: Vec<_> = (0..columns)
        .map(|_| {
            QuasiIdentifier::new(Hierarchy::flat("v", &names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap())
        })
        .collect();
    let rows =
        |c: u32| UInt32Array::from_iter_values((0..200_u32).map(move |r| if c < 2 { r / 10 } else { r * c % 5_000 }));
    let hierarchies: Vec<_> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
    let table = Folded::new(&hierarchies, &(0..columns as u32).map(rows).collect::<Vec<_>>()).unwrap();
    (attributes, table)
}

#[test]
fn tuples_of_more_than_64_bits_are_searched_alike() {
    let (narrow, narrow_table) = wide(4);
    let (broad, broad_table) = wide(7);
    let policy = Policy::new(10, 0.0);
    let narrow = search(&narrow, &narrow_table, &policy).unwrap();
    let broad = search(&broad, &broad_table, &policy).unwrap();
    assert_eq!(narrow.levels, [0, 0, 1, 1]);
    assert_eq!(broad.levels, [0, 0, 1, 1, 1, 1, 1]);
    assert_eq!((narrow.classes, broad.classes), (20, 20));
}

#[test]
fn threads_give_the_same_answer_on_a_large_table() {
    let tree: Vec<Vec<String>> =
        (0..1_024).map(|v: u32| vec![v.to_string(), format!("{}-", v / 32), "*".into()]).collect();
    let attributes: Vec<_> =
        (0..3).map(|_| QuasiIdentifier::new(Hierarchy::from_rows("v", &[], &tree).unwrap())).collect();
    let rows = |c: u32| {
        UInt32Array::from_iter_values(
            (0..140_000_u32).map(move |r| (r.wrapping_mul(2_654_435_761 + c * 2) >> 13) % 1_024),
        )
    };
    let hierarchies: Vec<_> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
    let table = Folded::new(&hierarchies, &[rows(0), rows(1), rows(2)]).unwrap();
    assert!(table.tuples() > 1 << 16, "{}", table.tuples());
    let one = Policy::new(5, 0.05);
    let three = Policy { threads: NonZeroUsize::new(3).unwrap(), ..one.clone() };
    let answer =
        |policy: &Policy| search(&attributes, &table, policy).map(|s| (s.levels, s.suppressed, s.loss)).unwrap();
    assert_eq!(answer(&one), answer(&three));
}

#[test]
fn hard_tables_are_answered_plainly() {
    let sex = || QuasiIdentifier::new(Hierarchy::sex("sex").unwrap());
    let table = |codes: Vec<u32>| Folded::new(&[sex().hierarchy()], &[UInt32Array::from(codes)]).unwrap();
    let solve = |codes, k, limit| search(&[sex()], &table(codes), &Policy::new(k, limit));
    let empty = solve(vec![], 5, 0.0).unwrap();
    assert_eq!((empty.levels.as_slice(), empty.suppressed, empty.loss.score), ([0].as_slice(), 0, 0.0));
    assert_eq!(solve(vec![0], 2, 0.5), Err(Error::NoSolution { k: 2, suppressed: 1, allowed: 0 }));
    assert_eq!(solve(vec![0], 2, 1.0).unwrap().suppressed, 1);
    assert_eq!(solve(vec![1; 9], 9, 0.0).unwrap().levels, [0]);
    assert_eq!(solve(vec![1, 1, 0], 3, 0.0).unwrap().levels, [1]);
    assert!(matches!(solve(vec![0], 0, 0.0), Err(Error::BadParameter { .. })));
    assert!(matches!(search(&[sex(), sex()], &table(vec![0]), &Policy::new(1, 0.0)), Err(Error::Lengths { .. })));
}

#[test]
fn allowed_levels_bound_the_answer() {
    let codes = [UInt32Array::from(vec![1; 9])];
    let at_least = QuasiIdentifier::new(Hierarchy::sex("sex").unwrap()).at_least(1);
    let table = Folded::new(&[at_least.hierarchy()], &codes).unwrap();
    assert_eq!(search(&[at_least], &table, &Policy::new(2, 0.0)).unwrap().levels, [1]);
    let at_most = QuasiIdentifier::new(Hierarchy::sex("sex").unwrap()).at_most(0);
    let table = Folded::new(&[at_most.hierarchy()], &[UInt32Array::from(vec![0, 1])]).unwrap();
    assert!(matches!(search(&[at_most], &table, &Policy::new(2, 0.0)), Err(Error::NoSolution { .. })));
}

/// Twenty-four columns of three levels: 282 thousand million nodes.
#[test]
fn a_lattice_past_enumeration_is_answered_within_its_budget() {
    let tree = "a;x;*\nb;x;*\nc;y;*\nd;y;*\n";
    let attributes: Vec<QuasiIdentifier> =
        (0..24).map(|c| QuasiIdentifier::new(Hierarchy::from_arx_csv(&format!("c{c}"), tree).unwrap())).collect();
    let code =
        |row: u64, column: u64| (keyed_u64(b"wide", &[&row.to_be_bytes(), &column.to_be_bytes()]) % 11).min(3) as u32;
    let columns: Vec<UInt32Array> = (0..24).map(|c| (0..400).map(|r| code(r, c)).collect::<Vec<_>>().into()).collect();
    let hierarchies: Vec<_> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
    let table = Folded::new(&hierarchies, &columns).unwrap();
    let budget = Budget { nodes: Some(60), stop: None };
    let found = search_within(&attributes, &table, &Policy::new(3, 0.05), Strategy::BestEffort, budget).unwrap();
    assert_eq!(found.nodes, 3_u64.pow(24));
    assert!(found.checked <= 61 && found.suppressed <= 20 && found.bound <= found.loss.score, "{found:?}");
    assert!(found.loss.granularity > 0.0, "something is left");
}
