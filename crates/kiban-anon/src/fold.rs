//! Distinct quasi-identifier tuples with counts, each packed into one machine word.
//!
//! A person-level table of millions of rows shrinks to its distinct tuples once; every later step works on words:
//! to generalise is a table look-up per field, to group is to hash one word, to compare is one instruction.

use std::num::NonZeroUsize;

use arrow_array::{Array, UInt32Array, UInt64Array};
use rustc_hash::FxHashMap;

use crate::{
    classes::{ClassTable, Histograms},
    error::{Error, Result},
    hierarchy::Hierarchy,
};

/// Holds where each attribute's code lies in a packed word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    shifts: Vec<u32>,
    widths: Vec<u32>,
    leaves: Vec<usize>,
}

impl Layout {
    fn new(leaves: Vec<usize>) -> Result<Self> {
        let width = |n: &usize| usize::BITS - n.saturating_sub(1).leading_zeros();
        let widths: Vec<u32> = leaves.iter().map(width).collect();
        let shifts = widths
            .iter()
            .scan(0, |at, w| {
                let here = *at;
                *at += w;
                Some(here)
            })
            .collect();
        let bits: u32 = widths.iter().sum();
        if bits > u128::BITS { Err(Error::TooWide { bits }) } else { Ok(Self { shifts, widths, leaves }) }
    }

    pub(crate) fn bits(&self) -> u32 {
        self.widths.iter().sum()
    }

    pub(crate) fn field(&self, column: usize) -> (u32, u32) {
        (self.shifts.get(column).copied().unwrap_or(0), self.widths.get(column).copied().unwrap_or(0))
    }

    fn matches(&self, hierarchies: &[&Hierarchy]) -> bool {
        self.leaves.len() == hierarchies.len() && self.leaves.iter().zip(hierarchies).all(|(n, h)| *n == h.leaves())
    }
}

/// A word that holds a packed tuple.
pub(crate) trait Word: Copy + Eq + Ord + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static {
    const ZERO: Self;
    fn put(code: u32, shift: u32) -> Self;
    fn or(self, other: Self) -> Self;
    fn and(self, other: Self) -> Self;
    fn get(self, shift: u32, width: u32) -> usize;
    /// The field at `shift`, which lies inside the word, that `mask` covers.
    fn field(self, shift: u32, mask: usize) -> usize;
    fn ones(shift: u32, width: u32) -> Self;
    fn scatter(self) -> u64;
}

macro_rules! word {
    ($type:ty) => {
        impl Word for $type {
            const ZERO: Self = 0;
            #[inline]
            fn put(code: u32, shift: u32) -> Self {
                Self::from(code).checked_shl(shift).unwrap_or(0)
            }
            #[inline]
            fn or(self, other: Self) -> Self {
                self | other
            }
            #[inline]
            fn and(self, other: Self) -> Self {
                self & other
            }
            #[inline]
            fn get(self, shift: u32, width: u32) -> usize {
                let field = self.checked_shr(shift).unwrap_or(0) & !Self::MAX.checked_shl(width).unwrap_or(0);
                field as usize
            }
            #[inline]
            fn field(self, shift: u32, mask: usize) -> usize {
                self.wrapping_shr(shift) as usize & mask
            }
            #[inline]
            fn ones(shift: u32, width: u32) -> Self {
                (!Self::MAX.checked_shl(width).unwrap_or(0)).checked_shl(shift).unwrap_or(0)
            }
            #[inline]
            #[allow(clippy::unnecessary_cast)]
            fn scatter(self) -> u64 {
                let folded = (self as u64) ^ ((self as u128 >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                let spread = folded.wrapping_mul(0xD1B5_4A32_D192_ED03);
                spread ^ (spread >> 32)
            }
        }
    };
}
word!(u64);
word!(u128);

#[derive(Debug, Clone)]
pub(crate) enum Words {
    Narrow(ClassTable<u64>),
    Wide(ClassTable<u128>),
}

/// The distinct tuples of a table with their counts, and with the distribution of each sensitive attribute.
///
/// A sensitive attribute is one that a privacy model protects, not one by which a person is found; its hierarchy names
/// its values (and, for hierarchical distances, their groups).
#[derive(Debug, Clone)]
pub struct Folded {
    layout: Layout,
    words: Words,
    persons: u64,
    sensitive: Vec<Hierarchy>,
    knows_population: bool,
}

impl Folded {
    /// Folds a table that has one row per person, given as leaf codes ([`Hierarchy::encode`]), one column per attribute.
    ///
    /// # Errors
    /// Columns of different length, codes outside the hierarchies, or more than 128 bits per tuple.
    pub fn new(hierarchies: &[&Hierarchy], columns: &[UInt32Array]) -> Result<Self> {
        Self::build(hierarchies, columns, None, &[])
    }

    /// Folds a table that was already grouped elsewhere: tuples with the number of persons that have each.
    ///
    /// # Errors
    /// As [`Folded::new`]; also counts that are missing or above 2³²−1.
    pub fn from_counts(hierarchies: &[&Hierarchy], columns: &[UInt32Array], counts: &UInt64Array) -> Result<Self> {
        Self::build(hierarchies, columns, Some(counts), &[])
    }

    /// Folds a table with sensitive attributes, each given by its hierarchy and its leaf codes, row by row as the others;
    /// with counts if the rows were already grouped by all of them.
    ///
    /// # Errors
    /// As [`Folded::from_counts`].
    pub fn with_sensitive(
        hierarchies: &[&Hierarchy],
        columns: &[UInt32Array],
        counts: Option<&UInt64Array>,
        sensitive: &[(&Hierarchy, &UInt32Array)],
    ) -> Result<Self> {
        Self::build(hierarchies, columns, counts, sensitive)
    }

    fn build(
        hierarchies: &[&Hierarchy],
        columns: &[UInt32Array],
        counts: Option<&UInt64Array>,
        sensitive: &[(&Hierarchy, &UInt32Array)],
    ) -> Result<Self> {
        let layout = Layout::new(hierarchies.iter().map(|h| h.leaves()).collect())?;
        let words = if layout.bits() <= u64::BITS {
            Words::Narrow(fold(pack(&layout, columns)?, counts, sensitive)?)
        } else {
            Words::Wide(fold(pack(&layout, columns)?, counts, sensitive)?)
        };
        let total = |counts: &mut dyn Iterator<Item = u32>| counts.map(u64::from).sum();
        let persons = match &words {
            Words::Narrow(w) => total(&mut w.classes.iter().map(|c| c.1)),
            Words::Wide(w) => total(&mut w.classes.iter().map(|c| c.1)),
        };
        let sensitive = sensitive.iter().map(|s| s.0.clone()).collect();
        Ok(Self { layout, words, persons, sensitive, knows_population: false })
    }

    /// Says how many of a population have each tuple, for k-map and δ-presence.
    ///
    /// The table's persons are persons of the population: a tuple cannot be rarer there than here.
    ///
    /// # Errors
    /// A population folded with other hierarchies.
    pub fn in_population(mut self, population: &Self) -> Result<Self> {
        if self.layout != population.layout {
            let (found, expected) = (population.layout.leaves.len(), self.layout.leaves.len());
            return Err(Error::Lengths { what: "attributes or leaves of the population", found, expected });
        }
        match (&mut self.words, &population.words) {
            (Words::Narrow(here), Words::Narrow(there)) => join_population(here, &there.classes),
            (Words::Wide(here), Words::Wide(there)) => join_population(here, &there.classes),
            _ => {}
        }
        self.knows_population = true;
        Ok(self)
    }

    /// Returns the number of persons.
    pub fn persons(&self) -> u64 {
        self.persons
    }

    /// Returns the number of distinct tuples; with a population, those of its tuples too.
    pub fn tuples(&self) -> usize {
        match &self.words {
            Words::Narrow(w) => w.len(),
            Words::Wide(w) => w.len(),
        }
    }

    /// Returns the sizes of the classes of the untouched table, the "before" of a report.
    pub fn class_sizes(&self) -> Vec<u64> {
        match &self.words {
            Words::Narrow(w) => w.sizes(),
            Words::Wide(w) => w.sizes(),
        }
    }

    pub(crate) fn knows_population(&self) -> bool {
        self.knows_population
    }

    /// Returns a sensitive attribute by name, with its place.
    pub(crate) fn sensitive(&self, name: &str) -> Option<(usize, &Hierarchy)> {
        self.sensitive.iter().enumerate().find(|(_, h)| h.name() == name)
    }

    /// Returns the share of each value of a sensitive attribute in the whole table.
    pub(crate) fn shares(&self, place: usize) -> Vec<f64> {
        let total = match &self.words {
            Words::Narrow(w) => w.sensitive.get(place).map(Histograms::total),
            Words::Wide(w) => w.sensitive.get(place).map(Histograms::total),
        };
        let persons = self.persons.max(1) as f64;
        total.unwrap_or_default().into_iter().map(|n| n as f64 / persons).collect()
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn words(&self) -> &Words {
        &self.words
    }

    /// Checks that these hierarchies are those that the tuples were folded with.
    pub(crate) fn check(&self, hierarchies: &[&Hierarchy]) -> Result<()> {
        if self.layout.matches(hierarchies) {
            return Ok(());
        }
        let found = hierarchies.len();
        Err(Error::Lengths {
            what: "attributes or leaves of the folded table",
            found,
            expected: self.layout.leaves.len(),
        })
    }
}

/// Raises packed leaves to the levels of a node.
pub(crate) struct Raiser<W> {
    fields: Vec<(u32, u32, Vec<W>)>,
}

impl<W: Word> Raiser<W> {
    pub(crate) fn new(layout: &Layout, hierarchies: &[&Hierarchy], levels: &[usize]) -> Self {
        let field = |(column, (hierarchy, level)): (usize, (&&Hierarchy, &usize))| {
            let (shift, width) = layout.field(column);
            (shift, width, hierarchy.rise(0, *level).into_iter().map(|code| W::put(code, shift)).collect())
        };
        Self { fields: hierarchies.iter().zip(levels).enumerate().map(field).collect() }
    }

    pub(crate) fn raise(&self, word: W) -> W {
        let code = |acc: W, (shift, width, codes): &(u32, u32, Vec<W>)| {
            acc.or(codes.get(word.get(*shift, *width)).copied().unwrap_or(W::ZERO))
        };
        self.fields.iter().fold(W::ZERO, code)
    }

    /// Returns the class table of the raised words and, for each word of the base, the place of its class.
    pub(crate) fn table(&self, base: &ClassTable<W>) -> (ClassTable<W>, Vec<u32>) {
        let mut places: FxHashMap<W, u32> = FxHashMap::default();
        let mut classes: Vec<(W, u32)> = Vec::new();
        let mut target_of = Vec::with_capacity(base.len());
        for (word, count) in &base.classes {
            let word = self.raise(*word);
            let fresh = u32::try_from(classes.len()).unwrap_or(u32::MAX);
            let place = *places.entry(word).or_insert(fresh);
            if place == fresh {
                classes.push((word, 0));
            }
            if let Some(class) = classes.get_mut(place as usize) {
                class.1 += count;
            }
            target_of.push(place);
        }
        (base.carry(classes, &target_of, NonZeroUsize::MIN), target_of)
    }
}

/// Packs the codes of every row into words.
pub(crate) fn pack<W: Word>(layout: &Layout, columns: &[UInt32Array]) -> Result<Vec<W>> {
    let expected = layout.leaves.len();
    if columns.len() != expected {
        return Err(Error::Lengths { what: "columns", found: columns.len(), expected });
    }
    let rows = columns.first().map_or(0, UInt32Array::len);
    let mut words = vec![W::ZERO; rows];
    for (column, (codes, leaves)) in columns.iter().zip(&layout.leaves).enumerate() {
        if codes.len() != rows {
            return Err(Error::Lengths { what: "rows of a column", found: codes.len(), expected: rows });
        }
        let outside =
            |(row, code): (usize, &u32)| codes.is_null(row) || usize::try_from(*code).is_ok_and(|c| c >= *leaves);
        if let Some(row) = codes.values().iter().enumerate().position(outside) {
            return Err(Error::CodeOutOfRange { column, row });
        }
        let (shift, _) = layout.field(column);
        for (word, code) in words.iter_mut().zip(codes.values()) {
            *word = word.or(W::put(*code, shift));
        }
    }
    Ok(words)
}

fn fold<W: Word>(
    mut words: Vec<W>,
    counts: Option<&UInt64Array>,
    sensitive: &[(&Hierarchy, &UInt32Array)],
) -> Result<ClassTable<W>> {
    let too_many = Error::BadParameter { what: "counts".to_owned(), why: "a tuple has more than 2^32-1 persons" };
    let narrow = |n: u64| u32::try_from(n).map_err(|_| too_many.clone());
    let mut rows: Vec<u32> = Vec::new();
    let mut classes: Vec<(W, u32)> = Vec::new();
    match counts {
        None => {
            // The order of the rows is needed only where they carry more than themselves.
            let rows = if sensitive.is_empty() { Vec::new() } else { words.clone() };
            words.sort_unstable();
            classes.reserve_exact(words.chunk_by(|a, b| a == b).count());
            for run in words.chunk_by(|a, b| a == b) {
                classes.extend(run.first().map(|word| Ok((*word, narrow(run.len() as u64)?))).transpose()?);
            }
            words = rows;
        }
        Some(counts) if counts.len() == words.len() && counts.null_count() == 0 => {
            let mut sums: FxHashMap<W, u64> = FxHashMap::default();
            words.iter().zip(counts.values()).for_each(|(w, n)| *sums.entry(*w).or_insert(0) += n);
            let all = sums.into_iter().filter(|c| c.1 > 0).map(|(w, n)| Ok((w, narrow(n)?)));
            classes = all.collect::<Result<_>>()?;
            classes.sort_unstable();
            rows = counts.values().iter().map(|n| narrow(*n)).collect::<Result<_>>()?;
        }
        Some(counts) => {
            return Err(Error::Lengths {
                what: "counts",
                found: counts.len() - counts.null_count(),
                expected: words.len(),
            });
        }
    }
    if sensitive.is_empty() {
        return Ok(ClassTable { classes, ..ClassTable::default() });
    }
    let places: FxHashMap<W, u32> = (0..).zip(&classes).map(|(place, (word, _))| (*word, place)).collect();
    // A row that nobody stands for has no class; its weight of 0 adds nothing to the first one.
    let target_of: Vec<u32> = words.iter().map(|w| places.get(w).copied().unwrap_or(0)).collect();
    let mut folded = ClassTable { classes, ..ClassTable::default() };
    for (column, (hierarchy, codes)) in sensitive.iter().enumerate() {
        folded.sensitive.push(distributions(hierarchy, codes, &rows, &target_of, folded.len(), column)?);
    }
    Ok(folded)
}

fn distributions(
    hierarchy: &Hierarchy,
    codes: &UInt32Array,
    counts: &[u32],
    target_of: &[u32],
    classes: usize,
    column: usize,
) -> Result<Histograms> {
    if codes.len() != target_of.len() {
        return Err(Error::Lengths { what: "rows of a column", found: codes.len(), expected: target_of.len() });
    }
    let outside = |(row, code): (usize, &u32)| codes.is_null(row) || *code as usize >= hierarchy.leaves();
    if let Some(row) = codes.values().iter().enumerate().position(outside) {
        return Err(Error::CodeOutOfRange { column, row });
    }
    let weighted = codes.values().iter().enumerate().map(|(row, code)| (*code, counts.get(row).copied().unwrap_or(1)));
    let mut kept: Vec<(u32, u32)> = Vec::with_capacity(codes.len());
    let mut targets: Vec<u32> = Vec::with_capacity(codes.len());
    for (entry, target) in weighted.zip(target_of).filter(|(entry, _)| entry.1 > 0) {
        kept.push(entry);
        targets.push(*target);
    }
    Ok(Histograms::of_rows(kept.into_iter(), hierarchy.leaves()).merged(&targets, classes, NonZeroUsize::MIN))
}

/// Adds the population's counts, and its tuples that nobody of the table has.
fn join_population<W: Word>(here: &mut ClassTable<W>, there: &[(W, u32)]) {
    let mut places: FxHashMap<W, u32> = (0..).zip(&here.classes).map(|(place, (word, _))| (*word, place)).collect();
    let mut classes = here.classes.clone();
    for (word, _) in there {
        let fresh = u32::try_from(classes.len()).unwrap_or(u32::MAX);
        if *places.entry(*word).or_insert(fresh) == fresh {
            classes.push((*word, 0));
        }
    }
    let mut population: Vec<u32> = classes.iter().map(|c| c.1).collect();
    for (word, n) in there {
        let place = places.get(word).copied().unwrap_or(u32::MAX);
        if let Some(count) = population.get_mut(place as usize) {
            *count = (*count).max(*n);
        }
    }
    let target_of: Vec<u32> = (0..).take(here.len()).collect();
    let sensitive = here.sensitive.iter().map(|h| h.merged(&target_of, classes.len(), NonZeroUsize::MIN)).collect();
    *here = ClassTable { classes, population, sensitive };
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn flat(leaves: usize) -> Hierarchy {
        let names: Vec<String> = (0..leaves).map(|l| format!("v{l}")).collect();
        Hierarchy::flat("h", &names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn equal_tuples_fold_into_one() {
        let (a, b) = (flat(3), flat(2));
        let columns = [UInt32Array::from(vec![0, 2, 0, 1]), UInt32Array::from(vec![1, 0, 1, 1])];
        let folded = Folded::new(&[&a, &b], &columns).unwrap();
        assert_eq!((folded.persons(), folded.tuples(), folded.layout().bits()), (4, 3, 3));
        let grouped = [UInt32Array::from(vec![0, 2, 1]), UInt32Array::from(vec![1, 0, 1])];
        let counted = Folded::from_counts(&[&a, &b], &grouped, &UInt64Array::from(vec![2, 1, 1])).unwrap();
        assert_eq!(counted.persons(), 4);
    }

    #[test]
    fn bad_columns_are_refused() {
        let a = flat(3);
        let fold = |codes: Vec<Option<u32>>| Folded::new(&[&a], &[UInt32Array::from(codes)]).map(|f| f.tuples());
        assert_eq!(fold(vec![Some(0), Some(3)]), Err(Error::CodeOutOfRange { column: 0, row: 1 }));
        assert_eq!(fold(vec![None]), Err(Error::CodeOutOfRange { column: 0, row: 0 }));
        let short = [UInt32Array::from(vec![0]), UInt32Array::from(vec![0, 1])];
        assert!(matches!(Folded::new(&[&a, &a], &short), Err(Error::Lengths { .. })));
        let count = Folded::from_counts(&[&a], &[UInt32Array::from(vec![0])], &UInt64Array::from(vec![1 << 33]));
        assert!(matches!(count, Err(Error::BadParameter { .. })));
    }

    #[test]
    fn wide_tuples_take_the_long_word_and_wider_ones_are_refused() {
        let big = flat(1 << 12);
        let hierarchies = vec![&big; 6];
        let folded = Folded::new(&hierarchies, &vec![UInt32Array::from(vec![4095, 1, 4095]); 6]).unwrap();
        assert!(matches!(folded.words(), Words::Wide(w) if w.len() == 2));
        let error = Folded::new(&[&big; 11], &vec![UInt32Array::from(vec![0]); 11]).unwrap_err();
        assert_eq!(error, Error::TooWide { bits: 132 });
    }

    #[test]
    fn fields_come_back_from_the_word() {
        let word = u64::put(5, 3).or(u64::put(7, 61));
        assert_eq!((word.get(3, 3), word.get(61, 3), word.get(0, 3)), (5, 7, 0));
        assert_eq!(u64::ones(0, 64), u64::MAX);
        assert_eq!(u64::put(0, 64), 0, "a field of no bits at the very end");
    }
}
