//! The two lanes in which the house is tested, and what `check` adds to them.

use std::process::Command;

use crate::tools::{self, CargoTool};
use crate::{shell, tidy};

/// Crates that know neither DataFusion nor Delta; their tests run in the dev profile.
pub(crate) const LIGHT: [&str; 9] = [
    "kiban-core",
    "kiban-formats",
    "kiban-link",
    "kiban-anon",
    "kiban-audit",
    "kiban-synth",
    "kiban-web",
    "kiban-registry",
    "xtask",
];

/// Crates that stand on DataFusion and Delta; built in the release profile only, as `cargo run --release` does.
pub(crate) const HEAVY: [&str; 2] = ["kiban-engine", "kiban"];

/// Installs what the tests need and runs both lanes.
pub(crate) fn test() -> anyhow::Result<()> {
    tools::ensure_debian_packages();
    let runner = Runner::find();
    light(runner)?;
    heavy(runner)
}

/// Checks all that a reviewer should not have to look for.
pub(crate) fn check() -> anyhow::Result<()> {
    shell::run(shell::cargo().args(["fmt", "--all", "--check"]))?;
    tidy::run()?;
    tools::ensure_debian_packages();
    clippy()?;
    documentation()?;
    dependency_rules(&tools::DENY)?;
    light(Runner::find())
}

/// Checks everything and runs both lanes.
pub(crate) fn full() -> anyhow::Result<()> {
    check()?;
    heavy(Runner::find())
}

/// What runs the tests.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runner {
    /// One process per test, with the limits of `.config/nextest.toml`.
    Nextest,
    /// The runner that comes with Rust, where nextest cannot be had.
    CargoTest,
}

impl Runner {
    fn find() -> Self {
        if tools::NEXTEST.ensure() {
            return Self::Nextest;
        }
        eprintln!("Going on with `cargo test`: the same tests, without time limits.");
        Self::CargoTest
    }

    fn command(self) -> Command {
        let mut command = shell::cargo();
        match self {
            Self::Nextest => command.args(["nextest", "run"]),
            Self::CargoTest => command.args(["test", "--tests"]),
        };
        // A snapshot that differs is a failure, never a new file.
        command.env("INSTA_UPDATE", "no");
        command
    }
}

fn light(runner: Runner) -> anyhow::Result<()> {
    shell::run(runner.command().args(chosen(&LIGHT)))?;
    let libraries: Vec<_> = LIGHT.into_iter().filter(|name| *name != "xtask").collect();
    shell::run(shell::cargo().args(["test", "--quiet", "--doc"]).args(chosen(&libraries)))
}

fn heavy(runner: Runner) -> anyhow::Result<()> {
    shell::run(runner.command().arg("--release").args(chosen(&HEAVY)))
}

fn clippy() -> anyhow::Result<()> {
    let strict = ["--all-targets", "--", "-D", "warnings"];
    shell::run(shell::cargo().arg("clippy").args(chosen(&LIGHT)).args(strict))?;
    // The release profile, because the heavy crates' build scripts and macros are compiled there already.
    shell::run(shell::cargo().args(["clippy", "--release"]).args(chosen(&HEAVY)).args(strict))
}

fn documentation() -> anyhow::Result<()> {
    let mut command = shell::cargo();
    command.args(["doc", "--no-deps", "--document-private-items"]).args(chosen(&LIGHT));
    shell::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Asks cargo-deny for bans, licences and sources; advisories need the network and are asked for by hand.
fn dependency_rules(deny: &CargoTool) -> anyhow::Result<()> {
    if !deny.ensure() {
        eprintln!("NOT CHECKED: bans, licences and sources of the dependencies ({} is not there).", deny.package);
        return Ok(());
    }
    shell::run(shell::cargo().args(["deny", "check", "bans", "licenses", "sources"]))
}

/// Returns `-p name` for each crate.
pub(crate) fn chosen<'a>(names: &[&'a str]) -> Vec<&'a str> {
    names.iter().flat_map(|name| ["-p", *name]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_crate_is_in_one_lane() {
        let metadata = tidy::metadata().unwrap();
        let members: BTreeSet<_> = metadata.workspace_packages().iter().map(|p| p.name.to_string()).collect();
        let lanes: BTreeSet<_> = LIGHT.iter().chain(&HEAVY).map(ToString::to_string).collect();
        assert_eq!(members, lanes);
        assert_eq!(lanes.len(), LIGHT.len() + HEAVY.len());
    }

    #[test]
    fn names_are_chosen_one_by_one() {
        assert_eq!(chosen(&HEAVY), ["-p", "kiban-engine", "-p", "kiban"]);
    }
}
