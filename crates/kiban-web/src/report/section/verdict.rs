//! Whether the result agrees with the known truth; only trials can say.

use super::{Block, CheckLine, Context, Section};
use crate::{number::count, report::TruthCheck};

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let checks = &context.report.truth_checks;
    if checks.is_empty() {
        return None;
    }
    let failed = checks.iter().filter(|check| !check.passed()).count();
    let (all, failed) = (count_of(checks.len()), count_of(failed));
    let words = if failed == "0" { "verdict-all" } else { "verdict-some" };
    let verdict = context.both.fill(words, &[("all", &all), ("failed", &failed)]);
    let lines = checks.iter().map(|check| line(context, check)).collect();
    Some(context.section("verdict", vec![Block::Note(verdict), Block::Checks(lines)]))
}

fn line(context: &Context<'_>, check: &TruthCheck) -> CheckLine {
    let word = check.check.as_str();
    let (seen, wrong, allowed) = (count(check.seen), count(check.wrong), count(check.allowed));
    let args = [("seen", seen.as_str()), ("wrong", wrong.as_str()), ("allowed", allowed.as_str())];
    let figures = if check.allowed > 0 { "check-figures-allowed" } else { "check-figures" };
    CheckLine {
        passed: check.passed(),
        verdict: context.both.pair(if check.passed() { "check-passed" } else { "check-failed" }),
        words: context.both.word("check", word),
        figures: context.both.fill(figures, &args),
    }
}

fn count_of(n: usize) -> String {
    count(u64::try_from(n).unwrap_or(u64::MAX))
}
