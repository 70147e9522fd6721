//! Where the theory says that a model can only be easier to keep on a higher node, it must be.

use kiban_anon::{Model, QuasiIdentifier, persons_at_fault, search};
use proptest::prelude::*;

use crate::small::case;

fn of_sizes() -> impl Strategy<Value = Model> {
    (0_usize..4, 1_u32..6, 0.05_f64..0.9).prop_map(|(kind, k, x)| match kind {
        0 => Model::KAnonymity(k),
        1 => Model::AverageRisk(x),
        2 => Model::SampleUniqueness(x / 3.0),
        _ => Model::LkcPrivacy { l: 1 + k % 2, k, c: 1.0, on: "qi".to_owned(), values: Vec::new() },
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_higher_node_suppresses_no_more(case in case(), model in of_sizes(), choice in 0_usize..8) {
        let (attributes, columns) = (case.attributes(), case.columns());
        let hierarchies: Vec<_> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
        let sensitive = [(hierarchies[0], &columns[0])];
        let table = kiban_anon::Folded::with_sensitive(&hierarchies, &columns, None, &sensitive).unwrap();
        let fault = |levels: &[usize]| persons_at_fault(&attributes, &table, std::slice::from_ref(&model), levels).unwrap();
        let mut levels = vec![0; attributes.len()];
        let mut before = fault(&levels);
        for step in 0..levels.len() * 4 {
            let column = (choice + step) % levels.len();
            levels[column] = (levels[column] + 1).min(hierarchies[column].levels().len() - 1);
            let now = fault(&levels);
            prop_assert!(now <= before, "{model:?} {levels:?}: {now} after {before}");
            before = now;
        }
    }

    #[test]
    fn another_model_never_lowers_the_loss(case in case(), model in of_sizes()) {
        let (attributes, columns) = (case.attributes(), case.columns());
        let hierarchies: Vec<_> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
        let sensitive = [(hierarchies[0], &columns[0])];
        let table = kiban_anon::Folded::with_sensitive(&hierarchies, &columns, None, &sensitive).unwrap();
        let alone = case.policy();
        let mut both = alone.clone();
        both.models.push(model);
        if let Ok(stricter) = search(&attributes, &table, &both) {
            let looser = search(&attributes, &table, &alone).unwrap();
            prop_assert!(looser.loss.score <= stricter.loss.score + 1e-12);
        }
    }
}
