//! `kiban release`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use kiban_engine::release::attack::{DateUnit, MOST_KNOWN};

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
    /// Look for people in a package as somebody would who knows them, and say how often the right one is named
    #[command(
        after_help = "Example:\n  kiban release attack releases/diabetes-2026 --against lake/gated/diabetes-2026 --known 3 --granularity month\n  kiban release attack diabetes-2026.tar.zst --against truth --link link.csv --seed 7"
    )]
    Attack(ReleaseAttack),
    /// Name the recipient of a leaked table by the rows that were withheld from each
    #[command(after_help = "Example:\n  kiban release trace leaked.csv")]
    Trace {
        /// The leaked file: one table of a release or a part of it, CSV or Parquet
        leak: PathBuf,
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

/// `kiban release attack`.
#[derive(Debug, Args)]
pub(crate) struct ReleaseAttack {
    /// The package: its folder or its .tar.zst
    pub(crate) package: PathBuf,
    /// The truth: a folder of OMOP tables as Parquet or CSV, such as lake/gated/RELEASE, or the house itself
    #[arg(long, value_name = "TRUTH")]
    pub(crate) against: PathBuf,
    /// Which released person each true one is, as CSV with a header: person_id of the truth, person_id of the release
    #[arg(long, value_name = "FILE")]
    pub(crate) link: Option<PathBuf>,
    /// How many events of a person are known, besides demographics
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=i64::from(MOST_KNOWN)))]
    pub(crate) known: u8,
    /// How precisely their dates are known
    #[arg(long, value_enum, default_value_t = Granularity::Month)]
    pub(crate) granularity: Granularity,
    /// How many persons are looked for
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) targets: u32,
    /// By how many days at most dates were moved; what the dates themselves suggest where not given
    #[arg(long, value_name = "DAYS")]
    pub(crate) shift: Option<u16>,
    /// Seed by which persons and events are drawn
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
}

/// A unit of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Granularity {
    /// The day.
    Day,
    /// The month.
    Month,
    /// The quarter.
    Quarter,
    /// Half the year.
    HalfYear,
    /// The year.
    Year,
}

impl Granularity {
    /// Returns the word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::HalfYear => "half-year",
            Self::Year => "year",
        }
    }
}

impl From<Granularity> for DateUnit {
    fn from(unit: Granularity) -> Self {
        match unit {
            Granularity::Day => Self::Day,
            Granularity::Month => Self::Month,
            Granularity::Quarter => Self::Quarter,
            Granularity::HalfYear => Self::HalfYear,
            Granularity::Year => Self::Year,
        }
    }
}
