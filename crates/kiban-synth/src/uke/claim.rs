//! One claim レセプト: a patient's visits of a month, with points that add up.

use jiff::civil::Date;

use super::row::{Era, Row};
use crate::{
    calendar::{Month, age_on, plus},
    care::{
        Act, BIOCHEMISTRY, BLOOD_DRAW, CHRONIC_CARE, DISPENSING, DISPENSING_EXTERNAL, FIRST_VISIT, OUTPATIENT_CARE,
        Outcome, PRESCRIBING, Prescription, Problem, RETURN_VISIT, Span, Taken, Visit,
    },
    people::{Coverage, Glyphs, Plan, full_width},
    record::PatientRecord,
    tables::Sex,
};

/// The fee revision of June 2024.
const REVISION: Month = Month { year: 2024, month: 6 };

/// A public payer that pays for small children, and its recipient number's first digits.
const CHILD_PAYER: &str = "83136010";

/// The dressing used on wounds (特定器材), its points.
const DRESSING: (&str, u32) = ("710010131", 12);

/// A claim, its lines without line ends.
pub(super) struct Claim {
    pub(super) lines: Vec<Row>,
    pub(super) points: u64,
}

/// A unit that carries points once 算定単位: rows of one or more things, the last one with points and times.
struct Unit {
    section: &'static str,
    comment: Option<&'static str>,
    rows: Vec<Thing>,
    points: u32,
    times: u32,
    /// Times by day of the month.
    days: Vec<(i8, u32)>,
}

struct Thing {
    record: &'static str,
    code: &'static str,
    quantity: Option<u32>,
}

/// Makes the claim of one month; `number` is its place in the file.
pub(super) fn claim(record: &PatientRecord<'_>, month: Month, visits: &[&Visit], number: u64) -> Claim {
    let era = Era::of(month);
    let last = visits.iter().map(|visit| visit.day).max().unwrap_or_else(|| month.first_day());
    let coverage = record.person.coverages.at(last);
    let child = age_on(record.person.birth, last) < 6;
    let units = units(record, month, visits);
    let points: u64 = units.iter().map(|unit| u64::from(unit.points) * u64::from(unit.times)).sum();
    let mut lines = vec![patient(record, month, era, last, (number, child)), insurer(coverage, visits.len(), points)];
    if child {
        lines.push(public_payer(record, visits.len(), points));
    }
    lines.push(qualification(coverage));
    lines.extend(illnesses(record, month, era));
    let payer = if child { "2" } else { "1" };
    let mut section = "";
    for unit in &units {
        let head = if unit.section == section { "" } else { unit.section };
        section = unit.section;
        write_unit(&mut lines, unit, head, payer);
    }
    Claim { lines, points }
}

fn patient(record: &PatientRecord<'_>, month: Month, era: Era, day: Date, (number, child): (u64, bool)) -> Row {
    let person = record.person;
    let name = person.names.at(day);
    let glyphs = if person.no.is_multiple_of(2) { Glyphs::Extended } else { Glyphs::Jis };
    let mut row = Row::new("RE", 38);
    row.put(2, number).set(3, &kind(record, day, child)).set(4, &era.month(month));
    row.set(5, &format!("{}　{}", name.family_as(glyphs), name.given));
    row.set(6, if person.sex == Sex::Male { "1" } else { "2" }).set(7, &era.day(person.birth));
    row.set(8, if person.coverages.at(day).plan == Plan::Municipal { "70" } else { "" });
    row.set(14, &record.local_id).set(37, &format!("{}{}", name.family_kana, name.given_kana));
    row
}

/// レセプト種別: medical, plan, with or without a public payer, whose and out-patient.
fn kind(record: &PatientRecord<'_>, day: Date, child: bool) -> String {
    let coverage = record.person.coverages.at(day);
    let late = coverage.plan == Plan::LateElderly;
    let holder = match age_on(record.person.birth, day) {
        ..6 => 4,
        70.. if record.person.no % 10 == 3 => 0,
        70.. => 8,
        _ if coverage.is_insured() => 2,
        _ => 6,
    };
    format!("1{}{}{holder}", if late { 3 } else { 1 }, if child { 2 } else { 1 })
}

fn insurer(coverage: &Coverage, days: usize, points: u64) -> Row {
    let mut row = Row::new("HO", 15);
    row.set(2, &format!("{:>8}", coverage.insurer)).set(3, &full_width(&coverage.symbol));
    row.set(4, &full_width(&coverage.number)).put(5, days).put(6, points);
    row
}

fn public_payer(record: &PatientRecord<'_>, days: usize, points: u64) -> Row {
    let mut row = Row::new("KO", 12);
    row.set(2, CHILD_PAYER).put(3, 1_000_000 + record.person.no % 9_000_000).put(5, days).put(6, points).put(7, 0);
    row
}

fn qualification(coverage: &Coverage) -> Row {
    let mut row = Row::new("SN", 9);
    row.set(2, "1").set(3, "01").put(7, format_args!("{:02}", coverage.branch));
    row
}

/// SY of every illness that the month knows.
fn illnesses(record: &PatientRecord<'_>, month: Month, era: Era) -> Vec<Row> {
    let last_day = plus(month.next().first_day(), -1);
    let known =
        |problem: &&Problem| problem.start <= last_day && problem.end.is_none_or(|end| end >= month.first_day());
    let problems = &record.chart.problems;
    // A visit after recovery still names what it was for.
    let mut shown: Vec<&Problem> = problems.iter().filter(known).collect();
    if shown.is_empty() {
        shown.extend(problems.iter().rfind(|problem| problem.start <= last_day).or(problems.first()));
    }
    let illness = |(place, problem): (usize, &&Problem)| {
        let disease = problem.disease;
        // One in thirty was typed as plain words.
        let uncoded = (record.person.no + disease.name.len() as u64) % 30 == 7;
        let ended = problem.end.filter(|end| *end <= last_day);
        let outcome = match (problem.outcome, ended) {
            (_, None) | (Outcome::Continuing, _) => "1",
            (Outcome::Recovered, _) => "2",
            (Outcome::Died, _) => "3",
            (Outcome::RuledOut, _) => "4",
        };
        let mut row = Row::new("SY", 8);
        row.set(2, if uncoded { "0000999" } else { disease.claim }).set(3, &era.day(problem.start)).set(4, outcome);
        row.set(5, if problem.suspected { "8002" } else { "" }).set(6, if uncoded { disease.name } else { "" });
        row.set(7, if place == 0 { "01" } else { "" });
        row
    };
    shown.iter().enumerate().map(illness).collect()
}

/// Collects what was done, section by section.
fn units(record: &PatientRecord<'_>, month: Month, visits: &[&Visit]) -> Vec<Unit> {
    let revised = month >= REVISION;
    let mut units = Vec::new();
    for visit in visits {
        if visit.first {
            act(&mut units, &FIRST_VISIT, visit.day, revised);
        } else {
            act(&mut units, &RETURN_VISIT, visit.day, revised);
            act(&mut units, &OUTPATIENT_CARE, visit.day, revised);
        }
        for prescriptions in by_length(&visit.drugs) {
            units.push(medicine(&prescriptions, visit.day));
            let external = prescriptions.iter().any(|prescription| prescription.drug.taken == Taken::External);
            act(&mut units, if external { &DISPENSING_EXTERNAL } else { &DISPENSING }, visit.day, revised);
        }
        if !visit.drugs.is_empty() {
            act(&mut units, &PRESCRIBING, visit.day, revised);
        }
        tests(&mut units, visit, revised);
        for done in &visit.acts {
            act(&mut units, done, visit.day, revised);
            if done.section == "40" {
                units.push(dressing(visit.day));
            }
        }
    }
    once_a_month(&mut units, record, visits, revised);
    units.sort_by_key(|unit| unit.section);
    units
}

/// Adds an act; the same act on another day raises its times.
fn act(units: &mut Vec<Unit>, act: &Act, day: Date, revised: bool) {
    let known = units.iter_mut().find(|unit| unit.rows.iter().all(|row| row.code == act.claim));
    if let Some(unit) = known {
        if let Some((_, times)) = unit.days.iter_mut().find(|(known, _)| *known == day.day()) {
            *times += 1;
        } else {
            unit.days.push((day.day(), 1));
        }
        unit.times += 1;
        return;
    }
    units.push(Unit {
        section: act.section,
        comment: None,
        rows: vec![Thing { record: "SI", code: act.claim, quantity: None }],
        points: if revised { act.points.1 } else { act.points.0 },
        times: 1,
        days: vec![(day.day(), 1)],
    });
}

/// Drugs taken alike for equally long make one unit 剤.
fn by_length(drugs: &[Prescription]) -> Vec<Vec<Prescription>> {
    let mut groups: Vec<Vec<Prescription>> = Vec::new();
    for prescription in drugs {
        let alike =
            |other: &Prescription| (other.drug.taken, other.days) == (prescription.drug.taken, prescription.days);
        match groups.iter_mut().find(|group| group.iter().all(alike)) {
            Some(group) => group.push(*prescription),
            None => groups.push(vec![*prescription]),
        }
    }
    groups
}

/// Points are tens of yen, half a point rounded down (五捨五超入), at least one.
fn drug_points(deciyen: u32) -> u32 {
    if deciyen <= 150 { 1 } else { (deciyen - 50).div_ceil(100) }
}

fn medicine(group: &[Prescription], day: Date) -> Unit {
    let deciyen = group.iter().map(|prescription| prescription.daily() * prescription.drug.deciyen).sum();
    let first = group.first();
    let external = first.is_some_and(|prescription| prescription.drug.taken == Taken::External);
    let times = if external { 1 } else { first.map_or(1, |prescription| prescription.days) };
    let painkiller = group.iter().any(|prescription| prescription.drug.yj.starts_with("1149"));
    let thing = |prescription: &Prescription| Thing {
        record: "IY",
        code: prescription.drug.claim,
        quantity: Some(prescription.daily()),
    };
    Unit {
        section: if external { "23" } else { "21" },
        comment: painkiller.then_some("疼痛時"),
        rows: group.iter().map(thing).collect(),
        points: drug_points(deciyen),
        times,
        days: vec![(day.day(), times)],
    }
}

/// Laboratory tests: each item once, the blood drawn, the judgement once a month.
fn tests(units: &mut Vec<Unit>, visit: &Visit, revised: bool) {
    if visit.labs.is_empty() {
        return;
    }
    let mut billed: Vec<&'static str> = Vec::new();
    for lab in &visit.labs {
        if !billed.contains(&lab.item.claim) {
            billed.push(lab.item.claim);
            let test = Act {
                claim: lab.item.claim,
                name: lab.item.name,
                points: (lab.item.points, lab.item.points),
                section: "60",
            };
            act(units, &test, visit.day, revised);
        }
    }
    act(units, &BLOOD_DRAW, visit.day, revised);
}

fn dressing(day: Date) -> Unit {
    Unit {
        section: "40",
        comment: None,
        rows: vec![Thing { record: "TO", code: DRESSING.0, quantity: Some(1) }],
        points: DRESSING.1,
        times: 1,
        days: vec![(day.day(), 1)],
    }
}

fn once_a_month(units: &mut Vec<Unit>, record: &PatientRecord<'_>, visits: &[&Visit], revised: bool) {
    let Some(visit) = visits.first() else { return };
    let chronic = visit.problems.iter().filter_map(|place| record.chart.problems.get(*place));
    let managed = |problem: &Problem| {
        problem.disease.span == Span::Lifelong
            && ["I1", "E1", "E7"].iter().any(|code| problem.disease.icd10.starts_with(code))
    };
    if !visit.first && chronic.clone().any(managed) {
        act(units, &CHRONIC_CARE, visit.day, revised);
    }
    if visits.iter().any(|visit| !visit.labs.is_empty()) {
        act(units, &BIOCHEMISTRY, visit.day, revised);
    }
}

/// Writes a unit; the section and a comment stand on its first line, points on its last.
fn write_unit(lines: &mut Vec<Row>, unit: &Unit, section: &str, payer: &str) {
    let mut section = section;
    if let Some(comment) = unit.comment {
        let mut row = Row::new("CO", 5);
        row.set(2, section).set(3, payer).set(4, "810000001").set(5, comment);
        lines.push(row);
        section = "";
    }
    let last = unit.rows.len().saturating_sub(1);
    for (place, thing) in unit.rows.iter().enumerate() {
        let (columns, first_day) = if thing.record == "TO" { (48, 17) } else { (44, 13) };
        let mut row = Row::new(thing.record, columns);
        row.set(2, if place == 0 { section } else { "" }).set(3, payer).set(4, thing.code);
        if let Some(quantity) = thing.quantity {
            row.put(5, quantity);
        }
        if place == last {
            row.put(6, unit.points);
        }
        row.put(7, unit.times);
        for (day, times) in &unit.days {
            row.put(first_day + usize::from(day.unsigned_abs()), times);
        }
        lines.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_point_is_rounded_down() {
        assert_eq!([10, 150, 151, 250, 251, 1126].map(drug_points), [1, 1, 2, 2, 3, 11]);
    }
}
