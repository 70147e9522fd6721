//! What is done to released columns after generalising, and where that is refused.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, AsArray, BooleanArray, StringArray, UInt32Array},
    compute::take,
};
use kiban_anon::{
    Hierarchy,
    transform::{Records, TransformReport, Transformation, apply_transformations},
};
use rustc_hash::FxHashMap;

use super::{
    HierarchyFile, HierarchyOf, Model,
    job::{Job, Role},
    refused,
    whole::Whole,
};
use crate::{Error, Result};

/// A table after its transformations.
pub(super) struct Changed {
    pub(super) whole: Whole,
    pub(super) report: Vec<TransformReport>,
    /// Records that left.
    pub(super) gone: u64,
}

/// Carries out the job's transformations in their order, on the records that stay.
pub(super) fn apply(job: &Job, whole: &Whole, key: &[u8]) -> Result<Changed> {
    if !job.transforms() {
        return Ok(Changed { whole: whole.clone(), report: Vec::new(), gone: 0 });
    }
    let rows: Vec<u32> = (0_u32..).zip(whole.kept.values()).filter_map(|(row, kept)| kept.then_some(row)).collect();
    let names: Vec<&str> = whole.names.iter().map(String::as_str).collect();
    let released = |name: &&str| Ok(Arc::new(whole.released(name)?) as ArrayRef);
    let columns = names.iter().map(released).collect::<Result<Vec<_>>>()?;
    let ids: Vec<u64> = rows.iter().map(|row| u64::from(*row)).collect();
    let classes = classes(job, whole, rows.len())?;
    let hierarchies = hierarchies(job)?;
    let hierarchies: Vec<&Hierarchy> = hierarchies.iter().collect();
    let steps = job.attributes.iter().filter_map(|one| Some((one.name.as_str(), one.transform.clone()?)));
    let steps: Vec<(&str, Transformation)> = steps.collect();
    let records =
        Records { names: &names, columns: &columns, ids: &ids, classes: Some(&classes), hierarchies: &hierarchies };
    let done = apply_transformations(&records, &steps, key).map_err(refused)?;
    let mut back: Vec<Option<u32>> = vec![None; whole.kept.len()];
    for (now, row) in (0_u32..).zip(&rows) {
        back.iter_mut().skip(*row as usize).take(1).for_each(|b| *b = Some(now));
    }
    let places: UInt32Array = back.into();
    let spread = |column: &ArrayRef| Ok(take(column, &places, None)?.as_string::<i32>().clone());
    let columns = done.columns.iter().map(spread).collect::<Result<Vec<StringArray>>>()?;
    let stays = take(&done.kept, &places, None)?.as_boolean().iter().map(|kept| kept == Some(true)).collect::<Vec<_>>();
    let gone = (done.kept.len() - done.kept.true_count()) as u64;
    let whole = Whole { names: whole.names.clone(), columns, kept: BooleanArray::from(stays) };
    Ok(Changed { whole, report: done.report, gone })
}

/// Numbers the classes of the records that stay, by the texts of their quasi-identifiers.
fn classes(job: &Job, whole: &Whole, rows: usize) -> Result<Vec<Option<u32>>> {
    let mut class_of = vec![0_u32; rows];
    for one in job.of_role(Role::QuasiIdentifier) {
        let column = whole.released(&one.name)?;
        let mut known: FxHashMap<(u32, Option<&str>), u32> = FxHashMap::default();
        for (class, text) in class_of.iter_mut().zip(&column) {
            let fresh = u32::try_from(known.len()).unwrap_or(u32::MAX);
            *class = *known.entry((*class, text)).or_insert(fresh);
        }
    }
    Ok(class_of.into_iter().map(Some).collect())
}

/// Reads the hierarchies along which a column that is released as it is can be aggregated.
fn hierarchies(job: &Job) -> Result<Vec<Hierarchy>> {
    let as_it_is = job.attributes.iter().filter(|one| matches!(one.role, Role::Sensitive | Role::Insensitive));
    let file = |one: &super::Attribute| match &one.hierarchy {
        Some(HierarchyOf::File(path)) => Some((path.clone(), one.name.clone())),
        _ => None,
    };
    as_it_is.filter_map(file).map(|(path, name)| HierarchyFile::read(&path)?.hierarchy(&name)).collect()
}

/// Returns the columns that a transformation changes beside its own.
pub(super) fn moved_along(step: &Transformation) -> &[String] {
    match step {
        Transformation::Microaggregation(how) => &how.with,
        Transformation::RecordSwap(how) => &how.with,
        Transformation::LocalSuppression(how) => &how.with,
        _ => &[],
    }
}

/// Returns every transformation with each column that it changes.
pub(super) fn touched(job: &Job) -> impl Iterator<Item = (&Transformation, &str)> {
    let steps = job.attributes.iter().filter_map(|one| Some((one.transform.as_ref()?, one.name.as_str())));
    steps.flat_map(|(step, name)| {
        let all = std::iter::once(name).chain(moved_along(step).iter().map(String::as_str));
        all.map(move |name| (step, name))
    })
}

/// Tells whether a transformation leaves nothing false, so that equal values still mean what they say.
pub(super) const fn is_truthful(step: &Transformation) -> bool {
    use Transformation::{LocalSuppression, Microaggregation, RareValues, RecordSuppression, TopBottom};
    matches!(step, Microaggregation(_) | LocalSuppression(_) | RareValues(_) | RecordSuppression(_) | TopBottom(_))
}

/// Refuses what would leave a claim of the job unproven.
pub(super) fn check(job: &Job) -> Result<()> {
    for (step, name) in touched(job) {
        let step_name = step.name();
        let wrong = |why: &str| Err(Error::Input(format!("{step_name} on {name}: {why}")));
        let Some(attribute) = job.released(name) else {
            return wrong("the output has no such column, so there is nothing to transform");
        };
        if job.models.iter().any(|model| model.on() == Some(name)) {
            return wrong(
                "a model protects this column, so it must stay as it is; drop the model or the transformation",
            );
        }
        let drops = matches!(step, Transformation::RecordSuppression(_));
        let quasi = attribute.role == Role::QuasiIdentifier;
        if quasi && matches!(step, Transformation::ClassAverage(_)) {
            return wrong("a class has one value there already; use it on columns that are no quasi-identifiers");
        }
        if quasi && !job.models.is_empty() && !is_truthful(step) {
            return wrong(
                "no model can be claimed of a perturbed quasi-identifier; take local_suppression, microaggregation, \
                 rare_values or top_bottom, or a job with models = []",
            );
        }
        let stuck = job.models.iter().any(|model| {
            model.needs_population() || matches!(model, Model::DifferentialPrivacy { .. } | Model::Profitability { .. })
        });
        if (quasi || drops) && stuck {
            return wrong(
                "a model of this job cannot be measured again on the output, so its classes must stay as found",
            );
        }
    }
    Ok(())
}
