//! The rules about notices, each asked of what the one before has left.

use std::cmp::Reverse;

use jiff::{Timestamp, civil::Date};

use super::case::{Case, seen};
use super::{Check, Mark, Outcome, Reason};
use crate::{DataItems, Filing, Notice, Recipient, Rule, calendar};

/// The rules about notices, in order.
pub(super) const CHAIN: &[Rule] = &[
    Rule::NoticeGiven,
    Rule::NoticeDirect,
    Rule::NoticeInForce,
    Rule::NoticeRenewed,
    Rule::NoticeAlive,
    Rule::NoticeFiling,
    Rule::NoticeWait,
    Rule::GuardianNotice,
    Rule::GuardianWait,
];

/// What the notices come to, over all effective filings.
pub(super) struct Chain {
    /// The items that may go.
    pub(super) items: DataItems,
    /// The first day on which any of them might.
    since: Option<Date>,
    /// The link that came furthest: what the steps speak of.
    best: Link,
}

/// One notice to the person, held against one filing.
#[derive(Clone, Copy)]
struct Link {
    /// The first rule it fails.
    failed: Option<Rule>,
    given_at: Option<Timestamp>,
    over: Option<Date>,
    guardian: Guardian,
}

/// What is asked of the guardian, and what was done.
#[derive(Clone, Copy)]
struct Guardian {
    needed: bool,
    given_at: Option<Timestamp>,
    over: Option<Date>,
}

impl Guardian {
    const NOT_NEEDED: Self = Self { needed: false, given_at: None, over: None };
}

impl Link {
    const NONE: Self =
        Self { failed: Some(Rule::NoticeGiven), given_at: None, over: None, guardian: Guardian::NOT_NEEDED };

    /// Tells whether a link came further than another; among equals the earlier notices win.
    fn is_further_than(&self, other: &Self) -> bool {
        let rank = |link: &Self| {
            let guardian = link.guardian.given_at;
            (link.failed.is_none(), link.failed, Reverse(link.given_at), guardian.is_some(), Reverse(guardian))
        };
        rank(self) > rank(other)
    }

    /// Returns the first day after every wait.
    fn over(&self) -> Option<Date> {
        if self.guardian.needed { self.over.max(self.guardian.over) } else { self.over }
    }
}

impl Case<'_> {
    /// Holds every notice against every effective filing.
    pub(super) fn chain(&self, applies: impl Fn(Rule) -> bool) -> Chain {
        let mut chain = Chain { items: DataItems::NONE, since: None, best: Link::NONE };
        let empty_too = !applies(Rule::FilingItems);
        let filings = self.effective(applies(Rule::FilingEffective));
        let mut filings = filings.filter(|filing| empty_too || !filing.items.is_empty()).peekable();
        if filings.peek().is_none() {
            self.links(None, &applies, &mut chain);
        }
        for filing in filings {
            self.links(Some(filing), &applies, &mut chain);
        }
        chain
    }

    /// Holds every notice against one filing, or against none where none is effective.
    fn links(&self, filing: Option<&Filing>, applies: &impl Fn(Rule) -> bool, chain: &mut Chain) {
        let known = self.moment.known_at;
        let guardian = seen(&self.patient.notices, known)
            .filter(|notice| self.fails(notice, Recipient::Guardian, filing, applies).is_none())
            .map(|notice| notice.given_at)
            .min();
        for notice in seen(&self.patient.notices, known) {
            let link = self.link(notice, guardian, filing, applies);
            if link.is_further_than(&chain.best) {
                chain.best = link;
            }
            if let (None, Some(filing)) = (link.failed, filing) {
                let since = link.over().max(Some(filing.effective_from));
                chain.since = [chain.since, since].into_iter().flatten().min();
                chain.items = chain.items.union(filing.items.iter().copied().collect());
            }
        }
    }

    fn link(
        &self,
        notice: &Notice,
        guardian: Option<Timestamp>,
        filing: Option<&Filing>,
        applies: &impl Fn(Rule) -> bool,
    ) -> Link {
        let given_at = Some(notice.given_at);
        if let Some(rule) = self.fails(notice, Recipient::Person, filing, applies) {
            return Link { failed: Some(rule), given_at, ..Link::NONE };
        }
        let over = self.wait_over(notice.given_at);
        let guardian = self.guardian(notice, guardian);
        let waits = |over: Option<Date>| over.is_none_or(|day| self.today < day);
        let unmet = [
            (Rule::NoticeWait, waits(over)),
            (Rule::GuardianNotice, guardian.needed && guardian.given_at.is_none()),
            (Rule::GuardianWait, guardian.given_at.is_some() && waits(guardian.over)),
        ];
        let failed = unmet.into_iter().find(|(rule, fails)| *fails && applies(*rule)).map(|(rule, _)| rule);
        Link { failed, given_at, over, guardian }
    }

    /// Tells what the guardian has to do with a notice to the person, seen from its day and from today (SEED-47).
    fn guardian(&self, notice: &Notice, given_at: Option<Timestamp>) -> Guardian {
        if !self.needs_guardian(self.today) && !self.needs_guardian(calendar::day_in_japan(notice.given_at)) {
            return Guardian::NOT_NEEDED;
        }
        Guardian { needed: true, given_at, over: given_at.and_then(|given_at| self.wait_over(given_at)) }
    }

    /// Returns the first rule by which a notice does not count at all.
    fn fails(
        &self,
        notice: &Notice,
        recipient: Recipient,
        filing: Option<&Filing>,
        applies: &impl Fn(Rule) -> bool,
    ) -> Option<Rule> {
        let ours = notice.track == self.track && notice.recipient == recipient;
        if applies(Rule::NoticeGiven) && (!ours || self.moment.valid_at < notice.given_at) {
            return Some(Rule::NoticeGiven);
        }
        let day = calendar::day_in_japan(notice.given_at);
        let in_force = self.set.tracks.get(&self.track).is_none_or(|track| track.in_force_from <= day);
        let unmet = [
            (Rule::NoticeDirect, !self.set.notice.direct_methods.contains(&notice.method)),
            (Rule::NoticeInForce, !in_force),
            (Rule::NoticeRenewed, self.withdrawn_at.is_some_and(|void| notice.given_at <= void)),
            (Rule::NoticeAlive, !self.alive(day)),
            (Rule::NoticeFiling, filing.is_some_and(|filing| !self.states(notice, day, filing))),
        ];
        unmet.into_iter().find(|(rule, fails)| *fails && applies(*rule)).map(|(rule, _)| rule)
    }

    /// Tells whether a notice of a day was given in the person's lifetime.
    fn alive(&self, day: Date) -> bool {
        let last_day = self.set.death.notice_on_day_of_death;
        self.died.is_none_or(|died| day < died || (last_day && day == died))
    }

    /// Tells whether a notice states the items of a filing (Act Art. 52(2)).
    fn states(&self, notice: &Notice, day: Date, filing: &Filing) -> bool {
        if filing.notice_versions.is_empty() {
            filing.effective_from <= day || self.is_first_filing(filing)
        } else {
            filing.notice_versions.contains(&notice.template_version)
        }
    }

    /// Returns the first day after the law's wait or the facility's own, whichever is longer (SEED-43).
    fn wait_over(&self, given_at: Timestamp) -> Option<Date> {
        let day = calendar::day_in_japan(given_at);
        let by_law = self.set.notice.wait.first_day_after(day)?;
        match self.facility.and_then(|facility| facility.waiting_days) {
            Some(days) => calendar::after_days(day, days).map(|own| own.max(by_law)),
            None => Some(by_law),
        }
    }

    /// Returns the instant at which notice, wait, filing and supply first all stood.
    pub(super) fn since(&self, chain: &Chain) -> Timestamp {
        let supply_from = self.facility.map(|facility| facility.supply_from);
        chain.since.max(supply_from).map_or(self.moment.valid_at, calendar::start_of_day)
    }

    /// Tells how a rule about notices came out.
    pub(super) fn chain_check(&self, chain: &Chain, rule: Rule) -> Check {
        let best = &chain.best;
        let concerned = match rule {
            Rule::NoticeRenewed => self.withdrawn_at.is_some(),
            Rule::NoticeAlive => self.died.is_some(),
            Rule::GuardianNotice | Rule::GuardianWait => best.guardian.needed,
            _ => true,
        };
        let outcome = match best.failed {
            Some(failed) if failed == rule => Outcome::Deny(denial(rule)),
            Some(failed) if failed < rule => Outcome::NotApplicable,
            _ if concerned => Outcome::Pass,
            _ => Outcome::NotApplicable,
        };
        self.dates(best, rule, Check::new(outcome))
    }

    /// Adds the dates that a rule about notices rests on.
    fn dates(&self, best: &Link, rule: Rule, check: Check) -> Check {
        match rule {
            Rule::NoticeGiven | Rule::NoticeDirect => check.instant(Mark::Received, best.given_at),
            Rule::NoticeInForce => {
                check.day(Mark::From, self.set.tracks.get(&self.track).map(|track| track.in_force_from))
            }
            Rule::NoticeRenewed => check.instant(Mark::Withdrawn, self.withdrawn_at),
            Rule::NoticeAlive => check.day(Mark::Died, self.died),
            Rule::NoticeWait => check.day(Mark::WaitOver, best.over),
            Rule::GuardianNotice => {
                check.day(Mark::ComesOfAge, self.comes_of_age()).instant(Mark::Received, best.guardian.given_at)
            }
            Rule::GuardianWait => check.day(Mark::WaitOver, best.guardian.over),
            _ => check,
        }
    }
}

/// Returns the reason that goes with a rule about notices.
fn denial(rule: Rule) -> Reason {
    match rule {
        Rule::NoticeDirect => Reason::NoticeNotDirect,
        Rule::NoticeInForce => Reason::NoticeBeforeLaw,
        Rule::NoticeRenewed => Reason::NotNotifiedAgain,
        Rule::NoticeAlive => Reason::NotNotifiedAlive,
        Rule::NoticeFiling => Reason::NoticeForOtherItems,
        Rule::NoticeWait => Reason::Waiting,
        Rule::GuardianNotice => Reason::GuardianNotNotified,
        Rule::GuardianWait => Reason::GuardianWaiting,
        _ => Reason::NotNotified,
    }
}
