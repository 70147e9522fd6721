//! Carrying out transformations, and accounting for each by comparing what was with what is.

use std::collections::BTreeMap;

use arrow_array::{ArrayRef, BooleanArray, Float64Array};
use serde::Serialize;

use super::{
    LocalSuppression, RankSwap, RareValues, RecordSuppression, RecordSwap, TopBottom, Transformation,
    column::{self, Key, joint, keys},
    dice::Dice,
    groups::Groups,
    noise::Noise,
    pram::Pram,
    records::{Bench, Records},
    suppress::{Empty, fewest_matches, local},
    swap,
};
use crate::{
    coding::Thresholds,
    error::{Error, Result},
};

/// Columns as they are after all transformations, in the order of the rows as given.
#[derive(Debug, Clone, PartialEq)]
pub struct Transformed {
    /// The columns, in the order of the input. Those aggregated along a hierarchy are text now.
    pub columns: Vec<ArrayRef>,
    /// Whether the row stays.
    pub kept: BooleanArray,
    /// What was done, per transformation and column.
    pub report: Vec<TransformReport>,
}

/// What one transformation did to one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TransformReport {
    /// The column.
    pub column: String,
    /// The transformation's name in a job.
    pub transformation: &'static str,
    /// Cells that have another value now; where leaves became groups, those that say less.
    pub changed: u64,
    /// Cells that were emptied.
    pub suppressed: u64,
    /// Rows that leave.
    pub rows_suppressed: u64,
    /// For numbers SSE/SST, the squared error over the squared deviation from the mean, on cells that are there before and after. For
    /// columns with a hierarchy, the mean share of other leaves that a cell leaves open.
    pub loss: Option<f64>,
    /// The fewest rows that match one that is released, counted in the output over all columns of the transformation; rows
    /// of which nothing is left there do not count where an empty cell is a value. `None` where this is not what it is for.
    pub smallest_group: Option<u64>,
    /// Records at risk that could not be helped.
    pub unprotected: u64,
}

/// What a transformation hands back.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) columns: Vec<(usize, ArrayRef)>,
    /// The loss of each, where the transformation knows it.
    pub(crate) losses: Vec<Option<f64>>,
    /// Rows that leave.
    pub(crate) gone: Option<Vec<bool>>,
    pub(crate) unprotected: u64,
    /// Whether the released groups are to be counted, and by which rule.
    pub(crate) counted: bool,
    pub(crate) empty: Empty,
}

/// Carries out the transformations one after another, each named with its column.
///
/// # Errors
/// Columns, ids or classes of different length, ids that repeat, a column that is not there or has no type for it, or
/// parameters that make no sense; no error carries a value.
pub fn apply_transformations(
    records: &Records<'_>,
    steps: &[(&str, Transformation)],
    key: &[u8],
) -> Result<Transformed> {
    let mut bench = Bench::new(records, key)?;
    let mut kept = vec![true; bench.rows()];
    let mut report = Vec::new();
    for (number, (name, step)) in (0_u64..).zip(steps) {
        let at = bench.find(name)?;
        let chance = Chance { key, number, column: name };
        let mut outcome = step.run(&bench, at, &chance)?;
        let gone = outcome.gone.take().unwrap_or_default();
        let leave = kept.iter_mut().zip(&gone).filter(|(kept, gone)| **kept && **gone);
        let rows_suppressed = leave.map(|(kept, _)| *kept = false).count() as u64;
        report.extend(account(&bench, step, at, &outcome, rows_suppressed)?);
        for (place, column) in outcome.columns {
            bench.columns.iter_mut().skip(place).take(1).for_each(|c| *c = column.clone());
        }
    }
    let mut back = vec![0; bench.rows()];
    for (now, was) in bench.order.iter().enumerate() {
        back.iter_mut().skip(*was).take(1).for_each(|b| *b = now);
    }
    let rows = || back.iter().copied().map(Some);
    let columns = bench.columns.iter().zip(bench.names).map(|(column, name)| column::take(column, rows(), name));
    let kept = back.iter().map(|now| kept.get(*now).copied()).collect();
    Ok(Transformed { columns: columns.collect::<Result<_>>()?, kept, report })
}

/// Where a transformation's chance comes from.
struct Chance<'a> {
    key: &'a [u8],
    number: u64,
    column: &'a str,
}

impl Chance<'_> {
    fn of(&self, part: &[u8]) -> Dice {
        Dice::new(self.key, &[b"transform", &self.number.to_be_bytes(), self.column.as_bytes(), part])
    }
}

impl Transformation {
    fn run(&self, bench: &Bench<'_>, at: usize, chance: &Chance<'_>) -> Result<Outcome> {
        match self {
            Self::Microaggregation(how) => how.run(bench, at),
            Self::ClassAverage(how) => how.run(bench, at),
            Self::Noise(how) => noise(how, bench, at, chance),
            Self::Pram(how) => pram(how, bench, at, chance),
            Self::RankSwap(how) => rank_swap(how, bench, at, chance),
            Self::RecordSwap(how) => record_swap(how, bench, at, chance),
            Self::LocalSuppression(how) => local_suppression(how, bench, at),
            Self::RareValues(how) => rare_values(*how, bench, at),
            Self::RecordSuppression(how) => record_suppression(how, bench, at),
            Self::TopBottom(how) => top_bottom(*how, bench, at),
        }
    }
}

impl Outcome {
    fn column(place: usize, column: ArrayRef) -> Self {
        Self { columns: vec![(place, column)], ..Self::default() }
    }
}

fn noise(how: &Noise, bench: &Bench<'_>, at: usize, chance: &Chance<'_>) -> Result<Outcome> {
    let noisy = how.ready()?;
    let add = |(value, id): (Option<f64>, &u64)| value.map(|v| noisy.add(v, &mut chance.of(&id.to_be_bytes())));
    let released: Vec<_> = bench.numbers(at)?.into_iter().zip(&bench.ids).map(add).collect();
    Ok(Outcome::column(at, column::like(bench.column(at)?, &released)))
}

fn pram(how: &Pram, bench: &Bench<'_>, at: usize, chance: &Chance<'_>) -> Result<Outcome> {
    let codes = bench.codes(&[at])?.pop().unwrap_or_default();
    let (present, known): (Vec<usize>, Vec<u32>) =
        codes.iter().enumerate().filter_map(|(r, c)| Some((r, (*c)?))).unzip();
    let id = |row: usize| present.get(row).and_then(|row| bench.ids.get(*row)).copied().unwrap_or(0);
    let exchanged = how.exchange(&known, |row| chance.of(&id(row).to_be_bytes()))?;
    let owner: BTreeMap<u32, usize> = known.iter().copied().zip(present.iter().copied()).collect();
    let mut from = vec![None; bench.rows()];
    for (row, code) in present.iter().zip(exchanged) {
        from.iter_mut().skip(*row).take(1).for_each(|f| *f = owner.get(&code).copied());
    }
    Ok(Outcome::column(at, column::take(bench.column(at)?, from.into_iter(), bench.name(at))?))
}

fn rank_swap(how: &RankSwap, bench: &Bench<'_>, at: usize, chance: &Chance<'_>) -> Result<Outcome> {
    if !(how.percent > 0.0 && how.percent <= 100.0) {
        return bad("rank_swap", "percent must lie above 0 and at most at 100");
    }
    let codes = bench.codes(&[at])?.pop().unwrap_or_default();
    let within = bench.joint(&how.within)?;
    let mut dice = chance.of(b"ranks");
    let mut from: Vec<Option<usize>> = vec![None; bench.rows()];
    let rank = |row: u32| codes.get(row as usize).copied().flatten();
    for rows in Groups::by_key(bench.rows(), |row| within.get(row).copied()).iter() {
        let mut ranked: Vec<u32> = rows.iter().copied().filter(|row| rank(*row).is_some()).collect();
        ranked.sort_by_key(|row| rank(*row));
        let window = (ranked.len() as f64 * how.percent / 100.0).ceil() as usize;
        for (row, other) in ranked.iter().zip(swap::by_rank(ranked.len(), window, &mut dice)) {
            let other = ranked.get(other).map(|row| *row as usize);
            from.iter_mut().skip(*row as usize).take(1).for_each(|f| *f = other);
        }
    }
    Ok(Outcome::column(at, column::take(bench.column(at)?, from.into_iter(), bench.name(at))?))
}

fn record_swap(how: &RecordSwap, bench: &Bench<'_>, at: usize, chance: &Chance<'_>) -> Result<Outcome> {
    if !(0.0..=100.0).contains(&how.percent) {
        return bad("record_swap", "percent must lie between 0 and 100");
    }
    let places = bench.find_all(at, &how.with)?;
    let values = joint(&bench.codes(&places)?, bench.rows());
    let alike = sizes(&bench.joint(&how.risk)?);
    let at_risk: Vec<bool> = alike.iter().map(|n| *n < u64::from(how.k)).collect();
    let most = (bench.rows() as f64 * how.percent / 100.0).floor() as usize;
    let found = swap::records(&bench.joint(&how.similar)?, &values, &at_risk, most, &mut chance.of(b"records"));
    let mut outcome = Outcome { unprotected: found.without_partner, ..Outcome::default() };
    for place in places {
        let from = found.takes.iter().copied().map(Some);
        outcome.columns.push((place, column::take(bench.column(place)?, from, bench.name(place))?));
    }
    Ok(outcome)
}

/// Returns for each row how many have its code.
fn sizes(codes: &[u32]) -> Vec<u64> {
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    codes.iter().for_each(|code| *counts.entry(*code).or_insert(0) += 1);
    codes.iter().map(|code| counts.get(code).copied().unwrap_or(0)).collect()
}

fn local_suppression(how: &LocalSuppression, bench: &Bench<'_>, at: usize) -> Result<Outcome> {
    let places = bench.find_all(at, &how.with)?;
    let codes: Vec<Vec<u32>> =
        bench.codes(&places)?.iter().map(|c| c.iter().map(|v| v.map_or(0, |v| v + 1)).collect()).collect();
    let even = vec![1.0; places.len()];
    let weights = if how.weights.is_empty() { &even } else { &how.weights };
    let emptied = local(&codes, weights, how.k as usize, how.empty)?;
    let mut outcome = Outcome { counted: true, empty: how.empty, ..Outcome::default() };
    for (bit, place) in places.into_iter().enumerate() {
        let from = emptied.iter().enumerate().map(|(row, set)| (set >> bit & 1 == 0).then_some(row));
        outcome.columns.push((place, column::take(bench.column(place)?, from, bench.name(place))?));
    }
    Ok(outcome)
}

fn rare_values(how: RareValues, bench: &Bench<'_>, at: usize) -> Result<Outcome> {
    let alike = sizes(&joint(&bench.codes(&[at])?, bench.rows()));
    let from = alike.iter().enumerate().map(|(row, n)| (*n >= u64::from(how.fewer_than)).then_some(row));
    Ok(Outcome::column(at, column::take(bench.column(at)?, from, bench.name(at))?))
}

fn record_suppression(how: &RecordSuppression, bench: &Bench<'_>, at: usize) -> Result<Outcome> {
    let kinds = joint(&bench.codes(&bench.find_all(at, &how.with)?)?, bench.rows());
    let weights = match &how.weight {
        Some(name) => bench.numbers(bench.find(name)?)?.iter().map(|w| w.unwrap_or(0.0)).collect(),
        None => vec![1.0; bench.rows()],
    };
    if weights.iter().any(|w| *w < 0.0) || how.k.is_nan() || how.k <= 0.0 {
        return bad("record_suppression", "k must be above 0 and weights not below");
    }
    let mut sums: BTreeMap<u32, f64> = BTreeMap::new();
    kinds.iter().zip(weights).for_each(|(kind, w)| *sums.entry(*kind).or_insert(0.0) += w);
    let gone = kinds.iter().map(|kind| sums.get(kind).is_none_or(|sum| *sum < how.k)).collect();
    Ok(Outcome { columns: vec![(at, bench.column(at)?.clone())], gone: Some(gone), ..Outcome::default() })
}

fn top_bottom(how: TopBottom, bench: &Bench<'_>, at: usize) -> Result<Outcome> {
    let coded = Thresholds { low: how.low, high: how.high }.apply(&Float64Array::from(bench.numbers(at)?));
    let released: Vec<_> = coded.values.iter().collect();
    Ok(Outcome::column(at, column::like(bench.column(at)?, &released)))
}

fn bad<T>(what: &str, why: &'static str) -> Result<T> {
    Err(Error::BadParameter { what: what.to_owned(), why })
}

/// Compares each column with what it was.
fn account(
    bench: &Bench<'_>,
    step: &Transformation,
    at: usize,
    outcome: &Outcome,
    rows_suppressed: u64,
) -> Result<Vec<TransformReport>> {
    let smallest = if outcome.counted { smallest(bench, outcome)? } else { None };
    let one = |(number, (place, after)): (usize, &(usize, ArrayRef))| {
        let before = bench.column(*place)?;
        let name = bench.name(*place);
        let (mut changed, mut suppressed) = (0, 0);
        for (was, is) in keys(before, name)?.into_iter().zip(keys(after, name)?) {
            match (was, is) {
                (Some(_), None) => suppressed += 1,
                (Some(was), Some(is)) => changed += u64::from(!same(was, is)),
                (was, is) => changed += u64::from(was != is),
            }
        }
        let known = outcome.losses.get(number).copied().flatten();
        Ok(TransformReport {
            column: name.to_owned(),
            transformation: step.name(),
            changed,
            suppressed,
            rows_suppressed: if *place == at { rows_suppressed } else { 0 },
            loss: known.or_else(|| Some(error_share(&column::numbers(before)?, &column::numbers(after)?))),
            smallest_group: smallest,
            unprotected: if *place == at { outcome.unprotected } else { 0 },
        })
    };
    outcome.columns.iter().enumerate().map(one).collect()
}

/// Tells whether two cells say the same, even if one is a number and the other its text.
fn same(was: Key<'_>, is: Key<'_>) -> bool {
    match (was.1, is.1) {
        ("", "") => was.0 == is.0,
        ("", text) => was.0.to_string() == text,
        (text, other) => text == other,
    }
}

/// SSE/SST on the cells that both have.
fn error_share(before: &[Option<f64>], after: &[Option<f64>]) -> f64 {
    let pairs: Vec<(f64, f64)> = before.iter().zip(after).filter_map(|(b, a)| Some(((*b)?, (*a)?))).collect();
    let mean = pairs.iter().map(|p| p.0).sum::<f64>() / pairs.len().max(1) as f64;
    let spread: f64 = pairs.iter().map(|p| (p.0 - mean).powi(2)).sum();
    let error: f64 = pairs.iter().map(|p| (p.0 - p.1).powi(2)).sum();
    if spread > 0.0 { error / spread } else { 0.0 }
}

/// Counts groups in the released cells alone.
fn smallest(bench: &Bench<'_>, outcome: &Outcome) -> Result<Option<u64>> {
    let codes = |(place, column): &(usize, ArrayRef)| column::codes(column, bench.name(*place));
    let cells = outcome.columns.iter().map(codes).collect::<Result<Vec<_>>>()?;
    let told = |row: &usize| {
        outcome.empty == Empty::Wildcard || cells.iter().any(|c| c.get(*row).is_some_and(|v| v.is_some()))
    };
    let rows: Vec<usize> = (0..bench.rows()).filter(told).collect();
    let of = |column: &Vec<Option<u32>>| rows.iter().map(|row| column.get(*row).copied().flatten()).collect();
    let mut kept: Vec<Vec<Option<u32>>> = cells.iter().map(of).collect();
    if outcome.empty == Empty::OwnValue {
        kept = vec![joint(&kept, rows.len()).into_iter().map(Some).collect()];
    }
    Ok(fewest_matches(&kept, outcome.empty)?.map(|n| n as u64))
}
