//! Groups of persons who are alike get one value per column.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};
use serde::{Deserialize, Serialize};

use super::{
    apply::Outcome,
    average::Average,
    column::{self, codes},
    groups::Groups,
    mdav::mdav,
    records::Bench,
    space::{Axis, hierarchical, nominal, ranked, standardised},
    univariate::optimal,
};
use crate::{
    error::{Error, Result},
    hierarchy::{ANY, Hierarchy},
};

/// Microaggregation ミクロアグリゲーション: persons are grouped with those most alike, k or more, and each group says one value.
///
/// One column of numbers or ranks is grouped optimally (Hansen, Mukherjee 2003), several by MDAV-generic (Domingo-Ferrer,
/// Torra 2005). The squared distance of two persons is a sum over the columns: numbers in standard deviations, ranks
/// from 0 to 1, leaves of a hierarchy by the level on which they meet, over its height, other values 0 or 1. Released
/// are the aggregate of numbers, the (lower) median of ranks, the lowest common group of leaves, and the most frequent
/// of other values. So over the columns together, groups are k-anonymous.
///
/// Rows are grouped among those that lack the same cells; where those are fewer than k, their cells are emptied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Microaggregation {
    /// The least size of a group.
    pub k: u32,
    /// Columns that are grouped together with this one.
    #[serde(default)]
    pub with: Vec<String>,
    /// What stands for numbers.
    #[serde(default)]
    pub aggregate: Average,
    /// Those of the columns whose values are ranks.
    #[serde(default)]
    pub ordinal: Vec<String>,
    /// Columns whose values must agree in a group.
    #[serde(default)]
    pub within: Vec<String>,
}

/// Aggregation inside the classes that generalising found (ARX's *clustering and microaggregation*).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassAverage {
    /// Persons of a class who must have a value; where there are fewer, theirs are emptied.
    pub k: u32,
    /// What stands for their numbers.
    #[serde(default)]
    pub aggregate: Average,
}

impl Microaggregation {
    pub(crate) fn run(&self, bench: &Bench<'_>, at: usize) -> Result<Outcome> {
        let places = bench.find_all(at, &self.with)?;
        let fields = places.iter().map(|place| self.field(bench, *place)).collect::<Result<Vec<Field<'_>>>>()?;
        let k = self.k as usize;
        let within = bench.joint(&self.within)?;
        let lacks = |row: usize| fields.iter().map(|f| f.has.get(row) != Some(&true)).collect::<Vec<_>>();
        let strata = Groups::by_key(bench.rows(), |row| (within.get(row).copied(), lacks(row)));
        let mut groups = Groups::default();
        for stratum in strata.iter().filter(|stratum| stratum.len() >= k) {
            let first = stratum.first().map_or(0, |row| *row as usize);
            let has: Vec<&Field<'_>> = fields.iter().filter(|f| f.has.get(first) == Some(&true)).collect();
            for group in alike(&has, stratum, k)?.iter() {
                groups.push(group);
            }
        }
        let mut outcome = Outcome::default();
        for (field, place) in fields.iter().zip(places) {
            let (released, loss) = field.release(bench, place, &groups, self.aggregate)?;
            outcome.columns.push((place, released));
            outcome.losses.push(loss);
        }
        outcome.counted = true;
        Ok(outcome)
    }

    fn field<'a>(&self, bench: &Bench<'a>, place: usize) -> Result<Field<'a>> {
        let (name, column) = (bench.name(place), bench.column(place)?);
        let has = (0..bench.rows()).map(|row| column.is_valid(row)).collect();
        if let Some(hierarchy) = bench.hierarchies.iter().find(|h| h.name() == name) {
            // A missing cell is in no group with others, whatever leaf stands in for it.
            let known = column::take(column, present(column), name)?;
            let mut leaves = hierarchy.encode(&known)?.values().to_vec().into_iter();
            let leaf = |row| if column.is_valid(row) { leaves.next().unwrap_or(0) } else { 0 };
            let leaves: Vec<u32> = (0..bench.rows()).map(leaf).collect();
            let (axis, line) = hierarchical(hierarchy, &leaves);
            return Ok(Field { axis, line, has, says: Says::Group(hierarchy, leaves) });
        }
        let ranks = || Ok(codes(column, name)?.into_iter().map(|c| c.unwrap_or(0)).collect::<Vec<u32>>());
        if self.ordinal.iter().any(|n| n == name) {
            let ranks = ranks()?;
            return Ok(Field { axis: Axis::Line, line: ranked(&ranks), has, says: Says::Middle(ranks) });
        }
        if let Some(numbers) = column::numbers(column) {
            let present = standardised(&numbers.iter().flatten().copied().collect::<Vec<_>>());
            let mut present = present.into_iter();
            let line = numbers.iter().map(|v| v.map_or(0.0, |_| present.next().unwrap_or(0.0))).collect();
            let numbers = numbers.iter().map(|v| v.unwrap_or(0.0)).collect();
            return Ok(Field { axis: Axis::Line, line, has, says: Says::Number(numbers) });
        }
        let ranks = ranks()?;
        let (axis, line) = nominal(&ranks);
        Ok(Field { axis, line, has, says: Says::Most(ranks) })
    }
}

fn present(column: &ArrayRef) -> impl Iterator<Item = Option<usize>> {
    (0..column.len()).filter(|row| column.is_valid(*row)).map(Some)
}

/// Groups the rows of a stratum by the columns that they have.
fn alike(fields: &[&Field<'_>], rows: &[u32], k: usize) -> Result<Groups> {
    match fields {
        [] => Ok(Groups::default()),
        [Field { axis: Axis::Line, line, .. }] => {
            let values: Vec<f64> = rows.iter().filter_map(|row| line.get(*row as usize)).copied().collect();
            let mut groups = Groups::default();
            for group in optimal(&values, k)?.iter() {
                let rows: Vec<u32> = group.iter().filter_map(|at| rows.get(*at as usize)).copied().collect();
                groups.push(&rows);
            }
            Ok(groups)
        }
        _ => {
            let axes: Vec<&Axis> = fields.iter().map(|f| &f.axis).collect();
            let lines: Vec<&[f64]> = fields.iter().map(|f| f.line.as_slice()).collect();
            mdav(&axes, &lines, rows, k)
        }
    }
}

/// A column to be grouped by.
struct Field<'a> {
    axis: Axis,
    /// The place of each row on the axis.
    line: Vec<f64>,
    has: Vec<bool>,
    says: Says<'a>,
}

/// What a group says, with what each row has.
enum Says<'a> {
    /// The aggregate of numbers.
    Number(Vec<f64>),
    /// The lower median of ranks.
    Middle(Vec<u32>),
    /// The most frequent code.
    Most(Vec<u32>),
    /// The lowest group that holds all leaves.
    Group(&'a Hierarchy, Vec<u32>),
}

impl Field<'_> {
    /// Returns the released column, and the mean share of its hierarchy that a cell leaves open.
    fn release(
        &self,
        bench: &Bench<'_>,
        place: usize,
        groups: &Groups,
        average: Average,
    ) -> Result<(ArrayRef, Option<f64>)> {
        let column = bench.column(place)?;
        let sound = groups.iter().filter(|g| g.first().is_some_and(|row| self.has.get(*row as usize) == Some(&true)));
        match &self.says {
            Says::Number(numbers) => {
                let released = spread(bench.rows(), sound, |group| average.of(&mut picked(numbers, group)))?;
                Ok((column::like(column, &released), None))
            }
            Says::Middle(ranks) => {
                let middle = |mut rows: Vec<u32>| {
                    rows.sort_by_key(|row| ranks.get(*row as usize));
                    rows.get(rows.len().saturating_sub(1) / 2).map_or(0, |row| *row as usize)
                };
                let from = spread(bench.rows(), sound, |group| Ok(middle(group.to_vec())))?;
                Ok((column::take(column, from.into_iter(), bench.name(place))?, None))
            }
            Says::Most(codes) => {
                let from = spread(bench.rows(), sound, |group| Ok(most(codes, group)))?;
                Ok((column::take(column, from.into_iter(), bench.name(place))?, None))
            }
            Says::Group(hierarchy, leaves) => {
                let groups = spread(bench.rows(), sound, |group| Ok(common(hierarchy, &picked(leaves, group))))?;
                let all = hierarchy.leaves().saturating_sub(1).max(1) as f64;
                let open = groups.iter().map(|g| g.map_or(1.0, |g| (f64::from(g.1) - 1.0) / all));
                let loss = open.sum::<f64>() / bench.rows().max(1) as f64;
                let labels: StringArray = groups.iter().map(|g| g.map(|g| g.0)).collect();
                Ok((Arc::new(labels), Some(loss)))
            }
        }
    }
}

/// Gives every row of a group the group's value.
fn spread<'g, T: Copy>(
    rows: usize,
    groups: impl Iterator<Item = &'g [u32]>,
    value: impl Fn(&[u32]) -> Result<T>,
) -> Result<Vec<Option<T>>> {
    let mut spread = vec![None; rows];
    for group in groups {
        let value = value(group)?;
        for row in group {
            spread.iter_mut().skip(*row as usize).take(1).for_each(|cell| *cell = Some(value));
        }
    }
    Ok(spread)
}

fn picked<T: Copy>(values: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().filter_map(|row| values.get(*row as usize)).copied().collect()
}

/// Returns a row that has the most frequent code, of several the least code.
fn most(codes: &[u32], group: &[u32]) -> usize {
    let mut rows = group.to_vec();
    let code = |row: u32| codes.get(row as usize).copied();
    rows.sort_by_key(|row| code(*row));
    let runs = rows.chunk_by(|a, b| code(*a) == code(*b));
    let longest = runs.fold(&[][..], |best, run| if run.len() > best.len() { run } else { best });
    longest.first().map_or(0, |row| *row as usize)
}

/// Returns the label of the lowest group that holds all leaves, and how many leaves are under it.
fn common<'h>(hierarchy: &'h Hierarchy, leaves: &[u32]) -> (&'h str, u32) {
    for (at, level) in hierarchy.levels().iter().enumerate() {
        let mut groups = leaves.iter().map(|leaf| level.codes().get(*leaf as usize));
        let first = groups.next().flatten();
        if groups.all(|group| group == first) {
            let under = first.and_then(|code| level.leaves_under().get(*code as usize)).copied().unwrap_or(1);
            return (leaves.first().and_then(|leaf| hierarchy.label(at, *leaf)).unwrap_or(ANY), under);
        }
    }
    (ANY, u32::try_from(hierarchy.leaves()).unwrap_or(u32::MAX))
}

impl ClassAverage {
    pub(crate) fn run(&self, bench: &Bench<'_>, at: usize) -> Result<Outcome> {
        let Some(classes) = &bench.classes else {
            let why = "there are no classes to aggregate in";
            return Err(Error::BadParameter { what: "class_average".to_owned(), why });
        };
        let numbers = bench.numbers(at)?;
        let class = |row: usize| numbers.get(row).copied().flatten().and(classes.get(row).copied().flatten());
        let groups = Groups::by_key(bench.rows(), class);
        let class_of = |group: &[u32]| group.first().and_then(|row| class(*row as usize));
        let sound = groups.iter().filter(|g| g.len() >= self.k.max(1) as usize && class_of(g).is_some());
        let flat: Vec<f64> = numbers.iter().map(|v| v.unwrap_or(0.0)).collect();
        let released = spread(bench.rows(), sound, |group| self.aggregate.of(&mut picked(&flat, group)))?;
        let mut outcome = Outcome::default();
        outcome.columns.push((at, column::like(bench.column(at)?, &released)));
        outcome.counted = true;
        Ok(outcome)
    }
}
