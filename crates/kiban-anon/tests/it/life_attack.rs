//! An adversary against the lives of 100,000 made persons: written from the promise alone, it knows neither the making nor
//! `attack.rs`, and finds by an inverted index who agrees with what is known.
//!
//! In the dev profile one small class is looked at; `cargo nextest run --release -p kiban-anon life_attack` looks at all.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    thread,
};

use jiff::civil::date;
use kiban_anon::{
    Hierarchy,
    life::{DateUnit, Ladder, LifeAnonymity, LifeClass, LifeCodes, LifeDates, choose_rungs, protect},
};

const K: u32 = 5;
/// Whether the promised size is tried: 100,000 persons in classes of 4,000.
const WHOLE: bool = !cfg!(debug_assertions);
const CLASS: u32 = if WHOLE { 4_000 } else { 300 };
const CODES: u32 = 400;
const MONTHS: u32 = 24;
const FIRST_DAY: i32 = 18_628;
/// Persons looked for in each class.
const TARGETS: u32 = if WHOLE { 100 } else { 50 };

/// A linear congruential generator (Knuth's MMIX), of which the upper bits are taken.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(((self.0 >> 32) * u64::from(n)) >> 32).unwrap()
    }

    /// Small numbers far more often than large ones.
    fn code(&mut self) -> u32 {
        let most = 1 + self.below(CODES);
        let less = 1 + self.below(most);
        self.below(less)
    }
}

/// An event that happened: code and month.
type Event = (u32, u32);

/// Some months of treatment of one or two lasting diseases, and a few other events.
fn life(dice: &mut Dice) -> Vec<Event> {
    let mut events = Vec::new();
    for _ in 0..1 + dice.below(2) {
        let (code, from, every) = (dice.code(), dice.below(MONTHS), 1 + dice.below(3));
        events.extend((from..MONTHS).step_by(every as usize).map(|month| (code, month)));
    }
    events.extend((0..3 + dice.below(6)).map(|_| (dice.code(), dice.below(MONTHS))));
    events
}

fn name(code: u32, level: usize) -> String {
    [format!("{:02}.{code}", code % 16), format!("{:02}", code % 16), "*".to_owned()][level].clone()
}

fn ladder() -> Ladder {
    let rows: Vec<Vec<String>> = (0..CODES).map(|code| (0..3).map(|level| name(code, level)).collect()).collect();
    let tree = Hierarchy::from_rows("code", &["code", "chapter", "all"], &rows).unwrap();
    let dates = LifeDates::new(date(2021, 1, 1), date(2022, 12, 31), DateUnit::Month).unwrap();
    Ladder::new(vec![LifeCodes::new("events", &tree, 1, 1.0).unwrap()], dates).unwrap()
}

fn day(month: u32) -> i32 {
    FIRST_DAY + (f64::from(month) * 30.437) as i32 + 5
}

/// What the recipient sees of a row: the code or chapter, and the days it may have been.
type Row = (String, (i32, i32));

/// Finds, for each code or chapter and each span of days, who has such a row.
struct Index<'a> {
    rows: &'a [Vec<Row>],
    holders: BTreeMap<&'a str, BTreeMap<(i32, i32), BTreeSet<usize>>>,
}

impl<'a> Index<'a> {
    fn of(rows: &'a [Vec<Row>]) -> Self {
        let mut holders: BTreeMap<&str, BTreeMap<(i32, i32), BTreeSet<usize>>> = BTreeMap::new();
        for (person, rows) in rows.iter().enumerate() {
            for (told, days) in rows {
                holders.entry(told).or_default().entry(*days).or_default().insert(person);
            }
        }
        Self { rows, holders }
    }

    /// Returns who has a row that may be the event.
    fn may_have(&self, (code, month): Event) -> BTreeSet<usize> {
        let spans = (0..2).filter_map(|level| self.holders.get(name(code, level).as_str())).flatten();
        spans
            .filter(|((first, last), _)| (*first..=*last).contains(&day(month)))
            .flat_map(|(_, who)| who.iter().copied())
            .collect()
    }

    /// Returns who may have all the known events, each on a row of its own.
    fn agree(&self, known: &[Event]) -> Vec<usize> {
        let each = known.iter().map(|event| self.may_have(*event));
        let all = each.reduce(|one, other| one.intersection(&other).copied().collect()).unwrap_or_default();
        all.into_iter().filter(|person| fits(known, &self.rows[*person], &mut Vec::new())).collect()
    }
}

/// Gives each event a row that no other has, in every way.
fn fits(known: &[Event], rows: &[Row], taken: &mut Vec<usize>) -> bool {
    let Some(((code, month), rest)) = known.split_first() else { return true };
    (0..rows.len()).any(|place| {
        let (told, (first, last)) = &rows[place];
        let may_be = (0..2).any(|level| *told == name(*code, level)) && (*first..=*last).contains(&day(*month));
        if !may_be || taken.contains(&place) {
            return false;
        }
        taken.push(place);
        let found = fits(rest, rows, taken);
        taken.pop();
        found
    })
}

/// The chances to name the right person, summed, and the best of them.
#[derive(Default, Clone, Copy)]
struct Chances {
    targets: u32,
    sum: f64,
    best: f64,
}

impl Chances {
    fn note(&mut self, agree: &[usize], target: usize) {
        let chance = if agree.contains(&target) { 1.0 / agree.len() as f64 } else { 0.0 };
        (self.targets, self.sum, self.best) = (self.targets + 1, self.sum + chance, self.best.max(chance));
    }

    fn mean(&self) -> f64 {
        self.sum / f64::from(self.targets)
    }
}

/// Looks for persons of one class of whom `known` events are known, drawn from all that happened to them.
fn hunt(lives: &[Vec<Event>], rows: &[Vec<Row>], known: u32, dice: &mut Dice, into: &mut Chances) {
    let index = Index::of(rows);
    for _ in 0..TARGETS {
        let target = dice.below(CLASS) as usize;
        let mut events = lives[target].clone();
        let facts: Vec<Event> = (0..known.min(u32::try_from(events.len()).unwrap()))
            .map(|_| events.swap_remove(dice.below(u32::try_from(events.len()).unwrap()) as usize))
            .collect();
        let agree = index.agree(&facts);
        into.note(&agree, target);
        // Whoever finds nobody may take it that something was left out, and believe the rest.
        for left_out in (0..facts.len()).filter(|_| agree.is_empty() && facts.len() > 1) {
            let rest = [&facts[..left_out], &facts[left_out + 1..]].concat();
            into.note(&index.agree(&rest), target);
        }
    }
}

/// What is told of a class, person by person.
fn told(class: &LifeClass, ladder: &Ladder, labels: &[Option<u32>]) -> Vec<Vec<Row>> {
    let row = |label: &Option<u32>| {
        let label = ladder.read((*label)?)?;
        Some((label.code.to_owned(), label.days.unwrap()))
    };
    (0..class.persons()).map(|person| labels[class.events(person)].iter().filter_map(row).collect()).collect()
}

fn class_of(ladder: &Ladder, lives: &[Vec<Event>]) -> LifeClass {
    let kind = |(code, month): &Event| ladder.kind(0, *code, Some(day(*month))).unwrap();
    let events: Vec<(u32, u32)> =
        (0_u32..).zip(lives).flat_map(|(person, life)| life.iter().map(move |event| (person, kind(event)))).collect();
    LifeClass::new(lives.len(), &events).unwrap()
}

/// What three ways of release let an adversary find: demographics alone, rare events dropped besides, and lives protected.
fn compare(number: u32, known: u32, ladder: &Ladder, chances: &mut [Chances; 3]) {
    let mut dice = Dice(u64::from(number) << 8 | u64::from(known));
    let lives: Vec<Vec<Event>> = (0..CLASS).map(|_| life(&mut dice)).collect();
    let class = class_of(ladder, &lives);
    let own: Vec<Option<u32>> = class.kinds().iter().map(|kind| ladder.finest(*kind)).collect();
    let mut holders: BTreeMap<u32, u32> = BTreeMap::new();
    class.kinds().iter().for_each(|kind| *holders.entry(*kind).or_default() += 1);
    let frequent: Vec<Option<u32>> =
        class.kinds().iter().zip(&own).map(|(kind, own)| own.filter(|_| holders[kind] >= 10)).collect();
    let made = protect(&class, ladder, &LifeAnonymity::new(K, known)).unwrap();
    let left = made.account.events - made.account.suppressed;
    assert!(!WHOLE || left > made.account.events / 2, "a release of nothing protects well");
    for (labels, chances) in [own, frequent, made.labels].iter().zip(chances) {
        hunt(&lives, &told(&class, ladder, labels), known, &mut Dice(u64::from(number)), chances);
    }
}

fn attack(known: u32) {
    let classes = if WHOLE { 100_000 / CLASS } else { 1 };
    let mut dice = Dice(u64::from(known));
    let sample: Vec<Vec<Event>> = (0..CLASS).map(|_| life(&mut dice)).collect();
    let ladder = ladder();
    let tried = [class_of(&ladder, &sample)];
    let two = 2.try_into().unwrap();
    let ladder = choose_rungs(ladder, &tried, &LifeAnonymity::new(K, known), two).unwrap().0;
    let all = Mutex::new([Chances::default(); 3]);
    thread::scope(|scope| {
        for worker in 0..2 {
            let (ladder, all) = (&ladder, &all);
            scope.spawn(move || {
                for number in (worker..classes).step_by(2) {
                    let mut chances = [Chances::default(); 3];
                    compare(number, known, ladder, &mut chances);
                    for (sum, part) in all.lock().unwrap().iter_mut().zip(chances) {
                        sum.targets += part.targets;
                        sum.sum += part.sum;
                        sum.best = sum.best.max(part.best);
                    }
                }
            });
        }
    });
    let [demographics, frequent, protected] = all.into_inner().unwrap();
    let limit = 1.0 / f64::from(K);
    assert!(protected.mean() > 0.0 && protected.mean() <= limit, "{}", protected.mean());
    assert!(protected.best <= limit + 1e-9, "somebody is found with {}", protected.best);
    assert!(demographics.best > 0.99, "demographics alone break, if not at {}", demographics.best);
    assert!(demographics.mean() > 2.0 * protected.mean(), "{} against {}", demographics.mean(), protected.mean());
    if known == 1 {
        assert!(frequent.best <= limit, "of a single event a floor is enough");
    } else if WHOLE {
        assert!(demographics.mean() > limit, "{}", demographics.mean());
        assert!(frequent.best > 0.99, "to drop rare events breaks, if not at {}", frequent.best);
        assert!(frequent.mean() > 2.0 * protected.mean(), "{} against {}", frequent.mean(), protected.mean());
    }
}

#[test]
fn who_knows_an_event_finds_nobody_better_than_one_in_k() {
    attack(1);
}

#[test]
fn who_knows_two_events_finds_nobody_better_than_one_in_k() {
    attack(2);
}

/// In the release profile alone: so small a class tells next to nothing where three events are known.
#[test]
fn who_knows_three_events_finds_nobody_better_than_one_in_k() {
    if WHOLE {
        attack(3);
    }
}
