//! A house for a test: a folder, a log and a registry. The PostgreSQL lane will differ here and nowhere else.

use std::{ops::Range, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use kiban_audit::{Commitment, Leaf, Log, NoteSigner};
use kiban_core::{
    Channel, DataItem, FacilityCode, FacilityKind, NoticeMethod, PatientRef, PatientRefs, Recipient, Requester,
    SeededEntropy, Subject, Track,
};
use kiban_registry::{
    BoxError, EventLog, House, NewFacility, NewFiling, NewNotice, NewObjection, NoticeRow, Registry, SharedLog,
};
use tempfile::TempDir;
use tokio::sync::Mutex;

pub(crate) struct Fixture {
    pub(crate) dir: TempDir,
    pub(crate) log: Arc<Mutex<Log>>,
    pub(crate) registry: Registry,
}

/// A registry with one facility in it.
pub(crate) async fn registry() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(&dir);
    let registry = Registry::create(&path(&dir), house(log.clone())).await.unwrap();
    registry.add_facility(&hospital(), at("2026-03-01")).await.unwrap();
    Fixture { dir, log, registry }
}

impl Fixture {
    /// Ends the process, as far as files can tell, and begins it anew.
    pub(crate) async fn reopen(self) -> Self {
        let Self { dir, log, registry } = self;
        registry.close().await.unwrap(); // takes the handle, and with it the other hold on the log
        drop(log);
        let log = open_log(&dir);
        let registry = Registry::open(&path(&dir), house(log.clone())).await.unwrap();
        Self { dir, log, registry }
    }
}

pub(crate) fn open_log(dir: &TempDir) -> Arc<Mutex<Log>> {
    let signer = NoteSigner::new("kiban.example/audit", &[7; 32]).unwrap();
    Arc::new(Mutex::new(Log::open(dir.path().join("log"), signer).unwrap().0))
}

pub(crate) fn path(dir: &TempDir) -> PathBuf {
    dir.path().join("registry.db")
}

pub(crate) fn house(log: SharedLog) -> House {
    House { log, body_key: [3; 32], entropy: Arc::new(SeededEntropy(9)) }
}

/// A log in memory that fails when told to, before or after the leaves are in.
#[derive(Debug, Default)]
pub(crate) struct FlakyLog {
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) fail: Option<Fail>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fail {
    BeforeAppend,
    AfterAppend,
    /// Of several leaves, one gets in.
    HalfWay,
}

impl EventLog for FlakyLog {
    fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    fn append(&mut self, leaves: &[Leaf]) -> Result<Range<u64>, BoxError> {
        let first = self.size();
        let taken = match self.fail {
            Some(Fail::BeforeAppend) => 0,
            Some(Fail::HalfWay) => 1,
            Some(Fail::AfterAppend) | None => leaves.len(),
        };
        self.leaves.extend(&leaves[..taken]);
        if self.fail.is_some() { Err("the disk went away".into()) } else { Ok(first..self.size()) }
    }

    fn commitments(&self, range: Range<u64>) -> Result<Vec<Commitment>, BoxError> {
        let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
        Ok(self.leaves[range].iter().map(Leaf::commitment).collect())
    }
}

/// The instant at which a Japanese day begins, or a whole timestamp.
pub(crate) fn at(text: &str) -> Timestamp {
    if text.contains('T') { text.parse().unwrap() } else { format!("{text}T00:00:00+09:00").parse().unwrap() }
}

pub(crate) fn code() -> FacilityCode {
    "1310000017".parse().unwrap()
}

pub(crate) const LOCAL_ID: &str = "CANARY-0042424242";

pub(crate) fn patient(number: u32) -> PatientRef {
    let local = if number == 42 { LOCAL_ID.to_owned() } else { format!("{number:010}") };
    PatientRefs::new([5; 32]).of(code(), &local)
}

pub(crate) fn subject(number: u32) -> Subject {
    Subject { facility: code(), patient: patient(number) }
}

pub(crate) fn hospital() -> NewFacility {
    NewFacility {
        code: code(),
        name: "基盤病院".to_owned(),
        kind: FacilityKind::Hospital,
        supply_from: "2026-04-01".parse().unwrap(),
        supply_to: None,
        waiting_days: Some(45),
    }
}

pub(crate) fn filing() -> NewFiling {
    NewFiling {
        track: Track::Anonymised,
        number: "届出-1".to_owned(),
        effective_from: "2026-04-01".parse().unwrap(),
        effective_to: None,
        items: vec![DataItem::Drugs, DataItem::Conditions],
        notice_versions: vec!["v1".to_owned()],
    }
}

pub(crate) fn notice(given: &str) -> NewNotice {
    NewNotice {
        track: Track::Anonymised,
        given_at: at(given),
        method: NoticeMethod::Written,
        template_version: "v1".to_owned(),
        recipient: Recipient::Person,
        staff: "staff-1".to_owned(),
    }
}

pub(crate) fn notice_row(number: u32) -> NoticeRow {
    NoticeRow {
        patient: patient(number),
        birth: Some("1970-05-06".parse().unwrap()),
        notice: Some(notice("2026-04-10")),
        capacity: None,
        died_on: None,
    }
}

pub(crate) fn objection(number: u32, received: &str) -> NewObjection {
    NewObjection {
        patient: patient(number),
        track: Track::Anonymised,
        requester: Requester::Person,
        channel: Channel::Paper,
        received_at: at(received),
        staff: "staff-2".to_owned(),
    }
}
