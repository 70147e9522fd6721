//! What the page of a linkage shows.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kiban_core::PatientRef;
use kiban_engine::dedupe::{DedupeJob, Deduped, Proposal};
use kiban_link::{Across, Class, Decision, Outcome, Person, Refusal};
use kiban_web::linkage::{
    Band, Blocking, ClassShare, Cluster, ClusterPick, ClusterSize, Edge, Example, Field, FieldBits, Input, InputColumn,
    Level, LinkageKind, LinkageReport, PairOutcome, Step, Totals, Unlinkable,
};

use super::Printed;
use crate::report::peak_memory;

/// Pairs that are explained, of each outcome.
const EXAMPLES: usize = 3;
/// Persons that are drawn, of each kind.
const DRAWN: usize = 3;
/// Probabilities at which it is told how many records could not reach them.
const REACHED: [f64; 7] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999];

/// Puts the page together.
pub(super) fn about(name: &str, job: &DedupeJob, done: &Deduped) -> LinkageReport {
    let shown = Shown { job, done };
    let of = Printed::of(done);
    let linkage = &done.linkage;
    let file = |nth: usize| job.input.get(nth).and_then(|input| input.path.file_name());
    let inputs = done.inputs.iter().enumerate().map(|(nth, records)| Input {
        name: file(nth).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        records: *records,
    });
    let unlinkables = REACHED.into_iter().zip(linkage.unlinkable(&REACHED));
    LinkageReport {
        kind: if job.across == Across::All { LinkageKind::Dedupe } else { LinkageKind::Match },
        name: name.to_owned(),
        made_at: Timestamp::now(),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        inputs: inputs.collect(),
        columns: done.columns.iter().map(|c| InputColumn { name: c.name.clone(), kind: c.kind.to_string() }).collect(),
        totals: Totals {
            records: of.records,
            persons: of.persons as u64,
            candidate_pairs: of.candidate_pairs,
            joined_pairs: of.joined_pairs,
            possible_pairs: of.possible_pairs as u64,
            refused_pairs: of.refused_pairs as u64,
            precision: of.precision,
            recall: of.recall,
            found_by_blocking: of.found_by_blocking,
            identified: of.identified,
            converged: of.converged,
        },
        sizes: shown.sizes(),
        examples: shown.examples(),
        clusters: shown.clusters(),
        fields: shown.fields(),
        classes: shown.classes(|class| linkage.model.weight(class)),
        calibration: linkage
            .bands()
            .iter()
            .map(|band| {
                let &kiban_link::Band { low, high, pairs, expected } = band;
                Band { low, high, pairs, expected, true_share: None }
            })
            .collect(),
        unlinkables: unlinkables.map(|(probability, share)| Unlinkable { probability, share }).collect(),
        blocking: shown.blocking(),
        steps: [("load", done.seconds.load), ("link", done.seconds.link), ("write", done.seconds.write)]
            .map(|(step, seconds)| Step { step: step.to_owned(), seconds })
            .to_vec(),
        peak_memory_bytes: peak_memory(),
    }
}

struct Shown<'a> {
    job: &'a DedupeJob,
    done: &'a Deduped,
}

impl Shown<'_> {
    fn id(&self, of: PatientRef) -> String {
        let place = usize::try_from(of.get()).ok().and_then(|number| number.checked_sub(1));
        let id = place.map_or("", |place| self.done.ids.get(place));
        match (self.job.across, place.and_then(|place| self.done.input_of(place))) {
            (Across::Sources, Some(0)) => format!("left:{id}"),
            (Across::Sources, Some(_)) => format!("right:{id}"),
            _ => id.to_owned(),
        }
    }

    /// Returns the names of columns in place of those the model gives them.
    fn named(&self, word: &str) -> String {
        let own: Vec<&Proposal> = self.done.columns.iter().filter(|column| column.is_own()).collect();
        let part = |part: &str| {
            let plain = part.trim_end_matches('…');
            let nth = plain.strip_prefix("column-").and_then(|nth| nth.parse::<usize>().ok());
            let name = nth.and_then(|nth| own.get(nth.checked_sub(1)?)).map(|column| column.name.clone());
            name.map_or_else(|| part.to_owned(), |name| part.replace(plain, &name))
        };
        word.split(" + ").map(part).collect::<Vec<_>>().join(" + ")
    }

    fn sizes(&self) -> Vec<ClusterSize> {
        let mut sizes: BTreeMap<u64, u64> = BTreeMap::new();
        for person in &self.done.linkage.persons {
            *sizes.entry(person.members.len() as u64).or_default() += 1;
        }
        sizes.into_iter().map(|(records, persons)| ClusterSize { records, persons }).collect()
    }

    /// The surest, the least sure and one between, of each outcome.
    fn examples(&self) -> Vec<Example> {
        let mut examples = Vec::new();
        for wanted in PairOutcome::ALL {
            let mut of: Vec<&Decision> =
                self.done.linkage.decisions.iter().filter(|one| outcome(one.outcome) == *wanted).collect();
            of.sort_by(|a, b| b.probability.total_cmp(&a.probability));
            let places = [0, of.len() / 2, of.len().saturating_sub(1)];
            let mut picked: Vec<usize> = places.into_iter().take(EXAMPLES.min(of.len())).collect();
            picked.dedup();
            examples.extend(picked.into_iter().filter_map(|place| of.get(place)).map(|one| self.example(one)));
        }
        examples
    }

    fn example(&self, one: &Decision) -> Example {
        let linkage = &self.done.linkage;
        // Without facilities every record is of an unknown one, which says nothing.
        let says =
            |weight: &kiban_link::Weight| !matches!(weight.level.as_str(), "-" | "elsewhere") && weight.bits != 0.0;
        let told = linkage.explain(one).into_iter().filter(says);
        let bits = |weight: kiban_link::Weight| FieldBits {
            field: self.named(&weight.field.to_string()),
            level: weight.level,
            bits: weight.bits,
        };
        let shares = linkage.responsibilities(one).into_iter().filter(|(_, share)| *share > 0.0);
        Example {
            left: self.id(one.left),
            right: self.id(one.right),
            outcome: outcome(one.outcome),
            basis: one.basis.to_string(),
            rival: one.rival.to_string(),
            prior_bits: linkage.model.prior_bits(one.rival),
            fields: told.map(bits).collect(),
            probability: one.probability,
            classes: shares.map(|(class, share)| ClassShare { class: class.to_string(), share }).collect(),
        }
    }

    fn clusters(&self) -> Vec<Cluster> {
        let mut several: Vec<&Person> =
            self.done.linkage.persons.iter().filter(|person| person.members.len() > 2).collect();
        several.sort_by_key(|person| std::cmp::Reverse(person.members.len()));
        let largest = several.iter().take(DRAWN).map(|person| (*person, ClusterPick::Largest));
        let mut weak = several.clone();
        let weakness = |person: &Person| person.weakest.map_or(1.0, |bridge| bridge.probability);
        weak.sort_by(|a, b| weakness(a).total_cmp(&weakness(b)));
        let weak = weak.into_iter().take(DRAWN).map(|person| (person, ClusterPick::WeakBridge));
        largest.chain(weak).map(|(person, pick)| self.cluster(person, pick)).collect()
    }

    fn cluster(&self, person: &Person, pick: ClusterPick) -> Cluster {
        let place = |of: PatientRef| person.members.iter().position(|member| *member == of);
        let inside = self.done.linkage.decisions_of(person);
        let edge = |one: &&Decision| {
            let (left, right) = (place(one.left)?, place(one.right)?);
            Some(Edge { left, right, probability: one.probability, outcome: outcome(one.outcome) })
        };
        let edges: Vec<Edge> = inside.iter().filter_map(edge).collect();
        let bridge = person.weakest.and_then(|bridge| Some((place(bridge.left)?, place(bridge.right)?)));
        let weakest = bridge.and_then(|(l, r)| edges.iter().position(|edge| (edge.left, edge.right) == (l, r)));
        Cluster {
            person: person.members.first().map_or_else(String::new, |first| first.get().to_string()),
            pick,
            members: person.members.iter().map(|member| self.id(*member)).collect(),
            edges,
            weakest,
        }
    }

    fn fields(&self) -> Vec<Field> {
        let model = &self.done.linkage.model;
        let (one, others) = (model.told(Class::Match), model.told(Class::Strangers));
        let level = |field: &str, level: &String, share: f64| {
            let strangers = others.get(field).and_then(|levels| levels.get(level)).copied().unwrap_or(share);
            Level { level: level.clone(), bits: (share / strangers).log2(), one_person: share, strangers }
        };
        let said = model.fields().iter().map(ToString::to_string).filter(|field| self.done.linkage.speaks(field));
        said.map(|field| {
            let levels = one.get(&field).into_iter().flatten().map(|(name, share)| level(&field, name, *share));
            Field { levels: levels.collect(), field: self.named(&field) }
        })
        .collect()
    }

    fn classes(&self, of: impl Fn(Class) -> f64) -> Vec<ClassShare> {
        let shares = Class::ALL.into_iter().map(|class| ClassShare { class: class.to_string(), share: of(class) });
        shares.filter(|one| one.share > 0.0).collect()
    }

    fn blocking(&self) -> Vec<Blocking> {
        let of = |report: &kiban_link::BlockReport| Blocking {
            rule: self.named(&report.rule.to_string()),
            pairs: report.pairs,
            first: report.first,
            cut_keys: report.cut_keys,
            cut_pairs: report.cut_pairs,
        };
        self.done.linkage.blocking.iter().map(of).collect()
    }
}

const fn outcome(of: Outcome) -> PairOutcome {
    match of {
        Outcome::Joined => PairOutcome::Joined,
        Outcome::Possible => PairOutcome::Possible,
        Outcome::Refused(Refusal::Human) => PairOutcome::RefusedByPeople,
        Outcome::Refused(Refusal::Conflict) => PairOutcome::RefusedConflict,
        Outcome::Refused(Refusal::Chain) => PairOutcome::RefusedChain,
    }
}
