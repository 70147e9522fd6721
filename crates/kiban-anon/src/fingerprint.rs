//! Measures what k-anonymous demographics and a constant date shift do *not* protect: the pattern of a person's events.
//!
//! The figures belong into the report of every release, beside what is protected.

use arrow_array::{Array, Date32Array, Int64Array, UInt32Array};
use kiban_core::keyed_u64;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use crate::{
    date::year_and_month,
    error::{Error, Result},
};

/// Runs of gaps counted in one pass; more are counted in several, so memory stays bounded.
const RUNS_PER_PASS: usize = 1 << 25;

/// The events of a table: person, code and date of each, sorted by person, then date.
#[derive(Debug, Clone, Copy)]
pub struct Events<'a> {
    persons: &'a [i64],
    codes: &'a [u32],
    dates: &'a [i32],
}

/// How many persons a pattern singles out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Singled {
    /// Persons looked at.
    pub persons: u64,
    /// Those whose pattern nobody else has.
    pub unique: u64,
    /// Those whose pattern fewer than k persons have, themselves included.
    pub below_k: u64,
}

impl Singled {
    /// Returns the share of persons who are unique; of nobody it is 0.
    pub fn share(self) -> f64 {
        if self.persons == 0 { 0.0 } else { self.unique as f64 / self.persons as f64 }
    }
}

/// How precisely the attacker knows the date of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// The code alone.
    Code,
    /// The code and the month.
    Month,
    /// The code and the day.
    Day,
}

/// An acquaintance who knows some events of a target and that the target is in the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Acquaintance {
    /// Events known.
    pub events: u8,
    /// How precisely.
    pub detail: Detail,
}

impl Acquaintance {
    /// The attackers whom every release's report shows: one to three events, known to the code, the month, the day.
    pub const USUAL: [Self; 9] = [
        Self { events: 1, detail: Detail::Code },
        Self { events: 2, detail: Detail::Code },
        Self { events: 3, detail: Detail::Code },
        Self { events: 1, detail: Detail::Month },
        Self { events: 2, detail: Detail::Month },
        Self { events: 3, detail: Detail::Month },
        Self { events: 1, detail: Detail::Day },
        Self { events: 2, detail: Detail::Day },
        Self { events: 3, detail: Detail::Day },
    ];
}

impl<'a> Events<'a> {
    /// Takes three columns of one length, without missing values, sorted by person and then date.
    ///
    /// # Errors
    /// Columns that are not so.
    pub fn new(persons: &'a Int64Array, codes: &'a UInt32Array, dates: &'a Date32Array) -> Result<Self> {
        let expected = persons.len();
        if let Some(found) = [codes.len(), dates.len()].into_iter().find(|n| *n != expected) {
            return Err(Error::Lengths { what: "events", found, expected });
        }
        let nulls = persons.null_count() + codes.null_count() + dates.null_count();
        let (persons, codes, dates) = (persons.values().as_ref(), codes.values().as_ref(), dates.values().as_ref());
        let rows = || persons.iter().zip(dates.iter());
        if nulls > 0 || !rows().is_sorted() {
            let why = "events must be whole and sorted by person, then date";
            return Err(Error::BadParameter { what: "events".to_owned(), why });
        }
        Ok(Self { persons, codes, dates })
    }

    /// Iterates over persons: who, the codes, the dates.
    pub(crate) fn by_person(self) -> impl Iterator<Item = (i64, &'a [u32], &'a [i32])> {
        let (mut codes, mut dates) = (self.codes, self.dates);
        self.persons.chunk_by(|a, b| a == b).map(move |chunk| {
            let (own_codes, later_codes) = codes.split_at_checked(chunk.len()).unwrap_or_default();
            let (own_dates, later_dates) = dates.split_at_checked(chunk.len()).unwrap_or_default();
            (codes, dates) = (later_codes, later_dates);
            (chunk.first().copied().unwrap_or_default(), own_codes, own_dates)
        })
    }

    /// Counts the persons who have a pattern of gaps among three consecutive event days that nobody else has.
    ///
    /// No constant shift changes gaps, so this is the share an attacker finds who knows three visits.
    pub fn gaps(self, k: u32) -> Singled {
        self.gap_runs(2, k)
    }

    /// Counts the persons who have a run of so many consecutive gaps, 1 to 4, that nobody else has.
    ///
    /// Days are counted once, whatever happened on them; persons with fewer gaps have no run.
    pub fn gap_runs(self, gaps: u8, k: u32) -> Singled {
        let length = usize::from(gaps.clamp(1, 4));
        let runs: usize = self.by_person().map(|(_, _, dates)| dates.len().saturating_sub(length)).sum();
        let passes = runs.div_ceil(RUNS_PER_PASS).max(1) as u64;
        let mut unique = FxHashSet::default();
        let mut below_k = FxHashSet::default();
        for pass in 0..passes {
            let mut found: Vec<(u128, i64)> = Vec::new();
            for (person, _, dates) in self.by_person() {
                let gaps = gaps_of(dates);
                let runs = gaps.windows(length).map(pack).filter(|run| mix_wide(*run) % passes == pass);
                found.extend(runs.map(|run| (run, person)));
            }
            found.sort_unstable();
            found.dedup();
            for same in found.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() < k.max(2) as usize) {
                if let [(_, person)] = same {
                    unique.insert(*person);
                }
                if same.len() < k as usize {
                    below_k.extend(same.iter().map(|s| s.1));
                }
            }
        }
        let persons = self.by_person().count() as u64;
        Singled { persons, unique: unique.len() as u64, below_k: below_k.len() as u64 }
    }

    /// Plays the acquaintance on sampled persons: each target's known events are drawn at random, and everyone who has
    /// them all is counted. Persons with fewer events are no targets. The key decides the sample and nothing else does.
    pub fn known_events(self, attacker: Acquaintance, sample: usize, k: u32, key: &[u8]) -> Singled {
        let targets = self.targets(attacker, sample, keyed_u64(key, &[b"known events"]));
        let mut asked: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
        for (target, known) in (0_u32..).zip(&targets) {
            known.iter().for_each(|event| asked.entry(*event).or_default().push(target));
        }
        let support = self.support(attacker, &asked, targets.len());
        let having = |least: u32| support.iter().filter(|s| **s < least).count() as u64;
        Singled { persons: targets.len() as u64, unique: having(2), below_k: having(k) }
    }

    /// Plays the acquaintance who knows how far some of a target's days lie apart, in days, but not what lay between them.
    ///
    /// A constant shift hides nothing from them, and common runs of gaps little: those hide whom consecutive days tell.
    pub fn known_intervals(self, days: u8, sample: usize, k: u32, key: &[u8]) -> Singled {
        let no_codes = vec![0; self.codes.len()];
        let known = Acquaintance { events: days.max(2), detail: Detail::Day };
        let days_alone = Events { persons: self.persons, codes: &no_codes, dates: self.dates };
        let targets = days_alone.targets(known, sample, keyed_u64(key, &[b"known intervals"]));
        let since_first = |mut days: Vec<u64>| -> Vec<i32> {
            days.sort_unstable_by_key(|day| (*day as u32).cast_signed());
            let first = days.first().copied().unwrap_or(0);
            days.iter().map(|day| (*day as u32).wrapping_sub(first as u32).cast_signed()).collect()
        };
        let targets: Vec<Vec<i32>> = targets.into_iter().map(since_first).collect();
        let mut support = vec![0_u32; targets.len()];
        for (_, _, dates) in self.by_person() {
            let has = |day: i32| dates.binary_search(&day).is_ok();
            for (target, count) in targets.iter().zip(&mut support) {
                let fits = |day: &i32| target.iter().all(|later| day.checked_add(*later).is_some_and(has));
                *count += u32::from(dates.iter().any(fits));
            }
        }
        let having = |least: u32| support.iter().filter(|s| **s < least).count() as u64;
        Singled { persons: targets.len() as u64, unique: having(2), below_k: having(k) }
    }

    /// Draws the targets and what is known of each.
    fn targets(self, attacker: Acquaintance, sample: usize, seed: u64) -> Vec<Vec<u64>> {
        let known = usize::from(attacker.events.max(1));
        let mut drawn: Vec<(u64, Vec<u64>)> = Vec::new();
        for (person, codes, dates) in self.by_person() {
            let ticket = mix(seed ^ mix(person.cast_unsigned()));
            // The sample is the persons of the smallest tickets; it is thinned whenever it doubles.
            if drawn.len() >= sample.saturating_mul(2).max(16) {
                drawn.sort_unstable();
                drawn.truncate(sample);
            }
            let mut events: Vec<u64> = facts(codes, dates, attacker.detail).collect();
            events.sort_unstable();
            events.dedup();
            if events.len() < known {
                continue;
            }
            events.sort_by_cached_key(|event| mix(ticket ^ mix(*event)));
            events.truncate(known);
            drawn.push((ticket, events));
        }
        drawn.sort_unstable();
        drawn.truncate(sample);
        drawn.into_iter().map(|d| d.1).collect()
    }

    /// Counts for each target the persons who have all of its known events.
    fn support(self, attacker: Acquaintance, asked: &FxHashMap<u64, Vec<u32>>, targets: usize) -> Vec<u32> {
        let known = attacker.events.max(1);
        let mut support = vec![0_u32; targets];
        let mut hits = vec![0_u8; targets];
        let mut seen: FxHashSet<u64> = FxHashSet::default();
        for (_, codes, dates) in self.by_person() {
            for event in facts(codes, dates, attacker.detail) {
                let Some(by) = asked.get(&event).filter(|_| seen.insert(event)) else { continue };
                for target in by {
                    if let Some(hit) = hits.get_mut(*target as usize) {
                        *hit += 1;
                    }
                }
            }
            for target in seen.drain().filter_map(|event| asked.get(&event)).flatten() {
                let target = *target as usize;
                if let (Some(hit), Some(count)) = (hits.get_mut(target), support.get_mut(target)) {
                    *count += u32::from(*hit == known);
                    *hit = 0;
                }
            }
        }
        support
    }
}

/// Writes the events of a person as words: the code above, the date as far as it is known below.
fn facts<'a>(codes: &'a [u32], dates: &'a [i32], detail: Detail) -> impl Iterator<Item = u64> + 'a {
    codes.iter().zip(dates).map(move |(code, date)| {
        let when = match detail {
            Detail::Code => 0,
            Detail::Month => {
                let (year, month) = year_and_month(*date);
                year * 12 + month
            }
            Detail::Day => *date,
        };
        u64::from(*code) << 32 | u64::from(when.cast_unsigned())
    })
}

/// Returns the gaps between distinct days.
fn gaps_of(dates: &[i32]) -> Vec<u32> {
    let mut days = dates.to_vec();
    days.dedup();
    days.windows(2).map(|w| if let [a, b] = w { (b - a).cast_unsigned() } else { 0 }).collect()
}

/// Packs up to four gaps into a word.
fn pack(gaps: &[u32]) -> u128 {
    gaps.iter().fold(0, |word, gap| word << 32 | u128::from(*gap))
}

/// Scatters a long word.
pub(crate) fn mix_wide(word: u128) -> u64 {
    mix((word >> 64) as u64 ^ mix(word as u64))
}

/// Scatters a word (the finaliser of splitmix64).
pub(crate) fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    type Rows = [(i64, u32, i32)];

    fn arrays(rows: &Rows) -> (Int64Array, UInt32Array, Date32Array) {
        let persons = Int64Array::from_iter_values(rows.iter().map(|r| r.0));
        let codes = UInt32Array::from_iter_values(rows.iter().map(|r| r.1));
        (persons, codes, Date32Array::from_iter_values(rows.iter().map(|r| r.2)))
    }

    #[test]
    fn a_shift_does_not_hide_the_gaps() {
        // Persons 1 and 2 share a rhythm whatever their dates; person 3 has a rhythm of their own; 4 has two days only.
        let rows = [(1, 0, 0), (1, 0, 7), (1, 0, 7), (1, 0, 30), (2, 0, 100), (2, 0, 107), (2, 0, 130)];
        let more = [(3, 0, 5), (3, 0, 6), (3, 0, 9), (4, 0, 1), (4, 0, 2)];
        let (p, c, d) = arrays(&[&rows[..], &more[..]].concat());
        let gaps = Events::new(&p, &c, &d).unwrap().gaps(3);
        assert_eq!(gaps, Singled { persons: 4, unique: 1, below_k: 3 });
        assert_eq!(gaps.share(), 0.25);
    }

    #[test]
    fn runs_of_gaps_are_met_by_counting_everyone_by_hand() {
        let mut rows: Vec<(i64, u32, i32)> = (0..40_i64)
            .flat_map(|p| (0..=p % 9).map(move |e| (p, 0, (mix((p * 9 + e).cast_unsigned()) % 12) as i32)))
            .collect();
        rows.sort_unstable_by_key(|r| (r.0, r.2));
        let (p, c, d) = arrays(&rows);
        let events = Events::new(&p, &c, &d).unwrap();
        let courses: Vec<Vec<u32>> = events.by_person().map(|(_, _, dates)| gaps_of(dates)).collect();
        for run in 1..=4 {
            let holders = |w: &[u32]| courses.iter().filter(|c| c.windows(w.len()).any(|own| own == w)).count();
            let told = |course: &&Vec<u32>, least| course.windows(usize::from(run)).any(|own| holders(own) < least);
            let count = |least: usize| courses.iter().filter(|c| told(c, least)).count() as u64;
            let expected = Singled { persons: courses.len() as u64, unique: count(2), below_k: count(4) };
            assert_eq!(events.gap_runs(run, 4), expected, "{run}");
            assert!(expected.below_k > 0 && expected.unique < expected.persons, "{expected:?}");
        }
    }

    #[test]
    fn intervals_need_not_be_consecutive() {
        // Three persons have two days 30 apart, each with another day between.
        let days: [&[i32]; 4] = [&[0, 5, 30], &[100, 121, 130], &[7, 16, 16, 37], &[1, 10, 40]];
        let rows: Vec<_> = (0..).zip(days).flat_map(|(p, days)| days.iter().map(move |d| (p, 4, *d))).collect();
        let (p, c, d) = arrays(&rows);
        let events = Events::new(&p, &c, &d).unwrap();
        for seed in 0..20_u8 {
            let drawn = Events { codes: &[0; 13], ..events }.targets(
                Acquaintance { events: 2, detail: Detail::Day },
                9,
                keyed_u64(&[seed], &[b"known intervals"]),
            );
            let apart = |pair: &Vec<u64>| (pair[0] as i32 - pair[1] as i32).abs();
            let holders = |gap: i32| days.iter().filter(|own| own.iter().any(|d| own.contains(&(d + gap)))).count();
            let count = |least: usize| drawn.iter().filter(|pair| holders(apart(pair)) < least).count() as u64;
            let expected = Singled { persons: 4, unique: count(2), below_k: count(3) };
            assert_eq!(events.known_intervals(2, 9, 3, &[seed]), expected);
        }
    }

    #[test]
    fn knowing_more_singles_out_more() {
        // Everyone has code 7; half have code 8 in the same month, each on a day of their own.
        let mut rows: Vec<(i64, u32, i32)> = (0..10).map(|p| (p, 7, 0)).collect();
        rows.extend((0..5).map(|p| (p, 8, i32::try_from(p).unwrap() + 1)));
        rows.sort_unstable_by_key(|r| (r.0, r.2));
        let (p, c, d) = arrays(&rows);
        let events = Events::new(&p, &c, &d).unwrap();
        let ask =
            |events_known, detail| events.known_events(Acquaintance { events: events_known, detail }, 100, 6, b"key");
        assert_eq!(ask(2, Detail::Code), Singled { persons: 5, unique: 0, below_k: 5 });
        assert_eq!(ask(2, Detail::Month), Singled { persons: 5, unique: 0, below_k: 5 });
        assert_eq!(ask(2, Detail::Day), Singled { persons: 5, unique: 5, below_k: 5 });
        assert_eq!(ask(1, Detail::Code).persons, 10);
        assert_eq!(ask(3, Detail::Day), Singled { persons: 0, unique: 0, below_k: 0 });
    }

    #[test]
    fn each_usual_attacker_is_met_by_counting_everyone_by_hand() {
        let rows: Vec<_> = (0..60_i64)
            .flat_map(|p| (0..4).map(move |e| (p, mix((p * 4 + e).cast_unsigned()) as u32 % 5, (p * e % 90) as i32)))
            .collect();
        let mut rows = rows;
        rows.sort_unstable_by_key(|r| (r.0, r.2));
        let (p, c, d) = arrays(&rows);
        let events = Events::new(&p, &c, &d).unwrap();
        for attacker in Acquaintance::USUAL {
            let sets: Vec<FxHashSet<u64>> =
                events.by_person().map(|(_, codes, dates)| facts(codes, dates, attacker.detail).collect()).collect();
            let targets = events.targets(attacker, 30, keyed_u64(b"key", &[b"known events"]));
            let holders = |known: &Vec<u64>| sets.iter().filter(|s| known.iter().all(|e| s.contains(e))).count();
            let count = |least: usize| targets.iter().filter(|t| holders(t) < least).count() as u64;
            let expected = Singled { persons: targets.len() as u64, unique: count(2), below_k: count(5) };
            assert_eq!(events.known_events(attacker, 30, 5, b"key"), expected, "{attacker:?}");
        }
    }

    #[test]
    fn the_sample_follows_from_the_key() {
        let rows: Vec<_> = (0..400_i64).flat_map(|p| [(p, u32::try_from(p % 37).unwrap(), 10), (p, 99, 20)]).collect();
        let (p, c, d) = arrays(&rows);
        let events = Events::new(&p, &c, &d).unwrap();
        let attacker = Acquaintance { events: 1, detail: Detail::Code };
        let run = |key: &[u8]| events.targets(attacker, 20, keyed_u64(key, &[]));
        assert_eq!(run(b"a"), run(b"a"));
        assert_ne!(run(b"a"), run(b"b"));
        assert_eq!(run(b"a").len(), 20);
    }

    #[test]
    fn unsorted_events_are_refused() {
        let (p, c, d) = arrays(&[(1, 0, 5), (1, 0, 3)]);
        assert!(Events::new(&p, &c, &d).is_err());
        let (p, c, _) = arrays(&[(1, 0, 5)]);
        assert!(Events::new(&p, &c, &Date32Array::from(vec![None])).is_err());
        let (p, c, d) = arrays(&[]);
        assert_eq!(Events::new(&p, &c, &d).unwrap().gaps(5).persons, 0);
    }
}
