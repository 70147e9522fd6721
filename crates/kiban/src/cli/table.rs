//! `kiban anonymise` and `kiban hierarchy`: one table on its own.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::{Args, Subcommand};

/// `kiban anonymise`.
#[derive(Debug, Args)]
pub(crate) struct Anonymise {
    /// What to do, as TOML
    #[arg(value_name = "JOB")]
    pub(crate) job: PathBuf,
    /// The folder that takes data.csv, data.parquet and report.html
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Attack the output, measure its use and try other settings, for the report
    #[arg(long)]
    pub(crate) study: bool,
    /// Threads that search; all of the machine where not given
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// `kiban hierarchy`.
#[derive(Debug, Subcommand)]
pub(crate) enum Hierarchy {
    /// Build a hierarchy and write it in ARX's form, with the names of its levels beside it
    #[command(
        after_help = "Example:\n  kiban hierarchy new age.toml --out age.csv\n  kiban hierarchy new --kind icd10 --column patients.csv:icd --out icd.csv"
    )]
    New(HierarchyNew),
    /// Find everything that is wrong with a hierarchy's file
    #[command(after_help = "Example:\n  kiban hierarchy check age.csv --column patients.csv:age")]
    Check(HierarchyCheck),
    /// Show the levels of a hierarchy and their groups
    #[command(after_help = "Example:\n  kiban hierarchy show age.csv --levels")]
    Show(HierarchyShow),
}

/// `kiban hierarchy new`.
#[derive(Debug, Args)]
pub(crate) struct HierarchyNew {
    /// What to build, as TOML: a table of one key, the kind
    #[arg(required_unless_present = "kind")]
    pub(crate) spec: Option<PathBuf>,
    /// What to build: a kind that needs nothing more, or a line of TOML such as 'intervals = { width = 5 }'
    #[arg(long, conflicts_with = "spec")]
    pub(crate) kind: Option<String>,
    /// The column whose values become the leaves, as table.csv:age
    #[arg(long, value_name = "TABLE:COLUMN")]
    pub(crate) column: Option<ColumnOf>,
    /// Where to write it; the names of its levels go into FILE with .levels.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// `kiban hierarchy check`.
#[derive(Debug, Args)]
pub(crate) struct HierarchyCheck {
    /// The hierarchy, in ARX's form
    pub(crate) file: PathBuf,
    /// A column each of whose values must be a leaf, as table.csv:age
    #[arg(long, value_name = "TABLE:COLUMN")]
    pub(crate) column: Option<ColumnOf>,
}

/// `kiban hierarchy show`.
#[derive(Debug, Args)]
pub(crate) struct HierarchyShow {
    /// The hierarchy, in ARX's form
    pub(crate) file: PathBuf,
    /// Its levels alone, without their groups
    #[arg(long)]
    pub(crate) levels: bool,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub(crate) struct ColumnOf {
    /// The table's file: CSV with a header, or Parquet.
    pub(crate) table: PathBuf,
    /// The column's name.
    pub(crate) column: String,
}

impl std::str::FromStr for ColumnOf {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (table, column) = text.rsplit_once(':').ok_or("expected a table and a column, as table.csv:age")?;
        Ok(Self { table: table.into(), column: column.to_owned() })
    }
}
