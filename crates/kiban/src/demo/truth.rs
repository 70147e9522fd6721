//! What is known of the synthetic people, and how the run is held against it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use kiban_audit::verify_dir;
use kiban_core::{FacilityCode, Moment, PatientRef, ReleaseId, Subject, Track};
use kiban_engine::{
    GateTime,
    release::verify::verify,
    stages::{gate::subjects, link::persons},
};
use kiban_link::{Quality, Truth as TrueIdentity};
use kiban_web::report::{Basis, Check, Linkage, RunReport, TruthCheck};
use serde::Deserialize;

use crate::{
    failure::{Failure, Result},
    house::House,
    release::{allow_list, gated_dir},
};

/// Strings shorter than this occur by chance among numbers.
const SHORTEST_CANARY: usize = 6;
/// A pair in so many may be joined or missed wrongly before the check fails: what the first model promises.
const PAIRS_PER_ERROR: u64 = 50;

/// The truth about the synthetic people.
pub(super) struct Truth {
    eligible: BTreeMap<Subject, bool>,
    identities: BTreeMap<PatientRef, TrueIdentity>,
    canaries: Vec<String>,
}

#[derive(Deserialize)]
struct LegalLine {
    facility: FacilityCode,
    local_patient_id: String,
    expected: String,
}

#[derive(Deserialize)]
struct PersonLine {
    person_no: u64,
    facility: FacilityCode,
    local_patient_id: String,
    twin_of: Option<u64>,
}

#[derive(Deserialize)]
struct Canary {
    local_patient_ids: Vec<String>,
    names: Vec<String>,
    addresses: Vec<String>,
    postal_codes: Vec<String>,
    insurers: Vec<String>,
    phones: Vec<String>,
    birth_dates: Vec<String>,
}

fn lines<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<T>> {
    let unreadable = |_| Failure::Bug("a file of the truth cannot be read");
    csv::Reader::from_path(path).map_err(unreadable)?.deserialize().map(|line| line.map_err(unreadable)).collect()
}

impl Truth {
    /// Reads the truth beside the synthetic hospitals.
    pub(super) fn read(hospitals: &Path, house: &House) -> Result<Self> {
        let refs = house.patient_refs();
        let folder = hospitals.join("truth");
        let mut eligible = BTreeMap::new();
        for line in lines::<LegalLine>(&folder.join("legal.csv"))? {
            let patient = refs.of(line.facility, &line.local_patient_id);
            eligible.insert(Subject { facility: line.facility, patient }, line.expected == "eligible");
        }
        let mut identities = BTreeMap::new();
        for line in lines::<PersonLine>(&folder.join("persons.csv"))? {
            let patient = refs.of(line.facility, &line.local_patient_id);
            identities.insert(patient, TrueIdentity { person: line.person_no, twin: line.twin_of.is_some() });
        }
        let path = folder.join("canaries.json");
        let text = fs::read_to_string(&path).map_err(Failure::file("read", &path))?;
        let known: Vec<Canary> = serde_json::from_str(&text).map_err(|_| Failure::Bug("the canaries"))?;
        let canaries = known.into_iter().flat_map(Canary::strings).collect::<BTreeSet<String>>().into_iter().collect();
        Ok(Self { eligible, identities, canaries })
    }

    /// Holds gate, release, limits, account, log and package against the truth.
    pub(super) async fn check(
        &self,
        house: &House,
        release: &ReleaseId,
        report: &RunReport,
    ) -> Result<Vec<TruthCheck>> {
        Ok(vec![
            self.verdicts(house).await?,
            self.gated(house, release).await?,
            self.released(house, release).await?,
            balance(report),
            companions(house, release, report)?,
            risk_limit(report),
            audit(house)?,
            package(house, release)?,
        ])
    }

    /// Every verdict of the house must be that of the generator, which knows nothing of the house's rules.
    async fn verdicts(&self, house: &House) -> Result<TruthCheck> {
        let list = allow_list(house, GateTime { track: Track::Anonymised, moment: Moment::at(house.now()) }).await?;
        let differ =
            |(subject, expected): &(&Subject, &bool)| list.allows(subject.facility, subject.patient) != **expected;
        let wrong = self.eligible.iter().filter(differ).count();
        Ok(check(Check::Verdicts, self.eligible.len(), wrong))
    }

    async fn gated(&self, house: &House, release: &ReleaseId) -> Result<TruthCheck> {
        let rows = subjects(&house.lake()?, &house.runner, &gated_dir(house, release)).await?;
        let seen: u64 = rows.values().sum();
        let wrong: u64 = rows.iter().filter(|(subject, _)| !self.is_eligible(subject)).map(|(_, rows)| rows).sum();
        Ok(TruthCheck { check: Check::GatedEligible, seen, wrong, allowed: 0 })
    }

    async fn released(&self, house: &House, release: &ReleaseId) -> Result<TruthCheck> {
        let subjects = house.registry.release_subjects(release).await?;
        let wrong = subjects.iter().filter(|subject| !self.is_eligible(subject)).count();
        Ok(check(Check::ReleasedEligible, subjects.len(), wrong))
    }

    fn is_eligible(&self, subject: &Subject) -> bool {
        self.eligible.get(subject).copied().unwrap_or(false)
    }

    /// Measures linkage against the truth, over the patients who were linked.
    pub(super) async fn linkage(
        &self,
        house: &House,
        report: &RunReport,
    ) -> Result<Option<(Linkage, Vec<TruthCheck>)>> {
        let Some(estimated) = &report.linkage else { return Ok(None) };
        let mut clusters: BTreeMap<_, Vec<PatientRef>> = BTreeMap::new();
        for (patient, person) in persons(&house.lake()?, &house.runner).await?.persons {
            clusters.entry(person).or_default().push(patient);
        }
        let clusters: Vec<Vec<PatientRef>> = clusters.into_values().collect();
        let linked: BTreeSet<PatientRef> = clusters.iter().flatten().copied().collect();
        let known = self.identities.iter().filter(|(patient, _)| linked.contains(patient));
        let known: BTreeMap<PatientRef, TrueIdentity> = known.map(|(patient, truth)| (*patient, *truth)).collect();
        let twins = known.values().filter(|truth| truth.twin).count() as u64;
        let quality = Quality::measure(&clusters, &known);
        let linkage = Linkage {
            basis: Basis::Truth,
            precision: quality.precision(),
            recall: quality.recall(),
            twins: Some(twins),
            twins_apart: Some(twins.saturating_sub(quality.twins_joined)),
            ..estimated.clone()
        };
        let (joined, belong) = (quality.right + quality.wrong, quality.right + quality.missed);
        let within = |check, seen: u64, wrong| TruthCheck { check, seen, wrong, allowed: seen / PAIRS_PER_ERROR };
        let checks = vec![within(Check::Joined, joined, quality.wrong), within(Check::Found, belong, quality.missed)];
        Ok(Some((linkage, checks)))
    }

    /// Searches every file that could leave, and the page, for what belongs to nobody but a canary.
    pub(super) fn canaries(&self, dir: &Path, release: &ReleaseId) -> Result<TruthCheck> {
        let folder = dir.join("house").join("releases").join(release.as_str());
        let mut files = vec![dir.join("report.html")];
        collect(&folder, &mut files)?;
        let mut wrong = 0;
        for file in &files {
            let bytes = fs::read(file).map_err(Failure::file("read", file))?;
            let text = String::from_utf8_lossy(&bytes);
            wrong += usize::from(self.canaries.iter().any(|canary| text.contains(canary.as_str())));
        }
        Ok(check(Check::Canaries, files.len(), wrong))
    }
}

impl Canary {
    fn strings(self) -> impl Iterator<Item = String> {
        [
            self.local_patient_ids,
            self.names,
            self.addresses,
            self.postal_codes,
            self.insurers,
            self.phones,
            self.birth_dates,
        ]
        .into_iter()
        .flatten()
        .filter(|text| text.len() >= SHORTEST_CANARY)
    }
}

fn check(check: Check, seen: usize, wrong: usize) -> TruthCheck {
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    TruthCheck { check, seen: number(seen), wrong: number(wrong), allowed: 0 }
}

/// Every stage begins with what the one before left, and loses nothing silently.
fn balance(report: &RunReport) -> TruthCheck {
    let stages = &report.flow.stages;
    let unbalanced = stages.iter().filter(|stage| !stage.balances()).count();
    let torn = stages.windows(2).filter(|pair| matches!(pair, [a, b] if a.rows_out != b.rows_in)).count();
    let sent: u64 = report.flow.facilities.iter().map(|facility| facility.rows).sum();
    let begins = stages.first().is_some_and(|stage| stage.rows_in == sent);
    check(Check::Balance, stages.len(), unbalanced + torn + usize::from(!begins))
}

/// Counts again, from the released file, with how many others each person shares every value.
fn companions(house: &House, release: &ReleaseId, report: &RunReport) -> Result<TruthCheck> {
    let file = house.releases_dir().join(release.as_str()).join("data").join("person.csv");
    let unreadable = |_| Failure::Bug("the released persons cannot be read");
    let mut classes: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for line in csv::Reader::from_path(&file).map_err(unreadable)?.records() {
        let line = line.map_err(unreadable)?;
        *classes.entry(line.iter().skip(1).map(str::to_owned).collect()).or_default() += 1;
    }
    let k = report.risk.as_ref().map_or(u64::MAX, |risk| risk.k);
    let seen = classes.values().sum();
    let wrong = classes.values().filter(|persons| **persons < k).sum();
    Ok(TruthCheck { check: Check::Companions, seen, wrong, allowed: 0 })
}

fn risk_limit(report: &RunReport) -> TruthCheck {
    let risk = report.risk.as_ref();
    let measures = risk
        .map_or_else(Vec::new, |risk| vec![risk.after.prosecutor_max, risk.after.journalist_max, risk.after.marketer]);
    let limit = risk.map_or(0.0, |risk| risk.limit);
    check(Check::RiskLimit, measures.len(), measures.iter().filter(|measure| **measure > limit + 1e-9).count())
}

fn audit(house: &House) -> Result<TruthCheck> {
    let verified = verify_dir(house.audit_dir(), &house.verifier()?, None)?;
    Ok(TruthCheck { check: Check::Audit, seen: verified.checkpoint.size(), wrong: 0, allowed: 0 })
}

fn package(house: &House, release: &ReleaseId) -> Result<TruthCheck> {
    let package = house.releases_dir().join(format!("{release}.tar.zst"));
    let checked = verify(&package, &house.verifier()?)?;
    Ok(check(Check::Package, checked.manifest.files.len(), checked.faults.len()))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Failure::file("list", folder))? {
        let path = entry.map_err(Failure::file("list", folder))?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

#[derive(Deserialize)]
struct LateLine {
    local_patient_id: String,
}

/// Counts the people of a release who object in a list.
pub(super) fn stopped(house: &House, facility: FacilityCode, file: &Path, released: &[Subject]) -> Result<u64> {
    let refs = house.patient_refs();
    let mut found = 0;
    for line in lines::<LateLine>(file)? {
        let patient = refs.of(facility, &line.local_patient_id);
        found += u64::from(released.contains(&Subject { facility, patient }));
    }
    Ok(found)
}
