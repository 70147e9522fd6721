//! What released dates still tell of the original ones: attacks that are run, each with an interval and a verdict.
//!
//! Shifted dates were told from true ones at 67 of 71 sites by weekdays and holidays (TriNetX 2023,
//! doi 10.1055/a-2130-2197). Each attack guesses something of the original from the release alone and is scored against
//! guessing blindly. Persons are the units, so that one long history does not decide.

use arrow_array::{Date32Array, Int64Array};
use serde::{Deserialize, Serialize};

use super::proof::Dated;
use crate::error::{Error, Result};

mod attack;
mod calendar;

/// What of the original dates is guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LeakKind {
    /// How unevenly released days lie on weekdays, beyond how weekdays are spread over the days released at all (Cohen's w).
    WeekdayPattern,
    /// The weekday, guessed from the released weekday by a table learnt on other persons.
    Weekday,
    /// The day, guessed by laying the release's busy and quiet days (weekends, holidays, 年末年始, ゴールデンウィーク)
    /// over those of the true calendar; nobody needs a list of holidays for that.
    QuietDays,
    /// The month of the claim レセプト, taken to be the released one.
    ClaimMonth,
    /// The day of the month, guessed by laying the day on which a person's dates pile up on the first of the month.
    MonthStart,
    /// Persons with an event released in another era 元号 than it was in, so that a text naming the era contradicts it and
    /// bounds their shift; dates that tell nothing of the calendar (relative, gaps from the window's start) always are.
    Era,
    /// The birthday to within a week, guessed as the time of the year at which most of the person's days lie.
    Birthday,
    /// The day of death, taken to be the released one.
    Death,
}

/// Whether an attack tells more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeakVerdict {
    /// The whole interval is at or below the threshold.
    Holds,
    /// The whole interval is above the threshold.
    Leaks,
    /// The threshold lies within the interval.
    Unclear,
    /// Fewer than 30 persons to try it on.
    TooFew,
}

/// The result of one attack.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Leak {
    /// What was guessed.
    pub kind: LeakKind,
    /// Persons on whom it was tried.
    pub persons: u64,
    /// Share of right guesses, the mean over persons.
    pub found: f64,
    /// The same by guessing blindly.
    pub chance: f64,
    /// `found` less `chance`: the lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The largest difference that may be.
    pub threshold: f64,
    /// What follows.
    pub verdict: LeakVerdict,
}

/// Fewest persons on whom an attack says anything.
const FEWEST: u64 = 30;

/// Cohen's small effect: a pattern over weekdays weaker than this shows nothing (Cohen 1988, w = 0.1).
const SMALL_EFFECT: f64 = 0.1;

/// Runs every attack for which there is data; `most` is the difference from blind guessing that is allowed, such as 0.05.
///
/// A verdict does not know the rule: dates precise to the month give the claim month away because they were meant to.
/// Births are one row per person, of whom others have none.
///
/// # Errors
/// Columns of different length, or an allowance outside 0 to 1.
pub fn date_leaks(
    events: Dated<'_>,
    births: Option<(&Int64Array, &Date32Array)>,
    deaths: Option<Dated<'_>>,
    most: f64,
) -> Result<Vec<Leak>> {
    if !(0.0..=1.0).contains(&most) {
        return Err(Error::BadParameter { what: "date leaks".to_owned(), why: "an allowance lies between 0 and 1" });
    }
    let rows = events.sorted()?;
    let mut leaks = vec![
        pattern(&rows),
        judge(LeakKind::Weekday, &attack::weekday_guess(&rows), most),
        judge(LeakKind::QuietDays, &calendar::quiet_days(&rows), most),
        judge(LeakKind::ClaimMonth, &attack::claim_month(&rows), most),
        judge(LeakKind::MonthStart, &attack::month_start(&rows), most),
        judge(LeakKind::Era, &attack::era(&rows), most),
    ];
    if let Some((persons, births)) = births {
        let born = Dated { persons, original: births, released: births }.sorted()?;
        leaks.push(judge(LeakKind::Birthday, &attack::birthday(&rows, &born), most));
    }
    if let Some(deaths) = deaths {
        leaks.push(judge(LeakKind::Death, &attack::death(&deaths.sorted()?), most));
    }
    Ok(leaks)
}

/// One unit of an attack: its share of right guesses, and the share that blind guessing gets.
pub(super) type Score = (f64, f64);

fn judge(kind: LeakKind, scores: &[Score], threshold: f64) -> Leak {
    let count = scores.len() as f64;
    let mean =
        |of: &dyn Fn(&Score) -> f64| if scores.is_empty() { 0.0 } else { scores.iter().map(of).sum::<f64>() / count };
    let (found, chance) = (mean(&|s| s.0), mean(&|s| s.1));
    let gain = found - chance;
    let variance = mean(&|s| (s.0 - s.1 - gain).powi(2));
    // With hardly any hit the variance says too little: the rule of three bounds what was not seen.
    let half = if scores.is_empty() { 1.0 } else { (1.96 * (variance / count).sqrt()).max(3.0 / count) };
    Leak { kind, persons: scores.len() as u64, found, chance, low: gain - half, high: gain + half, threshold, ..NONE }
        .judged()
}

/// Judges the pattern over weekdays, whose interval comes from leaving out groups of persons in turn (jackknife).
fn pattern(rows: &[attack::Row]) -> Leak {
    let (kind, persons) = (LeakKind::WeekdayPattern, attack::persons(rows).count() as u64);
    let (found, half) = attack::weekday_pattern(rows);
    let (low, high) = (found - half, found + half);
    Leak { kind, persons, found, low, high, threshold: SMALL_EFFECT, ..NONE }.judged()
}

const NONE: Leak = Leak {
    kind: LeakKind::Weekday,
    persons: 0,
    found: 0.0,
    chance: 0.0,
    low: 0.0,
    high: 0.0,
    threshold: 0.0,
    verdict: LeakVerdict::TooFew,
};

impl Leak {
    fn judged(self) -> Self {
        let verdict = match () {
            () if self.persons < FEWEST => LeakVerdict::TooFew,
            () if self.high <= self.threshold => LeakVerdict::Holds,
            () if self.low > self.threshold => LeakVerdict::Leaks,
            () => LeakVerdict::Unclear,
        };
        Self { verdict, ..self }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{attack::Row, *};
    use crate::{
        date::calendar::{days_from_civil, weekday},
        fingerprint::mix,
    };

    /// Makes 1,500 persons with 12 days of care over three years: hardly at weekends, nobody over New Year and in Golden Week.
    fn care() -> Vec<(i64, i32)> {
        let first = days_from_civil(2012, 1, 1);
        let mut rows = Vec::new();
        for person in 0..1_500_i64 {
            for visit in 0..40_u64 {
                let draw = mix(person.cast_unsigned() * 1_000 + visit);
                let day = first + i32::try_from(draw % 1_095).unwrap();
                let quiet = weekday(day) >= 5 && !draw.is_multiple_of(11);
                let (_, month, of_month) = crate::date::calendar::civil_from_days(day);
                let closed = [((12, 29), (12, 31)), ((1, 1), (1, 3)), ((5, 3), (5, 5))];
                let holiday = closed.iter().any(|(from, to)| (*from..=*to).contains(&(month, of_month)));
                if !quiet && !holiday && rows.len() < 12 * (person as usize + 1) {
                    rows.push((person, day));
                }
            }
        }
        rows.sort_unstable();
        rows
    }

    fn verdicts(release: impl Fn(i64, i32) -> i32) -> Vec<(LeakKind, LeakVerdict)> {
        let rows: Vec<Row> = care().into_iter().map(|(person, day)| (person, day, release(person, day))).collect();
        let persons = Int64Array::from_iter_values(rows.iter().map(|r| r.0));
        let original = Date32Array::from_iter_values(rows.iter().map(|r| r.1));
        let released = Date32Array::from_iter_values(rows.iter().map(|r| r.2));
        let events = Dated { persons: &persons, original: &original, released: &released };
        date_leaks(events, None, Some(events), 0.05).unwrap().into_iter().map(|l| (l.kind, l.verdict)).collect()
    }

    fn leaking(release: impl Fn(i64, i32) -> i32) -> Vec<LeakKind> {
        verdicts(release).into_iter().filter(|v| v.1 == LeakVerdict::Leaks).map(|v| v.0).collect()
    }

    fn of_person(person: i64, most: i32) -> i32 {
        (mix(person.cast_unsigned() ^ 77) % (2 * most.unsigned_abs() as u64 + 1)) as i32 - most
    }

    #[test]
    fn true_dates_leak_all_that_can_be_read_off() {
        use LeakKind::*;
        assert_eq!(leaking(|_, day| day), [WeekdayPattern, Weekday, QuietDays, ClaimMonth, Death]);
    }

    #[test]
    fn one_shift_for_all_is_found_by_quiet_days() {
        use LeakKind::*;
        assert_eq!(leaking(|_, day| day + 100), [WeekdayPattern, Weekday, QuietDays]);
    }

    #[test]
    fn whole_weeks_leak_the_weekday() {
        use LeakKind::*;
        assert_eq!(leaking(|person, day| day + 7 * of_person(person, 25)), [WeekdayPattern, Weekday]);
    }

    #[test]
    fn days_of_each_persons_own_leak_nothing_of_this() {
        use LeakKind::*;
        let found = verdicts(|person, day| day + of_person(person, 180));
        let holds = |kind| found.contains(&(kind, LeakVerdict::Holds));
        assert!([WeekdayPattern, Weekday, QuietDays, MonthStart, Era, Death].into_iter().all(holds), "{found:?}");
    }

    #[test]
    fn months_give_the_claim_month_because_they_mean_to() {
        let month = |day: i32| crate::date::DateUnit::Month.first_day(day, 0);
        assert_eq!(leaking(|_, day| month(day)), [LeakKind::ClaimMonth]);
    }

    #[test]
    fn piles_birthdays_and_eras_are_seen() {
        // Each person comes on the first of some months, and is shifted by days of their own.
        let piled: Vec<Row> = (0..60_i64)
            .flat_map(|p| {
                [1, 3, 4, 8].map(|m| (p, days_from_civil(2018, m, 1), days_from_civil(2018, m, 1) + of_person(p, 20)))
            })
            .collect();
        let gain = |scores: Vec<Score>| judge(LeakKind::MonthStart, &scores, 0.05);
        assert!(gain(attack::month_start(&piled)).low > 0.5, "a pile tells the shift");
        // Each comes around the birthday every year, undisguised or not.
        let births: Vec<Row> = (0..60).map(|p| (p, days_from_civil(1960, 1, 1) + p as i32 * 6, 0)).collect();
        let near = |hide: &dyn Fn(i64) -> i32| -> Vec<Row> {
            let days = births.iter().flat_map(|b| [50, 51, 52].map(|y| (b.0, b.1 + y * 365 + y / 4)));
            days.map(|(p, day)| (p, day, day + hide(p))).collect()
        };
        assert!(gain(attack::birthday(&near(&|_| 0), &births)).low > 0.9);
        assert!(gain(attack::birthday(&near(&|p| of_person(p, 180)), &births)).high < 0.2);
        let boundary = days_from_civil(2019, 5, 1);
        let across = [(1, boundary, boundary - 1), (2, boundary, boundary + 9), (3, boundary - 1, boundary - 9)];
        assert_eq!(attack::era(&across), [(1.0, 0.0), (0.0, 0.0), (0.0, 0.0)]);
    }

    #[test]
    fn a_verdict_follows_from_the_whole_interval() {
        let check = |scores: &[Score], expect| assert_eq!(judge(LeakKind::Era, scores, 0.05).verdict, expect);
        check(&[(1.0, 0.0); 29], LeakVerdict::TooFew);
        check(&[(1.0, 0.0); 90], LeakVerdict::Leaks);
        check(&[(0.0, 0.0); 90], LeakVerdict::Holds);
        check(&[(0.0, 0.0); 31], LeakVerdict::Unclear);
        check(&[], LeakVerdict::TooFew);
        let one = Int64Array::from(vec![1]);
        let day = Date32Array::from(vec![1]);
        assert!(date_leaks(Dated { persons: &one, original: &day, released: &day }, None, None, 1.5).is_err());
    }
}
