//! Choosing, once for all classes, the rung on which each code starts.

use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::{Ladder, LifeAccount, LifeAnonymity, LifeClass, protect};
use crate::error::Result;

/// One choice that was tried on the sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LadderTrial {
    /// How many persons of a class should share a label.
    pub wanted: u32,
    /// What protecting the sample cost.
    pub account: LifeAccount,
}

/// Chooses for each code the rung on which it starts, and returns what was tried.
///
/// A code starts on the lowest rung on which most of its events have a label that `wanted` persons of their class share.
/// How many that should be follows from k, m and how facts go together; so half of the largest class, a quarter, an
/// eighth … and what lies between are tried on a sample of classes, until less company has twice lost more; what loses least
/// is taken. A code that the sample does not hold starts where its group is already in use.
///
/// # Errors
/// As [`protect()`].
pub fn choose_rungs(
    ladder: Ladder,
    sample: &[LifeClass],
    model: &LifeAnonymity,
    threads: NonZeroUsize,
) -> Result<(Ladder, Vec<LadderTrial>)> {
    model.validate()?;
    let largest = sample.iter().map(LifeClass::persons).max().unwrap_or(0);
    let largest = u32::try_from(largest).unwrap_or(u32::MAX);
    let mut trials: Vec<LadderTrial> = Vec::new();
    let mut best = (f64::INFINITY, ladder);
    let mut worse = 0;
    let steps = (1..32).map(|halved| largest >> halved).flat_map(|wanted| [wanted, wanted.saturating_mul(5) / 7]);
    for wanted in steps.take_while(|wanted| *wanted >= model.k) {
        let starts = starts(&best.1, sample, wanted);
        let ladder = best.1.clone().starting(starts, wanted);
        let account = cost(sample, &ladder, model, threads)?;
        trials.push(LadderTrial { wanted, account });
        if account.loss() < best.0 {
            (best, worse) = ((account.loss(), ladder), 0);
        } else if worse == 1 {
            break;
        } else {
            worse += 1;
        }
    }
    Ok((best.1, trials))
}

/// Protects every class of the sample and adds up what it cost, in the order of the classes.
fn cost(sample: &[LifeClass], ladder: &Ladder, model: &LifeAnonymity, threads: NonZeroUsize) -> Result<LifeAccount> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(class) = sample.get(number) else { return done };
            done.push((number, protect(class, ladder, model).map(|protected| protected.account)));
        }
    };
    let mut accounts: Vec<(usize, Result<LifeAccount>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.get()).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|w| w.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    accounts.sort_by_key(|(number, _)| *number);
    let mut sum = LifeAccount::default();
    for (_, account) in accounts {
        sum.merge(&account?);
    }
    Ok(sum)
}

/// Settles codes rung by rung: whoever finds enough company there, with codes that settled on the same label, stays.
fn starts(ladder: &Ladder, sample: &[LifeClass], wanted: u32) -> Vec<u8> {
    let mut settled: Vec<Option<u8>> = vec![None; ladder.codes()];
    let seen: FxHashSet<u32> = sample.iter().flat_map(LifeClass::kinds).map(|kind| ladder.code(*kind)).collect();
    let mut open = seen.len();
    for number in 0..ladder.most_rungs() {
        if open == 0 {
            break;
        }
        let mut shares: FxHashMap<u32, (u64, u64)> = FxHashMap::default();
        for class in sample {
            tally(ladder, class, &settled, number, wanted, &mut shares);
        }
        for (code, (shared, all)) in shares {
            if let Some(slot) = settled.get_mut(code as usize).filter(|_| shared * 2 >= all) {
                *slot = Some(number);
                open -= 1;
            }
        }
    }
    ladder.fill_starts(&settled)
}

/// Counts, for each code still open, its events with a label that enough share on this rung, and all its events.
fn tally(
    ladder: &Ladder,
    class: &LifeClass,
    settled: &[Option<u8>],
    number: u8,
    wanted: u32,
    shares: &mut FxHashMap<u32, (u64, u64)>,
) {
    let place = |kind: u32| {
        let code = ladder.code(kind);
        let at = settled.get(code as usize).copied().flatten();
        let label = ladder.rung_at(kind, at.unwrap_or(number)).and_then(|rung| ladder.label(kind, rung))?;
        Some((label, code, at.is_none()))
    };
    let mut holders: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
    for (person, kind) in class.rows() {
        let Some((label, _, _)) = place(kind) else { continue };
        let holder = holders.entry(label).or_insert((0, u32::MAX));
        if holder.1 != person {
            *holder = (holder.0 + 1, person);
        }
    }
    for (label, code, _) in class.kinds().iter().filter_map(|kind| place(*kind)).filter(|(_, _, open)| *open) {
        let share = shares.entry(code).or_default();
        share.1 += 1;
        share.0 += u64::from(holders.get(&label).is_some_and(|holder| holder.0 >= wanted));
    }
}
