//! The days that decide which cases are possible, and the choice among them.

use jiff::{Timestamp, ToSpan, civil::Date};

use super::{Case, LegalSubject};
use crate::{
    calendar::{age_on, plus},
    config::{FacilityPlan, japan},
    dice::Dice,
};

/// The days that decide.
#[derive(Clone, Copy)]
pub(super) struct Clockwork {
    pub(super) cut_off: Timestamp,
    /// The cut-off's day in Japan.
    pub(super) today: Date,
    /// First day on which this person can be told.
    pub(super) start: Date,
    /// Last day on which a notice leaves the wait over at the cut-off, however it is counted.
    pub(super) last: Date,
    pub(super) own_wait: Option<i64>,
}

impl Clockwork {
    pub(super) fn new(plan: &FacilityPlan, cut_off: Timestamp, subject: &LegalSubject<'_>) -> Self {
        let today = cut_off.to_zoned(japan()).date();
        let own_wait = plan.waiting_days.map(i64::from).filter(|days| *days > 33);
        let last = law_last(today);
        let last = own_wait.map_or(last, |days| last.min(plus(today, -days - 1)));
        Self { cut_off, today, start: plan.supply_from.max(plus(subject.birth, 14)), last, own_wait }
    }

    pub(super) fn choose(&self, dice: &mut Dice, subject: &LegalSubject<'_>) -> Case {
        if subject.canary {
            return Case::Notified;
        }
        if let Some(death) = subject.death {
            return self.choose_dead(dice, subject, death);
        }
        if self.start > plus(self.last, -10) {
            return dice.share(&[(1, Case::NeverNotified), (1, Case::InWait)]);
        }
        if age_on(subject.birth, self.today) < 16 {
            return choose_minor(dice);
        }
        if age_on(subject.birth, self.start) < 16 {
            return dice.share(&[(70, Case::TurnedSixteenNotified), (30, Case::TurnedSixteenAlone)]);
        }
        if subject.incapable {
            return dice.share(&[
                (65, Case::IncapableNotified),
                (28, Case::IncapableAlone),
                (7, Case::ObjectedGuardian),
            ]);
        }
        self.choose_able(dice)
    }

    fn choose_dead(&self, dice: &mut Dice, subject: &LegalSubject<'_>, death: Date) -> Case {
        if age_on(subject.birth, self.start) < 16 || death < plus(self.start, 90) {
            return dice.share(&[(1, Case::NeverNotified), (2, Case::DiedBeforeNotice)]);
        }
        dice.share(&[(50, Case::DiedAfterNotice), (25, Case::ObjectedBereaved), (25, Case::DiedBeforeNotice)])
    }

    fn choose_able(&self, dice: &mut Dice) -> Case {
        let case = dice.share(&[
            (760, Case::Notified),
            (60, Case::NeverNotified),
            (20, Case::PosterOnly),
            (6, Case::WebsiteOnly),
            (10, Case::OralOnly),
            (7, Case::OtherTrackOnly),
            (35, Case::InWait),
            (25, Case::InFacilityWait),
            (9, Case::BoundaryOver),
            (9, Case::BoundaryRunning),
            (5, Case::BoundaryShortMonth),
            (30, Case::ObjectedPerson),
            (6, Case::ObjectedOtherTrack),
            (7, Case::LateObjection),
            (8, Case::WithdrawnOnly),
            (9, Case::WithdrawnRenotified),
            (6, Case::WithdrawnInWait),
        ]);
        let boundary = matches!(case, Case::BoundaryOver | Case::BoundaryRunning | Case::BoundaryShortMonth);
        match (case, self.own_wait) {
            (Case::InFacilityWait, None) => Case::Notified,
            (_, Some(_)) if boundary => Case::InFacilityWait,
            (Case::BoundaryShortMonth, None) if self.short_month().is_none() => Case::Notified,
            _ => case,
        }
    }

    /// Returns the last 31 January that the wait has left behind.
    pub(super) fn short_month(&self) -> Option<Date> {
        let january = Date::new(self.today.year(), 1, 31).ok()?;
        (january <= self.last && january >= self.start).then_some(january)
    }

    /// Returns the first day whose wait is not over at the cut-off.
    pub(super) fn first_running(&self) -> Date {
        let mut day = plus(self.today, -31);
        while plus(day, 30).max(day.saturating_add(1.month())) < self.today {
            day = plus(day, 1);
        }
        day
    }
}

/// Returns the last day of notice whose thirty days and whose calendar month end before today.
fn law_last(today: Date) -> Date {
    plus(today, -31).min(plus(today, -1).saturating_sub(1.month()))
}

fn choose_minor(dice: &mut Dice) -> Case {
    dice.share(&[
        (76, Case::MinorNotified),
        (8, Case::MinorAlone),
        (4, Case::MinorGuardianInWait),
        (5, Case::ObjectedGuardian),
        (7, Case::NeverNotified),
    ])
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_wait_is_the_later_of_thirty_days_and_a_month() {
        // Told on 28 February: thirty days end on 30 March, the month on 28 March; on 1 April both are behind.
        assert_eq!(law_last(date(2026, 4, 1)), date(2026, 2, 28));
        // On 31 March a notice of 28 February is the last one, because 1 March plus thirty days is that very day.
        assert_eq!(law_last(date(2026, 3, 31)), date(2026, 2, 28));
        assert_eq!(law_last(date(2025, 8, 1)), date(2025, 6, 30));
    }
}
