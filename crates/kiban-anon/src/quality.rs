//! What is left of a table: quality per column and of the whole, in the measures that the literature compares.

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::{
    classes::ClassTable,
    error::Result,
    fold::{Folded, Raiser, Word, Words},
    hierarchy::Hierarchy,
    local::LocalSolution,
    model::Judge,
    policy::{Policy, QuasiIdentifier, Solution, weights},
    search::search,
};

/// Quality of a release; every measure that is a share is 1 for the untouched table and 0 for the emptied one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quality {
    /// Per quasi-identifier, in their order.
    pub columns: Vec<ColumnQuality>,
    /// 1 − the mean share of the domain behind a cell (Iyengar 2002, as ARX scales it).
    pub granularity: f64,
    /// The same with the weights of the attributes; without weights no other than `granularity`.
    pub weighted_granularity: f64,
    /// The mean over columns of [`ColumnQuality::entropy`].
    pub entropy: f64,
    /// Σ n² over classes plus all persons for every suppressed one (Bayardo, Agrawal 2005); small is good.
    pub discernibility: f64,
    /// Released persons per class.
    pub average_class_size: f64,
    /// The same in multiples of k (LeFevre, DeWitt, Ramakrishnan 2006, *C_avg*).
    pub average_class_size_per_k: f64,
    /// 1 − the mean height climbed (Sweeney 2002); a suppressed cell has climbed all.
    pub precision: f64,
    /// The mean number of leaf tuples that a record could stand for (Goldberger, Tassa 2010); 1 is untouched.
    pub ambiguity: f64,
    /// Σ p ln p/p̂ over tuples, in nats, where p̂ spreads every class evenly over the tuples it could stand for (Kifer, Gehrke
    /// 2006). Where classes overlap (local recoding) only a tuple's own class counts, so this is an upper bound there.
    pub kl_divergence: f64,
}

/// Quality of one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnQuality {
    /// The attribute.
    pub name: String,
    /// 1 − the scaled mean share of the domain behind a value.
    pub granularity: f64,
    /// 1 − Σ −log₂ f(leaf)/f(group), scaled by what it is if nothing is told; f are frequencies in the input (non-uniform
    /// entropy, Gionis, Tassa 2009; Prasser et al. 2016).
    pub entropy: f64,
    /// 1 − the mean height climbed.
    pub precision: f64,
    /// The share of persons whose cell is empty.
    pub missing: f64,
    /// For a column of numbers, the mean of the squared distance to the mean of the value's group; a suppressed value's group
    /// is everybody.
    pub mse: Option<f64>,
    /// The share of the variance that this leaves explained.
    pub variance_kept: Option<f64>,
}

/// A released class, as measuring needs it: per column its level and code there.
struct Class {
    levels: Vec<usize>,
    codes: Vec<usize>,
    persons: u64,
}

/// Persons, their leaf in a column, and the level and code released for them, if any.
type Cell = (f64, usize, Option<(usize, usize)>);

/// The input's tuples with the class each went to.
struct Released<'a> {
    hierarchies: Vec<&'a Hierarchy>,
    table: &'a Folded,
    class_of: Vec<Option<usize>>,
    classes: Vec<Class>,
    persons: u64,
    k: u32,
}

impl Quality {
    /// Measures the table as it was, the "before" of a report.
    ///
    /// # Errors
    /// Attributes other than those of the table.
    pub fn before(attributes: &[QuasiIdentifier], table: &Folded) -> Result<Self> {
        let fixed: Vec<QuasiIdentifier> = attributes.iter().map(|a| a.clone().at_least(0).at_most(0)).collect();
        Self::of(&fixed, table, &search(&fixed, table, &Policy::new(1, 0.0))?)
    }

    /// Measures a full-domain generalisation.
    ///
    /// # Errors
    /// Attributes, levels or models other than those of the table.
    pub fn of(attributes: &[QuasiIdentifier], table: &Folded, solution: &Solution) -> Result<Self> {
        let hierarchies: Vec<&Hierarchy> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
        table.check(&hierarchies)?;
        let judge = Judge::new(&solution.models, &hierarchies, table)?;
        let (classes, class_of) = match table.words() {
            Words::Narrow(base) => global(base, table, &hierarchies, solution, &judge),
            Words::Wide(base) => global(base, table, &hierarchies, solution, &judge),
        };
        Ok(Released::new(hierarchies, table, classes, class_of, solution.k).measure(&weights(attributes)?))
    }

    /// Measures a local recoding.
    ///
    /// # Errors
    /// Attributes other than those of the table.
    pub fn of_local(attributes: &[QuasiIdentifier], table: &Folded, local: &LocalSolution) -> Result<Self> {
        let hierarchies: Vec<&Hierarchy> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
        table.check(&hierarchies)?;
        let judge = Judge::new(&local.summary().models, &hierarchies, table)?;
        let mut places: FxHashMap<(&[u8], &[u32]), usize> = FxHashMap::default();
        let mut classes: Vec<Class> = Vec::new();
        let mut place_of = Vec::new();
        for (levels, codes, persons) in local.classes() {
            let place = *places.entry((levels, codes)).or_insert(classes.len());
            if place == classes.len() {
                let levels = levels.iter().map(|l| usize::from(*l)).collect();
                classes.push(Class { levels, codes: codes.iter().map(|c| *c as usize).collect(), persons: 0 });
            }
            classes.iter_mut().skip(place).take(1).for_each(|c| c.persons += u64::from(persons));
            place_of.push(place);
        }
        let class_of = local.class_of().iter().map(|c| place_of.get(*c as usize).copied()).collect();
        Ok(Released::new(hierarchies, table, classes, class_of, judge.smallest()).measure(&weights(attributes)?))
    }
}

fn global<W: Word>(
    base: &ClassTable<W>,
    table: &Folded,
    hierarchies: &[&Hierarchy],
    solution: &Solution,
    judge: &Judge,
) -> (Vec<Class>, Vec<Option<usize>>) {
    let raiser = Raiser::new(table.layout(), hierarchies, &solution.levels);
    let (raised, target_of) = raiser.table(base);
    let verdict = judge.judge(&raised, &|column| solution.levels.get(column).copied().unwrap_or(0));
    let class = |(word, n): &(W, u32)| {
        let code = |column| {
            let (shift, width) = table.layout().field(column);
            word.get(shift, width)
        };
        let codes = (0..hierarchies.len()).map(code).collect();
        Class { levels: solution.levels.clone(), codes, persons: u64::from(*n) }
    };
    let mut classes: Vec<Class> = raised.classes.iter().map(class).collect();
    for place in &verdict.gone {
        classes.iter_mut().skip(*place as usize).take(1).for_each(|c| c.persons = 0);
    }
    let kept = |place: &u32| Some(*place as usize).filter(|p| classes.get(*p).is_some_and(|c| c.persons > 0));
    let class_of = target_of.iter().map(kept).collect();
    (classes, class_of)
}

impl<'a> Released<'a> {
    fn new(
        hierarchies: Vec<&'a Hierarchy>,
        table: &'a Folded,
        classes: Vec<Class>,
        class_of: Vec<Option<usize>>,
        k: u32,
    ) -> Self {
        Self { hierarchies, table, class_of, classes, persons: table.persons(), k }
    }

    fn measure(&self, weights: &[f64]) -> Quality {
        let columns: Vec<ColumnQuality> = (0..self.hierarchies.len()).map(|c| self.column(c)).collect();
        let mean = |of: fn(&ColumnQuality) -> f64| columns.iter().map(of).sum::<f64>() / columns.len().max(1) as f64;
        let room = |h: &&Hierarchy| 1.0 - (h.leaves().max(1) as f64).recip();
        let told = |weight: &dyn Fn(usize) -> f64| {
            let weighed = columns.iter().zip(&self.hierarchies).enumerate();
            let (told, rooms) = weighed.fold((0.0, 0.0), |sum, (at, (c, h))| {
                let room = weight(at) * room(h);
                (sum.0 + c.granularity * room, sum.1 + room)
            });
            if rooms > 0.0 { told / rooms } else { 1.0 }
        };
        let released: u64 = self.classes.iter().map(|c| c.persons).sum();
        let many = self.classes.iter().filter(|c| c.persons > 0).count().max(1) as f64;
        let squares: f64 = self.classes.iter().map(|c| (c.persons as f64).powi(2)).sum();
        Quality {
            granularity: told(&|_| 1.0),
            weighted_granularity: told(&|at| weights.get(at).copied().unwrap_or(1.0)),
            entropy: mean(|c| c.entropy),
            precision: mean(|c| c.precision),
            discernibility: squares + (self.persons - released) as f64 * self.persons as f64,
            average_class_size: released as f64 / many,
            average_class_size_per_k: released as f64 / many / f64::from(self.k.max(1)),
            ambiguity: self.ambiguity(),
            kl_divergence: self.divergence(),
            columns,
        }
    }

    /// Returns how many persons have each leaf of a column together with each level and code released there, if any.
    fn cells(&self, column: usize) -> Vec<Cell> {
        let mut sums: FxHashMap<(usize, Option<(usize, usize)>), u64> = FxHashMap::default();
        for ((leaf, n), class) in self.tuples(column).zip(&self.class_of) {
            let class = class.and_then(|at| self.classes.get(at));
            let cell = class.and_then(|c| Some((*c.levels.get(column)?, *c.codes.get(column)?)));
            *sums.entry((leaf, cell)).or_insert(0) += u64::from(n);
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_unstable();
        sums.into_iter().map(|((leaf, cell), n)| (n as f64, leaf, cell)).collect()
    }

    /// Returns of each tuple the leaf in a column, and its persons.
    fn tuples(&self, column: usize) -> Box<dyn Iterator<Item = (usize, u32)> + '_> {
        let (shift, width) = self.table.layout().field(column);
        match self.table.words() {
            Words::Narrow(base) => Box::new(base.classes.iter().map(move |(word, n)| (word.get(shift, width), *n))),
            Words::Wide(base) => Box::new(base.classes.iter().map(move |(word, n)| (word.get(shift, width), *n))),
        }
    }

    fn column(&self, at: usize) -> ColumnQuality {
        let Some(hierarchy) = self.hierarchies.get(at) else { return ColumnQuality::empty() };
        let cells = self.cells(at);
        let sums = Sums::new(hierarchy, &cells);
        let (persons, leaves) = (self.persons.max(1) as f64, hierarchy.leaves().max(1) as f64);
        let height = hierarchy.levels().len().saturating_sub(1).max(1) as f64;
        let mut found = ColumnQuality { name: hierarchy.name().to_owned(), ..ColumnQuality::empty() };
        let (mut shares, mut bits, mut most_bits, mut climbed, mut missing, mut squares) =
            (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (n, leaf, cell) in cells.iter().copied() {
            let rarity = sums.all.persons / sums.of(0, leaf).persons;
            let group = cell.map_or(sums.all, |(level, code)| sums.of(level, code));
            shares += n * cell.map_or(1.0, |(level, code)| under(hierarchy, level, code) / leaves);
            bits += n * (rarity * group.persons / sums.all.persons).log2();
            most_bits += n * rarity.log2();
            climbed += n * cell.map_or(1.0, |(level, _)| level as f64 / height);
            missing += if cell.is_none() { n } else { 0.0 };
            squares += n * sums.values.get(leaf).map_or(0.0, |x| (x - group.values / group.persons).powi(2));
        }
        let room = 1.0 - leaves.recip();
        found.granularity = if room > 0.0 { 1.0 - (shares / persons - leaves.recip()) / room } else { 1.0 };
        found.entropy = if most_bits > 0.0 { 1.0 - bits / most_bits } else { 1.0 };
        (found.precision, found.missing) = (1.0 - climbed / persons, missing / persons);
        if !sums.values.is_empty() {
            let spread: f64 = spread(&cells, &sums);
            found.mse = Some(squares / persons);
            found.variance_kept = (spread > 0.0).then(|| 1.0 - squares / spread);
        }
        found
    }

    /// The leaf tuples that a class could stand for; all of them for nobody's class.
    fn possible(&self, class: Option<&Class>) -> f64 {
        let columns = self.hierarchies.iter().enumerate();
        let many = columns.map(|(at, hierarchy)| match class {
            Some(c) => {
                let (level, code) = (c.levels.get(at).copied().unwrap_or(0), c.codes.get(at).copied().unwrap_or(0));
                under(hierarchy, level, code)
            }
            None => hierarchy.leaves() as f64,
        });
        many.product()
    }

    fn ambiguity(&self) -> f64 {
        let released: f64 = self.classes.iter().map(|c| c.persons as f64 * self.possible(Some(c))).sum();
        let gone = self.persons - self.classes.iter().map(|c| c.persons).sum::<u64>();
        (released + gone as f64 * self.possible(None)) / self.persons.max(1) as f64
    }

    fn divergence(&self) -> f64 {
        let persons = self.persons.max(1) as f64;
        let gone = self.persons - self.classes.iter().map(|c| c.persons).sum::<u64>();
        let anywhere = gone as f64 / persons / self.possible(None);
        let density: Vec<f64> =
            self.classes.iter().map(|c| c.persons as f64 / persons / self.possible(Some(c))).collect();
        let term = |((_, n), class): ((usize, u32), &Option<usize>)| {
            let p = f64::from(n) / persons;
            let spread = class.and_then(|c| density.get(c)).copied().unwrap_or(0.0) + anywhere;
            if n > 0 { p * (p / spread).ln() } else { 0.0 }
        };
        self.tuples(0).zip(&self.class_of).map(term).sum()
    }
}

fn spread(cells: &[Cell], sums: &Sums) -> f64 {
    let mean = sums.all.values / sums.all.persons.max(1.0);
    cells.iter().map(|(n, leaf, _)| n * sums.values.get(*leaf).map_or(0.0, |x| (x - mean).powi(2))).sum()
}

fn under(hierarchy: &Hierarchy, level: usize, code: usize) -> f64 {
    hierarchy.levels().get(level).and_then(|l| l.leaves_under().get(code)).map_or(1.0, |n| f64::from(*n))
}

impl ColumnQuality {
    fn empty() -> Self {
        Self {
            name: String::new(),
            granularity: 1.0,
            entropy: 1.0,
            precision: 1.0,
            missing: 0.0,
            mse: None,
            variance_kept: None,
        }
    }
}

/// Persons of a group in the input and the sum of their values, if the column holds numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    persons: f64,
    values: f64,
}

/// Those sums for every group of every level.
struct Sums {
    by_level: Vec<Vec<Sum>>,
    all: Sum,
    /// The numbers that the leaves are; empty if one of those that occur is none.
    values: Vec<f64>,
}

impl Sums {
    fn new(hierarchy: &Hierarchy, cells: &[Cell]) -> Self {
        let mut of_leaf = vec![0.0; hierarchy.leaves()];
        for (n, leaf, _) in cells {
            of_leaf.iter_mut().skip(*leaf).take(1).for_each(|sum| *sum += n);
        }
        let labels = hierarchy.levels().first().map_or(&[][..], |l| l.labels());
        let number = |(label, n): (&String, &f64)| if *n > 0.0 { label.trim().parse().ok() } else { Some(0.0) };
        let values: Option<Vec<f64>> = labels.iter().zip(&of_leaf).map(number).collect();
        let values = values.filter(|v| v.iter().all(|x| x.is_finite())).unwrap_or_default();
        let mut sums = Self { by_level: Vec::new(), all: Sum::default(), values };
        for level in hierarchy.levels() {
            let mut groups = vec![Sum::default(); level.labels().len()];
            for ((code, n), leaf) in level.codes().iter().zip(&of_leaf).zip(0..) {
                let value: f64 = sums.values.get::<usize>(leaf).copied().unwrap_or(0.0);
                groups.iter_mut().skip(*code as usize).take(1).for_each(|g| g.add(*n, value));
            }
            sums.by_level.push(groups);
        }
        let whole = sums.by_level.first().map_or(&[][..], Vec::as_slice);
        sums.all = Sum { persons: whole.iter().map(|g| g.persons).sum(), values: whole.iter().map(|g| g.values).sum() };
        sums
    }

    fn of(&self, level: usize, code: usize) -> Sum {
        self.by_level.get(level).and_then(|groups| groups.get(code)).copied().unwrap_or(self.all)
    }
}

impl Sum {
    fn add(&mut self, persons: f64, value: f64) {
        self.persons += persons;
        self.values += persons * value;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use arrow_array::UInt32Array;

    use super::*;
    fn ages() -> QuasiIdentifier {
        let csv = "10;10-19;*\n12;10-19;*\n20;20-29;*\n28;20-29;*\n";
        QuasiIdentifier::new(Hierarchy::from_arx_csv("age", csv).unwrap())
    }

    fn measured(codes: Vec<u32>, k: u32, limit: f64) -> Quality {
        let attributes = [ages()];
        let table = Folded::new(&[attributes[0].hierarchy()], &[UInt32Array::from(codes)]).unwrap();
        let solution = search(&attributes, &table, &Policy::new(k, limit)).unwrap();
        let quality = Quality::of(&attributes, &table, &solution).unwrap();
        assert!((quality.granularity - solution.loss.granularity).abs() < 1e-12);
        quality
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }

    #[test]
    fn an_untouched_table_has_kept_everything() {
        let quality = measured(vec![0, 0, 1, 2, 3], 1, 0.0);
        let column = &quality.columns[0];
        assert_eq!((quality.granularity, quality.entropy, quality.precision, quality.ambiguity), (1.0, 1.0, 1.0, 1.0));
        assert_eq!((column.mse, column.variance_kept, quality.average_class_size), (Some(0.0), Some(1.0), 1.25));
        close(quality.kl_divergence, 0.0);
        close(quality.discernibility, 4.0 + 3.0);
    }

    #[test]
    fn decades_keep_what_the_definitions_say() {
        let quality = measured(vec![0, 1, 2, 3], 2, 0.0);
        let column = &quality.columns[0];
        close(column.granularity, 1.0 - (0.5 - 0.25) / 0.75);
        close(column.entropy, 0.5);
        close(column.precision, 0.5);
        close(column.mse.unwrap(), (1.0 + 1.0 + 16.0 + 16.0) / 4.0);
        close(quality.ambiguity, 2.0);
        close(quality.discernibility, 8.0);
        close(quality.average_class_size_per_k, 1.0);
        close(quality.kl_divergence, 0.0);
    }

    #[test]
    fn suppressed_persons_count_as_told_nothing() {
        let quality = measured(vec![0, 0, 0, 3], 2, 0.25);
        let column = &quality.columns[0];
        close(column.missing, 0.25);
        close(column.granularity, 0.75);
        close(quality.discernibility, 9.0 + 4.0);
        let mean = (10.0 * 3.0 + 28.0) / 4.0;
        close(column.mse.unwrap(), (28.0_f64 - mean).powi(2) / 4.0);
        // The suppressed quarter is spread over all four leaves.
        let spread = 0.75 + 0.25 / 4.0;
        close(quality.kl_divergence, 0.75 * (0.75_f64 / spread).ln() + 0.25 * (0.25_f64 / (0.25 / 4.0)).ln());
    }
}
