//! Making a class of lives anonymous: facts are admitted one by one, each for as many persons as can share it.

use rustc_hash::FxHashMap;

use super::{
    ConfidenceCheck, Ladder, LifeAccount, LifeAnonymity, LifeCheck, LifeClass, Lives, check_confidence, check_lives,
    core::Cores,
};
use crate::error::{Error, Result};

/// What of a class is released.
#[derive(Debug, Clone, PartialEq)]
pub struct Protected {
    /// Per event of the class, in its order, the label under which it is released ([`Ladder::read`]).
    pub labels: Vec<Option<u32>>,
    /// Per person whether released at all.
    pub kept: Vec<bool>,
    /// What it cost.
    pub account: LifeAccount,
    /// The proof: [`check_lives`] on what is released.
    pub check: LifeCheck,
    /// The proof of the bound on what follows: [`check_confidence`] on what is released.
    pub confidence: ConfidenceCheck,
}

/// Makes one class anonymous with little loss, and proves it.
///
/// It begins with the bare persons, who are anonymous if there are k, and *admits* items, those that most persons have
/// first. An item is admitted for the core of its holders: the largest group in which it can be shared together with
/// every few of the items that its persons have by then. So the model holds after each step, there is nothing to repair,
/// and nothing to iterate. What an event could not be released as is tried on its next rung, with all others that wait
/// there. An item with a small core stands in the way of all others of its persons, so at first only cores half as large as
/// the ladder wants labels are admitted, then a quarter of that, and so on down to k. At the end nothing that was left out
/// could be given back on any rung from its first on, to any group of persons: later items only make cores smaller.
/// Sensitive facts that would follow too surely from others are taken back at last.
///
/// # Errors
/// A model that makes no sense; kinds that are not of the ladder; a result that its check refuses, which would be a fault.
pub fn protect(class: &LifeClass, ladder: &Ladder, model: &LifeAnonymity) -> Result<Protected> {
    model.validate()?;
    if class.kinds().iter().any(|kind| ladder.code(*kind) as usize >= ladder.codes()) {
        return Err(Error::BadParameter {
            what: "class of lives".to_owned(),
            why: "an event's kind is not of the ladder",
        });
    }
    let enough = class.persons() as u64 >= u64::from(model.k);
    let mut admission = Admission::new(class, ladder, model);
    if enough {
        for floor in floors(ladder.wanted(), model.k) {
            (0..ladder.most_rungs()).for_each(|number| admission.climb(number, floor));
        }
    }
    admission.restrain();
    let labels = admission.labels;
    let kept = vec![enough; class.persons()];
    let check = check_class(class, &labels, &kept, model)?;
    let confidence = check_class_confidence(class, ladder, &labels, &kept, model)?;
    if !check.holds() || !confidence.holds() {
        let why = "the finished class does not pass its own check: this is a fault of the program";
        return Err(Error::BadParameter { what: "class of lives".to_owned(), why });
    }
    let account = LifeAccount::of(class, ladder, &labels, &kept);
    Ok(Protected { labels, kept, account, check, confidence })
}

/// Checks what is released of a class; nothing is taken from the making but its result.
///
/// # Errors
/// As [`check_lives`].
pub fn check_class(
    class: &LifeClass,
    labels: &[Option<u32>],
    kept: &[bool],
    model: &LifeAnonymity,
) -> Result<LifeCheck> {
    check_lives(&released(class, labels, kept, model)?, model, std::num::NonZeroUsize::MIN)
}

/// Checks how surely sensitive facts follow in what is released of a class, as [`check_class`].
///
/// # Errors
/// As [`check_confidence`].
pub fn check_class_confidence(
    class: &LifeClass,
    ladder: &Ladder,
    labels: &[Option<u32>],
    kept: &[bool],
    model: &LifeAnonymity,
) -> Result<ConfidenceCheck> {
    let mut told: Vec<u32> = labels.iter().copied().flatten().collect();
    told.sort_unstable();
    told.dedup();
    let of = |group| told.iter().copied().filter(|label| ladder.speaks_of(group, *label)).collect();
    let groups: Vec<Vec<u32>> = (0..ladder.sensitive_groups()).map(of).collect();
    check_confidence(&released(class, labels, kept, model)?, &groups, model)
}

/// Returns the lives of the released persons, numbered anew.
fn released(class: &LifeClass, labels: &[Option<u32>], kept: &[bool], model: &LifeAnonymity) -> Result<Lives> {
    let mut place = 0_u32;
    let place_of: Vec<Option<u32>> = kept
        .iter()
        .map(|kept| {
            let here = kept.then_some(place);
            place += u32::from(*kept);
            here
        })
        .collect();
    let row =
        |((person, _), label): ((u32, u32), &Option<u32>)| place_of.get(person as usize).copied().flatten().zip(*label);
    let rows: Vec<(u32, u32)> = class.rows().zip(labels).filter_map(row).collect();
    Lives::from_rows(place as usize, &rows, model.counted)
}

/// Returns the sizes that cores must have, one walk up the rungs after the other: the last is k.
///
/// The first is half of what the ladder wants: most codes have labels of less company than others of theirs.
fn floors(wanted: u32, k: u32) -> impl Iterator<Item = usize> {
    let larger = std::iter::successors(Some(wanted / 2), |floor| Some(floor / 4)).take_while(move |floor| *floor > k);
    larger.chain([k]).map(|floor| floor as usize)
}

/// An event that waits on a rung: its label there, its person, its place in the class.
type Waiting = (u32, u32, u32);

/// A fact that is offered: a label, how many times at least, and for whom.
struct Offer {
    label: u32,
    times: u32,
    rank: usize,
    persons: Vec<u32>,
    waiting: std::ops::Range<usize>,
}

/// A class on the way to its release.
pub(super) struct Admission<'a> {
    pub(super) class: &'a LifeClass,
    pub(super) ladder: &'a Ladder,
    pub(super) model: &'a LifeAnonymity,
    pub(super) labels: Vec<Option<u32>>,
    /// Per person the admitted items, ascending.
    pub(super) lives: Vec<Vec<u32>>,
    /// Per admitted item its holders, ascending.
    pub(super) holders: Vec<Vec<u32>>,
    /// Per admitted item its label.
    pub(super) label_of: Vec<u32>,
    /// The item of a label and a number of times.
    items: FxHashMap<(u32, u32), u32>,
    pub(super) cores: Cores,
    /// How many facts were taken back.
    pub(super) taken: usize,
}

impl<'a> Admission<'a> {
    fn new(class: &'a LifeClass, ladder: &'a Ladder, model: &'a LifeAnonymity) -> Self {
        Self {
            class,
            ladder,
            model,
            labels: vec![None; class.kinds().len()],
            lives: vec![Vec::new(); class.persons()],
            holders: Vec::new(),
            label_of: Vec::new(),
            items: FxHashMap::default(),
            cores: Cores::new(model.k),
            taken: 0,
        }
    }

    /// Offers all that is not released yet and has started, on its rung of this number, to cores of `floor` or more.
    fn climb(&mut self, number: u8, floor: usize) {
        let label = |kind| self.ladder.rung(kind, number).and_then(|rung| self.ladder.label(kind, rung));
        let open = (0_u32..).zip(self.class.rows()).zip(&self.labels).filter(|(_, released)| released.is_none());
        let mut waiting: Vec<Waiting> =
            open.filter_map(|((row, (person, kind)), _)| Some((label(kind)?, person, row))).collect();
        waiting.sort_unstable();
        for offer in self.offers(&waiting, floor) {
            let rows = waiting.get(offer.waiting.clone()).unwrap_or_default();
            self.admit(&offer, rows, floor);
        }
    }

    pub(super) fn item(&self, label: u32, times: u32) -> Option<u32> {
        self.items.get(&(label, times)).copied()
    }

    fn holds(&self, person: u32, item: Option<u32>) -> bool {
        let life = self.lives.get(person as usize);
        item.zip(life).is_some_and(|(item, life)| life.binary_search(&item).is_ok())
    }

    /// Makes offers of the waiting events, in the order in which they are taken up: what most persons share comes first.
    fn offers(&self, waiting: &[Waiting], floor: usize) -> Vec<Offer> {
        let mut offers = Vec::new();
        let mut from = 0;
        for same in waiting.chunk_by(|a, b| a.0 == b.0) {
            let range = from..from + same.len();
            from = range.end;
            let Some((label, _, _)) = same.first().copied() else { continue };
            if same.len() < floor && self.item(label, 1).is_none() {
                continue;
            }
            let per_times = self.who_waits(label, same);
            let mut rank = usize::MAX;
            for (times, persons) in (1_u32..).zip(per_times).filter(|(_, persons)| !persons.is_empty()) {
                let before = self.item(label, times).and_then(|i| self.holders.get(i as usize)).map_or(0, Vec::len);
                // Twice comes after once, even if more persons wait for it.
                rank = rank.min(persons.len() + before);
                if rank >= floor {
                    offers.push(Offer { label, times, rank, persons, waiting: range.clone() });
                }
            }
        }
        offers.sort_by_key(|offer| (std::cmp::Reverse(offer.rank), offer.label, offer.times));
        offers
    }

    /// Returns who waits to have a label once, twice, …; whoever has it already begins behind that.
    fn who_waits(&self, label: u32, same: &[Waiting]) -> Vec<Vec<u32>> {
        let counted = self.model.counted;
        let mut per_times: Vec<Vec<u32>> = Vec::new();
        for rows in same.chunk_by(|a, b| a.1 == b.1) {
            let Some((_, person, _)) = rows.first().copied() else { continue };
            let had = (1..=counted).take_while(|times| self.holds(person, self.item(label, *times))).count();
            // With nothing more to count, the last fact is offered again; it lets the other rows follow.
            let next = had.min(counted as usize - 1);
            for times in next..(next + rows.len()).min(counted as usize) {
                per_times.resize_with(per_times.len().max(times + 1), Vec::new);
                if let Some(persons) = per_times.get_mut(times) {
                    persons.push(person);
                }
            }
        }
        per_times
    }

    /// Releases an offer to the core of those who have it and those who wait for it.
    fn admit(&mut self, offer: &Offer, waiting: &[Waiting], floor: usize) {
        let once_less = self.item(offer.label, offer.times.saturating_sub(1));
        let ready = |person: &u32| offer.times == 1 || self.holds(*person, once_less);
        let known = self.item(offer.label, offer.times);
        let mut group: Vec<u32> = offer.persons.iter().copied().filter(ready).collect();
        let before = known.and_then(|item| self.holders.get(item as usize)).cloned().unwrap_or_default();
        group.extend(&before);
        group.sort_unstable();
        group.dedup();
        let others = self.model.known - 1;
        let core = self.cores.core(&group, &self.lives, others, self.holders.len());
        let inside: Vec<u32> = group.iter().zip(core).filter(|(_, inside)| *inside).map(|(p, _)| *p).collect();
        if inside.len() < floor {
            return;
        }
        let item = known.unwrap_or_else(|| u32::try_from(self.holders.len()).unwrap_or(u32::MAX));
        if known.is_none() {
            self.items.insert((offer.label, offer.times), item);
            self.holders.push(Vec::new());
            self.label_of.push(offer.label);
        }
        for person in inside.iter().filter(|p| offer.persons.binary_search(p).is_ok()) {
            self.release(*person, item, offer, waiting);
        }
        if let Some(holders) = self.holders.get_mut(item as usize) {
            *holders = inside;
        }
    }

    /// Gives a person an item and labels the events that carry it.
    fn release(&mut self, person: u32, item: u32, offer: &Offer, waiting: &[Waiting]) {
        let life = self.lives.get_mut(person as usize);
        if let Some((life, place)) = life.and_then(|life| life.binary_search(&item).err().map(|place| (life, place))) {
            life.insert(place, item);
        }
        let from = waiting.partition_point(|w| w.1 < person);
        let rows = waiting.get(from..).unwrap_or_default().iter().take_while(|w| w.1 == person);
        let mut left = if offer.times == self.model.counted { usize::MAX } else { 1 };
        for (_, _, row) in rows {
            if let Some(label) = self.labels.get_mut(*row as usize).filter(|label| label.is_none() && left > 0) {
                *label = Some(offer.label);
                left -= 1;
            }
        }
    }
}
