//! FHIR R4 bulk export: one NDJSON file for each resource type and delivery.

mod json;
mod resources;

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use jiff::civil::Date;

use crate::{
    Error,
    care::Visit,
    counts::FacilityCounts,
    dirt::{self, Dirt},
    feed::FeedWriter,
    record::{Delivery, PatientRecord},
};
use resources::{Scribe, Version};

/// The resource types, in the order in which a patient's are written.
const TYPES: [&str; 9] = [
    "Patient",
    "Coverage",
    "Encounter",
    "Condition",
    "Observation",
    "MedicationRequest",
    "Procedure",
    "AllergyIntolerance",
    "Immunization",
];

const KINDS: [Dirt; 7] = [
    Dirt::BrokenEncoding,
    Dirt::TruncatedLine,
    Dirt::UnknownRecord,
    Dirt::ImpossibleDate,
    Dirt::MissingLocalId,
    Dirt::DuplicateRecord,
    Dirt::NotJson,
];
const KINDS_OF_COVERAGE: [Dirt; 1] = [Dirt::WrongCheckDigit];

const FILE: &str = "a FHIR bulk file";

/// Writes both deliveries of one facility.
pub(crate) struct Bulk {
    files: [Vec<BufWriter<File>>; 2],
    counts: FacilityCounts,
}

impl Bulk {
    /// Opens the files below a facility's folder.
    pub(crate) fn create(folder: &Path) -> Result<Self, Error> {
        let open = |delivery: &str| -> Result<Vec<BufWriter<File>>, Error> {
            let folder = folder.join(delivery);
            fs::create_dir_all(&folder).map_err(Error::writing(FILE))?;
            let create = |kind: &&str| File::create(folder.join(format!("{kind}.000.ndjson")));
            TYPES.iter().map(create).map(|file| file.map(BufWriter::new).map_err(Error::writing(FILE))).collect()
        };
        Ok(Self { files: [open("delivery-0001")?, open("delivery-0002")?], counts: FacilityCounts::default() })
    }

    fn line(
        &mut self,
        record: &mut PatientRecord<'_>,
        delivery: Delivery,
        kind: &'static str,
        mut line: Vec<u8>,
    ) -> Result<(), Error> {
        let dirt = match kind {
            "Coverage" if record.spoiler.below(2) == 0 => record.spoiler.next(&KINDS_OF_COVERAGE),
            _ => record.spoiler.next(&KINDS),
        };
        let dirt = dirt.filter(|dirt| spoil(&mut line, *dirt, kind, record));
        line.push(b'\n');
        let [first, second] = &mut self.files;
        let files = if delivery == Delivery::First { first } else { second };
        let file = TYPES.iter().position(|known| *known == kind).and_then(|place| files.get_mut(place));
        if let Some(file) = file {
            file.write_all(&line).map_err(Error::writing(FILE))?;
            self.counts.add(delivery, kind);
            if dirt == Some(Dirt::DuplicateRecord) {
                file.write_all(&line).map_err(Error::writing(FILE))?;
                self.counts.add(delivery, kind);
            }
        }
        if let Some(dirt) = dirt {
            self.counts.plant(dirt);
        }
        Ok(())
    }

    fn tell(&mut self, record: &mut PatientRecord<'_>, delivery: Delivery) -> Result<(), Error> {
        let Some(seen) = record.seen(delivery) else { return Ok(()) };
        for (kind, line) in resources(record, delivery, seen) {
            self.line(record, delivery, kind, line)?;
        }
        Ok(())
    }

    /// Now and then a result is corrected or turns out to be another person's.
    fn correct(&mut self, record: &mut PatientRecord<'_>) -> Result<(), Error> {
        let (replaces, deletes) = (record.spoiler.happens(0.015), record.spoiler.happens(0.015));
        let lines = {
            let scribe = Scribe { record };
            let mut tested = record.visits(Delivery::First).filter(|(_, visit)| !visit.labs.is_empty());
            let visits = [tested.next().filter(|_| replaces), tested.next().filter(|_| deletes)];
            let versions = [Version::Corrected, Version::EnteredInError];
            let anew = |(visit, version): (Option<(usize, &Visit)>, Version)| {
                let (visit, lab) = visit.and_then(|visit| Some((visit, visit.1.labs.first()?)))?;
                Some((scribe.observation(visit, 0, lab, version), version))
            };
            visits.into_iter().zip(versions).filter_map(anew).collect::<Vec<_>>()
        };
        for (line, version) in lines {
            self.line(record, Delivery::Second, "Observation", line)?;
            match version {
                Version::EnteredInError => self.counts.deleted += 1,
                Version::Original | Version::Corrected => self.counts.superseded += 1,
            }
        }
        Ok(())
    }
}

impl FeedWriter for Bulk {
    fn write(&mut self, record: &mut PatientRecord<'_>) -> Result<(), Error> {
        self.tell(record, Delivery::First)?;
        self.correct(record)?;
        if record.has_news() {
            self.tell(record, Delivery::Second)?;
            self.counts.superseded += u64::from(record.seen(Delivery::First).is_some());
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<FacilityCounts, Error> {
        for file in self.files.iter_mut().flatten() {
            file.flush().map_err(Error::writing(FILE))?;
        }
        Ok(self.counts)
    }
}

/// Returns all resources of one patient that a delivery tells.
fn resources(record: &PatientRecord<'_>, delivery: Delivery, seen: Date) -> Vec<(&'static str, Vec<u8>)> {
    let scribe = Scribe { record };
    let mut lines = vec![("Patient", scribe.patient(delivery, seen)), ("Coverage", scribe.coverage(seen))];
    for (place, visit) in record.visits(delivery) {
        lines.push(("Encounter", scribe.encounter(place, visit)));
        let here = (place, visit);
        for (item, lab) in visit.labs.iter().enumerate() {
            lines.push(("Observation", scribe.observation(here, item, lab, Version::Original)));
        }
        for (item, drug) in visit.drugs.iter().enumerate() {
            lines.push(("MedicationRequest", scribe.medication(here, item, drug)));
        }
        for (item, act) in visit.acts.iter().enumerate() {
            lines.push(("Procedure", scribe.procedure(here, item, act)));
        }
    }
    conditions(record, delivery, &scribe, &mut lines);
    let told = |day: &Date| record.delivery(*day) == delivery;
    let first_seen = record.chart.visits.first().map(|visit| visit.day);
    for (item, allergen) in record.course.allergies.iter().enumerate() {
        if let Some(day) = first_seen.filter(told) {
            lines.push(("AllergyIntolerance", scribe.allergy(item, allergen, day)));
        }
    }
    // Vaccinations of one's own patients only: from the first visit on.
    let shots = record.course.shots.iter().enumerate();
    for (item, (day, vaccine)) in shots.filter(|(_, (day, _))| told(day) && first_seen.is_some_and(|seen| seen <= *day))
    {
        lines.push(("Immunization", scribe.immunization(item, *day, vaccine)));
    }
    lines
}

/// Problems that began or ended within a delivery.
fn conditions(
    record: &PatientRecord<'_>,
    delivery: Delivery,
    scribe: &Scribe<'_>,
    lines: &mut Vec<(&'static str, Vec<u8>)>,
) {
    for (place, problem) in record.chart.problems.iter().enumerate() {
        let began = record.delivery(problem.start) == delivery;
        let ended = problem.end.is_some_and(|end| record.delivery(end) == delivery);
        if began || ended {
            let first = record.visits(delivery).find(|(_, visit)| visit.problems.contains(&place));
            let known = record.told_until(delivery);
            lines.push(("Condition", scribe.condition(place, problem, known, first)));
        }
    }
}

/// Spoils a line; returns whether there was anything to spoil.
fn spoil(line: &mut Vec<u8>, dirt: Dirt, kind: &str, record: &mut PatientRecord<'_>) -> bool {
    match dirt {
        Dirt::BrokenEncoding => {
            let beyond_ascii = line.iter().position(|byte| *byte >= 0x80);
            beyond_ascii.map(|at| dirt::break_encoding(line, at + 1)).is_some()
        }
        Dirt::TruncatedLine => {
            line.truncate(line.len() * 2 / 3);
            true
        }
        Dirt::UnknownRecord => replace(line, &format!("\"resourceType\":\"{kind}\""), "\"resourceType\":\"KarteNote\""),
        Dirt::ImpossibleDate => impossible_date(line),
        Dirt::MissingLocalId => {
            let names_patient = match kind {
                "Patient" => "identifier",
                "Coverage" => "beneficiary",
                "AllergyIntolerance" | "Immunization" => "patient",
                _ => "subject",
            };
            json::remove_member(line, names_patient)
        }
        Dirt::NotJson => {
            *line = "$jlac10_cs\t{{resource}}\t未展開".as_bytes().to_vec();
            true
        }
        Dirt::WrongCheckDigit => {
            let insurer = record.person.coverages.at(record.window.last).insurer8();
            replace(line, &format!("\"{insurer}"), &format!("\"{}", dirt::wrong_check_digit(&insurer)))
        }
        Dirt::DuplicateRecord => true,
        Dirt::PathMismatch => false,
    }
}

/// Replaces every occurrence; returns whether there was one.
fn replace(line: &mut Vec<u8>, from: &str, to: &str) -> bool {
    let Ok(text) = std::str::from_utf8(line) else { return false };
    let changed = text.replace(from, to);
    let found = changed != text;
    *line = changed.into_bytes();
    found
}

/// Turns the first clinical day, or the birth date, into 31 February.
fn impossible_date(line: &mut [u8]) -> bool {
    let keys = [
        "birthDate",
        "onsetDateTime",
        "effectiveDateTime",
        "authoredOn",
        "performedDateTime",
        "occurrenceDateTime",
        "recordedDate",
        "start",
    ];
    for key in keys {
        let needle = format!("\"{key}\":\"");
        let found = line.windows(needle.len()).position(|window| window == needle.as_bytes());
        if let Some(day) = found.map(|at| at + needle.len() + 5).and_then(|at| line.get_mut(at..at + 5)) {
            day.copy_from_slice(b"02-31");
            return true;
        }
    }
    false
}
