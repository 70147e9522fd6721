//! The blocks into which earlier releases together cut all persons, and the walk over all coalitions of them.

use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::Entry;

/// The block of those who are in none of the releases.
pub(super) const NOWHERE: u32 = 0;

/// Persons with the same class, or the same absence, in each release of a coalition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) persons: u32,
    /// In which of the releases they are, as a number: the field of the Venn diagram.
    pub(super) region: u32,
    /// Whether they are in all of them.
    pub(super) everywhere: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Partition {
    of: Vec<u32>,
    blocks: Vec<Block>,
    regions: u32,
}

impl Partition {
    /// Puts so many persons into one block: no release cuts them yet.
    pub(super) fn whole(persons: usize) -> Self {
        let block = Block { persons: persons as u32, region: 0, everywhere: true };
        Self { of: vec![NOWHERE; persons], blocks: vec![block], regions: 1 }
    }

    pub(super) fn block_of(&self, number: u32) -> u32 {
        self.of.get(number as usize).copied().unwrap_or(NOWHERE)
    }

    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    pub(super) fn regions(&self) -> usize {
        self.regions as usize
    }

    /// Cuts every block by a release: those absent from it keep the block's number, those present get new ones.
    pub(super) fn refine(&self, entry: &Entry) -> Self {
        let mut fine = self.clone();
        fine.blocks.iter_mut().for_each(|b| b.everywhere = false);
        let mut known: FxHashMap<u64, u32> = FxHashMap::default();
        let mut regions: FxHashMap<u32, u32> = FxHashMap::default();
        for (number, class) in entry.members() {
            let (Some(place), Some(old)) =
                (fine.of.get_mut(number as usize), self.blocks.get(self.block_of(number) as usize))
            else {
                continue;
            };
            let from = *place;
            *place = *known.entry(key(from, class)).or_insert_with(|| {
                let region = *regions.entry(old.region).or_insert_with(|| {
                    fine.regions += 1;
                    fine.regions - 1
                });
                fine.blocks.push(Block { persons: 0, region, everywhere: old.everywhere });
                fine.blocks.len() as u32 - 1
            });
            for (block, change) in [(from, -1), (*place, 1)] {
                if let Some(block) = fine.blocks.get_mut(block as usize) {
                    block.persons = block.persons.saturating_add_signed(change);
                }
            }
        }
        fine
    }
}

/// Writes a block and a class as one word.
pub(super) fn key(block: u32, class: u32) -> u64 {
    u64::from(block) << 32 | u64::from(class)
}

/// Earlier releases that somebody may hold together.
pub(super) struct Coalitions<'a> {
    pub(super) entries: &'a [&'a Entry],
    pub(super) most: usize,
    /// The candidate: coalitions without one of its persons tell nothing new.
    pub(super) candidate: &'a RoaringBitmap,
}

impl Coalitions<'_> {
    /// Shows every coalition whose first release is the given one.
    pub(super) fn beginning_with(&self, first: usize, whole: &Partition, see: &mut impl FnMut(&[usize], &Partition)) {
        if self.most > 0 {
            self.walk(&mut vec![first], whole, see);
        }
    }

    fn walk(&self, members: &mut Vec<usize>, of_others: &Partition, see: &mut impl FnMut(&[usize], &Partition)) {
        let Some(last) = members.last().copied() else { return };
        let Some(entry) = self.entries.get(last) else { return };
        let partition = of_others.refine(entry);
        let touched = |m: &usize| self.entries.get(*m).is_some_and(|e| !e.persons.is_disjoint(self.candidate));
        if members.iter().any(touched) {
            see(members, &partition);
        }
        if members.len() < self.most {
            for next in last + 1..self.entries.len() {
                members.push(next);
                self.walk(members, &partition, see);
                members.pop();
            }
        }
    }
}
