//! The truth beside the files: who is who, who is eligible and why, what was written, which strings must never show.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use kiban_core::FacilityCode;
use serde::Serialize;

use crate::{
    Error, SynthConfig,
    counts::FacilityCounts,
    legal::Case,
    people::{CanaryStrings, Person, full_width},
};

const FILE: &str = "the truth";

/// The open truth files.
pub(crate) struct Truth {
    persons: BufWriter<File>,
    legal: BufWriter<File>,
    /// As many as there are canaries.
    canaries: BTreeMap<u64, CanaryStrings>,
}

/// `truth/counts.json`.
#[derive(Serialize)]
struct Counts<'a> {
    persons: u64,
    households: u64,
    registrations: u64,
    seed: u64,
    cut_off: String,
    facilities: &'a BTreeMap<String, FacilityCounts>,
}

impl Truth {
    /// Opens the files in `truth/`.
    pub(crate) fn create(dir: &Path) -> Result<Self, Error> {
        let folder = dir.join("truth");
        fs::create_dir_all(&folder).map_err(Error::writing(FILE))?;
        let open = |name: &str, header: &str| -> Result<BufWriter<File>, Error> {
            let mut file = BufWriter::new(File::create(folder.join(name)).map_err(Error::writing(FILE))?);
            writeln!(file, "{header}").map_err(Error::writing(FILE))?;
            Ok(file)
        };
        Ok(Self {
            persons: open("persons.csv", "person_no,facility,local_patient_id,twin_of,household")?,
            legal: open("legal.csv", "facility,local_patient_id,expected,reason")?,
            canaries: BTreeMap::new(),
        })
    }

    /// Writes down one registration.
    pub(crate) fn registration(
        &mut self,
        person: &Person,
        code: FacilityCode,
        local_id: &str,
        case: Case,
    ) -> Result<(), Error> {
        let twin = person.twin.map(|twin| twin.to_string()).unwrap_or_default();
        writeln!(self.persons, "{},{code},{local_id},{twin},{}", person.no, person.household)
            .and_then(|()| writeln!(self.legal, "{code},{local_id},{},{}", case.verdict(), case.word()))
            .map_err(Error::writing(FILE))?;
        if person.canary.is_some() {
            let strings = self.canaries.entry(person.no).or_insert_with(|| strings(person));
            strings.facilities.push(code.to_string());
            strings.local_patient_ids.push(local_id.to_owned());
        }
        Ok(())
    }

    /// Closes the files and writes `counts.json` and `canaries.json`.
    pub(crate) fn finish(
        mut self,
        dir: &Path,
        config: &SynthConfig,
        (persons, households, registrations): (u64, u64, u64),
        facilities: &BTreeMap<String, FacilityCounts>,
    ) -> Result<(), Error> {
        self.persons.flush().and_then(|()| self.legal.flush()).map_err(Error::writing(FILE))?;
        let (seed, cut_off) = (config.seed, config.cut_off.to_string());
        let counts = Counts { persons, households, registrations, seed, cut_off, facilities };
        let canaries: Vec<&CanaryStrings> = self.canaries.values().collect();
        json(&dir.join("truth/counts.json"), &counts)?;
        json(&dir.join("truth/canaries.json"), &canaries)
    }
}

/// Writes pretty JSON with a line end.
pub(crate) fn json(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    fs::write(path, bytes).map_err(Error::writing(FILE))
}

/// Every form in which a canary's identity is written anywhere.
fn strings(person: &Person) -> CanaryStrings {
    let day = person.birth;
    let (name, home, coverage) = (person.names.at(day), person.homes.at(day), person.coverages.at(day));
    CanaryStrings {
        person_no: person.no,
        facilities: Vec::new(),
        local_patient_ids: Vec::new(),
        names: vec![name.family.clone(), name.given.clone(), name.family_kana.clone(), name.given_kana.clone()],
        addresses: vec![home.town.clone(), home.full_width(), home.half_width()],
        postal_codes: vec![home.postal.clone(), home.postal_hyphened()],
        insurers: vec![
            coverage.insurer.clone(),
            coverage.symbol.clone(),
            coverage.number.clone(),
            full_width(&coverage.number),
        ],
        phones: person.mobile.iter().cloned().collect(),
        birth_dates: vec![day.to_string(), crate::calendar::compact(day)],
    }
}
