//! The demonstration: three synthetic hospitals, the whole chain through their real files, and a check against the truth.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use jiff::ToSpan;
use kiban_core::{FacilityCode, ReleaseId};
use kiban_synth::SynthConfig;
use kiban_web::report::{RunKind, RunReport, Stage, Timing, TruthCheck};

use crate::{
    commands::{facility, notice, objection},
    config::{self, Config, Identity, Intake, Resources, Trial},
    failure::{Failure, Result},
    house::House,
    release::latest_of,
    report,
    say::Say,
    work::{
        self,
        intake::{self, OnRefused},
        release::BuiltRelease,
    },
};

mod truth;

/// Marks a folder as a demonstration's own, which the next one may clear.
const MARK: &str = ".kiban-demo";
/// What is released.
const SPEC: &str = include_str!("spec.toml");

/// How the demonstration ended.
pub(crate) struct Shown {
    /// The report's data.
    pub(crate) report: RunReport,
    /// The page.
    pub(crate) page: PathBuf,
    /// The release.
    pub(crate) built: BuiltRelease,
    /// Seconds from beginning to end.
    pub(crate) seconds: f64,
}

impl Shown {
    /// Returns whether every check passed.
    pub(crate) fn is_good(&self) -> bool {
        self.report.truth_checks.iter().all(TruthCheck::passed)
    }
}

/// Runs the demonstration in `dir`.
pub(crate) async fn show(dir: &Path, persons: u64, seed: u64, say: &Say) -> Result<Shown> {
    let began = Instant::now();
    let dir = prepare(dir)?;
    let hospitals = dir.join("hospitals");
    let synth = SynthConfig { persons, seed, ..SynthConfig::default() };
    let bar = say.progress("step-synth", persons);
    kiban_synth::write(&synth, &hospitals, &mut |done| bar.set_position(done))?;
    bar.finish_and_clear();
    let mut watch = Watch { from: Instant::now(), timings: Vec::new() };
    let house = set_up(&dir, &synth).await?;
    let facilities = record_papers(&house, &hospitals).await?;
    for (facility, path) in deliveries(&hospitals, &facilities)? {
        intake::order(&house, &path, facility, None, OnRefused::Stop).await?;
    }
    let lake = house.lake()?;
    let landed = intake::pending(&house, &lake, say).await?;
    watch.lap(Stage::Land, landed.iter().map(|one| one.rows().rows_in).sum());
    let standard = work::standardise::pending(&house, &lake, say).await?;
    watch.lap(Stage::Standardise, standard.iter().flat_map(|one| one.tables.values()).map(|rows| rows.rows_out).sum());
    let linked = work::link::pending(&house, &lake, say).await?;
    watch.lap(Stage::Link, linked.map_or(0, |one| one.tables.values().map(|rows| rows.rows_out).sum()));
    work::release::order(&house, SPEC.to_owned()).await?;
    let mut built = work::release::pending(&house, say).await?;
    let built = built.pop().ok_or(Failure::Bug("the release was not built"))?;
    let release: ReleaseId = built.release.parse().map_err(|_| Failure::Bug("a release's name"))?;
    let mut report = kept(&house, &release).await?;
    watch.lap(Stage::Release, report.flow.stages.last().map_or(0, |stage| stage.rows_out));
    let truth = truth::Truth::read(&hospitals, &house)?;
    let mut checks = truth.check(&house, &release, &report).await?;
    if let Some((linkage, found)) = truth.linkage(&house, &report).await? {
        report.linkage = Some(linkage);
        checks.extend(found);
    }
    close(house).await?;
    checks.push(late_objections(&dir, &hospitals, &facilities, &synth, &release, say).await?);
    report.header.kind = RunKind::Demo;
    report.timings = watch.timings;
    report.peak_memory_bytes = report::peak_memory();
    report.truth_checks = checks;
    let page = dir.join("report.html");
    fs::write(&page, report::page(&report, say.lang())?).map_err(Failure::file("write", &page))?;
    report.truth_checks.push(truth.canaries(&dir, &release)?);
    fs::write(&page, report::page(&report, say.lang())?).map_err(Failure::file("write", &page))?;
    Ok(Shown { report, page, built, seconds: began.elapsed().as_secs_f64() })
}

/// Clears an earlier demonstration, and nothing else.
fn prepare(dir: &Path) -> Result<PathBuf> {
    let mark = dir.join(MARK);
    if dir.is_dir() {
        let is_empty = fs::read_dir(dir).map_err(Failure::file("list", dir))?.next().is_none();
        if !is_empty && !mark.is_file() {
            return Err(Failure::wrong("use-not-empty", &[("dir", &dir.display())]));
        }
        fs::remove_dir_all(dir).map_err(Failure::file("clear", dir))?;
    }
    fs::create_dir_all(dir).map_err(Failure::file("create", dir))?;
    fs::write(&mark, "").map_err(Failure::file("write", &mark))?;
    dir.canonicalize().map_err(Failure::file("open", dir))
}

async fn set_up(dir: &Path, synth: &SynthConfig) -> Result<House> {
    let trial = Trial { clock: synth.cut_off, seed: synth.seed };
    let house =
        Identity { name: "基盤 実演 / Kiban demonstration".to_owned(), origin: "kiban.example/demo".to_owned() };
    let config = Config { house, resources: Resources::default(), intake: Intake::default(), trial: Some(trial) };
    House::create(&dir.join("house"), config).await
}

/// Records what the facilities sent on paper: who they are, notices, objections, withdrawals.
async fn record_papers(house: &House, hospitals: &Path) -> Result<Vec<FacilityCode>> {
    facility::import(house, &hospitals.join("facilities.json")).await?;
    let facilities: Vec<FacilityCode> = house.registry.facilities().await?.iter().map(|one| one.code).collect();
    for code in &facilities {
        let papers = hospitals.join(code.as_str());
        notice::import(house, &papers.join("notices.csv"), *code, OnRefused::Stop).await?;
        objection::import_objections(house, &papers.join("objections.csv"), *code).await?;
        objection::import_withdrawals(house, &papers.join("withdrawals.csv"), *code).await?;
    }
    Ok(facilities)
}

/// Lists the deliveries in the order of their numbers.
fn deliveries(hospitals: &Path, facilities: &[FacilityCode]) -> Result<Vec<(FacilityCode, PathBuf)>> {
    let mut found = Vec::new();
    for code in facilities {
        let folder = hospitals.join(code.as_str());
        let mut paths = Vec::new();
        for entry in fs::read_dir(&folder).map_err(Failure::file("list", &folder))? {
            let path = entry.map_err(Failure::file("list", &folder))?.path();
            let is_delivery = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("delivery-"));
            if is_delivery {
                paths.push(path);
            }
        }
        paths.sort_unstable();
        found.extend(paths.into_iter().map(|path| (*code, path)));
    }
    Ok(found)
}

async fn kept(house: &House, release: &ReleaseId) -> Result<RunReport> {
    let known = latest_of(house, release.as_str()).await?;
    report::of_release(house, &known.ok_or(Failure::Bug("the release is not recorded"))?)
}

/// A day after the release, papers are typed that had come in before it: verifying must fail and open an incident.
async fn late_objections(
    dir: &Path,
    hospitals: &Path,
    facilities: &[FacilityCode],
    synth: &SynthConfig,
    release: &ReleaseId,
    say: &Say,
) -> Result<TruthCheck> {
    let place = dir.join("house");
    let next_day = synth.cut_off.saturating_add(24.hours()).map_err(|_| Failure::Bug("the day after"))?;
    let config = Config { trial: Some(Trial { clock: next_day, seed: synth.seed }), ..Config::read(&place)? };
    let file = place.join(config::FILE);
    fs::write(&file, config.to_text()?).map_err(Failure::file("write", &file))?;
    let house = House::open(&place, &say.quietly()?).await?;
    let released = house.registry.release_subjects(release).await?;
    let mut expected = 0;
    for code in facilities {
        let file = hospitals.join(code.as_str()).join("late-objections.csv");
        expected += truth::stopped(&house, *code, &file, &released)?;
        objection::import_objections(&house, &file, *code).await?;
    }
    let found = crate::commands::release::late(&house, release).await?;
    let incidents = u64::try_from(house.registry.incidents().await?.len()).unwrap_or_default();
    close(house).await?;
    let missed = expected.abs_diff(found) + u64::from(incidents == 0);
    Ok(TruthCheck { check: kiban_web::report::Check::LateObjection, seen: expected, wrong: missed, allowed: 0 })
}

/// Closes a house, so that it can be opened again.
async fn close(house: House) -> Result<()> {
    let House { registry, .. } = house;
    Ok(registry.close().await?)
}

/// Times the stages.
struct Watch {
    from: Instant,
    timings: Vec<Timing>,
}

impl Watch {
    fn lap(&mut self, stage: Stage, rows: u64) {
        self.timings.push(Timing { stage, seconds: self.from.elapsed().as_secs_f64(), rows });
        self.from = Instant::now();
    }
}
