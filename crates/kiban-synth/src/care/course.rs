//! A person's course: illnesses with their days, allergies, vaccinations, loss of capacity, death.

use jiff::civil::Date;

use super::catalogue::{ALLERGENS, Allergen, COLD, DISEASES, Disease, Span, VACCINES, Vaccine};
use crate::{
    calendar::{age_on, birthday, days_between, plus},
    config::Window,
    dice::{Dice, Purpose},
    people::Person,
};

/// One illness of one person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Episode {
    pub(crate) disease: &'static Disease,
    pub(crate) onset: Date,
    /// Last day, where the illness ended or the person died of it.
    pub(crate) end: Option<Date>,
    /// How strongly laboratory values shift, around 1.
    pub(crate) severity: f64,
}

/// A death and the illness that caused it, as a place in the course's episodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Death {
    pub(crate) on: Date,
    pub(crate) cause: usize,
}

/// Everything that befalls a person.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    pub(crate) episodes: Vec<Episode>,
    pub(crate) death: Option<Death>,
    pub(crate) allergies: Vec<&'static Allergen>,
    pub(crate) shots: Vec<(Date, &'static Vaccine)>,
    /// Whether the person can no longer decide, as with dementia.
    pub(crate) incapable: bool,
}

impl Course {
    /// Returns the last day on which the person can be seen.
    pub(crate) fn until(&self, window: Window) -> Date {
        self.death.map_or(window.last, |death| death.on)
    }
}

/// Makes a person's course.
pub(crate) fn course(seed: u64, window: Window, person: &Person) -> Course {
    let mut dice = Dice::new(seed, Purpose::Course, person.household, person.member, 0);
    let age = age_on(person.birth, window.last);
    let mut episodes = lifelong(&mut dice, person, window);
    let mut short = passing(&mut dice, person, window);
    episodes.append(&mut short);
    if person.canary.is_some() {
        episodes.insert(0, canary_episode(window));
    }
    let death = if person.canary.is_some() { None } else { death(&mut dice, &episodes, window, age) };
    if let Some(death) = death {
        close(&mut episodes, death);
    }
    let allergies = ALLERGENS.iter().filter(|_| dice.chance(0.025)).collect();
    let until = death.map_or(window.last, |death| death.on);
    let shots = shots(&mut dice, person, window.first, until);
    let incapable = match age {
        ..18 => false,
        18..70 => dice.chance(0.006),
        _ => dice.chance(0.06),
    } && person.canary.is_none();
    Course { episodes, death, allergies, shots, incapable }
}

/// Canaries have a common illness, so that what is said of them clinically does reach the release.
fn canary_episode(window: Window) -> Episode {
    let disease = DISEASES.iter().find(|disease| disease.icd10 == "I10").unwrap_or(&COLD);
    Episode { disease, onset: plus(window.first, -400), end: None, severity: 1.0 }
}

/// Returns how likely an age makes an illness, 1 in its peak years.
fn by_age(disease: &Disease, age: i32) -> f64 {
    let (from, to) = disease.ages;
    let away = f64::from((from - age).max(age - to).max(0));
    (-away / 9.0).exp()
}

fn fits(disease: &Disease, person: &Person) -> f64 {
    match disease.sex {
        None => 1.0,
        Some(sex) if sex == person.sex => 1.0,
        // Gout, osteoporosis, breast cancer: the other sex is struck too, rarely; a prostate it has not.
        Some(_) if disease.icd10 == "C61" => 0.0,
        Some(_) => 0.03,
    }
}

fn lifelong(dice: &mut Dice, person: &Person, window: Window) -> Vec<Episode> {
    let age = age_on(person.birth, window.last);
    let mut episodes = Vec::new();
    for disease in DISEASES.iter().filter(|disease| disease.span == Span::Lifelong) {
        let p = disease.rate / 10_000.0 * by_age(disease, age) * fits(disease, person);
        if dice.chance(p) {
            // Half of them begin while the records run.
            let earliest = plus(window.first, if dice.chance(0.5) { 0 } else { -3000 }).max(plus(person.birth, 30));
            let onset = plus(earliest, dice.between(0, days_between(earliest, plus(window.last, -40))));
            episodes.push(Episode { disease, onset, end: None, severity: (1.0 + 0.35 * dice.normal()).max(0.2) });
        }
    }
    episodes
}

fn passing(dice: &mut Dice, person: &Person, window: Window) -> Vec<Episode> {
    let first = window.first.max(plus(person.birth, 20));
    let days = days_between(first, plus(window.last, -10)).max(0);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand days")]
    let years = days as f64 / 365.25;
    let middle_age = age_on(person.birth, plus(first, days / 2)).max(0);
    let mut episodes = Vec::new();
    for disease in DISEASES.iter().chain([&COLD]) {
        let Span::Days(length) = disease.span else { continue };
        let mut expected = disease.rate / 10_000.0 * years * by_age(disease, middle_age) * fits(disease, person);
        while expected > 0.0 {
            if dice.chance(expected.min(0.9)) {
                let onset = plus(first, dice.between(0, days));
                let end = Some(plus(onset, i64::from(length) + dice.between(-2, 6)));
                episodes.push(Episode { disease, onset, end, severity: (1.0 + 0.4 * dice.normal()).max(0.2) });
            }
            expected -= 0.9;
        }
    }
    if episodes.is_empty() {
        let onset = plus(first, dice.between(0, days));
        episodes.push(Episode { disease: &COLD, onset, end: Some(plus(onset, 8)), severity: 1.0 });
    }
    episodes
}

/// The first illness that kills, if any; the old die of what they have somewhat more often.
fn death(dice: &mut Dice, episodes: &[Episode], window: Window, age: i32) -> Option<Death> {
    let frail = if age >= 80 { 2.8 } else { 1.7 };
    for (cause, episode) in episodes.iter().enumerate() {
        if dice.chance(episode.disease.mortality * frail) {
            let from = plus(episode.onset.max(window.first), 45);
            let (soon, late) = (episode.end, plus(window.last, -8));
            let on = soon.unwrap_or_else(|| plus(from, dice.between(0, days_between(from, late).max(0))));
            if on <= late && on > plus(window.first, 30) {
                return Some(Death { on, cause });
            }
        }
    }
    None
}

/// Drops what would have begun after the death and ends the rest with it.
fn close(episodes: &mut [Episode], death: Death) {
    for (place, episode) in episodes.iter_mut().enumerate() {
        if place == death.cause {
            episode.end = Some(death.on);
        }
    }
}

fn shots(dice: &mut Dice, person: &Person, first: Date, until: Date) -> Vec<(Date, &'static Vaccine)> {
    let mut shots = Vec::new();
    for year in first.year()..=until.year() {
        for vaccine in &VACCINES {
            let Ok(month) = Date::new(year, vaccine.month, 1) else { continue };
            let day = plus(month, dice.between(0, 27));
            let age = age_on(person.birth, day);
            let wanted = match (vaccine.cvx, age) {
                ("141", _) => 0.3,
                ("33", 65..=70) => 0.12,
                ("208", _) if year <= 2024 => 0.35,
                ("03", 1..=6) => 0.3,
                _ => 0.0,
            };
            let fits = (vaccine.ages.0..=vaccine.ages.1).contains(&age) && day >= birthday(person.birth, 1);
            if dice.chance(wanted) && fits && day > first && day < until {
                shots.push((day, vaccine));
            }
        }
    }
    shots
}
