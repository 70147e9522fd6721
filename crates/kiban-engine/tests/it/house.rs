//! What the tests share: a lake in a passing folder, and facilities whose patients may or may not pass.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use kiban_core::{
    Birth, DataItem, Facility, FacilityCode, FacilityFacts, FacilityKind, Filing, LegalRules, Moment, Notice,
    NoticeMethod, PatientFacts, PatientRef, Recipient, Track,
};
use kiban_engine::{AllowList, GateTime, Lake, Resources, session};

pub(crate) fn now() -> Timestamp {
    "2026-04-01T09:00:00+09:00".parse().unwrap()
}

pub(crate) fn facility() -> FacilityCode {
    "1319900010".parse().unwrap()
}

pub(crate) fn lake(dir: &Path) -> Lake {
    let spill_dir = dir.join("spill");
    std::fs::create_dir_all(&spill_dir).unwrap();
    let resources = Resources { memory_bytes: 512 << 20, threads: 2, spill_dir };
    Lake::new(dir.join("lake"), session(&resources).unwrap())
}

/// Terms of a facility that has filed `items`.
pub(crate) fn terms(items: &[DataItem]) -> FacilityFacts {
    let recorded_at = "2024-01-01T00:00:00Z".parse().unwrap();
    let code = facility();
    FacilityFacts {
        facility: vec![Facility {
            code,
            name: "試験病院".to_owned(),
            kind: FacilityKind::Hospital,
            supply_from: "2024-04-01".parse().unwrap(),
            supply_to: None,
            waiting_days: None,
            recorded_at,
        }],
        filings: vec![Filing {
            facility: code,
            track: Track::Anonymised,
            number: "1".to_owned(),
            effective_from: "2024-04-01".parse().unwrap(),
            effective_to: None,
            items: items.to_vec(),
            notice_versions: Vec::new(),
            recorded_at,
        }],
    }
}

/// An adult who was notified in time.
pub(crate) fn notified() -> PatientFacts {
    let recorded_at = "2025-01-01T00:00:00Z".parse().unwrap();
    PatientFacts {
        births: vec![Birth { on: "1960-05-05".parse().unwrap(), recorded_at }],
        notices: vec![Notice {
            track: Track::Anonymised,
            given_at: "2024-06-01T10:00:00+09:00".parse().unwrap(),
            method: NoticeMethod::Written,
            template_version: "v1".to_owned(),
            recipient: Recipient::Person,
            staff: "s1".to_owned(),
            recorded_at,
        }],
        ..PatientFacts::default()
    }
}

/// An allow-list over these patients at [`now`].
pub(crate) fn allow(items: &[DataItem], patients: &[(PatientRef, PatientFacts)]) -> AllowList {
    let mut list = AllowList::new(GateTime { track: Track::Anonymised, moment: Moment::at(now()) });
    list.add(facility(), &terms(items), patients, &LegalRules::japan().unwrap());
    list
}

/// The corpus of real files, where it is.
pub(crate) fn corpus(folder: &str) -> Option<PathBuf> {
    // Asked for at run time: a test binary outlives the checkout it was built in.
    let beside = || PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/data");
    let root = std::env::var_os("KIBAN_CORPUS").map_or_else(beside, PathBuf::from);
    let path = root.join(folder);
    if !path.exists() {
        eprintln!("skipped: no corpus at {}", path.display());
        return None;
    }
    Some(path)
}
