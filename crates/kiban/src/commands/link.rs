//! `kiban link`.

use super::collect::rows;
use crate::{
    cli::Global,
    failure::{Exit, Result},
    house::House,
    say::{Say, count},
    work::link::{self, LinkedPersons},
};

/// Links, if there is anything new to link.
pub(crate) async fn run(global: &Global, say: &Say) -> Result<Exit> {
    let house = House::open(global.house(), say).await?;
    let done = link::pending(&house, &house.lake()?, say).await?;
    house.keep_checkpoint().await?;
    say.result(&done, || match &done {
        Some(one) => print(one, say),
        None => say.tell("did-nothing", &[]),
    })?;
    Ok(Exit::Done)
}

/// Prints what linking found.
pub(crate) fn print(one: &LinkedPersons, say: &Say) {
    let percent = |share: f64| format!("{:.2}", share * 100.0);
    let (registrations, persons, pairs) = (count(one.registrations), count(one.persons), count(one.joined_pairs));
    say.tell("did-link", &[("registrations", &registrations), ("persons", &persons), ("pairs", &pairs)]);
    let (precision, recall) = (percent(one.estimated_precision), percent(one.estimated_recall));
    say.tell("show-quality", &[("precision", &precision), ("recall", &recall)]);
    let (minted, merged, split) = (count(one.minted), count(one.merged), count(one.split));
    say.tell("show-changes", &[("minted", &minted), ("merged", &merged), ("split", &split)]);
    rows(&one.tables, say);
}
