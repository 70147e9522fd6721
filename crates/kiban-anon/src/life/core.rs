//! The largest group of an item's holders among whom every combination with what they are released with is shared.

/// Pairs are counted in a triangle of numbers as long as it is not larger than this.
const MOST_PAIRS: usize = 1 << 23;

/// Finds cores; it keeps its counters between calls.
///
/// A group of holders of an item is *sound* if each of its persons shares every set of at most so many of their other
/// items with k − 1 others of the group. The union of sound groups is sound, for supports only grow. So there is one
/// largest sound group, the *core*, and taking away whoever fails, in whatever order, until nobody does, leaves it.
#[derive(Default)]
pub(super) struct Cores {
    k: u32,
    /// Counters by item; all zero between calls.
    counts: Vec<u32>,
    /// The group's items renamed to 0, 1, … in ascending order.
    local_of: Vec<u32>,
    group: Group,
    pairs: Vec<u32>,
}

/// The persons of a group with their items, renamed.
#[derive(Default)]
struct Group {
    offsets: Vec<usize>,
    items: Vec<u32>,
    alive: Vec<bool>,
    vocabulary: usize,
}

#[expect(clippy::indexing_slicing, reason = "items are below the counters' number, persons below the group's")]
impl Cores {
    pub(super) fn new(k: u32) -> Self {
        Self { k, ..Self::default() }
    }

    /// Returns who of the holders is in the core; `others` are their items, and sets of up to `depth` of them count.
    pub(super) fn core(&mut self, holders: &[u32], others: &[Vec<u32>], depth: u32, vocabulary: usize) -> Vec<bool> {
        let mut alive = vec![true; holders.len()];
        if (holders.len() as u64) < u64::from(self.k) {
            return vec![false; holders.len()];
        }
        if depth == 0 {
            return alive;
        }
        self.counts.resize(self.counts.len().max(vocabulary), 0);
        let lives: Vec<&[u32]> = holders.iter().map(|p| others[*p as usize].as_slice()).collect();
        let touched = self.singles(&lives, &mut alive);
        let left = alive.iter().filter(|a| **a).count();
        if depth > 1 && left >= self.k as usize {
            self.rename(&lives, &alive, touched);
            self.settle(depth);
            let mut verdicts = self.group.alive.iter();
            alive.iter_mut().filter(|a| **a).for_each(|a| *a = verdicts.next().copied().unwrap_or(false));
        }
        if alive.iter().filter(|a| **a).count() < self.k as usize { vec![false; holders.len()] } else { alive }
    }

    /// Takes away who has an item that too few share; returns the items that were seen, ascending.
    fn singles(&mut self, lives: &[&[u32]], alive: &mut [bool]) -> Vec<u32> {
        let mut touched = Vec::new();
        for item in lives.iter().copied().flatten() {
            if self.counts[*item as usize] == 0 {
                touched.push(*item);
            }
            self.counts[*item as usize] += 1;
        }
        loop {
            let mut gone = false;
            for (life, alive) in lives.iter().zip(alive.iter_mut()).filter(|(_, alive)| **alive) {
                if life.iter().any(|item| self.counts[*item as usize] < self.k) {
                    life.iter().for_each(|item| self.counts[*item as usize] -= 1);
                    (*alive, gone) = (false, true);
                }
            }
            if !gone {
                break;
            }
        }
        touched.retain(|item| std::mem::take(&mut self.counts[*item as usize]) > 0);
        touched.sort_unstable();
        touched
    }

    fn rename(&mut self, lives: &[&[u32]], alive: &[bool], items: Vec<u32>) {
        self.local_of.resize(self.counts.len(), 0);
        (0_u32..).zip(&items).for_each(|(local, item)| self.local_of[*item as usize] = local);
        let group = &mut self.group;
        group.vocabulary = items.len();
        group.offsets.clear();
        group.items.clear();
        group.offsets.push(0);
        for life in lives.iter().zip(alive).filter(|(_, alive)| **alive).map(|(life, _)| life) {
            group.items.extend(life.iter().map(|item| self.local_of[*item as usize]));
            group.offsets.push(group.items.len());
        }
        group.alive.clear();
        group.alive.resize(group.offsets.len() - 1, true);
    }

    /// Takes away who has a set of up to `depth` items that too few share, until nobody has.
    fn settle(&mut self, depth: u32) {
        let everybody: Vec<u32> = (0..u32::try_from(self.group.alive.len()).unwrap_or(u32::MAX)).collect();
        let at_once = self.fits(self.group.vocabulary, depth);
        while self.sweep(&everybody, self.group.vocabulary, depth) && !at_once {}
    }

    fn fits(&self, below: usize, depth: u32) -> bool {
        depth == 2 && below * below / 2 <= MOST_PAIRS
    }

    /// Walks once through the sets of up to `depth` items below `below`; tells whether that took somebody away.
    fn sweep(&mut self, persons: &[u32], below: usize, depth: u32) -> bool {
        if self.fits(below, depth) {
            return self.pairs(persons, below);
        }
        let mut holders: Vec<Vec<u32>> = vec![Vec::new(); below];
        for person in persons.iter().filter(|p| self.group.alive[**p as usize]) {
            self.group.items_below(*person, below).iter().for_each(|item| holders[*item as usize].push(*person));
        }
        let mut gone = false;
        for (item, mut holders) in holders.into_iter().enumerate() {
            holders.retain(|person| self.group.alive[*person as usize]);
            gone |= self.shared(&holders, item);
            if depth > 2 {
                gone |= self.sweep(&holders, item, depth - 1);
            }
        }
        gone
    }

    /// Takes away whoever has an item below `below` that too few of these share.
    fn shared(&mut self, persons: &[u32], below: usize) -> bool {
        let Self { group, counts, k, .. } = self;
        // The holders' own number first: whoever is left without company goes as well.
        let mut left = persons.len();
        for person in persons {
            group.items_below(*person, below).iter().for_each(|item| counts[*item as usize] += 1);
        }
        let mut any = false;
        loop {
            let mut gone = false;
            for person in persons {
                let items = group.items_below(*person, below);
                let fails = left < *k as usize || items.iter().any(|item| counts[*item as usize] < *k);
                if group.alive[*person as usize] && fails {
                    items.iter().for_each(|item| counts[*item as usize] -= 1);
                    group.alive[*person as usize] = false;
                    left -= 1;
                    gone = true;
                }
            }
            any |= gone;
            if !gone {
                break;
            }
        }
        for person in persons {
            group.items_below(*person, below).iter().for_each(|item| counts[*item as usize] = 0);
        }
        any
    }

    /// As [`Self::sweep`] for pairs, whose counters fit a triangle with single items on its edge; it comes to the end at once.
    fn pairs(&mut self, persons: &[u32], below: usize) -> bool {
        let Self { group, pairs, k, .. } = self;
        pairs.clear();
        pairs.resize(below * (below + 1) / 2, 0);
        for person in persons.iter().filter(|p| group.alive[**p as usize]) {
            each_row(pairs, group.items_below(*person, below), |n| *n += 1);
        }
        let mut any = false;
        loop {
            let mut broken = false;
            for person in persons {
                let items = group.items_below(*person, below);
                if group.alive[*person as usize] && has_rare(pairs, items, *k) {
                    each_row(pairs, items, |n| {
                        *n -= 1;
                        broken |= *n + 1 == *k;
                    });
                    group.alive[*person as usize] = false;
                    any = true;
                }
            }
            if !broken {
                return any;
            }
        }
    }
}

#[expect(clippy::indexing_slicing, reason = "the triangle has a row for every item of the group")]
fn each_row(pairs: &mut [u32], items: &[u32], mut change: impl FnMut(&mut u32)) {
    for (place, item) in items.iter().enumerate() {
        let item = *item as usize;
        let row = &mut pairs[item * (item + 1) / 2..][..=item];
        items[..=place].iter().for_each(|other| change(&mut row[*other as usize]));
    }
}

#[expect(clippy::indexing_slicing, reason = "as for each_row")]
fn has_rare(pairs: &[u32], items: &[u32], k: u32) -> bool {
    items.iter().enumerate().any(|(place, item)| {
        let item = *item as usize;
        let row = &pairs[item * (item + 1) / 2..][..=item];
        items[..=place].iter().any(|other| row[*other as usize] < k)
    })
}

impl Group {
    #[expect(clippy::indexing_slicing, reason = "persons are numbered from 0 by the offsets")]
    fn items_below(&self, person: u32, below: usize) -> &[u32] {
        let items = &self.items[self.offsets[person as usize]..self.offsets[person as usize + 1]];
        if below >= self.vocabulary { items } else { &items[..items.partition_point(|i| (*i as usize) < below)] }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The core by definition: the union of all sound groups, each tried.
    fn oracle(lives: &[Vec<u32>], k: usize, depth: u32) -> Vec<bool> {
        let sets: Vec<u32> = lives.iter().map(|life| life.iter().fold(0, |set, item| set | 1 << item)).collect();
        let mut core = 0_u32;
        for group in 1_u32..1 << lives.len() {
            let members: Vec<u32> = (0..lives.len()).filter(|p| group >> p & 1 == 1).map(|p| sets[p]).collect();
            let mut wanted = (0_u32..256).filter(|s| s.count_ones() <= depth && members.iter().any(|m| m & s == *s));
            if wanted.all(|s| members.iter().filter(|m| **m & s == s).count() >= k) {
                core |= group;
            }
        }
        (0..lives.len()).map(|p| core >> p & 1 == 1).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_core_is_the_union_of_all_sound_groups(
            lives in proptest::collection::vec(proptest::collection::btree_set(0_u32..6, 0..5), 0..10),
            k in 1_u32..4, depth in 0_u32..4,
        ) {
            let lives: Vec<Vec<u32>> = lives.into_iter().map(|life| life.into_iter().collect()).collect();
            let holders: Vec<u32> = (0..u32::try_from(lives.len()).unwrap()).collect();
            let mut cores = Cores::new(k);
            let expected = oracle(&lives, k as usize, depth);
            for _ in 0..2 {
                prop_assert_eq!(&cores.core(&holders, &lives, depth, 6), &expected);
            }
        }
    }
}
