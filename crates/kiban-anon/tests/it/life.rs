//! Lives: the checker against every set tried, the making against the definition, and adversaries against the result.

use std::{collections::BTreeSet, num::NonZeroUsize};

use jiff::civil::date;
use kiban_anon::{
    Hierarchy,
    life::{
        CodesAbove, ConfidenceCheck, DateUnit, Doubt, Ladder, LifeAdversary, LifeAnonymity, LifeClass, LifeCodes,
        LifeDates, Lives, Protected, ReleasedLives, TrueLives, attack, check_class, check_class_confidence,
        check_confidence, check_lives, choose_rungs, protect,
    },
};
use proptest::prelude::*;

const ONE: NonZeroUsize = NonZeroUsize::MIN;
const FIRST_DAY: i32 = 18_628;

/// Six codes in two groups, over the four months from January 2021.
fn ladder() -> Ladder {
    let rows = ["A1", "A2", "A3", "B1", "B2", "C1"].map(|code| vec![code.to_owned(), code[..1].to_owned(), "*".into()]);
    let tree = Hierarchy::from_rows("code", &["code", "group", "all"], &rows).unwrap();
    let dates = LifeDates::new(date(2021, 1, 1), date(2021, 4, 30), DateUnit::Month).unwrap();
    Ladder::new(vec![LifeCodes::new("events", &tree, 2, 1.0).unwrap()], dates).unwrap()
}

/// Persons' events as (code, month); in small numbers much is shared and much is not.
fn lives(persons: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Vec<(u32, i32)>>> {
    let event = (prop_oneof![4 => 0_u32..1, 2 => 0_u32..2, 1 => 0_u32..6], 0_i32..4);
    proptest::collection::vec(proptest::collection::vec(event, 0..6), persons)
}

fn day(month: i32) -> i32 {
    FIRST_DAY + month * 30 + 3
}

fn class(ladder: &Ladder, lives: &[Vec<(u32, i32)>]) -> LifeClass {
    let kinds = |(person, life): (u32, &Vec<(u32, i32)>)| -> Vec<(u32, u32)> {
        life.iter().map(|(code, month)| (person, ladder.kind(0, *code, Some(day(*month))).unwrap())).collect()
    };
    LifeClass::new(lives.len(), &(0_u32..).zip(lives).flat_map(kinds).collect::<Vec<_>>()).unwrap()
}

/// Returns the class, and the ladder as it is or as chosen by it.
fn prepared(lives: &[Vec<(u32, i32)>], model: &LifeAnonymity, choose: bool) -> (Ladder, LifeClass) {
    let class = class(&ladder(), lives);
    if !choose {
        return (ladder(), class);
    }
    (choose_rungs(ladder(), std::slice::from_ref(&class), model, ONE).unwrap().0, class)
}

/// Every set of at most `known` items of every person, with how many hold it.
fn supports(lives: &[BTreeSet<u32>], known: u32) -> Vec<(BTreeSet<u32>, usize)> {
    let mut sets: BTreeSet<BTreeSet<u32>> = BTreeSet::new();
    for life in lives {
        let items: Vec<u32> = life.iter().copied().collect();
        for chosen in 0_u32..1 << items.len() {
            if chosen.count_ones() <= known {
                sets.insert((0..items.len()).filter(|i| chosen >> i & 1 == 1).map(|i| items[i]).collect());
            }
        }
    }
    let holders = |set: &BTreeSet<u32>| lives.iter().filter(|life| set.is_subset(life)).count();
    sets.into_iter().map(|set| (set.clone(), holders(&set))).collect()
}

/// The confidences by definition: each sensitive group, each set of other items that a person of the group has.
fn sureness(lives: &[BTreeSet<u32>], groups: &[Vec<u32>], model: &LifeAnonymity) -> ConfidenceCheck {
    let mut check = ConfidenceCheck::default();
    for group in groups {
        let has: Vec<bool> = lives.iter().map(|life| life.iter().any(|item| group.contains(item))).collect();
        let others: Vec<BTreeSet<u32>> =
            lives.iter().map(|life| life.iter().copied().filter(|item| !group.contains(item)).collect()).collect();
        for (set, holders) in supports(&others, model.known) {
            let sure = others.iter().zip(&has).filter(|(life, has)| **has && set.is_subset(life)).count();
            if sure > 0 {
                check.sets += 1;
                check.violations += u64::from(sure as f64 > model.confidence * holders as f64 + 1e-9);
                check.surest = check.surest.max(sure as f64 / holders as f64);
            }
        }
    }
    check
}

/// Two sensitive groups: one code, and all codes and the group of B.
fn sensitive(ladder: Ladder) -> Ladder {
    ladder.with_sensitive(2, |group, table, code| table == "events" && code.starts_with(["A2", "B"][group]))
}

/// What is released of each person, as items: a label, and how many times.
fn items(class: &LifeClass, labels: &[Option<u32>], counted: u32) -> Vec<BTreeSet<u32>> {
    let of = |person: usize| {
        let mut items = BTreeSet::new();
        for label in labels[class.events(person)].iter().flatten() {
            let free = (0..counted).map(|times| label * 8 + times).find(|item| !items.contains(item));
            items.extend(free);
        }
        items
    };
    (0..class.persons()).map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_checker_counts_what_trying_every_set_counts(
        lives in proptest::collection::vec(proptest::collection::btree_set(0_u32..9, 0..7), 0..9),
        k in 1_u32..5, known in 1_u32..=4, threads in 1_usize..4,
    ) {
        let given: Vec<Vec<u32>> = lives.iter().map(|life| life.iter().copied().collect()).collect();
        let model = LifeAnonymity::new(k, known);
        let check = check_lives(&Lives::new(&given).unwrap(), &model, NonZeroUsize::new(threads).unwrap()).unwrap();
        let supports = supports(&lives, known);
        let bad: Vec<_> = supports.iter().filter(|s| s.1 < k as usize).collect();
        let concerned = lives.iter().filter(|life| bad.iter().any(|(set, _)| set.is_subset(life))).count();
        prop_assert_eq!(check.violations, bad.len() as u64);
        prop_assert_eq!(check.concerned, concerned as u64);
        prop_assert_eq!(check.smallest.map(|s| s as usize), supports.iter().map(|s| s.1).min());
        prop_assert_eq!(check.witnesses.len(), bad.len().min(8));
        for witness in &check.witnesses {
            let found = bad.iter().find(|(set, _)| set.iter().eq(&witness.items)).map(|(_, n)| *n);
            prop_assert_eq!(found, Some(witness.support as usize));
        }
        let alone = check_lives(&Lives::new(&given).unwrap(), &model, ONE).unwrap();
        prop_assert_eq!(check, alone);
    }

    #[test]
    fn what_is_released_is_true_and_shared(lives in lives(0..14), k in 1_u32..5, known in 1_u32..=4, choose: bool) {
        let model = LifeAnonymity::new(k, known);
        let (ladder, class) = prepared(&lives, &model, choose);
        let Protected { labels, kept, account, check, .. } = protect(&class, &ladder, &model).unwrap();
        prop_assert!(check.holds());
        prop_assert_eq!(labels.len(), class.kinds().len());
        let released = items(&class, &labels, model.counted);
        let enough = lives.len() >= k as usize;
        prop_assert!(kept.iter().all(|kept| *kept == enough));
        prop_assert!(!enough || supports(&released, known).iter().all(|s| s.1 >= k as usize));
        for ((code, month), label) in lives.iter().flatten().zip(&labels) {
            let Some(label) = label.map(|label| ladder.read(label).unwrap()) else { continue };
            let (first, last) = label.days.unwrap();
            prop_assert!((first..=last).contains(&day(*month)));
            let own = ["A1", "A2", "A3", "B1", "B2", "C1"][*code as usize];
            prop_assert!(label.code == "*" || own.starts_with(label.code), "{own} is no {}", label.code);
        }
        prop_assert_eq!(account.whole + account.suppressed <= account.events, true);
        prop_assert!((0.0..=1.0).contains(&account.loss()));
        prop_assert_eq!(account.suppressed as usize, labels.iter().filter(|l| l.is_none()).count());
    }

    #[test]
    fn nothing_could_be_given_back(lives in lives(6..14), k in 2_u32..4, known in 1_u32..=3, choose: bool) {
        let model = LifeAnonymity::new(k, known);
        let (ladder, class) = prepared(&lives, &model, choose);
        let labels = protect(&class, &ladder, &model).unwrap().labels;
        let released = items(&class, &labels, known);
        for label in labels_of(&ladder) {
            let item = label * 8;
            let waits = |person: usize| class.events(person).any(|event| {
                labels[event].is_none() && covers(&ladder, label, lives.iter().flatten().nth(event).unwrap())
            });
            let mut group: Vec<usize> =
                (0..lives.len()).filter(|p| released[*p].contains(&item) || waits(*p)).collect();
            loop {
                let members: Vec<BTreeSet<u32>> = group.iter().map(|p| {
                    let mut life = released[*p].clone();
                    life.remove(&item);
                    life
                }).collect();
                let rare: Vec<_> = supports(&members, known - 1).into_iter().filter(|s| s.1 < k as usize).collect();
                let before = group.len();
                let mut place = 0;
                group.retain(|_| { place += 1; !rare.iter().any(|(set, _)| set.is_subset(&members[place - 1])) });
                if group.len() == before { break }
            }
            prop_assert!(group.iter().all(|p| released[*p].contains(&item)), "{label} could be given to {group:?}");
        }
    }

    #[test]
    fn confidences_are_counted_as_by_trying_all_sets(
        given in proptest::collection::vec(proptest::collection::btree_set(0_u32..7, 0..5), 0..12),
        known in 1_u32..=4, confidence in 0.1_f64..1.0,
    ) {
        let lives: Vec<Vec<u32>> = given.iter().map(|life| life.iter().copied().collect()).collect();
        let model = LifeAnonymity { confidence, ..LifeAnonymity::new(2, known) };
        let groups = [vec![0], vec![1, 5], vec![9]];
        let check = check_confidence(&Lives::new(&lives).unwrap(), &groups, &model).unwrap();
        prop_assert_eq!(check, sureness(&given, &groups, &model));
    }

    #[test]
    fn nothing_sensitive_follows_too_surely(
        lives in lives(0..14), k in 1_u32..4, known in 1_u32..=3, confidence in 0.1_f64..1.0,
    ) {
        let model = LifeAnonymity { confidence, ..LifeAnonymity::new(k, known) };
        let ladder = sensitive(ladder());
        let class = class(&ladder, &lives);
        let made = protect(&class, &ladder, &model).unwrap();
        let released = items(&class, &made.labels, model.counted);
        if lives.len() >= k as usize {
            prop_assert!(supports(&released, known).iter().all(|s| s.1 >= k as usize));
            let groups = ["A2", "B"].map(|code| {
                let speaks = |item: &u32| ladder.read(item / 8).unwrap().code.starts_with(code);
                released.iter().flatten().copied().filter(speaks).collect::<Vec<_>>()
            });
            prop_assert_eq!(made.confidence, sureness(&released, &groups, &model));
        }
        prop_assert!(made.confidence.holds());
        let free = protect(&class, &ladder, &LifeAnonymity::new(k, known)).unwrap();
        prop_assert_eq!(free.labels, protect(&class, &self::ladder(), &LifeAnonymity::new(k, known)).unwrap().labels);
    }

    #[test]
    fn the_order_of_persons_does_not_matter(lives in lives(4..12), k in 2_u32..4, turn in 1_usize..4) {
        let (ladder, model) = (ladder(), LifeAnonymity::new(k, 2));
        let release = |lives: &[Vec<(u32, i32)>]| {
            let class = class(&ladder, lives);
            let labels = protect(&class, &ladder, &model).unwrap().labels;
            (0..lives.len()).map(|p| labels[class.events(p)].to_vec()).collect::<Vec<_>>()
        };
        let mut turned = lives.clone();
        turned.rotate_left(turn);
        let mut expected = release(&lives);
        expected.rotate_left(turn);
        prop_assert_eq!(release(&turned), expected);
    }

    #[test]
    fn no_adversary_does_better_than_one_in_k(
        lives in lives(6..14), k in 2_u32..5, known in 1_usize..=3, level in 0_usize..3, shift in 0_i32..40, fine: bool,
    ) {
        let ladder = ladder();
        let class = class(&ladder, &lives);
        let model = LifeAnonymity::new(k, u32::try_from(known).unwrap());
        let labels = protect(&class, &ladder, &model).unwrap().labels;
        for doubt in [Doubt::GivesUp, Doubt::DropsFacts] {
            let date = if fine { DateUnit::Day } else { DateUnit::Quarter };
            let adversary = LifeAdversary { key: b"test", targets: 30, known, level, date, shift, doubt };
            let success = hunt(&adversary, &ladder, &class, &lives, &labels);
            prop_assert!(success.worst <= 1.0 / f64::from(k) + 1e-12 && success.mean <= success.worst + 1e-12);
        }
    }
}

fn labels_of(ladder: &Ladder) -> Vec<u32> {
    (0..10_000).filter(|label| ladder.read(*label).is_some()).collect()
}

const NAMES: [&str; 10] = ["A1", "A2", "A3", "B1", "B2", "C1", "A", "B", "C", "*"];

fn covers(ladder: &Ladder, label: u32, (code, month): &(u32, i32)) -> bool {
    let says = ladder.read(label).unwrap();
    let start = usize::from(ladder.starts()[*code as usize]);
    let tried = ladder.rungs(0)[start..].iter().any(|rung| {
        let name = [NAMES[*code as usize], &NAMES[*code as usize][..1], "*"][usize::from(rung.level)];
        name == says.code && rung.unit == says.unit
    });
    tried && says.days.is_some_and(|(first, last)| (first..=last).contains(&day(*month)))
}

fn hunt(
    adversary: &LifeAdversary<'_>,
    ladder: &Ladder,
    class: &LifeClass,
    lives: &[Vec<(u32, i32)>],
    labels: &[Option<u32>],
) -> kiban_anon::life::Success {
    let number = |name: &str| u32::try_from(NAMES.iter().position(|n| *n == name).unwrap()).unwrap();
    let codes: CodesAbove = NAMES
        .iter()
        .map(|name| {
            let mut above = vec![number(name), number(&name[..1]), number("*")];
            above.dedup();
            above
        })
        .collect();
    let person: Vec<u32> = (0_u32..).zip(lives).flat_map(|(p, life)| std::iter::repeat_n(p, life.len())).collect();
    let code: Vec<u32> = lives.iter().flatten().map(|(code, _)| *code).collect();
    let days: Vec<Option<i32>> = lives.iter().flatten().map(|(_, month)| Some(day(*month))).collect();
    let rows: Vec<(u32, kiban_anon::life::LifeLabel<'_>)> =
        person.iter().zip(labels).filter_map(|(p, label)| Some((*p, ladder.read((*label)?)?))).collect();
    let all = vec![0; class.persons()];
    let who: Vec<u32> = (0..u32::try_from(lives.len()).unwrap()).collect();
    attack(
        adversary,
        &TrueLives { class: &all, person: &person, code: &code, day: &days },
        &ReleasedLives {
            class: &all,
            who: &who,
            person: &rows.iter().map(|r| r.0).collect::<Vec<_>>(),
            code: &rows.iter().map(|r| number(r.1.code)).collect::<Vec<_>>(),
            days: &rows.iter().map(|r| r.1.days).collect::<Vec<_>>(),
        },
        &codes,
    )
    .unwrap()
}

#[test]
fn a_release_broken_on_purpose_is_refused() {
    let (ladder, model) = (ladder(), LifeAnonymity::new(3, 2));
    let lives: Vec<Vec<(u32, i32)>> = (0..6).map(|_| vec![(0, 0), (3, 1)]).collect();
    let class = class(&ladder, &lives);
    let Protected { mut labels, mut kept, account, .. } = protect(&class, &ladder, &model).unwrap();
    assert_eq!((account.whole, account.suppressed), (12, 0), "all six are alike");
    labels[0] = labels[1];
    let check = check_class(&class, &labels, &kept, &model).unwrap();
    assert_eq!((check.holds(), check.concerned, check.smallest), (false, 1, Some(1)), "nobody else has it twice");
    labels[0] = None;
    assert!(check_class(&class, &labels, &kept, &model).unwrap().holds());
    kept[..4].fill(false);
    let check = check_class(&class, &labels, &kept, &model).unwrap();
    assert_eq!((check.concerned, check.smallest), (2, Some(2)), "two persons are no class of three");
}

#[test]
fn what_follows_too_surely_is_refused_and_taken_back() {
    // Of ten persons with A1 in January six have B1 as well: A1 tells it with a confidence of 0.6.
    let lives: Vec<Vec<(u32, i32)>> = (0..20)
        .map(|p| {
            if p < 6 {
                vec![(0, 0), (3, 0)]
            } else if p < 10 {
                vec![(0, 0)]
            } else {
                Vec::new()
            }
        })
        .collect();
    let ladder = sensitive(ladder());
    let class = class(&ladder, &lives);
    let free = protect(&class, &ladder, &LifeAnonymity::new(2, 1)).unwrap();
    assert_eq!((free.confidence.surest, free.account.suppressed), (0.6, 0));
    let model = LifeAnonymity { confidence: 0.5, ..LifeAnonymity::new(2, 1) };
    let check = check_class_confidence(&class, &ladder, &free.labels, &free.kept, &model).unwrap();
    assert_eq!((check.holds(), check.violations, check.surest), (false, 1, 0.6));
    let bound = protect(&class, &ladder, &model).unwrap();
    assert_eq!((bound.confidence.surest, bound.account.suppressed), (0.5, 1), "one of the six loses it");
    // At one in five, two persons may keep it; three at least must share what is told.
    let model = LifeAnonymity { confidence: 0.2, ..LifeAnonymity::new(3, 1) };
    assert_eq!(protect(&class, &ladder, &model).unwrap().account.suppressed, 6, "two persons are no company of three");
}

#[test]
fn the_rungs_are_chosen_by_what_they_lose() {
    let (ladder, model) = (ladder(), LifeAnonymity::new(4, 2));
    let lives: Vec<Vec<(u32, i32)>> = (0..12_u32).map(|p| vec![(0, 0), (1 + p % 2, p.cast_signed() % 4)]).collect();
    let class = class(&ladder, &lives);
    let (chosen, trials) = choose_rungs(ladder, std::slice::from_ref(&class), &model, ONE).unwrap();
    let best = trials.iter().map(|t| t.account.loss()).fold(1.0, f64::min);
    assert_eq!(trials.iter().map(|t| t.wanted).collect::<Vec<_>>(), [6, 4]);
    assert_eq!(protect(&class, &chosen, &model).unwrap().account.loss(), best);
    assert_eq!(chosen.starts()[0], 0, "the first code is shared by all to the month");
    assert!(chosen.starts()[1] > 0, "three persons share each of the others in a month");
}

#[test]
fn nonsense_is_refused() {
    let class = LifeClass::new(1, &[(0, 900)]).unwrap();
    assert!(protect(&class, &ladder(), &LifeAnonymity::new(2, 2)).is_err(), "no such kind");
    let sure = LifeAnonymity { confidence: 0.0, ..LifeAnonymity::new(2, 2) };
    for model in [LifeAnonymity::new(0, 2), LifeAnonymity::new(2, 0), LifeAnonymity::new(2, 5), sure] {
        assert!(protect(&LifeClass::default(), &ladder(), &model).is_err());
    }
    assert!(LifeClass::new(2, &[(1, 0), (0, 0)]).is_err() && LifeClass::new(1, &[(1, 0)]).is_err());
    assert!(LifeDates::new(date(2021, 1, 2), date(2021, 1, 1), DateUnit::Day).is_err());
    assert_eq!(ladder().kind(0, 6, Some(FIRST_DAY)), None);
    assert_eq!(ladder().kind(0, 0, Some(FIRST_DAY - 1)), None);
}
