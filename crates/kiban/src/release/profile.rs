//! The degree fitted to the use: whether its rules are those in force, and what the report shows of the decision.

use jiff::tz::Offset;
use kiban_engine::release::spec::{Fitted, Parameter, ReleaseSpec, Setting, Use, set_in_force};
use kiban_web::report::{Fit, Fitted as Shown, FittedParameter};

use crate::{
    failure::{Failure, Result},
    house::House,
};

/// Refuses a specification whose parameters were proposed by rules that are not in force today.
pub(super) fn check(house: &House, spec: &ReleaseSpec) -> Result<()> {
    let Some(fitted) = &spec.fitted else { return Ok(()) };
    let today = Offset::constant(9).to_datetime(house.now()).date();
    match set_in_force(today)? {
        Some(set) if set == fitted.decision.set => Ok(()),
        set => {
            let set = set.unwrap_or_else(|| "–".to_owned());
            Err(Failure::refused("profile.set", &[("used", &fitted.decision.set), ("set", &set)]))
        }
    }
}

/// Puts together what the report shows of a decision.
pub(crate) fn shown(usage: &Use, fitted: &Fitted) -> Shown {
    let decided = &fitted.decision;
    let parameter = |(parameter, setting): (&Parameter, &Setting)| {
        let chosen = decided.values.get(parameter).filter(|_| !fitted.no_object.contains(parameter));
        let deviation = decided.deviations.iter().find(|one| one.parameter == *parameter);
        let fit = match (chosen, deviation) {
            (None, _) => Fit::NoObject,
            (Some(_), None) => Fit::AsProposed,
            (Some(value), Some(_)) if parameter.weaker(*value, setting.value) => Fit::Weaker,
            (Some(_), Some(_)) => Fit::Stricter,
        };
        FittedParameter {
            parameter: parameter.to_string(),
            proposed: setting.value.to_string(),
            rule: setting.rule.clone(),
            ja: setting.ja.clone(),
            en: setting.en.clone(),
            chosen: chosen.map(ToString::to_string),
            fit,
            reason: deviation.map(|one| one.reason.clone()).unwrap_or_default(),
        }
    };
    Shown {
        set: decided.set.clone(),
        usage: usage.words(),
        parameters: fitted.proposal.settings.iter().map(parameter).collect(),
    }
}
