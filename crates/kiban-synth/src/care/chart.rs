//! A chart: what one facility sees of a person's course, visit by visit.

use jiff::civil::Date;

use super::{
    catalogue::{COLD, DISEASES, Disease, Span},
    course::{Course, Episode},
    items::{Act, Drug, LabItem, Taken},
};
use crate::{
    calendar::{days_between, plus},
    config::{Feed, Window},
    dice::{Dice, Purpose},
    people::Person,
};

/// How an illness stood at the end of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Continuing,
    Recovered,
    Died,
    /// The suspicion was not confirmed.
    RuledOut,
}

/// An illness on a facility's problem list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Problem {
    pub(crate) disease: &'static Disease,
    pub(crate) onset: Date,
    /// Day on which this facility wrote it down.
    pub(crate) start: Date,
    pub(crate) end: Option<Date>,
    pub(crate) outcome: Outcome,
    pub(crate) main: bool,
    pub(crate) suspected: bool,
}

/// A laboratory result.
#[derive(Debug, Clone)]
pub(crate) struct LabResult {
    pub(crate) item: &'static LabItem,
    pub(crate) value: f64,
}

impl LabResult {
    /// Returns the value as reported.
    pub(crate) fn text(&self) -> String {
        format!("{:.*}", self.item.decimals, self.value)
    }

    /// Returns `H`, `L` or nothing.
    pub(crate) fn flag(&self) -> &'static str {
        if self.value > self.item.high {
            "H"
        } else if self.value < self.item.low {
            "L"
        } else {
            ""
        }
    }
}

/// A prescription of one drug.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prescription {
    pub(crate) drug: &'static Drug,
    pub(crate) days: u32,
}

impl Prescription {
    /// Returns the amount for a day; for external use the whole amount.
    pub(crate) fn daily(&self) -> u32 {
        match self.drug.taken {
            Taken::Daily(times) => self.drug.dose * u32::from(times),
            Taken::External => self.drug.dose,
        }
    }

    /// Returns the whole amount.
    pub(crate) fn total(&self) -> u32 {
        match self.drug.taken {
            Taken::Daily(_) => self.daily() * self.days,
            Taken::External => self.drug.dose,
        }
    }

    /// Returns code and text of how it is taken (標準用法マスタ, 16 digits).
    pub(crate) fn usage(&self) -> (&'static str, &'static str) {
        match self.drug.taken {
            Taken::Daily(1) => ("1011000400000000", "内服・経口・１日１回朝食後"),
            Taken::Daily(2) => ("1012040400000000", "内服・経口・１日２回朝夕食後"),
            Taken::Daily(_) => ("1013044400000000", "内服・経口・１日３回朝昼夕食後"),
            Taken::External => ("2H72000000000000", "外用・１日２回"),
        }
    }
}

/// How a stay ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Home,
    Transfer,
    Died,
}

/// A stay in hospital.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stay {
    pub(crate) until: Date,
    pub(crate) ending: Ending,
}

/// A visit, or a stay.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) day: Date,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) stay: Option<Stay>,
    /// Whether nothing led up to it within 90 days.
    pub(crate) first: bool,
    pub(crate) department: (&'static str, &'static str),
    /// Places of the problems treated.
    pub(crate) problems: Vec<usize>,
    pub(crate) labs: Vec<LabResult>,
    pub(crate) drugs: Vec<Prescription>,
    pub(crate) acts: Vec<&'static Act>,
}

impl Visit {
    /// Returns its last day.
    pub(crate) fn last_day(&self) -> Date {
        self.stay.map_or(self.day, |stay| stay.until)
    }
}

/// What one facility has of one person, visits by day.
#[derive(Debug, Clone)]
pub(crate) struct Chart {
    pub(crate) problems: Vec<Problem>,
    pub(crate) visits: Vec<Visit>,
}

/// For whom and where a chart is kept.
pub(crate) struct ChartPlan<'a> {
    pub(crate) seed: u64,
    pub(crate) window: Window,
    pub(crate) person: &'a Person,
    pub(crate) course: &'a Course,
    /// Number of the facility, and its format, which stands for the kind of house it is.
    pub(crate) facility: u8,
    pub(crate) feed: Feed,
    /// Whether the person dies here, if at all.
    pub(crate) last_place: bool,
    /// Place of this facility among those the person goes to, and how many there are.
    pub(crate) turn: (usize, usize),
}

/// Makes the chart of one person at one facility.
pub(crate) fn chart(plan: &ChartPlan<'_>) -> Chart {
    let mut dice = Dice::new(plan.seed, Purpose::Chart, plan.person.household, plan.person.member, plan.facility);
    let mine = plan.my_episodes(&mut dice);
    let mut visits: Vec<(Date, Option<Stay>, usize)> = Vec::new();
    for (place, episode) in mine.iter().enumerate() {
        plan.schedule(&mut dice, place, episode, &mut visits);
    }
    plan.follow_up(&mut dice, &mine, &mut visits);
    if visits.is_empty() {
        let day = mine.first().map_or(plan.window.first, |episode| episode.onset);
        visits.push((day.clamp(plan.earliest(), plan.until()), None, 0));
    }
    plan.last_stay(&mut dice, &mine, &mut visits);
    let visits = plan.fill(&mut dice, &mine, visits);
    let problems = plan.problems(&mut dice, &mine, &visits);
    Chart { problems, visits }
}

impl ChartPlan<'_> {
    fn until(&self) -> Date {
        self.course.until(self.window)
    }

    fn earliest(&self) -> Date {
        self.window.first.max(plus(self.person.birth, 7)).min(self.until())
    }

    /// Lifelong illnesses are usually known everywhere, passing ones at one facility.
    fn my_episodes(&self, dice: &mut Dice) -> Vec<Episode> {
        let (turn, count) = self.turn;
        let until = self.until();
        let mut mine = Vec::new();
        for (place, episode) in self.course.episodes.iter().enumerate() {
            let cause = self.last_place && self.course.death.is_some_and(|death| death.cause == place);
            let known = match episode.disease.span {
                Span::Lifelong => dice.chance(0.75),
                Span::Days(_) => place % count.max(1) == turn,
            };
            if cause || (known && episode.onset <= until) {
                mine.push(*episode);
            }
        }
        if mine.is_empty() {
            let onset = plus(self.earliest(), dice.between(0, days_between(self.earliest(), until) - 5));
            mine.push(Episode { disease: &COLD, onset, end: Some(plus(onset, 8)), severity: 1.0 });
        }
        mine
    }

    /// A passing illness brings one or two visits, an admission perhaps instead.
    fn schedule(
        &self,
        dice: &mut Dice,
        place: usize,
        episode: &Episode,
        visits: &mut Vec<(Date, Option<Stay>, usize)>,
    ) {
        let start = episode.onset.max(self.earliest());
        let stays = self.feed != Feed::Uke && dice.chance(episode.disease.admission);
        if stays && episode.onset >= self.window.first {
            let until = plus(start, dice.between(2, 24));
            let ending = dice.share(&[(90, Ending::Home), (10, Ending::Transfer)]);
            if until < plus(self.until(), -25) {
                visits.push((start, Some(Stay { until, ending }), place));
            }
        }
        if matches!(episode.disease.span, Span::Days(_)) {
            let mut day = plus(start, dice.between(0, 2));
            for _ in 0..dice.share(&[(60, 1), (40, 2)]) {
                if day <= plus(self.until(), -22) || (self.course.death.is_none() && day <= self.until()) {
                    visits.push((day, None, place));
                }
                day = plus(day, dice.between(4, 9));
            }
        }
    }

    /// Lifelong illnesses are followed together, hospitals at long intervals, clinics every month or two.
    fn follow_up(&self, dice: &mut Dice, mine: &[Episode], visits: &mut Vec<(Date, Option<Stay>, usize)>) {
        let lifelong = mine.iter().enumerate().filter(|(_, episode)| episode.disease.span == Span::Lifelong);
        let Some((lead, episode)) = lifelong.min_by_key(|(_, episode)| episode.onset) else { return };
        let (interval, most) = match self.feed {
            Feed::Ssmix2 => ((150, 380), dice.between(1, 4)),
            Feed::Fhir => ((80, 200), dice.between(1, 5)),
            Feed::Uke => ((27, 63), dice.between(3, 16)),
        };
        let last = plus(self.until(), if self.course.death.is_some() { -22 } else { 0 });
        let first = episode.onset.max(self.earliest());
        let mut day = plus(first, dice.between(0, days_between(first, last) * 3 / 4));
        for _ in 0..most {
            if day > last {
                break;
            }
            visits.push((day, None, lead));
            day = plus(day, dice.between(interval.0, interval.1));
        }
    }

    /// The stay, or the last visit, in which the person dies.
    fn last_stay(&self, dice: &mut Dice, mine: &[Episode], visits: &mut Vec<(Date, Option<Stay>, usize)>) {
        let (Some(death), true) = (self.course.death, self.last_place) else { return };
        let Some(cause) = self.course.episodes.get(death.cause).map(|episode| episode.disease.icd10) else { return };
        let place = mine.iter().position(|episode| episode.disease.icd10 == cause).unwrap_or(0);
        let admitted = plus(death.on, -dice.between(1, 20)).max(self.window.first);
        visits.push(match self.feed {
            Feed::Uke => (death.on, None, place),
            Feed::Ssmix2 | Feed::Fhir => (admitted, Some(Stay { until: death.on, ending: Ending::Died }), place),
        });
    }

    fn fill(&self, dice: &mut Dice, mine: &[Episode], mut planned: Vec<(Date, Option<Stay>, usize)>) -> Vec<Visit> {
        planned.sort_by_key(|(day, stay, _)| (*day, stay.is_none()));
        planned.dedup_by_key(|(day, _, _)| *day);
        let mut visits: Vec<Visit> = Vec::with_capacity(planned.len());
        for (day, stay, lead) in planned {
            let before = visits.last().map(Visit::last_day);
            if before.is_some_and(|before| before >= day) && stay.is_none_or(|stay| stay.ending != Ending::Died) {
                continue;
            }
            let first = before.is_none_or(|before| days_between(before, day) > 90);
            visits.push(self.visit(dice, mine, (day, stay, lead), first));
        }
        visits
    }

    fn visit(
        &self,
        dice: &mut Dice,
        mine: &[Episode],
        (day, stay, lead): (Date, Option<Stay>, usize),
        first: bool,
    ) -> Visit {
        let lifelong_lead = mine.get(lead).is_some_and(|episode| episode.disease.span == Span::Lifelong);
        let treated = |(place, episode): &(usize, &Episode)| {
            *place == lead || (lifelong_lead && episode.disease.span == Span::Lifelong && episode.onset <= day)
        };
        let problems: Vec<usize> = mine.iter().enumerate().filter(treated).map(|(place, _)| place).collect();
        let mut visit = Visit {
            day,
            hour: u8::try_from(dice.between(9, 16)).unwrap_or(9),
            minute: u8::try_from(dice.between(0, 59)).unwrap_or(0),
            stay,
            first,
            department: mine.get(lead).map_or(("01", "内科"), |episode| episode.disease.department),
            problems,
            labs: Vec::new(),
            drugs: Vec::new(),
            acts: Vec::new(),
        };
        if self.feed == Feed::Uke {
            visit.department = ("01", "内科");
        }
        self.treat(dice, mine, &mut visit);
        visit
    }

    fn treat(&self, dice: &mut Dice, mine: &[Episode], visit: &mut Visit) {
        let (tested, given) = (dice.chance(0.5) || visit.stay.is_some(), dice.chance(0.8));
        for episode in visit.problems.iter().filter_map(|place| mine.get(*place)) {
            let disease = episode.disease;
            for drug in disease.drugs.iter().filter(|_| given) {
                let days = match disease.span {
                    Span::Lifelong => *dice.pick(&[28, 28, 30, 56]),
                    Span::Days(_) => *dice.pick(&[4, 5, 5, 7]),
                };
                if visit.drugs.iter().all(|known| known.drug.hot9 != drug.hot9) {
                    visit.drugs.push(Prescription { drug, days });
                }
            }
            for (item, shift) in disease.labs.iter().filter(|_| tested) {
                if visit.labs.iter().all(|known| known.item.jlac10 != item.jlac10) {
                    let value =
                        self.measure(dice, item, shift * episode.severity, days_between(episode.onset, visit.day));
                    visit.labs.push(LabResult { item, value });
                }
            }
            for act in disease.acts.iter().filter(|_| dice.chance(0.3)) {
                if visit.acts.iter().all(|known| known.claim != act.claim) {
                    visit.acts.push(act);
                }
            }
            if let (Some(operation), Some(stay)) = (disease.operation, visit.stay)
                && stay.ending != Ending::Died
                && dice.chance(0.8)
            {
                visit.acts.push(operation);
            }
        }
    }

    /// Each person has a level of their own; illness shifts it, more as years go by, and each day adds its noise.
    fn measure(&self, dice: &mut Dice, item: &LabItem, shift: f64, days: i64) -> f64 {
        let own = Dice::new(self.seed, Purpose::Course, self.person.household, self.person.member, item.local_number())
            .normal();
        let width = item.high - item.low;
        #[expect(clippy::cast_precision_loss, reason = "a few thousand days")]
        let years = days.clamp(0, 4000) as f64 / 365.25;
        let level = 0.5 + 0.16 * own + shift * (0.8 + 0.06 * years) + 0.06 * dice.normal();
        let scale = 10_f64.powi(i32::try_from(item.decimals).unwrap_or(0));
        let value = (item.low + width * level).max(item.low * 0.35).max(1.0 / scale);
        (value * scale).round() / scale
    }

    fn problems(&self, dice: &mut Dice, mine: &[Episode], visits: &[Visit]) -> Vec<Problem> {
        let cause = self.course.death.and_then(|death| self.course.episodes.get(death.cause));
        let mut problems = Vec::with_capacity(mine.len() + 1);
        for (place, episode) in mine.iter().enumerate() {
            let seen = visits.iter().find(|visit| visit.problems.contains(&place)).map(|visit| visit.day);
            let start = seen.unwrap_or_else(|| episode.onset.max(self.earliest()));
            let fatal = self.last_place && cause.is_some_and(|cause| cause.disease.icd10 == episode.disease.icd10);
            let end = episode.end.filter(|end| *end <= self.until() && *end >= start);
            let outcome = match end {
                _ if fatal => Outcome::Died,
                Some(_) => Outcome::Recovered,
                None => Outcome::Continuing,
            };
            let end = if fatal { self.course.death.map(|death| death.on) } else { end };
            let disease = episode.disease;
            let onset = episode.onset.min(start);
            problems.push(Problem { disease, onset, start, end, outcome, main: place == 0, suspected: false });
        }
        if let (Some(visit), true) = (visits.first(), dice.chance(0.07)) {
            let disease = dice.pick(&DISEASES);
            let (start, end, outcome) = (visit.day, Some(visit.last_day()), Outcome::RuledOut);
            problems.push(Problem { disease, onset: start, start, end, outcome, main: false, suspected: true });
        }
        problems
    }
}

impl LabItem {
    /// Returns the material's code, places 10 to 12 of JLAC10.
    pub(crate) fn material(&self) -> &'static str {
        self.jlac10.get(9..12).unwrap_or("023")
    }

    /// Returns a small number that tells items apart.
    fn local_number(&self) -> u8 {
        self.local.get(3..).and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }
}
