//! The frontier must be what one search after the other finds.

use kiban_anon::{Budget, Error, Policy, Setting, Strategy, frontier, search, usual_settings};
use proptest::prelude::*;

use crate::{
    arx::{Adult, rows_of_adult},
    small::case,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_point_is_the_optimum_of_its_setting(case in case(), seed in any::<[u8; 6]>()) {
        let setting = |n: &u8| Setting { k: u32::from(n % 7) + 1, suppression_limit: [0.0, 0.1, 0.5, 1.0][usize::from(n / 64)] };
        let settings: Vec<Setting> = seed.iter().map(setting).collect();
        let (attributes, table) = (case.attributes(), case.table());
        let policy = case.policy();
        let found = frontier(&attributes, &table, &settings, &policy, Strategy::Optimal, Budget::default()).unwrap();
        let mut expected = Vec::new();
        for setting in settings {
            let policy = Policy { metric: policy.metric, ..Policy::new(setting.k, setting.suppression_limit) };
            match search(&attributes, &table, &policy) {
                Ok(one) => expected.push((setting, one.levels, one.suppressed, one.loss.granularity)),
                Err(Error::NoSolution { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        let seen = |p: kiban_anon::FrontierPoint| (p.setting, p.levels, p.suppressed, p.granularity);
        prop_assert_eq!(found.into_iter().map(seen).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn less_risk_leaves_less_detail() {
    let Some(Adult { attributes, table, .. }) = rows_of_adult(None, 400) else { return };
    let settings = usual_settings(&[0.05]);
    let policy = Policy::new(1, 0.0);
    let found = frontier(&attributes[..], &table, &settings, &policy, Strategy::Optimal, Budget::default()).unwrap();
    assert_eq!(found.iter().map(|p| p.setting.k).collect::<Vec<_>>(), [2, 3, 5, 10, 25, 50, 100]);
    assert!(found.iter().all(|p| p.risk_max <= 1.0 / f64::from(p.setting.k) && p.risk_mean <= p.risk_max));
    assert!(found.is_sorted_by(|a, b| a.score <= b.score + 1e-12));
}
