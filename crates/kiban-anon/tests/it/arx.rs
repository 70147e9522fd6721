//! The published optima of ARX on the adult table must come out here too (`anonymisation.md` §9).

use std::{fs, num::NonZeroUsize};

use arrow_array::{StringArray, UInt32Array};
use kiban_anon::{
    Budget, Folded, Hierarchy, Model, Policy, Quality, QuasiIdentifier, Strategy, recode_locally, search,
    search_within, smallest_class,
};

use crate::corpus::{cells, file};

const COLUMNS: [&str; 9] =
    ["sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation", "salary-class"];

pub(crate) struct Adult {
    pub(crate) attributes: Vec<QuasiIdentifier>,
    pub(crate) columns: Vec<UInt32Array>,
    pub(crate) table: Folded,
}

/// Reads the adult table; the named column is sensitive, the others quasi-identifiers.
pub(crate) fn adult(sensitive: Option<&str>) -> Option<Adult> {
    rows_of_adult(sensitive, usize::MAX)
}

pub(crate) fn rows_of_adult(sensitive: Option<&str>, most: usize) -> Option<Adult> {
    let mut rows = cells(&fs::read_to_string(file("anon/arx_adult/adult.csv")?).unwrap(), ';');
    rows.truncate(most);
    let (mut attributes, mut columns, mut protected) = (Vec::new(), Vec::new(), Vec::new());
    for (column, name) in COLUMNS.iter().enumerate() {
        assert_eq!(&rows[0][column], name);
        let text = fs::read_to_string(file(&format!("anon/arx_adult/adult_hierarchy_{name}.csv"))?).unwrap();
        let hierarchy = Hierarchy::from_arx_csv(name, &text).unwrap();
        let values: StringArray = rows[1..].iter().map(|r| Some(r[column].as_str())).collect();
        let codes = hierarchy.encode(&values).unwrap();
        if sensitive == Some(name) {
            protected.push((hierarchy, codes));
        } else {
            columns.push(codes);
            attributes.push(QuasiIdentifier::new(hierarchy));
        }
    }
    let hierarchies: Vec<&Hierarchy> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
    let protected: Vec<_> = protected.iter().map(|(h, c)| (h, c)).collect();
    let table = Folded::with_sensitive(&hierarchies, &columns, None, &protected).unwrap();
    Some(Adult { attributes, columns, table })
}

/// Limit, levels, persons suppressed, score, granularity, nodes ARX checked.
type Reference = (f64, [usize; 9], u64, f64, f64, u64);

const REFERENCES: [Reference; 4] = [
    (0.00, [0, 4, 1, 1, 3, 2, 2, 1, 0], 0, 0.57315, 0.2917, 181),
    (0.02, [0, 3, 0, 2, 2, 1, 1, 2, 0], 506, 0.31371, 0.6044, 1_245),
    (0.05, [0, 3, 0, 0, 2, 1, 1, 2, 0], 1_346, 0.24193, 0.6984, 1_217),
    (1.00, [0, 3, 0, 0, 2, 1, 1, 1, 0], 2_553, 0.22041, 0.7514, 4_749),
];

#[test]
fn the_optima_of_arx_on_adult_come_out_with_fewer_nodes_checked() {
    let Some(Adult { attributes, table, .. }) = adult(None) else { return };
    assert_eq!((table.persons(), table.tuples()), (30_162, 19_502));
    // Unoptimised, the last two would take most of the suite's time; a release build checks them all.
    let cases = if cfg!(debug_assertions) { 2 } else { REFERENCES.len() };
    for (limit, levels, suppressed, score, granularity, checked) in REFERENCES.into_iter().take(cases) {
        let found = search(&attributes, &table, &Policy::new(5, limit)).unwrap();
        assert_eq!((found.levels.as_slice(), found.suppressed), (levels.as_slice(), suppressed), "{limit}");
        assert!((found.loss.score - score).abs() < 6e-6, "score {}", found.loss.score);
        assert!((found.loss.granularity - granularity).abs() < 6e-5, "granularity {}", found.loss.granularity);
        // ARX writes 223 classes: these and the one of the suppressed.
        assert!(limit != 0.02 || found.classes == 222, "{} classes", found.classes);
        assert!((found.nodes, found.optimal) == (12_960, true) && found.checked < checked, "{}", found.checked);
    }
}

#[test]
fn the_optima_of_arx_with_a_sensitive_occupation_come_out() {
    let Some(Adult { attributes, table, .. }) = adult(Some("occupation")) else { return };
    let on = || "occupation".to_owned();
    let closeness = Model::TCloseness { t: 0.2, on: on(), distance: kiban_anon::Distance::Equal };
    let cases = [
        (Model::DistinctLDiversity { l: 3, on: on() }, 0.02, [0, 3, 0, 2, 2, 1, 1, 0], 522, 0.24691, 0.6912, 511),
        (
            Model::RecursiveCLDiversity { c: 4.0, l: 3, on: on() },
            0.05,
            [0, 2, 0, 1, 2, 1, 1, 0],
            1_408,
            0.20936,
            0.7571,
            748,
        ),
        (closeness, 0.05, [1, 4, 1, 1, 3, 1, 2, 1], 235, 0.81500, 0.1841, 3_051),
    ];
    let left_out = usize::from(cfg!(debug_assertions));
    for (model, limit, levels, suppressed, score, granularity, checked) in cases.into_iter().skip(left_out) {
        let policy =
            Policy { threads: NonZeroUsize::new(2).unwrap(), ..Policy::of(vec![Model::KAnonymity(5), model], limit) };
        let found = search(&attributes, &table, &policy).unwrap();
        assert_eq!((found.levels.as_slice(), found.suppressed), (levels.as_slice(), suppressed), "{limit}");
        assert!((found.loss.score - score).abs() < 6e-6, "score {}", found.loss.score);
        assert!((found.loss.granularity - granularity).abs() < 6e-5, "granularity {}", found.loss.granularity);
        assert!((found.nodes, found.optimal) == (4_320, true) && found.checked < checked, "{}", found.checked);
    }
}

#[test]
fn a_stopped_search_says_how_far_off_the_best_can_be() {
    let Some(Adult { attributes, table, .. }) = adult(None) else { return };
    let policy = Policy::new(5, if cfg!(debug_assertions) { 0.0 } else { 0.02 });
    let best = search(&attributes, &table, &policy).unwrap();
    for (strategy, nodes) in [(Strategy::Optimal, 40), (Strategy::BestEffort, 40), (Strategy::BestEffort, 120)] {
        let budget = Budget { nodes: Some(nodes), stop: None };
        let found = search_within(&attributes, &table, &policy, strategy, budget).unwrap();
        assert!(found.checked <= nodes + 1 && found.loss.score >= best.loss.score, "{found:?}");
        assert!(found.bound <= best.loss.score + 1e-12, "the bound is above the best");
        assert!(found.optimal || found.gap() > 0.0);
    }
    let stopped =
        search_within(&attributes, &table, &policy, Strategy::Optimal, Budget { nodes: None, stop: Some(&|| true) });
    assert!(stopped.is_ok_and(|found| found.checked == 1 && !found.optimal), "only the top was looked at");
}

#[test]
fn local_recoding_keeps_more_than_arx_does() {
    let most = if cfg!(debug_assertions) { 3_000 } else { usize::MAX };
    let Some(Adult { attributes, columns, table }) = rows_of_adult(None, most) else { return };
    let found = recode_locally(&attributes, &table, &Policy::new(5, 0.0)).unwrap();
    let released = found.apply(&attributes, &columns).unwrap();
    assert_eq!(released.kept.true_count() as u64, table.persons());
    assert!(smallest_class(&released.columns, &released.kept).unwrap() >= 5);
    let quality = Quality::of_local(&attributes, &table, &found).unwrap();
    // ARX comes to .9156 in rounds of 5 % and to .9323 in rounds of 1 %.
    let least = if cfg!(debug_assertions) { 0.8 } else { 0.9323 };
    assert!(quality.granularity > least, "{}", quality.granularity);
    assert!((quality.granularity - found.summary().loss.granularity).abs() < 1e-12);
}
