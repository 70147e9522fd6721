//! Person keys in the fold: minted for a founder, kept by the majority, forwarded at merges, given back at un-merges.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
};

use kiban_core::{PatientRef, PersonKey};

use super::index::Life;
use crate::{PersonMap, assign_keys};

/// Makes the nth key of a founding registration.
pub(super) type Mint<'m> = &'m dyn Fn(PatientRef, u32) -> PersonKey;

/// Who bears which key, and who bore those that nobody bears.
pub(super) struct Keys<'m> {
    mint: Mint<'m>,
    /// Keys that were told, by founder, in the order of telling.
    announced: BTreeMap<PatientRef, Vec<PersonKey>>,
    /// How many keys each registration founded.
    founded: BTreeMap<PatientRef, u32>,
    /// How often keys were assigned: the clock of what follows.
    step: u64,
    /// Since when each registration bears its key.
    since: BTreeMap<PatientRef, u64>,
    /// The keys that each registration was among the last to bear, and when they were lost.
    lost: BTreeMap<PatientRef, BTreeMap<PersonKey, u64>>,
    pub(super) persons: BTreeMap<PatientRef, PersonKey>,
    pub(super) members: BTreeMap<PersonKey, BTreeSet<PatientRef>>,
    lives: BTreeMap<PersonKey, Life>,
}

impl<'m> Keys<'m> {
    pub(super) fn new(mint: Mint<'m>, announced: BTreeMap<PatientRef, Vec<PersonKey>>) -> Self {
        Self {
            mint,
            announced,
            founded: BTreeMap::new(),
            step: 0,
            since: BTreeMap::new(),
            lost: BTreeMap::new(),
            persons: BTreeMap::new(),
            members: BTreeMap::new(),
            lives: BTreeMap::new(),
        }
    }

    /// Gives clusters their keys; `everyone` is who was in them before or is now, with everyone of the same persons.
    pub(super) fn assign(&mut self, clusters: &[Vec<PatientRef>], everyone: &BTreeSet<PatientRef>) {
        let held: BTreeMap<PatientRef, PersonKey> =
            everyone.iter().filter_map(|one| Some((*one, *self.persons.get(one)?))).collect();
        let mut claimed = held.clone();
        for (cluster, key) in self.returns(clusters, &held) {
            claimed.extend(cluster.iter().map(|one| (*one, key)));
        }
        let previous = PersonMap { persons: claimed, retired: BTreeSet::new() };
        let (next, _) = assign_keys(clusters, &previous, &mut |founder| self.fresh(founder));
        let mut left: BTreeMap<PersonKey, BTreeSet<PatientRef>> = BTreeMap::new();
        self.step += 1;
        for (one, key) in held {
            self.persons.remove(&one);
            if next.persons.get(&one) != Some(&key) {
                self.since.remove(&one);
            }
            left.entry(key).or_default().insert(one);
        }
        left.keys().for_each(|key| drop(self.members.remove(key)));
        for (one, key) in next.persons {
            self.persons.insert(one, key);
            self.since.entry(one).or_insert(self.step);
            self.members.entry(key).or_default().insert(one);
        }
        for (key, bearers) in left {
            if !self.members.contains_key(&key) {
                for one in &bearers {
                    self.lost.entry(*one).or_default().insert(key, self.step);
                }
                self.lives.entry(key).and_modify(|life| life.last_bearers = bearers);
            }
        }
    }

    /// Which clusters take back a key that was lost by a merge.
    ///
    /// Where a person falls apart, the present key stays with who bore it first and with the majority of newcomers;
    /// any other part that holds all who last bore a lost key gets that one back. So a split undoes a merge, whichever
    /// side was the larger and whichever key won.
    fn returns<'c>(
        &self,
        clusters: &'c [Vec<PatientRef>],
        held: &BTreeMap<PatientRef, PersonKey>,
    ) -> Vec<(&'c [PatientRef], PersonKey)> {
        let mut parts: BTreeMap<PersonKey, Vec<&'c [PatientRef]>> = BTreeMap::new();
        for cluster in clusters {
            let keys: BTreeSet<PersonKey> = cluster.iter().filter_map(|one| held.get(one)).copied().collect();
            keys.into_iter().for_each(|key| parts.entry(key).or_default().push(cluster));
        }
        let mut returns = Vec::new();
        for (key, mut parts) in parts.into_iter().filter(|(_, parts)| parts.len() > 1) {
            let bears = |one: &&PatientRef| held.get(one) == Some(&key);
            let since = |part: &[PatientRef]| part.iter().filter(bears).filter_map(|one| self.since.get(one)).min();
            parts.sort_by_key(|part| (since(part), Reverse(part.len()), part.first().copied()));
            let pure = |part: &&[PatientRef]| part.iter().all(|one| held.get(one).is_none_or(|of| *of == key));
            let later = parts.into_iter().skip(1).filter(pure);
            returns.extend(later.filter_map(|part| Some((part, self.lost_by(part)?))));
        }
        returns
    }

    /// The key lost last of those whose last bearers are all here.
    fn lost_by(&self, part: &[PatientRef]) -> Option<PersonKey> {
        let mut counts: BTreeMap<(u64, PersonKey), usize> = BTreeMap::new();
        for (key, step) in part.iter().filter_map(|one| self.lost.get(one)).flatten() {
            *counts.entry((*step, *key)).or_default() += 1;
        }
        let here = |one: &&PatientRef| self.persons.contains_key(one);
        let whole = |key: &PersonKey, count: usize| {
            let bearers = self.lives.get(key).map(|life| life.last_bearers.iter().filter(here).count());
            !self.members.contains_key(key) && bearers == Some(count)
        };
        counts.into_iter().rev().find(|((_, key), count)| whole(key, *count)).map(|((_, key), _)| key)
    }

    fn fresh(&mut self, founder: PatientRef) -> PersonKey {
        loop {
            let nth = self.founded.entry(founder).or_default();
            let told = usize::try_from(*nth).ok().and_then(|nth| self.announced.get(&founder)?.get(nth));
            let key = told.copied().unwrap_or_else(|| (self.mint)(founder, *nth));
            *nth += 1;
            if let Entry::Vacant(vacant) = self.lives.entry(key) {
                vacant.insert(Life { founder, last_bearers: BTreeSet::new() });
                return key;
            }
        }
    }

    /// Returns the life of every key, also of those that were told and would not have been made.
    pub(super) fn lives(&mut self) -> BTreeMap<PersonKey, Life> {
        let mut lives = std::mem::take(&mut self.lives);
        for (founder, keys) in &self.announced {
            for key in keys {
                lives.entry(*key).or_insert_with(|| Life { founder: *founder, last_bearers: BTreeSet::new() });
            }
        }
        lives
    }
}
