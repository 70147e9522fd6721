//! The command line, one type per noun.

use std::{
    num::NonZeroU64,
    path::{Path, PathBuf},
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use kiban_core::{DeliverySeq, FacilityCode, Phi, Severity, Track};

pub(crate) use self::{
    answer::answer,
    dedupe::Dedupe,
    facility::{Facility, FacilityAdd},
    patient::{Notice, NoticeDraft, NoticeImport, Objection, ObjectionAdd, ObjectionWithdraw},
    release::{Release, ReleaseAttack},
    table::{Anonymise, ColumnOf, Hierarchy, HierarchyCheck, HierarchyNew, HierarchyShow},
};
use crate::when::instant;

mod answer;
mod dedupe;
mod facility;
mod patient;
mod release;
mod table;

/// The data platform of a certified operator under Japan's Next-Generation Medical Infrastructure Act.
#[derive(Debug, Parser)]
#[command(name = "kiban", version, max_term_width = 110, after_help = "Example:\n  kiban demo")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The folder to work in: the house, by default where you stand; for demo and synth what they make
    #[arg(long, global = true, value_name = "DIR", env = "KIBAN_DIR", hide_env_values = true)]
    pub(crate) dir: Option<PathBuf>,
    /// Language of messages; LANG decides where it is not given
    #[arg(long, global = true, value_name = "LANG", value_parser = ["ja", "en"])]
    pub(crate) lang: Option<String>,
    /// Write results as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Write results only, no progress and no notes
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Write a log as JSON lines to standard error, by a filter such as info
    #[arg(long, global = true, value_name = "FILTER")]
    pub(crate) log: Option<String>,
}

impl Global {
    /// Returns the folder of the house.
    pub(crate) fn house(&self) -> &Path {
        self.dir_or(".")
    }

    /// Returns the folder given, or another where none is given.
    pub(crate) fn dir_or<'a>(&'a self, other: &'a str) -> &'a Path {
        self.dir.as_deref().unwrap_or(Path::new(other))
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a house: configuration, keys, registry, audit log and lake in an empty folder
    #[command(after_help = "Example:\n  kiban init house --name 'Northern Operator' --origin operator.example/audit")]
    Init(Init),
    /// Facilities and their filings
    #[command(subcommand, after_help = "Example:\n  kiban facility list")]
    Facility(Facility),
    /// Notices to patients
    #[command(subcommand, after_help = "Example:\n  kiban notice import notices.csv --facility 1310000017")]
    Notice(Notice),
    /// Objections and their withdrawal
    #[command(
        subcommand,
        after_help = "Example:\n  kiban objection add 1310000017 P0001 --requester person --channel paper --received-at 2026-04-01T10:00"
    )]
    Objection(Objection),
    /// Say whether a patient's data may go, and step by step why
    #[command(after_help = "Example:\n  kiban eligibility 1310000017 P0001 --at 2026-04-01")]
    Eligibility(Eligibility),
    /// Take in a delivery: read it, let through what may pass, land it
    #[command(after_help = "Example:\n  kiban collect deliveries/0001 --facility 1310000017")]
    Collect(Collect),
    /// Bring landed deliveries into the common data model
    #[command(after_help = "Example:\n  kiban standardise")]
    Standardise,
    /// Find the persons behind the patients and build the tables by person
    #[command(after_help = "Example:\n  kiban link")]
    Link,
    /// Do everything that is pending, in order
    #[command(after_help = "Example:\n  kiban run")]
    Run,
    /// What was wrong with the input
    #[command(after_help = "Example:\n  kiban findings --facility 1310000017 --severity warning --format csv")]
    Findings(Findings),
    /// Releases of anonymised data
    #[command(subcommand, after_help = "Example:\n  kiban release build spec.toml")]
    Release(Release),
    /// Write the report of a run
    #[command(after_help = "Example:\n  kiban report run --out report.html")]
    Report(Report),
    /// Anonymise one table on its own, as ARX would: no house, no notices, no people over time
    #[command(after_help = "Example:\n  kiban anonymise adult.toml --out anonymous --json")]
    Anonymise(Anonymise),
    /// Find the persons behind the records of tables, without a house
    #[command(after_help = "Example:\n  kiban dedupe people.toml --out deduped --json")]
    Dedupe(Dedupe),
    /// Find the persons that two tables share, without a house
    #[command(after_help = "Example:\n  kiban match two-tables.toml --out matched --json")]
    Match(Dedupe),
    /// Generalisation hierarchies: build, check, show
    #[command(
        subcommand,
        after_help = "Example:\n  kiban hierarchy new --kind icd10 --column patients.csv:icd --out icd.csv"
    )]
    Hierarchy(Hierarchy),
    /// Show the whole chain on synthetic hospitals and check it against the known truth
    #[command(after_help = "Example:\n  kiban demo --persons 3000 --seed 42 --dir demo")]
    Demo(Demo),
    /// The audit log
    #[command(subcommand, after_help = "Example:\n  kiban audit verify")]
    Audit(Audit),
    /// Vocabularies that turn source codes into concepts
    #[command(subcommand, after_help = "Example:\n  kiban vocabulary import athena/")]
    Vocabulary(Vocabulary),
    /// Write synthetic hospitals, their papers and the truth about them
    #[command(after_help = "Example:\n  kiban synth --persons 3000 --seed 42 --dir synthetic")]
    Synth(Synth),
}

/// `kiban init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder, empty or missing
    #[arg(value_name = "DIR")]
    pub(crate) house: PathBuf,
    /// Name of the operator, as it stands in reports
    #[arg(long, default_value = "kiban")]
    pub(crate) name: String,
    /// Name of the audit log: a URL without schema, which can never change
    #[arg(long, default_value = "kiban.invalid/audit")]
    pub(crate) origin: String,
    /// Make a trial: a clock that stands still at this time
    #[arg(long, value_name = "TIME", value_parser = instant, requires = "trial_seed")]
    pub(crate) trial_clock: Option<Timestamp>,
    /// Make a trial: the seed of all keys
    #[arg(long, value_name = "SEED", requires = "trial_clock")]
    pub(crate) trial_seed: Option<u64>,
}

/// `kiban eligibility`.
#[derive(Debug, Args)]
pub(crate) struct Eligibility {
    /// The facility
    pub(crate) facility: FacilityCode,
    /// The patient's local id there
    #[arg(value_parser = local_id)]
    pub(crate) patient: Phi<String>,
    /// The instant asked about; now where not given
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) at: Option<Timestamp>,
    /// Only with what was known by then; now where not given
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) known_at: Option<Timestamp>,
    /// The track: anonymised or pseudonymised
    #[arg(long, default_value = "anonymised")]
    pub(crate) track: Track,
}

/// `kiban collect`.
#[derive(Debug, Args)]
pub(crate) struct Collect {
    /// The delivery: a folder or a file
    pub(crate) path: PathBuf,
    /// Who sent it
    #[arg(long, value_name = "CODE")]
    pub(crate) facility: FacilityCode,
    /// Its number; the next one where not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(DeliverySeq).range(1..))]
    pub(crate) seq: Option<DeliverySeq>,
    /// Take it in though more records were refused than the configuration allows
    #[arg(long)]
    pub(crate) accept_findings: bool,
}

/// `kiban findings`.
#[derive(Debug, Args)]
pub(crate) struct Findings {
    /// Of this facility
    #[arg(long, value_name = "CODE")]
    pub(crate) facility: Option<FacilityCode>,
    /// Of this delivery
    #[arg(long, value_name = "N")]
    pub(crate) delivery: Option<DeliverySeq>,
    /// At least this bad: note, warning, error or fatal
    #[arg(long)]
    pub(crate) severity: Option<Severity>,
    /// End with 1 where one is at least this bad
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Severity>,
    /// table counts by kind; json and csv list each one
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table of counts.
    Table,
    /// An array.
    Json,
    /// With a header.
    Csv,
}

/// `kiban report`.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// A release, or `run` for everything done so far
    pub(crate) project: String,
    /// Where to write it
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    pub(crate) out: PathBuf,
}

/// `kiban demo`. Its folder is the global `--dir`, `demo` where that is not given.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Number of people
    #[arg(long, value_name = "N", default_value = "3000")]
    pub(crate) persons: NonZeroU64,
    /// Seed of all chance and of all keys
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
}

/// `kiban audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Recompute the whole log; prove that it was only added to
    #[command(after_help = "Example:\n  kiban audit verify --earlier checkpoint-2026-03.txt")]
    Verify {
        /// An earlier checkpoint, as others kept it
        #[arg(long, value_name = "FILE")]
        earlier: Option<PathBuf>,
    },
    /// Show the last events and the signed checkpoint
    #[command(after_help = "Example:\n  kiban audit show --last 20")]
    Show {
        /// How many events
        #[arg(long, value_name = "N", default_value_t = 20)]
        last: u64,
    },
}

/// `kiban vocabulary`.
#[derive(Debug, Subcommand)]
pub(crate) enum Vocabulary {
    /// Import CONCEPT.csv and CONCEPT_RELATIONSHIP.csv as downloaded from Athena
    #[command(after_help = "Example:\n  kiban vocabulary import athena/")]
    Import {
        /// The folder
        folder: PathBuf,
    },
}

/// `kiban synth`. Its folder is the global `--dir`.
#[derive(Debug, Args)]
pub(crate) struct Synth {
    /// Number of people
    #[arg(long, value_name = "N", default_value = "3000")]
    pub(crate) persons: NonZeroU64,
    /// Seed of all chance
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
}

/// Takes a patient's local id so that nothing prints it by mistake.
#[expect(clippy::unnecessary_wraps, reason = "clap's parsers may fail")]
fn local_id(text: &str) -> Result<Phi<String>, std::convert::Infallible> {
    Ok(Phi::new(text.to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::CommandFactory;

    use super::{answer::sentence, *};

    fn every(command: &clap::Command, found: &mut Vec<clap::Command>) {
        found.push(command.clone());
        for below in command.get_subcommands() {
            every(below, found);
        }
    }

    #[test]
    fn every_command_says_what_it_does_and_gives_examples_that_parse() {
        Cli::command().debug_assert();
        let mut found = Vec::new();
        every(&Cli::command(), &mut found);
        assert!(found.len() > 25, "{}", found.len());
        for command in found {
            let name = command.get_name().to_owned();
            assert!(command.get_about().is_some(), "{name} says nothing of itself");
            let after = command.get_after_help().unwrap_or_else(|| unreachable!("{name} has no example")).to_string();
            let examples = after.strip_prefix("Example:\n").unwrap().replace("\\\n", " ");
            for example in examples.lines() {
                let parts = example.split('\'').enumerate();
                let words: Vec<&str> = parts
                    .flat_map(|(nth, part)| if nth % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
                    .collect();
                assert!(Cli::try_parse_from(&words).is_ok(), "{name}: {example}");
            }
        }
    }

    fn check(words: &[&str], expect: &str) {
        let error = Cli::try_parse_from(std::iter::once("kiban").chain(words.iter().copied())).unwrap_err();
        let said = sentence(&error);
        assert_eq!(said, expect, "{words:?}");
    }

    #[test]
    fn wrong_use_is_told_without_repeating_what_may_be_a_patients_id() {
        check(
            &["collect", "x", "--facility", "P0001"],
            "the value of --facility <CODE> cannot be used: not a facility code: expected ten digits",
        );
        check(&["run", "P0001"], "there is an argument that this command does not know");
        check(&["P0001"], "there is no such command");
        check(&["run", "--P0001=3"], "there is an argument that this command does not know");
        check(&["run", "--quit"], "there is an argument that this command does not know; perhaps --quiet is meant");
        check(&["collect", "x"], "--facility <CODE> is missing");
        check(&["run", "--lang", "P0001"], "the value of --lang <LANG> cannot be used: expected one of ja, en");
    }
}
