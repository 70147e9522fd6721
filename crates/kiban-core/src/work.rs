//! Work items: what the facility's counter may or has to do, so that a person's standing is settled.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    FacilityFacts, LegalRules, Moment, PatientFacts, Reason, Recipient, Track, calendar, decide,
    eligibility::{Case, seen},
};

/// Something for a person at the facility to do. Nothing happens by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "work")]
pub enum WorkItem {
    /// The person reached the age from which no guardian is needed, and was last notified as a child: the facility
    /// may notify again (SEED-48).
    TurnedSixteen {
        /// The birthday.
        on: Date,
    },
    /// Give a direct notice to the person: there is none that counts (SEED-40, SEED-41).
    NotifyPerson,
    /// Give a notice to the guardian as well (SEED-47).
    NotifyGuardian,
    /// Find out the birth date: without it nothing may go.
    FindBirthDate,
    /// Settle the open review.
    CloseReview,
}

impl WorkItem {
    /// Returns the word used in tables and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TurnedSixteen { .. } => "turned-sixteen",
            Self::NotifyPerson => "notify-person",
            Self::NotifyGuardian => "notify-guardian",
            Self::FindBirthDate => "find-birth-date",
            Self::CloseReview => "close-review",
        }
    }
}

/// Returns what is to be done about one patient, in a fixed order.
///
/// Of what the verdict denies, only the first is named; the next appears when that is settled. Nothing is asked of
/// those who objected or asked for deletion, nor a notice of the dead.
pub fn work_items(
    facts: (&FacilityFacts, &PatientFacts),
    rules: &LegalRules,
    track: Track,
    moment: Moment,
) -> Vec<WorkItem> {
    let verdict = decide(facts, rules, track, moment);
    let Some(set) = rules.at(calendar::day_in_japan(moment.valid_at)) else { return Vec::new() };
    let case = Case::new(facts, set, track, moment);
    if matches!(verdict.reason(), Some(Reason::Objected | Reason::DeletionRequested)) {
        return Vec::new();
    }
    let alive = case.died.is_none_or(|died| case.today < died);
    let birthday = if alive { turned_sixteen(&case) } else { None };
    let blocked = match verdict.reason() {
        Some(Reason::BirthUnknown) => Some(WorkItem::FindBirthDate),
        Some(Reason::UnderReview) => Some(WorkItem::CloseReview),
        Some(
            Reason::NotNotified
            | Reason::NoticeNotDirect
            | Reason::NoticeBeforeLaw
            | Reason::NotNotifiedAgain
            | Reason::NoticeForOtherItems,
        ) if alive => Some(WorkItem::NotifyPerson),
        Some(Reason::GuardianNotNotified) if alive => Some(WorkItem::NotifyGuardian),
        _ => None,
    };
    birthday.map(|on| WorkItem::TurnedSixteen { on }).into_iter().chain(blocked).collect()
}

/// Returns the birthday from which the person could be notified anew, if that has passed and was not done.
fn turned_sixteen(case: &Case<'_>) -> Option<Date> {
    let on = case.comes_of_age().filter(|birthday| *birthday <= case.today)?;
    let direct = &case.set.notice.direct_methods;
    let last = seen(&case.patient.notices, case.moment.known_at)
        .filter(|notice| notice.track == case.track && notice.recipient == Recipient::Person)
        .filter(|notice| direct.contains(&notice.method) && notice.given_at <= case.moment.valid_at)
        .map(|notice| notice.given_at)
        .max()?;
    (calendar::day_in_japan(last) < on).then_some(on)
}
