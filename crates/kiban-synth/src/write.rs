//! Household by household: make, file, write, forget.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use jiff::civil::Date;
use kiban_core::{DataItem, Track};
use serde::Serialize;

use crate::{
    Error, FacilityCounts, FacilityPlan, Feed, SynthConfig,
    calendar::plus,
    care::{Chart, ChartPlan, Course, chart, course},
    config::Window,
    dice::{Dice, Purpose, Shuffle},
    dirt::Spoiler,
    feed::FeedWriter,
    fhir::Bulk,
    legal::{LegalFile, LegalSubject, legal},
    papers::Papers,
    people::{CanaryRecord, Person, PopulationPlan, household},
    record::PatientRecord,
    ssmix2::Storage,
    tables::Tables,
    truth::{Truth, json},
    uke::ClaimFiles,
};

/// Share of the patients of an SS-MIX2 hospital that are registered there twice.
const DOUBLE: f64 = 0.012;

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// People.
    pub persons: u64,
    /// Households.
    pub households: u64,
    /// Patients of facilities; one person counts once at each, or twice where registered twice.
    pub registrations: u64,
    /// What was written, by facility code.
    pub facilities: BTreeMap<String, FacilityCounts>,
}

/// Writes the hospitals, their papers and the truth into a folder, and tells after each household how many people are done.
///
/// # Errors
/// The configuration makes no sense, or the disk refuses.
pub fn write(config: &SynthConfig, dir: &Path, progress: &mut dyn FnMut(u64)) -> Result<Summary, Error> {
    let mut world = World::create(config, dir)?;
    let (mut persons, mut households) = (0, 0);
    while persons < config.persons {
        let room = usize::try_from(config.persons - persons).unwrap_or(usize::MAX);
        for person in household(&world.population, households).into_iter().take(room) {
            world.person(&person)?;
            persons += 1;
        }
        households += 1;
        progress(persons);
    }
    world.finish(dir, persons, households)
}

/// A facility and its open files.
struct House {
    number: u8,
    plan: FacilityPlan,
    ids: Shuffle,
    feed: Box<dyn FeedWriter>,
    papers: Papers,
    patients: u64,
}

struct World<'a> {
    config: &'a SynthConfig,
    window: Window,
    population: PopulationPlan,
    houses: Vec<House>,
    truth: Truth,
    registrations: u64,
}

/// One person at one facility, before any file is written.
struct Attendance<'a> {
    person: &'a Person,
    course: &'a Course,
    chart: Chart,
    legal: LegalFile,
    /// 0 for the first registration, 1 for the second.
    copy: u64,
}

impl<'a> World<'a> {
    fn create(config: &'a SynthConfig, dir: &Path) -> Result<Self, Error> {
        if config.facilities.is_empty() || config.facilities.len() > 200 {
            return Err(Error::Config { reason: "between 1 and 200 facilities are needed" });
        }
        if !(0.0..=500.0).contains(&config.dirt_per_mille) {
            return Err(Error::Config { reason: "dirt_per_mille must lie between 0 and 500" });
        }
        fs::create_dir_all(dir).map_err(Error::writing("the folder"))?;
        let listed: Vec<ListedFacility<'_>> = config.facilities.iter().map(ListedFacility::new).collect();
        json(&dir.join("facilities.json"), &listed)?;
        let houses = (0..).zip(&config.facilities).map(|(number, plan)| House::create(config, dir, number, plan));
        let window = config.window();
        Ok(Self {
            config,
            window,
            population: PopulationPlan { seed: config.seed, window, tables: Tables::load()? },
            houses: houses.collect::<Result<_, _>>()?,
            truth: Truth::create(dir)?,
            registrations: 0,
        })
    }

    fn person(&mut self, person: &Person) -> Result<(), Error> {
        let course = course(self.config.seed, self.window, person);
        let mut dice = Dice::new(self.config.seed, Purpose::Registration, person.household, person.member, 0);
        let goes = attends(&mut dice, person, &self.config.facilities);
        // People die in a hospital if they go to one, else the clinic sees them last.
        let hospital =
            goes.iter().position(|place| self.config.facilities.get(*place).is_some_and(|plan| plan.feed != Feed::Uke));
        for (turn, place) in goes.iter().enumerate() {
            let Some(house) = self.houses.get_mut(*place) else { continue };
            let chart = chart(&ChartPlan {
                seed: self.config.seed,
                window: self.window,
                person,
                course: &course,
                facility: house.number,
                feed: house.plan.feed,
                last_place: turn == hospital.unwrap_or(0),
                turn: (turn, goes.len()),
            });
            let twice = house.plan.feed == Feed::Ssmix2 && person.canary.is_none() && dice.chance(DOUBLE);
            for (copy, chart) in split(chart, twice).into_iter().enumerate() {
                let legal = house.legal(self.config, self.window, person, &course, &chart);
                let attendance = Attendance { person, course: &course, chart, legal, copy: copy as u64 };
                house.admit(self.config, self.window, attendance, &mut self.truth)?;
                self.registrations += 1;
            }
        }
        Ok(())
    }

    fn finish(self, dir: &Path, persons: u64, households: u64) -> Result<Summary, Error> {
        let mut facilities = BTreeMap::new();
        for house in self.houses {
            let mut counts = house.feed.finish()?;
            counts.patients = house.patients;
            house.papers.finish(&mut counts)?;
            facilities.insert(house.plan.code.to_string(), counts);
        }
        self.truth.finish(dir, self.config, (persons, households, self.registrations), &facilities)?;
        Ok(Summary { persons, households, registrations: self.registrations, facilities })
    }
}

impl House {
    fn create(config: &SynthConfig, dir: &Path, number: u8, plan: &FacilityPlan) -> Result<Self, Error> {
        let folder: PathBuf = dir.join(plan.code.as_str());
        fs::create_dir_all(&folder).map_err(Error::writing("a facility's folder"))?;
        let feed: Box<dyn FeedWriter> = match plan.feed {
            Feed::Ssmix2 => Box::new(Storage::create(&folder, plan.code.as_str())?),
            Feed::Fhir => Box::new(Bulk::create(&folder)?),
            Feed::Uke => Box::new(ClaimFiles::create(&folder, plan)?),
        };
        Ok(Self {
            number,
            plan: plan.clone(),
            // Ten members a household at most, two registrations each, and never more households than people.
            ids: Shuffle::new(config.seed, number, config.persons.saturating_mul(20).max(20)),
            feed,
            papers: Papers::create(&folder)?,
            patients: 0,
        })
    }

    /// Ten, eight or seven digits; canaries have ten that begin with 9, like nobody else.
    fn local_id(&self, config: &SynthConfig, person: &Person, copy: u64) -> String {
        if person.canary.is_some() {
            let mut dice = Dice::new(config.seed, Purpose::Registration, person.household, 0, self.number + 1);
            return format!("9{:09}", dice.below(1_000_000_000));
        }
        let number = self.ids.place(person.no * 2 + copy);
        match self.plan.feed {
            Feed::Ssmix2 => format!("{number:010}"),
            Feed::Fhir => format!("{number:08}"),
            Feed::Uke => format!("{number:07}"),
        }
    }

    fn legal(
        &self,
        config: &SynthConfig,
        window: Window,
        person: &Person,
        course: &Course,
        chart: &Chart,
    ) -> LegalFile {
        let visits: Vec<Date> = chart.visits.iter().map(|visit| visit.day).collect();
        let death = course.death.map(|death| death.on);
        let subject = LegalSubject {
            birth: person.birth,
            death,
            // Claims tell a death by its month at most, and the second delivery may come late.
            death_in_records: self.plan.feed != Feed::Uke && death.is_some_and(|on| on <= window.split),
            incapable: course.incapable,
            canary: person.canary.is_some(),
            visits: &visits,
        };
        let mut dice = Dice::new(config.seed, Purpose::Legal, person.household, person.member, self.number);
        legal(&mut dice, &self.plan, config.cut_off, &subject)
    }

    fn admit(
        &mut self,
        config: &SynthConfig,
        window: Window,
        one: Attendance<'_>,
        truth: &mut Truth,
    ) -> Result<(), Error> {
        let person = one.person;
        let local_id = self.local_id(config, person, one.copy);
        // A death must be readable where only the records tell it, and canaries must be found where they are.
        let clean = person.canary.is_some() || one.course.death.is_some();
        let rate = if clean { -1.0 } else { config.dirt_per_mille / 1000.0 };
        let member = person.member + if one.copy == 0 { 0 } else { 100 };
        let dice = Dice::new(config.seed, Purpose::Dirt, person.household, member, self.number);
        self.papers.file(&local_id, &one.legal)?;
        truth.registration(person, self.plan.code, &local_id, one.legal.case)?;
        self.patients += 1;
        self.feed.write(&mut PatientRecord {
            plan: &self.plan,
            window,
            person,
            course: one.course,
            local_id,
            chart: one.chart,
            spoiler: Spoiler::new(dice, rate),
        })
    }
}

/// Chooses where a person goes: one first choice, others as well.
fn attends(dice: &mut Dice, person: &Person, plans: &[FacilityPlan]) -> Vec<usize> {
    match person.canary {
        Some(CanaryRecord::Everywhere) => return (0..plans.len()).collect(),
        Some(CanaryRecord::At(place)) => return vec![place % plans.len().max(1)],
        None => {}
    }
    let mut left = dice.below(plans.iter().map(|plan| u64::from(plan.first_choice)).sum());
    let mut first = 0;
    for (place, plan) in plans.iter().enumerate() {
        match left.checked_sub(u64::from(plan.first_choice)) {
            Some(rest) => left = rest,
            None => {
                first = place;
                break;
            }
        }
    }
    let also: Vec<bool> = plans.iter().map(|plan| dice.chance(plan.also)).collect();
    (0..plans.len()).zip(also).filter(|(place, also)| *place == first || *also).map(|(place, _)| place).collect()
}

/// Splits a chart between two registrations of one person: the visits take turns.
fn split(chart: Chart, twice: bool) -> Vec<Chart> {
    if !twice || chart.visits.len() < 2 {
        return vec![chart];
    }
    let half = |parity: usize| {
        let visits: Vec<_> = chart
            .visits
            .iter()
            .enumerate()
            .filter(|(place, _)| place % 2 == parity)
            .map(|(_, visit)| visit.clone())
            .collect();
        Chart { problems: chart.problems.clone(), visits }
    };
    vec![half(0), half(1)]
}

/// One facility in `facilities.json`.
#[derive(Serialize)]
struct ListedFacility<'a> {
    code: &'a str,
    name: &'a str,
    kind: &'a str,
    supply_from: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_days: Option<u16>,
    filings: Vec<ListedFiling>,
    feed: Feed,
}

#[derive(Serialize)]
struct ListedFiling {
    track: &'static str,
    number: String,
    effective_from: Date,
    items: Vec<&'static str>,
}

impl<'a> ListedFacility<'a> {
    fn new(plan: &'a FacilityPlan) -> Self {
        let code = plan.code.as_str();
        let tail = code.get(3..).unwrap_or_default();
        let filing = |track: Track, letter: char| ListedFiling {
            track: track.as_str(),
            number: format!("{letter}-{}-{tail}", plan.supply_from.year()),
            effective_from: plus(plan.supply_from, -14),
            items: items(plan.feed),
        };
        // Hospitals have filed for both tracks, each on its own.
        let mut filings = vec![filing(Track::Anonymised, 'A')];
        if plan.feed == Feed::Fhir {
            filings.push(filing(Track::Pseudonymised, 'P'));
        }
        Self {
            code,
            name: &plan.name,
            kind: plan.kind.as_str(),
            supply_from: plan.supply_from,
            waiting_days: plan.waiting_days,
            filings,
            feed: plan.feed,
        }
    }
}

/// The data items a feed carries, all of them filed.
fn items(feed: Feed) -> Vec<&'static str> {
    let carried = |item: &DataItem| match item {
        DataItem::Claims => feed == Feed::Uke,
        DataItem::Measurements | DataItem::Observations => feed != Feed::Uke,
        DataItem::Procedures => feed != Feed::Ssmix2,
        DataItem::Demographics | DataItem::Visits | DataItem::Conditions | DataItem::Drugs | DataItem::Death => true,
    };
    DataItem::ALL.iter().copied().filter(carried).map(DataItem::as_str).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;
    use crate::{legal::Case, tables::Sex};

    /// A feed that writes nothing, where only people and papers matter.
    struct Nothing;

    impl FeedWriter for Nothing {
        fn write(&mut self, _: &mut PatientRecord<'_>) -> Result<(), Error> {
            Ok(())
        }

        fn finish(self: Box<Self>) -> Result<FacilityCounts, Error> {
            Ok(FacilityCounts::default())
        }
    }

    #[test]
    fn three_thousand_people_meet_every_case_in_law_and_most_are_eligible() {
        let dir = tempfile::tempdir().unwrap();
        let config = SynthConfig::default();
        let mut world = World::create(&config, dir.path()).unwrap();
        for house in &mut world.houses {
            house.feed = Box::new(Nothing);
        }
        let mut people = Vec::new();
        for number in 0.. {
            people.extend(household(&world.population, number));
            if people.len() > 3000 {
                break;
            }
        }
        people.iter().for_each(|person| world.person(person).unwrap());
        let registrations = world.registrations;
        world.finish(dir.path(), 3000, 0).unwrap();
        let truth = fs::read_to_string(dir.path().join("truth/legal.csv")).unwrap();
        let met: BTreeSet<&str> = truth.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect();
        let all: BTreeSet<&str> = Case::ALL.iter().map(|case| case.word()).collect();
        assert_eq!(met, all);
        let eligible = truth.lines().filter(|line| line.contains(",eligible,")).count() as u64;
        assert!((70..90).contains(&(eligible * 100 / registrations)), "{eligible} of {registrations}");
        most_have_company(&people);
    }

    /// A release with k = 5 on sex, ten years of birth and region loses few people.
    fn most_have_company(people: &[Person]) {
        let mut groups: BTreeMap<(bool, i16, bool), usize> = BTreeMap::new();
        for person in people {
            let prefecture = person.homes.at(Date::MAX).prefecture.as_str();
            let capital = ["東京都", "神奈川県", "千葉県", "埼玉県"].contains(&prefecture);
            *groups.entry((person.sex == Sex::Male, person.birth.year() / 10, capital)).or_default() += 1;
        }
        let lost: usize = groups.values().filter(|size| **size < 5).sum();
        assert!(lost * 100 < people.len(), "{lost}");
    }
}
