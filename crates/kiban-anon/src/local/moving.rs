//! Moving persons from vague classes to those that tell more of them.

use rustc_hash::FxHashMap;

use super::{
    LocalClass,
    recoder::{Column, Recoder},
};
use crate::fold::Word;

/// The classes of one choice of levels, by their word, with their place and cost.
struct Told<W> {
    least: f64,
    levels: Vec<u8>,
    classes: FxHashMap<W, (usize, f64)>,
}

impl<W: Word> Recoder<'_, W> {
    /// Moves whoever can be spared to a class that covers them and tells more, from the vaguest class on.
    pub(super) fn moved(&self, classes: Vec<LocalClass>) -> Vec<LocalClass> {
        let (mut classes, index) = self.indexed(classes);
        let mut order: Vec<(f64, usize)> = classes.iter().enumerate().map(|(at, c)| (self.cost(c), at)).collect();
        order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (cost, from) in order {
            let Some(class) = classes.get(from).filter(|c| c.persons > 0) else { continue };
            let mut ways: Vec<(f64, u32, usize)> = class
                .members
                .iter()
                .filter_map(|t| self.way(*t, cost, from, &index, &classes).map(|w| (w.0, *t, w.1)))
                .collect();
            if ways.len() < class.members.len() {
                ways.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                ways = self.spared(class, ways);
            }
            self.walk(&mut classes, from, &ways);
        }
        classes.retain(|c| c.persons > 0);
        classes
    }

    /// Takes from the wishes, greatest saving first, those that leave a sound class.
    fn spared(&self, class: &LocalClass, wishes: Vec<(f64, u32, usize)>) -> Vec<(f64, u32, usize)> {
        let (mut left, mut staying) = (class.persons, class.members.clone());
        let sizes = self.judge.only_sizes();
        wishes
            .into_iter()
            .filter(|(_, tuple, _)| {
                let after = left - self.weight(*tuple);
                let without = || staying.iter().copied().filter(|t| t != tuple).collect::<Vec<_>>();
                let good = after >= self.judge.smallest() && (sizes || self.sound(&without(), after));
                if good {
                    left = after;
                    if !sizes {
                        staying.retain(|t| t != tuple);
                    }
                }
                good
            })
            .collect()
    }

    fn walk(&self, classes: &mut [LocalClass], from: usize, ways: &[(f64, u32, usize)]) {
        let mut gone: Vec<u32> = Vec::with_capacity(ways.len());
        for (_, tuple, to) in ways {
            if let Some(class) = classes.get_mut(*to) {
                class.members.push(*tuple);
                class.persons += self.weight(*tuple);
                gone.push(*tuple);
            }
        }
        gone.sort_unstable();
        if let Some(class) = classes.get_mut(from) {
            class.members.retain(|t| gone.binary_search(t).is_err());
            class.persons = self.persons(&class.members);
        }
    }

    /// Returns the class that tells most among those that cover a tuple, if it tells more than the tuple's own, and what
    /// is saved. A class that somebody joins must stay sound.
    fn way(
        &self,
        tuple: u32,
        cost: f64,
        from: usize,
        index: &[Told<W>],
        classes: &[LocalClass],
    ) -> Option<(f64, usize)> {
        let mut best: Option<(f64, usize)> = None;
        for told in index {
            let limit = best.map_or(cost, |b| b.0);
            if told.least >= limit - 1e-9 {
                break;
            }
            let Some((to, there)) = told.classes.get(&self.word(&told.levels, tuple)).copied() else { continue };
            let open = to != from && classes.get(to).is_some_and(|class| class.persons > 0 && self.takes(class, tuple));
            if open && there < limit - 1e-9 {
                best = Some((there, to));
            }
        }
        best.map(|(there, to)| (f64::from(self.weight(tuple)) * (cost - there), to))
    }

    fn takes(&self, class: &LocalClass, tuple: u32) -> bool {
        let with = || class.members.iter().copied().chain([tuple]).collect::<Vec<_>>();
        self.judge.only_sizes() || self.sound(&with(), class.persons + self.weight(tuple))
    }

    fn word(&self, levels: &[u8], tuple: u32) -> W {
        let field = |acc: W, (column, level): (&Column, &u8)| acc.or(W::put(column.code(*level, tuple), column.shift));
        self.columns.iter().zip(levels).fold(W::ZERO, field)
    }

    /// Puts classes of the same text together, and lists them by their levels, those that tell most first.
    fn indexed(&self, classes: Vec<LocalClass>) -> (Vec<LocalClass>, Vec<Told<W>>) {
        let mut merged: Vec<LocalClass> = Vec::with_capacity(classes.len());
        let mut by_levels: FxHashMap<Vec<u8>, FxHashMap<W, (usize, f64)>> = FxHashMap::default();
        for class in classes {
            let put = |acc: W, (column, code): (&Column, &u32)| acc.or(W::put(*code, column.shift));
            let word = self.columns.iter().zip(&class.codes).fold(W::ZERO, put);
            let same = by_levels.entry(class.levels.clone()).or_default();
            match same.get(&word).and_then(|(at, _)| merged.get_mut(*at)) {
                Some(first) => {
                    first.persons += class.persons;
                    first.members.extend(class.members);
                }
                None => {
                    same.insert(word, (merged.len(), self.cost(&class)));
                    merged.push(class);
                }
            }
        }
        let told = |(levels, classes): (Vec<u8>, FxHashMap<W, (usize, f64)>)| {
            let least = classes.values().map(|c| c.1).fold(f64::INFINITY, f64::min);
            Told { least, levels, classes }
        };
        let mut index: Vec<Told<W>> = by_levels.into_iter().map(told).collect();
        index.sort_unstable_by(|a, b| a.least.total_cmp(&b.least).then_with(|| a.levels.cmp(&b.levels)));
        (merged, index)
    }
}
