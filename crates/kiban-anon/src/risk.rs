//! Re-identification risk of a table by the sizes of its classes (El Emam 2013; ARX's three attackers).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::PopulationUniques;

/// Risk under the three usual attackers, with the distribution it follows from.
///
/// The *prosecutor* knows that the person is in the table, the *journalist* only that the person is in the population,
/// the *marketer* wants as many as possible. Without a population table the journalist is taken for a prosecutor,
/// which can only overstate the risk.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Risk {
    /// Persons counted.
    pub persons: u64,
    /// Classes they form.
    pub classes: u64,
    /// The smallest class; 0 in an empty table.
    pub smallest: u64,
    /// The largest probability of naming a person rightly.
    pub prosecutor_max: f64,
    /// The mean over persons of that probability.
    pub prosecutor_mean: f64,
    /// The largest probability if only membership in the population is known.
    pub journalist_max: f64,
    /// The mean of that probability.
    pub journalist_mean: f64,
    /// The share of persons that are named rightly if every class is matched at random.
    pub marketer: f64,
    /// Persons who are alone in their class.
    pub unique: u64,
    /// How many classes have each size, by size.
    pub sizes: BTreeMap<u64, u64>,
}

impl Risk {
    /// Measures a table by its class sizes.
    pub fn of(sizes: &[u64]) -> Self {
        let pairs: Vec<_> = sizes.iter().map(|n| (*n, *n)).collect();
        Self::in_population(&pairs)
    }

    /// Measures a table by its class sizes and those of the same classes in the population.
    ///
    /// A population class smaller than the table's own cannot be, so the table's size stands in for it.
    pub fn in_population(pairs: &[(u64, u64)]) -> Self {
        let mut sizes = BTreeMap::new();
        let mut population: BTreeMap<(u64, u64), u64> = BTreeMap::new();
        for (here, there) in pairs.iter().filter(|p| p.0 > 0) {
            *sizes.entry(*here).or_insert(0_u64) += 1;
            *population.entry((*here, (*here).max(*there))).or_insert(0) += 1;
        }
        let persons: u64 = sizes.iter().map(|(size, n)| size * n).sum();
        let classes: u64 = sizes.values().sum();
        let smallest = sizes.keys().next().copied().unwrap_or(0);
        let of_persons = |sum: f64| if persons == 0 { 0.0 } else { sum / persons as f64 };
        let once = |size: u64| if size == 0 { 0.0 } else { (size as f64).recip() };
        let smallest_there = population.keys().map(|(_, there)| *there).min().unwrap_or(0);
        let hits: f64 = population.iter().map(|((here, there), n)| *n as f64 * *here as f64 / *there as f64).sum();
        Self {
            prosecutor_max: once(smallest),
            prosecutor_mean: of_persons(classes as f64),
            journalist_max: once(smallest_there),
            journalist_mean: of_persons(hits),
            marketer: of_persons(hits),
            unique: sizes.get(&1).copied().unwrap_or(0),
            persons,
            classes,
            smallest,
            sizes,
        }
    }
}

/// Persons and classes of one range of class sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SizeBand {
    /// The smallest size of the range.
    pub from: u64,
    /// The largest, or none for "and more".
    pub to: Option<u64>,
    /// Classes of such a size.
    pub classes: u64,
    /// Persons in them.
    pub persons: u64,
}

impl Risk {
    /// Returns how persons spread over class sizes: 1, 2–4, 5–9, 10–19, 20–49, 50–99, and 100 or more.
    pub fn bands(&self) -> [SizeBand; 7] {
        let edges =
            [(1, Some(1)), (2, Some(4)), (5, Some(9)), (10, Some(19)), (20, Some(49)), (50, Some(99)), (100, None)];
        edges.map(|(from, to)| {
            let within = self.sizes.range(from..=to.unwrap_or(u64::MAX));
            let (classes, persons) = within.fold((0, 0), |sum, (size, n)| (sum.0 + n, sum.1 + size * n));
            SizeBand { from, to, classes, persons }
        })
    }

    /// Returns the share of persons whom a prosecutor names with a higher probability than this (ARX's *records at risk*).
    pub fn at_risk(&self, threshold: f64) -> f64 {
        let risky = self.sizes.iter().filter(|(size, _)| (**size as f64).recip() > threshold);
        let persons: u64 = risky.map(|(size, n)| size * n).sum();
        if self.persons == 0 { 0.0 } else { persons as f64 / self.persons as f64 }
    }

    /// Estimates how many persons are unique in a population of which this table is a sample, under each model.
    pub fn population_uniques(&self, population: u64) -> PopulationUniques {
        PopulationUniques::of(&self.sizes, population)
    }
}

/// The same measure on the table as it was and as it is released.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BeforeAfter<T> {
    /// On the table before anything was done.
    pub before: T,
    /// On what is released.
    pub after: T,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn risk_follows_from_class_sizes() {
        let risk = Risk::of(&[1, 4, 5]);
        assert_eq!((risk.persons, risk.classes, risk.smallest, risk.unique), (10, 3, 1, 1));
        assert_eq!((risk.prosecutor_max, risk.prosecutor_mean, risk.marketer), (1.0, 0.3, 0.3));
        assert_eq!(risk.sizes, BTreeMap::from([(1, 1), (4, 1), (5, 1)]));
    }

    #[test]
    fn a_population_lowers_the_journalists_risk_only() {
        let risk = Risk::in_population(&[(2, 10), (3, 30), (5, 1)]);
        assert_eq!((risk.prosecutor_max, risk.journalist_max), (0.5, 0.2), "5 here cannot be 1 there");
        assert!((risk.marketer - (0.2 + 0.1 + 1.0) / 10.0).abs() < 1e-12);
        assert!(risk.journalist_mean < risk.prosecutor_mean);
    }

    #[test]
    fn sizes_spread_over_bands() {
        let risk = Risk::of(&[1, 1, 4, 5, 100, 250]);
        let seen: Vec<(u64, u64, u64)> = risk.bands().iter().map(|b| (b.from, b.classes, b.persons)).collect();
        assert_eq!(seen, [(1, 2, 2), (2, 1, 4), (5, 1, 5), (10, 0, 0), (20, 0, 0), (50, 0, 0), (100, 2, 350)]);
        assert_eq!(risk.bands().iter().map(|b| b.persons).sum::<u64>(), risk.persons);
        assert_eq!((risk.at_risk(0.2), risk.at_risk(0.19)), (6.0 / 361.0, 11.0 / 361.0));
        assert_eq!(risk.population_uniques(361).zayatz.map(f64::round), Some(2.0), "the sample is the population");
    }

    #[test]
    fn an_empty_table_has_no_risk() {
        let risk = Risk::of(&[]);
        assert_eq!((risk.persons, risk.prosecutor_max, risk.marketer), (0, 0.0, 0.0));
    }
}
