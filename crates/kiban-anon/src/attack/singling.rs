//! Singling out: somebody finds a description in the release that fits exactly one person in the world it came from.

use serde::Serialize;

use super::{
    draw::Draws,
    rate::{Rate, Tally},
    table::{Table, Wanted},
    view::View,
};
use crate::error::{Error, Result};

/// How well persons are singled out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SinglingOut {
    /// Of the descriptions that fit one released record, the share that fits one person of the table. Control: the same from
    /// the release with every column shuffled on its own, which keeps all columns and no record.
    pub rate: Rate,
    /// Descriptions drawn until then; in a release that keeps everybody among others few or none fit one record.
    pub drawn: u64,
}

/// Plays an adversary who draws a released record and some of its columns, and keeps the description if nobody else in the
/// release fits it (the multivariate attack of Giomi et al. 2023, with equality as the only predicate).
///
/// # Errors
/// No column per description, or more than the release has.
pub fn singling_out(view: &View, columns: usize, draws: u64, key: &[u8]) -> Result<SinglingOut> {
    if columns == 0 || columns > view.columns.len() {
        let why = "a description takes at least one column and at most all of them";
        return Err(Error::BadParameter { what: "singling out".to_owned(), why });
    }
    let persons = 0..view.persons();
    let records: Vec<u32> = persons.filter_map(|person| view.record(person)).collect();
    let shuffled = shuffled(view, &records, key);
    let everyone: Vec<u32> = shuffled.1.iter().flatten().copied().collect();
    let attack = play(view, &view.released, &records, (columns, draws), &mut Draws::new(key, b"singling out"));
    let control = play(view, &shuffled.0, &everyone, (columns, draws), &mut Draws::new(key, b"control"));
    Ok(SinglingOut { rate: attack.beside(control), drawn: draws })
}

fn play(view: &View, release: &Table, records: &[u32], (columns, draws): (usize, u64), dice: &mut Draws) -> Tally {
    let mut tally = Tally::default();
    for _ in 0..draws {
        let Some(record) = records.get(dice.below(records.len())).copied() else { break };
        let mut chosen: Vec<usize> = (0..view.columns.len()).collect();
        dice.choose(&mut chosen, columns);
        let texts: Vec<(usize, [u32; 1])> = chosen.iter().map(|c| (*c, [release.code(*c, record)])).collect();
        let in_release: Vec<Wanted<'_>> = texts.iter().map(|(c, text)| (*c, &text[..])).collect();
        if release.isolates(&in_release) {
            let leaves = |(c, [text]): &(usize, [u32; 1])| (*c, view.leaves_of(*c, *text));
            let in_table: Vec<Wanted<'_>> = texts.iter().map(leaves).collect();
            tally.add(if view.original.isolates(&in_table) { 1.0 } else { 0.0 });
        }
    }
    tally
}

/// Shuffles every column of the release on its own.
fn shuffled(view: &View, records: &[u32], key: &[u8]) -> (Table, Vec<Option<u32>>) {
    let mut draws = Draws::new(key, b"shuffle");
    let mut column = |column: usize| {
        let mut texts: Vec<u32> = records.iter().map(|record| view.released.code(column, *record)).collect();
        draws.choose(&mut texts, records.len());
        texts
    };
    let columns: Vec<Vec<u32>> = (0..view.columns.len()).map(&mut column).collect();
    let row = |at: usize| Some(columns.iter().map(|texts| texts.get(at).copied().unwrap_or(0)).collect());
    Table::new(columns.len(), (0..records.len()).map(row))
}
