//! `kiban run`.

use super::{collect, link, standardise};
use crate::{
    cli::Global,
    failure::{Exit, Result},
    house::House,
    say::Say,
    work::everything,
};

/// Does everything that is pending, in order; after a kill at any instant it goes on where that was.
pub(crate) async fn run(global: &Global, say: &Say) -> Result<Exit> {
    let house = House::open(global.house(), say).await?;
    let done = everything(&house, say).await?;
    say.result(&done, || {
        done.collected.iter().for_each(|one| collect::print(one, say));
        done.standardised.iter().for_each(|one| standardise::print(one, say));
        if let Some(linked) = &done.linked {
            link::print(linked, say);
        }
        if done.collected.is_empty() && done.standardised.is_empty() && done.linked.is_none() {
            say.tell("did-nothing", &[]);
        }
    })?;
    Ok(collect::exit(&done.collected))
}
