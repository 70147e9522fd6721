//! What an officer decides on a proposal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{DateUnit, Parameter, Proposal, Value};
use crate::error::{Error, Result};

/// A value that an officer chooses instead of the proposed one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The parameter.
    pub parameter: Parameter,
    /// The value.
    pub value: Value,
    /// Why; needed where it protects less.
    #[serde(default)]
    pub reason: String,
}

/// A recorded choice that is not the proposal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deviation {
    /// The parameter.
    pub parameter: Parameter,
    /// What was proposed.
    pub proposed: Value,
    /// The rule that proposed it.
    pub rule: String,
    /// What was chosen.
    pub chosen: Value,
    /// Why.
    pub reason: String,
}

/// The parameters that hold, and where they are not the proposed ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// The id of the profile set.
    pub set: String,
    /// The parameters.
    pub values: BTreeMap<Parameter, Value>,
    /// Deviations, sorted by parameter.
    pub deviations: Vec<Deviation>,
}

impl Proposal {
    /// Takes an officer's choices over the proposal.
    ///
    /// # Errors
    /// A value that protects less than the proposed one and comes without a reason, one of the wrong kind, or a parameter
    /// chosen twice.
    pub fn decide(&self, choices: &[Choice]) -> Result<Decision> {
        let mut values: BTreeMap<Parameter, Value> = self.settings.iter().map(|(p, s)| (*p, s.value)).collect();
        let mut deviations: BTreeMap<Parameter, Deviation> = BTreeMap::new();
        for Choice { parameter, value, reason } in choices {
            let bad = |why| Error::BadParameter { what: parameter.to_string(), why };
            if parameter.strength(*value).is_none() {
                return Err(bad("this is no value for it; see the profile rules for its kind and range"));
            }
            let proposed = self.settings.get(parameter).ok_or_else(|| bad("nothing is proposed for it"))?;
            if parameter.weaker(*value, proposed.value) && reason.trim().is_empty() {
                return Err(bad("it is weaker than the profile proposes; give a reason, or take the proposed value"));
            }
            let (rule, reason) = (proposed.rule.clone(), reason.clone());
            let deviation = Deviation { parameter: *parameter, proposed: proposed.value, rule, chosen: *value, reason };
            if deviations.insert(*parameter, deviation).is_some() {
                return Err(bad("it is chosen twice; leave one"));
            }
            values.insert(*parameter, *value);
        }
        let deviations = deviations.into_values().filter(|d| d.chosen != d.proposed).collect();
        Ok(Decision { set: self.set.clone(), values, deviations })
    }
}

impl Decision {
    /// Returns a parameter that is a whole number.
    pub fn count(&self, parameter: Parameter) -> Option<u32> {
        self.values.get(&parameter).and_then(|v| if let Value::Count(count) = v { Some(*count) } else { None })
    }

    /// Returns the share of persons that may be suppressed.
    pub fn suppression_limit(&self) -> Option<f64> {
        self.values
            .get(&Parameter::SuppressionLimit)
            .and_then(|v| if let Value::Share(share) = v { Some(*share) } else { None })
    }

    /// Returns the unit in which dates are released.
    pub fn date_unit(&self) -> Option<DateUnit> {
        self.values.get(&Parameter::DateUnit).and_then(|v| if let Value::Unit(unit) = v { Some(*unit) } else { None })
    }
}
