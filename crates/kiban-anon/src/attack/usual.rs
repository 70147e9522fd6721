//! The attacks that every release should have stood, in one call.

use serde::Serialize;

use super::{
    inference::inference,
    linkage::{Knowledge, linkage},
    rate::Rate,
    singling::singling_out,
    view::View,
};
use crate::error::Result;

/// Facts of ten of which one is wrong: the second linkage of [`usual`].
const ERROR_RATE: f64 = 0.1;

/// Columns that a description takes in [`usual`], if there are so many.
const DESCRIBED: usize = 4;

/// Descriptions drawn per person attacked: few of them fit one record only.
const DRAWN: usize = 20;

/// Which attack was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// [`linkage`] with exact knowledge.
    Linkage,
    /// [`linkage`] with mistakes.
    LinkageErrors,
    /// [`inference`].
    Inference,
    /// [`singling_out`].
    SinglingOut,
}

/// One attack and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tried {
    /// Which attack.
    pub method: Method,
    /// The columns that the adversary knows, or may describe a person by.
    pub knows: Vec<String>,
    /// The column guessed.
    pub target: Option<String>,
    /// Its success beside its control.
    pub rate: Rate,
    /// The probability with which the person found most easily is named; linkage only.
    pub worst: Option<f64>,
}

/// Runs the usual attacks: linkage by all quasi-identifiers, exact and with one fact of ten wrong; inference of every secret
/// from them; singling out by four of all columns. `tries` are the persons attacked, and a twentieth of the descriptions drawn.
///
/// # Errors
/// No such columns, or a secret that is a quasi-identifier.
pub fn usual(
    view: &View,
    quasi_identifiers: &[usize],
    secrets: &[usize],
    tries: usize,
    key: &[u8],
) -> Result<Vec<Tried>> {
    let names = |columns: &[usize]| columns.iter().filter_map(|c| view.name(*c)).map(str::to_owned).collect();
    let mut all = Vec::new();
    for (method, error_rate) in [(Method::Linkage, 0.0), (Method::LinkageErrors, ERROR_RATE)] {
        let found = linkage(view, &Knowledge { columns: quasi_identifiers.to_vec(), error_rate }, tries, key)?;
        let (rate, worst) = (found.rate, Some(found.worst));
        all.push(Tried { method, knows: names(quasi_identifiers), target: None, rate, worst });
    }
    for secret in secrets {
        let rate = inference(view, *secret, quasi_identifiers, tries, key)?.rate;
        let target = view.name(*secret).map(str::to_owned);
        all.push(Tried { method: Method::Inference, knows: names(quasi_identifiers), target, rate, worst: None });
    }
    let columns: Vec<usize> = (0..view.columns.len()).collect();
    let rate = singling_out(view, DESCRIBED.min(columns.len()), tries.saturating_mul(DRAWN) as u64, key)?.rate;
    all.push(Tried { method: Method::SinglingOut, knows: names(&columns), target: None, rate, worst: None });
    Ok(all)
}
