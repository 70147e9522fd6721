//! How patients of facilities were joined to persons, and how well.

use super::{Block, Context, Section, Tile, no_legend};
use crate::{
    chart::{Bar, BarRow, Bars, Chart, part},
    html::Cell,
    number::{count, share},
    report::{Basis, Linkage},
};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let linkage = context.report.linkage.as_ref()?;
    let tile = |value: String, id: &str| Tile { value, words: context.both.word("tile", id) };
    let mut tiles = vec![
        tile(context.persons.count(linkage.registrations).to_string(), "registrations"),
        tile(context.persons.count(linkage.persons).to_string(), "persons"),
        tile(share(linkage.precision), "precision"),
        tile(share(linkage.recall), "recall"),
        tile(share(linkage.f1()), "f1"),
    ];
    tiles.extend(twins(linkage).map(|value| tile(value, "twins")));
    let basis = context.both.word("basis", linkage.basis.as_str());
    Some(context.section("linkage", vec![Block::Tiles(tiles), Block::Note(basis), across(context, linkage)]))
}

/// Returns the twins kept apart: a figure from known truth, so it is shown as it is; without truth there is none.
fn twins(linkage: &Linkage) -> Option<String> {
    let (twins, apart) = linkage.twins.zip(linkage.twins_apart)?;
    (linkage.basis == Basis::Truth).then(|| format!("{} / {}", count(apart), count(twins)))
}

fn across(context: &Context<'_>, linkage: &Linkage) -> Block {
    let shown = context.persons.parts(&linkage.persons_by_facilities);
    let most = shown.iter().map(|s| s.drawn()).max().unwrap_or_default();
    let words = |i: usize| context.both.fill("linkage-facilities", &[("n", &(i + 1).to_string())]);
    let rows = shown.iter().enumerate().map(|(i, s)| BarRow {
        words: words(i),
        bars: vec![Bar { series: 1, length: part(s.drawn(), most), value: s.to_string(), hatched: !s.is_exact() }],
    });
    let rows: Vec<BarRow> = rows.collect();
    let cells = shown.iter().enumerate().map(|(i, s)| vec![words(i).into(), Cell::Number(s.to_string())]).collect();
    let table = context.table("across", &["facilities-seen", "persons"], cells);
    context.figure("across", |label| vec![Chart::Bars(Bars::new(label, no_legend(), rows, vec![]))], table)
}
