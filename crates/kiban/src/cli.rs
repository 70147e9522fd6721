//! The command line, one type per noun.

use std::{
    io::Write,
    num::{NonZeroU64, NonZeroUsize},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    error::{ContextKind, ContextValue, ErrorKind},
};
use jiff::{Timestamp, civil::Date};
use kiban_core::{Channel, DataItem, DeliverySeq, FacilityCode, FacilityKind, Phi, Requester, Severity, Track};
use kiban_registry::ReceiptNo;

use crate::{failure::Exit, when::instant};

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

/// `kiban notice`.
#[derive(Debug, Subcommand)]
pub(crate) enum Notice {
    /// Record the notices of a file, and what it states of births, capacity and deaths
    #[command(after_help = "Example:\n  kiban notice import notices.csv --facility 1310000017")]
    Import(NoticeImport),
    /// For trials: write a notice file for every patient of a delivery
    #[command(
        after_help = "Example:\n  kiban notice draft deliveries/0001 --facility 1310000017 --given-at 2024-05-10 --out notices.csv"
    )]
    Draft(NoticeDraft),
}

/// `kiban notice import`.
#[derive(Debug, Args)]
pub(crate) struct NoticeImport {
    /// CSV with a header or NDJSON: local_patient_id, birth_date, given_at, method, template_version, recipient, staff,
    /// track, capacity, died_on
    pub(crate) file: PathBuf,
    /// The facility
    #[arg(long, value_name = "CODE")]
    pub(crate) facility: FacilityCode,
    /// Record the good lines though there are many bad ones
    #[arg(long)]
    pub(crate) accept_findings: bool,
}

/// `kiban notice draft`.
#[derive(Debug, Args)]
pub(crate) struct NoticeDraft {
    /// The delivery: a folder or a file
    pub(crate) path: PathBuf,
    /// The facility
    #[arg(long, value_name = "CODE")]
    pub(crate) facility: FacilityCode,
    /// When the notices were given
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) given_at: Timestamp,
    /// Where to write; standard output where not given
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// `kiban objection`.
#[derive(Debug, Subcommand)]
pub(crate) enum Objection {
    /// Record an objection and print its receipt
    #[command(
        after_help = "Example:\n  kiban objection add 1310000017 P0001 --requester person --channel paper --received-at 2026-04-01T10:00"
    )]
    Add(ObjectionAdd),
    /// Record that an objection was withdrawn
    #[command(
        after_help = "Example:\n  kiban objection withdraw 0000017-20260401-0003-7 --requester person --received-at 2026-05-01"
    )]
    Withdraw(ObjectionWithdraw),
    /// Record the objections of a CSV file, or the withdrawals where it has no channel column
    #[command(after_help = "Example:\n  kiban objection import objections.csv --facility 1310000017")]
    Import {
        /// local_patient_id, requester, channel, received_at, track, staff
        file: PathBuf,
        /// The facility
        #[arg(long, value_name = "CODE")]
        facility: FacilityCode,
    },
}

/// `kiban objection add`.
#[derive(Debug, Args)]
pub(crate) struct ObjectionAdd {
    /// The facility
    pub(crate) facility: FacilityCode,
    /// The patient's local id there
    #[arg(value_parser = local_id)]
    pub(crate) patient: Phi<String>,
    /// Who asked: person, guardian or bereaved
    #[arg(long)]
    pub(crate) requester: Requester,
    /// How it came in: counter-oral, paper, web or phone
    #[arg(long)]
    pub(crate) channel: Channel,
    /// When it was received, and so is effective; now where not given
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) received_at: Option<Timestamp>,
    /// The track it stops: anonymised or pseudonymised
    #[arg(long, default_value = "anonymised")]
    pub(crate) track: Track,
    /// Who took it: a staff id
    #[arg(long, default_value = "counter")]
    pub(crate) staff: String,
}

/// `kiban objection withdraw`.
#[derive(Debug, Args)]
pub(crate) struct ObjectionWithdraw {
    /// Number of the receipt
    pub(crate) receipt: ReceiptNo,
    /// Who asked: person, guardian or bereaved
    #[arg(long)]
    pub(crate) requester: Requester,
    /// When it was received; now where not given
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) received_at: Option<Timestamp>,
    /// Who took it: a staff id
    #[arg(long, default_value = "counter")]
    pub(crate) staff: String,
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

/// Answers what is no command: help and version as asked for, else one sentence.
///
/// Clap's own words repeat what was typed, and what was typed in the wrong place may be a patient's id.
pub(crate) fn answer(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _nobody_listens = error.print();
        return Exit::Done.into();
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _nobody_listens = error.print();
        return Exit::WrongUse.into();
    }
    let _nobody_listens = writeln!(std::io::stderr(), "kiban: {}; see kiban --help", sentence(error));
    Exit::WrongUse.into()
}

fn sentence(error: &clap::Error) -> String {
    let known = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = known(ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if !argument.is_empty() => {
            let expected = std::error::Error::source(error).map(|source| format!(": {source}"));
            let possible = known(ContextKind::ValidValue);
            let possible = (!possible.is_empty()).then(|| format!(": expected one of {possible}"));
            format!("the value of {argument} cannot be used{}", expected.or(possible).unwrap_or_default())
        }
        ErrorKind::MissingRequiredArgument => format!("{argument} is missing"),
        ErrorKind::UnknownArgument => {
            let meant = known(ContextKind::SuggestedArg);
            let meant = if meant.is_empty() { String::new() } else { format!("; perhaps {meant} is meant") };
            format!("there is an argument that this command does not know{meant}")
        }
        ErrorKind::InvalidSubcommand => "there is no such command".to_owned(),
        ErrorKind::ArgumentConflict => format!("{argument} cannot be used together with another option given"),
        ErrorKind::NoEquals | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues | ErrorKind::TooManyValues => {
            format!("{argument} needs another number of values")
        }
        _ => "the command cannot be understood".to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::CommandFactory;

    use super::*;

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
                let words: Vec<String> =
                    example.replace("'Northern Operator'", "Operator").split_whitespace().map(str::to_owned).collect();
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
