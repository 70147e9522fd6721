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
