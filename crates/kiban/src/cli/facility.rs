//! `kiban facility`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use kiban_core::{DataItem, FacilityCode, FacilityKind, Track};

/// `kiban facility`.
#[derive(Debug, Subcommand)]
pub(crate) enum Facility {
    /// Record a facility, a change of its terms, or another filing of it
    #[command(
        after_help = "Example:\n  kiban facility add 1310000017 --name 中央病院 --kind hospital --from 2024-04-01 \\\n      --filing F-2024-1 --filed-from 2024-03-15 --items demographics,visits,conditions,drugs"
    )]
    Add(FacilityAdd),
    /// List the facilities
    #[command(after_help = "Example:\n  kiban facility list --json")]
    List,
    /// Show a facility, its filings and its deliveries
    #[command(after_help = "Example:\n  kiban facility show 1310000017")]
    Show {
        /// The facility
        facility: FacilityCode,
    },
    /// Record facilities and filings from a JSON file
    #[command(after_help = "Example:\n  kiban facility import facilities.json")]
    Import {
        /// An array of {code, name, kind, supply_from, supply_to?, waiting_days?, filings: […]}
        file: PathBuf,
    },
}

/// `kiban facility add`.
#[derive(Debug, Args)]
pub(crate) struct FacilityAdd {
    /// Ten-digit code
    pub(crate) facility: FacilityCode,
    /// Name, as published
    #[arg(long)]
    pub(crate) name: String,
    /// hospital, clinic, pharmacy, municipality, insurer, school or workplace
    #[arg(long)]
    pub(crate) kind: FacilityKind,
    /// First day on which it supplies
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Date,
    /// Last day on which it supplies
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<Date>,
    /// Its own wait after a notice in days, where longer than the law's
    #[arg(long, value_name = "DAYS")]
    pub(crate) waiting_days: Option<u16>,
    /// Number of a filing with the ministers
    #[arg(long, value_name = "NUMBER", requires_all = ["filed_from", "items"])]
    pub(crate) filing: Option<String>,
    /// Track of the filing: anonymised or pseudonymised
    #[arg(long, default_value = "anonymised")]
    pub(crate) track: Track,
    /// First day on which the filing is effective
    #[arg(long, value_name = "DAY", requires = "filing")]
    pub(crate) filed_from: Option<Date>,
    /// Last day on which the filing is effective
    #[arg(long, value_name = "DAY", requires = "filing")]
    pub(crate) filed_to: Option<Date>,
    /// The data items filed: demographics, visits, conditions, drugs, procedures, measurements, observations, claims, death
    #[arg(long, value_delimiter = ',', requires = "filing")]
    pub(crate) items: Vec<DataItem>,
    /// The notice texts that state these items; every text where not listed
    #[arg(long, value_delimiter = ',', requires = "filing")]
    pub(crate) notice_versions: Vec<String>,
}
