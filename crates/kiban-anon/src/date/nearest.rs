//! The nearest sequence all of whose runs are allowed, by dynamic programming over the runs (Viterbi 1967).

use rustc_hash::FxHashSet;

use super::gaps::{LONGEST_RUN, runs};

/// The allowed runs, ready to be walked.
#[derive(Debug, Clone)]
pub(super) struct Nearest {
    run: usize,
    allowed: FxHashSet<u32>,
    /// For each length of run, from 1: a shorter course is one run of its own length.
    walks: Vec<Walk>,
}

/// The runs of one length as edges between the runs one shorter.
#[derive(Debug, Clone, Default)]
struct Walk {
    length: usize,
    states: Vec<u32>,
    edges: Vec<Edge>,
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    from: usize,
    to: usize,
    step: u8,
}

impl Nearest {
    pub(super) fn new(run: usize, mut allowed: Vec<u32>) -> Self {
        allowed.sort_unstable();
        let walk = |length: usize| Walk::new(length, allowed.iter().copied().filter(|r| length_of(*r) == length));
        let walks = (1..=run.min(LONGEST_RUN)).map(walk).collect();
        Self { run, allowed: allowed.into_iter().collect(), walks }
    }

    pub(super) fn allows(&self, course: &[u8]) -> bool {
        runs(course, self.run).all(|run| self.allowed.contains(&run))
    }

    /// Returns the nearest allowed course whose days fit into the room; days that do not fit are cut off at the end.
    ///
    /// Nothing is left where no allowed course exists.
    pub(super) fn within(&self, course: &[u8], days: &[i32], room: i32) -> Vec<u8> {
        let mut own = course;
        loop {
            let found = if self.allows(own) { Some(own.to_vec()) } else { self.nearest(own) };
            let Some(found) = found else { return Vec::new() };
            let fits = fitting(&found, days, room);
            if fits == found.len() {
                return found;
            }
            own = own.get(..fits).unwrap_or_default();
        }
    }

    fn nearest(&self, course: &[u8]) -> Option<Vec<u8>> {
        self.walks.get(course.len().min(self.run).checked_sub(1)?)?.nearest(course)
    }
}

impl Walk {
    fn new(length: usize, runs: impl Iterator<Item = u32> + Clone) -> Self {
        let mask = (1_u32 << (8 * (length - 1))) - 1;
        let mut states: Vec<u32> = runs.clone().flat_map(|run| [run >> 8, run & mask]).collect();
        states.sort_unstable();
        states.dedup();
        let place = |state: u32| states.binary_search(&state).unwrap_or(0);
        let edge = |run: u32| Edge { from: place(run >> 8), to: place(run & mask), step: last_step(run) };
        let edges = runs.map(edge).collect();
        Self { length, states, edges }
    }

    /// Returns the sequence of allowed runs with the fewest steps up or down the ladder from a course.
    fn nearest(&self, course: &[u8]) -> Option<Vec<u8>> {
        let (head, tail) = course.split_at_checked(self.length - 1)?;
        let begin = |state: &u32| unpack(*state, head.len()).zip(head).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        let mut cost: Vec<u32> = self.states.iter().map(begin).collect();
        let mut back: Vec<Vec<usize>> = Vec::with_capacity(tail.len());
        for own in tail {
            let mut next = vec![u32::MAX; cost.len()];
            let mut by = vec![usize::MAX; cost.len()];
            for (number, edge) in self.edges.iter().enumerate() {
                let before = cost.get(edge.from).copied().unwrap_or(u32::MAX);
                let total = before.saturating_add(u32::from(edge.step.abs_diff(*own)));
                if let (Some(best), Some(by)) =
                    (next.get_mut(edge.to).filter(|best| total < **best), by.get_mut(edge.to))
                {
                    (*best, *by) = (total, number);
                }
            }
            cost = next;
            back.push(by);
        }
        self.trace(&cost, &back)
    }

    /// Walks back from the cheapest end.
    fn trace(&self, cost: &[u32], back: &[Vec<usize>]) -> Option<Vec<u8>> {
        let (mut at, _) = cost.iter().enumerate().filter(|(_, c)| **c < u32::MAX).min_by_key(|(_, c)| **c)?;
        let mut found = Vec::with_capacity(back.len() + self.length);
        for by in back.iter().rev() {
            let edge = self.edges.get(*by.get(at)?)?;
            found.push(edge.step);
            at = edge.from;
        }
        found.reverse();
        let mut whole: Vec<u8> = unpack(*self.states.get(at)?, self.length - 1).collect();
        whole.append(&mut found);
        Some(whole)
    }
}

/// Returns how many gaps of a course fit into the room.
fn fitting(course: &[u8], days: &[i32], room: i32) -> usize {
    let mut left = room;
    let fits = |step: &&u8| {
        left = left.saturating_sub(days.get(usize::from(**step)).copied().unwrap_or(0));
        left >= 0
    };
    course.iter().take_while(fits).count()
}

fn length_of(run: u32) -> usize {
    run.to_be_bytes().iter().filter(|byte| **byte > 0).count()
}

fn last_step(run: u32) -> u8 {
    let [.., last] = run.to_be_bytes();
    last.saturating_sub(1)
}

fn unpack(run: u32, length: usize) -> impl Iterator<Item = u8> {
    run.to_be_bytes().into_iter().skip(LONGEST_RUN - length).map(|byte| byte.saturating_sub(1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STEPS: u8 = 4;

    /// Tries every course of a length.
    fn cheapest(nearest: &Nearest, own: &[u8]) -> Option<u32> {
        let count = u32::from(STEPS).pow(u32::try_from(own.len()).unwrap());
        let course = |number: u32| -> Vec<u8> {
            (0..own.len())
                .map(|i| (number / u32::from(STEPS).pow(u32::try_from(i).unwrap()) % u32::from(STEPS)) as u8)
                .collect()
        };
        (0..count).map(course).filter(|c| nearest.allows(c)).map(|c| cost(&c, own)).min()
    }

    fn cost(a: &[u8], b: &[u8]) -> u32 {
        a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
    }

    proptest! {
        #[test]
        fn no_allowed_course_is_nearer(
            run in 1_usize..=4,
            allowed in proptest::collection::vec(proptest::collection::vec(0_u8..STEPS, 1..=4), 0..40),
            own in proptest::collection::vec(0_u8..STEPS, 1..6),
        ) {
            let allowed = allowed.iter().filter(|r| r.len() <= run).flat_map(|r| runs(r, run)).collect();
            let nearest = Nearest::new(run, allowed);
            let days: Vec<i32> = (1..=i32::from(STEPS)).collect();
            let found = nearest.within(&own, &days, 1_000);
            match cheapest(&nearest, &own) {
                None => prop_assert!(found.is_empty()),
                Some(least) => {
                    prop_assert_eq!(found.len(), own.len());
                    prop_assert!(nearest.allows(&found));
                    prop_assert_eq!(cost(&found, &own), least);
                }
            }
        }
    }
}
