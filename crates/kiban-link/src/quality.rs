//! Stage 8: how good the persons are, against a truth where there is one, and by the model's own probabilities.

use std::collections::BTreeMap;

use kiban_core::PatientRef;

use crate::{cluster::Partition, compare::Comparer, scored::Scored};

/// What is true of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truth {
    /// The true person.
    pub person: u64,
    /// Whether the person is one of twins.
    pub twin: bool,
}

/// Pairs of registrations compared with the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quality {
    /// Pairs joined and truly one person.
    pub right: u64,
    /// Pairs joined and truly two persons.
    pub wrong: u64,
    /// Pairs of one person that were not joined.
    pub missed: u64,
    /// Twins who share a found person with another twin.
    pub twins_joined: u64,
}

impl Quality {
    /// Measures clusters against the truth; registrations without a truth are left out.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use kiban_core::PatientRef;
    /// use kiban_link::{Quality, Truth};
    /// let [a, b, c] = [PatientRef::new(1)?, PatientRef::new(2)?, PatientRef::new(3)?];
    /// let truth = |person| Truth { person, twin: false };
    /// let truths = BTreeMap::from([(a, truth(1)), (b, truth(1)), (c, truth(2))]);
    /// let quality = Quality::measure(&[vec![a, b, c]], &truths);
    /// assert_eq!((quality.right, quality.wrong, quality.missed), (1, 2, 0));
    /// assert!(quality.recall() == 1.0 && quality.precision() < 0.34);
    /// # Ok::<(), kiban_core::BadId>(())
    /// ```
    pub fn measure(clusters: &[Vec<PatientRef>], truths: &BTreeMap<PatientRef, Truth>) -> Self {
        let mut sizes: BTreeMap<u64, u64> = BTreeMap::new();
        truths.values().for_each(|truth| *sizes.entry(truth.person).or_default() += 1);
        let (mut right, mut joined, mut twins_joined) = (0, 0, 0);
        for members in clusters {
            let known: Vec<Truth> = members.iter().filter_map(|m| truths.get(m)).copied().collect();
            let mut by_person: BTreeMap<u64, u64> = BTreeMap::new();
            known.iter().for_each(|truth| *by_person.entry(truth.person).or_default() += 1);
            right += by_person.values().copied().map(pairs).sum::<u64>();
            joined += pairs(u64::try_from(known.len()).unwrap_or(u64::MAX));
            let mut twins: Vec<u64> = known.iter().filter(|t| t.twin).map(|t| t.person).collect();
            twins.sort_unstable();
            twins.dedup();
            twins_joined += if twins.len() > 1 { u64::try_from(twins.len()).unwrap_or(u64::MAX) } else { 0 };
        }
        let all: u64 = sizes.values().copied().map(pairs).sum();
        Self { right, wrong: joined - right, missed: all - right, twins_joined }
    }

    /// Returns the share of joined pairs that are right; one where nothing was joined.
    pub fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    /// Returns the share of true pairs that were joined; one where there are none.
    pub fn recall(&self) -> f64 {
        share(self.right, self.right + self.missed)
    }

    /// Returns the harmonic mean of precision and recall.
    pub fn f1(&self) -> f64 {
        share(2 * self.right, 2 * self.right + self.wrong + self.missed)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of pairs stay far below 2^53")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

fn pairs(count: u64) -> u64 {
    count * count.saturating_sub(1) / 2
}

#[expect(clippy::cast_precision_loss, reason = "counts of pairs stay far below 2^53")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// What the probabilities say about the errors of a run for which no truth is known.
///
/// Pairs that no blocking rule found are not in it: recall is that of the compared pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Expected share of joined pairs that are right.
    pub precision: f64,
    /// Expected share of the compared pairs of one person that were joined.
    pub recall: f64,
    /// Expected share of the pairs of one person that some blocking rule finds, by how many are found once and twice
    /// (Chao, Biometrics 43, 1987): a bound from above, for rules are not independent.
    pub found: f64,
    /// Pairs that were joined, compared or not.
    pub joined: u64,
}

impl Estimate {
    /// Sums the probabilities of joined and of all compared pairs; a joined pair that was never compared counts as the
    /// mean of its person's compared pairs would: it is left out of the precision.
    pub(crate) fn of(scored: &Scored, partition: &Partition) -> Self {
        let probability = |pattern| scored.verdict(pattern).posterior.probability;
        let all = scored.expected;
        let mut comparer = Comparer::new(&scored.table);
        let (mut inside, mut expected, mut joined) = (0_u64, 0.0, 0);
        let mut finders = [0_u64; 3];
        for root in partition.groups.roots() {
            let members = partition.groups.members(root);
            joined += pairs(u64::try_from(members.len()).unwrap_or(u64::MAX));
            for (at, l) in members.iter().enumerate() {
                for r in members.iter().skip(at + 1) {
                    let (left, right) = (*l.min(r), *l.max(r));
                    let found = scored.blocks.finders(&scored.table, left, right);
                    finders.iter_mut().skip(found).take(1).for_each(|count| *count += 1);
                    if found > 0 {
                        inside += 1;
                        expected += probability(comparer.pair(left, right));
                    }
                }
            }
        }
        let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 1.0 };
        let [_, once, twice] = finders.map(as_f64);
        // Chao 1987: pairs that no rule finds, from those that one or two do.
        let unseen = once * once / (2.0 * twice.max(1.0));
        Self {
            precision: ratio(expected, as_f64(inside)),
            recall: ratio(expected, all.max(expected)),
            found: ratio(as_f64(inside), as_f64(inside) + unseen),
            joined,
        }
    }
}
