//! `kiban release`.

use std::{fs, path::Path};

use kiban_audit::NoteVerifier;
use kiban_core::ReleaseId;
use kiban_engine::release::verify::{PackageCheck, verify};
use serde::Serialize;

use crate::{
    cli::{Global, Release},
    failure::{Exit, Failure, Result},
    house::House,
    say::{Say, count},
    work::{self, release::BuiltRelease},
};

mod attack;
mod explore;
mod trace;

/// Builds a release, explores what others it could be, or checks one as its recipient does.
pub(crate) async fn run(global: &Global, args: Release, say: &Say) -> Result<Exit> {
    match args {
        Release::Build { spec } => {
            let text = fs::read_to_string(&spec).map_err(Failure::file("read", &spec))?;
            let house = House::open(global.house(), say).await?;
            work::release::order(&house, text).await?;
            let built = work::release::pending(&house, say).await?;
            say.result(&built, || built.iter().for_each(|one| print(one, say)))?;
            Ok(if built.iter().any(|one| one.late > 0) { Exit::Findings } else { Exit::Done })
        }
        Release::Explore { spec, page, choose, reason, out } => {
            let wish = match choose.zip(reason) {
                Some((number, why)) => explore::Wish::Choose { number, why, out },
                None => explore::Wish::Try(page),
            };
            explore::run(global, &spec, wish, say).await
        }
        Release::Attack(args) => attack::run(&args, say).await,
        Release::Trace { leak } => trace::run(global, &leak, say).await,
        Release::Verify { package, key, against_registry } => {
            let house = if against_registry { Some(House::open(global.house(), say).await?) } else { None };
            let key = match (&key, &house) {
                (Some(file), _) => read_key(file)?,
                (None, Some(house)) => house.verifier()?,
                (None, None) => House::look(global.house(), say).await?.verifier()?,
            };
            check(say, &package, &key, house.as_ref()).await
        }
    }
}

/// Says what was built.
pub(crate) fn print(built: &BuiltRelease, say: &Say) {
    say.tell(
        "did-release",
        &[
            ("name", &built.release),
            ("persons", &count(built.persons)),
            ("package", &built.package),
            ("leaf", &built.log_index),
        ],
    );
    if let Some(marks) = built.marks {
        let vars: [(&str, &dyn std::fmt::Display); 2] =
            [("withheld", &count(marks.withheld)), ("needed", &count(marks.rows_needed.unwrap_or_default()))];
        say.tell(if marks.rows_needed.is_some() { "release-marked" } else { "release-untraceable" }, &vars);
    }
    if built.late > 0 {
        say.tell("release-late", &[("n", &built.late)]);
    }
}

fn read_key(file: &Path) -> Result<NoteVerifier> {
    let text = fs::read_to_string(file).map_err(Failure::file("read", file))?;
    text.trim().parse().map_err(|_| Failure::wrong("use-bad-key", &[("file", &file.display())]))
}

/// What checking a package found.
#[derive(Debug, Serialize)]
struct Checked {
    release: ReleaseId,
    persons: u64,
    files: usize,
    log_index: Option<u64>,
    faults: Vec<String>,
    late: Option<u64>,
}

/// Checks a package and, with a house, asks whether something came too late for it.
async fn check(say: &Say, package: &Path, key: &NoteVerifier, house: Option<&House>) -> Result<Exit> {
    let PackageCheck { manifest, faults, log_index } = verify(package, key)?;
    let late = match house {
        None => None,
        Some(house) => Some(late(house, &manifest.release).await?),
    };
    let found = Checked {
        persons: manifest.persons,
        files: manifest.files.len(),
        release: manifest.release,
        log_index,
        faults: faults.iter().map(ToString::to_string).collect(),
        late,
    };
    let is_whole = found.faults.is_empty() && late.unwrap_or_default() == 0;
    say.result(&found, || {
        say.tell(
            "did-check-package",
            &[("name", &found.release), ("persons", &count(found.persons)), ("files", &found.files)],
        );
        found.faults.iter().for_each(|fault| say.tell("release-fault", &[("fault", fault)]));
        match late {
            Some(0) => say.tell("release-none-late", &[]),
            Some(n) => say.tell("release-late", &[("n", &n)]),
            None => {}
        }
        if is_whole {
            say.tell("release-whole", &[]);
        }
    })?;
    Ok(if is_whole { Exit::Done } else { Exit::Findings })
}

/// Counts what should have stopped someone in a release but was not known at its gate.
pub(crate) async fn late(house: &House, release: &ReleaseId) -> Result<u64> {
    let late = house.registry.late_objections_for(release).await?;
    Ok(u64::try_from(late.len()).unwrap_or(u64::MAX))
}
