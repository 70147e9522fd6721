//! Classification accuracy kept: how well a column can still be predicted from the others, before and after.
//!
//! The classifier is naive Bayes with Laplace smoothing on the labels as they stand (Mitchell 1997, §6.9): it has no
//! setting, learns in one pass, and takes generalised labels for what they are, values of their own.

use serde::Serialize;

use crate::{
    attack::{Draws, View},
    error::{Error, Result},
};

/// Cells that a classifier may hold: values of all features times values of the target.
const MOST_CELLS: usize = 1 << 26;

/// How well a target is predicted from the other columns, by cross-validation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accuracy {
    /// The column predicted.
    pub target: String,
    /// Persons predicted, suppressed ones among them.
    pub persons: u64,
    /// The parts of the cross-validation.
    pub folds: u32,
    /// The share predicted rightly by the most frequent value alone (ZeroR).
    pub majority: f64,
    /// The share predicted rightly from the table as it was.
    pub original: f64,
    /// The share predicted rightly from the release.
    pub released: f64,
    /// (released − majority) / (original − majority), as ARX computes it: 1 all kept, 0 no better than the majority; none
    /// where the table itself is no better.
    pub relative: Option<f64>,
}

/// Predicts a column from the others of the release, and from the same columns of the table as it was.
///
/// Persons are parted into folds by the key, each value of the target as evenly as can be; both sides use the same folds.
/// Always the *true* value is to be named: a released label that stands for n values is right with 1/n. Who is
/// suppressed teaches nothing and is predicted without evidence.
///
/// # Errors
/// No such columns, a target among the features, fewer than two folds or more than persons, or too many values.
pub fn classification(view: &View, target: usize, features: &[usize], folds: u32, key: &[u8]) -> Result<Accuracy> {
    view.check("target", &[target])?;
    view.check("features", features)?;
    let bad = |why| Err(Error::BadParameter { what: "classification".to_owned(), why });
    if features.contains(&target) {
        return bad("the target is among its features");
    }
    if folds < 2 || folds as usize > view.persons() {
        return bad("takes at least two folds and no more than there are persons");
    }
    let fold_of = parted(view, target, folds, key);
    let original = Side::original(view, target, features);
    let released = Side::released(view, target, features);
    if original.cells().max(released.cells()) > MOST_CELLS {
        return bad("target and features have too many values");
    }
    let (mut first, mut second, mut most) = (0.0, 0.0, 0.0);
    for fold in 0..folds {
        first += original.right(view, (&fold_of, fold));
        second += released.right(view, (&fold_of, fold));
        most += original.majority(&fold_of, fold);
    }
    let share = |right: f64| right / view.persons() as f64;
    let (majority, original, released) = (share(most), share(first), share(second));
    let relative = (original > majority).then(|| (released - majority) / (original - majority));
    let target = view.name(target).unwrap_or_default().to_owned();
    Ok(Accuracy { target, persons: view.persons() as u64, folds, majority, original, released, relative })
}

/// Parts persons into folds: those of one value of the target in drawn order, one to each fold in turn.
fn parted(view: &View, target: usize, folds: u32, key: &[u8]) -> Vec<u32> {
    let mut persons: Vec<usize> = (0..view.persons()).collect();
    let all = persons.len();
    Draws::new(key, b"folds").choose(&mut persons, all);
    let mut turn = vec![0_u32; view.leaves(target)];
    let mut fold_of = vec![0; all];
    for person in persons {
        let leaf = view.leaf(target, person) as usize;
        let Some((turn, fold)) = turn.get_mut(leaf).zip(fold_of.get_mut(person)) else { continue };
        // Values start at different folds, or the first fold would get all that are rare.
        *fold = ((leaf as u64 + u64::from(*turn)) % u64::from(folds)) as u32;
        *turn += 1;
    }
    fold_of
}

/// The table as it was or as it is released: labels, and per feature a code or nothing.
struct Side {
    labels: Vec<Option<u32>>,
    features: Vec<Vec<Option<u32>>>,
    truths: Vec<u32>,
    /// Per feature, the codes there can be, and those that occur.
    widths: Vec<usize>,
    kinds: Vec<usize>,
    /// The labels there can be.
    classes: usize,
    target: Option<usize>,
}

impl Side {
    fn original(view: &View, target: usize, features: &[usize]) -> Self {
        let column = |c: usize| (0..view.persons()).map(|p| Some(view.leaf(c, p))).collect();
        let width = |c: usize| view.leaves(c);
        Self::new(view, (target, features), &column, &width)
    }

    fn released(view: &View, target: usize, features: &[usize]) -> Self {
        let column = |c: usize| (0..view.persons()).map(|p| view.text(c, p)).collect();
        let width = |c: usize| view.texts(c);
        Self { target: Some(target), ..Self::new(view, (target, features), &column, &width) }
    }

    fn new(
        view: &View,
        (target, features): (usize, &[usize]),
        column: &dyn Fn(usize) -> Vec<Option<u32>>,
        width: &dyn Fn(usize) -> usize,
    ) -> Self {
        let labels = column(target);
        let columns: Vec<Vec<Option<u32>>> = features.iter().map(|c| column(*c)).collect();
        Self {
            kinds: columns.iter().map(|codes| kinds(codes)).collect(),
            truths: (0..view.persons()).map(|p| view.leaf(target, p)).collect(),
            widths: features.iter().map(|c| width(*c)).collect(),
            classes: width(target),
            target: None,
            features: columns,
            labels,
        }
    }

    fn cells(&self) -> usize {
        self.widths.iter().sum::<usize>().saturating_mul(self.classes)
    }

    /// Learns from all folds but one and predicts that one; returns how many are right.
    fn right(&self, view: &View, (fold_of, fold): (&[u32], u32)) -> f64 {
        let model = self.learn(fold_of, fold);
        let mut scores = vec![0.0; self.classes];
        let mut right = 0.0;
        for (person, truth) in self.truths.iter().enumerate() {
            if fold_of.get(person) != Some(&fold) {
                continue;
            }
            scores.clone_from(&model.priors);
            for (feature, evidence) in self.features.iter().zip(&model.evidence) {
                let code = feature.get(person).copied().flatten();
                let row = code.and_then(|c| evidence.chunks_exact(self.classes).nth(c as usize));
                row.into_iter().flatten().zip(&mut scores).for_each(|(log, score)| *score += log);
            }
            right += self.credit(view, best(&scores), *truth);
        }
        right
    }

    fn credit(&self, view: &View, guess: Option<u32>, truth: u32) -> f64 {
        let Some(guess) = guess else { return 0.0 };
        let leaves = match self.target {
            Some(target) => view.leaves_of(target, guess),
            None => std::slice::from_ref(&guess),
        };
        if leaves.contains(&truth) { (leaves.len() as f64).recip() } else { 0.0 }
    }

    /// Counts, and takes logarithms of (n + 1) / (N + values that occur).
    fn learn(&self, fold_of: &[u32], fold: u32) -> Model {
        let mut classes = vec![0_u64; self.classes];
        let mut counts: Vec<Vec<u64>> = self.widths.iter().map(|w| vec![0; w * self.classes]).collect();
        for (person, label) in self.labels.iter().enumerate() {
            let Some(label) = label.filter(|_| fold_of.get(person) != Some(&fold)) else { continue };
            classes.iter_mut().skip(label as usize).take(1).for_each(|n| *n += 1);
            for (feature, counts) in self.features.iter().zip(&mut counts) {
                let Some(code) = feature.get(person).copied().flatten() else { continue };
                let cell = code as usize * self.classes + label as usize;
                if let Some(n) = counts.get_mut(cell) {
                    *n += 1;
                }
            }
        }
        let all: u64 = classes.iter().sum();
        let log = |n: u64, of: u64, values: usize| ((n + 1) as f64 / (of + values as u64) as f64).ln();
        let evidence = counts.iter().zip(&self.kinds).map(|(counts, kinds)| {
            counts
                .chunks_exact(self.classes.max(1))
                .flat_map(|row| row.iter().zip(&classes).map(|(n, of)| log(*n, *of, *kinds)))
                .collect()
        });
        // A label that nobody has was never learnt: its logarithm is −∞.
        let priors = classes.iter().map(|n| (*n as f64 / all.max(1) as f64).ln()).collect();
        Model { evidence: evidence.collect(), priors }
    }

    /// Predicts the most frequent label of the other folds; returns how many are right.
    fn majority(&self, fold_of: &[u32], fold: u32) -> f64 {
        let mut counts = vec![0.0; self.classes];
        let mut here = vec![0.0; self.classes];
        for (label, of) in self.labels.iter().zip(fold_of) {
            let side = if *of == fold { &mut here } else { &mut counts };
            side.iter_mut().skip(label.map_or(usize::MAX, |l| l as usize)).take(1).for_each(|n| *n += 1.0);
        }
        best(&counts).and_then(|label| here.get(label as usize)).copied().unwrap_or(0.0)
    }
}

/// Logarithms of the probabilities of each label, and of each feature's code under it.
struct Model {
    priors: Vec<f64>,
    /// Per feature, code after code, one number per label.
    evidence: Vec<Vec<f64>>,
}

/// Counts the different codes of a column.
fn kinds(codes: &[Option<u32>]) -> usize {
    let mut codes: Vec<u32> = codes.iter().flatten().copied().collect();
    codes.sort_unstable();
    codes.dedup();
    codes.len()
}

/// Returns the place of the greatest number, the first of several; −∞ is none.
fn best(scores: &[f64]) -> Option<u32> {
    (0..)
        .zip(scores)
        .filter(|s| *s.1 > f64::NEG_INFINITY)
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
        .map(|best| best.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use arrow_array::{BooleanArray, StringArray, UInt32Array};

    use super::*;
    use crate::{Hierarchy, attack::Seen};

    /// Forty persons: whether one is ill follows from the place, but for every tenth.
    fn measured(released: impl Fn(usize) -> &'static str, kept: impl Fn(usize) -> bool) -> Accuracy {
        let place = Hierarchy::from_csv("place", "a;ab;*\nb;ab;*\nc;cd;*\nd;cd;*\n", ';').unwrap();
        let ill = Hierarchy::flat("ill", &["no", "yes", "unsure"]).unwrap();
        let places = UInt32Array::from_iter_values((0..40).map(|p| p % 4));
        let truths: Vec<u32> = (0..40).map(|p| u32::from(p % 4 >= 2) ^ u32::from(p % 10 == 0)).collect();
        let words: StringArray = truths.iter().map(|t| Some(["no", "yes"][*t as usize])).collect();
        let truths = UInt32Array::from(truths);
        let labels: StringArray = (0..40).map(|p| Some(released(p))).collect();
        let seen = [
            Seen { hierarchy: &place, original: &places, released: &labels },
            Seen { hierarchy: &ill, original: &truths, released: &words },
        ];
        let view = View::new(&seen, &BooleanArray::from_iter((0..40).map(|p| Some(kept(p))))).unwrap();
        classification(&view, 1, &[0], 5, b"key").unwrap()
    }

    #[test]
    fn what_generalising_keeps_and_takes() {
        let fine = measured(|p| ["a", "b", "c", "d"][p % 4], |_| true);
        assert_eq!((fine.original, fine.released, fine.relative), (0.9, 0.9, Some(1.0)));
        let coarse = measured(|p| ["ab", "ab", "cd", "cd"][p % 4], |_| true);
        assert_eq!((coarse.original, coarse.released), (0.9, 0.9), "the groups still part the ill from the well");
        let nothing = measured(|_| "*", |_| true);
        assert!((nothing.released - nothing.majority).abs() < 1e-12 && nothing.majority <= 0.5, "{nothing:?}");
        assert_eq!(nothing.relative, Some(0.0));
    }

    #[test]
    fn the_suppressed_are_predicted_without_evidence() {
        let half = measured(|p| ["a", "b", "c", "d"][p % 4], |p| p % 8 < 4);
        assert_eq!((half.persons, half.original), (40, 0.9));
        assert!(half.released < 0.8 && half.released > 0.5, "{half:?}");
        assert_eq!(measured(|_| "*", |_| false).released, 0.0, "an empty release predicts nothing");
    }

    #[test]
    fn nobody_is_predicted_from_their_own_record() {
        let names: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        let id = Hierarchy::flat("id", &names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        let side = Hierarchy::flat("side", &["heads", "tails"]).unwrap();
        let (ids, coins) =
            (UInt32Array::from_iter_values(0..40), UInt32Array::from_iter_values((0..40).map(|p| p % 2)));
        let (id_words, coin_words) = (crate::labels(&id, 0, &ids), crate::labels(&side, 0, &coins));
        let seen = [
            Seen { hierarchy: &id, original: &ids, released: &id_words },
            Seen { hierarchy: &side, original: &coins, released: &coin_words },
        ];
        let view = View::new(&seen, &BooleanArray::from(vec![true; 40])).unwrap();
        let found = classification(&view, 1, &[0], 4, b"key").unwrap();
        assert!((found.original, found.released) == (0.5, 0.5), "an id says nothing of a coin: {found:?}");
    }

    #[test]
    fn every_value_is_spread_over_the_folds() {
        let values = Hierarchy::flat("v", &["a", "b", "c"]).unwrap();
        let codes = UInt32Array::from_iter_values((0..60).map(|p| {
            if p < 30 {
                0
            } else if p < 55 {
                1
            } else {
                2
            }
        }));
        let words = crate::labels(&values, 0, &codes);
        let seen = [Seen { hierarchy: &values, original: &codes, released: &words }];
        let view = View::new(&seen, &BooleanArray::from(vec![true; 60])).unwrap();
        let folds = parted(&view, 0, 5, b"key");
        for (value, each) in [(0, 6), (1, 5), (2, 1)] {
            for fold in 0..5 {
                let here = (0..60).filter(|p| codes.value(*p) == value && folds[*p] == fold).count();
                assert_eq!(here, each, "{value} in {fold}");
            }
        }
        assert_ne!(folds, parted(&view, 0, 5, b"another"));
        assert!(
            classification(&view, 0, &[0], 5, b"key").is_err() && classification(&view, 0, &[1], 5, b"key").is_err()
        );
    }
}
