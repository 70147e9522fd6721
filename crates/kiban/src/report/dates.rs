//! What a report says of dates and of those who stand out.

use kiban_engine::{
    release::spec::ReleaseSpec,
    stages::anonymise::{
        Advice as Done, BeforeAfter, DateRule, DatesMeasured, Leak, LeakKind as Guess, LeakVerdict, Measured,
        Peculiar as Found, Reason,
    },
};
use kiban_web::report::{Advice, Dates, DatesLeak, Judgement, LeakKind, Peculiar, Peculiarity, Runs, Telling};

/// Returns what was done to dates, unless lives were protected.
pub(super) fn dates(spec: &ReleaseSpec, measured: &Measured) -> Option<Dates> {
    let found = measured.dates.as_ref()?;
    let order = &found.order;
    let parameters = spec.anonymity.date_rule().and_then(|rule| toml::Value::try_from(rule).ok());
    Some(Dates {
        telling: telling(found.rule),
        parameters: parameters.map(|value| value.to_string()).unwrap_or_default(),
        checked: order.rows,
        wrong: order.overtaken + order.parted + order.outside,
        untold: order.unreleased,
        runs: runs(found),
        tried: measured.gaps.after.persons,
        singled: [measured.gaps.before.share(), measured.gaps.after.share()],
        gap_error: found.loss.gap_error,
        elapsed_error: found.loss.elapsed_error,
        leaks: found.leaks.iter().filter_map(leak).collect(),
    })
}

/// Returns who stands out and what was done about it.
pub(super) fn peculiar(measured: &Measured) -> Vec<Peculiar> {
    let line = |found: &Found| {
        Some(Peculiar {
            reason: reason(found.reason)?,
            advice: match found.advice {
                Done::TopCode => Advice::TopCode,
                Done::RollUp => Advice::RollUp,
                Done::Suppress => Advice::Suppress,
                Done::Review => Advice::Review,
            },
            table: found.table.clone(),
            persons: found.persons,
            rows_held: found.rows_held,
        })
    };
    measured.peculiar.iter().filter_map(line).collect()
}

const fn telling(rule: DateRule) -> Telling {
    match rule {
        DateRule::Calendar { .. } => Telling::Calendar,
        DateRule::Shift { .. } => Telling::Shift,
        DateRule::Relative { .. } => Telling::Relative,
        DateRule::Gaps { .. } => Telling::Gaps,
    }
}

fn runs(found: &DatesMeasured) -> Option<Runs> {
    let (DateRule::Gaps { run, k, .. }, Some(shared)) = (found.rule, &found.runs) else { return None };
    Some(Runs { gaps: run, k, fewest: shared.fewest, runs: shared.runs })
}

fn leak(of: &BeforeAfter<Leak>) -> Option<DatesLeak> {
    let kind = match of.after.kind {
        Guess::WeekdayPattern => LeakKind::WeekdayPattern,
        Guess::Weekday => LeakKind::Weekday,
        Guess::QuietDays => LeakKind::QuietDays,
        Guess::ClaimMonth => LeakKind::ClaimMonth,
        Guess::MonthStart => LeakKind::MonthStart,
        Guess::Era => LeakKind::Era,
        Guess::Birthday => LeakKind::Birthday,
        Guess::Death => LeakKind::Death,
        _ => return None,
    };
    let judgement = match of.after.verdict {
        LeakVerdict::Holds => Judgement::Holds,
        LeakVerdict::Leaks => Judgement::Leaks,
        LeakVerdict::Unclear => Judgement::Unclear,
        LeakVerdict::TooFew => Judgement::TooFew,
    };
    let found = [of.before.found, of.after.found];
    Some(DatesLeak { kind, persons: of.after.persons, found, chance: of.after.chance, judgement })
}

fn reason(reason: Reason) -> Option<Peculiarity> {
    let word = reason.id().replace('_', "-");
    Peculiarity::ALL.iter().copied().find(|known| known.as_str() == word)
}
