//! Stage 4: the model is learned from pattern counts by EM, held by Dirichlet priors and by what random pairs show.

use crate::{
    compare::{Comparer, Field, Pattern},
    encode::Table,
    model::{ByClass, Class, Model, Share},
    normalise::date::Birth,
};

/// Pseudo-pairs behind the belief about one person, and about two.
const MATCH_STRENGTH: f64 = 200.0;
const OTHER_STRENGTH: f64 = 40.0;
const RANDOM_STRENGTH: f64 = 1_000.0;
const ROUNDS: usize = 200;
const STILL: f64 = 5e-5;
/// At the most this many random pairs are drawn.
const SAMPLE: u64 = 500_000;

/// Shares of the levels of every field, in the order of [`Random::fields`].
type Shares = Vec<Vec<f64>>;

/// What random pairs show: every field, and birth dates of one year or of one day.
pub(crate) struct Random {
    fields: Vec<Field>,
    shares: Shares,
    same_year: Vec<f64>,
    same_day: Vec<f64>,
}

impl Random {
    /// Draws pairs at fixed strides (no randomness), leaving out those that agree on birth date and given name.
    pub(crate) fn measure(table: &Table) -> Self {
        let others = (0..).zip(&table.others).map(|(at, column)| Field::Other(at, column.kind));
        let fields: Vec<Field> = Field::OF_REGISTRATION.into_iter().chain(others).collect();
        let mut counts = belief(&fields, |field, level| field.prior_random(level), RANDOM_STRENGTH);
        let birth = belief(&[Field::Birth], |field, level| field.prior_random(level), 20.0).pop().unwrap_or_default();
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
            for (field, levels) in fields.iter().zip(&mut counts) {
                let level = pattern.level(*field);
                if field.group(level).is_some() {
                    add(levels, level, 1.0);
                }
            }
            let (Some(l), Some(r)) = (birth_of(table, left), birth_of(table, right)) else { continue };
            add(&mut same_year, l.agreement(Birth { year: l.year, ..r }) as u16, 1.0);
            add(&mut same_day, l.agreement(Birth { month: l.month, day: l.day, ..r }) as u16, 1.0);
        }
        for (field, levels) in fields.iter().zip(&mut counts) {
            normalise(*field, levels);
        }
        normalise(Field::Birth, &mut same_year);
        normalise(Field::Birth, &mut same_day);
        Self { fields, shares: counts, same_year, same_day }
    }

    /// Returns the model that is believed before any candidate is seen.
    pub(crate) fn believed(&self) -> Model {
        Model {
            fields: self.fields.clone(),
            weights: start_weights(&self.fields),
            shares: logs(&Class::ALL.map(|class| beliefs_of(class, self))),
            rounds: 0,
            converged: false,
            identified: true,
        }
    }
}

/// The belief about random pairs says little about pairs of one year: keep it faint.
fn scale_down_agreement(levels: &mut [f64]) {
    for share in levels {
        *share *= 0.05;
    }
}

fn birth_of(table: &Table, at: u32) -> Option<Birth> {
    let row = table.row(at)?;
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

/// Learns the model. Where what was learned no longer looks like persons, the beliefs are given back instead.
pub(crate) fn learn(counts: &[(Pattern, f64)], random: &Random, threads: usize) -> Model {
    let beliefs: Vec<Shares> = Class::ALL.iter().map(|class| beliefs_of(*class, random)).collect();
    let start = Model { converged: counts.is_empty(), ..random.believed() };
    let mut model = start.clone();
    for round in 1..=ROUNDS {
        let next = maximise(&model, counts, &beliefs, random, threads);
        let moved = model.weights.iter().zip(&next.weights).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        model = Model { rounds: round, converged: moved < STILL, ..next };
        if model.converged {
            break;
        }
    }
    if looks_like_persons(&model, random) { model } else { Model { identified: false, ..start } }
}

/// Whether the match class still agrees where one person's values do, and more often than chance.
fn looks_like_persons(model: &Model, random: &Random) -> bool {
    let least = |field: &Field| match field {
        Field::Birth | Field::Given => 0.5,
        Field::Sex => 0.9,
        _ => 0.0,
    };
    random.fields.iter().zip(&random.shares).all(|(field, shares)| {
        let by_chance: f64 =
            each(shares).filter(|(l, _)| field.group(*l) == Some(0) && field.agrees(*l)).map(|(_, s)| s).sum();
        let agreement = model.agreement(Class::Match, *field);
        *field == Field::Chart || (agreement > least(field) && agreement >= by_chance)
    })
}

/// How frequent each class is believed to be; those for columns of their own are nothing where there are none.
fn start_weights(fields: &[Field]) -> Vec<f64> {
    let own = if fields.len() > Field::OF_REGISTRATION.len() { 0.05 } else { 0.0 };
    vec![0.4, 0.15, 0.02, 0.1, 0.1, 0.02, 0.1, 0.02, 0.02, own, own, 0.08]
}

/// One round: who is responsible for each pattern, and the shares that follow.
fn maximise(model: &Model, counts: &[(Pattern, f64)], beliefs: &[Shares], random: &Random, threads: usize) -> Model {
    let mut weights: Vec<f64> = start_weights(&model.fields).iter().map(|w| w * 100.0).collect();
    let mut shares: Vec<Shares> = beliefs.iter().zip(Class::ALL).map(|(b, class)| scaled(b, strength(class))).collect();
    for part in expectations(model, counts, threads) {
        weights.iter_mut().zip(part.classes).for_each(|(weight, mass)| *weight += mass);
        for (field, levels) in part.levels.iter().enumerate() {
            for (level, masses) in levels.iter().enumerate() {
                for (fields, mass) in shares.iter_mut().zip(masses) {
                    let share = fields.get_mut(field).and_then(|levels| levels.get_mut(level));
                    share.into_iter().for_each(|share| *share += mass);
                }
            }
        }
    }
    let total: f64 = weights.iter().sum();
    for ((class, fields), belief) in Class::ALL.into_iter().zip(&mut shares).zip(beliefs) {
        settle(class, fields, belief, random);
    }
    Model { weights: weights.into_iter().map(|w| w / total).collect(), shares: logs(&shares), ..model.clone() }
}

/// How much of the candidates falls to each class, and to each level of each field in it.
#[derive(Default)]
struct Mass {
    classes: ByClass,
    /// By field and level.
    levels: Vec<Vec<ByClass>>,
}

/// Patterns that are summed in one piece. Pieces, and so the order of summing, do not depend on the threads.
const PIECE: usize = 1 << 14;

/// Sums responsibilities, piece by piece on all threads.
fn expectations(model: &Model, counts: &[(Pattern, f64)], threads: usize) -> Vec<Mass> {
    let pieces: Vec<&[(Pattern, f64)]> = counts.chunks(PIECE).collect();
    let share = pieces.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        let work =
            |pieces: &[&[(Pattern, f64)]]| pieces.iter().map(|piece| expectation(model, piece)).collect::<Vec<_>>();
        let running: Vec<_> = pieces.chunks(share).map(|pieces| scope.spawn(move || work(pieces))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    })
}

fn expectation(model: &Model, counts: &[(Pattern, f64)]) -> Mass {
    let none = [0.0; Class::ALL.len()];
    let levels = model.fields.iter().map(|field| vec![none; usize::from(field.levels())]).collect();
    let mut mass = Mass { classes: none, levels };
    for (pattern, times) in counts {
        let shares = model.responsibilities(*pattern).map(|part| part * times);
        mass.classes.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share);
        for (field, levels) in model.fields.iter().zip(&mut mass.levels) {
            if let Some(sums) = levels.get_mut(usize::from(pattern.level(*field))) {
                sums.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share);
            }
        }
    }
    mass
}

fn strength(class: Class) -> f64 {
    if class == Class::Match { MATCH_STRENGTH } else { OTHER_STRENGTH }
}

/// Makes counts into shares, and puts back the shares that are not for learning.
fn settle(class: Class, fields: &mut Shares, belief: &Shares, random: &Random) {
    for (((field, levels), fixed), seen) in random.fields.iter().copied().zip(fields).zip(belief).zip(&random.shares) {
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
    let mut shares = belief(&random.fields, believed, 1.0);
    for ((field, levels), seen) in random.fields.iter().copied().zip(&mut shares).zip(&random.shares) {
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
        let of_group = |level: u16| field.group(level) == Some(group);
        let rest: f64 = each(levels).filter(|(l, _)| of_group(*l) && !field.agrees(*l)).map(|(_, s)| s).sum();
        let held: f64 = each(seen).filter(|(l, _)| of_group(*l) && field.agrees(*l)).map(|(_, s)| s).sum();
        for ((level, share), other) in (0u16..).zip(levels.iter_mut()).zip(seen) {
            if of_group(level) {
                *share = if field.agrees(level) { *other } else { *share / rest * (1.0 - held) };
            }
        }
    }
}

fn each(levels: &[f64]) -> impl Iterator<Item = (u16, f64)> {
    (0u16..).zip(levels.iter().copied())
}

/// Pseudo-counts of a belief, group by group.
fn belief(fields: &[Field], prior: impl Fn(Field, u16) -> f64, strength: f64) -> Shares {
    let of = |field: &Field| {
        let mut levels: Vec<f64> = (0..field.levels()).map(|level| prior(*field, level)).collect();
        normalise(*field, &mut levels);
        levels.into_iter().map(|share| share * strength).collect()
    };
    fields.iter().map(of).collect()
}

fn scaled(shares: &Shares, strength: f64) -> Shares {
    shares.iter().map(|levels| levels.iter().map(|share| share * strength).collect()).collect()
}

fn add(levels: &mut [f64], level: u16, mass: f64) {
    if let Some(share) = levels.get_mut(usize::from(level)) {
        *share += mass;
    }
}

/// Makes the levels of each group sum to one; levels that compare nothing weigh one in every class.
fn normalise(field: Field, levels: &mut [f64]) {
    const FLOOR: f64 = 1e-12;
    for group in 0..3 {
        let total: f64 = each(levels).filter(|(l, _)| field.group(*l) == Some(group)).map(|(_, s)| s + FLOOR).sum();
        for (level, share) in (0u16..).zip(levels.iter_mut()) {
            if field.group(level) == Some(group) {
                *share = (*share + FLOOR) / total;
            }
        }
    }
    for (level, share) in (0u16..).zip(levels.iter_mut()) {
        if field.group(level).is_none() {
            *share = 1.0;
        }
    }
}

/// Returns the logarithms by field, level and class of shares by class, field and level.
fn logs(classes: &[Shares]) -> Vec<Vec<ByClass>> {
    let fields = classes.first().map_or(0, Vec::len);
    let of = |field: usize| {
        let count = classes.first().and_then(|fields| fields.get(field)).map_or(0, Vec::len);
        let mut levels: Vec<ByClass> = vec![[0.0; Class::ALL.len()]; count];
        for (class, fields) in classes.iter().enumerate() {
            for (level, share) in levels.iter_mut().zip(fields.get(field).into_iter().flatten()) {
                level.iter_mut().skip(class).take(1).for_each(|log| *log = share.ln());
            }
        }
        levels
    };
    (0..fields).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_each_group_sum_to_one() {
        for field in Field::OF_REGISTRATION {
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
