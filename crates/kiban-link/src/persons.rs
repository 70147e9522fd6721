//! Stage 7: person keys that stay. A key is minted once, follows the majority of its records, and is never used again.

use std::collections::{BTreeMap, BTreeSet};

use kiban_core::{PatientRef, PersonKey};

/// Which person each registration belongs to, and the keys that no longer stand for anyone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonMap {
    /// The person of each registration.
    pub persons: BTreeMap<PatientRef, PersonKey>,
    /// Keys that were given once and are never given again.
    pub retired: BTreeSet<PersonKey>,
}

/// What changed between two runs; each pair is from one key to another, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Keys of new persons.
    pub minted: Vec<PersonKey>,
    /// Persons that became part of another one.
    pub merged: Vec<(PersonKey, PersonKey)>,
    /// Persons of whom a part became, or went to, another one.
    pub split: Vec<(PersonKey, PersonKey)>,
}

/// Gives every cluster its key.
///
/// A cluster claims the key of which it holds the most former registrations; a key goes to the claiming cluster that
/// holds most of them (ties: the smallest registration). A cluster that gets none is minted a key by its founder, its
/// smallest registration; a minted key that was ever given before is refused and minted again. Registrations that are
/// no longer in any cluster (erased ones) leave the map; a key without registrations is retired.
pub fn assign_keys(
    clusters: &[Vec<PatientRef>],
    previous: &PersonMap,
    mint: &mut dyn FnMut(PatientRef) -> PersonKey,
) -> (PersonMap, Changes) {
    let mut used: BTreeSet<PersonKey> = previous.retired.iter().chain(previous.persons.values()).copied().collect();
    let kept = claims(clusters, previous);
    let (mut next, mut changes) = (PersonMap::default(), Changes::default());
    for (index, members) in clusters.iter().enumerate() {
        let Some(founder) = members.iter().min() else { continue };
        let key = kept.get(&index).copied().unwrap_or_else(|| fresh(*founder, &mut used, mint));
        if !kept.contains_key(&index) {
            changes.minted.push(key);
        }
        next.persons.extend(members.iter().map(|member| (*member, key)));
    }
    let live: BTreeSet<PersonKey> = next.persons.values().copied().collect();
    let moves: BTreeSet<(PersonKey, PersonKey)> = previous
        .persons
        .iter()
        .filter_map(|(member, from)| next.persons.get(member).filter(|to| *to != from).map(|to| (*from, *to)))
        .collect();
    let whole = |from: &PersonKey| !live.contains(from) && moves.iter().filter(|(f, _)| f == from).count() == 1;
    (changes.merged, changes.split) = moves.iter().copied().partition(|(from, _)| whole(from));
    changes.minted.sort_unstable();
    next.retired = used.into_iter().filter(|key| !live.contains(key)).collect();
    (next, changes)
}

fn fresh(
    founder: PatientRef,
    used: &mut BTreeSet<PersonKey>,
    mint: &mut dyn FnMut(PatientRef) -> PersonKey,
) -> PersonKey {
    let mut key = mint(founder);
    while !used.insert(key) {
        // A mint that derives keys from the founder alone would repeat itself for ever: step on from what it gave.
        let bits = u64::try_from(key.get()).unwrap_or_default();
        key = PersonKey::from_bits(bits.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17).wrapping_add(0xA5A5));
    }
    key
}

/// Which cluster keeps which former key.
fn claims(clusters: &[Vec<PatientRef>], previous: &PersonMap) -> BTreeMap<usize, PersonKey> {
    let mut offers = Vec::new();
    for (index, members) in clusters.iter().enumerate() {
        let mut held: BTreeMap<PersonKey, usize> = BTreeMap::new();
        for key in members.iter().filter_map(|member| previous.persons.get(member)) {
            *held.entry(*key).or_default() += 1;
        }
        let smallest = members.iter().min().copied();
        offers.extend(held.into_iter().map(|(key, count)| (std::cmp::Reverse(count), smallest, key, index)));
    }
    offers.sort_unstable();
    let (mut kept, mut given) = (BTreeMap::new(), BTreeSet::new());
    for (_, _, key, index) in offers {
        if !kept.contains_key(&index) && given.insert(key) {
            kept.insert(index, key);
        }
    }
    kept
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn refs(of: &[i64]) -> Vec<PatientRef> {
        of.iter().map(|n| PatientRef::new(*n).unwrap()).collect()
    }

    fn assign(clusters: &[&[i64]], previous: &PersonMap) -> (PersonMap, Changes) {
        let clusters: Vec<_> = clusters.iter().map(|c| refs(c)).collect();
        assign_keys(&clusters, previous, &mut |founder| PersonKey::new(founder.get() * 100).unwrap())
    }

    fn key(n: i64) -> PersonKey {
        PersonKey::new(n).unwrap()
    }

    #[test]
    fn keys_follow_the_majority_and_are_never_reused() {
        let (first, changes) = assign(&[&[1, 2, 3], &[4, 5]], &PersonMap::default());
        assert_eq!(changes.minted, [key(100), key(400)]);

        let (merged, changes) = assign(&[&[1, 2, 3, 4, 5]], &first);
        assert_eq!(changes.merged, [(key(400), key(100))]);
        assert!(changes.minted.is_empty() && changes.split.is_empty());
        assert!(merged.retired.contains(&key(400)));

        let (split, changes) = assign(&[&[1, 2, 3], &[4, 5]], &merged);
        assert_eq!(split.persons.get(&refs(&[1])[0]), Some(&key(100)));
        let reborn = split.persons.get(&refs(&[4])[0]).copied().unwrap();
        assert!(reborn != key(400), "a retired key must not come back");
        assert_eq!(changes.split, [(key(100), reborn)]);
    }

    #[test]
    fn ties_go_to_the_smallest_registration_and_nothing_changes_without_a_reason() {
        let (first, _) = assign(&[&[1, 2, 3, 4]], &PersonMap::default());
        let (next, changes) = assign(&[&[3, 4], &[1, 2]], &first);
        assert_eq!(next.persons.get(&refs(&[1])[0]), Some(&key(100)));
        assert_eq!(changes.split.len(), 1);
        let (same, changes) = assign(&[&[3, 4], &[1, 2]], &next);
        assert_eq!((same, changes), (next, Changes::default()));
    }

    #[test]
    fn an_erased_person_retires_the_key() {
        let (first, _) = assign(&[&[1], &[2]], &PersonMap::default());
        let (next, changes) = assign(&[&[1]], &first);
        assert!(next.retired.contains(&key(200)));
        assert_eq!(changes, Changes::default());
    }
}
