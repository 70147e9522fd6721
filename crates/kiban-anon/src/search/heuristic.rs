//! Good nodes of lattices that are too large to be walked: greedy ways, bisected, then improved step by step.

use kiban_core::keyed_u64;

use super::{NOISE, Search, lattice::Levels};
use crate::fold::Word;

/// Nodes that a best-effort search without a budget checks.
pub(super) const NODES: u64 = 2_000;

/// Ways that are tried at most: later ones seldom find anything new.
const WAYS: u64 = 256;

/// Ways that found nothing new, one after the other, after which no more are tried.
const IDLE: u32 = 16;

impl<W: Word> Search<'_, W> {
    /// Tries one way after the other until so many nodes are checked.
    pub(super) fn look_around(&mut self, most: u64) {
        let mut idle = 0;
        for seed in 0..WAYS {
            if self.spent(Some(most)) || idle == IDLE {
                return;
            }
            let before = self.checked.len();
            let path = if seed == 0 { self.path(self.lattice.bottom()) } else { self.wander(seed) };
            if let Some(border) = self.border(&path, most) {
                self.improve(border, most);
            }
            idle = if self.checked.len() == before { idle + 1 } else { 0 };
        }
    }

    /// Returns a way from the bottom to the top that prefers cheap steps; the seed decides among them.
    fn wander(&self, seed: u64) -> Vec<Levels> {
        let mut at = self.lattice.bottom();
        let mut path = vec![at];
        for step in 0_u64.. {
            let cost = |node: Levels, way: u64| {
                let coin = keyed_u64(b"way", &[&seed.to_be_bytes(), &step.to_be_bytes(), &way.to_be_bytes()]);
                self.bounds.score(node, 0) * (0.5 + coin as f64 / u64::MAX as f64)
            };
            let next = (0..).zip(self.lattice.successors(at)).map(|(way, n)| (cost(n, way), n));
            let Some((_, next)) = next.min_by(|a, b| a.0.total_cmp(&b.0)) else { return path };
            path.push(next);
            at = next;
        }
        path
    }

    /// Returns the lowest allowed node of a way, as far as bisection finds it.
    fn border(&mut self, path: &[Levels], most: u64) -> Option<(Levels, f64)> {
        let (mut low, mut high, mut found) = (0, path.len(), None);
        while low < high && !self.spent(Some(most)) {
            let middle = low + (high - low) / 2;
            let node = path.get(middle).copied()?;
            let score = self.check(node).score;
            if score.is_finite() {
                found = Some((node, score));
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        found
    }

    /// Steps to a better neighbour while there is one: the cheapest by bound first.
    fn improve(&mut self, start: (Levels, f64), most: u64) {
        let (mut at, mut score) = start;
        loop {
            let mut around: Vec<(f64, Levels)> =
                self.lattice.neighbours(at).into_iter().map(|n| (self.bounds.score(n, self.witnessed(n)), n)).collect();
            around.retain(|(bound, _)| *bound < score - NOISE);
            around.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let mut better = None;
            for (_, node) in around {
                if self.spent(Some(most)) {
                    return;
                }
                if self.witnessed(node) > self.allowed {
                    continue;
                }
                let found = self.check(node).score;
                if found < score - NOISE {
                    better = Some((node, found));
                    break;
                }
            }
            let Some(step) = better else { return };
            (at, score) = step;
        }
    }
}
