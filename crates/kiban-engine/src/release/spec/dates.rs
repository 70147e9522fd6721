//! How a release handles dates (`anonymity.dates`, SEED-59).

use kiban_anon::{DateRule, DateStudy, DateUnit, Step, Window as Days};

use super::{Anonymity, ReleaseSpec, input};
use crate::Result;

/// The rule of a specification that names none: half a year either way, to the day.
pub(super) const USUAL: DateRule = DateRule::Shift { days: 182, step: Step::Day, then: DateUnit::Day };

impl Anonymity {
    /// Returns the rule by which dates are released, or none where protected lives say how dates are told.
    pub fn date_rule(&self) -> Option<DateRule> {
        if self.lives.is_some() { None } else { Some(self.dates.unwrap_or(USUAL)) }
    }
}

impl ReleaseSpec {
    pub(super) fn check_dates(&self) -> Result<()> {
        if self.anonymity.lives.is_some() && self.anonymity.dates.is_some() {
            return input("anonymity.lives says itself how dates are told; leave anonymity.dates out where it is set");
        }
        let Some(rule) = self.anonymity.date_rule() else { return Ok(()) };
        let window = Days::new(self.window.from, self.window.to)?;
        let study = match DateStudy::new(rule, window, &[], &self.recipient) {
            Ok(study) => study,
            Err(e) => return input(&format!("anonymity.dates: {e}")),
        };
        match (study.finish(), rule) {
            (Err(_), DateRule::Shift { days, .. }) => input(&format!(
                "anonymity.dates.shift.days = {days} leaves nothing of the window: make it longer than twice as many days, or shift by fewer"
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    fn check(dates: &str, expect: std::result::Result<Option<DateRule>, &str>) {
        let spec = format!(
            "name = 't'\nproject = 'p'\ntitle = 't'\nrecipient = 'r'\npurpose = 'p'\ntable = []\n\
             window = {{ from = '2021-04-01', to = '2022-03-31' }}\n[anonymity]\n{dates}"
        );
        match (ReleaseSpec::parse(&spec), expect) {
            (Ok(spec), Ok(rule)) => assert_eq!(spec.anonymity.date_rule(), rule),
            (Err(said), Err(word)) => assert!(said.to_string().contains(word), "{said}"),
            (found, _) => panic!("{dates}: {found:?}"),
        }
    }

    #[test]
    fn a_rule_is_read_checked_and_never_joined_with_lives() {
        check("", Ok(Some(USUAL)));
        check("dates = { calendar = { unit = 'month' } }", Ok(Some(DateRule::Calendar { unit: DateUnit::Month })));
        check("dates = { relative = { unit = 'week' } }", Ok(Some(DateRule::Relative { unit: DateUnit::Week })));
        let gaps = DateRule::Gaps { run: 2, k: 5, start: DateUnit::Year };
        check("dates = { gaps = { run = 2, k = 5, start = 'year' } }", Ok(Some(gaps)));
        check("lives = { known = 2 }", Ok(None));
        check("lives = { known = 2 }\ndates = { calendar = { unit = 'month' } }", Err("leave anonymity.dates out"));
        check("dates = { gaps = { run = 5, k = 5 } }", Err("1 to 4 gaps"));
        check("dates = { shift = { days = 200 } }", Err("twice as many days"));
        check("dates = { shift = { days = 0 } }", Err("below one step"));
        check("lives = { known = 2, dates = 'week' }", Err("do not add up"));
        check("date_shift_days = 182", Err("unknown field"));
    }
}
