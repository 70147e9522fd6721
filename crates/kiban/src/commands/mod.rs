//! The commands, one file per noun: each opens the house, lets the rooms work, and says what came of it.

pub(crate) mod anonymise;
pub(crate) mod audit;
pub(crate) mod collect;
pub(crate) mod dedupe;
pub(crate) mod demo;
pub(crate) mod eligibility;
pub(crate) mod facility;
pub(crate) mod findings;
pub(crate) mod hierarchy;
pub(crate) mod init;
pub(crate) mod link;
pub(crate) mod notice;
pub(crate) mod objection;
pub(crate) mod release;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod standardise;
pub(crate) mod synth;
pub(crate) mod vocabulary;

use kiban_link::Across;

use crate::{
    cli::{Cli, Command},
    failure::{Exit, Result},
    say::Say,
};

/// Runs a command.
pub(crate) async fn run(cli: Cli, say: &Say) -> Result<Exit> {
    let Cli { global, command } = cli;
    match command {
        Command::Init(args) => init::run(args, say).await,
        Command::Facility(args) => facility::run(&global, args, say).await,
        Command::Notice(args) => notice::run(&global, args, say).await,
        Command::Objection(args) => objection::run(&global, args, say).await,
        Command::Eligibility(args) => eligibility::run(&global, args, say).await,
        Command::Collect(args) => collect::run(&global, args, say).await,
        Command::Standardise => standardise::run(&global, say).await,
        Command::Link => link::run(&global, say).await,
        Command::Run => run::run(&global, say).await,
        Command::Findings(args) => findings::run(&global, args, say).await,
        Command::Release(args) => release::run(&global, args, say).await,
        Command::Report(args) => report::run(&global, args, say).await,
        Command::Anonymise(args) => anonymise::run(&args, say),
        Command::Dedupe(args) => dedupe::run(&args, Across::All, say),
        Command::Match(args) => dedupe::run(&args, Across::Sources, say),
        Command::Hierarchy(command) => hierarchy::run(&command, say),
        Command::Demo(args) => demo::run(&global, args, say).await,
        Command::Audit(args) => audit::run(&global, args, say).await,
        Command::Vocabulary(args) => vocabulary::run(&global, args, say).await,
        Command::Synth(args) => synth::run(&global, &args, say),
    }
}
