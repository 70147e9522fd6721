//! Monthly claim files レセプト電算 (formats.md §6): CP932, CRLF, one file for each month and reviewing body.

mod claim;
mod row;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use encoding_rs::SHIFT_JIS;

use crate::{
    Error, FacilityPlan,
    calendar::Month,
    care::Visit,
    counts::FacilityCounts,
    dirt::{self, Dirt},
    feed::FeedWriter,
    people::Plan,
    record::{Delivery, PatientRecord},
};
use claim::claim;
use row::{Era, Row};

const KINDS: [Dirt; 7] = [
    Dirt::BrokenEncoding,
    Dirt::TruncatedLine,
    Dirt::UnknownRecord,
    Dirt::ImpossibleDate,
    Dirt::MissingLocalId,
    Dirt::DuplicateRecord,
    Dirt::WrongCheckDigit,
];

const FILE: &str = "a claim file";

/// Who reviews: 1 支払基金 for employees' insurance, 2 国保連 for the rest.
type Reviewer = u8;

/// Writes the claim files of one facility, all in its first delivery.
pub(crate) struct ClaimFiles {
    folder: PathBuf,
    plan: FacilityPlan,
    open: BTreeMap<(Month, Reviewer), ClaimFile>,
    counts: FacilityCounts,
}

struct ClaimFile {
    file: BufWriter<File>,
    claims: u64,
    points: u64,
}

impl ClaimFiles {
    /// Begins below a facility's folder.
    pub(crate) fn create(folder: &Path, plan: &FacilityPlan) -> Result<Self, Error> {
        let folder = folder.join("delivery-0001");
        fs::create_dir_all(&folder).map_err(Error::writing(FILE))?;
        Ok(Self { folder, plan: plan.clone(), open: BTreeMap::new(), counts: FacilityCounts::default() })
    }

    /// Returns the file of a month, which begins with IR.
    fn file(&mut self, month: Month, reviewer: Reviewer) -> Result<&mut ClaimFile, Error> {
        use std::collections::btree_map::Entry;
        match self.open.entry((month, reviewer)) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let folder = self.folder.join(format!("{}-{reviewer}", month.next().compact()));
                fs::create_dir_all(&folder).map_err(Error::writing(FILE))?;
                let mut file = BufWriter::new(File::create(folder.join("RECEIPTC.UKE")).map_err(Error::writing(FILE))?);
                put(&mut file, &institution(&self.plan, month, reviewer).line())?;
                self.counts.add(Delivery::First, "IR");
                Ok(entry.insert(ClaimFile { file, claims: 0, points: 0 }))
            }
        }
    }

    fn write_month(&mut self, record: &mut PatientRecord<'_>, month: Month, visits: &[&Visit]) -> Result<(), Error> {
        let last = visits.last().map_or_else(|| month.first_day(), |visit| visit.day);
        let reviewer = match record.person.coverages.at(last).plan {
            Plan::Association | Plan::Society => 1,
            Plan::Municipal | Plan::LateElderly => 2,
        };
        let dirt = record.spoiler.next(&KINDS);
        let copies = if dirt == Some(Dirt::DuplicateRecord) { 2 } else { 1 };
        for _ in 0..copies {
            let file = self.file(month, reviewer)?;
            let claim = claim(record, month, visits, file.claims + 1);
            file.claims += 1;
            file.points += claim.points;
            write_claim(&mut file.file, claim.lines.clone(), dirt, Era::of(month))?;
            self.counts.points += claim.points;
            for row in &claim.lines {
                self.counts.add(Delivery::First, row.name());
            }
        }
        if let Some(dirt) = dirt {
            self.counts.plant(dirt);
        }
        Ok(())
    }
}

impl FeedWriter for ClaimFiles {
    fn write(&mut self, record: &mut PatientRecord<'_>) -> Result<(), Error> {
        let visits = std::mem::take(&mut record.chart.visits);
        let written = visits.chunk_by(|one, next| Month::of(one.day) == Month::of(next.day)).try_for_each(|month| {
            let visits: Vec<&Visit> = month.iter().collect();
            let Some(first) = visits.first() else { return Ok(()) };
            self.write_month(record, Month::of(first.day), &visits)
        });
        record.chart.visits = visits;
        written
    }

    fn finish(mut self: Box<Self>) -> Result<FacilityCounts, Error> {
        for file in self.open.values_mut() {
            let mut total = Row::new("GO", 4);
            total.put(2, file.claims).put(3, file.points).set(4, "99");
            put(&mut file.file, &total.line())?;
            file.file.flush().map_err(Error::writing(FILE))?;
            self.counts.add(Delivery::First, "GO");
        }
        Ok(self.counts)
    }
}

/// IR: who claims, from which reviewing body, billed in the month after the care.
fn institution(plan: &FacilityPlan, month: Month, reviewer: Reviewer) -> Row {
    let code = plan.code.as_str();
    let mut row = Row::new("IR", 10);
    row.put(2, reviewer).set(3, code.get(..2).unwrap_or_default()).set(4, code.get(2..3).unwrap_or_default());
    row.set(5, code.get(3..).unwrap_or_default()).set(7, &plan.name).set(8, &Era::of(month).month(month.next()));
    row.set(9, "00").set(10, "0470000000");
    row
}

/// Writes a line in CP932 with CRLF.
fn put(file: &mut impl Write, line: &str) -> Result<(), Error> {
    let (bytes, _, _) = SHIFT_JIS.encode(line);
    file.write_all(&bytes).and_then(|()| file.write_all(b"\r\n")).map_err(Error::writing(FILE))
}

/// Writes a claim, spoilt where dirt says so.
fn write_claim(file: &mut impl Write, mut lines: Vec<Row>, dirt: Option<Dirt>, era: Era) -> Result<(), Error> {
    for row in &mut lines {
        match (dirt, row.name()) {
            (Some(Dirt::ImpossibleDate), "RE") => row.set(7, era.impossible()),
            (Some(Dirt::MissingLocalId), "RE") => row.set(14, ""),
            (Some(Dirt::WrongCheckDigit), "HO") => {
                let number = dirt::wrong_check_digit(row.get(2));
                row.set(2, &number)
            }
            _ => row,
        };
    }
    let mut bytes = Vec::new();
    for row in &lines {
        let start = bytes.len();
        put(&mut bytes, &row.line())?;
        match (dirt, row.name()) {
            (Some(Dirt::BrokenEncoding), "RE") => {
                let beyond_ascii = bytes.iter().skip(start).position(|byte| *byte >= 0x80).unwrap_or(0);
                dirt::break_encoding(&mut bytes, start + beyond_ascii);
            }
            (Some(Dirt::TruncatedLine), "SN") => {
                bytes.truncate(start + 3);
                bytes.extend(b"\r\n");
            }
            (Some(Dirt::UnknownRecord), "SN") => put(&mut bytes, "ZZ,1,未定義の記録,,")?,
            _ => {}
        }
    }
    file.write_all(&bytes).map_err(Error::writing(FILE))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn truncated_lines_keep_their_end_and_ascii_stays_whole() {
        let mut rows = vec![Row::new("RE", 38), Row::new("SN", 9)];
        rows[0].set(5, "表　太郎");
        let mut bytes = Vec::new();
        write_claim(&mut bytes, rows, Some(Dirt::TruncatedLine), Era::Western).unwrap();
        assert!(bytes.ends_with(b"\r\nSN,\r\n"));
    }
}
