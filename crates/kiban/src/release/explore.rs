//! Exploring: what other settings would make of a release, measured on the gated set as it is now.
//!
//! Every point is a whole release, made and measured as `build` does it in a folder that is erased afterwards. Nothing
//! leaves the house; looking at identified data is logged before it is done.

use std::{fs, path::PathBuf};

use kiban_core::{EventClass, Moment, ReleaseId};
use kiban_engine::{
    Error, FileSet, GateTime, Gated,
    release::{
        earlier::Earlier,
        spec::{Anonymity, Lives, ReleaseSpec},
    },
    stages::{
        anonymise::{Anonymised, Workshop, anonymise},
        gate::gate,
    },
};
use kiban_web::report::ExploredPoint;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{allow_list, hex, ledger, profile};
use crate::{
    failure::{Failure, Result},
    house::{House, erase},
    say::Say,
};

/// Class sizes that are tried beside the specification's own.
const SIZES: [u32; 5] = [3, 5, 10, 20, 50];
/// Shares of persons left out that are tried beside the specification's own.
const LIMITS: [f64; 3] = [0.0, 0.02, 0.1];
/// Known events against which lives are protected, where the specification protects none.
const KNOWN: [u8; 2] = [1, 2];
/// Folder of passing work.
const PASSING: &str = "explore";

/// What exploring found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Explored {
    /// The release that the specification names.
    pub(crate) release: ReleaseId,
    /// SHA-256 of the specification.
    specification: String,
    /// Settings that no release can keep.
    pub(crate) impossible: u64,
    /// What the others come to; those on the frontier have numbers.
    pub(crate) points: Vec<ExploredPoint>,
}

/// A point as it was chosen, and the specification that asks for it.
pub(crate) struct Chosen {
    /// The lines to set.
    pub(crate) lines: Vec<String>,
    /// The specification with these lines in place.
    pub(crate) text: String,
}

/// Tries the grid of settings on the cohort of a specification.
pub(crate) async fn explore(house: &House, say: &Say, spec: &ReleaseSpec, text: &str) -> Result<Explored> {
    let earlier = ledger::earlier(house, &house.registry.releases().await?, spec)?;
    profile::check(house, spec)?;
    let specification = hex(&Sha256::digest(text));
    let body = serde_json::json!({ "explored": spec.name, "specification": specification });
    house.registry.record(EventClass::Access, &body, house.now()).await?;
    let passing = house.work_dir(PASSING);
    erase(&passing)?;
    let found = Trying { house, spec, earlier: &earlier, passing: passing.clone() }.all(say).await;
    erase(&passing)?;
    let (mut points, impossible) = found?;
    number(&mut points);
    let explored = Explored { release: spec.name.clone(), specification, impossible, points };
    let path = record(house, &spec.name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Failure::file("create", folder))?;
    }
    let json = serde_json::to_string_pretty(&explored).map_err(|_| Failure::Bug("what was explored is no JSON"))?;
    fs::write(&path, json).map_err(Failure::file("write", &path))?;
    Ok(explored)
}

/// Records that a point was chosen and why, and returns the specification that asks for it.
pub(crate) async fn choose(house: &House, spec: &ReleaseSpec, text: &str, chosen: u32, why: &str) -> Result<Chosen> {
    let path = record(house, &spec.name);
    let known = fs::read_to_string(&path).ok().and_then(|json| serde_json::from_str::<Explored>(&json).ok());
    let known = known.filter(|known| known.specification == hex(&Sha256::digest(text)));
    let Some(known) = known else { return Err(Failure::wrong("use-not-explored", &[])) };
    let point = known.points.iter().find(|point| point.number == Some(chosen));
    let Some(point) = point else { return Err(Failure::wrong("use-no-point", &[("n", &chosen)])) };
    let settings = settings(spec, point);
    let mut edited = edit(text, &settings);
    // What protects less than the use proposes takes the reason given for the choice.
    for _ in 0..settings.len() {
        let Err(Error::Denied { rule: "profile.weaker", what, .. }) = ReleaseSpec::parse(&edited) else { break };
        let parameter = what.split(' ').next().unwrap_or_default();
        let reason = toml::Value::from(why);
        edited.push_str(&format!("\n[[use.deviation]]\nparameter = \"{parameter}\"\nreason = {reason}\n"));
    }
    let read = ReleaseSpec::parse(&edited)?.anonymity;
    if (read.k, read.suppression_limit, known_of(&read)) != (point.k, point.suppression_limit, point.known_events) {
        return Err(Failure::Bug("the edited specification does not ask for the chosen point"));
    }
    let body = serde_json::json!({
        "release": spec.name, "specification": known.specification, "chosen": point, "of": known.points.len(),
        "reason": why, "becomes": hex(&Sha256::digest(&edited)),
    });
    house.registry.record(EventClass::RuleChange, &body, house.now()).await?;
    let lines = settings.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    Ok(Chosen { lines, text: edited })
}

fn record(house: &House, release: &ReleaseId) -> PathBuf {
    house.dir.join("records").join("explored").join(format!("{release}.json"))
}

fn known_of(limits: &Anonymity) -> u8 {
    limits.lives.as_ref().map_or(0, |lives| lives.known)
}

struct Trying<'a> {
    house: &'a House,
    spec: &'a ReleaseSpec,
    earlier: &'a Earlier,
    passing: PathBuf,
}

impl Trying<'_> {
    /// Makes and measures a release of every setting; returns the points, and how many settings nothing can keep.
    async fn all(&self, say: &Say) -> Result<(Vec<ExploredPoint>, u64)> {
        let time = GateTime { track: self.spec.track, moment: Moment::at(self.house.now()) };
        let list = allow_list(self.house, time).await?;
        let folder = self.passing.join("gated");
        fs::create_dir_all(&folder).map_err(Failure::file("create", &folder))?;
        let lake = self.house.lake()?;
        let (gated, _) = gate(&lake, &self.house.runner, self.spec, &list, &folder, self.house.now()).await?;
        let tries = tries(self.spec);
        let bar = say.progress("progress-explore", u64::try_from(tries.len()).unwrap_or_default());
        let (mut points, mut impossible) = (Vec::new(), 0);
        for limits in tries {
            match self.one(&limits, &gated).await {
                Ok(made) => points.push(point(self.spec, &limits, &made)),
                Err(Failure::Engine(Error::Denied { .. } | Error::Input(_))) => impossible += 1,
                Err(other) => return Err(other),
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok((points, impossible))
    }

    async fn one(&self, limits: &Anonymity, gated: &FileSet<Gated>) -> Result<Anonymised> {
        let spec = self.spec.with(limits.clone())?;
        let (scratch, output) = (self.passing.join("scratch"), self.passing.join("made"));
        let lake = self.house.lake()?;
        let (runner, earlier) = (&self.house.runner, self.earlier);
        let marks_key = &self.house.marks_key();
        let shop = Workshop { lake: &lake, runner, scratch: &scratch, output: &output, earlier, marks_key };
        let made = anonymise(shop, &spec, gated, &*self.house.entropy).await;
        erase(&scratch)?;
        erase(&output)?;
        Ok(made?)
    }
}

/// Returns the grid of settings, the specification's own among them.
fn tries(spec: &ReleaseSpec) -> Vec<Anonymity> {
    let own = &spec.anonymity;
    let mut sizes: Vec<u32> = SIZES.into_iter().chain([own.k]).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut limits: Vec<f64> = LIMITS.into_iter().chain([own.suppression_limit]).collect();
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    let plain = |k| limits.iter().map(move |limit| Anonymity { k, suppression_limit: *limit, ..own.clone() });
    let mut tries: Vec<Anonymity> = sizes.iter().flat_map(|k| plain(*k)).collect();
    if own.lives.is_none() {
        let lives = |known| Anonymity { lives: Some(Lives::of(known)), ..own.clone() };
        tries.extend(KNOWN.into_iter().map(lives));
    }
    tries
}

/// Puts together what a made release comes to.
fn point(spec: &ReleaseSpec, limits: &Anonymity, made: &Anonymised) -> ExploredPoint {
    let measured = &made.measured;
    let risk = &measured.risk.after;
    let events = measured.known.iter().find(|known| known.events == 2 && known.detail == "month");
    #[expect(clippy::cast_precision_loss, reason = "a mean of shares")]
    let mean = measured.loss.iter().map(|(_, loss)| loss).sum::<f64>() / measured.loss.len().max(1) as f64;
    ExploredPoint {
        number: None,
        own: *limits == spec.anonymity,
        k: limits.k,
        suppression_limit: limits.suppression_limit,
        known_events: known_of(limits),
        persons: measured.released,
        left_out: measured.suppressed,
        rows: made.files.tables().values().map(kiban_engine::Manifest::rows).sum(),
        risk_max: risk.prosecutor_max,
        marketer: risk.marketer,
        gaps: measured.gaps.after.share(),
        events: events.map_or(0.0, |known| known.singled.after.share()),
        kept: 1.0 - mean,
        loss: measured.loss.clone(),
    }
}

/// Numbers the points that no other beats: none is as safe, tells as much and keeps as many rows, and better in one of it.
fn number(points: &mut [ExploredPoint]) {
    #[expect(clippy::cast_precision_loss, reason = "compared only")]
    let worth = |p: &ExploredPoint| [-p.risk_max, -p.marketer, -p.events, p.kept, p.rows as f64];
    let beats = |a: &[f64; 5], b: &[f64; 5]| a != b && a.iter().zip(b).all(|(a, b)| a >= b);
    let all: Vec<[f64; 5]> = points.iter().map(worth).collect();
    let mut next = 1..;
    for (place, own) in all.iter().enumerate() {
        let again = all.iter().take(place).any(|before| before == own);
        if let Some(point) = points.get_mut(place).filter(|_| !again && !all.iter().any(|other| beats(other, own))) {
            point.number = next.next();
        }
    }
}

/// Returns the lines by which a specification asks for a point, as far as it does not yet.
fn settings(spec: &ReleaseSpec, point: &ExploredPoint) -> Vec<(&'static str, String)> {
    let own = &spec.anonymity;
    let mut lines = vec![("k", point.k.to_string()), ("suppression_limit", format!("{:?}", point.suppression_limit))];
    if known_of(own) != point.known_events {
        lines.push(("lives", format!("{{ known = {} }}", point.known_events)));
    }
    lines
}

/// Sets lines below `[anonymity]`, and leaves all other lines and remarks as they are.
fn edit(text: &str, settings: &[(&'static str, String)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let head = |line: &String| line.trim_start().starts_with("[anonymity]");
    let head = lines.iter().position(head).unwrap_or_else(|| {
        lines.extend([String::new(), "[anonymity]".to_owned()]);
        lines.len() - 1
    });
    for (name, value) in settings {
        let end = lines.iter().skip(head + 1).position(|line| line.trim_start().starts_with('['));
        let end = end.map_or(lines.len(), |within| head + 1 + within);
        let is_it = |line: &String| line.split_once('=').is_some_and(|(key, _)| key.trim() == *name);
        let found = lines.iter_mut().take(end).skip(head + 1).find(|line| is_it(line));
        match found {
            Some(line) => {
                let remark = line.split_once('#').map(|(_, remark)| format!(" #{remark}")).unwrap_or_default();
                *line = format!("{name} = {value}{remark}");
            }
            None => lines.insert(head + 1, format!("{name} = {value}")),
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn remarks_stay_where_lines_are_set() {
        let settings = [("k", "11".to_owned()), ("suppression_limit", "0.02".to_owned())];
        let check = |text: &str, expect: &str| assert_eq!(edit(text, &settings), expect);
        check(
            "# mine\n[anonymity] # limits\nk = 5 # few\ntop_age = 90\n[anonymity.between]\nk = 1\n",
            "# mine\n[anonymity] # limits\nsuppression_limit = 0.02\nk = 11 # few\ntop_age = 90\n[anonymity.between]\nk = 1\n",
        );
        check("a = 1", "a = 1\n\n[anonymity]\nsuppression_limit = 0.02\nk = 11\n");
    }

    fn made(risk_max: f64, kept: f64) -> ExploredPoint {
        ExploredPoint { risk_max, kept, ..ExploredPoint::default() }
    }

    #[test]
    fn what_another_point_beats_has_no_number() {
        let mut points = [made(0.2, 0.9), made(0.2, 0.8), made(0.1, 0.5), made(0.1, 0.5), made(0.3, 0.95)];
        number(&mut points);
        assert_eq!(points.map(|point| point.number), [Some(1), None, Some(2), None, Some(3)]);
    }
}
