//! `kiban facility`.

use std::path::Path;

use jiff::civil::Date;
use kiban_core::{DataItem, FacilityCode, FacilityFacts, FacilityKind};
use kiban_registry::{Delivery, NewFacility, NewFiling};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    cli::{Facility, FacilityAdd, Global},
    failure::{Exit, Failure, Result},
    house::House,
    say::{Say, count},
    when::shown,
};

/// Records or shows facilities.
pub(crate) async fn run(global: &Global, args: Facility, say: &Say) -> Result<Exit> {
    match args {
        Facility::Add(args) => add(global, args, say).await,
        Facility::List => list(global, say).await,
        Facility::Show { facility } => show(global, facility, say).await,
        Facility::Import { file } => {
            let house = House::open(global.house(), say).await?;
            let done = import(&house, &file).await?;
            say.result(&done, || say.tell("did-facilities", &[("n", &done.facilities), ("filings", &done.filings)]))?;
            Ok(Exit::Done)
        }
    }
}

async fn add(global: &Global, args: FacilityAdd, say: &Say) -> Result<Exit> {
    let house = House::open(global.house(), say).await?;
    let new = NewFacility {
        code: args.facility,
        name: args.name,
        kind: args.kind,
        supply_from: args.from,
        supply_to: args.to,
        waiting_days: args.waiting_days,
    };
    let filing = args.filing.zip(args.filed_from).map(|(number, effective_from)| NewFiling {
        track: args.track,
        number,
        effective_from,
        effective_to: args.filed_to,
        items: args.items,
        notice_versions: args.notice_versions,
    });
    let mut is_new = house.registry.add_facility(&new, house.now()).await?.is_some();
    if let Some(filing) = &filing {
        is_new |= house.registry.add_filing(new.code, filing, house.now()).await?.is_some();
    }
    let id = if is_new { "did-facility" } else { "did-facility-known" };
    say.result(&json!({ "facility": new, "filing": filing, "new": is_new }), || {
        say.tell(id, &[("facility", &new.code), ("name", &new.name)]);
    })?;
    Ok(Exit::Done)
}

async fn list(global: &Global, say: &Say) -> Result<Exit> {
    let house = House::look(global.house(), say).await?;
    let facilities = house.registry.facilities().await?;
    let row = |one: &kiban_core::Facility| {
        vec![
            one.code.to_string(),
            one.name.clone(),
            say.word("word-kind", one.kind.as_str()),
            one.supply_from.to_string(),
            one.supply_to.map(|day| day.to_string()).unwrap_or_default(),
            one.waiting_days.map(|days| days.to_string()).unwrap_or_default(),
        ]
    };
    say.result(&facilities, || {
        let head = ["head-facility", "head-name", "head-kind", "head-supply-from", "head-supply-to", "head-wait"];
        say.table(&head, &facilities.iter().map(row).collect::<Vec<_>>());
    })?;
    Ok(Exit::Done)
}

async fn show(global: &Global, code: FacilityCode, say: &Say) -> Result<Exit> {
    let house = House::look(global.house(), say).await?;
    let facts = house.registry.facility_facts(code, house.now()).await?;
    let Some(state) = facts.facility.last() else {
        return Err(Failure::wrong("use-no-facility", &[("facility", &code)]));
    };
    let deliveries = house.registry.deliveries(Some(code)).await?;
    let gaps = house.registry.delivery_gaps(code).await?;
    let value = json!({ "facility": state, "filings": facts.filings, "deliveries": deliveries, "gaps": gaps });
    say.result(&value, || {
        let kind = say.word("word-kind", state.kind.as_str());
        say.tell(
            "show-facility",
            &[("facility", &code), ("name", &state.name), ("kind", &kind), ("from", &state.supply_from)],
        );
        filings(&facts, say);
        if !deliveries.is_empty() {
            say.print("");
            let head =
                ["head-delivery", "head-state", "head-files", "head-rows-in", "head-landed", "head-held", "head-begun"];
            say.table(&head, &deliveries.iter().map(|one| delivery(one, say)).collect::<Vec<_>>());
        }
        if !gaps.is_empty() {
            let missing: Vec<String> = gaps.iter().map(ToString::to_string).collect();
            say.tell("show-gaps", &[("missing", &missing.join(", "))]);
        }
    })?;
    Ok(Exit::Done)
}

fn filings(facts: &FacilityFacts, say: &Say) {
    let row = |filing: &kiban_core::Filing| {
        vec![
            say.word("word-track", filing.track.as_str()),
            filing.number.clone(),
            filing.effective_from.to_string(),
            filing.effective_to.map(|day| day.to_string()).unwrap_or_default(),
            items(&filing.items, say),
        ]
    };
    say.table(
        &["head-track", "head-filing", "head-effective-from", "head-effective-to", "head-items"],
        &facts.filings.iter().map(row).collect::<Vec<_>>(),
    );
}

/// Returns data items in words.
pub(crate) fn items(items: &[DataItem], say: &Say) -> String {
    items.iter().map(|item| say.word("word-item", item.as_str())).collect::<Vec<_>>().join(&say.text("list-comma", &[]))
}

fn delivery(one: &Delivery, say: &Say) -> Vec<String> {
    let state = match one.state {
        kiban_registry::DeliveryState::Begun => "begun",
        kiban_registry::DeliveryState::Finished => "finished",
    };
    vec![
        one.seq.to_string(),
        say.word("word-delivery", state),
        count(one.files),
        count(one.counts.rows_in),
        count(one.counts.landed),
        count(one.counts.held.values().sum()),
        shown(one.begun_at),
    ]
}

/// One facility of `facilities.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    code: FacilityCode,
    name: String,
    kind: FacilityKind,
    supply_from: Date,
    #[serde(default)]
    supply_to: Option<Date>,
    #[serde(default)]
    waiting_days: Option<u16>,
    filings: Vec<NewFiling>,
    /// The format it delivers; read by people, for the program looks at the files themselves.
    #[serde(default, rename = "feed")]
    _feed: Option<String>,
}

/// How many facilities and filings a file stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct FacilitiesImported {
    /// Facilities in the file.
    pub(crate) facilities: u64,
    /// Filings in the file.
    pub(crate) filings: u64,
    /// Statements of either kind that were new.
    pub(crate) new: u64,
}

/// Records the facilities and filings of a JSON file; what stands already is not repeated.
pub(crate) async fn import(house: &House, file: &Path) -> Result<FacilitiesImported> {
    let text = std::fs::read_to_string(file).map_err(Failure::file("read", file))?;
    let listed: Vec<Listed> = serde_json::from_str(&text)
        .map_err(|error| Failure::wrong("use-facilities", &[("line", &error.line()), ("column", &error.column())]))?;
    let mut done = FacilitiesImported { facilities: 0, filings: 0, new: 0 };
    for one in listed {
        let Listed { code, name, kind, supply_from, supply_to, waiting_days, filings, _feed } = one;
        let new = NewFacility { code, name, kind, supply_from, supply_to, waiting_days };
        done.facilities += 1;
        done.new += u64::from(house.registry.add_facility(&new, house.now()).await?.is_some());
        for filing in filings {
            done.filings += 1;
            done.new += u64::from(house.registry.add_filing(code, &filing, house.now()).await?.is_some());
        }
    }
    Ok(done)
}
