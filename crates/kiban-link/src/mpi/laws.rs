//! Laws of identity in time, on generated logs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use kiban_core::{Moment, PatientRef, PersonKey, keyed_u64};
use proptest::prelude::*;

use super::{
    Author, Decided, Event, EventId, Fault, Growing, Index, KeyChange, ModelVersion, Must, Pair, ReasonCode, What,
    replay, tell,
    text::{self, Lang},
    told,
};
use crate::{Registration, Settings, link};

fn patient(number: i64) -> PatientRef {
    PatientRef::new(number).unwrap()
}

fn pair(left: i64, right: i64) -> Pair {
    Pair::new(patient(left), patient(right)).unwrap()
}

fn mint(founder: PatientRef, nth: u32) -> PersonKey {
    PersonKey::from_bits(keyed_u64(b"mint", &[&founder.get().to_be_bytes(), &nth.to_be_bytes()]))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

const LATE: i64 = 1_000_000;

fn event(id: u64, second: i64, what: What) -> Event {
    let (author, reason) = (Author::new("staff-1"), ReasonCode::Documents);
    Event { id: EventId(id), valid_from: at(second), recorded_at: at(second), author, reason, what }
}

fn registered(number: i64) -> What {
    let facility = format!("131000000{}", number % 10).parse().unwrap();
    What::Registered { patient: patient(number), facility, version: 1 }
}

fn index(events: &[Event]) -> Index {
    replay(events, Moment::at(at(LATE)), &mint).unwrap()
}

/// Registers 1 to `count` one by one and adds what follows, second by second.
fn log(count: i64, then: impl IntoIterator<Item = What>) -> Vec<Event> {
    let all = (1..=count).map(registered).chain(then);
    (1u64..).zip(all).map(|(id, what)| event(id, i64::try_from(id).unwrap(), what)).collect()
}

fn linked(left: i64, right: i64, probability: f64) -> What {
    What::Linked { pair: pair(left, right), probability }
}

fn merge(one: &[i64], other: &[i64]) -> What {
    let of = |numbers: &[i64]| numbers.iter().copied().map(patient).collect::<Vec<_>>();
    What::Decided(Decided::merge(&of(one), &of(other), Author::new("staff-2")).unwrap())
}

fn split(part: &[i64], rest: &[i64]) -> What {
    let of = |numbers: &[i64]| numbers.iter().copied().map(patient).collect::<Vec<_>>();
    What::Decided(Decided::split(&of(part), &of(rest)))
}

fn with(events: &[Event], second: i64, what: What) -> Vec<Event> {
    let id = u64::try_from(events.len()).unwrap() + 1;
    events.iter().cloned().chain([event(id, second, what)]).collect()
}

/// Persons and keys, without what was said or when.
fn who(index: &Index) -> BTreeMap<PatientRef, PersonKey> {
    index.map().persons
}

/// Anything that may be said of few registrations, people's decisions included.
fn anything() -> impl Strategy<Value = What> {
    let two = || (1i64..9, 1i64..8).prop_map(|(left, step)| pair(left, (left + step - 1) % 9 + 1));
    let two = move || two().prop_filter("one registration", |pair| pair.left() != pair.right());
    prop_oneof![
        4 => (two(), 0.5f64..1.0).prop_map(|(pair, probability)| What::Linked { pair, probability }),
        1 => two().prop_map(|pair| What::Unlinked { pair }),
        1 => two().prop_map(|pair| What::Decided(Decided::pair(Must::Link, pair))),
        1 => two().prop_map(|pair| What::Decided(Decided::pair(Must::NotLink, pair))),
        1 => (1i64..10).prop_map(|number| What::Erased { patient: patient(number) }),
        1 => (1i64..10).prop_map(registered),
    ]
}

fn anything_of_nine() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(anything(), 0..14).prop_map(|then| log(9, then))
}

/// Two disjoint parts of nine registrations that are persons of a log.
fn two_persons(index: &Index, choice: usize) -> Option<(Vec<i64>, Vec<i64>)> {
    let clusters = index.clusters();
    let number = |cluster: &Vec<PatientRef>| cluster.iter().map(|one| one.get()).collect::<Vec<_>>();
    let left = clusters.get(choice % clusters.len().max(1))?;
    let right = clusters.get((choice + 1) % clusters.len())?;
    (left != right).then(|| (number(left), number(right)))
}

#[test]
fn majorities_keep_keys_and_forwarding_is_total() {
    let merged = log(5, [linked(1, 2, 0.99), linked(4, 5, 0.99), linked(2, 3, 0.99), linked(3, 4, 0.95)]);
    let (before, after) = (index(&merged[..8]), index(&merged));
    let (three, two) = (before.person_of(patient(1)).unwrap(), before.person_of(patient(4)).unwrap());
    assert_eq!((after.resolve(three), after.resolve(two)), (Some(three), Some(three)));
    assert_eq!(told(&before, &after), [KeyChange::Merged { from: two, into: three }]);
    let parted = index(&with(&merged, 99, What::Unlinked { pair: pair(3, 4) }));
    assert_eq!(who(&parted), who(&before));
    assert_eq!(
        told(&after, &parted),
        [KeyChange::Unmerged { key: two, from: three }, KeyChange::Split { from: three, into: two }]
    );
    let erased =
        with(&with(&merged[..8], 50, What::Erased { patient: patient(4) }), 51, What::Erased { patient: patient(5) });
    assert_eq!(told(&before, &index(&erased)), [KeyChange::Retired { key: two }]);
}

#[test]
fn a_part_that_was_never_a_person_gets_a_new_key() {
    let whole = log(3, [linked(1, 2, 0.99), linked(2, 3, 0.99)]);
    let parted = index(&with(&whole, 50, split(&[1], &[2, 3])));
    let (one, rest) = (parted.person_of(patient(1)).unwrap(), parted.person_of(patient(2)).unwrap());
    let before = index(&whole).person_of(patient(1)).unwrap();
    assert!(one != rest && (one == before) != (rest == before));
}

#[test]
fn we_can_ask_what_we_believed_when() {
    let mut events = log(2, [linked(1, 2, 0.99)]);
    // On day 50 we learn that they are two persons, since second 20.
    let decided = What::Decided(Decided::pair(Must::NotLink, pair(1, 2)));
    events.push(Event { valid_from: at(20), ..event(9, 50, decided) });
    let ask = |valid_at: i64, known_at: i64| {
        let moment = Moment { valid_at: at(valid_at), known_at: at(known_at) };
        replay(&events, moment, &mint).unwrap().clusters().len()
    };
    assert_eq!([ask(40, 40), ask(40, 60), ask(10, 60), ask(1, 1)], [1, 2, 1, 1]);
}

#[test]
fn a_decision_ends_on_its_day() {
    let ends = Decided { expires: Some(at(80)), ..Decided::pair(Must::Link, pair(1, 2)) };
    let events = log(2, [What::Decided(ends)]);
    let on = |second: i64| replay(&events, Moment::at(at(second)), &mint).unwrap().clusters().len();
    assert_eq!([on(2), on(79), on(80)], [2, 1, 2]);
}

#[test]
fn what_contradicts_itself_is_refused_or_shown() {
    let alone = What::Decided(Decided {
        second: None,
        ..Decided::merge(&[patient(1)], &[patient(2)], Author::new("x")).unwrap()
    });
    let refused = |events: &[Event]| replay(events, Moment::at(at(LATE)), &mint).unwrap_err();
    assert_eq!(refused(&log(2, [alone])), Fault::Unconfirmed(EventId(3)));
    let own = What::Decided(Decided::merge(&[patient(1)], &[patient(2)], Author::new("staff-1")).unwrap());
    assert_eq!(refused(&log(2, [own])), Fault::Unconfirmed(EventId(3)));
    let twice = vec![event(1, 1, registered(1)), event(1, 2, registered(2))];
    assert_eq!(refused(&twice), Fault::Ambiguous(EventId(1)));
    let key = mint(patient(9), 9);
    let told = |founder| What::Key(KeyChange::Minted { key, founder: patient(founder) });
    assert_eq!(refused(&log(2, [told(1), told(2)])), Fault::KeyReused(key));
    assert_eq!(refused(&log(2, [linked(1, 2, f64::NAN)])), Fault::Improbable(EventId(3)));
    let decide = |must, left, right| What::Decided(Decided::pair(must, pair(left, right)));
    let ring = log(3, [decide(Must::Link, 1, 2), decide(Must::Link, 2, 3), decide(Must::NotLink, 1, 3)]);
    let found = index(&ring);
    assert_eq!(found.contradictions().collect::<Vec<_>>(), [pair(2, 3)]);
    assert_eq!(found.clusters().len(), 2);
}

#[test]
fn a_person_tells_how_it_was_built_and_where_it_is_weak() {
    let mut events = log(3, [What::Model { version: ModelVersion(4) }, linked(1, 2, 0.999), linked(2, 3, 0.91)]);
    events.push(event(20, 60, merge(&[1], &[3])));
    events.push(event(21, 70, What::Revoked { decision: EventId(20) }));
    let found = index(&events);
    let person = found.person_of(patient(1)).unwrap();
    let lines = text::how_built(&events, &found, person, Lang::En);
    assert_eq!(lines.len(), 6, "{lines:#?}");
    assert_eq!(
        lines[5],
        "1970-01-01 staff-1 and staff-2 merged the persons of 0000000000000001 and 0000000000000003 (papers of the \
         person) (taken back on 1970-01-01 by staff-1)"
    );
    let ja = text::how_built(&events, &found, person, Lang::Ja);
    assert_eq!(ja[3], "1970-01-01 0000000000000001 と 0000000000000002 を同一人と判定（確率 0.9990）");
    let weakest = found.weakest(person).unwrap();
    assert_eq!((weakest.pair, weakest.sides), (pair(2, 3), [2, 1]));
    assert_eq!(
        text::weakest_bridge(&weakest, Lang::En),
        "The weakest bridge is 0000000000000002 and 0000000000000003 (probability 0.9100); without it the person falls \
         into 2 and 1 registrations."
    );
    assert_eq!(found.statement(pair(1, 2)).linked, Some((0.999, Some(ModelVersion(4)))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_order_of_telling_does_not_matter(events in anything_of_nine(), turn in 0usize..30) {
        let mut turned = events.clone();
        turned.rotate_left(turn % events.len());
        turned.extend(events.iter().cloned());
        prop_assert_eq!(index(&turned), index(&events));
    }

    #[test]
    fn arrivals_of_different_people_commute(one in anything_of_nine(), other in anything_of_nine(), order in prop::collection::vec(any::<bool>(), 60)) {
        // The second log speaks of other registrations; both are woven into each other in two ways.
        let moved: Vec<What> = other.iter().map(|event| shifted(&event.what, 100)).collect();
        let own: Vec<What> = one.iter().map(|event| event.what.clone()).collect();
        let weave = |first: &[bool]| {
            let (mut a, mut b) = (own.iter(), moved.iter());
            let mut woven = Vec::new();
            for pick in first.iter().copied().chain(std::iter::repeat(true)) {
                let next = if pick { a.next().or_else(|| b.next()) } else { b.next().or_else(|| a.next()) };
                match next { Some(what) => woven.push(what.clone()), None => break }
            }
            (1u64..).zip(woven).map(|(id, what)| event(id, i64::try_from(id).unwrap(), what)).collect::<Vec<_>>()
        };
        let (first, second) = (index(&weave(&order)), index(&weave(&[])));
        prop_assert_eq!(first, second);
    }

    #[test]
    fn every_registration_is_of_one_person_and_no_cannot_link_is_inside(events in anything_of_nine()) {
        let index = index(&events);
        let records: Vec<PatientRef> = index.records().map(|(one, _)| one).collect();
        prop_assert_eq!(who(&index).into_keys().collect::<Vec<_>>(), records);
        for (pair, says) in index.statements() {
            let ends = pair.both().map(|one| index.person_of(one));
            if says.people == Some(Must::NotLink) && ends[0].is_some() {
                prop_assert!(ends[0] != ends[1]);
            }
        }
        let mut all = index.clusters();
        let oracle = brute_persons(&index);
        all.sort();
        prop_assert_eq!(all, oracle);
    }

    #[test]
    fn a_revoked_decision_was_never_made(events in anything_of_nine(), choice in 0usize..9, then in prop::collection::vec(anything(), 0..4)) {
        let Some((one, other)) = two_persons(&index(&events), choice) else { return Ok(()) };
        let number = u64::try_from(events.len()).unwrap() + 1;
        let mut decided = with(&events, 100, merge(&one, &other));
        let mut without = events.clone();
        for (id, what) in (500u64..).zip(then) {
            decided.push(event(id, 200, what.clone()));
            without.push(event(id, 200, what));
        }
        decided.push(event(900, 300, What::Revoked { decision: EventId(number) }));
        prop_assert_eq!(index(&decided), index(&without));
    }

    #[test]
    fn split_after_merge_is_identity_on_persons_and_keys(events in anything_of_nine(), choice in 0usize..9) {
        let before = index(&events);
        let Some((one, other)) = two_persons(&before, choice) else { return Ok(()) };
        let merged = with(&events, 100, merge(&one, &other));
        let between = index(&merged);
        let after = index(&with(&merged, 200, split(&one, &other)));
        prop_assert_eq!(after.clusters(), before.clusters());
        let mut whole: Vec<PatientRef> = one.iter().chain(&other).copied().map(patient).collect();
        whole.sort_unstable();
        let into = between.person_of(whole[0]).unwrap();
        // Where earlier decisions forbid a part of it, a merge moves others as well, and is not what a split undoes.
        prop_assume!(between.members(into) == whole);
        prop_assert_eq!(who(&after), who(&before));
        let [a, b] = [&one, &other].map(|side| before.person_of(patient(side[0])).unwrap());
        let from = if into == a { b } else { a };
        // The merge was told, and that it was taken back is told as well.
        let (went, came) = (KeyChange::Merged { from, into }, KeyChange::Unmerged { key: from, from: into });
        prop_assert!(told(&before, &between).contains(&went));
        prop_assert_eq!(between.resolve(from), Some(into));
        prop_assert!(told(&between, &after).contains(&came));
        prop_assert_eq!((after.resolve(a), after.resolve(b)), (Some(a), Some(b)));
    }

    #[test]
    fn a_key_has_one_founder_for_ever_and_telling_it_changes_nothing(events in anything_of_nine()) {
        let mut founders: BTreeMap<PersonKey, PatientRef> = BTreeMap::new();
        let mut log = events.clone();
        let mut before = index(&[]);
        for known in 1..=events.len() {
            let now = replay(&events, Moment { valid_at: at(LATE), known_at: events[known - 1].recorded_at }, &mint).unwrap();
            for change in told(&before, &now) {
                if let KeyChange::Minted { key, founder } = change {
                    prop_assert_eq!(*founders.entry(key).or_insert(founder), founder);
                }
                let id = 10_000 + u64::try_from(log.len()).unwrap();
                log.push(event(id, events[known - 1].recorded_at.as_second(), What::Key(change)));
            }
            for (key, members) in now.persons() {
                prop_assert_eq!(now.resolve(key), Some(key));
                prop_assert!(founders.contains_key(&key) && !members.is_empty());
            }
            for key in founders.keys() {
                let home = now.resolve(*key);
                prop_assert!(home.is_none_or(|home| !now.members(home).is_empty()));
            }
            before = now;
        }
        // A mint with another secret: what was told stays true.
        let other = |founder: PatientRef, nth: u32| mint(founder, nth + 77);
        let again = replay(&log, Moment::at(at(LATE)), &other).unwrap();
        prop_assert_eq!(who(&again), who(&index(&events)));
    }

    #[test]
    fn arriving_in_steps_gives_what_arriving_at_once_gives(graph in scored_graph(), cuts in prop::collection::vec(1usize..5, 1..12)) {
        let all: Vec<PatientRef> = (1..=14).map(patient).collect();
        let mut decide = |members: &[PatientRef]| Ok::<_, std::convert::Infallible>(cluster_naively(members, &graph));
        let at_once = cluster_naively(&all, &graph);
        let (mut growing, mut rest, mut cuts) = (Growing::default(), all.as_slice(), cuts.into_iter().cycle());
        let mut here: BTreeSet<PatientRef> = BTreeSet::new();
        while !rest.is_empty() {
            let (new, later) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            here.extend(new);
            let fresh = |pair: &Pair| pair.both().iter().any(|one| new.contains(one)) && pair.both().iter().all(|one| here.contains(one));
            let edges: Vec<Pair> = graph.iter().filter(|(_, p)| **p >= SURE).map(|(pair, _)| *pair).filter(fresh).collect();
            let untouched = growing.persons();
            let touched = growing.arrive(new, &edges, &mut decide).unwrap();
            prop_assert!(new.iter().all(|one| touched.members.contains(one)));
            let kept: Vec<_> = untouched.into_iter().filter(|person| !touched.before.contains(person)).collect();
            prop_assert!(kept.iter().all(|person| growing.persons().contains(person)));
            rest = later;
        }
        prop_assert_eq!(growing.persons(), at_once);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_index_holds_the_persons_of_the_linkage(all in everyone(), decisions in prop::collection::vec((0usize..12, 0usize..12, any::<bool>()), 0..3), cut in 1usize..11) {
        let mut log: Vec<Event> = Vec::new();
        let put = |log: &mut Vec<Event>, second: i64, whats: Vec<What>| {
            for what in whats {
                log.push(event(u64::try_from(log.len()).unwrap() + 1, second, what));
            }
        };
        for (second, known) in [(1, cut.min(all.len())), (2, all.len())] {
            let known = &all[..known];
            let linkage = link(known, Settings::default(), &index(&log).constraints()).unwrap();
            let touched = known.iter().map(|one| one.patient).collect();
            let mut whats: Vec<What> = known.iter().map(|one| What::Registered { patient: one.patient, facility: one.facility.as_ref().unwrap().parse().unwrap(), version: 1 }).collect();
            whats.extend(tell(&index(&log), &touched, &linkage.decisions));
            put(&mut log, second, whats);
            prop_assert_eq!(index(&log).clusters(), linkage.clusters());
        }
        let touched: BTreeSet<PatientRef> = all.iter().map(|one| one.patient).collect();
        for (nth, (left, right, same)) in (0i64..).zip(decisions) {
            let ends = Pair::new(all[left % all.len()].patient, all[right % all.len()].patient);
            let Some(ends) = ends else { continue };
            let must = if same { Must::Link } else { Must::NotLink };
            put(&mut log, 10 + nth * 2, vec![What::Decided(Decided::pair(must, ends))]);
            let found = index(&log);
            let Ok(linkage) = link(&all, Settings::default(), &found.constraints()) else { return Ok(()) };
            let whats = tell(&found, &touched, &linkage.decisions);
            put(&mut log, 11 + nth * 2, whats);
            prop_assert_eq!(index(&log).clusters(), linkage.clusters());
            let now = index(&log);
            prop_assert!(tell(&now, &touched, &linkage.decisions).is_empty());
        }
    }
}

/// A person of the laws' small world; written apart from `tests/it`, which other tests change.
fn everyone() -> impl Strategy<Value = Vec<Registration>> {
    let name = prop::sample::select(vec![
        "山田 花子|ヤマダ ハナコ",
        "佐藤 花子|サトウ ハナコ",
        "髙橋 優斗|タカハシ ユウト",
        "高橋 優太|タカハシ ユウタ",
    ]);
    let birth = prop::sample::select(vec!["1980-03-12", "S55.3.12", "2015-04-01", ""]);
    let rest = prop::sample::select(vec![
        "1|100-0013|千代田区霞が関1-2-3|090-1111-2222",
        "2|1000013|東京都千代田区霞ヶ関1丁目2番3号|",
        "2|||",
    ]);
    let one = (1..=4u8, name, birth, rest);
    prop::collection::vec(one, 2..12).prop_map(|all| {
        let register = |(id, (facility, name, birth, rest)): (i64, (u8, &str, &str, &str))| {
            let text = |text: &str| (!text.is_empty()).then(|| kiban_core::Phi::new(text.to_owned()));
            let mut one = Registration::new(patient(id), format!("131000000{facility}"));
            let (kanji, kana) = name.split_once('|').unwrap();
            (one.name_kanji, one.name_kana, one.birth_text) = (text(kanji), text(kana), text(birth));
            let mut rest = rest.split('|').map(text);
            (one.sex, one.postal) = (rest.next().unwrap(), rest.next().unwrap());
            (one.address, one.phone) = (rest.next().unwrap(), rest.next().unwrap());
            one
        };
        (1i64..).zip(all).map(register).collect()
    })
}

fn shifted(what: &What, by: i64) -> What {
    let one = |of: PatientRef| patient(of.get() + by);
    let two = |of: &Pair| Pair::new(one(of.left()), one(of.right())).unwrap();
    match what {
        What::Registered { patient, facility, version } => {
            What::Registered { patient: one(*patient), facility: *facility, version: *version }
        }
        What::Erased { patient } => What::Erased { patient: one(*patient) },
        What::Linked { pair, probability } => What::Linked { pair: two(pair), probability: *probability },
        What::Unlinked { pair } => What::Unlinked { pair: two(pair) },
        What::Decided(decided) => {
            What::Decided(Decided { pairs: decided.pairs.iter().map(two).collect(), ..decided.clone() })
        }
        other => other.clone(),
    }
}

/// Persons by going over all links of the whole index, the surest first, and looking at every pair of every group.
fn brute_persons(index: &Index) -> Vec<Vec<PatientRef>> {
    let mut groups: Vec<Vec<PatientRef>> = index.records().map(|(one, _)| vec![one]).collect();
    let mut links: Vec<(Pair, f64)> = index
        .statements()
        .filter_map(|(pair, says)| match (says.people, says.linked) {
            (Some(Must::Link), _) => Some((pair, 2.0)),
            (None, Some((probability, _))) => Some((pair, probability)),
            _ => None,
        })
        .collect();
    links.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let forbidden = |left: PatientRef, right: PatientRef| {
        Pair::new(left, right).is_some_and(|pair| index.statement(pair).people == Some(Must::NotLink))
    };
    for (pair, _) in links {
        let find = |one| groups.iter().position(|group| group.contains(&one));
        let (Some(a), Some(b)) = (find(pair.left()), find(pair.right())) else { continue };
        if a != b && !groups[a].iter().any(|l| groups[b].iter().any(|r| forbidden(*l, *r))) {
            let moved = std::mem::take(&mut groups[b]);
            groups[a].extend(moved);
            groups.retain(|group| !group.is_empty());
        }
    }
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups.sort_unstable();
    groups
}

const SURE: f64 = 0.8;

/// Probabilities of pairs among fourteen registrations; few are sure, so that there are several groups.
fn scored_graph() -> impl Strategy<Value = BTreeMap<Pair, f64>> {
    let edge = (1i64..15, 1i64..14, 0.3f64..1.0);
    prop::collection::vec(edge, 0..24).prop_map(|edges| {
        let two = |(left, step, p): (i64, i64, f64)| {
            Some((Pair::new(patient(left), patient((left + step - 1) % 14 + 1))?, p))
        };
        edges.into_iter().filter_map(two).collect()
    })
}

/// A core with the two laws: the surest first, joined where the mean over all pairs of two groups reaches a half.
fn cluster_naively(members: &[PatientRef], graph: &BTreeMap<Pair, f64>) -> Vec<Vec<PatientRef>> {
    let mut groups: Vec<Vec<PatientRef>> = members.iter().map(|one| vec![*one]).collect();
    let mut edges: Vec<(Pair, f64)> = graph.iter().filter(|(_, p)| **p >= SURE).map(|(pair, p)| (*pair, *p)).collect();
    edges.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    for (edge, _) in edges {
        let find = |one| groups.iter().position(|group| group.contains(&one));
        let (Some(a), Some(b)) = (find(edge.left()), find(edge.right())) else { continue };
        let pairs = groups[a].iter().flat_map(|l| groups[b].iter().map(|r| Pair::new(*l, *r))).collect::<Vec<_>>();
        let total: f64 = pairs.iter().map(|pair| pair.and_then(|pair| graph.get(&pair)).copied().unwrap_or(0.35)).sum();
        if a != b && total >= 0.5 * pairs.len() as f64 {
            let moved = std::mem::take(&mut groups[b]);
            groups[a].extend(moved);
            groups.retain(|group| !group.is_empty());
        }
    }
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups.sort_unstable();
    groups
}
