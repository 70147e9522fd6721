//! The statements in force as a graph, and the persons that they make.

use std::collections::{BTreeMap, BTreeSet};

use kiban_core::PatientRef;

use super::{
    event::{Must, Pair},
    index::Statement,
};

/// Every pair of which anything is said, with its neighbours on both ends.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) statements: BTreeMap<Pair, Statement>,
    around: BTreeMap<PatientRef, BTreeSet<PatientRef>>,
}

impl Graph {
    /// Returns what is said of a pair, to be changed.
    pub(super) fn entry(&mut self, pair: Pair) -> &mut Statement {
        let [left, right] = pair.both();
        self.around.entry(left).or_default().insert(right);
        self.around.entry(right).or_default().insert(left);
        self.statements.entry(pair).or_default()
    }

    /// Returns everyone who hangs together with one of `seeds` by links, each group sorted, sorted.
    ///
    /// Only who is `here` counts; statements about others wait for them.
    pub(super) fn groups(
        &self,
        seeds: &BTreeSet<PatientRef>,
        here: &dyn Fn(PatientRef) -> bool,
    ) -> Vec<Vec<PatientRef>> {
        let mut seen: BTreeSet<PatientRef> = BTreeSet::new();
        let mut groups = Vec::new();
        for seed in seeds.iter().filter(|seed| here(**seed)) {
            if !seen.insert(*seed) {
                continue;
            }
            let (mut group, mut open) = (Vec::new(), vec![*seed]);
            while let Some(one) = open.pop() {
                group.push(one);
                let linked = self.neighbours(one).filter(|(other, says)| says.links() && here(*other));
                open.extend(linked.map(|(other, _)| other).filter(|other| seen.insert(*other)));
            }
            group.sort_unstable();
            groups.push(group);
        }
        groups.sort_unstable();
        groups
    }

    fn neighbours(&self, one: PatientRef) -> impl Iterator<Item = (PatientRef, &Statement)> + '_ {
        let others = self.around.get(&one).into_iter().flatten();
        others.filter_map(move |other| Some((*other, self.statements.get(&Pair::new(one, *other)?)?)))
    }

    /// Parts a group into persons: the surest links first, people's before all, none against a cannot-link.
    ///
    /// Must-links that a cannot-link forbids are put into `contradictions`: joining two people is the worse error.
    pub(super) fn persons(&self, group: &[PatientRef], contradictions: &mut BTreeSet<Pair>) -> Vec<Vec<PatientRef>> {
        let inside: BTreeSet<PatientRef> = group.iter().copied().collect();
        let mut links: Vec<(Pair, f64)> = Vec::new();
        let mut apart: BTreeMap<PatientRef, BTreeSet<PatientRef>> = BTreeMap::new();
        for one in group {
            for (other, says) in self.neighbours(*one).filter(|(other, _)| inside.contains(other)) {
                if says.people == Some(Must::NotLink) {
                    apart.entry(*one).or_default().insert(other);
                } else if let (Some(pair), Some(sure)) = (Pair::new(*one, other), says.sureness())
                    && *one < other
                {
                    links.push((pair, sure));
                }
            }
        }
        links.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut parts = Parts::new(group);
        for (pair, sure) in links {
            if !parts.join(pair, &apart) && sure > 1.0 {
                contradictions.insert(pair);
            }
        }
        parts.done()
    }
}

/// Disjoint sets that know their members.
struct Parts {
    part_of: BTreeMap<PatientRef, usize>,
    members: Vec<Vec<PatientRef>>,
}

impl Parts {
    fn new(group: &[PatientRef]) -> Self {
        let part_of = group.iter().enumerate().map(|(at, one)| (*one, at)).collect();
        Self { part_of, members: group.iter().map(|one| vec![*one]).collect() }
    }

    /// Joins two parts unless someone of the one must stay apart from someone of the other.
    fn join(&mut self, pair: Pair, apart: &BTreeMap<PatientRef, BTreeSet<PatientRef>>) -> bool {
        let [Some(a), Some(b)] = pair.both().map(|one| self.part_of.get(&one).copied()) else { return true };
        if a == b {
            return true;
        }
        let members = |at: usize| self.members.get(at).map(Vec::as_slice).unwrap_or_default();
        let (small, large) = if members(a).len() < members(b).len() { (a, b) } else { (b, a) };
        let forbidden = |one: &PatientRef| {
            let kept_off = apart.get(one).into_iter().flatten();
            kept_off.into_iter().any(|other| self.part_of.get(other) == Some(&large))
        };
        if members(small).iter().any(forbidden) {
            return false;
        }
        let moved = self.members.get_mut(small).map(std::mem::take).unwrap_or_default();
        self.part_of.extend(moved.iter().map(|one| (*one, large)));
        if let Some(members) = self.members.get_mut(large) {
            members.extend(moved);
        }
        true
    }

    fn done(self) -> Vec<Vec<PatientRef>> {
        let mut persons: Vec<Vec<PatientRef>> = self.members.into_iter().filter(|part| !part.is_empty()).collect();
        persons.iter_mut().for_each(|part| part.sort_unstable());
        persons.sort_unstable();
        persons
    }
}
