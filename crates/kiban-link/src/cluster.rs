//! Stage 6: pairs become persons. Joins go from the surest down; chains and contradictions are refused.

use kiban_core::PatientRef;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    Error,
    compare::Comparer,
    constraints::Constraints,
    encode::{Row, Table},
    normalise::date::Agreement,
    scored::{Scored, conflict_of_cards},
};

/// A person as found: the registrations, sorted, and where the person would most easily fall apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// The registrations, sorted.
    pub members: Vec<PatientRef>,
    /// The least sure join without which the registrations do not hold together; `None` for a single one.
    pub weakest: Option<Bridge>,
}

/// A join that holds a person together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bridge {
    /// One end.
    pub left: PatientRef,
    /// The other end.
    pub right: PatientRef,
    /// The probability of the pair; one where a rule or a person decided.
    pub probability: f64,
}

/// Why a pair above the threshold was not joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// A person said that they are two.
    Human,
    /// Facts contradict: two charts of one facility with other birth dates or sexes, or two 枝番 of one card at once.
    Conflict,
    /// The two groups hang together by this pair only, and their other pairs speak against it.
    Chain,
}

/// A pair that is to be joined, by row number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) probability: f64,
}

/// Groups of rows, and why some pairs were refused.
pub(crate) struct Partition {
    pub(crate) groups: Groups,
    pub(crate) refused: FxHashMap<(u32, u32), Refusal>,
}

/// The mean probability between two groups below which they stay apart.
const MEAN: f64 = 0.5;

/// Joins rows along the edges, people's decisions first, then the surest.
pub(crate) fn cluster(scored: &Scored, constraints: &Constraints) -> Result<Partition, Error> {
    let index: FxHashMap<PatientRef, u32> = (0u32..).zip(&scored.table.rows).map(|(i, r)| (r.patient, i)).collect();
    let place = |(l, r): (PatientRef, PatientRef)| Some((*index.get(&l)?, *index.get(&r)?)).filter(|(a, b)| a != b);
    let cannot: FxHashSet<(u32, u32)> =
        constraints.cannot().filter_map(place).flat_map(|(a, b)| [(a, b), (b, a)]).collect();
    let mut groups = Groups::new(scored.table.rows.len());
    for (left, right) in constraints.must().filter_map(place) {
        groups.join(Edge { left, right, probability: 1.0 });
    }
    for pair in constraints.cannot() {
        if place(pair).is_some_and(|(a, b)| groups.find(a) == groups.find(b)) {
            return Err(Error::Contradiction { left: pair.0, right: pair.1 });
        }
    }
    let mut refused = FxHashMap::default();
    let mut comparer = Comparer::new(&scored.table);
    for edge in scored.edges() {
        let (a, b) = (groups.find(edge.left), groups.find(edge.right));
        if a == b {
            continue;
        }
        match refusal(scored, &mut comparer, &cannot, (groups.members(a), groups.members(b))) {
            Some(why) => drop(refused.insert((edge.left, edge.right), why)),
            None => groups.join(edge),
        }
    }
    refused.retain(|(left, right), _| groups.find(*left) != groups.find(*right));
    Ok(Partition { groups, refused })
}

/// Why two groups must stay apart, if they must.
fn refusal(
    scored: &Scored,
    comparer: &mut Comparer<'_>,
    cannot: &FxHashSet<(u32, u32)>,
    (left, right): (&[u32], &[u32]),
) -> Option<Refusal> {
    let pairs = || left.iter().flat_map(|l| right.iter().map(move |r| (*l, *r)));
    if !cannot.is_empty() && pairs().any(|pair| cannot.contains(&pair)) {
        return Some(Refusal::Human);
    }
    if pairs().any(|(l, r)| conflict(&scored.table, l, r)) {
        return Some(Refusal::Conflict);
    }
    let (mut total, mut count) = (0.0, 0.0);
    for (l, r) in pairs() {
        total += scored.verdict(comparer.pair(l.min(r), l.max(r))).probability();
        count += 1.0;
    }
    (total < MEAN * count).then_some(Refusal::Chain)
}

fn conflict(table: &Table, left: u32, right: u32) -> bool {
    let (Some(l), Some(r)) = (table.row(left), table.row(right)) else { return false };
    charts_contradict(l, r) || medical_ids_contradict(l, r) || conflict_of_cards(table, l, r)
}

/// Two charts of one facility with facts that one person cannot have.
fn charts_contradict(l: &Row, r: &Row) -> bool {
    let two_charts = l.facility > 0 && l.facility == r.facility && (l.chart == 0 || l.chart != r.chart);
    let other_sex = l.sex > 0 && r.sex > 0 && l.sex != r.sex;
    let other_birth = l.birth.agreement(r.birth) >= Agreement::Swapped;
    two_charts && (other_sex || other_birth)
}

/// One medical ID with facts that one person cannot have: such ids exist (Imamura, JCMI 2024).
fn medical_ids_contradict(l: &Row, r: &Row) -> bool {
    let other_month = l.birth.month > 0 && r.birth.month > 0 && l.birth.month != r.birth.month;
    let other_sex = l.sex > 0 && r.sex > 0 && l.sex != r.sex;
    l.medical_id > 0 && l.medical_id == r.medical_id && (other_sex || other_month)
}

/// Disjoint groups that remember their members and their weakest join.
pub(crate) struct Groups {
    parent: Vec<u32>,
    members: FxHashMap<u32, Vec<u32>>,
    singles: Vec<u32>,
    weakest: FxHashMap<u32, Edge>,
}

impl Groups {
    fn new(rows: usize) -> Self {
        let all: Vec<u32> = (0u32..).take(rows).collect();
        Self { parent: all.clone(), members: FxHashMap::default(), singles: all, weakest: FxHashMap::default() }
    }

    /// The group of a row, named by its smallest row.
    pub(crate) fn find(&self, row: u32) -> u32 {
        let mut at = row;
        loop {
            let up = self.up(at);
            if up == at {
                return at;
            }
            at = up;
        }
    }

    fn up(&self, row: u32) -> u32 {
        usize::try_from(row).ok().and_then(|row| self.parent.get(row)).copied().unwrap_or(row)
    }

    /// The rows of a group, by its name.
    pub(crate) fn members(&self, group: u32) -> &[u32] {
        let at = usize::try_from(group).unwrap_or(usize::MAX);
        self.members.get(&group).map_or_else(|| self.singles.get(at..=at).unwrap_or(&[]), Vec::as_slice)
    }

    /// Makes two groups one. Members point at the root directly, so that finding stays short.
    fn join(&mut self, edge: Edge) {
        let (a, b) = (self.find(edge.left), self.find(edge.right));
        if a == b {
            return;
        }
        let (root, other) = (a.min(b), a.max(b));
        let moved = self.members.remove(&other).unwrap_or_else(|| vec![other]);
        for row in &moved {
            if let Some(parent) = usize::try_from(*row).ok().and_then(|row| self.parent.get_mut(row)) {
                *parent = root;
            }
        }
        self.members.entry(root).or_insert_with(|| vec![root]).extend(moved);
        let mut edges = [Some(edge), self.weakest.remove(&other), self.weakest.remove(&root)];
        edges.sort_by(|a, b| {
            let weight = |e: &Option<Edge>| e.map_or(f64::INFINITY, |e| e.probability);
            weight(a).total_cmp(&weight(b))
        });
        if let [Some(weakest), ..] = edges {
            self.weakest.insert(root, weakest);
        }
    }

    /// The names of all groups, sorted.
    pub(crate) fn roots(&self) -> impl Iterator<Item = u32> + '_ {
        self.singles.iter().copied().filter(|row| self.up(*row) == *row)
    }

    /// All groups as persons, sorted by their first registration.
    pub(crate) fn persons(&self, rows: &[Row]) -> Vec<Person> {
        let patient = |row: u32| usize::try_from(row).ok().and_then(|row| rows.get(row)).map(|row| row.patient);
        let mut persons: Vec<Person> = self
            .roots()
            .map(|root| {
                let mut members: Vec<PatientRef> = self.members(root).iter().filter_map(|row| patient(*row)).collect();
                members.sort_unstable();
                let bridge = |edge: &Edge| {
                    let (left, right) = (patient(edge.left)?, patient(edge.right)?);
                    Some(Bridge { left: left.min(right), right: left.max(right), probability: edge.probability })
                };
                Person { members, weakest: self.weakest.get(&root).and_then(bridge) }
            })
            .collect();
        persons.sort_unstable_by(|a, b| a.members.cmp(&b.members));
        persons
    }
}
