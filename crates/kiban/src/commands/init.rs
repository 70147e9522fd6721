//! `kiban init`.

use serde_json::json;

use crate::{
    cli::Init,
    config::{Config, Identity, Intake, Resources, Trial},
    failure::{Exit, Result},
    house::House,
    say::Say,
};

/// Makes a house in an empty folder and prints the key by which others verify its log.
pub(crate) async fn run(args: Init, say: &Say) -> Result<Exit> {
    let trial = args.trial_clock.zip(args.trial_seed).map(|(clock, seed)| Trial { clock, seed });
    let config = Config {
        house: Identity { name: args.name, origin: args.origin },
        resources: Resources::default(),
        intake: Intake::default(),
        trial,
    };
    let house = House::create(&args.house, config).await?;
    let key = house.verifier()?.to_string();
    let dir = house.dir.display();
    let value = json!({ "house": house.dir, "origin": house.config.house.origin, "verifier": key, "trial": trial });
    say.result(&value, || {
        say.tell("did-init", &[("dir", &dir), ("key", &key)]);
        if trial.is_some() {
            say.tell("did-init-trial", &[]);
        }
    })?;
    Ok(Exit::Done)
}
