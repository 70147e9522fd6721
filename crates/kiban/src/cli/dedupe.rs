//! `kiban dedupe` and `kiban match`: tables of people on their own.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::Args;

/// `kiban dedupe` and `kiban match`.
#[derive(Debug, Args)]
pub(crate) struct Dedupe {
    /// The tables and what their columns hold, as TOML
    #[arg(value_name = "JOB")]
    pub(crate) job: PathBuf,
    /// The folder that takes persons.parquet, pairs.parquet, model.json and report.html
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Threads to work on; all of the machine where not given
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}
