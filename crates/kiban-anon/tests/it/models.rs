//! Every privacy model against definitions written out row by row, and on tables broken on purpose.

use std::{collections::BTreeMap, num::NonZeroUsize};

use arrow_array::UInt32Array;
use kiban_anon::{
    Aggregate, Attack, Attacker, ClassMap, Distance, Error, Estimator, Folded, Hierarchy, Metric, Model, Policy,
    QuasiIdentifier, persons_at_fault, search,
};
use proptest::prelude::*;

use crate::small::{Case, case};

const ILLNESS: &str = "a;x;*\nb;x;*\nc;y;*\nd;y;*\n";

#[derive(Debug, Clone)]
struct Asked {
    case: Case,
    illness: Vec<u32>,
    elsewhere: Vec<Vec<u32>>,
    models: Vec<Model>,
    weight: f64,
}

fn on() -> String {
    "illness".to_owned()
}

impl Asked {
    fn table(&self) -> Folded {
        let attributes = self.case.attributes();
        let hierarchies: Vec<_> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
        let illness = Hierarchy::from_arx_csv("illness", ILLNESS).unwrap();
        let codes = UInt32Array::from(self.illness.clone());
        let table = Folded::with_sensitive(&hierarchies, &self.case.columns(), None, &[(&illness, &codes)]).unwrap();
        let everybody: Vec<&Vec<u32>> = self.case.rows.iter().chain(&self.elsewhere).collect();
        let columns: Vec<UInt32Array> =
            (0..attributes.len()).map(|c| everybody.iter().map(|r| r[c]).collect::<Vec<_>>().into()).collect();
        table.in_population(&Folded::new(&hierarchies, &columns).unwrap()).unwrap()
    }

    fn policy(&self) -> Policy {
        let metric = Metric::Loss { suppression_weight: self.weight, aggregate: self.case.aggregate };
        Policy { metric, threads: NonZeroUsize::new(2).unwrap(), ..Policy::of(self.models.clone(), self.case.limit) }
    }

    fn best_score(&self) -> Option<f64> {
        let mut nodes: Vec<Vec<usize>> = vec![vec![]];
        for tree in &self.case.trees {
            nodes = nodes.iter().flat_map(|n| (0..tree[0].len()).map(|l| [&n[..], &[l]].concat())).collect();
        }
        nodes.iter().filter_map(|node| self.score(node)).min_by(f64::total_cmp)
    }

    /// The code of a leaf's group: groups are numbered as the leaves first reach them.
    fn code(&self, column: usize, level: usize, leaf: u32) -> usize {
        let mut seen: Vec<&str> = Vec::new();
        for row in &self.case.trees[column] {
            if !seen.contains(&row[level].as_str()) {
                seen.push(&row[level]);
            }
        }
        let label = &self.case.trees[column][leaf as usize][level];
        seen.iter().position(|l| l == label).unwrap()
    }

    fn under(&self, column: usize, level: usize, code: usize) -> f64 {
        let leaves = 0..self.case.trees[column].len() as u32;
        leaves.filter(|leaf| self.code(column, level, *leaf) == code).count() as f64
    }

    fn tuple(&self, node: &[usize], row: &[u32]) -> Vec<usize> {
        (0..node.len()).map(|c| self.code(c, node[c], row[c])).collect()
    }

    /// Returns which rows stay, or none if the node is refused whatever is suppressed.
    fn stays(&self, node: &[usize]) -> Option<Vec<bool>> {
        let rows = &self.case.rows;
        let tuples: Vec<_> = rows.iter().map(|r| self.tuple(node, r)).collect();
        let mut population: BTreeMap<Vec<usize>, f64> = BTreeMap::new();
        for row in rows.iter().chain(&self.elsewhere) {
            *population.entry(self.tuple(node, row)).or_insert(0.0) += 1.0;
        }
        let presence = self.models.iter().any(|m| matches!(m, Model::DeltaPresence { min, .. } if *min > 0.0));
        if presence && population.keys().any(|t| !tuples.contains(t)) {
            return None;
        }
        let counts = |keep: &dyn Fn(usize) -> bool| {
            let mut counts = [0.0; 4];
            (0..rows.len()).filter(|r| keep(*r)).for_each(|r| counts[self.illness[r] as usize] += 1.0);
            counts
        };
        let everyone = counts(&|_| true).map(|n| n / rows.len().max(1) as f64);
        let fine = |tuple: &Vec<usize>| {
            let class = counts(&|r| &tuples[r] == tuple);
            self.models.iter().all(|m| self.class_keeps(m, node, tuple, class, population[tuple], everyone))
        };
        let mut stays: Vec<bool> = tuples.iter().map(fine).collect();
        for model in &self.models {
            if let Model::LkcPrivacy { l, k, c, .. } = model {
                self.settle(&tuples, &mut stays, (*l as usize).min(node.len()), *k, *c);
            }
        }
        self.drop_smallest(&tuples, &mut stays);
        Some(stays)
    }

    fn class_keeps(
        &self,
        model: &Model,
        node: &[usize],
        tuple: &[usize],
        class: [f64; 4],
        there: f64,
        q: [f64; 4],
    ) -> bool {
        let n: f64 = class.iter().sum();
        let p = class.map(|c| c / n);
        let mut falling = class;
        falling.sort_by(|a, b| b.total_cmp(a));
        let extra = [0, 1, 2, 3].map(|v| p[v] - q[v]);
        let occurs = |v: usize| class[v] > 0.0;
        let eps = 1e-9;
        match model {
            Model::KAnonymity(k) => n >= f64::from(*k),
            Model::KMap(k) => there >= f64::from(*k),
            Model::DeltaPresence { min, max } => n / there >= *min && n / there <= *max,
            Model::DistinctLDiversity { l, .. } => (0..4).filter(|v| occurs(*v)).count() >= *l as usize,
            Model::EntropyLDiversity { l, .. } => {
                -p.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>() >= l.ln() - eps
            }
            Model::RecursiveCLDiversity { c, l, .. } => falling[0] < c * falling[*l as usize - 1..].iter().sum::<f64>(),
            Model::TCloseness { t, distance, .. } => {
                let far = match distance {
                    Distance::Equal => extra.iter().map(|e| e.abs()).sum::<f64>() / 2.0,
                    Distance::Ordered => {
                        [extra[0], extra[0] + extra[1], extra[0] + extra[1] + extra[2]]
                            .iter()
                            .map(|e| e.abs())
                            .sum::<f64>()
                            / 3.0
                    }
                    Distance::Hierarchical => {
                        let meet = |a: f64, b: f64| if a * b < 0.0 { a.abs().min(b.abs()) } else { 0.0 };
                        let (x, y) = (extra[0] + extra[1], extra[2] + extra[3]);
                        (meet(extra[0], extra[1]) + meet(extra[2], extra[3])) / 2.0 + meet(x, y)
                    }
                };
                far <= t + eps
            }
            Model::BetaLikeness { beta, enhanced, .. } => (0..4).filter(|v| occurs(*v)).all(|v| {
                let most = if *enhanced { beta.min(-q[v].ln()) } else { *beta };
                (p[v] - q[v]) / q[v] <= most + eps
            }),
            Model::DeltaDisclosure { delta, .. } => {
                (0..4).filter(|v| occurs(*v)).all(|v| p[v] > q[v] * (-delta).exp2() && p[v] < q[v] * delta.exp2())
            }
            Model::StrictAverageRisk { smallest_class, .. } => n >= f64::from(*smallest_class),
            Model::Profitability {
                publisher_benefit,
                publisher_loss,
                adversary_gain,
                adversary_cost,
                attack,
                attacker,
            } => {
                let log = |c: usize| self.under(c, node[c], tuple[c]).ln();
                let all: f64 = self.case.trees.iter().map(|t| (t.len() as f64).ln()).sum();
                let lost = if all > 0.0 { (0..node.len()).map(log).sum::<f64>() / all } else { 0.0 };
                let among = if *attacker == Attacker::Journalist { there } else { n };
                let pays = adversary_gain / among > *adversary_cost;
                let price = if pays { publisher_loss / among } else { 0.0 };
                publisher_benefit * (1.0 - lost.min(1.0)) - price > 0.0 && (*attack == Attack::Priced || !pays)
            }
            _ => true,
        }
    }

    fn settle(&self, tuples: &[Vec<usize>], stays: &mut Vec<bool>, l: usize, k: u32, c: f64) {
        loop {
            let before = stays.clone();
            for subset in (0_usize..1 << tuples.first().map_or(0, Vec::len)).filter(|s| s.count_ones() as usize == l) {
                let known = |t: &Vec<usize>| {
                    t.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1).map(|x| *x.1).collect::<Vec<_>>()
                };
                for row in (0..tuples.len()).filter(|r| before[*r]) {
                    let group: Vec<usize> =
                        (0..tuples.len()).filter(|r| before[*r] && known(&tuples[*r]) == known(&tuples[row])).collect();
                    let share =
                        |v: u32| group.iter().filter(|r| self.illness[**r] == v).count() as f64 / group.len() as f64;
                    stays[row] &= group.len() >= k as usize && (0..4).all(|v| share(v) <= c + 1e-9);
                }
            }
            if *stays == before {
                return;
            }
        }
    }

    /// Takes one class after the other, the smallest first, until the models on sizes hold.
    fn drop_smallest(&self, tuples: &[Vec<usize>], stays: &mut [bool]) {
        loop {
            let mut sizes: BTreeMap<&Vec<usize>, f64> = BTreeMap::new();
            tuples.iter().zip(&*stays).filter(|t| *t.1).for_each(|t| *sizes.entry(t.0).or_insert(0.0) += 1.0);
            let persons: f64 = sizes.values().sum();
            let alone = sizes.values().filter(|n| **n == 1.0).count() as f64;
            let holds = |m: &Model| match m {
                Model::AverageRisk(x) | Model::StrictAverageRisk { average: x, .. } => {
                    sizes.len() as f64 <= x * persons + 1e-9
                }
                Model::SampleUniqueness(x) => alone <= x * persons + 1e-9,
                _ => true,
            };
            if persons == 0.0 || self.models.iter().all(holds) {
                return;
            }
            // Among equal sizes the smallest word goes, in which the last column weighs most.
            let first = sizes.iter().min_by(|a, b| a.1.total_cmp(b.1).then(a.0.iter().rev().cmp(b.0.iter().rev())));
            let gone = (*first.unwrap().0).clone();
            stays.iter_mut().zip(tuples).filter(|s| s.1 == &gone).for_each(|s| *s.0 = false);
        }
    }

    fn score(&self, node: &[usize]) -> Option<f64> {
        let rows = &self.case.rows;
        let stays = self.stays(node)?;
        if stays.iter().filter(|s| !**s).count() > (rows.len() as f64 * self.case.limit).floor() as usize {
            return None;
        }
        let (g, s) = ((2.0 - 2.0 * self.weight).min(1.0), (2.0 * self.weight).min(1.0));
        let losses = (0..node.len()).map(|c| {
            let (leaves, persons) = (self.case.trees[c].len() as f64, rows.len() as f64);
            let cell = |(row, stays): (&Vec<u32>, &bool)| {
                let share = self.under(c, node[c], self.code(c, node[c], row[c])) / leaves;
                if *stays { g * share } else { share + s * (1.0 - share) }
            };
            let sum: f64 = rows.iter().zip(&stays).map(cell).sum();
            let (least, most) = (g * persons / leaves, persons);
            if most > least { ((sum - least) / (most - least)).max(0.0) } else { 0.0 }
        });
        Some(self.case.aggregate.score(losses.collect::<Vec<_>>().into_iter()))
    }
}

fn any_model() -> impl Strategy<Value = Model> {
    let numbers = (0_usize..18, 1_u32..4, 0.1_f64..0.9);
    numbers.prop_map(|(kind, small, x)| match kind {
        0 => Model::KMap(small + 2),
        1 => Model::DeltaPresence { min: 0.0, max: x },
        2 => Model::DeltaPresence { min: x / 4.0, max: 0.5 + x / 2.0 },
        3 => Model::DistinctLDiversity { l: small, on: on() },
        4 => Model::EntropyLDiversity { l: 1.0 + 2.0 * x, on: on() },
        5 => Model::RecursiveCLDiversity { c: 4.0 * x, l: small, on: on() },
        6 => Model::TCloseness { t: x / 2.0, on: on(), distance: Distance::Equal },
        7 => Model::TCloseness { t: x / 2.0, on: on(), distance: Distance::Ordered },
        8 => Model::TCloseness { t: x / 2.0, on: on(), distance: Distance::Hierarchical },
        9 => Model::BetaLikeness { beta: 2.0 * x, on: on(), enhanced: false },
        10 => Model::BetaLikeness { beta: 2.0 * x, on: on(), enhanced: true },
        11 => Model::DeltaDisclosure { delta: 2.0 * x, on: on() },
        12 => Model::AverageRisk(x),
        13 => Model::StrictAverageRisk { average: x, smallest_class: small },
        14 => Model::SampleUniqueness(x / 3.0),
        15 => Model::LkcPrivacy { l: small, k: small + 1, c: 0.4 + x / 2.0, on: on(), values: Vec::new() },
        16 | 17 => Model::Profitability {
            publisher_benefit: 1.0,
            publisher_loss: 4.0 * x,
            adversary_gain: 3.0,
            adversary_cost: 1.0,
            attack: if small > 1 { Attack::Priced } else { Attack::Deterred },
            attacker: if kind == 16 { Attacker::Prosecutor } else { Attacker::Journalist },
        },
        _ => Model::KAnonymity(small),
    })
}

fn asked() -> impl Strategy<Value = Asked> {
    let weight = prop_oneof![3 => Just(0.5), 1 => Just(0.0), 1 => Just(0.3), 1 => Just(0.8), 1 => Just(1.0)];
    (case(), proptest::collection::vec(any_model(), 1..3), proptest::collection::vec(0_u32..4, 60), weight)
        .prop_flat_map(|(case, mut models, illness, weight)| {
            models.push(Model::KAnonymity(case.k));
            let row: Vec<_> = case.trees.iter().map(|t| 0..t.len() as u32).collect();
            proptest::collection::vec(row, 0..40).prop_map(move |elsewhere| Asked {
                illness: illness[..case.rows.len()].to_vec(),
                case: case.clone(),
                elsewhere,
                models: models.clone(),
                weight,
            })
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 96 } else { 4_000 }))]

    #[test]
    fn the_search_agrees_with_trying_everything_for_every_model(asked in asked()) {
        let attributes = asked.case.attributes();
        let found = match search(&attributes, &asked.table(), &asked.policy()) {
            Ok(solution) => Some(solution.loss.score),
            Err(Error::NoSolution { .. }) => None,
            Err(other) => panic!("{other}"),
        };
        let expected = asked.best_score();
        prop_assert_eq!(found.is_some(), expected.is_some(), "{:?} {:?}", found, expected);
        if let (Some(found), Some(expected)) = (found, expected) {
            prop_assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn who_stays_is_who_the_definitions_let_stay(asked in asked()) {
        let (attributes, table) = (asked.case.attributes(), asked.table());
        if let Ok(solution) = search(&attributes, &table, &asked.policy()) {
            let map = ClassMap::new(&attributes, &table, &solution).unwrap();
            let kept = map.apply(&asked.case.columns()).unwrap().kept;
            let expected = asked.stays(&solution.levels).unwrap();
            prop_assert_eq!(kept.values().iter().collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(solution.suppressed as usize, expected.iter().filter(|s| !**s).count());
        }
    }
}

/// Ten persons at two places; the illnesses of each place are given.
fn two_places(here: &[u32], there: &[u32]) -> (Vec<QuasiIdentifier>, Folded) {
    let place = Hierarchy::flat("place", &["here", "there"]).unwrap();
    let illness = Hierarchy::from_arx_csv("illness", ILLNESS).unwrap();
    let places = UInt32Array::from([vec![0; here.len()], vec![1; there.len()]].concat());
    let codes = UInt32Array::from([here, there].concat());
    let table = Folded::with_sensitive(&[&place], &[places], None, &[(&illness, &codes)]).unwrap();
    (vec![QuasiIdentifier::new(place)], table)
}

/// For each model a table that keeps it and one that was broken by changing few persons.
#[test]
fn each_model_refuses_a_table_broken_on_purpose() {
    let even: &[u32] = &[0, 1, 2, 3, 0, 1, 2, 3];
    let close = |distance, t| Model::TCloseness { t, on: on(), distance };
    let cases: Vec<(Model, &[u32], &[u32])> = vec![
        (Model::KAnonymity(8), even, &even[..7]),
        (Model::DistinctLDiversity { l: 4, on: on() }, even, &[0, 1, 2, 0, 0, 1, 2, 0]),
        (Model::EntropyLDiversity { l: 4.0, on: on() }, even, &[0, 1, 2, 3, 0, 1, 2, 0]),
        (Model::RecursiveCLDiversity { c: 1.5, l: 3, on: on() }, even, &[0, 0, 0, 0, 0, 1, 2, 3]),
        (close(Distance::Equal, 0.1), even, &[0, 0, 0, 0, 0, 1, 2, 3]),
        (close(Distance::Ordered, 0.1), even, &[0, 0, 0, 0, 0, 1, 2, 3]),
        (close(Distance::Hierarchical, 0.1), even, &[0, 0, 0, 0, 0, 1, 2, 3]),
        (Model::BetaLikeness { beta: 0.2, on: on(), enhanced: false }, even, &[0, 0, 0, 0, 0, 1, 2, 3]),
        (Model::BetaLikeness { beta: 5.0, on: on(), enhanced: true }, even, &[3, 3, 3, 3, 3, 3, 3, 3]),
        (Model::DeltaDisclosure { delta: 0.3, on: on() }, even, &[0, 0, 0, 0, 0, 1, 2, 3]),
        (Model::AverageRisk(0.125), even, &even[..7]),
        (Model::StrictAverageRisk { average: 0.5, smallest_class: 8 }, even, &even[..7]),
        (Model::SampleUniqueness(0.0), even, &even[..1]),
        (
            Model::PopulationUniqueness { threshold: 0.0, population: 30, estimator: Estimator::Zayatz },
            even,
            &even[..1],
        ),
        (Model::LkcPrivacy { l: 1, k: 8, c: 1.0, on: on(), values: vec![] }, even, &even[..7]),
        (Model::LkcPrivacy { l: 1, k: 2, c: 0.4, on: on(), values: vec!["a".into()] }, even, &[0, 0, 0, 0, 1, 2, 3]),
    ];
    for (model, good, broken) in cases {
        let fault = |there: &[u32]| {
            let (attributes, table) = two_places(even, there);
            persons_at_fault(&attributes, &table, std::slice::from_ref(&model), &[0]).unwrap()
        };
        assert_eq!(fault(good), 0, "{model:?}");
        assert!(fault(broken) > 0, "{model:?}");
    }
}

#[test]
fn models_of_the_population_refuse_what_the_population_does_not_hide() {
    let (attributes, table) = two_places(&[0, 1], &[0, 1]);
    let population = |here: u32, there: u32| {
        let places = UInt32Array::from([vec![0; here as usize], vec![1; there as usize]].concat());
        table.clone().in_population(&Folded::new(&[attributes[0].hierarchy()], &[places]).unwrap()).unwrap()
    };
    let fault =
        |model: Model, here, there| persons_at_fault(&attributes, &population(here, there), &[model], &[0]).unwrap();
    assert_eq!((fault(Model::KMap(5), 5, 9), fault(Model::KMap(5), 4, 9)), (0, 2));
    let presence = Model::DeltaPresence { min: 0.2, max: 0.5 };
    assert_eq!((fault(presence.clone(), 4, 10), fault(presence.clone(), 3, 10), fault(presence, 4, 11)), (0, 2, 2));
    let unknown = persons_at_fault(&attributes, &table, &[Model::KMap(2)], &[0]);
    assert!(matches!(unknown, Err(Error::BadParameter { .. })), "no population was given");
}

#[test]
fn cost_and_benefit_decide_whether_a_class_is_published() {
    let (attributes, table) = two_places(&[0; 2], &[0; 8]);
    let profit = |attack| Model::Profitability {
        publisher_benefit: 1.0,
        publisher_loss: 3.0,
        adversary_gain: 3.0,
        adversary_cost: 0.5,
        attack,
        attacker: Attacker::Prosecutor,
    };
    let fault = |model: Model| persons_at_fault(&attributes, &table, &[model], &[0]).unwrap();
    // At two persons an attack pays (3/2 > ½) and costs the publisher 3/2 > 1; at eight it does not pay (3/8 < ½).
    assert_eq!((fault(profit(Attack::Priced)), fault(profit(Attack::Deterred))), (2, 2));
    let rich = Model::Profitability {
        publisher_benefit: 2.0,
        publisher_loss: 3.0,
        adversary_gain: 3.0,
        adversary_cost: 0.5,
        attack: Attack::Priced,
        attacker: Attacker::Prosecutor,
    };
    assert_eq!(fault(rich), 0, "worth it even if attacked");
}

#[test]
fn differential_privacy_wants_its_levels_fixed_and_its_classes_large() {
    let (attributes, table) = two_places(&[0; 30], &[0; 300]);
    let private = Model::DifferentialPrivacy { epsilon: 2.0, delta: 1e-6 };
    let policy = Policy::of(vec![private], 1.0);
    assert!(matches!(search(&attributes, &table, &policy), Err(Error::BadParameter { .. })));
    let fixed = [attributes[0].clone().at_most(0)];
    let found = search(&fixed, &table, &policy).unwrap();
    assert!(found.k > 30 && found.suppressed == 30, "{found:?}");
}

#[test]
fn models_are_read_from_toml_as_they_are_written() {
    #[derive(serde::Deserialize)]
    struct File {
        models: Vec<Model>,
        metric: Metric,
    }
    let text = r#"
metric = { name = "loss", suppression_weight = 0.25 }
models = [ { k_anonymity = 5 }, { distinct_l_diversity = { l = 3, on = "occupation" } },
  { recursive_cl_diversity = { c = 4.0, l = 3, on = "x" } }, { t_closeness = { t = 0.2, on = "x" } },
  { t_closeness = { t = 0.2, on = "x", distance = "ordered" } }, { delta_presence = { min = 0.1, max = 0.5 } },
  { k_map = 5 }, { average_risk = 0.1 }, { strict_average_risk = { average = 0.1 } }, { sample_uniqueness = 0.0 },
  { population_uniqueness = { threshold = 0.01, population = 1000, estimator = "pitman" } },
  { lkc_privacy = { l = 2, k = 5, c = 0.5, on = "x" } }, { differential_privacy = { epsilon = 1.0, delta = 1e-6 } } ]
"#;
    let file: File = toml::from_str(text).unwrap();
    assert_eq!(file.models[1], Model::DistinctLDiversity { l: 3, on: "occupation".into() });
    assert_eq!(file.models[3], Model::TCloseness { t: 0.2, on: "x".into(), distance: Distance::Equal });
    assert_eq!(file.models[8], Model::StrictAverageRisk { average: 0.1, smallest_class: 2 });
    assert_eq!(file.metric, Metric::Loss { suppression_weight: 0.25, aggregate: Aggregate::GeometricMean });
    assert!(toml::from_str::<File>("metric = { name = \"loss\" }\nmodels = [ { k_anonymty = 5 } ]").is_err());
}
