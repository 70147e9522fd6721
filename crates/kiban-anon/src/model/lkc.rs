//! LKC-privacy: groups by every few of the quasi-identifiers instead of all of them.

use rustc_hash::FxHashMap;

use crate::{classes::ClassTable, fold::Word};

/// An LKC model bound to a table's columns.
#[derive(Debug, Clone)]
pub(super) struct Lkc {
    pub(super) l: usize,
    pub(super) k: u32,
    /// The greatest share of each sensitive value; 1 for those that are not sensitive.
    pub(super) most: Vec<f64>,
    /// The place of the sensitive attribute among the table's.
    pub(super) on: usize,
}

#[derive(Default, Clone)]
struct Group {
    persons: u32,
    values: FxHashMap<u32, u32>,
}

/// Which classes hold when failing groups are taken away again and again, until none fails.
pub(super) struct Core {
    pub(super) kept: Vec<bool>,
    /// Persons who cannot stay because of the group sizes alone: this never rises when a node is raised.
    pub(super) at_least: u64,
}

impl Lkc {
    /// Judges the classes that are still kept; each column's field in the word comes as a mask.
    pub(super) fn core<W: Word>(&self, table: &ClassTable<W>, kept: Vec<bool>, fields: &[W]) -> Core {
        let groupings = choose(fields, self.l.min(fields.len()));
        let sizes_alone = self.settle(table, vec![true; table.len()], &groupings, false);
        let gone =
            |kept: &[bool]| table.classes.iter().zip(kept).filter(|(_, k)| !**k).map(|(c, _)| u64::from(c.1)).sum();
        Core { at_least: gone(&sizes_alone), kept: self.settle(table, kept, &groupings, true) }
    }

    fn settle<W: Word>(&self, table: &ClassTable<W>, mut kept: Vec<bool>, masks: &[W], shares: bool) -> Vec<bool> {
        loop {
            let mut next = kept.clone();
            for mask in masks {
                let groups = self.groups(table, &kept, *mask, shares);
                for ((word, _), keep) in table.classes.iter().zip(&mut next) {
                    *keep = *keep && groups.get(&word.and(*mask)).is_none_or(|group| self.holds(group));
                }
            }
            if next == kept {
                return kept;
            }
            kept = next;
        }
    }

    fn groups<W: Word>(&self, table: &ClassTable<W>, kept: &[bool], mask: W, shares: bool) -> FxHashMap<W, Group> {
        let mut groups: FxHashMap<W, Group> = FxHashMap::default();
        for (place, (word, n)) in table.classes.iter().enumerate() {
            if !kept.get(place).copied().unwrap_or(false) {
                continue;
            }
            let group = groups.entry(word.and(mask)).or_default();
            group.persons += n;
            let histogram = table.sensitive.get(self.on).filter(|_| shares).map_or(&[][..], |h| h.class(place));
            for (value, n) in histogram {
                *group.values.entry(*value).or_insert(0) += n;
            }
        }
        groups
    }

    fn holds(&self, group: &Group) -> bool {
        let share = |n: u32| f64::from(n) / f64::from(group.persons);
        let most = |value: u32| self.most.get(value as usize).copied().unwrap_or(1.0);
        group.persons >= self.k && group.values.iter().all(|(value, n)| share(*n) <= most(*value) + 1e-9)
    }
}

/// Returns every union of so many of the masks.
fn choose<W: Word>(masks: &[W], many: usize) -> Vec<W> {
    let Some((first, rest)) = masks.split_first() else { return vec![W::ZERO] };
    if many == 0 {
        return vec![W::ZERO];
    }
    let with = choose(rest, many - 1).into_iter().map(|m| m.or(*first));
    if rest.len() < many { with.collect() } else { with.chain(choose(rest, many)).collect() }
}
