//! An acquaintance looks for people of the finished release while it is still known who is who.

use kiban_anon::{DateRule, DateUnit};

use super::people::People;
use crate::{
    Result,
    dataset::{Anonymous, FileSet, Gated},
    lake::Manifest,
    release::{
        attack::{Attacked, Hunt, Knowledge, attack},
        spec::ReleaseSpec,
        told::ToldDates,
    },
};

/// Rows that are looked through in memory, some twenty bytes each; larger releases are left to `kiban release attack`.
const MOST_ROWS: u64 = 20_000_000;
/// Persons looked for.
const TARGETS: u32 = 1_000;
/// Most events known.
const KNOWN: u8 = 3;

/// Returns by how many days a person's dates may have been moved.
fn largest_move(spec: &ReleaseSpec) -> i32 {
    match spec.anonymity.date_rule() {
        Some(DateRule::Shift { days, .. }) => i32::from(days),
        Some(DateRule::Calendar { .. }) | None => 0,
        Some(DateRule::Relative { .. } | DateRule::Gaps { .. }) => {
            spec.window.to.since(spec.window.from).map(|span| span.get_days()).unwrap_or(i32::MAX)
        }
    }
}

/// Measures how often the right person is named by demographics alone, and with some events known to the month or the day.
pub(super) fn look_for_people(
    spec: &ReleaseSpec,
    people: &People,
    gated: &FileSet<Gated>,
    files: &FileSet<Anonymous>,
    key: &[u8],
) -> Result<Option<Attacked>> {
    if files.tables().values().map(Manifest::rows).sum::<u64>() > MOST_ROWS {
        return Ok(None);
    }
    let alone = Knowledge { events: 0, dates: DateUnit::Window };
    let several = [DateUnit::Month, DateUnit::Day]
        .into_iter()
        .flat_map(|dates| (1..=KNOWN).map(move |events| Knowledge { events, dates }));
    let knowledge: Vec<Knowledge> = std::iter::once(alone).chain(several).collect();
    let told = Some(ToldDates::of(spec.anonymity.date_rule()));
    let hunt = Hunt { key, targets: TARGETS, shift: Some(largest_move(spec)), told };
    attack(&files.into(), &gated.into(), Some(&people.link()), &hunt, &knowledge).map(Some)
}
