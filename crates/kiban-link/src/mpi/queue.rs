//! The clerks' queue: one case at a time to one clerk, two clerks where one error is too many.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use kiban_core::keyed_u64;

use super::{
    case::{Case, CaseId, Consequences, Standing},
    event::{Author, Must, ReasonCode},
};

/// What one clerk thinks of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum View {
    /// One person.
    Same,
    /// Two persons.
    Different,
    /// It cannot be told.
    Unsure,
}

/// What a clerk said, why and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Who.
    pub author: Author,
    /// What.
    pub view: View,
    /// Why.
    pub reason: ReasonCode,
    /// When.
    pub at: Timestamp,
}

/// What became of a case after an opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Another clerk has to look; nothing is decided.
    Waiting,
    /// The clerks do not agree, or are not sure: the case stays as it stands until someone senior decides.
    Disputed,
    /// Decided.
    Decided(Must),
}

/// The rules of the queue.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What errors weigh.
    pub consequences: Consequences,
    /// How long a clerk may keep a case.
    pub lease: SignedDuration,
    /// The share of cases that a second clerk decides without knowing of the first, between 0 and 1.
    pub blind_share: f64,
    /// Draws the blind cases; unknown to the clerks, else they would know when they are watched.
    pub blind_key: [u8; 32],
}

impl Rules {
    /// Tells whether a case was drawn for a blind second look; the same key draws the same cases.
    pub fn is_blind(&self, case: CaseId) -> bool {
        let draw = keyed_u64(&self.blind_key, &[b"blind double review", &case.0.to_be_bytes()]);
        #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
        let share = (draw >> 11) as f64 / (1u64 << 53) as f64;
        share < self.blind_share
    }

    /// Returns how many clerks have to agree: two to join persons and for blind cases, else one.
    pub fn clerks_needed(&self, case: &Case, view: View) -> usize {
        let joins = view == View::Same && case.standing == Standing::Apart;
        if joins || self.is_blind(case.id) { 2 } else { 1 }
    }
}

/// Says why an opinion or a request was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// There is no such open case.
    #[error("case {} is not open", .0.0)]
    NotOpen(CaseId),
    /// The clerk does not hold the case, or not any longer.
    #[error("the lease on case {} ran out or is another clerk's; take it again", .0.0)]
    NotLeased(CaseId),
    /// The clerk said it before.
    #[error("a second opinion on case {} must come from someone else", .0.0)]
    SameAuthor(CaseId),
}

#[derive(Debug, Clone, PartialEq)]
struct Open {
    case: Case,
    opinions: Vec<Opinion>,
    lease: Option<(Author, Timestamp)>,
    disputed: Option<Timestamp>,
}

/// The cases, open and settled. Every method takes the time; the same calls give the same queue.
#[derive(Debug, Clone)]
pub struct Clerks {
    rules: Rules,
    open: BTreeMap<CaseId, Open>,
    settled: BTreeMap<CaseId, (Must, Vec<Opinion>)>,
}

impl Clerks {
    /// Starts an empty queue.
    pub const fn new(rules: Rules) -> Self {
        Self { rules, open: BTreeMap::new(), settled: BTreeMap::new() }
    }

    /// Opens a case, or renews what is known of an open one; opinions and lease stay. A settled case stays settled.
    pub fn open(&mut self, case: Case) {
        if self.settled.contains_key(&case.id) {
            return;
        }
        let fresh = Open { case: case.clone(), opinions: Vec::new(), lease: None, disputed: None };
        self.open.entry(case.id).and_modify(|open| open.case = case).or_insert(fresh);
    }

    /// Returns the open cases, the most harm first.
    pub fn cases(&self) -> Vec<Case> {
        let mut cases: Vec<Case> = self.open.values().map(|open| open.case.clone()).collect();
        self.rules.consequences.sort(&mut cases);
        cases
    }

    /// Leases the most harmful case that is free and on which the clerk has said nothing yet.
    pub fn take(&mut self, who: &Author, now: Timestamp) -> Option<Case> {
        let free = |open: &&Open| {
            let held = open.lease.as_ref().is_some_and(|(holder, until)| holder != who && now < *until);
            !held && open.disputed.is_none() && open.opinions.iter().all(|said| said.author != *who)
        };
        let mut cases: Vec<Case> = self.open.values().filter(free).map(|open| open.case.clone()).collect();
        self.rules.consequences.sort(&mut cases);
        let case = cases.into_iter().next()?;
        let until = now.checked_add(self.rules.lease).unwrap_or(Timestamp::MAX);
        self.open.get_mut(&case.id)?.lease = Some((who.clone(), until));
        Some(case)
    }

    /// Gives a case back without an opinion.
    ///
    /// # Errors
    /// The case is not open, or not leased to this clerk.
    pub fn release(&mut self, id: CaseId, who: &Author, now: Timestamp) -> Result<(), QueueError> {
        self.held(id, who, now)?.lease = None;
        Ok(())
    }

    /// Takes a clerk's opinion. The lease ends with it; earlier opinions are shown to nobody before the case is settled.
    ///
    /// # Errors
    /// The case is not open, not leased to the author, or the author has said it before.
    pub fn say(&mut self, id: CaseId, opinion: Opinion) -> Result<Settled, QueueError> {
        let rules = self.rules.clone();
        let open = self.held(id, &opinion.author, opinion.at)?;
        if open.opinions.iter().any(|said| said.author == opinion.author) {
            return Err(QueueError::SameAuthor(id));
        }
        let at = opinion.at;
        open.opinions.push(opinion);
        open.lease = None;
        let outcome = outcome(&rules, open);
        match outcome {
            Settled::Waiting => {}
            Settled::Disputed => open.disputed = Some(at),
            Settled::Decided(must) => self.settle(id, must),
        }
        Ok(outcome)
    }

    /// Ends a dispute. Who ends it must be someone else, so a merge always has two authors.
    ///
    /// # Errors
    /// The case is not in dispute, or the author was a party to it.
    pub fn arbitrate(&mut self, id: CaseId, opinion: Opinion) -> Result<Settled, QueueError> {
        let open = self.open.get_mut(&id).filter(|open| open.disputed.is_some()).ok_or(QueueError::NotOpen(id))?;
        if open.opinions.iter().any(|said| said.author == opinion.author) {
            return Err(QueueError::SameAuthor(id));
        }
        let (view, seconded) = (opinion.view, open.opinions.iter().any(|said| said.view == opinion.view));
        let needed = self.rules.clerks_needed(&open.case, view);
        open.opinions.push(opinion);
        let must = match view {
            View::Unsure => return Ok(Settled::Disputed),
            View::Same if needed > 1 && !seconded => return Ok(Settled::Disputed),
            View::Same => Must::Link,
            View::Different => Must::NotLink,
        };
        self.settle(id, must);
        Ok(Settled::Decided(must))
    }

    /// Returns the decision and the opinions of a settled case.
    pub fn settled(&self, id: CaseId) -> Option<(Must, &[Opinion])> {
        self.settled.get(&id).map(|(must, opinions)| (*must, opinions.as_slice()))
    }

    /// Returns the first two views of every case that two clerks looked at: what agreement is measured on.
    ///
    /// Only blind cases, and those where a second look was needed to join; the second never knew the first's view.
    pub fn double_views(&self) -> Vec<(View, View)> {
        let open = self.open.iter().map(|(id, open)| (*id, open.opinions.as_slice()));
        let settled = self.settled.iter().map(|(id, (_, opinions))| (*id, opinions.as_slice()));
        let all: BTreeMap<CaseId, &[Opinion]> = open.chain(settled).collect();
        let blind = all.into_iter().filter(|(id, _)| self.rules.is_blind(*id));
        blind.filter_map(|(_, opinions)| Some((opinions.first()?.view, opinions.get(1)?.view))).collect()
    }

    /// Returns the two sides of every open case: while it is open, the stricter of their legal states holds.
    pub fn under_review(&self) -> Vec<(Vec<kiban_core::PatientRef>, Vec<kiban_core::PatientRef>)> {
        self.open.values().map(|open| (open.case.left.clone(), open.case.right.clone())).collect()
    }

    fn held(&mut self, id: CaseId, who: &Author, now: Timestamp) -> Result<&mut Open, QueueError> {
        let open = self.open.get_mut(&id).ok_or(QueueError::NotOpen(id))?;
        let own = open.lease.as_ref().is_some_and(|(holder, until)| holder == who && now < *until);
        if own { Ok(open) } else { Err(QueueError::NotLeased(id)) }
    }

    fn settle(&mut self, id: CaseId, must: Must) {
        if let Some(open) = self.open.remove(&id) {
            self.settled.insert(id, (must, open.opinions));
        }
    }
}

/// What the opinions so far amount to.
fn outcome(rules: &Rules, open: &Open) -> Settled {
    let views: BTreeSet<View> = open.opinions.iter().map(|said| said.view).collect();
    let mut views = views.into_iter();
    let (Some(view), None) = (views.next(), views.next()) else { return Settled::Disputed };
    if open.opinions.len() < rules.clerks_needed(&open.case, view) {
        return Settled::Waiting;
    }
    match view {
        View::Same => Settled::Decided(Must::Link),
        View::Different => Settled::Decided(Must::NotLink),
        View::Unsure => Settled::Disputed,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mpi::case::tests::case;

    fn rules(blind_share: f64) -> Rules {
        let (lease, blind_key) = (SignedDuration::from_mins(30), [7; 32]);
        Rules { consequences: Consequences::default(), lease, blind_share, blind_key }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(10_000 + minute * 60).unwrap()
    }

    fn who(name: &str) -> Author {
        Author::new(name)
    }

    fn says(name: &str, view: View, minute: i64) -> Opinion {
        Opinion { author: who(name), view, reason: ReasonCode::Documents, at: at(minute) }
    }

    fn one_case(share: f64, standing: Standing) -> (Clerks, CaseId) {
        let mut clerks = Clerks::new(rules(share));
        clerks.open(case(1, standing, 0.7));
        (clerks, CaseId(1))
    }

    #[test]
    fn a_merge_needs_two_people() {
        let (mut clerks, id) = one_case(0.0, Standing::Apart);
        assert!(clerks.take(&who("a"), at(0)).is_some());
        assert_eq!(clerks.say(id, says("a", View::Same, 1)), Ok(Settled::Waiting));
        assert!(clerks.take(&who("a"), at(2)).is_none(), "not to the same clerk again");
        assert_eq!(clerks.say(id, says("a", View::Same, 3)), Err(QueueError::NotLeased(id)));
        assert!(clerks.take(&who("b"), at(4)).is_some());
        assert_eq!(clerks.say(id, says("b", View::Same, 5)), Ok(Settled::Decided(Must::Link)));
        assert_eq!(clerks.settled(id).unwrap().1.len(), 2);
    }

    #[test]
    fn keeping_apart_needs_one_and_disagreement_a_third() {
        let (mut clerks, id) = one_case(0.0, Standing::Apart);
        clerks.take(&who("a"), at(0)).unwrap();
        assert_eq!(clerks.say(id, says("a", View::Different, 1)), Ok(Settled::Decided(Must::NotLink)));
        let (mut clerks, id) = one_case(1.0, Standing::Apart);
        clerks.take(&who("a"), at(0)).unwrap();
        assert_eq!(clerks.say(id, says("a", View::Different, 1)), Ok(Settled::Waiting));
        clerks.take(&who("b"), at(1)).unwrap();
        assert_eq!(clerks.say(id, says("b", View::Same, 2)), Ok(Settled::Disputed));
        assert_eq!(clerks.under_review().len(), 1, "a dispute is still under review");
        assert_eq!(clerks.double_views(), [(View::Different, View::Same)]);
        assert_eq!(clerks.arbitrate(id, says("b", View::Same, 3)), Err(QueueError::SameAuthor(id)));
        assert_eq!(clerks.arbitrate(id, says("c", View::Same, 3)), Ok(Settled::Decided(Must::Link)));
        assert!(clerks.under_review().is_empty());
    }

    #[test]
    fn an_arbiter_alone_cannot_merge() {
        let (mut clerks, id) = one_case(0.0, Standing::Apart);
        clerks.take(&who("a"), at(0)).unwrap();
        assert_eq!(clerks.say(id, says("a", View::Unsure, 1)), Ok(Settled::Disputed));
        assert_eq!(clerks.arbitrate(id, says("c", View::Same, 2)), Ok(Settled::Disputed));
        assert_eq!(clerks.arbitrate(id, says("d", View::Same, 3)), Ok(Settled::Decided(Must::Link)));
    }

    #[test]
    fn leases_run_out_and_go_to_one_clerk_at_a_time() {
        let (mut clerks, id) = one_case(0.0, Standing::Joined);
        clerks.take(&who("a"), at(0)).unwrap();
        assert!(clerks.take(&who("b"), at(29)).is_none());
        assert!(clerks.take(&who("b"), at(30)).is_some());
        assert_eq!(clerks.say(id, says("a", View::Same, 31)), Err(QueueError::NotLeased(id)));
        assert_eq!(clerks.release(id, &who("b"), at(32)), Ok(()));
        assert!(clerks.take(&who("a"), at(33)).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(6))]

        #[test]
        fn the_share_of_blind_cases_is_the_one_asked_for(share in 0.0f64..=1.0) {
            let rules = rules(share);
            let drawn = (0..4_000).filter(|id| rules.is_blind(CaseId(*id))).count();
            let found = f64::from(u32::try_from(drawn).unwrap()) / 4_000.0;
            prop_assert!((found - share).abs() < 0.04, "{} of {}", found, share);
        }
    }
}
