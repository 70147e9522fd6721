//! What came out, in figures.

use super::Context;
use crate::{
    number::{count, share},
    page::{Block, Section},
};

#[expect(clippy::unnecessary_wraps, reason = "one signature for all sections")]
pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let (both, totals) = (context.both, &context.report.totals);
    let tiles = vec![
        both.tile(count(totals.records), "records"),
        both.tile(count(totals.persons), "persons"),
        both.tile(count(totals.candidate_pairs), "candidate-pairs"),
        both.tile(count(totals.joined_pairs), "joined-pairs"),
        both.tile(count(totals.possible_pairs), "possible-pairs"),
        both.tile(count(totals.refused_pairs), "refused-pairs"),
        both.tile(share(totals.precision), "expected-precision"),
        both.tile(share(totals.recall), "expected-recall"),
        both.tile(share(totals.found_by_blocking), "found-by-blocking"),
    ];
    let model = match (totals.identified, totals.converged) {
        (false, _) => "model-unidentified",
        (true, false) => "model-unsettled",
        (true, true) => "model-identified",
    };
    Some(both.section("result", vec![Block::Tiles(tiles), Block::Note(both.pair(model))]))
}
