//! What the attacker knows in the clear: people and the tokens that the public way of encoding makes of them.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::pprl::{Identity, Parameters};

/// People known in the clear.
#[derive(Clone, Copy)]
pub struct Plain<'a> {
    /// Their identities.
    pub identities: &'a [Identity],
    /// Who each of them is, in the same order.
    pub people: &'a [u64],
    /// The public way of encoding.
    pub parameters: &'a Parameters,
}

/// The salted tokens of one filter, most frequent first, each with the places of the people who have it.
pub(super) fn vocabulary(plain: &Plain<'_>, filter: usize) -> Vec<Vec<usize>> {
    let Some(filter) = plain.parameters.filters.get(filter) else { return Vec::new() };
    let mut places: BTreeMap<(String, usize, String), Vec<usize>> = BTreeMap::new();
    for (at, one) in plain.identities.iter().enumerate() {
        let Some(salt) = one.salt(filter.salt) else { continue };
        for (field, kind) in plain.parameters.fields.iter().enumerate() {
            let mut tokens = one.tokens(kind.field);
            tokens.sort_unstable();
            tokens.dedup();
            for token in tokens {
                places.entry((salt.clone(), field, token)).or_default().push(at);
            }
        }
    }
    let mut all: Vec<Vec<usize>> = places.into_values().collect();
    all.sort_by_key(|places| Reverse(places.len()));
    all
}
