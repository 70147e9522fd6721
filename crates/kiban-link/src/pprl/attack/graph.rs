//! Attacks on the graph of likeness: an encoding that keeps likeness keeps who is like whom.
//!
//! Vidanage, Christen, Ranbaduge and Schnell 2020; Heng, Armknecht, Chen and Schnell 2022. Records become points that are
//! described by their neighbourhoods alone; points of the target and of the known set that are described alike are taken
//! for one person. The surest of them become anchors, and every point is then described by its likeness to the anchors.

use super::{
    Labelled, Recovery,
    cloud::Cloud,
    rows::{Matches, standardise, unit_rows},
    spread,
};

/// Shares of all others from whose likeness the shape of a neighbourhood is read, besides the nearest ones.
const SHARES: [f64; 10] = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8];
/// The nearest neighbours whose likeness is read one by one.
const NEAREST: usize = 6;
/// The neighbours whose own neighbourhoods are read too.
const NEIGHBOURS: usize = 4;
/// How often the surest pairs become anchors.
const ROUNDS: usize = 5;
/// How much the shape of a neighbourhood weighs beside the likeness to the anchors.
const SHAPE: f32 = 0.5;
/// The least and most anchors of a round.
const ANCHORS: (usize, usize) = (24, 400);

/// Matches the graph of likeness of the target with that of what is known.
pub fn graph_matching(target: &Labelled<'_>, known: &Labelled<'_>, threads: usize) -> Recovery {
    let sides = Sides::new(target, known, threads);
    let guesses = sides.extend(&[]);
    Recovery::of(target.people, known.people, |at| guesses.person(at, known))
}

/// Starts from pairs (place in the target, place in the known set) that the attacker knows to be one person, and extends
/// them to the rest. The persons of the seeds do not count.
pub fn seeded_extension(
    target: &Labelled<'_>,
    known: &Labelled<'_>,
    seeds: &[(usize, usize)],
    threads: usize,
) -> Recovery {
    let sides = Sides::new(target, known, threads);
    let guesses = sides.extend(seeds);
    let given: Vec<u64> = seeds.iter().filter_map(|(at, _)| target.person(*at)).collect();
    let hidden: Vec<u64> = known.people.iter().copied().filter(|person| !given.contains(person)).collect();
    Recovery::of(target.people, &hidden, |at| guesses.person(at, known))
}

/// Both sets with the shapes of their neighbourhoods.
struct Sides {
    targets: Cloud,
    others: Cloud,
    shapes: [Vec<Vec<f32>>; 2],
    threads: usize,
}

impl Sides {
    fn new(target: &Labelled<'_>, known: &Labelled<'_>, threads: usize) -> Self {
        let (targets, others) = (Cloud::new(target.encodings), Cloud::new(known.encodings));
        let shapes = [neighbourhoods(&targets, threads), neighbourhoods(&others, threads)];
        Self { targets, others, shapes, threads }
    }

    /// Makes the surest pairs anchors, again and again, each time more of them.
    fn extend(&self, seeds: &[(usize, usize)]) -> Matches {
        let mut matches = self.by_anchors(seeds);
        for round in 1..=ROUNDS {
            let wanted = (self.targets.len() * round / 20).clamp(ANCHORS.0, ANCHORS.1);
            let mut anchors = seeds.to_vec();
            anchors.extend(matches.surest(wanted.saturating_sub(seeds.len())));
            matches = self.by_anchors(&anchors);
        }
        matches
    }

    /// Matches by the shapes and by the likeness to the anchors together.
    fn by_anchors(&self, anchors: &[(usize, usize)]) -> Matches {
        let (at_targets, at_others): (Vec<usize>, Vec<usize>) = anchors.iter().copied().unzip();
        let [target_shapes, other_shapes] = &self.shapes;
        let describe = |cloud: &Cloud, shapes: &[Vec<f32>], anchors: &[usize]| {
            let rows = spread(cloud.len(), self.threads, |at| {
                let filters = 0..cloud.filters();
                filters.flat_map(|f| anchors.iter().map(move |anchor| cloud.dice(at, f, cloud, *anchor))).collect()
            });
            let by_anchors = unit_rows(standardise(rows));
            let both = by_anchors.into_iter().zip(shapes).map(|(mut row, shape)| {
                row.extend(shape.iter().map(|value| value * SHAPE));
                row
            });
            unit_rows(both.collect())
        };
        let targets = describe(&self.targets, target_shapes, &at_targets);
        Matches::of(&targets, &describe(&self.others, other_shapes, &at_others), self.threads)
    }
}

/// Describes every point by how alike its nearest and its farther neighbours are, and by how its nearest ones are
/// described.
fn neighbourhoods(cloud: &Cloud, threads: usize) -> Vec<Vec<f32>> {
    let filters = cloud.filters();
    let seen: Vec<(Vec<f32>, Vec<usize>)> = spread(cloud.len(), threads, |at| {
        let (mut shape, mut neighbours) = (Vec::new(), Vec::new());
        for filter in 0..filters {
            let others = (0..cloud.len()).filter(|other| *other != at);
            let mut all: Vec<(f32, usize)> =
                others.map(|other| (cloud.dice(at, filter, cloud, other), other)).collect();
            all.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let likeness = |nth: usize| all.get(nth).map_or(0.0, |(likeness, _)| *likeness);
            shape.extend((0..NEAREST).map(likeness));
            shape.extend(SHARES.iter().map(|share| likeness(part(all.len(), *share))));
            neighbours.extend(all.iter().take(NEIGHBOURS).map(|(_, other)| *other));
        }
        (shape, neighbours)
    });
    let shapes = standardise(seen.iter().map(|(shape, _)| shape.clone()).collect());
    let wide = seen.iter().zip(&shapes).map(|((_, neighbours), own)| {
        let near = neighbours.iter().filter_map(|at| shapes.get(*at)).flatten();
        own.iter().chain(near).copied().collect()
    });
    unit_rows(wide.collect())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of it"
)]
fn part(count: usize, share: f64) -> usize {
    (count as f64 * share) as usize
}
