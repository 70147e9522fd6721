//! Why a command could not do its work, and with which exit code it ends.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Done,
    /// There is something for a person to look at.
    Findings,
    /// The command or the configuration is wrong.
    WrongUse,
    /// A rule forbids it.
    Refused,
    /// The program or the machine failed.
    Broken,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Findings => 1,
            Exit::WrongUse => 2,
            Exit::Refused => 3,
            Exit::Broken => 70,
        })
    }
}

/// Why a command could not do its work. No variant holds a patient's value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command or the configuration is wrong; the message `id` says how.
    #[error("wrong use: {id}")]
    Use {
        /// The message.
        id: &'static str,
        /// Its variables.
        args: Vec<(&'static str, String)>,
    },
    /// A rule forbids it; the messages `refused-<rule>` and `remedy-<rule>` say what and what to do.
    #[error("refused by {rule}")]
    Refused {
        /// The rule.
        rule: &'static str,
        /// The variables of both messages.
        args: Vec<(&'static str, String)>,
    },
    /// A file that the user or the configuration named could not be used.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The machine failed.
    #[error("cannot {action}")]
    Machine {
        /// What was tried.
        action: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The registry failed.
    #[error(transparent)]
    Registry(#[from] kiban_registry::Error),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] kiban_engine::Error),
    /// The audit log failed.
    #[error(transparent)]
    Audit(#[from] kiban_audit::Error),
    /// The synthetic hospitals could not be made.
    #[error(transparent)]
    Synth(#[from] kiban_synth::Error),
    /// The texts of the program could not be read.
    #[error(transparent)]
    Texts(#[from] kiban_web::Error),
    /// The program contradicts itself.
    #[error("internal contradiction: {0}")]
    Bug(&'static str),
}

impl Failure {
    /// Says that the command or the configuration is wrong.
    pub(crate) fn wrong(id: &'static str, args: &[(&'static str, &dyn fmt::Display)]) -> Self {
        Self::Use { id, args: owned(args) }
    }

    /// Says that a rule forbids it.
    pub(crate) fn refused(rule: &'static str, args: &[(&'static str, &dyn fmt::Display)]) -> Self {
        Self::Refused { rule, args: owned(args) }
    }

    /// Wraps an IO error on a file that the user or the configuration named.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    /// Wraps an IO error that no file is to blame for.
    pub(crate) const fn machine(action: &'static str, source: std::io::Error) -> Self {
        Self::Machine { action, source }
    }

    /// Returns the exit code.
    pub(crate) fn exit(&self) -> Exit {
        use kiban_engine::Kind;
        use kiban_registry::ErrorKind;
        match self {
            Self::Use { .. } | Self::File { .. } => Exit::WrongUse,
            Self::Refused { .. } => Exit::Refused,
            Self::Registry(error) => match error.kind() {
                ErrorKind::Input | ErrorKind::Missing | ErrorKind::Busy => Exit::WrongUse,
                ErrorKind::Denied | ErrorKind::Conflict => Exit::Refused,
                ErrorKind::Bug => Exit::Broken,
            },
            Self::Engine(error) => match error.kind() {
                Kind::Input | Kind::Missing => Exit::WrongUse,
                Kind::Denied | Kind::Conflict => Exit::Refused,
                Kind::Machine | Kind::Bug => Exit::Broken,
            },
            Self::Audit(kiban_audit::Error::Locked { .. }) | Self::Synth(_) => Exit::WrongUse,
            Self::Audit(_) | Self::Machine { .. } | Self::Texts(_) | Self::Bug(_) => Exit::Broken,
        }
    }

    /// Tells whether trying the same again cannot help.
    pub(crate) fn is_final(&self) -> bool {
        !matches!(self, Self::Registry(kiban_registry::Error::Busy(_))) && self.exit() != Exit::Broken
    }
}

fn owned(args: &[(&'static str, &dyn fmt::Display)]) -> Vec<(&'static str, String)> {
    args.iter().map(|(name, value)| (*name, value.to_string())).collect()
}

/// Says in plain English what keeps the program from speaking at all.
pub(crate) fn unspoken(failure: &Failure) -> ExitCode {
    use std::io::Write;
    let _nobody_listens = writeln!(std::io::stderr(), "kiban: {failure}");
    failure.exit().into()
}

/// The result of a command and of everything it calls.
pub(crate) type Result<T> = std::result::Result<T, Failure>;
