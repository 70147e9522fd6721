//! The kiban program: it reads the command line, opens the house, lets the rooms work and says what came of it.
//!
//! Exit codes: 0 well done, 1 something for a person to look at, 2 wrong use or configuration, 3 refused by a rule, 70 a
//! mistake of the program or the machine.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;

use crate::{cli::Cli, say::Say};

mod cli;
mod commands;
mod config;
mod demo;
mod entropy;
mod failure;
mod house;
mod keys;
mod papers;
mod release;
mod report;
mod say;
mod when;
mod work;

/// Batches are made and dropped on many threads at once, which costs the system's allocator a sixth of a run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return cli::answer(&error),
    };
    let say = match Say::new(&cli.global) {
        Ok(say) => say,
        Err(failure) => return failure::unspoken(&failure),
    };
    if let Some(filter) = &cli.global.log {
        let writer = std::io::stderr;
        let filter = tracing_subscriber::EnvFilter::new(filter);
        tracing_subscriber::fmt().json().with_writer(writer).with_env_filter(filter).init();
    }
    let house = cli.global.house().to_owned();
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| failure::Failure::machine("start the runtime", source))
        .and_then(|runtime| runtime.block_on(commands::run(cli, &say)));
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            say.failure(&failure, &house);
            failure.exit().into()
        }
    }
}
