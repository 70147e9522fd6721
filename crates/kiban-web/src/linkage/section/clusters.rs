//! Persons with the pairs that hold their records together.

use super::{Context, series};
use crate::{
    chart::{Chart, Graph, Key, Label, Legend, Link, Style},
    html::{Cell, Pair, Table},
    linkage::{Cluster, Edge, PairOutcome},
    number::{many, share},
    page::{Block, Section},
};

/// So many records can be told apart on the circle, and so many pairs in a table.
const RECORDS: usize = 28;
const PAIRS: usize = 60;

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let clusters = context.report.clusters.iter().filter(|cluster| !cluster.members.is_empty());
    let blocks: Vec<Block> = (1..).zip(clusters).map(|(at, cluster)| figure(context, at, cluster)).collect();
    (!blocks.is_empty()).then(|| context.both.section("clusters", blocks))
}

fn figure(context: &Context<'_>, at: usize, cluster: &Cluster) -> Block {
    let both = context.both;
    let (person, n) = (Pair::plain(cluster.person.as_str()), Pair::plain(many(cluster.members.len())));
    let pick = both.word("pick", cluster.pick.as_str());
    let caption = both.say("cluster-of", &[("person", &person), ("n", &n), ("pick", &pick)]);
    let label = Label { id: format!("cluster-{at}"), title: caption.clone(), desc: both.word("desc", "clusters") };
    let records = cluster.members.len().min(RECORDS);
    let chart = Graph::new(label, legend(context, cluster), records, &links(cluster));
    let mut figure = both.captioned(caption, vec![Chart::Graph(chart)], tables(context, cluster));
    figure.notes.extend(weakest(context, cluster));
    if let Some(left) = cluster.members.len().checked_sub(RECORDS).filter(|left| *left > 0) {
        figure.notes.push(both.fill("cluster-more-records", &[("n", &many(left))]));
    }
    if let Some(left) = cluster.edges.len().checked_sub(PAIRS).filter(|left| *left > 0) {
        figure.notes.push(both.fill("cluster-more-pairs", &[("n", &many(left))]));
    }
    Block::Figure(figure)
}

fn links(cluster: &Cluster) -> Vec<Link> {
    let link = |(at, edge): (usize, &Edge)| Link {
        ends: [edge.left, edge.right],
        series: if cluster.weakest == Some(at) { 7 } else { series(edge.outcome) },
        weight: sureness(edge.probability),
        style: match edge.outcome {
            _ if cluster.weakest == Some(at) => Style::Marked,
            PairOutcome::Joined => Style::Solid,
            _ => Style::Dashed,
        },
    };
    cluster.edges.iter().enumerate().map(link).collect()
}

/// Returns how sure a probability is on a scale of odds, from 1 to 15 up to 30,000 to 1: 0.9 and 0.9999 look different.
fn sureness(probability: f64) -> f64 {
    let bits = (probability / (1.0 - probability)).log2();
    if bits.is_nan() { 0.0 } else { ((bits + 4.0) / 19.0).clamp(0.0, 1.0) }
}

/// Returns the key of what the graph holds: the outcomes of its pairs, and the weakest bridge.
fn legend(context: &Context<'_>, cluster: &Cluster) -> Legend {
    let held = |outcome: &&PairOutcome| cluster.edges.iter().any(|edge| edge.outcome == **outcome);
    let letter = |outcome: PairOutcome| if outcome == PairOutcome::Joined { "—" } else { "┄" }.to_owned();
    let key = |outcome: &PairOutcome| Key {
        series: series(*outcome),
        letter: letter(*outcome),
        words: context.outcome(*outcome),
    };
    let mut keys: Vec<Key> = PairOutcome::ALL.iter().filter(held).map(key).collect();
    let words = context.both.pair("cluster-bridge");
    keys.extend(cluster.weakest.map(|_| Key { series: 7, letter: "!".to_owned(), words }));
    Legend { keys }
}

/// Says which pair the person hangs on, and how sure that is.
fn weakest(context: &Context<'_>, cluster: &Cluster) -> Option<Pair> {
    let edge = cluster.edges.get(cluster.weakest?)?;
    let [left, right] = [edge.left, edge.right].map(|at| (at + 1).to_string());
    let probability = share(edge.probability);
    Some(context.both.fill("cluster-weakest", &[("left", &left), ("right", &right), ("probability", &probability)]))
}

/// The records by the numbers they have in the drawing, and the pairs, the least sure first.
fn tables(context: &Context<'_>, cluster: &Cluster) -> Vec<Table> {
    let both = context.both;
    let id = |at: usize| Cell::Code(cluster.members.get(at).cloned().unwrap_or_default());
    let numbered = |at: usize| vec![Pair::plain((at + 1).to_string()).into(), id(at)];
    let records = (0..cluster.members.len().min(RECORDS)).map(numbered).collect();
    let mut edges: Vec<(usize, &Edge)> = cluster.edges.iter().enumerate().collect();
    edges.sort_by(|(_, a), (_, b)| {
        a.probability.total_cmp(&b.probability).then_with(|| (a.left, a.right).cmp(&(b.left, b.right)))
    });
    let row = |(at, edge): &(usize, &Edge)| {
        let outcome = context.outcome(edge.outcome);
        let bridge = both.pair("cluster-bridge");
        let words = if cluster.weakest == Some(*at) { both.join(&[outcome, bridge], "・", ", ") } else { outcome };
        let pair = Pair::plain(format!("{} ↔ {}", edge.left + 1, edge.right + 1));
        vec![pair.into(), id(edge.left), id(edge.right), Cell::Number(share(edge.probability)), words.into()]
    };
    let pairs = edges.iter().take(PAIRS).map(row).collect();
    vec![
        both.table("cluster-records", &["number", "record"], records),
        both.table("cluster-pairs", &["pair", "record", "other-record", "probability", "outcome"], pairs),
    ]
}
