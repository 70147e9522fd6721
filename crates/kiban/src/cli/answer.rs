//! What is said to a command line that is no command.

use std::{io::Write, process::ExitCode};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::failure::Exit;

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

pub(super) fn sentence(error: &clap::Error) -> String {
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
