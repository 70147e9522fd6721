//! `kiban synth`.

use kiban_synth::SynthConfig;
use serde_json::json;

use crate::{
    cli::{Global, Synth},
    failure::{Exit, Failure, Result},
    say::{Say, count},
};

/// Writes synthetic hospitals into a folder that must be empty or missing.
pub(crate) fn run(global: &Global, args: &Synth, say: &Say) -> Result<Exit> {
    let dir = global.dir_or("synthetic");
    if dir.is_dir() && std::fs::read_dir(dir).map_err(Failure::file("list", dir))?.next().is_some() {
        return Err(Failure::wrong("use-not-empty", &[("dir", &dir.display())]));
    }
    let config = SynthConfig { persons: args.persons.get(), seed: args.seed, ..SynthConfig::default() };
    let bar = say.progress("step-synth", config.persons);
    let made = kiban_synth::write(&config, dir, &mut |persons| bar.set_position(persons))?;
    bar.finish_and_clear();
    let value = json!({
        "dir": dir, "persons": made.persons, "households": made.households, "registrations": made.registrations,
    });
    let (persons, registrations) = (count(made.persons), count(made.registrations));
    say.result(&value, || {
        say.tell("did-synth", &[("persons", &persons), ("registrations", &registrations), ("dir", &dir.display())]);
    })?;
    Ok(Exit::Done)
}
