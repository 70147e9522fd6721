//! An acquaintance looks for people of the finished release while it is still known who is who.

use kiban_anon::life::DateUnit;

use super::people::People;
use crate::{
    Result,
    dataset::{Anonymous, FileSet, Gated},
    release::{
        attack::{Attacked, Hunt, Knowledge, attack},
        spec::ReleaseSpec,
    },
};

/// Persons looked for.
const TARGETS: u32 = 1_000;
/// Most events known.
const KNOWN: u8 = 3;

/// Measures how often the right person is named by demographics alone, and with some events known to the month or the day.
pub(super) fn look_for_people(
    spec: &ReleaseSpec,
    people: &People,
    gated: &FileSet<Gated>,
    files: &FileSet<Anonymous>,
    key: &[u8],
) -> Result<Attacked> {
    let alone = Knowledge { events: 0, dates: DateUnit::Window };
    let several = [DateUnit::Month, DateUnit::Day]
        .into_iter()
        .flat_map(|dates| (1..=KNOWN).map(move |events| Knowledge { events, dates }));
    let knowledge: Vec<Knowledge> = std::iter::once(alone).chain(several).collect();
    let hunt = Hunt { key, targets: TARGETS, shift: Some(i32::from(spec.anonymity.shift_days())) };
    attack(&files.into(), &gated.into(), Some(&people.link()), &hunt, &knowledge)
}
