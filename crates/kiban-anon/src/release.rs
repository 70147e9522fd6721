//! From a solution to released columns, and an independent count of what was released.

use std::collections::HashMap;

use arrow_array::{Array, BooleanArray, StringArray, UInt32Array};
use rustc_hash::FxHashMap;

use crate::{
    classes::ClassTable,
    error::{Error, Result},
    fold::{Folded, Layout, Raiser, Word, Words, pack},
    hierarchy::Hierarchy,
    model::{Judge, Model},
    policy::{QuasiIdentifier, Solution},
};

/// The released quasi-identifiers of a batch of persons.
#[derive(Debug, Clone, PartialEq)]
pub struct Generalised {
    /// Whether the person stays; who does not leaves the release with all their rows.
    pub kept: BooleanArray,
    /// The labels per quasi-identifier, null where the person is suppressed.
    pub columns: Vec<StringArray>,
}

/// A solution bound to the table it was found on: it knows which classes are large enough.
pub struct ClassMap<'a> {
    attributes: &'a [QuasiIdentifier],
    solution: &'a Solution,
    layout: Layout,
    classes: ByWidth,
}

/// Every class of the whole table: its size and whether it stays.
type Released<W> = FxHashMap<W, (u32, bool)>;

enum ByWidth {
    Narrow(Raiser<u64>, Released<u64>),
    Wide(Raiser<u128>, Released<u128>),
}

impl<'a> ClassMap<'a> {
    /// Computes the classes of the whole table under a solution.
    ///
    /// # Errors
    /// Attributes, levels or models other than those of the table.
    pub fn new(attributes: &'a [QuasiIdentifier], table: &Folded, solution: &'a Solution) -> Result<Self> {
        let hierarchies: Vec<&Hierarchy> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
        table.check(&hierarchies)?;
        let (found, expected) = (solution.levels.len(), attributes.len());
        let known = hierarchies.iter().zip(&solution.levels).all(|(h, level)| *level < h.levels().len());
        if found != expected || !known {
            return Err(Error::Lengths { what: "levels of the solution", found, expected });
        }
        let layout = table.layout().clone();
        let judge = Judge::new(&solution.models, &hierarchies, table)?;
        let classes = match table.words() {
            Words::Narrow(base) => {
                let raiser = Raiser::new(&layout, &hierarchies, &solution.levels);
                let classes = released(&judge, &raiser.table(base).0, &solution.levels);
                ByWidth::Narrow(raiser, classes)
            }
            Words::Wide(base) => {
                let raiser = Raiser::new(&layout, &hierarchies, &solution.levels);
                let classes = released(&judge, &raiser.table(base).0, &solution.levels);
                ByWidth::Wide(raiser, classes)
            }
        };
        Ok(Self { attributes, solution, layout, classes })
    }

    /// Generalises a batch of persons of that table, given as leaf codes.
    ///
    /// # Errors
    /// Columns that do not fit the attributes.
    pub fn apply(&self, columns: &[UInt32Array]) -> Result<Generalised> {
        let kept = match &self.classes {
            ByWidth::Narrow(raiser, classes) => kept(&pack(&self.layout, columns)?, raiser, classes),
            ByWidth::Wide(raiser, classes) => kept(&pack(&self.layout, columns)?, raiser, classes),
        };
        let parts = self.attributes.iter().zip(&self.solution.levels).zip(columns);
        let released = parts.map(|((attribute, level), codes)| {
            let label =
                |(keep, code): (&bool, &u32)| keep.then(|| attribute.hierarchy().label(*level, *code)).flatten();
            kept.iter().zip(codes.values()).map(label).collect()
        });
        Ok(Generalised { columns: released.collect(), kept: kept.into() })
    }

    /// Returns the sizes of the released classes, smallest first.
    pub fn class_sizes(&self) -> Vec<u64> {
        let size = |(n, stays): &(u32, bool)| stays.then_some(u64::from(*n));
        let mut sizes: Vec<u64> = match &self.classes {
            ByWidth::Narrow(_, classes) => classes.values().filter_map(size).collect(),
            ByWidth::Wide(_, classes) => classes.values().filter_map(size).collect(),
        };
        sizes.sort_unstable();
        sizes
    }

    /// Returns for each released class its size here and in a population folded with the same hierarchies.
    ///
    /// # Errors
    /// A population folded with other hierarchies.
    pub fn with_population(&self, population: &Folded) -> Result<Vec<(u64, u64)>> {
        let hierarchies: Vec<&Hierarchy> = self.attributes.iter().map(QuasiIdentifier::hierarchy).collect();
        population.check(&hierarchies)?;
        let mut pairs = match (&self.classes, population.words()) {
            (ByWidth::Narrow(raiser, here), Words::Narrow(there)) => pairs(here, &raiser.table(there).0),
            (ByWidth::Wide(raiser, here), Words::Wide(there)) => pairs(here, &raiser.table(there).0),
            _ => Vec::new(),
        };
        pairs.sort_unstable();
        Ok(pairs)
    }
}

/// Counts the persons in classes that break a model when a table is generalised to these levels; nobody is suppressed first.
///
/// 0 means that the table keeps the models as it stands. A finished release is checked by folding it anew, its texts as
/// the leaves of flat hierarchies, at level 0: then nothing is shared with the search but the models themselves.
///
/// # Errors
/// Attributes, levels or models that do not fit the table.
pub fn persons_at_fault(
    attributes: &[QuasiIdentifier],
    table: &Folded,
    models: &[Model],
    levels: &[usize],
) -> Result<u64> {
    let hierarchies: Vec<&Hierarchy> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
    table.check(&hierarchies)?;
    if levels.len() != attributes.len() {
        let (found, expected) = (levels.len(), attributes.len());
        return Err(Error::Lengths { what: "levels", found, expected });
    }
    let judge = Judge::new(models, &hierarchies, table)?;
    let level = |column: usize| levels.get(column).copied().unwrap_or(0);
    let verdict = match table.words() {
        Words::Narrow(base) => judge.judge(&Raiser::new(table.layout(), &hierarchies, levels).table(base).0, &level),
        Words::Wide(base) => judge.judge(&Raiser::new(table.layout(), &hierarchies, levels).table(base).0, &level),
    };
    Ok(verdict.suppressed.min(table.persons().max(1)))
}

fn released<W: Word>(judge: &Judge, table: &ClassTable<W>, levels: &[usize]) -> Released<W> {
    let verdict = judge.judge(table, &|column| levels.get(column).copied().unwrap_or(0));
    let refused = verdict.suppressed == u64::MAX;
    let mut classes: Released<W> =
        table.classes.iter().filter(|c| c.1 > 0).map(|(word, n)| (*word, (*n, !refused))).collect();
    for place in verdict.gone {
        let class = table.classes.get(place as usize).and_then(|(word, _)| classes.get_mut(word));
        if let Some(class) = class {
            class.1 = false;
        }
    }
    classes
}

fn kept<W: Word>(words: &[W], raiser: &Raiser<W>, classes: &Released<W>) -> Vec<bool> {
    words.iter().map(|word| classes.get(&raiser.raise(*word)).is_some_and(|class| class.1)).collect()
}

fn pairs<W: Word>(here: &Released<W>, there: &ClassTable<W>) -> Vec<(u64, u64)> {
    let population: FxHashMap<W, u32> = there.classes.iter().copied().collect();
    let there = |word: &W| u64::from(population.get(word).copied().unwrap_or(0));
    here.iter().filter(|class| class.1.1).map(|(word, (n, _))| (u64::from(*n), there(word))).collect()
}

/// Counts the smallest class among released rows by comparing their texts, sharing no code with the search.
///
/// Rows that are not kept do not count; no kept row at all gives `None`. A missing value is a value of its own.
pub fn smallest_class(columns: &[StringArray], kept: &BooleanArray) -> Option<u64> {
    let mut classes: HashMap<String, u64> = HashMap::new();
    for row in (0..kept.len()).filter(|row| kept.is_valid(*row) && kept.value(*row)) {
        let mut tuple = String::new();
        for column in columns {
            match column.is_valid(row) {
                true => tuple.push_str(&format!("{}:{};", column.value(row).len(), column.value(row))),
                false => tuple.push_str("null;"),
            }
        }
        *classes.entry(tuple).or_insert(0) += 1;
    }
    classes.into_values().min()
}
