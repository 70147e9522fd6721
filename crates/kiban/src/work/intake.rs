//! Intake: a delivery is read, its deaths are recorded, the gate is computed, what may pass is landed.
//!
//! The order of the steps makes a kill at any instant harmless. The job is queued before anything is read. Deaths are
//! recorded before the delivery is begun, and the gate is that of the instant at which it was begun; so a second try
//! computes the same verdicts. The lake commits each table once, and the registry records a commit once.

use std::{collections::BTreeMap, path::PathBuf};

use jiff::{SignedDuration, Timestamp};
use kiban_core::{DeliverySeq, EventClass, FacilityCode, Finding, Moment, Place, Severity, Track, tables::SourceTable};
use kiban_engine::{
    AllowList, GateTime, Lake, TableId,
    stages::land::{Delivery, Landing, Parsed, admit},
};
use kiban_registry::{Arrival, DeliveryCounts, DeliveryState, JobState, NewDelivery, Statement};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{OnFailure, Rows, args, end, next, record};
use crate::{
    failure::{Failure, Result},
    house::{House, erase},
    say::Say,
};

const KIND: &str = "collect";
/// The stage's name in findings and commits.
pub(crate) const STAGE: &str = "intake";
/// A number typed further ahead than this is a slip of the hand.
const FURTHEST_AHEAD: DeliverySeq = 1000;

/// What to collect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// Where the delivery lies.
    pub(crate) path: PathBuf,
    /// Who sent it.
    pub(crate) facility: FacilityCode,
    /// Its number.
    pub(crate) seq: DeliverySeq,
    /// Whether many refused records stop it.
    pub(crate) refused: OnRefused,
}

/// What to do where more records are refused than the configuration allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OnRefused {
    /// Stop for a person to look at.
    Stop,
    /// A person has looked: go on.
    Accept,
}

/// What came of a delivery.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Intake {
    /// Who sent it.
    pub(crate) facility: FacilityCode,
    /// Its number.
    pub(crate) delivery: DeliverySeq,
    /// Whether it was landed.
    pub(crate) state: IntakeState,
    /// Files by format; those that no format knew as `unknown`.
    pub(crate) files: BTreeMap<String, u64>,
    /// Bytes of all files.
    pub(crate) bytes: u64,
    /// Records seen.
    pub(crate) records: u64,
    /// Records refused.
    pub(crate) refused: u64,
    /// Deaths that the records speak of and that nobody knew.
    pub(crate) deaths: u64,
    /// Patients who may pass at this moment, of those known.
    pub(crate) allowed: u64,
    /// Rows, by table.
    pub(crate) tables: BTreeMap<String, Rows>,
    /// Findings by severity.
    pub(crate) findings: BTreeMap<&'static str, u64>,
    /// Numbers of deliveries that should have come before.
    pub(crate) gaps: Vec<DeliverySeq>,
}

/// Whether a delivery was landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum IntakeState {
    /// It was.
    Landed,
    /// It waits for a person to look at its findings.
    Stopped,
}

impl Intake {
    /// Returns the rows of all tables together.
    pub(crate) fn rows(&self) -> Rows {
        let mut all = Rows::default();
        for rows in self.tables.values() {
            all.merge(rows);
        }
        all
    }
}

/// Queues the intake of a delivery; one that waits already is not queued twice.
pub(crate) async fn order(
    house: &House,
    path: &std::path::Path,
    facility: FacilityCode,
    seq: Option<DeliverySeq>,
    refused: OnRefused,
) -> Result<()> {
    if !house.registry.facilities().await?.iter().any(|known| known.code == facility) {
        return Err(Failure::wrong("use-no-facility", &[("facility", &facility)]));
    }
    let path = path.canonicalize().map_err(Failure::file("open", path))?;
    let waiting: Vec<Order> = house
        .registry
        .jobs(Some(JobState::Queued))
        .await?
        .iter()
        .filter(|job| job.kind == KIND)
        .map(args)
        .collect::<Result<_>>()?;
    if waiting.iter().any(|order| (&order.path, order.facility) == (&path, facility)) {
        return Ok(());
    }
    let known = house.registry.deliveries(Some(facility)).await?.last().map_or(0, |delivery| delivery.seq);
    let last = waiting.iter().filter(|order| order.facility == facility).map(|order| order.seq).fold(known, Ord::max);
    let seq = seq.unwrap_or(last + 1);
    if seq > last + FURTHEST_AHEAD {
        return Err(Failure::wrong("use-seq-far", &[("seq", &seq), ("last", &last)]));
    }
    let nth = house.registry.jobs(None).await?.len() + 1;
    let order = serde_json::to_value(Order { path, facility, seq, refused })
        .map_err(|_| Failure::Bug("an order is no JSON"))?;
    house.registry.enqueue(KIND, &format!("{KIND}/{facility}/{seq}/{nth}"), &order, house.now()).await?;
    Ok(())
}

/// Takes in every delivery that waits, in the order in which they were queued.
pub(crate) async fn pending(house: &House, lake: &Lake, say: &Say) -> Result<Vec<Intake>> {
    let mut done = Vec::new();
    while let Some(job) = next(house, KIND).await? {
        let order: Order = args(&job)?;
        if job.attempt > 1 {
            super::sweep(lake, tables()).await?;
        }
        let landing = house.work_dir("landing");
        let taking = Taking { house, lake, say };
        let taken = match taking.ended(&order, job.attempt).await? {
            Some(ended) => Ok(ended),
            None => taking.take(order).await,
        };
        erase(&landing)?;
        done.push(end(house, &job, taken, OnFailure::MayGiveUp).await?);
    }
    Ok(done)
}

struct Taking<'a> {
    house: &'a House,
    lake: &'a Lake,
    say: &'a Say,
}

impl Taking<'_> {
    /// Returns what an earlier attempt at the same order did, if it came to its end and only could not say so.
    async fn ended(&self, order: &Order, attempt: u32) -> Result<Option<Intake>> {
        if attempt == 1 {
            return Ok(None);
        }
        let deliveries = self.house.registry.deliveries(Some(order.facility)).await?;
        let ended = deliveries.iter().find(|one| one.seq == order.seq && one.state == DeliveryState::Finished);
        let Some(ended) = ended else { return Ok(None) };
        let mut tables: BTreeMap<String, Rows> = BTreeMap::new();
        for recorded in self.house.registry.stage_commits(Some(STAGE)).await? {
            let commit = &recorded.commit;
            let of = |name: &str| commit.detail.get("of").and_then(|of| of.get(name));
            if (of("facility"), of("delivery")) == (Some(&json!(order.facility)), Some(&json!(order.seq))) {
                let held = commit.detail.get("held").cloned().and_then(|held| serde_json::from_value(held).ok());
                let held = held.unwrap_or_default();
                let rows = Rows { rows_in: commit.rows_in, rows_out: commit.rows_out, held, lost: commit.rows_lost };
                let name = commit.table.rsplit('/').next().unwrap_or_default();
                tables.entry(name.to_owned()).or_default().merge(&rows);
            }
        }
        Ok(Some(Intake {
            facility: order.facility,
            delivery: order.seq,
            state: IntakeState::Landed,
            files: BTreeMap::new(),
            bytes: ended.bytes,
            records: ended.counts.records,
            refused: 0,
            deaths: 0,
            allowed: 0,
            tables,
            findings: BTreeMap::new(),
            gaps: Vec::new(),
        }))
    }

    async fn take(&self, order: Order) -> Result<Intake> {
        let (delivery, parsed) = self.parse(&order).await?;
        let mut intake = summary(&delivery, &parsed);
        let gaps = self.note_findings(&delivery, &parsed).await?;
        intake.gaps = gaps;
        let limit = self.house.config.intake.max_refused_percent / 100.0;
        if order.refused == OnRefused::Stop && parsed.refused_share() > limit {
            intake.state = IntakeState::Stopped;
            return Ok(intake);
        }
        intake.deaths = self.record_deaths(&delivery, &parsed).await?;
        let begun = self.begin(&order, &delivery, &parsed).await?;
        let list = self.allow_list(delivery.facility, begun).await?;
        intake.allowed = u64::try_from(list.allowed()).unwrap_or_default();
        let landing = admit(self.lake, &self.house.runner, &delivery, &parsed, &list, self.house.now()).await?;
        intake.tables = self.record_commits(&delivery, &list, &landing).await?;
        let rows = intake.rows();
        let counts = DeliveryCounts {
            records: intake.records,
            rows_in: rows.rows_in,
            landed: rows.rows_out,
            held: rows.held,
            lost: BTreeMap::new(),
        };
        self.house.registry.finish_delivery(delivery.facility, delivery.seq, &counts, self.house.now()).await?;
        Ok(intake)
    }

    /// Reads the files; a delivery begun before under another number is read under that one.
    async fn parse(&self, order: &Order) -> Result<(Delivery, Parsed)> {
        let mut seq = order.seq;
        loop {
            let delivery = Delivery::at(&order.path, order.facility, seq)?;
            if delivery.files.is_empty() {
                return Err(Failure::wrong("use-empty-delivery", &[]));
            }
            let parsed = self.read(&delivery)?;
            let digest = hex::encode(parsed.digest());
            let known = self.house.registry.deliveries(Some(order.facility)).await?;
            let same = known.iter().find(|known| known.manifest_sha256 == digest);
            match same {
                Some(same) if same.state == DeliveryState::Finished => {
                    self.house.registry.begin_delivery(&arrival(order, &parsed, seq), self.house.now()).await?;
                    let (facility, of) = (order.facility, same.seq);
                    return Err(Failure::refused("delivery.replay", &[("facility", &facility), ("seq", &of)]));
                }
                Some(same) if same.seq != seq => {
                    seq = same.seq;
                }
                None if known.iter().any(|known| known.seq == seq) => {
                    let facility = order.facility;
                    return Err(Failure::refused("delivery.number", &[("facility", &facility), ("seq", &seq)]));
                }
                _ => return Ok((delivery, parsed)),
            }
        }
    }

    fn read(&self, delivery: &Delivery) -> Result<Parsed> {
        let bar = self.say.progress("step-parse", u64::try_from(delivery.files.len()).unwrap_or_default());
        let tick = |files: usize| bar.inc(u64::try_from(files).unwrap_or_default());
        let landing = self.house.landing(delivery.facility, delivery.seq);
        let threads = self.house.config.resources.threads();
        let refs = self.house.patient_refs();
        let parsed = tokio::task::block_in_place(|| delivery.parse(&refs, threads, &landing, &tick));
        bar.finish_and_clear();
        Ok(parsed?)
    }

    /// Records what was wrong, and which deliveries should have come before this one.
    async fn note_findings(&self, delivery: &Delivery, parsed: &Parsed) -> Result<Vec<DeliverySeq>> {
        let (facility, seq) = (delivery.facility, delivery.seq);
        let (registry, now) = (&self.house.registry, self.house.now());
        registry.clear_findings(STAGE, facility, seq, now).await?;
        registry.add_findings(STAGE, &parsed.findings, now).await?;
        let known =
            registry.deliveries(Some(facility)).await?.iter().map(|known| known.seq).filter(|known| *known < seq).max();
        let gaps: Vec<DeliverySeq> = (known.unwrap_or(0) + 1..seq).collect();
        for gap in &gaps {
            registry.clear_findings(STAGE, facility, *gap, now).await?;
        }
        let missing: Vec<Finding> = gaps.iter().map(|gap| gap_finding(facility, *gap)).collect();
        registry.add_findings(STAGE, &missing, now).await?;
        Ok(gaps)
    }

    /// Records deaths before the gate is computed, for they may deny.
    async fn record_deaths(&self, delivery: &Delivery, parsed: &Parsed) -> Result<u64> {
        let deaths = parsed.deaths.iter().map(|(patient, on)| (*patient, Statement::Death(*on))).collect::<Vec<_>>();
        if deaths.is_empty() {
            return Ok(0);
        }
        Ok(self.house.registry.add_facts(delivery.facility, deaths, self.house.now()).await?.deaths.new)
    }

    /// Begins the delivery and returns the instant of its gate: when it was first begun.
    async fn begin(&self, order: &Order, delivery: &Delivery, parsed: &Parsed) -> Result<Timestamp> {
        let new = arrival(order, parsed, delivery.seq);
        let now = self.house.now();
        let begun = match self.house.registry.begin_delivery(&new, now).await? {
            Arrival::New(seq) | Arrival::Resumed(seq) if seq == delivery.seq => {
                let all = self.house.registry.deliveries(Some(delivery.facility)).await?;
                all.iter().find(|one| one.seq == seq).map(|one| one.begun_at)
            }
            _ => None,
        };
        let begun = begun.ok_or(Failure::Bug("a delivery was begun under another number"))?;
        // What was begun longer ago than a verdict may be used is judged anew.
        let is_fresh = now.duration_since(begun) < SignedDuration::from_hours(24);
        Ok(if is_fresh { begun } else { now })
    }

    async fn allow_list(&self, facility: FacilityCode, at: Timestamp) -> Result<AllowList> {
        let mut list = AllowList::new(GateTime { track: Track::Anonymised, moment: Moment::at(at) });
        let terms = self.house.registry.facility_facts(facility, at).await?;
        let mut pages = self.house.registry.fact_pages(facility, at).await?;
        while let Some(page) = pages.next().await? {
            list.add(facility, &terms, &page, &self.house.rules);
        }
        let body = json!({
            "facility": facility, "at": at, "track": Track::Anonymised, "stage": STAGE,
            "allow_list": hex::encode(list.digest()), "patients": list.by_reason(),
        });
        self.house.registry.record(EventClass::Gate, &body, self.house.now()).await?;
        Ok(list)
    }

    /// Records every table's commit and returns the rows by table.
    async fn record_commits(
        &self,
        delivery: &Delivery,
        list: &AllowList,
        landing: &Landing,
    ) -> Result<BTreeMap<String, Rows>> {
        let of = json!({
            "facility": delivery.facility, "delivery": delivery.seq, "allow_list": hex::encode(list.digest()),
        });
        let (mut targets, mut by_table) = (BTreeMap::<String, Rows>::new(), BTreeMap::<String, Rows>::new());
        for (flow, target) in landing.flows.iter().zip(targets_of(landing)) {
            targets.entry(target).or_default().add(flow);
            by_table.entry(flow.table.clone()).or_default().add(flow);
        }
        let recorded = self.house.registry.stage_commits(Some(STAGE)).await?;
        for (target, rows) in &targets {
            let (zone, name) = target.rsplit_once('/').ok_or(Failure::Bug("a table without zone"))?;
            let version = landing.versions.get(target).copied().unwrap_or_default();
            // An earlier try may have recorded it under a gate that has expired since; that is what was committed.
            if recorded.iter().any(|one| (&one.commit.table, one.commit.version) == (target, version)) {
                continue;
            }
            record(self.house, STAGE, &TableId::new(zone, name), version, rows, &of).await?;
        }
        Ok(by_table)
    }
}

/// Returns the lake table of each flow.
///
/// Flows name the source table alone. Of one source table they come in the order of the formats, as the versions do; the
/// tables of the vault are shared by all formats.
fn targets_of(landing: &Landing) -> Vec<String> {
    let mut nth: BTreeMap<&str, usize> = BTreeMap::new();
    let target = |table: &str, nth: usize| {
        let of = |target: &&String| target.rsplit_once('/').is_some_and(|(_, name)| name == table);
        let targets: Vec<&String> = landing.versions.keys().filter(of).collect();
        targets.get(nth).or(targets.last()).map_or_else(String::new, |target| (*target).clone())
    };
    let mut all = Vec::new();
    for flow in &landing.flows {
        let nth = nth.entry(&flow.table).or_default();
        all.push(target(&flow.table, *nth));
        *nth += 1;
    }
    all
}

fn arrival(order: &Order, parsed: &Parsed, seq: DeliverySeq) -> NewDelivery {
    // A single file's name may hold a patient's id; its folder's does not.
    let folder = if order.path.is_file() { order.path.parent() } else { Some(order.path.as_path()) };
    NewDelivery {
        facility: order.facility,
        seq: Some(seq),
        source: folder.map(|folder| folder.display().to_string()).unwrap_or_default(),
        manifest_sha256: hex::encode(parsed.digest()),
        files: u64::try_from(parsed.files.len()).unwrap_or_default(),
        bytes: parsed.bytes(),
    }
}

fn gap_finding(facility: FacilityCode, missing: DeliverySeq) -> Finding {
    Finding {
        facility,
        delivery: missing,
        place: Place { file: 0, offset: 0, line: 0 },
        code: "delivery.gap".to_owned(),
        field: String::new(),
        severity: Severity::Warning,
        rows_lost: 0,
    }
}

fn summary(delivery: &Delivery, parsed: &Parsed) -> Intake {
    let mut files: BTreeMap<String, u64> = BTreeMap::new();
    for file in &parsed.files {
        *files.entry(file.format.clone().unwrap_or_else(|| "unknown".to_owned())).or_default() += 1;
    }
    let mut findings: BTreeMap<&'static str, u64> = BTreeMap::new();
    for finding in &parsed.findings {
        *findings.entry(finding.severity.as_str()).or_default() += 1;
    }
    Intake {
        facility: delivery.facility,
        delivery: delivery.seq,
        state: IntakeState::Landed,
        files,
        bytes: parsed.bytes(),
        records: parsed.counts.records_seen,
        refused: parsed.counts.records_refused,
        deaths: 0,
        allowed: 0,
        tables: BTreeMap::new(),
        findings,
        gaps: Vec::new(),
    }
}

/// Returns every table of the lake that intake writes.
pub(crate) fn tables() -> impl Iterator<Item = TableId> {
    let formats = kiban_engine::stages::standardise::FORMATS;
    kiban_core::tables::SOURCE_TABLES.iter().flat_map(move |table: &SourceTable| {
        formats.iter().map(move |format| kiban_engine::stages::land::source_table(format, *table))
    })
}
