//! Attacks on single bits: a bit of a plain filter belongs to few tokens, and frequent tokens have frequent bits.
//!
//! Both find which bits are a token's, read from each target which of the found tokens it has, and look for the one
//! known person with just these. By frequencies of single bits: Kuzu, Kantarcioglu, Durham and Malin 2011; Niedermeyer,
//! Steinmetzer, Kroll and Schnell 2014. By patterns of bits that occur together: Christen, Vidanage, Ranbaduge and Schnell
//! 2018, which needs no knowledge of the hashing.

use super::{
    Labelled, Recovery,
    rows::{Matches, standardise, unit_rows},
    vocabulary::{Plain, vocabulary},
};
use crate::pprl::{Encoding, evaluate::bit_frequencies, ratio};

/// The most tokens that are looked for.
const TOKENS: usize = 64;
/// Of the records that have a pattern, how many may lack a further bit of it.
const LACKING: f64 = 0.02;
/// Fewer bits than this are no pattern: bits meet by chance.
const LEAST_PATTERN: usize = 3;

/// A record that has half of the bits of a token hardly has it: the part is raised to this power.
const SHARPNESS: i32 = 3;
/// Threads that match.
const THREADS: usize = 2;

/// Bits that are taken for those of a token: its rank among the tokens of the plain set.
struct Guess {
    token: usize,
    bits: Vec<u16>,
}

/// Takes the most frequent bits for those of the most frequent token, the next for the next.
pub fn bit_frequency(target: &Labelled<'_>, plain: &Plain<'_>, filter: usize) -> Recovery {
    let tokens = vocabulary(plain, filter);
    let mut order: Vec<(f64, u16)> = bit_frequencies(target.encodings.iter(), filter).into_iter().zip(0u16..).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let hashes = hashes(plain);
    let guesses = order.chunks(hashes).take(tokens.len().min(TOKENS)).enumerate();
    let guesses: Vec<Guess> =
        guesses.map(|(token, bits)| Guess { token, bits: bits.iter().map(|(_, at)| *at).collect() }).collect();
    read(target, plain, filter, &tokens, &guesses)
}

/// Mines groups of bits that are set in the same records and takes each for the token of the nearest frequency.
pub fn pattern_mining(target: &Labelled<'_>, plain: &Plain<'_>, filter: usize) -> Recovery {
    let tokens = vocabulary(plain, filter);
    let columns = Columns::of(target.encodings, filter);
    let mut patterns = columns.patterns(hashes(plain));
    patterns.truncate(TOKENS);
    let people = u64::try_from(plain.identities.len()).unwrap_or(u64::MAX);
    let mut free: Vec<(usize, f64)> =
        tokens.iter().take(4 * TOKENS).map(|p| ratio(size(p), people)).enumerate().collect();
    let mut guesses = Vec::new();
    for (share, bits) in patterns {
        let near = |(_, frequency): &(usize, f64)| (frequency - share).abs();
        let best = (0..free.len()).min_by(|a, b| {
            let distance = |at: &usize| free.get(*at).map_or(f64::INFINITY, near);
            distance(a).total_cmp(&distance(b))
        });
        if let Some(best) = best {
            let (token, _) = free.remove(best);
            guesses.push(Guess { token, bits });
        }
    }
    read(target, plain, filter, &tokens, &guesses)
}

/// The bits of a token: those of the heaviest field, because a token sets as many only there.
fn hashes(plain: &Plain<'_>) -> usize {
    usize::from(plain.parameters.fields.iter().map(|one| one.hashes).max().unwrap_or(1))
}

/// Reads from each target how far it has the bits of each found token and names the person whose tokens fit best.
fn read(target: &Labelled<'_>, plain: &Plain<'_>, filter: usize, tokens: &[Vec<usize>], guesses: &[Guess]) -> Recovery {
    let mut known = vec![vec![0.0f32; guesses.len()]; plain.identities.len()];
    for (nth, guess) in guesses.iter().enumerate() {
        for at in tokens.get(guess.token).into_iter().flatten() {
            if let Some(has) = known.get_mut(*at).and_then(|row| row.get_mut(nth)) {
                *has = 1.0;
            }
        }
    }
    let part = |one: &Encoding, guess: &Guess| {
        let has = guess.bits.iter().filter(|at| one.filters.get(filter).is_some_and(|bits| bits.has(**at))).count();
        #[expect(clippy::cast_precision_loss, reason = "at most 1,024")]
        let part = has as f32 / guess.bits.len().max(1) as f32;
        part.powi(SHARPNESS)
    };
    let read = target.encodings.iter().map(|one| guesses.iter().map(|guess| part(one, guess)).collect());
    let rows = |all: Vec<Vec<f32>>| unit_rows(standardise(all));
    let matches = Matches::of(&rows(read.collect()), &rows(known), THREADS);
    let list = Labelled { encodings: &[], people: plain.people };
    Recovery::of(target.people, plain.people, |at| matches.person(at, &list))
}

/// For each bit, the records that have it, as words.
struct Columns {
    words: Vec<Vec<u64>>,
    records: u64,
}

impl Columns {
    fn of(encodings: &[Encoding], filter: usize) -> Self {
        let mut words = vec![vec![0u64; encodings.len().div_ceil(64)]; 1024];
        for (at, one) in encodings.iter().enumerate() {
            for bit in one.filters.get(filter).into_iter().flat_map(crate::pprl::Bits::positions) {
                if let Some(word) = words.get_mut(usize::from(bit)).and_then(|column| column.get_mut(at / 64)) {
                    *word |= 1 << (at % 64);
                }
            }
        }
        Self { words, records: size(encodings) }
    }

    /// Groups of bits set together, most frequent first, with the share of the records that have all of a group.
    fn patterns(&self, hashes: usize) -> Vec<(f64, Vec<u16>)> {
        let column = |bit: u16| self.words.get(usize::from(bit)).map_or(&[][..], Vec::as_slice);
        let mut seeds: Vec<(u64, u16)> = (0u16..1024).map(|bit| (ones(column(bit)), bit)).collect();
        seeds.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let (mut used, mut found) = (vec![false; 1024], Vec::new());
        for (count, seed) in &seeds {
            let is_used = used.get(usize::from(*seed)).copied().unwrap_or(true);
            if is_used || *count == 0 || *count == self.records {
                continue;
            }
            let (all, bits) = self.grow(*seed, &seeds, hashes);
            if bits.len() >= LEAST_PATTERN {
                bits.iter().for_each(|bit| used.iter_mut().skip(usize::from(*bit)).take(1).for_each(|u| *u = true));
                found.push((ratio(ones(&all), self.records), bits));
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        found
    }

    /// Adds to a bit those that hardly any of its records lack, the fewest lacking first.
    fn grow(&self, seed: u16, seeds: &[(u64, u16)], hashes: usize) -> (Vec<u64>, Vec<u16>) {
        let mut all = self.words.get(usize::from(seed)).cloned().unwrap_or_default();
        let support = ones(&all);
        let mut near: Vec<(u64, u64, u16)> = Vec::new();
        for (count, bit) in seeds.iter().filter(|(_, bit)| *bit != seed) {
            let column = self.words.get(usize::from(*bit)).map_or(&[][..], Vec::as_slice);
            let lacking = support - all.iter().zip(column).map(|(a, b)| u64::from((a & b).count_ones())).sum::<u64>();
            if ratio(lacking, support) <= LACKING {
                near.push((lacking, *count, *bit));
            }
        }
        near.sort_unstable();
        let mut bits = vec![seed];
        for (_, _, bit) in near.into_iter().take(hashes.saturating_sub(1)) {
            let column = self.words.get(usize::from(bit)).map_or(&[][..], Vec::as_slice);
            all.iter_mut().zip(column).for_each(|(a, b)| *a &= b);
            bits.push(bit);
        }
        bits.sort_unstable();
        (all, bits)
    }
}

fn ones(words: &[u64]) -> u64 {
    words.iter().map(|word| u64::from(word.count_ones())).sum()
}

fn size<T>(all: &[T]) -> u64 {
    u64::try_from(all.len()).unwrap_or(u64::MAX)
}
