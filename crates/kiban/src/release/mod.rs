//! Building a release: cohort → gate → anonymise → measure → package, restartable at any instant.

pub(crate) mod marks;

use std::{collections::BTreeMap, fs, path::PathBuf};

use kiban_core::{EventClass, FacilityCode, Moment, ReleaseId, Subject};
use kiban_engine::{
    AllowList, GateTime,
    release::{
        dictionary::{describe, readme},
        earlier::Earlier,
        package::{LogHead, MeasuredRisk, Package, PackageManifest, ReleaseBody, ReleaseEvent, TableEntry, packed},
        spec::ReleaseSpec,
        told::ToldDates,
        verify::verify,
    },
    stages::{
        anonymise::{Anonymised, MarksMeasured, Workshop, anonymise},
        gate::gate,
        link::{facilities, persons},
    },
};
use kiban_registry::{NewRelease, Release, ReleaseState};
use sha2::{Digest, Sha256};

use crate::{
    failure::{Failure, Result},
    house::House,
    report,
    say::Say,
};

pub(crate) mod explore;
pub(crate) mod ledger;
pub(crate) mod profile;

/// A release that was built.
pub(crate) struct Built {
    /// Its specification.
    pub(crate) spec: ReleaseSpec,
    /// The packed file.
    pub(crate) package: PathBuf,
    /// Persons in it.
    pub(crate) persons: u64,
    /// Objections and the like that came in for people in it after its gate.
    pub(crate) late: u64,
    /// Its place in the audit log.
    pub(crate) leaf: u64,
    /// What marking did; unknown where the building had come to its end before.
    pub(crate) marks: Option<MarksMeasured>,
}

/// Computes the verdicts on every patient of every facility at this instant, as known now.
pub(crate) async fn allow_list(house: &House, time: GateTime) -> Result<AllowList> {
    let mut list = AllowList::new(time);
    for facility in house.registry.facilities().await? {
        let code = facility.code;
        let (facts, patients) = house.registry.facts_of_facility(code, time.moment.known_at).await?;
        list.add(code, &facts, &patients, &house.rules);
    }
    Ok(list)
}

/// Whether this is the first attempt at building a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// Nobody has tried before.
    First,
    /// An earlier attempt was interrupted, perhaps after its last step.
    Again,
}

/// Builds the release of `spec`. One that was begun and interrupted is built anew; another of the same name is refused.
pub(crate) async fn build(house: &House, say: &Say, spec: ReleaseSpec, text: &str, attempt: Attempt) -> Result<Built> {
    let known = house.registry.releases().await?;
    if let Some(known) = known.iter().find(|known| known.gate.id == spec.name && known.state != ReleaseState::Gated) {
        return match (attempt, known.gate.spec_sha256 == hex(&Sha256::digest(text))) {
            (Attempt::Again, true) => ended(house, spec, known).await,
            _ => Err(Failure::refused("release.name", &[("name", &spec.name)])),
        };
    }
    profile::check(house, &spec)?;
    let earlier = ledger::earlier(house, &known, &spec)?;
    house.registry.add_project(&spec.project, &spec.project, house.now()).await?;
    let making = Making { house, spec, text };
    let bar = say.progress("progress-release", 5);
    let time = GateTime { track: making.spec.track, moment: Moment::at(house.now()) };
    let list = allow_list(house, time).await?;
    let head = making.begin(time).await?;
    bar.inc(1);
    let anonymised = making.anonymise(&list, &earlier, &bar).await?;
    let package = making.pack(&anonymised, head)?;
    ledger::record(house, &making.spec, earlier, &anonymised.anonymised).await?;
    bar.inc(1);
    let built = making.finish(&list, &anonymised, package).await?;
    bar.finish_and_clear();
    Ok(built)
}

/// Returns a release whose building came to its end and only could not say so.
async fn ended(house: &House, spec: ReleaseSpec, known: &Release) -> Result<Built> {
    let folder = house.releases_dir().join(spec.name.as_str());
    let check = verify(&folder, &house.verifier()?)?;
    let sha256 = known.package_sha256.as_deref().unwrap_or_default();
    let finished = house.registry.finish_release(&spec.name, sha256, &known.counts, &[], house.now()).await?;
    house.keep_checkpoint().await?;
    let leaf = check.log_index.ok_or(Failure::Bug("a package's proof does not hold"))?;
    Ok(Built {
        package: packed(&folder),
        persons: check.manifest.persons,
        late: finished.late,
        leaf,
        spec,
        marks: None,
    })
}

struct Making<'a> {
    house: &'a House,
    spec: ReleaseSpec,
    text: &'a str,
}

/// A package that only lacks its place in the audit log.
struct Closed {
    package: Package,
    manifest: [u8; 32],
}

impl Making<'_> {
    fn folder(&self) -> PathBuf {
        self.house.releases_dir().join(self.spec.name.as_str())
    }

    fn work(&self, part: &str) -> PathBuf {
        self.house.work_dir(&format!("release-{}", self.spec.name)).join(part)
    }

    /// Records the gate and returns the audit log's head at which it is computed.
    async fn begin(&self, time: GateTime) -> Result<LogHead> {
        let checkpoint = self.house.log()?.lock().await.checkpoint();
        let new = NewRelease {
            id: self.spec.name.clone(),
            project: Some(self.spec.project.clone()),
            track: self.spec.track,
            spec_sha256: hex(&Sha256::digest(self.text)),
            gate_size: checkpoint.size(),
            valid_at: time.moment.valid_at,
            known_at: time.moment.known_at,
        };
        self.house.registry.begin_release(&new, self.house.now()).await?;
        self.house.keep_checkpoint().await?;
        let root = hex(checkpoint.root().as_bytes());
        Ok(LogHead { origin: checkpoint.origin().to_owned(), size: checkpoint.size(), root })
    }

    async fn anonymise(&self, list: &AllowList, earlier: &Earlier, bar: &indicatif::ProgressBar) -> Result<Made> {
        let (gated, scratch) = (gated_dir(self.house, &self.spec.name), self.work("scratch"));
        for folder in [&gated, &scratch] {
            if folder.exists() {
                fs::remove_dir_all(folder).map_err(Failure::file("clear", folder))?;
            }
            fs::create_dir_all(folder).map_err(Failure::file("create", folder))?;
        }
        let lake = self.house.lake()?;
        let (files, gate_flows) = gate(&lake, &self.house.runner, &self.spec, list, &gated, self.house.now()).await?;
        bar.inc(1);
        let package = Package::begin(&self.folder())?;
        let output = package.data();
        let marks_key = &self.house.marks_key();
        let runner = &self.house.runner;
        let shop = Workshop { lake: &lake, runner, scratch: &scratch, output: &output, earlier, marks_key };
        let anonymised = anonymise(shop, &self.spec, &files, &*self.house.entropy).await?;
        // Shifts, ids and code maps are destroyed with the making (design invariant 8).
        let work = self.house.work_dir(&format!("release-{}", self.spec.name));
        fs::remove_dir_all(&work).map_err(Failure::file("erase", &work))?;
        if let Some(mark) = &anonymised.mark {
            marks::keep(self.house, &self.spec.name, mark)?;
        }
        bar.inc(1);
        Ok(Made { package, anonymised, gate_flows })
    }

    fn pack(&self, made: &Made, gated_at: LogHead) -> Result<Closed> {
        let package = &made.package;
        let anonymised = &made.anonymised;
        let mut dictionary = Vec::new();
        let mut tables = Vec::new();
        for (name, manifest) in anonymised.files.tables() {
            for file in anonymised.files.files(name) {
                let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                if dictionary_lacks(&dictionary, name) {
                    dictionary.extend(describe(name, &file)?);
                }
                package.add_csv(&stem)?;
            }
            tables.push(TableEntry { name: name.clone(), rows: manifest.rows() });
        }
        let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
        package.add_dictionary(&dictionary)?;
        let spec = &self.spec;
        package.add_text("README.md", &readme(spec, &names))?;
        let salt = self.house.entropy.key(&format!("release/{}/specification", spec.name));
        let risk = &anonymised.measured.risk.after;
        let manifest = PackageManifest {
            format: "kiban-release-1".to_owned(),
            release: spec.name.clone(),
            project: spec.project.clone(),
            title: spec.title.clone(),
            recipient: spec.recipient.clone(),
            built_at: self.house.now(),
            built_by: format!("kiban {}", env!("CARGO_PKG_VERSION")),
            specification: hex(&kiban_core::keyed(&salt, &[self.text.as_bytes()])),
            rule_set: rule_set_today(self.house),
            gated_at,
            persons: anonymised.measured.released,
            tables,
            risk: MeasuredRisk {
                smallest_class: risk.smallest,
                prosecutor_max: risk.prosecutor_max,
                marketer: risk.marketer,
            },
            dates: Some(ToldDates::of(spec.anonymity.date_rule())),
            files: Vec::new(),
        };
        let digest = package.close(manifest, &self.house.signer()?)?;
        Ok(Closed { package: Package::open(&self.folder()), manifest: digest })
    }

    /// Logs the release, seals the package with its proof and records who is in it.
    async fn finish(&self, list: &AllowList, made: &Made, closed: Closed) -> Result<Built> {
        let (house, spec) = (self.house, &self.spec);
        let body = ReleaseBody { release: spec.name.clone(), manifest_sha256: hex(&closed.manifest) };
        let leaf = house.registry.record(EventClass::Release, &body, house.now()).await?;
        let opening = house.registry.opening(leaf).await?.ok_or(Failure::Bug("the release's event is not there"))?;
        let event = ReleaseEvent {
            at: opening.at,
            salt: hex(&opening.salt),
            body: String::from_utf8(opening.body).map_err(|_| Failure::Bug("an event's body is no text"))?,
        };
        let package = {
            let log = house.log()?;
            let log = log.lock().await;
            let proof = log.inclusion_proof(leaf, log.size())?;
            closed.package.seal(&event, &proof, &log.checkpoint())?
        };
        let sha256 = hex(&Sha256::digest(fs::read(&package).map_err(Failure::file("read", &package))?));
        let measured = &made.anonymised.measured;
        let counts = serde_json::json!({
            "persons": measured.released,
            "tables": made.anonymised.files.tables().iter().map(|(name, m)| (name.clone(), m.rows())).collect::<BTreeMap<_, _>>(),
        });
        let subjects = self.subjects(list, &made.anonymised).await?;
        report::keep_release(house, spec, list, made).await?;
        let finished = house.registry.finish_release(&spec.name, &sha256, &counts, &subjects, house.now()).await?;
        house.keep_checkpoint().await?;
        Ok(Built {
            spec: self.spec.clone(),
            package,
            persons: measured.released,
            late: finished.late,
            leaf,
            marks: measured.marks,
        })
    }

    /// Returns every registration of a released person that the gate let through.
    async fn subjects(&self, list: &AllowList, anonymised: &Anonymised) -> Result<Vec<Subject>> {
        let lake = self.house.lake()?;
        let of_facility = facilities(&lake, &self.house.runner).await?;
        let released: std::collections::BTreeSet<_> = anonymised.persons.iter().copied().collect();
        let map = persons(&lake, &self.house.runner).await?;
        let mut subjects = Vec::new();
        for (patient, person) in map.persons {
            let facility: Option<FacilityCode> = of_facility.get(&patient).copied();
            if let Some(facility) = facility
                && released.contains(&person)
                && list.allows(facility, patient)
            {
                subjects.push(Subject { facility, patient });
            }
        }
        Ok(subjects)
    }
}

/// What anonymising left behind for the package and the report.
pub(crate) struct Made {
    package: Package,
    /// The anonymous set and what was measured of it.
    pub(crate) anonymised: Anonymised,
    /// The account of rows at the gate.
    pub(crate) gate_flows: Vec<kiban_engine::Flow>,
}

fn dictionary_lacks(known: &[kiban_engine::release::package::DictionaryEntry], table: &str) -> bool {
    known.iter().all(|entry| entry.table != table)
}

/// Returns where the gated set of a release lies.
pub(crate) fn gated_dir(house: &House, release: &ReleaseId) -> PathBuf {
    house.dir.join("lake").join("gated").join(release.as_str())
}

/// Returns the id of the legal rule set in force today in Japan.
pub(crate) fn rule_set_today(house: &House) -> String {
    let today = jiff::tz::Offset::constant(9).to_datetime(house.now()).date();
    house.rules.at(today).map(|rules| rules.id.clone()).unwrap_or_default()
}

/// Writes bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A release's name where a user may give a project or a release.
pub(crate) async fn latest_of(house: &House, wanted: &str) -> Result<Option<ReleaseId>> {
    let releases = house.registry.releases().await?;
    let fits = |release: &&kiban_registry::Release| {
        release.gate.id.as_str() == wanted || release.gate.project.as_deref() == Some(wanted)
    };
    Ok(releases.iter().filter(fits).max_by_key(|release| release.recorded_at).map(|release| release.gate.id.clone()))
}
