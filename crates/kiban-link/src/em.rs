//! Stage 4: the model is learned from pattern counts by EM, held by Dirichlet priors and by what random pairs show.

use rustc_hash::FxHashMap;

use crate::{
    compare::{Comparer, Field, Pattern},
    encode::Table,
    model::{Class, Model, Share},
    normalise::date::Birth,
};

/// Pseudo-pairs behind the belief about one person, and about two.
const MATCH_STRENGTH: f64 = 200.0;
const OTHER_STRENGTH: f64 = 40.0;
const RANDOM_STRENGTH: f64 = 1_000.0;
const ROUNDS: usize = 100;
const STILL: f64 = 1e-5;
/// At the most this many random pairs are drawn.
const SAMPLE: u64 = 500_000;

/// Shares of the levels of every field.
type Shares = [Vec<f64>; 8];

/// What random pairs show: every field, and birth dates of one year or of one day.
pub(crate) struct Random {
    fields: Shares,
    same_year: Vec<f64>,
    same_day: Vec<f64>,
}

impl Random {
    /// Draws pairs at fixed strides (no randomness), leaving out those that agree on birth date and given name.
    pub(crate) fn measure(table: &Table) -> Self {
        let mut counts = belief(|field, level| field.prior_random(level), RANDOM_STRENGTH);
        let [_, _, birth, ..] = belief(|field, level| field.prior_random(level), 20.0);
        let (mut same_year, mut same_day) = (birth.clone(), birth);
        scale_down_agreement(&mut same_year);
        scale_down_agreement(&mut same_day);
        let mut comparer = Comparer::new(table);
        for (left, right) in strided_pairs(table.rows.len()) {
            let pattern = comparer.pair(left, right);
            let (given, date) = (pattern.level(Field::Given), pattern.level(Field::Birth));
            if Field::Given.agrees(given) && Field::Birth.agrees(date) {
                continue;
            }
            for (field, (levels, level)) in Field::ALL.iter().zip(counts.iter_mut().zip(pattern.levels())) {
                if field.group(level).is_some() {
                    add(levels, level, 1.0);
                }
            }
            let (Some(l), Some(r)) = (birth_of(table, left), birth_of(table, right)) else { continue };
            add(&mut same_year, l.agreement(Birth { year: l.year, ..r }) as u8, 1.0);
            add(&mut same_day, l.agreement(Birth { month: l.month, day: l.day, ..r }) as u8, 1.0);
        }
        for (field, levels) in Field::ALL.into_iter().zip(&mut counts) {
            normalise(field, levels);
        }
        normalise(Field::Birth, &mut same_year);
        normalise(Field::Birth, &mut same_day);
        Self { fields: counts, same_year, same_day }
    }
}

/// The belief about random pairs says little about pairs of one year: keep it faint.
fn scale_down_agreement(levels: &mut [f64]) {
    for share in levels {
        *share *= 0.05;
    }
}

fn birth_of(table: &Table, at: u32) -> Option<Birth> {
    let row = usize::try_from(at).ok().and_then(|at| table.rows.get(at))?;
    (row.birth.day > 0).then_some(row.birth)
}

/// Pairs of rows at strides that visit every row equally often.
fn strided_pairs(rows: usize) -> impl Iterator<Item = (u32, u32)> {
    let count = u64::try_from(rows).unwrap_or(u64::MAX).max(1);
    let wanted = SAMPLE.min(10 * count).min(count * (count - 1) / 2);
    (0..wanted).filter_map(move |n| {
        let left = n % count;
        let stride =
            1 + (n / count).wrapping_mul(2_654_435_761).wrapping_add(n.wrapping_mul(40_503)) % (count - 1).max(1);
        let right = (left + stride) % count;
        let pair = (u32::try_from(left).ok()?, u32::try_from(right).ok()?);
        (pair.0 != pair.1).then_some(pair)
    })
}

/// Counts equal patterns, sorted by pattern.
pub(crate) fn count(patterns: &[Pattern]) -> Vec<(Pattern, f64)> {
    let mut counts: FxHashMap<Pattern, f64> = FxHashMap::default();
    for pattern in patterns {
        *counts.entry(*pattern).or_default() += 1.0;
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_unstable_by_key(|(pattern, _)| *pattern);
    sorted
}

/// Learns the model. Where what was learned no longer looks like persons, the beliefs are given back instead.
pub(crate) fn learn(counts: &[(Pattern, f64)], random: &Random) -> Model {
    let beliefs: Vec<Shares> = Class::ALL.iter().map(|class| beliefs_of(*class, random)).collect();
    let start = Model {
        weights: start_weights(),
        shares: beliefs.iter().map(logs).collect(),
        rounds: 0,
        converged: counts.is_empty(),
        identified: true,
    };
    let mut model = start.clone();
    for round in 1..=ROUNDS {
        let next = maximise(&model, counts, &beliefs, random);
        let moved = model.weights.iter().zip(&next.weights).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        model = Model { rounds: round, converged: moved < STILL, ..next };
        if model.converged {
            break;
        }
    }
    let looks_like_persons = model.agreement(Class::Match, Field::Birth) > 0.7
        && model.agreement(Class::Match, Field::Given) > 0.5
        && model.agreement(Class::Match, Field::Sex) > 0.9;
    if looks_like_persons { model } else { Model { identified: false, ..start } }
}

fn start_weights() -> Vec<f64> {
    vec![0.4, 0.15, 0.02, 0.1, 0.1, 0.02, 0.1, 0.02, 0.02, 0.08]
}

/// One round: who is responsible for each pattern, and the shares that follow.
fn maximise(model: &Model, counts: &[(Pattern, f64)], beliefs: &[Shares], random: &Random) -> Model {
    let mut weights: Vec<f64> = start_weights().iter().map(|w| w * 100.0).collect();
    let mut shares: Vec<Shares> = beliefs.iter().zip(Class::ALL).map(|(b, class)| scaled(b, strength(class))).collect();
    for (pattern, times) in counts {
        let levels = pattern.levels();
        for ((part, weight), fields) in model.responsibilities(*pattern).iter().zip(&mut weights).zip(&mut shares) {
            let mass = part * times;
            *weight += mass;
            for (level_shares, level) in fields.iter_mut().zip(levels) {
                add(level_shares, level, mass);
            }
        }
    }
    let total: f64 = weights.iter().sum();
    for ((class, fields), belief) in Class::ALL.into_iter().zip(&mut shares).zip(beliefs) {
        settle(class, fields, belief, random);
    }
    Model {
        weights: weights.into_iter().map(|w| w / total).collect(),
        shares: shares.iter().map(logs).collect(),
        ..model.clone()
    }
}

fn strength(class: Class) -> f64 {
    if class == Class::Match { MATCH_STRENGTH } else { OTHER_STRENGTH }
}

/// Makes counts into shares, and puts back the shares that are not for learning.
fn settle(class: Class, fields: &mut Shares, belief: &Shares, random: &Random) {
    for (((field, levels), fixed), seen) in Field::ALL.into_iter().zip(fields).zip(belief).zip(&random.fields) {
        match class.share(field) {
            Share::Learned => normalise(field, levels),
            Share::LearnedUnlessEqual => {
                normalise(field, levels);
                hold_agreement(field, levels, seen);
            }
            Share::Believed | Share::Random | Share::SameYear | Share::SameDay => levels.clone_from(fixed),
        }
    }
}

/// What a class is believed to look like before any data.
fn beliefs_of(class: Class, random: &Random) -> Shares {
    let kin = matches!(class, Class::Household | Class::Twins);
    let believed = |field: Field, level| if kin { field.prior_kin(level) } else { field.prior_match(level) };
    let mut shares = belief(believed, 1.0);
    for ((field, levels), seen) in Field::ALL.into_iter().zip(&mut shares).zip(&random.fields) {
        normalise(field, levels);
        if class == Class::Match {
            continue;
        }
        match class.share(field) {
            Share::Learned if kin => {}
            Share::Learned => mix(levels, seen),
            Share::LearnedUnlessEqual => {
                if !kin {
                    mix(levels, seen);
                }
                hold_agreement(field, levels, seen);
            }
            Share::Believed => {}
            Share::Random => levels.clone_from(seen),
            Share::SameYear => levels.clone_from(&random.same_year),
            Share::SameDay => levels.clone_from(&random.same_day),
        }
        if field == Field::Sex && levels.len() == 3 {
            *levels = vec![1.0, 0.5, 0.5];
        }
    }
    shares
}

fn mix(levels: &mut [f64], seen: &[f64]) {
    for (share, other) in levels.iter_mut().zip(seen) {
        *share = 0.5 * (*share + other);
    }
}

/// Sets the agreeing levels to what random pairs show and lets the others share the rest, group by group.
fn hold_agreement(field: Field, levels: &mut [f64], seen: &[f64]) {
    for group in 0..3 {
        let of_group = |level: u8| field.group(level) == Some(group);
        let rest: f64 = each(levels).filter(|(l, _)| of_group(*l) && !field.agrees(*l)).map(|(_, s)| s).sum();
        let held: f64 = each(seen).filter(|(l, _)| of_group(*l) && field.agrees(*l)).map(|(_, s)| s).sum();
        for ((level, share), other) in (0u8..).zip(levels.iter_mut()).zip(seen) {
            if of_group(level) {
                *share = if field.agrees(level) { *other } else { *share / rest * (1.0 - held) };
            }
        }
    }
}

fn each(levels: &[f64]) -> impl Iterator<Item = (u8, f64)> {
    (0u8..).zip(levels.iter().copied())
}

/// Pseudo-counts of a belief, group by group.
fn belief(prior: impl Fn(Field, u8) -> f64, strength: f64) -> Shares {
    Field::ALL.map(|field| {
        let mut levels: Vec<f64> = (0..field.levels()).map(|level| prior(field, level)).collect();
        normalise(field, &mut levels);
        levels.into_iter().map(|share| share * strength).collect()
    })
}

fn scaled(shares: &Shares, strength: f64) -> Shares {
    shares.clone().map(|levels| levels.into_iter().map(|share| share * strength).collect())
}

fn add(levels: &mut [f64], level: u8, mass: f64) {
    if let Some(share) = levels.get_mut(usize::from(level)) {
        *share += mass;
    }
}

/// Makes the levels of each group sum to one; levels that compare nothing weigh one in every class.
fn normalise(field: Field, levels: &mut [f64]) {
    const FLOOR: f64 = 1e-12;
    for group in 0..3 {
        let total: f64 = each(levels).filter(|(l, _)| field.group(*l) == Some(group)).map(|(_, s)| s + FLOOR).sum();
        for (level, share) in (0u8..).zip(levels.iter_mut()) {
            if field.group(level) == Some(group) {
                *share = (*share + FLOOR) / total;
            }
        }
    }
    for (level, share) in (0u8..).zip(levels.iter_mut()) {
        if field.group(level).is_none() {
            *share = 1.0;
        }
    }
}

fn logs(shares: &Shares) -> Shares {
    shares.clone().map(|levels| levels.into_iter().map(f64::ln).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_each_group_sum_to_one() {
        for field in Field::ALL {
            let mut levels: Vec<f64> = (0..field.levels()).map(|l| field.prior_match(l)).collect();
            normalise(field, &mut levels);
            for group in 0..3 {
                let total: f64 = each(&levels).filter(|(l, _)| field.group(*l) == Some(group)).map(|(_, s)| s).sum();
                assert!(total == 0.0 || (total - 1.0).abs() < 1e-9, "{field} {group} {total}");
            }
        }
    }

    #[test]
    fn strided_pairs_are_pairs_of_different_rows() {
        for rows in [0, 1, 2, 3, 10, 100] {
            let pairs: Vec<_> = strided_pairs(rows).collect();
            assert!(pairs.iter().all(|(l, r)| l != r && usize::try_from(*l.max(r)).is_ok_and(|m| m < rows)));
            assert!(rows < 2 || !pairs.is_empty());
        }
    }
}
