//! Frequency alignment of whole encodings: the most frequent encoding is the most frequent name.
//!
//! It breaks every deterministic encoding of a single field, keyed or not.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Labelled, Recovery};
use crate::pprl::{Bits, Encoding};

/// Ranks the distinct encodings of both sets by how many records have them and takes those of one rank for one another.
pub fn whole_frequency(target: &Labelled<'_>, known: &Labelled<'_>) -> Recovery {
    let (targets, others) = (ranked(target.encodings), ranked(known.encodings));
    let mut guesses = vec![None; target.encodings.len()];
    for (of_target, of_known) in targets.iter().zip(&others) {
        let person = of_known.first().and_then(|at| known.person(*at));
        for at in of_target {
            if let Some(guess) = guesses.get_mut(*at) {
                *guess = person;
            }
        }
    }
    Recovery::of(target.people, known.people, |at| guesses.get(at).copied().flatten())
}

/// The records of each distinct encoding, most frequent first.
fn ranked(encodings: &[Encoding]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<&[Bits], Vec<usize>> = BTreeMap::new();
    for (at, one) in encodings.iter().enumerate() {
        groups.entry(&one.filters).or_default().push(at);
    }
    let mut ranked: Vec<Vec<usize>> = groups.into_values().collect();
    ranked.sort_by_key(|group| Reverse(group.len()));
    ranked
}
