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
    /// Memory that reading may fill, as 512MiB or 1GiB; it stops there and says so
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) memory: Option<u64>,
}

/// Reads a size in bytes, KiB, MiB or GiB.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim() {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return Err("a size is a number with KiB, MiB or GiB behind it".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "a size begins with a number".to_owned())?;
    number
        .checked_shl(shift)
        .filter(|bytes| bytes >> shift == number)
        .ok_or_else(|| "that size is too large".to_owned())
}
