//! `kiban standardise`.

use super::collect::rows;
use crate::{
    cli::Global,
    failure::{Exit, Result},
    house::House,
    say::Say,
    work::standardise::{self, Standardised},
};

/// Standardises every delivery that waits for it.
pub(crate) async fn run(global: &Global, say: &Say) -> Result<Exit> {
    let house = House::open(global.house(), say).await?;
    let done = standardise::pending(&house, &house.lake()?, say).await?;
    house.keep_checkpoint().await?;
    say.result(&done, || {
        if done.is_empty() {
            say.tell("did-nothing", &[]);
        }
        done.iter().for_each(|one| print(one, say));
    })?;
    Ok(Exit::Done)
}

/// Prints what came of a delivery.
pub(crate) fn print(one: &Standardised, say: &Say) {
    say.tell("did-standardise", &[("facility", &one.facility), ("seq", &one.delivery)]);
    rows(&one.tables, say);
}
