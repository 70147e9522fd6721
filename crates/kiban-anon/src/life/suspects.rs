//! Who agrees with what is known of a person, where it is not known under which number that person was released.

use super::attack::{CodesAbove, Fact, Hunt, LifeAdversary, ReleasedLives, TrueLives, around, examine};
use super::{DateUnit, Doubt};
use crate::error::Result;

/// The search for one person at a time, in a company that the caller chooses.
///
/// [`super::attack()`] knows who everybody is in truth, and so how often the right person is named. Here nothing is known
/// but who agrees: one of n persons is named rightly with a probability of at most 1 ÷ n. The classes and the `who` of
/// the columns are not used.
pub struct Suspects<'a> {
    hunt: Hunt<'a>,
}

impl<'a> Suspects<'a> {
    /// Takes what is known, what is true and what was released.
    ///
    /// # Errors
    /// As [`super::attack()`].
    pub fn new(
        adversary: &'a LifeAdversary<'a>,
        truth: &'a TrueLives<'a>,
        released: &'a ReleasedLives<'a>,
        codes: &'a CodesAbove,
    ) -> Result<Self> {
        examine(adversary, truth, released, codes)?;
        Ok(Self { hunt: Hunt::new(adversary, truth, released, codes) })
    }

    /// Returns the released persons of `company` who agree with what is known of the true person `who`, drawn for the target
    /// `number`: one list for each way of dropping as few facts as possible, none of them empty.
    ///
    /// With [`Doubt::GivesUp`] nothing is dropped, and nobody may agree.
    pub fn of(&self, number: u32, who: u32, company: &[u32]) -> Vec<Vec<u32>> {
        let facts = self.hunt.facts(number, who);
        let most = if self.hunt.adversary.doubt == Doubt::GivesUp { 0 } else { facts.len() };
        (0..=most)
            .map(|dropped| self.agreeing(&facts, facts.len() - dropped, company))
            .find(|w| !w.is_empty())
            .unwrap_or_default()
    }

    fn agreeing(&self, facts: &[Fact], known: usize, company: &[u32]) -> Vec<Vec<u32>> {
        let agree = |way: &Vec<Fact>| company.iter().copied().filter(|person| self.hunt.agrees(*person, way)).collect();
        super::attack::subsets(facts, known).iter().map(agree).filter(|agree: &Vec<u32>| !agree.is_empty()).collect()
    }
}

impl DateUnit {
    /// Returns the first and last day of the unit in which a day lies; none for the whole window.
    pub fn around(self, day: i32) -> Option<(i32, i32)> {
        (self != Self::Window).then(|| around(day, self))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    /// Three persons: two with codes 0 and 1, one with 0 alone, all on day 10 or 40; the fourth has nothing.
    fn found(known: usize, doubt: Doubt, who: u32, company: &[u32]) -> Vec<Vec<u32>> {
        let codes = vec![vec![0, 2], vec![1, 2], vec![2]];
        let (person, code) = ([0, 0, 1, 1, 2], [0, 1, 0, 1, 0]);
        let day = [Some(10), Some(40), Some(10), Some(40), Some(10)];
        let days: Vec<_> = day.iter().map(|d| d.map(|d| (d, d))).collect();
        let truth = TrueLives { class: &[0; 4], person: &person, code: &code, day: &day };
        let released = ReleasedLives { class: &[0; 4], who: &[0; 4], person: &person, code: &code, days: &days };
        let adversary =
            LifeAdversary { key: b"test", targets: 1, known, level: 0, date: DateUnit::Day, shift: 0, doubt };
        Suspects::new(&adversary, &truth, &released, &codes).unwrap().of(0, who, company)
    }

    #[test]
    fn those_who_agree_are_named_and_nobody_else() {
        assert_eq!(found(2, Doubt::GivesUp, 0, &[0, 1, 2, 3]), [vec![0, 1]]);
        assert_eq!(
            found(2, Doubt::GivesUp, 2, &[0, 1, 2, 3]),
            [vec![0, 1, 2]],
            "only one fact can be known of the third"
        );
        assert_eq!(found(0, Doubt::GivesUp, 0, &[1, 3]), [vec![1, 3]], "demographics alone");
    }

    #[test]
    fn facts_are_dropped_only_where_nobody_agrees() {
        assert!(found(2, Doubt::GivesUp, 0, &[2, 3]).is_empty());
        assert_eq!(found(2, Doubt::DropsFacts, 0, &[2, 3]), [vec![2]], "the fact of code 1 is dropped");
        assert_eq!(found(2, Doubt::DropsFacts, 0, &[3]), [vec![3]], "both are");
        assert!(found(2, Doubt::DropsFacts, 0, &[]).is_empty());
    }

    #[test]
    fn a_day_lies_in_its_unit() {
        assert_eq!(DateUnit::Month.around(19_723 + 40), Some((19_723 + 31, 19_723 + 59)));
        for day in 19_723..19_723 + 4 * 366 {
            for unit in DateUnit::ALL.into_iter().filter(|unit| *unit != DateUnit::Window) {
                let (first, last) = unit.around(day).unwrap();
                let of = |day| unit.first_day(day, 0);
                assert!((first..=last).contains(&day) && of(first) == of(last), "{unit:?} of {day}");
                assert!(of(first - 1) != of(first) && of(last + 1) != of(last), "{unit:?} of {day}");
            }
        }
        assert_eq!((DateUnit::Day.around(5), DateUnit::Window.around(5)), (Some((5, 5)), None));
    }
}
