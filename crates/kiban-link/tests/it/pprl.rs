//! Privacy-preserving linkage as operators and the unit use it, and on the corpus.

use std::collections::{BTreeMap, BTreeSet};

use kiban_core::PatientRef;
use kiban_link::{
    Registration,
    pprl::{
        Encoded, EncodedSet, Encoder, Error, Identity, Keys, LinkageUnit, Links, Matching, Parameters, Policy, Reason,
        RecordId, Scope, Secret,
        attack::{Labelled, graph_matching, releases, seeded_extension},
        evaluate,
    },
};

use super::{jp, people::register};

fn keys(secret: u8, batch: &str) -> Keys {
    let scope = Scope { project: "p".into(), batch: batch.into(), year: 2026 };
    Keys::new(&Secret::join(&[&[secret; 32]]).unwrap(), scope)
}

fn everybody() -> Parameters {
    Parameters { rare_below: 0, ..Parameters::default() }
}

fn encode(all: &[Registration], parameters: &Parameters, keys: &Keys, own: u8) -> Encoded {
    Encoder::new(parameters, keys, [own; 32]).unwrap().encode(&Identity::read_all(all), 2).unwrap()
}

/// Any number of records, any block, as often as asked.
fn lenient() -> Policy {
    Policy { matching: Matching::OneToOne, least_records: 0, least_block: 1, budget: 100, ..Policy::default() }
}

fn registered(lines: &[&str]) -> Vec<Registration> {
    (1i64..).zip(lines).map(|(id, line)| register(id, line)).collect()
}

/// Links two operators' registrations and names the pairs by patient, with their band.
fn linked(left: &[&str], right: &[&str], policy: Policy) -> (Vec<(i64, i64, u8)>, Links) {
    let keys = keys(1, "b");
    let (l, r) =
        (encode(&registered(left), &everybody(), &keys, 1), encode(&registered(right), &everybody(), &keys, 2));
    let links = LinkageUnit::new(policy).unwrap().link(&l.set, &r.set, 2).unwrap();
    let patient = |side: &Encoded, record: RecordId| {
        side.records.iter().find(|(one, _)| *one == record).map(|(_, patient)| patient.get()).unwrap()
    };
    let mut pairs: Vec<(i64, i64, u8)> =
        links.pairs.iter().map(|pair| (patient(&l, pair.left), patient(&r, pair.right), pair.band)).collect();
    pairs.sort_unstable();
    (pairs, links)
}

const HANAKO: &str = "1|山田　花子|ヤマダ　ハナコ|S55.3.12|女|100-0013||||||";
const TARO: &str = "1|鈴木　太郎|スズキ　タロウ|S55.7.2|男|100-0013||||||";

#[test]
fn one_person_is_found_again_however_written() {
    let written = "2|山田花子|ﾔﾏﾀﾞ ﾊﾅｺ|1980-03-12|2|1000013||||||";
    let (pairs, _) = linked(&[HANAKO, TARO], &[written], lenient());
    assert_eq!(pairs, [(1, 1, 1)]);
}

#[test]
fn an_error_in_one_salt_is_caught_by_the_other() {
    let other_year = "2|山田　花子|ヤマダ　ハナコ|S56.3.12|女|100-0013||||||";
    let other_day = "2|山田　花子|ヤマダ　ハナコ|S55.3.13|女|100-0013||||||";
    assert_eq!(linked(&[HANAKO], &[other_year], lenient()).0.len(), 1);
    assert_eq!(linked(&[HANAKO], &[other_day], lenient()).0.len(), 1);
    let both = "2|山田　花子|ヤマダ　ハナコ|S56.3.13|女|100-0013||||||";
    assert_eq!(linked(&[HANAKO], &[both], lenient()).0, [], "an error in both is the price of salting");
}

#[test]
fn an_equal_card_joins_and_a_contradicted_one_is_shown() {
    let card = "06130017|12|3456|01";
    let married = format!("2|佐藤　花子|サトウ　ハナコ|S55.3.12|女|150-0001|||{card}");
    let hanako = format!("1|山田　花子|ヤマダ　ハナコ|S55.3.12|女|100-0013|||{card}");
    assert_eq!(linked(&[&hanako], &[&married], lenient()).0, [(1, 1, 1)]);
    let somebody = format!("2|林　次郎|ハヤシ　ジロウ|S20.1.30|男|790-0001|||{card}");
    let (pairs, links) = linked(&[&hanako], &[&somebody], lenient());
    assert_eq!((pairs.len(), links.conflicts.len()), (0, 1));
}

#[test]
fn a_card_that_everybody_has_is_nobodys() {
    let all: Vec<String> = (0..21)
        .map(|n| format!("1|山田　花子|ヤマダ　ハナコ|{}-03-12|女|100-0013|||06130017|12|3456|01", 1950 + n))
        .collect();
    let lines: Vec<&str> = all.iter().map(String::as_str).collect();
    let somebody = "2|林　次郎|ハヤシ　ジロウ|S20.1.30|男|790-0001|||06130017|12|3456|01";
    let few = linked(&lines[..20], &[somebody], lenient()).1;
    assert_eq!((few.shared_tokens, few.conflicts.len()), (0, 20));
    let many = linked(&lines, &[somebody], lenient()).1;
    assert_eq!((many.shared_tokens, many.conflicts.len()), (1, 0));
}

#[test]
fn each_record_is_given_once_where_that_is_asked() {
    let nearly = "2|山田　華子|ヤマダ　ハナコ|S55.3.12|女|100-0013||||||";
    let (pairs, _) = linked(&[HANAKO], &[nearly, HANAKO], lenient());
    assert_eq!(pairs, [(1, 2, 1)]);
    let every = Policy { matching: Matching::Every, ..lenient() };
    assert_eq!(linked(&[HANAKO], &[nearly, HANAKO], every).0.len(), 2);
}

#[test]
fn rare_names_and_records_without_salt_go_the_trusted_path() {
    let common = "1|山田　花子|ヤマダ　ハナコ|S55.3.12|女|100-0013||||||";
    let lines = [
        common,
        common,
        common,
        common,
        common,
        "1|山田　花子|ヤマダ　ハナコ||||||||||",
        "1|鵜飼　花子|ウカイ　ハナコ|S55.3.12|女|||||||",
        "1|||S55.3.12|女|||||||",
    ];
    let encoded = encode(&registered(&lines), &Parameters::default(), &keys(1, "b"), 1);
    let of = |id| PatientRef::new(id).unwrap();
    assert_eq!(encoded.set.encodings.len(), 5);
    assert_eq!(encoded.trusted, [(of(6), Reason::Saltless), (of(7), Reason::RareName), (of(8), Reason::Nameless)]);
}

#[test]
fn the_unit_refuses_what_it_must() {
    let all = registered(&[HANAKO, TARO]);
    let of = |keys: &Keys, own| encode(&all, &everybody(), keys, own).set;
    let (one, two) = (of(&keys(1, "b"), 1), of(&keys(1, "b"), 2));
    let refused = |policy: Policy, left: &EncodedSet, right: &EncodedSet| {
        LinkageUnit::new(policy).and_then(|mut unit| unit.link(left, right, 1)).unwrap_err()
    };
    let few = Policy { least_records: 3, ..lenient() };
    assert_eq!(refused(few, &one, &two), Error::FewRecords { records: 2, least: 3 });
    assert_eq!(
        refused(lenient(), &one, &of(&keys(1, "c"), 2)),
        Error::Differs { differs: "the project, the batch or the year" }
    );
    assert_eq!(refused(lenient(), &one, &of(&keys(2, "b"), 2)), Error::Differs { differs: "the secret" });
    let outsiders = Parameters { rare_below: 0, ..Parameters::for_outsiders() };
    let other = encode(&all, &outsiders, &keys(1, "b"), 2).set;
    assert_eq!(refused(lenient(), &one, &other), Error::Differs { differs: "the way of encoding" });
    let mut broken = two.clone();
    broken.encodings[0].filters.pop();
    assert_eq!(refused(lenient(), &one, &broken), Error::Malformed);
    assert!(matches!(LinkageUnit::new(Policy { bands: vec![0.5, 0.6], ..lenient() }), Err(Error::Policy { .. })));

    let mut unit = LinkageUnit::new(Policy { budget: 1, ..lenient() }).unwrap();
    assert!(unit.link(&one, &two, 1).is_ok());
    let mut resumed = LinkageUnit::resume(Policy { budget: 1, ..lenient() }, unit.spent().clone()).unwrap();
    assert_eq!(resumed.link(&one, &two, 1).unwrap_err(), Error::Spent { budget: 1 });
    let fresh = (of(&keys(1, "c"), 1), of(&keys(1, "c"), 2));
    assert!(resumed.link(&fresh.0, &fresh.1, 1).is_ok());
}

#[test]
fn small_blocks_are_joined_and_said() {
    let all: Vec<String> = (0..40)
        .map(|n| format!("1|山田　花子|ヤマダ　ハナコ|{}-03-{:02}|女|100-0013||||||", 1950 + n, 1 + n % 28))
        .collect();
    let lines: Vec<&str> = all.iter().map(String::as_str).collect();
    let apart = linked(&lines, &lines, lenient()).1;
    assert_eq!((apart.joined_blocks, apart.dropped_blocks), (0, 0));
    let joined = linked(&lines, &lines, Policy { least_block: 5, ..lenient() }).1;
    assert!(joined.joined_blocks > 0 && joined.dropped_blocks == 0 && joined.comparisons > apart.comparisons);
    assert_eq!(joined.pairs, apart.pairs, "joining blocks loses nothing");
    let dropped = linked(&lines, &lines, Policy { least_block: 41, ..lenient() }).1;
    assert!(dropped.dropped_blocks > 0 && dropped.pairs.is_empty());
}

#[test]
fn order_and_threads_do_not_matter_and_nothing_of_a_patient_is_printed() {
    let all = registered(&[HANAKO, TARO, "1|髙橋　実|タカハシ　ミノル|S20.1.30|男|790-0001|||06130017|12|3456|01"]);
    let keys = keys(1, "b");
    let encoder = Encoder::new(&everybody(), &keys, [1; 32]).unwrap();
    let once = encoder.encode(&Identity::read_all(&all), 1).unwrap();
    let mut turned = all.clone();
    turned.reverse();
    assert_eq!(encoder.encode(&Identity::read_all(&turned), 3).unwrap(), once);
    let told = format!("{once:?} {encoder:?} {keys:?}");
    for value in ["山田", "ヤマダ", "1980", "06130017", "3456"] {
        assert!(!told.contains(value), "{value} leaked");
    }
    let twice = [all[0].clone(), all[0].clone()];
    assert_eq!(encoder.encode(&Identity::read_all(&twice), 1).unwrap_err(), Error::Twice);
}

/// The people behind the records of a set, in its order.
fn people(encoded: &Encoded, all: &[(Registration, u64)]) -> Vec<u64> {
    let by_patient: BTreeMap<PatientRef, u64> = all.iter().map(|(one, person)| (one.patient, *person)).collect();
    encoded.records.iter().map(|(_, patient)| by_patient[patient]).collect()
}

fn side(all: Vec<jp::Known>) -> (Vec<Registration>, Vec<(Registration, u64)>) {
    let known: Vec<(Registration, u64)> = all.into_iter().map(|(one, person, _)| (one, person)).collect();
    (known.iter().map(|(one, _)| one.clone()).collect(), known)
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of the corpus are what this test is read for")]
fn people_of_the_corpus_are_found_again_and_not_by_an_attacker() {
    // Unoptimised, a part of the people is enough; `cargo bench` has the whole.
    let Some(all) = jp::registrations(if cfg!(debug_assertions) { 700 } else { 6_000 }) else {
        println!("skipped: KIBAN_CORPUS is not set");
        return;
    };
    let (left, right) = jp::split(all);
    let ((left, left_known), (right, right_known)) = (side(left), side(right));
    let (l, r) = (encode(&left, &everybody(), &keys(1, "b"), 1), encode(&right, &everybody(), &keys(1, "b"), 2));
    let (lp, rp) = (people(&l, &left_known), people(&r, &right_known));
    let mut truth = BTreeSet::new();
    for (one, person) in l.set.encodings.iter().zip(&lp) {
        let same = r.set.encodings.iter().zip(&rp).filter(|(_, other)| *other == person);
        truth.extend(same.map(|(other, _)| (one.record, other.record)));
    }
    let found = evaluate(&l.set, &r.set, &truth, 0.55, 2).unwrap();
    let best = found.best().unwrap();
    println!("F1 {:.4} at {}, deviation {:?}, fill {:?}", best.f1(), best.likeness, found.deviation, l.fill);
    assert!(best.f1() >= 0.979, "{best:?}");
    assert!(found.deviation.iter().all(|deviation| *deviation < 0.07), "{:?}", found.deviation);

    // An operator links its own records first: whoever has several stands out among those who have one.
    let mut seen = BTreeSet::new();
    let once: Vec<Registration> =
        left_known.iter().filter(|(_, person)| seen.insert(*person)).map(|(one, _)| one.clone()).collect();
    let some = if cfg!(debug_assertions) { 200 } else { 2_000 };
    let (seen, known) = (encode(&once, &everybody(), &keys(1, "b"), 1), encode(&once, &everybody(), &keys(2, "b"), 3));
    let (lp, kp) = (people(&seen, &left_known), people(&known, &left_known));
    let target = Labelled { encodings: &seen.set.encodings[..some], people: &lp[..some] };
    let list = Labelled { encodings: &known.set.encodings[..some], people: &kp[..some] };
    let place = |at: usize| kp[..some].iter().position(|person| *person == lp[at]).map(|place| (at, place));
    let seeds: Vec<(usize, usize)> = (0..some).filter_map(place).step_by(100).collect();
    for (name, recovery) in [
        ("graph", graph_matching(&target, &list, 2)),
        ("extension", seeded_extension(&target, &list, &seeds, 2)),
        ("releases", releases(&target, &list, 2)),
    ] {
        println!("{name}: {:.4} of {} {:?}", recovery.share(), recovery.of, recovery.interval());
        // Of so few, one lucky guess is more than 1 in 100.
        assert!(recovery.interval()[0] < 0.01, "{name}: {recovery:?}");
    }
}
