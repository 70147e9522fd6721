//! New registrations come in: which groups they touch, and what the log is told of the new linkage.
//!
//! Re-deciding only what was touched gives the persons that deciding everything would give, if the core keeps two laws:
//!
//! - **Locality.** Deciding a set that no sure edge leaves gives, inside it, what deciding everything gives. The
//!   refusals of a join look at the pairs of the two groups only, so this holds wherever the model is fixed.
//! - **Stability.** The probability of a pair does not change as others arrive. It holds for a stored model with its
//!   stored frequencies, and not for a model that is learned anew: then everything is touched.
//!
//! An edge is any pair sure enough to be joined, any must-link, and any such pair that a frequency cap has cut since.

use std::collections::{BTreeMap, BTreeSet};

use kiban_core::PatientRef;

use super::{
    event::{Pair, What},
    index::Index,
};
use crate::{Basis, Decision, Outcome, Refusal};

/// Parts a set of registrations that no edge leaves into persons.
pub type Decide<'d, E> = &'d mut dyn FnMut(&[PatientRef]) -> Result<Vec<Vec<PatientRef>>, E>;

/// The persons of a growing set, by groups that nothing sure connects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Growing {
    group_of: BTreeMap<PatientRef, PatientRef>,
    groups: BTreeMap<PatientRef, Group>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Group {
    members: Vec<PatientRef>,
    persons: Vec<Vec<PatientRef>>,
}

/// What an arrival touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The registrations whose person was decided anew, sorted.
    pub members: BTreeSet<PatientRef>,
    /// Their persons before, each sorted, sorted.
    pub before: Vec<Vec<PatientRef>>,
    /// Their persons now, each sorted, sorted.
    pub after: Vec<Vec<PatientRef>>,
}

impl Growing {
    /// Takes in registrations, and edges that have an end among them or are new for another reason.
    ///
    /// `decide` parts a set that no edge leaves into persons; it is asked once for each group that was touched.
    ///
    /// # Errors
    /// What `decide` could not do; nothing is taken in then.
    pub fn arrive<E>(&mut self, new: &[PatientRef], edges: &[Pair], decide: Decide<'_, E>) -> Result<Touched, E> {
        let mut joined: BTreeMap<PatientRef, BTreeSet<PatientRef>> = BTreeMap::new();
        for one in new.iter().copied().chain(edges.iter().flat_map(|pair| pair.both())) {
            joined.entry(self.root(one)).or_default();
        }
        for pair in edges {
            let (left, right) = (self.root(pair.left()), self.root(pair.right()));
            joined.entry(left).or_default().insert(right);
            joined.entry(right).or_default().insert(left);
        }
        let mut touched = Touched::default();
        let mut decided = Vec::new();
        for roots in components(&joined) {
            let old = roots.iter().filter_map(|root| self.groups.get(root));
            touched.before.extend(old.flat_map(|group| group.persons.clone()));
            let mut members: Vec<PatientRef> = roots.iter().flat_map(|root| self.members(*root)).collect();
            members.sort_unstable();
            let mut persons = decide(&members)?;
            persons.iter_mut().for_each(|person| person.sort_unstable());
            persons.sort_unstable();
            decided.push((roots, Group { members, persons }));
        }
        for (roots, group) in decided {
            touched.members.extend(&group.members);
            touched.after.extend(group.persons.clone());
            self.replace(&roots, group);
        }
        touched.before.sort_unstable();
        touched.after.sort_unstable();
        Ok(touched)
    }

    /// Returns every person, each sorted, sorted.
    pub fn persons(&self) -> Vec<Vec<PatientRef>> {
        let mut all: Vec<Vec<PatientRef>> = self.groups.values().flat_map(|group| group.persons.clone()).collect();
        all.sort_unstable();
        all
    }

    fn root(&self, one: PatientRef) -> PatientRef {
        self.group_of.get(&one).copied().unwrap_or(one)
    }

    fn members(&self, root: PatientRef) -> Vec<PatientRef> {
        self.groups.get(&root).map_or_else(|| vec![root], |group| group.members.clone())
    }

    fn replace(&mut self, roots: &[PatientRef], group: Group) {
        roots.iter().for_each(|root| drop(self.groups.remove(root)));
        let Some(root) = group.members.first().copied() else { return };
        self.group_of.extend(group.members.iter().map(|one| (*one, root)));
        self.groups.insert(root, group);
    }
}

/// The connected parts of a graph of roots, in the order of their smallest.
fn components(around: &BTreeMap<PatientRef, BTreeSet<PatientRef>>) -> Vec<Vec<PatientRef>> {
    let mut seen = BTreeSet::new();
    let mut parts = Vec::new();
    for start in around.keys() {
        let (mut part, mut open) = (Vec::new(), vec![*start]);
        while let Some(one) = open.pop() {
            if seen.insert(one) {
                part.push(one);
                open.extend(around.get(&one).into_iter().flatten());
            }
        }
        if !part.is_empty() {
            parts.push(part);
        }
    }
    parts
}

/// Returns what the log has to be told so that the index holds the persons of a linkage.
///
/// `decisions` are those of the registrations in `touched`, and complete for them. Only changes are told. What people
/// decided is in the log already, and what rules or model think of those pairs stays as it was: taking the decision
/// back gives it its effect again.
pub fn tell(index: &Index, touched: &BTreeSet<PatientRef>, decisions: &[Decision]) -> Vec<What> {
    let mut said: BTreeSet<Pair> = BTreeSet::new();
    let mut tells = Vec::new();
    for decision in decisions {
        let Some(pair) = Pair::new(decision.left, decision.right) else { continue };
        let by_people = decision.basis == Basis::Human || decision.outcome == Outcome::Refused(Refusal::Human);
        if by_people {
            said.insert(pair);
        } else if decision.outcome == Outcome::Joined {
            said.insert(pair);
            let rule = matches!(decision.basis, Basis::Rule(_));
            let probability = if rule { 1.0 } else { decision.probability.clamp(0.0, 1.0) };
            if index.statement(pair).linked.is_none_or(|(known, _)| known != probability) {
                tells.push(What::Linked { pair, probability });
            }
        }
    }
    let stale = index.statements().filter(|(pair, says)| {
        says.linked.is_some() && !said.contains(pair) && pair.both().iter().all(|one| touched.contains(one))
    });
    tells.extend(stale.map(|(pair, _)| What::Unlinked { pair }));
    tells
}
