//! Gap coarsening: the gaps between a person's days become steps of a ladder that the data choose.
//!
//! A first ladder has 32 rungs that people know: days, weeks, months, years. Neighbouring rungs are joined, the emptiest
//! first, until hardly a run of gaps is rare; then each person's gaps become the nearest sequence all of whose runs are
//! common (`nearest.rs`). Every day is released later than the one before, so the order of a person's events stays.

use rustc_hash::{FxHashMap, FxHashSet};

use super::nearest::Nearest;
use crate::error::{Error, Result};

/// The first day of each rung of the finest ladder.
const RUNGS: [i32; 32] = [
    1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 15, 18, 22, 26, 31, 38, 46, 61, 76, 92, 122, 153, 183, 230, 274, 366, 550, 731,
    1096, 1461, 2192, 2922,
];

/// The ladder is as fine as possible with at most one run in so many rare before the nearest sequences are sought.
const RARE_AT_MOST: u64 = 100;

/// Longest run of gaps; a run is packed into one word, a byte a gap.
pub(super) const LONGEST_RUN: usize = 4;

/// The gaps of all persons, a byte each.
#[derive(Debug)]
pub(super) struct GapStudy {
    run: usize,
    k: u32,
    rungs: Vec<u8>,
    courses: Vec<Course>,
    days: [u64; RUNGS.len()],
    gaps: [u64; RUNGS.len()],
    last: Option<i64>,
}

/// One person's gaps, and the days between their first released day and the window's end.
#[derive(Debug, Clone, Copy)]
struct Course {
    gaps: usize,
    room: i32,
}

/// The ladder and the runs that enough persons share: the secret of a release's gaps, and all that is needed to apply it.
#[derive(Debug, Clone)]
pub(super) struct GapPlan {
    /// For each of the finest rungs, the step of the ladder.
    step_of: [u8; RUNGS.len()],
    steps: Vec<i32>,
    nearest: Nearest,
}

impl GapStudy {
    pub(super) fn new(run: u8, k: u32) -> Result<Self> {
        let bad = |why| Err(Error::BadParameter { what: "gaps".to_owned(), why });
        let run = usize::from(run);
        if !(1..=LONGEST_RUN).contains(&run) {
            return bad("a run has 1 to 4 gaps");
        }
        if k < 2 {
            return bad("k must be 2 or more: one person always has their own run");
        }
        let none = [0; RUNGS.len()];
        Ok(Self { run, k, rungs: Vec::new(), courses: Vec::new(), days: none, gaps: none, last: None })
    }

    /// Takes the days of one person, sorted.
    pub(super) fn read(&mut self, person: i64, days: &[i32], room: i32) -> Result<()> {
        if self.last.replace(person).is_some_and(|last| last >= person) {
            let why = "persons must ascend from call to call, each in one call only";
            return Err(Error::BadParameter { what: "gaps".to_owned(), why });
        }
        let before = self.rungs.len();
        for gap in gaps(days) {
            let rung = rung_of(gap);
            self.rungs.push(rung);
            let rung = usize::from(rung);
            if let (Some(sum), Some(count)) = (self.days.get_mut(rung), self.gaps.get_mut(rung)) {
                *sum += u64::from(gap.unsigned_abs());
                *count += 1;
            }
        }
        self.courses.push(Course { gaps: self.rungs.len() - before, room });
        Ok(())
    }

    /// Chooses the ladder and the common runs.
    ///
    /// Coarser ladders are tried until nobody has to lose days for want of a common run.
    pub(super) fn plan(&self) -> GapPlan {
        let (mut fine, mut coarse) = (self.gaps.iter().filter(|n| **n > 0).count().max(1), 1);
        while coarse < fine {
            let middle = (coarse + fine).div_ceil(2);
            if self.common_enough(middle) { coarse = middle } else { fine = middle - 1 }
        }
        let mut steps = coarse;
        loop {
            let (plan, all_released) = self.settle(steps);
            if all_released || steps == 1 {
                return plan;
            }
            steps -= 1;
        }
    }

    /// Tells whether few enough runs on a ladder of so many steps are rare.
    fn common_enough(&self, steps: usize) -> bool {
        let ladder = self.ladder(steps);
        let courses = self.on(&ladder);
        let support = self.support(&courses);
        let needed = || courses.iter().flat_map(|c| runs(c, self.run));
        let rare = needed().filter(|run| support.get(run).is_none_or(|s| *s < self.k)).count() as u64;
        rare * RARE_AT_MOST <= needed().count() as u64
    }

    /// Seeks the common runs on one ladder: those that stay common when everyone has the nearest sequence of them.
    ///
    /// Returns also whether everyone's days could be released. Each turn forgets at least one run, so it ends.
    fn settle(&self, steps: usize) -> (GapPlan, bool) {
        let ladder = self.ladder(steps);
        let own = self.on(&ladder);
        let days = self.steps(&ladder, steps);
        let mut support = self.support(&own);
        support.retain(|_, persons| *persons >= self.k);
        let mut nearest = Nearest::new(self.run, support.into_keys().collect());
        let mut released: Vec<Vec<u8>> = Vec::new();
        loop {
            let stale = |row: usize, own: &[u8]| {
                // What was cut at the window's end must be sought anew: the cut depends on the days before it.
                released.get(row).is_none_or(|r: &Vec<u8>| r.len() < own.len() || !nearest.allows(r))
            };
            let renewed: Vec<(usize, Vec<u8>)> = (0..own.len())
                .zip(own.iter().zip(&self.courses))
                .filter(|(row, (own, _))| stale(*row, own))
                .map(|(row, (own, course))| (row, nearest.within(own, &days, course.room)))
                .collect();
            released.resize(own.len(), Vec::new());
            for (row, course) in renewed {
                if let Some(slot) = released.get_mut(row) {
                    *slot = course;
                }
            }
            let support = self.support(&released);
            let common: Vec<u32> =
                support.iter().filter(|(_, persons)| **persons >= self.k).map(|(run, _)| *run).collect();
            let kept = Nearest::new(self.run, common);
            if released.iter().all(|r| kept.allows(r)) {
                break;
            }
            nearest = kept;
        }
        let all_released = released.iter().zip(&own).all(|(r, own)| !r.is_empty() || own.is_empty());
        (GapPlan { step_of: ladder, steps: days, nearest }, all_released)
    }

    /// Joins neighbouring rungs, those with the fewest gaps first, until so many steps are left.
    fn ladder(&self, steps: usize) -> [u8; RUNGS.len()] {
        let mut ends: Vec<(usize, u64)> = self.gaps.iter().enumerate().map(|(rung, n)| (rung, *n)).collect();
        while ends.len() > steps.max(1) {
            let joint = |i: &usize| ends.get(*i..i + 2).map_or(u64::MAX, |p| p.iter().map(|e| e.1).sum());
            let Some(at) = (0..ends.len() - 1).min_by_key(joint) else { break };
            let lower = ends.remove(at);
            if let Some(upper) = ends.get_mut(at) {
                upper.1 += lower.1;
            }
        }
        std::array::from_fn(|rung| narrow(ends.iter().filter(|(last, _)| *last < rung).count()))
    }

    /// Returns the days of each step: the mean of the gaps on it, so that long times are right on average.
    fn steps(&self, ladder: &[u8], steps: usize) -> Vec<i32> {
        let of = |step: usize| {
            let on =
                || (0..RUNGS.len()).zip(ladder).filter(move |(_, s)| usize::from(**s) == step).map(|(rung, _)| rung);
            let sum = |numbers: &[u64]| on().filter_map(|rung| numbers.get(rung)).sum::<u64>();
            let (days, gaps) = (sum(&self.days), sum(&self.gaps));
            let lowest = on().next().and_then(|rung| RUNGS.get(rung)).copied().unwrap_or(1);
            (days + gaps / 2).checked_div(gaps).and_then(|mean| i32::try_from(mean).ok()).unwrap_or(lowest)
        };
        (0..steps).map(of).collect()
    }

    /// Writes everyone's gaps as steps of a ladder.
    fn on(&self, ladder: &[u8]) -> Vec<Vec<u8>> {
        let mut rest = self.rungs.as_slice();
        let course = |course: &Course| {
            let (own, later) = rest.split_at_checked(course.gaps).unwrap_or_default();
            rest = later;
            own.iter().map(|rung| ladder.get(usize::from(*rung)).copied().unwrap_or(0)).collect()
        };
        self.courses.iter().map(course).collect()
    }

    /// Counts the persons who have each run: of the full length, and of each shorter length that is somebody's whole course.
    fn support(&self, courses: &[Vec<u8>]) -> FxHashMap<u32, u32> {
        let lengths: FxHashSet<usize> = courses.iter().map(|c| c.len().min(self.run)).filter(|n| *n > 0).collect();
        let mut support: FxHashMap<u32, (u32, usize)> = FxHashMap::default();
        for (person, course) in courses.iter().enumerate() {
            for run in lengths.iter().flat_map(|length| course.windows(*length).map(pack)) {
                let (persons, last) = support.entry(run).or_insert((0, usize::MAX));
                *persons += u32::from(*last != person);
                *last = person;
            }
        }
        support.into_iter().map(|(run, (persons, _))| (run, persons)).collect()
    }
}

impl GapPlan {
    pub(super) fn steps(&self) -> &[i32] {
        &self.steps
    }

    /// Returns, for each day, the days that it is released after the first; `None` where it is not released.
    pub(super) fn release(&self, days: &[i32], room: i32) -> Vec<Option<i32>> {
        let step = |gap: i32| self.step_of.get(usize::from(rung_of(gap))).copied().unwrap_or(0);
        let own: Vec<u8> = gaps(days).map(step).collect();
        let course = self.nearest.within(&own, &self.steps, room);
        let mut steps = course.iter().map(|step| self.steps.get(usize::from(*step)).copied());
        let mut at = Some(0_i32);
        let mut before = days.first().copied();
        let mut place = |day: &i32| {
            if before.replace(*day) != Some(*day) {
                at = steps.next().flatten().and_then(|step| at?.checked_add(step));
            }
            at
        };
        days.iter().map(&mut place).collect()
    }
}

/// Returns the runs that a course must share with others: all of the full length, or the whole course if it is shorter.
pub(super) fn runs(course: &[u8], run: usize) -> impl Iterator<Item = u32> {
    course.windows(course.len().clamp(1, run)).map(pack)
}

/// Packs a run of steps into a word, the last gap lowest; no step is written as 0, so runs of other lengths differ.
fn pack(run: &[u8]) -> u32 {
    run.iter().fold(0, |word, step| word << 8 | (u32::from(*step) + 1))
}

fn gaps(days: &[i32]) -> impl Iterator<Item = i32> {
    days.windows(2).map(|pair| if let [a, b] = pair { b.saturating_sub(*a) } else { 0 }).filter(|gap| *gap > 0)
}

fn rung_of(gap: i32) -> u8 {
    narrow(RUNGS.partition_point(|first| *first <= gap).saturating_sub(1))
}

fn narrow(n: usize) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn release(courses: &[Vec<i32>], run: u8, k: u32, room: i32) -> Vec<Vec<Option<i32>>> {
        let mut study = GapStudy::new(run, k).unwrap();
        for (person, days) in (0..).zip(courses) {
            study.read(person, days, room).unwrap();
        }
        let plan = study.plan();
        courses.iter().map(|days| plan.release(days, room)).collect()
    }

    /// Counts, by hand, the persons of each run of released gaps and returns the rarest that somebody is left with.
    fn rarest(released: &[Vec<Option<i32>>], run: usize) -> Option<usize> {
        let gaps = |days: &Vec<Option<i32>>| {
            let days: BTreeSet<i32> = days.iter().flatten().copied().collect();
            let days: Vec<i32> = days.into_iter().collect();
            days.windows(2).map(|w| w[1] - w[0]).collect::<Vec<_>>()
        };
        let courses: Vec<Vec<i32>> = released.iter().map(gaps).collect();
        let mut holders: BTreeMap<&[i32], BTreeSet<usize>> = BTreeMap::new();
        for (person, course) in courses.iter().enumerate() {
            for length in 1..=run {
                for w in course.windows(length) {
                    holders.entry(w).or_default().insert(person);
                }
            }
        }
        let own = |course: &'_ Vec<i32>| course.len().min(run);
        let left = courses.iter().filter(|c| !c.is_empty()).flat_map(|c| c.windows(own(c)).map(|w| holders[w].len()));
        left.min()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_run_of_released_gaps_is_shared(
            courses in proptest::collection::vec(proptest::collection::btree_set(0_i32..3_000, 1..14), 1..25),
            run in 1_u8..=4, k in 2_u32..5, room in 500_i32..4_000,
        ) {
            let courses: Vec<Vec<i32>> = courses.into_iter().map(|c| c.into_iter().collect()).collect();
            let released = release(&courses, run, k, room);
            let rarest = rarest(&released, usize::from(run));
            prop_assert!(rarest.is_none_or(|n| n >= k as usize), "{rarest:?}");
            for (days, released) in courses.iter().zip(&released) {
                prop_assert_eq!(released.len(), days.len());
                prop_assert_eq!(released[0], Some(0), "a person's first day is always released");
                prop_assert!(released.iter().flatten().all(|d| *d <= room));
                prop_assert!(released.windows(2).all(|w| w[1].is_none() || w[0] < w[1]), "days stay apart and in order");
            }
        }
    }

    #[test]
    fn a_common_rhythm_stays_and_a_lonely_one_is_bent_to_it() {
        let mut courses = vec![vec![0, 7, 14, 44]; 150];
        courses.push(vec![0, 7, 15, 44]);
        let released = release(&courses, 3, 5, 1_000);
        assert!(released.iter().all(|r| r == &released[0]), "{released:?}");
        assert_eq!(released[0], vec![Some(0), Some(7), Some(14), Some(44)]);
    }

    #[test]
    fn nobody_alone_keeps_more_than_a_first_day() {
        assert_eq!(release(&[vec![10, 12, 12, 40]], 2, 2, 1_000), vec![vec![Some(0), None, None, None]]);
        assert_eq!(release(&[vec![10, 10], vec![3]], 2, 2, 1_000), vec![vec![Some(0), Some(0)], vec![Some(0)]]);
    }
}
