//! The desk at which the papers of one case are written.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, time},
};
use kiban_core::{Capacity, Channel, NoticeMethod, Recipient, Requester, Track};

use super::{Case, Given, LegalFile, LegalSubject, NoticeRow, RequestRow, clockwork::Clockwork};
use crate::{
    calendar::{birthday, days_between, plus},
    config::{in_japan, japan},
    dice::Dice,
};

/// Writes the papers of one case.
pub(super) struct Desk<'a, 'b> {
    pub(super) dice: &'a mut Dice,
    pub(super) clock: Clockwork,
    pub(super) subject: &'a LegalSubject<'b>,
    pub(super) file: LegalFile,
}

impl Desk<'_, '_> {
    /// Writes everything the case needs.
    pub(super) fn write(&mut self, case: Case) {
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
