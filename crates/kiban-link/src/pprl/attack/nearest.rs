//! Attacks that take the most alike: a dictionary without the key, and one release against the next.

use rustc_hash::FxHashMap;

use super::{Labelled, Recovery, cloud::Cloud, spread};
use crate::pprl::Token;

/// Encodes a list of people without the operators' key and takes for each target the most alike entry.
///
/// `known` is the list, encoded under whatever keys the attacker has. Whoever encodes without a secret, or with a hash
/// that everybody can compute, loses everything here.
pub fn dictionary(target: &Labelled<'_>, known: &Labelled<'_>, threads: usize) -> Recovery {
    let guesses = nearest(target, known, threads);
    Recovery::of(target.people, known.people, |at| guesses.get(at).copied().flatten())
}

/// Takes the records of one release and finds each in another by equal tokens, else by the most alike filters.
///
/// With fresh keys for every batch this is a guess at chance. Whoever knows one release in the clear may also try
/// [`graph_matching`](super::graph_matching) between them.
pub fn releases(first: &Labelled<'_>, second: &Labelled<'_>, threads: usize) -> Recovery {
    let mut by_token: FxHashMap<Token, u64> = FxHashMap::default();
    for (one, person) in second.encodings.iter().zip(second.people) {
        by_token.extend(one.tokens.iter().map(|token| (*token, *person)));
    }
    let guesses = nearest(first, second, threads);
    Recovery::of(first.people, second.people, |at| {
        let tokens = first.encodings.get(at).map_or(&[][..], |one| &one.tokens);
        tokens.iter().find_map(|token| by_token.get(token).copied()).or_else(|| guesses.get(at).copied().flatten())
    })
}

/// For each target the person of the most alike known record; nobody where two persons are equally alike.
fn nearest(target: &Labelled<'_>, known: &Labelled<'_>, threads: usize) -> Vec<Option<u64>> {
    let (targets, others) = (Cloud::new(target.encodings), Cloud::new(known.encodings));
    spread(targets.len(), threads, |at| {
        let mut best: (f32, Option<u64>) = (0.0, None);
        for place in 0..others.len() {
            let likeness = targets.likeness(at, &others, place);
            if likeness > best.0 {
                best = (likeness, known.person(place));
            } else if likeness >= best.0 && best.1 != known.person(place) {
                best.1 = None;
            }
        }
        best.1
    })
}
