//! `kiban audit`.

use std::path::PathBuf;

use kiban_audit::{Checkpoint, Verified, verify_dir};
use kiban_registry::Event;
use serde_json::json;

use crate::{
    cli::{Audit, Global},
    failure::{Exit, Failure, Result},
    house::House,
    say::{Say, count},
    when::shown,
};

/// Checks or shows the audit log.
pub(crate) async fn run(global: &Global, args: Audit, say: &Say) -> Result<Exit> {
    match args {
        Audit::Verify { earlier } => verify(global, earlier, say).await,
        Audit::Show { last } => show(global, last, say).await,
    }
}

/// Recomputes the whole log and holds it against the checkpoint given and the last one that the registry kept.
async fn verify(global: &Global, earlier: Option<PathBuf>, say: &Say) -> Result<Exit> {
    let house = House::look(global.house(), say).await?;
    let verifier = house.verifier()?;
    let given = match &earlier {
        Some(path) => {
            let note = std::fs::read_to_string(path).map_err(Failure::file("read", path))?;
            Some(Checkpoint::parse(&note, &verifier).map_err(|_| Failure::wrong("use-checkpoint", &[]))?)
        }
        None => None,
    };
    let kept = house.registry.checkpoints().await?.pop();
    let kept = kept.map(|kept| Checkpoint::parse(&kept.note, &verifier)).transpose()?;
    let mut found: Option<Verified> = None;
    for against in [given.as_ref(), kept.as_ref()].into_iter().flatten().map(Some).chain([None]) {
        match verify_dir(house.audit_dir(), &verifier, against) {
            Ok(verified) => found = Some(verified),
            Err(error) => return broken(&error, say),
        }
    }
    let Some(Verified { checkpoint, beyond }) = found else { return Err(Failure::Bug("the log was not checked")) };
    let value = json!({
        "verified": true, "size": checkpoint.size(), "root": checkpoint.root().to_string(),
        "origin": checkpoint.origin(), "files_beyond": beyond.len(),
        "earlier": given.as_ref().map(Checkpoint::size), "kept": kept.as_ref().map(Checkpoint::size),
    });
    say.result(&value, || {
        say.tell("did-verify", &[("size", &count(checkpoint.size())), ("root", &checkpoint.root())]);
        for earlier in [&given, &kept].into_iter().flatten() {
            say.tell("show-only-added", &[("size", &count(earlier.size()))]);
        }
        if !beyond.is_empty() {
            say.tell("show-beyond", &[("n", &beyond.len())]);
        }
    })?;
    Ok(Exit::Done)
}

fn broken(error: &kiban_audit::Error, say: &Say) -> Result<Exit> {
    let reason = error.to_string();
    say.result(&json!({ "verified": false, "reason": reason }), || {
        say.tell("did-verify-broken", &[("reason", &reason)]);
    })?;
    Ok(Exit::Findings)
}

async fn show(global: &Global, last: u64, say: &Say) -> Result<Exit> {
    let house = House::open(global.house(), say).await?;
    let checkpoint = house.log()?.lock().await.checkpoint();
    let from = checkpoint.size().saturating_sub(last) + 1;
    let events = house.registry.events(i64::try_from(from).unwrap_or(i64::MAX), last).await?;
    let value =
        json!({ "checkpoint": checkpoint.as_str(), "verifier": house.verifier()?.to_string(), "events": events });
    say.result(&value, || {
        say.table(
            &["head-leaf", "head-at", "head-event", "head-body"],
            &events.iter().map(|one| row(one, say)).collect::<Vec<_>>(),
        );
        say.print("");
        say.print(checkpoint.as_str().trim_end());
    })?;
    Ok(Exit::Done)
}

fn row(event: &Event, say: &Say) -> Vec<String> {
    let body = match (&event.body, event.erased_at) {
        (Some(body), _) => body.to_string(),
        (None, Some(at)) => say.text("show-erased", &[("at", &shown(at))]),
        (None, None) => String::new(),
    };
    let leaf = event.leaf.map(|leaf| leaf.to_string()).unwrap_or_default();
    vec![leaf, shown(event.at), say.word("word-event", event.class.as_str()), body]
}
