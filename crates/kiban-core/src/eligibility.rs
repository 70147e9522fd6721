//! Eligibility: may this patient's data leave this facility on this track, at this instant, as far as was known then?
//!
//! One pure function asked at every exit (design invariant 1; Act Art. 52, 56, 57; SEED-39). Everything denies unless
//! each rule is met, and a fact that is not known is not met. [`decide`] gives the bare verdict for many subjects,
//! [`eligibility`] the same verdict with the steps that led to it; both walk the same rules in the same order.
//!
//! How it reads the facts:
//!
//! - **Time.** Facts recorded after `known_at` are not seen; of those seen, what is true at `valid_at` counts, by the
//!   rule set of that day. Days are days in Japan.
//! - **Wait** (SEED-43). The day of receipt is not counted. The person's data may go from the beginning of the day after
//!   the later of 30 days and one calendar month, or after the facility's own longer wait ([`crate::Wait`]).
//! - **Children and persons without capacity** (SEED-47). The guardian is notified *as well*, with a wait of its own, if
//!   the person is under 16 or unable now, or was when notified. So turning 16 changes nothing by itself, either way
//!   (SEED-48): who was notified with the guardian stays eligible, who was notified without stays denied until notified
//!   again. Capacity is presumed until the contrary is stated; age is not: without a birth date nobody is eligible.
//! - **Objection** (SEED-44 to SEED-46, SEED-51). Stops from the instant it was received, whoever of the entitled asked
//!   and however late it was typed. A withdrawal received later lifts it, but everything before the withdrawal is
//!   void: a new notice and a new wait are needed. A deletion request (SEED-52) stops for good.
//! - **The dead** (SEED-09) stay protected and the family may stop. A notice counts only if it was given before the day
//!   of death, so who was never notified alive does not enter, and an objection cannot be undone after death.
//! - **Items** (SEED-39). The verdict names the items that may go: those of every effective filing whose notice the
//!   person had (Act Art. 52(2): a new item needs a new notice).
//! - **Conflicting statements.** Of births and deaths the one recorded last counts. Recorded at the same instant, the
//!   stricter one does: the later birth, the earlier death. So the order in which facts are listed never matters.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use self::case::STANDING;
pub(crate) use self::case::{Case, seen};
use self::chain::CHAIN;
use crate::{
    DataItem, DataItems, FacilityFacts, LegalRuleSet, LegalRules, PatientFacts, Rule, Track, calendar, facts::words,
};

mod case;
mod chain;
#[cfg(test)]
mod mutation;

words!(
    /// Why a verdict denies: the first rule that was not met, and how.
    Reason {
        /// No rule set covers the day.
        NoRules = "no-rules",
        /// The law of the day does not know the track.
        TrackNotInForce = "track-not-in-force",
        /// The facility is not known.
        FacilityUnknown = "facility-unknown",
        /// The facility does not supply on that day.
        FacilityNotSupplying = "facility-not-supplying",
        /// There is no filing for the track.
        NotFiled = "not-filed",
        /// There are filings for the track, but none is effective on that day.
        FilingNotEffective = "filing-not-effective",
        /// The effective filings name no item.
        NoItemFiled = "no-item-filed",
        /// A deletion was asked for.
        DeletionRequested = "deletion-requested",
        /// An objection stands.
        Objected = "objected",
        /// A review is open.
        UnderReview = "under-review",
        /// The birth date is not known, or lies ahead.
        BirthUnknown = "birth-unknown",
        /// The person received no notice in the name of the track.
        NotNotified = "not-notified",
        /// There was a notice, but none that makes the person know directly.
        NoticeNotDirect = "notice-not-direct",
        /// The notice is older than the track.
        NoticeBeforeLaw = "notice-before-law",
        /// An objection was withdrawn, and no new notice was given since.
        NotNotifiedAgain = "not-notified-again",
        /// No notice was given before the day of death.
        NotNotifiedAlive = "not-notified-alive",
        /// The notice does not state the items of an effective filing.
        NoticeForOtherItems = "notice-for-other-items",
        /// The wait after the notice is not over.
        Waiting = "waiting",
        /// The guardian has to be notified as well, and was not.
        GuardianNotNotified = "guardian-not-notified",
        /// The wait after the guardian's notice is not over.
        GuardianWaiting = "guardian-waiting",
    }
);

impl Reason {
    /// Returns the rule that was not met.
    pub const fn rule(self) -> Rule {
        match self {
            Self::NoRules => Rule::RulesInForce,
            Self::TrackNotInForce => Rule::TrackInForce,
            Self::FacilityUnknown => Rule::FacilityKnown,
            Self::FacilityNotSupplying => Rule::FacilitySupplying,
            Self::NotFiled | Self::FilingNotEffective => Rule::FilingEffective,
            Self::NoItemFiled => Rule::FilingItems,
            Self::DeletionRequested => Rule::Deletion,
            Self::Objected => Rule::Objection,
            Self::UnderReview => Rule::Review,
            Self::BirthUnknown => Rule::Birth,
            Self::NotNotified => Rule::NoticeGiven,
            Self::NoticeNotDirect => Rule::NoticeDirect,
            Self::NoticeBeforeLaw => Rule::NoticeInForce,
            Self::NotNotifiedAgain => Rule::NoticeRenewed,
            Self::NotNotifiedAlive => Rule::NoticeAlive,
            Self::NoticeForOtherItems => Rule::NoticeFiling,
            Self::Waiting => Rule::NoticeWait,
            Self::GuardianNotNotified => Rule::GuardianNotice,
            Self::GuardianWaiting => Rule::GuardianWait,
        }
    }
}

words!(
    /// What a date in a [`Step`] stands for.
    Mark {
        /// First day of what is spoken of.
        From = "from",
        /// Last day of what is spoken of.
        To = "to",
        /// When a notice or a request was received.
        Received = "received",
        /// When the review was opened.
        Opened = "opened",
        /// When the last objection was withdrawn.
        Withdrawn = "withdrawn",
        /// The day of birth.
        Born = "born",
        /// The day of death.
        Died = "died",
        /// The day from which no guardian has to be notified by reason of age.
        ComesOfAge = "comes-of-age",
        /// The first day after the wait.
        WaitOver = "wait-over",
    }
);

/// The two times of a question: when it is to be true, and what was known by then (design invariant 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// The instant asked about.
    pub valid_at: Timestamp,
    /// Facts recorded later are not seen.
    pub known_at: Timestamp,
}

impl Moment {
    /// Asks about an instant with what was known at that instant.
    pub const fn at(instant: Timestamp) -> Self {
        Self { valid_at: instant, known_at: instant }
    }
}

/// Whether data may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// Data of these items may go.
    Eligible {
        /// The instant at which notice, wait, filing and supply first all stood.
        since: Timestamp,
        /// The items that may go; never empty.
        items: DataItems,
    },
    /// Nothing may go.
    Denied {
        /// The first rule that was not met.
        reason: Reason,
    },
}

impl Verdict {
    /// Tells whether anything may go.
    pub const fn is_eligible(self) -> bool {
        matches!(self, Self::Eligible { .. })
    }

    /// Tells whether data of an item may go.
    pub const fn allows(self, item: DataItem) -> bool {
        match self {
            Self::Eligible { items, .. } => items.contains(item),
            Self::Denied { .. } => false,
        }
    }

    /// Returns the reason of a denial.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Eligible { .. } => None,
            Self::Denied { reason } => Some(reason),
        }
    }
}

/// A verdict with the steps that led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// The verdict.
    pub verdict: Verdict,
    /// The rule set it was judged by, if one covers the day.
    pub rule_set: Option<String>,
    /// Every rule in the order asked.
    pub steps: Vec<Step>,
}

/// One rule, asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The rule.
    pub rule: Rule,
    /// The articles and SEED rows it comes from.
    pub basis: Vec<String>,
    /// How it came out.
    pub outcome: Outcome,
    /// The dates it rests on.
    pub dates: Vec<(Mark, When)>,
}

/// How one rule came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is met.
    Pass,
    /// It is not met.
    Deny(Reason),
    /// It does not concern this subject, or an earlier denial leaves nothing to ask it of.
    NotApplicable,
}

/// A day in Japan or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// A day.
    Day(Date),
    /// An instant.
    Instant(Timestamp),
}

/// Judges one subject and says, step by step, why.
///
/// ```
/// use jiff::{Timestamp, civil::date};
/// use kiban_core::*;
///
/// let (set_up, visit): (Timestamp, Timestamp) = ("2024-04-01T00:00:00Z".parse()?, "2024-05-10T01:00:00Z".parse()?);
/// let code: FacilityCode = "1310000017".parse()?;
/// let facility = FacilityFacts {
///     facility: vec![Facility {
///         code, name: "中央病院".into(), kind: FacilityKind::Hospital, supply_from: date(2024, 4, 1), supply_to: None,
///         waiting_days: None, recorded_at: set_up,
///     }],
///     filings: vec![Filing {
///         facility: code, track: Track::Anonymised, number: "F-1".into(), effective_from: date(2024, 4, 1),
///         effective_to: None, items: vec![DataItem::Conditions], notice_versions: vec![], recorded_at: set_up,
///     }],
/// };
/// let patient = PatientFacts {
///     births: vec![Birth { on: date(1961, 2, 3), recorded_at: visit }],
///     notices: vec![Notice {
///         track: Track::Anonymised, given_at: visit, method: NoticeMethod::Written, template_version: "v1".into(),
///         recipient: Recipient::Person, staff: "s-7".into(), recorded_at: visit,
///     }],
///     ..PatientFacts::default()
/// };
/// let rules = LegalRules::japan()?;
/// let judge = |at: &str| -> Result<Verdict, jiff::Error> {
///     Ok(eligibility((&facility, &patient), &rules, Track::Anonymised, Moment::at(at.parse()?)).verdict)
/// };
/// // Received on 10 May: the month ends with 10 June (the 30 days a day earlier), so data may go from 11 June.
/// assert_eq!(judge("2024-06-10T23:59:59+09:00")?, Verdict::Denied { reason: Reason::Waiting });
/// assert!(judge("2024-06-11T00:00:00+09:00")?.allows(DataItem::Conditions));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn eligibility(
    facts: (&FacilityFacts, &PatientFacts),
    rules: &LegalRules,
    track: Track,
    moment: Moment,
) -> Explained {
    let mut steps = Vec::with_capacity(Rule::ALL.len());
    let verdict = judge(facts, rules, track, moment, &mut steps);
    let set = rules.at(calendar::day_in_japan(moment.valid_at));
    Explained { verdict, rule_set: set.map(|set| set.id.clone()), steps }
}

/// Judges one subject without saying why: the way for many.
pub fn decide(facts: (&FacilityFacts, &PatientFacts), rules: &LegalRules, track: Track, moment: Moment) -> Verdict {
    judge(facts, rules, track, moment, &mut Bare)
}

/// How a rule came out, before it is written down.
#[derive(Debug, Clone, Copy)]
struct Check {
    outcome: Outcome,
    dates: [Option<(Mark, When)>; 2],
}

impl Check {
    const fn new(outcome: Outcome) -> Self {
        Self { outcome, dates: [None, None] }
    }

    /// Passes if `met`, else denies.
    const fn met(met: bool, reason: Reason) -> Self {
        Self::new(if met { Outcome::Pass } else { Outcome::Deny(reason) })
    }

    fn day(self, mark: Mark, day: Option<Date>) -> Self {
        self.dated(mark, day.map(When::Day))
    }

    fn instant(self, mark: Mark, instant: Option<Timestamp>) -> Self {
        self.dated(mark, instant.map(When::Instant))
    }

    fn dated(mut self, mark: Mark, when: Option<When>) -> Self {
        if let (Some(slot), Some(when)) = (self.dates.iter_mut().find(|slot| slot.is_none()), when) {
            *slot = Some((mark, when));
        }
        self
    }
}

/// What is done with the steps of a judgement.
trait Trail {
    /// Tells whether a rule is asked at all: the seam by which the mutation test turns one off.
    fn applies(&self, _rule: Rule) -> bool {
        true
    }

    /// Notes a step.
    fn note(&mut self, set: Option<&LegalRuleSet>, rule: Rule, check: &Check);

    /// Tells whether to go on after a denial.
    const TO_THE_END: bool;
}

/// Notes nothing and stops at the first denial.
struct Bare;

impl Trail for Bare {
    const TO_THE_END: bool = false;

    fn note(&mut self, _set: Option<&LegalRuleSet>, _rule: Rule, _check: &Check) {}
}

impl Trail for Vec<Step> {
    const TO_THE_END: bool = true;

    fn note(&mut self, set: Option<&LegalRuleSet>, rule: Rule, check: &Check) {
        let basis = set.map(|set| set.basis(rule).to_vec()).unwrap_or_default();
        let dates = check.dates.iter().flatten().copied().collect();
        self.push(Step { rule, basis, outcome: check.outcome, dates });
    }
}

fn judge<T: Trail>(
    facts: (&FacilityFacts, &PatientFacts),
    rules: &LegalRules,
    track: Track,
    moment: Moment,
    trail: &mut T,
) -> Verdict {
    let today = calendar::day_in_japan(moment.valid_at);
    let Some(set) = rules.at(today) else {
        trail.note(None, Rule::RulesInForce, &Check::new(Outcome::Deny(Reason::NoRules)));
        return Verdict::Denied { reason: Reason::NoRules };
    };
    let case = Case::new(facts, set, track, moment);
    let mut judgement = Judgement { set, trail, denied: None };
    for rule in STANDING {
        if let Some(verdict) = judgement.ask(*rule, case.standing_check(*rule)) {
            return verdict;
        }
    }
    let chain = case.chain(|rule| judgement.trail.applies(rule));
    for rule in CHAIN {
        if let Some(verdict) = judgement.ask(*rule, case.chain_check(&chain, *rule)) {
            return verdict;
        }
    }
    match judgement.denied {
        Some(reason) => Verdict::Denied { reason },
        None => Verdict::Eligible { since: case.since(&chain), items: chain.items },
    }
}

/// Keeps the first denial and hands every step to the trail.
struct Judgement<'a, T> {
    set: &'a LegalRuleSet,
    trail: &'a mut T,
    denied: Option<Reason>,
}

impl<T: Trail> Judgement<'_, T> {
    /// Takes in one rule's check; returns the verdict if there is no need to go on.
    fn ask(&mut self, rule: Rule, check: Check) -> Option<Verdict> {
        self.trail.note(Some(self.set), rule, &check);
        let Outcome::Deny(reason) = check.outcome else { return None };
        if !self.trail.applies(rule) {
            return None;
        }
        let reason = *self.denied.get_or_insert(reason);
        (!T::TO_THE_END).then_some(Verdict::Denied { reason })
    }
}
