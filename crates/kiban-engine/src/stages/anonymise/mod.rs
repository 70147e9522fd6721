//! Anonymise: the gated set becomes a set in which nobody can be recognised by ordinary means (ordinance Art. 18).
//!
//! In this order: the cohort is taken; its people are generalised until each shares every demographic combination with
//! k − 1 others (`people.rs`); events are cut to the window that everyone shares and freed of what stands out
//! (`events.rs`, `outliers.rs`); rare codes are rolled up or left out (`codes.rs`); dates are told by the release's rule,
//! alike in all tables (`dates.rs`); rare categories are blanked and extreme values coded to the nearest value that enough
//! persons reach (`values.rs`); ids are replaced by fresh ones. Then the result is read again and measured
//! (`measure.rs`, `date_proof.rs`, `life_proof.rs`). Moves, maps and keys lie in a working folder that is destroyed with the release's making.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

pub use self::{
    between::Between,
    date_proof::{DatesMeasured, RunsShared},
    life_proof::LivesProof,
    lives::LivesMeasured,
    marks::MarksMeasured,
    outliers::Peculiar,
};
pub(crate) use self::{
    codes::{code_systems, code_tree},
    events::what_happened,
};
use kiban_anon::trace::Mark;
pub use kiban_anon::{
    Advice, BeforeAfter, DateLoss, DateRule, Leak, LeakKind, LeakVerdict, RareCounts, Reason, Risk, Singled,
    ordinance::{Item, Measure, NoObject, Operation},
};
use kiban_core::{Entropy, PersonKey};
use serde::Serialize;

use crate::{
    Error, Result,
    dataset::{Anonymous, FileSet, Gated},
    flow::Flow,
    lake::Lake,
    release::{
        attack::Attacked,
        earlier::{Candidate, Earlier},
        spec::ReleaseSpec,
    },
    runner::Runner,
};

mod adversary;
mod between;
mod codes;
mod date_proof;
mod dates;
mod events;
mod evidence;
mod life_proof;
mod lives;
mod marks;
mod measure;
mod outliers;
mod people;
mod values;

/// Where and with what a release is made.
#[derive(Clone, Copy)]
pub struct Workshop<'a> {
    /// The lake, for its session.
    pub lake: &'a Lake,
    /// Runs plans.
    pub runner: &'a dyn Runner,
    /// Folder for what must not outlive the making; it is emptied first.
    pub scratch: &'a Path,
    /// Folder that receives the anonymous tables.
    pub output: &'a Path,
    /// The releases that were made before.
    pub earlier: &'a Earlier,
    /// The house's key of recipients' marks, the same for all its releases.
    pub marks_key: &'a [u8; 32],
}

/// What anonymising made and measured.
#[derive(Debug)]
pub struct Anonymised {
    /// The tables.
    pub files: FileSet<Anonymous>,
    /// The account of rows.
    pub flows: Vec<Flow>,
    /// What was measured.
    pub measured: Measured,
    /// Whose data is in it: stays in the house.
    pub persons: Vec<PersonKey>,
    /// What the ledger of releases gets of it: stays in the house.
    pub candidate: Candidate,
    /// By what a leak of it is recognised: stays in the house.
    pub mark: Option<Mark>,
}

/// Risk, loss and what remains unprotected, in numbers.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// Persons of the cohort.
    pub cohort: u64,
    /// Persons released.
    pub released: u64,
    /// Persons left out, to reach k or because of earlier releases.
    pub suppressed: u64,
    /// Levels chosen for each demographic column: name, level's name, level, highest level.
    pub levels: Vec<ChosenLevel>,
    /// Whether the choice is proven to lose least.
    pub optimal: bool,
    /// Re-identification risk of demographics.
    pub risk: BeforeAfter<Risk>,
    /// Share of detail lost by column.
    pub loss: Vec<(String, f64)>,
    /// Codes kept, rolled up and left out, by table.
    pub codes: BTreeMap<String, RareCounts>,
    /// Persons with a pattern of gaps between three visits that nobody else has.
    pub gaps: BeforeAfter<Singled>,
    /// Persons singled out by known events: how many, how precisely, result.
    pub known: Vec<Known>,
    /// What was proved and measured of dates, unless lives are protected.
    pub dates: Option<DatesMeasured>,
    /// Who stood out, why, and what was done about it.
    pub peculiar: Vec<Peculiar>,
    /// What it would have told beside earlier releases.
    pub between: Between,
    /// How far an acquaintance got who looked for people in the finished release; none where it is too large for that.
    pub attacked: Option<Attacked>,
    /// What marking the recipient's copy did, where the specification asks for it.
    pub marks: Option<MarksMeasured>,
    /// What protecting lives did, where the specification asks for it.
    pub lives: Option<LivesMeasured>,
    /// What was done for each item of the ordinance.
    pub measures: Vec<Measure>,
    /// Items that have no object here.
    pub absent: Vec<NoObject>,
}

/// One demographic column's generalisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChosenLevel {
    /// The column.
    pub column: String,
    /// The level's name.
    pub name: String,
    /// Its number; 0 is as it was.
    pub level: usize,
    /// The highest there is.
    pub of: usize,
}

/// How many persons an acquaintance with some known events singles out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Known {
    /// Events known.
    pub events: u8,
    /// `month` or `day`.
    pub detail: &'static str,
    /// In the gated set and in the release.
    pub singled: BeforeAfter<Singled>,
}

/// Makes the anonymous set of `spec` from the gated one.
///
/// # Errors
/// [`Error::Denied`] where the limits cannot be kept, such as too few persons for k; [`Error::Bug`] where the finished
/// set fails its own check; then nothing may be packed.
pub async fn anonymise(
    shop: Workshop<'_>,
    spec: &ReleaseSpec,
    gated: &FileSet<Gated>,
    entropy: &dyn Entropy,
) -> Result<Anonymised> {
    for folder in [shop.scratch, shop.output] {
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    let key = |purpose: &str| entropy.key(&format!("release/{}/{purpose}", spec.name));
    let cohort = people::cohort(shop, spec, gated).await?;
    let (dates, moved) = dates::Dates::begin(shop, spec, gated, &cohort, key("dates")).await?;
    let people = people::generalise(spec, cohort, moved, shop.earlier, key("persons"))?;
    let mut tables = BTreeMap::from([("person".to_owned(), people.write_persons(shop).await?)]);
    let mut flows = vec![people.flow(gated.rows("person"))?];
    let with_visits = releases(spec, "visit_occurrence");
    let making = events::Making { shop, spec, people: &people, dates: &dates, with_visits };
    let mut drafts = Vec::new();
    let ordered: BTreeSet<(bool, &str)> =
        spec.tables.iter().map(|choice| (choice.name != "visit_occurrence", choice.name.as_str())).collect();
    for (_, name) in ordered {
        let Some(choice) = spec.tables.iter().find(|choice| choice.name == name) else { continue };
        drafts.push(making.draft(choice, gated).await?);
    }
    let courses = outliers::rare_courses(&making, &drafts).await?;
    let (mut lives, map) = match &spec.anonymity.lives {
        Some(lives) => (Some(lives::share(&making, lives, &key("lives"), &mut drafts).await?), None),
        None => (None, Some(dates.tell(&making, &mut drafts).await?)),
    };
    let mut marker = marks::Marker::new(spec, shop.marks_key)?;
    let mut codes = BTreeMap::new();
    let mut finished = Vec::new();
    for draft in drafts {
        let made = making.finish(draft, marker.as_mut()).await?;
        if let Some(counts) = made.codes {
            codes.insert(made.name.clone(), counts);
        }
        tables.insert(made.name.clone(), made.manifest.clone());
        flows.push(made.flow.clone());
        finished.push(made);
    }
    let files = FileSet::reached(shop.output.to_owned(), tables);
    measure::check(shop, spec, &people, &files).await?;
    let told = match map {
        Some(map) => date_proof::dates(shop, (&dates, &map), (&people, gated), &files, &finished).await?,
        None => None,
    };
    let peculiar = outliers::summary(&making, &people, &finished, courses).await?;
    if let (Some(promised), Some(measured)) = (&spec.anonymity.lives, &mut lives) {
        measured.proof = life_proof::prove(shop, spec, promised, &files).await?;
    }
    let sample = key("measurement");
    let gaps = measure::gaps(shop, spec, gated, &files).await?;
    let known = measure::known_events(shop, spec, gated, &files, &sample).await?;
    let attacked = adversary::look_for_people(spec, &people, gated, &files, &sample)?;
    let (mark, marks) = marker.map(|marker| marker.finish(spec)).unzip();
    let (measures, absent) = evidence::measures(spec, &dates, &people, &finished, &peculiar)?;
    let measured = Measured {
        cohort: people.cohort(),
        released: people.released(),
        suppressed: people.suppressed(),
        levels: people.levels(),
        optimal: people.is_optimal(),
        risk: people.risk(),
        loss: people.loss(),
        codes,
        gaps,
        known,
        dates: told,
        peculiar,
        between: people.between().clone(),
        attacked,
        marks,
        lives,
        measures,
        absent,
    };
    Ok(Anonymised { files, flows, measured, persons: people.keys(), candidate: people.candidate().clone(), mark })
}

fn releases(spec: &ReleaseSpec, table: &str) -> bool {
    spec.tables.iter().any(|choice| choice.name == table)
}

fn scratch_file(shop: Workshop<'_>, name: &str) -> PathBuf {
    shop.scratch.join(name)
}
