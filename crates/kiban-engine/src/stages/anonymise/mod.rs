//! Anonymise: the gated set becomes a set in which nobody can be recognised by ordinary means (ordinance Art. 18).
//!
//! In this order: the cohort is taken; its people are generalised until each shares every demographic combination with
//! k − 1 others (`people.rs`); dates are shifted per person and cut to the window that everyone shares; rare codes are
//! rolled up or left out and rare categories blanked (`codes.rs`, `values.rs`); extreme values are coded to the nearest
//! value that enough persons reach; ids are replaced by fresh ones. Then the result is read again and measured
//! (`measure.rs`). Shifts, maps and keys lie in a working folder that is destroyed with the release's making.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

pub(crate) use self::{
    codes::{code_systems, code_tree},
    events::what_happened,
};
pub use self::{lives::LivesMeasured, marks::MarksMeasured};
use kiban_anon::trace::Mark;
pub use kiban_anon::{
    BeforeAfter, RareCounts, Risk, Singled,
    ordinance::{Item, Measure, NoObject, Operation},
};
use kiban_core::{Entropy, PersonKey};
use serde::Serialize;

use crate::{
    Error, Result,
    dataset::{Anonymous, FileSet, Gated},
    flow::Flow,
    lake::Lake,
    release::{attack::Attacked, spec::ReleaseSpec},
    runner::Runner,
};

mod adversary;
mod codes;
mod events;
mod evidence;
mod lives;
mod marks;
mod measure;
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
    /// Persons left out to reach k.
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
    /// How far an acquaintance got who looked for people in the finished release.
    pub attacked: Attacked,
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
    let people = people::generalise(spec, &cohort, key("persons"), key("dates"))?;
    let mut tables = BTreeMap::from([("person".to_owned(), people.write_persons(shop).await?)]);
    let mut flows = vec![people.flow(gated.rows("person"))?];
    let making = events::Making { shop, spec, people: &people, with_visits: releases(spec, "visit_occurrence") };
    let mut drafts = Vec::new();
    let ordered: BTreeSet<(bool, &str)> =
        spec.tables.iter().map(|choice| (choice.name != "visit_occurrence", choice.name.as_str())).collect();
    for (_, name) in ordered {
        let Some(choice) = spec.tables.iter().find(|choice| choice.name == name) else { continue };
        drafts.push(making.draft(choice, gated).await?);
    }
    let lives = match spec.anonymity.lives {
        Some(lives) => Some(lives::share(&making, lives, &key("lives"), &mut drafts).await?),
        None => None,
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
    let sample = key("measurement");
    let gaps = measure::gaps(shop, spec, gated, &files).await?;
    let known = measure::known_events(shop, spec, gated, &files, &sample).await?;
    let attacked = adversary::look_for_people(spec, &people, gated, &files, &sample)?;
    let (mark, marks) = marker.map(|marker| marker.finish(spec)).unzip();
    let (measures, absent) = evidence::measures(spec, &people, &finished)?;
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
        attacked,
        marks,
        lives,
        measures,
        absent,
    };
    Ok(Anonymised { files, flows, measured, persons: people.keys(), mark })
}

fn releases(spec: &ReleaseSpec, table: &str) -> bool {
    spec.tables.iter().any(|choice| choice.name == table)
}

fn scratch_file(shop: Workshop<'_>, name: &str) -> PathBuf {
    shop.scratch.join(name)
}
