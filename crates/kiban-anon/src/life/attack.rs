//! An acquaintance who knows some events of a life looks for the person in a release.
//!
//! Nothing is shared with what makes or checks a release: true events and released rows come in as plain columns.

use std::ops::Range;

use kiban_core::keyed_u64;
use serde::Serialize;

use super::DateUnit;
use crate::error::{Error, Result};

/// Days that no date lies before or behind, far enough from the ends of the type to be shifted.
const EVER: (i32, i32) = (i32::MIN / 4, i32::MAX / 4);

/// What is true: persons and their events, sorted by person.
#[derive(Debug, Clone, Copy)]
pub struct TrueLives<'a> {
    /// Per person the class of released persons that agrees with what is known of their demographics.
    pub class: &'a [u32],
    /// Per event its person.
    pub person: &'a [u32],
    /// Per event its code, as a number of [`CodesAbove`].
    pub code: &'a [u32],
    /// Per event its true day since 1970-01-01, `None` if it has none.
    pub day: &'a [Option<i32>],
}

/// What was released: persons and their rows, sorted by person.
#[derive(Debug, Clone, Copy)]
pub struct ReleasedLives<'a> {
    /// Per released person their class.
    pub class: &'a [u32],
    /// Per released person who that is in truth.
    pub who: &'a [u32],
    /// Per row its released person.
    pub person: &'a [u32],
    /// Per row its code or group of codes, as a number of [`CodesAbove`].
    pub code: &'a [u32],
    /// Per row the first and last day its date may stand for, `None` if it tells none.
    pub days: &'a [Option<(i32, i32)>],
}

/// For each code and each group of codes, itself and the groups above it, narrow to wide.
pub type CodesAbove = Vec<Vec<u32>>;

/// What an adversary does when nobody agrees with all that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Doubt {
    /// Gives up.
    GivesUp,
    /// Takes it that events were left out of the release: drops as few facts as possible, in every way.
    DropsFacts,
}

/// An acquaintance of persons who are known to be in the release.
#[derive(Debug, Clone, Copy)]
pub struct LifeAdversary<'a> {
    /// The key under which persons and events are drawn.
    pub key: &'a [u8],
    /// How many persons are looked for.
    pub targets: u32,
    /// How many events of each are known; a person with fewer is known wholly.
    pub known: usize,
    /// How many levels above the true code the known one lies.
    pub level: usize,
    /// How precisely the dates are known.
    pub date: DateUnit,
    /// The largest shift of dates that may have been applied to a person, in days: 0 if dates are not shifted, or if the
    /// shift is known. With a shift only the pattern of the dates tells something.
    pub shift: i32,
    /// What happens when nobody agrees.
    pub doubt: Doubt,
}

/// How often the adversary names the right person.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Success {
    /// Persons looked for.
    pub targets: u32,
    /// Persons who were among those who agree.
    pub among: u32,
    /// The mean probability of naming the right one: 1 ÷ candidates if the person is among them, else 0.
    pub mean: f64,
    /// The 95 % interval of the mean.
    pub interval: (f64, f64),
    /// The greatest probability of all persons looked for.
    pub worst: f64,
}

/// A fact: the code that is known, and the first and last day the event may have had.
pub(super) type Fact = (u32, (i32, i32));

/// Draws persons and events and looks for those who agree.
///
/// A person agrees if the facts can be given to different rows of theirs, each with a code that may be the known one and a
/// date that may be the known one after one shift of the whole life.
///
/// # Errors
/// Columns of different length or unsorted, numbers of persons or codes that do not exist, more than 8 known events.
pub fn attack(
    adversary: &LifeAdversary<'_>,
    truth: &TrueLives<'_>,
    released: &ReleasedLives<'_>,
    codes: &CodesAbove,
) -> Result<Success> {
    examine(adversary, truth, released, codes)?;
    let hunt = Hunt::new(adversary, truth, released, codes);
    let mut of_class: Vec<(u32, u32)> = (0_u32..).zip(released.class).map(|(person, class)| (*class, person)).collect();
    of_class.sort_unstable();
    if released.who.is_empty() {
        return Ok(Success::default());
    }
    let chances: Vec<f64> = (0..adversary.targets).map(|number| hunt.target(number, &of_class)).collect();
    Ok(Success::of(&chances))
}

impl Success {
    /// Sums up the probabilities with which each of the persons looked for is named.
    pub fn of(chances: &[f64]) -> Self {
        let n = chances.len().max(1) as f64;
        let mean = chances.iter().sum::<f64>() / n;
        let variance = chances.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / n;
        let half = 1.96 * (variance / n).sqrt();
        Self {
            targets: u32::try_from(chances.len()).unwrap_or(u32::MAX),
            among: u32::try_from(chances.iter().filter(|c| **c > 0.0).count()).unwrap_or(u32::MAX),
            mean,
            interval: ((mean - half).max(0.0), (mean + half).min(1.0)),
            worst: chances.iter().copied().fold(0.0, f64::max),
        }
    }
}

pub(super) fn examine(
    a: &LifeAdversary<'_>,
    truth: &TrueLives<'_>,
    released: &ReleasedLives<'_>,
    codes: &CodesAbove,
) -> Result<()> {
    let lengths = [
        ("codes of true events", truth.code.len(), truth.person.len()),
        ("days of true events", truth.day.len(), truth.person.len()),
        ("codes of released rows", released.code.len(), released.person.len()),
        ("days of released rows", released.days.len(), released.person.len()),
        ("released persons", released.who.len(), released.class.len()),
    ];
    if let Some((what, found, expected)) = lengths.into_iter().find(|(_, found, expected)| found != expected) {
        return Err(Error::Lengths { what, found, expected });
    }
    let below = |numbers: &[u32], n: usize| numbers.iter().all(|number| (*number as usize) < n);
    let persons = below(truth.person, truth.class.len())
        && below(released.person, released.class.len())
        && below(released.who, truth.class.len());
    let known = below(truth.code, codes.len()) && below(released.code, codes.len());
    let refuse = |why| Err(Error::BadParameter { what: "attack on lives".to_owned(), why });
    match () {
        () if !persons || !truth.person.is_sorted() || !released.person.is_sorted() => {
            refuse("a row's person does not exist, or rows are not sorted by person")
        }
        () if !known => refuse("a row's code does not exist"),
        () if a.known > 8 || a.shift < 0 => refuse("at most 8 events are known, and a largest shift is not negative"),
        () => Ok(()),
    }
}

pub(super) struct Hunt<'a> {
    pub(super) adversary: &'a LifeAdversary<'a>,
    pub(super) truth: &'a TrueLives<'a>,
    pub(super) released: &'a ReleasedLives<'a>,
    pub(super) codes: &'a CodesAbove,
    /// Where each released person's rows begin, and where the last one's end.
    starts: Vec<usize>,
}

fn rows_of(persons: &[u32], person: u32) -> Range<usize> {
    persons.partition_point(|p| *p < person)..persons.partition_point(|p| *p <= person)
}

impl<'a> Hunt<'a> {
    pub(super) fn new(
        adversary: &'a LifeAdversary<'a>,
        truth: &'a TrueLives<'a>,
        released: &'a ReleasedLives<'a>,
        codes: &'a CodesAbove,
    ) -> Self {
        let mut starts = vec![0; released.class.len() + 1];
        for person in released.person {
            starts.get_mut(*person as usize + 1).into_iter().for_each(|rows| *rows += 1);
        }
        let mut before = 0;
        for start in &mut starts {
            before += *start;
            *start = before;
        }
        Self { adversary, truth, released, codes, starts }
    }
}

impl Hunt<'_> {
    fn draw(&self, number: u32, what: &[u8], below: usize) -> usize {
        let drawn = u128::from(keyed_u64(self.adversary.key, &[b"life attack", &number.to_be_bytes(), what]));
        usize::try_from((drawn * below as u128) >> 64).unwrap_or(0)
    }

    /// Returns the probability with which one target is named.
    fn target(&self, number: u32, of_class: &[(u32, u32)]) -> f64 {
        let target = self.draw(number, b"person", self.released.who.len());
        let Some(who) = self.released.who.get(target).copied() else { return 0.0 };
        let class = self.truth.class.get(who as usize).copied().unwrap_or(u32::MAX);
        let range = of_class.partition_point(|c| c.0 < class)..of_class.partition_point(|c| c.0 <= class);
        let company = of_class.get(range).unwrap_or_default();
        let facts = self.facts(number, who);
        for dropped in 0..=facts.len() {
            let ways = subsets(&facts, facts.len() - dropped);
            let chances: Vec<f64> = ways.iter().filter_map(|way| self.chance(way, target, company)).collect();
            if !chances.is_empty() {
                return chances.iter().sum::<f64>() / chances.len() as f64;
            }
            if self.adversary.doubt == Doubt::GivesUp {
                return 0.0;
            }
        }
        0.0
    }

    /// Draws what is known of a person.
    pub(super) fn facts(&self, number: u32, who: u32) -> Vec<Fact> {
        let mut rows: Vec<usize> = rows_of(self.truth.person, who).collect();
        let mut facts = Vec::new();
        while facts.len() < self.adversary.known && !rows.is_empty() {
            let drawn = self.draw(number, &facts.len().to_be_bytes(), rows.len());
            let row = rows.swap_remove(drawn);
            let code = self.truth.code.get(row).copied().unwrap_or(0);
            let above = self.codes.get(code as usize).map_or(&[][..], Vec::as_slice);
            let known = above.get(self.adversary.level).or(above.last()).copied().unwrap_or(code);
            let day = self.truth.day.get(row).copied().flatten();
            facts.push((known, day.map_or(EVER, |day| around(day, self.adversary.date))));
        }
        facts
    }

    /// Returns the chance to name the target among all who agree; `None` if nobody does.
    fn chance(&self, facts: &[Fact], target: usize, company: &[(u32, u32)]) -> Option<f64> {
        let agree: Vec<u32> = company.iter().map(|c| c.1).filter(|person| self.agrees(*person, facts)).collect();
        let among = agree.iter().any(|person| *person as usize == target);
        (!agree.is_empty()).then(|| if among { 1.0 / agree.len() as f64 } else { 0.0 })
    }

    pub(super) fn agrees(&self, person: u32, facts: &[Fact]) -> bool {
        let place = person as usize;
        let (Some(start), Some(end)) = (self.starts.get(place), self.starts.get(place + 1)) else { return false };
        let rows = *start..*end;
        let shift = self.adversary.shift;
        self.assign(facts, &rows, &mut Vec::new(), (-shift, shift))
    }

    /// Gives the first fact to a row that is still free, and so on; `shifts` are those that all facts so far allow.
    fn assign(&self, facts: &[Fact], rows: &Range<usize>, taken: &mut Vec<usize>, shifts: (i32, i32)) -> bool {
        let Some(((code, (from, to)), rest)) = facts.split_first() else { return true };
        for row in rows.clone() {
            if taken.contains(&row) || !self.may_be(row, *code) {
                continue;
            }
            let (first, last) = self.released.days.get(row).copied().flatten().unwrap_or((EVER.0 * 2, EVER.1 * 2));
            let shifts = (shifts.0.max(first.saturating_sub(*to)), shifts.1.min(last.saturating_sub(*from)));
            if shifts.0 > shifts.1 {
                continue;
            }
            taken.push(row);
            let found = self.assign(rest, rows, taken, shifts);
            taken.pop();
            if found {
                return true;
            }
        }
        false
    }

    /// Tells whether a row's code can be the known one: one of them holds the other.
    fn may_be(&self, row: usize, known: u32) -> bool {
        let Some(code) = self.released.code.get(row).copied() else { return false };
        let holds = |narrow: u32, wide: u32| self.codes.get(narrow as usize).is_some_and(|above| above.contains(&wide));
        code == known || holds(known, code) || holds(code, known)
    }
}

/// Returns the first and last day of the unit in which a day lies.
pub(super) fn around(day: i32, unit: DateUnit) -> (i32, i32) {
    let longest = match unit {
        DateUnit::Day => 1,
        DateUnit::Week => 7,
        DateUnit::Month => 31,
        DateUnit::Quarter => 92,
        DateUnit::HalfYear => 184,
        DateUnit::Year | DateUnit::FiscalYear => 366,
        DateUnit::Window => return EVER,
    };
    // So many days after its first day a unit is over, and the next is not.
    let first = unit.first_day(day, day);
    (first, unit.first_day(first + longest, day) - 1)
}

/// Returns every choice of so many facts.
pub(super) fn subsets(facts: &[Fact], many: usize) -> Vec<Vec<Fact>> {
    let Some((first, rest)) = facts.split_first().filter(|_| many > 0) else {
        return if many == 0 { vec![Vec::new()] } else { Vec::new() };
    };
    let mut chosen = subsets(rest, many - 1);
    chosen.iter_mut().for_each(|choice| choice.insert(0, *first));
    chosen.extend(subsets(rest, many));
    chosen
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    /// Codes 0 and 1 lie under 2; three persons of one class, released as they are.
    fn success(change: impl Fn(&mut LifeAdversary<'_>)) -> Success {
        let codes = vec![vec![0, 2], vec![1, 2], vec![2]];
        let (person, code) = ([0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 0]);
        let day = [Some(10), Some(40), Some(12), Some(42), Some(10), Some(40)];
        let days: Vec<_> = day.iter().map(|d| d.map(|d| (d, d))).collect();
        let truth = TrueLives { class: &[0, 0, 0], person: &person, code: &code, day: &day };
        let released = ReleasedLives { class: &[0, 0, 0], who: &[0, 1, 2], person: &person, code: &code, days: &days };
        let mut adversary = LifeAdversary {
            key: b"test",
            targets: 40,
            known: 2,
            level: 0,
            date: DateUnit::Day,
            shift: 0,
            doubt: Doubt::GivesUp,
        };
        change(&mut adversary);
        attack(&adversary, &truth, &released, &codes).unwrap()
    }

    #[test]
    fn two_days_single_everybody_out() {
        assert_eq!((success(|_| ()).mean, success(|_| ()).worst), (1.0, 1.0));
    }

    #[test]
    fn months_leave_persons_with_the_same_codes_alike() {
        let month = success(|a| a.date = DateUnit::Month);
        assert!(month.mean > 0.5 && month.mean < 1.0 && month.worst == 1.0, "only the third is alone: {month:?}");
        let wide = success(|a| (a.date, a.level) = (DateUnit::Month, 1));
        assert!((wide.mean - 1.0 / 3.0).abs() < 1e-12 && wide.among == 40, "{wide:?}");
    }

    #[test]
    fn under_an_unknown_shift_only_the_gap_tells() {
        let shifted = success(|a| a.shift = 5);
        assert!(shifted.mean > 0.5 && shifted.mean < 1.0, "the first two have the same gap: {shifted:?}");
        assert_eq!(success(|a| (a.shift, a.level) = (5, 1)).worst, 1.0 / 3.0);
        assert_eq!(success(|a| (a.shift, a.level) = (1, 1)).worst, 1.0, "a shift of one day does not reach two");
    }

    #[test]
    fn who_drops_facts_finds_whom_the_other_misses() {
        let codes = vec![vec![0], vec![1]];
        let truth = TrueLives { class: &[0, 0], person: &[0, 0], code: &[0, 1], day: &[None, None] };
        let released = ReleasedLives { class: &[0, 0], who: &[0, 1], person: &[0], code: &[0], days: &[None] };
        let run = |doubt| {
            let adversary =
                LifeAdversary { key: b"k", targets: 60, known: 2, level: 0, date: DateUnit::Day, shift: 0, doubt };
            attack(&adversary, &truth, &released, &codes).unwrap()
        };
        assert!(run(Doubt::GivesUp).worst < 1.0, "of the second nothing is known, so both agree");
        assert_eq!(run(Doubt::DropsFacts).worst, 1.0);
    }
}
