//! What was done for each item of the anonymisation standard, with the numbers that show it (SEED-58, ordinance Art. 18).

use std::collections::BTreeMap;

use kiban_anon::ordinance::{Item, Measure, NoObject, Operation, open_items};
use kiban_core::tables::{CDM_TABLES, Column, ColumnType, Privacy};

use super::{events::Made, people::People, values::is_category};
use crate::{
    Error, Result,
    release::spec::{Lives, ReleaseSpec, says_what},
};

/// States the measures taken for every item of the ordinance.
///
/// # Errors
/// [`Error::Bug`] where an item is left without an answer.
pub(super) fn measures(spec: &ReleaseSpec, people: &People, made: &[Made]) -> Result<(Vec<Measure>, Vec<NoObject>)> {
    let mut measures = descriptions(people, made);
    measures.push(measure(
        Item::IdentificationCodes,
        Operation::Dropped,
        ["coverage.insurer", "coverage.symbol", "coverage.number", "coverage.branch"].map(str::to_owned).to_vec(),
        [],
    ));
    measures.push(linking(made, people));
    measures.extend(peculiarities(spec, people, made));
    measures.extend(database(spec, people, made));
    let absent = Vec::new();
    match open_items(&measures, &absent).first() {
        None => Ok((measures, absent)),
        Some(gap) => Err(Error::Bug(format!("the release leaves an item of the ordinance open: {gap:?}"))),
    }
}

fn measure<const N: usize>(
    item: Item,
    operation: Operation,
    columns: Vec<String>,
    counts: [(&str, u64); N],
) -> Measure {
    let counts: BTreeMap<String, u64> = counts.into_iter().map(|(name, n)| (name.to_owned(), n)).collect();
    Measure { item, operation, columns, counts }
}

/// Names, addresses and numbers are never selected; demographics are generalised.
fn descriptions(people: &People, made: &[Made]) -> Vec<Measure> {
    let vault = ["name_kanji", "name_kana", "name_romaji", "birth_date", "postal_code", "address", "phone"];
    let dropped = vault.iter().map(|name| format!("patient.{name}")).collect();
    let free_text = CDM_TABLES
        .iter()
        .filter(|table| made.iter().any(|m| m.name == table.name))
        .flat_map(|table| table.columns.iter().filter(|c| c.privacy == Privacy::FreeText).map(|c| (table.name, c.name)))
        .map(|(table, column)| format!("{table}.{column}"))
        .collect::<Vec<_>>();
    let levels = people.levels();
    let generalised = levels.iter().filter(|l| l.level > 0).map(|l| format!("person.{}", l.column)).collect::<Vec<_>>();
    let persons = people.released();
    let mut measures = vec![measure(Item::Descriptions, Operation::Dropped, dropped, [("persons", persons)])];
    if !free_text.is_empty() {
        measures.push(measure(Item::Descriptions, Operation::Dropped, free_text, []));
    }
    if !generalised.is_empty() {
        measures.push(measure(Item::Descriptions, Operation::Generalised, generalised, [("persons", persons)]));
    }
    measures
}

/// Every id of the release is fresh; no map to the house's ids outlives its making.
fn linking(made: &[Made], people: &People) -> Measure {
    let mut columns = vec!["person.person_id".to_owned()];
    for table in made {
        columns.push(format!("{}.person_id", table.name));
        if !matches!(table.name.as_str(), "death") {
            columns.push(format!("{0}.{0}_id", table.name));
        }
    }
    let rows = made.iter().map(|table| table.manifest.rows()).sum();
    measure(Item::LinkingCodes, Operation::RandomIds, columns, [("persons", people.released()), ("rows", rows)])
}

fn peculiarities(spec: &ReleaseSpec, people: &People, made: &[Made]) -> Vec<Measure> {
    let item = Item::Peculiarities;
    let mut measures = vec![measure(
        item,
        Operation::TopBottomCoded,
        vec!["person.birth_year".to_owned()],
        [("age", u64::from(spec.anonymity.top_age)), ("persons", people.released())],
    )];
    for table in made {
        let codes = table.columns(|c| says_what(&table.name, c));
        if let Some(counts) = table.codes.filter(|_| !codes.is_empty()) {
            let rolled = [("kept", counts.kept), ("rolled_up", counts.rolled_up), ("left_out", counts.suppressed)];
            measures.push(measure(item, Operation::RolledUp, codes.clone(), rolled));
            let rows = table.flow.held.get("rare-code").copied().unwrap_or_default();
            measures.push(measure(item, Operation::RowsSuppressed, codes, [("rows", rows)]));
        }
        let amounts = table.columns(|c| is_amount(&table.name, c));
        if !amounts.is_empty() {
            let floor = u64::from(spec.anonymity.value_floor);
            measures.push(measure(item, Operation::TopBottomCoded, amounts, [("persons_at_each_end", floor)]));
        }
        let words = table.columns(|c| is_word(&table.name, c));
        if !words.is_empty() {
            let floor = u64::from(spec.anonymity.code_floor);
            measures.push(measure(item, Operation::CellsSuppressed, words, [("persons_per_word", floor)]));
        }
    }
    measures
}

fn is_amount(table: &str, column: &Column) -> bool {
    column.privacy == Privacy::Clinical && !is_category(column) && !says_what(table, column)
}

fn is_word(table: &str, column: &Column) -> bool {
    column.privacy == Privacy::Clinical && is_category(column) && !says_what(table, column)
}

/// Differences between the records: classes of k, shifted and truncated dates.
fn database(spec: &ReleaseSpec, people: &People, made: &[Made]) -> Vec<Measure> {
    let item = Item::DatabaseProperties;
    let demographics: Vec<String> = people.levels().iter().map(|l| format!("person.{}", l.column)).collect();
    let mut measures = vec![
        measure(item, Operation::ClassesChecked, demographics.clone(), [("smallest_class", people.smallest_class())]),
        measure(item, Operation::RowsSuppressed, demographics, [("persons", people.suppressed())]),
    ];
    for table in made {
        let dates = table.columns(|c| c.kind == ColumnType::Date);
        if dates.is_empty() {
            continue;
        }
        if let Some(lives) = &spec.anonymity.lives {
            let rows = table.flow.held.get("several-known").copied().unwrap_or_default();
            let known = [("known_events", u64::from(lives.known)), ("persons", u64::from(spec.anonymity.k))];
            measures.push(measure(item, Operation::Generalised, dates.clone(), known));
            measures.push(measure(item, Operation::RowsSuppressed, dates.clone(), [("rows", rows)]));
            measures.extend(sensitive(lives, table));
        } else {
            let most = u64::from(spec.anonymity.shift_days());
            measures.push(measure(item, Operation::DatesShifted, dates.clone(), [("most_days", most)]));
        }
        let rows = table.flow.held.get("outside-window").copied().unwrap_or_default();
        measures.push(measure(item, Operation::Truncated, dates, [("rows", rows)]));
    }
    measures
}

/// What must not follow too surely from known events, of one table.
fn sensitive(lives: &Lives, table: &Made) -> Option<Measure> {
    let of_table = |group: &&String| group.split_once(':').is_some_and(|(of, _)| of == table.name);
    let groups = lives.sensitive.iter().filter(of_table).count() as u64;
    let columns = table.columns(|c| says_what(&table.name, c));
    // Rounded up: what is stated is never less than what was allowed.
    let percent = (1_u32..=100).find(|percent| f64::from(*percent) >= lives.confidence * 100.0).unwrap_or(100);
    let counts = [("sensitive_groups", groups), ("most_percent", u64::from(percent))];
    (groups > 0).then(|| measure(Item::DatabaseProperties, Operation::RowsSuppressed, columns, counts))
}
