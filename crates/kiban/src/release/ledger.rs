//! The ledger of releases on the disk: one sealed file, replaced as a whole, and what the audit log gets of it.
//!
//! A release is recorded before it is sealed and said to be built. What was recorded and then not built is taken out again
//! the next time: the registry, which says what is built in one transaction, decides what counts.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write,
    path::PathBuf,
};

use kiban_core::{EventClass, ReleaseId};
use kiban_engine::{
    release::{
        earlier::{Breach, Earlier, Rule},
        spec::{Fitted, ReleaseSpec, Use},
    },
    stages::anonymise::{Anonymised, Between},
};
use kiban_registry::{Release, ReleaseState};
use kiban_web::report::{Between as Shown, Crossing, Difference};
use serde::Serialize;

use super::hex;
use crate::{
    failure::{Failure, Result},
    house::House,
};

const FILE: &str = "ledger.sealed";

/// How a release was made: regulated data, in the house's log alone.
#[derive(Serialize)]
struct Method<'a> {
    release: &'a ReleaseId,
    /// Commitment to who was in it, in which class.
    ledger_entry: String,
    between: &'a Between,
    /// What it is used for, what that proposed and what was decided.
    #[serde(rename = "use")]
    usage: &'a Option<Use>,
    fitted: &'a Option<Fitted>,
}

/// Reads what the house released before, and refuses where it has lost count.
pub(super) fn earlier(house: &House, known: &[Release], spec: &ReleaseSpec) -> Result<Earlier> {
    let path = path(house);
    let mut earlier = match fs::read(&path) {
        Ok(sealed) => Earlier::from_bytes(house.ledger_key(), &house.registry.open_file(FILE, &sealed)?)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Earlier::none(house.ledger_key()),
        Err(error) => return Err(Failure::file("read", &path)(error)),
    };
    let made: BTreeSet<&ReleaseId> =
        known.iter().filter(|one| one.state != ReleaseState::Gated).map(|one| &one.gate.id).collect();
    let mut unknown = earlier.settle(&made);
    unknown.retain(|release| !spec.anonymity.between.unrecorded.contains(release));
    if unknown.is_empty() {
        return Ok(earlier);
    }
    let names = unknown.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    Err(Failure::refused("ledger.gap", &[("names", &names), ("file", &FILE)]))
}

/// Records who is in a release, in which class: in the ledger, then in the log how it was made.
pub(super) async fn record(
    house: &House,
    spec: &ReleaseSpec,
    mut earlier: Earlier,
    anonymised: &Anonymised,
) -> Result<()> {
    let entry = earlier.record(&anonymised.candidate)?;
    replace(house, &house.registry.seal_file(FILE, &earlier.to_bytes()?)?)?;
    let between = &anonymised.measured.between;
    let ReleaseSpec { name: release, usage, fitted, .. } = spec;
    let method = Method { release, ledger_entry: hex(&entry), between, usage, fitted };
    house.registry.record(EventClass::Release, &method, house.now()).await?;
    Ok(())
}

fn path(house: &House) -> PathBuf {
    house.dir.join(FILE)
}

/// Puts `bytes` in the place of the ledger, so that whoever comes after a crash finds the old one or the new.
fn replace(house: &House, bytes: &[u8]) -> Result<()> {
    let (path, draft) = (path(house), path(house).with_extension("draft"));
    let fail = || Failure::file("write", &path);
    let mut file = File::create(&draft).map_err(fail())?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail())?;
    fs::rename(&draft, &path).map_err(fail())?;
    File::open(&house.dir).and_then(|folder| folder.sync_all()).map_err(fail())
}

/// Puts together what the report shows of it.
pub(crate) fn shown(between: &Between) -> Shown {
    let crossing = |breach: &Breach| Crossing {
        difference: match breach.rule {
            Rule::JointClass => Difference::JointClass,
            Rule::CellDifference => Difference::CellDifference,
            Rule::CohortDifference => Difference::CohortDifference,
        },
        against: breach.against.clone(),
        groups: breach.cells,
        persons: breach.persons,
        alone: breach.unique,
    };
    Shown {
        earlier: between.earlier.clone(),
        unrecorded: between.unrecorded.iter().map(ToString::to_string).collect(),
        follows: between.follows.as_ref().map(ToString::to_string),
        floor: u64::from(between.floor),
        coalitions: between.coalitions,
        breaches: between.breaches.iter().map(crossing).collect(),
        left_out: between.left_out,
    }
}
