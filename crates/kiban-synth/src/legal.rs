//! The legal side of one patient at one facility: notices, objections, withdrawals, and what follows from them.
//!
//! The verdict is known from how the case was made, never computed by the house's own rules, so it can judge them.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, time},
};
use kiban_core::{Capacity, Channel, NoticeMethod, Recipient, Requester, Track};

use crate::{
    calendar::{age_on, birthday, days_between, plus},
    config::{FacilityPlan, in_japan, japan},
    dice::Dice,
};

/// Declares the cases with their words and verdicts.
macro_rules! cases {
    ($($(#[$doc:meta])* $case:ident = $word:literal $verdict:ident,)+) => {
        /// How a patient stands in law at the cut-off.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Case { $($(#[$doc])* $case,)+ }

        impl Case {
            /// Every case.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$case),+];

            /// Returns the word that stands in the truth file.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$case => $word),+ }
            }

            /// Returns `eligible` or `denied`.
            pub(crate) const fn verdict(self) -> &'static str {
                match self { $(Self::$case => stringify!($verdict)),+ }
            }
        }
    };
}

cases! {
    /// Told in writing, and the wait is over (SEED-43).
    Notified = "notified" eligible,
    /// Nobody told the person (SEED-39).
    NeverNotified = "never-notified" denied,
    /// Only a poster hung there (SEED-40).
    PosterOnly = "poster-only" denied,
    /// Only a web page said it (SEED-40).
    WebsiteOnly = "website-only" denied,
    /// Only spoken words (SEED-41).
    OralOnly = "oral-only" denied,
    /// Only the other track's notice was given.
    OtherTrackOnly = "other-track-only" denied,
    /// The wait is running (SEED-43).
    InWait = "in-wait" denied,
    /// The law's wait is over, the facility's own longer one is not.
    InFacilityWait = "in-facility-wait" denied,
    /// Thirty days and a calendar month were over just before the cut-off.
    BoundaryOver = "boundary-over" eligible,
    /// Thirty days or more are over but the calendar month ends after the cut-off, or the other way round.
    BoundaryRunning = "boundary-running" denied,
    /// Told on 31 January, so that the month ends on a day that February does not have.
    BoundaryShortMonth = "boundary-short-month" eligible,
    /// The person objected (SEED-44, SEED-51).
    ObjectedPerson = "objected-person" denied,
    /// The guardian objected (SEED-47).
    ObjectedGuardian = "objected-guardian" denied,
    /// The family of the dead objected (SEED-46).
    ObjectedBereaved = "objected-bereaved" denied,
    /// The person objected on the other track only.
    ObjectedOtherTrack = "objected-other-track" eligible,
    /// Objected on paper before the cut-off, typed afterwards: eligible as known at the cut-off.
    LateObjection = "late-objection" eligible,
    /// Withdrew the objection; nobody gave a new notice.
    WithdrawnOnly = "withdrawn-without-notice" denied,
    /// Withdrew, was told anew, and waited.
    WithdrawnRenotified = "withdrawn-renotified" eligible,
    /// Withdrew and was told anew, but the new wait is running.
    WithdrawnInWait = "withdrawn-in-wait" denied,
    /// Under 16; person and guardian were told (SEED-47).
    MinorNotified = "minor-guardian-notified" eligible,
    /// Under 16; the guardian was not told.
    MinorAlone = "minor-guardian-missing" denied,
    /// Under 16; the guardian was told too late for the wait to be over.
    MinorGuardianInWait = "minor-guardian-in-wait" denied,
    /// Was under 16 when told together with the guardian, is 16 now (SEED-48).
    TurnedSixteenNotified = "turned-16-guardian-notified" eligible,
    /// Was under 16 when told without the guardian, is 16 now: nothing changes by itself.
    TurnedSixteenAlone = "turned-16-guardian-missing" denied,
    /// Cannot decide; the guardian was told as well (SEED-47).
    IncapableNotified = "incapable-guardian-notified" eligible,
    /// Cannot decide; the guardian was not told.
    IncapableAlone = "incapable-guardian-missing" denied,
    /// Died before a notice came, or without one.
    DiedBeforeNotice = "died-before-notice" denied,
    /// Was told alive and died later; the dead stay protected but not excluded (SEED-09).
    DiedAfterNotice = "died-after-notice" eligible,
}

/// Whose case it is.
pub(crate) struct LegalSubject<'a> {
    pub(crate) birth: Date,
    pub(crate) death: Option<Date>,
    /// Whether the facility's own records of the first delivery tell the death by its day.
    pub(crate) death_in_records: bool,
    pub(crate) incapable: bool,
    pub(crate) canary: bool,
    /// Days on which the person was at the facility, in order.
    pub(crate) visits: &'a [Date],
}

/// A row of `notices.csv` but for the local patient id.
#[derive(Debug, Clone, Default)]
pub(crate) struct NoticeRow {
    pub(crate) birth: Option<Date>,
    pub(crate) given: Option<Given>,
    pub(crate) track: Option<Track>,
    pub(crate) capacity: Option<Capacity>,
    pub(crate) died_on: Option<Date>,
}

/// The notice itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given {
    pub(crate) at: Timestamp,
    pub(crate) method: NoticeMethod,
    pub(crate) recipient: Recipient,
    pub(crate) staff: u16,
}

/// A row of `objections.csv`, or of `withdrawals.csv`, which has no channel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestRow {
    pub(crate) requester: Requester,
    pub(crate) channel: Channel,
    pub(crate) at: Timestamp,
    pub(crate) track: Option<Track>,
    pub(crate) staff: u16,
}

/// One patient's papers and the truth about them.
#[derive(Debug)]
pub(crate) struct LegalFile {
    pub(crate) case: Case,
    pub(crate) notices: Vec<NoticeRow>,
    pub(crate) objections: Vec<RequestRow>,
    pub(crate) withdrawals: Vec<RequestRow>,
    pub(crate) late_objections: Vec<RequestRow>,
}

/// Makes one patient's papers at one facility.
pub(crate) fn legal(dice: &mut Dice, plan: &FacilityPlan, cut_off: Timestamp, subject: &LegalSubject<'_>) -> LegalFile {
    let clock = Clockwork::new(plan, cut_off, subject);
    let case = clock.choose(dice, subject);
    let mut desk = Desk { dice, clock, subject, file: LegalFile::new(case) };
    desk.write(case);
    let mut file = desk.file;
    file.notices.sort_by_key(|row| row.given.map(|given| given.at));
    file
}

impl LegalFile {
    fn new(case: Case) -> Self {
        let (notices, objections, withdrawals, late_objections) = Default::default();
        Self { case, notices, objections, withdrawals, late_objections }
    }
}

/// The days that decide.
#[derive(Clone, Copy)]
struct Clockwork {
    cut_off: Timestamp,
    /// The cut-off's day in Japan.
    today: Date,
    /// First day on which this person can be told.
    start: Date,
    /// Last day on which a notice leaves the wait over at the cut-off, however it is counted.
    last: Date,
    own_wait: Option<i64>,
}

impl Clockwork {
    fn new(plan: &FacilityPlan, cut_off: Timestamp, subject: &LegalSubject<'_>) -> Self {
        let today = cut_off.to_zoned(japan()).date();
        let own_wait = plan.waiting_days.map(i64::from).filter(|days| *days > 33);
        let last = law_last(today);
        let last = own_wait.map_or(last, |days| last.min(plus(today, -days - 1)));
        Self { cut_off, today, start: plan.supply_from.max(plus(subject.birth, 14)), last, own_wait }
    }

    fn choose(&self, dice: &mut Dice, subject: &LegalSubject<'_>) -> Case {
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
    fn short_month(&self) -> Option<Date> {
        let january = Date::new(self.today.year(), 1, 31).ok()?;
        (january <= self.last && january >= self.start).then_some(january)
    }

    /// Returns the first day whose wait is not over at the cut-off.
    fn first_running(&self) -> Date {
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

/// Writes the papers of one case.
struct Desk<'a, 'b> {
    dice: &'a mut Dice,
    clock: Clockwork,
    subject: &'a LegalSubject<'b>,
    file: LegalFile,
}

impl Desk<'_, '_> {
    fn write(&mut self, case: Case) {
        use Case::{
            BoundaryOver, BoundaryRunning, BoundaryShortMonth, DiedAfterNotice, DiedBeforeNotice, InFacilityWait,
            InWait, IncapableAlone, IncapableNotified, LateObjection, MinorAlone, MinorGuardianInWait, MinorNotified,
            NeverNotified, Notified, ObjectedBereaved, ObjectedGuardian, ObjectedOtherTrack, ObjectedPerson, OralOnly,
            OtherTrackOnly, PosterOnly, TurnedSixteenAlone, TurnedSixteenNotified, WebsiteOnly, WithdrawnInWait,
            WithdrawnOnly, WithdrawnRenotified,
        };
        let (today, last) = (self.clock.today, self.clock.last);
        match case {
            Notified => self.told(),
            NeverNotified => self.only_facts(),
            PosterOnly => self.weakly(NoticeMethod::Poster),
            WebsiteOnly => self.weakly(NoticeMethod::Website),
            OralOnly => self.weakly(NoticeMethod::Oral),
            OtherTrackOnly => self.told_on(Track::Pseudonymised),
            InWait => self.told_between(plus(today, -25).max(self.clock.start), plus(today, -1)),
            InFacilityWait => self.told_between(plus(today, -55), plus(today, -34)),
            BoundaryOver => self.told_between(last, last),
            BoundaryShortMonth => {
                let day = self.clock.short_month().unwrap_or(last);
                self.told_between(day, day);
            }
            BoundaryRunning => self.boundary_running(),
            ObjectedPerson => self.objected(Requester::Person),
            ObjectedOtherTrack => self.objected_other_track(),
            LateObjection => self.late_objection(),
            WithdrawnOnly | WithdrawnRenotified | WithdrawnInWait => self.withdrawn(case),
            MinorNotified | MinorAlone | MinorGuardianInWait => self.minor(case),
            TurnedSixteenNotified | TurnedSixteenAlone => self.turned_sixteen(case),
            IncapableNotified | IncapableAlone => self.incapable(case),
            ObjectedGuardian => self.objected_guardian(),
            DiedBeforeNotice => self.died_before(),
            DiedAfterNotice => self.died_after(),
            ObjectedBereaved => self.objected_bereaved(),
        }
    }

    fn staff(&mut self) -> u16 {
        u16::try_from(self.dice.between(1, 40)).unwrap_or(1)
    }

    /// An hour of the working day.
    fn at(&mut self, day: Date) -> Timestamp {
        let hour = i8::try_from(self.dice.between(9, 16)).unwrap_or(9);
        let minute = i8::try_from(self.dice.between(0, 59)).unwrap_or(0);
        in_japan(day.at(hour, minute, 0, 0))
    }

    fn between(&mut self, from: Date, to: Date) -> Date {
        plus(from, self.dice.between(0, days_between(from, to).max(0)))
    }

    /// Hands a notice over on a visit within the days, or else sends it by mail.
    fn notice_within(&mut self, from: Date, to: Date) -> (Timestamp, NoticeMethod) {
        let visit = self.subject.visits.iter().copied().find(|day| (from..=to).contains(day));
        let method = match visit {
            Some(_) if self.dice.chance(0.06) => NoticeMethod::Electronic,
            Some(_) => NoticeMethod::Written,
            None => NoticeMethod::Mail,
        };
        let day = visit.unwrap_or_else(|| self.between(from, to));
        (self.at(day), method)
    }

    fn push_notice(&mut self, (at, method): (Timestamp, NoticeMethod), recipient: Recipient, track: Option<Track>) {
        let staff = self.staff();
        let given = Some(Given { at, method, recipient, staff });
        let birth = Some(self.subject.birth);
        self.file.notices.push(NoticeRow { birth, given, track, ..NoticeRow::default() });
    }

    fn told_between(&mut self, from: Date, to: Date) {
        let notice = self.notice_within(from, to);
        self.push_notice(notice, Recipient::Person, None);
    }

    fn told(&mut self) {
        self.told_between(self.clock.start.min(plus(self.clock.last, -3)), plus(self.clock.last, -3));
        let (capacity, track) = (self.dice.chance(0.3), self.dice.chance(0.3));
        if let Some(row) = self.file.notices.last_mut() {
            row.capacity = capacity.then_some(Capacity::Able);
            row.track = track.then_some(Track::Anonymised);
        }
    }

    fn told_on(&mut self, track: Track) {
        let notice = self.notice_within(self.clock.start, plus(self.clock.last, -3));
        self.push_notice(notice, Recipient::Person, Some(track));
    }

    /// Some of those nobody told are in the list with their birth date alone, the others are not in it.
    fn only_facts(&mut self) {
        if self.dice.chance(0.5) {
            let (birth, died_on) = (Some(self.subject.birth), self.subject.death);
            self.file.notices.push(NoticeRow { birth, died_on, ..NoticeRow::default() });
        }
    }

    fn weakly(&mut self, method: NoticeMethod) {
        let day = self.between(self.clock.start, plus(self.clock.last, -3));
        let at = self.at(day);
        self.push_notice((at, method), Recipient::Person, None);
    }

    /// On the last day before the wait is over, later in the day than the cut-off.
    fn boundary_running(&mut self) {
        let end_of_day = in_japan(self.clock.first_running().to_datetime(time(23, 59, 0, 0)));
        let same_clock = self.clock.cut_off.to_zoned(japan()).time();
        let from = in_japan(self.clock.first_running().to_datetime(same_clock));
        let minutes = (end_of_day.as_second() - from.as_second()) / 60;
        let later = self.dice.between(30, minutes.clamp(30, 420)).minutes();
        let at = from.saturating_add(later).unwrap_or(from).min(end_of_day);
        self.push_notice((at, NoticeMethod::Written), Recipient::Person, None);
    }

    fn request(&mut self, requester: Requester, day: Date, track: Option<Track>) -> RequestRow {
        let channel = self.dice.share(&[
            (40, Channel::CounterOral),
            (30, Channel::Paper),
            (20, Channel::Web),
            (10, Channel::Phone),
        ]);
        RequestRow { requester, channel, at: self.at(day), track, staff: self.staff() }
    }

    fn objected(&mut self, requester: Requester) {
        self.told();
        let day = self.between(plus(self.clock.start, 20), plus(self.clock.today, -1));
        let row = self.request(requester, day, None);
        self.file.objections.push(row);
    }

    fn objected_other_track(&mut self) {
        self.told();
        let day = self.between(plus(self.clock.start, 20), plus(self.clock.today, -1));
        let row = self.request(Requester::Person, day, Some(Track::Pseudonymised));
        self.file.objections.push(row);
    }

    fn late_objection(&mut self) {
        self.told();
        let day = self.between(plus(self.clock.today, -12), plus(self.clock.today, -1));
        let row = RequestRow { channel: Channel::Paper, ..self.request(Requester::Person, day, None) };
        self.file.late_objections.push(row);
    }

    /// Told, objected, withdrew; then perhaps told anew, in time or not.
    fn withdrawn(&mut self, case: Case) {
        let (start, last, today) = (self.clock.start, self.clock.last, self.clock.today);
        let third = days_between(start, last) / 4;
        self.told_between(start, plus(start, third));
        let day = plus(start, third + 3);
        let objection = self.request(Requester::Person, day, None);
        self.file.objections.push(objection);
        let day = self.between(plus(start, third + 10), plus(start, 2 * third));
        let withdrawal = self.request(Requester::Person, day, None);
        self.file.withdrawals.push(withdrawal);
        match case {
            Case::WithdrawnRenotified => self.told_between(plus(day, 4), plus(last, -3)),
            Case::WithdrawnInWait => self.told_between(plus(today, -20), plus(today, -2)),
            _ => {}
        }
    }

    fn minor(&mut self, case: Case) {
        let notice = self.notice_within(self.clock.start, plus(self.clock.last, -3));
        self.push_notice(notice, Recipient::Person, None);
        match case {
            Case::MinorNotified => self.push_notice(notice, Recipient::Guardian, None),
            Case::MinorGuardianInWait => {
                let day = self.between(plus(self.clock.today, -20), plus(self.clock.today, -2));
                let at = self.at(day);
                self.push_notice((at, NoticeMethod::Mail), Recipient::Guardian, None);
            }
            _ => {}
        }
    }

    fn turned_sixteen(&mut self, case: Case) {
        let before = plus(birthday(self.subject.birth, 16), -1).min(plus(self.clock.last, -3));
        let notice = self.notice_within(self.clock.start, before);
        self.push_notice(notice, Recipient::Person, None);
        if case == Case::TurnedSixteenNotified {
            self.push_notice(notice, Recipient::Guardian, None);
        }
    }

    fn incapable(&mut self, case: Case) {
        let notice = self.notice_within(self.clock.start, plus(self.clock.last, -3));
        self.push_notice(notice, Recipient::Person, None);
        if case == Case::IncapableNotified {
            self.push_notice(notice, Recipient::Guardian, None);
        }
        for row in &mut self.file.notices {
            row.capacity = Some(Capacity::Unable);
        }
    }

    fn objected_guardian(&mut self) {
        let notice = self.notice_within(self.clock.start, plus(self.clock.last, -3));
        self.push_notice(notice, Recipient::Person, None);
        self.push_notice(notice, Recipient::Guardian, None);
        if self.subject.incapable {
            for row in &mut self.file.notices {
                row.capacity = Some(Capacity::Unable);
            }
        }
        let day = self.between(self.clock.last, plus(self.clock.today, -1));
        let row = self.request(Requester::Guardian, day, None);
        self.file.objections.push(row);
    }

    /// The letter went to a house in mourning. Where the records tell the death, the list need not.
    fn died_before(&mut self) {
        let Some(death) = self.subject.death else { return };
        let from = plus(death, 5).max(self.clock.start);
        let day = self.between(from, plus(from, 60)).min(plus(self.clock.today, -1));
        let at = self.at(day);
        self.push_notice((at, NoticeMethod::Mail), Recipient::Person, None);
        self.tell_death(death);
    }

    fn died_after(&mut self) {
        let Some(death) = self.subject.death else { return };
        let to = plus(death, -75).min(plus(self.clock.last, -3));
        let notice = self.notice_within(self.clock.start, to);
        self.push_notice(notice, Recipient::Person, None);
        self.tell_death(death);
    }

    fn objected_bereaved(&mut self) {
        self.died_after();
        let Some(death) = self.subject.death else { return };
        let day = self.between(plus(death, 3), plus(self.clock.today, -1));
        let row = self.request(Requester::Bereaved, day, None);
        self.file.objections.push(row);
    }

    /// States the death on the notice's row or on a row of its own.
    fn tell_death(&mut self, death: Date) {
        if self.subject.death_in_records && self.dice.chance(0.5) {
            return;
        }
        let (birth, died_on) = (Some(self.subject.birth), Some(death));
        match self.file.notices.last_mut() {
            Some(row) if self.dice.chance(0.5) => row.died_on = died_on,
            _ => self.file.notices.push(NoticeRow { birth, died_on, ..NoticeRow::default() }),
        }
    }
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
