//! Running a command and saying which one it was.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};

/// Returns the root of the workspace: chores mean the same from whatever folder they are called.
pub(crate) fn root() -> PathBuf {
    // At run time cargo says where this checkout is; the binary may have been built in another one.
    let here = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Returns the cargo that runs this chore, or the one on the path.
///
/// What cargo tells a program of its own package is taken out: build scripts such as ring's look at `CARGO_PKG_NAME`
/// and its like, and would have half the heavy stack compiled again because a chore asked for it.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    for (name, _) in env::vars_os() {
        if is_of_a_package(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    command
}

fn is_of_a_package(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|prefix| name.starts_with(prefix))
}

/// Runs a command to its end, shows what it says, and fails if it failed.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let line = words(command);
    eprintln!("$ {line}");
    let start = Instant::now();
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    eprintln!("  {:.1} s", start.elapsed().as_secs_f64());
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Says whether a command can be started and ends well, showing nothing.
pub(crate) fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Returns the command as one would type it.
pub(crate) fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let mut line = program.to_string_lossy().into_owned();
    for word in command.get_args() {
        line.push(' ');
        line.push_str(&word.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chore_does_not_tell_cargo_of_its_own_package() {
        assert!(is_of_a_package("CARGO_PKG_NAME") && is_of_a_package("CARGO_MANIFEST_DIR"));
        assert!(!is_of_a_package("CARGO_TARGET_DIR") && !is_of_a_package("CARGO_HOME"));
        let removed = |name: &str| cargo().get_envs().any(|(known, value)| known == name && value.is_none());
        assert!(removed("CARGO_PKG_NAME"), "set by cargo for this test");
    }

    #[test]
    fn a_command_is_shown_as_typed() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["nextest", "run", "-p", "kiban-core"]);
        assert_eq!(words(&command), "cargo nextest run -p kiban-core");
    }

    #[test]
    fn what_cannot_be_started_does_not_work() {
        assert!(!works(&mut Command::new("/nowhere/at/all")));
    }
}
