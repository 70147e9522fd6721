//! Class tables: distinct packed tuples with their counts, and what else must be known of each class.

use std::num::NonZeroUsize;

use crate::{fold::Word, threads::on_threads};

/// Distributions of fewer entries are added up before threads have started.
const LARGE: usize = 1 << 15;

/// A class table: one entry per distinct word.
#[derive(Debug, Clone)]
pub(crate) struct ClassTable<W> {
    /// Words and how many persons have each.
    pub(crate) classes: Vec<(W, u32)>,
    /// How many of the population have each; empty where no population is known.
    pub(crate) population: Vec<u32>,
    /// The distribution of every sensitive attribute in each class.
    pub(crate) sensitive: Vec<Histograms>,
}

impl<W> Default for ClassTable<W> {
    fn default() -> Self {
        Self { classes: Vec::new(), population: Vec::new(), sensitive: Vec::new() }
    }
}

impl<W: Word> ClassTable<W> {
    pub(crate) fn len(&self) -> usize {
        self.classes.len()
    }

    /// Returns what the table costs to keep and to roll up, in entries.
    pub(crate) fn weight(&self) -> usize {
        self.len() + self.sensitive.iter().map(|h| h.entries.len()).sum::<usize>()
    }

    /// Tells whether more than the counts must be carried along.
    pub(crate) fn carries_more(&self) -> bool {
        !self.population.is_empty() || !self.sensitive.is_empty()
    }

    /// Returns the sizes of the classes that somebody is in.
    pub(crate) fn sizes(&self) -> Vec<u64> {
        self.classes.iter().map(|c| u64::from(c.1)).filter(|n| *n > 0).collect()
    }

    /// Carries population counts and distributions from these classes to those they fall into.
    pub(crate) fn carry(&self, classes: Vec<(W, u32)>, target_of: &[u32], threads: NonZeroUsize) -> Self {
        let targets = classes.len();
        let mut population = Vec::new();
        if !self.population.is_empty() {
            population = vec![0_u32; targets];
            for (target, n) in target_of.iter().zip(&self.population) {
                if let Some(sum) = population.get_mut(*target as usize) {
                    *sum = sum.saturating_add(*n);
                }
            }
        }
        let sensitive = self.sensitive.iter().map(|h| h.merged(target_of, targets, threads)).collect();
        Self { classes, population, sensitive }
    }

    /// Takes some of the classes, by their place, in that order.
    pub(crate) fn pick(&self, places: &[u32]) -> Self {
        let pick = |from: &Vec<u32>| places.iter().filter_map(|p| from.get(*p as usize)).copied().collect();
        Self {
            classes: places.iter().filter_map(|p| self.classes.get(*p as usize)).copied().collect(),
            population: pick(&self.population),
            sensitive: self.sensitive.iter().map(|h| h.pick(places)).collect(),
        }
    }
}

/// The distributions of one sensitive attribute, class after class: (value, persons), by value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Histograms {
    starts: Vec<u32>,
    entries: Vec<(u32, u32)>,
    values: usize,
}

impl Histograms {
    /// Takes one value per source with its number of persons; `values` is the size of the attribute's domain.
    pub(crate) fn of_rows(codes: impl Iterator<Item = (u32, u32)>, values: usize) -> Self {
        let entries: Vec<_> = codes.collect();
        let starts = (0..=u32::try_from(entries.len()).unwrap_or(u32::MAX)).collect();
        Self { starts, entries, values }
    }

    /// Returns the distribution in one class.
    #[inline]
    pub(crate) fn class(&self, at: usize) -> &[(u32, u32)] {
        let (Some(from), Some(to)) = (self.starts.get(at), self.starts.get(at + 1)) else { return &[] };
        self.entries.get(*from as usize..*to as usize).unwrap_or(&[])
    }

    /// Returns the distribution over all classes, by value.
    pub(crate) fn total(&self) -> Vec<u64> {
        let mut total = vec![0; self.values];
        for (value, n) in &self.entries {
            if let Some(sum) = total.get_mut(*value as usize) {
                *sum += u64::from(*n);
            }
        }
        total
    }

    /// Adds up the distributions of the sources that fall into the same target.
    pub(crate) fn merged(&self, target_of: &[u32], targets: usize, threads: NonZeroUsize) -> Self {
        let (order, ends) = by_target(target_of, targets);
        let parts = if self.entries.len() < LARGE { 1 } else { threads.get() * 4 };
        let pieces: Vec<(u32, &[u32])> = ends
            .chunks(targets.div_ceil(parts).max(1))
            .scan(0, |from, ends| Some((std::mem::replace(from, ends.last().copied().unwrap_or(*from)), ends)))
            .collect();
        let scratch = || vec![0_u32; self.values];
        let mut merged = Self { starts: Vec::with_capacity(targets + 1), entries: Vec::new(), values: self.values };
        merged.starts.push(0);
        for (ends, entries) in on_threads(threads, &pieces, scratch, |piece, sums| self.sum_up(&order, *piece, sums)) {
            let before = u32::try_from(merged.entries.len()).unwrap_or(u32::MAX);
            merged.starts.extend(ends.into_iter().map(|end| before + end));
            merged.entries.extend(entries);
        }
        merged
    }

    /// Adds up a run of targets, given where the sources of each end; returns where their entries end, and these.
    #[expect(clippy::indexing_slicing, reason = "targets and values were checked when the table was folded")]
    fn sum_up(&self, order: &[u32], (from, ends): (u32, &[u32]), sums: &mut [u32]) -> (Vec<u32>, Vec<(u32, u32)>) {
        let (mut from, mut touched) = (from as usize, Vec::new());
        let (mut entry_ends, mut entries) = (Vec::with_capacity(ends.len()), Vec::new());
        for end in ends {
            for source in &order[from..*end as usize] {
                for (value, n) in self.class(*source as usize) {
                    if sums[*value as usize] == 0 {
                        touched.push(*value);
                    }
                    sums[*value as usize] += n;
                }
            }
            from = *end as usize;
            touched.sort_unstable();
            entries.extend(touched.drain(..).map(|value| (value, std::mem::take(&mut sums[value as usize]))));
            entry_ends.push(u32::try_from(entries.len()).unwrap_or(u32::MAX));
        }
        (entry_ends, entries)
    }

    fn pick(&self, places: &[u32]) -> Self {
        let mut picked = Self { starts: vec![0], entries: Vec::new(), values: self.values };
        for place in places {
            picked.entries.extend_from_slice(self.class(*place as usize));
            picked.starts.push(u32::try_from(picked.entries.len()).unwrap_or(u32::MAX));
        }
        picked
    }
}

/// Sorts sources by target; returns them with the place where each target's sources end.
#[expect(clippy::indexing_slicing, reason = "every target is below the number of targets")]
fn by_target(target_of: &[u32], targets: usize) -> (Vec<u32>, Vec<u32>) {
    let mut ends = vec![0_u32; targets + 1];
    for target in target_of {
        ends[*target as usize + 1] += 1;
    }
    for at in 1..ends.len() {
        ends[at] += ends[at - 1];
    }
    let mut order = vec![0_u32; target_of.len()];
    for (source, target) in (0_u32..).zip(target_of) {
        let place = &mut ends[*target as usize];
        order[*place as usize] = source;
        *place += 1;
    }
    ends.pop();
    (order, ends)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    const ONE: NonZeroUsize = NonZeroUsize::MIN;

    #[test]
    fn distributions_add_up_where_classes_merge() {
        let rows = Histograms::of_rows([(2, 1), (0, 3), (2, 4), (1, 1)].into_iter(), 3);
        let merged = rows.merged(&[1, 0, 1, 1], 3, ONE);
        assert_eq!(merged.class(0), [(0, 3)]);
        assert_eq!(merged.class(1), [(1, 1), (2, 5)]);
        assert_eq!(merged.class(2), []);
        assert_eq!((merged.total(), rows.total()), (vec![3, 1, 5], vec![3, 1, 5]));
        assert_eq!(merged.pick(&[1]).class(0), [(1, 1), (2, 5)]);
        let once = merged.merged(&[0, 0, 0], 1, ONE);
        assert_eq!(once.class(0), [(0, 3), (1, 1), (2, 5)]);
    }
    #[test]
    fn threads_change_nothing_of_distributions() {
        let many = 100_000_u32;
        let rows = Histograms::of_rows((0..many).map(|row| (row % 7, row % 3 + 1)), 7);
        let target_of: Vec<u32> = (0..many).map(|row| row.wrapping_mul(0x9E37_79B9) >> 20).collect();
        let [one, three] = [1, 3].map(|threads| rows.merged(&target_of, 5_000, NonZeroUsize::new(threads).unwrap()));
        assert_eq!((&one.starts, &one.entries), (&three.starts, &three.entries));
        let mut expect = [0; 7];
        (0..many).filter(|row| target_of[*row as usize] == 9).for_each(|row| expect[(row % 7) as usize] += row % 3 + 1);
        let found: Vec<(u32, u32)> = (0..).zip(expect).filter(|entry| entry.1 > 0).collect();
        assert_eq!(one.class(9), found);
    }
}
