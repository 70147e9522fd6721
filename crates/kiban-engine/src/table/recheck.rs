//! Measures a transformed output anew: what is claimed of it is counted in its own texts.

use arrow::{
    array::{AsArray, UInt32Array},
    compute::filter,
    datatypes::UInt32Type,
};
use kiban_anon::transform::Transformation;
use kiban_anon::{BeforeAfter, Folded, Hierarchy, QuasiIdentifier, Risk, persons_at_fault};

use super::{
    Outcome, OutputRisk, Table,
    job::{Job, Role},
    refused,
    transform::{Changed, is_truthful, touched},
    whole::{Whole, flat, leaves_of},
};
use crate::{Error, Result};

/// What is to be said of the risk.
pub(super) enum Checked {
    /// No class changed: what the search found stands.
    AsFound,
    /// Classes changed and were counted again.
    Counted(Box<Risk>),
    /// A quasi-identifier was perturbed: nothing is claimed.
    Unclaimed,
}

impl Checked {
    pub(super) fn correct(self, outcome: &mut Outcome) {
        match self {
            Self::AsFound => {}
            Self::Counted(after) => {
                outcome.classes = after.classes;
                outcome.risk = Some(OutputRisk::of(&after));
                let before = outcome.risk_in_full.take().map(|both| both.before);
                outcome.risk_in_full = before.map(|before| BeforeAfter { before, after: *after });
            }
            Self::Unclaimed => (outcome.risk, outcome.risk_in_full) = (None, None),
        }
    }
}

/// Counts the classes of a transformed output, and the persons in those that break a model.
pub(super) fn recheck(job: &Job, table: &Table, before: &Whole, changed: &Changed) -> Result<Checked> {
    let quasi = |name: &str| job.of_role(Role::QuasiIdentifier).any(|one| one.name == name);
    let on_quasi: Vec<&Transformation> = touched(job).filter(|(_, name)| quasi(name)).map(|(step, _)| step).collect();
    if on_quasi.is_empty() && changed.gone == 0 {
        return Ok(Checked::AsFound);
    }
    let after = &changed.whole;
    let released = |one: &super::Attribute| flat(&one.name, &after.released(&one.name)?);
    let (hierarchies, codes): (Vec<Hierarchy>, Vec<UInt32Array>) =
        job.of_role(Role::QuasiIdentifier).map(released).collect::<Result<Vec<_>>>()?.into_iter().unzip();
    let protected = job.of_role(Role::Sensitive).filter(|one| job.models.iter().any(|m| m.on() == Some(&one.name)));
    let sensitive = protected.map(|one| {
        // All records, so that the hierarchy has all values of the input; those that stay are counted.
        let (hierarchy, codes) = leaves_of(job, table, one, before.column(&one.name)?)?;
        Ok((hierarchy, filter(&codes, &after.kept)?.as_primitive::<UInt32Type>().clone()))
    });
    let sensitive = sensitive.collect::<Result<Vec<_>>>()?;
    let sensitive: Vec<(&Hierarchy, &UInt32Array)> = sensitive.iter().map(|(h, c)| (h, c)).collect();
    let folded = Folded::with_sensitive(&hierarchies.iter().collect::<Vec<_>>(), &codes, None, &sensitive);
    let folded = folded.map_err(refused)?;
    let attributes: Vec<QuasiIdentifier> = hierarchies.into_iter().map(QuasiIdentifier::new).collect();
    if !job.models.is_empty() {
        let levels = vec![0; attributes.len()];
        let fault = persons_at_fault(&attributes, &folded, &job.models, &levels).map_err(refused)?;
        if fault > 0 {
            return Err(Error::Input(format!(
                "after the transformations {fault} records stand in classes that break a model, so nothing is written; \
                 transform the quasi-identifiers together (with = […]) and with a k as large as the model's"
            )));
        }
    }
    if on_quasi.into_iter().all(is_truthful) {
        return Ok(Checked::Counted(Box::new(Risk::of(&folded.class_sizes()))));
    }
    Ok(Checked::Unclaimed)
}
