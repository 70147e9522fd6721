//! Releases under each rule of dates, looked at as their recipients could: nothing but the CSV files is read.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use jiff::civil::Date;

use crate::support::kiban;

/// Persons who must share each run of gaps.
const K: usize = 5;
/// Gaps of a run.
const RUN: usize = 2;

const SPEC: &str = r#"
    name = "dates"
    project = "dates"
    title = "Dates"
    recipient = "A university"
    purpose = "Research"
    window = { from = "2021-04-01", to = "2026-03-31" }

    [[table]]
    name = "observation_period"
    columns = ["observation_period_start_date", "observation_period_end_date"]

    [[table]]
    name = "visit_occurrence"
    columns = ["visit_start_date", "visit_end_date", "visit_source_value"]

    [[table]]
    name = "condition_occurrence"
    columns = ["condition_start_date", "condition_source_value"]

    [[table]]
    name = "drug_exposure"
    columns = ["drug_exposure_start_date", "drug_exposure_end_date", "drug_source_value"]

    [[table]]
    name = "measurement"
    columns = ["measurement_date", "measurement_source_value"]

    [[table]]
    name = "death"
    columns = ["death_date"]

    [anonymity]
    k = 5
    suppression_limit = 0.2
    dates = RULE
"#;

/// Tables, with the date of the event and that of its end.
const TABLES: [(&str, &str, Option<&str>); 4] = [
    ("visit_occurrence", "visit_start_date", Some("visit_end_date")),
    ("condition_occurrence", "condition_start_date", None),
    ("drug_exposure", "drug_exposure_start_date", Some("drug_exposure_end_date")),
    ("measurement", "measurement_date", None),
];

/// A house with 400 people, made once; the folder goes with the program.
static HOUSE: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let root = tempfile::tempdir().unwrap();
    kiban(root.path(), &["demo", "--persons", "400", "--dir", "demo"]).ends(0);
    root
});

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// What a recipient has.
struct Received {
    _root: tempfile::TempDir,
    /// The house that made it.
    house: PathBuf,
    data: PathBuf,
}

type Row = BTreeMap<String, String>;

fn day(row: &Row, column: &str) -> Option<i32> {
    let date: Date = row[column].parse().ok()?;
    Some(date.since(jiff::civil::date(1970, 1, 1)).unwrap().get_days())
}

impl Received {
    /// Releases under a rule from a copy of the house, so that nothing but rule and recipient differs.
    fn under(rule: &str, recipient: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let house = root.path().join("house");
        copy(&HOUSE.path().join("demo/house"), &house);
        let spec = SPEC.replace("RULE", rule).replace("A university", recipient);
        std::fs::write(root.path().join("dates.toml"), spec).unwrap();
        kiban(&house, &["release", "build", "../dates.toml"]).ends(0);
        kiban(&house, &["release", "verify", "releases/dates.tar.zst"]).ends(0);
        Self { _root: root, data: house.join("releases/dates/data"), house }
    }

    fn rows(&self, table: &str) -> Vec<Row> {
        let Ok(mut reader) = csv::Reader::from_path(self.data.join(format!("{table}.csv"))) else { return Vec::new() };
        let names = reader.headers().unwrap().clone();
        let named =
            |line: csv::StringRecord| names.iter().map(str::to_owned).zip(line.iter().map(str::to_owned)).collect();
        reader.records().map(|line| named(line.unwrap())).collect()
    }

    /// Returns every day told of each person, in whatever table and column.
    fn days(&self) -> BTreeMap<String, BTreeSet<i32>> {
        let mut days: BTreeMap<String, BTreeSet<i32>> = BTreeMap::new();
        let others = ["observation_period", "death"];
        for table in TABLES.iter().map(|table| table.0).chain(others) {
            for row in self.rows(table) {
                let told = row.keys().filter(|name| name.ends_with("_date")).filter_map(|name| day(&row, name));
                days.entry(row["person_id"].clone()).or_default().extend(told);
            }
        }
        days
    }

    /// Asserts that no end comes before its start, no death before an event, and that what was measured at a visit
    /// lies within it.
    #[track_caller]
    fn is_in_order(&self) {
        let mut last: BTreeMap<String, i32> = BTreeMap::new();
        let mut visits: BTreeMap<String, (i32, i32)> = BTreeMap::new();
        let (mut events, mut linked) = (0, 0);
        for (table, start, end) in TABLES {
            for row in self.rows(table) {
                let Some(begun) = day(&row, start) else { continue };
                let ended = end.and_then(|end| day(&row, end)).unwrap_or(begun);
                assert!(begun <= ended, "{table} ends before it starts");
                events += 1;
                let person = last.entry(row["person_id"].clone()).or_insert(ended);
                *person = ended.max(*person);
                match table {
                    "visit_occurrence" => drop(visits.insert(row["visit_occurrence_id"].clone(), (begun, ended))),
                    "measurement" => {
                        let Some(visit) = visits.get(&row["visit_occurrence_id"]) else { continue };
                        linked += 1;
                        assert!((visit.0..=visit.1).contains(&begun), "{table} is not within its visit");
                    }
                    _ => {}
                }
            }
        }
        for row in self.rows("death") {
            let died = day(&row, "death_date");
            let last = last.get(&row["person_id"]).copied();
            assert!(died.zip(last).is_none_or(|(died, last)| died >= last), "a death before an event");
        }
        assert!(events > 3_000 && linked > 300, "{events} events, {linked} of visits");
    }

    /// Counts the persons of each run of gaps, and of the persons those with a run that fewer than k have.
    fn told_by_gaps(&self) -> (usize, usize) {
        let gaps = |days: &BTreeSet<i32>| {
            let days: Vec<i32> = days.iter().copied().collect();
            days.windows(2).map(|two| two[1] - two[0]).collect::<Vec<_>>()
        };
        let courses: Vec<Vec<i32>> = self.days().values().map(gaps).collect();
        let mut holders: BTreeMap<&[i32], BTreeSet<usize>> = BTreeMap::new();
        for (person, course) in courses.iter().enumerate() {
            for run in (1..=RUN).flat_map(|length| course.windows(length)) {
                holders.entry(run).or_default().insert(person);
            }
        }
        let few: BTreeSet<usize> = holders.values().filter(|h| h.len() < K).flatten().copied().collect();
        (courses.iter().filter(|course| course.len() >= RUN).count(), few.len())
    }
}

#[test]
fn runs_of_gaps_are_shared_by_five() {
    let received = Received::under("{ gaps = { run = 2, k = 5 } }", "A university");
    received.is_in_order();
    let (persons, told) = received.told_by_gaps();
    assert!(persons > 150, "{persons} persons with three days");
    assert_eq!(told, 0, "persons with a run of gaps that fewer than {K} have");
    let first: BTreeSet<i32> = received.days().values().filter_map(|days| days.first().copied()).collect();
    assert_eq!(first.len(), 1, "nothing is told of when anybody began");
}

#[test]
fn relative_days_begin_for_everybody_on_one_day_and_go_in_weeks() {
    let received = Received::under("{ relative = { unit = 'week' } }", "A university");
    received.is_in_order();
    let window = Date::constant(2021, 4, 1).since(jiff::civil::date(1970, 1, 1)).unwrap().get_days();
    let mut begun = 0;
    for days in received.days().values().filter(|days| !days.is_empty()) {
        begun += usize::from(days.contains(&window));
    }
    assert!(begun > 150, "{begun} persons begin on the window's first day");
    for (table, start, end) in TABLES {
        for row in received.rows(table) {
            let told = [Some(start), end].into_iter().flatten().filter_map(|column| day(&row, column));
            assert!(told.into_iter().all(|day| day >= window && (day - window) % 7 == 0), "{table}");
        }
    }
}

#[test]
fn dates_of_the_calendar_are_the_first_of_their_month() {
    let received = Received::under("{ calendar = { unit = 'month' } }", "A university");
    received.is_in_order();
    let (mut deaths, mut months) = (0, BTreeSet::new());
    for (table, start, end) in TABLES {
        for row in received.rows(table) {
            for column in [Some(start), end].into_iter().flatten().filter(|column| !row[*column].is_empty()) {
                let date: Date = row[column].parse().unwrap();
                assert_eq!(date.day(), 1, "{table}.{column}");
                months.insert((date.year(), date.month()));
            }
        }
    }
    for row in received.rows("death") {
        deaths += 1;
        assert_eq!(row["death_date"].parse::<Date>().unwrap().day(), 1);
    }
    assert!(deaths > 0 && months.len() > 50, "{deaths} deaths, {} months", months.len());
}

#[test]
fn a_package_of_weeks_is_not_attacked_as_one_of_days() {
    let received = Received::under("{ calendar = { unit = 'week' } }", "A university");
    let args =
        ["release", "attack", "releases/dates", "--against", ".", "--granularity", "day", "--known", "1", "--json"];
    let bound = kiban(&received.house, &args).json();
    assert_eq!(bound["shift"], 0, "the package says that nothing was moved");
    let record = std::fs::read_to_string(received.house.join("records/dates.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    let tries = record.pointer("/study/acquaintance/tries").and_then(serde_json::Value::as_array).unwrap();
    let measured = tries.iter().find(|one| one["attack"] == "events-by-day" && one["events"] == 1).unwrap();
    let (low, at_most) = (&measured["interval"][0], &bound["attempts"][1]["success"]["interval"][1]);
    let (low, at_most) = (low.as_f64().unwrap(), at_most.as_f64().unwrap());
    assert!(low > 0.3 && at_most >= low, "at most {at_most}, measured with the link {low}");
}

#[test]
fn two_recipients_see_the_same_persons_shifted_otherwise() {
    let first_visits = |recipient: &str| -> BTreeMap<String, i32> {
        let received = Received::under("{ shift = { days = 182 } }", recipient);
        received.is_in_order();
        let mut first = BTreeMap::new();
        for row in received.rows("visit_occurrence") {
            let begun = day(&row, "visit_start_date").unwrap();
            first.entry(row["person_id"].clone()).and_modify(|day: &mut i32| *day = begun.min(*day)).or_insert(begun);
        }
        first
    };
    let (a, b) = (first_visits("A university"), first_visits("Another university"));
    let both: Vec<(i32, i32)> = a.iter().filter_map(|(person, day)| Some((*day, *b.get(person)?))).collect();
    let moved = both.iter().filter(|(a, b)| a != b).count();
    assert!(both.len() > 150 && moved * 10 > both.len() * 9, "{moved} of {} moved", both.len());
}

#[test]
fn a_rule_and_protected_lives_are_refused_together() {
    let root = tempfile::tempdir().unwrap();
    kiban(root.path(), &["init", "house", "--trial-clock", "2026-04-02T09:00", "--trial-seed", "7"]).ends(0);
    let spec = SPEC.replace("RULE", "{ calendar = { unit = 'month' } }\n    lives = { known = 2 }");
    std::fs::write(root.path().join("spec.toml"), spec).unwrap();
    let said = kiban(&root.path().join("house"), &["release", "build", "../spec.toml"]).ends(2);
    assert!(said.err.contains("leave anonymity.dates out"), "{}", said.err);
}
