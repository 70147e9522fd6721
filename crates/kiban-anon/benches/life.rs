//! Lives of 100,000 synthetic persons with some 50 events each, made anonymous class by class.
//!
//! `cargo bench -p kiban-anon --bench life` measures one class; `… -- figures PERSONS CLASS K M` measures all and prints what
//! was lost, with `naive` at the end also what usual releases tell an acquaintance.
#![allow(clippy::print_stdout, clippy::cast_possible_truncation, clippy::indexing_slicing, clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use jiff::civil::date;
use kiban_anon::{
    Hierarchy,
    life::{
        CodesAbove, DateUnit, Doubt, Ladder, LifeAccount, LifeAdversary, LifeAnonymity, LifeCheck, LifeClass,
        LifeCodes, LifeDates, ReleasedLives, Success, TrueLives, attack, check_class, choose_rungs, protect,
    },
};

const CODES: u32 = 1_000;
const MONTHS: u32 = 36;
const THREADS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u32) -> u32 {
        (((self.next() >> 32) * u64::from(n)) >> 32) as u32
    }

    /// A code by Zipf's law: the rank r has a weight of 1/r, by rejection-free inversion of the integral.
    fn zipf(&mut self) -> u32 {
        let u = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        ((f64::from(CODES).powf(u)) as u32 - 1).min(CODES - 1)
    }
}

/// 20 chapters of 10 categories of 5 codes; the frequent codes are spread over the chapters.
fn tree() -> Hierarchy {
    let rows: Vec<Vec<String>> = (0..CODES)
        .map(|code| {
            let (chapter, rest) = (code % 20, code / 20);
            vec![
                format!("{chapter:02}{:02}.{}", rest % 10, rest / 10),
                format!("{chapter:02}{:02}", rest % 10),
                format!("{chapter:02}"),
                "*".to_owned(),
            ]
        })
        .collect();
    Hierarchy::from_rows("condition", &["code", "category", "chapter", "all"], &rows).unwrap()
}

fn ladder() -> Ladder {
    let codes = LifeCodes::new("condition_occurrence", &tree(), 2, 1.0).unwrap();
    let dates = LifeDates::new(date(2021, 1, 1), date(2023, 12, 31), DateUnit::Month).unwrap();
    Ladder::new(vec![codes], dates).unwrap()
}

/// A life: one to four chronic codes, treated every one to three months from some month on, and some acute ones.
fn life(dice: &mut Dice, ladder: &Ladder, first_day: i32) -> Vec<u32> {
    let mut kinds = Vec::new();
    let mut event = |code: u32, month: u32| {
        kinds.extend(ladder.kind(0, code, Some(first_day + (f64::from(month) * 30.437) as i32 + 5)));
    };
    for _ in 0..1 + dice.below(4) {
        let code = dice.zipf();
        let every = 1 + dice.below(3);
        let from = if dice.below(2) == 0 { 0 } else { dice.below(MONTHS) };
        (from..MONTHS).step_by(every as usize).for_each(|month| event(code, month));
    }
    for _ in 0..4 + dice.below(12) {
        let (code, month) = (dice.zipf(), dice.below(MONTHS));
        event(code, month);
    }
    kinds
}

fn classes(ladder: &Ladder, persons: u32, class: u32) -> Vec<LifeClass> {
    let first_day = 18_628;
    let numbers: Vec<u32> = (0..persons / class).collect();
    let make = |number: &u32| {
        let mut dice = Dice(u64::from(*number) << 32);
        let lives = (0..class).map(|person| (person, life(&mut dice, ladder, first_day)));
        let events: Vec<(u32, u32)> =
            lives.flat_map(|(person, kinds)| kinds.into_iter().map(move |kind| (person, kind))).collect();
        LifeClass::new(class as usize, &events).unwrap()
    };
    numbers.iter().map(make).collect()
}

fn protect_all(classes: &[LifeClass], ladder: &Ladder, model: &LifeAnonymity) -> (LifeAccount, LifeCheck) {
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut account, mut check) = (LifeAccount::default(), LifeCheck::default());
        while let Some(class) = classes.get(next.fetch_add(1, Ordering::Relaxed)) {
            let protected = protect(class, ladder, model).unwrap();
            account.merge(&protected.account);
            check.merge(&protected.check);
        }
        (account, check)
    };
    let parts: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS.get()).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|w| w.join().unwrap()).collect()
    });
    let (mut account, mut check) = (LifeAccount::default(), LifeCheck::default());
    for (a, c) in parts {
        account.merge(&a);
        check.merge(&c);
    }
    (account, check)
}

fn figures(persons: u32, class: u32, model: &LifeAnonymity) {
    let ladder = ladder();
    let start = Instant::now();
    let classes = classes(&ladder, persons, class);
    let events: usize = classes.iter().map(|c| c.kinds().len()).sum();
    println!(
        "{persons} persons in classes of {class}, {events} events, made in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    let sample = &classes[..classes.len().min(2)];
    let (ladder, trials) = choose_rungs(ladder, sample, model, THREADS).unwrap();
    for trial in &trials {
        println!(
            "  wanted {:6}: loss {:.4}, {:.1} % suppressed",
            trial.wanted,
            trial.account.loss(),
            share(&trial.account)
        );
    }
    println!("rungs chosen in {:.1} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let (account, check) = protect_all(&classes, &ladder, model);
    println!("protected and checked in {:.1} s: loss {:.4}", start.elapsed().as_secs_f64(), account.loss());
    println!("{account:?}\n{check:?}");
    if words_say("naive") {
        naive(&classes, &ladder, model);
    }
}

/// What is usually done: nothing beyond demographics, or only that codes and months of few persons are left out.
fn naive(classes: &[LifeClass], ladder: &Ladder, model: &LifeAnonymity) {
    let mut support = BTreeMap::new();
    for class in classes {
        for person in 0..class.persons() {
            let mut kinds = class.kinds()[class.events(person)].to_vec();
            kinds.sort_unstable();
            kinds.dedup();
            kinds.into_iter().for_each(|kind| *support.entry(kind).or_insert(0_u32) += 1);
        }
    }
    let class = &classes[0];
    let kept = vec![true; class.persons()];
    let own = |kind: &u32| ladder.finest(*kind);
    let frequent = |kind: &u32| own(kind).filter(|_| support[kind] >= 10);
    let protected = protect(class, ladder, model).unwrap().labels;
    for (name, labels) in [
        ("as they were, by month", class.kinds().iter().map(own).collect::<Vec<_>>()),
        ("code and month of fewer than 10 persons left out", class.kinds().iter().map(frequent).collect()),
        ("protected", protected),
    ] {
        let start = Instant::now();
        let check = check_class(class, &labels, &kept, model).unwrap();
        let left = labels.iter().filter(|label| label.is_none()).count() as f64 / labels.len() as f64;
        println!(
            "{name}: {:.1} % of events left out, {} of {} persons at risk, counted in {:.2} s",
            left * 100.0,
            check.concerned,
            check.persons,
            start.elapsed().as_secs_f64()
        );
        for (date, level) in [(DateUnit::Month, 0), (DateUnit::Window, 0), (DateUnit::Year, 1)] {
            let success = hunt(class, ladder, &labels, model, (date, level));
            println!(
                "    events known to the {date:?}, code {level} levels up: {:.4} named rightly, at worst {:.3}",
                success.mean, success.worst
            );
        }
    }
}

/// Attacks one class; codes are numbered by the labels of the tree.
fn hunt(
    class: &LifeClass,
    ladder: &Ladder,
    labels: &[Option<u32>],
    model: &LifeAnonymity,
    (date, level): (DateUnit, usize),
) -> Success {
    let mut number: BTreeMap<String, u32> = BTreeMap::new();
    let mut above = CodesAbove::new();
    let tree = tree();
    for level in tree.levels() {
        for label in level.labels() {
            let next = number.len() as u32;
            number.insert(label.clone(), next);
        }
    }
    above.resize(number.len(), Vec::new());
    for leaf in 0..CODES {
        let path: Vec<u32> = (0..3).map(|level| number[tree.label(level, leaf).unwrap()]).collect();
        (0..3).for_each(|level| above[path[level] as usize] = path[level..].to_vec());
    }
    let persons: Vec<u32> = (0..class.persons() as u32).collect();
    let person: Vec<u32> = persons.iter().flat_map(|p| class.events(*p as usize).map(move |_| *p)).collect();
    let truth: Vec<_> = class.kinds().iter().map(|kind| ladder.read(ladder.finest(*kind).unwrap()).unwrap()).collect();
    let rows: Vec<_> = person.iter().zip(labels).filter_map(|(p, l)| Some((*p, ladder.read((*l)?)?))).collect();
    let all = vec![0; persons.len()];
    let adversary = LifeAdversary {
        key: b"bench",
        targets: 300,
        known: model.known as usize,
        level,
        date,
        shift: 0,
        doubt: Doubt::DropsFacts,
    };
    attack(
        &adversary,
        &TrueLives {
            class: &all,
            person: &person,
            code: &truth.iter().map(|label| number[label.code]).collect::<Vec<_>>(),
            day: &truth.iter().map(|label| label.days.map(|days| days.0 + 5)).collect::<Vec<_>>(),
        },
        &ReleasedLives {
            class: &all,
            who: &persons,
            person: &rows.iter().map(|row| row.0).collect::<Vec<_>>(),
            code: &rows.iter().map(|row| number[row.1.code]).collect::<Vec<_>>(),
            days: &rows.iter().map(|row| row.1.days).collect::<Vec<_>>(),
        },
        &above,
    )
    .unwrap()
}

fn words_say(word: &str) -> bool {
    std::env::args().any(|said| said == word)
}

fn share(account: &LifeAccount) -> f64 {
    account.suppressed as f64 * 100.0 / account.events as f64
}

/// One class of 4,000 persons at k = 5 and m = 2 and 3, on one thread, with its proof.
#[divan::bench(args = [2, 3], sample_count = 3, sample_size = 1)]
fn a_class_of_4_000_persons(bencher: divan::Bencher<'_, '_>, known: u32) {
    let model = LifeAnonymity::new(5, known);
    let ladder = ladder();
    let classes = classes(&ladder, 4_000, 4_000);
    let (ladder, _) = choose_rungs(ladder, &classes, &model, THREADS).unwrap();
    bencher.bench(|| protect(&classes[0], &ladder, &model));
}

/// The proof alone, on events as they were.
#[divan::bench(args = [2, 3], sample_count = 3, sample_size = 1)]
fn check_4_000_persons_as_they_were(bencher: divan::Bencher<'_, '_>, known: u32) {
    let ladder = ladder();
    let class = classes(&ladder, 4_000, 4_000).remove(0);
    let labels: Vec<_> = class.kinds().iter().map(|kind| ladder.finest(*kind)).collect();
    let kept = vec![true; class.persons()];
    bencher.bench(|| check_class(&class, &labels, &kept, &LifeAnonymity::new(5, known)));
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if let Some(at) = words.iter().position(|word| word == "figures") {
        let number = |place: usize, usual| words.get(at + place).and_then(|w| w.parse().ok()).unwrap_or(usual);
        figures(number(1, 100_000), number(2, 4_000), &LifeAnonymity::new(number(3, 5), number(4, 2)));
        return;
    }
    divan::main();
}
