//! What a clerk has to look at, and how much harm is expected of leaving it as it is.

use jiff::Timestamp;
use kiban_core::{PatientRef, PersonKey};

/// Numbers a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseId(pub u64);

/// How the two sides stand while nobody has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// They are two persons; wrong if they are one.
    Apart,
    /// They are one person; wrong if they are two.
    Joined,
}

/// Who of the two sides objected to the supply of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Objecting {
    /// Neither.
    None,
    /// One: if they are one person, data of someone who objected may go.
    One,
    /// Both.
    Both,
}

/// Whether allergies or a blood type are known on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Allergy {
    /// Neither.
    Unknown,
    /// At least on one side.
    Known,
}

/// Whether either side is under treatment now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Care {
    /// No.
    Past,
    /// Yes.
    Ongoing,
}

/// What an error would touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stakes {
    /// Objections.
    pub objecting: Objecting,
    /// Allergies and blood type.
    pub allergy: Allergy,
    /// Treatment.
    pub care: Care,
    /// Registrations on the smaller side.
    pub smaller: usize,
    /// Registrations on the larger side.
    pub larger: usize,
}

/// One thing to look at: are these two one person?
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its number.
    pub id: CaseId,
    /// The registrations of one side, sorted.
    pub left: Vec<PatientRef>,
    /// The registrations of the other side, sorted.
    pub right: Vec<PatientRef>,
    /// The persons they are now.
    pub persons: (PersonKey, PersonKey),
    /// How they stand while nobody has decided.
    pub standing: Standing,
    /// The probability that they are one person.
    pub probability: f64,
    /// What an error would touch.
    pub stakes: Stakes,
    /// When it was opened.
    pub opened_at: Timestamp,
}

/// How heavy an error weighs, in units of one split person without anything special.
///
/// Joining two people is worse than leaving one split: it mixes treatments and cannot be seen from outside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Consequences {
    /// One person left as two.
    pub split: f64,
    /// Two persons taken for one.
    pub joined: f64,
    /// Added to a split where one side objected: data of someone who objected may go.
    pub objection_missed: f64,
    /// Added to a join where one side objected: data of someone who did not are held back.
    pub objection_spread: f64,
    /// Added to either error where allergies or a blood type are known.
    pub allergy: f64,
    /// Added to either error where someone is under treatment.
    pub care: f64,
    /// Added for each doubling of the registrations that would have to be put right.
    pub size: f64,
}

impl Default for Consequences {
    fn default() -> Self {
        Self {
            split: 1.0,
            joined: 5.0,
            objection_missed: 10.0,
            objection_spread: 1.0,
            allergy: 3.0,
            care: 2.0,
            size: 0.5,
        }
    }
}

impl Consequences {
    /// Returns the harm to be expected of leaving a case as it stands: the probability that it stands wrong, times what
    /// that would cost.
    pub fn harm(&self, case: &Case) -> f64 {
        let stakes = case.stakes;
        let (wrong, error, objection) = match case.standing {
            Standing::Apart => (case.probability, self.split, self.objection_missed),
            Standing::Joined => (1.0 - case.probability, self.joined, self.objection_spread),
        };
        let if_so = |holds: bool, weight: f64| if holds { weight } else { 0.0 };
        let cost = error
            + if_so(stakes.objecting == Objecting::One, objection)
            + if_so(stakes.allergy == Allergy::Known, self.allergy)
            + if_so(stakes.care == Care::Ongoing, self.care)
            + self.size * doublings(stakes.smaller.min(stakes.larger));
        wrong.clamp(0.0, 1.0) * cost
    }

    /// Sorts cases, the most harm first; of equal harm the one opened first, then the lower number.
    pub fn sort(&self, cases: &mut [Case]) {
        cases.sort_by(|a, b| {
            let harm = self.harm(b).total_cmp(&self.harm(a));
            harm.then(a.opened_at.cmp(&b.opened_at)).then(a.id.cmp(&b.id))
        });
    }
}

#[expect(clippy::cast_precision_loss, reason = "a person has far fewer than 2^53 registrations")]
fn doublings(count: usize) -> f64 {
    (count.max(1) as f64).log2()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::*;

    pub(in crate::mpi) fn case(id: u64, standing: Standing, probability: f64) -> Case {
        let one = |n: u64| PatientRef::from_bits(n << 1);
        let stakes =
            Stakes { objecting: Objecting::None, allergy: Allergy::Unknown, care: Care::Past, smaller: 1, larger: 1 };
        Case {
            id: CaseId(id),
            left: vec![one(id * 2 + 1)],
            right: vec![one(id * 2 + 2)],
            persons: (PersonKey::from_bits(id << 8), PersonKey::from_bits((id << 8) + 2)),
            standing,
            probability,
            stakes,
            opened_at: Timestamp::from_second(1_000).unwrap(),
        }
    }

    fn check(cases: Vec<Case>, expect: &[u64]) {
        let mut cases = cases;
        Consequences::default().sort(&mut cases);
        assert_eq!(cases.iter().map(|one| one.id.0).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn the_most_harm_comes_first() {
        let objecting = |one: Case| Case { stakes: Stakes { objecting: Objecting::One, ..one.stakes }, ..one };
        let apart = |id, p| case(id, Standing::Apart, p);
        check(vec![apart(1, 0.6), apart(2, 0.8), objecting(apart(3, 0.6))], &[3, 2, 1]);
        check(vec![apart(1, 0.5), case(2, Standing::Joined, 0.5)], &[2, 1]);
        check(vec![apart(2, 0.7), apart(1, 0.7)], &[1, 2]);
    }

    #[test]
    fn every_stake_weighs() {
        let weigh = |stakes| Consequences::default().harm(&Case { stakes, ..case(1, Standing::Apart, 0.5) });
        let none = case(1, Standing::Apart, 0.5).stakes;
        assert!((weigh(none) - 0.5).abs() < 1e-12);
        assert!(weigh(Stakes { allergy: Allergy::Known, ..none }) > weigh(none));
        assert!(weigh(Stakes { care: Care::Ongoing, ..none }) > weigh(none));
        assert!(weigh(Stakes { smaller: 4, larger: 4, ..none }) > weigh(Stakes { larger: 4, ..none }));
        assert!((weigh(Stakes { objecting: Objecting::Both, ..none }) - weigh(none)).abs() < 1e-12);
    }
}
