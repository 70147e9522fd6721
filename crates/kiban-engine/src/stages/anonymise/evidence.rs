//! What was done for each item of the anonymisation standard, with the numbers that show it (SEED-58, ordinance Art. 18).

use std::collections::BTreeMap;

use kiban_anon::{
    DateRule, DateUnit, Reason,
    ordinance::{Item, Measure, NoObject, Operation, open_items},
};
use kiban_core::tables::{CDM_TABLES, Column, ColumnType, Privacy};

use super::{dates::Dates, events::Made, outliers::Peculiar, people::People, values::is_category};
use crate::{
    Error, Result,
    release::spec::{Lives, ReleaseSpec, says_what},
};

/// States the measures taken for every item of the ordinance.
///
/// # Errors
/// [`Error::Bug`] where an item is left without an answer.
pub(super) fn measures(
    spec: &ReleaseSpec,
    dates: &Dates,
    people: &People,
    made: &[Made],
    peculiar: &[Peculiar],
) -> Result<(Vec<Measure>, Vec<NoObject>)> {
    let mut measures = descriptions(people, made);
    measures.push(measure(
        Item::IdentificationCodes,
        Operation::Dropped,
        ["coverage.insurer", "coverage.symbol", "coverage.number", "coverage.branch"].map(str::to_owned).to_vec(),
        [],
    ));
    measures.push(linking(made, people));
    measures.extend(peculiarities(spec, people, made));
    measures.extend(outliers(made, peculiar));
    measures.extend(database(spec, dates, people, made));
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

/// What was done to those who stand out by what the data show, with the persons of each reason (`outliers.rs`).
///
/// Top ages and coded amounts are stated with their columns above; what is for the officer to look at is no measure.
fn outliers(made: &[Made], peculiar: &[Peculiar]) -> Vec<Measure> {
    let (item, facilities) = (Item::Peculiarities, ["facility", "care_site_id", "provider_id", "location_id"]);
    let mut measures = vec![measure(item, Operation::Dropped, facilities.map(str::to_owned).to_vec(), [])];
    for (table, one) in peculiar.iter().filter_map(|one| Some((made.iter().find(|t| t.name == one.table)?, one))) {
        let counts = [(one.reason.id(), one.persons), ("rows", one.rows_held)];
        measures.extend(match one.reason {
            Reason::MultipleBirth | Reason::ManyVisits | Reason::ManyDrugs => {
                let rows = table.columns(|c| c.privacy == Privacy::Clinical || c.privacy == Privacy::Date);
                (!rows.is_empty()).then(|| measure(item, Operation::RowsSuppressed, rows, counts))
            }
            Reason::LongStay => {
                let ends = table.columns(|c| c.name == "visit_end_date");
                Some(measure(item, Operation::TopBottomCoded, ends, counts))
            }
            _ => None,
        });
    }
    measures
}

fn is_amount(table: &str, column: &Column) -> bool {
    column.privacy == Privacy::Clinical && !is_category(column) && !says_what(table, column)
}

fn is_word(table: &str, column: &Column) -> bool {
    column.privacy == Privacy::Clinical && is_category(column) && !says_what(table, column)
}

/// Differences between the records: classes of k, and what was done to dates.
fn database(spec: &ReleaseSpec, dates: &Dates, people: &People, made: &[Made]) -> Vec<Measure> {
    let item = Item::DatabaseProperties;
    let demographics: Vec<String> = people.levels().iter().map(|l| format!("person.{}", l.column)).collect();
    let mut measures = vec![
        measure(item, Operation::ClassesChecked, demographics.clone(), [("smallest_class", people.smallest_class())]),
        measure(item, Operation::RowsSuppressed, demographics, [("persons", people.suppressed())]),
    ];
    for table in made {
        let columns = table.columns(|c| c.kind == ColumnType::Date);
        if columns.is_empty() {
            continue;
        }
        if let Some(lives) = &spec.anonymity.lives {
            let rows = table.flow.held.get("several-known").copied().unwrap_or_default();
            let known = [("known_events", u64::from(lives.known)), ("persons", u64::from(spec.anonymity.k))];
            measures.push(measure(item, Operation::Generalised, columns.clone(), known));
            measures.push(measure(item, Operation::RowsSuppressed, columns.clone(), [("rows", rows)]));
            measures.extend(sensitive(lives, table));
        }
        measures.extend(dates.rule().into_iter().flat_map(|rule| told(rule, dates.unit_of_deaths(), table, &columns)));
        let rows = table.flow.held.get("outside-window").copied().unwrap_or_default();
        measures.push(measure(item, Operation::Truncated, columns, [("rows", rows)]));
    }
    measures
}

/// What each rule does to the dates of a table. Deaths are told by their unit whatever the rule.
fn told(rule: DateRule, of_deaths: DateUnit, table: &Made, columns: &[String]) -> Vec<Measure> {
    let item = Item::DatabaseProperties;
    let coarse = |unit: DateUnit| {
        let days = if unit == DateUnit::Window { 0 } else { unit.length().unsigned_abs() };
        measure(item, Operation::Generalised, columns.to_vec(), [("unit_days", u64::from(days))])
    };
    let shifted = |days: u64| measure(item, Operation::DatesShifted, columns.to_vec(), [("most_days", days)]);
    let mut measures = match rule {
        DateRule::Calendar { unit } => vec![coarse(unit)],
        DateRule::Shift { days, then: DateUnit::Day, .. } => vec![shifted(u64::from(days))],
        DateRule::Shift { days, then, .. } => vec![shifted(u64::from(days)), coarse(then)],
        DateRule::Relative { unit } => vec![coarse(unit)],
        DateRule::Gaps { run, k, .. } => {
            let counts = [("gaps", u64::from(run)), ("persons", u64::from(k))];
            vec![measure(item, Operation::Generalised, columns.to_vec(), counts)]
        }
    };
    if table.name == "death" {
        measures.push(coarse(of_deaths));
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
