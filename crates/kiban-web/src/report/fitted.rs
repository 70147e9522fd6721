//! The degree fitted to the use: what was proposed by which rule, what was chosen, and why.

use serde::{Deserialize, Serialize};

use super::word::Fit;

/// The parameters of a release as its use proposes them and as they were chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fitted {
    /// The set of rules.
    pub set: String,
    /// The use: recipient, environment, purpose, data.
    pub usage: Vec<String>,
    /// Parameter by parameter.
    pub parameters: Vec<FittedParameter>,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedParameter {
    /// Its name, as in the specification.
    pub parameter: String,
    /// What is proposed.
    pub proposed: String,
    /// The rule that proposes it.
    pub rule: String,
    /// The rule's reason in Japanese.
    pub ja: String,
    /// The rule's reason in English.
    pub en: String,
    /// What holds; none where it has no object in this release.
    #[serde(default)]
    pub chosen: Option<String>,
    /// How that stands to the proposal.
    pub fit: Fit,
    /// The officer's reason.
    #[serde(default)]
    pub reason: String,
}
