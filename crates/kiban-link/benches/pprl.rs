//! What privacy-preserving linkage costs and withstands, on the corpus: `KIBAN_CORPUS=… cargo bench -p kiban-link --bench pprl`.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, dead_code, unreachable_pub)]

use std::{
    collections::{BTreeMap, BTreeSet},
    hint::black_box,
    time::Instant,
};

use kiban_core::keyed_u64;
use kiban_link::{
    Registration,
    pprl::{
        Bits, Encoded, EncodedSet, Encoder, Encoding, Filter, Identity, Keys, LinkageUnit, Parameters, Policy,
        RecordId, Salt, Scope, Secret,
        attack::{self, Labelled, Plain, Recovery},
        evaluate,
    },
};

#[path = "../tests/it/jp.rs"]
mod jp;

const THREADS: usize = 2;
/// Draws of the people over which attacks are pooled.
const DRAWS: u64 = 3;
/// Records that are attacked in one draw.
const TARGETS: usize = 2000;

fn main() {
    kernel();
    let Some(all) = jp::registrations(u64::MAX) else {
        println!("skipped: KIBAN_CORPUS is not set");
        return;
    };
    let (left, right) = jp::split(all);
    let (left, right) = (Operator::new(left), Operator::new(right));
    println!("{} x {} records", left.people.len(), right.people.len());
    if !std::env::args().any(|arg| arg == "attacks") {
        costs(&left, &right);
    }
    let plain = Parameters { filters: vec![Filter { salt: Salt::None, blocks: 1 }], diffusion: 1, ..everybody() };
    attacks("recommended, a record for each person", &left.once(), &everybody());
    attacks("recommended, all records", &left, &everybody());
    attacks("plain filter, a record for each person", &left.once(), &plain);
}

/// The recommended parameters, with everybody encoded.
fn everybody() -> Parameters {
    Parameters { rare_below: 0, ..Parameters::default() }
}

fn costs(left: &Operator, right: &Operator) {
    let alone = |salt, diffusion| Parameters { filters: vec![Filter { salt, blocks: 1 }], diffusion, ..everybody() };
    quality("plain filter", left, right, &alone(Salt::None, 1));
    quality("diffusion 5", left, right, &alone(Salt::None, 5));
    quality("birth year, diffusion 5", left, right, &alone(Salt::BirthYear, 5));
    quality("recommended, all encoded", left, right, &everybody());
    quality("recommended", left, right, &Parameters::default());
    quality("outsiders", left, right, &Parameters::for_outsiders());
    unit(left, right);
}

/// One operator's records with the person behind each.
struct Operator {
    identities: Vec<Identity>,
    people: Vec<u64>,
}

impl Operator {
    fn new(all: Vec<jp::Known>) -> Self {
        let (registrations, people): (Vec<Registration>, Vec<u64>) = all.into_iter().map(|(r, p, _)| (r, p)).unzip();
        Self { identities: Identity::read_all(&registrations), people }
    }

    fn encode(&self, parameters: &Parameters, key: u8, own: u8) -> (Encoded, Vec<u64>) {
        let scope = Scope { project: "bench".into(), batch: "1".into(), year: 2026 };
        let keys = Keys::new(&Secret::join(&[&[key; 32]]).unwrap(), scope);
        let encoded = Encoder::new(parameters, &keys, [own; 32]).unwrap().encode(&self.identities, THREADS).unwrap();
        let by_patient: BTreeMap<_, _> = self.identities.iter().map(Identity::patient).zip(&self.people).collect();
        let people = encoded.records.iter().map(|(_, patient)| *by_patient[patient]).collect();
        (encoded, people)
    }

    /// One record for each person, as an operator has who has linked its own records first.
    fn once(&self) -> Self {
        let mut seen = BTreeSet::new();
        let first = self.identities.iter().zip(&self.people).filter(|(_, person)| seen.insert(**person));
        let (identities, people) = first.map(|(one, person)| (one.clone(), *person)).unzip();
        Self { identities, people }
    }

    /// Those whose person a coin picks, up to a number of people.
    fn some(&self, most: usize, picked: impl Fn(u64) -> bool) -> Self {
        let mut kept = Self { identities: Vec::new(), people: Vec::new() };
        for (one, person) in self.identities.iter().zip(&self.people) {
            if kept.people.len() < most && picked(*person) {
                kept.identities.push(one.clone());
                kept.people.push(*person);
            }
        }
        kept
    }
}

fn kernel() {
    let side: Vec<Bits> = (0..4096u64)
        .map(|n| Bits::from_words(std::array::from_fn(|w| keyed_u64(b"bench", &[&n.to_be_bytes(), &w.to_be_bytes()]))))
        .collect();
    let start = Instant::now();
    let sum: u64 = side.iter().map(|a| side.iter().map(|b| u64::from(black_box(a).common(b))).sum::<u64>()).sum();
    let rate = (side.len() * side.len()) as f64 / start.elapsed().as_secs_f64() / 1e6;
    println!("kernel: {rate:.0} M comparisons/s on one core ({sum})");
}

fn quality(name: &str, left: &Operator, right: &Operator, parameters: &Parameters) {
    let start = Instant::now();
    let ((l, lp), (r, rp)) = (left.encode(parameters, 1, 1), right.encode(parameters, 1, 2));
    let encoded = start.elapsed().as_secs_f64();
    let truth = truth((&l.set, &lp), (&r.set, &rp));
    let start = Instant::now();
    let found = evaluate(&l.set, &r.set, &truth, 0.56, THREADS).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let best = found.best().unwrap();
    println!(
        "{name}: F1 {:.4} at {:.3} (precision {:.4}, recall {:.4}), SD {:.3?}, fill {:.3?}, {} + {} to the trusted path, \
         {} true pairs; encoded in {encoded:.1} s, {:.0} M comparisons in {seconds:.1} s ({:.0} M/s)",
        best.f1(),
        best.likeness,
        best.precision(),
        best.recall(),
        found.deviation,
        l.fill,
        l.trusted.len(),
        r.trusted.len(),
        truth.len(),
        found.comparisons as f64 / 1e6,
        found.comparisons as f64 / 1e6 / seconds,
    );
}

fn truth(left: (&EncodedSet, &[u64]), right: (&EncodedSet, &[u64])) -> BTreeSet<(RecordId, RecordId)> {
    let mut by_person: BTreeMap<u64, Vec<RecordId>> = BTreeMap::new();
    let record = |one: &Encoding| one.record;
    right.0.encodings.iter().zip(right.1).for_each(|(one, p)| by_person.entry(*p).or_default().push(one.record));
    let pairs = left.0.encodings.iter().map(record).zip(left.1);
    pairs.flat_map(|(l, p)| by_person.get(p).into_iter().flatten().map(move |r| (l, *r))).collect()
}

fn unit(left: &Operator, right: &Operator) {
    let parameters = Parameters::default();
    let ((l, lp), (r, rp)) = (left.encode(&parameters, 1, 1), right.encode(&parameters, 1, 2));
    let truth = truth((&l.set, &lp), (&r.set, &rp));
    for matching in [kiban_link::pprl::Matching::Every, kiban_link::pprl::Matching::OneToOne] {
        let policy = Policy { matching, ..Policy::default() };
        let start = Instant::now();
        let links = LinkageUnit::new(policy).unwrap().link(&l.set, &r.set, THREADS).unwrap();
        let seconds = start.elapsed().as_secs_f64();
        for band in 1..=3 {
            let of_band: Vec<_> = links.pairs.iter().filter(|pair| pair.band == band).collect();
            let right = of_band.iter().filter(|pair| truth.contains(&(pair.left, pair.right))).count();
            println!("unit, {matching:?}, band {band}: {} pairs, {right} right", of_band.len());
        }
        println!(
            "unit, {matching:?}: {} conflicts, {} joined blocks, {:.0} M comparisons in {seconds:.2} s",
            links.conflicts.len(),
            links.joined_blocks,
            links.comparisons as f64 / 1e6
        );
    }
}

/// Runs every attack on several draws of the people and tells the pooled shares.
fn attacks(name: &str, all: &Operator, parameters: &Parameters) {
    let mut pooled: BTreeMap<String, Recovery> = BTreeMap::new();
    let start = Instant::now();
    for draw in 0..DRAWS {
        for (attack, recovery) in attacks_of(draw, all, parameters) {
            let sum = pooled.entry(attack).or_default();
            *sum = Recovery { right: sum.right + recovery.right, of: sum.of + recovery.of };
        }
    }
    for (attack, recovery) in pooled {
        let [low, high] = recovery.interval();
        println!("{name}, {attack}: {:.4} ({low:.4} to {high:.4}) of {}", recovery.share(), recovery.of);
    }
    println!("{name}: attacked in {:.0} s", start.elapsed().as_secs_f64());
}

fn attacks_of(draw: u64, all: &Operator, parameters: &Parameters) -> Vec<(String, Recovery)> {
    let coin = |purpose: &str, person: u64, limit: u64| {
        keyed_u64(b"coin", &[purpose.as_bytes(), &draw.to_be_bytes(), &person.to_be_bytes()]) % 100 < limit
    };
    let target = all.some(TARGETS, |person| coin("target", person, 20));
    let (encoded, people) = target.encode(parameters, 1, 1);
    let seen = Labelled { encodings: &encoded.set.encodings, people: &people };
    let mut told = Vec::new();
    for overlap in [10, 30, 50, 80] {
        // The known set is as large as the target: a share of its people, and others.
        let both = target.some(usize::MAX, |person| coin("overlap", person, overlap));
        let others = all.some(usize::MAX, |person| !target.people.contains(&person));
        let mut known = others.some(target.people.len() - both.people.len(), |_| true);
        known.identities.extend(both.identities);
        known.people.extend(both.people);
        let (encodings, labels) = known.encode(parameters, 2, 3);
        let list = Labelled { encodings: &encodings.set.encodings, people: &labels };
        told.push((format!("graph, {overlap} %"), attack::graph_matching(&seen, &list, THREADS)));
        let find = |all: &[u64], person: u64| all.iter().position(|p| *p == person);
        let place = |person: u64| Some((find(&people, person)?, find(&labels, person)?));
        let shared = BTreeSet::from_iter(labels.iter().copied()).into_iter().filter_map(place);
        let seeds: Vec<(usize, usize)> = shared.step_by(100).collect();
        let extended = attack::seeded_extension(&seen, &list, &seeds, THREADS);
        told.push((format!("extension of 1 %, {overlap} %"), extended));
        told.push((format!("dictionary, {overlap} %"), attack::dictionary(&seen, &list, THREADS)));
        told.push((format!("frequency of filters, {overlap} %"), attack::whole_frequency(&seen, &list)));
        let plain = Plain { identities: &known.identities, people: &known.people, parameters };
        for filter in 0..parameters.filters.len() {
            told.push((format!("frequency of bits, {overlap} %"), attack::bit_frequency(&seen, &plain, filter)));
            told.push((format!("patterns of bits, {overlap} %"), attack::pattern_mining(&seen, &plain, filter)));
        }
    }
    let (again, labels) = target.encode(parameters, 3, 4);
    let list = Labelled { encodings: &again.set.encodings, people: &labels };
    told.push(("two releases".to_owned(), attack::releases(&seen, &list, THREADS)));
    told.push(("two releases by graph".to_owned(), attack::graph_matching(&seen, &list, THREADS)));
    told
}
