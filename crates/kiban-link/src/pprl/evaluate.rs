//! What an encoding costs in quality, against a truth; for the operators, who try it on records whose truth they know.

use std::collections::BTreeSet;

use super::{
    EncodedSet, Error, RecordId,
    compare::{blocks, compare},
    encode::Encoding,
    ratio,
    unit::compatible,
};

/// Pairs from one likeness on, compared with the truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// The likeness from which a pair counts as found.
    pub likeness: f64,
    /// Pairs found that are true.
    pub right: u64,
    /// Pairs found that are not.
    pub wrong: u64,
    /// True pairs not found.
    pub missed: u64,
}

impl Threshold {
    /// Returns the share of found pairs that are true.
    pub fn precision(&self) -> f64 {
        ratio(self.right, self.right + self.wrong)
    }

    /// Returns the share of true pairs that were found.
    pub fn recall(&self) -> f64 {
        ratio(self.right, self.right + self.missed)
    }

    /// Returns the harmonic mean of precision and recall.
    pub fn f1(&self) -> f64 {
        ratio(2 * self.right, 2 * self.right + self.wrong + self.missed)
    }
}

/// What an encoding costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// By likeness, ascending in steps of 0.005.
    pub thresholds: Vec<Threshold>,
    /// The standard deviation of the frequencies of the bits, filter by filter, over both sets: 0 tells an attacker
    /// nothing, a plain filter of Japanese names has about 0.16.
    pub deviation: Vec<f64>,
    /// Comparisons made.
    pub comparisons: u64,
}

impl Evaluation {
    /// Returns the threshold with the best F1, the lowest of equal ones.
    pub fn best(&self) -> Option<Threshold> {
        self.thresholds.iter().copied().reduce(|best, one| if one.f1() > best.f1() { one } else { best })
    }
}

/// Compares two sets and counts, for every likeness from `floor` on, which pairs of `truth` are found.
///
/// # Errors
/// The sets are of two agreements or malformed.
pub fn evaluate(
    left: &EncodedSet,
    right: &EncodedSet,
    truth: &BTreeSet<(RecordId, RecordId)>,
    floor: f64,
    threads: usize,
) -> Result<Evaluation, Error> {
    compatible(left, right)?;
    let filters = left.header.parameters.filters.len();
    let (l, r) = (&left.encodings, &right.encodings);
    let found = compare(l, r, &blocks(l, r, filters), floor.clamp(0.05, 1.0), threads);
    let record = |set: &[Encoding], at: u32| usize::try_from(at).ok().and_then(|at| set.get(at)).map(|one| one.record);
    let mut scored: Vec<(f64, bool)> = Vec::with_capacity(found.hits.len());
    for hit in &found.hits {
        if let Some(pair) = record(l, hit.left).zip(record(r, hit.right)) {
            scored.push((hit.likeness, truth.contains(&pair)));
        }
    }
    scored.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let all = u64::try_from(truth.len()).unwrap_or(u64::MAX);
    let steps = (0u32..=200).map(|step| f64::from(step) / 200.0).filter(|likeness| *likeness >= floor - 1e-9);
    let thresholds = steps.map(|likeness| {
        let from = scored.partition_point(|(score, _)| *score < likeness - 1e-9);
        let above = scored.get(from..).unwrap_or(&[]);
        let count = |is| u64::try_from(above.iter().filter(|(_, same)| *same == is).count()).unwrap_or(u64::MAX);
        let right = count(true);
        Threshold { likeness, right, wrong: count(false), missed: all.saturating_sub(right) }
    });
    let thresholds = thresholds.collect();
    let deviation = (0..filters).map(|filter| bit_frequency_deviation(&[l, r], filter)).collect();
    Ok(Evaluation { thresholds, deviation, comparisons: found.comparisons })
}

/// Returns the standard deviation, over the 1,024 bits, of the share of records in which each bit of a filter is set.
pub fn bit_frequency_deviation(sets: &[&[Encoding]], filter: usize) -> f64 {
    let frequencies = bit_frequencies(sets.iter().copied().flatten(), filter);
    let count = f64::from(1024u16);
    let mean = frequencies.iter().sum::<f64>() / count;
    (frequencies.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / count).sqrt()
}

/// The share of records in which each bit of a filter is set.
pub(crate) fn bit_frequencies<'a>(all: impl Iterator<Item = &'a Encoding>, filter: usize) -> Vec<f64> {
    let mut counts = vec![0u64; 1024];
    let mut records = 0;
    for one in all {
        records += 1;
        for at in one.filters.get(filter).into_iter().flat_map(super::Bits::positions) {
            if let Some(count) = counts.get_mut(usize::from(at)) {
                *count += 1;
            }
        }
    }
    counts.into_iter().map(|count| ratio(count, records)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::pprl::{Bits, Filter, Header, Parameters, Salt, Scope};

    fn set(records: &[(u64, std::ops::Range<u16>)]) -> EncodedSet {
        let filters = vec![Filter { salt: Salt::None, blocks: 1 }];
        let header = Header {
            parameters: Parameters { filters, ..Parameters::default() },
            scope: Scope { project: "p".into(), batch: "b".into(), year: 2026 },
            check: 1,
        };
        let encoding = |(record, bits): &(u64, std::ops::Range<u16>)| Encoding {
            record: RecordId(*record),
            filters: vec![Bits::of(bits.clone())],
            blocks: vec![0],
            tokens: Vec::new(),
        };
        EncodedSet { header, encodings: records.iter().map(encoding).collect() }
    }

    #[test]
    fn pairs_are_counted_by_threshold() {
        // Likenesses: 1–11 1.0, 2–11 0.5, 1–12 0.0, 2–12 0.4.
        let (left, right) = (set(&[(1, 0..10), (2, 5..15)]), set(&[(11, 0..10), (12, 11..21)]));
        let truth = BTreeSet::from([(RecordId(1), RecordId(11)), (RecordId(2), RecordId(12))]);
        let found = evaluate(&left, &right, &truth, 0.3, 1).unwrap();
        let check = |likeness: f64, expect: (u64, u64, u64)| {
            let at = found.thresholds.iter().find(|one| (one.likeness - likeness).abs() < 1e-9).unwrap();
            assert_eq!((at.right, at.wrong, at.missed), expect, "{likeness}");
        };
        check(0.3, (2, 1, 0));
        check(0.4, (2, 1, 0));
        check(0.405, (1, 1, 1));
        check(0.5, (1, 1, 1));
        check(0.505, (1, 0, 1));
        check(1.0, (1, 0, 1));
        let best = found.best().unwrap();
        assert!((best.likeness - 0.3).abs() < 1e-9 && (best.f1() - 0.8).abs() < 1e-9);
        assert!((best.precision() - 2.0 / 3.0).abs() < 1e-9 && (best.recall() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn deviation_is_that_of_the_frequencies() {
        // Half of the bits always set, half never: every frequency is 0.5 from the mean.
        let half = set(&[(1, 0..512), (2, 0..512)]);
        assert!((bit_frequency_deviation(&[&half.encodings], 0) - 0.5).abs() < 1e-9);
        let flat = set(&[(1, 0..512), (2, 512..1024)]);
        assert!(bit_frequency_deviation(&[&flat.encodings], 0).abs() < 1e-9);
    }
}
