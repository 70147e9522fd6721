//! Which released persons agree with what is known of somebody's sex, year of birth and residence.

use arrow::array::{Array, ArrayRef};
use kiban_anon::{ANY, Hierarchy, UNKNOWN};
use rustc_hash::FxHashMap;

use super::tables::{TableFiles, numbers, texts};
use crate::{Error, Result};

/// The columns that tell sex, year of birth and residence: in a release, and in the common data model.
const COLUMNS: [&[&str]; 3] =
    [&["sex", "gender_source_value", "gender_concept_id"], &["birth_year", "year_of_birth"], &["residence", "state"]];

/// Sex, year of birth and residence as they are told; none where it is not.
type Tuple = [Option<String>; 3];

/// Persons by their demographics.
#[derive(Debug, Default)]
pub(super) struct Persons {
    /// Their numbers, ascending.
    pub(super) ids: Vec<i64>,
    /// Per person the number of what is told of them.
    pub(super) tuple_of: Vec<u32>,
    /// What is told.
    tuples: Vec<Tuple>,
    /// Whether the table tells of sex, year of birth, residence at all.
    tells: [bool; 3],
}

impl Persons {
    /// Reads the table `person`, and `location` where that tells the residence.
    pub(super) fn read(files: &TableFiles) -> Result<Self> {
        let has = files.columns("person")?;
        let mut columns = COLUMNS.map(|names| names.iter().copied().find(|name| has.contains(*name)));
        let places =
            if columns[2].is_none() && has.contains("location_id") { states(files)? } else { FxHashMap::default() };
        if !places.is_empty() {
            columns[2] = Some("location_id");
        }
        let tells = columns.map(|column| column.is_some());
        let mut known: FxHashMap<Tuple, u32> = FxHashMap::default();
        let mut rows: Vec<(i64, u32)> = Vec::new();
        let [sex, birth, home] = columns;
        let mut tuples = Vec::new();
        files.read("person", &[Some("person_id"), sex, birth, home], |cells| {
            let [ids, told @ ..] = cells else { return Ok(()) };
            let told: Vec<_> = told.iter().map(texts).collect::<Result<_>>()?;
            for (row, id) in numbers(ids)?.iter().enumerate() {
                let cell = |at: usize| told.get(at).filter(|c| c.is_valid(row)).map(|c| c.value(row).to_owned());
                let home = if places.is_empty() { cell(2) } else { cell(2).and_then(|id| places.get(&id).cloned()) };
                let tuple = [cell(0), cell(1), home].map(|told| told.filter(|text| !text.is_empty()));
                let number = *known.entry(tuple.clone()).or_insert_with(|| {
                    tuples.push(tuple);
                    u32::try_from(tuples.len() - 1).unwrap_or(u32::MAX)
                });
                rows.push((id.ok_or_else(|| Error::Input("a person has no person_id".to_owned()))?, number));
            }
            Ok(())
        })?;
        rows.sort_unstable();
        if rows.is_empty() {
            return Err(Error::Input("the table person is empty; there is nobody to look for".to_owned()));
        }
        let (ids, tuple_of) = rows.into_iter().unzip();
        Ok(Self { ids, tuple_of, tuples, tells })
    }

    /// Returns the place of a person among all.
    pub(super) fn place(&self, id: i64) -> Option<u32> {
        self.ids.binary_search(&id).ok().and_then(|place| u32::try_from(place).ok())
    }

    /// Returns the persons by what is told of them.
    pub(super) fn by_tuple(&self) -> Vec<Vec<u32>> {
        let mut members = vec![Vec::new(); self.tuples.len()];
        for (person, tuple) in (0..).zip(&self.tuple_of) {
            if let Some(members) = members.get_mut(*tuple as usize) {
                members.push(person);
            }
        }
        members
    }

    /// Returns for each of these true tuples the released ones that agree with it.
    pub(super) fn agreeing(&self, released: &Self) -> Result<Vec<Vec<u32>>> {
        let reader = Reader::new()?;
        let shown: Vec<[Label; 3]> = released.tuples.iter().map(|tuple| reader.labels(tuple)).collect();
        let agree = |tuple: &Tuple| {
            let truth = reader.truth(tuple);
            let fits = |label: &[Label; 3]| {
                (0..3).all(|at| match (self.tells.get(at), truth.get(at), label.get(at)) {
                    (Some(true), Some(truth), Some(label)) => label.agrees(truth),
                    _ => true,
                })
            };
            (0..).zip(&shown).filter(|(_, label)| fits(label)).map(|(number, _)| number).collect()
        };
        Ok(self.tuples.iter().map(agree).collect())
    }
}

/// Reads which place each number of a location stands for.
fn states(files: &TableFiles) -> Result<FxHashMap<String, String>> {
    let mut states = FxHashMap::default();
    files.read("location", &[Some("location_id"), Some("state")], |cells: &[ArrayRef]| {
        let [ids, names] = cells else { return Ok(()) };
        let (ids, names) = (texts(ids)?, texts(names)?);
        states.extend(ids.iter().zip(&names).filter_map(|(id, name)| Some((id?.to_owned(), name?.to_owned()))));
        Ok(())
    })?;
    Ok(states)
}

/// What a release tells of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Label {
    /// Nothing.
    Any,
    /// That it lies between two years.
    Years(i32, i32),
    /// A word.
    Word(String),
}

impl Label {
    /// Tells whether something with these spellings and groups may stand behind the label; the first is the value itself.
    fn agrees(&self, truth: &[String]) -> bool {
        match self {
            Self::Any => true,
            Self::Years(first, last) => {
                let year = truth.first().and_then(|year| year.parse::<i32>().ok());
                year.is_some_and(|year| (*first..=*last).contains(&year))
            }
            Self::Word(word) => truth.contains(word),
        }
    }
}

/// Reads released labels and true values.
struct Reader {
    sex: Hierarchy,
    places: Hierarchy,
}

impl Reader {
    fn new() -> Result<Self> {
        Ok(Self { sex: Hierarchy::sex("sex")?, places: Hierarchy::prefectures("residence")? })
    }

    fn labels(&self, [sex, birth, home]: &Tuple) -> [Label; 3] {
        let word = |told: &Option<String>| match told.as_deref() {
            None | Some(ANY) => Label::Any,
            Some(word) => Label::Word(word.to_owned()),
        };
        let sex = match word(sex) {
            Label::Word(word) => Label::Word(own(&self.sex, &word).unwrap_or(word)),
            other => other,
        };
        let birth = match word(birth) {
            Label::Word(word) => years(&word).map_or(Label::Word(word), |(first, last)| Label::Years(first, last)),
            other => other,
        };
        [sex, birth, word(home)]
    }

    /// Returns what each true value is called, itself first; a missing one is called unknown.
    fn truth(&self, [sex, birth, home]: &Tuple) -> [Vec<String>; 3] {
        let said = |told: &Option<String>| told.clone().unwrap_or_else(|| UNKNOWN.to_owned());
        let (sex, birth, home) = (said(sex), said(birth), said(home));
        let sex = vec![own(&self.sex, &sex).unwrap_or(sex)];
        let leaf = self.places.leaf(&home);
        let levels = 0..self.places.levels().len();
        let groups = levels.filter_map(|level| self.places.label(level, leaf?)).map(str::to_owned);
        let homes = std::iter::once(home.clone()).chain(groups).collect();
        [sex, vec![birth], homes]
    }
}

fn own(hierarchy: &Hierarchy, value: &str) -> Option<String> {
    hierarchy.leaf(value).and_then(|leaf| hierarchy.label(0, leaf)).map(str::to_owned)
}

/// Reads a year or a band of years: `1951`, `1950-1954`, `≤1934`, `≥2020`.
fn years(label: &str) -> Option<(i32, i32)> {
    if let Some(last) = label.strip_prefix('≤') {
        return Some((i32::MIN, last.parse().ok()?));
    }
    if let Some(first) = label.strip_prefix('≥') {
        return Some((first.parse().ok()?, i32::MAX));
    }
    match label.split_once('-') {
        Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
        None => label.parse().ok().map(|year| (year, year)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn check(released: [&str; 3], truth: [&str; 3], expect: bool) {
        let tuple = |cells: [&str; 3]| cells.map(|cell| Some(cell.to_owned()).filter(|cell| !cell.is_empty()));
        let persons = |told: [&str; 3]| Persons { tuples: vec![tuple(told)], tells: [true; 3], ..Persons::default() };
        let agree = persons(truth).agreeing(&persons(released)).unwrap();
        assert_eq!(agree == [vec![0]], expect, "{released:?} {truth:?}");
    }

    #[test]
    fn a_label_agrees_with_what_it_stands_for() {
        check(["male", "1950-1954", "関東地方"], ["M", "1951", "東京都"], true);
        check(["male", "1950-1954", "関東地方"], ["F", "1951", "東京都"], false);
        check(["male", "1950-1954", "関東地方"], ["M", "1955", "東京都"], false);
        check(["male", "1950-1954", "関東地方"], ["M", "1951", "大阪府"], false);
        check(["*", "≤1934", "東京都"], ["8532", "1907", "東京都"], true);
        check(["female", "≥2020", "*"], ["女", "2019", "沖縄県"], false);
        check(["F", "1951", "東京都"], ["F", "1951", "東京都"], true);
        check(["unknown", "unknown", "unknown"], ["", "", ""], true);
        check(["female", "unknown", "*"], ["F", "1951", "東京都"], false);
    }
}
