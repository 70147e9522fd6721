//! The proof that a class of released lives is anonymous: every set of facts that anybody holds is counted.

use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use serde::Serialize;

use super::{LifeAnonymity, Lives};
use crate::error::Result;

/// How many witnesses are kept.
const WITNESSES: usize = 8;

/// What counting every set of facts found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LifeCheck {
    /// Persons of the class.
    pub persons: u64,
    /// Sets of at most so many facts that somebody holds and fewer than k do.
    pub violations: u64,
    /// Persons who hold such a set.
    pub concerned: u64,
    /// How many share the rarest set, the empty one among them; `None` in an empty class.
    pub smallest: Option<u32>,
    /// The first of the violations, rarest facts first.
    pub witnesses: Vec<Witness>,
}

/// A set of facts that too few persons hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// The items, ascending; none if the class itself is too small.
    pub items: Vec<u32>,
    /// How many hold them.
    pub support: u32,
}

impl LifeCheck {
    /// Tells whether the model holds.
    pub fn holds(&self) -> bool {
        self.violations == 0
    }

    /// Adds what was found in another class.
    pub fn merge(&mut self, other: &Self) {
        self.persons += other.persons;
        self.violations += other.violations;
        self.concerned += other.concerned;
        self.smallest = self.smallest.into_iter().chain(other.smallest).min();
        let more = WITNESSES.saturating_sub(self.witnesses.len());
        self.witnesses.extend(other.witnesses.iter().take(more).cloned());
    }
}

/// Counts every set of at most `known` facts that somebody of the class holds.
///
/// Items are ranked, the rarest first. Depth first, each set of items keeps the places in its holders' lists behind its
/// last item; one pass over what follows there counts all sets that are larger by one item, in an array that stays in
/// the nearest cache. The work is Σ C(eₚ, m) additions over the persons' numbers of facts eₚ, the memory that of the class.
/// Sets that begin with different items are counted on different threads; the result does not depend on how many.
///
/// # Errors
/// A model that makes no sense.
pub fn check_lives(lives: &Lives, model: &LifeAnonymity, threads: NonZeroUsize) -> Result<LifeCheck> {
    model.validate()?;
    let ranked = Ranked::new(lives);
    let mut found = Found::new(ranked.persons());
    found.note_class(ranked.persons(), model.k);
    if ranked.persons() > 0 {
        let whole: Vec<Place> = ranked.all().collect();
        let mut first = Counter::new(&ranked, model.k);
        let by_item = first.extend(&[], &whole, 0, &mut found);
        if model.known > 1 {
            found.add(in_parallel(&ranked, &by_item, model, threads));
        }
    }
    Ok(found.report(&ranked))
}

/// A place in a person's list behind the last item of a set, and where the list ends.
type Place = (u32, u32);

/// The lives with items renamed by rank, the rarest first.
struct Ranked {
    offsets: Vec<u32>,
    items: Vec<u32>,
    item_of_rank: Vec<u32>,
}

#[expect(clippy::indexing_slicing, reason = "items are below the vocabulary, and so are ranks")]
impl Ranked {
    fn new(lives: &Lives) -> Self {
        let mut support = vec![0_u32; lives.vocabulary()];
        lives.iter().flatten().for_each(|item| support[*item as usize] += 1);
        let mut item_of_rank: Vec<u32> =
            (0_u32..).zip(&support).filter(|(_, n)| **n > 0).map(|(item, _)| item).collect();
        item_of_rank.sort_unstable_by_key(|item| (support[*item as usize], *item));
        let mut rank_of = vec![0_u32; lives.vocabulary()];
        (0_u32..).zip(&item_of_rank).for_each(|(rank, item)| rank_of[*item as usize] = rank);
        let mut ranked = Self { offsets: vec![0], items: Vec::with_capacity(lives.facts()), item_of_rank };
        for person in lives.iter() {
            let from = ranked.items.len();
            ranked.items.extend(person.iter().map(|item| rank_of[*item as usize]));
            ranked.items[from..].sort_unstable();
            ranked.offsets.push(u32::try_from(ranked.items.len()).unwrap_or(u32::MAX));
        }
        ranked
    }

    fn persons(&self) -> usize {
        self.offsets.len() - 1
    }

    fn all(&self) -> impl Iterator<Item = Place> {
        self.offsets.windows(2).map(|pair| (pair[0], pair[1]))
    }

    fn rest(&self, place: Place) -> &[u32] {
        &self.items[place.0 as usize..place.1 as usize]
    }

    /// Returns the person in whose list a place lies, by where the list ends; only persons with items have places.
    fn person(&self, place: Place) -> usize {
        self.offsets.partition_point(|offset| *offset < place.1) - 1
    }
}

/// The sets that are larger by one item: the item, and the places behind it.
type Extended = Vec<(u32, Vec<Place>)>;

fn in_parallel(ranked: &Ranked, by_item: &Extended, model: &LifeAnonymity, threads: NonZeroUsize) -> Vec<Found> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut counter = Counter::new(ranked, model.k);
        let mut found = Found::new(ranked.persons());
        while let Some((item, places)) = by_item.get(next.fetch_add(1, Ordering::Relaxed)) {
            counter.descend(&mut vec![*item], places, model.known - 1, &mut found);
        }
        found
    };
    if threads.get() == 1 {
        return vec![work()];
    }
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.get()).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|w| w.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

struct Counter<'a> {
    ranked: &'a Ranked,
    k: u32,
    counts: Vec<u32>,
}

#[expect(clippy::indexing_slicing, reason = "ranks are below the number of counters, places inside the lists")]
impl<'a> Counter<'a> {
    fn new(ranked: &'a Ranked, k: u32) -> Self {
        Self { ranked, k, counts: vec![0; ranked.item_of_rank.len()] }
    }

    /// Counts all sets of at most `more` items beyond `set`, whose holders are at `places`.
    fn descend(&mut self, set: &mut Vec<u32>, places: &[Place], more: u32, found: &mut Found) {
        let from = set.last().map_or(0, |last| last + 1);
        if more == 1 {
            return self.tally(set, places, from, found);
        }
        for (item, places) in self.extend(set, places, from, found) {
            set.push(item);
            self.descend(set, &places, more - 1, found);
            set.pop();
        }
    }

    /// Counts the sets of one item more, and returns their holders' places.
    fn extend(&mut self, set: &[u32], places: &[Place], from: u32, found: &mut Found) -> Extended {
        let ranked = self.ranked;
        self.count(places);
        let seen: Vec<u32> = (from..).zip(&self.counts[from as usize..]).filter(|c| *c.1 > 0).map(|c| c.0).collect();
        let mut extended: Extended = Vec::with_capacity(seen.len());
        for (slot, item) in (0_u32..).zip(&seen) {
            let support = std::mem::replace(&mut self.counts[*item as usize], slot);
            extended.push((*item, Vec::with_capacity(support as usize)));
        }
        for place in places {
            for (behind, item) in (place.0 + 1..).zip(ranked.rest(*place)) {
                extended[self.counts[*item as usize] as usize].1.push((behind, place.1));
            }
        }
        for (item, holders) in &extended {
            self.counts[*item as usize] = 0;
            let support = u32::try_from(holders.len()).unwrap_or(u32::MAX);
            found.smallest = found.smallest.min(support);
            if support < self.k {
                found.violation(set, *item, support);
                holders.iter().for_each(|place| found.concern(ranked.person(*place)));
            }
        }
        extended
    }

    /// Counts the sets of one item more, where nothing follows.
    fn tally(&mut self, set: &[u32], places: &[Place], from: u32, found: &mut Found) {
        self.count(places);
        let follow: u32 = places.iter().map(|place| place.1 - place.0).sum();
        // Few counters were touched: to walk to them once more is cheaper than to look at all.
        let sparse = (follow as usize) < (self.counts.len() - from as usize) / 8;
        // One less than the count, so that no holder at all becomes the greatest number: one vector instruction.
        let lesser = |least: u32, n: &u32| least.min(n.wrapping_sub(1));
        let least = if sparse {
            places
                .iter()
                .flat_map(|p| self.ranked.rest(*p))
                .map(|item| &self.counts[*item as usize])
                .fold(u32::MAX, lesser)
        } else {
            self.counts[from as usize..].iter().fold(u32::MAX, lesser)
        };
        found.smallest = found.smallest.min(least.saturating_add(1));
        if least < self.k - 1 {
            self.complain(set, places, from, found);
        }
        if sparse {
            places.iter().flat_map(|p| self.ranked.rest(*p)).for_each(|item| self.counts[*item as usize] = 0);
        } else {
            self.counts[from as usize..].fill(0);
        }
    }

    #[inline]
    fn count(&mut self, places: &[Place]) {
        for place in places {
            for item in self.ranked.rest(*place) {
                self.counts[*item as usize] += 1;
            }
        }
    }

    fn complain(&self, set: &[u32], places: &[Place], from: u32, found: &mut Found) {
        for (item, support) in (from..).zip(&self.counts[from as usize..]) {
            if (1..self.k).contains(support) {
                found.violation(set, item, *support);
            }
        }
        for place in places {
            if self.ranked.rest(*place).iter().any(|item| self.counts[*item as usize] < self.k) {
                found.concern(self.ranked.person(*place));
            }
        }
    }
}

/// What one thread found, by ranks.
struct Found {
    violations: u64,
    concerned: Vec<bool>,
    smallest: u32,
    witnesses: Vec<(Vec<u32>, u32)>,
}

impl Found {
    fn new(persons: usize) -> Self {
        Self { violations: 0, concerned: vec![false; persons], smallest: u32::MAX, witnesses: Vec::new() }
    }

    /// Notes the empty set: the class as a whole.
    fn note_class(&mut self, persons: usize, k: u32) {
        let support = u32::try_from(persons).unwrap_or(u32::MAX);
        if support == 0 {
            return;
        }
        self.smallest = support;
        if support < k {
            self.violations = 1;
            self.concerned.fill(true);
            self.witnesses.push((Vec::new(), support));
        }
    }

    fn violation(&mut self, set: &[u32], item: u32, support: u32) {
        self.violations += 1;
        // A thread walks its sets in order, so those it kept are its first.
        if self.witnesses.len() < WITNESSES {
            self.witnesses.push((set.iter().copied().chain([item]).collect(), support));
        }
    }

    fn concern(&mut self, person: usize) {
        if let Some(concerned) = self.concerned.get_mut(person) {
            *concerned = true;
        }
    }

    /// Adds what the threads found; whatever a thread left out has enough witnesses with lower first ranks before it.
    fn add(&mut self, parts: Vec<Self>) {
        let mut witnesses = Vec::new();
        for part in parts {
            self.violations += part.violations;
            self.concerned.iter_mut().zip(part.concerned).for_each(|(mine, theirs)| *mine |= theirs);
            self.smallest = self.smallest.min(part.smallest);
            witnesses.extend(part.witnesses);
        }
        witnesses.sort_by_key(|(ranks, _)| ranks.first().copied());
        self.witnesses.extend(witnesses);
    }

    fn report(self, ranked: &Ranked) -> LifeCheck {
        let item = |rank: &u32| ranked.item_of_rank.get(*rank as usize).copied().unwrap_or(u32::MAX);
        let witness = |(ranks, support): &(Vec<u32>, u32)| {
            let mut items: Vec<u32> = ranks.iter().map(item).collect();
            items.sort_unstable();
            Witness { items, support: *support }
        };
        LifeCheck {
            persons: ranked.persons() as u64,
            violations: self.violations,
            concerned: self.concerned.iter().filter(|c| **c).count() as u64,
            smallest: (ranked.persons() > 0).then_some(self.smallest),
            witnesses: self.witnesses.iter().take(WITNESSES).map(witness).collect(),
        }
    }
}
