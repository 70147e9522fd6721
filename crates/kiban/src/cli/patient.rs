//! `kiban notice` and `kiban objection`: what patients are told, and what they say.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use kiban_core::{Channel, FacilityCode, Phi, Requester, Track};
use kiban_registry::ReceiptNo;

use super::local_id;
use crate::when::instant;

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
