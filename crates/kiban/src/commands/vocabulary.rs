//! `kiban vocabulary`.

use kiban_core::EventClass;
use serde_json::json;

use crate::{
    cli::{Global, Vocabulary},
    failure::{Exit, Result},
    house::House,
    say::{Say, count},
};

/// Imports a vocabulary; what is standardised from now on uses it.
pub(crate) async fn run(global: &Global, args: Vocabulary, say: &Say) -> Result<Exit> {
    let Vocabulary::Import { folder } = args;
    let house = House::open(global.house(), say).await?;
    let codes = kiban_engine::Vocabulary::import(&house.lake()?, &house.runner, &folder, house.now()).await?;
    let body = json!({ "vocabulary": "athena", "codes": codes });
    house.registry.record(EventClass::RuleChange, &body, house.now()).await?;
    house.keep_checkpoint().await?;
    say.result(&body, || say.tell("did-vocabulary", &[("n", &count(codes))]))?;
    Ok(Exit::Done)
}
