//! Whom to leave out so that a candidate passes.

use roaring::RoaringBitmap;

use super::{
    Cohort, Ledger, Limits, Verdict,
    check::floor_of,
    partition::{Coalitions, NOWHERE, Partition},
};
use crate::error::Result;

/// A candidate that passes, and who had to leave for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// The tokens of those left out, sorted.
    pub left_out: Vec<u64>,
    /// The candidate without them.
    pub cohort: Cohort,
    /// What the check says of it.
    pub verdict: Verdict,
}

/// A member of the candidate: block, class, number.
type Row = (u32, u32, u32);

impl Ledger {
    /// Leaves persons out until no cell and no difference lies below its floor.
    ///
    /// Against one earlier release with `joint` = `cell` ≥ `cohort` nobody fewer could be left out; against several it is
    /// a good choice, made coalition by coalition until a whole round changes nothing. Leaving everybody out passes, so
    /// there always is an answer.
    ///
    /// # Errors
    /// A candidate that is recorded already.
    pub fn repair(&self, candidate: &Cohort, limits: &Limits) -> Result<Repair> {
        let members = self.numbered(candidate)?;
        let whole = Partition::whole(self.tokens.len() + members.len());
        let earlier = self.earlier(candidate, limits);
        let set: RoaringBitmap = members.iter().map(|m| m.0).collect();
        let coalitions = Coalitions { entries: &earlier, most: limits.earlier, candidate: &set };
        let mut out = RoaringBitmap::new();
        loop {
            let before = out.len();
            leave_out(&whole, &members, limits, &mut out);
            for first in 0..earlier.len() {
                let mut mend = |_: &[usize], cut: &Partition| leave_out(cut, &members, limits, &mut out);
                coalitions.beginning_with(first, &whole, &mut mend);
            }
            if out.len() == before {
                break;
            }
        }
        let leaving = self.numbering(candidate).filter(|(number, _)| out.contains(*number));
        let left_out: Vec<u64> = leaving.map(|(_, (token, _))| token).collect();
        let cohort = candidate.without(&left_out);
        let verdict = self.check(&cohort, limits)?;
        Ok(Repair { left_out, cohort, verdict })
    }
}

/// Adds to `out` whom one coalition asks to leave.
fn leave_out(partition: &Partition, members: &[(u32, u32)], limits: &Limits, out: &mut RoaringBitmap) {
    let stays = |m: &&(u32, u32)| !out.contains(m.0);
    let row = |m: &(u32, u32)| (partition.block_of(m.0), m.1, m.0);
    let mut rows: Vec<Row> = members.iter().filter(stays).map(row).collect();
    rows.sort_unstable();
    let mut regions: Vec<Region<'_>> = (0..partition.regions()).map(|_| Region::default()).collect();
    for of_block in rows.chunk_by(|a, b| a.0 == b.0) {
        let Some(block) = Members::new(partition, of_block, limits, out) else { continue };
        if let Some(region) =
            partition.blocks().get(block.number as usize).and_then(|b| regions.get_mut(b.region as usize))
        {
            region.blocks.push(block);
        }
    }
    for (block, number) in partition.blocks().iter().zip(0_u32..) {
        if let Some(region) = regions.get_mut(block.region as usize).filter(|_| number != NOWHERE) {
            region.persons += block.persons;
        }
    }
    regions.iter_mut().for_each(|region| region.mend(limits, out));
}

/// Those of one block who are still in the candidate, class by class.
struct Members<'a> {
    number: u32,
    floor: u32,
    absent: u32,
    classes: Vec<&'a [Row]>,
}

impl<'a> Members<'a> {
    /// Takes a block's rows and leaves out what its floors ask for.
    fn new(partition: &Partition, rows: &'a [Row], limits: &Limits, out: &mut RoaringBitmap) -> Option<Self> {
        let number = rows.first()?.0;
        let block = partition.blocks().get(number as usize)?;
        let floor = floor_of(partition, number, limits);
        let absent = if number == NOWHERE { 0 } else { block.persons.saturating_sub(rows.len() as u32) };
        let (small, classes) =
            rows.chunk_by(|a, b| a.1 == b.1).partition::<Vec<_>, _>(|class| (class.len() as u32) < floor);
        let mut it = Self { number, floor, absent, classes };
        small.into_iter().for_each(|class| it.take(class, out));
        if it.absent > 0 {
            it.widen(limits.cell.saturating_sub(it.absent), out);
        }
        Some(it)
    }

    fn persons(&self) -> u32 {
        self.classes.iter().map(|c| c.len() as u32).sum()
    }

    fn slack(&self) -> u32 {
        self.classes.iter().map(|c| (c.len() as u32).saturating_sub(self.floor)).sum()
    }

    fn take(&mut self, rows: &[Row], out: &mut RoaringBitmap) {
        out.extend(rows.iter().map(|r| r.2));
        if self.number != NOWHERE {
            self.absent += rows.len() as u32;
        }
    }

    /// Lets at least so many more leave: from classes that can spare them, or else the smallest classes as a whole.
    fn widen(&mut self, mut more: u32, out: &mut RoaringBitmap) {
        while more > 0 && self.slack() < more {
            let Some(smallest) = (0..self.classes.len()).min_by_key(|c| self.classes.get(*c).map(|c| c.len())) else {
                return;
            };
            let class = self.classes.remove(smallest);
            more = more.saturating_sub(class.len() as u32);
            self.take(class, out);
        }
        for place in 0..self.classes.len() {
            let Some(class) = self.classes.get_mut(place) else { return };
            let spare = (class.len() as u32).saturating_sub(self.floor).min(more);
            let (stay, leave) = class.split_at(class.len() - spare as usize);
            *class = stay;
            more -= spare;
            self.take(leave, out);
        }
    }
}

/// The blocks of one field of the Venn diagram.
#[derive(Default)]
struct Region<'a> {
    /// Persons of the earlier releases in it.
    persons: u32,
    blocks: Vec<Members<'a>>,
}

impl Region<'_> {
    /// Leaves out what the floor of cohorts asks for.
    fn mend(&mut self, limits: &Limits, out: &mut RoaringBitmap) {
        let inside: u32 = self.blocks.iter().map(Members::persons).sum();
        if (1..limits.cohort).contains(&inside) {
            self.blocks.iter_mut().for_each(|b| b.widen(u32::MAX, out));
            return;
        }
        let outside = self.persons.saturating_sub(inside);
        if self.persons == 0 || inside == 0 || outside == 0 {
            return;
        }
        // Where some have left already, more may: where nobody has, as many as the floor of cells must.
        let mut more = limits.cohort.saturating_sub(outside);
        self.blocks.sort_by_key(|b| b.absent == 0);
        for block in &mut self.blocks {
            if more == 0 {
                return;
            }
            let before = block.persons();
            let least = if block.absent == 0 { limits.cell } else { 1 };
            block.widen(more.min(block.slack().max(1)).max(least), out);
            more = more.saturating_sub(before - block.persons());
        }
    }
}
