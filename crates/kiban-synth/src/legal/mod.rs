//! The legal side of one patient at one facility: notices, objections, withdrawals, and what follows from them.
//!
//! The verdict is known from how the case was made, never computed by the house's own rules, so it can judge them.

mod case;
mod clockwork;
mod desk;

use jiff::{Timestamp, civil::Date};
use kiban_core::{Capacity, Channel, NoticeMethod, Recipient, Requester, Track};

pub(crate) use case::Case;

use crate::{config::FacilityPlan, dice::Dice};
use clockwork::Clockwork;
use desk::Desk;

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
