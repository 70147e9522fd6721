//! `[use]`: who receives a release, where, what for and what is in it, and the parameters that this asks for (SEED-59).
//!
//! What the specification does not state is taken as proposed. What it states may protect more; it may protect less only
//! with a reason, which goes on record with the proposal.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
pub use kiban_anon::profile::{Parameter, Setting};
use kiban_anon::{
    DateRule, DateUnit,
    profile::{Choice, Data, Decision, Environment, Profile, Profiles, Proposal, Purpose, Recipient, Value},
};
use serde::{Deserialize, Serialize};

use super::{Anonymity, dates::USUAL, input};
use crate::{Error, Result};

/// What a release is used for, as the officer states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// Who receives it.
    pub recipient: BTreeSet<Recipient>,
    /// Where it is used: the riskiest place if there are several.
    pub environment: Environment,
    /// What for.
    pub purpose: BTreeSet<Purpose>,
    /// What is in it.
    pub data: BTreeSet<Data>,
    /// The profile set that proposes; the newest where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// Why some parameters protect less than is proposed.
    #[serde(default, rename = "deviation")]
    pub deviations: Vec<Deviation>,
}

/// Why one parameter protects less than is proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// The parameter.
    pub parameter: Parameter,
    /// The officer's reason.
    pub reason: String,
}

impl Use {
    /// Returns the words by which the use is stated, in order.
    pub fn words(&self) -> Vec<String> {
        fn word(one: &impl Serialize) -> Option<String> {
            toml::Value::try_from(one).ok()?.as_str().map(str::to_owned)
        }
        let recipients = self.recipient.iter().map(word);
        let purposes = self.purpose.iter().map(word);
        let data = self.data.iter().map(word);
        recipients.chain([word(&self.environment)]).chain(purposes).chain(data).flatten().collect()
    }
}

/// What a use proposed, and what was decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fitted {
    /// What is proposed for each parameter, by which rule and why.
    pub proposal: Proposal,
    /// What holds, and where it is not the proposal.
    pub decision: Decision,
    /// Parameters that have no object in this release.
    pub no_object: Vec<Parameter>,
}

/// The settings that stand in the text of a specification, by their path below `anonymity`.
pub(super) struct Stated(BTreeSet<String>);

impl Stated {
    pub(super) fn of(text: &str) -> Self {
        let whole: toml::Table = text.parse().unwrap_or_default();
        let mut paths = BTreeSet::new();
        for (name, value) in whole.get("anonymity").and_then(toml::Value::as_table).into_iter().flatten() {
            let inner = value.as_table().into_iter().flatten().map(|(inner, _)| format!("{name}.{inner}"));
            paths.extend(inner.chain([name.clone()]));
        }
        Self(paths)
    }

    /// Returns a setting: the stated one, or else the proposed one, which it then has.
    fn or<T: Copy>(&self, path: &str, slot: &mut T, proposed: T) -> T {
        if !self.0.contains(path) {
            *slot = proposed;
        }
        *slot
    }
}

/// Gives the limits what a use proposes where nothing is stated, and holds what is stated against it.
///
/// # Errors
/// [`Error::Denied`] where a stated value protects less and no reason is given; [`Error::Input`] where a reason is given
/// for nothing, or the profile set is not known.
pub(super) fn fit(usage: &Use, stated: &Stated, limits: &mut Anonymity) -> Result<Fitted> {
    let profiles = Profiles::japan()?;
    let set = match &usage.set {
        None => profiles.newest(),
        Some(id) => profiles.named(id),
    };
    let Some(set) = set else {
        return input("use.set names no profile set of this version; leave it out for the newest");
    };
    let proposal = set.propose(&Profile {
        recipient: usage.recipient.clone(),
        environment: usage.environment,
        purpose: usage.purpose.clone(),
        data: usage.data.clone(),
    });
    let mut reasons: BTreeMap<Parameter, &str> = BTreeMap::new();
    for Deviation { parameter, reason } in &usage.deviations {
        if reason.trim().is_empty() || reasons.insert(*parameter, reason).is_some() {
            return input(&format!("[[use.deviation]] needs one reason for {parameter}; write it out, once"));
        }
    }
    let (mut choices, mut no_object) = (Vec::new(), Vec::new());
    for (parameter, setting) in &proposal.settings {
        let Some(value) = held(*parameter, setting.value, stated, limits) else {
            no_object.push(*parameter);
            continue;
        };
        let reason = reasons.get(parameter).copied().unwrap_or_default().to_owned();
        let is_weaker = parameter.weaker(value, setting.value);
        if is_weaker && reason.is_empty() {
            return Err(weaker(*parameter, value, &proposal));
        }
        if !is_weaker && !reason.is_empty() {
            return input(&format!(
                "[[use.deviation]] gives a reason for {parameter}, which is no weaker than proposed; leave it out"
            ));
        }
        choices.push(Choice { parameter: *parameter, value, reason });
    }
    if let Some(parameter) = reasons.keys().find(|parameter| no_object.contains(parameter)) {
        return input(&format!("[[use.deviation]] names {parameter}, which has no object here; leave it out"));
    }
    let decision = proposal.decide(&choices)?;
    Ok(Fitted { proposal, decision, no_object })
}

fn weaker(parameter: Parameter, value: Value, proposal: &Proposal) -> Error {
    let setting = proposal.settings.get(&parameter);
    let (proposed, rule, why) = setting
        .map(|setting| (setting.value.to_string(), setting.rule.as_str(), setting.en.trim_end_matches('.')))
        .unwrap_or_default();
    let instead = match parameter {
        Parameter::KnownEvents => format!("set anonymity.lives with known = {proposed}"),
        Parameter::DateUnit => format!("tell dates by the {proposed}"),
        _ => format!("take {proposed}"),
    };
    Error::Denied {
        rule: "profile.weaker",
        what: format!(
            "{parameter} = {value} protects less than {proposed}, which {rule} of {} proposes: {why}",
            proposal.set
        ),
        remedy: format!("{instead}, or give the reason under [[use.deviation]] parameter = \"{parameter}\""),
    }
}

/// Returns what holds for a parameter, after it took the proposal where nothing was stated; none where it has no object.
fn held(parameter: Parameter, proposed: Value, stated: &Stated, limits: &mut Anonymity) -> Option<Value> {
    match (parameter, proposed) {
        (Parameter::K, Value::Count(k)) => Some(Value::Count(stated.or("k", &mut limits.k, k))),
        (Parameter::SuppressionLimit, Value::Share(share)) => {
            Some(Value::Share(stated.or("suppression_limit", &mut limits.suppression_limit, share)))
        }
        (Parameter::CodeFloor, Value::Count(floor)) => {
            Some(Value::Count(stated.or("code_floor", &mut limits.code_floor, floor)))
        }
        (Parameter::ValueFloor, Value::Count(floor)) => {
            Some(Value::Count(stated.or("value_floor", &mut limits.value_floor, floor)))
        }
        (Parameter::TopAge, Value::Count(age)) => {
            let age = u8::try_from(age).unwrap_or(u8::MAX);
            Some(Value::Count(u32::from(stated.or("top_age", &mut limits.top_age, age))))
        }
        (Parameter::DifferenceFloor, Value::Count(floor)) => {
            stated.or("between.floor", &mut limits.between.floor, Some(floor)).map(Value::Count)
        }
        (Parameter::KnownEvents, _) => {
            Some(Value::Count(limits.lives.as_ref().map_or(0, |lives| u32::from(lives.known))))
        }
        (Parameter::DateUnit | Parameter::DateShiftDays, _) => dates(parameter, proposed, stated, limits),
        // No column of a release's persons is sensitive by itself.
        (Parameter::LDiversity, _) => None,
        _ => None,
    }
}

/// The parameters of dates: where lives are protected dates are told in units, else by the rule that is stated, or by a
/// shift that has the proposed length and grain.
fn dates(parameter: Parameter, proposed: Value, stated: &Stated, limits: &mut Anonymity) -> Option<Value> {
    match (parameter, proposed, &mut limits.lives) {
        (Parameter::DateUnit, Value::Unit(unit), Some(lives)) => {
            // The units of lives lie within one another; weeks lie across months.
            let unit = if unit == DateUnit::Week { DateUnit::Month } else { unit };
            let at_least = lives.dates.max(unit);
            Some(Value::Unit(stated.or("lives.dates", &mut lives.dates, at_least)))
        }
        (_, _, Some(_)) => None,
        (_, _, None) => {
            let rule = limits.dates.get_or_insert(USUAL);
            match (parameter, proposed, rule) {
                (Parameter::DateUnit, Value::Unit(unit), DateRule::Shift { then, .. }) => {
                    Some(Value::Unit(stated.or("dates", then, unit)))
                }
                (Parameter::DateShiftDays, Value::Count(most), DateRule::Shift { days, .. }) => {
                    let most = u16::try_from(most).unwrap_or(u16::MAX);
                    Some(Value::Count(u32::from(stated.or("dates", days, most))))
                }
                (Parameter::DateUnit, _, DateRule::Calendar { unit } | DateRule::Relative { unit }) => {
                    Some(Value::Unit(*unit))
                }
                // How much the first day tells of the calendar; the gaps behind it are shared by k.
                (Parameter::DateUnit, _, DateRule::Gaps { start, .. }) => Some(Value::Unit(*start)),
                _ => None,
            }
        }
    }
}

/// Returns the id of the profile set in force on a day.
///
/// # Errors
/// None that can happen.
pub fn set_in_force(day: Date) -> Result<Option<String>> {
    Ok(Profiles::japan()?.at(day).map(|set| set.id().to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use kiban_anon::Step;

    use super::super::{ReleaseSpec, tests::GOOD};
    use super::*;

    const PREMISES: &str = r#"
        [use]
        recipient = ["pharmaceutical"]
        environment = "premises"
        purpose = ["drug-safety"]
        data = ["claims"]
    "#;

    fn reason(parameter: &str) -> String {
        format!("[[use.deviation]]\nparameter = \"{parameter}\"\nreason = \"the committee saw the site\"\n")
    }

    fn parse(parts: &[&str]) -> Result<ReleaseSpec> {
        ReleaseSpec::parse(&format!("{GOOD}{}", parts.concat()))
    }

    #[test]
    fn what_is_not_stated_is_what_the_use_proposes() {
        let spec = parse(&[PREMISES, &reason("known_events")]).unwrap();
        let limits = &spec.anonymity;
        assert_eq!(limits.dates, Some(DateRule::Shift { days: 182, step: Step::Day, then: DateUnit::Month }));
        assert_eq!((limits.k, limits.code_floor, limits.value_floor, limits.between.floor), (11, 20, 20, Some(10)));
        let fitted = spec.fitted.unwrap();
        assert_eq!(fitted.no_object, [Parameter::LDiversity]);
        let deviates: Vec<Parameter> = fitted.decision.deviations.iter().map(|one| one.parameter).collect();
        assert_eq!(deviates, [Parameter::KnownEvents]);
    }

    #[test]
    fn less_than_proposed_needs_a_reason_and_more_does_not() {
        let known = reason("known_events");
        let said = parse(&[PREMISES, &known, "[anonymity]\nk = 5"]).unwrap_err().to_string();
        assert!(said.contains("profile.weaker") && said.contains("k = 5") && said.contains("11"), "{said}");
        assert!(said.contains("environment.premises"), "{said}");
        let spec = parse(&[PREMISES, &known, &reason("k"), "[anonymity]\nk = 5"]).unwrap();
        assert_eq!(spec.anonymity.k, 5);
        assert_eq!(spec.fitted.unwrap().decision.count(Parameter::K), Some(5));
        let spec = parse(&[PREMISES, &known, "[anonymity]\nk = 20"]).unwrap();
        assert_eq!(spec.fitted.unwrap().decision.deviations.len(), 2);
        let said = parse(&[PREMISES, &known, &reason("k"), "[anonymity]\nk = 20"]).unwrap_err().to_string();
        assert!(said.contains("no weaker"), "{said}");
    }

    #[test]
    fn a_rule_of_dates_answers_for_their_unit() {
        let known = reason("known_events");
        let day = "[anonymity]\ndates = { shift = { days = 200 } }";
        let said = parse(&[PREMISES, &known, day]).unwrap_err().to_string();
        assert!(said.contains("date_unit = day") && said.contains("month"), "{said}");
        assert!(parse(&[PREMISES, &known, &reason("date_unit"), day]).is_ok());
        let spec = parse(&[PREMISES, &known, "[anonymity]\ndates = { calendar = { unit = \"quarter\" } }"]).unwrap();
        assert_eq!(spec.fitted.unwrap().no_object, [Parameter::DateShiftDays, Parameter::LDiversity]);
    }

    #[test]
    fn lives_answer_for_known_events_and_for_dates() {
        let spec = parse(&[PREMISES, "[anonymity.lives]\nknown = 2"]).unwrap();
        assert_eq!(spec.fitted.unwrap().no_object, [Parameter::DateShiftDays, Parameter::LDiversity]);
        let said = parse(&[PREMISES, "[anonymity.lives]\nknown = 1"]).unwrap_err().to_string();
        assert!(said.contains("known_events") && said.contains("known = 2"), "{said}");
        let public = PREMISES.replace("\"premises\"", "\"public\"");
        let spec = parse(&[&public, "[anonymity.lives]\nknown = 3"]).unwrap();
        assert_eq!(spec.anonymity.lives.as_ref().unwrap().dates, DateUnit::Quarter);
        assert_eq!(spec.anonymity.smallest_class(), 500);
    }

    #[test]
    fn without_a_use_nothing_is_proposed() {
        let spec = ReleaseSpec::parse(GOOD).unwrap();
        assert_eq!((spec.fitted, spec.anonymity), (None, Anonymity::default()));
        assert!(parse(&[PREMISES, "set = \"jp-1999\""]).unwrap_err().to_string().contains("use.set"));
        assert_eq!(set_in_force(jiff::civil::date(2026, 4, 1)).unwrap().as_deref(), Some("jp-2024-04"));
    }
}
