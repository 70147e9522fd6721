//! `kiban release`.

use std::path::PathBuf;

use clap::Subcommand;

/// `kiban release`.
#[derive(Debug, Subcommand)]
pub(crate) enum Release {
    /// Build a release: cohort, gate, anonymise, measure, package
    #[command(after_help = "Example:\n  kiban release build spec.toml")]
    Build {
        /// The release specification
        spec: PathBuf,
    },
    /// Try other settings on a release's cohort, and draw what they cost and bring; nothing leaves the house
    #[command(
        after_help = "Example:\n  kiban release explore spec.toml --page explore.html\n  kiban release explore spec.toml --choose 4 --reason 'the study needs prefectures' --out chosen.toml"
    )]
    Explore {
        /// The release specification
        spec: PathBuf,
        /// Where the page goes
        #[arg(long, value_name = "FILE", default_value = "explore.html")]
        page: PathBuf,
        /// Choose the setting of this number instead, as the page shows it
        #[arg(long, value_name = "N", requires = "reason")]
        choose: Option<u32>,
        /// Why; it goes into the audit log
        #[arg(long, requires = "choose")]
        reason: Option<String>,
        /// Where the specification with the chosen values goes
        #[arg(long, value_name = "FILE", requires = "choose")]
        out: Option<PathBuf>,
    },
    /// Check a package as its recipient does: hashes, signature, proof of its place in the audit log
    #[command(
        after_help = "Example:\n  kiban release verify diabetes-2026.tar.zst --key audit.pub\n  kiban release verify releases/diabetes-2026 --against-registry"
    )]
    Verify {
        /// The package: its folder or its .tar.zst
        package: PathBuf,
        /// The operator's public key; the house's own where not given
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// Also ask the house whether an objection came in that the release should have heeded
        #[arg(long)]
        against_registry: bool,
    },
}
