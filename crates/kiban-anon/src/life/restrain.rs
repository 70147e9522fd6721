//! Taking back sensitive facts that would follow too surely from what is known.

use super::protect::Admission;

impl Admission<'_> {
    /// Takes sensitive facts back until none follows too surely, and what is left is shared as it must be.
    ///
    /// A fact taken from one person makes all sets that hold it rarer, so the cores of the sensitive items are formed again;
    /// sets without them are not touched. That in turn makes company rarer from which another group may follow, so both
    /// are done until nothing changes. It ends, for facts are only taken away.
    pub(super) fn restrain(&mut self) {
        let groups = self.ladder.sensitive_groups();
        loop {
            let before = self.taken;
            (0..groups).for_each(|group| self.take_what_follows(group));
            self.keep_sensitive_cores();
            if self.taken == before {
                return;
            }
        }
    }

    /// Walks once through all sets of known facts: where a group follows too surely, the excess of its holders loses it.
    fn take_what_follows(&mut self, group: usize) {
        let of_group: Vec<bool> = self.label_of.iter().map(|label| self.ladder.speaks_of(group, *label)).collect();
        let is_own = |item: &u32| of_group.get(*item as usize) == Some(&true);
        let mut pass = Pass {
            has: self.lives.iter().map(|life| life.iter().any(is_own)).collect(),
            others: self.lives.iter().map(|life| life.iter().copied().filter(|item| !is_own(item)).collect()).collect(),
            admission: self,
            lose: Vec::new(),
        };
        // Whoever has most facts is in most sets: if they lose it, fewest others must.
        let mut everybody: Vec<u32> = (0_u32..).zip(&pass.others).map(|(person, _)| person).collect();
        everybody.sort_by_key(|person| std::cmp::Reverse(pass.others.get(*person as usize).map(Vec::len)));
        pass.walk(&everybody, 0, pass.admission.model.known);
        for person in pass.lose {
            let items = self.lives.get(person as usize).cloned().unwrap_or_default();
            items.iter().filter(|item| is_own(item)).for_each(|item| self.take(person, *item));
        }
    }

    /// Leaves every sensitive item to the core of its holders, until all are cores.
    fn keep_sensitive_cores(&mut self) {
        let is_sensitive = |label| (0..self.ladder.sensitive_groups()).any(|group| self.ladder.speaks_of(group, label));
        let sensitive: Vec<u32> =
            (0_u32..).zip(&self.label_of).filter(|(_, label)| is_sensitive(**label)).map(|(item, _)| item).collect();
        loop {
            let before = self.taken;
            for item in &sensitive {
                let holders = self.holders.get(*item as usize).cloned().unwrap_or_default();
                let core = self.cores.core(&holders, &self.lives, self.model.known - 1, self.label_of.len());
                let outside = holders.iter().zip(core).filter(|(_, inside)| !inside).map(|(person, _)| *person);
                outside.collect::<Vec<_>>().into_iter().for_each(|person| self.take(person, *item));
            }
            if self.taken == before {
                return;
            }
        }
    }

    /// Takes from a person all that is told under the label of an item.
    fn take(&mut self, person: u32, item: u32) {
        let Some(label) = self.label_of.get(item as usize).copied() else { return };
        let events = self.class.events(person as usize);
        self.labels
            .get_mut(events)
            .into_iter()
            .flatten()
            .filter(|told| **told == Some(label))
            .for_each(|told| *told = None);
        let same: Vec<u32> = (1..=self.model.counted).filter_map(|times| self.item(label, times)).collect();
        if let Some(life) = self.lives.get_mut(person as usize) {
            let before = life.len();
            life.retain(|held| !same.contains(held));
            self.taken += before - life.len();
        }
        for item in same {
            if let Some(holders) = self.holders.get_mut(item as usize) {
                holders.retain(|holder| *holder != person);
            }
        }
    }
}

/// One walk through the sets of known facts, for one group.
struct Pass<'a, 'b> {
    admission: &'a Admission<'b>,
    /// Per person whether they have a fact of the group, and have not lost it yet.
    has: Vec<bool>,
    others: Vec<Vec<u32>>,
    lose: Vec<u32>,
}

impl Pass<'_, '_> {
    fn walk(&mut self, persons: &[u32], from: u32, more: u32) {
        let sure = persons.iter().copied().filter(|person| self.has.get(*person as usize) == Some(&true));
        let sure: Vec<u32> = sure.collect();
        if sure.is_empty() {
            return;
        }
        let most = (0..=sure.len()).rfind(|n| self.admission.model.allows(*n, persons.len())).unwrap_or(0);
        for person in sure.iter().take(sure.len() - most) {
            self.has.get_mut(*person as usize).into_iter().for_each(|has| *has = false);
            self.lose.push(*person);
        }
        if more == 0 || most == 0 {
            return;
        }
        let mut with: Vec<(u32, usize)> = Vec::new();
        for (place, person) in persons.iter().enumerate() {
            let items = self.others.get(*person as usize).into_iter().flatten();
            with.extend(items.filter(|item| **item >= from).map(|item| (*item, place)));
        }
        with.sort_unstable();
        for same in with.chunk_by(|a, b| a.0 == b.0) {
            let Some((item, _)) = same.first() else { continue };
            let holders: Vec<u32> = same.iter().filter_map(|(_, place)| persons.get(*place)).copied().collect();
            self.walk(&holders, item + 1, more - 1);
        }
    }
}
