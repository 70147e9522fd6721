//! One table anonymised on its own: read, folded, searched, measured, written. No house is needed.
//!
//! The file is read once to fold it to its distinct tuples; what the search chose is written from the leaf codes of the
//! quasi-identifiers, four bytes a cell. Columns that are released as they are, are not held but read again then.

mod codes;
mod hierarchy;
mod job;
mod recheck;
mod source;
mod study;
mod transform;
mod whole;
mod write;

use std::{collections::BTreeMap, num::NonZeroUsize, path::Path};

use arrow::{
    array::{AsArray, BooleanArray, StringArray, UInt32Array},
    compute::filter,
    datatypes::UInt32Type,
};
use kiban_anon::{
    BeforeAfter, Budget, ClassMap, Folded, Generalised, LocalSolution, Policy, QuasiIdentifier, Risk, Solution,
    Strategy, recode_locally, search_within,
};
use serde::Serialize;

pub use hierarchy::{HierarchyFile, HierarchyOf, build_hierarchy, read_column, write_hierarchy};
pub use job::{Attribute, Input, Job, Role};
pub use kiban_anon::{
    Accuracy, ColumnQuality as QualityOfColumn, FrontierPoint, Quality,
    attack::{Method, Tried},
    transform::{Sample, TransformReport, Transformation},
};
pub use kiban_anon::{
    ColumnValues, Hierarchy, HierarchyFault, HierarchyFinding, HierarchyReport, HierarchySpec, Level, LevelName, Model,
    UNKNOWN, check_hierarchy,
};

pub use study::Study;

use self::whole::Whole;
pub(crate) use self::{
    job::read_toml,
    source::{Rows, Source},
};
use crate::{Error, Result};

/// What came of one table.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The level of each quasi-identifier; none after local recoding, which mixes them.
    pub levels: Option<BTreeMap<String, usize>>,
    /// Records of the input; of its sample where one is drawn.
    pub records: u64,
    /// Records that are not in the output.
    pub suppressed_records: u64,
    /// Classes in the output.
    pub classes: u64,
    /// What is left of the detail, 0 to 1, as ARX measures it.
    pub granularity: f64,
    /// What the search made smallest.
    pub score: f64,
    /// `true`, or the proven gap: by what part of itself the score could still be smaller at most.
    pub optimal: Optimal,
    /// Nodes of the lattice whose classes were computed.
    pub nodes_checked: u64,
    /// Nodes of the lattice.
    pub nodes_total: u64,
    /// How long it took.
    pub seconds: Seconds,
    /// Risk of the output; none where a quasi-identifier was perturbed, since equal values then tell nothing of it.
    pub risk: Option<OutputRisk>,
    /// Risk with its class sizes, before and after; none where `risk` is none.
    pub risk_in_full: Option<BeforeAfter<Risk>>,
    /// What is left, per column and of the whole.
    pub quality: Quality,
    /// Columns of the input that the job does not name; they are not in the output.
    pub left_out: Vec<String>,
    /// Records that the sample was drawn from, where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampled_from: Option<u64>,
    /// What each transformation did to each column.
    pub transformations: Vec<TransformReport>,
    /// What a study found, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub study: Option<Study>,
}

/// Whether the score is proven to be the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Optimal {
    /// It is, if true; local recoding proves nothing.
    Proven(bool),
    /// It could be smaller by this part of itself at most.
    Gap(f64),
}

/// Seconds of wall time, by step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// Reading and folding.
    pub load: f64,
    /// Searching.
    pub search: f64,
    /// Writing.
    pub write: f64,
}

/// The highest risk under the three usual attackers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OutputRisk {
    /// Of one who knows that the person is in the table.
    pub prosecutor_max: f64,
    /// Of one who knows that the person is in the population.
    pub journalist_max: f64,
    /// The share that one names rightly who takes everybody.
    pub marketer: f64,
}

impl OutputRisk {
    fn of(risk: &Risk) -> Self {
        Self { prosecutor_max: risk.prosecutor_max, journalist_max: risk.journalist_max, marketer: risk.marketer }
    }
}

/// What a job may use of the machine.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Threads that search.
    pub threads: NonZeroUsize,
    /// Tells seconds since some instant; the engine itself has no clock.
    pub seconds: &'a (dyn Fn() -> f64 + Sync),
    /// What all chance follows from: the sample, the transformations, whom a study attacks.
    pub key: &'a [u8; 32],
}

/// Anonymises a table and writes `data.csv` and `data.parquet` into `out`.
///
/// # Errors
/// The input does not fit the job, nothing within its limits keeps the models, or a file cannot be read or written.
pub fn anonymise(job: &Job, out: &Path, means: Means<'_>) -> Result<Outcome> {
    let began = (means.seconds)();
    let table = Table::load(job, means.key)?;
    let loaded = (means.seconds)();
    let found = table.search(job, means, loaded)?;
    let recoding = found.recoding(&table)?;
    let searched = (means.seconds)();
    if !job.transforms() && !job.study {
        write::write(job, &table, &recoding, out)?;
        let seconds = Seconds { load: loaded - began, search: searched - loaded, write: (means.seconds)() - searched };
        return table.outcome(&found, &recoding, seconds);
    }
    let whole = Whole::gather(job, &table, &recoding)?;
    let changed = transform::apply(job, &whole, means.key)?;
    let checked = recheck::recheck(job, &table, &whole, &changed)?;
    write::write_whole(job, &table, &changed.whole, out)?;
    let seconds = Seconds { load: loaded - began, search: searched - loaded, write: (means.seconds)() - searched };
    let mut outcome = table.outcome(&found, &recoding, seconds)?;
    checked.correct(&mut outcome);
    outcome.suppressed_records += changed.gone;
    if job.study {
        let subject = study::Subject { job, table: &table, before: &whole, after: &changed.whole };
        outcome.study = Some(study::study(&subject, means)?);
    }
    outcome.transformations = changed.report;
    Ok(outcome)
}

/// A table as it was read.
struct Table {
    source: Source,
    attributes: Vec<QuasiIdentifier>,
    /// Leaf codes of the quasi-identifiers.
    codes: Vec<UInt32Array>,
    folded: Folded,
    population: Option<Folded>,
    left_out: Vec<String>,
    /// Which records of the input are in the sample, where one is drawn; `codes` has those alone.
    drawn: Option<BooleanArray>,
}

impl Table {
    fn load(job: &Job, key: &[u8]) -> Result<Self> {
        let source = Source::open(&job.input)?;
        let protected: Vec<&Attribute> =
            job.of_role(Role::Sensitive).filter(|one| job.models.iter().any(|m| m.on() == Some(&one.name))).collect();
        let chosen: Vec<&Attribute> = job.of_role(Role::QuasiIdentifier).chain(protected).collect();
        for attribute in &job.attributes {
            source.column(&attribute.name)?;
        }
        let given = chosen.iter().map(|one| hierarchy(job, one, &source)).collect::<Result<Vec<_>>>()?;
        let (hierarchies, mut codes): (Vec<_>, Vec<_>) = codes::encode(&source, &chosen, given)?.into_iter().unzip();
        let drawn = job.sample.map(|sample| draw(sample, &mut codes, key)).transpose()?;
        let quasi = job.of_role(Role::QuasiIdentifier).count();
        let (identifying, sensitive) = hierarchies.split_at(quasi.min(hierarchies.len()));
        let (codes, sensitive_codes) = codes.split_at(quasi.min(codes.len()));
        let sensitive: Vec<(&Hierarchy, &UInt32Array)> = sensitive.iter().zip(sensitive_codes).collect();
        let quasi_hierarchies: Vec<&Hierarchy> = identifying.iter().collect();
        let mut folded = Folded::with_sensitive(&quasi_hierarchies, codes, None, &sensitive).map_err(refused)?;
        let population = population(job, identifying)?;
        if let Some(population) = &population {
            folded = folded.in_population(population)?;
        }
        let attributes = job.of_role(Role::QuasiIdentifier).zip(identifying).map(|(one, h)| limited(one, h.clone()));
        let named = |name: &&str| !job.attributes.iter().any(|one| one.name == **name);
        let left_out = source.names().filter(named).map(str::to_owned).collect();
        Ok(Self {
            attributes: attributes.collect(),
            codes: codes.to_vec(),
            folded,
            population,
            left_out,
            drawn,
            source,
        })
    }

    /// Reads the chosen columns of the records that take part, in batches.
    fn batches(&self, places: &[usize]) -> Result<impl Iterator<Item = Result<Rows>> + use<'_>> {
        let mut from = 0;
        Ok(self.source.batches(places)?.map(move |rows| {
            let rows = rows?;
            let Some(drawn) = &self.drawn else { return Ok(rows) };
            let drawn = drawn.slice(from, rows.rows);
            from += rows.rows;
            let pick = |column: &StringArray| Ok(filter(column, &drawn)?.as_string::<i32>().clone());
            Ok(Rows { columns: rows.columns.iter().map(pick).collect::<Result<_>>()?, rows: drawn.true_count() })
        }))
    }

    fn search(&self, job: &Job, means: Means<'_>, now: f64) -> Result<Found> {
        let policy = policy(job, means);
        if job.search == Strategy::Local {
            return recode_locally(&self.attributes, &self.folded, &policy).map(Found::Local).map_err(refused);
        }
        let is_over = || job.seconds.is_some_and(|seconds| (means.seconds)() >= now + seconds);
        let budget = Budget { nodes: None, stop: Some(&is_over) };
        search_within(&self.attributes, &self.folded, &policy, job.search, budget).map(Found::Global).map_err(refused)
    }

    fn outcome(&self, found: &Found, recoding: &Recoding<'_>, seconds: Seconds) -> Result<Outcome> {
        let sizes = recoding.class_sizes();
        let after = match (&self.population, recoding) {
            (Some(population), Recoding::Global(map)) => Risk::in_population(&map.with_population(population)?),
            _ => Risk::of(&sizes),
        };
        let risk = OutputRisk::of(&after);
        let before = Risk::of(&self.folded.class_sizes());
        let (quality, loss, suppressed, (checked, nodes)) = match found {
            Found::Global(one) => {
                let quality = Quality::of(&self.attributes, &self.folded, one)?;
                (quality, &one.loss, one.suppressed, (one.checked, one.nodes))
            }
            Found::Local(one) => {
                let summary = one.summary();
                (Quality::of_local(&self.attributes, &self.folded, one)?, &summary.loss, summary.suppressed, (0, 0))
            }
        };
        let levels = found.levels().map(|levels| {
            self.attributes.iter().zip(levels).map(|(one, level)| (one.hierarchy().name().to_owned(), *level)).collect()
        });
        Ok(Outcome {
            levels,
            records: self.folded.persons(),
            suppressed_records: suppressed,
            classes: after.classes,
            granularity: loss.granularity,
            score: loss.score,
            optimal: found.optimal(),
            nodes_checked: checked,
            nodes_total: nodes,
            seconds,
            risk: Some(risk),
            risk_in_full: Some(BeforeAfter { before, after }),
            quality,
            left_out: self.left_out.clone(),
            sampled_from: self.drawn.as_ref().map(|drawn| drawn.len() as u64),
            transformations: Vec::new(),
            study: None,
        })
    }
}

/// Draws a sample of the records, who are told apart by their place in the input, and leaves their codes alone.
fn draw(sample: Sample, codes: &mut [UInt32Array], key: &[u8]) -> Result<BooleanArray> {
    let records = codes.first().map_or(0, UInt32Array::len);
    let ids: Vec<u64> = (0..records as u64).collect();
    let drawn = BooleanArray::from(sample.draw(&ids, key).map_err(refused)?);
    if drawn.true_count() == 0 {
        return Err(Error::Input("the sample has no record at all: draw a larger one".to_owned()));
    }
    for column in codes {
        *column = filter(column, &drawn)?.as_primitive::<UInt32Type>().clone();
    }
    Ok(drawn)
}

/// A job that cannot be done is the job's fault, and its words name no value.
fn refused(error: kiban_anon::Error) -> Error {
    Error::Input(error.to_string())
}

/// What a search found.
enum Found {
    Global(Solution),
    Local(LocalSolution),
}

impl Found {
    fn levels(&self) -> Option<&[usize]> {
        match self {
            Self::Global(solution) => Some(&solution.levels),
            Self::Local(_) => None,
        }
    }

    fn optimal(&self) -> Optimal {
        match self {
            Self::Global(solution) if solution.optimal => Optimal::Proven(true),
            Self::Global(solution) => Optimal::Gap(solution.gap()),
            Self::Local(_) => Optimal::Proven(false),
        }
    }

    fn recoding<'a>(&'a self, table: &'a Table) -> Result<Recoding<'a>> {
        Ok(match self {
            Self::Global(solution) => Recoding::Global(ClassMap::new(&table.attributes, &table.folded, solution)?),
            Self::Local(solution) => Recoding::Local(solution),
        })
    }
}

/// Carries what was found to the records.
enum Recoding<'a> {
    Global(ClassMap<'a>),
    Local(&'a LocalSolution),
}

impl Recoding<'_> {
    fn apply(&self, attributes: &[QuasiIdentifier], codes: &[UInt32Array]) -> Result<Generalised> {
        Ok(match self {
            Self::Global(map) => map.apply(codes)?,
            Self::Local(solution) => solution.apply(attributes, codes)?,
        })
    }

    fn class_sizes(&self) -> Vec<u64> {
        match self {
            Self::Global(map) => map.class_sizes(),
            Self::Local(solution) => solution.class_sizes(),
        }
    }
}

/// Asks for the job's models; where it names none, for nothing, and the best is what is least generalised.
fn policy(job: &Job, means: Means<'_>) -> Policy {
    let models = if job.models.is_empty() { vec![Model::KAnonymity(1)] } else { job.models.clone() };
    Policy { metric: job.metric, threads: means.threads, ..Policy::of(models, job.suppression_limit) }
}

/// Reads or builds an attribute's hierarchy, if the job says how.
fn hierarchy(job: &Job, attribute: &Attribute, source: &Source) -> Result<Option<Hierarchy>> {
    let name = &attribute.name;
    match &attribute.hierarchy {
        Some(HierarchyOf::File(path)) => {
            let read = HierarchyFile::read(path)?.hierarchy(name);
            read.map(Some).map_err(|error| Error::Input(format!("{}: {error}", path.display())))
        }
        Some(HierarchyOf::Built(spec)) => {
            let mut values = ColumnValues::default();
            hierarchy::collect(source, name, &mut values)?;
            // The population is told in the same groups, so its values need leaves as well.
            if let Some(population) = job.population.as_ref().filter(|_| attribute.role == Role::QuasiIdentifier) {
                hierarchy::collect(&Source::open(population)?, name, &mut values)?;
            }
            build_hierarchy(spec, name, &values).map(Some)
        }
        None => Ok(None),
    }
}

fn limited(attribute: &Attribute, hierarchy: Hierarchy) -> QuasiIdentifier {
    let mut one = QuasiIdentifier::new(hierarchy);
    if let Some(level) = attribute.lowest_level {
        one = one.at_least(level);
    }
    if let Some(level) = attribute.highest_level {
        one = one.at_most(level);
    }
    if let Some(weight) = attribute.weight {
        one = one.weighing(weight);
    }
    one
}

fn population(job: &Job, hierarchies: &[Hierarchy]) -> Result<Option<Folded>> {
    let Some(input) = &job.population else {
        let needs = job.models.iter().any(|m| matches!(m, Model::KMap(_) | Model::DeltaPresence { .. }));
        return if needs {
            Err(Error::Input("k_map and delta_presence need a population".to_owned()))
        } else {
            Ok(None)
        };
    };
    let source = Source::open(input)?;
    let chosen: Vec<&Attribute> = job.of_role(Role::QuasiIdentifier).collect();
    let given = hierarchies.iter().cloned().map(Some).collect();
    let codes: Vec<UInt32Array> = codes::encode(&source, &chosen, given)?.into_iter().map(|one| one.1).collect();
    Ok(Some(Folded::new(&hierarchies.iter().collect::<Vec<_>>(), &codes)?))
}
