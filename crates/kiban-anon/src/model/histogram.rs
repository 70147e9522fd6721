//! Tests on the distribution of a sensitive attribute in one class.
//!
//! Each test also tells how many persons of a failing class could *at most* remain if some left and the rest passed.
//! Raising a node merges classes, and a union of passing classes passes (all these tests are convex in p, but for the lower
//! limits of δ-disclosure, which the figure leaves out), so what remains of a class below it can never be more: the
//! figure bounds the suppression of every node below.

use super::Distance;

/// A test with what it needs of the whole table.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Distinct(usize),
    Entropy {
        least: f64,
    },
    Recursive {
        c: f64,
        l: usize,
    },
    Equal {
        t: f64,
        table: Vec<f64>,
    },
    Ordered {
        t: f64,
        table: Vec<f64>,
    },
    Hierarchical {
        t: f64,
        table: Vec<f64>,
        groups: Vec<Vec<u32>>,
    },
    /// No value has a share above its own limit.
    Below {
        most: Vec<f64>,
    },
    /// No value that occurs has a share outside its open interval.
    Between {
        least: Vec<f64>,
        most: Vec<f64>,
    },
}

/// Sums of shares within this of a bound keep it: the sums themselves are not exact.
const NOISE: f64 = 1e-9;

type Class = [(u32, u32)];

fn at(table: &[f64], value: u32) -> f64 {
    table.get(value as usize).copied().unwrap_or(0.0)
}

impl Test {
    pub(super) fn closeness(t: f64, distance: Distance, table: Vec<f64>, groups: Vec<Vec<u32>>) -> Self {
        match distance {
            Distance::Equal => Self::Equal { t, table },
            Distance::Ordered => Self::Ordered { t, table },
            Distance::Hierarchical => Self::Hierarchical { t, table, groups },
        }
    }

    /// Tells whether a class of `n` persons passes.
    pub(super) fn passes(&self, class: &Class, n: u32) -> bool {
        let size = f64::from(n);
        let share = |count: u32| f64::from(count) / size;
        match self {
            Self::Distinct(l) => class.len() >= *l,
            Self::Entropy { least } => entropy(class.iter().map(|c| f64::from(c.1))) >= least - NOISE,
            Self::Recursive { c, l } => recursive(&descending(class), *c, *l),
            Self::Equal { t, table } => equal_distance(class, size, table) <= t + NOISE,
            Self::Ordered { t, table } => ordered_distance(class, size, table) <= t + NOISE,
            Self::Hierarchical { t, table, groups } => hierarchical_distance(class, size, table, groups) <= t + NOISE,
            Self::Below { most } => class.iter().all(|(value, count)| share(*count) <= at(most, *value) + NOISE),
            Self::Between { least, most } => {
                class.iter().all(|(value, count)| share(*count) > at(least, *value) && share(*count) < at(most, *value))
            }
        }
    }

    /// Returns how many persons of a failing class could remain at most.
    pub(super) fn most_left(&self, class: &Class, n: u32) -> u32 {
        match self {
            Self::Distinct(_) => 0,
            Self::Entropy { least } => entropy_left(class, *least),
            Self::Recursive { c, l } => recursive_left(class, *c, *l),
            Self::Equal { t, table } => capped_left(class, n, table, 1.0 - t),
            Self::Below { most } | Self::Between { most, .. } => capped_left(class, n, most, 1.0),
            Self::Ordered { .. } | Self::Hierarchical { .. } => n.saturating_sub(1),
        }
    }
}

/// −Σ p ln p of counts.
fn entropy(counts: impl Iterator<Item = f64> + Clone) -> f64 {
    let total: f64 = counts.clone().sum();
    // Written as ln n − Σ c ln c / n: one division for the class.
    let weighted: f64 = counts.filter(|c| *c > 0.0).map(|c| c * c.ln()).sum();
    if total > 0.0 { total.ln() - weighted / total } else { 0.0 }
}

fn descending(class: &Class) -> Vec<u32> {
    let mut counts: Vec<u32> = class.iter().map(|c| c.1).collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts
}

fn recursive(descending: &[u32], c: f64, l: usize) -> bool {
    let tail: u64 = descending.iter().skip(l.saturating_sub(1)).map(|n| u64::from(*n)).sum();
    descending.first().is_some_and(|first| f64::from(*first) < c * tail as f64)
}

fn equal_distance(class: &Class, size: f64, table: &[f64]) -> f64 {
    // Only where p exceeds q: both sums of differences are equal, and absent values are all in the other one.
    class.iter().map(|(value, count)| (f64::from(*count) / size - at(table, *value)).max(0.0)).sum()
}

fn dense(class: &Class, size: f64, table: &[f64]) -> Vec<f64> {
    let mut extra: Vec<f64> = table.iter().map(|q| -q).collect();
    for (value, count) in class {
        if let Some(slot) = extra.get_mut(*value as usize) {
            *slot += f64::from(*count) / size;
        }
    }
    extra
}

fn ordered_distance(class: &Class, size: f64, table: &[f64]) -> f64 {
    let carried = dense(class, size, table).into_iter().scan(0.0, |sum, extra| {
        *sum += extra;
        Some(f64::abs(*sum))
    });
    let total: f64 = carried.sum();
    total / (table.len().saturating_sub(1)).max(1) as f64
}

fn hierarchical_distance(class: &Class, size: f64, table: &[f64], groups: &[Vec<u32>]) -> f64 {
    // `extra` holds one number per node of a level; what meets on a level costs that level's height.
    let mut extra = dense(class, size, table);
    let height = groups.len() as f64;
    let mut cost = 0.0;
    for (level, up) in (1_u32..).zip(groups) {
        let nodes = up.iter().max().map_or(0, |m| *m as usize + 1);
        let (mut more, mut less) = (vec![0.0; nodes], vec![0.0; nodes]);
        for (above, value) in up.iter().zip(&extra) {
            let side = if *value > 0.0 { &mut more } else { &mut less };
            if let Some(sum) = side.get_mut(*above as usize) {
                *sum += value.abs();
            }
        }
        let meet: f64 = more.iter().zip(&less).map(|(m, l)| f64::min(*m, *l)).sum();
        cost += f64::from(level) / height * meet;
        extra = more.iter().zip(&less).map(|(m, l)| m - l).collect();
    }
    cost
}

/// The greatest m ≤ n with Σ min(count, limit·m) ≥ part·m; the left side over m only falls as m grows.
fn capped_left(class: &Class, n: u32, limits: &[f64], part: f64) -> u32 {
    let fits = |m: u32| {
        let m = f64::from(m);
        let kept: f64 = class.iter().map(|(value, count)| f64::from(*count).min(at(limits, *value) * m)).sum();
        kept >= part * m - NOISE * m.max(1.0)
    };
    greatest(n, fits)
}

fn capped(class: &Class, cap: u32) -> impl Iterator<Item = u32> + Clone {
    class.iter().map(move |c| c.1.min(cap))
}

fn recursive_left(class: &Class, c: f64, l: usize) -> u32 {
    let counts = descending(class);
    let fits = |cap: u32| recursive(&counts.iter().map(|n| *n.min(&cap)).collect::<Vec<_>>(), c, l);
    capped(class, greatest(counts.first().copied().unwrap_or(0), fits)).sum()
}

fn entropy_left(class: &Class, least: f64) -> u32 {
    let fits = |cap: u32| entropy(capped(class, cap).map(f64::from)) >= least - NOISE;
    let most = class.iter().map(|c| c.1).max().unwrap_or(0);
    let cap = greatest(most, fits);
    match cap {
        0 => 0,
        // Some, but not all, of the values may still be one above the cap.
        _ if cap < most => capped(class, cap + 1).sum::<u32>().saturating_sub(1),
        _ => capped(class, cap).sum(),
    }
}

/// Returns the greatest number up to `most` that fits, where all below one that fits do too; 0 if none.
fn greatest(most: u32, fits: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = high - (high - low) / 2;
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn class(counts: &[u32]) -> Vec<(u32, u32)> {
        (0..).zip(counts).filter(|c| *c.1 > 0).map(|(v, n)| (v, *n)).collect()
    }

    fn passes(test: &Test, counts: &[u32]) -> bool {
        test.passes(&class(counts), counts.iter().sum())
    }

    #[test]
    fn distinct_entropy_and_recursive_diversity_are_told_apart() {
        let entropy = |l: f64| Test::Entropy { least: l.ln() };
        assert!(passes(&Test::Distinct(3), &[8, 1, 1]) && !passes(&Test::Distinct(3), &[5, 5, 0]));
        assert!(passes(&entropy(3.0), &[4, 4, 4]) && !passes(&entropy(3.0), &[5, 4, 4]));
        assert!(passes(&entropy(1.5), &[8, 2]) && !passes(&entropy(2.0), &[8, 2]));
        // r₁ < c·(r₂ + r₃): 6 < 2·4 and not 8 < 2·4.
        let recursive = Test::Recursive { c: 2.0, l: 2 };
        assert!(passes(&recursive, &[6, 3, 1]) && !passes(&recursive, &[8, 3, 1]));
        assert!(!passes(&Test::Recursive { c: 9.0, l: 3 }, &[3, 3]), "there is no third value");
    }

    /// The salaries 3k…11k of Li et al. 2007, section 4: the published distances are 0.375 and 0.167.
    #[test]
    fn the_ordered_distance_is_that_of_the_paper() {
        let table = vec![1.0 / 9.0; 9];
        let far = |counts: &[u32]| ordered_distance(&class(counts), 3.0, &table);
        assert!((far(&[1, 1, 1]) - 0.375).abs() < 1e-9);
        assert!((far(&[0, 0, 0, 1, 0, 1, 0, 0, 1]) - 1.0 / 6.0).abs() < 1e-9);
    }

    #[test]
    fn the_hierarchical_distance_counts_how_high_the_mass_must_climb() {
        // Two groups of two leaves below the top; the table is even.
        let (table, groups) = (vec![0.25; 4], vec![vec![0, 0, 1, 1], vec![0, 0]]);
        let far = |counts: &[u32]| {
            hierarchical_distance(&class(counts), f64::from(counts.iter().sum::<u32>()), &table, &groups)
        };
        assert!((far(&[1, 1, 1, 1])).abs() < 1e-12);
        // Half of the mass moves within its group at cost ½.
        assert!((far(&[1, 0, 1, 0]) - 0.25).abs() < 1e-12);
        // Half crosses the top at cost 1, and nothing meets below.
        assert!((far(&[1, 1, 0, 0]) - 0.5).abs() < 1e-12);
        assert!((far(&[1, 0, 0, 0]) - (0.125 + 0.5)).abs() < 1e-12);
        let equal = |counts: &[u32]| equal_distance(&class(counts), f64::from(counts.iter().sum::<u32>()), &table);
        assert!((equal(&[1, 0, 1, 0]) - 0.5).abs() < 1e-12 && (equal(&[1, 0, 0, 0]) - 0.75).abs() < 1e-12);
    }

    #[test]
    fn shares_are_held_below_and_between() {
        let below = Test::Below { most: vec![0.5, 0.6] };
        assert!(passes(&below, &[1, 1]) && !passes(&below, &[3, 1]) && !passes(&below, &[1, 3]));
        let between = Test::Between { least: vec![0.25, 0.25], most: vec![0.75, 0.75] };
        assert!(passes(&between, &[1, 1]) && !passes(&between, &[3, 1]));
    }

    fn any_test() -> impl Strategy<Value = Test> {
        let table = proptest::collection::vec(1_u32..9, 4).prop_map(|counts| {
            let sum = f64::from(counts.iter().sum::<u32>());
            counts.iter().map(|c| f64::from(*c) / sum).collect::<Vec<_>>()
        });
        (table, 0_usize..8, 0.05_f64..1.5, 1_usize..4).prop_map(|(table, kind, x, l)| match kind {
            0 => Test::Distinct(l),
            1 => Test::Entropy { least: (l as f64).ln() },
            2 => Test::Recursive { c: 2.0 * x, l },
            3 => Test::Equal { t: x.min(0.9), table },
            4 => Test::Ordered { t: x.min(0.9), table },
            5 => Test::Hierarchical { t: x.min(0.9), table, groups: vec![vec![0, 0, 1, 1], vec![0, 0]] },
            6 => Test::Below { most: table.iter().map(|q| q * (1.0 + x)).collect() },
            _ => Test::Between {
                least: table.iter().map(|q| q / (1.0 + x)).collect(),
                most: table.iter().map(|q| q * (1.0 + x)).collect(),
            },
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// What the bounds of the search rest on.
        #[test]
        fn a_union_of_passing_classes_passes(
            test in any_test(),
            a in proptest::collection::vec(0_u32..6, 4),
            b in proptest::collection::vec(0_u32..6, 4),
        ) {
            // A value that does not occur is not tested by δ-disclosure, so a union can fail there by a share that is too
            // small; its bound rests on the upper limits alone.
            let test = match test {
                Test::Between { most, .. } => Test::Below { most },
                other => other,
            };
            let union: Vec<u32> = a.iter().zip(&b).map(|(x, y)| x + y).collect();
            let full = |counts: &[u32]| counts.iter().sum::<u32>() > 0;
            if full(&a) && full(&b) && passes(&test, &a) && passes(&test, &b) {
                prop_assert!(passes(&test, &union), "{a:?} {b:?}");
            }
        }

        /// Tries every sub-table of a class: none that passes is larger than the bound says.
        #[test]
        fn no_more_can_be_left_than_the_bound_says(test in any_test(), counts in proptest::collection::vec(0_u32..5, 4)) {
            let n: u32 = counts.iter().sum();
            if n > 0 && !passes(&test, &counts) {
                let bound = test.most_left(&class(&counts), n);
                let mut best = 0;
                for a in 0..=counts[0] { for b in 0..=counts[1] { for c in 0..=counts[2] { for d in 0..=counts[3] {
                    let left = [a, b, c, d];
                    let size = left.iter().sum::<u32>();
                    if size > best && passes(&test, &left) { best = size; }
                }}}}
                prop_assert!(best <= bound && bound <= n, "{best} left, bound {bound}");
            }
        }
    }
}
