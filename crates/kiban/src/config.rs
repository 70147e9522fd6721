//! `kiban.toml`: what a house is and what it may use of the machine.

use std::{fmt, num::NonZeroUsize, path::Path, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Result};

/// The file's name within the house.
pub(crate) const FILE: &str = "kiban.toml";

/// Everything in `kiban.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The house itself.
    pub(crate) house: Identity,
    /// What it may use of the machine.
    #[serde(default)]
    pub(crate) resources: Resources,
    /// How deliveries are taken in.
    #[serde(default)]
    pub(crate) intake: Intake,
    /// Present where the house is a trial: a clock that stands still and keys from a seed, so that runs repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trial: Option<Trial>,
}

/// The house itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    /// Its name, as it stands in reports.
    pub(crate) name: String,
    /// The name of its audit log, a URL without schema; it can never change.
    pub(crate) origin: String,
}

/// What the house may use of the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Resources {
    /// Memory that queries may hold before they spill to disk.
    pub(crate) memory: ByteSize,
    /// Threads; every one that the machine has where it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) threads: Option<NonZeroUsize>,
}

impl Default for Resources {
    fn default() -> Self {
        Self { memory: ByteSize(2 << 30), threads: None }
    }
}

impl Resources {
    /// Returns the number of threads to use.
    pub(crate) fn threads(&self) -> usize {
        let all = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.threads.unwrap_or_else(all).get()
    }
}

/// How deliveries are taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Intake {
    /// A delivery with a greater share of refused records stops for a person to look at.
    pub(crate) max_refused_percent: f64,
}

impl Default for Intake {
    fn default() -> Self {
        Self { max_refused_percent: 1.0 }
    }
}

/// The clock and the seed of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trial {
    /// The instant at which the clock stands.
    pub(crate) clock: Timestamp,
    /// The seed of all keys.
    pub(crate) seed: u64,
}

impl Config {
    /// Reads the configuration of the house in `dir`.
    pub(crate) fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        if !path.is_file() {
            return Err(Failure::wrong("use-no-house", &[("dir", &dir.display())]));
        }
        let text = std::fs::read_to_string(&path).map_err(Failure::file("read", &path))?;
        let wrong = |error: toml::de::Error| {
            let line =
                error.span().map_or(1, |span| 1 + text.get(..span.start).unwrap_or_default().matches('\n').count());
            let reason = error.message().lines().next().unwrap_or_default().to_owned();
            Failure::wrong("use-config", &[("line", &line), ("reason", &reason)])
        };
        let config: Self = toml::from_str(&text).map_err(wrong)?;
        if (0.0..=100.0).contains(&config.intake.max_refused_percent) {
            return Ok(config);
        }
        Err(Failure::wrong("use-percent", &[]))
    }

    /// Returns the text of a new house's configuration, every setting with its meaning.
    pub(crate) fn to_text(&self) -> Result<String> {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let Self { house, resources, intake, trial } = self;
        let threads = resources.threads.map_or_else(|| "# threads = 2".to_owned(), |n| format!("threads = {n}"));
        let trial = trial.map_or_else(String::new, |trial| {
            let Trial { clock, seed } = trial;
            format!(
                "\n# A trial: the clock stands still and keys come from the seed, so that runs repeat byte for byte.\n\
                 # Never put real patients' data into this house.\n[trial]\nclock = \"{clock}\"\nseed = {seed}\n"
            )
        });
        Ok(format!(
            "# The house. The origin is the name of its audit log and can never change.\n\
             [house]\nname = {}\norigin = {}\n\
             \n# Memory that queries hold before they spill to disk; threads, all of the machine where not set.\n\
             [resources]\nmemory = \"{}\"\n{threads}\n\
             \n# A delivery with a greater share of refused records stops for a person to look at.\n\
             [intake]\nmax_refused_percent = {:?}\n{trial}",
            quoted(&house.name),
            quoted(&house.origin),
            resources.memory,
            intake.max_refused_percent,
        ))
    }
}

/// A number of bytes with its unit, such as `2GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct ByteSize(pub(crate) usize);

const UNITS: [(&str, usize); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size));
        let (unit, size) = whole.unwrap_or(&("B", 1));
        write!(f, "{}{unit}", self.0 / size)
    }
}

impl FromStr for ByteSize {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        const EXPECTED: &str = "expected a size such as 512MiB or 2GiB";
        let (unit, size) = UNITS.iter().find(|(unit, _)| text.ends_with(unit)).ok_or(EXPECTED)?;
        let number: usize = text.trim_end_matches(unit).trim().parse().map_err(|_| EXPECTED)?;
        number.checked_mul(*size).map(Self).ok_or(EXPECTED)
    }
}

impl TryFrom<String> for ByteSize {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ByteSize> for String {
    fn from(size: ByteSize) -> Self {
        size.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn plain() -> Config {
        let house = Identity { name: "北の \"基盤\"".to_owned(), origin: "kiban.example/audit".to_owned() };
        Config { house, resources: Resources::default(), intake: Intake::default(), trial: None }
    }

    #[test]
    fn a_new_houses_text_reads_back_as_it_was_meant() {
        let trial = Trial { clock: "2026-04-01T00:00:00Z".parse().unwrap(), seed: 42 };
        let resources = Resources { memory: ByteSize(512 << 20), threads: NonZeroUsize::new(3) };
        for config in [plain(), Config { trial: Some(trial), resources, ..plain() }] {
            assert_eq!(toml::from_str::<Config>(&config.to_text().unwrap()).unwrap(), config);
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [("2GiB", 2 << 30), ("512 MiB", 512 << 20), ("7B", 7)] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)));
        }
        assert_eq!(ByteSize(1536 << 20).to_string(), "1536MiB");
        for bad in ["2", "GiB", "2GB", "-1GiB", "99999999999999GiB"] {
            assert!(bad.parse::<ByteSize>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_setting_that_nobody_knows_is_refused_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), "[house]\nname = \"n\"\norigin = \"o\"\n[intake]\nmax = 1.0\n").unwrap();
        let Err(Failure::Use { id, args }) = Config::read(dir.path()) else { unreachable!("it was read") };
        assert_eq!((id, args.first().map(|(_, line)| line.as_str())), ("use-config", Some("5")));
    }
}
