//! Tools that the chores need and a fresh machine may lack.

use std::process::Command;

use crate::shell;

/// A cargo subcommand from crates.io.
pub(crate) struct CargoTool {
    /// What stands after `cargo`.
    pub(crate) word: &'static str,
    /// The crate that brings it.
    pub(crate) package: &'static str,
    /// The series we have used.
    pub(crate) version: &'static str,
}

/// The test runner: one process per test, time limits, a summary one can read.
pub(crate) const NEXTEST: CargoTool = CargoTool { word: "nextest", package: "cargo-nextest", version: "^0.9.143" };

/// The judge of licences, sources and doubles among the dependencies.
pub(crate) const DENY: CargoTool = CargoTool { word: "deny", package: "cargo-deny", version: "^0.20" };

/// A Debian package, named by the command that shows that it is there.
struct DebianPackage {
    command: &'static str,
    package: &'static str,
    why: &'static str,
}

/// What the build needs beside Rust. Nothing here needs OpenSSL, protoc, cmake or a server.
const DEBIAN: [DebianPackage; 1] = [DebianPackage {
    command: "cc",
    package: "gcc libc6-dev",
    why: "SQLite, zstd and the cryptography of rustls are C sources, compiled in",
}];

impl CargoTool {
    /// Says whether `cargo <word>` is there, after trying to install it where it is not.
    pub(crate) fn ensure(&self) -> bool {
        if self.present() {
            return true;
        }
        eprintln!("{} is missing: installing it from crates.io; this takes some minutes, once.", self.package);
        let installed =
            shell::run(shell::cargo().args(["install", "--locked", self.package, "--version", self.version]));
        if let Err(error) = installed {
            eprintln!("{} could not be installed: {error:#}", self.package);
        }
        self.present()
    }

    fn present(&self) -> bool {
        shell::works(shell::cargo().args([self.word, "--version"]))
    }
}

/// Brings the Debian packages that the build needs, where they are missing and apt is there to ask.
///
/// A machine without apt is told what to install; the build then says the rest itself.
pub(crate) fn ensure_debian_packages() {
    for needed in &DEBIAN {
        if shell::works(Command::new(needed.command).arg("--version")) {
            continue;
        }
        eprintln!("`{}` is missing ({}).", needed.command, needed.why);
        if let Err(error) = install_by_apt(needed.package) {
            eprintln!("please install it by hand (on Debian: {}): {error:#}", needed.package);
        }
    }
}

fn install_by_apt(packages: &str) -> anyhow::Result<()> {
    let mut command = if is_root() { Command::new("apt-get") } else { Command::new("sudo") };
    if !is_root() {
        command.args(["-n", "apt-get"]);
    }
    command.args(["install", "--yes", "--no-install-recommends"]).args(packages.split(' '));
    shell::run(command.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_nobody_wrote_is_not_present() {
        let nothing = CargoTool { word: "no-such-word-at-all", package: "no-such-package", version: "^1" };
        assert!(!nothing.present());
    }
}
