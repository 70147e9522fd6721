//! The search for the fewest recipients whose copies explain a sample.

use roaring::RoaringBitmap;
use serde::Serialize;

use super::{Mark, bad, tail};
use crate::error::Result;

/// How a source is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tracing {
    /// The most recipients who may have put their copies together; the work grows as their number to this power.
    pub colluders: usize,
    /// The share of recognised marked rows that the accused need not have had: a leaker may alter rows so that they look
    /// like others.
    pub tolerance: f64,
    /// The probability of accusing any innocent recipient that may not be passed.
    pub level: f64,
}

impl Default for Tracing {
    /// Up to two colluders, a tenth of rows altered, one false accusation in a million.
    fn default() -> Self {
        Self { colluders: 2, tolerance: 0.1, level: 1e-6 }
    }
}

/// A copy that a sample can have come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Source {
    /// The release.
    pub release: String,
    /// Who received it.
    pub recipient: String,
}

/// Recipients whose copies together explain a sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accusation {
    /// The copies, sorted.
    pub sources: Vec<Source>,
    /// Marked rows of the sample that were withheld from all of them; they speak for the accused.
    pub contradictions: u64,
    /// The probability that an accusation as strong as this one names an innocent recipient, over all recipients and
    /// coalitions that were tried.
    pub false_accusation: f64,
}

/// What a sample tells of its source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    /// Different rows of the sample.
    pub rows: u64,
    /// Those that are marked rows of any copy: all evidence there is.
    pub marked: u64,
    /// The smallest coalitions that explain it, the strongest first; none means that nobody can be named.
    pub accused: Vec<Accusation>,
}

/// Names the recipients from whose copies a sample of rows came, if it can be told.
///
/// Each copy is judged by its own marked rows alone: what another release marked, it may have had without a mark. A
/// coalition is accused if at most the tolerated share of its marked rows was withheld from all its members, and if each
/// member is needed: of the rows that the *other* members lack, an innocent one would lack each with probability one half
/// whatever the leaker did, so how few it lacks is an exact binomial tail. That tail, times the number of (coalition,
/// member) pairs tried, must not pass the level.
///
/// # Errors
/// A tolerance or level that is no probability, or no colluder at all.
pub fn trace(sample: &[u64], marks: &[Mark], how: &Tracing) -> Result<Trace> {
    if how.colluders == 0 || !(0.0..0.5).contains(&how.tolerance) || !(0.0..=1.0).contains(&how.level) {
        return Err(bad(
            "tracing",
            "ask for one colluder or more, a tolerance from 0 to below 0.5, a level from 0 to 1",
        ));
    }
    let mut rows = sample.to_vec();
    rows.sort_unstable();
    rows.dedup();
    let mut marked: Vec<u64> = marks.iter().flat_map(|m| m.given.iter().chain(&m.withheld)).copied().collect();
    marked.sort_unstable();
    marked.dedup();
    marked.retain(|row| rows.binary_search(row).is_ok());
    let tests = tests(marks.len() as u64, how.colluders as u64);
    let copies = marks.iter().map(|m| Held {
        mark: m,
        given: places(&m.given, &marked),
        withheld: places(&m.withheld, &marked),
    });
    let copies: Vec<Held<'_>> = copies.collect();
    let all: RoaringBitmap = (0..marked.len() as u32).collect();
    let mut search = Search { copies: &copies, tests, how, accused: Vec::new() };
    for size in 1..=how.colluders.min(copies.len()) {
        search.grow(&mut Vec::new(), &all, size);
        if !search.accused.is_empty() {
            break;
        }
    }
    let mut accused = search.accused;
    accused.sort_by(|a, b| a.false_accusation.total_cmp(&b.false_accusation).then_with(|| a.sources.cmp(&b.sources)));
    Ok(Trace { rows: rows.len() as u64, marked: marked.len() as u64, accused })
}

/// Which marked rows of the sample a copy has and lacks.
struct Held<'a> {
    mark: &'a Mark,
    given: RoaringBitmap,
    withheld: RoaringBitmap,
}

struct Search<'a> {
    copies: &'a [Held<'a>],
    tests: f64,
    how: &'a Tracing,
    accused: Vec<Accusation>,
}

impl Search<'_> {
    /// Tries all coalitions that begin with these members; `foreign` are the rows that were withheld from all of them.
    fn grow(&mut self, members: &mut Vec<usize>, foreign: &RoaringBitmap, size: usize) {
        if members.len() == size {
            self.accuse(members, foreign.len());
            return;
        }
        let copies = self.copies;
        let next = members.last().map_or(0, |last| last + 1);
        for (place, copy) in copies.iter().enumerate().skip(next) {
            members.push(place);
            self.grow(members, &(foreign & &copy.withheld), size);
            members.pop();
        }
    }

    fn accuse(&mut self, members: &[usize], contradictions: u64) {
        let copies: Vec<&Held<'_>> = members.iter().filter_map(|m| self.copies.get(*m)).collect();
        let known = copies.iter().fold(RoaringBitmap::new(), |known, copy| known | &copy.given | &copy.withheld);
        if contradictions as f64 > known.len() as f64 * self.how.tolerance {
            return;
        }
        let doubt = (0..copies.len()).map(|member| doubt(&copies, member)).fold(0.0, f64::max);
        let false_accusation = (doubt * self.tests).min(1.0);
        if false_accusation > self.how.level {
            return;
        }
        let source = |c: &&Held<'_>| Source { release: c.mark.release.clone(), recipient: c.mark.recipient.clone() };
        let mut sources: Vec<Source> = copies.iter().map(source).collect();
        sources.sort_unstable();
        self.accused.push(Accusation { sources, contradictions, false_accusation });
    }
}

/// Returns how probable it is that an innocent member lacks as few of the rows that the others lack.
fn doubt(copies: &[&Held<'_>], member: usize) -> f64 {
    let others = copies.iter().enumerate().filter(|(place, _)| *place != member).map(|c| &c.1.given);
    let had = others.fold(RoaringBitmap::new(), |had, given| had | given);
    let Some(own) = copies.get(member) else { return 1.0 };
    let lacking = (&own.withheld - &had).len();
    tail::at_most(lacking, lacking + (&own.given - &had).len())
}

/// Returns how many (coalition, member) pairs there are up to a size.
fn tests(copies: u64, most: u64) -> f64 {
    let mut coalitions = 1.0;
    let mut tests = 0.0;
    for size in 1..=most.min(copies) {
        coalitions *= (copies - size + 1) as f64 / size as f64;
        tests += coalitions * size as f64;
    }
    tests
}

/// Returns where rows stand among the marked rows of the sample; both are sorted.
fn places(rows: &[u64], marked: &[u64]) -> RoaringBitmap {
    rows.iter().filter_map(|row| marked.binary_search(row).ok()).map(|place| place as u32).collect()
}
