//! From a solution to released columns, and an independent count of what was released.

use std::collections::HashMap;

use arrow_array::{Array, BooleanArray, StringArray, UInt32Array};
use rustc_hash::FxHashMap;

use crate::{
    error::{Error, Result},
    fold::{Folded, Layout, Raiser, Word, Words, pack},
    hierarchy::Hierarchy,
    search::{QuasiIdentifier, Solution},
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

enum ByWidth {
    Narrow(Raiser<u64>, FxHashMap<u64, u32>),
    Wide(Raiser<u128>, FxHashMap<u128, u32>),
}

impl<'a> ClassMap<'a> {
    /// Computes the classes of the whole table under a solution.
    ///
    /// # Errors
    /// Attributes or levels other than those of the table.
    pub fn new(attributes: &'a [QuasiIdentifier], table: &Folded, solution: &'a Solution) -> Result<Self> {
        let hierarchies: Vec<&Hierarchy> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
        table.check(&hierarchies)?;
        let (found, expected) = (solution.levels.len(), attributes.len());
        let known = hierarchies.iter().zip(&solution.levels).all(|(h, level)| *level < h.levels().len());
        if found != expected || !known {
            return Err(Error::Lengths { what: "levels of the solution", found, expected });
        }
        let layout = table.layout().clone();
        let classes = match table.words() {
            Words::Narrow(base) => {
                let raiser = Raiser::new(&layout, &hierarchies, &solution.levels);
                let classes = raiser.classes(base);
                ByWidth::Narrow(raiser, classes)
            }
            Words::Wide(base) => {
                let raiser = Raiser::new(&layout, &hierarchies, &solution.levels);
                let classes = raiser.classes(base);
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
            ByWidth::Narrow(raiser, classes) => self.kept(&pack(&self.layout, columns)?, raiser, classes),
            ByWidth::Wide(raiser, classes) => self.kept(&pack(&self.layout, columns)?, raiser, classes),
        };
        let parts = self.attributes.iter().zip(&self.solution.levels).zip(columns);
        let released = parts.map(|((attribute, level), codes)| {
            let label =
                |(keep, code): (&bool, &u32)| keep.then(|| attribute.hierarchy().label(*level, *code)).flatten();
            kept.iter().zip(codes.values()).map(label).collect()
        });
        Ok(Generalised { columns: released.collect(), kept: kept.into() })
    }

    fn kept<W: Word>(&self, words: &[W], raiser: &Raiser<W>, classes: &FxHashMap<W, u32>) -> Vec<bool> {
        let large = |word: &W| classes.get(&raiser.raise(*word)).is_some_and(|n| *n >= self.solution.k);
        words.iter().map(large).collect()
    }

    /// Returns the sizes of the released classes, smallest first.
    pub fn class_sizes(&self) -> Vec<u64> {
        let mut sizes: Vec<u64> = match &self.classes {
            ByWidth::Narrow(_, classes) => classes.values().map(|n| u64::from(*n)).collect(),
            ByWidth::Wide(_, classes) => classes.values().map(|n| u64::from(*n)).collect(),
        };
        sizes.retain(|n| *n >= u64::from(self.solution.k));
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
            (ByWidth::Narrow(raiser, here), Words::Narrow(there)) => pairs(here, &raiser.classes(there)),
            (ByWidth::Wide(raiser, here), Words::Wide(there)) => pairs(here, &raiser.classes(there)),
            _ => Vec::new(),
        };
        pairs.retain(|(here, _)| *here >= u64::from(self.solution.k));
        pairs.sort_unstable();
        Ok(pairs)
    }
}

fn pairs<W: Word>(here: &FxHashMap<W, u32>, there: &FxHashMap<W, u32>) -> Vec<(u64, u64)> {
    let population = |word: &W| u64::from(there.get(word).copied().unwrap_or(0));
    here.iter().map(|(word, n)| (u64::from(*n), population(word))).collect()
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
