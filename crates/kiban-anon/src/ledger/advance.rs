//! The next version of a release: classes are kept, newcomers join them or form new ones, and guarantees given stay given.

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::{Cohort, Ledger, Limits, Repair, bad};
use crate::error::Result;

/// A person of the next version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The person's token.
    pub token: u64,
    /// The class of the version before whose released values are true of this person, if any is. Asked of newcomers only.
    pub fits: Option<u32>,
    /// The new class that a newcomer forms with others of the same number where no old one fits.
    pub otherwise: u32,
}

/// A class of the version before that loses so many that it falls below the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Shrunk {
    /// The class.
    pub class: u32,
    /// Its persons then.
    pub was: u32,
    /// Those of them who could stay.
    pub stay: u32,
}

/// The next version, and what became of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// The version, checked against all earlier releases; old classes keep their numbers, new ones follow after them.
    pub repair: Repair,
    /// The number that new classes begin with: class `first_new + otherwise`.
    pub first_new: u32,
    /// Persons who are in the version before and left: erased, objected, or no longer in the cohort.
    pub left: u64,
    /// Classes that fall below the floor, by number; their persons are left out.
    pub shrunk: Vec<Shrunk>,
    /// Newcomers in old classes.
    pub joined: u64,
    /// Newcomers in new classes.
    pub formed: u64,
    /// Tokens of newcomers who must wait until enough others come, sorted.
    pub waiting: Vec<u64>,
    /// Tokens of persons who would have stayed and are left out so that those who left are not alone, sorted.
    pub withdrawn: Vec<u64>,
}

impl Ledger {
    /// Makes the next version of a recorded release.
    ///
    /// Whoever was in it keeps their class, so no two versions cut each other's classes; a newcomer joins a class that is
    /// true of them or forms a new one with others. Fewer than the floor never join or leave a class at once: newcomers
    /// wait (Byun 2006), and beside those who left others leave too. The result passes [`Ledger::check`].
    ///
    /// # Errors
    /// A release before that is not recorded, an id that is, a person named twice, or a class that was not there.
    pub fn advance(
        &self,
        from: &str,
        release: &str,
        recipient: &str,
        members: &[Member],
        limits: &Limits,
    ) -> Result<Advance> {
        let before = self.entry(from)?;
        let class_of: FxHashMap<u32, u32> = before.members().collect();
        let mut sizes: FxHashMap<u32, u32> = FxHashMap::default();
        before.classes.iter().for_each(|class| *sizes.entry(*class).or_default() += 1);
        let first_new = before.classes.iter().max().map_or(0, |most| most.saturating_add(1));
        let old = |token: &u64| self.numbers.get(token).and_then(|number| class_of.get(number)).copied();
        let class = |m: &Member| match (old(&m.token), m.fits) {
            (Some(class), _) => Ok((m.token, class)),
            (None, Some(class)) if sizes.contains_key(&class) => Ok((m.token, class)),
            (None, Some(_)) => {
                Err(bad("next version", "a newcomer fits a class that the version before does not have"))
            }
            (None, None) => {
                let new = first_new.checked_add(m.otherwise);
                Ok((m.token, new.ok_or_else(|| bad("next version", "too many classes"))?))
            }
        };
        let wished = Cohort::new(release, recipient, members.iter().map(class).collect::<Result<_>>()?)?;
        let mut stay: FxHashMap<u32, u32> = FxHashMap::default();
        wished.persons().iter().filter_map(|p| old(&p.0)).for_each(|class| *stay.entry(class).or_default() += 1);
        let staying: u64 = stay.values().map(|n| u64::from(*n)).sum();
        let mut shrunk: Vec<Shrunk> = sizes
            .into_iter()
            .map(|(class, was)| Shrunk { class, was, stay: stay.get(&class).copied().unwrap_or(0) })
            .filter(|class| class.stay < class.was && class.stay < limits.joint)
            .collect();
        shrunk.sort_unstable_by_key(|s| s.class);
        let repair = self.repair(&wished, limits)?;
        let (withdrawn, waiting) = repair.left_out.iter().partition(|token| old(token).is_some());
        let new_here = || repair.cohort.persons().iter().filter(|p| old(&p.0).is_none());
        let joined = new_here().filter(|p| p.1 < first_new).count() as u64;
        let formed = new_here().count() as u64 - joined;
        Ok(Advance {
            first_new,
            left: before.persons.len() - staying,
            shrunk,
            joined,
            formed,
            waiting,
            withdrawn,
            repair,
        })
    }
}
