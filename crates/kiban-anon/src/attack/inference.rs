//! Attribute inference: somebody who knows some facts of a person guesses another from the records that fit.

use serde::Serialize;

use super::{
    draw::Draws,
    linkage::chosen,
    rate::{Rate, Tally},
    table::Wanted,
    view::View,
};
use crate::error::{Error, Result};

/// How well a secret is guessed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Inference {
    /// The share of secrets guessed rightly. Control: the same guess from the release without the target's record, so that
    /// what the table teaches of everybody is not held against it.
    pub rate: Rate,
    /// The share guessed rightly by whoever knows nothing but the distribution of the whole release.
    pub baseline: f64,
}

/// Plays an adversary who takes all released records that fit what is known of a target and guesses the value that is most
/// frequent among them.
///
/// A record whose secret is generalised speaks for each of its leaves in equal parts; only the true leaf is a right guess.
/// Where no record fits, the guess is that of the whole release. Equal frequencies are decided for the first leaf.
///
/// # Errors
/// No such columns, or a secret that is known.
pub fn inference(view: &View, secret: usize, known: &[usize], targets: usize, key: &[u8]) -> Result<Inference> {
    view.check("background knowledge", known)?;
    view.check("secret", &[secret])?;
    if known.contains(&secret) {
        return Err(Error::BadParameter { what: "secret".to_owned(), why: "is among what is known already" });
    }
    let mut draws = Draws::new(key, b"inference");
    let mut votes = Votes { view, secret, by_text: vec![0; view.texts(secret)] };
    let everybody = votes.count(&[], None);
    let overall = votes.guess(&everybody, None);
    let (mut attack, mut control, mut baseline) = (Tally::default(), Tally::default(), Tally::default());
    for target in chosen(view, targets, &mut draws) {
        let fact = |column: &usize| (*column, view.texts_of(*column, view.leaf(*column, target)));
        let wanted: Vec<Wanted<'_>> = known.iter().map(fact).collect();
        let record = view.record(target);
        let found = votes.count(&wanted, record);
        let truth = view.leaf(secret, target);
        let add = |tally: &mut Tally, guess: Option<u32>| {
            tally.add(if guess.or(overall) == Some(truth) { 1.0 } else { 0.0 });
        };
        add(&mut attack, votes.guess(&found, None));
        add(&mut control, votes.guess(&found, found.own));
        add(&mut baseline, overall);
    }
    Ok(Inference { rate: attack.beside(control), baseline: baseline.share() })
}

/// Counts the secrets of records, by text.
struct Votes<'a> {
    view: &'a View,
    secret: usize,
    /// All zero between uses.
    by_text: Vec<u32>,
}

/// The records that fit: per text of the secret how many, by text, and the text of the target's own record if it is among
/// them.
struct Found {
    texts: Vec<(u32, u32)>,
    own: Option<u32>,
}

impl Votes<'_> {
    fn count(&mut self, wanted: &[Wanted<'_>], record: Option<u32>) -> Found {
        let mut found = Found { texts: Vec::new(), own: None };
        let mut touched = Vec::new();
        for place in self.view.released.matching(wanted) {
            let text = self.view.released.code(self.secret, place);
            if record == Some(place) {
                found.own = Some(text);
            }
            if let Some(n) = self.by_text.get_mut(text as usize) {
                if *n == 0 {
                    touched.push(text);
                }
                *n += self.view.released.count(place);
            }
        }
        touched.sort_unstable();
        let taken = |text: u32| (text, self.by_text.get_mut(text as usize).map_or(0, std::mem::take));
        found.texts = touched.into_iter().map(taken).collect();
        found
    }

    /// Returns the leaf with the most votes, one record of the text `without` left out.
    fn guess(&self, found: &Found, without: Option<u32>) -> Option<u32> {
        let mut votes: Vec<(u32, f64)> = Vec::new();
        for (text, n) in &found.texts {
            let n = n - u32::from(without == Some(*text));
            let leaves = self.view.leaves_of(self.secret, *text);
            if n > 0 {
                votes.extend(leaves.iter().map(|leaf| (*leaf, f64::from(n) / leaves.len() as f64)));
            }
        }
        votes.sort_by_key(|vote| vote.0);
        let sums = votes.chunk_by(|a, b| a.0 == b.0).map(|same| (same.first(), same.iter().map(|v| v.1).sum::<f64>()));
        let best = sums.reduce(|best, next| if next.1 > best.1 { next } else { best })?;
        best.0.map(|vote| vote.0)
    }
}
